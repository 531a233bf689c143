import pytest

from detente.core import canon, limits
from detente.core.errors import OurFault, TheirFault
from detente.office.fields import Field, FileText, Text, Values, Whole
from detente.office.kind import Kind, Newer

NOTE = Kind("cert.note", 2, (Field("text", Text(5)), Field("n", Whole(), required=False)), "test")
LARGE = Kind("cert.large", 1, (Field("text", FileText(limits.MAX_BODY * 2)),), "test")
FRAME = len(b'{"text":"","v":1}')


def test_a_body_is_canonical_json_with_its_version() -> None:
    assert NOTE.write(Values({"text": "é", "n": 1})) == '{"n":1,"text":"é","v":2}'.encode()


def test_a_body_may_fill_the_limit_and_not_one_byte_more() -> None:
    full = Values({"text": "x" * (limits.MAX_BODY - FRAME)})
    plaintext = LARGE.write(full)
    assert len(plaintext) == limits.MAX_BODY
    assert LARGE.read(plaintext) == full
    over = Values({"text": "x" * (limits.MAX_BODY - FRAME + 1)})
    with pytest.raises(OurFault) as ours:
        LARGE.write(over)
    assert ours.value.code == "form.size"
    assert str(limits.MAX_BODY + 1) in ours.value.what
    assert LARGE.size_bytes(over) == limits.MAX_BODY + 1
    with pytest.raises(TheirFault) as theirs:
        LARGE.read(canon.encode({"text": over["text"], "v": 1}))  # type: ignore[dict-item]  # a text
    assert theirs.value.code == "E_SIZE"


def test_size_counts_the_escapes_of_json() -> None:
    assert LARGE.size_bytes(Values({"text": '"\n'})) == FRAME + 4


@pytest.mark.parametrize(
    "plaintext",
    [
        b'{"text":"x"}',
        b'{"text":"x","v":0}',
        b'{"text":"x","v":1}',
        b'{"text":"x","v":true}',
        b'{"text":"x","v":"2"}',
        b'{"v":2}',
        b'{"more":1,"text":"x","v":2}',
        b'{"text":"abcdef","v":2}',
        b'{"n":null,"text":"x","v":2}',
        b'{"text": "x","v":2}',
        b"[]",
    ],
)
def test_a_strangers_body_that_is_not_of_its_kind_is_refused(plaintext: bytes) -> None:
    with pytest.raises(TheirFault) as refused:
        NOTE.read(plaintext)
    assert refused.value.code == "E_CANON"


def test_a_newer_body_is_marked_and_kept_not_refused() -> None:
    plaintext = b'{"unheard_of":[1],"v":3}'
    assert NOTE.read(plaintext) == Newer("cert.note", 3, plaintext)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"text": "x", "more": 1}, "form.unknown"),
        ({"n": 1}, "form.missing"),
        ({"text": "abcdef"}, "form.length"),
    ],
)
def test_values_of_ours_that_are_not_of_the_kind_are_never_written(
    values: dict[str, str | int], code: str
) -> None:
    with pytest.raises(OurFault) as refused:
        NOTE.write(Values(values))
    assert refused.value.code == code


@pytest.mark.parametrize("name", ["cert", "Cert.note", "cert.", "a." + "b" * 47, "cert.note1"])
def test_a_kinds_name_keeps_to_the_form_of_headers(name: str) -> None:
    with pytest.raises(AssertionError):
        Kind(name, 1, (), "test")
