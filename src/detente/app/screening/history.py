"""Since when an entry is on a list, and when it last changed: told by the versions that were in force."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import msgspec

from detente.screening.lists import prepare
from detente.screening.lists.book import Book, Version

KEPT: Final = 8  # lists whose history is kept at hand
SECONDS: Final = len("2026-11-22T10:00:00")

Read = Callable[[str], bytes | None]  # of a file by its hash


class Seen(NamedTuple):
    """Moments to the second, UTC; None where no version here tells."""

    first: str | None
    last: str | None
    change: str | None


NEVER: Final = Seen(None, None, None)


class Histories:
    """Histories of list versions, each read once."""

    def __init__(self, told: Read, entries: Read) -> None:
        self._told, self._entries = told, entries
        self._kept: dict[str, tuple[Seen, Mapping[str, Seen]]] = {}

    def of(self, book: Book, name: str, sha256: str, entry: str) -> Seen:
        """Return when an entry of a list version, named by the hash of its entries, came and changed."""
        version = next(
            (v for v in reversed(book.versions) if v.list == name and v.entries == sha256), None
        )
        if version is None:
            return NEVER
        if version.id not in self._kept:
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[version.id] = self._read(book, version)
        others, found = self._kept[version.id]
        return found.get(entry, others)

    def _read(self, book: Book, version: Version) -> tuple[Seen, Mapping[str, Seen]]:
        now = _moment(version)
        first: dict[str, str] = {}
        change: dict[str, str] = {}
        # An entry that went and came again is there since it came again: the newest `added` counts.
        while version.before:
            before, at = book.find(version.before), _moment(version)
            for what, entry in self._changes(before, version):
                change.setdefault(entry, at)
                if what == "added":
                    first.setdefault(entry, at)
            version = before
        start = _moment(version)
        rows = {e: Seen(first.get(e, start), now, at) for e, at in change.items()}
        return Seen(start, now, start), rows

    def _changes(self, before: Version, version: Version) -> list[tuple[str, str]]:
        data = self._told(version.told)
        found = msgspec.json.decode(data, type=prepare.Told).changes if data is not None else ()
        if len(found) == version.added + version.changed + version.removed:
            return [(one.what, one.entry) for one in found if one.what != "removed"]
        old, new = (self._lines(each) for each in (before, version))
        return [
            ("changed" if entry in old else "added", entry)
            for entry, line in new.items()
            if old.get(entry) != line
        ]

    def _lines(self, version: Version) -> dict[str, object]:
        data = self._entries(version.entries)
        return {one.id: one for one in prepare.listed_of(data)} if data is not None else {}


def _moment(version: Version) -> str:
    return (version.decided_at or version.at)[:SECONDS]
