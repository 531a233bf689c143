"""A bundle too large for one record, looked at once from end to end: what it holds, and how it is cut.

Objects come by hundreds and are forgotten; kept is what cutting asks for: where each stands, what it
is marked with, whether what it names comes later. Pure.
"""

from array import array
from collections.abc import Iterable, Sequence
from hashlib import blake2b, sha256
from typing import Final, NamedTuple

from detente.core import limits
from detente.desks.cert.formats import marking, stix, stream, strict
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.stix import Ref
from detente.desks.cert.formats.strict import Found

SIZE_MAX: Final = limits.MAX_BUNDLE_PARTS * limits.MAX_BUNDLE  # bytes of the whole
SLICE: Final = 250  # objects that are looked at together
_LATE: Final = frozenset(
    {
        "relationship",
        "sighting",
        "note",
        "opinion",
        "report",
        "grouping",
        "observed-data",
        "malware-analysis",
        "language-content",
    }
)
_DECIDES: Final = ("type", "id", "object_marking_refs", "granular_markings", "sectors")
_NAMES: Final = ("source_ref", "target_ref", "created_by_ref", "sighting_of_ref", "object_ref")
_FRAME: Final = stream.FRAME - 1  # the last object has no comma after it
_HEAD: Final = b'{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":['


class Slice(NamedTuple):
    """Some objects in their order; first: the place of the first of them in the whole."""

    first: int
    refs: Sequence[Ref]
    objects: Sequence[Object]


class Piece(NamedTuple):
    """A part of the whole: places of its objects, and of definitions that go again for their sake."""

    own: Sequence[int]
    again: Sequence[int]


