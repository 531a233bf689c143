"""Where a party's own lists stand: bytes as they came, entries, indexes, the book, decisions.

book.json         which versions there are and their states; replaced whole
received/SHA      bytes as they came
entries/SHA       what was read of them; told/SHA: difference and oddities
index/KEY         an index, mapped; KEY is a hash of engine and list versions
decisions/SHA     decisions, and decisions/journal: one line for each time one was made
"""

import hashlib
from collections.abc import Collection, Mapping
from mmap import mmap
from pathlib import Path
from typing import Final

import msgspec

from detente.core.errors import OurFault
from detente.screening.lists.book import Book
from detente.store.screening.files import Folder, Stop, _go_on, tried

BOOK: Final = "book.json"
JOURNAL: Final = "made.jsonl"
INDEXES_KEPT: Final = 8  # beside those that are needed
UPLOADS_MAX: Final = 16  # files that are being handed in
PART: Final = "part-"


class ListShelf:
    """The lists of one party on disk. One writer: the office; whoever reads maps what is whole."""

    def __init__(self, folder: Path, stop: Stop = _go_on) -> None:
        """Open it, make it if it is new. Raises OurFault: store.*."""
        self.folder = folder
        self.top = Folder(folder, stop)
        self.received = Folder(folder / "received", stop)
        self.entries = Folder(folder / "entries", stop)
        self.told = Folder(folder / "told", stop)
        self.index = Folder(folder / "index", stop)
        self.decisions = Folder(folder / "decisions", stop)

    def clear(self) -> None:
        """Take away what a kill left half written. Only for the office, at its start."""
        for each in (
            self.top, self.received, self.entries, self.told, self.index, self.decisions
        ):  # fmt: skip
            each.clear()
        for name in self.received.names():
            if name.startswith(PART):  # customers may be in it, and who handed it in begins anew
                self.received.remove(name)

    def book(self) -> Book:
        """Return the book. Raises OurFault store.failed for one that is damaged."""
        data = self.top.get(BOOK)
        if data is None:
            return Book()
        try:
            return msgspec.json.decode(data, type=Book)
        except msgspec.DecodeError as error:
            what = f"the book of lists is damaged: {error}"
            raise OurFault("store.failed", what, "restore it from a backup") from None

    def put_book(self, book: Book) -> None:
        """Replace the book. Raises OurFault: store.*."""
        self.top.put(BOOK, msgspec.json.encode(book))

    def upload(self, sha256: str, at: int, data: bytes) -> int:
        """Take a piece of a file that is handed in; return how much of it is here.

        A piece that is here already is passed over; one with a gap before it is not taken.
        """
        whole = self.received.size(sha256)
        if whole >= 0:
            return whole
        name = f"{PART}{sha256}"
        path = self.received.path / name
        here = max(0, self.received.size(name))
        if at != here:
            return here
        if not here and sum(e.startswith(PART) for e in self.received.names()) >= UPLOADS_MAX:
            raise OurFault("list.busy", f"{UPLOADS_MAX} files are being handed in", "wait a little")

        def write() -> None:
            with path.open("ab") as out:
                out.write(data)

        tried(write)
        return here + len(data)

    def handed_in(self, sha256: str) -> Path | None:
        """Return where a file stands whose pieces came, all or not; None if none did."""
        for name in (sha256, f"{PART}{sha256}"):
            if self.received.size(name) >= 0:
                return self.received.path / name
        return None

    def drop(self, sha256: str) -> None:
        """Forget the pieces of a file that nobody will finish."""
        self.received.remove(f"{PART}{sha256}")

    def finish(self, sha256: str) -> int:
        """Keep a file whose pieces are all here, return its size.

        Raises OurFault list.unreadable: its bytes are others than were announced. They are gone.
        """
        whole = self.received.size(sha256)
        if whole >= 0:
            return whole
        name = f"{PART}{sha256}"
        data = self.received.get(name) or b""
        if hashlib.sha256(data).hexdigest() != sha256:
            self.received.remove(name)
            what = f"{len(data)} bytes came that are not those of {sha256[:16]}"
            raise OurFault("list.unreadable", what, "hand the file in again")
        self.received.keep(data)
        self.received.remove(name)
        return len(data)

    def open_index(self, key: str) -> mmap | None:
        """Return an index mapped, None if it is not built."""
        return self.index.map(key)

    def put_index(self, key: str, data: bytes, needed: Collection[str] = ()) -> None:
        """Write an index; of those that are not needed the oldest beyond INDEXES_KEPT go."""
        self.index.put(key, data)
        paths = sorted(
            (p for p in self.index.path.iterdir() if p.name not in (key, *needed) and not p.suffix),
            key=lambda p: p.stat().st_mtime, reverse=True,
        )  # fmt: skip
        for each in paths[INDEXES_KEPT:]:
            each.unlink(missing_ok=True)

    def keep_decision(self, stamp: str, data: bytes, line: Mapping[str, object]) -> None:
        """Keep a decision and say when it was made. Raises OurFault: store.*."""
        kept = self.decisions.keep(data)
        assert kept == stamp, "a decision is named by its bytes"
        self.decisions.add(JOURNAL, msgspec.json.encode(dict(line)))

    def decision(self, stamp: str) -> bytes | None:
        """Return the bytes of a kept decision, None if there is none."""
        return self.decisions.kept(stamp)

    def made(self, most: int) -> list[dict[str, object]]:
        """Return the lines of decisions that were made, the newest first."""
        found = []
        for line in self.decisions.lines_from_end(JOURNAL, most):
            try:
                found.append(msgspec.json.decode(line, type=dict[str, object]))
            except msgspec.DecodeError:
                continue  # a line that a kill tore: its decision was not answered
        return found
