import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, builds, from_regex, lists, text
from tests.support import makers, outcomes

from detente.core import canon, keys, limits, signed
from detente.core.signed import Line

SIZE = 65_536
LINES = lists(
    builds(
        Line,
        name=from_regex(r"[a-z./]{1,128}", fullmatch=True),
        key_id=binary(min_size=4, max_size=4),
        signature=binary(min_size=1, max_size=100),
    ),
    min_size=1,
    max_size=limits.MAX_NOTE_LINES,
    unique_by=lambda line: (line.name, line.key_id),
)
TEXTS = from_regex(r"([a-zä— ]{0,9}\n){1,5}", fullmatch=True)


def line(number: int = 0) -> Line:
    return Line("aurelia.gov", bytes([0, 0, 0, number]), b"signature")


@given(written=TEXTS, lines=LINES)
def test_a_note_reads_back(written: str, lines: list[Line]) -> None:
    data = signed.write(written.encode(), lines)
    note = signed.read(data, SIZE)
    assert (note.text, note.lines) == (written.encode(), tuple(lines))


@given(data=binary(max_size=300) | text(max_size=200).map(str.encode))
def test_any_bytes_end_in_e_canon(data: bytes) -> None:
    assert outcomes.value_or_code(signed.read, data, SIZE) == "E_CANON"


@given(tail=text(max_size=60))
def test_a_tail_is_signature_lines_to_the_byte_or_none(tail: str) -> None:
    data = b"text\n\n" + signed.write_line(line()).encode() + tail.encode()
    note = outcomes.value_or_code(signed.read, data, SIZE)
    assert note == "E_CANON" or (
        isinstance(note, signed.Note) and signed.write(note.text, note.lines) == data
    )


def test_a_line_is_found_by_name_and_key() -> None:
    note = signed.Note(b"text\n", (line(1), line(2)))
    assert note.find("aurelia.gov", bytes([0, 0, 0, 2])) == line(2)
    assert note.find("aurelia.gov", bytes(4)) is None
    assert note.find("borealis.gov", bytes([0, 0, 0, 2])) is None


def test_a_note_has_at_most_16_lines() -> None:
    most = signed.write(b"text\n", [line(i) for i in range(limits.MAX_NOTE_LINES)])
    assert len(signed.read(most, SIZE).lines) == 16
    more = signed.write(b"text\n", [line(i) for i in range(limits.MAX_NOTE_LINES + 1)])
    assert outcomes.fault_of(signed.read, more, SIZE) == "E_CANON"


def test_a_note_has_its_size_in_bytes_at_most() -> None:
    data = signed.write("ä\n".encode(), [line()])
    assert signed.read(data, len(data)).lines == (line(),)
    assert outcomes.fault_of(signed.read, data, len(data) - 1) == "E_SIZE"


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\n",
        b"text\n\n- a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=".encode(),
        "text\n\n— a AAAAAAA=\r\n".encode(),
        "text\t\n\n— a AAAAAAA=\n".encode(),
        "text\n\n—  AAAAAAA=\n".encode(),
        "text\n\n— a+b AAAAAAA=\n".encode(),
        "text\n\n— a b AAAAAAA=\n".encode(),
        "text\n\n— a\u00a0b AAAAAAA=\n".encode(),
        "text\n\n— a AAAAAAB=\n".encode(),
        "text\n\n— a AAAAAA==\n".encode(),
        ("text\n\n— " + "a" * 129 + " AAAAAAA=\n").encode(),
        b"text\xff\n\n" + "— a AAAAAAA=\n".encode(),
        "text\n\n— a AAAAAAA=\n— a AAAAAAE=\n".encode(),
    ],
)
def test_other_forms_are_no_note(wrong: bytes) -> None:
    assert outcomes.fault_of(signed.read, wrong, SIZE) == "E_CANON"


def test_a_text_without_its_last_newline_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        signed.write(b"text", [line()])


def test_the_type_of_a_key_is_in_its_id() -> None:
    public = makers.LabelSigner("one").public
    kinds = (signed.ED25519, signed.COSIGN_ED25519, signed.COSIGN_MLDSA44, signed.CARD_MLDSA65)
    assert len({signed.key_id("a", kind, public) for kind in kinds}) == 4


# Outside vectors: github C2SP/C2SP, signed-note.md and tlog-cosignature.md.
def test_the_example_of_c2sp_reads_and_its_signature_holds(shared: Path) -> None:
    example = json.loads((shared / "data/log/c2sp/notes.json").read_text())["signed_note_example"]
    name, id_hex, key = example["vkey"].split("+", 2)
    kind, public = canon.from_base64(key)[:1], canon.from_base64(key)[1:]
    assert kind == signed.ED25519
    assert signed.key_id(name, kind, public).hex() == id_hex
    note = signed.read(example["note"].encode(), SIZE)
    found = note.find(name, bytes.fromhex(id_hex))
    assert found is not None
    assert keys.ed25519_holds(public, found.signature, note.text)


def test_the_checkpoint_of_c2sp_reads(shared: Path) -> None:
    notes = json.loads((shared / "data/log/c2sp/notes.json").read_text())
    data = notes["checkpoint_example"]["note"].encode()
    note = signed.read(data, SIZE)
    assert signed.write(note.text, note.lines) == data
    assert [each.name for each in note.lines] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
