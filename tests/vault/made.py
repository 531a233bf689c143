"""Vaults made for tests, cheap to open."""

import hashlib
from pathlib import Path

import pytest

from detente.core import canon
from detente.core.errors import OurFault
from detente.vault.file import FileVault
from detente.vault.keys import KeySeed
from detente.vault.sealing import Cost

CHEAP = Cost(memory_kib=8, passes=1)
PASSPHRASE = b"a passphrase that nobody may see"
SEEDS = {
    "log": KeySeed("ed25519", bytes(range(32))),
    "log-pq": KeySeed("mldsa44", bytes(range(32, 64))),
    "root-pq": KeySeed("mldsa65", bytes(range(64, 96))),
    "desk.cert": KeySeed("xwing", bytes(range(96, 128))),
}


class Drawn:
    """Entropy that never repeats itself and is the same in each run."""

    def __init__(self) -> None:
        self.count = 0

    def draw(self, count: int) -> bytes:
        self.count += 1
        return hashlib.shake_256(f"drawn {self.count}".encode()).digest(count)


def make(folder: Path, seeds: dict[str, KeySeed] | None = None) -> FileVault:
    return FileVault.create(folder, PASSPHRASE, seeds or SEEDS, Drawn(), cost=CHEAP)


def code_of_opening(folder: Path, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(OurFault) as raised:
        FileVault.open(folder, passphrase)
    return raised.value.code


def rewrite(path: Path, **members: canon.Json) -> None:
    """Put other members into a key file, and a sum that fits."""
    told = canon.decode_object(path.read_bytes()[:-1], 16_384) | members
    told = {name: value for name, value in told.items() if name != "sum" and value != "gone"}
    told["sum"] = canon.to_base64(hashlib.sha256(canon.encode(told)).digest())
    path.write_bytes(canon.encode(told) + b"\n")
