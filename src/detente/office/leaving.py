"""How a record that waited goes out: after a second signature, or when its time is over."""

from collections.abc import Sequence

from detente.core import envelope, record
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import house, unsent, waiting
from detente.office.draft_shelf import PAGE, DraftShelf
from detente.office.fields import Values
from detente.office.ports import ShelfTx
from detente.office.post import Outcome, Post
from detente.office.register import Register
from detente.office.waiting import LEAVING, WAITS
from detente.office.writing import Written


class Leaving:
    """What is on its way from the drafts to the node."""

    def __init__(self, register: Register, post: Post, shelf: DraftShelf) -> None:
        self._register, self._post, self._shelf = register, post, shelf
        self._leaving = True  # whether some may stand here that have left

    def leave(self, rows: Sequence[Values], written: Sequence[Written], now: Moment) -> Outcome:
        """Send records; their rows go once the node has them. Raises the node's refusal: they wait on."""
        pairs = zip(rows, written, strict=True)
        leaving = [dict(row.with_(state=LEAVING, by=one.mid)) for row, one in pairs]
        self._leaving = True
        try:
            answers = self._post.hand_in(
                written, now, also=lambda tx: tx.rows(waiting.DRAFTS).put_many(leaving)
            )
        except OurFault as fault:
            if fault.code != "hatch.closed":
                self.settle()
            raise
        self.settle(sent=[answer.mid for answer in answers if not answer.code])
        for answer in answers:
            if answer.code:
                raise unsent.refusal(answer)
        slowed = tuple(answer.mid for answer in answers if answer.slowed)
        return Outcome(tuple(one.mid for one in written), slowed)

    def settle(self, sent: Sequence[bytes] = ()) -> None:
        """Forget what has left; what our node refused at once waits on.

        sent: mids that the node took a moment ago. Everything logged must have been read.
        """
        if not self._leaving:
            return
        self._leaving = False
        with self._register.shelf.begin() as tx:
            drafts, records = tx.rows(waiting.DRAFTS), tx.rows(house.RECORDS)
            for row in map(Values, drafts.find({"state": LEAVING}, None, PAGE)):
                mid = row.data("by")
                if mid in sent or records.get(mid) is not None:
                    drafts.drop(row.data("mid"))
                elif tx.outbox_has(mid):
                    self._leaving = True
                else:
                    drafts.put(dict(_unsigned(row)))

    def advance(self, now: Moment) -> None:
        """Let go what nobody took back in time. Raises OurFault as Hatch.submit does."""
        due = [mid for mid, until in self._shelf.dues().items() if until <= now]
        if not due:
            return
        with self._register.shelf.begin() as tx:
            for mid in due:
                self._to_outbox(tx, mid, now)
        for mid in due:
            del self._shelf.dues()[mid]
        self._leaving = True
        self._post.outbox.send(due, now)

    def _to_outbox(self, tx: ShelfTx, mid: bytes, now: Moment) -> None:
        drafts = tx.rows(waiting.DRAFTS)
        row = Values(drafts.get(mid) or {})
        tx.outbox_put(mid, row.data("envelope"), now)
        drafts.put({**row, "state": LEAVING, "by": mid})

    def due(self) -> Moment | None:
        """Return when `advance` should be called though nothing new came; None for never."""
        return min(self._shelf.dues().values(), default=None)


def _unsigned(row: Values) -> Values:
    """Return a row as it waited before somebody released it: our node did not take the record."""
    parts = envelope.split(row.data("envelope"))
    author = [one for one in record.read_signatures(parts.sigs) if one.role == record.AUTHOR]
    fresh = envelope.encode(parts._replace(sigs=record.write_signatures(author)))
    row = row.without("by", "releaser", "second", "until")
    return row.with_(state=WAITS, envelope=fresh)
