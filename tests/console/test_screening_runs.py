"""Screening a file in the console: the form, a run's page, what is fetched, cancelled, removed."""

from pathlib import Path

import pytest
from tests.console.test_screening import WHOLE, html, load
from tests.support.household import Household

from detente.app import faces
from detente.app.console.ask import Answer, Upload
from detente.app.console.pages import screening_runs
from detente.app.screening import runs as room_of_runs
from detente.app.screening.room import Screens
from detente.screening.customers import NOTES, WHYS
from detente.screening.runs import STATES

TABLE = (
    b"no;Full name;when\n1;Sergei Kuznetsov;1970\n2;Zoe Quux;31.02.1970\n"
    b"3;...;\n4;<script>alert(1)</script> Kuznetsov;\n"
)
COLUMNS = "id=no\r\n name=Full name\nbirths=when\n"


@pytest.fixture
def house(tmp_path: Path) -> Household:
    found = Household(tmp_path)
    load(found, WHOLE)
    return found


def hand_in(
    house: Household, data: bytes, mapping: str = COLUMNS, threshold: str = "", by: str = "drafter"
) -> Answer:
    form = {"mapping": mapping, "threshold": threshold}
    return house.post(by, "screening/files", form, files=(Upload("file", "clients.csv", data),))


def test_a_file_is_screened_and_what_a_person_must_look_at_is_shown(house: Household) -> None:
    answer = hand_in(house, TABLE)
    assert (answer.status, answer.headers["Location"]) == (303, "/screening/run/1")
    told = html(house, "screening/run/1")
    assert "no finding against a person" in told
    assert "Sergei Kuznetsov" in told
    assert "Sergei Viktorovich KUZNETSOV" in told
    assert "A name has no words that can be compared." in told
    assert "The date of birth is the same" in told or "year of birth" in told
    assert "How to contest it:" in told
    assert "<script>alert" not in told
    assert 'action="/screening/run/1/remove"' not in told, "a reader removes nothing"
    assert "<dt>Hash</dt>" in told
    assert "Cancelled by" not in told
    assert "clients.csv" in html(house, "screening/files")
    house.post("reader", "me/language", {"language": "ru"})
    told = html(house, "screening/run/1")
    assert "сходство имён" in told
    assert "имени нет слов, которые можно сравнить." in told
    for what, start in (("results", b'{"customers":'), ("table", b"line,customer,state")):
        found = house.get("reader", f"screening/run/1/{what}")
        assert found.data.startswith(start)
        assert found.headers["Content-Disposition"].startswith("attachment")


def test_a_run_is_removed_by_whoever_may_begin_one(house: Household) -> None:
    hand_in(house, TABLE)
    for name in ("reader", "releaser"):
        assert house.post(name, "screening/run/1/remove").status == 403
        assert hand_in(house, TABLE, by=name).status == 403
        assert 'name="file"' not in html(house, "screening/files", name)
    assert 'action="/screening/run/1/remove"' in html(house, "screening/run/1", "drafter")
    assert house.post("drafter", "screening/run/1/cancel").status == 409
    assert house.post("drafter", "screening/run/1/remove").headers["Location"] == "/screening/files"
    for number in ("1", "0", "x", "9" * 40):
        assert house.get("reader", f"screening/run/{number}").status == 404


@pytest.mark.parametrize(
    ("data", "mapping", "threshold", "english", "russian"),
    [
        (TABLE, "id=number", "", "names none of the columns", "нет ни одного из столбцов"),
        (TABLE, "born=when", "", "the mapping is born=when", "столбцы указаны так: born=when"),
        (TABLE, COLUMNS, "29", "the threshold is 0.29", "указан порог 0.29"),
        (TABLE, COLUMNS, "0.7", "is no whole number", "не целое число"),
        (TABLE, COLUMNS, "1000", "is no whole number", "не целое число"),
        (b"", COLUMNS, "", "no file was chosen", "файл не выбран"),
        (b" \n", COLUMNS, "", "clients.csv is empty", "файл clients.csv пуст"),
        (b"%PDF-1.7\n", "", "", "names none of the columns", "нет ни одного из столбцов"),
    ],
)
def test_what_is_wrong_is_told_on_the_form_which_keeps_what_was_written(
    house: Household, data: bytes, mapping: str, threshold: str, english: str, russian: str
) -> None:
    for language, told in (("en", english), ("ru", russian)):
        house.post("drafter", "me/language", {"language": language})
        answer = hand_in(house, data, mapping, threshold)
        page = answer.data.decode()
        assert answer.status in (400, 422)
        assert told in page.partition('class="errors"')[2].partition("</section>")[0]
        assert page.count('aria-invalid="true"') == 1
        assert not mapping or mapping.partition("\r")[0] in page.partition("<textarea")[2]
        assert ("Nothing was begun" if language == "en" else "Ничего не начато") in page
    assert 'class="what"' not in html(house, "screening/files")


def test_a_run_under_way_waits_or_failed_says_so(house: Household, tmp_path: Path) -> None:
    lists = house.screens._shelf
    house.side.office.screens = screens = Screens(lists)
    hand_in(house, TABLE)
    hand_in(house, TABLE + b"5;Ivan\n")
    screens.runs.turn()
    told = html(house, "screening/run/1", "drafter")
    assert "the file is read" in told or "lines" in told
    assert 'action="/screening/run/1/cancel"' in told
    assert "waits for its turn" in html(house, "screening/run/2")
    assert house.get("reader", "screening/run/1/table").status == 409
    (lists.folder / "runs/1/progress.json").write_bytes(b'{"done":2,"lines":4,"left_s":1}')
    assert '<progress max="4" value="2">' in html(house, "screening/run/1")
    assert house.post("drafter", "screening/run/1/cancel").status == 303
    told = html(house, "screening/run/1")
    assert "Cancelled by" in told
    assert "<dt>Hash</dt>" not in told, "there are no results"
    (lists.folder / "runs/2/customers").write_bytes(b"other bytes")
    house.side.office.screens = again = Screens(lists, aside=False)
    while again.runs.turn() is not None:
        pass
    house.post("reader", "me/language", {"language": "ru"})
    assert "пришли не те байты" in html(house, "screening/run/2")


def test_results_that_are_too_large_for_a_browser_are_left_to_the_api(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(house, TABLE)
    size = house.screens.runs.find(house.side.office, house.people["reader"], 1).results
    monkeypatch.setattr(screening_runs, "DOWNLOAD_MAX", size)
    assert len(house.get("reader", "screening/run/1/results").data) == size
    monkeypatch.setattr(screening_runs, "DOWNLOAD_MAX", size - 1)
    assert house.get("reader", "screening/run/1/results").status == 413
    assert "/api/v1/screening/run/1/results?from=0" in html(house, "screening/run/1")


def test_every_state_reason_and_note_has_its_words(house: Household) -> None:
    for language in ("en", "ru"):
        words = faces.words()
        for key in (
            *(f"run_is.{each}" for each in STATES),
            *(f"open.{each}" for each in WHYS),
            *(f"note.{each}" for each in NOTES),
        ):
            assert words.has(f"console.screening.{key}", language)


def test_without_a_list_there_is_no_form(tmp_path: Path) -> None:
    house = Household(tmp_path)
    assert "/screening/lists" in html(house, "screening/files", "drafter")
    assert 'name="file"' not in html(house, "screening/files", "drafter")
    assert "No list is in force" in html(house, "screening/files", "drafter")
    assert hand_in(house, TABLE).status in (400, 404, 422)
    assert room_of_runs.PIECE_MAX == 4 << 20, "the words of the API say it"
