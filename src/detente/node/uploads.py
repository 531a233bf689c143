"""Attachments that our own office hands in, chunk by chunk, before the record that names them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.core import manifest, tree
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.link.frames_stage import ATTACHMENT
from detente.node.ports import Store
from detente.node.ports_stage import Blob
from detente.node.stage import UPLOAD, Stage, no_room

UPLOADS_MAX: Final = 64
IDLE: Final = Span(600_000)  # then nobody is handing it in any more


@dataclass(slots=True)
class _Upload:
    size: int
    chunks: int
    at: Moment
    hashes: bytearray = field(default_factory=bytearray)
    done: int = 0

    @property
    def count(self) -> int:
        return len(self.hashes) // tree.HASH_SIZE


class Uploads:
    """What is being handed in. Only what `end` returned outlives this process."""

    def __init__(self, store: Store, stage: Stage) -> None:
        self._store, self._stage, self._blobs = store, stage, store.blobs
        self._open: dict[bytes, _Upload] = {}

    def begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        """Begin one; see ports_stage.StageHatch."""
        manifest.plain_size(size, chunks)
        if len(self._open) >= UPLOADS_MAX:
            raise OurFault(
                "stage.busy",
                f"{UPLOADS_MAX} attachments are being handed in",
                "wait until some are done, or ten minutes",
            )
        if not self._stage.has_room(size):
            raise no_room()
        self._open[handle] = _Upload(size, chunks, now)

    def add(self, handle: bytes, rows: Sequence[bytes], now: Moment) -> None:
        """Take the next chunks; see ports_stage.StageHatch."""
        upload = self._find(handle)
        for chunk in rows:
            index = upload.count
            if index >= upload.chunks or len(chunk) != manifest.span(index, upload.size)[1]:
                raise TheirFault("E_ATT", "a chunk of another length", "begin the attachment anew")
            self._blobs.write(_file(handle), upload.done, chunk)
            upload.hashes += manifest.hash_of(chunk)
            upload.done += len(chunk)
        upload.at = now

    def _find(self, handle: bytes) -> _Upload:
        upload = self._open.get(handle)
        if upload is None:
            raise OurFault(
                "stage.lost",
                "the node knows nothing of this attachment: it was started again, or waited too long",
                "hand it in again",
            )
        return upload

    def end(self, handle: bytes) -> bytes:
        """Return the aid of one that is complete, durable now; see ports_stage.StageHatch."""
        upload = self._find(handle)
        if upload.count != upload.chunks:
            raise TheirFault("E_ATT", "chunks are missing", "hand in all of them")
        row = bytes(upload.hashes)
        aid = manifest.aid_of(manifest.split(row))
        self._blobs.sync(_file(handle))
        self._blobs.rename(_file(handle), aid.hex())
        bits = (1 << upload.chunks) - 1
        held = bits.to_bytes(-(-upload.chunks // 8), "little")
        with self._store.begin() as tx:
            for part in range(manifest.parts_of(upload.chunks)):
                at = part * manifest.PART_BYTES
                tx.put_part(aid, part, row[at : at + manifest.PART_BYTES])
            blob = Blob(
                aid, ATTACHMENT, upload.size, upload.chunks, held,
                whole=True, owner="", at=self._stage.age,
            )  # fmt: skip
            tx.put_blob(blob)
        del self._open[handle]
        return aid

    def tick(self, now: Moment) -> None:
        """Forget what nobody goes on with."""
        for handle, upload in list(self._open.items()):
            if now - upload.at >= IDLE:
                del self._open[handle]
                self._blobs.remove(_file(handle))


def _file(handle: bytes) -> str:
    return f"{UPLOAD}{handle.hex()}"
