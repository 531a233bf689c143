"""One notice in two languages: the same record, read side by side, never translated.

The console's page and the paper are made of this.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from detente.app.faces import words
from detente.core import record
from detente.core.moment import Moment
from detente.desks.notices.forms import LANGUAGES
from detente.office.fields import Value, Values
from detente.office.office import Office
from detente.office.people import Person
from detente.office.tables import Row
from detente.ui import body

DESK: Final = "notices"


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation that somebody signed."""

    official: bool
    language: str
    text: str
    by: str
    at: Moment


@dataclass(slots=True)
class Line:
    """One value in the reader's language and in the other. written: of prose, its language.

    translate: where a translation of it is written; before: what a correction replaced, in both;
    doubts: what is wrong with it.
    """

    labels: tuple[str, str]
    texts: tuple[str, str]
    written: str
    translate: str
    before: tuple[str, str] | None = None
    doubts: list[tuple[str, str]] = field(default_factory=list)
    translations: list[Translation] = field(default_factory=list)

    @property
    def prose(self) -> list[str]:
        """Return its free text and its translations: what may use terms of the glossary."""
        return [*([self.texts[0]] if self.written else []), *(e.text for e in self.translations)]

    def into(self, language: str) -> list[Translation]:
        """Return its translations into a language, official ones first."""
        return [each for each in self.translations if each.language == language]


@dataclass(frozen=True, slots=True)
class Both:
    """A notice as two languages have it: the rows of its desk, its fields, what was said to it."""

    languages: tuple[str, str]
    ours: tuple[Row, ...]
    theirs: tuple[Row, ...]
    head: Values
    other: Values
    fields: tuple[Line, ...]
    said: tuple[Values, ...]

    @property
    def cancelled(self) -> bool:
        """Whether its author took it back."""
        return any(each["how"] == "cancellation" for each in self.said)


def read(office: Office, person: Person, mid: bytes, language: str, now: Moment) -> Both:
    """Return a notice in a reader's language and in the other. Raises as its look does."""
    both = (language, next(each for each in LANGUAGES if each != language))
    ours, theirs = (_show(office, person, mid, each, now) for each in both)
    head, other = Values(ours[0]), Values(theirs[0])
    said = tuple(Values(each) for each in ours if each["part"] == "said")
    return Both(both, ours, theirs, head, other, tuple(_lines(ours, theirs, head)), said)


def word(choice: str, language: str) -> str:
    """Return the word of a choice of the desk of notices."""
    return body.choice(DESK, choice, words(), language)


def said_text(row: Values, rows: Sequence[Row], language: str) -> str:
    """Return what was said to a notice: of a correction, which fields it changes."""
    text = row.text("text")
    if row["how"] != "correction":
        return word(text, language)
    labels = {str(each["name"]): str(each["label"]) for each in rows if each["part"] == "value"}
    return ", ".join(labels.get(each, each) for each in text.split(", "))


def _show(
    office: Office, person: Person, mid: bytes, language: str, now: Moment
) -> tuple[Row, ...]:
    given: dict[str, Value] = {"mid": mid, "language": language}
    return office.look(person, f"{DESK}/show", Values(given), now)[1]


def _lines(ours: Sequence[Row], theirs: Sequence[Row], head: Values) -> list[Line]:
    found: list[Line] = []
    names = [str(each["name"]) for each in ours if each["part"] == "value"]
    for one, other in zip(map(Values, ours), map(Values, theirs), strict=True):
        part, pair = one["part"], (one.get("text") or "", other.get("text") or "")
        if part == "value":
            name = one.text("name")
            place = names[: len(found) + 1].count(name)
            given = {"mid": record.mid_text(head.data("mid")), "name": name, "place": place}
            found.append(
                Line(
                    (one.text("label"), other.text("label")),
                    (str(pair[0]), str(pair[1])),
                    one.text("language", ""),
                    f"/write/{DESK}/translate?{urlencode(given)}",
                )
            )
        elif part == "before":
            found[-1].before = (str(pair[0]), str(pair[1]))
        elif part == "doubt" and "name" in one:
            found[-1].doubts.append((one.text("how"), one.text("text")))
        elif part == "translation":
            told = Translation(
                one["how"] == "official", one.text("language"), one.text("text"), one.text("by"),
                one.moment("at"),
            )  # fmt: skip
            found[-1].translations.append(told)
    return found
