"""What pages are made of keeps to the house's laws: one direction-free layout, nothing inline or foreign."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from babel import Locale

from detente.ui.words import PLURALS

UI = Path(__file__).parents[2] / "src" / "detente" / "ui"
SOURCE = UI.parent
CSS = (UI / "static" / "console.css").read_text("utf-8")
SCRIPT = (UI / "static" / "console.js").read_text("utf-8")
TEMPLATES = sorted((UI / "templates").rglob("*.html"))
SCRIPT_LINES_MAX = 400
# The margin boxes of a printed page have no other names.
MARGIN_BOX = re.compile(r"@(?:top|bottom)-(?:left|right)(?:-corner)?\b")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def test_the_style_sheet_knows_no_left_and_no_right() -> None:
    plain = MARGIN_BOX.sub("", COMMENT.sub("", CSS))
    sides = re.compile(r"\b(?:left|right)\b|\b(?:margin|padding|border|inset)-(?:top|bottom)\b")
    assert [line for line in plain.splitlines() if sides.search(line)] == []


def test_no_template_names_a_side_a_style_or_a_script_of_its_own() -> None:
    bad = re.compile(
        r"""<style|\sstyle\s*=|\son[a-z]+\s*=\s*["']|javascript:|\|\s*safe\b|(?:align|float)=|<script(?![^>]*\ssrc=)"""
    )
    found = [
        f"{path.name}: {line.strip()[:80]}"
        for path in TEMPLATES
        for line in path.read_text("utf-8").splitlines()
        if bad.search(line)
    ]
    assert found == []
    assert TEMPLATES


def test_nothing_is_fetched_from_elsewhere() -> None:
    foreign = re.compile(r"""https?://|["'(]//\w|url\((?!"fonts/)|@import""")
    own = re.compile(r'xmlns="http://www\.w3\.org/2000/svg"')
    files = [*TEMPLATES, *(UI / "static").glob("*.*")]
    found = []
    for path in files:
        text = own.sub("", path.read_text("utf-8"))
        if path.suffix == ".js":
            text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        found += [f"{path.name}: {line[:80]}" for line in text.splitlines() if foreign.search(line)]
    assert found == []


def test_the_script_is_short_and_makes_no_markup_of_text() -> None:
    assert len(SCRIPT.splitlines()) <= SCRIPT_LINES_MAX
    sinks = re.compile(
        r"innerHTML|outerHTML\s*=|insertAdjacent|document\.write|\beval\b|new Function"
    )
    assert sinks.findall(SCRIPT) == []


def test_every_face_is_the_one_that_its_source_names() -> None:
    told = (UI / "static" / "fonts" / "SOURCES.md").read_text("utf-8")
    rows = dict(re.findall(r"\| ([\w.-]+\.woff2) \| [\d,]+ \| `([0-9a-f]{64})` \|", told))
    held = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (UI / "static" / "fonts").glob("*.woff2")
    }
    assert rows == held
    assert set(re.findall(r'url\("fonts/([^"]+)"\)', CSS)) == set(held)


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("words/*.toml")), ids=lambda p: f"{p.parts[-3]}-{p.stem}"
)
def test_a_word_that_is_counted_has_every_plural_form_of_its_language(path: Path) -> None:
    wanted = {*Locale.parse(path.stem).plural_form.tags, "other"}
    wrong = []

    def look(table: dict[str, object], above: str) -> None:
        forms = table.keys() & PLURALS
        if "other" in forms and table.keys() <= PLURALS and table.keys() != wanted:
            wrong.append(f"{above}: {sorted(table)}")
        for name, value in table.items():
            if isinstance(value, dict):
                look(value, f"{above}.{name}")

    look(tomllib.loads(path.read_text("utf-8")), path.stem)
    assert wrong == []


def test_every_word_that_a_template_names_exists() -> None:
    words = tomllib.loads((UI / "words" / "en.toml").read_text("utf-8"))
    missing = []
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        for key in re.findall(r"""\b[tn]\("ui\.([a-z_.]+)"\s*[,)]""", text):
            place: object = words
            for part in key.split("."):
                place = place.get(part) if isinstance(place, dict) else None
            if place is None:
                missing.append(f"{path.name}: {key}")
    assert missing == []
