"""How far each feed has come, in one table of the shelf that is no fold: no record speaks of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import Fault
from detente.core.moment import Moment, Span
from detente.office.fields import Field, LongText, Text, Values
from detente.office.ports import Shelf
from detente.office.tables import Table

STATES: Final = Table(
    name="feeds",
    key="name",
    columns=(Field("name", Text(64)), Field("told", LongText(65_536))),
)
FEEDS_MAX: Final = 256
AGAIN_LEAST: Final = Span.of(seconds=30)
AGAIN_MAX: Final = Span.of(hours=1)
STILL: Final = "feed.still"
SHRUNK: Final = "feed.shrunk"
SAME: Final = "feed.same"
NOT_TAKEN: Final = "feed.not_taken"
# What happened once and says nothing of now: it stays until a person says to have seen it.
EVENTS: Final = (SHRUNK, SAME, NOT_TAKEN)


@dataclass(frozen=True, slots=True)
class Told:
    """What the feed's own lines in the file of feeds say, as far as a person is shown it."""

    url: str = ""
    collection: str = ""
    into: str = ""
    person: str = ""
    every: Span = field(default_factory=lambda: Span(0))
    still_after: Span = field(default_factory=lambda: Span(0))


@dataclass(frozen=True, slots=True)
class State:
    """One feed. kind: taxii or misp. upto: microseconds, -1 for the beginning; tries: that failed one after another.

    at: the last try, good_at: the last that ended well, new_at: the last that brought something.
    alerts: codes of what somebody must look at, since then; fault and remedy: the last fault, in
    words. paused: by whom, "" for one that runs. told: what its lines in the file say.
    """

    name: str
    way: str = ""
    kind: str = "taxii"
    upto: int = -1
    tries: int = 0
    taken: int = 0
    refused: int = 0
    at: Moment | None = None
    due: Moment | None = None
    good_at: Moment | None = None
    new_at: Moment | None = None
    fault: str = ""
    alerts: tuple[str, ...] = ()
    since: Moment | None = None
    remedy: str = ""
    paused: str = ""
    told: Told = field(default_factory=Told)

    def failed(self, fault: Fault, every: Span, now: Moment) -> "State":
        """Return it after a try that failed: longer and longer until the next."""
        wait = max(AGAIN_LEAST.ms, every.ms) * 2 ** min(self.tries, 10)
        due = now + Span(min(wait, max(AGAIN_MAX.ms, every.ms)))
        return replace(
            self.alarmed(fault, now), tries=self.tries + 1, at=now, due=due,
        )  # fmt: skip

    def went(self, upto: int, fresh: int, refused: int, due: Moment, now: Moment) -> "State":
        """Return it after a try that ended well."""
        left = [e for e in self.alerts if e in EVENTS or (e == STILL and not fresh)]
        kept = replace(self, alerts=tuple(left)).quiet()
        return replace(
            kept, upto=max(upto, self.upto), tries=0, taken=self.taken + fresh,
            refused=self.refused + refused, at=now, due=due, good_at=now,
            new_at=now if fresh else (self.new_at or now),
        )  # fmt: skip

    def quiet(self) -> "State":
        """Return it without words of a fault that no alert of it speaks of any more."""
        if self.alerts:
            is_of = self.fault.partition(":")[0] in self.alerts
            return self if is_of else replace(self, fault="", remedy="")
        return replace(self, fault="", remedy="", since=None)

    def seen(self) -> "State":
        """Return it once a person saw what happened; what still goes on is an alert still."""
        return replace(self, alerts=tuple(e for e in self.alerts if e not in EVENTS)).quiet()

    def alarmed(self, fault: Fault, now: Moment | None) -> "State":
        """Return it with what somebody must look at."""
        alerts = self.alerts if fault.code in self.alerts else (*self.alerts, fault.code)
        return replace(
            self, alerts=alerts, since=self.since or now, remedy=fault.remedy[:300],
            fault=f"{fault.code}: {fault.what}"[:300],
        )  # fmt: skip


class Feeding:
    """The states of the feeds of one office."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def get(self, name: str) -> State:
        """Return how far a feed has come; of one that never ran, the beginning."""
        with self._shelf.begin() as tx:
            row = tx.rows(STATES).get(name)
        return State(name) if row is None else _state(name, Values(row).text("told"))

    def put(self, state: State) -> None:
        """Keep it."""
        with self._shelf.begin() as tx:
            tx.rows(STATES).put({"name": state.name, "told": canon.encode(_told(state)).decode()})

    def every(self) -> tuple[State, ...]:
        """Return all, by name."""
        with self._shelf.begin() as tx:
            rows = [Values(row) for row in tx.rows(STATES).find({}, None, FEEDS_MAX)]
        return tuple(_state(row.text("name"), row.text("told")) for row in rows)

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget feeds that are none any more."""
        left = set(names)
        with self._shelf.begin() as tx:
            rows = tx.rows(STATES)
            for row in rows.find({}, None, FEEDS_MAX):
                if row["name"] not in left:
                    rows.drop(row["name"])


_MOMENTS: Final = ("at", "due", "good_at", "new_at", "since")
_WHOLES: Final = ("tries", "taken", "refused")
_TEXTS: Final = ("url", "collection", "into", "person")


def _told(state: State) -> dict[str, Json]:
    moments = {name: getattr(state, name) for name in _MOMENTS}
    found: dict[str, Json] = {name: at.ms for name, at in moments.items() if at is not None}
    found |= {name: getattr(state, name) for name in _WHOLES}
    found |= {name: getattr(state.told, name) for name in _TEXTS}
    alerts: list[Json] = [*state.alerts]
    return {
        **found,
        "upto": state.upto + 1,
        "way": state.way,
        "kind": state.kind,
        "fault": state.fault,
        "remedy": state.remedy,
        "paused": state.paused,
        "every": state.told.every.ms,
        "still_after": state.told.still_after.ms,
        "alerts": alerts,
    }


def _state(name: str, text: str) -> State:
    told = canon.decode(text.encode(), len(text.encode()))
    assert isinstance(told, dict), "it is written here"
    alerts = told["alerts"]
    assert isinstance(alerts, list), "it is written here"
    tries, taken, refused = (_whole(told, each) for each in _WHOLES)
    at, due, good_at, new_at, since = (
        Moment(_whole(told, each)) if each in told else None for each in _MOMENTS
    )
    # A row of an earlier version lacks what is read with a default.
    url, collection, into, person = (str(told.get(each, "")) for each in _TEXTS)
    every, still_after = (
        Span(_whole({each: 0, **told}, each)) for each in ("every", "still_after")
    )
    return State(
        name, str(told["way"]), str(told.get("kind", "taxii")), _whole(told, "upto") - 1, tries, taken, refused, at, due, good_at, new_at,
        str(told["fault"]), tuple(str(each) for each in alerts), since,
        str(told.get("remedy", "")), str(told.get("paused", "")),
        Told(url, collection, into, person, every, still_after),
    )  # fmt: skip


def _whole(told: Mapping[str, Json], name: str) -> int:
    found = told[name]
    assert isinstance(found, int), "it is written here"
    return found
