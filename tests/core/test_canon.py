import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis.strategies import (
    binary,
    booleans,
    characters,
    dictionaries,
    from_regex,
    integers,
    lists,
    none,
    recursive,
    text,
)
from tests.support import outcomes

from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.errors import TheirFault

SIZE = 65_536
NAMES = from_regex(r"[a-z0-9_]{1,32}", fullmatch=True)
TEXTS = text(characters(exclude_categories=["Cs"]))
LEAVES = none() | booleans() | integers(-limits.MAX_INTEGER, limits.MAX_INTEGER) | TEXTS
VALUES = recursive(
    LEAVES, lambda inner: lists(inner, max_size=4) | dictionaries(NAMES, inner, max_size=4)
).filter(lambda value: depth_of(value) <= limits.MAX_DEPTH)


def depth_of(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def refusal(data: bytes) -> str:
    with pytest.raises(TheirFault) as caught:
        canon.decode(data, SIZE)
    return caught.value.code


@given(value=VALUES)
def test_every_value_reads_back_from_its_canonical_form(value: Json) -> None:
    assert canon.decode(canon.encode(value), SIZE) == value


@given(value=VALUES)
def test_only_the_canonical_form_is_read(value: Json) -> None:
    loose = json.dumps(value, indent=1).encode()
    if loose != canon.encode(value):
        assert refusal(loose) == "E_CANON"


@given(data=binary(max_size=200))
@example(b'"\\')
@example(b"[" * 9)
@example(b'[[[[[[[[["')
def test_any_bytes_end_in_a_value_or_in_e_canon(data: bytes) -> None:
    value = outcomes.value_or_code(canon.decode, data, SIZE)
    assert value == "E_CANON" or canon.encode(value) == data


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b" 1",
        b"1 ",
        b"\xef\xbb\xbf1",
        b"\xff",
        b"01",
        b"-0",
        b"+1",
        b"1.0",
        b"1e3",
        b"1E400",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"9" * 17,
        b"9" * 18,
        b"9" * 5_000,
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"A":1}',
        b'{"a.b":1}',
        b'{"":1}',
        b'{"\xc3\xa4":1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\ud800"',
        b'"\xed\xa0\x80"',
        b'"\x01"',
        b'["\\"]',
        b"[1,]",
        b"nul",
    ],
)
def test_what_is_not_canonical_is_refused(wrong: bytes) -> None:
    assert refusal(wrong) == "E_CANON"


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_reach_to_two_to_the_53_less_one(sign: int) -> None:
    most = sign * limits.MAX_INTEGER
    assert canon.decode(str(most).encode(), SIZE) == most
    assert canon.encode(most) == str(most).encode()
    assert refusal(str(most + sign).encode()) == "E_CANON"
    with pytest.raises(TheirFault, match="E_CANON"):
        canon.encode(most + sign)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_values_are_at_most_eight_deep(opening: str, closing: str) -> None:
    deep = (opening * limits.MAX_DEPTH + "1" + closing * limits.MAX_DEPTH).encode()
    assert canon.encode(canon.decode(deep, SIZE)) == deep
    deeper = (opening * 9 + "1" + closing * 9).encode()
    assert refusal(deeper) == "E_CANON"
    with pytest.raises(TheirFault, match="E_CANON"):
        canon.encode(json.loads(deeper))


def test_brackets_side_by_side_or_in_texts_are_not_deep() -> None:
    wide = b'[[],[],[],[],[],[],[],[],{},"[[[[[[[[[[\\"{{{"]'
    assert canon.encode(canon.decode(wide, SIZE)) == wide


def test_a_text_that_never_ends_is_read_through_once() -> None:
    assert refusal(b"[" + b"[]," * 9 + b'"' + b'\\"' * 32_000) == "E_CANON"


