"""A designation's course between two parties: proposed, answered, adopted, amended, delisted, lifted."""

import json

import pytest
from tests.desks.designation.table import (
    CASE,
    NOW,
    PERSON,
    PROPOSAL,
    STATEMENT,
    TO_B,
    A,
    B,
    Talk,
    after,
    names,
    papers,
)  # fmt: skip

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.designation.desk import DESK
from detente.desks.designation.kinds import BIRTHS_MAX, NAMES_MAX, PAPERS_MAX, REASON_MAX
from detente.office.fields import Value, Values
from detente.screening.listed import Listed
from detente.screening.lists import rows

LATER = after(99)


@pytest.fixture
def talk() -> Talk:
    return Talk()


NOBODY = '{"form":"detente-list-1","entities":0}\n'


def export(talk: Talk, at: Moment = LATER) -> str:
    (row,) = talk.b.look("export", at, party=A)
    return str(row["list"])


def code_of(call: "object", *args: object, **given: object) -> str:
    assert callable(call)
    with pytest.raises(OurFault) as told:
        call(*args, **given)
    return told.value.code


def test_a_foreign_designation_is_applied_by_adoption_alone(talk: Talk) -> None:
    mid = talk.propose()
    assert talk.states(mid) == {"proposed"}
    assert code_of(export, talk) == "designation.none"
    talk.do(talk.b, "respond", after(1), mid=mid, answer="more", text="Which passport?")
    assert talk.states(mid) == {"more"}
    assert code_of(export, talk) == "designation.none"
    talk.do(talk.a, "reasons", after(2), mid=mid, part="case", tlp="RED", text="P 12345.")
    talk.do(talk.b, "respond", after(3), mid=mid, answer="accept", text="We shall adopt it.")
    assert talk.states(mid) == {"accepted"}
    assert code_of(export, talk) == "designation.none"
    (draft,) = talk.b.drafts("adopt", after(4), mid=mid, home="B-4")
    assert draft.kind.second_person
    talk.say(talk.b, draft, at=after(4))
    assert talk.states(mid) == {"adopted"}
    (entity,) = rows.of_own(export(talk).encode().splitlines())  # its head is no entity
    assert isinstance(entity, Listed)
    assert (entity.id, entity.source) == ("AUR-17", f"peer.{A}")
    (applied,) = talk.b.look("applied", NOW)
    assert (applied["home"], applied["releaser"], applied["since"]) == ("B-4", "s-02", after(4))
    assert not talk.a.look("applied", NOW), "what a peer applies of ours is theirs"


def test_what_is_exported_is_what_was_adopted_and_no_reason_leaves(talk: Talk) -> None:
    mid = talk.propose()
    talk.do(talk.b, "adopt", mid=mid, text="Adopted in the matter of the bank.")
    text = export(talk)
    head, line = text.splitlines()
    assert json.loads(head) == {"form": "detente-list-1", "entities": 1}
    assert json.loads(line) == {
        "id": "AUR-17", "schema": "Person", "names": ["Ivan Example"],
        "aliases": [
            {"name": "Иван Пример", "quality": "original-script", "kind": "aka"},
            {"name": "The Baker", "quality": "weak", "kind": "aka"},
        ],
        "births": ["1970-02-01"], "countries": ["bo"],
        "ids": [{"value": "P 12345", "type": "passport", "country": "bo"}],
        "programs": ["Decree 12, article 3", "freeze"], "source": f"peer.{A}",
    }  # fmt: skip
    for secret in (CASE, STATEMENT, "matter of the bank"):
        assert secret not in text


def test_an_amendment_is_applied_when_it_is_taken_in_and_not_before(talk: Talk) -> None:
    mid = talk.propose()
    talk.do(talk.b, "adopt", mid=mid)
    talk.do(talk.a, "amend", after(1), mid=mid, birth=("1971-02-01",), text="The year was wrong.")
    assert talk.states(mid) == {"amended"}
    assert "1970-02-01" in export(talk)
    for side in (talk.a, talk.b):
        assert [row["what"] for row in side.parts(mid, "doubt")] == ["differs"]
        assert [r["text"] for r in side.parts(mid, "identity") if r["what"] == "birth"] == [
            "1971-02-01"
        ]
    talk.do(talk.b, "adopt", after(2), mid=mid)
    assert talk.states(mid) == {"adopted"}
    assert "1971-02-01" in export(talk)
    assert not talk.b.parts(mid, "doubt")


def test_an_amendment_takes_away_what_is_cleared_and_keeps_the_rest(talk: Talk) -> None:
    mid = talk.propose()
    talk.do(
        talk.a, "amend", mid=mid, clear=("paper", "country"), name=names("Ivan Exempel"), text="Not his.",
    )  # fmt: skip
    shown = {(row["what"], row["text"]) for row in talk.b.parts(mid, "identity")}
    assert shown == {("schema", "person"), ("name", "Ivan Exempel"), ("birth", "1970-02-01")}
    assert code_of(talk.a.drafts, "amend", NOW, mid=mid, text="Nothing.") == "designation.body"


