"""The pages for operators do what they say, on two running parties; see test_stories for the form.

A page is followed in the folder that holds `aurelia` and `borealis`, both running, both with one
record of the other's sort already there.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stories.test_stories import ROOT, Places, Shell, blocks, follow, tools
from tests.support.processes import until
from tests.support.running import two_parties

__all__ = ["tools"]  # a fixture

PAGES = ("backup", "restore", "check", "doctor", "purge", "metrics", "logs", "upgrade", "disk-full")
BUNDLE = ROOT / "tests" / "faults" / "bundle.json"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two parties that run while all pages are followed, one after another."""
    folder = tmp_path_factory.mktemp("operate")
    with two_parties(folder) as (aurelia, borealis):
        members = {
            "file": base64.b64encode(BUNDLE.read_bytes()).decode(),
            "to": [borealis.address], "about": "one", "tlp": "GREEN",
        }  # fmt: skip
        aurelia.insist("POST", "/api/v1/cert/send", members)
        until(lambda: any(not row["ours"] for row in borealis.records()), "it is delivered")
        yield folder


@pytest.fixture
def shell(place: Path, tools: Path) -> Iterator[Shell]:
    shell = Shell(place, tools)
    yield shell
    shell.end()


def page(name: str, language: str = "") -> Path:
    return ROOT / "docs" / language / "operate" / f"{name}.md"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_for_operators_does_what_it_says(shell: Shell, name: str) -> None:
    commands = blocks(page(name))
    assert commands
    places = Places()
    for repeat, block in commands:
        assert follow(shell, places, block, repeat=repeat) == ""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_same_in_both_languages(name: str) -> None:
    assert blocks(page(name, "ru")) == blocks(page(name))


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_as_many_sections_and_tables(name: str) -> None:
    def shape(text: str) -> list[str]:
        return re.findall(r"^(?:#+ |\|---.*$|```)", text, re.MULTILINE)

    assert shape(page(name, "ru").read_text("utf-8")) == shape(page(name).read_text("utf-8"))