def test_a_name_has_at_most_32_characters() -> None:
    assert canon.encode({"a" * 32: 1}) == b'{"' + b"a" * 32 + b'":1}'
    assert canon.decode(b'{"' + b"a" * 32 + b'":1}', SIZE) == {"a" * 32: 1}
    assert refusal(b'{"' + b"a" * 33 + b'":1}') == "E_CANON"
    with pytest.raises(TheirFault, match="E_CANON"):
        canon.encode({"a" * 33: 1})


@pytest.mark.parametrize("wrong", [1.0, b"", "\ud800", ["\udfff"], {"a": [0.5]}])
def test_a_value_without_canonical_form_is_not_written(wrong: Json) -> None:
    with pytest.raises(TheirFault) as caught:
        canon.encode(wrong)
    assert caught.value.code == "E_CANON"


def test_size_is_measured_in_bytes_and_before_reading() -> None:
    assert canon.decode(b'"ab"', 4) == "ab"
    with pytest.raises(TheirFault) as caught:
        canon.decode(b'"abc"', 4)
    assert caught.value.code == "E_SIZE"


@pytest.mark.parametrize("data", [b"[]", b"1", b"null", b'"a"'])
def test_an_object_is_due_where_one_is_asked_for(data: bytes) -> None:
    assert canon.decode_object(b'{"a":1}', SIZE) == {"a": 1}
    with pytest.raises(TheirFault) as caught:
        canon.decode_object(data, SIZE)
    assert caught.value.code == "E_CANON"


@given(data=binary(max_size=100))
def test_base64_reads_back(data: bytes) -> None:
    assert canon.from_base64(canon.to_base64(data)) == data
    assert canon.from_base64(canon.to_base64(data), len(data)) == data


@given(wrong=text(max_size=12))
def test_bytes_have_one_base64_text_only(wrong: str) -> None:
    data = outcomes.value_or_code(canon.from_base64, wrong)
    assert data == "E_CANON" or (isinstance(data, bytes) and canon.to_base64(data) == wrong)


@pytest.mark.parametrize(
    "wrong", ["AAA", "AA=", "AB==", "AAB=", "A A=", "AA==\n", "AA-_", "ä", "=", "AA==AA=="]
)
def test_loose_base64_is_refused(wrong: str) -> None:
    with pytest.raises(TheirFault) as caught:
        canon.from_base64(wrong)
    assert caught.value.code == "E_CANON"


@pytest.mark.parametrize("size", [31, 33])
def test_base64_of_another_length_than_due_is_refused(size: int) -> None:
    with pytest.raises(TheirFault, match="E_CANON"):
        canon.from_base64(canon.to_base64(bytes(size)), 32)


# Outside vectors: github cyberphone/json-canonicalization, folder testdata.
OURS = ("arrays", "french", "structures", "unicode", "values", "weird")


@pytest.mark.parametrize("name", OURS)
def test_outside_vectors_that_leave_our_profile_are_refused(shared: Path, name: str) -> None:
    # Each has a float, or member names beyond [a-z0-9_]: capitals, accents, spaces, none at all.
    folder = shared / "data/log/jcs"
    assert refusal((folder / f"input/{name}.json").read_bytes()) == "E_CANON"
    output = (folder / f"output/{name}.json").read_bytes()
    if name == "arrays":
        assert canon.encode(canon.decode(output, SIZE)) == output
    else:
        assert refusal(output) == "E_CANON"


@pytest.mark.parametrize("name", OURS)
def test_texts_and_literals_of_the_outside_vectors_are_written_as_they_say(
    shared: Path, name: str
) -> None:
    folder = shared / "data/log/jcs"
    given = json.loads((folder / f"input/{name}.json").read_bytes())
    due = (folder / f"output/{name}.json").read_bytes()
    for text_ in texts_of(given):
        assert canon.encode(text_) in due


def texts_of(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [each for member in value.values() for each in texts_of(member)]
    if isinstance(value, list):
        return [each for member in value for each in texts_of(member)]
    return [value] if isinstance(value, str) else []
