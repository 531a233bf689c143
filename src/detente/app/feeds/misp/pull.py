"""Reading a MISP instance: what is new or changed there, event by event, whatever it answers.

One event that cannot be had stops none of the others; it is told, and asked for again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from detente.app.feeds.line import wrong
from detente.app.feeds.misp import index
from detente.app.feeds.misp.index import Ask, Entry
from detente.core import limits
from detente.core.errors import OurFault
from detente.office.counterparts import Thing

EVENTS_MAX: Final = limits.MAX_FEED_EVENTS  # of one run; what is further comes with the next
BYTES_MAX: Final = limits.MAX_FEED_RUN  # of one run
IN_A_ROW_MAX: Final = (
    limits.MAX_FEED_FAILS
)  # events that fail one after another: then it is the server
VIEW: Final = "includeAttachments:0/includeEventCorrelations:0/includeFeedCorrelations:0/includeWarninglistHits:0"


@dataclass(slots=True)
class Pulled:
    """What one run brought. entries: the whole index; events: answers, in the order of their times.

    missing: events that are gone meanwhile; more: others changed too; fault: what ended it early.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    events: list[tuple[Entry, bytes]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    more: bool = False
    fault: OurFault | None = None


def run(ask: Ask, known: Mapping[str, Thing], since: str) -> Pulled:
    """Read the index, and the events that are not as they were. Never raises OurFault: it is told."""
    found = Pulled()
    try:
        found.entries = index.read(ask, since)
        wanted = [e for e in found.entries.values() if e.published and _is_new(e, known)]
        _fetch(ask, sorted(wanted, key=lambda each: (each.at, each.uuid)), found)
    except OurFault as fault:
        found.fault = fault
    return found


def every(ask: Ask, after: str, since: str) -> Pulled:
    """Read the index, and events whose uuids come after one, to compare them. As `run`."""
    found = Pulled()
    try:
        found.entries = index.read(ask, since)
        wanted = [e for e in found.entries.values() if e.published and e.uuid > after]
        _fetch(ask, sorted(wanted, key=lambda each: each.uuid), found)
    except OurFault as fault:
        found.fault = fault
    return found


def _is_new(entry: Entry, known: Mapping[str, Thing]) -> bool:
    before = known.get(entry.uuid)
    return before is None or (before.at, before.sighted) != (entry.at, entry.sighted)


def _fetch(ask: Ask, wanted: list[Entry], found: Pulled) -> None:
    size = failed = 0
    for entry in wanted:
        if len(found.events) == EVENTS_MAX or size >= BYTES_MAX:
            found.more = True
            return
        try:
            data = view(ask, entry.uuid)
        except OurFault as fault:
            failed += 1
            found.wrong.append(f"{entry.uuid}: {fault.code}: {fault.what}"[:300])
            if fault.code == "feed.refused" or failed == IN_A_ROW_MAX:
                raise
            continue
        failed = 0
        if data is None:
            found.missing.append(entry.uuid)
        else:
            size += len(data)
            found.events.append((entry, data))


def view(ask: Ask, uuid: str) -> bytes | None:
    """Return an event, deleted items with it; None if there is none. Raises OurFault as the wire does."""
    reply = ask("POST", f"events/view/{uuid}/{VIEW}", {"deleted": [0, 1]})
    if reply.status in (403, 404):
        return None
    event = reply.document.get("Event") if isinstance(reply.document, dict) else None
    if not reply.is_good or not isinstance(event, dict):
        raise wrong(f"what it gives for an event is none: {reply.said or 'no Event'}")
    if str(event.get("uuid", "")).lower() != uuid:
        raise wrong("it gives another event than was asked for")
    return reply.data
