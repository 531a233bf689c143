"""What papers have in common: words in two languages, who signed a record and who received it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from detente.app.faces import words
from detente.app.paper.sheet import Both, Cell, Facts, Grid, Item
from detente.core.moment import Moment
from detente.desks.notices.forms import LANGUAGES
from detente.office.fields import Values, mid_text
from detente.office.marks import EXERCISE
from detente.office.office import Office
from detente.office.people import Person
from detente.office.story import Line
from detente.ui import body
from detente.ui.when import utc

LEVELS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
Pair = tuple[str, str]


def both_of(language: str) -> Pair:
    """Return a language and the other one."""
    return (language, next(each for each in LANGUAGES if each != language))


def say(key: str, language: str, **places: str) -> str:
    """Return a word of papers."""
    return words().get(f"paper.{key}", language, **places)


class Voice:
    """Says things in both languages of a paper, that of its reader first."""

    def __init__(self, language: str) -> None:
        self.languages = both_of(language)

    def each(self, found: Callable[[str], str]) -> Pair:
        """Return what is found for each language."""
        one, other = self.languages
        return found(one), found(other)

    def say(self, key: str, **places: str) -> Pair:
        """Return a word of papers in both."""
        return self.each(lambda language: say(key, language, **places))

    def choice(self, desk: str, choice: str) -> Pair:
        """Return the word of a choice of a desk in both."""
        return self.each(lambda language: body.choice(desk, choice, words(), language))

    def line(self, key: str, **places: str) -> str:
        """Return a word in both, in one line."""
        return " · ".join(self.say(key, **places))

    def lines(self, key: str, **places: str) -> str:
        """Return a word in both, one under the other."""
        return "\n".join(self.say(key, **places))

    def facts(self, told: Iterable[tuple[str, str | Pair]]) -> Facts:
        """Return rows of labels, by their keys, and what they say; one text is the same in both."""
        return Facts(tuple(self._fact(self.say(key), text) for key, text in told))

    def _fact(self, labels: Pair, text: str | Pair) -> Both:
        one, other = (text, text) if isinstance(text, str) else text
        return (
            (Item(labels[0], "label"), Item(one)),
            (Item(labels[1], "label"), Item(other)),
        )

    def exercise(self, name: str) -> str:
        """Return the band of an exercise, "" for none."""
        return self.line("exercise") + f": {name}" if name else ""


def strictest(found: Iterable[str]) -> str:
    """Return the highest marking as it stands on a paper."""
    levels = [LEVELS.index(each) for each in found]
    return f"TLP:{LEVELS[max(levels, default=0)]}"


def exercise_of(line: Line) -> str:
    """Return the exercise that a record is of, "" for none."""
    return next((each.why for each in line.marks if each.name == EXERCISE), "")


def story(office: Office, person: Person, matter: str, now: Moment) -> Sequence[Line]:
    """Return the records of a matter at desks where a person reads, in both sides' order."""
    return office.cases.story(person, matter, now).lines


def latest(lines: Iterable[Line], *more: Moment) -> Moment:
    """Return when the last of records was kept here: the time that a paper bears."""
    return max((*(each.row.moment("kept_at") for each in lines), *more))


def records(voice: Voice, lines: Sequence[Line]) -> Grid:
    """Return the records of a paper: when, what, who signed, who received, and the whole id."""
    heads = ("at", "here", "what", "who", "signed", "receipts")
    return Grid(
        tuple(voice.lines(f"head.{each}") for each in heads),
        (5, 5, 6, 7, 7, 7),
        tuple(_record(voice, each) for each in lines),
    )


def _record(voice: Voice, line: Line) -> tuple[Cell, ...]:
    row = line.row
    marks = [f"{each.name} {each.why}".strip() for each in line.marks]
    return (
        (Item(clock(row.moment("created"))),),
        (Item(clock(row.moment("kept_at"))),),
        (*_kind(voice, row), *(Item(each, "wrong") for each in marks)),
        (Item(row.text("from")), Item(mid_text(line.mid), "code")),
        _twice(voice, signed(line)),
        _twice(voice, received(line)),
    )


def _twice(voice: Voice, told: Sequence[tuple[str, str, str]]) -> Cell:
    one, other = (
        "\n".join(say(key, each, **({name: text} if name else {})) for key, name, text in told)
        for each in voice.languages
    )
    return Item(one), Item(other, "note")


def _kind(voice: Voice, row: Values) -> Cell:
    desk, _, name = row.text("kind").partition(".")
    key = f"{desk}.kind.{name}"
    own = words()
    told = voice.each(lambda each: own.get(key, each) if own.has(key, each) else name)
    return Item(told[0]), Item(told[1], "note")


def signed(line: Line) -> list[tuple[str, str, str]]:
    """Return who signed a record, as ids of the sending desk's card: key of a word, and its place."""
    found = [("say.author", "signer", line.row.text("author"))]
    if line.taken is None:
        return [*found, ("say.unread", "", "")]
    releaser = line.taken.signers.releaser
    return [*found, ("say.releaser", "signer", releaser) if releaser else ("say.alone", "", "")]


def received(line: Line) -> list[tuple[str, str, str]]:
    """Return the receipts of a record: key of a word, and its place."""
    found = [
        *([("say.stored", "", "")] if line.stored else []),
        *([("say.delivered", "", "")] if line.delivered else []),
    ]
    if line.read_at is not None:
        found.append(("say.read", "at", utc(line.read_at)))
    return found or [("say.none", "", "")]


def clock(at: Moment) -> str:
    """Return a time in a narrow column: its day over its hour."""
    day, hour, zone = utc(at).split(" ")
    return f"{day}\n{hour} {zone}"
