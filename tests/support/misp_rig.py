"""An office with feeds of a MISP instance that runs beside it, and what a test asks of both."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.household import PEOPLE, Household
from tests.support.misp import KEY, Misp

from detente.app.console.taxii import adding
from detente.app.console.taxii.status import Status
from detente.app.feeds.plan import Feed
from detente.app.feeds.room import Feeds
from detente.app.log import Log
from detente.core.moment import Span
from detente.office.counterparts import Difference
from detente.office.feeding import State
from detente.office.offering import Wanted

Json = dict[str, Any]


def feed(misp: Misp, name: str = "theirs", **more: Any) -> Feed:  # noqa: ANN401
    """Return a feed of an instance."""
    told = {"name": name, "way": "pull", "url": misp.url, "collection": "", "person": "supervisor",
            "kind": "misp", "secret": KEY}  # fmt: skip
    return Feed(**{**told, **more})


class Rig:
    """An office with feeds."""

    def __init__(self, house: Household, *feeds: Feed) -> None:
        self.house, self.plans = house, feeds
        self.arrived = threading.Semaphore(0)
        self.steps: list[Callable[[], None]] = []
        self.feeds = Feeds(feeds, lambda: house.side.office, self._hand_in, Log("office", "error"))

    @classmethod
    def new(cls, folder: Path, *feeds: Feed) -> "Rig":
        """Return one in an office of its own."""
        return cls(Household(folder), *feeds)

    def _hand_in(self, step: Callable[[], None]) -> None:
        self.steps.append(step)
        self.arrived.release()

    def turn(self) -> State:
        """Let each feed that is due be asked, and all that it brings be taken in."""
        now = self.house.net.now
        self.feeds.turn(now)
        while self.feeds._busy:
            assert self.arrived.acquire(timeout=60)
            self.steps.pop(0)()
            while self.feeds._coming:
                self.feeds.turn(now)
        self.house.net.turn()
        return self.state()

    def later(self, **span: int) -> State:
        """Let time pass, and turn."""
        self.house.net.now += Span.of(**(span or {"minutes": 5}))
        return self.turn()

    def state(self, name: str = "") -> State:
        """Return how a feed stands; the first unless named."""
        return self.house.side.office.feeding.get(name or self.plans[0].name)

    def see(self, name: str = "theirs") -> None:
        """Let a person say to have seen what happened to a feed."""
        office, now = self.house.side.office, self.house.net.now
        office.feeds.seen(PEOPLE["supervisor"], name, now)

    def objects(self, alias: str = "local", kind: str = "", **wanted: Any) -> list[Json]:  # noqa: ANN401
        """Return what stands in a collection, the newest version of each."""
        office = self.house.side.office
        person = office.people.active("supervisor", self.house.net.now)
        collection = office.offered.collection(person, alias)
        types = frozenset({kind}) if kind else frozenset()
        page = office.offered.page(person, collection, Wanted(types=types, **wanted), -1, 1_000)
        return [json.loads(text) for text in office.offered.texts(page)]

    def one(self, kind: str, alias: str = "local") -> Json:
        """Return the one object of a type."""
        (found,) = self.objects(alias, kind)
        return found

    def hand_in(self, *objects: Json) -> None:
        """Let a program hand objects in."""
        office, now = self.house.side.office, self.house.net.now
        person = office.people.active("supervisor", now)
        status = Status("", "")
        texts = [json.dumps(each) for each in objects]
        adding.add(office, person, office.offered.collection(person, "local"), texts, status, now)
        assert not status.failures, status.failures

    def withdraw(self, identity: str) -> None:
        """Take an object back, as a program does with DELETE."""
        office, now = self.house.side.office, self.house.net.now
        person = office.people.active("supervisor", now)
        collection = office.offered.collection(person, "local")
        (row,) = office.offered.of(collection, Wanted(ids=frozenset({identity})))
        wish = office.offered.offering.take_back(row.mid, [(identity, row.version)])
        office.act(person, wish.act, wish.values, now)
        self.house.net.turn()

    def compare(self, name: str = "") -> tuple[Difference, ...]:
        """Compare a feed, and return what is not alike."""
        office, name = self.house.side.office, name or self.plans[0].name
        office.counterparts.ask(name)
        self.later()
        while office.counterparts.comparison(name).asked:
            self.later()
        return office.counterparts.differences(name)
