"""What commands say of the second leg, and how an export waits for it."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from detente.app.verbs import desk, evidence
from detente.app.verbs import run as verbs_run
from detente.core.errors import OurFault

ROW: dict[str, Any] = {
    "sent": 9, "received": 7, "confirmed": 4, "received_confirmed": 3, "late": "",
    "received_late": "",
}  # fmt: skip


def test_a_link_on_time_says_nothing_of_the_leg() -> None:
    assert verbs_run._late(ROW) == []


def test_a_link_tells_for_each_log_how_far_the_leg_is_when_it_is_late() -> None:
    ours, theirs = verbs_run._late({**ROW, "late": "PQ_LATE", "received_late": "UNCONFIRMED"})
    assert ours.startswith("PQ_LATE")
    assert "4 of 9" in ours
    assert "3 of 7" in theirs
    assert "FLASH and hotline" in theirs


@pytest.mark.parametrize(
    ("level", "confirmed", "asked", "reached"),
    [
        ("STORED", False, "stored", True),
        ("STORED", False, "stored-pq", False),
        ("STORED-PQ", True, "stored", True),
        ("STORED-PQ", True, "stored-pq", True),
        ("STORED-PQ", True, "delivered", False),
        ("DELIVERED", False, "stored-pq", False),
        ("DELIVERED", True, "stored-pq", True),
        ("REJECTED", False, "sent", False),
    ],
)
def test_waiting_for_stored_pq_asks_both_legs_whatever_else_was_said(
    level: str, confirmed: bool, asked: str, reached: bool
) -> None:
    row = {"level": level, "confirmed": confirmed}
    assert desk._has_reached(row, asked) is reached


class Office:
    """Answers FULL after so many refusals."""

    def __init__(self, refusals: int, code: str = "proof.not_full") -> None:
        self.refusals, self.code = refusals, code
        self.asked: list[Mapping[str, object]] = []

    def ask(self, _method: str, _page: str, query: Mapping[str, object]) -> bytes:
        self.asked.append(query)
        if "full" not in query:
            return b"FAST"
        if len(self.asked) <= self.refusals:
            raise OurFault(self.code, "not yet", "wait")
        return b"FULL"


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let half a second pass at each look at the clock, and nobody sleep."""
    halves = iter(range(100))
    monkeypatch.setattr(evidence, "clock", lambda: next(halves) / 2)
    monkeypatch.setattr(time, "sleep", lambda _: None)


@pytest.mark.usefixtures("times")
def test_an_export_waits_for_what_is_on_its_way_and_not_for_long() -> None:
    for refusals, due, asked in ((0, b"FULL", 1), (2, b"FULL", 3), (9, b"FAST", 4)):
        office = Office(refusals)
        found = evidence._ask_full(office, "/page", {"about": "x"})  # type: ignore[arg-type]
        assert (found, len(office.asked)) == (due, asked)
        assert all(query["about"] == "x" for query in office.asked)


@pytest.mark.usefixtures("times")
def test_another_fault_of_an_export_is_told_at_once() -> None:
    office = Office(1, "office.no_record")
    with pytest.raises(OurFault) as caught:
        evidence._ask_full(office, "/page", {})  # type: ignore[arg-type]
    assert (caught.value.code, len(office.asked)) == ("office.no_record", 1)
