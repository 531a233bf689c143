"""When an epoch ends by what people did: settled histories, compared root keys.

After an emergency the logs before it are mended by tails, or ended where two persons say.

Until then this epoch goes on; it stops only when both sides can end all four logs together.
Normative: spec/link.md 5.7 and 5.8.
"""

from detente.link.moves import Effects
from detente.link.moves_epochs import Confirmed
from detente.link.part import Hears, Part
from detente.link.state import DOWN, LIVE, State
from detente.link.status import Status
from detente.link.tails import BEFORE, ROOT_CHANGED, Tails

MENDED = "the logs before the emergency are whole again: all are closed"
AGREED = "a person on each side confirmed the heads: the logs are closed"


class Settling(Part):
    """Sees when the logs before an emergency can be closed."""

    def __init__(self, link: State, status: Status, tails: Tails, settle: bytes) -> None:
        super().__init__(link)
        self._status, self._tails = status, tails
        status.settle = settle

    def hears(self) -> Hears:
        """Hear what a person here confirmed."""
        return {Confirmed: self._confirmed}

    def _confirmed(self, given: Confirmed) -> Effects:
        self._status.settle = given.digest
        return [*self._status.tell_all(), *self._settle()]

    def read_ends(self, number: int, *, whole: bool) -> Effects:
        """Stop and close once both persons confirmed the same, or both sides stated a new root."""
        return self._settle(number) or self._turn() if whole else []

    def tick(self) -> Effects:
        """Ask for what the logs before the emergency lack; stop and close once they lack nothing."""
        link = self.link
        if link.before is None:
            return self._turn()
        if link.phase != LIVE or link.live is None:
            return []
        if self._tails.mended:
            return self._tails.begin(link.live, MENDED)
        return self._tails.mend(link.live, BEFORE)

    def _turn(self) -> Effects:
        link = self.link
        if not self._status.root_agreed or link.phase != LIVE or link.live is None:
            return []
        return self._tails.begin(link.live, ROOT_CHANGED)

    def _settle(self, number: int = 0) -> Effects:
        link, status = self.link, self._status
        if not status.settle or status.settle != status.peer_settle:
            return []
        if link.phase == LIVE and link.live is not None:
            return self._tails.begin(link.live, AGREED)
        is_filed = number in link.files and link.files[number].met and link.phase == DOWN
        return self._tails.begin(number, AGREED) if is_filed else []
