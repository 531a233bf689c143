"""Two people and one record: who releases sees the record itself, and decides once."""

from typing import Any

from tests.support.offices import PERSON
from tests.support.pairs import READER, RELEASER, WHY, pairs, wish
from tests.support.screens import Screen

from detente.app.console.pages import compose, drafts
from detente.core.moment import Span
from detente.office.people import Person
from detente.office.waiting import Policy

ROUTES = (*compose.ROUTES, *drafts.ROUTES)


class Two:
    """One office, a record that waits there, and what each person sees."""

    def __init__(self, policy: Policy = Policy(), **more: Any) -> None:  # noqa: ANN401, B008  frozen; of `wish`
        self.net = pairs(policy)
        self.side, self.other = self.net.sides
        outcome = wish(self.side, "Wave <one>", self.other, **more)
        self.mid = (*outcome.waiting, *outcome.held)[0]
        self.path = f"drafts/{self.mid.hex()}"

    def screen(self, person: Person = RELEASER, language: str = "en") -> Screen:
        return Screen(self.side, ROUTES, person=person, language=language)

    def sent(self) -> int:
        self.net.settle()
        return len(self.other.of_kind("cert.bundle", ours=False))


def test_the_releaser_sees_what_opens_from_the_record_and_releases_it() -> None:
    two = Two()
    text = two.screen().get(two.path).data.decode()
    assert "Wave &lt;one&gt;" in text
    assert "opens from the sealed record" in text
    assert "Release to borealis.gov" in text
    assert "Take back" not in text
    answer = two.screen().post(f"{two.path}/release", {})
    assert (answer.status, answer.headers["Location"]) == (303, f"/record/{two.mid.hex()}")
    assert two.sent() == 1


def test_the_author_cannot_release_but_take_back() -> None:
    two = Two()
    text = two.screen(PERSON).get(two.path).data.decode()
    assert "/release" not in text
    assert "another person releases it" in text
    answer = two.screen(PERSON).post(f"{two.path}/release", {})
    assert answer.status == 409
    assert "office.same_person" in answer.data.decode()
    assert two.screen(PERSON).post(f"{two.path}/withdraw", {}).status == 303
    assert two.sent() == 0


def test_two_who_release_at_once_send_once_and_the_second_is_told_who_was_first() -> None:
    two = Two()
    two.screen().post(f"{two.path}/release", {})
    again = two.screen().post(f"{two.path}/release", {})
    text = again.data.decode()
    assert again.status == 409
    assert "released by second" in text
    assert "no longer waits" in text
    assert two.sent() == 1


def test_a_refusal_needs_a_reason_and_its_author_reads_it() -> None:
    two = Two()
    empty = two.screen().post(f"{two.path}/refuse", {"why": " "})
    assert empty.status == 409
    assert "form.length" in empty.data.decode()
    assert two.screen().post(f"{two.path}/refuse", {"why": "wrong <desk>"}).status == 303
    assert "wrong &lt;desk&gt;" in two.screen(PERSON).get(two.path).data.decode()
    assert two.sent() == 0


def test_who_reads_alone_is_offered_nothing() -> None:
    two = Two()
    text = two.screen(READER).get(two.path).data.decode()
    assert "<form" not in text.partition("<main")[2].partition("</main>")[0]
    answer = two.screen(READER).post(f"{two.path}/release", {})
    assert answer.status == 409
    assert "office.forbidden" in answer.data.decode()


def test_what_is_held_says_until_when_and_can_be_taken_back() -> None:
    two = Two(Policy(hold_back=Span(10_000)), prec="ROUTINE")
    text = two.screen(PERSON).get(two.path).data.decode()
    assert "held until" in text
    assert "Take back" in text
    two.screen(PERSON).post(f"{two.path}/withdraw", {})
    assert two.sent() == 0


def test_alone_where_the_rule_allows_it_and_not_elsewhere() -> None:
    two = Two()
    refused = two.screen(PERSON).post(f"{two.path}/alone", {"why": WHY})
    assert refused.status == 409
    assert "office.unreleased" in refused.data.decode()
    two = Two(Policy(unreleased=True))
    assert "Send alone" in two.screen(PERSON).get(two.path).data.decode()
    assert two.screen(PERSON).post(f"{two.path}/alone", {"why": WHY}).status == 303
    assert two.sent() == 1


def test_the_list_in_both_languages_and_empty() -> None:
    two = Two()
    for language in ("en", "ru"):
        assert two.path in two.screen(language=language).get("drafts").data.decode()
        assert two.screen(language=language).get(two.path).status == 200
    two.screen().post(f"{two.path}/release", {})
    assert "Nothing waits here" in two.screen().get("drafts").data.decode()


def test_a_name_that_is_none_finds_nothing() -> None:
    two = Two()
    for name in ("x", "00", "../x", "ab" * 32):
        assert (
            two.screen().code(f"drafts/{name}" if "/" not in name else "drafts/x")
            == "office.no_draft"
        )
