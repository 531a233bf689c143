"""Canonical JSON: one value, one form of bytes. RFC 8785 restricted as spec/record.md 1 says.

Member names match [a-z0-9_]{1,32}; numbers are integers within plus or minus 2^53 - 1; no lone
surrogates; depth at most 8; no duplicate names. A reader parses, writes anew and compares bytes.
"""

import json
import re
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from typing import NoReturn

from detente.core import limits
from detente.core.errors import TheirFault

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

_NAME = re.compile(r"[a-z0-9_]{1,32}")
_PLAIN = frozenset({str, bool, type(None)})  # any value of these will do
# The closing quote may be missing: else each quote of a text that never ends is tried anew, and
# 64 KiB of them take a quarter of a minute.
_BRACKETS = re.compile(rb'"(?:[^"\\]+|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def _refuse(what: str) -> TheirFault:
    return TheirFault("E_CANON", what, "write canonical JSON as spec/record.md 1 says")


def _no_number(text: str) -> NoReturn:
    raise _refuse(f"{text[:24]} is no integer")


@lru_cache(maxsize=1_024)  # keeps good names only, which are short: a fault is not kept
def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _refuse(f"a member name like {str(name)[:40]!r}")


# What else has no canonical form (a name twice, white space, -0) shows when it is written anew.
_DECODER = json.JSONDecoder(parse_float=_no_number, parse_constant=_no_number)
# Names are ASCII, so sorting them as code points is sorting them as UTF-16 (RFC 8785 3.2.3).
_ENCODER = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # the depth is checked before
)


def encode(value: Json) -> bytes:
    """Return the canonical bytes of a value of our own making.

    Raises TheirFault("E_CANON") if the value has no canonical form (a float, a lone surrogate).
    """
    check(value)
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise _refuse("a text holds half a character") from None


def decode(data: bytes, size_max: int) -> Json:
    """Return the value whose canonical form is exactly `data`.

    Raises TheirFault("E_SIZE") above size_max bytes, TheirFault("E_CANON") otherwise.
    """
    value = parse(data, size_max)
    check(value)
    return value


def parse(data: bytes, size_max: int) -> Json:
    """Return the value of `data`, its names and numbers not yet looked at; raises as `decode`.

    For who knows every member due and looks at each: on the way of every record that spares a
    walk. All others use `decode`.
    """
    if len(data) > size_max:
        raise TheirFault("E_SIZE", f"{len(data)} bytes where {size_max} are allowed", "send less")
    _check_depth(data)
    try:
        value: Json = _DECODER.raw_decode(data.decode())[0]  # what follows it shows below
        again = _ENCODER.encode(value).encode()
    except ValueError:  # also UnicodeError
        raise _refuse("not JSON in UTF-8") from None
    if again != data:
        raise _refuse("the bytes are not the canonical form of their value")
    return value


def decode_object(data: bytes, size_max: int) -> dict[str, Json]:
    """Return the object whose canonical form is `data`; raises as `decode`."""
    value = decode(data, size_max)
    if not isinstance(value, dict):
        raise _refuse("an object was due")
    return value


def to_base64(data: bytes) -> str:
    """Return RFC 4648 section 4 text, with padding."""
    return b2a_base64(data, newline=False).decode()


def from_base64(text: str, size: int | None = None) -> bytes:
    """Return the bytes of a strict base64 text; `size`, if given, is how many they must be.

    Raises TheirFault("E_CANON"): white space, missing padding and stray bits are refused, so that
    one value has one text.
    """
    try:
        data = a2b_base64(text)  # takes many forms; writing it anew tells the one
    except ValueError:
        raise _refuse("not base64") from None
    if to_base64(data) != text:
        raise _refuse("not the one base64 form of its bytes")
    if size is not None and len(data) != size:
        raise _refuse(f"{len(data)} bytes where {size} were due")
    return data


def _check_depth(data: bytes) -> None:
    # Before parsing: the parser itself would recurse. Few brackets cannot be deep.
    if data.count(b"{") + data.count(b"[") <= limits.MAX_DEPTH:
        return
    depth = 0
    for found in _BRACKETS.finditer(data):
        sign = found[0][:1]
        if sign in b"[{":
            depth += 1
            if depth > limits.MAX_DEPTH:
                raise _refuse(f"deeper than {limits.MAX_DEPTH}")
        elif sign in b"]}":
            depth -= 1


def check(value: Json) -> None:
    """Raise TheirFault("E_CANON") for names, numbers or a depth that canonical JSON has not."""
    _check_value(value, 1)


def _check_value(value: Json, depth: int) -> None:
    if isinstance(value, (dict, list)):
        if depth > limits.MAX_DEPTH:
            raise _refuse(f"deeper than {limits.MAX_DEPTH}")
        if isinstance(value, dict):
            for name in value:
                _check_name(name)
        for member in value.values() if isinstance(value, dict) else value:
            if type(member) not in _PLAIN:
                _check_value(member, depth + 1)
    elif type(value) is int:
        if abs(value) > limits.MAX_INTEGER:
            raise _refuse("a number is beyond 2^53 - 1")
    elif value is not None and not isinstance(value, (str, bool)):
        raise _refuse(f"{type(value).__name__} has no canonical form")
