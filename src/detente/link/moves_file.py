"""What a link's machine hears of courier files. Normative: spec/courier.md 4."""

from dataclasses import dataclass

from detente.link.hello import Heads


@dataclass(frozen=True, slots=True)
class FileBegun:
    """A courier file of this link begins, looked through to its end before.

    conn is a number that no connection of a wire has. baseline is what was durable here when the
    nonce that the file echoes was sent; without one, nothing.
    """

    conn: int
    baseline: Heads


@dataclass(frozen=True, slots=True)
class FileWanted:
    """A file of ours is about to be written: what it should hold is to be made now."""

    conn: int


@dataclass(frozen=True, slots=True)
class FileEnded:
    """The file is read to its end, or given up."""

    conn: int
    whole: bool = True
