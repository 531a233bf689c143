"""Rows about blobs in memory: the twin of store/logs_stage, held to the same laws."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from detente.core.moment import Moment
from detente.node.ports import Queued
from detente.node.ports_stage import Blob, Large

Undo = Callable[[], object]
_K = TypeVar("_K")
_V = TypeVar("_V")
_FLASH: Final = 4


def _restore(where: dict[_K, _V], before: dict[_K, _V]) -> None:
    # As a whole: the order of what stands there counts.
    where.clear()
    where.update(before)


@dataclass(slots=True)
class StageDisk:
    """What is durable of blobs."""

    blobs: dict[bytes, Blob] = field(default_factory=dict)
    parts: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    named: dict[tuple[bytes, bytes], None] = field(default_factory=dict)
    offers: dict[tuple[str, bytes], None] = field(default_factory=dict)
    ready: dict[int, None] = field(default_factory=dict)
    files: dict[str, bytearray] = field(default_factory=dict)

    def copy(self) -> "StageDisk":
        """Return a backup of it as it is now."""
        files = {name: bytearray(data) for name, data in self.files.items()}
        return StageDisk(
            dict(self.blobs), dict(self.parts), dict(self.named), dict(self.offers),
            dict(self.ready), files,
        )  # fmt: skip


class MemoryStageTx:
    """The part of a transaction that speaks of blobs; see node.ports_stage.BlobTx."""

    _stage: StageDisk
    _queues: dict[str, list[Queued]]
    undo: list[Undo]

    def _take(self, where: dict[_K, _V], key: _K) -> None:
        if key in where:
            self.undo.append(partial(_restore, where, dict(where)))
            del where[key]

    def _set(self, where: dict[_K, _V], key: _K, value: _V) -> None:
        old = where.get(key)
        if old is None and key not in where:
            self.undo.append(lambda: where.pop(key))
        elif old is not None:
            self.undo.append(lambda: where.__setitem__(key, old))
        where[key] = value

    def _is_named(self, name: bytes) -> bool:
        return any(each == name for each, _ in self._stage.named)

    def blob(self, name: bytes) -> Blob | None:
        """Return what is known of a blob."""
        return self._stage.blobs.get(name)

    def put_blob(self, given: Blob) -> None:
        """Keep what is known of a blob."""
        self._set(self._stage.blobs, given.hash, replace(given, held=bytes(given.held)))

    def drop_blob(self, name: bytes) -> None:
        """Forget a blob, its manifest, and who is offered it."""
        self._take(self._stage.blobs, name)
        self.drop_parts(name)
        for key in [each for each in self._stage.offers if each[1] == name]:
            self._take(self._stage.offers, key)

    def blob_names(self) -> list[bytes]:
        """Return the names of all blobs."""
        return list(self._stage.blobs)

    def loose_blobs(self, before: Moment) -> list[bytes]:
        """Return old blobs that no record names and nobody is offered."""
        offered = {name for _, name in self._stage.offers}
        return [
            name
            for name, blob in self._stage.blobs.items()
            if blob.at < before and name not in offered and not self._is_named(name)
        ]

    def staged_bytes(self, owner: str) -> int:
        """Return the bytes of an owner's blobs that are not whole, or that no record names."""
        return sum(
            blob.size
            for blob in self._stage.blobs.values()
            if blob.owner == owner and not (blob.whole and self._is_named(blob.hash))
        )

    def put_part(self, name: bytes, part: int, hashes: bytes) -> None:
        """Keep one part of a manifest."""
        self._set(self._stage.parts, (name, part), hashes)

    def part(self, name: bytes, part: int) -> bytes | None:
        """Return one part of a manifest."""
        return self._stage.parts.get((name, part))

    def parts(self, name: bytes) -> list[int]:
        """Return which parts of a manifest are here."""
        return sorted(part for each, part in self._stage.parts if each == name)

    def drop_parts(self, name: bytes) -> None:
        """Forget a manifest."""
        for part in self.parts(name):
            self._take(self._stage.parts, (name, part))

    def name_blob(self, name: bytes, mid: bytes) -> None:
        """Note that a record names an attachment."""
        if (name, mid) not in self._stage.named:
            self._set(self._stage.named, (name, mid), None)

    def unname_blobs(self, mid: bytes) -> list[bytes]:
        """Forget what a record names; return what no other record names now."""
        names = [name for name, each in self._stage.named if each == mid]
        for name in names:
            self._take(self._stage.named, (name, mid))
        return [name for name in names if not self._is_named(name)]

    def offer_blob(self, link_id: str, name: bytes) -> None:
        """Note that the peer of a link shall have a blob."""
        if (link_id, name) not in self._stage.offers:
            self._set(self._stage.offers, (link_id, name), None)

    def unoffer_blob(self, link_id: str, name: bytes) -> None:
        """Note that it has it."""
        self._take(self._stage.offers, (link_id, name))

    def offers(self, link_id: str, count_max: int) -> list[bytes]:
        """Return what the peer of a link shall have and has not, the oldest first."""
        return [name for link, name in self._stage.offers if link == link_id][:count_max]

    def offered(self, name: bytes) -> list[str]:
        """Return the links whose peers shall have a blob and have it not."""
        return sorted(link for link, each in self._stage.offers if each == name)

    def large(self, link_id: str, inline_max: int, count_max: int) -> list[Large]:
        """Return queued records below FLASH, longer than inline_max, that are not ready."""
        found = [
            Large(*row[:3])
            for row in self._queues.get(link_id, [])
            if row.rank < _FLASH
            and len(row.envelope) > inline_max
            and row.id not in self._stage.ready
        ]
        return sorted(found, key=lambda row: (-row.rank, row.id))[:count_max]

    def queued_envelope(self, number: int) -> bytes | None:
        """Return a queued record by its number in the queue."""
        every = (row for rows in self._queues.values() for row in rows)
        return next((row.envelope for row in every if row.id == number), None)

    def set_ready(self, number: int) -> None:
        """Note that the peer holds the envelope of a queued record."""
        if self.queued_envelope(number) is not None and number not in self._stage.ready:
            self._set(self._stage.ready, number, None)

    def reset_ready(self, link_id: str) -> None:
        """Note that nothing is known of what the peer holds."""
        for row in self._queues.get(link_id, []):
            self._take(self._stage.ready, row.id)
