"""The book of a party's own lists: which versions there are, which is in force, which waits, and why.

Pure: each step takes a book and gives a new one. A version is never changed by what it says: it is
kept as it came, and only its state moves. reading -> in_force, held or failed; held -> in_force or
refused, by a second person; in_force -> superseded when another of its list comes into force.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from detente.core.errors import OurFault

SDN_XML, SDN_CSV, UN_XML, EU_XML, UK_XML = "sdn.xml", "sdn.csv", "un.xml", "eu.xml", "uk.xml"
FTM, OWN, MAPPED = "ftm.json", "own.json", "mapped.csv"
READERS: Final = (SDN_XML, SDN_CSV, UN_XML, EU_XML, UK_XML, FTM, OWN, MAPPED)
READING, HELD, IN_FORCE, SUPERSEDED, REFUSED, FAILED = (
    "reading", "held", "in_force", "superseded", "refused", "failed",
)  # fmt: skip
STATES: Final = (READING, HELD, IN_FORCE, SUPERSEDED, REFUSED, FAILED)
NAME_LONGEST: Final = 80  # characters of a list's name
NAME: Final = re.compile(r"[a-z](?:[a-z0-9_-]|\.(?=[a-z]))*")
EVERY: Final = "default"  # the scope of all lists in force; no list may have its name
LISTS_MAX: Final = 64
PAIR_MAX: Final = 200  # characters of one pair of a mapping
WHY_MAX: Final = 500  # characters of a reason that a person gives


class Wait(msgspec.Struct, frozen=True):
    """Why a version waits for a person: a word (`screening.hold.*`), and what is shown of it."""

    why: str
    what: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one list.

    id: `ofac.3`. received: {file: SHA-256 of its bytes}. entries: hash of the file of what was read,
    by which decisions name the version. ended: the file says itself that nobody is on the list any
    more. before: the version that was in force when this was read.
    """

    id: str
    list: str
    reader: str
    received: dict[str, str]
    size: int
    by: str
    at: str
    source: str = ""
    dated: str = ""
    promised: str = ""
    mapping: dict[str, str] = {}
    state: str = READING
    entries: str = ""
    told: str = ""
    count: int = 0
    lost: int = 0
    odd: int = 0
    ended: bool = False
    before: str = ""
    added: int = 0
    changed: int = 0
    removed: int = 0
    waits: tuple[Wait, ...] = ()
    decided_by: str = ""
    decided_at: str = ""
    why: str = ""


class Book(msgspec.Struct, frozen=True):
    """All versions, in the order in which they came."""

    versions: tuple[Version, ...] = ()

    def find(self, name: str) -> Version:
        """Return a version. Raises OurFault("list.unknown")."""
        for each in self.versions:
            if each.id == name:
                return each
        raise OurFault("list.unknown", f"no version {name[:60]!r}", "see: detente screening lists")

    def of(self, name: str) -> tuple[Version, ...]:
        """Return the versions of a list. Raises OurFault("list.unknown")."""
        found = tuple(each for each in self.versions if each.list == name)
        if not found:
            raise OurFault("list.unknown", f"no list {name[:60]!r}", "see: detente screening lists")
        return found

    def in_force(self) -> dict[str, Version]:
        """Return the version in force of each list that has one."""
        return {each.list: each for each in self.versions if each.state == IN_FORCE}

    def lists(self) -> tuple[str, ...]:
        """Return the names of all lists."""
        return tuple(sorted({each.list for each in self.versions}))

    def reading(self) -> Version | None:
        """Return the first version that is still to be read."""
        return next((each for each in self.versions if each.state == READING), None)

    def having(self, version: Version) -> "Book":
        """Return the book with a version in the place of the one of its id, or at its end."""
        if all(each.id != version.id for each in self.versions):
            return Book((*self.versions, version))
        return Book(tuple(version if e.id == version.id else e for e in self.versions))


