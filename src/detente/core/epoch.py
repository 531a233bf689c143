"""Epoch notes: where both logs of a link end, said by both parties, and what follows them.

Heads of the old logs above, or inconsistent with, the closing heads are void, whoever signed them.
Normative: spec/log.md 10.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from detente.core import canon, checkpoint, keys, limits, names, party, signed
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.keys import ContextSigner, Signer
from detente.core.party import Card
from detente.core.trust import Chain

CONTEXT: Final = b"detente/v1/epoch"
EMERGENCY: Final = "emergency"
RESTORE: Final = "restore"
HALT: Final = "halt"
START: Final = "start"
ROOT: Final = "root"
REASONS: Final = frozenset({RESTORE, HALT, ROOT, "crash", START, "upgrade", EMERGENCY})
_MEMBERS: Final = {"v", "type", "link_id", "epoch", "close", "reason", "evidence", "life"}
_ROOT: Final = 32


@dataclass(frozen=True, slots=True, order=True)
class Close:
    """Where one log ends: its name, size and root."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Epoch:
    """A note as values. `link_id` is that of the epoch before it; `number` counts from 1.

    close is empty in an emergency: then nothing is settled. evidence is the hash of a conflict,
    for reason `root` of the card that begins under other root keys, or None. life is 32 bytes,
    other ones after each loss of either side: so no two notes are alike. text is what is signed;
    lines may be one party's or both's.
    """

    link_id: str
    number: int
    close: tuple[Close, ...]
    reason: str
    evidence: bytes | None
    life: bytes
    text: bytes
    lines: tuple[signed.Line, ...] = ()

    @property
    def note(self) -> bytes:
        """The note's bytes, with the lines it has."""
        return signed.write(self.text, self.lines)

    @property
    def nonce(self) -> bytes:
        """What stands in the place of the invitations' nonce in the next link id."""
        return sha256(self.text).digest()[: party.NONCE_SIZE]


@dataclass(frozen=True, slots=True)
class LogKeys:
    """What a party signs an epoch note with: the log keys of its newest card."""

    party: str
    classic: Signer
    modern: ContextSigner


def life_of(lower: bytes, higher: bytes) -> bytes:
    """Return the life of two nodes by their incarnations, the lower fingerprint's first."""
    return sha256(b"detente/v1/life\n" + lower + higher).digest()


def make(
    link_id: str, number: int, close: Iterable[Close], reason: str, evidence: bytes | None,
    life: bytes,
) -> Epoch:  # fmt: skip
    """Return an epoch that nobody signed yet."""
    rows = tuple(sorted(close))
    assert reason in REASONS, "a reason of spec/log.md 10"
    text = canon.encode(
        {
            "v": 1,
            "type": "detente-epoch",
            "link_id": link_id,
            "epoch": number,
            "close": [
                {"origin": each.origin, "size": each.size, "root": canon.to_base64(each.root)}
                for each in rows
            ],
            "reason": reason,
            "evidence": None if evidence is None else canon.to_base64(evidence),
            "life": canon.to_base64(life),
        }
    )
    return Epoch(link_id, number, rows, reason, evidence, life, text + b"\n")


def signing_name(name: str) -> str:
    """Return the name under which a party signs epoch notes."""
    return f"{name}/detente/epoch"


def sign(epoch: Epoch, own: LogKeys) -> Epoch:
    """Return the epoch with this party's two lines after those that it has."""
    name = signing_name(own.party)
    lines = (
        signed.Line(
            name,
            signed.key_id(name, signed.ED25519, own.classic.public),
            own.classic.sign(epoch.text),
        ),
        signed.Line(
            name,
            signed.key_id(name, signed.EPOCH_MLDSA44, own.modern.public),
            own.modern.sign(epoch.text, CONTEXT),
        ),
    )
    return replace(epoch, lines=epoch.lines + lines)


def is_signed(epoch: Epoch, card: Card) -> bool:
    """Say whether both lines of this card's party stand on the note and hold."""
    name = signing_name(card.name)
    note = signed.Note(epoch.text, epoch.lines)
    classic = note.find(name, signed.key_id(name, signed.ED25519, card.log))
    modern = note.find(name, signed.key_id(name, signed.EPOCH_MLDSA44, card.mldsa44))
    return (
        classic is not None
        and modern is not None
        and keys.ed25519_holds(card.log, classic.signature, epoch.text)
        and keys.mldsa_holds(card.mldsa44, modern.signature, epoch.text, CONTEXT)
    )


