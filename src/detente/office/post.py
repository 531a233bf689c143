"""What leaves an office: letters of persons and of the house, through the outbox, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import limits, names, record
from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.ports import Answer
from detente.office import house, kinds, reading, writing
from detente.office.desk import Draft
from detente.office.fields import Values
from detente.office.kind import Kind
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.register import Register
from detente.office.writing import Letter, Written

POST_MAX: Final = limits.MAX_BATCH_COUNT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: the records it made, durable at our node."""

    mids: tuple[bytes, ...]


class Post:
    """The way out of one office."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._logged: list[tuple[str, int, bytes]] = []  # ours, logged and not yet receipted

    # Letters.

    def letter(self, draft: Draft, desk: str) -> Letter:
        """Return what a person wants to send as a letter."""
        matter = draft.matter or self._register.book.entropy.draw(16).hex()
        return Letter(
            kind=draft.kind.name,
            desk=desk,
            to=draft.to,
            text=draft.kind.write(draft.body),
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
        self, person: Person, desk: str, name: str, letters: Sequence[Letter], now: Moment
    ) -> Outcome:
        """Send letters of a person, after the act stands in the home log."""
        written = [self.write(letter, person.signer_id) for letter in letters]
        self._enter(person, desk, name, written, now)
        return self.post(written, now)

    def _enter(
        self, person: Person, desk: str, name: str, written: Sequence[Written], now: Moment
    ) -> None:
        # Audit: durable before the act takes effect. A record without effect is an attempt.
        body = Values(
            {
                "person": person.name,
                "user": person.user,
                "act": name,
                "mids": tuple(one.mid for one in written),
            }
        )
        to = (self._register.address(desk),)
        entry = self.write(self.house_letter(kinds.ACT, desk, to, body, now), self.unattended(desk))
        refused = self._register.hatch.submit([entry.envelope], now)[0]
        if refused.code:
            raise _refusal(refused)
        with self._register.shelf.begin() as tx:
            self._fold_own(tx, entry)

    def post(self, written: Sequence[Written], now: Moment) -> Outcome:
        """Send finished records: into the outbox first, then through the hatch, then to our tables.

        Raises the node's refusal by its own code; what it refused is forgotten. If the node cannot
        be reached, OurFault("hatch.closed"): then they stay in the outbox and `resume` sends them.
        """
        refused = [answer for answer in self.hand_in(written, now) if answer.code]
        if refused:
            raise _refusal(refused[0])
        return Outcome(tuple(one.mid for one in written))

    def hand_in(self, written: Sequence[Written], now: Moment) -> Sequence[Answer]:
        """Do what `post` does; return the node's answers."""
        assert len(written) <= POST_MAX, "one batch"
        with self._register.shelf.begin() as tx:
            for one in written:
                tx.outbox_put(one.mid, one.envelope, now)
        answers = self._register.hatch.submit([one.envelope for one in written], now)
        with self._register.shelf.begin() as tx:
            for one, answer in zip(written, answers, strict=True):
                if answer.code:
                    tx.outbox_drop(one.mid)
                else:
                    self._fold_own(tx, one)
        return answers

    def _fold_own(self, tx: ShelfTx, written: Written) -> None:
        desk = self._register.desks.get(names.desk_of(written.header.from_))
        taken = reading.from_written(written, desk)
        self._register.fold(tx, taken, "", 0, written.header.created)

    # The outbox.

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds: to submit twice is once."""
        after: bytes | None = None
        while True:
            with self._register.shelf.begin() as tx:
                waiting = tx.outbox_after(after, POST_MAX)
            if not waiting:
                return
            answers = self._register.hatch.submit([each.envelope for each in waiting], now)
            with self._register.shelf.begin() as tx:
                for each, answer in zip(waiting, answers, strict=True):
                    if answer.code:
                        tx.outbox_drop(each.mid)
                    self._watch_receipt(tx, each.mid)
            after = waiting[-1].mid

    def _watch_receipt(self, tx: ShelfTx, mid: bytes) -> None:
        row = tx.rows(house.RECORDS).get(mid)
        if row is not None and row.get("origin"):
            found = Values(row)
            self._logged.append((found.text("origin"), found.whole("place"), mid))

    def watch(self, logged: Sequence[tuple[str, int, bytes]]) -> None:
        """Keep these records of ours, by log and place, in the outbox until they are receipted."""
        self._logged += logged

    def drop_receipted(self) -> None:
        """Forget what the peer receipted: it needs no second copy here."""
        levels = self._register.levels
        done = [each for each in self._logged if each[1] < levels[each[0]].receipted]
        if not done:
            return
        with self._register.shelf.begin() as tx:
            for _, _, mid in done:
                tx.outbox_drop(mid)
        gone = set(done)
        self._logged = [each for each in self._logged if each not in gone]

    def forget(self) -> None:
        """Watch no receipt any more: the tables are folded again."""
        self._logged.clear()


def _refusal(answer: Answer) -> Fault:
    kind = TheirFault if answer.code.startswith("E_") else OurFault
    return kind(answer.code, answer.what, answer.remedy)
