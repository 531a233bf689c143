"""Records of the hotline as the tables its looks read.

Two logs have no common order, so nothing here depends on what came first: where one record takes
another's place, the later by its header's time does, and of one time the one with the greater mid.
"""

from collections.abc import Sequence
from typing import Final

from detente.core import limits
from detente.desks.hotline import kinds, rules
from detente.desks.hotline.formats import corpus
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import (
    Desks,
    Field,
    Flag,
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
_PARTY: Final = Field("party", Text(63))  # who says it
_LINK: Final = Field("link", Text(63))  # the party at the other end
_CREATED: Final = Field("created", When())
_KEPT_AT: Final = Field("kept_at", When())
_OURS: Final = Field("ours", Flag())
_PLACE: Final = Field("place", Text(200))
WHAT: Final = OneOf("message", "correction")

MESSAGES: Final = Table(
    name="hotline_messages",
    key="mid",
    columns=(
        _MID,
        Field("what", WHAT),
        Field("of", Mid(), required=False),
        Field("from", Text(96)),
        _PARTY,
        Field("to", Desks()),
        Field("matter", Text(32)),
        kinds.LANGUAGE,
        kinds.TEXT,
        Field("prec", OneOf(*PRECEDENCES)),
        Field("tlp", OneOf(*MARKINGS)),
        Field("author", Text(64)),
        Field("releaser", Text(64), required=False),
        _CREATED,
        _KEPT_AT,
        _OURS,
    ),
    find_by=(("of",), ("what",)),
)
TRANSLATIONS: Final = Table(
    name="hotline_translations",
    key="mid",
    columns=(
        _MID,
        Field("of", Mid()),
        Field("from", Text(96)),
        Field("sent", Flag()),  # it went to whom it translates; else it stayed at home
        kinds.LANGUAGE,
        kinds.TEXT,
        Field("by", Text(120)),
        Field("standing", OneOf(*kinds.STANDINGS)),
        Field(
            "terms", kinds.CONCEPT, required=False, many=True, count_max=limits.MAX_HOTLINE_TERMS
        ),
        _CREATED,
        _KEPT_AT,
        _OURS,
    ),
    find_by=(("of",),),
)
SEEDS: Final = Table(
    name="hotline_seeds",
    key="mid",
    columns=(_MID, _PARTY, _LINK, *kinds.SEED.fields, _CREATED, _OURS),
    find_by=(("link",),),
)
TERMS: Final = Table(  # the newest that each party said of each concept, link by link
    name="hotline_terms",
    key="place",
    columns=(
        Field("place", Text(260)),
        _LINK,
        _PARTY,
        *kinds.TERM.fields,
        _CREATED,
        _MID,
        _OURS,
    ),
    find_by=(("link",), ("link", "concept")),
)
PRESENCE: Final = Table(
    name="hotline_presence",
    key="place",
    columns=(_PLACE, _LINK, _PARTY, *kinds.PRESENCE.fields, _CREATED, _MID, _OURS),
    find_by=(("link",),),
)
STEPS: Final = Table(  # each time that somebody entered or left, by the day of their clock
    name="hotline_steps",
    key="mid",
    columns=(
        _MID,
        _LINK,
        Field("day", Text(10)),
        _PARTY,
        *kinds.PRESENCE.fields,
        _CREATED,
        _KEPT_AT,
    ),
    find_by=(("link", "day"),),
)
NUMBERS: Final = Table(
    name="hotline_numbers",
    key="place",
    columns=(_PLACE, _LINK, _PARTY, *kinds.NUMBERS.fields, _CREATED, _MID, _OURS),
    find_by=(("link",),),
)
SHUT_MAX: Final = 400  # characters of names that are shown
TESTS: Final = Table(
    name="hotline_tests",
    key="mid",
    columns=(
        _MID,
        _LINK,
        _PARTY,
        kinds.SLOT,
        Field("whole", Flag()),  # the passage of its hour, to the character
        Field("open", Whole()),  # paths that its sender saw open, of all
        Field("paths", Whole()),
        Field("shut", Text(SHUT_MAX)),  # those that were not open, by name
        _CREATED,
        _KEPT_AT,
        _OURS,
    ),
    find_by=(("link",), ("link", "slot")),
)
TESTED: Final = Table(
    name="hotline_tested",
    key="mid",
    columns=(_MID, _LINK, _PARTY, *kinds.TESTED.fields, _KEPT_AT, _OURS),
    find_by=(("link",), ("link", "slot")),
)
MISSED: Final = Table(
    name="hotline_missed",
    key="mid",
    columns=(_MID, _LINK, kinds.SLOT, Field("side", OneOf(*kinds.SIDES)), _CREATED),
    find_by=(("link",), ("link", "slot")),
)


def link_of(opened: Opened) -> str:
    """Return the party at the other end of a record between two; "" for one of several."""
    others = {address.partition("@")[2] for address in (*opened.to, opened.from_)}
    if not opened.ours:
        return opened.party if len(opened.to) == 1 else ""
    others.discard(opened.party)
    return others.pop() if len(others) == 1 else ""


def _kept_at(rows: Rows, opened: Opened) -> Value:
    before = rows.get(opened.mid)
    # One record may stand in several logs; it was kept when the first of them brought it.
    return (
        opened.kept_at if before is None else min(Values(before).moment("kept_at"), opened.kept_at)
    )


def _put_newest(rows: Rows, row: dict[str, Value]) -> None:
    before = rows.get(row["place"])
    if before is not None:
        held = Values(before)
        now = Values(row)
        if (held.moment("created"), held.data("mid")) > (now.moment("created"), now.data("mid")):
            return
    rows.put(row)


def fold_message(rows: Rows, opened: Opened) -> None:
    """Keep a message or a correction with all that is said of it."""
    body = opened.body
    rows.put(
        {
            "mid": opened.mid,
            "what": opened.kind.partition(".")[2],
            "of": body.get("of"),
            "from": opened.from_,
            "party": opened.party,
            "to": opened.to,
            "matter": opened.matter,
            "language": body["language"],
            "text": body["text"],
            "prec": opened.prec,
            "tlp": opened.tlp,
            "author": opened.author,
            "releaser": opened.releaser,
            "created": opened.created,
            "kept_at": _kept_at(rows, opened),
            "ours": opened.ours,
        }
    )


def fold_translation(rows: Rows, opened: Opened) -> None:
    """Keep a translation beside what it translates."""
    rows.put(
        {
            "mid": opened.mid,
            "from": opened.from_,
            "sent": opened.to != (opened.from_,),
            **opened.body,
            "created": opened.created,
            "kept_at": _kept_at(rows, opened),
            "ours": opened.ours,
        }
    )


def fold_seed(rows: Rows, opened: Opened) -> None:
    """Keep a half of a secret; one that went to several desks is none between two."""
    link = link_of(opened)
    if link:
        rows.put(
            {
                "mid": opened.mid,
                "party": opened.party,
                "link": link,
                "seed": opened.body["seed"],
                "created": opened.created,
                "ours": opened.ours,
            }
        )


def _between(opened: Opened) -> dict[str, Value]:
    return {
        "link": link_of(opened),
        "party": opened.party,
        "created": opened.created,
        "mid": opened.mid,
        "ours": opened.ours,
    }


def fold_terms(rows: Rows, opened: Opened) -> None:
    """Keep the newest that a party said of each concept on a link."""
    known = _between(opened)
    if not known["link"]:
        return
    for term in opened.body.parts("terms"):
        place = f"{link_of(opened)} {opened.party} {term.text('concept')}"
        _put_newest(rows, {"place": place, **known, **term})


def fold_presence(rows: Rows, opened: Opened) -> None:
    """Keep whether somebody who was named is there."""
    known = _between(opened)
    if known["link"]:
        place = f"{link_of(opened)} {opened.party} {opened.body.text('name').encode().hex()[:60]}"
        _put_newest(rows, {"place": place, **known, **opened.body})


def fold_step(rows: Rows, opened: Opened) -> None:
    """Keep that somebody entered or left."""
    link = link_of(opened)
    if link:
        rows.put(
            {
                **opened.body,
                "mid": opened.mid,
                "link": link,
                "day": rules.day_of(opened.created),
                "party": opened.party,
                "created": opened.created,
                "kept_at": _kept_at(rows, opened),
            }
        )


def fold_numbers(rows: Rows, opened: Opened) -> None:
    """Keep the newest telephone numbers of a party."""
    known = _between(opened)
    if known["link"]:
        _put_newest(rows, {"place": f"{link_of(opened)} {opened.party}", **known, **opened.body})


def fold_test(rows: Rows, opened: Opened) -> None:
    """Keep an hour's test, and whether it carried what it should."""
    body = opened.body
    paths = body.parts("paths")
    rows.put(
        {
            "mid": opened.mid,
            "link": link_of(opened) or opened.party,
            "party": opened.party,
            "slot": body["slot"],
            "whole": corpus.is_whole(body.moment("slot"), body.whole("passage"), body.text("text")),
            "open": sum(each["state"] == "open" for each in paths),
            "paths": len(paths),
            "shut": _named(paths),
            "created": opened.created,
            "kept_at": _kept_at(rows, opened),
            "ours": opened.ours,
        }
    )


def _named(paths: Sequence[Values]) -> str:
    shut = [each.text("path") for each in paths if each["state"] == "shut"]
    return ", ".join(shut)[:SHUT_MAX]


def fold_tested(rows: Rows, opened: Opened) -> None:
    """Keep the answer to a test."""
    rows.put(
        {
            "mid": opened.mid,
            "link": link_of(opened) or opened.party,
            "party": opened.party,
            **opened.body,
            "kept_at": _kept_at(rows, opened),
            "ours": opened.ours,
        }
    )


def fold_missed(rows: Rows, opened: Opened) -> None:
    """Keep what did not come in time; only what we entered ourselves."""
    if opened.ours:
        rows.put(
            {
                "mid": opened.mid,
                "link": opened.body["peer"],
                "slot": opened.body["slot"],
                "side": opened.body["side"],
                "created": opened.created,
            }
        )


ALL: Final = (
    Fold(MESSAGES, (kinds.MESSAGE, kinds.CORRECTION), fold_message),
    Fold(TRANSLATIONS, (kinds.TRANSLATION,), fold_translation),
    Fold(SEEDS, (kinds.SEED,), fold_seed),
    Fold(TERMS, (kinds.TERMS,), fold_terms),
    Fold(PRESENCE, (kinds.PRESENCE,), fold_presence),
    Fold(STEPS, (kinds.PRESENCE,), fold_step),
    Fold(NUMBERS, (kinds.NUMBERS,), fold_numbers),
    Fold(TESTS, (kinds.TEST,), fold_test),
    Fold(TESTED, (kinds.TESTED,), fold_tested),
    Fold(MISSED, (kinds.MISSED,), fold_missed),
)
