"""The page of a designation: both sides' states, reasons by marking, what may be done by whom."""

from typing import Final
from unittest import mock

import pytest
from tests.desks.designation.table import CASE, PERSON, STATEMENT, names
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net, Side
from tests.support.screens import Screen

from detente.app.console.pages import ROUTES
from detente.core import record
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.waiting import Policy
from detente.office.writing import KeysAtWork

OFFICER: Final = Person("lind", "1000", "s-01", {"designation": frozenset(Role) - {Role.RELEASE}})
READER: Final = Person("berg", "1002", "s-01", {"designation": frozenset({Role.READ})})
SECOND: Final = Person("aho", "1001", "s-02", {"designation": frozenset({Role.READ, Role.RELEASE})})
A, B = "gerda.gov", "holma.gov"  # of these tests alone: other parties lack the desk
_SIGNERS: Final = {
    "m-01": ("author",), "s-01": ("author", "read", "answer"), "s-02": ("read", "release"),
}  # fmt: skip
EVIL: Final = "<script>alert(1)</script> \u202etxt"


class Desk(Side):
    """A side whose office has the desk of designations too."""

    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "designation")},
            signers={each: party.signers[each] for each in _SIGNERS},
        )

    def do(self, name: str, /, **given: Value) -> bytes:
        act = self.office.find_act(f"designation/{name}")
        whole = {f.name: f.default for f in act.fields if f.default is not None}
        done = self.office.act(OFFICER, act.name, Values({**whole, **given}), self.net.now)
        for mid in done.waiting:
            self.office.drafts.release(SECOND, mid, self.net.now)
        self.net.settle()
        return (*done.mids, *done.waiting)[0]

    def read(self, mid: bytes, language: str = "en", person: Person = OFFICER) -> str:
        screen = Screen(self, ROUTES, person=person, language=language)
        answer = screen.get(f"designation/{mid.hex()}")
        assert answer.status == 200, answer.data
        return answer.data.decode()


@pytest.fixture
def ends() -> tuple[Desk, Desk]:
    with mock.patch.dict(makers.DESKS, {"designation": _SIGNERS}):
        one, other = Net(A, B, kind=Desk, start=Moment.parse("2026-11-20T10:00:00.000Z")).sides
    assert isinstance(one, Desk)
    assert isinstance(other, Desk)
    for each in (one, other):
        each.office.drafts.filing.policy = Policy(hold_back=Span(0))
    return one, other


def propose(one: Desk, **given: Value) -> bytes:
    told: dict[str, Value] = {
        "to": (f"designation@{B}",), "number": "GER-1", "basis": "Decree 12", "measure": ("freeze",),
        "statement": STATEMENT, "case": CASE, **PERSON, **given,
    }  # fmt: skip
    return one.do("propose", **told)


def acts(page: str) -> list[str]:
    head = page[page.index('class="head"') : page.index('class="object"')]
    return [part.split("?")[0] for part in head.split('href="/write/designation/')[1:]]


def test_both_sides_see_the_same_and_each_may_do_its_own(ends: tuple[Desk, Desk]) -> None:
    one, other = ends
    mid = propose(one)
    for side in ends:
        for language in ("en", "ru"):
            text = side.read(mid, language)
            for part in ("Ivan Example", "Иван Пример", "P 12345", STATEMENT, CASE, "RED", "GREEN"):
                assert part in text, part
    assert "Nobody applies it" in one.read(mid)
    assert acts(one.read(mid)) == ["amend", "reasons", "delist"]
    assert acts(other.read(mid)) == ["adopt", "respond", "redress", "ask"]
    assert acts(other.read(mid, person=READER)) == []
    other.do("adopt", mid=mid, home="H-9")
    for side in ends:
        text = side.read(mid)
        assert "H-9" in text
        assert f"designation@{B}" in text[text.index("Applied by") :]
    assert acts(one.read(mid)) == ["amend", "review", "delist", "exempt"]
    assert acts(other.read(mid)) == ["adopt", "lift", "exempt", "redress", "ask"]


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "As one page"), ("ru", "На одной странице")],  # noqa: RUF001
)
def test_the_matter_leads_to_the_page(ends: tuple[Desk, Desk], language: str, word: str) -> None:
    one, other = ends
    mid = propose(one)
    other.do("adopt", mid=mid)
    row, _ = one.office.records.find(mid)
    screen = Screen(one, ROUTES, person=OFFICER, language=language)
    text = screen.get(f"matter/{row.text('matter')}").data.decode()
    assert text.count(f'href="/designation/{mid.hex()}">{word}') == 2, (
        "in the head and at the record"
    )
    assert text.count('href="/designation/') == 2, "the adoption has no page of its own"


def test_what_is_asked_is_decided_from_the_page(ends: tuple[Desk, Desk]) -> None:
    one, other = ends
    mid = propose(one)
    other.do("adopt", mid=mid)
    rent = other.do(
        "exempt", mid=mid, expense="basic", amount="900.00", currency="EUR", payee="Landlord Ltd",
        purpose="Rent", ends=other.net.now + Span.of(days=60),
    )  # fmt: skip
    link = f"/write/designation/decide?mid={record.mid_text(rent)}"
    assert link in one.read(mid)
    assert link not in other.read(mid)
    assert "may not be paid by now" in other.read(mid)
    one.do("decide", mid=rent, outcome="granted", text="It is his home.")
    assert "may not be paid by now" not in other.read(mid)
    assert "may be paid" in other.read(mid)
    assert link not in one.read(mid)


def test_what_a_peer_wrote_is_shown_as_text(ends: tuple[Desk, Desk]) -> None:
    one, other = ends
    mid = propose(one, statement=EVIL, name=names(f"Ivan {EVIL}"), basis=EVIL)
    for language in ("en", "ru"):
        text = other.read(mid, language)
        assert "<script>" not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text


def test_a_page_of_no_designation_says_so(ends: tuple[Desk, Desk]) -> None:
    screen = Screen(ends[0], ROUTES, person=OFFICER, language="en")
    with pytest.raises(OurFault) as told:
        screen.get(f"designation/{bytes(32).hex()}")
    assert told.value.code == "designation.unknown"


def test_lists_lead_to_the_page(ends: tuple[Desk, Desk]) -> None:
    one, other = ends
    mid = propose(one)
    other.do("adopt", mid=mid)
    for look in ("list", "applied"):
        screen = Screen(other, ROUTES, person=OFFICER, language="ru")
        assert (
            f'href="/designation/{mid.hex()}"'
            in screen.get(f"desk/designation/{look}").data.decode()
        )
