"""A home log in one file, for whoever judges it elsewhere, with what auditors may read of it.

The head that its party signed stands in it, and heads that others gave a receipt for. Lines of JSON: a head, one line for each entry, then the heads given away. Normative: spec/log.md 12.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from detente.core import (
    canon,
    checkpoint,
    envelope,
    inner,
    limits,
    names,
    receipt,
    record,
    signed,
    signing,
    tree,
)
from detente.core.errors import OurFault, TheirFault
from detente.core.receipt import StepFailed
from detente.core.signing import Signed
from detente.core.trust import Chain

FORM: Final = "detente/v1/audit"
VALID: Final = "valid"
CHANGED: Final = "changed"
GAP: Final = "gap"
NOT_OURS: Final = "not_ours"
HEAD_KIND: Final = "sys.audit_head"
_BEGIN: Final = f'{{"form":"{FORM}"'.encode()
_LINE_MAX: Final = 4 * limits.MAX_BODY  # bytes


class Row(NamedTuple):
    """An entry of 144 bytes; header, signatures, salt and text where it is disclosed."""

    entry: bytes
    disclosed: tuple[bytes, bytes, bytes, bytes] | None = None


class Given(NamedTuple):
    """The proof file of a head that somebody holds, with its text and salt."""

    proof: bytes
    text: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class AuditShown:
    """What the file shows. heads: who holds a head of which size, and same, other or unknown."""

    verdict: str
    why: str
    origin: str
    owner: str
    size: int
    disclosed: int
    heads: tuple[tuple[str, int, str], ...]


class _Bad(Exception):
    def __init__(self, verdict: str, why: str) -> None:
        super().__init__(why)
        self.verdict, self.why = verdict, why


def write(note: bytes, rows: Iterable[Row], given: Iterable[Given]) -> Iterator[bytes]:
    """Yield the file, line by line. note: the signed head (spec/log.md 4) of all rows together."""
    yield _line({"form": FORM, "head": _b64(note)})
    for number, row in enumerate(rows):
        told: dict[str, Any] = {"n": number, "entry": _b64(row.entry)}
        if row.disclosed is not None:
            parts = zip(("header", "sigs", "salt", "text"), row.disclosed, strict=True)
            told |= {name: _b64(data) for name, data in parts}
        yield _line(told)
    for each in given:
        yield _line({"proof": _b64(each.proof), "text": _b64(each.text), "salt": _b64(each.salt)})


def is_audit(beginning: bytes) -> bool:
    """Say whether a file that begins so is one of these."""
    return beginning.startswith(_BEGIN)


def check(lines: Iterable[bytes], chains: Mapping[str, Chain]) -> AuditShown:
    """Return what a file shows under these cards, by party.

    Raises StepFailed, step 0, for another form; OurFault("proof.cards") without its party's card.
    """
    rows = iter(lines)
    note = _note(next(rows, b""))
    origin, size, root = _head(note)
    owner = origin.partition("/detente/")[0]
    if owner not in chains:
        raise OurFault("proof.cards", f"no card was given of {owner}", "give its card: --card")
    chain, found = chains[owner], _Walk(size)
    try:
        _check_signed(note, origin, size, root, chain)
        given = found.go(rows, chain)
        heads = tuple(_judge(each, origin, found, chains) for each in given)
        _compare(found, root, heads)
    except _Bad as bad:
        return AuditShown(bad.verdict, bad.why, origin, owner, size, found.disclosed, ())
    return AuditShown(VALID, "", origin, owner, size, found.disclosed, heads)


def _compare(found: "_Walk", root: bytes, heads: Sequence[tuple[str, int, str]]) -> None:
    if found.grown.root() != root:
        raise _Bad(CHANGED, "the entries do not give the root that was signed")
    for party, at, word in heads:
        if word == "other":
            raise _Bad(CHANGED, f"{party} holds another head of size {at}")


class _Walk:
    """The entries in their order, and the root at each size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.grown = tree.Range()
        self.roots: dict[int, bytes] = {}
        self.disclosed = 0

    def go(self, rows: Iterator[bytes], chain: Chain) -> list[Given]:
        given: list[Given] = []
        for line in rows:
            told = _read(line)
            if "proof" in told:
                given.append(Given(*(_bytes(told, name) for name in ("proof", "text", "salt"))))
            elif given:
                raise _structure("an entry behind the heads")
            else:
                self._take(told, chain)
        if self.grown.size != self._size:
            raise _Bad(GAP, f"it ends after {self.grown.size} of {self._size} entries")
        return given

    def _take(self, told: Mapping[str, Any], chain: Chain) -> None:
        number = self.grown.size
        if told.get("n") != number:
            raise _Bad(GAP, f"entry {number} is missing")
        entry = _bytes(told, "entry")
        if "text" in told:
            parts = [_bytes(told, name) for name in ("header", "sigs", "salt", "text")]
            _check_entry(number, entry, parts, chain)
            self.disclosed += 1
        self.grown.append(tree.leaf_hash(entry))
        self.roots[number + 1] = self.grown.root()


