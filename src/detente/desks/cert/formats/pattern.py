"""STIX patterns: read to say whether they are patterns, and where not. Nothing is ever matched here.

One pass over tokens, bounded in size and depth whatever stands in it. Source: STIX 2.1 section 9.
"""

import re
from base64 import b64decode
from contextlib import suppress
from typing import Final, NamedTuple

from detente.core import limits

SIZE_MAX: Final = limits.MAX_PATTERN  # characters
DEPTH_MAX: Final = limits.MAX_PATTERN_DEPTH  # parentheses
_SHOWN: Final = 24

_TOKEN: Final = re.compile(
    r"""
    (?P<space>[\s\u00a0]+|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n]*)
  | (?P<time>t'[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])
      T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z')
  | (?P<hex>h'(?:[0-9a-fA-F]{2})*') | (?P<bin>b'[A-Za-z0-9+/]*={0,2}')
  | (?P<text>'(?:[^'\\]++|\\['\\])*+')
  | (?P<float>[+-]?[0-9]*\.[0-9]+) | (?P<whole>[+-]?(?:0|[1-9][0-9]*))(?![A-Za-z0-9_])
  | (?P<word>[A-Za-z_][A-Za-z0-9_-]*+) | (?P<sign>==|=|!=|<>|<=|<|>=|>|[\[\]():.,*])
    """,
    re.VERBOSE,
)
_KEYWORDS: Final = frozenset(
    [
        "AND",
        "OR",
        "NOT",
        "FOLLOWEDBY",
        "LIKE",
        "MATCHES",
        "ISSUPERSET",
        "ISSUBSET",
        "EXISTS",
        "LAST",
        "IN",
        "START",
        "STOP",
        "SECONDS",
        "TIMES",
        "WITHIN",
        "REPEATS",
        "true",
        "false",
    ]
)
# What most indicators ask: texts compared by =, joined in one pair of brackets. It is read at once.
_PLAIN: Final = r"[a-z][a-z0-9-]*+:[a-z_]++(?:\.[a-z_]++)*+ ?= ?'[^'\\]*+'"
_PLAIN_PATTERN: Final = re.compile(rf"\[{_PLAIN}(?: (?:AND|OR) {_PLAIN})*+\]")
_PLAIN_PARTS: Final = re.compile(r"([a-z][a-z0-9-]*+:[a-z_.]++) ?= ?'([^'\\]*+)'")
_UNPLAIN: Final = re.compile(r"[:.](?:hashes|true|false)\b|\b(?:true|false):")
_EQUAL: Final = frozenset({"=", "==", "!=", "<>"})
_ASKS: Final = frozenset({"=", "==", "IN", "ISSUBSET"})
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_STEP: Final = re.compile(r"\[[^\]]*\]|\s")  # of a list
_ORDER: Final = frozenset({"<", "<=", ">", ">="})
_BY_TEXT: Final = frozenset({"LIKE", "MATCHES", "ISSUPERSET", "ISSUBSET"})
_LITERALS: Final = frozenset({"time", "hex", "bin", "text", "float", "whole"})
_HASH_DIGITS: Final = {
    "md5": 32, "sha-1": 40, "sha1": 40, "sha-224": 56, "sha-256": 64, "sha256": 64,
    "sha-384": 96, "sha-512": 128, "sha512": 128, "sha3-224": 56, "sha3-256": 64,
    "sha3-384": 96, "sha3-512": 128,
}  # fmt: skip


class Token(NamedTuple):
    """A piece of a pattern. kind: a group of _TOKEN, or "end"."""

    kind: str
    text: str
    at: int


class _Wrong(Exception):
    """Carries what is wrong out of the parser."""


def wrong(pattern: str) -> str:
    """Return what is wrong with a pattern and at which character; "" for a right one."""
    if len(pattern) > SIZE_MAX:
        return f"a pattern of {len(pattern)} characters, where {SIZE_MAX} are allowed"
    if _plain(pattern) is not None:
        return ""
    try:
        _Parser(pattern).read()
    except _Wrong as found:
        return str(found)
    return ""


def literals(pattern: str) -> tuple[tuple[str, str], ...]:
    """Return (path, value) of what a right pattern asks for by =, IN or ISSUBSET; steps in lists go.

    What stands under NOT, and what is compared in another way, is left out. () for no pattern.
    """
    if len(pattern) > SIZE_MAX:
        return ()
    found = _plain(pattern)
    if found is not None:
        return found
    try:
        parser = _Parser(pattern)
        parser.read()
    except _Wrong:
        return ()
    return tuple(parser.said)


