"""Where a text uses a term of the glossary: whole words, either language, the listed forms alone."""

import pytest
from tests.desks.hotline.line import AURELIA, BOREALIS, line

from detente.core.errors import OurFault
from detente.desks.hotline.desk import DESK
from detente.desks.hotline.rules import CITED_MAX, cited

TERMS = {
    "incident": ("incident", "инцидент"),
    "outage": ("power outage", "отключение электроснабжения"),
    "sign": ("sign", "тёмный знак"),
    "nrrc": ("N.R.R.C.", "НЦУЯО"),
    "quoted": ('an "act"', "акт"),
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("An INCIDENT in the network.", ["incident"]),
        ("Замечен Инцидент.", ["incident"]),
        ("incidental", []),
        ("the incidents", []),
        ("инцидента", []),
        ("неинцидент", []),
        ("incident's", []),
        ("(incident)", ["incident"]),
        ("«инцидент»", ["incident"]),
        ("non-incident", ["incident"]),
        ("incident_2", []),
        ("incident2", []),
        ("Power  outage", ["outage"]),
        ("power\noutage", ["outage"]),
        ("power-outage", ["outage"]),
        ("No power. Outage of water.", []),
        ("power, outage", []),
        ("power — outage", []),
        ("power\n\noutage", []),
        ("power water outage", []),
        ("Отключение электроснабжения", ["outage"]),
        ("отключения электроснабжения", []),
        ("темный знак", ["sign"]),
        ("тёмный знак", ["sign"]),
        ("те\u0308мный знак", ["sign"]),
        ("инциде\u0301нт", ["incident"]),
        ("inci\u00addent", ["incident"]),
        ("a sign of an incident", ["incident", "sign"]),
        ("the N.R.R.C. answers", ["nrrc"]),
        ("an act", ["quoted"]),
        ('an "act" of state', ["quoted"]),
        ("", []),
        (" . ", []),
    ],
)
def test_a_term_is_found_as_whole_words_in_its_listed_forms(text: str, found: list[str]) -> None:
    assert cited(text, TERMS) == found


def test_nothing_is_found_of_no_terms_or_of_one_without_a_word() -> None:
    assert cited("incident", {}) == []
    assert cited("incident ...", {"dots": ("...",)}) == []


def test_a_long_text_with_many_terms_is_looked_through_at_once() -> None:
    terms = {f"c{n}": (f"word{n} two", f"слово{n}") for n in range(5_000)}
    assert cited("filler " * 4_000 + "Word17 two, слово4999.", terms) == ["c17", "c4999"]


def test_texts_are_looked_through_for_agreed_and_disagreed_terms_the_disagreed_first() -> None:
    aurelia, borealis = line()
    for end in (aurelia, borealis):
        end.act(
            "term", concept="alarm", language="en", wording="alarm", other_language="ru",
            other_wording="тревога", stand="agree",
        )  # fmt: skip
    for end, word in ((aurelia, "incident"), (borealis, "attack")):
        end.act(
            "term", concept="incident", language="en", wording=word, other_language="ru",
            other_wording="инцидент", stand="agree",
        )  # fmt: skip
    for text in ("Alarm: an attack.", "Alarm: an incident.", "Тревога: инцидент."):
        for end, peer in ((aurelia, BOREALIS), (borealis, AURELIA)):
            rows = end.look("cited", peer=peer, text=f"No term. {text}")
            assert [(row["concept"], row["told"]) for row in rows] == [
                ("incident", "disagreed"), ("alarm", "agreed"),
            ]  # fmt: skip
            assert set(str(rows[0]["wording"]).split(" / ")) == {"incident", "attack"}
    assert aurelia.look("cited", peer="cassia.gov", text="Alarm") == ()


def test_a_text_so_long_is_looked_through_and_no_longer() -> None:
    look = next(each for each in DESK.looks if each.name == "hotline/cited")
    field = next(each for each in look.fields if each.name == "text")
    assert field.check("a" * CITED_MAX)
    with pytest.raises(OurFault):
        field.check("a" * (CITED_MAX + 1))
