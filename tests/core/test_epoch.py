import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary
from tests.support import makers, outcomes

from detente.core import canon, epoch, limits, party, signed
from detente.core.epoch import Close

A, B, C = (makers.make_party(name) for name in (makers.AURELIA, makers.BOREALIS, makers.CORDIA))
LINK = "x2ilzttxqmsebjgk"
OURS = Close(f"{A.name}/detente/{LINK}", 7, b"a" * 32)
THEIRS = Close(f"{B.name}/detente/{LINK}", 0, b"b" * 32)
LIFE = epoch.life_of(b"l" * 16, b"h" * 16)
MADE = epoch.make(LINK, 1, [THEIRS, OURS], epoch.RESTORE, b"e" * 32, LIFE)
Value = dict[str, Any]


def keys_of(one: makers.Party) -> epoch.LogKeys:
    return epoch.LogKeys(one.name, one.log, one.log_pq)


def both() -> epoch.Epoch:
    return epoch.sign(epoch.sign(MADE, keys_of(A)), keys_of(B))


def changed(change: Callable[[Value], object]) -> bytes:
    """A note whose members were changed before it was signed."""
    value: Value = canon.decode_object(MADE.text[:-1], 4_096)
    change(value)
    line = signed.Line("x", b"1234", b"signature")
    return signed.write(canon.encode(value) + b"\n", [line])


def code_of(change: Callable[[Value], object]) -> str:
    return outcomes.fault_of(epoch.read, changed(change))


def test_a_note_says_what_was_signed() -> None:
    made = both()
    assert epoch.read(made.note) == made
    assert made.close == (OURS, THEIRS), "sorted by the log's name"
    assert (made.link_id, made.number, made.reason) == (LINK, 1, "restore")
    assert made.evidence == b"e" * 32


def test_each_line_counts_for_its_party_alone() -> None:
    one = epoch.sign(MADE, keys_of(A))
    assert [epoch.is_signed(one, each.card) for each in (A, B)] == [True, False]
    assert [epoch.is_signed(both(), each.card) for each in (A, B, C)] == [True, True, False]


@pytest.mark.parametrize("place", [0, 1])
def test_one_of_a_partys_two_lines_is_not_enough(place: int) -> None:
    made = epoch.sign(MADE, keys_of(A))
    line = made.lines[place]
    assert not epoch.is_signed(replace(made, lines=made.lines[1 - place :][:1]), A.card)
    bad = replace(line, signature=bytes(len(line.signature)))
    rest = [bad if each is line else each for each in made.lines]
    assert not epoch.is_signed(replace(made, lines=tuple(rest)), A.card)


def test_the_modern_line_is_made_under_the_context_of_epochs() -> None:
    line = epoch.sign(MADE, keys_of(A)).lines[1]
    name = f"{A.name}/detente/epoch"
    kind = b"\xffdetente.mldsa44/v1"
    assert line.name == name
    assert line.key_id == sha256(name.encode() + b"\n" + kind + A.card.mldsa44).digest()[:4]
    A.log_pq._key.public_key().verify(line.signature, MADE.text, b"detente/v1/epoch")


def test_the_next_link_id_comes_from_the_text_alone() -> None:
    found = epoch.next_link_id(A.card, B.card, both())
    assert found == party.link_id(B.card, A.card, sha256(MADE.text).digest()[:16])
    assert found != LINK


def test_what_lies_above_a_closing_head_is_void() -> None:
    assert epoch.is_void(MADE, OURS.origin, 8)
    assert not epoch.is_void(MADE, OURS.origin, 7)
    assert not epoch.is_void(MADE, f"{A.name}/detente/{'a' * 16}", 8)
    assert epoch.closing(MADE, THEIRS.origin) == THEIRS


def test_where_two_lists_differ() -> None:
    assert epoch.differs([OURS, THEIRS], [THEIRS, OURS]) == ""
    assert epoch.differs([OURS], [replace(OURS, size=6)]) == OURS.origin
    assert epoch.differs([OURS], [OURS, THEIRS]) == THEIRS.origin


