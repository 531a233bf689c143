"""How the office itself stands: what waits, what was refused, what its logs and cards are.

A room of the office, for whoever runs it: nothing in it opens a record.
"""

from collections.abc import Mapping, Sequence

from detente.core.errors import Fault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.node.ports import Level
from detente.office import attention, house, unsent
from detente.office.answers import READ_COUNT, Answers
from detente.office.arrivals import Arrivals
from detente.office.attention import Attention
from detente.office.fields import Values
from detente.office.register import Register


class Status:
    """What programs and administrators see of an office."""

    def __init__(self, register: Register, answers: Answers, arrivals: Arrivals) -> None:
        self._register, self._answers, self._arrivals = register, answers, arrivals

    @property
    def cards(self) -> Mapping[str, Card]:
        """The newest card of each peer, by party, as far as it is believed."""
        return self._register.book.peers

    def levels(self) -> Sequence[Level]:
        """Return every log with its sizes and state."""
        self._register.see_levels()
        return tuple(self._register.levels.values())

    def attention(self, now: Moment) -> Attention:
        """Return what waits for somebody, here or over there."""
        self._register.see_levels()
        with self._register.shelf.begin() as tx:
            return attention.find(self._register, tx, now)

    def delivered_upto(self, desk: str) -> int:
        """Return the size below which a peer's desk says it opened our records to it."""
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for row in tx.rows(house.DELIVERIES).find({}, None, READ_COUNT)]
        return max((row.whole("upto") for row in rows if row.text("from") == desk), default=0)

    def unsent(self) -> Sequence[Values]:
        """Return what our own node refused and a person must decide on."""
        with self._register.shelf.begin() as tx:
            return unsent.every(tx)

    def equivocations(self) -> Sequence[Values]:
        """Return pairs of records that a peer's desk signed under one number."""
        with self._register.shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.EQUIVOCATIONS).find({}, None, READ_COUNT)]

    def held(self) -> Sequence[tuple[str, Fault]]:
        """Return what our own node refuses of the office's own answers, by the log they answer."""
        found, late = self._answers.held(), self._arrivals.patience.fault
        return [*found, ("", late)] if late else found

    def odd(self) -> Mapping[str, Fault]:
        """Return what our own node handed in and cannot be, by what it was; see hearing."""
        return self._register.hatch.odd.faults()

    def refused(self) -> Sequence[Values]:
        """Return records that were not acceptable."""
        with self._register.shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.REFUSED).find({}, None, READ_COUNT)]

    def refused_cards(self) -> Mapping[str, str]:
        """Return by party why its cards are not believed, though the node has them."""
        return self._register.refused_cards

    @property
    def former_roots(self) -> Mapping[str, tuple[str, ...]]:
        """Fingerprints that parties gave up for newer ones, by party."""
        return self._register.former

    def see_cards(self) -> None:
        """Read all cards again: a person may have compared a fingerprint since."""
        self._register.see_cards()