def _check_signed(note: signed.Note, origin: str, size: int, root: bytes, chain: Chain) -> None:
    for public in chain.log_keys("", 0):
        for line in note.lines:
            head = checkpoint.Checkpoint(size, root, line.signature)
            if line == checkpoint.owner_line(head, origin, public) and checkpoint.is_signed(
                head, origin, public
            ):
                return
    raise _Bad(NOT_OURS, f"no log key on the card of {chain.name} signed its head")


def _check_entry(number: int, entry: bytes, parts: Sequence[bytes], chain: Chain) -> None:
    header_bytes, sigs, salt, text = parts
    seals_hash, body_hash = entry[-64:-32], entry[-32:]
    made = envelope.join_entry(
        sha256(header_bytes).digest(), sha256(sigs).digest(), seals_hash, body_hash
    )
    if made != entry:
        raise _Bad(CHANGED, f"entry {number}: its header or signatures are others")
    try:
        header = record.read_header(header_bytes)
        said = Signed(record.mid_of(header_bytes), body_hash, "", 0)
        desk = names.desk_of(header.from_)
        signing.desk_that_signed(chain, desk, record.read_signatures(sigs), said)
    except TheirFault as fault:
        raise _Bad(CHANGED, f"entry {number}: {fault.what}") from None
    if header.commit != inner.commitment(salt, text):
        raise _Bad(CHANGED, f"entry {number}: its text is another")


def _judge(
    given: Given, origin: str, found: _Walk, chains: Mapping[str, Chain]
) -> tuple[str, int, str]:
    try:
        shown = receipt.check(given.proof, chains, given.text, given.salt)
        said = json.loads(given.text)
        same = said["origin"] == origin and shown.header.kind == HEAD_KIND
        size, root = int(said["size"]), canon.from_base64(said["root"], 32)
    except (StepFailed, OurFault):
        return "", 0, "unknown"
    except (TheirFault, ValueError, KeyError, TypeError):
        return "", 0, "unknown"
    if not same or size not in found.roots:
        return shown.receiver, size, "unknown"
    return shown.receiver, size, "same" if found.roots[size] == root else "other"


def _head(note: signed.Note) -> tuple[str, int, bytes]:
    try:
        return checkpoint.read_text(note.text)
    except TheirFault as fault:
        raise _structure(fault.what) from None


def _note(line: bytes) -> signed.Note:
    told = _read(line)
    if told.get("form") != FORM:
        raise _structure("it is no audit file")
    try:
        return signed.read(_bytes(told, "head"), limits.MAX_PROOF)
    except TheirFault as fault:
        raise _structure(fault.what) from None


def _read(line: bytes) -> dict[str, Any]:
    if len(line) > _LINE_MAX:
        raise _structure("a line that is too long")
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise _structure("a line that is no JSON") from None
    if not isinstance(told, dict):
        raise _structure("a line that is no object")
    return told


def _bytes(told: Mapping[str, Any], name: str) -> bytes:
    text = told.get(name)
    if not isinstance(text, str):
        raise _structure(f"a line without {name}")
    try:
        return canon.from_base64(text)
    except TheirFault:
        raise _structure(f"{name} is no base64") from None


def _b64(data: bytes) -> str:
    return canon.to_base64(data)


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _structure(why: str) -> StepFailed:
    return StepFailed(0, why, "E_CANON")
