"""What was handed to the node and may have to be handed in again: kept until it is receipted.

What the node refuses then stays too, and a person decides on it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.core import envelope, limits, names, record
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment
from detente.core.record import Header
from detente.node.ports import Answer, Level
from detente.office import house, kinds, noting, standing, unsent, writing
from detente.office.fields import Values
from detente.office.ports import ShelfTx, Waiting
from detente.office.reader import TableReader, every
from detente.office.reading import Taken
from detente.office.register import Register, suppress_odd

POST_MAX: Final = limits.MAX_BATCH_COUNT


class Outbox:
    """The outbox of one office."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._logged: list[tuple[str, int, bytes]] = []  # ours, logged and not yet receipted
        self.late: set[bytes] = set()  # entries of the home log that wait for room there
        self._resealed: set[bytes] = set()  # refused for an old key, and sent again in this run

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds, and see that our tables hold it: twice is once.

        Raises OurFault as Hatch.submit does: "hatch.closed", or that the node takes nothing now.
        """
        after: bytes | None = None
        while True:
            with self._register.shelf.begin() as tx:
                batch = tx.outbox_after(after, POST_MAX)
                held = [each for each in batch if unsent.get(tx, each.mid)]
                for each in held:
                    self._put_held(tx, each)
            if not batch:
                return
            waiting = [each for each in batch if each not in held]
            if waiting:
                self._hand_in_again(waiting, now)
            after = batch[-1].mid

    def send(self, mids: Sequence[bytes], now: Moment) -> None:
        """Hand in records that were put here; what the node refuses stays for a person.

        Raises OurFault as Hatch.submit does: they stay, and `resume` hands them in.
        """
        with self._register.shelf.begin() as tx:
            waiting = [tx.outbox_at(mid) for mid in mids]
        self._hand_in_again(waiting, now)

    def _hand_in_again(self, waiting: Sequence[Waiting], now: Moment) -> None:
        try:
            self._take(waiting, self._submit_all(waiting, now), now)
        except OurFault as fault:
            if fault.code != "store.full":
                raise
            # The node takes what is urgent; entries about it go when there is room.
            headers = {each.mid: _header(each) for each in waiting}
            urgent = [each for each in waiting if _is_urgent(headers[each.mid])]
            self.late |= {mid for mid, header in headers.items() if _is_entry(header.kind)}
            if urgent:
                self._take(urgent, self._submit_all(urgent, now), now)
            raise

    def _submit_all(self, waiting: Sequence[Waiting], now: Moment) -> Sequence[Answer]:
        return self.submit([(each.mid, each.envelope) for each in waiting], now)

    def _take(self, waiting: Sequence[Waiting], answers: Sequence[Answer], now: Moment) -> None:
        with self._register.shelf.begin() as tx:
            for each, answer in zip(waiting, answers, strict=True):
                if answer.code:
                    self._hold(tx, each, answer, now)
                else:
                    self._take_up(tx, each)
                    row = tx.rows(house.RECORDS).get(each.mid)
                    if row is not None and _is_entry(Values(row).text("kind")):
                        tx.outbox_drop(each.mid)  # the home log has it, and nobody receipts that
                places = self._register.places(tx, each.mid)
                self._logged += [(origin, place, each.mid) for origin, place in places]
        self.late -= {each.mid for each in waiting}

    def late_acts(self, tx: ShelfTx) -> list[Values]:
        """Return the bodies of entries of the home log that wait for room there."""
        taken = [self._register.take_own(tx.outbox_at(mid).envelope) for mid in sorted(self.late)]
        acts = [each for each in taken if isinstance(each, Taken)]
        return [each.body for each in acts if each.body and each.header.kind == kinds.ACT.name]

    def _hold(self, tx: ShelfTx, each: Waiting, answer: Answer, now: Moment) -> None:
        # Somebody was told that it is on its way: it stays until somebody decides.
        taken = self._register.take_own(each.envelope)
        if isinstance(taken, Taken) and unsent.is_made_anew(taken.header):
            tx.outbox_drop(each.mid)
            return
        unsent.put(tx, each.mid, answer, now)
        self._put_held(tx, each)

    def _put_held(self, tx: ShelfTx, each: Waiting) -> None:
        # In the list of records, and in no desk's tables: nobody was told anything yet.
        records = tx.rows(house.RECORDS)
        taken = self._register.take_own(each.envelope)
        if isinstance(taken, Taken) and records.get(each.mid) is None:
            noting.put_record(records, taken, taken.header.created)

    def _take_up(self, tx: ShelfTx, each: Waiting) -> None:
        if tx.rows(house.RECORDS).get(each.mid) is None:
            taken = self._register.take_own(each.envelope)
            if isinstance(taken, Taken):
                self._register.fold(tx, taken, taken.header.created)
                self._register.settle(tx)

    # Keys of desks change while records are under way.

    def submit(self, given: Sequence[tuple[bytes, bytes]], now: Moment) -> Sequence[Answer]:
        """Hand envelopes in, by mid; anew sealed where the node says that a desk has another key.

        Raises OurFault as Hatch.submit does.
        """
        register = self._register
        answers = register.hatch.submit([envelope for _, envelope in given], now)
        if not any(answer.code == "E_DESK" for answer in answers):
            return answers
        register.see_cards()
        return [
            (self._seal_anew(mid, envelope, now) or answer) if answer.code == "E_DESK" else answer
            for (mid, envelope), answer in zip(given, answers, strict=True)
        ]

    def _seal_anew(self, mid: bytes, envelope: bytes, now: Moment) -> Answer | None:
        register = self._register
        try:
            fresh = writing.reseal(envelope, register.book, register.keys)
        except Fault:
            return None  # a desk that is gone, or a key of ours: a person must see it
        if fresh is None:
            return None
        with register.shelf.begin() as tx:
            tx.outbox_drop(mid)
            tx.outbox_put(mid, fresh, now)
        return register.hatch.submit([fresh], now)[0]

    def answer_refusals(self, now: Moment) -> None:
        """Send again, sealed anew, records of ours that a peer refused for a desk's old key.

        The same record goes again under a newer key, so whatever was read of it counts once. Once
        it is sealed to the newest keys there is nothing more that this side can do.
        """
        register = self._register
        with register.shelf.begin() as tx:
            rows = [Values(row) for row in every(TableReader(tx.rows), house.REJECTS, {})]
            stand = {
                row.data("of"): register.places(tx, row.data("of"))
                for row in rows
                if row.text("code") == "E_DESK" and not row.flag("ours")
            }
        for mid, places in stand.items():
            if not places or standing.find(register, register.record(mid)).rejected is None:
                continue  # not ours, or opened since
            for origin, place in places:
                level = register.levels.get(origin)
                if level is not None and register.is_own(level) and mid not in self._resealed:
                    self._resealed.add(mid)
                    with suppress_odd():
                        self._seal_anew(mid, register.kept_at(origin, place).envelope, now)

    # What our node refused.

    def held(self, mid: bytes) -> Waiting:
        """Return a record that our node refused. Raises OurFault("office.not_refused")."""
        with self._register.shelf.begin() as tx:
            if unsent.get(tx, mid):
                return tx.outbox_at(mid)
        raise OurFault(
            "office.not_refused",
            f"our node did not refuse the record {record.mid_text(mid)}",
            "what was sent stays sent; take it back by a later record",
        )

    def try_again(self, waiting: Waiting, now: Moment) -> None:
        """Hand it in once more. Raises the node's refusal, which takes the older's place."""
        mid, answer = waiting.mid, self.submit([(waiting.mid, waiting.envelope)], now)[0]
        with self._register.shelf.begin() as tx:
            if answer.code:
                unsent.put(tx, mid, answer, now)
            else:
                tx.rows(unsent.UNSENT).drop(mid)
                tx.rows(house.RECORDS).drop(mid)  # so that it is folded into its desk's tables too
                self._take_up(tx, waiting)
        if answer.code:
            raise unsent.refusal(answer)

    def give_up(self, mid: bytes) -> None:
        """Forget it."""
        with self._register.shelf.begin() as tx:
            tx.outbox_drop(mid)
            tx.rows(unsent.UNSENT).drop(mid)
            tx.rows(house.RECORDS).drop(mid)

    # Receipts.

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


def _header(waiting: Waiting) -> Header:
    return record.read_header(envelope.split(waiting.envelope).header)


def _is_urgent(header: Header) -> bool:
    return header.prec == "FLASH" or header.kind.startswith("hotline.")


def _is_entry(kind: str) -> bool:
    return kind.startswith("office.")


def _holds(levels: Mapping[str, Level], origin: str, place: int) -> bool:
    """Say whether the peer gave a receipt for this place of a log."""
    return origin in levels and place < levels[origin].receipted
