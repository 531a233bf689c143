"""docs/bad-input.md names every test of tests/faults, and tests that are there, in both languages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/bad-input.md", "docs/ru/bad-input.md")
NAME = re.compile(r"`(test_\w+)`")
MADE = re.compile(r"^def (test_\w+)\(", re.MULTILINE)


def names_made(under: str) -> set[str]:
    files = (ROOT / "tests" / under).rglob("test_*.py")
    return {name for file in files for name in MADE.findall(file.read_text(encoding="utf-8"))}


def rows(page: str) -> list[list[str]]:
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0].strip() not in ("Input", "Ввод")]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_names_every_test_of_bad_input_and_none_that_is_not(page: str) -> None:
    named = set(NAME.findall((ROOT / page).read_text(encoding="utf-8")))
    assert named >= names_made("faults")
    assert named <= names_made(".")


@pytest.mark.parametrize("page", PAGES)
def test_every_row_has_its_test(page: str) -> None:
    same = ("the same", "тот же")
    bare = [row for row in rows(page) if not NAME.search(row[-1]) and row[-1].strip() not in same]
    assert bare == []


def test_both_pages_have_the_same_rows() -> None:
    english, russian = ([NAME.findall(row[-1]) for row in rows(page)] for page in PAGES)
    assert english == russian
