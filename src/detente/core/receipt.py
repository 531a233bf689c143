"""The proof of one record: it was said, where it stands in the log, and that the other side had it.

A C2SP tlog-proof@v1 file that anyone checks offline with the two parties' cards.
Normative: spec/log.md 6.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, NamedTuple

from detente.core import (
    canon,
    checkpoint,
    envelope,
    inner,
    limits,
    lines,
    names,
    record,
    signed,
    signing,
    tree,
)
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.envelope import Parts
from detente.core.errors import OurFault, TheirFault
from detente.core.lines import Judged, State
from detente.core.record import Header
from detente.core.signing import Signed
from detente.core.trust import Chain

MAGIC: Final = b"c2sp.org/tlog-proof@v1"
Strength = Literal["FULL", "FAST"]
FULL: Final = "FULL"  # lines 1 to 4: a quantum computer does not help a forger
FAST: Final = "FAST"  # lines 1 and 3
RULE_UNKNOWN: Final = "release rule of this kind not judged"
NOT_SHOWN: Final = (
    "that a person read it",
    "that a clock was right",
    "that the link id belongs to these two parties",
)
_REMEDY: Final = "do not rely on it; ask for the file again"
NO_KINDS: Final[frozenset[str]] = frozenset()  # which kinds two sign, the verifier cannot know


class StepFailed(OurFault):
    """A proof was read and does not hold. step: 0 (structure), then 1 to 8 of spec/log.md 6.

    because: the code of the protocol's own fault behind it, where there is one.
    """

    def __init__(self, step: int, why: str, because: str | None = None) -> None:
        where = f"step {step}: " if step else "step 0: the file's structure: "
        super().__init__("proof.invalid", where + why, _REMEDY)
        self.step, self.why, self.because = step, why, because

    def inside(self, place: str) -> "StepFailed":
        """Return the same failure, named as one inside a larger file."""
        return StepFailed(self.step, f"{place}: {self.why}", self.because)


class Kept(NamedTuple):
    """What a proof carries of a record: two parts as they are, two as hashes of 32 bytes."""

    header: bytes
    sigs: bytes
    seals_hash: bytes
    body_hash: bytes

    @classmethod
    def of(cls, parts: Parts) -> "Kept":
        """Return it for a whole envelope."""
        seals, body = sha256(parts.seals).digest(), sha256(parts.body).digest()
        return cls(parts.header, parts.sigs, seals, body)

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the record."""
        mid, sigs = record.mid_of(self.header), sha256(self.sigs).digest()
        return tree.leaf_hash(envelope.join_entry(mid, sigs, self.seals_hash, self.body_hash))


