"""Real processes on real TLS: what they leave is FULL, whichever node was killed in between."""

import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import BUNDLE
from tests.support.processes import until
from tests.support.running import Running, two_parties

import detente
from detente.app import client
from detente.app.meeting import Meeting
from detente.app.verify import proof as verify
from detente.core.errors import OurFault

ROOT = Path(detente.__file__).resolve().parents[2]


def send(side: Running, other: Running, number: int) -> str:
    body = {
        "file": b64encode((BUNDLE % f"number {number}").encode()).decode(),
        "to": [other.address],
        "about": f"number {number}",
        "request": f"wish-{number}",
    }
    mid: str = side.insist("POST", "/api/v1/cert/send", body)["records"][0]["mid"]
    return mid


def link(side: Running) -> dict[str, Any]:
    asked = client.node(side.folder)
    try:
        [row] = asked.ask("GET", "/v1/links")
    except OurFault:
        return {}
    finally:
        asked.close()
    return dict(row)


def is_confirmed(side: Running) -> bool:
    row = link(side)
    return (
        bool(row)
        and row["state"] == "LIVE"
        and row["waiting"] == 0
        and row["confirmed"] == row["sent"]
        and row["received_confirmed"] == row["received"]
        and (row["late"], row["received_late"]) == ("", "")
    )


@pytest.mark.parametrize("victim", ["sender", "receiver"])
def test_all_that_a_killed_pair_leaves_is_full(tmp_path: Path, victim: str) -> None:
    with two_parties(tmp_path) as (a, b):
        sent = [send(a, b, number) for number in range(30)]
        (a if victim == "sender" else b).kill("node")
        sent += [send(a, b, number) for number in range(30, 60)]
        until(lambda: a.is_live() and b.is_live(), "the link is up again")
        until(lambda: is_confirmed(a) and is_confirmed(b), "four lines cover both logs")
        cards = []
        for side in (a, b):
            card = tmp_path / f"{side.name}.card"
            card.write_bytes(Meeting(side.folder).card().note)
            cards.append(card)
        for side, mid in ((a, sent[0]), (a, sent[29]), (b, sent[30]), (b, sent[-1])):
            assert side.ask("GET", f"/api/v1/record/{mid}")["confirmed"] is True
            proof = tmp_path / f"{mid}-{side.folder.name}.tlog-proof"
            proof.write_bytes(side.ask("GET", f"/api/v1/record/{mid}/proof"))
            verdict = verify.run(proof, cards, None, accept_fast=False)
            assert (verdict.exit_code, verdict.document["strength"]) == (0, "FULL")
            options = [word for card in cards for word in ("--card", str(card))]
            checker = str(ROOT / "contrib" / "verify_minimal.py")
            done = subprocess.run(
                [sys.executable, checker, str(proof), *options], capture_output=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
