import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desks.cert.test_stix import shared

from detente.desks.cert.formats import pattern


def test_patterns_of_the_field_are_right_and_wrong_as_their_origin_says() -> None:
    valid = json.loads(shared("stix-patterns", "valid.json"))
    spec = shared("stix-patterns", "valid_spec_examples.txt").decode().splitlines()
    assert len(valid) + len(spec) == 60
    assert [each for each in (*valid, *spec) if pattern.wrong(each)] == []
    invalid = [each["pattern"] for each in json.loads(shared("stix-patterns", "invalid.json"))]
    assert len(invalid) == 27
    assert [each for each in invalid if not pattern.wrong(each)] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the end at character 0, where [ or ( is due"),
        ("[a:b = 1", "the end at character 8, where ] is due"),
        ("[a:b = 1]]", "']' at character 9, where the end is due"),
        ("[a:b = 'x", '"\'x" at character 7 is no token'),
        ("[a:b]", "']' at character 4, where a comparison is due"),
        ("[a:b IN (1, 2]", "']' at character 13, where , is due"),
        ("[a:b LIKE 5]", "'5]' at character 10, where a text in quotes is due"),
        ("[AND:b = 1]", "where a type of object is due"),
        ("[a:b = 1] WITHIN 0 SECONDS", "is not above 0"),
        ("[a:b = 1] REPEATS 1.5 TIMES", "where a number above 0 is due"),
        ("[a:b = b'abc']", "is no base64"),
        ("[a:hashes.MD5 = 'f00']", "is no MD5 hash"),
        ("[a:hashes.'SHA-1' IN ('f00')]", "is no SHA-1 hash"),
        (
            "[a:b = 1] START t'2026-01-02T00:00:00Z' STOP t'2026-01-01T00:00:00Z'",
            "is not after START",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    assert told in pattern.wrong(text)


_WORDS = ["a", "ipv4-addr", "hashes", "true", "value", "md5", "AND", "x_y", "IN"]
_SAID = ["", "x", "198.51.100.7", "a' b", "\\", "d41d8cd98f00b204e9800998ecf8427e", "é\n", "] OR ["]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_WORDS),
            st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3),
            st.sampled_from([" = ", "=", "  = ", " == ", " != "]),
            st.sampled_from(_SAID),
            st.sampled_from([" AND ", " OR ", " and ", "AND", "] OR ["]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_plain_pattern_that_is_read_at_once_is_what_the_parser_reads(
    parts: list[tuple[str, list[str], str, str, str]],
) -> None:
    inner = "".join(
        f"{kind}:{'.'.join(steps)}{sign}'{said}'{joint}" for kind, steps, sign, said, joint in parts
    )
    text = f"[{inner.removesuffix(parts[-1][-1])}]"
    at_once = pattern._plain(text)
    if at_once is None:
        return
    parser = pattern._Parser(text)
    parser.read()
    assert tuple(parser.said) == at_once


def test_the_patterns_that_most_indicators_have_are_read_at_once() -> None:
    text = "[ipv4-addr:value = '198.51.100.7' OR domain-name:value='a.example']"
    told = (("ipv4-addr:value", "198.51.100.7"), ("domain-name:value", "a.example"))
    assert pattern._plain(text) == pattern.literals(text) == told
    assert pattern.wrong(text) == ""
    for other in ("[a:true = 'x']", "[a:hashes.md5 = 'x']", "[a:b = 'x\\'y']", "[a:b = 1]"):
        assert pattern._plain(other) is None, other


@pytest.mark.parametrize(
    "text",
    [
        "[EXISTS a:b]",
        "[NOT EXISTS a:b.c[*].d]",
        "[a:b IN () OR a:b NOT IN (true, -1, 0.5)]",
        "[a:b = 'it\\'s' /* so */ AND a:'b c' <> h'00ff'] // end",
        "[a:hashes.'SSDEEP' = '3:AX']",
    ],
)
def test_what_the_grammar_allows_is_right(text: str) -> None:
    assert pattern.wrong(text) == ""


def test_the_limits_hold_to_the_one() -> None:
    deep = pattern.DEPTH_MAX
    assert pattern.wrong("(" * deep + "[a:b = 1]" + ")" * deep) == ""
    assert "deeper than" in pattern.wrong("(" * (deep + 1) + "[a:b = 1]" + ")" * (deep + 1))
    assert "deeper than" in pattern.wrong("[" + "(" * 500_000)
    room = pattern.SIZE_MAX - len("[a:b = '']")
    assert pattern.wrong(f"[a:b = '{'x' * room}']") == ""
    assert f"{pattern.SIZE_MAX} are allowed" in pattern.wrong(f"[a:b = '{'x' * (room + 1)}']")


@pytest.mark.parametrize(
    "text",
    [
        "'" * 1_000_000,
        "[a:b = '" + "\\'" * 400_000,
        "[a:b = " + "t'2026" * 150_000,
        "/*" * 500_000,
        "/*" + "*" * 1_000_000,
        "[a:b = 1] OR " * 80_000,
        "[" + "a:b = 1 AND " * 80_000,
        "a" * 1_000_000,
        "[a:b = " + "1" * 1_000_000,
    ],
)
def test_no_text_costs_more_than_its_length(text: str) -> None:
    assert pattern.wrong(text)  # were it a square of a million steps, this would not end


@given(st.text(alphabet="[]()'\\ab:.=*<>!,ANDORtzhb0129 -TZ/", max_size=60))
def test_no_text_raises(text: str) -> None:
    assert isinstance(pattern.wrong(text), str)
