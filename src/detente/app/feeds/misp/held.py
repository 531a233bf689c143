"""Objects that the office holds, as feeds of MISP need them: the newest version of each, parsed."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from detente.desks.cert.files import MISP
from detente.office.offered import Collection, Offered
from detente.office.offering import ALL, Page, Shown, Wanted
from detente.office.people import Person

Object = dict[str, Any]
IDS_AT_ONCE = 500


def newest(
    room: Offered, person: Person, collection: Collection, ids: Iterable[str]
) -> list[Object]:
    """Return the newest version of each object that stands in a collection."""
    wanted, found = sorted(set(ids)), list[Object]()
    for start in range(0, len(wanted), IDS_AT_ONCE):
        some = frozenset(wanted[start : start + IDS_AT_ONCE])
        page = room.page(person, collection, Wanted(ids=some), -1, IDS_AT_ONCE)
        found += [json.loads(text) for text in room.texts(page)]
    return found


def beside(
    room: Offered, person: Person, collection: Collection, objects: Sequence[Object]
) -> list[Object]:
    """Return what objects name and need beside them."""
    return newest(room, person, collection, MISP.refs_of(objects))


def fresh(room: Offered, alias: str, objects: Sequence[Object], event_at: int) -> list[Object]:
    """Return what of an event's objects says something that is not held yet, in versions that can stand.

    Definitions stay: each bundle needs its own.
    """
    texts = [json.dumps(one, ensure_ascii=False) for one in objects]
    known = room.known([room.lane_of(alias)], [str(one["id"]) for one in objects])
    found: list[Object] = []
    for one, judged in zip(objects, room.offering.judge(texts).each, strict=True):
        rows = known[str(one["id"])][0]
        if not rows or one["type"] == "marking-definition":
            found.append(one)
            continue
        last = max(rows, key=lambda row: row.instant)
        if last.sha256 == judged.sha256 or "modified" not in one or MISP.is_shared(one):
            continue
        if last.gone or last.row["taken"]:  # taken back: only what came after that is news
            found += [one] if judged.instant > last.instant else []
            continue
        (text,) = room.texts(Page((last,), 0, more=False))
        newer = MISP.fit(one, json.loads(text), event_at)
        found += [newer] if newer is not None else []
    return found


def news(
    room: Offered, person: Person, collection: Collection, after: int, count: int
) -> tuple[Page, list[Object]]:
    """Return what stands new in a collection, with what was taken back of it; see Page for the place.

    Of what goes to ourselves alone a withdrawal leaves nothing there that could be read: it stands in ALL,
    as everything does.
    """
    every = room.collection(person, ALL)
    page = room.page(person, every, Wanted(versions=frozenset({"all"})), after, count)
    rows = page.rows
    if collection.alias != ALL:
        known = room.known([collection.lane], [row.id for row in rows])
        rows = tuple(row for row in rows if _stands(row, known[row.id][0]))
    some = Page(rows, page.upto, page.more)
    return some, [json.loads(text) for text in room.texts(some)]


def _stands(row: Shown, there: Sequence[Shown]) -> bool:
    if row.row["taken"]:
        return bool(there)
    return any(each.instant == row.instant and not each.gone for each in there)
