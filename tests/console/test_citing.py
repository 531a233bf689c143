"""Terms of the direct line's glossary beside the fields of a notice that use them."""

import re
from unittest import mock

import pytest
from tests.console import test_notices as notices
from tests.desks.notices.watch import OUTAGE, values
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net
from tests.support.screens import Screen

from detente.app.console.pages import ROUTES
from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.waiting import Policy
from detente.office.writing import KeysAtWork

ALL = frozenset(Role)
BOTH = Person("lind", "1000", "s-01", {"notices": ALL, "hotline": ALL})
ONE = Person("lind", "1000", "s-01", {"notices": ALL})
A, B = "gama.gov", "helia.gov"  # of these tests alone: other parties lack the desks
SIGNERS = {"m-01": ("author",), "s-01": ("author", "read", "answer", "release")}
INCIDENT: dict[str, Value] = {
    "concept": "incident", "language": "en", "wording": "incident", "other_language": "ru",
    "other_wording": "инцидент", "note": "No <attack>.",
}  # fmt: skip
LINES: dict[str, Value] = {
    "concept": "line", "language": "en", "wording": "lines", "other_language": "ru",
    "other_wording": "линии", "stand": "agree",
}  # fmt: skip


class Ends(notices.Watch):
    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "notices", "hotline")},
            signers={each: party.signers[each] for each in SIGNERS},
        )

    def term(self, to: str, **given: Value) -> None:
        act = self.office.find_act("hotline/term")
        whole = {f.name: f.default for f in act.fields if f.default is not None}
        values_ = Values({**whole, "to": (f"hotline@{to}",), **given})
        self.office.act(BOTH, act.name, values_, self.net.now)
        self.net.settle()

    def shown(self, mid: bytes, language: str, person: Person = BOTH) -> str:
        screen = Screen(self, ROUTES, person=person, language=language)
        return screen.get(f"notice/{mid.hex()}").data.decode()


@pytest.fixture
def ends() -> tuple[Ends, Ends]:
    with mock.patch.dict(makers.DESKS, {"notices": SIGNERS, "hotline": SIGNERS}):
        one, other = Net(A, B, kind=Ends).sides
    assert isinstance(one, Ends)
    assert isinstance(other, Ends)
    for each in (one, other):
        each.office.drafts.filing.policy = Policy(hold_back=Span(0))
    one.term(B, **LINES)
    other.term(A, **LINES)
    one.term(B, **INCIDENT, stand="agree")
    other.term(A, **{**INCIDENT, "wording": "attack", "stand": "agree"})
    return one, other


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def told(one: Ends, remarks: str) -> bytes:
    given = (*OUTAGE[:-1], *values(remarks=remarks))
    return one.do("send", to=(f"notices@{B}",), format="N6", value=given)


def test_agreed_and_disagreed_terms_stand_beneath_the_text_on_both_sides(
    ends: tuple[Ends, Ends],
) -> None:
    one, other = ends
    mid = told(one, "Two lines; the incident goes on.")
    ours, theirs = text_of(one.shown(mid, "en")), text_of(other.shown(mid, "en"))
    for text, mine, yours in ((ours, "incident", "attack"), (theirs, "attack", "incident")):
        assert "Glossary, agreed: lines en = линии ru" in text
        assert "do not understand this term alike" in text
        assert (
            f"We read: {mine} en = инцидент ru No <attack>.".replace("<", "&lt;").replace(
                ">", "&gt;"
            )
            in text
        )
        assert f"They read: {yours} en = инцидент ru" in text
        assert text.index("alike") < text.index("agreed: lines"), "what may be misread stands first"
    assert "стороны понимают этот термин по-разному" in one.shown(mid, "ru")


def test_a_translation_is_looked_through_too(ends: tuple[Ends, Ends]) -> None:
    one, other = ends
    mid = told(one, "It goes on.")
    assert 'class="term"' not in one.shown(mid, "en")
    other.do(
        "translate", mid=mid, name="remarks", language="ru", text="Инцидент продолжается.",
        official=True, translator="И. Орлова",
    )  # fmt: skip
    assert "We read: incident" in text_of(one.shown(mid, "en"))


def test_only_the_listed_forms_are_found(ends: tuple[Ends, Ends]) -> None:
    assert 'class="term"' not in ends[0].shown(told(ends[0], "The line; incidental."), "en")


def test_who_does_not_read_at_the_hotline_sees_none_and_a_locked_screen_neither(
    ends: tuple[Ends, Ends],
) -> None:
    one, _ = ends
    mid = told(one, "The incident goes on.")
    assert "attack" in one.shown(mid, "en")
    assert "attack" not in one.shown(mid, "en", ONE)
    with mock.patch("detente.app.console.framing.is_locked", return_value=True):
        assert "attack" not in one.shown(mid, "en")
