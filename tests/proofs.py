"""Parties, cards, records and proofs made of known seeds, for tests of what stands offline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey

from detente.core import canon, checkpoint, inner, party, receipt, record, signed, tree
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.core.party import Card
from detente.core.receipt import Head, Kept
from detente.core.record import Header, Signature
from detente.core.trust import Chain

ROOT = Path(__file__).resolve().parents[1]
A, B, C = "aurelia.gov", "borealis.gov", "cordia.gov"
LINK = "x2ilzttxqmsebjgk"
ORIGIN = f"{A}/detente/{LINK}"
SALT = bytes(range(32))
TEXT = b'{"text":"192.0.2.7 scans us"}'
AT = Moment.parse("2026-11-21T23:10:04.117Z")
PEOPLE: Mapping[str, Sequence[str]] = {"s-01": ("author", "read", "answer"), "s-02": ("release",)}


def first_vectors(request: pytest.FixtureRequest) -> Path:
    """Folder of the first vectors: the repository's own, or the outside data's."""
    own = ROOT / "spec" / "vectors" / "first"
    if own.is_dir():
        return own
    shared: Path = request.getfixturevalue("shared")
    return shared / "data" / "log" / "detente"


def seed(label: str) -> bytes:
    return sha256(b"detente test vector " + label.encode()).digest()


class Ed:
    """An Ed25519 Signer out of a label."""

    def __init__(self, label: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed(label))

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class Ml:
    """A ContextSigner out of a label: ML-DSA-65, or 44 for labels that say so."""

    def __init__(self, label: str) -> None:
        kind = MLDSA44PrivateKey if "mldsa44" in label else MLDSA65PrivateKey
        self._key: MLDSA44PrivateKey | MLDSA65PrivateKey = kind.from_seed_bytes(seed(label))

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes, context: bytes) -> bytes:
        return self._key.sign(message, context)


def key_mark(public: bytes, role: str, sizes: Mapping[str, int]) -> Json:
    """An entry of a card's `revoked`."""
    digest = canon.to_base64(sha256(public).digest())
    return {"key": digest, "role": role, "sizes": dict(sizes), "reason": "lost", "at": str(AT)}


def card_value(
    name: str,
    serial: int = 1,
    prev: bytes | None = None,
    *,
    keys: str = "",
    root: str = "",
    people: Mapping[str, Sequence[str]] = PEOPLE,
    people_keys: str = "",
    desks: Sequence[str] = ("cert", "node"),
    revoked: Sequence[Json] = (),
) -> dict[str, Json]:
    """A card's members. keys, root, people_keys: a suffix that makes other keys of one role."""
    signers: list[Json] = [
        {
            "id": one,
            "ed25519": canon.to_base64(Ed(f"{name} signer {one}{people_keys}").public),
            "roles": list(roles),
        }
        for one, roles in people.items()
    ]
    hpke = canon.to_base64(bytes([serial]) * 1216)
    return {
        "v": 1,
        "type": "detente-card",
        "name": name,
        "display": {"en": name.partition(".")[0].title()},
        "serial": serial,
        "prev": None if prev is None else canon.to_base64(prev),
        "created": "2026-11-01T00:00:00.000Z",
        "expires": "2028-11-01T00:00:00.000Z",
        "root": {
            "ed25519": canon.to_base64(Ed(f"{name} root ed25519{root}").public),
            "mldsa65": canon.to_base64(Ml(f"{name} root mldsa65{root}").public),
        },
        "log": {
            "ed25519": canon.to_base64(Ed(f"{name} log ed25519{keys}").public),
            "cosign_ed25519": canon.to_base64(Ed(f"{name} cosign ed25519{keys}").public),
            "mldsa44": canon.to_base64(Ml(f"{name} log mldsa44{keys}").public),
        },
        "node": {
            "spki_sha256": [canon.to_base64(seed(f"{name} spki{keys}"))],
            "hpke": hpke,
            "endpoints": [],
        },
        "desks": [{"name": desk, "hpke": hpke, "signers": signers} for desk in desks],
        "revoked": list(revoked),
    }


def sign_card(value: dict[str, Json], root: str = "") -> Card:
    name = value["name"]
    return party.sign_card(
        value, Ed(f"{name} root ed25519{root}"), Ml(f"{name} root mldsa65{root}")
    )


