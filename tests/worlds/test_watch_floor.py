"""Thirty days of two watch floors: cuts, restarts, floods, and people who are not always there.

Real offices and nodes on a clock that a seed drives. Whatever happens, each notice is acknowledged or
goes up the ladder, on both sides; none is silent.
"""

from collections import Counter
from random import Random
from typing import Final
from unittest import mock

import pytest
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net, Side

from detente.core.moment import Moment, Span
from detente.desks.notices import folds, procedures
from detente.desks.notices.rules import FLOOD_AT, minute_of
from detente.office import chores
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.stands import COURSES
from detente.office.writing import KeysAtWork

START: Final = Moment.parse("2026-11-01T00:00:00.000Z")
DAYS: Final = 30
SOON: Final = Span.of(minutes=5)  # an officer who is there reads within
REST: Final = Span.of(minutes=55)
TEXT: Final = (Values({"name": "text", "text": "Nothing is meant by it."}),)
CHORES: Final = 2 * len(procedures.LADDER) * FLOOD_AT // chores.MOST  # turns that tell of a flood
FLOOD: Final = FLOOD_AT + 5
FLOODS: Final = frozenset({26})  # days
_SIGNERS: Final = {
    "m-01": ("author",), "s-01": ("author", "read", "answer"), "s-02": ("read", "release"),
}  # fmt: skip
OFFICER: Final = Person("lind", "1000", "s-01", {"notices": frozenset(Role) - {Role.RELEASE}})
SECOND: Final = Person("aho", "1001", "s-02", {"notices": frozenset({Role.READ, Role.RELEASE})})
PRECS: Final = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")


class FloorSide(Side):
    """A side whose office opens the desk of notices, and its people."""

    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "notices")},
            signers={each: party.signers[each] for each in _SIGNERS},
        )

    def do(self, name: str, **values: Value) -> None:
        act = self.office.find_act(f"notices/{name}")
        given = {f.name: f.default for f in act.fields if f.default is not None}
        done = self.office.act(OFFICER, act.name, Values({**given, **values}), self.net.now)
        for mid in done.waiting:
            self.office.drafts.release(SECOND, mid, self.net.now)

    def other(self) -> "FloorSide":
        found = next(each for each in self.net.sides if each is not self)
        assert isinstance(found, FloorSide)
        return found

    @property
    def desk(self) -> str:
        return self.party.address("notices")

    def notify(self, prec: str) -> None:
        self.do("send", to=(self.other().desk,), format="N80", value=TEXT, prec=prec, tlp="GREEN")

    def courses(self) -> list[Values]:
        return [r for r in self.rows(COURSES) if r.text("procedure") == procedures.NOTICE.name]

    def acknowledge(self) -> None:
        """Read what is here, as an officer who comes to the desk does."""
        read = self.read()
        for row in self.rows(folds.NOTICES):
            if not row.flag("ours") and row.data("mid") not in read:
                self.do("acknowledge", mid=row.data("mid"), officer="A. Lind")

    def read(self) -> set[bytes]:
        return {r.data("of") for r in self.rows(folds.SAID) if r.text("what") == "receipt"}

    def stepped(self) -> set[bytes]:
        said = self.rows(folds.SAID)
        return {r.data("of") for r in said if r.text("what") == "step" and r["from"] == self.desk}

    def silent(self) -> list[bytes]:
        """Notices whose deadline is over by our clock, unread, and not said to be so by our desk."""
        stepped = self.stepped()
        late = [r for r in self.courses() if "due" in r and r.moment("due") < self.net.now]
        crowds = Counter(
            (r.text("other"), minute_of(r.moment("due"))) for r in late if r.data("mid") in stepped
        )
        return [
            r.data("mid") for r in late
            if r.data("mid") not in stepped
            and crowds[r.text("other"), minute_of(r.moment("due"))] < FLOOD_AT
        ]  # fmt: skip


class Month:
    """What a seed does to two floors in a month."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        with mock.patch.dict(makers.DESKS, {"notices": _SIGNERS}):
            self.net = Net("ostra.gov", "vestra.gov", kind=FloorSide, start=START)
        self.mended = START  # the line is cut until then
        self.away = dict.fromkeys(range(2), START)  # nobody is at that desk until then
        self.done: Counter[str] = Counter()

    @property
    def floors(self) -> list[FloorSide]:
        return [each for each in self.net.sides if isinstance(each, FloorSide)]

    def hours(self, least: int, most: int) -> Span:
        return Span.of(hours=self.chance.randint(least, most))

    def happen(self) -> None:
        """Let one hour have its share of trouble."""
        net, chance = self.net, self.chance
        one, two = self.floors
        if chance.random() < 0.03:
            net.set_line(one, two, up=False)
            self.mended = net.now + self.hours(1, 30)
            self.done["cut"] += 1
        if net.now >= self.mended and not net.line(one, two).up:
            net.set_line(one, two, up=True)
        for number, side in enumerate(self.floors):
            if chance.random() < 0.02:
                side.restart()
                self.done["restart"] += 1
            if chance.random() < 0.02:
                self.away[number] = net.now + self.hours(2, 20)
                self.done["away"] += 1
            if chance.random() < 0.06:
                prec = chance.choice(PRECS)
                side.notify(prec)
                self.done[prec] += 1

    def flood(self) -> None:
        for _ in range(FLOOD):
            self.floors[0].notify("ROUTINE")
        self.done["flood"] += 1

    def live(self) -> None:
        """Thirty days, an hour at a time; after each, nothing is silent at a side."""
        for day in range(DAYS):
            if day in FLOODS:
                self.flood()
            for _ in range(24):
                self.happen()
                self.pass_by(SOON)
                for number, side in enumerate(self.floors):
                    if self.net.now >= self.away[number]:
                        side.acknowledge()
                self.pass_by(REST)
                assert self.silent() == [[], []], (day, self.done)

    def silent(self) -> list[list[bytes]]:
        """What is silent at each side, once its desk was asked as often as a flood needs."""
        found = [side.silent() for side in self.floors]
        for _ in range(CHORES):
            if not any(found):
                break
            self.pass_by(chores.EVERY)
            found = [side.silent() for side in self.floors]
        return found

    def pass_by(self, span: Span) -> None:
        self.net.now += span
        self.net.turn()

    def end(self) -> None:
        """Mend all, and let everybody come back."""
        self.net.set_line(*self.floors, up=True)
        for _ in range(4):
            self.pass_by(REST)
            for side in self.floors:
                side.acknowledge()
        self.net.settle()


@pytest.mark.parametrize("seed", [7])
def test_in_thirty_bad_days_no_notice_is_silent_and_both_sides_agree(seed: int) -> None:
    month = Month(seed)
    month.live()
    month.end()
    one, two = month.floors
    sent = month.done.total() - sum(month.done[k] for k in ("cut", "restart", "away", "flood"))
    mids = [{row.data("mid") for row in side.rows(folds.NOTICES)} for side in (one, two)]
    assert mids[0] == mids[1]
    assert len(mids[0]) == sent + FLOOD * len(FLOODS)
    assert one.read() == two.read() == mids[0], "in the end each was acknowledged"
    assert all(month.done[kind] for kind in (*PRECS, "cut", "restart", "away", "flood"))
    assert one.stepped(), "and some went up before"
    assert two.stepped()
    figures = [
        side.office.look(OFFICER, "notices/figures", Values({"month": "2026-11"}), month.net.now)[1]
        for side in (one, two)
    ]
    assert figures[0] == figures[1]
