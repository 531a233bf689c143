"""One try of a feed: what is asked in a thread, and what the office's own thread makes of it."""

from dataclasses import dataclass
from typing import Protocol

from detente.app.feeds.plan import Feed
from detente.app.log import Log
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment
from detente.office.feeding import State
from detente.office.office import Office
from detente.office.people import Person


class Job(Protocol):
    """One try. `ask` runs in a thread that knows nothing of the office, `take` in the office's."""

    def ask(self) -> None:
        """Ask the wire, and keep what it told. Raises no OurFault: a fault is kept too."""
        ...

    def take(self, office: Office, now: Moment) -> State | None:
        """Take in a little of it; return how the feed stands after all of it, None if there is more.

        Raises OurFault: then the try failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Try:
    """What each try begins with: the feed, how it stands, who signs, and where it is told."""

    feed: Feed
    state: State
    person: Person
    teller: "Teller"


class Teller:
    """Writes into the office's log what must not go by in silence."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def failed(self, feed: Feed, state: State, fault: Fault, now: Moment) -> State:
        """Return the state after a try that failed."""
        self._log.write("error", fault.code, f"{feed.name}: {fault.what}", remedy=fault.remedy)
        return state.failed(fault, feed.every, now)

    def alarm(
        self,
        state: State,
        code: str,
        what: str,
        remedy: str,
        before: State | None = None,
        now: Moment | None = None,
    ) -> State:
        """Return it with an alarm: said once, not at every look, for as long as it goes on."""
        if code not in (before or state).alerts:
            self._log.write("error", code, what[:500], remedy=remedy)
        return state.alarmed(OurFault(code, what, remedy), now or state.at)
