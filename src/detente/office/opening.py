"""Desks that their people open and close: what was kept sealed meanwhile is folded when one opens.

While a desk is closed its records are read for header and signatures, and stand in the tables of
the house; their bodies stand in none. DELIVERED of the desk waits until all of them were opened.
"""

from dataclasses import dataclass, field
from typing import Final

from detente.core.keys import Opener
from detente.core.moment import Moment
from detente.node.ports import Kept
from detente.office import house
from detente.office.answers import READ_COUNT, Answers
from detente.office.arrivals import Arrivals
from detente.office.fields import Values
from detente.office.reader import TableReader, every
from detente.office.reading import Refusal, Taken
from detente.office.register import Register, suppress_odd

_NOWHERE: Final = Moment(0)


@dataclass(slots=True)
class _Sealed:
    """A record to be opened again: its row, and its copies, those of our own outbox too."""

    row: Values
    copies: list[Kept] = field(default_factory=list)


class Opening:
    """What the opening of a desk brings to one office."""

    def __init__(self, register: Register, answers: Answers, arrivals: Arrivals) -> None:
        self._register, self._answers, self._arrivals = register, answers, arrivals
        self._waiting: dict[str, list[bytes]] = {}  # mids still to be opened, by open desk
        self._seen: dict[str, tuple[Opener, ...]] = {}  # each opening of a desk is another tuple

    def see(self) -> None:
        """See which desks were opened or closed. Call it before anything is read."""
        keys = self._register.keys
        for desk in keys.attended:
            if keys.is_closed(desk):
                self._waiting.pop(desk, None)
                self._answers.hold(desk)
            elif desk not in self._waiting or self._seen[desk] is not keys.attended[desk]:
                self._answers.hold(desk)
                self._waiting[desk] = self._mids(desk)
                self._seen[desk] = keys.attended[desk]

    def forget(self) -> None:
        """Open all of it once more: the tables are folded again."""
        self._waiting.clear()

    def turn(self) -> bool:
        """Open some of what was sealed; return whether there is more."""
        desk = next((each for each in self._waiting if each in self._answers.held_desks), None)
        if desk is None:
            return False
        mids = self._waiting[desk]
        batch, self._waiting[desk] = mids[:READ_COUNT], mids[READ_COUNT:]
        if batch:
            self._open([self._find(mid) for mid in batch])
        else:
            self._answers.let_go(desk)
            self._arrivals.find_unanswered()
        return True

    def _mids(self, desk: str) -> list[bytes]:
        with self._register.shelf.begin() as tx:
            rows = every(TableReader(tx.rows), house.RECORDS, {})
            found = [
                (row.flag("ours"), row.text("origin"), row.whole("place"), row.data("mid"))
                for row in rows
                if row.text("desk") == desk
            ]
        return [mid for _, _, _, mid in sorted(found)]  # peers' first, as they were read

    def _find(self, mid: bytes) -> _Sealed:
        register = self._register
        with register.shelf.begin() as tx:
            found = _Sealed(Values(tx.rows(house.RECORDS).get(mid) or {}))
            places = register.places(tx, mid)
            envelope = tx.outbox_at(mid).envelope if tx.outbox_has(mid) else b""
        for origin, place in places:
            level = register.levels.get(origin)
            if level is not None and place < level.size:
                with suppress_odd():
                    found.copies.append(register.kept_at(origin, place))
        if envelope and found.row.flag("ours"):
            found.copies.append(Kept("", 0, _NOWHERE, envelope))
        return found

    def _open(self, batch: list[_Sealed]) -> None:
        register, opened = self._register, list[tuple[str, int, Taken]]()
        with register.shelf.begin() as tx:
            for each in batch:
                judged = [(kept, self._take(kept)) for kept in each.copies]
                good = [(kept, one) for kept, one in judged if isinstance(one, Taken)]
                if good:
                    register.fold(tx, good[0][1], each.row.moment("kept_at"))
                    opened += [(kept.origin, kept.seq, one) for kept, one in good]
                elif not each.row.flag("ours"):
                    for kept, refusal in judged:
                        if isinstance(refusal, Refusal):
                            register.take_back(tx, refusal, kept)
            register.settle(tx)
        theirs = set(register.theirs())
        for origin, seq, taken in opened:
            if origin in theirs:
                self._answers.note_opened(origin, seq, taken)

    def _take(self, kept: Kept) -> Taken | Refusal | None:
        if kept.origin:
            return self._register.take(kept)
        return self._register.take_own(kept.envelope)
