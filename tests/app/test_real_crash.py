"""Real processes, killed in the middle of work: nothing twice, nothing lost once it was answered."""

import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import BUNDLE
from tests.support.processes import until
from tests.support.running import Running, two_parties

COUNT = 200
KILLS = (40, 90, 150)  # after so many answers


def send(side: Running, other: Running, number: int) -> str:
    body = {
        "file": b64encode((BUNDLE % f"number {number}").encode()).decode(),
        "to": [other.address],
        "about": f"number {number}",
        "request": f"wish-{number}",
    }
    mid: str = side.insist("POST", "/api/v1/cert/send", body)["records"][0]["mid"]
    return mid


def bundles(side: Running) -> list[dict[str, Any]]:
    return [row for row in side.records() if row["kind"] == "cert.bundle"]


@pytest.mark.parametrize("half", ["office", "node"])
@pytest.mark.parametrize("victim", ["sender", "receiver"])
def test_a_half_killed_in_the_middle_loses_nothing_and_repeats_nothing(
    tmp_path: Path, half: str, victim: str
) -> None:
    with two_parties(tmp_path) as (a, b):
        killed: list[int] = []
        answered: list[str] = []
        for number in range(COUNT):
            blow = None
            if number in KILLS:
                # While the request is on its way: half of the time it is cut.
                blow = threading.Thread(
                    target=lambda: killed.append((a if victim == "sender" else b).kill(half))
                )
                blow.start()
            answered.append(send(a, b, number))
            if blow:
                blow.join()
        assert len(set(killed)) == len(KILLS)
        assert len(set(answered)) == COUNT
        until(lambda: a.is_live() and b.is_live(), "the link is up again")
        a.insist("GET", "/api/v1/log")
        b.insist("GET", "/api/v1/log")
        until(lambda: len(bundles(b)) >= COUNT, "all came")
        assert sorted(row["mid"] for row in bundles(b)) == sorted(answered)
        assert sorted(row["mid"] for row in bundles(a)) == sorted(answered)
        rows = b.ask("GET", "/api/v1/cert/list", count=500)["rows"]
        assert sorted(row["about"] for row in rows) == sorted(f"number {n}" for n in range(COUNT))
        until(
            lambda: a.ask("GET", f"/api/v1/record/{answered[-1]}")["level"] == "DELIVERED",
            "the last is delivered",
        )
        assert {a.ask("GET", f"/api/v1/record/{mid}")["level"] for mid in answered} == {"DELIVERED"}