def test_a_delisting_ends_it_on_both_sides_at_once_and_waits_for_the_others_word(
    talk: Talk,
) -> None:
    mid = talk.propose()
    talk.do(talk.b, "adopt", mid=mid)
    talk.do(talk.a, "delist", after(1), mid=mid, reason="mistaken", text="It was another person.")
    assert talk.states(mid) == {"delisted"}
    assert export(talk) == NOBODY, (
        "a list that nobody is on any more says so, and ends in screening"
    )
    (ours,) = talk.a.look("list", after(3))
    assert (ours["owes"], ours["applied"], ours["late"]) == ("them", "no", True)
    (theirs,) = talk.b.look("list", after(3))
    assert (theirs["owes"], theirs["due"]) == ("us", after(2))
    talk.do(talk.b, "lift", after(3), mid=mid, text="Lifted.")
    assert talk.states(mid) == {"closed"}
    nothing: dict[str, dict[str, Value]] = {
        "amend": {"text": "x", "birth": ("1970",)},
        "delist": {"text": "x", "reason": "died"},
        "review": {"text": "x", "review": after(99)},
        "adopt": {},
    }
    for verb, given in nothing.items():
        side = talk.b if verb == "adopt" else talk.a
        assert code_of(side.drafts, verb, after(4), mid=mid, **given) == "designation.state", verb


def test_what_was_never_applied_is_withdrawn_and_may_be_proposed_again(talk: Talk) -> None:
    mid = talk.propose()
    assert code_of(talk.a.drafts, "propose", NOW, **PROPOSAL) == "designation.number"
    talk.do(talk.b, "respond", mid=mid, answer="decline", text="No basis here.")
    talk.do(talk.a, "delist", after(1), mid=mid, reason="court", text="Annulled.")
    assert talk.states(mid) == {"withdrawn"}
    again = talk.propose(after(2))
    assert talk.states(again) == {"proposed"}
    assert [row["what"] for row in talk.b.parts(again, "doubt")] == ["twice"]


def test_who_applies_it_may_lift_it_alone_and_adopt_it_again(talk: Talk) -> None:
    mid = talk.propose()
    talk.do(talk.b, "adopt", mid=mid)
    talk.do(talk.b, "lift", after(1), mid=mid, text="A court of ours said so.")
    assert talk.states(mid) == {"lifted"}
    assert export(talk) == NOBODY
    talk.do(talk.b, "adopt", after(2), mid=mid, measure=("watch",))
    assert talk.states(mid) == {"adopted"}
    assert '"watch"' in export(talk)


def test_a_review_moves_the_next_one_and_only_its_author_owes_it(talk: Talk) -> None:
    mid = talk.propose(review=after(30))
    talk.do(talk.b, "adopt", mid=mid)
    for side, owes in ((talk.a, "us"), (talk.b, "them")):
        (row,) = side.look("list", after(1))
        assert (row["due"], row["owes"]) == (after(30), owes)
    talk.do(talk.a, "review", after(29), mid=mid, review=after(400), text="Nothing has changed.")
    (row,) = talk.b.look("list", after(31))
    assert (row["due"], row["late"], row["state"]) == (after(400), False, "adopted")
    assert code_of(talk.a.drafts, "review", after(40), mid=mid, review=after(39), text="x") == (
        "designation.past"
    )


def test_each_peer_is_told_alone_and_all_of_them_what_changes(talk: Talk) -> None:
    both = (*TO_B, "designation@cordia.gov")
    first, second = talk.a.drafts("propose", NOW, **{**PROPOSAL, "to": both})
    assert (first.to, second.to, first.matter) == ((both[0],), (both[1],), None)
    mid = talk.say(talk.a, first)
    talk.say(talk.a, second, talk.a)
    given: dict[str, Value] = {"mid": mid, "birth": ("1971",), "text": "x"}
    assert [each.to for each in talk.a.drafts("amend", NOW, **given)] == [(to,) for to in both]
    assert [each.to for each in talk.a.drafts("amend", NOW, **given, only=True)] == [(both[0],)]
    assert len(talk.a.look("list")) == 2
    assert len(talk.a.look("list", party="cordia.gov")) == 1


def test_a_marking_is_the_strictest_of_its_parts(talk: Talk) -> None:
    (open_,) = talk.a.drafts("propose", NOW, **{**PROPOSAL, "case": None})
    (closed,) = talk.a.drafts("propose", NOW, **{**PROPOSAL, "case_tlp": "AMBER"})
    assert (open_.tlp, closed.tlp) == ("GREEN", "AMBER")
    mid = talk.say(talk.a, closed)
    assert [(row["what"], row["tlp"], row["text"]) for row in talk.b.parts(mid, "reasons")] == [
        ("statement", "GREEN", STATEMENT), ("case", "AMBER", CASE),
    ]  # fmt: skip
    (draft,) = talk.a.drafts("reasons", NOW, mid=mid, part="case", tlp="RED", text="More.")
    assert draft.tlp == "RED"
    assert code_of(
        talk.a.drafts, "reasons", NOW, mid=mid, part="statement", tlp="RED", text="For him."
    ) == "designation.body"  # fmt: skip


