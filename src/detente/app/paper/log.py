"""The watch log of a day on paper, as the watch officer signs it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from detente.app.bilingual import DESK, word
from detente.app.paper import told
from detente.app.paper.press import too_large
from detente.app.paper.sheet import (
    Alert,
    Block,
    Cell,
    Grid,
    Heading,
    Item,
    Sheet,
    Sign,
    Style,
    Title,
)
from detente.app.paper.told import Voice, say
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.office.desk import Role
from detente.office.fields import Values, mid_text
from detente.office.office import Office
from detente.office.people import Person, permit
from detente.office.watch import Turn
from detente.ui.when import utc

ENTRIES_MAX: Final = 1_000
_DAY: Final = Span.of(hours=24)
_TURNS: Final = ("here", "person", "step", "note", "signed_by")
_HEADS: Final = ("here", "at", "entry", "who", "prec", "text")


def make(office: Office, person: Person, day: str, language: str, now: Moment) -> Sheet:
    """Return the paper of a day's log, in the order in which it was kept here.

    Raises OurFault: paper.nothing, paper.large, office.forbidden, office.desk_closed.
    """
    permit(person, DESK, Role.READ)
    own = office.party
    given = Values({"day": day})
    rows = [Values(each) for each in office.look(person, f"{DESK}/log", given, now)[1]]
    begin = _midnight(day)
    turns = () if begin is None else office.watch.between(DESK, begin, begin + _DAY)
    if not rows and not turns:
        raise OurFault(
            "paper.nothing", f"the watch log of {day} has no entry",
            "look at another day: detente notices log DAY",
        )  # fmt: skip
    if len(rows) + len(turns) > ENTRIES_MAX:
        count = len(rows) + len(turns)
        raise too_large(f"{count} entries on {day} where {ENTRIES_MAX} go on a paper")
    voice = Voice(language)
    heads = {each.data("mid"): office.records.find(each.data("mid"))[0] for each in rows}
    # Who had the watch is no drill, whatever else was one that day.
    drills = {*(each.text("exercise", "") for each in rows), *("" for _ in turns)}
    last = max(
        *(each.moment("kept_at") for each in rows), *(each.at for each in turns), begin or now
    )
    some = len(drills) > 1
    numbers = {each.data("mid"): each.text("number", "") for each in rows}
    signs = ("sign.officer", "sign.time", "sign.relieved", "sign.time")
    return Sheet(
        title=voice.line("name.log", day=day),
        by=own,
        made=last,
        marking=told.strictest(each.text("tlp") for each in heads.values()),
        exercise="" if "" in drills else voice.exercise(", ".join(sorted(drills))),
        watermark=voice.lines("exercise"),
        foot=say("foot.log", language, by=own, count=str(len(rows) + len(turns)), at=utc(last)),
        id=f"{DESK}@{own} {day}",
        blocks=(
            Title(voice.say("name.log", day=day)),
            *((Alert(voice.say("exercise_some")),) if some else ()),
            *(
                (
                    Grid(
                        tuple(voice.lines(f"head.{each}") for each in _HEADS),
                        (4, 4, 7, 6, 4, 15),
                        tuple(
                            _entry(voice, each, heads, numbers, place)
                            for place, each in enumerate(rows, 1)
                        ),
                    ),
                )
                if rows
                else ()
            ),
            *_turns(voice, turns),
            Sign(tuple(voice.lines(each) for each in signs)),
        ),
        wide=True,
    )


def _midnight(day: str) -> Moment | None:
    try:
        return Moment.parse(f"{day}T00:00:00.000Z")
    except TheirFault:  # such as 2026-02-30: a day that never was
        return None


def _turns(voice: Voice, turns: Sequence[Turn]) -> Iterator[Block]:
    # As the watch's own records have it, whether or not anybody wrote it into the log.
    if not turns:
        return
    yield Heading(voice.say("head.turns"))
    yield Grid(
        tuple(voice.lines(f"head.{each}") for each in _TURNS),
        (4, 6, 8, 12, 10),
        tuple(_turn(voice, each) for each in turns),
    )


def _turn(voice: Voice, one: Turn) -> tuple[Cell, ...]:
    step = voice.say(f"step.{one.step}")
    waits = voice.lines("say.waiting", count=str(one.open))
    return (
        (Item(utc(one.at)[11:]),),
        (Item(one.person, "strong"),),
        (
            Item(f"{step[0]} {one.to}".strip(), "strong"),
            Item(f"{step[1]} {one.to}".strip(), "note"),
        ),
        (
            *((Item(one.note, "prose"),) if one.note else ()),
            *((Item(waits, "note"),) if one.step == "hand" else ()),
        ),
        (Item(""),),
    )


def _two(told: tuple[str, str], style: Style) -> Cell:
    one, other = told
    return (Item(one, style), *((Item(other, "note"),) if other != one else ()))


def _entry(
    voice: Voice,
    row: Values,
    heads: Mapping[bytes, Values],
    numbers: Mapping[bytes, str],
    place: int,
) -> tuple[Cell, ...]:
    mid = row.data("mid")
    of = " ".join(each for each in (row.text("code", ""), row.text("number", "")) if each)
    what = voice.each(lambda each: f"{word(row.text('what'), each)} {of}".strip())
    cell = _two((f"{place}. {what[0]}", what[1]), "strong")
    if row.get("word"):
        cell = (*cell, *_two(voice.each(lambda each: word(row.text("word"), each)), "text"))
    if row.get("of"):  # what it was said to, by its number if that stands on this paper
        number = numbers.get(row.data("of"))
        cell = (*cell, Item(number) if number else Item(mid_text(row.data("of")), "code"))
    if "exercise" in row:
        cell = (*cell, Item(f"{voice.line('exercise')}: {row.text('exercise')}", "wrong"))
    return (
        (Item(utc(row.moment("kept_at"))[11:]),),
        (Item(told.clock(row.moment("created"))),),
        cell,
        (
            Item(row.text("from")),
            Item(voice.lines("say.author", signer=row.text("author")), "note"),
        ),
        (Item(row.text("prec")), Item(f"TLP:{heads[mid].text('tlp')}", "note")),
        (
            *((Item(row.text("text"), "prose"),) if row.get("text") else ()),
            Item(mid_text(mid), "code"),
        ),
    )
