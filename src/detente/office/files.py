"""Files of an office: sealed on their way to the node, opened on their way to a person.

The one room that opens chunks; never a file whole. Normative: spec/record.md 7.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import limits, manifest
from detente.core.attachment import KEY_SIZE, FileKey
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.node.ports import Hatch
from detente.office.enclosed import safe_name
from detente.office.fields import Values

PIECE: Final = 16 * limits.CHUNK  # bytes of a file that go from hand to hand at once
OPEN_MAX: Final = 64
IDLE: Final = Span(3_600_000)


@dataclass(slots=True)
class _Taking:
    """A file that a person hands in."""

    name: str
    size: int
    secret: bytes
    key: FileKey
    at: Moment
    done: int = 0
    aid: bytes = b""


class Files:
    """What one office does with the bytes of files."""

    def __init__(self, hatch: Hatch, entropy: Entropy) -> None:
        self._hatch, self._entropy = hatch, entropy
        self._open: dict[str, _Taking] = {}

    def begin(self, name: str, size: int, now: Moment) -> str:
        """Begin to take a file in; return its handle, 32 hexadecimal digits.

        Raises OurFault: form.size above 4 GiB, stage.busy, store.full.
        """
        if not 0 <= size <= limits.MAX_ATT_SIZE:
            what = f"{safe_name(name)}: {size} bytes where {limits.MAX_ATT_SIZE} are allowed"
            raise OurFault("form.size", what, "send it in parts")
        for handle, each in list(self._open.items()):
            if now - each.at >= IDLE:
                del self._open[handle]
        if len(self._open) >= OPEN_MAX:
            raise OurFault(
                "stage.busy", f"{OPEN_MAX} files are being handed in", "wait until some are sent"
            )
        mark, secret = self._entropy.draw(16), self._entropy.draw(KEY_SIZE)
        taking = _Taking(safe_name(name), size, secret, FileKey(secret), now)
        self._hatch.stage_begin(mark, manifest.sealed_size(size), manifest.chunks_of(size), now)
        self._open[mark.hex()] = taking
        if size == 0:
            self._hatch.stage_chunks(mark, [taking.key.seal(0, b"", last=True)], now)
        return mark.hex()

    def add(self, handle: str, data: bytes, now: Moment) -> int:
        """Take the next bytes of a file; return how many are taken.

        They are a multiple of 65,536, at most 1 MiB, unless they are its last. Raises OurFault:
        stage.lost, stage.piece.
        """
        taking = self._find(handle)
        end = taking.done + len(data)
        whole = len(data) % limits.CHUNK == 0 or end == taking.size
        if not data or end > taking.size or len(data) > PIECE or not whole:
            what = f"{len(data)} bytes after {taking.done} of {taking.size}"
            raise OurFault("stage.piece", what, f"hand in {PIECE} at a time, the last part shorter")
        rows = []
        for at in range(0, len(data), limits.CHUNK):
            chunk = data[at : at + limits.CHUNK]
            index, last = (taking.done + at) // limits.CHUNK, taking.done + at + len(chunk)
            rows.append(taking.key.seal(index, chunk, last=last == taking.size))
        self._hatch.stage_chunks(bytes.fromhex(handle), rows, now)
        taking.done, taking.at = end, now
        return end

    def take(self, name: str, data: bytes, now: Moment) -> str:
        """Take a small file in at once; return its handle. Raises OurFault as `begin` does."""
        handle = self.begin(name, len(data), now)
        for at in range(0, len(data), PIECE):
            self.add(handle, data[at : at + PIECE], now)
        return handle

    def _find(self, handle: str) -> _Taking:
        taking = self._open.get(handle)
        if taking is None:
            raise OurFault(
                "stage.lost",
                "the office knows nothing of this file: it was started again, or waited too long",
                "hand it in again",
            )
        return taking

    def names(self, handles: Sequence[str]) -> tuple[tuple[str, int], ...]:
        """Return name and size of files that were handed in. Raises OurFault("stage.lost")."""
        return tuple((each.name, each.size) for each in map(self._find, handles))

    def finish(self, handles: Sequence[str], now: Moment) -> tuple[Values, ...]:
        """Return the files of a body, durable at our node now.

        Raises OurFault: stage.lost, stage.piece for one that is not whole, form.choice for one
        that stands twice.
        """
        if len(set(handles)) != len(handles):
            raise OurFault("form.choice", "a file stands twice", "name it once")
        found = []
        for handle in handles:
            taking = self._find(handle)
            if taking.done != taking.size:
                what = f"{taking.name}: {taking.done} of {taking.size} bytes were handed in"
                raise OurFault("stage.piece", what, "hand in the rest")
            if not taking.aid:
                taking.aid = self._hatch.stage_end(bytes.fromhex(handle), now)
            row = Values({"name": taking.name, "aid": taking.aid, "size": taking.size})
            found.append(row.with_(key=taking.secret))
        return tuple(found)

    def forget(self, handles: Sequence[str]) -> None:
        """Forget files that were sent."""
        for handle in handles:
            self._open.pop(handle, None)

    def open(self, file: Values, first: int, count: int) -> bytes:
        """Return plaintext of a file of a body, from chunk `first` on, as far as it is here.

        At most count chunks. Raises TheirFault("E_ATT") for one that does not open.
        """
        return b"".join(self._opened(file, first, count))

    def check(self, file: Values, first: int, count: int) -> int:
        """Open chunks of a file of a body and keep none; return how many bytes of it they hold.

        Of those that are here, from chunk `first` on, at most count. Raises as `open`.
        """
        return sum(map(len, self._opened(file, first, count)))

    def _opened(self, file: Values, first: int, count: int) -> Iterator[bytes]:
        last = manifest.chunks_of(file.whole("size")) - 1
        key = FileKey(file.data("key"))
        rows = self._hatch.blob_chunks(file.data("aid"), first, count)
        for i, row in enumerate(rows, first):
            yield key.open(i, row, last=i == last)
