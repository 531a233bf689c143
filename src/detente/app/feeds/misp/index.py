"""Which events a MISP instance has, and when each changed: its index, read whole, page by page.

Times of events do not rise with the order of their coming, and a sighting changes none: so what is
new is found by comparing with what was seen, not by a place in a list. Source: MISP, events/index.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.app.feeds.line import wrong
from detente.app.feeds.misp.wire import Reply
from detente.core import limits
from detente.core.errors import OurFault

PAGE: Final = 5_000  # events of one page
PAGES_MAX: Final = limits.MAX_FEED_PAGES
_SECONDS_MAX: Final = 253_402_300_799
Ask = Callable[[str, str, object], Reply]
_REMEDY: Final = "what came is kept; tell whoever runs that server"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the index. at: its last change, sighted: its last sighting, in seconds."""

    uuid: str
    at: int
    sighted: int
    published: bool


def read(ask: Ask, since: str) -> dict[str, Entry]:
    """Return by uuid all events that the key may see. since: a day; older ones are none of ours.

    Raises OurFault: as the wire does, feed.repeats, feed.endless.
    """
    found: dict[str, Entry] = {}
    seen: set[bytes] = set()
    asked: dict[str, object] = {"minimal": 1, "limit": PAGE}
    if since:
        asked["timestamp"] = since
    for page in range(1, PAGES_MAX + 1):
        reply = ask("POST", "events/index", {**asked, "page": page})
        rows = reply.document
        if not reply.is_good or not isinstance(rows, list):
            raise wrong(f"its index is none: {reply.said or 'no list'}")
        mark = sha256(reply.data).digest()
        if rows and mark in seen:
            raise OurFault("feed.repeats", "the same page of its index came twice", _REMEDY)
        seen.add(mark)
        for row in rows:
            one = _entry(row)
            found[one.uuid] = one
        if len(rows) != PAGE:  # fewer: the last; more: it knows no pages
            return found
    raise OurFault("feed.endless", f"{PAGES_MAX} pages of its index, and no end", _REMEDY)


def _entry(row: object) -> Entry:
    told = row.get("Event", row) if isinstance(row, dict) else None
    uuid = told.get("uuid") if isinstance(told, dict) else None
    if not isinstance(told, Mapping) or not isinstance(uuid, str) or len(uuid) != 36:  # noqa: PLR2004  RFC 9562
        raise wrong("its index names an event without a uuid")
    return Entry(
        uuid.lower(), _seconds(told.get("timestamp")), _seconds(told.get("sighting_timestamp")),
        told.get("published") in (True, 1, "1"),
    )  # fmt: skip


def _seconds(told: object) -> int:
    text = str(told or 0)
    if not text.isascii() or not text.isdecimal() or len(text) > 12 or int(text) > _SECONDS_MAX:  # noqa: PLR2004
        raise wrong(f"its index has the time {text[:40]!r}")
    return int(text)
