"""JSON of strangers, read strictly, with the place of each object of a bundle in the text.

Refused: a byte order mark, what is no UTF-8, a name that stands twice (two readers would each take
another one: so do disputes begin), numbers that no double holds, half characters, and depth.
"""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Final, NamedTuple, NoReturn

from detente.core import limits
from detente.desks.cert.formats.jcs import Json

DEPTH_MAX: Final = limits.MAX_STIX_DEPTH
INTEGER_DIGITS_MAX: Final = limits.MAX_STIX_DIGITS  # of a double

# A text without an end is taken to the end: to try each of its quotes anew would cost a square.
_BRACKETS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)
_BLANK: Final = re.compile(r"[ \t\n\r]*")
# Where Python's order of names may differ from that of RFC 8785, and where a name may hide it.
_UNLIKE: Final = re.compile("[\ud800-\U0010ffff]|\\\\u")
_WHOLE: Final = 2**53  # whole numbers up to here are doubles as they stand


class Flaw(NamedTuple):
    """What is wrong with a file, and the remedy. Whose fault it is, the caller knows."""

    code: str
    what: str
    remedy: str


class Found(Exception):
    """Carries a Flaw out of a parser; never leaves the package of formats."""

    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.flaw = Flaw(code, what, remedy)


class Span(NamedTuple):
    """An element of the top member `objects`: text[start:end]. plain: sorted names are canonical.

    plain is true where RFC 8785 asks no more than names in Python's order: no number with a part,
    none beyond 2**53, no name that UTF-16 sorts otherwise.
    """

    start: int
    end: int
    plain: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file that was read. spans: of the elements of `objects`, where that is a list."""

    text: str
    value: Json
    spans: tuple[Span, ...]


def parse(data: bytes) -> Parsed:
    """Return what stands in a file; nobody changes it. Raises Found."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise Found("stix.json", "a byte order mark stands first", "save it as UTF-8 without BOM")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise Found("stix.json", what, "save the file as UTF-8") from None
    try:
        parsed = _Reader(text).read()
        _check_depth(data, parsed.value)
    except RecursionError:  # the parser's own, far beyond DEPTH_MAX
        raise _deep(data) from None
    except json.JSONDecodeError as error:
        what = f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise Found("stix.json", what, "correct the file") from None
    if rb"\ud" in data.lower():
        try:
            _WRITER.encode(parsed.value).encode()
        except UnicodeEncodeError:
            what = "an escape stands for half a character"
            raise Found("stix.json", what, "write the whole character") from None
    return parsed


class _Reader:
    """Reads the top object member by member, so that the place of each element is known."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._unlike = False  # a number of this element is written otherwise by RFC 8785
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_unique,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=_no_number,
        )

    def read(self) -> Parsed:
        spans: list[Span] = []
        self._skip()
        value = self._object(spans) if self._next("{") else self._value()
        self._skip()
        if self._at != len(self._text):
            self._fail("Extra data")
        return Parsed(self._text, value, tuple(spans))

    def _object(self, spans: list[Span]) -> Json:
        pairs: list[tuple[str, Json]] = []
        self._skip()
        if self._next("}"):
            return {}
        while True:
            if not self._text.startswith('"', self._at):
                self._fail("Expecting property name enclosed in double quotes")
            name = str(self._value())
            self._skip()
            if not self._next(":"):
                self._fail("Expecting ':' delimiter")
            self._skip()
            is_list = name == "objects" and self._next("[")
            pairs.append((name, self._list(spans) if is_list else self._value()))
            self._skip()
            if self._next("}"):
                return _unique(pairs)
            self._comma()

    def _list(self, spans: list[Span]) -> Json:
        found: list[Json] = []
        self._skip()
        if self._next("]"):
            return found
        while True:
            start, self._unlike = self._at, False
            found.append(self._value())
            unlike = self._unlike or _UNLIKE.search(self._text, start, self._at) is not None
            spans.append(Span(start, self._at, not unlike))
            self._skip()
            if self._next("]"):
                return found
            self._comma()

    def _value(self) -> Json:
        value, self._at = self._decoder.raw_decode(self._text, self._at)
        return value  # type: ignore[no-any-return]

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._at)
        assert found is not None, "it matches nothing too"
        self._at = found.end()

    def _next(self, sign: str) -> bool:
        is_next = self._text.startswith(sign, self._at)
        self._at += is_next
        return is_next

    def _comma(self) -> None:
        if not self._next(","):
            self._fail("Expecting ',' delimiter")
        self._skip()

    def _fail(self, what: str) -> NoReturn:
        raise json.JSONDecodeError(what, self._text, self._at)

    def _integer(self, text: str) -> int:
        if len(text) > INTEGER_DIGITS_MAX:
            _no_number(text)
        value = int(text)
        self._unlike |= abs(value) > _WHOLE
        try:
            float(value)
        except OverflowError:
            _no_number(text)
        return value

    def _float(self, text: str) -> float:
        self._unlike = True
        value = float(text)
        if not isfinite(value):
            _no_number(text)
        return value


def _check_depth(data: bytes, value: Json) -> None:
    # Few brackets cannot be deep. What is read is walked: it holds far fewer values than signs.
    if data.count(b"{") + data.count(b"[") <= DEPTH_MAX:
        return
    level: list[Json] = [value]
    for _ in range(DEPTH_MAX):
        inner: list[Json] = []
        for each in level:
            found = each.values() if isinstance(each, dict) else each
            inner += [one for one in found if isinstance(one, (dict, list))]  # type: ignore[union-attr]
        if not inner:
            return
        level = inner
    raise _deep(data)


def _deep(data: bytes) -> Found:
    depth = 0
    for found in _BRACKETS.finditer(data):
        sign = found[0][:1]
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > DEPTH_MAX:
            break
    what = f"deeper than {DEPTH_MAX} at byte {found.start()}"
    return Found("stix.depth", what, "flatten it")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        what = f"the name {shown(twice)} stands twice in one object"
        raise Found("stix.json", what, "take one of them out")
    return found


def _no_number(text: str) -> NoReturn:
    raise Found("stix.number", f"{text[:24]} is no number of JSON", "write a finite number")


def shown(value: Json) -> str:
    """Return a value as it is named in words, cut."""
    return json.dumps(value)[:80] if isinstance(value, (str, int, float)) else "none"


_WRITER: Final = json.JSONEncoder(ensure_ascii=False)
