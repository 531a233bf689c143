"""A try of handing in at a MISP instance: what stands new in a collection of ours goes there as events.

What came from there is not sent back: each side is master of what it made.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.app.feeds.job import Try
from detente.app.feeds.misp import held, push
from detente.app.feeds.misp.held import Object
from detente.app.feeds.misp.push import EXISTS, Pushed
from detente.app.feeds.misp.wire import MispWire
from detente.core.moment import Moment
from detente.desks.cert.files import MISP
from detente.office.counterparts import OURS, THEIRS, Thing
from detente.office.drafting import MARKINGS
from detente.office.feeding import NOT_TAKEN, State
from detente.office.offered import Collection
from detente.office.offering import Page
from detente.office.office import Office

SOURCE: Final = "detente:"
_KEPT_OF_EDIT: Final = ("uuid", "timestamp", "published", "Attribute", "Object")


class HandIn:
    """Events made of new objects, and what became of them there."""

    def __init__(self, one: Try, wire: MispWire, page: Page) -> None:
        self._try, self._wire, self._page = one, wire, page
        self._events: list[tuple[Object, bool]] = []
        self._seen: list[tuple[str, Object]] = []
        self._made: dict[str, str] = {}
        self._within: dict[str, str] = {}  # the event of each sighting, where it is known
        self._levels: dict[str, str] = {}
        self._queued: dict[str, Thing] = {}
        self._kept = 0
        self._found = Pushed()

    def prepare(self, office: Office, collection: Collection, objects: Sequence[Object]) -> None:
        """Make events of the page's objects."""
        groups: dict[bytes, list[Object]] = {}
        for row, one in zip(self._page.rows, objects, strict=True):
            groups.setdefault(row.mid, []).append(one)
        for group in groups.values():
            self._group(office, collection, group)

    def _group(self, office: Office, collection: Collection, objects: Sequence[Object]) -> None:
        feed, book = self._try.feed, office.counterparts
        known = book.get(feed.url, [_uuid(one) for one in objects]) | self._queued
        going, edits = _sorted(objects, known)
        for event, some in (("", going), *edits.items()):
            if not some:
                continue
            more = held.beside(office.offered, self._try.person, collection, some)
            made = MISP.outgoing(some, more, _about(some, self._page), feed.upto)
            self._kept += len(made.kept)
            self._made |= made.made
            is_whole = any(_uuid(one) == event for one in some)
            for one in made.events:
                uuid = event or str(one["uuid"])
                before = self._queued.get(uuid) or book.get(feed.url, [uuid]).get(uuid)
                self._event(before, one, "" if is_whole else event, made.level, known)
            self._sightings(office, made.seen)

    def _event(
        self, before: Thing | None, one: Object, within: str, own: str, known: Mapping[str, Thing]
    ) -> None:
        uuid = within or str(one["uuid"])
        if before is not None and before.way == THEIRS:
            return
        level = max(own, before.level if before else "", key=_order)
        grouped = bool(self._try.feed.group)
        made: Object = MISP.spread(one, "" if within else level, own, grouped=grouped)
        items = [_later(each, known) for each in made["Attribute"]]
        objects = [_later(each, known) for each in made["Object"]]
        times = [int(each.get("timestamp") or 0) for each in (*items, *objects)]
        at = max(int(one.get("timestamp") or 0), *times, before.at + 1 if before else 0)
        made |= {"uuid": uuid, "timestamp": str(at), "published": self._try.feed.publish}
        made |= {"Attribute": items, "Object": objects}
        if within:  # what the event itself says stays as it stands there
            made = {name: made[name] for name in _KEPT_OF_EDIT}
        self._levels[uuid] = level
        self._events.append((made, before is not None))
        # What else of this page is about them finds them there.
        self._queued[uuid] = Thing(uuid, way=OURS, at=at, level=level)
        for each in (*items, *objects):
            self._queued[_id(each)] = Thing(_id(each), uuid, OURS, int(each["timestamp"]))

    def _sightings(self, office: Office, seen: Sequence[tuple[str, Object]]) -> None:
        known = office.counterparts.get(self._try.feed.url, [item for item, _ in seen])
        there = {each for one, _ in self._events for each in _items(one)}
        for item, one in seen:
            if item not in known and item not in there:
                continue  # what was seen does not stand there
            uuid = _uuid(one)
            self._within[uuid] = known[item].event if item in known else ""
            posted = {"uuid": uuid, "type": "0", "source": f"{SOURCE}{uuid}"}
            posted["timestamp"] = str(_seconds(one.get("last_seen") or one.get("modified")))
            self._seen.append((item, posted))

    def ask(self) -> None:
        """Hand them in."""
        self._found = push.run(self._wire.ask, self._events, self._seen, self._try.feed.group)

    def take(self, office: Office, now: Moment) -> State:
        """Keep what stands there now, and count what they took."""
        feed, state, found = self._try.feed, self._try.state, self._found
        wrong = list(found.wrong)
        things: list[Thing] = []
        taken = 0
        for one in found.sent:
            if one.why == EXISTS:  # they had it before us: it is theirs, and comes by reading
                things.append(Thing(one.uuid, way=THEIRS))
            elif one.why:
                wrong.append(f"{one.uuid}: {one.why}"[:300])
            else:
                taken += len(one.items)
                wrong += [f"{one.uuid}: they dropped {each}, and not why" for each in one.lost[:1]]
                things += self._things(office, one)
        for uuid in found.seen:
            things.append(Thing(uuid, self._within.get(uuid) or "-", OURS))
        office.counterparts.put(feed.url, things)
        if found.fault is not None:
            return self._try.teller.failed(feed, state, found.fault, now)
        due = now if self._page.more else now + feed.every
        lost = len(wrong)
        after = state.went(self._page.upto, taken + len(found.seen), lost + self._kept, due, now)
        if wrong:
            after = self._try.teller.alarm(
                after, NOT_TAKEN, f"{feed.name}: they did not take {wrong[0]}", "see why", state
            )
        return after

    def _things(self, office: Office, sent: push.Sent) -> list[Thing]:
        before = office.counterparts.get(self._try.feed.url, [sent.uuid]).get(sent.uuid)
        event = next(one for one, _ in self._events if one["uuid"] == sent.uuid)
        times = {_id(each): int(each.get("timestamp") or 0) for each in _inner(event)}
        own = Thing(
            sent.uuid, way=OURS, at=sent.at, sighted=before.sighted if before else 0,
            object=self._made.get(sent.uuid, before.object if before else ""),
            level=self._levels[sent.uuid],
        )  # fmt: skip
        return [own, *(
            Thing(each, sent.uuid, OURS, times.get(each, 0), object=self._made.get(each, ""))
            for each in sent.items
        )]  # fmt: skip


