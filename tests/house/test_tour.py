"""The tour shows pictures that are there, and small enough to read over a slow line."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BYTES_MAX = 120_000


@pytest.mark.parametrize("page", ["tour.md", "ru/tour.md"])
def test_every_picture_of_the_tour_is_there(page: str) -> None:
    file = DOCS / page
    named = re.findall(r"!\[[^\]]+\]\(([^)]+\.png)\)", file.read_text())
    assert len(named) >= 8
    shown = [(file.parent / each).resolve() for each in named]
    assert [each.name for each in shown if not each.is_file()] == []
    assert [each.name for each in shown if each.stat().st_size > BYTES_MAX] == []


def test_both_languages_show_the_same_and_no_picture_is_left_over() -> None:
    shown = [
        set(re.findall(r"pictures/([a-z-]+\.png)", (DOCS / page).read_text()))
        for page in ("tour.md", "ru/tour.md")
    ]
    assert shown[0] == shown[1] == {each.name for each in (DOCS / "pictures").iterdir()}