def is_signed_by(epoch: Epoch, chain: Chain) -> bool:
    """Say whether both lines of a party hold under one of its cards whose keys nobody took back."""
    gone = chain.revoked_keys()
    return any(
        is_signed(epoch, card)
        for card in chain.cards
        if gone.isdisjoint({sha256(card.log).digest(), sha256(card.mldsa44).digest()})
    )


def next_link_id(one: Card, other: Card, epoch: Epoch) -> str:
    """Return the link id of the epoch that a note opens (spec/party.md 2.5)."""
    return party.link_id(one, other, epoch.nonce)


def closing(epoch: Epoch, origin: str) -> Close | None:
    """Return where a log ends by this note; None if the note does not close it."""
    return next((each for each in epoch.close if each.origin == origin), None)


def is_void(epoch: Epoch, origin: str, size: int) -> bool:
    """Say whether a head of this log and size lies above where the note ends it."""
    ended = closing(epoch, origin)
    return ended is not None and size > ended.size


def _refuse(what: str) -> TheirFault:
    return TheirFault("E_CANON", f"epoch note: {what}", "upgrade or mend the other side")


def read(data: bytes) -> Epoch:
    """Return the epoch; its signatures are not judged.

    Raises TheirFault: E_SIZE above 16 KiB, E_CANON for any other bytes than `make` and `sign` give,
    E_VERSION for a newer form.
    """
    note = signed.read(data, limits.MAX_EPOCH_NOTE)
    if not note.text.endswith(b"}\n"):
        raise _refuse("its text is no line of JSON")
    value = canon.decode_object(note.text[:-1], limits.MAX_EPOCH_NOTE)
    if value.get("type") != "detente-epoch" or set(value) != _MEMBERS:
        raise _refuse("it has other members")
    if value["v"] != 1 or value["v"] is True:
        raise TheirFault("E_VERSION", "an epoch note of a newer form", "upgrade this side")
    link_id, number, reason = value["link_id"], value["epoch"], value["reason"]
    if not isinstance(link_id, str) or not names.LINK_ID.fullmatch(link_id):
        raise _refuse("link_id is none")
    if type(number) is not int or number < 1:
        raise _refuse("epoch is no number from 1 on")
    if not isinstance(reason, str) or reason not in REASONS:
        raise _refuse("an unknown reason")
    close = _read_close(value["close"])
    if bool(close) == (reason == EMERGENCY):
        raise _refuse("an emergency closes nothing, any other epoch closes logs")
    evidence = None if value["evidence"] is None else _hash(value["evidence"])
    if reason == ROOT and evidence is None:
        raise _refuse("it names no card of the new root keys")
    life = _hash(value["life"])
    return Epoch(link_id, number, close, reason, evidence, life, note.text, note.lines)


def _hash(value: Json) -> bytes:
    if not isinstance(value, str):
        raise _refuse("a hash that is no text")
    return canon.from_base64(value, _ROOT)


def _read_close(value: Json) -> tuple[Close, ...]:
    if not isinstance(value, list) or len(value) > limits.MAX_EPOCH_CLOSE:
        raise _refuse(f"close is no list of at most {limits.MAX_EPOCH_CLOSE}")
    rows = [_read_end(each) for each in value]
    if [each.origin for each in rows] != sorted({each.origin for each in rows}):
        raise _refuse("close is not sorted, or names one log twice")
    return tuple(rows)


def _read_end(value: Json) -> Close:
    if not isinstance(value, dict) or set(value) != {"origin", "size", "root"}:
        raise _refuse("close has another form")
    origin, size = value["origin"], value["size"]
    if not isinstance(origin, str) or type(size) is not int or not 0 <= size <= limits.MAX_TREE:
        raise _refuse("close has another form")
    checkpoint.split_origin(origin)
    return Close(origin, size, _hash(value["root"]))


def differs(one: Sequence[Close], other: Sequence[Close]) -> str:
    """Return in words where two lists of closing heads differ; "" if they do not."""
    left = {each.origin: each for each in one}
    right = {each.origin: each for each in other}
    odd = [name for name in sorted({*left, *right}) if left.get(name) != right.get(name)]
    return ", ".join(odd)
