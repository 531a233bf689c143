"""What a person sees of exercises: which there are, their timeline, questions, grade."""

from typing import Final

from detente.core import limits
from detente.core.moment import Moment, Span
from detente.desks.notices import finding
from detente.desks.notices.exercises import grading, kinds, play, scenario, shipped
from detente.desks.notices.exercises.grading import Grade, Reading, Sent
from detente.desks.notices.exercises.play import Play
from detente.desks.notices.formats.declared import LANGUAGES, word
from detente.office.desk import Look, Role
from detente.office.fields import (
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
from detente.office.reader import Reader
from detente.office.tables import Row

_MID: Final = Field("mid", Mid(), bare=True)
_LANGUAGE: Final = Field("language", OneOf(*LANGUAGES), default="en")
WAITS: Final = "waits"  # for its moment
DUE: Final = "due"
SENT: Final = "sent"
NOW: Final = "now"
OVER: Final = "past"
HELD: Final = "held_back"  # the exercise plays a silence or a cut just now


def read_scenarios(_look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the scenarios that come with the program."""
    language = values.text("language", "en")
    return tuple(
        {
            "scenario": name,
            "exercise": each.name,
            "title": word(each.title, language),
            "roles": "; ".join(f"{one.name} = {word(one.title, language)}" for one in each.roles),
            "lasts": each.lasts.ms // 60_000,
            "notices": len(each.notices),
            "asked": len(each.questions),
        }
        for name, each in shipped.shipped().items()
    )


def read_scenario(_look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the file of a scenario that ships, to change it or to hand it on."""
    return ({"file": shipped.file(values.text("scenario")).decode()},)


def read_exercises(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return every exercise, the latest first, and where it stands."""
    language = values.text("language", "en")
    return tuple(
        {
            "mid": each.mid,
            "exercise": each.name,
            "title": word(each.scenario.title, language),
            "with": each.theirs,
            "role": word(each.scenario.role(each.ours).title, language),
            "told": word(each.scenario.situation, language)
            + " "
            + word(each.scenario.role(each.ours).situation, language),
            "standing": each.state(now),
            "begins": each.zero or each.row.moment("begins"),
            "ends": each.end,
            "tlp": each.row["tlp"],
            # For its page: no columns.
            "ours": each.row.flag("ours"),
            "matter": each.row["matter"],
            "situation": word(each.scenario.situation, language),
            "brief": word(each.scenario.role(each.ours).situation, language),
            "lasts": each.scenario.lasts.ms // 60_000,
            **_hold(each, now),
        }
        for each in play.plays(look)
    )


def _hold(found: Play, now: Moment) -> dict[str, Value]:
    hold = play.hold(found, found.ours, now)
    return {"hold": hold.does, "until": hold.end} if hold else {"hold": None, "until": None}


def read_timeline(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what happens when: for who leads the exercise on our side, not for its readers."""
    found, language = play.at(look, values.data("mid")), values.text("language", "en")
    zero = found.zero or found.row.moment("begins")
    rows: list[Row] = []
    for each in found.scenario.injects:
        sent = found.notice(look, each) if each.does == scenario.NOTICE else None
        begin = zero + each.at
        told = each.told(zero, language)
        text = word(each.text, language) if each.text else "; ".join(f"{n} = {t}" for n, t in told)
        rows.append(
            {
                "at": begin,
                "name": each.name,
                "does": each.does,
                "ours": each.by == found.ours,
                "role": word(found.scenario.role(each.by).title, language),
                "format": each.format or None,
                "until": begin + each.lasts if each.lasts.ms else None,
                "text": text or None,
                "standing": _standing(found, begin, each.lasts, sent, now, each.does, each.by),
                "mid": sent["mid"] if sent else None,
            }
        )
    return tuple(rows)


def _standing(
    found: Play, begin: Moment, lasts: Span, sent: Values | None, now: Moment, does: str, by: str
) -> str:
    if sent is not None:
        return SENT
    if found.state(now) == play.ENDED:
        return OVER
    if found.zero is None or now < begin:
        return WAITS
    if does == scenario.NOTICE:
        return HELD if play.hold(found, by, now) else DUE
    return NOW if not lasts.ms or now < begin + lasts else OVER


def read_questions(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the questions whose notice was sent, and who here said how they understood it."""
    found, language = play.at(look, values.data("mid")), values.text("language", "en")
    rows: list[Row] = []
    for each in found.scenario.questions:
        inject = found.scenario.inject(each.after)
        sent = found.notice(look, inject) if inject else None
        if sent is None:
            continue
        own = found.sides[found.ours]
        readers = sorted(
            {r.reader for r in readings(found) if r.side == own and each.name in r.choices}
        )
        rows.append(
            {
                "question": each.name,
                "text": word(each.text, language),
                "codes": "; ".join(f"{c.code} = {word(c.words, language)}" for c in each.choices),
                "readers": ", ".join(readers) or None,
                "mid": sent["mid"],
                "choices": tuple(  # for a form: no column
                    Values({"code": c.code, "words": word(c.words, language)}) for c in each.choices
                ),
            }
        )
    return tuple(rows)


def readings(found: Play) -> tuple[Reading, ...]:
    """Return what readers of both sides chose while the exercise ran."""
    return tuple(
        Reading(
            each.text("from"),
            each.text("reader"),
            each.moment("created"),
            {one.text("question"): one.text("choice") for one in each.parts("choice")},
        )
        for each in found.about
        if each["what"] == "reading" and (found.end is None or each.moment("created") <= found.end)
    )


def graded(look: Reader, found: Play) -> Grade:
    """Return the grade of an exercise, also before its end. The report in print is made of it."""
    sent = []
    for inject in found.scenario.notices:
        notice = found.notice(look, inject)
        if notice is not None:
            role = found.scenario.other(inject.by).name
            sent.append(_sent(look, found, inject.name, role, notice))
    return grading.grade(found.scenario, found.sides, sent, readings(found))


def _sent(look: Reader, found: Play, name: str, role: str, notice: Values) -> Sent:
    told = name, notice.text("prec"), notice.text("acknowledge"), notice.text("answer")
    reader, mid = found.sides[role], notice.data("mid")
    receipts = [
        each for each in finding.said_to(look, mid, "receipt")
        if each["from"] == reader and each.get("exercise") == found.name
    ]  # fmt: skip
    replies = [
        each.moment("created") for each in finding.replies(look, mid)
        if each["from"] == reader and each.get("exercise") == found.name
    ]  # fmt: skip
    answered = min(replies, default=None)
    # Who answers has read: then it counts from the writing, by both sides' clocks.
    kept = receipts[0].moment("kept") if receipts else notice.moment("created")
    read = receipts[0].moment("created") if receipts else answered
    # What a side could not say, for its silence or the cut, is not counted against it.
    if read is not None:
        if answered is not None:
            answered = Moment(answered.ms - play.held_between(found, role, read, answered).ms)
        kept = min(kept + play.held_between(found, role, kept, read), read)
    return Sent(*told, kept, read, answered)


def read_grade(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return the grade of an exercise that is over: its sides, notices, questions."""
    found, language = play.at(look, values.data("mid")), values.text("language", "en")
    if found.state(now) != play.ENDED:
        return ()
    told = graded(look, found)
    rows = [*_sums(told), *_notices(told), *_questions(found, told, language), *_holds(found)]
    return tuple({"exercise": found.name, **row} for row in rows)


def _sums(told: Grade) -> list[dict[str, Value]]:
    return [
        {
            "part": "side", "from": one.side, "count": one.notices, "in_time": one.in_time,
            "late": one.late, "unanswered": one.unanswered, "read_s": _seconds(one.median),
            "owed": one.owed, "answered": one.answered, "chosen": one.choices, "wrong": one.misread,
        }
        for one in told.sums
    ]  # fmt: skip


def _notices(told: Grade) -> list[dict[str, Value]]:
    return [
        {
            "part": "notice", "from": one.side, "name": one.inject, "result": one.result,
            "read_s": _seconds(one.read_in), "reply": one.answered or None,
            "reply_s": _seconds(one.answered_in),
        }
        for one in told.notices
    ]  # fmt: skip


def _holds(found: Play) -> list[dict[str, Value]]:
    return [
        {
            "part": "hold", "from": found.sides[one.by], "name": one.name, "result": one.does,
            "read_s": _seconds(one.end - one.begin),
        }
        for one in play.holds(found)
    ]  # fmt: skip


def _questions(found: Play, told: Grade, language: str) -> list[dict[str, Value]]:
    named = {each.name: each for each in found.scenario.questions}
    rows: list[dict[str, Value]] = []
    for one in told.questions:
        question = named[one.question]
        chose = "; ".join(f"{question.shown(code, language)}: {n}" for code, n in one.chosen)
        result = (
            (grading.WRONG if one.wrong else grading.RIGHT) if one.readers else grading.UNANSWERED
        )
        rows.append(
            {
                "part": "question", "from": one.side, "name": one.question, "result": result,
                "chosen": one.readers, "wrong": one.wrong, "text": word(question.text, language),
                "right": question.shown(question.right, language), "chose": chose or None,
            }
        )  # fmt: skip
    return rows


def _seconds(took: Span | None) -> int | None:
    return None if took is None else took.ms // 1000


_WORDS: Final = Field("text", LongText(8_000), required=False)
ALL: Final = (
    Look(
        name="notices/scenarios", fields=(_LANGUAGE,), read=read_scenarios,
        columns=(
            Field("scenario", OneOf(*shipped.NAMES)), Field("exercise", Text(200)),
            Field("title", Text(200)), Field("roles", Text(500)), Field("lasts", Whole()),
            Field("notices", Whole()), Field("asked", Whole()),
        ),
        example="--language ru",
    ),
    Look(
        name="notices/scenario",
        fields=(Field("scenario", OneOf(*shipped.NAMES), bare=True),),
        read=read_scenario, columns=(Field("file", FileText(limits.MAX_SCENARIO)),),
        example="grid_at_sea",
    ),
    Look(
        name="notices/exercises", fields=(_LANGUAGE,), read=read_exercises,
        columns=(
            Field("exercise", Text(200)), Field("standing", OneOf(*play.STATES)),
            Field("title", Text(200)), Field("with", Text(96)), Field("role", Text(200)),
            Field("begins", When()), Field("ends", When(), required=False),
            Field("told", LongText(8_100)), Field("tlp", Text(16)), Field("mid", Mid()),
        ),
        example="--language ru",
    ),
    Look(
        name="notices/timeline", fields=(_MID, _LANGUAGE), read=read_timeline, role=Role.AUTHOR,
        columns=(
            Field("at", When()), Field("name", Text(32)), Field("does", OneOf(*scenario.DOES)),
            Field("ours", Flag()), Field("role", Text(200)), Field("format", Text(16), required=False),
            Field("until", When(), required=False),
            Field("standing", OneOf(WAITS, DUE, HELD, SENT, NOW, OVER)), _WORDS,
            Field("mid", Mid(), required=False),
        ),
        example="k3q7zb",
    ),
    Look(
        name="notices/questions", fields=(_MID, _LANGUAGE), read=read_questions,
        columns=(
            Field("question", kinds.NAME), Field("text", Text(200)), Field("codes", LongText(4_000)),
            Field("readers", LongText(8_000), required=False), Field("mid", Mid()),
        ),
        example="k3q7zb --language ru",
    ),
    Look(
        name="notices/grade", fields=(_MID, _LANGUAGE), read=read_grade,
        columns=(
            Field("exercise", Text(200)), Field("part", OneOf("side", "notice", "question", "hold")),
            Field("from", Text(96)), Field("name", Text(32), required=False),
            Field("result", OneOf(
                "in_time", grading.LATE, "unanswered", "unsent", "right", "wrong", scenario.SILENCE, scenario.CUT
            ), required=False),
            Field("count", Whole(), required=False), Field("in_time", Whole(), required=False),
            Field("late", Whole(), required=False), Field("unanswered", Whole(), required=False),
            Field("read_s", Whole(), required=False),
            Field("reply", OneOf("in_time", grading.LATE, "unanswered"), required=False),
            Field("reply_s", Whole(), required=False), Field("owed", Whole(), required=False),
            Field("answered", Whole(), required=False), Field("chosen", Whole(), required=False),
            Field("wrong", Whole(), required=False), Field("text", Text(200), required=False),
            Field("right", Text(200), required=False), Field("chose", LongText(4_000), required=False),
        ),
        example="k3q7zb --language ru",
    ),
)  # fmt: skip
