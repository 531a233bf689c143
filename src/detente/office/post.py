"""What leaves an office: letters of persons and of the house, through the outbox, once."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from detente.core import limits, names, record
from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.ports import Answer, Level
from detente.office import house, kinds, reading, writing
from detente.office.desk import Draft
from detente.office.fields import Values
from detente.office.kind import Kind
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.reading import Taken
from detente.office.register import Register
from detente.office.writing import Letter, Written

POST_MAX: Final = limits.MAX_BATCH_COUNT
_TRIES_MAX: Final = 256  # of one request; who asks more often is a fault of its own


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: the records it made, durable at our node."""

    mids: tuple[bytes, ...]


class Post:
    """The way out of one office."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._logged: list[tuple[str, int, bytes]] = []  # ours, logged and not yet receipted
        self._made: deque[Taken] = deque()  # accepted by the node, not yet in our tables

    # Letters.

    def letter(self, draft: Draft, desk: str) -> Letter:
        """Return what a person wants to send as a letter."""
        matter = draft.matter or self._register.book.entropy.draw(16).hex()
        return Letter(
            kind=draft.kind.name,
            desk=desk,
            to=draft.to,
            text=draft.kind.write(draft.body),
            body=draft.body,
            created=draft.created,
            matter=matter,
            prec=draft.prec,
            tlp=draft.tlp,
            is_open=draft.kind.open_body,
            reply_to=draft.reply_to,
            deadline=draft.deadline,
        )

    @staticmethod
    def house_letter(
        kind: Kind, desk: str, to: tuple[str, ...], body: Values, now: Moment
    ) -> Letter:
        """Return a letter of the house itself."""
        return Letter(
            kind=kind.name,
            desk=desk,
            to=to,
            text=kind.write(body),
            body=body,
            created=now,
            matter=record.NO_MATTER,
            prec="ROUTINE",
            tlp="CLEAR",
            is_open=kind.open_body,
        )

    def unattended(self, desk: str) -> str:
        """Return the signer of a desk that needs no person. Raises OurFault("office.no_key")."""
        for signer_id in sorted(self._register.book.card.desks[desk].signers):
            if signer_id.startswith("m-") and signer_id in self._register.keys.signers:
                return signer_id
        raise OurFault(
            "office.no_key", f"the desk {desk} has no signer of its own (m-…)", "issue a new card"
        )

    def write(self, letter: Letter, author: str) -> Written:
        """Return the finished record: numbered, sealed and signed, not yet sent."""
        return writing.write(letter, author, self._register.book, self._register.keys)

    # Sending.

    def post_as(
        self,
        person: Person,
        desk: str,
        name: str,
        letters: Sequence[Letter],
        now: Moment,
        request: str = "",
    ) -> Outcome:
        """Send letters of a person, after the act stands in the home log; faults as `post`."""
        written = [self.write(letter, person.signer_id) for letter in letters]
        entry = self._enter(person, desk, name, written, now, request)
        self._made.append(self._taken(entry))
        return self.post(written, now)

    def _enter(
        self,
        person: Person,
        desk: str,
        name: str,
        written: Sequence[Written],
        now: Moment,
        request: str,
    ) -> Written:
        # Audit: durable before the act takes effect. A record without effect is an attempt.
        body = Values(
            {
                "person": person.name,
                "user": person.user,
                "act": name,
                "mids": tuple(one.mid for one in written),
                "request": request or None,
            }
        )
        to = (self._register.address(desk),)
        entry = self.write(self.house_letter(kinds.ACT, desk, to, body, now), self.unattended(desk))
        refused = self._register.hatch.submit([entry.envelope], now)[0]
        if refused.code:
            raise _refusal(refused)
        return entry

    def done(self, person: Person, name: str, request: str) -> Outcome | None:
        """Return what became of a person's act that was asked for under this name before.

        None if it took no effect. Everything logged must have been read, and the outbox resumed.
        """
        with self._register.shelf.begin() as tx:
            records = tx.rows(house.RECORDS)
            for row in tx.rows(house.ACTS).find({"request": request}, None, _TRIES_MAX):
                act = Values(row)
                if (act.text("person"), act.text("act")) != (person.name, name):
                    continue
                mids = act.get("mids", ())
                assert isinstance(mids, tuple)
                sent = [each for each in mids if isinstance(each, bytes) and records.get(each)]
                if sent:
                    return Outcome(tuple(sent))
        return None

    def post(self, written: Sequence[Written], now: Moment) -> Outcome:
        """Send finished records: into the outbox first, then through the hatch.

        Our tables follow with `fold_made`: sending goes before book-keeping, and the outbox holds
        what a crash keeps from them. Raises the node's refusal by its own code; what it refused is forgotten. If the node cannot
        be reached, OurFault("hatch.closed"): then they stay in the outbox and `resume` sends them.
        """
        refused = [answer for answer in self.hand_in(written, now) if answer.code]
        if refused:
            raise _refusal(refused[0])
        return Outcome(tuple(one.mid for one in written))

    def hand_in(self, written: Sequence[Written], now: Moment) -> Sequence[Answer]:
        """Do what `post` does; return the node's answers."""
        assert len(written) <= POST_MAX, "one batch"
        takens = [self._taken(one) for one in written]
        with self._register.shelf.begin() as tx:
            for one in written:
                tx.outbox_put(one.mid, one.envelope, now)
        try:
            answers = self._register.hatch.submit([one.envelope for one in written], now)
        except OurFault as fault:
            if fault.code != "hatch.closed":  # the node says no; else we do not know what it did
                self._drop([one.mid for one in written])
            raise
        refused = [one.mid for one, answer in zip(written, answers, strict=True) if answer.code]
        if refused:
            self._drop(refused)
        self._made += [each for each in takens if each.mid not in refused]
        return answers

    def fold_made(self, count_max: int) -> bool:
        """Fold what this office made into its tables, the oldest first; return whether more waits."""
        if self._made:
            folding = list(islice(self._made, count_max))
            with self._register.shelf.begin() as tx:
                for taken in folding:
                    self._fold_own(tx, taken)
            for _ in folding:
                self._made.popleft()
        return bool(self._made)

    def _taken(self, written: Written) -> Taken:
        # Before anything is sent: a body that our own desk cannot read goes nowhere.
        desk = self._register.desks.get(names.desk_of(written.header.from_))
        return reading.from_written(written, desk)

    def _fold_own(self, tx: ShelfTx, taken: Taken) -> None:
        self._register.fold(tx, taken, taken.header.created)

    def _drop(self, mids: Sequence[bytes]) -> None:
        with self._register.shelf.begin() as tx:
            for mid in mids:
                tx.outbox_drop(mid)

    # The outbox.

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds, and see that our tables hold it: twice is once.

        Raises OurFault as Hatch.submit does: "hatch.closed", or that the node takes nothing now.
        """
        after: bytes | None = None
        refused: list[bytes] = []
        while True:
            with self._register.shelf.begin() as tx:
                waiting = tx.outbox_after(after, POST_MAX)
            if not waiting:
                break
            answers = self._register.hatch.submit([each.envelope for each in waiting], now)
            with self._register.shelf.begin() as tx:
                for each, answer in zip(waiting, answers, strict=True):
                    if answer.code:
                        refused.append(each.mid)
                    elif tx.rows(house.RECORDS).get(each.mid) is None:
                        taken = self._register.take_own(each.envelope)
                        if isinstance(taken, Taken):
                            self._fold_own(tx, taken)
                    places = self._register.places(tx, each.mid)
                    self._logged += [(origin, place, each.mid) for origin, place in places]
            after = waiting[-1].mid
        if refused:
            self._drop(refused)

    def watch(self, logged: Sequence[tuple[str, int, bytes]]) -> None:
        """Keep these records of ours, by log and place, in the outbox until they are receipted."""
        self._logged += logged

    def drop_receipted(self) -> None:
        """Forget what the peer receipted: it needs no second copy here."""
        levels = self._register.levels
        done = [each for each in self._logged if _holds(levels, *each[:2])]
        if not done:
            return
        with self._register.shelf.begin() as tx:
            for mid in dict.fromkeys(mid for _, _, mid in done):
                if self._is_receipted(tx, mid):
                    tx.outbox_drop(mid)
        gone = set(done)
        self._logged = [each for each in self._logged if each not in gone]

    def _is_receipted(self, tx: ShelfTx, mid: bytes) -> bool:
        row = tx.rows(house.RECORDS).get(mid)
        if row is None:
            return True  # the node's own: never in our outbox
        levels = self._register.levels
        held = {
            levels[origin].peer
            for origin, place in self._register.places(tx, mid)
            if _holds(levels, origin, place)
        }
        parties = {names.party_of(address) for address in Values(row).texts("to")}
        return parties - {self._register.book.card.name} <= held

    def forget(self) -> None:
        """Watch no receipt any more: the tables are folded again."""
        self._logged.clear()
        self._made.clear()


def _holds(levels: Mapping[str, Level], origin: str, place: int) -> bool:
    """Say whether the peer gave a receipt for this place of a log."""
    return origin in levels and place < levels[origin].receipted


def _refusal(answer: Answer) -> Fault:
    kind = TheirFault if answer.code.startswith("E_") else OurFault
    return kind(answer.code, answer.what, answer.remedy)
