"""Wherever an office stops on the way of a draft, the record goes once, or never if it was refused."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from tests.support.offices import PERSON, Side
from tests.support.outcomes import fault_of
from tests.support.pairs import RELEASER, WHY, pairs, wish

from detente.core.moment import Span
from detente.office import home_folds, waiting
from detente.office.fields import Values
from detente.office.waiting import Policy

POLICY = Policy(unreleased=True)
HOLDS = Policy(hold_back=Span(10_000))
Step = Callable[[], object]


class Way:
    """A draft, and what one person and another do about it, each asked for until it is answered."""

    def __init__(self, what: str) -> None:
        self.net = pairs(HOLDS if what == "hold" else POLICY)
        self.a, self.b = self.net.sides
        self.what, self.mid, self.again = what, b"", False

    def run(self, blow_at: int) -> "Way":
        side = self.a
        side.fuse.blow_at = blow_at
        for step in (self._file, self._decide, self._later):
            self._until_answered(step)
            self._until_answered(self.net.settle)
        side.fuse.blow_at = -1
        return self

    def _until_answered(self, step: Step) -> None:
        done: list[object] = []
        while not done:
            self.net.survive(lambda: done.append(step() or True))
            self.again = not done

    def _file(self) -> None:
        prec = "ROUTINE" if self.what == "hold" else "FLASH"
        found = wish(self.a, "now", self.b, request="wish", prec=prec)
        (self.mid,) = found.waiting or found.held or found.mids

    def _decide(self) -> None:
        drafts, now = self.a.office.drafts, self.net.now
        do: dict[str, Step] = {
            "release": lambda: drafts.release(RELEASER, self.mid, now),
            "alone": lambda: drafts.release_alone(PERSON, self.mid, WHY, now),
            "refuse": lambda: drafts.refuse(RELEASER, self.mid, "no", now),
            "withdraw": lambda: drafts.withdraw(PERSON, self.mid, now),
            "hold": lambda: None,
        }
        if self.again and fault_or_none(do[self.what]) in ("office.draft_done", "office.no_draft"):
            return  # it had its effect before the stop
        if not self.again:
            do[self.what]()

    def _later(self) -> None:
        self.net.now += HOLDS.hold_back

    def came(self) -> list[Values]:
        return self.b.of_kind("cert.bundle", ours=False)


def fault_or_none(step: Step) -> str:
    found: list[str] = []

    def once() -> None:
        step()
        found.append("")
        raise AssertionError

    try:
        return fault_of(once)
    except AssertionError:
        return found[0]


def places(side: Side, begun: int) -> range:
    return range(begun + 1, side.fuse.steps + 1)


@pytest.mark.parametrize(
    ("what", "comes"), [("release", 1), ("alone", 1), ("refuse", 0), ("withdraw", 0), ("hold", 1)]
)
def test_wherever_it_stops_a_draft_has_one_end(what: str, comes: int) -> None:
    begun = Way(what).a.fuse.steps
    plain = Way(what).run(-1)
    assert len(plain.came()) == comes
    every = 1 if settings().max_examples > 1_000 else 4  # by night at every place
    for at in places(plain.a, begun)[1::every]:
        way = Way(what).run(at)
        assert len(way.came()) == comes, at
        assert way.a.rows(waiting.DRAFTS) == [], at
        assert way.a.outbox() == [], at
        ends = [row for row in way.a.rows(home_folds.DRAFTED) if row.text("step") != "waits"]
        assert {row.text("step") for row in ends} == {
            row.text("step")
            for row in plain.a.rows(home_folds.DRAFTED)
            if row.text("step") != "waits"
        }, at
