"""The report of an exercise that is over, on paper: alike on both sides."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from detente.app.bilingual import DESK
from detente.app.paper import told
from detente.app.paper.sheet import Block, Both, Cell, Grid, Heading, Item, Pairs, Sheet, Title
from detente.app.paper.told import Voice, say
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Values, mid_text
from detente.office.office import Office
from detente.office.people import Person, permit
from detente.ui.when import utc

_SIDE: Final = ("side", "count", "in_time", "late", "unanswered", "median", "answers", "wrong")


def make(office: Office, person: Person, mid: bytes, language: str, now: Moment) -> Sheet:
    """Return the paper of an exercise's grade.

    Raises OurFault: paper.nothing while it is not over; notices.no_exercise, office.forbidden,
    office.desk_closed.
    """
    permit(person, DESK, Role.READ)
    voice = Voice(language)
    ours, theirs = (
        [
            Values(row)
            for row in office.look(
                person, f"{DESK}/grade", Values({"mid": mid, "language": each}), now
            )[1]
        ]
        for each in voice.languages
    )
    if not ours:
        raise OurFault(
            "paper.nothing", "the exercise is not over: it has no grade as yet",
            "ask again after its end, or end it: detente notices end",
        )  # fmt: skip
    named = Values({"language": language})
    listed = [Values(e) for e in office.look(person, f"{DESK}/exercises", named, now)[1]]
    one = next(each for each in listed if each["mid"] == mid)
    name, end = one.text("exercise"), one.moment("ends")
    return Sheet(
        title=voice.line("name.grade", name=name),
        by=office.party,
        made=end,
        marking=told.strictest([one.text("tlp")]),
        exercise=voice.exercise(name),
        watermark=voice.lines("exercise"),
        foot=say("foot.grade", language, by=office.party),
        id=mid_text(mid),
        blocks=(
            Title(voice.say("name.grade", name=name)),
            voice.facts((("grade.when", f"{utc(one.moment('begins'))} \u2013 {utc(end)}"),)),
            *_sides(voice, ours),
            *_notices(voice, ours),
            *_holds(voice, ours),
            *_questions(voice, ours, theirs),
        ),
    )


def _of(part: str, rows: Sequence[Values]) -> list[Values]:
    return [each for each in rows if each["part"] == part]


def _seconds(row: Mapping[str, object], name: str, language: str) -> str:
    found = row.get(name)
    return "\u2013" if found is None else say("grade.seconds", language, n=str(found))


def _sides(voice: Voice, rows: Sequence[Values]) -> Iterator[Block]:
    language = voice.languages[0]
    yield Heading(voice.say("grade.sides"))
    yield Grid(
        tuple(voice.lines(f"grade.{each}") for each in _SIDE),
        (7, 5, 4, 4, 5, 6, 6, 6),
        tuple(
            tuple(
                (Item(each),)
                for each in (
                    row.text("from"),
                    *(str(row[name]) for name in ("count", "in_time", "late", "unanswered")),
                    _seconds(row, "read_s", language),
                    f"{row.whole('answered')} / {row.whole('owed')}",
                    f"{row.whole('wrong')} / {row.whole('chosen')}",
                )
            )
            for row in _of("side", rows)
        ),
    )


def _holds(voice: Voice, rows: Sequence[Values]) -> Iterator[Block]:
    language, found = voice.languages[0], _of("hold", rows)
    if not found:
        return
    yield Heading(voice.say("grade.holds"))
    yield Grid(
        (voice.lines("head.what"), voice.lines("grade.side"), ""),
        (6, 7, 6),
        tuple(
            (
                (Item(row.text("name"), "strong"), Item(voice.line(f"grade.result.{row.text('result')}"), "note")),
                (Item(row.text("from")),),
                (Item(_seconds(row, "read_s", language)),),
            )
            for row in found
        ),
    )  # fmt: skip


def _notices(voice: Voice, rows: Sequence[Values]) -> Iterator[Block]:
    language = voice.languages[0]
    yield Heading(voice.say("grade.notices"))
    yield Grid(
        (
            voice.lines("head.what"),
            voice.lines("grade.side"),
            voice.lines("grade.read_in"),
            voice.lines("grade.answered_in"),
        ),
        (6, 7, 6, 6),
        tuple(
            (
                (Item(row.text("name"), "strong"),),
                (Item(row.text("from")),),
                _timed(voice, row, "result", _seconds(row, "read_s", language)),
                _timed(voice, row, "reply", _seconds(row, "reply_s", language)),
            )
            for row in _of("notice", rows)
        ),
    )


def _timed(voice: Voice, row: Values, name: str, took: str) -> Cell:
    if not row.get(name):
        return (Item("\u2013"),)
    return Item(took), Item(voice.line(f"grade.result.{row.text(name)}"), "note")


def _questions(voice: Voice, ours: Sequence[Values], theirs: Sequence[Values]) -> Iterator[Block]:
    pairs = list(zip(_of("question", ours), _of("question", theirs), strict=True))
    if not pairs:
        return
    yield Heading(voice.say("grade.questions"))
    one, other = voice.languages
    rows: list[Both] = [(_question(a, one), _question(b, other)) for a, b in pairs]
    yield Pairs(tuple(rows))


def _question(row: Values, language: str) -> Cell:
    result = f"{row.text('from')} · {say('grade.result.' + row.text('result'), language)}"
    chose = row.get("chose")
    return (
        Item(row.text("text"), "strong"),
        Item(result, "wrong" if row["result"] == "wrong" else "note"),
        Item(say("grade.right", language, text=row.text("right"))),
        *((Item(say("grade.chose", language, text=str(chose))),) if chose else ()),
    )
