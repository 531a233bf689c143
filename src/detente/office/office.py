"""A party's office: what people do with records. Sees of the node only its hatch.

Synchronous and without a loop: the roof calls `advance` when there is news, and hands in one act
at a time.
"""

from collections.abc import Sequence
from dataclasses import replace

from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment
from detente.node.ports import Hatch, Kept, Level
from detente.office import exhibits, house, kinds, standing
from detente.office.answers import READ_BYTES, READ_COUNT, Answers
from detente.office.desk import Act, Desk, Look, Role, TableReader, complete, find_mids, ready
from detente.office.fields import Cut, Values
from detente.office.people import Person, permit
from detente.office.ports import Shelf, ShelfTx
from detente.office.post import Outcome, Post
from detente.office.reading import Refusal, Taken
from detente.office.register import Register
from detente.office.standing import Standing
from detente.office.tables import Row, Table
from detente.office.writing import KeysAtWork, Letter, Written


class Office:
    """One party's office over one node."""

    def __init__(
        self,
        desks: Sequence[Desk],
        hatch: Hatch,
        shelf: Shelf,
        keys: KeysAtWork,
        entropy: Entropy,
    ) -> None:
        self._register = Register(desks, hatch, shelf, keys, entropy)
        self._shelf = shelf
        self._post = Post(self._register)
        self._answers = Answers(self._register, self._post)

    # Acts.

    def find_act(self, name: str) -> Act:
        """Return an act by its name `desk/verb`. Raises OurFault("office.no_act")."""
        desk = self._register.desks.get(name.partition("/")[0])
        for act in desk.acts if desk else ():
            if act.name == name:
                return act
        raise OurFault("office.no_act", f"there is no act {name}", "see: detente --help")

    def find_look(self, name: str) -> Look:
        """Return a look by its name `desk/verb`. Raises OurFault("office.no_act")."""
        desk = self._register.desks.get(name.partition("/")[0])
        for look in desk.looks if desk else ():
            if look.name == name:
                return look
        raise OurFault("office.no_act", f"there is nothing to see at {name}", "see: detente --help")

    def act(
        self, person: Person, name: str, values: Values, now: Moment, request: str = ""
    ) -> Outcome:
        """Do what a person wants at a desk; it is in the home log before it takes effect.

        request: a name of at most 64 characters for this wish, never used for another. Whoever got
        no answer asks again under the same name, and gets the records of the first time.
        Raises OurFault: office.no_act, office.forbidden, form.*, those of the desk, and the node's
        refusal by its own code. Then nothing was sent.
        """
        self._fold_made()
        act, desk = self.find_act(name), name.partition("/")[0]
        permit(person, desk, act.role)
        if request:
            self._catch_up(now)
            done = self._post.done(person, name, request)
            if done is not None:
                return done
        with self._shelf.begin() as tx:
            look = TableReader(tx.rows)
            whole = ready(act, values, lambda cut: self._find(tx, cut))
            drafts = act.build(whole, look, now)
        letters = [self._post.letter(draft, desk) for draft in drafts]
        return self._post.post_as(person, desk, name, letters, now, request)

    def write(self, letter: Letter, author: str) -> Written:
        """Return the finished record: numbered, sealed and signed, not yet sent."""
        return self._post.write(letter, author)

    def post(self, written: Sequence[Written], now: Moment) -> Outcome:
        """Send finished records of programs, without an entry in the home log; see Post.post."""
        return self._post.post(written, now)

    # Reading.

    def _fold_made(self) -> None:
        # Whoever looks sees what was sent a moment ago.
        while self._post.fold_made(READ_COUNT):
            pass

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds, and find what is still unanswered.

        Call it once when the office starts, and when the node answers again. If the node takes
        nothing in now, `advance` tries again. Raises OurFault("store.shape") for tables of another
        version: then `rebuild`.
        """
        with self._shelf.begin() as tx:
            for table in self._tables():
                tx.rows(table)
        self._answers.find_unanswered()
        self._answers.resume(now)

    def _catch_up(self, now: Moment) -> None:
        # What we said ourselves must be known before it can be said that it was not said.
        while not self._answers.may_answer:
            self.advance(now)

    def advance(self, now: Moment) -> bool:
        """Read what is new, fold it, answer what is due; return whether there is more to read.

        Peers' logs come before our own: their warning before our book-keeping.
        """
        register = self._register
        register.see_levels()
        with self._shelf.begin() as tx:
            places = {origin: tx.place(origin) for origin in register.levels}
            self._answers.open(tx)
        own_last = sorted(register.levels.values(), key=register.is_own)
        behind = [level for level in own_last if places[level.origin] < level.size]
        budget, more = READ_COUNT, False
        for level in behind:
            if register.is_own(level) and self._post.fold_made(READ_COUNT):
                break  # our own log speaks of what we made: that comes first
            at = places[level.origin]
            kept = register.since(level.origin, at, budget, READ_BYTES) if budget else []
            if kept:
                self._read(kept, level)
            budget -= len(kept)
            more = more or at + len(kept) < level.size
        more = self._post.fold_made(READ_COUNT) or more
        self._post.drop_receipted()
        # At first only when all is read: our own answers stand in logs that are read last.
        self._answers.may_answer |= not more
        self._answers.answer(now)
        return more

    def _read(self, kept: Sequence[Kept], level: Level) -> None:
        place = kept[-1].seq + 1
        opened: list[tuple[int, Taken]] = []
        refused: list[int] = []
        logged: list[tuple[str, int, bytes]] = []
        own = self._register.is_own(level)
        with self._shelf.begin() as tx:
            for each in kept:
                if own:
                    mid = self._register.read_own(tx, each)
                    if level.peer:
                        logged.append((each.origin, each.seq, mid))
                    continue
                taken = self._register.read_theirs(tx, each)
                if isinstance(taken, Refusal):
                    refused.append(each.seq)
                elif taken is not None:
                    opened.append((each.seq, taken))
            tx.set_place(level.origin, place)
        self._post.watch(logged)
        if not own:
            self._answers.note(level.origin, place, opened, refused)

    def next_answer(self) -> Moment | None:
        """Return when `advance` should be called though nothing new came; None for never."""
        return self._answers.due()

    def _tables(self) -> list[Table]:
        desks = self._register.desks.values()
        return [*house.TABLES, *(table for desk in desks for table in desk.tables)]

    def rebuild(self, now: Moment) -> int:
        """Drop every table and fold all records again; return how many were read."""
        register = self._register
        register.see_levels()
        with self._shelf.begin() as tx:
            tx.drop_tables(self._tables())
            for origin in register.levels:
                tx.set_place(origin, 0)
        self._answers.forget()
        self._post.forget()
        self._answers.resume(now)
        while self.advance(now):
            pass
        return sum(level.size for level in register.levels.values())

    # What people see.

    def look(
        self, person: Person, name: str, values: Values, now: Moment
    ) -> tuple[Look, tuple[Row, ...]]:
        """Return a look and its rows. Raises OurFault: office.no_act, office.forbidden, form.mid."""
        self._fold_made()
        look = self.find_look(name)
        permit(person, name.partition("/")[0], look.role)
        with self._shelf.begin() as tx:
            whole = ready(look, values, lambda cut: self._find(tx, cut))
            return look, look.read(TableReader(tx.rows), whole, now)

    def _find(self, tx: ShelfTx, cut: Cut) -> Sequence[bytes]:
        return find_mids(TableReader(tx.rows), house.RECORDS, cut)

    def whole_mid(self, given: bytes | Cut) -> bytes:
        """Return the mid that a person wrote. Raises OurFault("form.mid")."""
        self._fold_made()
        with self._shelf.begin() as tx:
            found = complete(Values({"mid": given}), lambda cut: self._find(tx, cut))
        return found.data("mid")

    def read(self, person: Person, mid: bytes, now: Moment) -> Taken:
        """Return a record opened for a person, and tell its author that a person saw it.

        Raises OurFault: office.no_record, office.forbidden, office.not_logged.
        """
        self._fold_made()
        row = self._register.record(mid)
        permit(person, row.text("desk"), Role.READ)
        taken = self._register.open(row)
        if not taken.ours and taken.header.kind not in kinds.HOUSE:
            self._catch_up(now)
            self._tell_read(person, taken, now)
        return taken

    def _tell_read(self, person: Person, taken: Taken, now: Moment) -> None:
        who = house.said_key(taken.mid, self._register.address(taken.desk))
        with self._shelf.begin() as tx:
            if tx.rows(house.READS).get(who) is not None:
                return
        header = taken.header
        body = Values({"of": taken.mid})
        letter = self._post.house_letter(kinds.READ, taken.desk, (header.from_,), body, now)
        letter = replace(letter, matter=header.matter, prec=header.prec, reply_to=taken.mid)
        self._post.post_as(person, taken.desk, "record/read", [letter], now)

    def standing(self, mid: bytes) -> Standing:
        """Return how far a record has come. Raises OurFault("office.no_record")."""
        self._fold_made()
        return standing.find(self._register, self._register.record(mid))

    def delivered_upto(self, desk: str) -> int:
        """Return the size below which a peer's desk says it opened our records to it."""
        with self._shelf.begin() as tx:
            rows = [Values(row) for row in tx.rows(house.DELIVERIES).find({}, None, READ_COUNT)]
        return max((row.whole("upto") for row in rows if row.text("from") == desk), default=0)

    def find(self, mid: bytes) -> tuple[Values, Standing]:
        """Return what the house knows of a record, and how far it has come."""
        self._fold_made()
        row = self._register.record(mid)
        return row, standing.find(self._register, row)

    def records(self, after: bytes | None, count_max: int) -> Sequence[Values]:
        """Return records of this office in the order of their ids."""
        self._fold_made()
        with self._shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.RECORDS).find({}, after, count_max)]

    def refused(self) -> Sequence[Values]:
        """Return records that were not acceptable."""
        with self._shelf.begin() as tx:
            return [Values(row) for row in tx.rows(house.REFUSED).find({}, None, READ_COUNT)]

    def levels(self) -> Sequence[Level]:
        """Return every log with its sizes and state."""
        self._register.see_levels()
        return tuple(self._register.levels.values())

    def evidence(self, person: Person, matter: str, about: str, *, with_text: bool) -> bytes:
        """Return the evidence file of a matter; see exhibits.evidence."""
        self._fold_made()
        return exhibits.evidence(self._register, person, matter, about, with_text=with_text)

    def proof(self, person: Person, mid: bytes) -> bytes:
        """Return the proof file of one record; see exhibits.proof."""
        self._fold_made()
        return exhibits.proof(self._register, person, mid)
