"""What objects name each other: an index by the one that is named, and steps from one to the next."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from detente.desks.cert import index, kinds, paging
from detente.desks.cert.formats import describing
from detente.desks.cert.formats.notes import Object
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Text
from detente.office.reader import Reader
from detente.office.tables import Row, Rows, Table

_CHUNK: Final = 200

LINKS: Final = Table(  # its key puts together what names one object, in the order of numbers
    name="cert_links",
    key="place",
    columns=(Field("place", Text(400)),),
)


@dataclass(frozen=True, slots=True)
class Tie:
    """A step to another object. what: the relationship or property; side: who names whom.

    via: the relationship that says so, "" if the object itself does. by: the desk that said it.
    """

    what: str
    side: Literal["to", "by"]
    other: str
    via: str
    state: paging.State
    by: str


def fold_links(rows: Rows, opened: Opened) -> None:
    """Keep under each id what names it."""
    rows.put_many(
        [
            {"place": _place(target, opened.added + place)}
            for place, one in enumerate(index.objects(opened))
            for _, target in describing.refs_of(one)
        ]
    )


def objects_of(look: Reader, rows: Sequence[Row]) -> list[Object]:
    """Return each row's object, read."""
    return [json.loads(each) for each in paging.raws(look, rows)]


def title(look: Reader, identity: str) -> str:
    """Return what an object is called here; "" for one that is not here."""
    rows = paging.versions(look, identity)[:1]
    return describing.title_of(objects_of(look, rows)[0]) if rows else ""


def saying(look: Reader, identity: str, count: int) -> list[tuple[Row, Object]]:
    """Return what names an object in its last version, at most `count`, each read."""
    found: list[Row] = []
    for raw in _numbers(look, identity):
        row = look.get(index.INDEX, raw)
        if row is not None and row["last"] and not row["clash"]:
            found.append(row)
        if len(found) >= count:
            break
    return list(zip(found, objects_of(look, found), strict=True))


def ties(look: Reader, identity: str, count: int) -> list[Tie]:
    """Return at most `count` steps from an object, those that it names itself first."""
    found: dict[tuple[str, str, str], Tie] = {}
    heads = paging.versions(look, identity)[:1]
    pairs = [*zip(heads, objects_of(look, heads), strict=True), *saying(look, identity, count)]
    states = paging.stands(look, [row for row, _ in pairs])
    for (row, one), state in zip(pairs, states, strict=True):
        for tie in _ties(identity, row, one, state):
            found.setdefault((tie.what, tie.side, tie.other), tie)
            if len(found) >= count:
                return list(found.values())
    return list(found.values())


def _ties(identity: str, row: Row, one: Object, state: paging.State) -> Iterator[Tie]:
    kind, own, by = str(one.get("type")), str(one.get("id")), str(row["from"])
    ends = _ends(kind, one)
    if own == identity:
        for name, target in describing.refs_of(one):
            yield Tie(name, "to", target, "", state, by)
    elif ends is None:
        for name, target in describing.refs_of(one):
            if target == identity:
                yield Tie(name, "by", own, "", state, by)
    else:
        what, first, second = ends
        for source in first:
            for target in second:
                if source == identity:
                    yield Tie(what, "to", target, own, state, by)
                elif target == identity:
                    yield Tie(what, "by", source, own, state, by)


def _ends(kind: str, one: Object) -> tuple[str, list[str], list[str]] | None:
    named: dict[str, list[str]] = {}
    for name, target in describing.refs_of(one):
        named.setdefault(name, []).append(target)
    if kind == "relationship":
        what = str(one.get("relationship_type"))[:250]
        return what, named.get("source_ref", []), named.get("target_ref", [])
    if kind == "sighting" and "where_sighted_refs" in named:
        return "sighting", named["where_sighted_refs"], named.get("sighting_of_ref", [])
    return None


def _place(target: str, raw: int) -> str:
    return f"{target}\t" if raw < 0 else f"{target}\t{raw:014x}"


def _numbers(look: Reader, identity: str) -> Iterator[int]:
    start = place = _place(identity, -1)
    while True:
        rows = look.find(LINKS, {}, place, _CHUNK)
        for row in rows:
            place = str(row["place"])
            if not place.startswith(start):
                return
            yield int(place[len(start) :], 16)
        if len(rows) < _CHUNK:
            return


ALL: Final = (Fold(LINKS, (kinds.BUNDLE,), fold_links),)
