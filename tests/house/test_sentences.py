"""Faults are told in the language of the page: every code, and every sentence a page can show."""

import runpy
import unicodedata
from pathlib import Path

import pytest
from tests.house.sentences import SRC, of_all, of_file, told_in

from detente.app import said
from detente.core import errors

ROOT = Path(__file__).parents[2]
# Where faults come from that people meet on pages; TAXII is for programs.
ON_PAGES = (
    *sorted(each for each in (SRC / "app/console").rglob("*.py") if "taxii" not in each.parts),
    *(SRC / f"office/{name}.py" for name in (
        "accounts", "means", "signin", "sessions", "entering", "passwords", "people", "front_door",
        "watch", "todo", "taking", "texts", "drafts", "draft_shelf", "filing", "waiting", "replies",
        "search", "fields", "typed", "ids", "post", "trail", "oversight",
    )),
    SRC / "ui/form.py",
    *sorted((SRC / "desks").rglob("*.py")),
    *sorted((SRC / "app/paper").glob("*.py")),
    *sorted((SRC / "app/screening").glob("*.py")),
    *sorted((SRC / "screening/lists").glob("*.py")),
    SRC / "screening/asked.py",
    SRC / "screening/decision.py",
    SRC / "screening/runs.py",
    SRC / "store/screening/shelf.py",
    SRC / "store/screening/run_shelf.py",
    SRC / "app/bulk/asked.py",
    SRC / "app/bulk/reading.py",
)  # fmt: skip
# Where it is said why a version of a list waits, and what was not read of it.
ON_LISTS = (
    *(SRC / f"screening/lists/{name}.py" for name in (
        "book", "prepare", "readers", "rows", "tree", "versions",
    )),
    SRC / "app/screening/jobs.py",
    SRC / "app/screening/process.py",
)  # fmt: skip
# Of the start of a console, before there is a page.
_AT_START = frozenset({"certificate.py", "counted.py", "settings.py"})


@pytest.mark.parametrize("language", ["en", "ru"])
def test_what_pages_say_of_a_code_is_what_the_documents_say(language: str) -> None:
    tool = runpy.run_path(str(ROOT / "tools/faults.py"))
    made = tool["toml_of"](tool["PAGES"][language])
    kept = (tool["OUT"] / f"{language}.toml").read_text(encoding="utf-8")
    assert kept == made, "run: python tools/faults.py"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_code_has_a_sentence_and_a_remedy(language: str) -> None:
    found = said.meanings(language)
    assert found.keys() == errors.CODES
    assert [code for code, row in found.items() if not row["what"] or not row["try"]] == []


def test_every_sentence_that_a_page_can_show_stands_in_russian_too() -> None:
    due = {text for file in ON_PAGES if file.name not in _AT_START for text in of_file(file)}
    due = {text for text in due if sum(map(str.isalpha, text.replace("{}", ""))) > 3}
    assert sorted(due - said.sentences("ru").keys()) == []


def test_no_sentence_is_kept_that_nobody_says() -> None:
    assert sorted(said.sentences("ru").keys() - of_all()) == []


def test_a_sentence_names_the_same_facts_in_both_languages() -> None:
    for english, russian in said.sentences("ru").items():
        facts = [f"«{number}»" for number in range(english.count(said.PLACE))]
        told = said.filled(russian, facts)
        assert [each for each in facts if told.count(each) != 1] == [], english


def test_every_sentence_of_a_held_list_stands_in_russian_too() -> None:
    ours = said.catalogue("held_ru.toml")["ours"]
    told = {text for file in ON_LISTS for text in told_in(file)}
    assert sorted(told - ours.keys() - said.sentences("ru").keys()) == []
    assert sorted(ours.keys() - told) == [], "nobody says it"


def test_a_sentence_of_a_held_list_names_the_same_facts_in_both_languages() -> None:
    held = said.catalogue("held_ru.toml")
    for english, russian in (held["ours"] | held["libraries"]).items():
        facts = [f"«{number}»" for number in range(english.count(said.PLACE))]
        told = said.filled(russian, facts)
        assert [each for each in facts if told.count(each) != 1] == [], english


def test_a_russian_sentence_is_in_russian() -> None:
    for code, row in said.meanings("ru").items():
        assert any(unicodedata.name(each).startswith("CYRILLIC") for each in row["what"]), code
