"""Objects as a reader asks for them: pages in the order in which they came, versions, bytes, states.

    found = page(look, "from borealis.gov", Wanted(types=frozenset({"indicator"})), after=0, count=1_000)
    body = b",".join(raws(look, found.rows))     # never parsed, never written anew
    again = page(look, "from borealis.gov", ..., after=found.after, count=1_000)

`after` is exclusive: microseconds since 1970 as in a row's `added`, be it from a row or a clock. A page
holds the rows that were committed when it was read; what is committed later has a greater number.
Nothing is held but one page; a page that looked at SCANNED_MAX rows ends early and says `more`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Final, Literal

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert import index, spells
from detente.desks.cert.formats import stix
from detente.desks.cert.spells import added
from detente.office.fields import Value
from detente.office.offering import Wanted
from detente.office.reader import Reader
from detente.office.tables import Row

SCANNED_MAX: Final = 20_000  # rows that one page looks at
_CHUNK: Final = 1_001  # rows read at once: a customary page, and whether there is more
# An observable has no version; TAXII lets a server name one, if it always does (5.3.1).
UNVERSIONED: Final = "1970-01-01T00:00:00.000Z"
BEGINNING: Final = stix.instant_of(UNVERSIONED)
State = Literal["valid", "withdrawn", "disputed"]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of index.INDEX in the order of `added`. after: where the next page begins."""

    rows: tuple[Row, ...]
    more: bool
    after: int


def page(look: Reader, lane: str, wanted: Wanted, after: int, count: int) -> Page:
    """Return at most `count` rows that programs see in a lane, added after a number; "": in all."""
    found: list[Row] = []
    reach, scanned, fits = after, 0, _Fits(lane, wanted)
    for row in _rows(look, lane, wanted, after, count):
        if len(found) >= count or scanned >= SCANNED_MAX:
            return Page(tuple(found), more=True, after=reach)
        scanned, reach = scanned + 1, row["added"]  # type: ignore[assignment]
        if fits(row):
            found.append(row)
    return Page(tuple(found), more=False, after=reach)


def versions(look: Reader, identity: str) -> tuple[Row, ...]:
    """Return every version of an object, the latest first: what stands before what was taken back."""
    rows = [row for row in _of_id(look, identity) if not row["clash"] and row["taken"] is None]
    found: dict[Value, Row] = {}
    for row in sorted(rows, key=lambda each: (each["gone"] is True, added(each))):
        found.setdefault(row["edition"], row)
    return tuple(sorted(found.values(), key=spells.rank, reverse=True))


def clashes(look: Reader, identity: str) -> tuple[Row, ...]:
    """Return what contradicts a version of an object under the same id and time: the evidence."""
    return tuple(row for row in _of_id(look, identity) if row["clash"])


def held(look: Reader, identity: str) -> list[Row]:
    """Return what programs see or saw of an object, in the order of its adding."""
    rows = _of_id(look, identity)
    return [row for row in rows if not row["clash"] and row["tlp"] != "RED"]


def raws(look: Reader, rows: Sequence[Row]) -> list[bytes]:
    """Return the bytes of each row's object, as they stood in its bundle, in the order of rows.

    Of a row that tells that an object was taken back: the object as it says so. What was purged since
    is left out.
    """
    keys = [_raw(look, row) for row in rows]
    by_key = {each["raw"]: each["bytes"] for each in look.get_many(index.RAWS, keys)}
    found = []
    for key, row in zip(keys, rows, strict=True):
        data, taken = by_key.get(key), row["taken"]
        if isinstance(data, bytes):
            found.append(revoked(data, taken) if isinstance(taken, Moment) else data)
    return found


def revoked(data: bytes, at: Moment) -> bytes:
    """Return an object as one that its author takes back: STIX 2.1 section 3.2, a version of its own."""
    told = {**json.loads(data), "modified": str(at), "revoked": True}
    return json.dumps(told, ensure_ascii=False).encode()


def standing(look: Reader, row: Row) -> Row:
    """Return the saying that stands for a row: its own, or a later one where that was taken back."""
    if row["by"] == row["added"]:
        return row
    return look.get(index.AGAIN, row["by"]) or look.get(index.INDEX, row["by"]) or row


def stands(look: Reader, rows: Sequence[Row]) -> list[State]:
    """Return where each saying stands, in the order of rows.

    withdrawn: the party that said it took it back in every record in which it said it there.
    disputed: another content came under the same id and time.
    """
    return [_state(_spell(look, row)) for row in rows]


def _state(row: Row) -> State:
    if row["clash"]:
        return "disputed"
    return "withdrawn" if row["gone"] else "valid"


def _spell(look: Reader, row: Row) -> Row:
    """Return the row of INDEX that a saying is part of."""
    if look.get(index.INDEX, row["added"]) is not None:
        return row
    same = [
        each
        for each in look.find(index.INDEX, {"oid": row["oid"]}, None, limits.MAX_VERSIONS)
        if all(each[name] == row[name] for name in ("lane", "edition", "sha256"))
        and each["taken"] is None
        and added(each) < added(row)
    ]
    return same[-1] if same else row


def _raw(look: Reader, row: Row) -> Value:
    return row["raw"] if row["by"] == row["added"] else standing(look, row)["raw"]


class _Fits:
    """Says whether a row is to be shown."""

    def __init__(self, lane: str, wanted: Wanted) -> None:
        self._lane, self._wanted = lane, wanted
        one, first, last = (
            (spells.LANE, spells.FIRST, spells.LAST)
            if lane
            else (spells.ALL, spells.ALL_FIRST, spells.ALL_LAST)
        )
        asked = wanted.versions
        self._flags = (
            one if "all" in asked else first * ("first" in asked) | last * ("last" in asked)
        )
        self._one = one
        self._instants = asked - {"all", "first", "last"}

    def __call__(self, row: Row) -> bool:
        shown, wanted = row["shown"], self._wanted
        assert isinstance(shown, int)
        if not shown & self._flags and not (
            self._instants and shown & self._one and instant_of(row) in self._instants
        ):
            return False
        return (
            (not self._lane or row["lane"] == self._lane)
            and (not wanted.types or row["type"] in wanted.types)
            and (not wanted.ids or row["id"] in wanted.ids)
        )


def instant_of(row: Row) -> str:
    """Return when a version was made, as it sorts; for what has no version, the beginning of time."""
    return spells.plain(row) or BEGINNING


def _rows(look: Reader, lane: str, wanted: Wanted, after: int, count: int) -> Iterator[Row]:
    if wanted.ids:
        found = [row for each in sorted(wanted.ids) for row in _of_id(look, each)]
        return iter(sorted((row for row in found if added(row) > after), key=added))
    wheres: list[Mapping[str, Value]] = [{"lane": lane} if lane else {}]
    if lane and wanted.types:
        wheres = [{"lane": lane, "type": kind} for kind in sorted(wanted.types)]
    chunk = min(count + 1, _CHUNK // len(wheres) + 1)
    if len(wheres) == 1:
        return _stream(look, wheres[0], after, chunk)
    return merge(*(_stream(look, where, after, chunk) for where in wheres), key=added)


def _stream(look: Reader, where: Mapping[str, Value], after: int, chunk: int) -> Iterator[Row]:
    while True:
        rows = look.find(index.INDEX, where, after, chunk)
        yield from rows
        if len(rows) < chunk:
            return
        after = added(rows[-1])


def _of_id(look: Reader, identity: str) -> Sequence[Row]:
    return look.find(index.INDEX, {"oid": index.oid_of(identity)}, None, limits.MAX_VERSIONS)
