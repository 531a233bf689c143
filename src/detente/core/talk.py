"""What was said in one matter: its order, its state, and a digest by which two desks compare it.

All of it is a function of the *set* of records held: no clock, no order of arrival. Headers are
enough, so that whoever holds the proofs alone comes to the same.
Normative: spec/kinds/matter.md.
"""

import heapq
import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from detente.core import canon, checkpoint, limits
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.record import Header

DIGEST_KIND: Final = "matter.digest"
State = Literal["stands", "withdrawn", "corrected"]
STANDS: Final = "stands"
WITHDRAWN: Final = "withdrawn"
CORRECTED: Final = "corrected"
_TAKES_BACK: Final[Mapping[str, State]] = {"withdraw": WITHDRAWN, "correct": CORRECTED}
_NOT_SAID: Final = ("sys.", "matter.", "office.")  # receipts and book-keeping


class Said(NamedTuple):
    """One record of a matter, as its header tells."""

    mid: bytes
    kind: str
    from_: str
    to: tuple[str, ...]
    s: str
    n: int
    reply_to: bytes | None


class Standing(NamedTuple):
    """Whether a record still stands, and the mids that changed it, sorted."""

    state: State
    by: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a desk holds of a matter with another: count, two hashes, and as of which log sizes.

    logs: origin and size, sorted by origin. held: the mids themselves, sorted, or None.
    """

    count: int
    mids: bytes
    state: bytes
    logs: tuple[tuple[str, int], ...]
    held: tuple[bytes, ...] | None = None

    def agrees(self, other: "Digest") -> bool:
        """Say whether both speak of the same records in the same state."""
        return (self.count, self.mids, self.state) == (other.count, other.mids, other.state)


def said(mid: bytes, header: Header) -> Said:
    """Return what counts here of a record."""
    return Said(mid, header.kind, header.from_, header.to, header.s, header.n, header.reply_to)


def is_said(kind: str) -> bool:
    """Say whether records of a kind are part of what was said; receipts are not."""
    return not kind.startswith(_NOT_SAID)


def is_between(one: Said, desk: str, other: str) -> bool:
    """Say whether a record passed between two desks, in either direction."""
    ways = ((desk, other), (other, desk))
    return is_said(one.kind) and any(one.from_ == a and b in one.to for a, b in ways)


@dataclass(slots=True)
class _Node:
    one: Said
    parent: bytes | None  # what it replies to, if that is held
    waits_for: int = 0
    next: list[bytes] = field(default_factory=list)


def order(records: Iterable[Said], ranks: Mapping[bytes, int] | None = None) -> tuple[Said, ...]:
    """Return records so that each comes after what it replies to, and a series by its numbers.

    Ties go by mid; for people to read, by these ranks of mids first. Where numbers and replies contradict each other, the reply counts: it holds a
    hash of what it follows.
    """
    nodes, ranks = _nodes({one.mid: one for one in records}), ranks or {}
    ready = [(ranks.get(mid, 0), mid) for mid, node in nodes.items() if not node.waits_for]
    heapq.heapify(ready)
    placed: dict[bytes, Said] = {}
    while len(placed) < len(nodes):
        mid = heapq.heappop(ready)[1] if ready else _least(nodes, placed)
        placed[mid] = nodes[mid].one
        for after in nodes[mid].next:
            nodes[after].waits_for -= 1
            if not nodes[after].waits_for and after not in placed:
                heapq.heappush(ready, (ranks.get(after, 0), after))
    return tuple(placed.values())


def _nodes(held: Mapping[bytes, Said]) -> dict[bytes, _Node]:
    nodes = {
        mid: _Node(one, one.reply_to if one.reply_to in held else None) for mid, one in held.items()
    }
    series: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for mid, node in nodes.items():
        if node.parent is not None:
            nodes[node.parent].next.append(mid)
            node.waits_for += 1
        series.setdefault((node.one.from_, node.one.s), []).append((node.one.n, mid))
    for numbered in series.values():
        numbered.sort()
        for (_, before), (_, after) in itertools.pairwise(numbered):
            nodes[before].next.append(after)
            nodes[after].waits_for += 1
    return nodes


def _least(nodes: Mapping[bytes, _Node], placed: Mapping[bytes, Said]) -> bytes:
    # A circle always has a number in it: replies alone cannot make one.
    return min(
        mid
        for mid, node in nodes.items()
        if mid not in placed and (node.parent is None or node.parent in placed)
    )


def standings(records: Collection[Said]) -> dict[bytes, Standing]:
    """Return what became of each record: only the desk that said it takes it back."""
    held = {one.mid: one for one in records}
    by: dict[bytes, dict[State, list[bytes]]] = {}
    for one in held.values():
        change = _TAKES_BACK.get(one.kind.rpartition(".")[2])
        target = held.get(one.reply_to) if one.reply_to else None
        if change is not None and target is not None and target.from_ == one.from_:
            by.setdefault(target.mid, {}).setdefault(change, []).append(one.mid)
    return {mid: _standing(by.get(mid, {})) for mid in held}


def _standing(changes: Mapping[State, list[bytes]]) -> Standing:
    state: State = WITHDRAWN if WITHDRAWN in changes else CORRECTED if changes else STANDS
    return Standing(state, tuple(sorted(mid for mids in changes.values() for mid in mids)))


def state(records: Collection[Said]) -> bytes:
    """Return the state of what was said as canonical JSON."""
    found = standings(records)
    rows: list[Json] = [
        {
            "mid": canon.to_base64(one.mid),
            "kind": one.kind,
            "state": found[one.mid].state,
            "by": [canon.to_base64(mid) for mid in found[one.mid].by],
        }
        for one in order(records)
    ]
    return canon.encode(rows)


def digest(
    records: Collection[Said], logs: Mapping[str, int], *, with_mids: bool = False
) -> Digest:
    """Return the digest of what was said, as of these sizes of logs by origin."""
    mids = sorted({one.mid for one in records})
    return Digest(
        count=len(mids),
        mids=sha256(b"".join(mids)).digest(),
        state=sha256(state(records)).digest(),
        logs=tuple(sorted(logs.items())),
        held=tuple(mids[: limits.MAX_DIGEST_MIDS]) if with_mids else None,
    )


def write(stated: Digest) -> bytes:
    """Return the body of a `matter.digest`; `read` gives it back."""
    value: dict[str, Json] = {
        "v": 1,
        "count": stated.count,
        "mids": canon.to_base64(stated.mids),
        "state": canon.to_base64(stated.state),
        "logs": [{"origin": origin, "size": size} for origin, size in stated.logs],
    }
    if stated.held is not None:
        value["held"] = [canon.to_base64(mid) for mid in stated.held]
    return canon.encode(value)


def _bad(what: str) -> TheirFault:
    return TheirFault(
        "E_CANON", f"{DIGEST_KIND}: {what}", "write it as spec/kinds/matter.md 3 says"
    )


def read(text: bytes) -> Digest:
    """Return what a body of `matter.digest` says. Raises TheirFault("E_CANON" | "E_SIZE")."""
    value = canon.decode_object(text, limits.MAX_BODY)
    if value.keys() | {"held"} != {"v", "count", "mids", "state", "logs", "held"}:
        raise _bad("members missing or unknown")
    count, held = value["count"], value.get("held")
    if value["v"] is True or value["v"] != 1 or type(count) is not int or count < 0:
        raise _bad("another version, or a count that is none")
    return Digest(
        count=count,
        mids=_hash(value["mids"]),
        state=_hash(value["state"]),
        logs=_logs(value["logs"]),
        held=None if "held" not in value else _held(held),
    )


def _hash(value: Json) -> bytes:
    if not isinstance(value, str):
        raise _bad("a hash is no text")
    return canon.from_base64(value, 32)


def _logs(value: Json) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= limits.MAX_DIGEST_LOGS:
        raise _bad(f"not 1 to {limits.MAX_DIGEST_LOGS} logs")
    found: list[tuple[str, int]] = []
    for one in value:
        if not isinstance(one, dict) or one.keys() != {"origin", "size"}:
            raise _bad("an entry of logs has other members than origin, size")
        origin, size = one["origin"], one["size"]
        if not isinstance(origin, str) or type(size) is not int or size < 0:
            raise _bad("an origin or a size of another form")
        checkpoint.split_origin(origin)
        found.append((origin, size))
    names = [origin for origin, _ in found]
    if sorted(set(names)) != names:
        raise _bad("logs are not sorted, or one stands twice")
    return tuple(found)


def _held(value: Json) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > limits.MAX_DIGEST_MIDS:
        raise _bad(f"more than {limits.MAX_DIGEST_MIDS} mids, or no list")
    found = tuple(map(_hash, value))
    if list(found) != sorted(set(found)):
        raise _bad("mids are not sorted, or one stands twice")
    return found
