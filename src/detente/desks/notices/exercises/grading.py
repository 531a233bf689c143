"""The grade of an exercise: a pure fold of signed records, alike on both sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.notices.exercises.scenario import Question, Scenario
from detente.desks.notices.kinds import SPANS
from detente.desks.notices.rules import speed_of

UNSENT: Final = "unsent"
UNANSWERED: Final = "unanswered"
LATE: Final = "too_late"
IN_TIME: Final = "in_time"
RIGHT: Final = "right"
WRONG: Final = "wrong"


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice of an exercise. All moments but created are of the reader's own clock.

    kept: from when they could acknowledge it; read, answered: None while nobody did. answer: the
    span in which an answer is owed, "" for none.
    """

    inject: str
    prec: str
    acknowledge: str
    answer: str
    kept: Moment | None = None
    read: Moment | None = None
    answered: Moment | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader of a side chose."""

    side: str
    reader: str
    at: Moment
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fared:
    """How a notice fared. read_in, answered_in: None where nobody did, or nothing was owed."""

    inject: str
    side: str
    result: str
    read_in: Span | None
    answered: str
    answered_in: Span | None


@dataclass(frozen=True, slots=True)
class Understood:
    """How the readers of a side understood a question. chosen: how many chose each code."""

    question: str
    side: str
    readers: int
    wrong: int
    chosen: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """A side's whole. median: of the times to acknowledge; misread: wrong of so many choices."""

    side: str
    notices: int
    in_time: int
    late: int
    unanswered: int
    median: Span | None
    owed: int
    answered: int
    choices: int
    misread: int


@dataclass(frozen=True, slots=True)
class Grade:
    """All of it."""

    sums: tuple[Sum, ...]
    notices: tuple[Fared, ...]
    questions: tuple[Understood, ...]


def fared(side: str, one: Sent) -> Fared:
    """Return how a notice fared; an answer is counted from the reading, as its clock is."""
    if one.kept is None or one.read is None:
        return Fared(one.inject, side, UNANSWERED, None, UNANSWERED if one.answer else "", None)
    took = max(one.read - one.kept, Span(0))
    result = IN_TIME if took <= speed_of(one.prec, one.acknowledge) else LATE
    if not one.answer:
        return Fared(one.inject, side, result, took, "", None)
    if one.answered is None:
        return Fared(one.inject, side, result, took, UNANSWERED, None)
    answered = max(one.answered - one.kept, Span(0))
    in_time = answered <= Span(took.ms + SPANS[one.answer].ms)
    return Fared(one.inject, side, result, took, IN_TIME if in_time else LATE, answered)


def understood(question: Question, side: str, readings: Iterable[Reading]) -> Understood:
    """Return what a side's readers chose; of one reader the first choice counts."""
    first: dict[str, tuple[Moment, str]] = {}
    for each in readings:
        code = each.choices.get(question.name)
        if each.side == side and code is not None:
            told = each.at, code
            first[each.reader] = min(first.get(each.reader, told), told)
    codes = [code for _, code in first.values()]
    chosen = tuple((code, codes.count(code)) for code in sorted(set(codes)))
    wrong = sum(code != question.right for code in codes)
    return Understood(question.name, side, len(codes), wrong, chosen)


def grade(
    scenario: Scenario,
    sides: Mapping[str, str],
    sent: Sequence[Sent],
    readings: Sequence[Reading],
) -> Grade:
    """Return the grade: the order of what is given changes nothing. sides: by role."""
    known = {one.inject: one for one in sent}
    notices: list[Fared] = []
    for inject in scenario.notices:
        reader = sides[scenario.other(inject.by).name]
        one = known.get(inject.name)
        unsent = Fared(inject.name, reader, UNSENT, None, "", None)
        notices.append(fared(reader, one) if one else unsent)
    both = sorted(sides.values())
    questions = [understood(each, side, readings) for each in scenario.questions for side in both]
    sums = tuple(_sum(side, notices, questions) for side in both)
    return Grade(sums, tuple(notices), tuple(questions))


def _sum(side: str, notices: Sequence[Fared], questions: Sequence[Understood]) -> Sum:
    own = [each for each in notices if each.side == side and each.result != UNSENT]
    took = [each.read_in.ms for each in own if each.read_in is not None]
    asked = [each for each in questions if each.side == side]
    owed = [each for each in own if each.answered]
    return Sum(
        side, len(own), sum(each.result == IN_TIME for each in own),
        sum(each.result == LATE for each in own), sum(each.result == UNANSWERED for each in own),
        Span(median_low(took)) if took else None, len(owed),
        sum(each.answered != UNANSWERED for each in owed),
        sum(each.readers for each in asked), sum(each.wrong for each in asked),
    )  # fmt: skip
