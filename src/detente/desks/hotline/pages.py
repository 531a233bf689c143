"""What a person sees on the direct line."""

from collections.abc import Sequence
from typing import Final

from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.core.names import party_of
from detente.desks.hotline import acts, folds, glossary, kinds, rules
from detente.desks.hotline.formats import callwords
from detente.desks.hotline.formats.callwords import Half, Pair
from detente.office.desk import Look
from detente.office.fields import (
    Field,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.tables import Row

_MID: Final = Field("mid", Mid(), bare=True)
_PEER: Final = Field("peer", Text(63), bare=True)
PARTY: Final = Field("party", Text(63))
_PAIRS_SIDE: Final = 2  # of each side's halves, the newest
STANDS: Final = ("now", "minute_before", "minute_after")
VERDICTS: Final = ("match", "before", "after", "ours", "no", "unknown")
PARTS: Final = ("message", "correction", "translation")


def read_list(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return messages, the latest first, and what was added to each."""
    found = every(look, folds.MESSAGES, {"what": "message"})
    peer, day = values.get("peer"), values.get("day")
    rows = sorted(
        (
            row
            for row in found
            if (peer is None or peer in _ends(row)) and day in (None, str(row["created"])[:10])
        ),
        key=lambda row: (row.moment("kept_at"), row.data("mid")),
        reverse=True,
    )
    return tuple(_listed(look, row) for row in rows[: values.whole("count")])


def _ends(row: Values) -> frozenset[str]:
    """Return the parties at both ends of a message."""
    return frozenset(party_of(each) for each in (row.text("from"), *row.texts("to")))


def _listed(look: Reader, row: Values) -> Row:
    of = {"of": row["mid"]}
    return {
        **{name: row.get(name) for name in ("mid", "kept_at", "from", "language", "prec", "tlp")},
        "corrections": sum(1 for _ in _corrections(look, row)),
        "translations": sum(1 for _ in every(look, folds.TRANSLATIONS, of)),
    }


def _corrections(look: Reader, message: Values) -> Sequence[Values]:
    # Only by who wrote it: nobody corrects another's words.
    rows = every(look, folds.MESSAGES, {"of": message["mid"]})
    return [row for row in rows if row["from"] == message["from"]]


def read_message(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return a message as it was sent, then each correction, each with its translations."""
    message = acts.message_at(look, values.data("mid"))
    if message.text("what") == "correction":
        found = look.get(folds.MESSAGES, message["of"])
        message = Values(found) if found else message
    story = sorted(_corrections(look, message), key=_when)
    rows: list[Row] = []
    for one in (message, *story):
        rows.append(_shown(one, one.text("what"), None))
        added = sorted(every(look, folds.TRANSLATIONS, {"of": one["mid"]}), key=_when)
        rows += [_shown(each, "translation", each.text("by")) for each in added]
    return tuple(rows)


def _when(row: Values) -> tuple[Moment, bytes]:
    return row.moment("created"), row.data("mid")


def _shown(row: Values, what: str, by: str | None) -> Row:
    names = ("mid", "from", "created", "kept_at", "language", "standing", "sent", "terms", "text")
    return {"what": what, "by": by, **{name: row.get(name) for name in names}}


# Call words.


def pairs(look: Reader, peer: str) -> tuple[Pair, ...]:
    """Return the secrets between us and a peer, the newest halves first; none while one is lacking."""
    halves = sorted(every(look, folds.SEEDS, {"link": peer}), key=_when, reverse=True)
    ours = [_half(row) for row in halves if row.flag("ours")][:_PAIRS_SIDE]
    theirs = [_half(row) for row in halves if not row.flag("ours")][:_PAIRS_SIDE]
    found = [
        (a + b, Pair(one, other)) for a, one in enumerate(ours) for b, other in enumerate(theirs)
    ]
    return tuple(pair for _, pair in sorted(found, key=lambda each: each[0]))


def _half(row: Values) -> Half:
    return Half(row.text("party"), row.data("mid"), row.data("seed"))


def _need_pairs(look: Reader, peer: str) -> tuple[Pair, ...]:
    found = pairs(look, peer)
    if not found:
        rows = list(every(look, folds.SEEDS, {"link": peer}))
        whose = "ours" if any(not row.flag("ours") for row in rows) else "theirs"
        lacking = whose if rows else "ours and theirs"
        raise OurFault(
            "hotline.no_pair",
            f"no call words with {peer}: of the two halves {lacking} is lacking",
            f"ours: detente hotline pair --to {peer}; theirs: they do the same at their desk",
        )
    return found


def read_words(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return our words and theirs of this minute, and theirs of the minutes beside it."""
    peer = values.text("peer")
    found = _need_pairs(look, peer)[0]
    own = found.one.party
    minute = callwords.minute_of(now)
    asked = [(own, 0), *((peer, step) for step in callwords.NEAR)]
    stands = dict(zip(callwords.NEAR, STANDS, strict=True))
    return tuple(
        {
            "party": party,
            "stand": stands[step],
            "en": callwords.words(found.secret, party, minute + step, "en"),
            "ru": callwords.words(found.secret, party, minute + step, "ru"),
            "since": callwords.start_of(minute + step),
            "pair": found.mark,
        }
        for party, step in asked
    )


def read_check(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what words are that somebody said who claims to be the peer."""
    peer = values.text("peer")
    found = _need_pairs(look, peer)
    minute = callwords.minute_of(now)
    said = callwords.judge(values.text("words"), found, found[0].one.party, peer, minute)
    return ({"party": peer, "verdict": said.said, "good": said.is_good, "pair": said.pair or None},)


# Who is there.


def read_session(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return who said to be at either end, and did not leave or fall silent for long."""
    rows = every(look, folds.PRESENCE, {"link": values.text("peer")})
    here = [
        row
        for row in rows
        if row["step"] == "enter" and now - row.moment("created") < rules.PRESENT_FOR
    ]
    here.sort(key=lambda row: (not row.flag("ours"), row.text("role"), row.text("name")))
    return tuple(
        {**{name: row.get(name) for name in ("party", "name", "role")}, "since": row["created"]}
        for row in here
    )


def read_present(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return who was at either end on a day, from when to when, by their own clocks."""
    day = values.text("day")
    try:
        begin = Moment.parse(f"{day}T00:00:00.000Z")
    except TheirFault:  # such as 2026-02-30: a day that never was has nobody
        return ()
    end = begin + Span.of(hours=24)
    before = rules.day_of(Moment(begin.ms - 1))  # who entered then may be there still
    after = rules.day_of(end)  # who stays past midnight leaves then
    steps = [
        rules.Step(
            row.text("party"),
            row.text("role"),
            row.text("name"),
            row["step"] == "enter",
            row.moment("created"),
            row.data("mid"),
        )
        for each in (before, day, after)
        for row in every(look, folds.STEPS, {"link": values.text("peer"), "day": each})
    ]
    return tuple(
        {
            "party": each.party,
            "role": each.role,
            "name": each.name,
            "since": each.entered,
            "left": each.left,
        }
        for each in rules.stays(steps)
        if rules.touches(each, begin, end)
    )


def read_numbers(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the telephone numbers that each side told last."""
    rows = sorted(every(look, folds.NUMBERS, {"link": values.text("peer")}), key=_when)
    return tuple(
        {"party": row["party"], **dict(one), "told_at": row["created"]}
        for row in rows
        for one in row.parts("number")
    )


LIST: Final = Look(
    name="hotline/list",
    fields=(
        Field("peer", Text(63), required=False),
        Field("day", Text(10, "[0-9]{4}-[0-9]{2}-[0-9]{2}"), required=False),
        Field("count", Whole(1, 500), default=50),
    ),
    read=read_list,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        kinds.LANGUAGE,
        Field("prec", Text(9)),
        Field("tlp", Text(12)),
        Field("corrections", Whole()),
        Field("translations", Whole()),
    ),
    example="--count 20",
)
READ: Final = Look(
    name="hotline/read",
    fields=(_MID,),
    read=read_message,
    columns=(
        Field("mid", Mid()),
        Field("what", OneOf(*PARTS)),
        Field("from", Text(96)),
        Field("created", When()),
        Field("kept_at", When()),
        kinds.LANGUAGE,
        Field("by", Text(120), required=False),
        Field("standing", OneOf(*kinds.STANDINGS), required=False),
        Field("sent", Flag(), required=False),
        Field("terms", kinds.CONCEPT, required=False, many=True),
        Field("text", LongText(kinds.TEXT_MAX)),
    ),
    example="k3q7zb",
)
WORDS: Final = Look(
    name="hotline/words",
    fields=(_PEER,),
    read=read_words,
    columns=(
        PARTY,
        Field("stand", OneOf(*STANDS)),
        Field("en", Text(100)),
        Field("ru", Text(100)),
        Field("since", When()),
        Field("pair", Text(8)),
    ),
    example="borealis.gov",
)
CHECK: Final = Look(
    name="hotline/check",
    fields=(_PEER, Field("words", Text(100))),
    read=read_check,
    columns=(
        PARTY,
        Field("verdict", OneOf(*VERDICTS)),
        Field("good", Flag()),
        Field("pair", Text(8), required=False),
    ),
    example='borealis.gov --words "acorn castle river"',
)
SESSION: Final = Look(
    name="hotline/session",
    fields=(_PEER,),
    read=read_session,
    columns=(
        PARTY,
        Field("role", OneOf(*kinds.ROLES)),
        Field("name", Text(120)),
        Field("since", When()),
    ),
    example="borealis.gov",
)
PRESENT: Final = Look(
    name="hotline/present",
    fields=(_PEER, Field("day", Text(10, "[0-9]{4}-[0-9]{2}-[0-9]{2}"))),
    read=read_present,
    columns=(
        PARTY,
        Field("role", OneOf(*kinds.ROLES)),
        Field("name", Text(120)),
        Field("since", When()),
        Field("left", When(), required=False),
    ),
    example="borealis.gov --day 2026-11-22",
)
NUMBERS: Final = Look(
    name="hotline/numbers",
    fields=(_PEER,),
    read=read_numbers,
    columns=(PARTY, *kinds.NUMBER.fields, Field("told_at", When())),
    example="borealis.gov",
)
ALL: Final = (
    LIST, READ, WORDS, CHECK, *glossary.ALL, SESSION, PRESENT, NUMBERS,
)  # fmt: skip
