"""Who is at the desks of this party, as its office last said. Lapses by itself."""

from collections.abc import Collection
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.node.seat import Seat

ATTENDANCE: Final = Span(15 * 60_000)  # somebody who did something was there for so long


class Attendance:
    """Desks at which somebody is. Each call says whether what peers are told has changed."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._until: dict[str, Moment] = {}

    def __contains__(self, desk: str) -> bool:
        return desk in self._until

    def attend(self, desk: str, now: Moment) -> bool:
        """Note that somebody is at a desk. Raises OurFault("office.no_desk")."""
        self._check(desk)
        fresh = desk not in self._until
        self._until[desk] = now + ATTENDANCE
        return fresh and desk in self._seat.shows

    def leave(self, desk: str) -> bool:
        """Note that nobody is. Raises OurFault("office.no_desk")."""
        self._check(desk)
        return self._until.pop(desk, None) is not None and desk in self._seat.shows

    def lapse(self, now: Moment) -> bool:
        """Forget whoever did nothing for ATTENDANCE."""
        lapsed: Collection[str] = [desk for desk, until in self._until.items() if until <= now]
        for desk in lapsed:
            del self._until[desk]
        return bool(lapsed)

    def _check(self, desk: str) -> None:
        if desk not in self._seat.card.desks:
            raise OurFault(
                "office.no_desk",
                f"{desk[:40]!r} is no desk of {self._seat.party}",
                f"choose one of: {', '.join(sorted(self._seat.card.desks))}",
            )
