"""Merkle trees of RFC 6962: hashes, roots, proofs, and the compact range that grows a root.

A *perfect subtree* is named by (level, index): it covers the 2**level leaves from
index * 2**level. Who proves hands in a reader of their hashes; nothing here knows where they lie.
Normative: spec/log.md 2.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from detente.core import limits
from detente.core.errors import TheirFault

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
SubtreeReader = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry as a leaf (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbours (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


class Range:
    """The roots of the perfect subtrees of a log, largest first: all that growing a root needs."""

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        assert size.bit_count() == len(roots), "one root for each bit of the size"
        self.size = size
        self._roots = list(roots)

    def append(self, leaf: bytes) -> None:
        """Grow by one leaf hash."""
        size, value, roots = self.size, leaf, self._roots
        while size & 1:
            value = node_hash(roots.pop(), value)
            size >>= 1
        roots.append(value)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree head over all leaves so far; of none, H("")."""
        if not self._roots:
            return EMPTY_ROOT
        value = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            value = node_hash(left, value)
        return value

    def copy(self) -> "Range":
        """Return a second range that grows on its own."""
        return Range(self.size, self._roots)

    def encode(self) -> bytes:
        """Return the roots in one row, 32 bytes each."""
        return b"".join(self._roots)

    @classmethod
    def decode(cls, size: int, data: bytes) -> "Range":
        """Read what `encode` wrote for a log of `size` leaves; our own bytes, so asserted."""
        return cls(size, [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)])


def _cover(start: int, end: int) -> list[tuple[int, int]]:
    # The perfect subtrees from start to end, left to right.
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


def cover(size: int) -> list[tuple[int, int]]:
    """Return the perfect subtrees over the first `size` leaves, largest first."""
    return _cover(0, size)


def _subtree_root(start: int, end: int, read: SubtreeReader) -> bytes:
    roots = [read(level, index) for level, index in _cover(start, end)]
    value = roots[-1]
    for left in reversed(roots[:-1]):
        value = node_hash(left, value)
    return value


def root_at(size: int, read: SubtreeReader) -> bytes:
    """Return the tree head over the first `size` leaves."""
    return _subtree_root(0, size, read) if size else EMPTY_ROOT


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def prove_inclusion(index: int, size: int, read: SubtreeReader) -> list[bytes]:
    """Return the path of leaf `index` in the tree of `size` leaves, neighbour first.

    Source: RFC 6962 section 2.1.1. Asserts 0 <= index < size: the caller asks its own log.
    """
    assert 0 <= index < size, "a leaf of this tree"
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree_root(middle, end, read))
            end = middle
        else:
            path.append(_subtree_root(start, middle, read))
            start = middle
    return path[::-1]


def prove_consistency(old: int, new: int, read: SubtreeReader) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are unchanged (RFC 6962 2.1.2)."""
    assert 0 < old <= new, "sizes of one log"
    path, start, end, whole = [], 0, new, True
    while start + (old - start) != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree_root(middle, end, read))
            end = middle
        else:
            path.append(_subtree_root(start, middle, read))
            start, whole = middle, False
    if not whole:
        path.append(_subtree_root(start, end, read))
    return path[::-1]


def _wrong(what: str) -> TheirFault:
    return TheirFault("E_ROOT", what, "ask for the proof file again")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise _wrong("a hash of the proof is not 32 bytes long")


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise unless `leaf` is leaf number `index` of the `size` leaves under `root`.

    leaf, root and each of path are hashes of 32 bytes. index counts from 0. path runs from the
    leaf's neighbour up to the root's child and has at most 63 entries.
    Raises TheirFault("E_ROOT"): all five come from strangers.
    Source: spec/log.md 2.3 (RFC 9162 section 2.1.3.2).
    """
    wrong = _wrong("the proof does not lead to the root")
    _check_hashes((leaf, root, *path))
    if not 0 <= index < size <= limits.MAX_TREE or len(path) > limits.MAX_PATH:
        raise wrong
    place, last, value = index, size - 1, leaf
    for neighbour in path:
        if last == 0:  # the path goes on above the root
            raise wrong
        if place % 2 == 1 or place == last:
            value = node_hash(neighbour, value)
            while place % 2 == 0 and place != 0:  # no right neighbour here: climb
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, neighbour)
        place, last = place >> 1, last >> 1
    if last != 0 or value != root:
        raise wrong


def check_consistency(
    old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Raise unless the `old` leaves under old_root are the first of the `new` under new_root.

    A proof from size 0 says nothing and is refused. Raises TheirFault("E_ROOT").
    Source: spec/log.md 2.4 (RFC 9162 section 2.1.4.2).
    """
    if old == 0:
        raise _wrong("nothing is the beginning of every log")
    check_subtree_consistency((0, old), new, path, old_root, new_root)


def _check_subtree(start: int, end: int, size: int) -> None:
    # A subtree starts at a multiple of the least power of two that holds it.
    if not 0 <= start < end <= size <= limits.MAX_TREE:
        raise _wrong("no such part of a log")
    if start % (1 << (end - start - 1).bit_length()):
        raise _wrong("that part of a log is no subtree")


def check_subtree_inclusion(
    leaf: bytes, index: int, part: tuple[int, int], path: Sequence[bytes], root: bytes
) -> None:
    """Raise unless `leaf` is leaf `index` of the log and `root` is over its leaves part[0]..part[1].

    Raises TheirFault("E_ROOT"). Source: draft-ietf-plants-merkle-tree-certs section 4.3.
    """
    start, end = part
    _check_subtree(start, end, end)
    check_inclusion(leaf, index - start, end - start, path, root)


def check_subtree_consistency(
    part: tuple[int, int], size: int, path: Sequence[bytes], part_root: bytes, root: bytes
) -> None:
    """Raise unless part_root is over leaves part[0]..part[1] of the `size` leaves under root.

    An empty part has the root H("") and an empty path. Raises TheirFault("E_ROOT").
    Source: draft-ietf-plants-merkle-tree-certs section 4.4.
    """
    _check_hashes(path)
    first, end = part
    if 0 <= first == end <= size:
        if path or part_root != EMPTY_ROOT:
            raise _wrong("an empty part of a log has no such root")
        return
    _check_subtree(first, end, size)
    place, last = end - 1, size - 1
    rest = list(path)
    while first != place and (place == last or place % 2 == 1):
        first, place, last = first >> 1, place >> 1, last >> 1
    if first == place == last:
        while last:  # the part is the end of the log: what is above it is still to come
            if place % 2 == 1 or first != place:
                break
            first, place, last = first >> 1, place >> 1, last >> 1
    if first == place:
        old = new = part_root
    elif rest:
        old = new = rest.pop(0)
    else:
        raise _wrong("the proof is empty")
    for neighbour in rest:
        if last == 0:
            raise _wrong("the proof goes on above the root")
        if place % 2 == 1 or place == last:
            if first < place:
                old = node_hash(neighbour, old)
            new = node_hash(neighbour, new)
            while place % 2 == 0:
                first, place, last = first >> 1, place >> 1, last >> 1
        else:
            new = node_hash(new, neighbour)
        first, place, last = first >> 1, place >> 1, last >> 1
    if last != 0 or old != part_root or new != root:
        raise _wrong("the shorter log is not the beginning of the longer one")
