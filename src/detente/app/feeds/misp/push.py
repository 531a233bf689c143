"""Handing events in at a MISP instance: added, or edited where they are ours; sightings beside them.

What it does not say is known by asking: an instance drops attributes that it finds wrong and answers
that all was saved, so its answer is compared with what was sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from detente.app.feeds.line import wrong
from detente.app.feeds.misp.index import Ask
from detente.core.errors import OurFault

Object = Mapping[str, Any]
GROUP: Final = "4"  # the distribution
EXISTS: Final = "exists"  # an event that they have and that is not ours


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one event. items: those that stand there now; lost: those that do not."""

    uuid: str
    at: int
    items: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether it stands there."""
        return not self.why


@dataclass(slots=True)
class Pushed:
    """What became of one run. seen: uuids of sightings that were taken. fault: what ended it early."""

    sent: list[Sent] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    fault: OurFault | None = None


def run(
    ask: Ask, events: Sequence[tuple[Object, bool]], seen: Sequence[tuple[str, Object]], group: str
) -> Pushed:
    """Hand in events, each with whether it is known to be ours there, then sightings.

    seen: uuids of attributes, and what is posted of each. group: the uuid of the sharing group of
    those with distribution 4. Never raises OurFault: it is told.
    """
    found = Pushed()
    try:
        group_id = _group(ask, group) if any(_is_grouped(one) for one, _ in events) else ""
        for event, ours in events:
            found.sent.append(_send(ask, _grouped(event, group_id), ours=ours))
        for attribute, sighting in seen:
            _see(ask, attribute, sighting, found)
    except OurFault as fault:
        found.fault = fault
    return found


def _group(ask: Ask, uuid: str) -> str:
    """Return their number of a sharing group. Raises OurFault("feed.refused"): then nothing goes."""
    reply = ask("GET", f"sharing_groups/view/{uuid}", None)
    told = reply.document.get("SharingGroup") if isinstance(reply.document, dict) else None
    if not reply.is_good or not isinstance(told, dict) or told.get("uuid") != uuid:
        raise OurFault(
            "feed.refused", f"it has no sharing group {uuid} for us: {reply.said}"[:300],
            "see `group` of this feed; nothing goes until it is known",
        )  # fmt: skip
    return str(told.get("id"))


def _is_grouped(event: Object) -> bool:
    return any(str(one.get("distribution")) == GROUP for one in (event, *_every(event)))


def _grouped(event: Object, group_id: str) -> Object:
    """Return an event that names the group where it and its items are for one."""
    made = dict(event)
    for name in ("Attribute", "Object"):
        made[name] = [_named(each, group_id) for each in event.get(name, ())]
    return _named(made, group_id)


def _named(one: Object, group_id: str) -> Object:
    is_for_group = str(one.get("distribution")) == GROUP
    return {**one, "sharing_group_id": group_id} if is_for_group else one


def _send(ask: Ask, event: Object, *, ours: bool) -> Sent:
    uuid = str(event["uuid"])
    place = f"events/edit/{uuid}" if ours else "events/add"
    reply = ask("POST", place, {"Event": event})
    if reply.status == 404 and ours:  # noqa: PLR2004  it was deleted there: it stays deleted
        return Sent(uuid, 0, why="it was deleted there")
    if reply.status == 404:  # noqa: PLR2004  MISP's answer to what it has already
        return Sent(uuid, 0, why=EXISTS)
    if not reply.is_good:
        return Sent(uuid, 0, why=reply.said or f"it answers {reply.status}")
    told = reply.document.get("Event") if isinstance(reply.document, dict) else None
    if not isinstance(told, dict) or str(told.get("uuid", "")).lower() != uuid:
        raise wrong("its answer to an event is none")
    there = set(_uuids(told))
    items = tuple(_uuids(event))
    alive = {each for each in items if each not in _deleted(event)}
    lost = tuple(sorted(alive - there))
    return Sent(
        uuid, _seconds(told.get("timestamp")), tuple(e for e in items if e not in lost), lost
    )


def _see(ask: Ask, attribute: str, sighting: Object, found: Pushed) -> None:
    uuid = str(sighting["uuid"])
    reply = ask(
        "POST", f"sightings/add/{attribute}", {k: v for k, v in sighting.items() if k != "uuid"}
    )
    if reply.is_good:
        found.seen.append(uuid)
    else:
        found.wrong.append(f"sighting {uuid}: {reply.said or reply.status}"[:300])


def _every(event: Object) -> list[Object]:
    inner = [*event.get("Attribute", ()), *event.get("Object", ())]
    return [each for each in inner if isinstance(each, dict)]


def _uuids(event: Object) -> list[str]:
    return [str(each.get("uuid", "")).lower() for each in _every(event)]


def _deleted(event: Object) -> set[str]:
    return {str(each["uuid"]) for each in _every(event) if each.get("deleted")}


def _seconds(told: object) -> int:
    text = str(told or 0)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 13 else 0  # noqa: PLR2004
