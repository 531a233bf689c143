"""A conflict in one file: what somebody signed that cannot both be, for a third party to check.

Normative: spec/log.md 11.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from detente.core import canon, checkpoint, epoch, keys, limits, postquantum, tree
from detente.core.canon import Json
from detente.core.checkpoint import MAX_TIME, Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.postquantum import PqSignature
from detente.core.trust import Chain

MAGIC: Final = b'{"cards":['  # how the canonical object begins
TYPE: Final = "detente-conflict"
FORKED: Final = "forked"  # the owner signed two histories of one log
TOOK_BACK: Final = "took_back"  # a party would end a log below what it had signed or receipted
RECEIPT: Final = "receipt"  # a receipt for a state that the owner's own head excludes
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a node kept when a link halted. Roots and hashes are 32 bytes.

    held and held_receipt: the newest of both sides that the node held of this log; stated,
    stated_receipt, note: what the peer said against it. prefix: the root of what is held at the
    size stated, path: the proof that held goes on from it. entries: of records that were refused.
    cards: two of one party that exclude each other.
    """

    code: str
    what: str
    origin: str
    held: Checkpoint | None = None
    held_receipt: Cosignature | None = None
    stated: Checkpoint | None = None
    stated_receipt: Cosignature | None = None
    prefix: bytes | None = None
    path: tuple[bytes, ...] = ()
    note: bytes = b""
    entries: bytes = b""
    leg: PqSignature | None = None
    cards: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """What a conflict shows: kind and, where one party alone can have done it, who; else None.

    kind "" shows nothing to a third party. sizes: of the two states that exclude each other.
    """

    kind: str
    who: str | None
    origin: str
    sizes: tuple[int, int]


def write(given: Conflict) -> bytes:
    """Return the file: one canonical object."""
    return canon.encode(
        {
            "v": 1,
            "type": TYPE,
            "code": given.code,
            "what": given.what,
            "origin": given.origin,
            "held": _head(given.held),
            "held_receipt": _receipt(given.held_receipt),
            "stated": _head(given.stated),
            "stated_receipt": _receipt(given.stated_receipt),
            "prefix": None if given.prefix is None else canon.to_base64(given.prefix),
            "path": [canon.to_base64(each) for each in given.path],
            "stated_leg": _receipt(given.leg),
            "note": canon.to_base64(given.note),
            "entries": canon.to_base64(given.entries),
            "cards": [canon.to_base64(card) for card in given.cards],
        }
    )


def _head(head: Checkpoint | None) -> Json:
    if head is None:
        return None
    return {
        "size": head.size,
        "root": canon.to_base64(head.root),
        "line1": canon.to_base64(head.signature),
    }


def _receipt(given: Cosignature | PqSignature | None) -> Json:
    if given is None:
        return None
    return {
        "size": given.size,
        "root": canon.to_base64(given.root),
        "time": given.time,
        "signature": canon.to_base64(given.signature),
    }


def _refuse(what: str) -> TheirFault:
    return TheirFault("E_CANON", f"conflict: {what}", "ask for the file again")


class _Reader:
    def __init__(self, value: Mapping[str, Json]) -> None:
        self._value = value

    def text(self, name: str) -> str:
        found = self._value.get(name)
        if not isinstance(found, str):
            raise _refuse(f"{name} is no text")
        return found

    def number(self, name: str, most: int) -> int:
        found = self._value.get(name)
        if type(found) is not int or not 0 <= found <= most:
            raise _refuse(f"{name} is no number")
        return found

    def data(self, name: str, size: int | None = None) -> bytes:
        return canon.from_base64(self.text(name), size)

    def inner(self, name: str) -> "_Reader | None":
        found = self._value.get(name)
        if found is None:
            return None
        if not isinstance(found, dict):
            raise _refuse(f"{name} is no object")
        return _Reader(found)

    def head(self, name: str) -> Checkpoint | None:
        row = self.inner(name)
        if row is None:
            return None
        size = row.number("size", limits.MAX_TREE)
        return Checkpoint(size, row.data("root", 32), row.data("line1", 64))

    def receipt(self, name: str) -> Cosignature | None:
        row = self.inner(name)
        if row is None:
            return None
        size, time = row.number("size", limits.MAX_TREE), row.number("time", MAX_TIME)
        return Cosignature(size, row.data("root", 32), time, row.data("signature", 64))

    def leg(self, name: str) -> PqSignature | None:
        row = self.inner(name)
        if row is None:
            return None
        size, time = row.number("size", limits.MAX_TREE), row.number("time", MAX_TIME)
        signature = row.data("signature", keys.MLDSA44_SIGNATURE)
        return PqSignature(size, row.data("root", 32), time, signature)

    def path(self, name: str) -> tuple[bytes, ...]:
        rows = self._value.get(name)
        if not isinstance(rows, list) or len(rows) > 2 * limits.MAX_PATH:
            raise _refuse(f"{name} is no list of hashes")
        return tuple(canon.from_base64(each, 32) for each in rows if isinstance(each, str))

    def cards(self, name: str) -> tuple[bytes, ...]:
        rows = self._value.get(name)
        if not isinstance(rows, list) or len(rows) > 2:  # noqa: PLR2004  two exclude each other
            raise _refuse(f"{name} is no list of two cards")
        return tuple(canon.from_base64(each) for each in rows if isinstance(each, str))