class Survey:
    """One pass over a bundle. `feed` it, then `end` it, then `pieces` says how it is cut."""

    def __init__(self, part_max: int) -> None:
        """Begin; nothing was read yet. part_max: objects that one part may have."""
        self._part_max = part_max
        self._count_max = part_max * limits.MAX_BUNDLE_PARTS
        self._scan = stream.Scan()
        self._held: list[stream.Cut] = []
        self._places: dict[bytes, int] = {}  # of versions
        self._ids: set[bytes] = set()
        self._awaited: set[bytes] = set()  # named, and not there yet
        self._at, self._lengths = array("Q"), array("L")
        self._late = bytearray()  # 1 for what speaks of others
        self._marks: dict[tuple[object, ...], int] = {}
        self._mark_of = array("L")
        self.counts: list[int] = []  # objects of each mark
        self.examples: list[Object] = []  # one object of each mark, with nothing but what decides
        self.definitions: dict[int, Object] = {}  # of markings, by place
        self._defined: dict[str, list[int]] = {}  # their places, by id
        self._sha256 = sha256()
        self.size = 0
        self.is_turned = False  # something stands before what it names
        self.bundle = ""

    @property
    def count(self) -> int:
        """How many objects were read."""
        return len(self._at)

    @property
    def sha256(self) -> bytes:
        """H of all that was read."""
        return self._sha256.digest()

    @property
    def tlp(self) -> str:
        """The strictest marking, "" if nothing is marked."""
        return marking.strictest([*self.definitions.values(), *self.examples])

    def feed(self, data: bytes) -> list[Slice]:
        """Read on. Raises Found: no bundle, or one that no one may send."""
        self._sha256.update(data)
        self.size += len(data)
        if self.size > SIZE_MAX:
            raise Found("stix.size", f"more than {SIZE_MAX} bytes", "split the bundle")
        found = []
        for one in self._scan.feed(data):
            self._held.append(one)
            if len(self._held) == SLICE:
                found.append(self._take())
        return found

    def end(self) -> list[Slice]:
        """Read what is left. Raises Found."""
        self._scan.end()
        found = [self._take()] if self._held else []
        whole = strict.parse(self._scan.outside).value
        self.bundle = stix.head_of(whole)
        if not self.count:
            raise Found("stix.shape", "the bundle has no objects", "put at least one object in it")
        self._awaited.clear()
        self._ids.clear()
        self._places.clear()
        return found

    def _take(self) -> Slice:
        first, held = self.count, self._held
        self._held = []
        refs, objects = _examine(first, held)
        for one, ref, cut in zip(objects, refs, held, strict=True):
            self._note(one, ref, cut)
        return Slice(first, refs, objects)

    def _note(self, one: Object, ref: Ref, cut: stream.Cut) -> None:
        place = self.count
        if place >= self._count_max:
            what = f"more than {self._count_max} objects"
            raise Found("stix.count", what, "split the bundle")
        first = self._places.setdefault(_short(f"{ref.id} {ref.modified}"), place)
        if first != place:
            what = f"object {place} ({ref.id}) is the version of object {first} again"
            raise Found("stix.shape", what, "keep one, or give it a new modified")
        self._at.append(cut.at)
        self._lengths.append(len(cut.data))
        self._late.append(one["type"] in _LATE)
        if one["type"] == marking.TYPE:
            self.definitions[place] = one
            self._defined.setdefault(ref.id, []).append(place)
            if len(self.definitions) > limits.MAX_STREAM_DEFINITIONS:
                what = f"more than {limits.MAX_STREAM_DEFINITIONS} definitions of markings"
                raise Found("stix.count", what, "split the bundle")
        self._note_mark(one)
        self._note_order(one, ref.id)

    def _note_mark(self, one: Object) -> None:
        told = marking.refs(one)
        sectors = one.get("sectors")
        named = tuple(map(str, sectors)) if isinstance(sectors, list) else ()
        key = (str(one["type"]), told, named)
        number = self._marks.setdefault(key, len(self.counts))
        if number == len(self.counts):
            if number == limits.MAX_STREAM_MARKS:
                what = f"more than {number} ways in which type, marking and sector differ"
                raise Found("stix.count", what, "split the bundle")
            self.counts.append(0)
            is_definition = one["type"] == marking.TYPE  # half of one would define something else
            left: Object = {name: value for name, value in one.items() if name in _DECIDES}
            self.examples.append(one if is_definition else left)
        self.counts[number] += 1
        self._mark_of.append(number)

    def _note_order(self, one: Object, identity: str) -> None:
        self._ids.add(mine := _short(identity))
        if self.is_turned:
            return
        self.is_turned = mine in self._awaited
        for each in _named(one):
            name = _short(each)
            if name not in self._ids and len(self._awaited) < limits.MAX_STREAM_REFS:
                self._awaited.add(name)

    def pieces(self, size_max: int = limits.MAX_BUNDLE) -> list[Piece]:
        """Return how the whole is cut, in order. Raises Found if more than MAX_BUNDLE_PARTS come out.

        The order of the file stays; if something stands before what it names, then what speaks of
        others (relationships, reports …) goes after all that does not.
        """
        count_max = self._part_max
        made: list[Piece] = []
        own: list[int] = []
        again: dict[int, None] = {}
        size = _FRAME
        for place in self._order():
            needs = [each for each in self._needs(place) if each not in again]
            more = sum(self._lengths[each] + 1 for each in (place, *needs))
            count = len(own) + len(again) + 1 + len(needs)
            if own and (count > count_max or size + more > size_max):
                made.append(_piece(own, again))
                own, again, size = [], {}, _FRAME
                needs = self._needs(place)
                more = sum(self._lengths[each] + 1 for each in (place, *needs))
            if size + more > size_max or len(needs) >= count_max:
                what = f"object {place} and the markings that it needs are {more} bytes"
                raise Found("stix.size", what, "mark it with less")
            own.append(place)
            again |= dict.fromkeys(needs)
            size += more
        made.append(_piece(own, again))
        if len(made) > limits.MAX_BUNDLE_PARTS:
            what = f"it makes {len(made)} records, where {limits.MAX_BUNDLE_PARTS} are allowed"
            raise Found("stix.count", f"{what} (MAX_BUNDLE_PARTS)", "split the bundle")
        return made

    def span(self, place: int) -> tuple[int, int]:
        """Return where the bytes of an object stand: from, to."""
        return self._at[place], self._at[place] + self._lengths[place]

    def _order(self) -> Iterable[int]:
        if not self.is_turned:
            return range(self.count)
        return sorted(range(self.count), key=lambda place: self._late[place])

    def _needs(self, place: int) -> list[int]:
        """Return the places of all definitions that the marking of an object asks for."""
        found: dict[int, None] = {}
        left = [self._mark_of[place]]
        while left:
            for ref in marking.refs(self.examples[left.pop()]):
                for at in self._defined.get(ref, ()):
                    if at not in found and at != place:
                        found[at] = None
                        left.append(self._mark_of[at])
        return list(found)


def _piece(own: list[int], again: Iterable[int]) -> Piece:
    mine = set(own)
    return Piece(own, [each for each in again if each not in mine])


def _examine(first: int, held: Sequence[stream.Cut]) -> tuple[Sequence[Ref], Sequence[Object]]:
    data = _HEAD + b",".join(one.data for one in held) + b"]}"
    try:
        return stix.objects_of(data, first)
    except Found:
        pass
    for place, one in enumerate(held, first):  # which of them it is
        try:
            stix.objects_of(_HEAD + one.data + b"]}", place)
        except Found as found:
            code, what, remedy = found.flaw
            told = (
                what
                if what.startswith("object ")
                else f"object {place}, from byte {one.at}: {what}"
            )
            raise Found(code, told, remedy) from None
    raise AssertionError("together they are what each of them is")


def _named(one: Object) -> list[str]:
    found = [str(one[name]) for name in _NAMES if name in one]
    for name, value in one.items():
        if name.endswith("_refs") and name != "object_marking_refs" and isinstance(value, list):
            found += map(str, value)
    return found


def _short(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
