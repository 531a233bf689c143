"""The watch log of a day on paper, as the watch officer signs it."""

from collections.abc import Mapping
from typing import Final

from detente.app.bilingual import DESK, word
from detente.app.paper import told
from detente.app.paper.press import too_large
from detente.app.paper.sheet import Alert, Cell, Grid, Item, Sheet, Sign, Title
from detente.app.paper.told import Voice, say
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Values, mid_text
from detente.office.office import Office
from detente.office.people import Person, permit
from detente.ui.when import utc

ENTRIES_MAX: Final = 1_000
_HEADS: Final = ("here", "at", "entry", "who", "prec", "text")


def make(office: Office, person: Person, day: str, language: str, now: Moment) -> Sheet:
    """Return the paper of a day's log, in the order in which it was kept here.

    Raises OurFault: paper.nothing, paper.large, office.forbidden, office.desk_closed.
    """
    permit(person, DESK, Role.READ)
    own = office.party
    given = Values({"day": day})
    rows = [Values(each) for each in office.look(person, f"{DESK}/log", given, now)[1]]
    if not rows:
        raise OurFault(
            "paper.nothing", f"the watch log of {day} has no entry",
            "look at another day: detente notices log DAY",
        )  # fmt: skip
    if len(rows) > ENTRIES_MAX:
        raise too_large(f"{len(rows)} entries on {day} where {ENTRIES_MAX} go on a paper")
    voice = Voice(language)
    heads = {each.data("mid"): office.records.find(each.data("mid"))[0] for each in rows}
    drills = {each.text("exercise", "") for each in rows}
    last = max(each.moment("kept_at") for each in rows)
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
        foot=say("foot.log", language, by=own, count=str(len(rows)), at=utc(last)),
        id=f"{DESK}@{own} {day}",
        blocks=(
            Title(voice.say("name.log", day=day)),
            *((Alert(voice.say("exercise_some")),) if some else ()),
            Grid(
                tuple(voice.lines(f"head.{each}") for each in _HEADS),
                (4, 4, 7, 6, 4, 15),
                tuple(
                    _entry(voice, each, heads, numbers, place) for place, each in enumerate(rows, 1)
                ),
            ),
            Sign(tuple(voice.lines(each) for each in signs)),
        ),
        wide=True,
    )


def _entry(
    voice: Voice,
    row: Values,
    heads: Mapping[bytes, Values],
    numbers: Mapping[bytes, str],
    place: int,
) -> tuple[Cell, ...]:
    mid, language = row.data("mid"), voice.languages[0]
    what = [word(row.text("what"), language), row.text("code", ""), row.text("number", "")]
    told_word = row.text("word", "")
    cell: tuple[Item, ...] = (
        Item(f"{place}. " + " ".join(each for each in what if each), "strong"),
    )
    if told_word:
        cell = (*cell, Item(word(told_word, language)))
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
            Item(say("say.author", language, signer=row.text("author")), "note"),
        ),
        (Item(row.text("prec")), Item(f"TLP:{heads[mid].text('tlp')}", "note")),
        (
            *((Item(row.text("text"), "prose"),) if row.get("text") else ()),
            Item(mid_text(mid), "code"),
        ),
    )
