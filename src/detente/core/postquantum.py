"""The second leg of a checkpoint: the same two statements again, under ML-DSA-44.

Line 2 is the owner's, line 4 the receiver's. They follow lines 1 and 3 a moment later, because one
such signature may take milliseconds; whoever breaks Ed25519 one day still cannot deny what four
lines say. Normative: spec/log.md 4.4.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import checkpoint, keys, signed
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.keys import ContextSigner
from detente.core.moment import Moment

NO_CONTEXT: Final = b""  # both lines are signed under an empty context string


@dataclass(frozen=True, slots=True)
class PqSignature:
    """Line 2 or 4: size, root, seconds since 1970 by the signer's clock, signature of 2,420."""

    size: int
    root: bytes
    time: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One state of a log under all four lines, or with line 4 still to come."""

    checkpoint: Checkpoint
    receipt: Cosignature
    owner: PqSignature
    receiver: PqSignature | None = None

    @property
    def size(self) -> int:
        """The size that the lines are about."""
        return self.checkpoint.size


def sign(
    signer: ContextSigner, name: str, origin: str, state: tuple[int, bytes], now: Moment
) -> PqSignature:
    """Return line 2 or 4 over `state` (size, root): `name` is the origin, or who gives receipts.

    Two signatures of one state differ; both hold.
    """
    size, root = state
    time = max(0, now.seconds)
    message = checkpoint.pq_message(name, time, origin, size, root)
    return PqSignature(size, root, time, signer.sign(message, NO_CONTEXT))


def holds(given: PqSignature, name: str, origin: str, public: bytes) -> bool:
    """Say whether key `public` (1,312 bytes) signed this state of `origin` under `name`."""
    if given.time > checkpoint.MAX_TIME:  # no line of a note can carry it
        return False
    message = checkpoint.pq_message(name, given.time, origin, given.size, given.root)
    return keys.mldsa_holds(public, given.signature, message, NO_CONTEXT)


def check_owner(given: PqSignature, origin: str, public: bytes) -> None:
    """Raise TheirFault("E_CP_SIG") unless the owner's key `public` made this line 2."""
    if not holds(given, origin, origin, public):
        raise TheirFault(
            "E_CP_SIG",
            f"line 2 of {origin} at size {given.size} is not signed by its owner",
            "compare cards; tell both operators",
        )


def check_receiver(given: PqSignature, origin: str, party: str, public: bytes) -> None:
    """Raise TheirFault("E_COSIGN") unless the key `public` of `party` made this line 4."""
    if not holds(given, checkpoint.cosigner_of(party), origin, public):
        raise TheirFault(
            "E_COSIGN",
            f"line 4 of {origin} at size {given.size} is not signed by {party}",
            "compare cards; tell both operators",
        )


def line(given: PqSignature, name: str, public: bytes) -> signed.Line:
    """Return it as a line of the note, its time before the signature."""
    return signed.Line(
        name,
        signed.key_id(name, signed.COSIGN_MLDSA44, public),
        given.time.to_bytes(checkpoint.TIME_SIZE, "big") + given.signature,
    )
