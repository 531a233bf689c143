"""Messages, corrections, translations, glossary and presence, as both ends see them."""

import pytest
from tests.desks.hotline.line import AURELIA, BOREALIS, NOW, End, line

from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.desks.hotline import kinds
from detente.desks.hotline.desk import DESK
from detente.office.drafting import Draft
from detente.office.fields import Value, Values

HOUR = Span.of(hours=1)
INCIDENT: dict[str, Value] = {
    "concept": "incident", "language": "en", "wording": "incident", "other_language": "ru",
    "other_wording": "инцидент",
}  # fmt: skip


@pytest.fixture
def ends() -> tuple[End, End]:
    return line()


def said(end: End, mid: bytes) -> list[tuple[Value, Value, Value]]:
    return [(row["what"], row["language"], row["text"]) for row in end.look("read", mid=mid)]


def refused(end: End, act: str, **values: Value) -> str:
    with pytest.raises(OurFault) as found:
        end.act(act, **values)
    return found.value.code


def test_a_message_is_corrected_beside_itself_and_translated_by_who_received_it(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    mid = aurelia.act("say", language="en", text="We see an incident.")
    fixed = aurelia.act("correct", NOW + HOUR, mid=mid, language="en", text="We saw two.")
    home = borealis.act("translate", mid=mid, language="ru", text="Видим инцидент.", by="А. Линд")
    sent = borealis.act(
        "translate", mid=fixed, language="ru", text="Видели два.", by="А. Линд", send=True,
        standing="courtesy",
    )  # fmt: skip
    assert said(borealis, mid) == [
        ("message", "en", "We see an incident."),
        ("translation", "ru", "Видим инцидент."),
        ("correction", "en", "We saw two."),
        ("translation", "ru", "Видели два."),
    ]
    assert [each[2] for each in said(aurelia, mid)] == [
        "We see an incident.", "We saw two.", "Видели два.",
    ], "what stayed at home is not here"  # fmt: skip
    assert said(borealis, fixed) == said(borealis, mid), "one story, by either id"
    (row,) = borealis.look("list")
    assert (row["corrections"], row["translations"]) == (1, 1)
    standings = {r["mid"]: (r["standing"], r["sent"]) for r in borealis.look("read", mid=mid)}
    assert standings[home] == ("working", False)
    assert standings[sent] == ("courtesy", True)


def test_two_people_sign_what_is_said_and_one_what_is_translated() -> None:
    two = {kind.name for kind in DESK.kinds if kind.second_person}
    assert two == {"hotline.message", "hotline.correction"}
    assert {act.name for act in DESK.acts if act.second_person} == {
        "hotline/say",
        "hotline/correct",
    }


def test_what_may_not_be_done_is_refused_with_its_reason(ends: tuple[End, End]) -> None:
    aurelia, borealis = ends
    mid = aurelia.act("say", language="en", text="One")
    fixed = aurelia.act("correct", mid=mid, language="en", text="Two")
    text: dict[str, Value] = {"language": "ru", "text": "Раз"}
    assert refused(borealis, "correct", mid=mid, **text) == "hotline.not_ours"
    assert refused(aurelia, "correct", mid=fixed, **text) == "hotline.not_ours"
    assert refused(aurelia, "translate", mid=mid, by="A", **text) == "hotline.ours"
    english: dict[str, Value] = {"language": "en", "text": "One"}
    assert refused(borealis, "translate", mid=mid, by="A", **english) == "hotline.language"
    assert (
        refused(borealis, "translate", mid=mid, by="A", term=("war",), **text) == "hotline.no_term"
    )
    assert refused(borealis, "translate", mid=bytes(32), by="A", **text) == "hotline.no_message"
    several = ("hotline@borealis.gov", "hotline@cordia.gov")
    assert refused(aurelia, "say", to=several, **text) == "hotline.one_line"


def test_nobody_corrects_the_words_of_another(ends: tuple[End, End]) -> None:
    aurelia, borealis = ends
    mid = aurelia.act("say", language="en", text="One")
    body = Values({"of": mid, "language": "en", "text": "Forged"})
    forged = Draft(
        kind=kinds.CORRECTION, to=(f"hotline@{AURELIA}",), body=body, created=NOW, tlp="RED"
    )
    borealis.say(forged, NOW)
    assert [each[2] for each in said(aurelia, mid)] == ["One"]
    assert aurelia.look("list")[0]["corrections"] == 0


def told(end: End, peer: str) -> list[tuple[Value, Value, Value, Value]]:
    return [
        (row["concept"], row["told"], row["ours"], row["theirs"])
        for row in end.look("glossary", peer=peer)
    ]


def test_a_term_is_proposed_agreed_and_disagreed_alike_on_both_sides(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    aurelia.act("term", **INCIDENT)
    assert told(aurelia, BOREALIS) == [("incident", "proposed", "propose", None)]
    assert told(borealis, AURELIA) == [("incident", "proposed", None, "propose")]
    swapped = {**INCIDENT, "language": "ru", "wording": "инцидент", "other_language": "en",
               "other_wording": "incident"}  # fmt: skip
    borealis.act("term", NOW + HOUR, stand="agree", **swapped)
    assert told(aurelia, BOREALIS) == [("incident", "agreed", "propose", "agree")]
    assert told(borealis, AURELIA) == [("incident", "agreed", "agree", "propose")]
    again = NOW + Span.of(hours=2)
    aurelia.act("term", again, stand="disagree", note="An incident is no attack.", **INCIDENT)
    assert told(borealis, AURELIA) == [("incident", "disagreed", "agree", "disagree")]
    assert told(aurelia, BOREALIS) == [("incident", "disagreed", "disagree", "agree")]


def test_two_wordings_of_one_concept_are_disagreed_though_each_side_agrees(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    aurelia.act("term", stand="agree", **INCIDENT)
    borealis.act("term", stand="agree", **{**INCIDENT, "wording": "attack"})
    assert told(aurelia, BOREALIS)[0][1] == told(borealis, AURELIA)[0][1] == "disagreed"
    assert aurelia.look("glossary", peer=BOREALIS, told="agreed") == ()
    (row,) = borealis.look("glossary", peer=AURELIA, told="disagreed")
    assert (row["wording"], row["other_wording"]) == ("attack / incident", "инцидент")


def test_a_message_is_read_with_the_terms_it_uses_the_disagreed_first(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    aurelia.act("term", concept="alarm", language="en", wording="alarm", other_language="ru",
                other_wording="тревога")  # fmt: skip
    aurelia.act("term", stand="disagree", **INCIDENT)
    aurelia.act("term", concept="war", language="en", wording="war", other_language="ru",
                other_wording="война")  # fmt: skip
    mid = borealis.act("say", language="ru", text="Тревога: ИНЦИДЕНТ в сети.")
    found = [(row["concept"], row["told"]) for row in aurelia.look("terms", mid=mid)]
    assert found == [("incident", "disagreed"), ("alarm", "proposed")]
    assert [r["concept"] for r in borealis.look("terms", mid=mid)] == ["incident", "alarm"]
    aurelia.act(
        "translate", mid=mid, language="en", text="Alarm: incident.", by="B", term=("incident",)
    )
    rows = aurelia.look("read", mid=mid)
    assert rows[1]["terms"] == ("incident",)


def test_who_is_there_is_who_said_so_and_neither_left_nor_fell_silent(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    aurelia.act("attend", step="enter", name="A. Lind", role="interpreter")
    borealis.act("attend", step="enter", name="Орлов", role="principal")
    borealis.act("attend", step="enter", name="Вера", role="watch")
    borealis.act("attend", NOW + HOUR, step="leave", name="Вера", role="watch")
    later = NOW + HOUR
    assert [(r["party"], r["name"]) for r in aurelia.look("session", later, peer=BOREALIS)] == [
        (AURELIA, "A. Lind"), (BOREALIS, "Орлов"),
    ]  # fmt: skip
    assert aurelia.look("session", NOW + Span.of(hours=13), peer=BOREALIS) == ()


def test_the_last_numbers_of_each_side_stand(ends: tuple[End, End]) -> None:
    aurelia, borealis = ends
    one = Values({"number": "+999 1 234", "who": "Duty officer", "hours": "always"})
    two = Values({"number": "+999 1 999", "who": "Deputy"})
    aurelia.act("phones", number=(one,))
    aurelia.act("phones", NOW + HOUR, number=(two,))
    for end, peer in ((aurelia, BOREALIS), (borealis, AURELIA)):
        assert [(r["party"], r["number"]) for r in end.look("numbers", peer=peer)] == [
            (AURELIA, "+999 1 999")
        ]


def term(concept: str, other: str = "ru") -> Values:
    return Values({**INCIDENT, "concept": concept, "other_language": other, "stand": "agree"})


def test_terms_of_a_stranger_are_held_to_the_desks_rules() -> None:
    for terms in ((term("a"), term("a")), (term("a", "en"),)):
        text = kinds.TERMS.write(Values({"terms": terms}))
        with pytest.raises(TheirFault):
            DESK.read("hotline.terms", text)
    most = tuple(term(f"c{n}") for n in range(limits.MAX_HOTLINE_TERMS))
    assert DESK.read("hotline.terms", kinds.TERMS.write(Values({"terms": most})))
    with pytest.raises(OurFault):
        kinds.TERMS.write(Values({"terms": (*most, term("more"))}))