def test_an_emergency_closes_nothing() -> None:
    made = epoch.make(LINK, 2, [], epoch.EMERGENCY, None, LIFE)
    read = epoch.read(epoch.sign(made, keys_of(A)).note)
    assert (read.close, read.evidence, read.number) == ((), None, 2)
    assert code_of(lambda v: v.update(close=[])) == "E_CANON"
    assert code_of(lambda v: v.update(reason="emergency")) == "E_CANON"
    assert code_of(lambda v: v.update(reason="root", evidence=None)) == "E_CANON", "it names a card"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "detente-card"}, {"more": 1}, {"link_id": "short"}, {"link_id": 1},
        {"epoch": 0}, {"epoch": True}, {"epoch": "1"}, {"reason": "whim"}, {"reason": 1},
        {"evidence": 1}, {"evidence": "AAAA"}, {"close": {}}, {"close": [1]},
        {"close": [{"origin": OURS.origin, "size": 1}]},
    ],
)  # fmt: skip
def test_another_form_is_refused(wrong: Value) -> None:
    assert code_of(lambda v: v.update(wrong)) == "E_CANON"


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": 1}, {"origin": "no log"}, {"size": -1}, {"size": True},
        {"size": limits.MAX_TREE + 1}, {"root": 1},
    ],
)  # fmt: skip
def test_a_closing_head_of_another_form_is_refused(wrong: Value) -> None:
    assert code_of(lambda v: v["close"][0].update(wrong)) == "E_CANON"


def test_a_member_that_is_missing_is_refused() -> None:
    assert code_of(lambda v: v.pop("evidence")) == "E_CANON"


def test_a_newer_form_is_told_apart() -> None:
    assert code_of(lambda v: v.update(v=2)) == "E_VERSION"
    assert code_of(lambda v: v.update(v=True)) == "E_VERSION"


def test_closing_heads_are_sorted_and_each_log_stands_once() -> None:
    assert code_of(lambda v: v["close"].reverse()) == "E_CANON"
    assert code_of(lambda v: v["close"].append(v["close"][1])) == "E_CANON"


def test_a_text_that_is_no_json_is_refused() -> None:
    line = signed.Line("x", b"1234", b"signature")
    assert outcomes.fault_of(epoch.read, signed.write(b"hello\n", [line])) == "E_CANON"


def test_four_logs_may_be_closed_and_no_fifth() -> None:
    rows = [Close(f"{A.name}/detente/{LINK[:-1]}{i}", i, bytes(32)) for i in range(2, 6)]
    made = epoch.sign(epoch.make(LINK, 1, rows, epoch.HALT, None, LIFE), keys_of(A))
    assert len(epoch.read(made.note).close) == limits.MAX_EPOCH_CLOSE
    more = [*rows, Close(f"{A.name}/detente/{LINK[:-1]}6", 6, bytes(32))]
    made = epoch.sign(epoch.make(LINK, 1, more, epoch.HALT, None, LIFE), keys_of(A))
    assert outcomes.fault_of(epoch.read, made.note) == "E_CANON"


def test_a_note_may_be_as_long_as_its_limit_and_no_longer() -> None:
    size = limits.MAX_EPOCH_NOTE - len(MADE.text) - 1
    rest = "— x \n"
    fill = (size - len(rest.encode())) // 4 * 3
    odd = size - len(rest.encode()) - fill // 3 * 4
    name = "x" * (1 + odd)
    row = f"— {name} {b64encode(bytes(fill // 2 // 3 * 3)).decode()}\n"
    left = size - len(row.encode())
    pad = left - len("— y \n".encode())
    second = f"— {'y' * (1 + pad % 4)} {b64encode(bytes(pad // 4 * 3)).decode()}\n"
    whole = MADE.text + b"\n" + (row + second).encode()
    assert len(whole) == limits.MAX_EPOCH_NOTE
    assert epoch.read(whole).close == MADE.close
    longer = whole.replace(b"\xe2\x80\x94 x", b"\xe2\x80\x94 xx")
    assert outcomes.fault_of(epoch.read, longer) == "E_SIZE"


@given(binary(max_size=300))
def test_no_bytes_are_more_than_a_fault(data: bytes) -> None:
    assert outcomes.fault_of(epoch.read, data) in ("E_CANON", "E_SIZE", "E_VERSION")


def test_the_note_of_the_vectors_is_read_and_holds() -> None:
    folder = Path(__file__).parents[2] / "spec" / "vectors" / "second"
    said = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))
    cards = [party.read_card((folder / f"{name}.card").read_bytes()) for name in (A.name, B.name)]
    note = epoch.read((folder / "one.epoch").read_bytes())
    assert all(epoch.is_signed(note, card) for card in cards)
    assert note.note == (folder / "one.epoch").read_bytes()
    assert sha256(note.text).hexdigest() == said["epoch"]["text_sha256"]
    assert note.nonce.hex() == said["epoch"]["nonce"]
    assert epoch.next_link_id(cards[0], cards[1], note) == said["epoch"]["link_id"]
    assert [(each.size, each.root.hex()) for each in note.close] == [
        (3, said["flash"]["root"]), (4, said["delivered"]["root"]),
    ]  # fmt: skip
    made = epoch.make(note.link_id, 1, note.close, epoch.RESTORE, None, note.life)
    assert made.text == note.text
