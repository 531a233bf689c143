"""Checking a home log as an auditor does: signatures, places, roots, and the heads others hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.core import names, purged, record, signing, tree
from detente.core.errors import TheirFault
from detente.core.signing import Signed
from detente.node.ports import Kept, Level
from detente.office.head_rows import Head
from detente.office.register import Register

_STEP: Final = 256
_BYTES: Final = 2**20
_BAD_MAX: Final = 100  # named; more are counted


@dataclass(frozen=True, slots=True)
class Bad:
    """An entry that does not hold."""

    seq: int
    code: str
    what: str


@dataclass(slots=True)
class Proved:
    """What was found of a home log.

    root: None if entries are not shown to this office, so that it cannot be computed. heads: whether
    the log goes on from each: "same", "other", or "before" for one of an older home log.
    """

    origin: str = ""
    size: int = 0
    checked: int = 0
    hidden: int = 0
    bad_count: int = 0
    root: bytes | None = None
    bad: list[Bad] = field(default_factory=list)
    heads: list[tuple[Head, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every entry and every head holds."""
        return not self.bad_count and all(word != "other" for _, word in self.heads)


def prove(register: Register, heads: Sequence[Head]) -> Proved:
    """Return what all entries of our home log show, and whether it goes on from these heads."""
    register.see_levels()
    level = next((each for each in register.levels.values() if not each.peer), None)
    found = Proved()
    if level is None:
        return found
    found.origin = level.origin
    roots = _walk(register, level, found, {each.size for each in heads})
    for each in heads:
        found.heads.append((each, _word(each, found, roots)))
    return found


def _word(head: Head, found: Proved, roots: dict[int, bytes | None]) -> str:
    if head.origin != found.origin:
        return "before"
    return "same" if roots.get(head.size) == head.root else "other"


def _walk(
    register: Register, level: Level, found: Proved, sizes: set[int]
) -> dict[int, bytes | None]:
    grown: tree.Range | None = tree.Range()
    roots: dict[int, bytes | None] = {}
    while found.size < level.size:
        kept = register.since(level.origin, found.size, _STEP, _BYTES)
        if not kept:
            break
        for each in kept:
            if each.seq != found.size or not each.envelope:
                found.hidden += each.seq - found.size + (not each.envelope)
                grown = None
            if grown is not None:
                grown.append(tree.leaf_hash(purged.entry_of(each.envelope)))
            _check(register, each, found)
            found.size = each.seq + 1
            if found.size in sizes:
                roots[found.size] = grown.root() if grown is not None else None
    found.root = grown.root() if grown is not None else None
    return roots


def _check(register: Register, kept: Kept, found: Proved) -> None:
    if not kept.envelope:
        return
    try:
        rest = purged.rest_of(kept.envelope)
        header, mid = record.read_header(rest.header), record.mid_of(rest.header)
        desk, chain = names.desk_of(header.from_), register.book.chain(register.book.card.name)
        assert chain is not None, "our own cards are always known"
        said = record.read_signatures(rest.sigs)
        body_hash = rest.body_hash
        keys = signing.desk_that_signed(chain, desk, said, Signed(mid, body_hash, "", 0))
        record.check_rules(header, said, keys, register.second_person)
        found.checked += 1
        if not purged.is_stripped(kept.envelope):
            _check_body(register, kept)
    except TheirFault as fault:
        found.bad_count += 1
        if len(found.bad) < _BAD_MAX:
            found.bad.append(Bad(kept.seq, fault.code, fault.what))


def _check_body(register: Register, kept: Kept) -> None:
    """Raise TheirFault if its sealed text does not open as its header says."""
    taken = register.take(kept)
    fault = getattr(taken, "fault", None)
    if isinstance(fault, TheirFault) and fault.code != "E_DESK":
        raise fault
