"""The part of a node that deals with attachments: its office's hatch for them, and their keeping."""

from collections.abc import Sequence
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.link.frames_stage import ATTACHMENT
from detente.node.books import Books
from detente.node.ports import Store
from detente.node.ports_stage import BlobState
from detente.node.stage import Stage
from detente.node.uploads import Uploads

READ_MAX: Final = 64  # chunks handed out at once: 4 MiB


class Attached:
    """What a node does with attachments. Is a StageHatch to its office."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stage = Stage(store)
        self._uploads = Uploads(store, self.stage)
        self._links: dict[str, Books] = {}

    @property
    def wholes(self) -> int:
        """How often something became whole here: when it grows there is news."""
        return self.stage.wholes

    def _tick_stage(self, now: Moment) -> None:
        self.stage.tick(now)
        self._uploads.tick(now)

    # The hatch.

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        """Begin an attachment; see ports_stage.StageHatch."""
        self._uploads.begin(handle, size, chunks, now)

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:
        """Take the next chunks; see ports_stage.StageHatch."""
        self._uploads.add(handle, chunks, now)

    def stage_end(self, handle: bytes, now: Moment) -> bytes:  # noqa: ARG002  as its neighbours
        """Return the aid of what was handed in; see ports_stage.StageHatch."""
        return self._uploads.end(handle)

    def blob_chunks(self, aid: bytes, first: int, count: int) -> list[bytes]:
        """Return chunks that are here, from `first` on; none where one is missing."""
        count = min(count, READ_MAX)
        return [data for _, data in self.stage.read(aid, first, count, trusted=True)]

    def blob_lent(self, aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        """Return how many chunks are here, and what to read them by; see ports_stage.StageHatch."""
        return self.stage.lend(aid, first, min(count, READ_MAX))

    def blob_states(self, aids: Sequence[bytes]) -> list[BlobState]:
        """Return how far attachments are; those never heard of are left out."""
        found = []
        for aid in aids:
            blob = self.stage.find(aid)
            if blob is None or blob.what != ATTACHMENT:
                continue
            with self._store.begin() as tx:
                owed = tx.offered(aid)
            sent = [self._links[each].session.progress(aid) for each in owed if each in self._links]
            count, least = self.stage.count(aid), min(sent) if sent else None
            found.append(BlobState(aid, blob.size, blob.blocks, count, blob.whole, least))
        return found

    def _lost(self, aid: bytes, bad: Sequence[int], *, manifest: bool) -> list[str] | None:
        """Note which blocks of an attachment our disk lost; return the links that may mend them.

        None if nothing was lost. By courier the next file asks.
        """
        if manifest:
            for index in bad:
                if not self.stage.read(aid, index, 1):
                    self.stage.lose(aid, index)
        else:
            self.stage.lose_manifest(aid)
        blob = self.stage.find(aid)
        if blob is None or blob.whole:
            return None
        found = []
        for link in self._links.values():
            with self._store.begin() as tx:
                if link.shipping.went(tx, blob):
                    link.shipping.freight.hear(aid)
                    link.shipping.freight.keep(tx)
                    found.append(link.name)
        return found


def low_disk() -> OurFault:
    """Return the fault of a disk with less than its reserve."""
    return OurFault(
        "store.full",
        "the disk has less than its reserve free (a twentieth, at most 2 GiB)",
        "make room: until then only FLASH and hotline records are taken, and what is stored stays",
    )