def read(data: bytes) -> Conflict:
    """Return the conflict, unjudged. Raises TheirFault: E_CANON, E_SIZE, E_VERSION."""
    value = canon.decode_object(data, limits.MAX_CONFLICT)
    if value.get("type") != TYPE:
        raise _refuse("this file is none")
    if value.get("v") != 1:
        raise TheirFault("E_VERSION", "a conflict of a newer form", "upgrade this side")
    top = _Reader(value)
    checkpoint.split_origin(top.text("origin"))
    return Conflict(
        code=top.text("code"),
        what=top.text("what"),
        origin=top.text("origin"),
        held=top.head("held"),
        held_receipt=top.receipt("held_receipt"),
        stated=top.head("stated"),
        stated_receipt=top.receipt("stated_receipt"),
        prefix=None if value.get("prefix") is None else top.data("prefix", 32),
        path=top.path("path"),
        note=top.data("note"),
        entries=top.data("entries"),
        leg=top.leg("stated_leg"),
        cards=top.cards("cards"),
    )


def judge(given: Conflict, chains: Mapping[str, Chain]) -> Proven:
    """Return what the file shows under these cards, by party.

    Raises TheirFault: E_SIG if the cards of both parties of the log are not there, E_CANON for a
    note of another form.
    """
    owner, link_id = checkpoint.split_origin(given.origin)
    if owner not in chains:
        raise TheirFault("E_SIG", f"no card was given of {owner}", "give the cards of both parties")
    held = given.held if _owner_signed(given.held, given.origin, chains[owner], link_id) else None
    nothing = Proven("", None, given.origin, (held.size if held else 0, 0))
    found = _took_back(given, held, chains) if given.note else None
    if found is None and held is not None:
        found = _forked(given, held, chains[owner], link_id) or _receipted(given, held, chains)
    return found or nothing


def _owner_signed(head: Checkpoint | None, origin: str, chain: Chain, link_id: str) -> bool:
    return head is not None and any(
        checkpoint.is_signed(head, origin, key) for key in chain.log_keys(link_id, head.size)
    )


def _owner_leg(leg: PqSignature | None, origin: str, chain: Chain, link_id: str) -> bool:
    if leg is None:
        return False
    for key in chain.mldsa44_keys(link_id, leg.size):
        with suppress(TheirFault):
            postquantum.check_owner(leg, origin, key)
            return True
    return False


def _receiver(given: Cosignature | None, origin: str, chains: Mapping[str, Chain]) -> str | None:
    if given is None:
        return None
    owner, link_id = checkpoint.split_origin(origin)
    for name, chain in chains.items():
        held = chain.cosign_keys(link_id, given.size) if name != owner else ()
        if any(checkpoint.is_cosigned(given, origin, key) for key in held):
            return name
    return None


def _excludes(given: Conflict, held: Checkpoint, size: int, root: bytes) -> bool:
    """Say whether the held state excludes that the log ever had this root at this size."""
    if size == held.size:
        return root != held.root
    if given.prefix is None or given.prefix == root or not 0 < size < held.size:
        return False
    try:
        tree.check_consistency(size, held.size, given.path, given.prefix, held.root)
    except TheirFault:
        return False
    return True


def _forked(given: Conflict, held: Checkpoint, chain: Chain, link_id: str) -> Proven | None:
    stated: Checkpoint | PqSignature | None = given.stated
    if stated is None or not _owner_signed(given.stated, given.origin, chain, link_id):
        stated = given.leg if _owner_leg(given.leg, given.origin, chain, link_id) else None
    if stated is None:
        return None
    if not _excludes(given, held, stated.size, stated.root):
        return None
    return Proven(FORKED, chain.name, given.origin, (held.size, stated.size))


def _receipted(given: Conflict, held: Checkpoint, chains: Mapping[str, Chain]) -> Proven | None:
    stated = given.stated_receipt
    if stated is None or _receiver(stated, given.origin, chains) is None:
        return None
    if not _excludes(given, held, stated.size, stated.root):
        return None
    return Proven(RECEIPT, None, given.origin, (held.size, stated.size))


def _took_back(
    given: Conflict, held: Checkpoint | None, chains: Mapping[str, Chain]
) -> Proven | None:
    note = epoch.read(given.note)
    end = epoch.closing(note, given.origin)
    size = end.size if end else 0
    signed = [name for name, chain in chains.items() if _noted(note, chain)]
    if len(signed) != 1 or not note.close:
        return None  # both agreed, or nobody said it
    owner = checkpoint.split_origin(given.origin)[0]
    before = held.size if held and signed[0] == owner else 0
    if signed[0] == _receiver(given.held_receipt, given.origin, chains):
        assert given.held_receipt is not None, "it has a giver"
        before = given.held_receipt.size
    if before <= size:
        return None
    return Proven(TOOK_BACK, signed[0], given.origin, (before, size))


def _noted(note: epoch.Epoch, chain: Chain) -> bool:
    return any(epoch.is_signed(note, card) for card in chain.cards)