def _sorted(
    objects: Sequence[Object], known: Mapping[str, Thing]
) -> tuple[list[Object], dict[str, list[Object]]]:
    """Return what is new there, and by its event what stands there from us already."""
    going: list[Object] = []
    edits: dict[str, list[Object]] = {}
    dropped = False
    for one in objects:
        thing = known.get(_uuid(one))
        if one["type"] == "sighting":
            going += [one] if thing is None else []
        elif thing is not None and thing.way == THEIRS:
            dropped = True
        elif thing is not None:
            edits.setdefault(thing.event or thing.uuid, []).append(one)
        elif one.get("revoked"):
            continue  # it never stood there
        else:
            going.append(one)
    leads = any("modified" in one and not MISP.is_shared(one) for one in going)
    return (going if leads or not dropped else []), edits


def _later(item: Object, known: Mapping[str, Thing]) -> Object:
    """Return an item with a time after that under which it stands there: others are not looked at."""
    before = known.get(_id(item))
    least = before.at + 1 if before else 0
    made = {**item, "timestamp": str(max(int(item.get("timestamp") or 0), least))}
    if "Attribute" in item:
        made["Attribute"] = [{**each, "timestamp": made["timestamp"]} for each in item["Attribute"]]
    return made


def _order(level: str) -> int:
    return MARKINGS.index(level) if level else -1


def _about(objects: Sequence[Object], page: Page) -> str:
    party = str(page.rows[0].row["party"]) if page.rows else ""
    day = max((str(one.get("modified", ""))[:10] for one in objects), default="")
    return f"{party} {day}".strip()


def _inner(event: Object) -> list[Any]:
    return [*event.get("Attribute", ()), *event.get("Object", ())]


def _items(event: Object) -> list[str]:
    return [_id(each) for each in _inner(event)]


def _id(item: Object) -> str:
    return str(item.get("uuid", "")).lower()


def _uuid(one: Object) -> str:
    return str(one["id"]).partition("--")[2]


def _seconds(time: object) -> int:
    return Moment.parse(str(time)).ms // 1000
