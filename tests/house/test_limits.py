"""spec/limits.md and core/limits.py say the same."""

import re
from pathlib import Path

from detente.core import limits

PAGE = Path(__file__).parents[2] / "spec" / "limits.md"
ROW = re.compile(r"\| `([A-Z_]+)` \| ([0-9,]+) \|")


def on_the_page() -> list[tuple[str, int]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [row for row in map(ROW.match, lines) if row]
    return [(row[1], int(row[2].replace(",", ""))) for row in found]


def test_every_limit_stands_on_the_page_with_its_number_and_no_other_does() -> None:
    code = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert dict(on_the_page()) == code


def test_no_limit_stands_twice() -> None:
    names = [name for name, _ in on_the_page()]
    assert sorted(names) == sorted(set(names))


def test_every_row_of_the_page_is_read_by_these_tests() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    assert len(rows) == len(on_the_page())
