"""JSON of strangers read strictly and with bounds: size, depth, number of values, unique names."""

import json
import re
from math import isfinite
from typing import Final, NoReturn

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats.csaf.walk import Node
from detente.desks.cert.formats.jcs import Json

_DIGITS_MAX: Final = 310  # of a double

# A text without an end is taken to the end: to try each of its quotes anew would cost a square.
_TEXTS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ALL_BUT_SIGNS: Final = bytes(set(range(256)) - set(b"[]{},"))
_OPENING: Final = frozenset(b"[{")


def read(data: bytes) -> Node:
    """Return the object that stands in `data`.

    Raises OurFault("csaf.json"): no JSON object, or over a bound.
    """
    if len(data) > limits.MAX_CSAF:
        raise _bad(f"{len(data)} bytes where {limits.MAX_CSAF} are allowed", "split the advisory")
    if data.startswith(b"\xef\xbb\xbf"):
        raise _bad("a byte order mark stands first", "save it as UTF-8 without one")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise _bad(f"byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    _check_bounds(data)
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise _bad(what, "correct the file") from None
    if rb"\ud" in data.lower():
        try:
            _WRITER.encode(value).encode()
        except UnicodeEncodeError:
            what = "an escape stands for half a character"
            raise _bad(what, "write the whole character") from None
    if not isinstance(value, dict):
        raise _bad("it is not an object", "give a CSAF 2.0 document")
    return value


def _check_bounds(data: bytes) -> None:
    # Before parsing: the parser would recurse, and would make what it then must hold.
    signs = _TEXTS.sub(b"", data).translate(None, _ALL_BUT_SIGNS)
    if sum(map(signs.count, (b"[", b"{", b","))) > limits.MAX_CSAF_VALUES:
        raise _bad(f"more than {limits.MAX_CSAF_VALUES} values", "split the advisory")
    depth = 0
    for sign in signs.replace(b",", b""):
        depth += 1 if sign in _OPENING else -1
        if depth > limits.MAX_CSAF_DEPTH:
            raise _bad(f"deeper than {limits.MAX_CSAF_DEPTH} levels", "flatten it")


def _unique(pairs: list[tuple[str, Json]]) -> Node:
    found: Node = {}
    for name, value in pairs:
        if name in found:
            # Two readers would each take another one: so do disputes begin.
            what = f"the name {json.dumps(name)[:80]} stands twice in one object"
            raise _bad(what, "take one of them out")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise _bad(f"{text[:24]} is no number of JSON", "write a finite number")


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAX:
        _no_number(text)
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        _no_number(text)
    return value


_WRITER: Final = json.JSONEncoder(ensure_ascii=False)
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_no_number
)


def _bad(what: str, remedy: str) -> OurFault:
    return OurFault("csaf.json", f"the advisory is not read: {what}", remedy)
