"""A format as data: number, titles, fields with types, units and limits, in every language.

Values travel as texts of one form each, so that nothing is translated on the way: a code of a list,
a decimal number, a UTC time, a position. Only prose is language, and says which.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.fields import When

LANGUAGES: Final = ("en", "ru")
CODE: Final = re.compile(r"[A-Z][A-Z0-9]{0,15}")
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
TYPES: Final = ("choice", "flag", "line", "number", "position", "prose", "time")
CHARS_MAX: Final = 4_000  # of one value
MANY_MAX: Final = 32  # values of one field
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,6})?")
_POSITION: Final = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,6})?) (-?[0-9]{1,3}(?:\.[0-9]{1,6})?)")
_POLE: Final = 90  # degrees
_TURN: Final = 180
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")


@dataclass(frozen=True, slots=True)
class Choice:
    """One code of a list, with its word in each language."""

    code: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One field of a format. low and high bound a number, both included; unit is of it.

    help: what to give and what not, in every language, () for none.
    """

    name: str
    type: str
    label: tuple[tuple[str, str], ...]
    help: tuple[tuple[str, str], ...] = ()
    required: bool = True
    many: bool = False
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    max_chars: int = CHARS_MAX
    choices: tuple[Choice, ...] = ()

    def wrong(self, text: str) -> str | None:
        """Say what is wrong with a value as it travels; None if it is right."""
        if not text or len(text) > self.max_chars:
            return f"{len(text)} characters where 1 to {self.max_chars} are allowed"
        if _CONTROL.search(text) or (self.type != "prose" and "\n" in text):
            return "a control character in it"
        return _WRONG[self.type](self, text)

    def shown(self, text: str, language: str) -> str:
        """Return a value as people of a language read it; what is no value of it stays as it is."""
        if self.type == "choice":
            found = next((each for each in self.choices if each.code == text), None)
            return text if found is None else word(found.words, language)
        if self.type == "flag":
            return {"en": {"yes": "yes", "no": "no"}, "ru": {"yes": "да", "no": "нет"}}[
                language if language in LANGUAGES else "en"
            ].get(text, text)
        return f"{text} {unit_word(self.unit, language)}" if self.unit else text


@dataclass(frozen=True)
class Format:
    """The declaration. digest: SHA-256 of its file, by which two sides know that they hold the same.

    acknowledge, answer: spans as written ("48h"), "" for by precedence, and for no answer owed.
    """

    code: str
    version: int
    title: tuple[tuple[str, str], ...]
    precedence: str
    fields: tuple[Slot, ...]
    digest: bytes
    acknowledge: str = ""
    answer: str = ""

    @cached_property
    def named(self) -> dict[str, Slot]:
        """The fields by name."""
        return {each.name: each for each in self.fields}

    def wrong(self, values: tuple[tuple[str, str], ...]) -> str | None:
        """Say what is wrong with the values of a notice, (name, text) each; None if nothing is."""
        told = [name for name, _ in values]
        for name in told:
            if name not in self.named:
                return f"{name} is no field of {self.code} version {self.version}"
        for slot in self.fields:
            count = told.count(slot.name)
            if slot.required and not count:
                return f"{slot.name} is missing"
            if count > (MANY_MAX if slot.many else 1):
                return f"{slot.name} is given {count} times"
        flaws = ((name, self.named[name].wrong(text)) for name, text in values)
        return next((f"{name}: {flaw}" for name, flaw in flaws if flaw), None)


def word(words: tuple[tuple[str, str], ...], language: str) -> str:
    """Return the word in a language, in the first there is where it lacks."""
    return dict(words).get(language) or words[0][1]


def unit_word(unit: str, language: str) -> str:
    """Return a unit as it is written in a language."""
    return _UNITS.get(unit, unit) if language == "ru" else unit


_UNITS: Final = {
    "km": "км", "m": "м", "kg": "кг", "MW": "МВт", "TBq": "ТБк", "mSv/h": "мЗв/ч", "m/s": "м/с",  # noqa: RUF001  Russian units
    "s": "с",  # noqa: RUF001  as above
    "degrees": "градусов", "persons": "человек",
}  # fmt: skip


def mixed(text: str) -> str:
    """Return the first word that mixes Latin and Cyrillic letters, "" if there is none."""
    words = (found[0] for found in _WORD.finditer(text))
    return next((each for each in words if _LATIN.search(each) and _CYRILLIC.search(each)), "")


def _line(_slot: Slot, text: str) -> str | None:
    posing = mixed(text)
    return f"{posing[:40]!r} mixes Latin and Cyrillic letters" if posing else None


def _choice(slot: Slot, text: str) -> str | None:
    if any(each.code == text for each in slot.choices):
        return None
    return f"{text[:40]!r} is none of {', '.join(each.code for each in slot.choices)}"


def _flag(_slot: Slot, text: str) -> str | None:
    return None if text in ("yes", "no") else "neither yes nor no"


def _number(slot: Slot, text: str) -> str | None:
    if not _NUMBER.fullmatch(text):
        return f"{text[:40]!r} is no decimal number with a point"
    value = Decimal(text)
    if (slot.low is not None and value < slot.low) or (slot.high is not None and value > slot.high):
        return f"{text} is not from {slot.low} to {slot.high}"
    return None


def _time(_slot: Slot, text: str) -> str | None:
    if ":60" in text[16:]:
        return "a leap second has no place here: write the second before or after it"
    if not text.endswith("Z"):
        return "no UTC time: end it with Z; a local time changes with the season"
    try:
        found = When().read("time", text)
    except OurFault:
        return f"{text[:40]!r} is no time as 2026-11-21T23:10Z"
    return None if isinstance(found, Moment) else "no time"


def _position(_slot: Slot, text: str) -> str | None:
    found = _POSITION.fullmatch(text)
    if found is None:
        return f"{text[:40]!r} is no latitude and longitude as 55.7558 37.6173"
    if abs(Decimal(found[1])) > _POLE:
        return f"latitude {found[1]} is not from -90 to 90"
    if abs(Decimal(found[2])) > _TURN:
        return f"longitude {found[2]} is not from -180 to 180"
    return None


_WRONG: Final = {
    "choice": _choice, "flag": _flag, "line": _line, "number": _number, "position": _position,
    "prose": lambda _slot, _text: None, "time": _time,
}  # fmt: skip
