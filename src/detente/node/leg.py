"""The second leg in the books of one link: lines 2 and 4 are made, checked and kept.

Four lines of one state are kept for ever; what they cover of other checkpoints may go.
Normative: spec/link.md 4.4.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from detente.core import checkpoint as checkpoints
from detente.core import postquantum
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.core.postquantum import Confirmed
from detente.link.moves_leg import (
    AnswerLeg,
    KeepAges,
    LegAnswered,
    Legs,
    LegSigned,
    LegTaken,
    SignLeg,
    TakeLeg,
)
from detente.node.cards import Cards
from detente.node.ledger import Ledger
from detente.node.ports import Store, Tx

FORGET_MAX: Final = 512  # checkpoints forgotten in one transaction


class LegBook:
    """The second leg of both logs of a link."""

    def __init__(
        self, cards: Callable[[], Cards], store: Store, ledgers: tuple[Ledger, Ledger]
    ) -> None:
        self._cards, self._store = cards, store
        self._out, self._inn = ledgers

    def read(self, tx: Tx) -> Legs:
        """Return what is durable of the leg."""
        signed, out = tx.open_leg(self._out.origin), tx.newest_leg(self._out.origin)
        given = tx.newest_leg(self._inn.origin)
        noted = (tx.note(self._note) or b"0 0").split()
        out_age, in_age = (Span(int(each)) for each in noted)
        return Legs(
            signed=signed.owner if signed else None,
            out=out.size if out else 0,
            given=given.receiver if given else None,
            out_age=out_age,
            in_age=in_age,
        )

    @property
    def _note(self) -> str:
        return f"leg_ages:{self._cards().terms.link_id}"

    def sign(self, _effect: SignLeg, now: Moment) -> LegSigned:
        """Sign line 2 over our newest receipted state."""
        ledger, receipt = self._out, self._out.receipt
        assert receipt is not None, "the machine asks only for what is receipted"
        state = receipt.size, receipt.root
        seat = self._cards().signing(receipt.size)
        ours = postquantum.sign(seat.log_pq, ledger.origin, ledger.origin, state, now)
        # Ed25519 says the same each time: line 1 of this size is that which we gave.
        head = checkpoints.sign(seat.log, ledger.origin, *state)
        with self._store.begin() as tx:
            tx.put_leg(ledger.origin, Confirmed(head, receipt, ours))
        return LegSigned(ours)

    def answer(self, effect: AnswerLeg, now: Moment) -> LegAnswered | None:
        """Check the peer's line 2 and sign line 4 beside it; nothing where we gave no receipt.

        Raises TheirFault: E_CP_SIG; E_FORK for a state that is not that of the log as stored.
        """
        ledger, given = self._inn, effect.given
        self._cards().check_owner_leg(given)
        with self._store.begin() as tx:
            if ledger.root_at(tx, given.size) != given.root:
                raise TheirFault(
                    "E_FORK",
                    f"line 2 of {ledger.origin} at size {given.size} is over another history",
                    "compare both logs; both operators were told",
                )
            fast = tx.receipted_at(ledger.origin, given.size)
            if fast is None:
                return None
            seat, state = self._cards().cosigning(), (given.size, given.root)
            name = checkpoints.cosigner_of(seat.party)
            ours = postquantum.sign(seat.log_pq, name, ledger.origin, state, now)
            tx.put_leg(ledger.origin, Confirmed(*fast, given, ours))
            tx.forget_checkpoints(ledger.origin, given.size, FORGET_MAX)
        return LegAnswered(effect.conn, ours)

    def take(self, effect: TakeLeg, _now: Moment) -> LegTaken | None:
        """Check and keep the peer's line 4 beside our line 2. Raises TheirFault("E_COSIGN")."""
        ledger, given = self._out, effect.given
        with self._store.begin() as tx:
            leg = tx.open_leg(ledger.origin)
            if leg is None or leg.size != given.size:
                return None  # it came twice in one read
            if given.root != leg.owner.root:
                raise TheirFault(
                    "E_COSIGN",
                    f"line 4 for a state of {ledger.origin} that we never signed"
                    f" (size {given.size})",
                    "compare both logs; both operators were told",
                )
            self._cards().check_receiver_leg(given)
            tx.put_leg(ledger.origin, replace(leg, receiver=given))
            tx.forget_checkpoints(ledger.origin, given.size, FORGET_MAX)
        return LegTaken(given.size)

    def keep_ages(self, effect: KeepAges, _now: Moment) -> None:
        """Write down for how long each log has been without the leg."""
        with self._store.begin() as tx:
            tx.set_note(self._note, b"%d %d" % (effect.out.ms, effect.into.ms))
