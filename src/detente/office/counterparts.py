"""What stands on other servers, thing by thing, as far as feeds have seen it; and where it differs.

Tables of the shelf that are no fold: no record speaks of them. Lost, they are found anew by reading.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from detente.core.moment import Moment
from detente.office.fields import Field, Flag, Text, Values, When, Whole
from detente.office.ports import Shelf
from detente.office.tables import Row, Table

THEIRS: Final = "theirs"
OURS: Final = "ours"
THINGS: Final = Table(
    name="feed_things",
    key="key",
    columns=(
        Field("key", Text(400)),
        Field("server", Text(300)),
        Field("uuid", Text(36)),
        Field("event", Text(36)),  # that it stands in; - for an event itself
        Field("way", Text(8)),
        Field("at", Whole()),  # seconds since 1970: its last change there that we know of
        Field("sighted", Whole()),
        Field("object", Text(292), required=False),  # ours, that it stands for
        Field("level", Text(16), required=False),  # the strictest colour that went into an event
    ),
    find_by=(("server",), ("server", "event")),
    quiet=True,
)
DIFFERENCES: Final = Table(
    name="feed_differences",
    key="key",
    columns=(
        Field("key", Text(200)),
        Field("feed", Text(64)),
        Field("event", Text(36)),
        Field("item", Text(36), required=False),
        Field("what", Text(16)),
        Field("state", Text(16)),
        Field("fields", Text(400), required=False),
        Field("shown", Text(300), required=False),
    ),
    find_by=(("feed",),),
    quiet=True,
)
COMPARED: Final = Table(
    name="feed_compared",
    key="feed",
    columns=(
        Field("feed", Text(64)),
        Field("asked", Flag()),
        Field("place", Text(36), required=False),  # the event up to which it is compared
        Field("at", When(), required=False),  # when it was compared whole
        Field("events", Whole()),
    ),
    quiet=True,
)
_STEP: Final = 1_000
_ITSELF: Final = "-"


@dataclass(frozen=True, slots=True)
class Thing:
    """An event or an item of one as a feed knows it. way: who made it; at, sighted: seconds."""

    uuid: str
    event: str = ""
    way: str = THEIRS
    at: int = 0
    sighted: int = 0
    object: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not alike. state: here, there or differs; fields: which, parted by commas."""

    event: str
    item: str
    what: str
    state: str
    fields: str = ""
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far a feed is compared. asked: it shall be, from `place` on; at: when it was last whole."""

    feed: str
    asked: bool = False
    place: str = ""
    at: Moment | None = None
    events: int = 0


class Counterparts:
    """What the feeds of one office know of other servers."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def events(self, server: str) -> dict[str, Thing]:
        """Return by uuid all events of a server that are known."""
        return {each.uuid: each for each in self._every({"server": server, "event": _ITSELF})}

    def items(self, server: str, event: str) -> dict[str, Thing]:
        """Return by uuid the items of an event."""
        return {each.uuid: each for each in self._every({"server": server, "event": event})}

    def get(self, server: str, uuids: Iterable[str]) -> dict[str, Thing]:
        """Return by uuid those of these that are known."""
        with self._shelf.begin() as tx:
            rows = tx.rows(THINGS).get_many([f"{server} {each}" for each in uuids])
        return {each.uuid: each for each in map(_thing, rows)}

    def put(self, server: str, things: Iterable[Thing]) -> None:
        """Keep them."""
        rows: list[Row] = [
            {
                "key": f"{server} {each.uuid}",
                "server": server,
                "uuid": each.uuid,
                "event": each.event or _ITSELF,
                "way": each.way,
                "at": each.at,
                "sighted": each.sighted,
                "object": each.object or None,
                "level": each.level or None,
            }
            for each in things
        ]
        with self._shelf.begin() as tx:
            tx.rows(THINGS).put_many(rows)

    def drop(self, server: str, uuids: Iterable[str]) -> None:
        """Forget things that are there no more."""
        with self._shelf.begin() as tx:
            for each in uuids:
                tx.rows(THINGS).drop(f"{server} {each}")

    def _every(self, where: Mapping[str, str]) -> Iterator[Thing]:
        after = None
        while True:
            with self._shelf.begin() as tx:
                rows = tx.rows(THINGS).find(where, after, _STEP)
            yield from map(_thing, rows)
            if len(rows) < _STEP:
                return
            after = rows[-1]["key"]

    # Differences.

    def comparison(self, feed: str) -> Comparison:
        """Return how far a feed is compared."""
        with self._shelf.begin() as tx:
            row = tx.rows(COMPARED).get(feed)
        told = Values(row or {})
        at = told.moment("at") if "at" in told else None
        return Comparison(feed, told.flag("asked"), told.text("place"), at, told.whole("events", 0))

    def ask(self, feed: str) -> None:
        """Wish that a feed be compared at its next turn."""
        before = self.comparison(feed)
        if not before.asked:
            self._put(Comparison(feed, asked=True, at=before.at))

    def compared(
        self,
        before: Comparison,
        place: str,
        events: int,
        found: Iterable[Difference],
        done: Moment | None,
    ) -> None:
        """Put what was found up to an event; from the first on, in the place of what was known.

        done: when it was whole, None while there is more.
        """
        with self._shelf.begin() as tx:
            rows = tx.rows(DIFFERENCES)
            while not before.place and (old := rows.find({"feed": before.feed}, None, _STEP)):
                for row in old:
                    rows.drop(row["key"])
            rows.put_many([_difference_row(before.feed, each) for each in found])
        events += before.events
        if done is None:
            self._put(Comparison(before.feed, asked=True, place=place, at=before.at, events=events))
        else:
            self._put(Comparison(before.feed, at=done, events=events))

    def differences(self, feed: str) -> tuple[Difference, ...]:
        """Return what the last comparison found, event by event."""
        found: list[Difference] = []
        after = None
        while True:
            with self._shelf.begin() as tx:
                rows = tx.rows(DIFFERENCES).find({"feed": feed}, after, _STEP)
            found += [_difference(Values(row)) for row in rows]
            if len(rows) < _STEP:
                return tuple(found)
            after = rows[-1]["key"]

    def _put(self, one: Comparison) -> None:
        row: Row = {
            "feed": one.feed,
            "asked": one.asked,
            "place": one.place or None,
            "at": one.at,
            "events": one.events,
        }
        with self._shelf.begin() as tx:
            tx.rows(COMPARED).put(row)


def _thing(row: Row) -> Thing:
    told = Values(row)
    return Thing(
        told.text("uuid"), told.text("event").removeprefix(_ITSELF), told.text("way"), told.whole("at"),
        told.whole("sighted"), told.text("object"), told.text("level"),
    )  # fmt: skip


def _difference_row(feed: str, one: Difference) -> Row:
    return {
        "key": f"{feed} {one.event} {one.item}",
        "feed": feed,
        "event": one.event,
        "item": one.item or None,
        "what": one.what,
        "state": one.state,
        "fields": one.fields or None,
        "shown": one.shown or None,
    }


def _difference(told: Values) -> Difference:
    return Difference(
        told.text("event"), told.text("item"), told.text("what"), told.text("state"),
        told.text("fields"), told.text("shown"),
    )  # fmt: skip
