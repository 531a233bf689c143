"""Warning lists as this office holds them, and the values of a bundle that stand on one.

A list is a record to ourselves: who loaded it, and when, stands in our log. The newest under a name
stands. An entry is kept under what it is asked by, so that five million cost no more than five.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from detente.core.errors import OurFault
from detente.desks.cert import kinds
from detente.desks.cert.formats import indicators, warninglists
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.warninglists import WarningList
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, LongText, Mid, OneOf, Text, Value, Values, When, Whole
from detente.office.reader import Reader, every
from detente.office.tables import Row, Rows, Table

_NAME: Final = Field("name", Text(200))
LISTS: Final = Table(
    name="cert_warning_lists",
    key="name",
    columns=(
        _NAME,
        Field("mid", Mid()),
        Field("version", Whole()),
        Field("sort", OneOf(*warninglists.TYPES)),
        Field("count", Whole()),
        Field("left_out", Whole()),  # entries that could not be read
        Field("description", LongText(1_000), required=False),
        Field("created", When()),
    ),
)
ENTRIES: Final = Table(
    name="cert_warning_entries",
    key="place",
    columns=(
        Field("place", Text(240)),  # the list's name, a blank, and the number of the entry
        _NAME,
        Field("sort", OneOf(*warninglists.TYPES)),
        Field("entry", Text(1_100)),  # its type, a blank, and the text that it is asked by
        Field("mid", Mid()),
        Field("created", When()),
    ),
    find_by=(("entry",), ("name",), ("sort",)),
)
READ: Final = Table(name="cert_warning_reads", key="mid", columns=(Field("mid", Mid()),))
_HEAD: Final = "-"
_TRIED: Final = ("substring", "regex")  # no look-up finds these


class Hit(NamedTuple):
    """A value of an object that stands on a list."""

    id: str
    value: str
    list: str


def fold_lists(rows: Rows, opened: Opened) -> None:
    """Keep what a list is, the newest of its name. A stranger's list is none of ours."""
    listed = _read(opened)
    if listed is None or _is_older(rows.get(_plain(listed.name)), opened):
        return
    rows.put(
        {
            "name": _plain(listed.name),
            "mid": opened.mid,
            "version": listed.version,
            "sort": listed.type,
            "count": len(listed.entries),
            "left_out": len(listed.wrong),
            "description": _plain(listed.description) or None,
            "created": opened.created,
        }
    )


def fold_read(rows: Rows, opened: Opened) -> None:
    """Keep that a list was read, whatever stands in it."""
    rows.put({"mid": opened.mid})


def fold_entries(rows: Rows, opened: Opened) -> None:
    """Keep the entries of a list in place of those of an older one."""
    listed = _read(opened)
    if listed is None:
        return
    name = _plain(listed.name)
    before = rows.find({"name": name}, None, 1)
    if before and _is_older(before[0], opened):
        return
    while before := rows.find({"name": name}, None, 500):
        for row in before:
            rows.drop(row["place"])
    # The first row is no entry: a list that was emptied must not look like one that never was.
    keys = [_entry(warninglists.key_of(listed.type, entry)) for entry in listed.entries]
    same: dict[str, Value] = {
        "name": name,
        "sort": listed.type,
        "mid": opened.mid,
        "created": opened.created,
    }
    rows.put_many(
        [
            {**same, "place": f"{name} {number:07}", "entry": entry}
            for number, entry in enumerate((_HEAD, *keys))
        ]
    )


def hits(look: Reader, objects: Sequence[dict[str, Json]], *, own: bool = True) -> tuple[Hit, ...]:
    """Return every value of these objects that stands on a list: one that was loaded, or our own."""
    named = (
        (str(one.get("id")), sort, value) for one, sort, value in indicators.values_of(objects)
    )
    return hits_of(look, named, own=own)


def hits_of(
    look: Reader, named: Iterable[tuple[str, str, str]], *, own: bool = True
) -> tuple[Hit, ...]:
    """Return which of these values stand on a list. named: whose, the sort (observed.PATHS), the value."""
    sorts = {row.text("sort") for row in every(look, LISTS, {})}
    tried = [
        row for sort in _TRIED if sort in sorts for row in every(look, ENTRIES, {"sort": sort})
    ]
    found: dict[Hit, None] = {}
    nets = None if "cidr" in sorts else _OWN_NETS
    for whose, sort, value in named:
        keys = list(warninglists.keys_for(sort, value, nets))
        for name in (
            *(_own(keys) if own else ()),
            *_looked_up(look, keys, sorts),
            *_tried(tried, value),
        ):
            found[Hit(whose, value, name)] = None
    return tuple(found)


def _own(keys: Sequence[warninglists.Key]) -> Iterator[str]:
    asked = set(keys)
    return (name for name, known in _OWN if asked & known)


def _looked_up(look: Reader, keys: Sequence[warninglists.Key], sorts: set[str]) -> Iterator[str]:
    for key in keys:
        if key.type in sorts:
            for row in every(look, ENTRIES, {"entry": _entry(key)}):
                yield row.text("name")


def _tried(rows: Sequence[Values], value: str) -> Iterator[str]:
    for row in rows:
        sort, _, entry = row.text("entry").partition(" ")
        if entry and warninglists.has_part(sort, entry, value):
            yield row.text("name")


def _entry(key: warninglists.Key) -> str:
    return f"{key.type} {_plain(key.text)}"[:1_100]


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _read(opened: Opened) -> WarningList | None:
    if not opened.ours:
        return None
    try:
        return warninglists.read(opened.body.text("text").encode())
    except OurFault:
        return None  # the act reads it before; a record of another program may hold anything


def _is_older(row: Row | None, opened: Opened) -> bool:
    if row is None:
        return False
    kept = Values(row)
    return (opened.created, opened.mid) < (kept.moment("created"), kept.data("mid"))


_OWN: Final = tuple(
    (each.name, frozenset(warninglists.key_of(each.type, entry) for entry in each.entries))
    for each in warninglists.OWN
)
_OWN_NETS: Final = warninglists.nets_of(key for _, known in _OWN for key in known)
ALL: Final = (
    Fold(READ, (kinds.WARNING_LIST,), fold_read),
    Fold(LISTS, (kinds.WARNING_LIST,), fold_lists),
    Fold(ENTRIES, (kinds.WARNING_LIST,), fold_entries),
)
