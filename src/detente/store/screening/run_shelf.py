"""Where a party's runs over files of customers stand.

book.json             which runs there are and their states; replaced whole by the office
NUMBER/customers      the file, until the run ends; NUMBER/results.jsonl, table.csv, shown.jsonl
NUMBER/progress.json  how far it is, written by the process that does it
"""

import shutil
from pathlib import Path
from typing import Final

import msgspec

from detente.core.errors import OurFault
from detente.screening.runs import RunBook
from detente.store.screening.files import Folder, tried

BOOK: Final = "book.json"
CUSTOMERS, RESULTS, TABLE, SHOWN, PROGRESS = (
    "customers", "results.jsonl", "table.csv", "shown.jsonl", "progress.json",
)  # fmt: skip


class RunShelf:
    """The runs of one party on disk. One writer of the book: the office."""

    def __init__(self, folder: Path) -> None:
        """Open it, make it if it is new. Raises OurFault: store.*."""
        self.top = Folder(folder)

    def clear(self, book: RunBook) -> None:
        """Take away what a kill left: what is half written, files of runs that are in no book.

        Only for the office, at its start.
        """
        self.top.clear()
        known = {str(each.id) for each in book.runs}
        for each in self.top.path.iterdir():
            if each.is_dir() and each.name not in known:
                shutil.rmtree(each, ignore_errors=True)
        for run in book.runs:
            if not run.is_open:
                self.forget(run.id)

    def book(self) -> RunBook:
        """Return the book. Raises OurFault store.failed for one that is damaged."""
        data = self.top.get(BOOK)
        if data is None:
            return RunBook()
        try:
            return msgspec.json.decode(data, type=RunBook)
        except msgspec.DecodeError as error:
            what = f"the book of runs is damaged: {error}"
            raise OurFault("store.failed", what, "restore it from a backup") from None

    def put_book(self, book: RunBook) -> None:
        """Replace the book. Raises OurFault: store.*."""
        self.top.put(BOOK, msgspec.json.encode(book))

    def folder(self, number: int) -> Path:
        """Return the folder of a run."""
        return self.top.path / str(number)

    def take(self, number: int, file: Path, *, keep: bool) -> None:
        """Give a run its file of customers; where it stood it stays only if it is kept."""
        place = self.folder(number)

        def move() -> None:
            place.mkdir(mode=0o700, exist_ok=True)
            if keep:
                (place / CUSTOMERS).hardlink_to(file)
            else:
                file.replace(place / CUSTOMERS)

        tried(move)

    def forget(self, number: int) -> None:
        """Delete the customers of a run that has ended, and what was not finished of it."""
        place = self.folder(number)
        (place / CUSTOMERS).unlink(missing_ok=True)
        (place / PROGRESS).unlink(missing_ok=True)
        shutil.rmtree(place / f"{RESULTS}.run", ignore_errors=True)

    def remove(self, number: int) -> None:
        """Delete all of a run."""
        shutil.rmtree(self.folder(number), ignore_errors=True)

    def file(self, number: int, name: str) -> Path:
        """Return where a file of a run stands, if it is there."""
        return self.folder(number) / name

    def size(self, number: int, name: str) -> int:
        """Return a file's size, -1 if there is none."""
        try:
            return self.file(number, name).stat().st_size
        except FileNotFoundError:
            return -1

    def piece(self, number: int, name: str, at: int, most: int) -> bytes:
        """Return bytes of a file from a place on, none where there is no file."""

        def read() -> bytes:
            try:
                with self.file(number, name).open("rb") as file:
                    file.seek(at)
                    return file.read(most)
            except FileNotFoundError:
                return b""

        return tried(read)
