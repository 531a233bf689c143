"""Records of the CERT desk as the tables its looks read.

A bundle stands in its sender's log, the answer in the other's, and two logs have no common order.
So every record becomes rows of its own, whichever comes first; looks put them together.
"""

from typing import Final

from detente.core.moment import Moment
from detente.desks.cert import kinds, rules
from detente.desks.cert.formats import stix
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.enclosed import FILES
from detente.office.fields import (
    Desks,
    Field,
    FileText,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.tables import Rows, Table

_MID: Final = Field("mid", Mid())
_FROM: Final = Field("from", Text(96))
_PARTY: Final = Field("party", Text(63))
_MATTER: Final = Field("matter", Text(32))
_KEPT_AT: Final = Field("kept_at", When())
_OURS: Final = Field("ours", Flag())

BUNDLES: Final = Table(
    name="cert_bundles",
    key="mid",
    columns=(
        _MID,
        _FROM,
        _PARTY,
        Field("to", Desks()),
        _MATTER,
        kinds.ABOUT,
        kinds.ASKS,
        Field("tlp", OneOf(*MARKINGS)),
        Field("prec", OneOf(*PRECEDENCES)),
        Field("created", When()),
        _KEPT_AT,
        Field("deadline", When(), required=False),
        _OURS,
        Field("count", Whole()),
        Field("added", Whole()),  # the first of its numbers: its objects follow (index)
    ),
)
TEXTS: Final = Table(
    name="cert_texts",
    key="mid",
    columns=(_MID, Field("bundle", FileText(size_max=2**31))),
)
NEWEST: Final = Table(  # its key puts the latest first
    name="cert_newest",
    key="place",
    columns=(Field("place", Text(96)), _MID, _PARTY),
    find_by=(("mid",), ("party",)),
)
ANSWERS: Final = Table(
    name="cert_answers",
    key="mid",
    columns=(
        _MID,
        _FROM,
        _PARTY,
        Field("to", Mid()),
        kinds.VERDICT,
        Field("text", LongText(8_000), required=False),
        _KEPT_AT,
        _OURS,
    ),
    find_by=(("to",), ("to", "party")),
)
WITHDRAWALS: Final = Table(
    name="cert_withdrawals",
    key="mid",
    columns=(
        _MID,
        _FROM,
        _PARTY,
        _MATTER,
        Field("tlp", OneOf(*MARKINGS)),
        *kinds.WITHDRAW.fields,
        _KEPT_AT,
        _OURS,
        Field("created", When()),
        Field("added", Whole()),
    ),
    find_by=(("of",), ("of", "party")),
)
WITHDRAWN: Final = Table(
    name="cert_withdrawn",
    key="mid",
    columns=(_MID, _FROM, _PARTY, *kinds.WITHDRAWN.fields, _KEPT_AT, _OURS),
    find_by=(("of",),),
)


def fold_bundle(rows: Rows, opened: Opened) -> None:
    """Keep what a bundle's sender said about it."""
    row = {
        **_common(rows, opened),
        "to": opened.to,
        "matter": opened.matter,
        "about": opened.body["about"],
        "asks": opened.body.get("asks"),
        "tlp": opened.tlp,
        "prec": opened.prec,
        "created": opened.created,
        "deadline": opened.deadline,
        "count": len(opened.body.parts("objects")),
        "added": opened.added,
    }
    rows.put(row)


def fold_text(rows: Rows, opened: Opened) -> None:
    """Keep a bundle's text, to the byte, so that it can be handed on."""
    rows.put({"mid": opened.mid, "bundle": opened.body["bundle"]})


def fold_newest(rows: Rows, opened: Opened) -> None:
    """Give a bundle its place in the list, by when we first kept it."""
    part = opened.body.get("part")
    if isinstance(part, Values) and part.whole("number") > 1:
        return  # the first stands for the whole
    place = newest_place(opened.kept_at, opened.mid)
    for row in rows.find({"mid": opened.mid}, None, 1):
        before = Values(row).text("place")
        if before >= place:  # it was kept earlier, from another log
            return
        rows.drop(before)
    rows.put({"place": place, "mid": opened.mid, "party": opened.party})


def fold_answer(rows: Rows, opened: Opened) -> None:
    """Keep an answer; its files stand with its record."""
    rows.put({**opened.body.without(FILES.name), **_common(rows, opened)})


def fold_whole(rows: Rows, opened: Opened) -> None:
    """Keep an acknowledgement as it is."""
    rows.put({**opened.body, **_common(rows, opened)})


def fold_withdraw(rows: Rows, opened: Opened) -> None:
    """Keep a withdrawal, whoever says it; rules.withdrawn decides whether it counts."""
    row = {**opened.body, **_common(rows, opened), "matter": opened.matter, "tlp": opened.tlp}
    rows.put({**row, "created": opened.created, "added": opened.added})


def newest_place(kept_at: Moment, mid: bytes) -> str:
    """Return a text that sorts later moments first."""
    return f"{2**53 - kept_at.ms:016}/{mid.hex()}"


def withdrawal_of(row: Values) -> rules.Withdrawal:
    """Return a row of cert_withdrawals as the rules read it."""
    refs = row.parts("objects")
    versions = frozenset((ref.text("id"), ref.text("modified")) for ref in refs)
    return rules.Withdrawal(row.text("party"), row.flag("all") or row.flag("part"), versions)


def instants_of(row: Values) -> frozenset[tuple[str, str]]:
    """Return what a withdrawal names, by id and instant; "" for each version."""
    refs = row.parts("objects")
    named = ((ref.text("id"), ref.text("modified")) for ref in refs)
    return frozenset((one, stix.instant_of(at) if at else "") for one, at in named)


def _common(rows: Rows, opened: Opened) -> dict[str, Value]:
    # One record may stand in several logs; it was kept when the first of them brought it.
    before, kept_at = rows.get(opened.mid), opened.kept_at
    if before is not None:
        kept_at = min(Values(before).moment("kept_at"), kept_at)
    return {
        "mid": opened.mid,
        "from": opened.from_,
        "party": opened.party,
        "kept_at": kept_at,
        "ours": opened.ours,
    }


ALL: Final = (  # bundles and withdrawals themselves: see index
    Fold(TEXTS, (kinds.BUNDLE,), fold_text),
    Fold(NEWEST, (kinds.BUNDLE,), fold_newest),
    Fold(ANSWERS, (kinds.ANSWER,), fold_answer),
    Fold(WITHDRAWN, (kinds.WITHDRAWN,), fold_whole),
)
