"""A whole log in one file: every entry, and states of it that both sides signed.

Who holds it sees that no entry below the newest state is left out, changed or moved, and where a
record stands. Headers, texts and signatures of people are not in it.
Normative: spec/log.md 8.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Final, Protocol

from detente.core import checkpoint, limits, lines, signed, tree
from detente.core.errors import OurFault, TheirFault
from detente.core.lines import Judged, State
from detente.core.receipt import FAST, FULL, StepFailed, Strength
from detente.core.trust import Chain

MAGIC: Final = b"detente/v1/log\n"
ENTRY: Final = 144  # bytes of an entry; its first 16 are the same in all
ROW: Final = 128  # bytes of it in the file
_LEAF: Final = b"\x00detente/v1/leaf\n"
_ROWS_A_READ: Final = 4_096
_SHORT: Final = Struct(">H")
_SIZES: Final = Struct(">QI")
_LONG: Final = Struct(">I")


class Source(Protocol):
    """Where a file is read from, piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class WholeShown:
    """What a whole log shows. heads: how many signed states it meets; times in s since 1970."""

    origin: str
    owner: str
    receiver: str
    size: int
    root: bytes
    heads: int
    first_at: int
    stored_at: int
    strength: Strength
    unknown_lines: tuple[str, ...]


def write(
    origin: str, size: int, notes: Sequence[bytes], entries: Iterable[bytes]
) -> Iterator[bytes]:
    """Return the file of a log, piece by piece.

    notes: signed states, sizes ascending, the last of `size`. entries: `size` of 144 bytes, any
    number of whole ones in a piece.
    """
    assert 1 <= len(notes) <= limits.MAX_LOG_HEADS, "the caller chooses which"
    name = origin.encode()
    yield MAGIC + _SHORT.pack(len(name)) + name + _SIZES.pack(size, len(notes))
    for note in notes:
        yield _LONG.pack(len(note)) + note
    for piece in entries:
        yield b"".join(piece[at + 16 : at + ENTRY] for at in range(0, len(piece), ENTRY))


def check(source: Source, chains: Mapping[str, Chain]) -> WholeShown:
    """Return what a whole log shows under these cards, by party; memory does not grow with it.

    Raises StepFailed: 0 for another form, 4 if the entries do not give a root that was signed, 5
    and 6 for lines of owner and receiver. Raises OurFault("proof.cards") without the owner's card.
    Source: spec/log.md 8.
    """
    if _take(source, len(MAGIC)) != MAGIC:
        raise _structure("it does not begin as a log")
    name = _take(source, _SHORT.unpack(_take(source, _SHORT.size))[0])
    size, count = _SIZES.unpack(_take(source, _SIZES.size))
    if not (1 <= count <= limits.MAX_LOG_HEADS and size <= limits.MAX_TREE):
        raise _structure(f"{count} signed states of {size} entries")
    states, judged = [], []
    for _ in range(count):
        state, found = _read_head(source, name, chains)
        states.append(state)
        judged.append(found)
    sizes = [state.size for state in states]
    if sizes != sorted(set(sizes)) or sizes[-1] != size or sizes[0] < 1:
        raise _structure("its signed states do not rise to its size")
    _compare(source, size, states)
    if source.read(1):
        raise _structure("bytes after its last entry")
    return _shown(states, judged)


def _structure(why: str) -> StepFailed:
    return StepFailed(0, why, "E_CANON")


def _take(source: Source, size: int) -> bytes:
    data = source.read(size)
    while len(data) < size:
        more = source.read(size - len(data))
        if not more:
            raise _structure("it is cut off")
        data += more
    return data


def _read_head(source: Source, name: bytes, chains: Mapping[str, Chain]) -> tuple[State, Judged]:
    length = _LONG.unpack(_take(source, _LONG.size))[0]
    if length > limits.MAX_PROOF:
        raise _structure(f"a signed state of {length} bytes")
    data = _take(source, length)
    try:
        note = signed.read(data, limits.MAX_PROOF)
        state = State(*checkpoint.read_text(note.text))
        owner = checkpoint.split_origin(state.origin)[0]
    except TheirFault as fault:
        raise StepFailed(0, fault.what, fault.code) from fault
    if state.origin.encode() != name or signed.write(note.text, note.lines) != data:
        raise _structure("a signed state of another log, or of another form")
    if owner not in chains:
        raise OurFault(
            "proof.cards",
            f"no card was given of {owner}, who owns the log",
            "give the cards of both parties",
        )
    try:
        judged = lines.judge(note, state, chains)
    except TheirFault as fault:
        step = 5 if fault.code == "E_CP_SIG" else 6
        raise StepFailed(step, f"size {state.size}: {fault.what}", fault.code) from fault
    if (owner, 1) not in judged.times:
        why = f"size {state.size}: no log key of {owner} signed it"
        raise StepFailed(5, why, "E_CP_SIG")
    if len(judged.receivers(owner)) != 1:
        why = f"size {state.size}: not exactly one other party whose card was given receipted it"
        raise StepFailed(6, why, "E_COSIGN")
    return state, judged


def _compare(source: Source, size: int, states: Sequence[State]) -> None:
    grown = tree.Range()
    for state in states:
        while grown.size < state.size:
            count = min(_ROWS_A_READ, state.size - grown.size)
            data = _take(source, count * ROW)
            for at in range(0, count * ROW, ROW):
                grown.append(sha256(_LEAF + data[at : at + ROW]).digest())
        if grown.root() != state.root:
            why = (
                f"the entries do not give the root that was signed for size {state.size} of {size}"
            )
            raise StepFailed(4, why, "E_ROOT")


def _shown(states: Sequence[State], judged: Sequence[Judged]) -> WholeShown:
    newest, times = states[-1], judged[-1].times
    owner = checkpoint.split_origin(newest.origin)[0]
    receivers = {each.receivers(owner)[0] for each in judged}
    if len(receivers) != 1:
        raise StepFailed(6, f"receipts of {len(receivers)} parties for one log", "E_COSIGN")
    receiver = receivers.pop()
    full = (owner, 2) in times and (receiver, 4) in times
    return WholeShown(
        origin=newest.origin,
        owner=owner,
        receiver=receiver,
        size=newest.size,
        root=newest.root,
        heads=len(states),
        first_at=judged[0].times[receiver, 3],
        stored_at=times[receiver, 3],
        strength=FULL if full else FAST,
        unknown_lines=tuple(line for each in judged for line in each.unknown),
    )
