"""The slow step of a password: Argon2id. Run beside the office, never in its thread."""

from typing import Final

from detente.office.passwords import Check, normal

HASH_BYTES: Final = 32


def derive(check: Check, password: str) -> bytes:
    """Return the 32 bytes of a password: 64 MiB and about 0.15 s at the standard cost."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415  beside its use

    cost = check.cost
    return Argon2id(
        salt=check.salt, length=HASH_BYTES, iterations=cost.passes, lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(normal(password))  # fmt: skip
