"""Reading a foreign collection from a place on: pure, whatever the server does.

A server may page for ever, change its order, break off half way, say `more` and not where. What came
is kept; the place moves only as far as nothing can lie before it unread.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from detente.app.console.taxii import query
from detente.app.feeds.wire import Told
from detente.core import limits
from detente.core.errors import OurFault

PAGES_MAX: Final = limits.MAX_FEED_PAGES  # of one run; what is further comes with the next
BYTES_MAX: Final = limits.MAX_FEED_RUN  # of one run
PAGE: Final = 1_000
NEXT_MAX: Final = 2_048  # characters of a cursor
Ask = Callable[[Mapping[str, str]], Told]


@dataclass(slots=True)
class Pulled:
    """What one run brought. upto: the new place, microseconds, -1 for none; more: there is more now.

    overlap: how many objects came that were added at the place itself or before: see below.
    fault: what ended it before its end.
    """

    upto: int
    texts: list[bytes] = field(default_factory=list)
    pages: int = 0
    more: bool = False
    fault: OurFault | None = None


def run(ask: Ask, after: int, split: Callable[[bytes], Sequence[str]]) -> Pulled:
    """Read from just before `after` on: so a server that counts it in, or leaves it out, loses nothing.

    What comes twice by that is dropped by whoever holds it. Never raises OurFault: it is told.
    """
    found = Pulled(after)
    try:
        _walk(ask, after, split, found)
    except OurFault as fault:
        found.fault = fault
    return found


def _walk(ask: Ask, after: int, split: Callable[[bytes], Sequence[str]], found: Pulled) -> None:
    asked = _from(after)
    seen: set[bytes] = set()
    highest, size, is_rising = after, 0, True
    while True:
        told = ask(asked)
        found.pages += 1
        size += len(told.data)
        mark = sha256(told.data).digest()
        texts = _texts(told, split)
        if mark in seen and (texts or told.document.get("more")):
            raise OurFault("feed.repeats", "the same page came twice in one reading", _REMEDY)
        seen.add(mark)
        found.texts += [each.encode() for each in texts]
        last = _micros(told.last)
        if last >= 0:
            is_rising = is_rising and last >= highest
            highest = max(highest, last)
        if not told.document.get("more"):
            found.upto = highest
            return
        if is_rising:
            found.upto = highest
        else:
            raise OurFault("feed.order", "its pages are not in the order of their adding", _REMEDY)
        if found.pages >= PAGES_MAX or size >= BYTES_MAX:
            found.more = True
            if found.upto <= after:
                raise OurFault(
                    "feed.endless", f"{found.pages} pages, and its dates do not move", _REMEDY
                )
            return
        asked = _next(told, asked, last)


_REMEDY: Final = "what came is kept; tell whoever runs that server"


def _from(after: int) -> dict[str, str]:
    asked = {"limit": str(PAGE)}
    return asked if after < 0 else {**asked, "added_after": query.shown(max(0, after - 1))}


def _next(told: Told, asked: Mapping[str, str], last: int) -> dict[str, str]:
    cursor = told.document.get("next")
    if isinstance(cursor, str) and 0 < len(cursor) <= NEXT_MAX:
        return {**asked, "next": cursor}
    again = {"limit": asked["limit"], "added_after": query.shown(last)} if last >= 0 else {}
    if not again or again.get("added_after") == asked.get("added_after"):
        raise OurFault("feed.no_next", "it says there is more, and not where", _REMEDY)
    return again


def _texts(told: Told, split: Callable[[bytes], Sequence[str]]) -> Sequence[str]:
    try:
        return split(told.data)
    except ValueError as error:
        raise OurFault("feed.answer", f"its envelope: {error}"[:300], _REMEDY) from None


def _micros(text: str) -> int:
    try:
        return query.micros(text) if text else -1
    except OurFault:
        return -1