@cache
def card(name: str) -> Card:
    return sign_card(card_value(name))


def later(before: Card, **changes: object) -> Card:
    """The card after `before`; changes as `card_value` takes them."""
    value = card_value(before.name, before.serial + 1, before.hash, **changes)  # type: ignore[arg-type]  # a test's own
    return sign_card(value)


@cache
def chains() -> Mapping[str, Chain]:
    return {name: Chain((card(name),)) for name in (A, B)}


def header(**changes: object) -> Header:
    made = Header(
        kind="cert.notice",
        from_=f"cert@{A}",
        to=(f"cert@{B}",),
        prec="PRIORITY",
        tlp="AMBER",
        matter="ae621add1d18fcb777ef4fb2a19dd2ba",
        s="1f0a93c2",
        n=4812,
        created=AT,
        commit=inner.commitment(SALT, TEXT),
        ck=bytes([7]) * 32,
        size=len(TEXT),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's own


def kept_of(
    said: Header,
    signers: Sequence[tuple[int, str, str]] = ((1, "s-01", ""), (2, "s-02", "")),
    sender: str = A,
) -> Kept:
    """A record signed by (role, id, suffix of the key)."""
    data, body_hash = record.write_header(said), sha256(b"body").digest()
    mid = record.mid_of(data)
    signatures = [
        Signature(
            role,
            one,
            Ed(f"{sender} signer {one}{suffix}").sign(record.statement(role, mid, body_hash)),
        )
        for role, one, suffix in signers
    ]
    block = record.write_signatures(signatures)
    return Kept(data, block, sha256(b"seals").digest(), body_hash)


def place(leaves: Sequence[bytes], index: int) -> tuple[tuple[bytes, ...], bytes]:
    """Path and root of one leaf in the log of these leaf hashes."""

    def read(level: int, at: int) -> bytes:
        if level == 0:
            return leaves[at]
        return tree.node_hash(read(level - 1, 2 * at), read(level - 1, 2 * at + 1))

    path = tuple(tree.prove_inclusion(index, len(leaves), read))
    return path, tree.root_at(len(leaves), read)


def modern_line(name: str, party_name: str, head: Head, keys: str = "") -> signed.Line:
    """Line 2 or 4."""
    signer = Ml(f"{party_name} log mldsa44{keys}")
    state = head.checkpoint
    message = checkpoint.pq_message(name, AT.seconds, head.origin, state.size, state.root)
    key_id = signed.key_id(name, signed.COSIGN_MLDSA44, signer.public)
    return signed.Line(name, key_id, AT.seconds.to_bytes(8, "big") + signer.sign(message, b""))


def head_of(
    size: int,
    root: bytes,
    *,
    full: bool = True,
    origin: str = ORIGIN,
    receiver: str = B,
    keys: str = "",
) -> Head:
    owner = origin.partition("/")[0]
    log, cosign = Ed(f"{owner} log ed25519{keys}"), Ed(f"{receiver} cosign ed25519{keys}")
    fast = Head(
        origin=origin,
        checkpoint=checkpoint.sign(log, origin, size, root),
        log_key=log.public,
        receiver=receiver,
        cosignature=checkpoint.cosign(cosign, origin, size, root, AT),
        cosign_key=cosign.public,
    )
    if not full:
        return fast
    return replace(
        fast,
        line_2=modern_line(origin, owner, fast, keys),
        line_4=modern_line(f"{receiver}/detente", receiver, fast, keys),
    )


@dataclass(frozen=True)
class Case:
    """A proof with its parts, to change one of them."""

    kept: Kept
    index: int
    path: tuple[bytes, ...]
    head: Head
    salt: bytes | None = SALT

    @property
    def data(self) -> bytes:
        return receipt.make(self.kept, self.index, self.path, self.head, self.salt)


def case(kept: Kept, index: int = 2, size: int = 5, **of_head: object) -> Case:
    leaves = [sha256(bytes([at])).digest() for at in range(size)]
    leaves[index] = kept.leaf
    path, root = place(leaves, index)
    head = head_of(size, root, **of_head)  # type: ignore[arg-type]  # a test's own
    return Case(kept, index, path, head)


@cache
def good(*, full: bool = True) -> Case:
    return case(kept_of(header()), full=full)


Change = Callable[[bytes], bytes]
