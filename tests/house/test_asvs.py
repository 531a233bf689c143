"""docs/operate/asvs.md: each item once, each with a test that is there, or with what remains."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "operate" / "asvs.md"
# Items of levels 1 and 2 in version 5.0.0 of the standard, by chapter; V10 and V17 do not apply.
ITEMS: Final = {
    "V1": 27, "V2": 11, "V3": 19, "V4": 10, "V5": 9, "V6": 35, "V7": 18, "V8": 7, "V9": 7,
    "V11": 14, "V12": 9, "V13": 13, "V14": 9, "V15": 13, "V16": 16,
}  # fmt: skip
ITEM: Final = re.compile(r"V\d+\.\d+\.\d+")
TEST: Final = re.compile(r"`([a-z_/]+/test_\w+\.py)(?:::(test_\w+))?`")
OPEN: Final = ("**Not met.**", "**In part.**")


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| V")
    ]


def test_each_item_stands_once() -> None:
    ids = [row[0] for row in rows()]
    assert all(ITEM.fullmatch(each) for each in ids)
    assert [each for each, count in Counter(ids).items() if count > 1] == []
    assert Counter(each.partition(".")[0] for each in ids) == ITEMS


def test_every_row_has_a_test_or_says_why_not() -> None:
    for item, asks, how, tests in rows():
        assert asks, item
        assert how, item
        excused = how.startswith((*OPEN, "does not apply"))
        assert excused or TEST.search(tests), item


def test_what_is_not_met_says_what_remains() -> None:
    for item, _, how, _ in rows():
        if how.startswith(OPEN):
            assert len(how) > len(OPEN[0]) + 20, item


def test_every_test_that_is_named_is_there() -> None:
    made: dict[str, set[str]] = {}
    for item, _, _, tests in rows():
        for file, name in TEST.findall(tests):
            path = ROOT / "tests" / file
            assert path.is_file(), (item, file)
            if file not in made:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                made[file] = {
                    each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)
                }
            assert not name or name in made[file], (item, file, name)
        assert TEST.sub("", tests).strip(" ,") in ("", "\u2013"), item