def begin(book: Book, version: Version) -> tuple[Book, Version]:
    """Return the book with a new version that is to be read, and the version with its id.

    Raises OurFault: list.name, list.busy while another of its list is being read.
    """
    if (
        len(version.list) > NAME_LONGEST
        or not NAME.fullmatch(version.list)
        or version.list == EVERY
    ):
        what = f"{version.list[:60]!r} is no name of a list"
        raise OurFault(
            "list.name",
            what,
            f"small letters, digits, - _ and ., at most {NAME_LONGEST}; not default",
        )
    same = [each for each in book.versions if each.list == version.list]
    if not same and len(book.lists()) >= LISTS_MAX:
        raise OurFault("list.name", f"{LISTS_MAX} lists are there already", "use one of them")
    busy = next((each for each in same if each.state == READING), None)
    if busy is not None:
        what = f"{busy.id}, given by {busy.by}, is being read"
        raise OurFault("list.busy", what, "wait until it is read, look at it, then load yours")
    named = msgspec.structs.replace(version, id=f"{version.list}.{len(same) + 1}", state=READING)
    return book.having(named), named


def read(book: Book, found: Version, now: str) -> Book:
    """Return the book after a version was read: in force at once, or held for a person.

    If another version came into force since its difference was made, it is held too.
    """
    known = book.find(found.id)
    if known.state != READING:
        return book
    current = book.in_force().get(found.list)
    if (current.id if current else "") != found.before:
        moved = Wait("moved", f"{current.id if current else '-'} is in force meanwhile")
        found = msgspec.structs.replace(found, waits=(*found.waits, moved))
    if found.waits:
        return book.having(msgspec.structs.replace(found, state=HELD))
    return _enforced(book, msgspec.structs.replace(found, decided_by=found.by, decided_at=now))


def fail(book: Book, name: str, what: str) -> Book:
    """Return the book after a version could not be read at all."""
    known = book.find(name)
    waits = (Wait("unreadable", what[:300]),)
    return book.having(msgspec.structs.replace(known, state=FAILED, waits=waits))


def apply(book: Book, name: str, by: str, why: str, now: str) -> Book:
    """Return the book after a person put a held version in force.

    Raises OurFault: list.unknown, list.state, list.empty, list.moved, list.reason,
    office.same_person for who loaded it.
    """
    version = _decidable(book, name, by, why)
    if not version.count and not version.ended:
        what = f"{name} has no entries: to put it in force would delist everybody"
        raise OurFault("list.empty", what, "refuse it, and get the file from its source again")
    current = book.in_force().get(version.list)
    if (current.id if current else "") != version.before:
        what = f"{name} was compared with {version.before or 'nothing'}; another is in force since"
        raise OurFault("list.moved", what, "load it again: its difference is made anew")
    return _enforced(book, _decided(version, by, why, now))


def refuse(book: Book, name: str, by: str, why: str, now: str) -> Book:
    """Return the book after a person refused a held version. Raises as `apply`."""
    version = _decided(_decidable(book, name, by, why), by, why, now)
    return book.having(msgspec.structs.replace(version, state=REFUSED))


def _decided(version: Version, by: str, why: str, now: str) -> Version:
    return msgspec.structs.replace(version, decided_by=by, decided_at=now, why=why.strip())


def _decidable(book: Book, name: str, by: str, why: str) -> Version:
    version = book.find(name)
    if version.state != HELD:
        what = f"{name} is not held: it is {version.state}"
        raise OurFault("list.state", what, "only a held version is decided on")
    if version.by == by:
        what = f"{by} loaded {name}"
        raise OurFault("office.same_person", what, "have another person look at it and decide")
    if not why.strip() or len(why) > WHY_MAX:
        what = f"a reason of 1 to {WHY_MAX} characters is wanted"
        raise OurFault("list.reason", what, "say why, so that it can be read years later")
    return version


def _enforced(book: Book, version: Version) -> Book:
    old = book.in_force().get(version.list)
    if old is not None and old.id != version.id:
        book = book.having(msgspec.structs.replace(old, state=SUPERSEDED))
    return book.having(msgspec.structs.replace(version, state=IN_FORCE))


def mapping_of(pairs: Iterable[str]) -> dict[str, str]:
    """Return a mapping of pairs as people write them, `OURS=THEIRS`. Raises OurFault("list.reader")."""
    found = {}
    for pair in pairs:
        if len(pair) > PAIR_MAX:
            what = f"a pair of {len(pair)} characters, where {PAIR_MAX} are read"
            raise OurFault("list.reader", what, "name the column in the file more shortly")
        ours, _, theirs = pair.partition("=")
        found[ours] = theirs
    return found


def hashes(versions: Iterable[Version]) -> Mapping[str, str]:
    """Return {list: hash of its entries}: how decisions name versions."""
    return {each.list: each.entries for each in sorted(versions, key=lambda each: each.list)}
