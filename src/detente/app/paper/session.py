"""A day on the direct line on paper: each text in the column of its language, translations beside it."""

from collections.abc import Iterator
from typing import Final

from detente.app.paper import told
from detente.app.paper.press import too_large
from detente.app.paper.sheet import Block, Both, Cell, Grid, Heading, Item, Pairs, Sheet, Title
from detente.app.paper.told import Voice
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.office import Office
from detente.office.people import Person, permit
from detente.office.story import Line
from detente.office.tables import Row
from detente.ui.when import utc

DESK: Final = "hotline"
MESSAGES_MAX: Final = 200


def make(office: Office, person: Person, party: str, day: str, language: str, now: Moment) -> Sheet:
    """Return the paper of the messages of a day, by their authors' clocks, the first first.

    Raises OurFault: paper.nothing, paper.large, office.forbidden, office.desk_closed.
    """
    permit(person, DESK, Role.READ)
    own = office.party
    look = _Look(office, person, now)
    listed = look("list", peer=party, day=day, count=MESSAGES_MAX + 1)
    if not listed:
        raise OurFault(
            "paper.nothing", f"no message between us and {party[:63]} on {day}",
            "look at the days of: detente hotline list",
        )  # fmt: skip
    if len(listed) > MESSAGES_MAX:
        raise too_large(f"more than {MESSAGES_MAX} messages on {day}")
    voice = Voice(language)
    groups = [[Values(row) for row in look("read", mid=row["mid"])] for row in listed]
    groups.sort(key=lambda group: (group[0].moment("created"), group[0].data("mid")))
    lines = _lines(office, person, groups, now)
    exercises = {told.exercise_of(each) for each in lines}
    return Sheet(
        title=voice.line("name.session", party=party, day=day),
        by=own,
        made=told.latest(lines),
        marking=told.strictest(each.row.text("tlp") for each in lines),
        exercise=voice.exercise(", ".join(sorted(exercises - {""}))),
        watermark=voice.lines("exercise"),
        foot=told.say("foot.session", language, by=own),
        id=f"{DESK}@{own} {party} {day}",
        blocks=(
            Title(voice.say("name.session", party=party, day=day)),
            *_present(voice, [Values(row) for row in look("present", peer=party, day=day)]),
            *(block for group in groups for block in _message(voice, group)),
            *_terms(voice, look, groups),
            Heading(voice.say("head.records")),
            told.records(voice, lines),
        ),
    )


class _Look:
    """Asks a look of the desk."""

    def __init__(self, office: Office, person: Person, now: Moment) -> None:
        self._office, self._person, self._now = office, person, now

    def __call__(self, name: str, **given: Value) -> tuple[Row, ...]:
        """Return its rows."""
        look = self._office.find_look(f"{DESK}/{name}")
        return self._office.look(self._person, look.name, Values(given), self._now)[1]


def _lines(office: Office, person: Person, groups: list[list[Values]], now: Moment) -> list[Line]:
    # A day has few matters; what was said in them on other days stays off this paper.
    shown = {one.data("mid") for group in groups for one in group}
    matters = dict.fromkeys(
        office.records.find(group[0].data("mid"))[0].text("matter") for group in groups
    )
    return [
        line
        for matter in matters
        for line in told.story(office, person, matter, now)
        if line.mid in shown
    ]


def _present(voice: Voice, rows: list[Values]) -> Iterator[Block]:
    if not rows:
        return
    yield Heading(voice.say("head.present"))
    yield Grid(
        tuple(voice.lines(f"head.{each}") for each in ("party", "person", "since", "until")),
        (6, 10, 6, 6),
        tuple(
            (
                (Item(row.text("party")),),
                (
                    Item(row.text("name"), "strong"),
                    Item("\n".join(voice.choice(DESK, row.text("role"))), "note"),
                ),
                (Item(utc(row.moment("since"))),),
                (
                    Item(
                        utc(row.moment("left")) if row.get("left") else voice.lines("say.not_left")
                    ),
                ),
            )
            for row in rows
        ),
    )


def _message(voice: Voice, group: list[Values]) -> Iterator[Block]:
    texts = [one for one in group if one["what"] != "translation"]
    yield Heading(voice.each(lambda each: _head(texts[0], each)))
    rows: list[Both] = []
    for one in group:
        if one["what"] == "translation":
            rows[-1] = _beside(voice, rows[-1], one)
        else:
            rows.append(_original(voice, one))
    yield Pairs(tuple(rows))


def _head(one: Values, language: str) -> str:
    what = told.say(f"say.{one.text('what')}", language)
    return f"{what} · {one.text('from')}\n{utc(one.moment('created'))}"


def _original(voice: Voice, one: Values) -> Both:
    here = _column(voice, one.text("language"))
    rows: list[Cell] = [
        (Item(told.say("say.untranslated", each), "note"),) for each in voice.languages
    ]
    note = f"{told.say('say.written', voice.languages[here])} · {one.text('language')}"
    head: Cell = ()
    if one["what"] == "correction":
        head = (Item(_head(one, voice.languages[here]), "strong"),)
    rows[here] = (*head, Item(note, "note"), Item(one.text("text"), "prose", one.text("language")))
    return rows[0], rows[1]


def _column(voice: Voice, language: str) -> int:
    return 1 if language == voice.languages[1] else 0


def _beside(voice: Voice, row: Both, one: Values) -> Both:
    here = _column(voice, one.text("language"))
    language, cells = voice.languages[here], [*row]
    standing = voice.choice(DESK, one.text("standing", ""))[here]
    where = told.say("say.sent" if one.flag("sent") else "say.home", language)
    note = " · ".join((standing, one.text("by"), utc(one.moment("created")), where))
    item = Item(note, "note"), Item(one.text("text"), "prose", one.text("language"))
    nothing = cells[here][-1].style == "note"  # what stood there says that there is none
    cells[here] = item if nothing else (*cells[here], *item)
    return cells[0], cells[1]


def _terms(voice: Voice, look: _Look, groups: list[list[Values]]) -> Iterator[Block]:
    rows = {
        str(row["concept"]): Values(row)
        for group in groups
        for row in look("terms", mid=group[0]["mid"])
    }
    if not rows:
        return
    yield Heading(voice.say("head.terms"))
    yield Grid(
        ("", "", voice.lines("head.stand")),
        (4, 4, 3),
        tuple(
            (
                (Item(row.text("wording"), "strong", row.text("language")), Item(row.text("language"), "note")),
                (Item(row.text("other_wording"), "strong"), Item(row.text("other_language"), "note")),
                (Item("\n".join(voice.choice(DESK, row.text("told")))),),
            )
            for row in sorted(rows.values(), key=lambda row: (row["told"] != "disagreed", row.text("concept")))
        ),
    )  # fmt: skip
