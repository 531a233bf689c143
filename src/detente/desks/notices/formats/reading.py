"""Reading the file of a format: TOML, strict, each fault with its line."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Final

from detente.core.errors import OurFault
from detente.core.names import PRECEDENCES
from detente.desks.notices.formats.declared import (
    CHARS_MAX,
    CODE,
    LANGUAGES,
    NAME,
    TYPES,
    Choice,
    Format,
    Slot,
)
from detente.desks.notices.kinds import SPANS

SIZE_MAX: Final = 65_536  # bytes of a file
FIELDS_MAX: Final = 64
CHOICES_MAX: Final = 200
VERSION_MAX: Final = 9_999
_TOP: Final = {"code", "version", "title", "precedence", "acknowledge", "answer", "field"}
_FIELD: Final = {
    "name", "type", "label", "help", "required", "many", "unit", "low", "high", "max_chars", "choices",
}  # fmt: skip
_AT: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_TEXT_MAX: Final = 200
HELP_MAX: Final = 300  # characters of a help text in one language


def read(data: bytes) -> Format:
    """Return the format of a file. Raises OurFault("notices.format") with the line and the reason."""
    if len(data) > SIZE_MAX:
        raise _fault(1, f"{len(data)} bytes where {SIZE_MAX} are allowed")
    try:
        text = data.decode()
        found = tomllib.loads(text, parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise _fault(data[: error.start].count(b"\n") + 1, "no UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = int(at[1]) if at and at[1] else text.count("\n") + 1
        raise _fault(line, _AT.sub("", str(error))) from None
    except RecursionError:
        raise _fault(1, "nested too deeply") from None
    return _Reader(text).format(found, sha256(data).digest())


def _fault(line: int, why: str) -> OurFault:
    return OurFault(
        "notices.format", f"line {line}: {why}", "mend the file: docs/notices/formats.md"
    )


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        heads = [
            n for n, line in enumerate(self._lines) if line.split("#")[0].strip() == "[[field]]"
        ]
        self._starts = heads

    def line(self, key: str, field: int | None = None) -> int:
        """Return the line of a key: of the top, or of a field by its place."""
        first, last = 0, self._starts[0] if self._starts else len(self._lines)
        if field is not None and field < len(self._starts):
            first = self._starts[field]
            after = self._starts[field + 1 :]
            last = after[0] if after else len(self._lines)
        for number in range(first, last):
            if re.match(rf"\s*{re.escape(key)}\s*=", self._lines[number]):
                return number + 1
        return first + 1

    def format(self, top: Mapping[str, object], digest: bytes) -> Format:
        """Return the whole of it."""
        for key in top:
            if key not in _TOP:
                raise _fault(self.line(key), f"{key[:40]!r} is nothing that a format has")
        code, version = top.get("code"), top.get("version")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            raise _fault(
                self.line("code"), "code is 1 to 16 capital letters and digits, a letter first"
            )
        if type(version) is not int or not 1 <= version <= VERSION_MAX:
            raise _fault(self.line("version"), f"version is a number from 1 to {VERSION_MAX}")
        precedence = top.get("precedence", "ROUTINE")
        if precedence not in PRECEDENCES:
            raise _fault(self.line("precedence"), f"precedence is one of {', '.join(PRECEDENCES)}")
        for key in ("acknowledge", "answer"):
            if key in top and top[key] not in SPANS:
                raise _fault(self.line(key), f"{key} is one of {', '.join(SPANS)}")
        rows = top.get("field")
        if not isinstance(rows, list) or not 1 <= len(rows) <= FIELDS_MAX:
            raise _fault(self.line("field"), f"a format has 1 to {FIELDS_MAX} fields: [[field]]")
        title = self._words(top.get("title"), "title", None)
        slots = tuple(self._slot(row, place) for place, row in enumerate(rows))
        names = [each.name for each in slots]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise _fault(self.line("name", place), f"a second field {name}")
        return Format(
            code, version, title, str(precedence), slots, digest,
            str(top.get("acknowledge", "")), str(top.get("answer", "")),
        )  # fmt: skip

    def _words(
        self, found: object, key: str, place: int | None, chars_max: int = _TEXT_MAX
    ) -> tuple[tuple[str, str], ...]:
        line = self.line(key, place)
        if not isinstance(found, dict):
            raise _fault(line, f"{key} is missing: write {{ en = …, ru = … }}")
        for language in LANGUAGES:
            text = found.get(language)
            if not isinstance(text, str) or not 1 <= len(text) <= chars_max:
                raise _fault(line, f"{key} lacks its words in {language}")
        if set(found) - {*LANGUAGES, "code"}:
            raise _fault(line, f"{key} has a language that is none of {', '.join(LANGUAGES)}")
        return tuple((language, found[language]) for language in LANGUAGES)

    def _slot(self, row: object, place: int) -> Slot:
        assert isinstance(row, dict), "an array of tables holds tables"
        for key in row:
            if key not in _FIELD:
                raise _fault(self.line(key, place), f"{key[:40]!r} is nothing that a field has")
        name, type_ = row.get("name"), row.get("type")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise _fault(
                self.line("name", place), "name is small letters, digits and _, at most 32"
            )
        if type_ not in TYPES:
            raise _fault(self.line("type", place), f"type is one of {', '.join(TYPES)}")
        for key in ("required", "many"):
            if not isinstance(row.get(key, True), bool):
                raise _fault(self.line(key, place), f"{key} is true or false")
        most = row.get("max_chars", CHARS_MAX if type_ == "prose" else _TEXT_MAX)
        if type(most) is not int or not 1 <= most <= CHARS_MAX:
            raise _fault(self.line("max_chars", place), f"max_chars is 1 to {CHARS_MAX}")
        unit = row.get("unit", "")
        if not isinstance(unit, str) or len(unit) > 32:  # noqa: PLR2004  a word
            raise _fault(self.line("unit", place), "unit is a word of at most 32 characters")
        low, high = self._bound(row, "low", place), self._bound(row, "high", place)
        if low is not None and high is not None and low > high:
            raise _fault(self.line("low", place), f"low {low} is above high {high}")
        return Slot(
            name=name, type=str(type_), label=self._words(row.get("label"), "label", place),
            help=self._help(row, place),
            required=row.get("required", True), many=row.get("many", False), unit=unit,
            low=low, high=high, max_chars=most, choices=self._choices(row, place),
        )  # fmt: skip

    def _help(self, row: Mapping[str, object], place: int) -> tuple[tuple[str, str], ...]:
        found, line = row.get("help"), self.line("help", place)
        if found is None:
            return ()
        if isinstance(found, dict):
            for language in (each for each in LANGUAGES if each in found):
                text = found[language]
                if not isinstance(text, str) or not 1 <= len(text) <= HELP_MAX:
                    raise _fault(line, f"help in {language} has 1 to {HELP_MAX} characters")
                if not text.isprintable():
                    raise _fault(line, f"help in {language} is one line of printable characters")
        return self._words(found, "help", place, HELP_MAX)

    def _bound(self, row: Mapping[str, object], key: str, place: int) -> Decimal | None:
        value = row.get(key)
        if value is None:
            return None
        if row.get("type") != "number" or isinstance(value, bool):
            raise _fault(self.line(key, place), f"{key} is a number, of a field of type number")
        if not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            raise _fault(self.line(key, place), f"{key} is a number")
        return Decimal(value)

    def _choices(self, row: Mapping[str, object], place: int) -> tuple[Choice, ...]:
        found, line = row.get("choices"), self.line("choices", place)
        if row.get("type") != "choice":
            if found is not None:
                raise _fault(line, "choices stand in a field of type choice")
            return ()
        if not isinstance(found, list) or not 1 <= len(found) <= CHOICES_MAX:
            raise _fault(line, f"choices are a list of 1 to {CHOICES_MAX}")
        made: list[Choice] = []
        for number, each in enumerate(found):
            code = each.get("code") if isinstance(each, dict) else None
            if not isinstance(code, str) or not NAME.fullmatch(code):
                raise _fault(
                    line + number + 1, "a choice has a code of small letters, digits and _"
                )
            if any(code == one.code for one in made):
                raise _fault(line + number + 1, f"a second choice {code}")
            made.append(Choice(code, self._words(each, "choices", place)))
        return tuple(made)
