"""What people see of the connections of a link. Normative: spec/link.md 6."""

from dataclasses import dataclass
from typing import Final

from detente.core.moment import Moment, Span
from detente.link.state import State

STALLED: Final = Span(3_000)  # suspect and silent so long: a new connection is tried beside it


@dataclass(frozen=True, slots=True)
class PathState:
    """One connection as it is now.

    heard_at: when anything came last. is_met: its HELLO was judged. is_used: records go over it.
    is_suspect: it is silent where an answer was due; is_stalled: for so long that it should be
    dialled anew beside it. rate: bytes a second as measured or configured; round_trip_ms: 0 if it
    was not measured.
    """

    conn: int
    path: str
    begun_at: Moment
    heard_at: Moment
    is_met: bool
    is_used: bool
    is_suspect: bool
    is_stalled: bool
    rate: int
    round_trip_ms: int


def path_states(link: State) -> list[PathState]:
    """Return every connection as it is now."""
    found = []
    for number, conn in link.conns.items():
        pace = conn.queue.pace
        silent = link.now - conn.heard_at
        found.append(
            PathState(
                conn=number,
                path=conn.path,
                begun_at=conn.begun_at,
                heard_at=conn.heard_at,
                is_met=conn.met,
                is_used=number == link.live,
                is_suspect=conn.suspect,
                is_stalled=conn.suspect and silent >= STALLED and not pace.is_low,
                rate=pace.rate,
                round_trip_ms=pace.round_trip_ms,
            )
        )
    return found
