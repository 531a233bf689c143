"""Records about incidents as the tables its looks read: what was opened, what was said to it."""

from typing import Final

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert import procedures
from detente.desks.cert.folds import newest_place
from detente.desks.cert.incident import kinds
from detente.desks.cert.kinds import ABOUT
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Desks,
    Field,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
)
from detente.office.tables import Rows, Table

OPENINGS: Final = (kinds.INCIDENT, kinds.AWARE, kinds.WARNING, kinds.REQUEST, kinds.PING)
FOLLOWING: Final = (
    kinds.TRIAGE, kinds.UPDATE, kinds.ATTRIBUTION, kinds.RESOLVED, kinds.CLOSED, kinds.REPORT,
    kinds.REPLY, kinds.PONG, kinds.WARNING,
)  # fmt: skip


def word(kind: str) -> str:
    """Return a kind's word inside the desk."""
    return kind.partition(".")[2]


_MID: Final = Field("mid", Mid())
_FROM: Final = Field("from", Text(96))
_PARTY: Final = Field("party", Text(63))
_KEPT_AT: Final = Field("kept_at", When())
_OURS: Final = Field("ours", Flag())
WHAT: Final = OneOf(*dict.fromkeys(word(kind.name) for kind in (*OPENINGS, *FOLLOWING)))
# What a record says in one word: how bad, what they make of it, how sure, which report, how it ended.
SAID: Final = OneOf(
    *dict.fromkeys(
        (*kinds.SEVERITIES, *kinds.OUTCOMES, *kinds.CONFIDENCES, *kinds.STAGES, *kinds.RESULTS)
    )
)
TEXT: Final = Field("text", LongText(max_chars=17_000), required=False)

CASES: Final = Table(
    name="cert_cases",
    key="mid",
    columns=(
        _MID,
        Field("what", WHAT),
        _FROM,
        _PARTY,
        Field("to", Desks()),
        Field("matter", Text(32)),
        ABOUT,
        TEXT,
        Field("severity", OneOf(*kinds.SEVERITIES), required=False),
        kinds.SECTOR,
        Field("tlp", OneOf(*MARKINGS)),
        Field("created", When()),
        Field("answer_by", When(), required=False),  # of a ping
        Field("aware", When(), required=False),  # of what is known, and of a warning
        _KEPT_AT,
        _OURS,
    ),
)
NEWEST: Final = Table(  # its key puts the latest first
    name="cert_cases_newest",
    key="place",
    columns=(Field("place", Text(96)), _MID, Field("what", WHAT)),
    find_by=(("mid",), ("what",)),
)
STORY: Final = Table(
    name="cert_story",
    key="mid",
    columns=(
        _MID,
        Field("of", Mid()),
        Field("what", WHAT),
        _FROM,
        _PARTY,
        Field("word", SAID, required=False),
        Field("by", Text(120), required=False),
        TEXT,
        Field("basis", LongText(max_chars=4_000), required=False),
        Field("created", When()),
        _KEPT_AT,
    ),
    find_by=(("of",),),
)
CONTACTS: Final = Table(
    name="cert_contacts",
    key="place",
    columns=(
        Field("place", Text(140)),  # whose, and the record's mid
        _MID,
        _FROM,
        Field("contact", kinds.CONTACT, many=True, count_max=limits.MAX_TO),
        Field("to", Desks()),
        Field("matter", Text(32)),
        Field("tlp", OneOf(*MARKINGS)),
        Field("created", When()),
        _OURS,
    ),
    find_by=(("from",),),
)


def _kept_at(rows: Rows, key: Value, opened: Opened) -> Value:
    before = rows.get(key)
    # One record may stand in several logs; it was kept when the first of them brought it.
    return (
        opened.kept_at if before is None else min(Values(before).moment("kept_at"), opened.kept_at)
    )


def _answer_by(opened: Opened) -> Moment | None:
    if opened.kind != kinds.PING.name:
        return None
    return opened.deadline or opened.created + procedures.WITHIN[opened.prec]


def fold_case(rows: Rows, opened: Opened) -> None:
    """Keep what opens a course: an incident, a warning, a request, a ping."""
    body = opened.body
    if "of" in body:  # a warning of what was known before goes on with that
        return
    rows.put(
        {
            "mid": opened.mid,
            "what": word(opened.kind),
            "from": opened.from_,
            "party": opened.party,
            "to": opened.to,
            "matter": opened.matter,
            "about": body["about"],
            "text": body.get("text") or body.get("question"),
            "severity": body.get("severity"),
            "sector": body.get("sector"),
            "tlp": opened.tlp,
            "created": opened.created,
            "answer_by": _answer_by(opened),
            "aware": body.get("aware"),
            "kept_at": _kept_at(rows, opened.mid, opened),
            "ours": opened.ours,
        }
    )


def fold_newest(rows: Rows, opened: Opened) -> None:
    """Give it its place in the list, by when we first kept it."""
    if "of" in opened.body:
        return
    place = newest_place(opened.kept_at, opened.mid)
    for row in rows.find({"mid": opened.mid}, None, 1):
        before = Values(row).text("place")
        if before >= place:
            return
        rows.drop(before)
    rows.put({"place": place, "mid": opened.mid, "what": word(opened.kind)})


def fold_story(rows: Rows, opened: Opened) -> None:
    """Keep what was said to it. An attribution keeps its confidence and its ground beside it."""
    body = opened.body
    if "of" not in body:  # a warning that stands alone is a case
        return
    said = (body.get(name) for name in ("outcome", "result", "stage", "confidence"))
    rows.put(
        {
            "mid": opened.mid,
            "of": body["of"],
            "what": word(opened.kind),
            "from": opened.from_,
            "party": opened.party,
            "word": next((each for each in said if each is not None), None),
            "by": body.get("by"),
            "text": body.get("text") or body.get("statement"),
            "basis": body.get("basis"),
            "created": opened.created,
            "kept_at": _kept_at(rows, opened.mid, opened),
        }
    )


def fold_contacts(rows: Rows, opened: Opened) -> None:
    """Keep a desk's points of contact; a look takes its latest."""
    rows.put(
        {
            "place": f"{opened.from_} {opened.mid.hex()[:40]}",
            "mid": opened.mid,
            "from": opened.from_,
            "contact": opened.body["contact"],
            "to": opened.to,
            "matter": opened.matter,
            "tlp": opened.tlp,
            "created": opened.created,
            "ours": opened.ours,
        }
    )


ALL: Final = (
    Fold(CASES, OPENINGS, fold_case),
    Fold(NEWEST, OPENINGS, fold_newest),
    Fold(STORY, FOLLOWING, fold_story),
    Fold(CONTACTS, (kinds.CONTACTS,), fold_contacts),
)
