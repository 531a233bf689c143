"""Which endpoints of our peers are dialled, when, and why one is down. Source: spec/link.md 1, 7."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.app import build, system
from detente.app.loop import clock
from detente.core.canon import Json
from detente.core.errors import Fault
from detente.core.moment import Moment, Span
from detente.link import redial
from detente.link.pace import LOW_RATE
from detente.link.session import PathState
from detente.node.seat import LinkTerms

LOOK: Final = 1.0  # seconds between looks at what is due, at most
CONNECT: Final = Span(3_000)
CONNECT_LOW: Final = Span(15_000)
HANDSHAKE: Final = Span(5_000)  # with connecting
HANDSHAKE_LOW: Final = Span(30_000)
_PENDING_MAX: Final = 3

PATH_DOWN: Final = "PATH_DOWN"
NODE_DOWN: Final = "NODE_DOWN"
KEY_MISMATCH: Final = "KEY_MISMATCH"
_WORST: Final = (KEY_MISMATCH, NODE_DOWN, PATH_DOWN)  # of several paths, what is shown of the link


@dataclass(slots=True)
class Dial:
    """One endpoint of a peer, and what became of our dials. `pending`: dialled and not yet met."""

    link: LinkTerms
    path: str
    address: build.Address
    attempt: int = 0
    down_at: float = 0.0
    due_at: float = 0.0
    pending: dict[int, float] = field(default_factory=dict)
    state: str = PATH_DOWN
    fault: str = "not tried yet"
    since: Moment | None = None

    @property
    def is_low(self) -> bool:
        """Whether the line was configured as a slow one."""
        return self.link.rates.get(self.path, LOW_RATE) < LOW_RATE

    @property
    def name(self) -> str:
        """What a finding about this path is called."""
        return f"path {self.link.peer.name}/{self.path}"

    def failed(self, state: str, why: str) -> None:
        """Note why a dial came to nothing, or a connection ended; and when to try again."""
        if state != self.state or self.since is None:
            self.since = system.now()
        self.state, self.fault = state, why
        moment = clock()
        if self.attempt == 0:
            self.down_at = moment
        draw = system.SystemEntropy().draw(1)[0]
        down_for = Span(int((moment - self.down_at) * 1000))
        self.due_at = moment + redial.wait(self.attempt, down_for, draw).ms / 1000
        self.attempt += 1

    def shown(self, states: Sequence[PathState]) -> dict[str, Json]:
        """Return this path as the admin reads it."""
        met = [each for each in states if each.is_met and each.path == self.path]
        since = None if self.since is None else str(self.since)
        down: dict[str, Json] = {"state": self.state, "why": self.fault, "since": since}
        state = of_conns(met) if met else down
        return {"path": self.path, "address": str(self.address), **state}


class Dials:
    """Every endpoint of every peer: all are kept connected together."""

    def __init__(self, links: Sequence[LinkTerms]) -> None:
        start = clock()
        self._all = [
            Dial(link, each.id, build.parse_address(each.addr), down_at=start)
            for link in links
            if not link.by_file
            for each in link.peer.endpoints
        ]

    def follow(self, links: Sequence[LinkTerms]) -> None:
        """Dial where the peers' newest cards say; what became of an endpoint that stays is kept."""
        known = {(each.link.link_id, each.path, str(each.address)): each for each in self._all}
        fresh = Dials(links)._all  # noqa: SLF001  of the same kind
        self._all = [
            known.get((each.link.link_id, each.path, str(each.address)), each) for each in fresh
        ]

    def of(self, conn: int) -> Dial | None:
        """Return whose connection this is, while it is pending."""
        return next((each for each in self._all if conn in each.pending), None)

    def on(self, link_id: str, path: str) -> Dial | None:
        """Return the dial of a path."""
        for each in self._all:
            if each.link.link_id == link_id and each.path == path:
                return each
        return None

    def link(self, link_id: str) -> list[Dial]:
        """Return all of one link."""
        return [each for each in self._all if each.link.link_id == link_id]

    def met(self, link_id: str, conn: PathState) -> None:
        """Note that a path carries: a loss from here on is a new one."""
        dial = self.on(link_id, conn.path)
        if dial is not None:
            dial.pending.pop(conn.conn, None)
            dial.attempt, dial.since = 0, None

    def due(self, moment: float, states: dict[str, list[PathState]]) -> tuple[list[Dial], float]:
        """Return which to dial now, and the seconds until the next look.

        A path that carries is not dialled, whoever dialled it; one that is silent where an answer
        was due is dialled anew, for the line may be back before the old connection knows.
        """
        found, wait = [], LOOK
        for dial in self._all:
            conns = [each for each in states[dial.link.link_id] if each.path == dial.path]
            if any(each.is_met and not each.is_stalled for each in conns):
                dial.due_at = 0.0
                continue
            newest = max(dial.pending.values(), default=0.0)
            # The line may come back any time: a new try each second beside those under way.
            most = 1 if dial.is_low else _PENDING_MAX
            is_free = len(dial.pending) < most and (not dial.pending or moment - newest >= LOOK)
            if moment >= dial.due_at and is_free:
                found.append(dial)
            elif is_free:
                wait = min(wait, max(0.0, dial.due_at - moment))
        return found, wait


def worst(dials: Sequence[Dial]) -> tuple[str, str]:
    """Return what is shown of a link without a path: of its paths the state that says most."""
    for state in _WORST:
        for each in dials:
            if each.state == state:
                return state, each.fault
    return PATH_DOWN, "no endpoint of theirs is known"


def state_of(fault: Fault) -> str:
    """Return what a failed connection says about path and node."""
    if fault.code == "E_PIN":
        return KEY_MISMATCH
    if isinstance(fault, build.PathClosed):
        return PATH_DOWN if fault.reason in ("unreachable", "timeout", "cut") else NODE_DOWN
    return NODE_DOWN


def of_conns(met: Sequence[PathState]) -> dict[str, Json]:
    """Return the state of a path that carries, by its connections."""
    one = max(met, key=lambda each: (each.is_used, not each.is_suspect, each.conn))
    return {
        "state": "SUSPECT" if one.is_suspect else "USED" if one.is_used else "UP",
        "why": "no answer" if one.is_suspect else "",
        "since": str(one.heard_at if one.is_suspect else one.begun_at),
        "bits_per_s": one.rate * 8,
        "round_trip_ms": one.round_trip_ms,
    }