def _plain(pattern: str) -> tuple[tuple[str, str], ...] | None:
    """Return what a plain pattern asks for, as the parser would; None for one that it must read."""
    if not _PLAIN_PATTERN.fullmatch(pattern):
        return None
    found = tuple(_PLAIN_PARTS.findall(pattern))
    return None if any(_UNPLAIN.search(path) for path, _ in found) else found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._end, self._depth = text, 0, 0
        self.said: list[tuple[str, str]] = []  # what is asked for, as literals() returns it
        self._asked = ""  # the path of a comparison that asks for its literals
        self._now = self._read()

    def read(self) -> None:
        self._observations()
        if self._now.kind != "end":
            self._fail("the end")

    # Tokens.

    def _read(self) -> Token:
        while self._end < len(self._text):
            found = _TOKEN.match(self._text, self._end)
            if found is None:
                raise _Wrong(f"{self._near(self._end)} at character {self._end} is no token")
            at, self._end = self._end, found.end()
            kind = found.lastgroup or ""
            if kind == "bin":
                self._check_base64(found[0], at)
            if kind != "space":
                return Token(kind, found[0], at)
        return Token("end", "", self._end)

    def _check_base64(self, text: str, at: int) -> None:
        with suppress(ValueError):
            b64decode(text[2:-1], validate=True)
            return
        raise _Wrong(f"{text[:_SHOWN]} at character {at} is no base64")

    def _next(self) -> Token:
        token, self._now = self._now, self._read()
        return token

    def _is(self, *texts: str) -> bool:
        return self._now.kind in ("word", "sign") and self._now.text in texts

    def _take(self, *texts: str) -> bool:
        if not self._is(*texts):
            return False
        self._next()
        return True

    def _need(self, text: str) -> None:
        if not self._take(text):
            self._fail(text)

    def _need_kind(self, named: str, *kinds: str) -> Token:
        if self._now.kind not in kinds:
            self._fail(named)
        return self._next()

    def _fail(self, due: str) -> None:
        near = "the end" if self._now.kind == "end" else self._near(self._now.at)
        raise _Wrong(f"{near} at character {self._now.at}, where {due} is due")

    def _near(self, at: int) -> str:
        return repr(self._text[at : at + _SHOWN])

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _Wrong(f"deeper than {DEPTH_MAX} at character {self._now.at}")

    # Observations.

    def _observations(self) -> None:
        while True:
            self._observation()
            if not self._take("AND", "OR", "FOLLOWEDBY"):
                return

    def _observation(self) -> None:
        is_group = self._is("(")
        if is_group:
            self._deeper()
            self._next()
            self._observations()
            self._need(")")
            self._depth -= 1
        elif self._take("["):
            self._comparisons()
            self._need("]")
        else:
            self._fail("[ or (")
        seen: set[str] = set()
        while self._is("START", "WITHIN", "REPEATS"):
            name = self._next()
            if name.text in seen and not is_group:
                raise _Wrong(f"{name.text} at character {name.at} stands twice")
            seen.add(name.text)
            self._qualifier(name.text)

    def _qualifier(self, name: str) -> None:
        if name == "START":
            begin = self._need_kind("a time as t'…'", "time")
            self._need("STOP")
            end = self._need_kind("a time as t'…'", "time")
            if _instant(end.text) <= _instant(begin.text):
                raise _Wrong(f"STOP at character {end.at} is not after START")
            return
        kinds = ("whole",) if name == "REPEATS" else ("whole", "float")
        number = self._need_kind("a number above 0", *kinds)
        if number.text[0] in "+-" or not number.text.strip("0."):
            raise _Wrong(f"{number.text[:_SHOWN]!r} at character {number.at} is not above 0")
        self._need("TIMES" if name == "REPEATS" else "SECONDS")

    # Comparisons.

    def _comparisons(self) -> None:
        while True:
            self._comparison()
            if not self._take("AND", "OR"):
                return

    def _comparison(self) -> None:
        if self._is("("):
            self._deeper()
            self._next()
            self._comparisons()
            self._need(")")
            self._depth -= 1
            return
        if self._take("NOT"):
            self._need("EXISTS")
            self._path()
            return
        if self._take("EXISTS"):
            self._path()
            return
        at = self._now.at
        last = self._path()
        path = _STEP.sub("", self._text[at : self._now.at]).strip()
        self._asked = "" if self._take("NOT") or not self._is(*_ASKS) else path
        if self._is(*_EQUAL):
            self._next()
            self._literal(last)
        elif self._is(*_ORDER):
            self._next()
            self._literal("")
        elif self._is(*_BY_TEXT):
            self._next()
            self._say(self._need_kind("a text in quotes", "text", "hex", "bin"))
        elif self._take("IN"):
            self._set(last)
        else:
            self._fail("a comparison")

    def _set(self, last: str) -> None:
        self._need("(")
        if self._take(")"):
            return
        while True:
            self._literal(last)
            if self._take(")"):
                return
            self._need(",")

    def _literal(self, last: str) -> None:
        if self._take("true", "false"):
            return
        token = self._need_kind("a value", *_LITERALS)
        self._say(token)
        digits = _HASH_DIGITS.get(last)
        if digits and token.kind == "text":
            inner = token.text[1:-1]
            if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", inner):
                what = f"{inner[:_SHOWN]!r} at character {token.at} is no {last.upper()} hash"
                raise _Wrong(what)

    def _say(self, token: Token) -> None:
        if self._asked and token.kind in ("text", "whole"):
            text = token.text[1:-1] if token.kind == "text" else token.text
            self.said.append((self._asked, _ESCAPED.sub(r"\1", text)))

    def _path(self) -> str:
        """Read a path; return which hash it ends in, in small letters, "" for none."""
        self._word("a type of object")
        self._need(":")
        steps = [self._step()]
        while True:
            if self._take("."):
                steps.append(self._step())
            elif self._take("["):
                if not self._take("*"):
                    self._need_kind("a number or *", "whole")
                self._need("]")
            else:
                break
        is_hash = len(steps) > 1 and steps[-2] == "hashes"
        return steps[-1].strip("'").lower() if is_hash else ""

    def _step(self) -> str:
        if self._now.kind == "text":
            return self._next().text
        return self._word("a name")

    def _word(self, named: str) -> str:
        if self._now.kind != "word" or self._now.text in _KEYWORDS:
            self._fail(named)
        return self._next().text


def _instant(text: str) -> str:
    head, _, part = text[2:-2].partition(".")
    return f"{head}.{part.rstrip('0')}"
