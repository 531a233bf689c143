"""One key as the text of a file: what is public in clear, the seed sealed under a passphrase.

A sum over the rest tells damage from a wrong passphrase: whoever stands before a vault that does
not open must know which of the two it is. The sum is no secret and guards against accidents only;
against people the sealing covers every other member too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.vault.keys import KINDS, SEED_BYTES, Entropy, Key, KeySeed, Kind, key_of

MAX_FILE: Final = 16_384  # bytes; the largest key, ML-DSA-65, takes 3 kB
VERSION: Final = 1
SUITE: Final = 1

_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_WRAP_BYTES: Final = 32
_MEMBERS: Final = frozenset({"v", "id", "kind", "public", "suite", "kdf", "nonce", "sealed", "sum"})
_KDF_MEMBERS: Final = frozenset({"name", "salt", "memory_kib", "passes", "lanes"})
# A damaged or hostile file must not take the machine's memory or its afternoon.
_MEMORY_MAX_KIB: Final = 1_048_576
_PASSES_MAX: Final = 16
_LANES_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of the passphrase costs. The standard is RFC 9106's second choice, one lane."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Kdf:
    """How a passphrase becomes the key that seals seeds. Equal ones give equal keys."""

    salt: bytes
    cost: Cost

    @classmethod
    def fresh(cls, cost: Cost, entropy: Entropy) -> "Kdf":
        """Return one with a salt of its own."""
        return cls(entropy.draw(_SALT_BYTES), cost)

    def derive(self, passphrase: bytes) -> bytes:
        """Return the 32 bytes that seal. Slow by intent: 0.15 s and 64 MiB at the standard cost."""
        return Argon2id(
            salt=self.salt,
            length=_WRAP_BYTES,
            iterations=self.cost.passes,
            lanes=self.cost.lanes,
            memory_cost=self.cost.memory_kib,
        ).derive(passphrase)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What one file says: all of it public but for what is sealed."""

    key_id: str
    kind: Kind
    public: bytes
    kdf: Kdf
    nonce: bytes
    sealed: bytes


class NotOpened(Exception):
    """The seed did not come out: another passphrase, or a file put together from two."""


def seal(key_id: str, seed: KeySeed, kdf: Kdf, wrap: bytes, entropy: Entropy) -> bytes:
    """Return the text of a new key file; `wrap` is what `kdf` derives."""
    open_part = KeyFile(
        key_id, seed.kind, key_of(seed).public, kdf, entropy.draw(_NONCE_BYTES), b""
    )
    sealed = ChaCha20Poly1305(wrap).encrypt(open_part.nonce, seed.seed, _bound(open_part))
    rest = _members(open_part) | {"sealed": canon.to_base64(sealed)}
    return canon.encode(rest | {"sum": _sum(rest)}) + b"\n"


def unseal(file: KeyFile, wrap: bytes) -> tuple[KeySeed, Key]:
    """Return the seed of a key file, and the key made from it. Raises NotOpened."""
    try:
        seed = ChaCha20Poly1305(wrap).decrypt(file.nonce, file.sealed, _bound(file))
    except InvalidTag:
        raise NotOpened from None
    if len(seed) != SEED_BYTES:
        raise NotOpened
    found = KeySeed(file.kind, seed)
    key = key_of(found)
    if key.public != file.public:  # never sign with a key that the card does not name
        raise NotOpened
    return found, key


def read(data: bytes, place: str) -> KeyFile:
    """Return what the text of a key file says; `place` is how people find it.

    Raises OurFault("vault.damaged") or OurFault("vault.newer").
    """
    try:
        return _read(data, place)
    except TheirFault as fault:
        raise damaged(place, fault.what) from None


def damaged(place: str, what: str) -> OurFault:
    """Return the fault of a file that is not what was written."""
    return OurFault(
        "vault.damaged", f"{place} is damaged: {what}", "restore this file from the vault's backup"
    )


def _read(data: bytes, place: str) -> KeyFile:
    if not data.endswith(b"\n"):
        raise damaged(place, "its last line is unfinished")
    told = canon.decode_object(data[:-1], MAX_FILE)
    total = told.get("sum")
    if total != _sum({name: told[name] for name in told.keys() - {"sum"}}):
        raise damaged(place, "its sum differs")
    kdf = _object(told, "kdf")
    if (told.get("v"), told.get("suite"), kdf.get("name")) != (VERSION, SUITE, "argon2id"):
        raise OurFault(
            "vault.newer",
            f"{place} is of a form that this version does not read",
            "open it with the version of Détente that wrote it, or a newer one",
        )
    if told.keys() != _MEMBERS or kdf.keys() != _KDF_MEMBERS:
        raise damaged(place, "its members are not those of a key file")
    kind = next((kind for kind in KINDS if kind == told["kind"]), None)
    if kind is None:
        raise damaged(place, "no such kind of key")
    return KeyFile(
        _text(told, "id"),
        kind,
        canon.from_base64(_text(told, "public")),
        Kdf(
            canon.from_base64(_text(kdf, "salt"), _SALT_BYTES),
            Cost(
                _number(kdf, "memory_kib", _MEMORY_MAX_KIB),
                _number(kdf, "passes", _PASSES_MAX),
                _number(kdf, "lanes", _LANES_MAX),
            ),
        ),
        canon.from_base64(_text(told, "nonce"), _NONCE_BYTES),
        canon.from_base64(_text(told, "sealed"), SEED_BYTES + 16),
    )


def _members(file: KeyFile) -> dict[str, Json]:
    cost = file.kdf.cost
    return {
        "v": VERSION,
        "id": file.key_id,
        "kind": file.kind,
        "public": canon.to_base64(file.public),
        "suite": SUITE,
        "kdf": {
            "name": "argon2id",
            "salt": canon.to_base64(file.kdf.salt),
            "memory_kib": cost.memory_kib,
            "passes": cost.passes,
            "lanes": cost.lanes,
        },
        "nonce": canon.to_base64(file.nonce),
    }


def _bound(file: KeyFile) -> bytes:
    return canon.encode(_members(file))


def _sum(rest: Mapping[str, Json]) -> str:
    return canon.to_base64(hashlib.sha256(canon.encode(dict(rest))).digest())


def _object(told: Mapping[str, Json], name: str) -> dict[str, Json]:
    value = told.get(name)
    if not isinstance(value, dict):
        raise TheirFault("E_CANON", f"{name} is no object", "")
    return value


def _text(told: Mapping[str, Json], name: str) -> str:
    value = told[name]
    if not isinstance(value, str):
        raise TheirFault("E_CANON", f"{name} is no text", "")
    return value


def _number(told: Mapping[str, Json], name: str, largest: int) -> int:
    value = told[name]
    if type(value) is not int or not 1 <= value <= largest:
        raise TheirFault("E_CANON", f"{name} is not within 1 and {largest}", "")
    return value
