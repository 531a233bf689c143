"""What a query asks for: filters, page and cursor, each judged. Source: TAXII 2.1, 3.4 and 3.5."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from detente.core.errors import OurFault

LIMIT_MAX: Final = 1_000  # objects of a page
VALUES_MAX: Final = 512  # of one filter
DIGITS_MAX: Final = 9  # of a limit; larger ones are as good as the largest page
SPEC: Final = "2.1"
EVERY: Final = ("first", "last", "all")
_MATCH: Final = re.compile(r"match\[(.*)\]", re.DOTALL)
_KNOWN: Final = ("id", "type", "version", "spec_version")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,24}))?Z"
)
_SPEC: Final = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Asked = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Query:
    """A question to a collection. after: microseconds since 1970, -1 for the beginning.

    nothing: asked for what no object here can be. mark: names the filters; a cursor is of one mark.
    """

    after: int = -1
    limit: int = LIMIT_MAX
    ids: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    versions: frozenset[str] = field(default_factory=lambda: frozenset({"last"}))
    nothing: bool = False
    mark: str = ""


def read(asked: Asked, where: str, instant: Callable[[str], str], version: str = "last") -> Query:
    """Return what is asked of a place of this server. Raises OurFault("taxii.query").

    version: what match[version] is if it is not given. instant: see Offering.
    """
    for name in asked:
        found = _MATCH.fullmatch(name)
        if found and found[1] not in _KNOWN:
            raise _bad(f"there is no filter {name[:40]!r}", f"filter by {', '.join(_KNOWN)}")
    added = asked.get("added_after", ("",))[-1]
    after = micros(added) if added else -1
    specs = _values(asked, "match[spec_version]")
    if not all(_SPEC.fullmatch(each) for each in specs):
        raise _bad("match[spec_version] is no version", f"write {SPEC}")
    ids, types = _values(asked, "match[id]"), _values(asked, "match[type]")
    versions = frozenset(_version(each, instant) for each in _values(asked, "match[version]"))
    told = sorted((k, sorted(v)) for k, v in asked.items() if k not in ("limit", "next"))
    mark = sha256(f"{where}\n{told}".encode("utf-8", "replace")).hexdigest()[:16]
    cursor = asked.get("next", ("",))[-1]
    return Query(
        max(after, _place(mark, cursor) if "next" in asked else -1), _limit(asked), ids, types,
        versions or frozenset({version}), bool(specs) and SPEC not in specs, mark,
    )  # fmt: skip


def micros(text: str) -> int:
    """Return a time as microseconds since 1970. Raises OurFault("taxii.query").

    Digits below a microsecond are cut: whoever asks gets an object twice rather than never.
    """
    found = _TIME.fullmatch(text)
    try:
        at = datetime.fromisoformat(f"{found[1]}+00:00") if found else None
    except ValueError:
        at = None
    if found is None or at is None:
        raise _bad(f"{text[:40]!r} is no time", "write 2026-11-21T23:10:04.117000Z")
    part = int(((found[2] or "") + "000000")[:6])
    return (at - _EPOCH) // timedelta(microseconds=1) + part


def shown(place: int) -> str:
    """Return microseconds since 1970 as TAXII writes them: six digits, UTC."""
    return f"{_EPOCH + timedelta(microseconds=place):%Y-%m-%dT%H:%M:%S.%f}Z"


def cursor(mark: str, place: int) -> str:
    """Return `next`: a place among these very filters. It may be asked for again, and later."""
    text = f"{mark[:16]} {place}"
    told = f"{sha256(text.encode()).hexdigest()[:8]} {text}"
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _place(mark: str, text: str) -> int:
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True).decode("ascii")
        place = int(told.rpartition(" ")[2][:18])
    except (ValueError, binascii.Error):
        place = -1
    if place < 0 or cursor(mark, place) != text:
        raise _bad("`next` is none of this question", "take it from the page before, unchanged")
    return place


def _limit(asked: Asked) -> int:
    text = asked.get("limit", (str(LIMIT_MAX),))[-1]
    if not (text.isascii() and text.isdecimal()):
        raise _bad(f"limit is {text[:20]!r}", "write a number above 0")
    plain = text.lstrip("0")
    if not plain:
        raise _bad("limit is 0", "write a number above 0")
    return LIMIT_MAX if len(plain) > DIGITS_MAX else min(int(plain), LIMIT_MAX)


def _values(asked: Asked, name: str) -> frozenset[str]:
    found = [each for text in asked.get(name, ()) for each in text.split(",")]
    if len(found) > VALUES_MAX:
        raise _bad(f"{name} has more than {VALUES_MAX} values", "ask several times")
    return frozenset(each.strip() for each in found if each.strip())


def _version(text: str, instant: Callable[[str], str]) -> str:
    found = text if text in EVERY else instant(text)
    if not found:
        raise _bad(f"match[version] is {text[:40]!r}", "write first, last, all, or times")
    return found


def _bad(what: str, remedy: str) -> OurFault:
    return OurFault("taxii.query", what, remedy)
