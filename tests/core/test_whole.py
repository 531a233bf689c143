"""A whole log in one file: nothing in it is left out, changed or moved without being seen."""

import io
from collections.abc import Mapping, Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.proofs import AT, ORIGIN, A, B, C, card, chains, head_of

from detente.core import limits, signed, tree, whole
from detente.core.envelope import join_entry
from detente.core.errors import OurFault
from detente.core.receipt import FAST, FULL, Head, StepFailed
from detente.core.trust import Chain
from detente.core.whole import WholeShown

SIZE = 9


def entry(number: int) -> bytes:
    return join_entry(*[sha256(bytes([part, number % 251])).digest() for part in range(4)])


ENTRIES = [entry(number) for number in range(SIZE)]


def root(entries: Sequence[bytes]) -> bytes:
    grown = tree.Range()
    for each in entries:
        grown.append(tree.leaf_hash(each))
    return grown.root()


def head(size: int = SIZE, *, full: bool = True, origin: str = ORIGIN, receiver: str = B) -> Head:
    return head_of(size, root(ENTRIES[:size]), full=full, origin=origin, receiver=receiver)


def note(made: Head) -> bytes:
    return signed.write(made.note.text, made.note.lines)


def file(
    heads: Sequence[Head] = (), entries: Sequence[bytes] = ENTRIES, origin: str = ORIGIN
) -> bytes:
    notes = [note(each) for each in heads or (head(4, full=False), head())]
    return b"".join(whole.write(origin, len(entries), notes, entries))


def check(data: bytes, cards: Mapping[str, Chain] | None = None) -> WholeShown:
    return whole.check(io.BytesIO(data), chains() if cards is None else cards)


def step_of(data: bytes, cards: Mapping[str, Chain] | None = None) -> int:
    with pytest.raises(StepFailed) as caught:
        check(data, cards)
    return caught.value.step


def test_a_whole_log_shows_its_size_root_and_both_sides() -> None:
    assert check(file()) == WholeShown(
        ORIGIN, A, B, SIZE, root(ENTRIES), 2, AT.seconds, AT.seconds, FULL, ()
    )


def test_its_newest_state_decides_how_strong_it_is() -> None:
    assert check(file([head(4), head(full=False)])).strength == FAST


class Dribble(io.BytesIO):
    """Gives a few bytes at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        return super().read(min(size, 7))


def test_it_is_read_piece_by_piece() -> None:
    assert whole.check(Dribble(file()), chains()).size == SIZE


@given(st.integers(1, 40), st.data())
@settings(max_examples=30, deadline=None)
def test_any_byte_changed_and_any_cut_is_seen(size: int, data: st.DataObject) -> None:
    entries = [entry(number) for number in range(size)]
    made = bytearray(file([head_of(size, root(entries))], entries))
    at = data.draw(st.integers(0, len(made) - 1))
    cut = bytes(made[:at])
    made[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(StepFailed):
        check(cut)
    try:
        shown = check(bytes(made))
    except StepFailed:
        return
    # What may change unseen is the name or key id of lines 2 and 4: then they count no more.
    assert (shown.strength, bool(shown.unknown_lines)) == (FAST, True)


def test_entries_that_changed_places_are_seen() -> None:
    moved = [ENTRIES[1], ENTRIES[0], *ENTRIES[2:]]
    assert step_of(file([head()], moved)) == 4


def test_an_older_state_that_the_entries_do_not_give_is_seen() -> None:
    forked = head_of(4, root(ENTRIES[1:5]))
    assert step_of(file([forked, head()])) == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"detente/v1/lo",
        b"another file altogether",
        file() + b"\0",
        file([head(), head(4)]),
        file([head(4), head(4), head()]),
        file([head(4)]),
        file(origin=f"{B}/detente/x2ilzttxqmsebjgk"),
        file().replace(b"\n\n\xe2", b"\n\n ", 1),
        whole.MAGIC + b"\0\1x" + bytes(12),
        whole.MAGIC + b"\0\1x" + bytes(8) + (limits.MAX_LOG_HEADS + 1).to_bytes(4, "big"),
        whole.MAGIC + b"\0\1x" + (limits.MAX_TREE + 1).to_bytes(8, "big") + b"\0\0\0\1",
        whole.MAGIC + b"\0\1x" + bytes(11) + b"\1" + (limits.MAX_PROOF + 1).to_bytes(4, "big"),
    ],
)
def test_bytes_of_another_form_fail_step_0(data: bytes) -> None:
    assert step_of(data) == 0


def test_as_many_states_as_allowed_are_read() -> None:
    # One more fails in the header; so many are looked at.
    data = whole.MAGIC + b"\0\1x" + bytes(8) + limits.MAX_LOG_HEADS.to_bytes(4, "big")
    with pytest.raises(StepFailed, match="cut off"):
        check(data)


def test_without_the_owners_card_nothing_can_be_said() -> None:
    with pytest.raises(OurFault) as caught:
        check(file(), {B: Chain((card(B),))})
    assert caught.value.code == "proof.cards"


def without(made: Head, number: int) -> bytes:
    rows = list(made.note.lines)
    del rows[number]
    return signed.write(made.note.text, rows)


@pytest.mark.parametrize(("number", "step"), [(0, 5), (2, 6)])
def test_a_state_that_one_side_did_not_sign_fails(number: int, step: int) -> None:
    data = b"".join(whole.write(ORIGIN, SIZE, [without(head(), number)], ENTRIES))
    assert step_of(data) == step


@pytest.mark.parametrize(("number", "step"), [(0, 5), (1, 5), (2, 6), (3, 6)])
def test_a_line_that_does_not_hold_fails(number: int, step: int) -> None:
    made = head()
    rows = list(made.note.lines)
    bad = rows[number].signature
    rows[number] = signed.Line(
        rows[number].name, rows[number].key_id, bad[:-1] + bytes([bad[-1] ^ 1])
    )
    data = b"".join(whole.write(ORIGIN, SIZE, [signed.write(made.note.text, rows)], ENTRIES))
    assert step_of(data) == step


def test_receipts_of_two_parties_are_not_of_one_log() -> None:
    cards = {**chains(), C: Chain((card(C),))}
    assert step_of(file([head(4, receiver=C), head()]), cards) == 6
