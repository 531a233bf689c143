"""Which lines of a checkpoint's note hold, under whose cards, and which are of keys unknown.

Normative: spec/log.md 4 (lines 1 to 4) and 6, steps 5 and 6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from detente.core import checkpoint, postquantum, signed
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.postquantum import PqSignature
from detente.core.trust import Chain


class State(NamedTuple):
    """What the lines are about: a log's name, its size, its root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """The lines that hold, by party and number (1 to 4), and the names of the others.

    times: seconds since 1970; 0 for line 1, which has none.
    """

    times: Mapping[tuple[str, int], int]
    unknown: tuple[str, ...]

    def receivers(self, owner: str) -> tuple[str, ...]:
        """Return the parties other than the owner that gave a receipt (line 3)."""
        return tuple(party for party, number in self.times if number == 3 and party != owner)  # noqa: PLR2004


class _Known(NamedTuple):
    party: str
    number: int
    public: bytes


def judge(note: signed.Note, state: State, chains: Mapping[str, Chain]) -> Judged:
    """Judge every line of a note under the cards given, by party.

    A line is known by its name and key id. A known one must hold; one of another key, or of a key
    revoked at this size, is named in `unknown` and counts for nothing.
    Raises TheirFault: E_CP_SIG for a bad line 1 or 2, E_COSIGN for a bad line 3 or 4.
    """
    known: dict[tuple[str, bytes], list[_Known]] = {}
    for place, row in _rows(state, chains):
        known.setdefault(place, []).append(row)
    times: dict[tuple[str, int], int] = {}
    unknown = []
    for line in note.lines:
        rows = known.get((line.name, line.key_id))
        if rows is None:
            unknown.append(f"{line.name} {line.key_id.hex()}")
            continue
        found = next((row for row in rows if _holds(row, line, state)), None)
        if found is None:
            raise TheirFault(
                "E_CP_SIG" if rows[0].number <= 2 else "E_COSIGN",  # noqa: PLR2004
                f"line {rows[0].number}, of {line.name}, does not hold",
                "ask for the file again",
            )
        time = 0 if found.number == 1 else checkpoint.split_time(line)[0]
        # Two receipts under an old and a new key: the earlier says when it was had.
        which = found.party, found.number
        times[which] = min(time, times.get(which, time))
    return Judged(times, tuple(unknown))


def _rows(state: State, chains: Mapping[str, Chain]) -> Iterator[tuple[tuple[str, bytes], _Known]]:
    owner, link_id = checkpoint.split_origin(state.origin)
    for party, chain in chains.items():
        log, cosign = chain.log_keys(link_id, state.size), chain.cosign_keys(link_id, state.size)
        modern = chain.mldsa44_keys(link_id, state.size)
        name = checkpoint.cosigner_of(party)
        kinds = [(3, name, signed.COSIGN_ED25519, cosign), (4, name, signed.COSIGN_MLDSA44, modern)]
        if party == owner:
            kinds += [
                (1, state.origin, signed.ED25519, log),
                (2, state.origin, signed.COSIGN_MLDSA44, modern),
            ]
        for number, signer, kind, publics in kinds:
            for public in publics:
                place = signer, signed.key_id(signer, kind, public)
                yield place, _Known(party, number, public)


def _holds(row: _Known, line: signed.Line, state: State) -> bool:
    try:
        if row.number == 1:
            head = Checkpoint(state.size, state.root, line.signature)
            checkpoint.check(head, state.origin, row.public)
            return True
        time, signature = checkpoint.split_time(line)
        if row.number == 3:  # noqa: PLR2004
            receipt = Cosignature(state.size, state.root, time, signature)
            checkpoint.check_cosignature(receipt, state.origin, row.public)
            return True
    except TheirFault:
        return False
    modern = PqSignature(state.size, state.root, time, signature)
    return postquantum.holds(modern, line.name, state.origin, row.public)
