"""Versions of a list: what one is, how two differ, and which must wait for a person.

A version is never changed by reading it: `hold` only says why a person should look before it is
applied. Feeds fail: one real history of the SDN file ends in an empty file.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from detente.screening.listed import Listed

SHRUNK: Final = 3  # a list that loses one in so many entries, or more, is held
SHRUNK_LEAST: Final = 9  # entries; below it nothing is said about shares

EMPTY, SMALLER, OLDER, TWICE, CHECKSUM, UNCHANGED, SKIPPED = (
    "empty", "shrunk", "older", "doubled", "checksum", "unchanged", "skipped",
)  # fmt: skip


class Version(NamedTuple):
    """One version of a list: the hash of its bytes as they came, its own date, where from.

    `entries`: {id: hash of what the list says of it}; `unread`: lines that could not be read.
    """

    source: str
    sha256: str
    dated: str
    entries: Mapping[str, str]
    unread: int = 0


class Difference(NamedTuple):
    """What a version changes: ids, each tuple sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


class Held(NamedTuple):
    """Why a version waits for a person: `why` is one of the words above, `what` is shown."""

    why: str
    what: str


def entry_hash(listed: Listed) -> str:
    """Return the hash of what a list says of one entity."""
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()


def version(
    source: str, sha256: str, dated: str, listed: Iterable[Listed], unread: int = 0
) -> tuple[Version, tuple[str, ...]]:
    """Return (the version, ids that stand twice in it with other content). The first one counts."""
    entries: dict[str, str] = {}
    twice = []
    for one in listed:
        found = entry_hash(one)
        if entries.setdefault(one.id, found) != found:
            twice.append(one.id)
    return Version(source, sha256, dated, entries, unread), tuple(sorted(set(twice)))


def difference(before: Version | None, after: Version) -> Difference:
    """Return what a version adds, changes and removes against the one before."""
    old = before.entries if before else {}
    new = after.entries
    return Difference(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(i for i in new.keys() & old.keys() if new[i] != old[i])),
        tuple(sorted(old.keys() - new.keys())),
    )


def hold(
    before: Version | None, after: Version, twice: tuple[str, ...] = (), promised: str | None = None
) -> list[Held]:
    """Return why a version must wait for a person; an empty list lets it be applied.

    `promised`: the SHA-256 that the source gives for the file, if it gives one.
    """
    found = []
    if promised is not None and promised.lower() != after.sha256:
        found.append(
            Held(CHECKSUM, f"the source promised {promised[:16]}, these are {after.sha256[:16]}")
        )
    if not after.entries:
        found.append(Held(EMPTY, "the file has no entries: a fault of the feed, no mass delisting"))
    if after.unread:
        found.append(Held(SKIPPED, f"{after.unread} entries could not be read"))
    if twice:
        found.append(
            Held(TWICE, f"{len(twice)} ids stand twice with other content, first {twice[0]}")
        )
    if before is not None:
        found += _against(before, after)
    return found


def _against(before: Version, after: Version) -> list[Held]:
    found = []
    if before.dated and after.dated and after.dated < before.dated:
        found.append(Held(OLDER, f"it is of {after.dated}, the one applied of {before.dated}"))
    lost = len(before.entries.keys() - after.entries.keys())
    if (
        after.entries
        and len(before.entries) >= SHRUNK_LEAST
        and lost * SHRUNK >= len(before.entries)
    ):
        found.append(Held(SMALLER, f"{lost} of {len(before.entries)} entries are gone"))
    return found
