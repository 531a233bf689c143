"""Faults on pages of another language: the same facts, and nothing lost where no sentence fits."""

from pathlib import Path

import pytest
from tests.support.household import Household
from tests.support.offices import BUNDLE

from detente.app import said
from detente.app.console.ask import Upload
from detente.core.errors import OurFault

ODD = OurFault("store.full", "7 bytes are free on /var/spool", "make room, then go on")


@pytest.fixture
def house(tmp_path: Path) -> Household:
    found = Household(tmp_path)
    for name in ("reader", "administrator", "supervisor"):
        found.post(name, "me/language", {"language": "ru"})
    return found


def test_a_fault_stays_as_it_was_written_in_its_own_language() -> None:
    assert said.of(ODD, "en") == (ODD.code, ODD.what, ODD.remedy, "")


def test_names_and_numbers_stand_in_the_other_language_too() -> None:
    fault = OurFault("people.changed", "anna was changed meanwhile (3 was seen, 5 stands)", "look")
    found = said.of(fault, "ru")
    assert found.what == "anna тем временем изменён (показано 3, теперь 5)"
    assert found.because == ""


def test_facts_whose_order_differs_keep_their_places() -> None:
    told = said.sentence(
        "people.changed", "vera has the watch of cert, and did not hand it to boris", "wait a minute", "ru"
    )  # fmt: skip
    assert told.what == "вахта отдела cert у vera, и её не передавали: boris"  # noqa: RUF001
    assert told.remedy == "подождите минуту"


def test_a_strangers_text_is_never_taken_for_a_place() -> None:
    told = said.sentence("http.no_page", "there is no page /{0}/{}/{1}", "begin at /", "ru")
    assert told.what == "страницы /{0}/{}/{1} нет"


def test_what_has_no_sentence_is_told_by_its_code_with_the_original_beside_it() -> None:
    found = said.of(ODD, "ru")
    assert found.what == said.meanings("ru")["store.full"]["what"]
    assert found.remedy == said.meanings("ru")["store.full"]["try"]
    assert found.because == ODD.what


def test_a_page_that_says_no_says_it_in_russian(house: Household) -> None:
    html = house.get("reader", "people").data.decode()
    assert "/people — только для тех, у кого в доме роль «администратор»" in html  # noqa: RUF001
    assert "попросите право у администратора" in html  # noqa: RUF001
    assert "ask one of your" not in html
    assert 'href="/help/console.role"' in html


def test_a_form_that_does_not_fit_says_why_in_russian(house: Household) -> None:
    form = {"tlp": "GREEN", "prec": "ROUTINE", "within": "soon", "about": ""}
    file = Upload("file", "a.json", (BUNDLE % "one").encode())
    html = house.post("supervisor", "write/cert/send", form, (file,)).data.decode()
    assert "это не промежуток времени" in html
    assert "напишите так: 30m, 24h или 7d" in html
    assert "not a length of time" not in html


def test_an_account_that_changed_is_told_in_russian(house: Household) -> None:
    form = {"serial": "77", "display": "Anna", "desk-cert": "reader"}
    html = house.post("administrator", "people/reader", form).data.decode()
    assert "reader тем временем изменён" in html


def test_a_code_has_a_page_of_its_own_in_both_languages(house: Household) -> None:
    for name, language in (("reader", "ru"), ("drafter", "en")):
        html = house.get(name, "help/people.changed").data.decode()
        assert said.meanings(language)["people.changed"]["what"] in html
    assert house.get("reader", "help/no.such").status == 404