def test_each_side_says_what_is_its_own_to_say(talk: Talk) -> None:
    mid = talk.propose()
    text: dict[str, Value] = {"mid": mid, "text": "x"}
    assert code_of(talk.a.drafts, "adopt", NOW, mid=mid) == "designation.ours"
    assert code_of(talk.b.drafts, "amend", NOW, **text, birth=("1970",)) == "designation.not_ours"
    assert code_of(talk.b.drafts, "lift", NOW, **text) == "designation.state"
    assert code_of(talk.b.drafts, "adopt", NOW, mid=b"\0" * 32) == "designation.unknown"
    assert code_of(talk.b.look, "show", NOW, mid=b"\0" * 32) == "designation.unknown"


@pytest.mark.parametrize("birth", ["0000", "1970-02-30", "1970-13", "1900-02-29", "1970-00-01"])
def test_a_date_that_no_calendar_has_is_refused_on_both_sides(talk: Talk, birth: str) -> None:
    assert code_of(talk.a.drafts, "propose", NOW, **{**PROPOSAL, "birth": (birth,)}) == (
        "designation.body"
    )
    check = next(each for each in DESK.checks if each.kind.name == "designation.amendment")
    assert birth in str(check.wrong(Values({**PERSON, "birth": (birth,)})))
    assert check.wrong(Values({**PERSON, "birth": ("1972-02-29", "1970", "1970-12")})) is None


def test_a_proposal_without_a_statement_for_the_person_is_refused() -> None:
    check = next(each for each in DESK.checks if each.kind.name == "designation.proposal")
    part = Values({"part": "case", "tlp": "RED", "language": "en", "text": CASE})
    assert "no statement" in str(check.wrong(Values({**PERSON, "reasons": (part,)})))
    shut = Values({"part": "statement", "tlp": "AMBER", "language": "en", "text": STATEMENT})
    assert "is marked CLEAR or GREEN" in str(check.wrong(Values({**PERSON, "reasons": (shut,)})))


def test_response_and_adoption_are_due_by_what_was_asked(talk: Talk) -> None:
    mid = talk.propose(within=Span.of(days=3))
    (row,) = talk.b.look("list")
    assert (row["due"], row["owes"]) == (after(3), "us")
    (line,) = talk.a.look("list", after(4))
    assert (line["late"], line["owes"], B in str(line["to"])) == (True, "them", True)
    assert talk.states(mid, after(4)) == {"proposed"}


def test_the_last_word_is_told_by_numbers_where_a_clock_was_set_back(talk: Talk) -> None:
    mid = talk.propose()
    talk.do(talk.b, "adopt", after(9), mid=mid)
    talk.do(talk.a, "amend", after(9), mid=mid, birth=("1971",), text="x")
    talk.do(talk.a, "amend", after(1), mid=mid, birth=("1972",), text="x")
    talk.do(talk.b, "adopt", after(2), mid=mid)
    assert '"births":["1972"]' in export(talk)
    assert not talk.b.parts(mid, "doubt")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": names(*["A"] * NAMES_MAX)}, ""),
        ({"name": names(*["A"] * (NAMES_MAX + 1))}, "form.count"),
        ({"birth": ("1970",) * BIRTHS_MAX, "paper": papers(*["p|1"] * PAPERS_MAX)}, ""),
        ({"birth": ("1970",) * (BIRTHS_MAX + 1)}, "form.count"),
        ({"paper": papers(*["p|1"] * (PAPERS_MAX + 1))}, "form.count"),
        ({"statement": "x" * REASON_MAX}, ""),
        ({"statement": "x" * (REASON_MAX + 1)}, "form.length"),
        ({"name": names("x" * 501)}, "form.length"),
        ({"name": names("a\x00b")}, "form.text"),
        ({"country": ("BO",)}, "form.text"),
    ],
)
def test_what_is_too_much_or_no_name_is_refused_whole(
    talk: Talk, given: dict[str, Value], code: str
) -> None:
    (draft,) = talk.a.drafts("propose", NOW, **{**PROPOSAL, **given})
    if not code:
        assert draft.kind.read(draft.kind.write(draft.body)) == draft.body
        return
    assert code_of(draft.kind.write, draft.body) == code


def test_what_is_applied_from_a_day_to_come_is_not_screened_before(talk: Talk) -> None:
    mid = talk.propose()
    talk.do(talk.b, "adopt", mid=mid, since=after(3))
    assert export(talk, after(2)) == NOBODY
    assert "AUR-17" in export(talk, after(3))
    told: dict[str, Value] = {"mid": mid, "since": after(9), "text": "x"}
    assert code_of(talk.b.drafts, "lift", after(4), **told) == "designation.body"
    assert code_of(talk.a.drafts, "delist", after(4), **told, reason="died") == "designation.body"


def test_signs_that_turn_or_hide_others_are_written_out_where_a_name_is_shown() -> None:
    assert DESK.harmless("Ivan\u202eelpmaxE\u200b") == "Ivan\\u202eelpmaxE\\u200b"
    for kept in ("محمد حسين", "می\u200cرود", "Иван Пример", "李小龙"):
        assert DESK.harmless(kept) == kept
