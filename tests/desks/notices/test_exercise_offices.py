"""An exercise between two real offices: nodes, keys, receipts, and what people see of it."""

from collections.abc import Iterator
from unittest import mock

import pytest
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net, Side

from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.tables import Row
from detente.office.writing import KeysAtWork

OFFICER = Person("lind", "1000", "s-01", {"notices": frozenset(Role)})
CALLA, DELIA = "calla.gov", "delia.gov"  # of these tests alone: other parties lack the desk
SIGNERS = {
    "m-01": ("author",),
    "s-01": ("author", "read", "answer", "release"),
    "s-02": ("read", "release"),
}
MINUTE = Span.of(minutes=1)


class Floor(Side):
    """A side whose office opens the desk of notices too."""

    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "notices")},
            signers={each: party.signers[each] for each in SIGNERS},
        )

    def do(self, verb: str, /, **values: Value) -> tuple[bytes, ...]:
        """Do an act; return mids that were sent, or that wait for the second person."""
        act = self.office.find_act(f"notices/{verb}")
        defaults = {f.name: f.default for f in act.fields if f.default is not None}
        done = self.office.act(OFFICER, act.name, Values({**defaults, **values}), self.net.now)
        self.net.settle()
        return done.waiting or done.mids

    def see(self, name: str, /, **values: Value) -> tuple[Row, ...]:
        return self.office.look(OFFICER, f"notices/{name}", Values(values), self.net.now)[1]


@pytest.fixture
def net() -> Iterator[Net]:
    with mock.patch.dict(makers.DESKS, {"notices": SIGNERS}):
        yield Net(CALLA, DELIA, kind=Floor)


def pass_minutes(net: Net, minutes: int) -> None:
    for _ in range(minutes):
        net.now = net.now + MINUTE
        net.turn()
        net.settle()


def test_an_exercise_is_proposed_joined_played_graded_and_seen_as_one_everywhere(net: Net) -> None:
    a, b = net.sides
    assert isinstance(a, Floor)
    assert isinstance(b, Floor)
    (mid,) = a.do("exercise", scenario="laboratory_fire", to=(f"notices@{DELIA}",), role="host")
    b.do("join", mid=mid, language="ru")
    pass_minutes(net, 30)
    notices = [*b.of_kind("notices.notice", ours=False)]
    assert len(notices) == 2, "fire and drones, each once, sent by the desk itself"
    for each in notices:
        assert each.text("author").startswith("m-")
        assert [m.name for m in b.office.records.marks([each.data("mid")])[each.data("mid")]] == [
            "EXERCISE"
        ]
    waiting = b.office.todo.page(OFFICER, net.now).items
    about = [each for each in waiting if each.kind in ("notices.notice", "notices.query")]
    assert about
    assert {each.exercise for each in about} == {"WHITE COAT"}
    for each in notices:
        b.do("acknowledge", mid=each.data("mid"), officer="A. Lind")
    b.do("reading", mid=mid, reader="A. Lind",
         choice=(Values({"question": "released", "choice": "yes"}),))  # fmt: skip
    a.do("end", mid=mid)
    net.turn()
    grades = [each.see("grade", mid=mid, language="en") for each in (a, b)]
    assert grades[0] == grades[1]
    fire = next(row for row in grades[0] if row.get("name") == "fire")
    assert (fire["result"], fire["read_s"]) == ("in_time", 25 * 60)
    asked = [row["wrong"] for row in grades[0] if row.get("name") == "released"]
    assert sorted(map(int, map(str, asked))) == [0, 1]
    assert all(row["drill"] for row in a.see("figures", month="2026-11"))


def test_a_flash_waits_for_two_people_and_holds_nothing_else_up(net: Net) -> None:
    a, b = net.sides
    assert isinstance(a, Floor)
    assert isinstance(b, Floor)
    (mid,) = a.do("exercise", scenario="grid_at_sea", to=(f"notices@{DELIA}",), role="coast")
    b.do("join", mid=mid)
    pass_minutes(net, 26)
    stands = {row["name"]: row["standing"] for row in a.see("timeline", mid=mid, language="en")}
    assert (stands["announced"], stands["outage"]) == ("sent", "due")
    assert (stands["second"], stands["asked"]) == ("sent", "sent"), "what is after it goes on"
    (draft,) = a.do("inject", mid=mid, name="outage")
    assert draft
