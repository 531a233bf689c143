"""What the peer refuses again and again at one place of our log. Normative: spec/link.md 7."""

from typing import Final

from detente.core.errors import WIRE
from detente.core.moment import Moment, Span
from detente.link.frames import Complaint
from detente.link.moves import Effects, Resend
from detente.link.part import Part
from detente.link.state import LIVE, State

REFUSED_MAX: Final = 3  # times the same at one place: then once a minute
AGAIN_AFTER: Final = Span(60_000)
_OF_CONNECTIONS: Final = frozenset(
    WIRE[code][0] for code in ("E_VERSION", "E_HELLO", "E_PIN", "E_TIMEOUT", "E_DISK")
)


class Refusals(Part):
    """Counts the peer's complaints at the first record without a receipt.

    While our log rests nothing is logged and nothing is sent again, but once a minute.
    """

    def __init__(self, link: State) -> None:
        super().__init__(link)
        self._what, self._count = (0, 0), 0  # code and place, and how often
        self._again_at = Moment(0)
        self._says = ""

    @property
    def says(self) -> str:
        """What people are told, or nothing."""
        return self._says if self.link.rests else ""

    def note(self, said: Complaint) -> None:
        """Hear a complaint of class C."""
        heads = self.link.heads
        if heads.receipted == heads.out_size or said.number in _OF_CONNECTIONS:
            return  # nothing is under way that it could be about
        what = said.number, heads.receipted
        self._count = self._count + 1 if what == self._what else 1
        self._what = what
        if self._count >= REFUSED_MAX:
            self._again_at = self.link.now + AGAIN_AFTER
            self.link.rests_at = heads.receipted
            name = next((code for code, (n, _) in WIRE.items() if n == said.number), said.number)
            self._says = f"their node refuses record {heads.receipted}: {name}"

    def tick(self) -> Effects:
        """Send once more when the minute is over."""
        link = self.link
        self._again_at = min(self._again_at, link.now + AGAIN_AFTER)  # a clock may be set back
        is_due = link.rests and link.now >= self._again_at
        if not is_due or link.live is None or link.phase != LIVE:
            return []
        self._again_at = link.now + AGAIN_AFTER
        return [Resend(link.live, link.heads.receipted)]
