"""A record on its way: its envelope, or only what the log says of it. Normative: spec/link.md 11.3."""

from dataclasses import dataclass
from typing import Final

from detente.core import tree

ENTRY_TAG: Final = b"detente/v1/leaf\n"
HASHES: Final = 128  # bytes of an entry after its tag


@dataclass(frozen=True, slots=True)
class Staged:
    """A record whose envelope the receiver holds already: its 144-byte entry."""

    entry: bytes

    @property
    def leaf(self) -> bytes:
        """The leaf hash, under which the envelope was staged."""
        return tree.leaf_hash(self.entry)


Carried = bytes | Staged


def weight(given: Carried) -> int:
    """Return how many bytes it takes on the line."""
    return HASHES if isinstance(given, Staged) else len(given)
