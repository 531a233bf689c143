"""From the bytes of a version to what is kept of it: its entries, its difference, why it waits.

Pure, and the same for the same bytes: whoever is ended in the middle of it begins again.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from detente.core.errors import OurFault
from detente.screening.listed import Listed
from detente.screening.lists import readers, versions
from detente.screening.lists.book import Version, Wait

MAIN: Final = "main"
FORM: Final = "detente-entries-1"
CHANGES_MAX: Final = 200_000  # entries of a difference that are told one by one
CUT, WRONG_DATE = "cut", "undated"


class Change(msgspec.Struct, frozen=True):
    """An entry that a version adds, changes or removes."""

    what: str
    entry: str
    name: str


class Told(msgspec.Struct, frozen=True):
    """What is told of a version: its difference to the one before, and what is odd in it."""

    changes: tuple[Change, ...]
    odd: tuple[readers.Odd, ...]


def prepare(
    version: Version, files: Mapping[str, bytes], before: Version | None, held: bytes | None
) -> tuple[bytes, bytes, Version]:
    """Return (entries, what is told, the version with both hashes).

    files: the bytes received, `main` and what belongs to it; held: the entries of `before`.
    Raises OurFault as readers.read does.
    """
    more = {name: each for name, each in files.items() if name != MAIN}
    found = readers.read(version.reader, files[MAIN], version.list, more, version.mapping)
    kept = {
        one.id: one for one in reversed(found.listed)
    }  # of an id that stands twice the first counts
    listed = list({one.id: kept[one.id] for one in found.listed}.values())
    entries = _entries(version, listed)
    dated = version.dated or found.dated
    lost = sum(each.lost for each in found.odd)
    made, twice = versions.version(version.list, _sha(files[MAIN]), dated, found.listed, lost)
    old, old_names = _before(before, held)
    difference = versions.difference(old, made)
    reasons = versions.hold(old, made, twice, version.promised or None)
    waits = [Wait(each.why, each.what) for each in reasons]
    if found.cut:
        waits.append(Wait(CUT, found.cut[:300]))
    names = {one.id: one.names[0] for one in listed}
    changes = [
        Change(what, entry, (names.get(entry) or old_names.get(entry) or "")[:300])
        for what, ids in zip(("added", "changed", "removed"), difference, strict=True)
        for entry in ids
    ]
    told = Told(tuple(changes[:CHANGES_MAX]), tuple(found.odd[: readers.ODD_MAX]))
    told_bytes = msgspec.json.encode(told)
    return entries, told_bytes, msgspec.structs.replace(
        version, dated=dated, entries=_sha(entries), told=_sha(told_bytes), count=len(listed),
        lost=lost, odd=len(found.odd), ended=found.ended,
        before=before.id if before else "",
        added=len(difference.added), changed=len(difference.changed),
        removed=len(difference.removed), waits=tuple(waits),
    )  # fmt: skip


def _entries(version: Version, listed: list[Listed]) -> bytes:
    head = {
        "form": FORM, "list": version.list, "reader": version.reader,
        "received": version.received, "mapping": version.mapping,
    }  # fmt: skip
    lines = [msgspec.json.encode(head, order="sorted"), *map(msgspec.json.encode, listed)]
    return b"\n".join(lines) + b"\n"


def listed_of(entries: bytes) -> Iterator[Listed]:
    """Give the entities of a file of entries. Raises OurFault list.damaged: it is none."""
    lines = entries.splitlines()
    try:
        head: dict[str, Any] = msgspec.json.decode(lines[0] if lines else b"{}")
        if head.get("form") != FORM:
            raise _no_entries("it has another form")
        decoder = msgspec.json.Decoder(Listed)
        for line in lines[1:]:
            yield decoder.decode(line)
    except msgspec.DecodeError as error:
        raise _no_entries(str(error)) from None


def _no_entries(what: str) -> OurFault:
    return OurFault("list.damaged", f"a stored version is not read: {what}", "restore a backup")


def _before(
    before: Version | None, held: bytes | None
) -> tuple[versions.Version | None, dict[str, str]]:
    if before is None or held is None:
        return None, {}
    listed = list(listed_of(held))
    sha = before.received.get(MAIN, "")
    found, _ = versions.version(before.list, sha, before.dated, listed)
    return found, {one.id: one.names[0] for one in listed if one.names}


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
