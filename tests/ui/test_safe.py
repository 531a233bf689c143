import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.ui import safe


def inner(text: str) -> str:
    """Return what foreign() puts into its fence."""
    return safe.foreign(text).removeprefix('<bdi dir="auto">').removesuffix("</bdi>")


def box(number: str) -> str:
    return f'<span class="unseen">{number}</span>'


@pytest.mark.parametrize(
    ("char", "number"),
    [
        ("\u200b", "U+200B"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\u061c", "U+061C"),
        ("\ufeff", "U+FEFF"),
        ("\u00ad", "U+00AD"),
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\n", "U+000A"),
        ("\u2028", "U+2028"),
        ("\ud800", "U+D800"),
        ("\U000e0041", "U+E0041"),
        ("\u3164", "U+3164"),
        ("\ufe0f", "U+FE0F"),
        ("\ue000", "U+E000"),
        ("\u200d", "U+200D"),
    ],
)
def test_what_shows_nothing_is_drawn_as_a_box(char: str, number: str) -> None:
    assert inner(f"a{char}b") == f"a{box(number)}b"
    assert safe.plain_title(f"a{char}b") == f"a[{number}]b"
    assert not safe.is_plain(f"a{char}b") or char == "\n"


def test_lines_stand_where_a_text_has_many() -> None:
    assert safe.foreign("a\nb\tc", lines=True) == '<bdi dir="auto">a\nb\tc</bdi>'
    assert inner("a\tb") == f"a{box('U+0009')}b"


def test_html_is_text() -> None:
    assert inner("<b>\"&'") == "&lt;b&gt;&quot;&amp;&#x27;"


def test_a_joiner_stands_where_spelling_needs_it_and_nowhere_else() -> None:
    assert inner("\u0645\u06cc\u200c\u062e\u0648") == "\u0645\u06cc\u200c\u062e\u0648"
    assert box("U+200C") in inner("a\u200cb")
    assert box("U+200C") in inner("\u0645\u200c")
    assert box("U+200D") in inner("\u0645\u200db")


def test_accents_that_paint_over_other_lines_are_drawn() -> None:
    assert inner("e" + "\u0301" * 3) == "e" + "\u0301" * 3
    assert inner("e" + "\u0301" * 4).endswith(box("U+0301"))
    assert inner("e\u0301" * 5) == "e\u0301" * 5


def test_a_title_is_cut_at_its_limit_and_says_so() -> None:
    whole = "x" * safe.TITLE_CHARS
    assert "cut" not in safe.title(whole)
    assert safe.title(whole + "y") == f'<bdi dir="auto">{whole}<span class="cut">…</span></bdi>'
    assert safe.plain_title(whole) == whole
    assert safe.plain_title(whole + "y") == whole + "…"


def test_ids_run_from_left_to_right() -> None:
    assert safe.ltr("<7f3k>") == '<bdi dir="ltr">&lt;7f3k&gt;</bdi>'


@given(st.text(max_size=60))
def test_no_text_is_dropped_and_none_leaves_its_fence(text: str) -> None:
    shown = inner(text)
    bare = shown.replace('<span class="unseen">', "").replace("</span>", "")
    assert "<" not in bare
    boxes = shown.count('<span class="unseen">')
    kept = len(text) - boxes
    for sign, char in (
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&#x27;", "'"),
    ):
        assert shown.count(sign) == text.count(char)
        kept += text.count(char) * (len(sign) - 1)
    numbers = sum(len(part.partition("<")[0]) for part in shown.split('<span class="unseen">')[1:])
    assert len(bare) == kept + numbers


def test_html_of_ours_is_not_escaped_twice() -> None:
    assert safe.escape(safe.escape("<")) == "&lt;"
    assert safe.foreign("a").__html__() == '<bdi dir="auto">a</bdi>'
