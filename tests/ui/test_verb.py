import subprocess
import sys
from pathlib import Path

import pytest

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Look, Role
from detente.office.fields import (
    Cut,
    Desks,
    Field,
    File,
    Flag,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.ui import verb
from detente.ui.words import Words

SRC = Path(__file__).parents[2] / "src"
FIELDS = (
    Field("file", File(5), bare=True),
    Field("to", Desks(desk="cert")),
    Field("replaced_by", Mid(), required=False),
    Field("tlp", OneOf("GREEN", "RED"), default="GREEN"),
    Field("all", Flag(), default=False),
    Field("words", Text(5), many=True, required=False),
)
LOOK = Look("cert/x", FIELDS, lambda _reader, _values, _now: (), (), Role.READ)


def opened(name: str) -> bytes:
    return name.encode()


def test_what_was_written_becomes_values_with_defaults() -> None:
    written = {"file": "f", "to": ("b.gov", "a.gov"), "replaced_by": "abcdef", "words": ("x", "y")}
    assert verb.read(LOOK, written, opened) == Values(
        {
            "file": b"f",
            "to": ("cert@a.gov", "cert@b.gov"),
            "replaced_by": Cut("abcdef"),
            "tlp": "GREEN",
            "all": False,
            "words": ("x", "y"),
        }
    )


@pytest.mark.parametrize(
    ("written", "code", "named"),
    [
        ({"to": ("a.gov",)}, "form.missing", "FILE"),
        ({"file": "f", "to": ()}, "form.missing", "--to"),
        ({"file": "toolong", "to": ("a.gov",)}, "form.length", "FILE"),
        ({"file": "f", "to": ("a.gov",), "tlp": "BLUE"}, "form.choice", "--tlp"),
        ({"file": "f", "to": ("a.gov",), "replaced_by": "?"}, "form.mid", "--replaced-by"),
        ({"file": "f", "to": ("a.gov",), "words": ("x", "toolong")}, "form.length", "--words"),
    ],
)
def test_a_fault_names_the_option(written: dict[str, object], code: str, named: str) -> None:
    with pytest.raises(OurFault) as refused:
        verb.read(LOOK, written, opened)
    assert refused.value.code == code
    assert refused.value.what.startswith(named)


def test_rows_are_shown_as_texts_and_as_json() -> None:
    columns = (Field("mid", Mid()), Field("at", When()), Field("n", Whole(), required=False))
    row: dict[str, Value] = {"mid": bytes(32), "at": Moment(0), "n": None}
    assert verb.shown(columns, row) == ("a" * 52, "1970-01-01T00:00:00.000Z", "")
    assert verb.as_json(columns, row) == {
        "mid": "a" * 52,
        "at": "1970-01-01T00:00:00.000Z",
        "n": None,
    }


def test_a_start_that_shows_no_verb_does_not_load_click() -> None:
    code = "import sys, detente.ui.verb; sys.exit('click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, check=False)
    assert done.returncode == 0


def test_words_fill_their_placeholders_once() -> None:
    words = Words.load({"en": {"ui": 'a = "{x} and {y}"\n[b]\nc = "plain"'}})
    assert words.get("ui.a", "en", x="{y}", y="2") == "{y} and 2"
    assert words.get("ui.b.c", "en") == "plain"
    assert words.placeholders("ui.a", "en") == {"x", "y"}
    assert words.languages == ("en",)
    with pytest.raises(AssertionError):
        words.get("ui.none", "en")