@dataclass(frozen=True, slots=True)
class Head:
    """A log's state as both sides signed it. Lines 2 and 4 (post-quantum) may be missing."""

    origin: str
    checkpoint: Checkpoint
    log_key: bytes
    receiver: str
    cosignature: Cosignature
    cosign_key: bytes
    line_2: signed.Line | None = None
    line_4: signed.Line | None = None
    witnesses: tuple[signed.Line, ...] = ()

    @property
    def note(self) -> signed.Note:
        """The checkpoint note, its lines in order."""
        head, receipt = self.checkpoint, self.cosignature
        assert (head.size, head.root) == (receipt.size, receipt.root), "two lines of one state"
        rows = (
            checkpoint.owner_line(head, self.origin, self.log_key),
            self.line_2,
            checkpoint.receipt_line(receipt, self.receiver, self.cosign_key),
            self.line_4,
            *self.witnesses,
        )
        text = checkpoint.text_of(self.origin, head.size, head.root)
        return signed.Note(text, tuple(line for line in rows if line is not None))


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file, read and not yet judged. origin, size and root are the note's."""

    kept: Kept
    index: int
    path: tuple[bytes, ...]
    note: signed.Note
    origin: str
    size: int
    root: bytes
    salt: bytes | None = None

    @property
    def mid(self) -> bytes:
        """The identity of the record inside."""
        return record.mid_of(self.kept.header)

    @property
    def owner(self) -> str:
        """The party that wrote the log."""
        return checkpoint.split_origin(self.origin)[0]

    @property
    def link_id(self) -> str:
        """The link that the log belongs to."""
        return checkpoint.split_origin(self.origin)[1]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof shows. stored_at: seconds since 1970 by the receiver's clock.

    unknown_lines: lines under keys of no card given, as "name key-id"; they count for nothing.
    """

    mid: bytes
    header: Header
    origin: str
    index: int
    size: int
    root: bytes
    owner: str
    receiver: str
    stored_at: int
    author: str
    releaser: str | None
    strength: Strength
    text: bytes | None
    unknown_lines: tuple[str, ...]
    not_shown: tuple[str, ...]


def make(
    kept: Kept, index: int, path: tuple[bytes, ...], head: Head, salt: bytes | None = None
) -> bytes:
    """Return the proof file of one record.

    index and path place it in the log at head's size, hashes of 32 bytes from the leaf upward. salt
    (32 bytes) lets who also has the text check it against the header. Source: spec/log.md 6.
    """
    data = _write(kept, index, path, head.note, salt)
    assert len(data) <= limits.MAX_PROOF, "every part has its limit, and they fit"
    return data


def _write(
    kept: Kept, index: int, path: tuple[bytes, ...], note: signed.Note, salt: bytes | None
) -> bytes:
    extra: dict[str, canon.Json] = {
        "header": canon.to_base64(kept.header),
        "sigs": canon.to_base64(kept.sigs),
        "seals": canon.to_base64(kept.seals_hash),
        "body": canon.to_base64(kept.body_hash),
    }
    if salt is not None:
        extra["salt"] = canon.to_base64(salt)
    rows = [f"extra {canon.to_base64(canon.encode(extra))}", f"index {index}"]
    rows += map(canon.to_base64, path)
    head = MAGIC + b"\n" + "".join(row + "\n" for row in rows).encode()
    return head + b"\n" + signed.write(note.text, note.lines)


def _structure(why: str, because: str = "E_CANON") -> StepFailed:
    return StepFailed(0, why, because)


def read(data: bytes) -> Proof:
    """Read a proof file; nothing of it is judged. Raises StepFailed, step 0, for other bytes."""
    if len(data) > limits.MAX_PROOF:
        raise _structure(f"larger than a proof of {limits.MAX_PROOF} bytes", "E_LIMIT")
    head, _, note = data.partition(b"\n\n")
    rows = head.split(b"\n")
    if rows[0] != MAGIC or len(rows) < 3 or len(rows) > 3 + limits.MAX_PATH:  # noqa: PLR2004
        raise _structure(f"no tlog-proof@v1 with a path of at most {limits.MAX_PATH} hashes")
    try:
        proof = _read(rows[1], rows[2], rows[3:], note)
    except TheirFault as fault:
        raise _structure(fault.what, fault.code) from fault
    # One value, one form: what else the bytes could have hidden shows here.
    if _write(proof.kept, proof.index, proof.path, proof.note, proof.salt) != data:
        raise _structure("its bytes are not the form of what they say")
    return proof


def _read(extra_row: bytes, index_row: bytes, path: list[bytes], note_data: bytes) -> Proof:
    extra = canon.decode_object(
        canon.from_base64(_ascii(extra_row.removeprefix(b"extra "))), limits.MAX_PROOF
    )
    index = _ascii(index_row.removeprefix(b"index "))
    texts = {name: value for name, value in extra.items() if isinstance(value, str)}
    if texts.keys() | {"salt"} != {"header", "sigs", "seals", "body", "salt"} or texts != extra:
        raise TheirFault("E_CANON", "extra has other members than it should", _REMEDY)
    if not index.isdecimal() or len(index) > 15:  # noqa: PLR2004  2^48 has 15 digits
        raise TheirFault("E_CANON", "the index is no number", _REMEDY)
    note = signed.read(note_data, limits.MAX_PROOF)
    origin, size, root = checkpoint.read_text(note.text)
    checkpoint.split_origin(origin)
    return Proof(
        kept=Kept(
            canon.from_base64(texts["header"]),
            canon.from_base64(texts["sigs"]),
            canon.from_base64(texts["seals"], tree.HASH_SIZE),
            canon.from_base64(texts["body"], tree.HASH_SIZE),
        ),
        index=int(index),
        path=tuple(canon.from_base64(_ascii(row), tree.HASH_SIZE) for row in path),
        note=note,
        origin=origin,
        size=size,
        root=root,
        salt=canon.from_base64(texts["salt"], inner.SALT_SIZE) if "salt" in texts else None,
    )


def _ascii(row: bytes) -> str:
    return row.decode("latin-1") if row.isascii() else ""


def check(
    data: bytes,
    chains: Mapping[str, Chain],
    plaintext: bytes | None = None,
    salt: bytes | None = None,
) -> Shown:
    """Return what a proof file shows under these cards, by party; needs nothing else.

    plaintext: the record's text, if it is at hand; salt: its salt where the file has none.
    Raises StepFailed naming the step, OurFault("proof.cards") without the log owner's card.
    Source: spec/log.md 6. Step 1, the cards, was done when the chains were read; step 3, the
    leaf, cannot fail by itself: what is changed there shows in step 4.
    """
    proof = read(data)
    owner = proof.owner
    if owner not in chains:
        raise OurFault(
            "proof.cards",
            f"no card was given of {owner}, who owns the log",
            "give the cards of both parties",
        )
    with _step(2, "the header"):
        header = record.read_header(proof.kept.header)
    with _step(4, f"not in {owner}'s log of size {proof.size}; the file was changed or cut"):
        tree.check_inclusion(proof.kept.leaf, proof.index, proof.size, proof.path, proof.root)
    judged = _judge_lines(proof, chains)
    receiver = _receiver(judged, owner, header, chains)
    signers = _check_people(proof, header, chains[owner])
    if plaintext is not None:
        _check_text(header, plaintext, proof.salt, salt)
    full = (owner, 2) in judged.times and (receiver, 4) in judged.times
    rule_known = signers.two or header.kind.startswith("sys.")
    return Shown(
        mid=proof.mid,
        header=header,
        origin=proof.origin,
        index=proof.index,
        size=proof.size,
        root=proof.root,
        owner=owner,
        receiver=receiver,
        stored_at=judged.times[receiver, 3],
        author=signers.author,
        releaser=signers.releaser,
        strength=FULL if full else FAST,
        text=plaintext,
        unknown_lines=judged.unknown,
        not_shown=NOT_SHOWN if rule_known else (*NOT_SHOWN, RULE_UNKNOWN),
    )


@contextmanager
def _step(step: int, what: str) -> Iterator[None]:
    try:
        yield
    except TheirFault as fault:
        raise StepFailed(step, f"{what}: {fault.what}", fault.code) from fault


def _judge_lines(proof: Proof, chains: Mapping[str, Chain]) -> Judged:
    try:
        judged = lines.judge(proof.note, State(proof.origin, proof.size, proof.root), chains)
    except TheirFault as fault:
        step = 5 if fault.code == "E_CP_SIG" else 6
        raise StepFailed(step, fault.what, fault.code) from fault
    if (proof.owner, 1) not in judged.times:
        raise StepFailed(
            5, f"line 1 is missing: no log key of {proof.owner} signed this", "E_CP_SIG"
        )
    return judged


def _receiver(judged: Judged, owner: str, header: Header, chains: Mapping[str, Chain]) -> str:
    found = judged.receivers(owner)
    if len(found) != 1:
        why = f"line 3 must be of one other party whose card was given, and is of {len(found)}"
        raise StepFailed(6, why, "E_COSIGN")
    # A receipt proves nothing about a record that was not for its giver.
    for desk, party in map(names.split, header.to):
        if party == found[0] and chains[party].has_desk(desk):
            return party
    raise StepFailed(6, f"the record is to no desk of {found[0]}, whose receipt this is", "E_DESK")


class _Signers(NamedTuple):
    author: str
    releaser: str | None
    two: bool  # two people with two keys


def _check_people(proof: Proof, header: Header, chain: Chain) -> _Signers:
    desk, party = names.split(header.from_)
    if party != chain.name:
        raise StepFailed(7, f"{header.from_} is no desk of {chain.name}, who owns the log", "E_SIG")
    with _step(7, "the people who signed"):
        signatures = record.read_signatures(proof.kept.sigs)
        said = Signed(proof.mid, proof.kept.body_hash, proof.link_id, proof.index + 1)
        judged = signing.desk_that_signed(chain, desk, signatures, said)
        found = record.check_rules(header, signatures, judged, NO_KINDS)
        # One id may have signed twice with two keys; it is one person with one of them.
        record.check_signatures(signatures, proof.mid, proof.kept.body_hash, judged)
    people = judged.signers
    author, releaser = people[found.author], people.get(found.releaser or "")
    two = releaser is not None and author.id != releaser.id and author.ed25519 != releaser.ed25519
    return _Signers(found.author, found.releaser, two)


def _check_text(header: Header, text: bytes, in_file: bytes | None, beside: bytes | None) -> None:
    salt = beside if in_file is None else in_file
    if salt is None:
        raise StepFailed(8, "a text was given, and the file has no salt to check it", "E_COMMIT")
    if beside not in (None, salt):
        raise StepFailed(8, "two salts that differ", "E_COMMIT")
    if len(text) != header.size:
        why = f"a text of {len(text)} bytes, where the record had {header.size}"
        raise StepFailed(8, why, "E_SIZE")
    if inner.commitment(salt, text) != header.commit:
        raise StepFailed(8, "another text than this was sent", "E_COMMIT")
