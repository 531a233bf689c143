"""Reading the file of a scenario: TOML, strict, each fault with its line."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.core.names import PRECEDENCES
from detente.desks.notices.exercises import scenario
from detente.desks.notices.exercises.scenario import Inject, Question, Role, Scenario, Words
from detente.desks.notices.formats import shipped
from detente.desks.notices.formats.declared import CHARS_MAX, CODE, LANGUAGES, NAME, Choice

HOUR: Final = Span.of(hours=1)
CHOICES_MAX: Final = 8
_TITLE_MAX: Final = 200
_TOP: Final = {"name", "title", "situation", "lasts", "role", "inject", "question"}
_ROLE: Final = {"name", "title", "situation"}
_INJECT: Final = {
    "name", "at", "by", "does", "lasts", "format", "precedence", "value", "like", "text",
}  # fmt: skip
_QUESTION: Final = {"name", "after", "text", "choices", "right"}
_AT: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SOME_DAY: Final = Moment.parse("2026-06-15T12:00:00.000Z")  # to judge values by their format

Table = Mapping[str, object]


def read(data: bytes) -> Scenario:
    """Return the scenario of a file. Raises OurFault("notices.scenario") with line and reason."""
    if len(data) > limits.MAX_SCENARIO:
        raise _fault(1, f"{len(data)} bytes where {limits.MAX_SCENARIO} are allowed")
    try:
        text = data.decode()
        found = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _fault(data[: error.start].count(b"\n") + 1, "no UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        at = _AT.search(str(error))
        line = int(at[1]) if at and at[1] else text.count("\n") + 1
        raise _fault(line, _AT.sub("", str(error))) from None
    except (RecursionError, ValueError):
        raise _fault(1, "nested too deeply, or a number too long") from None
    return _Reader(text).scenario(found)


def _fault(line: int, why: str) -> OurFault:
    return OurFault(
        "notices.scenario", f"line {line}: {why}", "mend the file: docs/notices/exercises.md"
    )


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = [line.strip() for line in text.splitlines()]

    def line(self, key: str, array: str = "", place: int = 0) -> int:
        """Return the line of a key: of the top, or of a table of an array by its place."""
        heads = [n for n, each in enumerate(self._lines) if each.startswith("[[")]
        first, last = 0, heads[0] if heads else len(self._lines)
        if array:
            own = [n for n in heads if self._lines[n].startswith(f"[[{array}]]")]
            first = own[place] if place < len(own) else 0
            last = next((n for n in heads if n > first), len(self._lines))
        wanted = re.compile(rf"\[*\"?(inject\.)?{re.escape(key)}\"?\s*[=\]]")
        for number in range(first, last):
            if wanted.match(self._lines[number]):
                return number + 1
        return first + 1

    def scenario(self, top: Table) -> Scenario:
        """Return the whole of it."""
        self._known(top, _TOP, "a scenario")
        name = self._text(top, "name", limits.MAX_EXERCISE)
        title = self._words(top, "title", _TITLE_MAX)
        situation = self._words(top, "situation", CHARS_MAX)
        lasts = self._span(top, "lasts")
        if not Span(0) < lasts <= Span(limits.MAX_EXERCISE_HOURS * HOUR.ms):
            most = limits.MAX_EXERCISE_HOURS
            raise _fault(self.line("lasts"), f"lasts is above 0 and at most {most}h")
        rows = self._tables(top, "role", scenario.ROLES, scenario.ROLES)
        roles = tuple(self._role(row, place) for place, row in enumerate(rows))
        self._once([each.name for each in roles], "role")
        rows = self._tables(top, "inject", 1, limits.MAX_INJECTS)
        injects: list[Inject] = []
        for place, row in enumerate(rows):
            injects.append(self._inject(row, place, roles, injects))
            if injects[-1].at > lasts:
                raise _fault(self.line("at", "inject", place), "after the end of the exercise")
        self._once([each.name for each in injects], "inject")
        rows = self._tables(top, "question", 0, limits.MAX_QUESTIONS)
        questions = tuple(self._question(row, n, injects) for n, row in enumerate(rows))
        self._once([each.name for each in questions], "question")
        ordered = tuple(sorted(injects, key=lambda each: each.at.ms))
        return Scenario(name, title, situation, lasts, roles, ordered, questions)

    def _role(self, row: Table, place: int) -> Role:
        here = "role", place
        self._known(row, _ROLE, "a role", *here)
        title = self._words(row, "title", _TITLE_MAX, *here)
        return Role(self._name(row, *here), title, self._words(row, "situation", CHARS_MAX, *here))

    def _inject(
        self, row: Table, place: int, roles: Sequence[Role], before: Sequence[Inject]
    ) -> Inject:
        here = "inject", place
        self._known(row, _INJECT, "an inject", *here)
        name, at = self._name(row, *here), self._span(row, "at", *here)
        by, does = row.get("by"), row.get("does", scenario.NOTICE)
        if by not in [each.name for each in roles]:
            told = ", ".join(each.name for each in roles)
            raise _fault(self.line("by", *here), f"by is a role: {told}")
        if does not in scenario.DOES:
            raise _fault(self.line("does", *here), f"does is one of {', '.join(scenario.DOES)}")
        if does == scenario.NOTICE:
            return self._notice(row, place, before, name, at, str(by))
        for key in ("format", "precedence", "value", "like"):
            if key in row:
                raise _fault(self.line(key, *here), f"{key} stands in a notice alone")
        lasts = Span(0)
        if does != scenario.WORD:
            lasts = self._span(row, "lasts", *here)
        elif "lasts" in row:
            raise _fault(self.line("lasts", *here), "lasts stands in a silence or a cut")
        needs = does != scenario.SILENCE or "text" in row
        text = self._words(row, "text", CHARS_MAX, *here) if needs else ()
        return Inject(name=name, does=str(does), at=at, by=str(by), lasts=lasts, text=text)

    def _notice(
        self, row: Table, place: int, before: Sequence[Inject], name: str, at: Span, by: str
    ) -> Inject:
        here = "inject", place
        for key in ("lasts", "text"):
            if key in row:
                raise _fault(self.line(key, *here), f"{key} does not stand in a notice")
        alike = next((each for each in before if each.name == row.get("like")), None)
        if "like" in row and (alike is None or alike.does != scenario.NOTICE):
            raise _fault(self.line("like", *here), "like names a notice that stands before it")
        code = row.get("format", alike.format if alike else None)
        if not isinstance(code, str) or not CODE.fullmatch(code):
            raise _fault(self.line("format", *here), "format is the code of a format, as N6")
        prec = row.get("precedence", alike.precedence if alike else "")
        if prec not in ("", *PRECEDENCES):
            told = ", ".join(PRECEDENCES)
            raise _fault(self.line("precedence", *here), f"precedence is one of {told}")
        own = self._values(row, place)
        values = own
        if alike:
            names = {each for each, _ in own}
            values = (*(each for each in alike.values if each[0] not in names), *own)
        made = Inject(
            name=name, does=scenario.NOTICE, at=at, by=by, format=code, precedence=str(prec),
            values=values,
        )  # fmt: skip
        self._judge(made, place)
        return made

    def _judge(self, made: Inject, place: int) -> None:
        # A party's own format is judged when it is sent: here nobody knows it.
        known = shipped.shipped().get(made.format)
        for language in LANGUAGES if known else ():
            assert known is not None
            wrong = known.wrong(made.told(_SOME_DAY, language))
            if wrong:
                at = self.line(re.split(r"[: ]", wrong)[0], "inject", place)
                raise _fault(at, wrong)

    def _values(self, row: Table, place: int) -> tuple[tuple[str, Words], ...]:
        found = row.get("value", {})
        if not isinstance(found, dict):
            raise _fault(self.line("value", "inject", place), "value is a table [inject.value]")
        made: list[tuple[str, Words]] = []
        for name, given in found.items():
            line = self.line(name, "inject", place)
            for each in given if isinstance(given, list) else [given]:
                if isinstance(each, dict):
                    made.append((name, self._languages(each, name, CHARS_MAX, line)))
                elif isinstance(each, str):
                    made.append((name, (("", each),)))
                else:
                    raise _fault(line, f"{name}: values are texts in quotes")
        return tuple(made)

    def _question(self, row: Table, place: int, injects: Sequence[Inject]) -> Question:
        here = "question", place
        self._known(row, _QUESTION, "a question", *here)
        name, after = self._name(row, *here), row.get("after")
        if after not in [each.name for each in injects if each.does == scenario.NOTICE]:
            raise _fault(self.line("after", *here), "after is the name of a notice")
        text = self._words(row, "text", _TITLE_MAX, *here)
        found, line = row.get("choices"), self.line("choices", *here)
        if not isinstance(found, list) or not 2 <= len(found) <= CHOICES_MAX:  # noqa: PLR2004  to choose
            raise _fault(line, f"choices are a list of 2 to {CHOICES_MAX}")
        made: list[Choice] = []
        for each in found:
            code = each.get("code") if isinstance(each, dict) else None
            if not isinstance(code, str) or not NAME.fullmatch(code):
                raise _fault(line, "a choice has a code of small letters, digits and _")
            words = {key: told for key, told in each.items() if key != "code"}
            made.append(Choice(code, self._languages(words, f"choice {code}", _TITLE_MAX, line)))
        codes = [each.code for each in made]
        if len(set(codes)) < len(codes):
            raise _fault(line, "a second choice of one code")
        right = row.get("right")
        if right not in codes:
            raise _fault(self.line("right", *here), f"right is one of {', '.join(codes)}")
        return Question(name, str(after), text, tuple(made), str(right))

    # What each of them has.

    def _known(
        self, row: Table, keys: set[str], what: str, array: str = "", place: int = 0
    ) -> None:
        for key in row:
            if key not in keys:
                at = self.line(key, array, place)
                raise _fault(at, f"{key[:40]!r} is nothing that {what} has")

    def _tables(self, top: Table, array: str, least: int, most: int) -> list[Table]:
        rows = top.get(array, [])
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            raise _fault(self.line(array), f"write each {array} as [[{array}]]")
        if not least <= len(rows) <= most:
            told = str(most) if least == most else f"{least} to {most}"
            at = self.line("", array, most) if len(rows) > most else 1
            raise _fault(at, f"a scenario has {told} of [[{array}]], not {len(rows)}")
        return rows

    def _once(self, names: Sequence[str], array: str) -> None:
        for place, name in enumerate(names):
            if name in names[:place]:
                raise _fault(self.line("name", array, place), f"a second {array} {name}")

    def _name(self, row: Table, array: str, place: int) -> str:
        name = row.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            at = self.line("name", array, place)
            raise _fault(at, "name is small letters, digits and _, at most 32")
        return name

    def _text(self, row: Table, key: str, most: int) -> str:
        found = row.get(key)
        if not isinstance(found, str) or not 1 <= len(found) <= most or "\n" in found:
            raise _fault(self.line(key), f"{key} is a line of 1 to {most} characters")
        if _CONTROL.search(found):
            raise _fault(self.line(key), f"{key} has a control character in it")
        return found

    def _span(self, row: Table, key: str, array: str = "", place: int = 0) -> Span:
        found = row.get(key)
        read = scenario.span(found) if isinstance(found, str) else None
        if read is None:
            raise _fault(self.line(key, array, place), f"{key} is a time as 90s, 10m or 2h")
        return read

    def _words(self, row: Table, key: str, most: int, array: str = "", place: int = 0) -> Words:
        found, line = row.get(key), self.line(key, array, place)
        if not isinstance(found, dict):
            raise _fault(line, f"{key} is missing: write {{ en = …, ru = … }}")
        return self._languages(found, key, most, line)

    def _languages(self, found: Table, key: str, most: int, line: int) -> Words:
        if set(found) - set(LANGUAGES):
            told = ", ".join(LANGUAGES)
            raise _fault(line, f"{key} has a language that is none of {told}")
        made = []
        for language in LANGUAGES:
            text = found.get(language)
            if not isinstance(text, str) or not 1 <= len(text) <= most or _CONTROL.search(text):
                raise _fault(
                    line, f"{key} lacks its words in {language}, of 1 to {most} characters"
                )
            made.append((language, text))
        return tuple(made)
