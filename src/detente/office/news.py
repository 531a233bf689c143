"""Reading what is new in the logs: it is folded into tables, and answers go out.

Peers' logs come first, our own last; whatever was read may be read again and changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.node.ports import AWAITS_MAX, Kept, Level
from detente.office import courses, house, kinds, reading
from detente.office.answers import READ_BYTES, READ_COUNT, Answers
from detente.office.arrivals import Arrivals
from detente.office.opening import Opening
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.reading import Again, Refusal, Taken
from detente.office.register import Register
from detente.office.tables import Table

_PURGED: Final = "purged"  # note: home records below this number were looked at for purges


class News:
    """How far an office has read, and what follows from it."""

    def __init__(
        self, register: Register, post: Post, answers: Answers, arrivals: Arrivals
    ) -> None:
        self._register, self._post = register, post
        self._answers, self._arrivals = answers, arrivals
        self._opening = Opening(register, answers, arrivals)
        self._told_read: tuple[Mapping[str, int], Sequence[bytes]] | None = None
        self._refusals = True  # some that a peer gave may be for an old key of its desk
        self.on_purge: tuple[Callable[[ShelfTx, Moment, str, str, str], None], ...] = ()
        self.refold_due = False  # a purge ended: what stood in our tables of those texts must go

    def fold_made(self) -> None:
        """Fold what we made: whoever looks sees what was sent a moment ago."""
        while self._post.fold_made(READ_COUNT):
            pass

    def catch_up(self, now: Moment) -> None:
        """Read on until it is known what we said: before that, nothing is called unsaid."""
        while not self._answers.may_answer:
            self.advance(now)

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds, and find what is still unanswered.

        Call it once when the office starts, and when the node answers again. If the node takes
        nothing in now, `advance` tries again. Raises OurFault("store.shape") for tables of another
        version: then `rebuild`.
        """
        with self._register.shelf.begin() as tx:
            for table in self._tables():
                tx.rows(table)
        self._told_read = None  # a node that began anew knows nothing of it
        self._answers.find_unanswered()
        self._arrivals.find_unanswered()
        self._answers.resume(now)

    def advance(self, now: Moment) -> bool:
        """Read what is new, fold it, answer what is due; return whether there is more to read.

        Peers' logs come before our own: their warning before our book-keeping.
        """
        register = self._register
        register.see_levels()
        with self._register.shelf.begin() as tx:
            places = {origin: tx.place(origin) for origin in register.levels}
            self._answers.open(tx)
        self._opening.see()
        own_last = sorted(register.levels.values(), key=register.is_own)
        behind = [level for level in own_last if places[level.origin] < level.size]
        reached, budget, more = dict(places), READ_COUNT, False
        for level in behind:
            if register.is_own(level) and self._post.fold_made(READ_COUNT):
                break  # our own log speaks of what we made: that comes first
            at = places[level.origin]
            if not budget:
                more = True
                break
            kept = register.since(level.origin, at, budget, READ_BYTES)
            if not kept:  # our node says that there is more and hands in none: see hearing
                continue
            self._read(kept, level)
            reached[level.origin] = kept[-1].seq + 1
            budget -= len(kept)
            more = more or kept[-1].seq + 1 < level.size
        more = self._post.fold_made(READ_COUNT) or more
        more = self._opening.turn() or more
        self._post.outbox.drop_receipted()
        # At first only when all is read: our own answers stand in logs that are read last.
        self._answers.may_answer |= not more
        self._answers.answer(now)
        if self._refusals and not more:
            self._refusals = False
            self._answers.send_again(now)
        self._tell_read(reached)
        return more

    def _tell_read(self, reached: Mapping[str, int]) -> None:
        # The node takes no text away that stands above, nor one whose files are under way.
        awaits = self._arrivals.mids
        if len(awaits) > AWAITS_MAX:
            reached, awaits = {}, ()
        if self._told_read != (reached, awaits):
            self._register.hatch.have_read(reached, awaits)
            self._told_read = reached, awaits

    def _read(self, kept: Sequence[Kept], level: Level) -> None:
        place = kept[-1].seq + 1
        opened: list[tuple[int, Taken | Again]] = []
        refused: list[int] = []
        logged: list[tuple[str, int, bytes]] = []
        own = self._register.is_own(level)
        with self._register.shelf.begin() as tx:
            for each in kept:
                if own:
                    if each.envelope:
                        self._read_own(tx, each, level, logged)
                    continue
                taken = self._register.read_theirs(tx, each)
                if isinstance(taken, Refusal):
                    refused.append(each.seq)
                elif taken is not None:
                    opened.append((each.seq, taken))
            self._register.settle(tx)
            tx.set_place(level.origin, place)
        self._post.outbox.watch(logged)
        if not own:
            self._answers.note(level.origin, place, opened, refused)
            if any(taken.header.kind == kinds.REJECT.name for _, taken in opened):
                self._refusals = True
            self._arrivals.expect([taken.mid for _, taken in opened if taken.header.att])

    def _read_own(
        self, tx: ShelfTx, kept: Kept, level: Level, logged: list[tuple[str, int, bytes]]
    ) -> None:
        # We wrote it, but our node kept it: what it hands in may be anything.
        try:
            if not level.peer and reading.ends_purge(kept.envelope):
                self._see_purge(tx, kept)
            mid = self._register.read_own(tx, kept)
        except TheirFault as fault:
            self._register.refuse_own(tx, kept, fault)
            return
        if level.peer:
            logged.append((kept.origin, kept.seq, mid))

    def _see_purge(self, tx: ShelfTx, kept: Kept) -> None:
        # Once for each: a refold reads all of the home log again.
        upto = int.from_bytes(tx.note(_PURGED) or b"")
        if kept.seq >= upto:
            order = reading.purge_of(kept.envelope)
            tx.set_note(_PURGED, (kept.seq + 1).to_bytes(8, "big"))
            self.refold_due = True
            for purge in self.on_purge:
                purge(tx, *order)

    def _tables(self) -> list[Table]:
        desks = self._register.desks.values()
        own = (*house.TABLES, *courses.TABLES)
        return [*own, *(table for desk in desks for table in desk.tables)]

    def rebuild(self, now: Moment) -> int:
        """Drop every table and fold all records again; return how many were read."""
        register = self._register
        self.refold_due = False
        register.see_levels()
        with self._register.shelf.begin() as tx:
            tx.drop_tables(self._tables())
            tx.find_clear()
            for origin in register.levels:
                tx.set_place(origin, 0)
        self._answers.forget()
        self._post.forget()
        self._arrivals.forget()
        self._opening.forget()
        self._answers.resume(now)
        while self.advance(now):
            pass
        self._arrivals.find_unanswered()
        return sum(level.size for level in register.levels.values())
