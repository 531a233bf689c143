"""Who holds an object that we said, and what became of each copy; and how a correction finds them all."""

import json
from collections.abc import Sequence
from typing import Final

from detente.core import names
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import acts, folds, index, kinds, paging, rules
from detente.desks.cert.formats import ids, marking
from detente.desks.cert.formats.members import Object
from detente.desks.cert.spells import added
from detente.office import house
from detente.office.desk import Act, Look, Role
from detente.office.drafting import TLP, URGENCY, WITHIN, Draft
from detente.office.enclosed import ATTACH
from detente.office.fields import Field, Mid, OneOf, Text, Values, When
from detente.office.offered_rows import WALKED
from detente.office.offering import ALL, FROM, FROM_LANE, LOCAL, TO, TO_LANE
from detente.office.reader import Reader, every
from detente.office.tables import Row

REACHED: Final = ("sent", "arrived", "seen")  # seen: by a person
GONE: Final = ("removed", "kept", "not_held")
FETCHED: Final = ("fetched", "not_yet")
STATES: Final = ("stands", "asked", *GONE)
_ID: Final = Field("id", kinds.OBJECT_ID.type, bare=True)
_FIXED: Final = (marking.TYPE, "extension-definition")


def read_copies(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return each desk that an object of ours went to: how far it came, what it says, whether it is gone."""
    identity = values.text("id")
    found: list[Row] = []
    for one in index.said(look, identity):
        bundle = acts.bundle_at(look, one.data("mid"))
        if not bundle.flag("ours"):
            continue
        version = (identity, index.modified_of(one))
        back = _withdrawal(look, bundle, version)
        others = (desk for desk in bundle.texts("to") if desk != bundle["from"])
        found += [_copy(look, bundle, one, back, desk) for desk in others]
    if not found:
        what = f"no bundle of ours holds {identity} but our own"
        raise OurFault("cert.no_object", what, "see who said it: detente cert object")
    return tuple(sorted(found, key=lambda row: (str(row["to"]), str(row["sent"]))))


def _copy(look: Reader, bundle: Values, one: Values, back: Values | None, desk: str) -> Row:
    mid, party = bundle.data("mid"), names.party_of(desk)
    answers = every(look, folds.ANSWERS, {"to": mid, "party": party})
    row: dict[str, object] = {
        "to": desk,
        "modified": index.modified_of(one) or None,
        "reached": reached(look, mid, desk),
        "answer": next((each["verdict"] for each in answers), None),
        "state": "stands",
        "told": None,
        "because": None,
        "mid": mid,
        "withdrawal": None,
        "sent": bundle["created"],
    }
    if back is not None:
        row |= {"state": "asked", "told": reached(look, back.data("mid"), desk)}
        row |= {"withdrawal": back["mid"], **_done(look, back, party, one)}
    return row  # type: ignore[return-value]


def _done(look: Reader, back: Values, party: str, one: Values) -> dict[str, object]:
    said = [
        row for row in every(look, folds.WITHDRAWN, {"of": back["mid"]}) if row["party"] == party
    ]
    newest = max(said, key=lambda row: (row.moment("kept_at"), row.data("mid")), default=None)
    for each in newest.parts("done") if newest else ():
        if (each["id"], each.text("modified")) in (
            (one["id"], index.modified_of(one)),
            (one["id"], ""),
        ):
            return {"state": each["state"], "because": each.get("because")}
    return {}


def _withdrawal(look: Reader, bundle: Values, version: rules.Version) -> Values | None:
    party = bundle.text("party")
    rows = every(look, folds.WITHDRAWALS, {"of": bundle["mid"], "party": party})
    taken = (row for row in rows if rules.withdrawn(party, [version], [folds.withdrawal_of(row)]))
    return min(taken, key=lambda row: (row.moment("kept_at"), row.data("mid")), default=None)


def reached(look: Reader, mid: bytes, desk: str) -> str:
    """Return how far a record of ours came at a desk: sent, arrived there, or seen by a person."""
    if look.get(house.READS, house.said_key(mid, desk)) is not None:
        return "seen"
    for place in every(look, house.PLACES, {"mid": mid}):
        key = house.delivery_key(desk, place.text("origin"))
        opened = Values(look.get(house.DELIVERIES, key) or {})
        refused = opened.get("not", ())
        at = place.whole("place")
        if opened.whole("upto", 0) > at and not (isinstance(refused, tuple) and at in refused):
            return "arrived"
    return "sent"


def build_correct(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Send new versions of objects to every desk that an earlier one of each went to."""
    data = values.data("file")
    objects = acts.read_whole(data)
    held: dict[tuple[str, ...], list[Object]] = {}
    for one in objects:
        if one.get("type") not in _FIXED:
            held.setdefault(_holders(look, str(one["id"])), []).append(one)
    if not held:
        raise OurFault("cert.no_object", "nothing in it went to anybody", "send it: cert send")
    if len(held) == 1:
        return acts.bundle_of(data, values.with_(to=next(iter(held))), look, now, own=False)
    fixed = [one for one in objects if one.get("type") in _FIXED]
    return tuple(
        draft
        for to, some in sorted(held.items())
        for draft in acts.bundle_of(
            _bundle([*fixed, *some]), values.with_(to=to), look, now, own=False
        )
    )


def _holders(look: Reader, identity: str) -> tuple[str, ...]:
    found: set[str] = set()
    for one in index.said(look, identity):
        bundle = acts.bundle_at(look, one.data("mid"))
        if bundle.flag("ours"):
            found |= set(bundle.texts("to")) - {bundle.text("from")}
    if not found:
        what = f"no bundle of ours that went to others holds {identity}"
        raise OurFault("cert.no_object", what, "leave it out, or send it: cert send")
    return tuple(sorted(found))


def _bundle(objects: Sequence[Object]) -> bytes:
    name = ids.uuid("part", *(f"{one['id']} {one.get('modified', '')}" for one in objects))
    whole: Object = {"type": "bundle", "id": f"bundle--{name}", "objects": [*objects]}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def read_readers(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return which programs' readers had an object from our collections, and its revocation."""
    rows = paging.held(look, values.text("id"))
    found: list[Row] = []
    for asked in every(look, WALKED, {}):
        alias = asked.text("collection")
        mine = [row for row in rows if _stands_in(alias, row)]
        had = [_had(asked, row) for row in mine if row["taken"] is None]
        back = [_had(asked, row) for row in mine if row["taken"] is not None]
        if mine:
            found.append(
                {
                    "collection": alias,
                    "person": asked["person"],
                    "label": asked.get("label"),
                    "at": asked["at"],
                    "read": "fetched" if any((*had, *back)) else "not_yet",
                    "back": ("fetched" if back[-1] else "not_yet") if back else None,
                }
            )
    return tuple(sorted(found, key=lambda row: (str(row["collection"]), str(row["person"]))))


def _stands_in(alias: str, row: Row) -> bool:
    lane = str(row["lane"])
    if alias == ALL:
        return True
    if alias == LOCAL:
        return lane == TO_LANE + str(row["party"])
    for start, way in ((FROM, FROM_LANE), (TO, TO_LANE)):
        if alias.startswith(start):
            return lane == way + alias.removeprefix(start)
    return False


def _had(asked: Values, row: Row) -> bool:
    return asked.whole("since", -1) < added(row) <= asked.whole("reached", -1)


COPIES: Final = Look(
    name="cert/copies",
    fields=(_ID,),
    read=read_copies,
    columns=(
        Field("to", Text(96)),
        kinds.MODIFIED,
        Field("reached", OneOf(*REACHED)),
        Field("answer", kinds.VERDICTS, required=False),
        Field("state", OneOf(*STATES)),
        Field("told", OneOf(*REACHED), required=False),
        kinds.BECAUSE,
        Field("mid", Mid()),
        Field("withdrawal", Mid(), required=False),
        Field("sent", When()),
    ),
    example="indicator--33fe3b22-0201-47cf-85d0-97c02164528d",
)
READERS: Final = Look(
    name="cert/readers",
    fields=(_ID,),
    read=read_readers,
    columns=(
        Field("collection", Text(96)),
        Field("person", Text(64)),
        Field("label", Text(64), required=False),
        Field("at", When()),
        Field("read", OneOf(*FETCHED)),
        Field("back", OneOf(*FETCHED), required=False),
    ),
    example="indicator--33fe3b22-0201-47cf-85d0-97c02164528d",
)
CORRECT: Final = Act(
    name="cert/correct",
    fields=(
        acts.FILE,
        kinds.ABOUT,
        kinds.ASKS,
        TLP,
        *URGENCY,
        WITHIN,
        acts.DESPITE,
        ATTACH,
    ),
    build=build_correct,
    role=Role.AUTHOR,
    source=kinds.BUNDLE.source,
    example='bundle.json --about "The port is 8443" --tlp AMBER',
)
