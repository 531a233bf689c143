"""What a person sees of one object: who said it, what it is tied to, when, its bytes, what is odd."""

from collections.abc import Iterator
from typing import Final, get_args

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import clashing, finding, folds, index, kinds, linking, paging
from detente.desks.cert.formats import checking, describing, values
from detente.office.desk import Look
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Digest,
    Field,
    FileText,
    Mid,
    OneOf,
    Text,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.tables import Row

_ID: Final = Field("id", kinds.OBJECT_ID.type, bare=True)
_COUNT: Final = Field("count", Whole(1, 500), default=100)
_STATE: Final = Field("state", OneOf(*get_args(paging.State), "refused"))
_TITLE: Final = Field("title", Text(200), required=False)
_FROM: Final = Field("from", Text(96))
_TLP: Final = Field("tlp", OneOf(*MARKINGS))
_SAID_MAX: Final = 500
_NAMES: Final = tuple(index.INDEX.named)


def read_find(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return objects that hold a value, the very value first, then networks around an address."""
    rows = finding.find_value(look, given.text("value"), given.whole("count", 100))
    states = paging.stands(look, rows)
    opened = linking.objects_of(look, rows)
    return tuple(
        {
            "id": row["id"],
            "modified": row["version"],
            "title": describing.title_of(one)[:200] or None,
            "state": state,
            "from": row["from"],
            "tlp": row["tlp"],
            "mid": row["mid"],
        }
        for row, state, one in zip(rows, states, opened, strict=True)
    )


def read_object(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return each time somebody said an object: which version, when, under what marking."""
    _at_least_one(look, given)
    said = index.said(look, given.text("id"))[:_SAID_MAX]
    states = paging.stands(look, [dict.fromkeys(_NAMES) | dict(row) for row in said])
    rows = [_said(look, row, state) for row, state in zip(said, states, strict=True)]
    rows += [_refused(each) for each in every(look, clashing.CONFLICTS, {"id": given["id"]})]
    return tuple(sorted(rows, key=lambda row: Values(row).moment("kept_at")))


def _said(look: Reader, row: Values, state: paging.State) -> Row:
    bundle = look.get(folds.BUNDLES, row["mid"])
    assert bundle is not None, "both tables are filled by the same record"
    told: Row = {
        "kept_at": bundle["kept_at"],
        "modified": row["version"],
        "from": row["from"],
        "state": state,
        "tlp": bundle["tlp"],
        "mid": row["mid"],
        "sha256": row["sha256"],
    }
    return told


def _refused(one: Values) -> Row:
    """Return what we were about to say of an object, and did not: it contradicted."""
    return {
        "kept_at": one["created"],
        "modified": one.get("modified"),
        "from": one["from"],
        "state": "refused",
        "tlp": "RED",
        "mid": one["mid"],
        "sha256": one["sha256"],
    }


def read_near(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what an object names and what names it; relationships stand as one step."""
    _at_least_one(look, given)
    ties = linking.ties(look, given.text("id"), given.whole("count", 100))
    return tuple(
        {
            "what": tie.what,
            "side": tie.side,
            "id": tie.other,
            "title": linking.title(look, tie.other)[:200] or None,
            "via": tie.via or None,
            "state": tie.state,
            "from": tie.by or None,
        }
        for tie in ties
    )


def read_timeline(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what happened to an object by the times that objects themselves tell, the first first."""
    _at_least_one(look, given)
    told = list(_told(look, given.text("id"), given.whole("count", 100)))
    return tuple(sorted(told, key=lambda row: (str(row["at"]), str(row["what"]), str(row["id"]))))


def _told(look: Reader, identity: str, count: int) -> Iterator[Row]:
    rows = paging.versions(look, identity)[:count]
    by_tie = linking.saying(look, identity, count)
    for row, one in (*zip(rows, linking.objects_of(look, rows), strict=True), *by_tie):
        for name in describing.TIMES:
            at = one.get(name)
            if name == "modified" and at == one.get("created"):
                continue
            if isinstance(at, str) and len(at) <= 40:  # noqa: PLR2004  a time as kinds.MODIFIED
                title = describing.title_of(one)[:200]
                yield {
                    "at": at,
                    "what": name,
                    "id": row["id"],
                    "title": title or None,
                    "from": row["from"],
                }


def read_raw(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return an object's text, the last version or the one asked for, to the byte as it came."""
    rows = _at_least_one(look, given)
    wanted = given.get("modified")
    chosen = [row for row in rows if wanted in (None, row["version"])]
    if not chosen:
        raise _unknown(f"no version {given.text('modified')} of this object is here")
    (data,) = paging.raws(look, chosen[:1])
    return ({"object": data.decode()},)


def read_notes(look: Reader, given: Values, now: Moment) -> tuple[Row, ...]:
    """Return what the standard says of an object's last version: faults and what is odd."""
    (one,) = linking.objects_of(look, _at_least_one(look, given)[:1])
    return tuple(
        {"severity": each.severity, "path": each.path[:500], "text": each.what[:500]}
        for each in checking.check(one, "object", str(now))
    )


def _at_least_one(look: Reader, given: Values) -> tuple[Row, ...]:
    rows = paging.versions(look, given.text("id"))
    if not rows:
        raise _unknown(f"no object {given.text('id')} is here")
    return rows


def _unknown(what: str) -> OurFault:
    return OurFault("cert.unknown_object", what, "look for a value it holds: detente cert find")


FIND: Final = Look(
    name="cert/find",
    fields=(Field("value", Text(values.VALUE_CHARS_MAX), bare=True), _COUNT),
    read=read_find,
    columns=(kinds.OBJECT_ID, kinds.MODIFIED, _TITLE, _STATE, _FROM, _TLP, Field("mid", Mid())),
    example="198.51.100[.]3",
)
_EXAMPLE: Final = "indicator--33fe3b22-0201-47cf-85d0-97c02164528d"
OBJECT: Final = Look(
    name="cert/object",
    fields=(_ID,),
    read=read_object,
    columns=(
        Field("kept_at", When()),
        kinds.MODIFIED,
        _FROM,
        _STATE,
        _TLP,
        Field("mid", Mid()),
        Field("sha256", Digest()),
    ),
    example=_EXAMPLE,
)
NEAR: Final = Look(
    name="cert/near",
    fields=(_ID, _COUNT),
    read=read_near,
    columns=(
        Field("what", Text(250)),
        Field("side", OneOf("to", "by")),
        kinds.OBJECT_ID,
        _TITLE,
        Field("via", kinds.OBJECT_ID.type, required=False),
        _STATE,
        Field("from", Text(96), required=False),
    ),
    example=_EXAMPLE,
)
TIMELINE: Final = Look(
    name="cert/timeline",
    fields=(_ID, _COUNT),
    read=read_timeline,
    columns=(
        Field("at", Text(40)),
        Field("what", OneOf(*describing.TIMES)),
        kinds.OBJECT_ID,
        _TITLE,
        _FROM,
    ),
    example=_EXAMPLE,
)
RAW: Final = Look(
    name="cert/raw",
    fields=(_ID, kinds.MODIFIED),
    read=read_raw,
    columns=(Field("object", FileText(limits.MAX_BUNDLE)),),
    example=f"{_EXAMPLE} > object.json",
)
NOTES: Final = Look(
    name="cert/notes",
    fields=(_ID,),
    read=read_notes,
    columns=(
        Field("severity", OneOf("error", "warning")),
        Field("path", Text(500)),
        Field("text", Text(500)),
    ),
    example=_EXAMPLE,
)

ALL: Final = (FIND, OBJECT, NEAR, TIMELINE, RAW, NOTES)
