"""Checkpoints: what a log's owner signs of its state, and what the other side signs as receipt.

A cosignature says: "I hold on stable storage every record of this log below this size."
Normative: spec/log.md 4. C2SP tlog-checkpoint v1 and tlog-cosignature v1.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import canon, keys, limits, names, signed
from detente.core.errors import TheirFault
from detente.core.keys import Signer
from detente.core.moment import Moment

TIME_SIZE: Final = 8
MAX_TIME: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The owner's statement: size, root and its Ed25519 signature (line 1)."""

    size: int
    root: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Cosignature:
    """The receipt: size, root, seconds since 1970 by the receiver's clock, signature (line 3)."""

    size: int
    root: bytes
    time: int
    signature: bytes


def origin_of(party: str, link_id: str) -> str:
    """Return the name of the log that `party` writes on a link."""
    return f"{party}/detente/{link_id}"


def cosigner_of(party: str) -> str:
    """Return the name under which a party gives receipts."""
    return f"{party}/detente"


def split_origin(origin: str) -> tuple[str, str]:
    """Return party and link id of a log's name. Raises TheirFault("E_CANON")."""
    party, _, rest = origin.partition("/detente/")
    if not names.is_party(party) or not names.LINK_ID.fullmatch(rest):
        raise TheirFault(
            "E_CANON", f"{origin[:80]!r} is no log of a link", "ask for the file again"
        )
    return party, rest


def text_of(origin: str, size: int, root: bytes) -> bytes:
    """Return the checkpoint's text (C2SP tlog-checkpoint): name, size, root, a line each."""
    return f"{origin}\n{size}\n{canon.to_base64(root)}\n".encode()


def read_text(text: bytes) -> tuple[str, int, bytes]:
    """Return name, size and root of a checkpoint's text. Raises TheirFault("E_CANON")."""
    wrong = TheirFault("E_CANON", "the note is no checkpoint", "ask for the file again")
    try:
        rows = text.decode().split("\n")
    except UnicodeDecodeError:
        raise wrong from None
    if len(rows) != 4 or not (rows[0] and rows[1].isascii() and rows[1].isdecimal()):  # noqa: PLR2004
        raise wrong
    size, root = int(rows[1][:20]), canon.from_base64(rows[2], 32)
    if size > limits.MAX_TREE or text_of(rows[0], size, root) != text:
        raise wrong
    return rows[0], size, root


def sign(signer: Signer, origin: str, size: int, root: bytes) -> Checkpoint:
    """Return the owner's checkpoint. It must not leave before it is durable."""
    return Checkpoint(size, root, signer.sign(text_of(origin, size, root)))


def is_signed(checkpoint: Checkpoint, origin: str, public: bytes) -> bool:
    """Say whether the owner's key `public` signed this state."""
    text = text_of(origin, checkpoint.size, checkpoint.root)
    return keys.ed25519_holds(public, checkpoint.signature, text)


def check(checkpoint: Checkpoint, origin: str, public: bytes) -> None:
    """Raise TheirFault("E_CP_SIG") unless the owner's key `public` signed this state."""
    if not is_signed(checkpoint, origin, public):
        raise TheirFault(
            "E_CP_SIG",
            f"the checkpoint of {origin} at size {checkpoint.size} is not signed by its owner",
            "compare cards; tell both operators",
        )


def _cosign_message(text: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text


def cosign(signer: Signer, origin: str, size: int, root: bytes, now: Moment) -> Cosignature:
    """Return the receipt for all records of `origin` below `size`; only once they are durable."""
    time = max(0, now.seconds)
    message = _cosign_message(text_of(origin, size, root), time)
    return Cosignature(size, root, time, signer.sign(message))


def is_cosigned(cosignature: Cosignature, origin: str, public: bytes) -> bool:
    """Say whether key `public` gave this receipt."""
    if cosignature.time > MAX_TIME:  # no line of a note can carry it
        return False
    text = text_of(origin, cosignature.size, cosignature.root)
    message = _cosign_message(text, cosignature.time)
    return keys.ed25519_holds(public, cosignature.signature, message)


def check_cosignature(cosignature: Cosignature, origin: str, public: bytes) -> None:
    """Raise TheirFault("E_COSIGN") unless key `public` gave this receipt."""
    if not is_cosigned(cosignature, origin, public):
        raise TheirFault(
            "E_COSIGN",
            f"the receipt for {origin} at size {cosignature.size} is not signed by its giver",
            "compare cards; tell both operators",
        )


def owner_line(checkpoint: Checkpoint, origin: str, public: bytes) -> signed.Line:
    """Return line 1 of the note: the owner's Ed25519 signature."""
    return signed.Line(origin, signed.key_id(origin, signed.ED25519, public), checkpoint.signature)


def receipt_line(cosignature: Cosignature, party: str, public: bytes) -> signed.Line:
    """Return line 3 of the note: the receiver's Ed25519 cosignature, its time before it."""
    name = cosigner_of(party)
    return signed.Line(
        name,
        signed.key_id(name, signed.COSIGN_ED25519, public),
        cosignature.time.to_bytes(TIME_SIZE, "big") + cosignature.signature,
    )


def split_time(line: signed.Line) -> tuple[int, bytes]:
    """Return time and signature of a line of type 0x04 or 0x06. Raises TheirFault("E_CANON")."""
    time = int.from_bytes(line.signature[:TIME_SIZE], "big")
    if len(line.signature) <= TIME_SIZE or time > MAX_TIME:
        raise TheirFault("E_CANON", "a cosignature without its time", "ask for the file again")
    return time, line.signature[TIME_SIZE:]


def pq_message(cosigner: str, time: int, origin: str, size: int, root: bytes) -> bytes:
    """Return what ML-DSA-44 signs of a log's state (C2SP tlog-cosignature, subtree/v1)."""
    who, log = cosigner.encode(), origin.encode()
    return b"".join(
        (
            b"subtree/v1\n\x00",
            bytes([len(who)]),
            who,
            time.to_bytes(8, "big"),
            bytes([len(log)]),
            log,
            bytes(8),
            size.to_bytes(8, "big"),
            root,
        )
    )
