"""What an office knows, and where from: its node's logs, its own shelf, its desks and keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from detente.core import envelope, limits, record
from detente.core.errors import OurFault, TheirFault
from detente.core.keys import Entropy
from detente.core.moment import Moment
from detente.core.record import Header
from detente.node.odd import Odd
from detente.node.odd import fault as odd_fault
from detente.node.ports import Hatch, Kept, Level
from detente.office import adding, courses, finding, house, noting, reading
from detente.office.believing import Believed, Pins, believe
from detente.office.closed import desk_closed
from detente.office.desk import Desk, Enclosing, Opened
from detente.office.fields import Values
from detente.office.hearing import Heard
from detente.office.ports import Shelf, ShelfTx
from detente.office.reading import Again, Refusal, Taken
from detente.office.tables import Row
from detente.office.writing import Book, KeysAtWork

_CARD: Final = "sys.card"
_BEYOND: Final = 2**53  # no log is so long
_PLACES_MAX: Final = 8 * (limits.MAX_TO + 1)  # a new epoch may send a record again


@contextmanager
def suppress_odd() -> Iterator[None]:
    """Go on where the node does not hand in what it held: it is noted, and people are shown it."""
    try:
        yield
    except OurFault as fault:
        if fault.code != "hatch.row":
            raise


class Register:
    """Records as this office took them: folded into its tables, found again, opened again."""

    def __init__(
        self,
        desks: Sequence[Desk],
        hatch: Hatch,
        shelf: Shelf,
        keys: KeysAtWork,
        entropy: Entropy,
        pins: Pins,
        odd: Odd | None = None,
    ) -> None:
        """odd: where what the node hands in and cannot be is noted; see hearing."""
        self.desks = {desk.name: desk for desk in desks}
        self.hatch, self.shelf, self.keys = Heard(hatch, odd), shelf, keys
        self._pins = pins
        found = self._read_cards()
        self.book = Book(found.own.newest, found.peers, entropy, found.chains)
        self.refused_cards = found.refused
        self.hatch.own = found.own.name
        self.levels: dict[str, Level] = {}
        self._touched: set[str] = set()  # matters whose courses are to be made anew
        self.enclosed: list[bytes] = []  # records of ours whose text, a file, is to be folded
        self.second_person = frozenset(
            kind.name for desk in desks for kind in desk.kinds if kind.second_person
        )

    def see_cards(self) -> None:
        """Ask the node for all cards again: one came in. Raises as when made."""
        found, book = self._read_cards(), self.book
        book.card, book.peers, book.chains = found.own.newest, found.peers, found.chains
        self.refused_cards = found.refused

    @property
    def former(self) -> dict[str, tuple[str, ...]]:
        """Fingerprints that parties gave up for newer ones, by party, as far as cards say so."""
        return {
            name: tuple(card.fingerprint for card in chain.roots[:-1])
            for name, chain in self.book.chains.items()
            if chain.turns
        }

    def _read_cards(self) -> Believed:
        return believe(self.hatch.cards(), self._pins())

    def see_levels(self) -> None:
        """Ask the node how far every log is."""
        known, self.levels = self.levels, {each.origin: each for each in self.hatch.levels()}
        if known and self.levels.keys() - known.keys():
            self.see_cards()  # a new epoch may go on with cards under new root keys

    def is_own(self, level: Level) -> bool:
        """Say whether we write this log."""
        return level.owner == self.book.card.name

    def theirs(self) -> list[str]:
        """Return the origins of the logs that peers write."""
        return [origin for origin, level in self.levels.items() if not self.is_own(level)]

    def since(self, origin: str, at: int, count_max: int, bytes_max: int) -> list[Kept]:
        """Return records of one log from a place on, whatever came into others meanwhile."""
        places = dict.fromkeys(self.levels, _BEYOND) | {origin: at}
        found = self.hatch.since(places, count_max, bytes_max)
        return [kept for kept in found if kept.origin == origin]

    def kept_at(self, origin: str, place: int) -> Kept:
        """Return one record."""
        return self.hatch.one(origin, place)

    def address(self, desk: str) -> str:
        """Return the address of a desk of ours."""
        return f"{desk}@{self.book.card.name}"

    def take(self, kept: Kept) -> Taken | Refusal | None:
        """Return a record of a log opened and checked; see reading.take."""
        owner = self.levels[kept.origin].owner
        return reading.take(kept, owner, self.book, self.keys, self.desks, self.second_person)

    def take_own(self, envelope: bytes) -> Taken | Refusal | None:
        """Return a record of ours that may stand in no log yet, opened and checked."""
        kept, own = Kept("", 0, Moment(0), envelope), self.book.card.name
        return reading.take(kept, own, self.book, self.keys, self.desks, self.second_person)

    def take_waiting(self, envelope: bytes) -> Taken:
        """Return a record of ours that waits for a second person; see reading.take_waiting."""
        return reading.take_waiting(envelope, self.book, self.keys, self.desks)

    def fold(
        self, tx: ShelfTx, taken: Taken, kept_at: Moment, origin: str = "", place: int = 0
    ) -> None:
        """Put a record into the tables of the house and of its desk. origin "": it is in no log.

        Once more changes nothing, but that the earliest kept_at counts.
        """
        noting.put_record(tx.rows(house.RECORDS), taken, kept_at)
        if taken.header.att:
            noting.put_files(tx.rows(house.FILES), taken)
        if origin:
            self._put_place(tx, taken.mid, origin, place)
        of = taken.body.get("of") if taken.body else None
        self._touched |= courses.matters_of(tx, taken.header.matter, of)
        self._put_found(tx, taken.mid, taken.desk, taken.header.kind, taken.body)
        if taken.body is None:
            return
        opened = reading.to_opened(taken, origin, place, kept_at)
        courses.note_body(tx, opened, self.desks.get(taken.desk))
        folds = house.FOLDS_OF.get(opened.kind)
        if folds is not None:
            for fold in folds:
                fold.apply(tx.rows(fold.table), opened)
        elif taken.desk in self.desks:
            self._fold_desk(tx, taken.desk, opened)
            if taken.ours and self.enclosing(taken.desk, opened.kind) is not None:
                self.enclosed.append(taken.mid)

    def _fold_desk(self, tx: ShelfTx, desk: str, opened: Opened) -> None:
        found = self.desks[desk]
        count = found.numbers(opened)
        if count:
            first = adding.number(tx, opened.mid, count, opened.kept_at)
            opened = replace(opened, added=first)
        found.fold(tx.rows, opened)
        opened.body.forget()  # what was read of its text is in the tables, and nowhere else

    def settle(self, tx: ShelfTx) -> None:
        """Make anew what follows from records folded in this transaction; call it before its end."""
        for matter in sorted(self._touched):
            courses.settle(tx, self.book.card.name, matter, self.desks)
        self._touched.clear()

    def _put_found(
        self, tx: ShelfTx, mid: bytes, desk: str, kind: str, body: Values | None
    ) -> None:
        if kind.startswith(("sys.", "office.")):
            return  # nobody searches receipts, and the trail has its own reader
        row = Values(tx.rows(house.RECORDS).get(mid) or {})
        searched = self.desks[desk].searched.get(kind) if desk in self.desks else None
        texts = searched.texts(body) if searched is not None and body is not None else ()
        tx.find_put(finding.findable(row, texts))

    def enclosing(self, desk: str, kind: str) -> Enclosing | None:
        """Return how a kind encloses its text; None for one that has it in the body."""
        found = self.desks.get(desk)
        return found.enclosing_of.get(kind) if found else None

    def fold_enclosed(self, mid: bytes, data: bytes) -> None:
        """Put a record whose text is a file into the tables of its desk, now that it is whole.

        Raises TheirFault for a file that is not what its record says.
        """
        row = self.record(mid)
        taken = self.open(row)
        how = self.enclosing(taken.desk, taken.header.kind)
        assert how is not None, "only such records are given here"
        assert taken.body is not None, "it was read before"
        body = how.read(taken.body, data)
        opened = reading.to_opened(taken, "", 0, row.moment("kept_at"))
        with self.shelf.begin() as tx:
            as_other = replace(opened, kind=how.as_kind.name, body=body)
            self._fold_desk(tx, taken.desk, as_other)
            self._put_found(tx, mid, taken.desk, as_other.kind, body)

    def read_own(self, tx: ShelfTx, kept: Kept) -> bytes:
        """Take note that a record of ours stands in a log; return its mid."""
        mid = reading.mid_of(kept.envelope)
        if tx.rows(house.RECORDS).get(mid) is None:
            taken = self.take(kept)
            if isinstance(taken, Taken):
                self.fold(tx, taken, taken.header.created)
        self._put_place(tx, mid, kept.origin, kept.seq)
        return mid

    def refuse_own(self, tx: ShelfTx, kept: Kept, fault: TheirFault) -> None:
        """Keep that our node hands in as ours what we never wrote."""
        noting.put_refusal(tx.rows(house.REFUSED), Refusal(b"", None, fault), kept.origin, kept.seq)
        self.hatch.odd.note(
            f"record {kept.seq} of {kept.origin}", f"no record of ours: {fault.what}"
        )

    @staticmethod
    def _put_place(tx: ShelfTx, mid: bytes, origin: str, place: int) -> None:
        noting.put_place(tx.rows(house.RECORDS), tx.rows(house.PLACES), mid, origin, place)

    @staticmethod
    def places(tx: ShelfTx, mid: bytes) -> list[tuple[str, int]]:
        """Return every log that a record stands in, and where."""
        found = tx.rows(house.PLACES).find({"mid": mid}, None, _PLACES_MAX)
        return [(Values(row).text("origin"), Values(row).whole("place")) for row in found]

    def read_theirs(self, tx: ShelfTx, kept: Kept) -> Taken | Again | Refusal | None:
        """Take in a record of a peer; None if it is not for us."""
        if envelope.may_be(_CARD, kept.envelope):
            self.see_cards()  # what follows in this log is signed under it
        taken = self.review(tx, kept)
        if isinstance(taken, Again):
            if taken.is_signed:
                self._put_place(tx, taken.mid, kept.origin, kept.seq)
        elif isinstance(taken, Refusal):
            self._keep_refusal(tx, taken, kept)
        elif taken is not None:
            self.fold(tx, taken, kept.kept_at, kept.origin, kept.seq)
        return taken

    def review(self, tx: ShelfTx, kept: Kept) -> Taken | Again | Refusal | None:
        """Return a record of a peer judged beside what is held of it; nothing is kept.

        A mid that was opened before is received, whatever becomes of this copy: it is not refused
        (E_DUP, silent). A second mid under one number is (E_EQUIVOCATION).
        """
        taken = self.take(kept)
        if taken is None or taken.header is None:
            return taken
        if isinstance(taken, Refusal):
            known = tx.rows(house.RECORDS).get(taken.mid)
            if known is not None and not known["ours"]:
                desk = Values(known).text("desk")
                return Again(taken.mid, taken.header, desk, taken.is_signed)
            if not taken.is_signed:
                return taken
        if self._twin(tx, taken.mid, taken.header) is None:
            return taken
        fault = TheirFault(
            "E_EQUIVOCATION",
            "its author signed another record under the same number",
            "tell its author; both records are kept as evidence",
        )
        return Refusal(taken.mid, taken.header, fault)

    @staticmethod
    def _twin(tx: ShelfTx, mid: bytes, header: Header) -> Row | None:
        records, refused = tx.rows(house.RECORDS), tx.rows(house.REFUSED)
        return noting.other_of_number(records, refused, mid, header)

    def _keep_refusal(self, tx: ShelfTx, refusal: Refusal, kept: Kept) -> None:
        if refusal.fault.code == "E_EQUIVOCATION" and refusal.header is not None:
            first = self._twin(tx, refusal.mid, refusal.header)
            assert first is not None, "it was found a moment ago"
            rows = tx.rows(house.EQUIVOCATIONS)
            noting.put_equivocation(rows, first, refusal, kept.origin, kept.seq)
        noting.put_refusal(tx.rows(house.REFUSED), refusal, kept.origin, kept.seq)

    def take_back(self, tx: ShelfTx, refusal: Refusal, kept: Kept) -> None:
        """Refuse a record that was kept sealed and taken for good until its desk was opened."""
        for origin, _ in self.places(tx, refusal.mid):
            tx.rows(house.PLACES).drop(f"{refusal.mid.hex()} {origin}")
        tx.rows(house.RECORDS).drop(refusal.mid)
        if refusal.header is not None:
            self._touched |= courses.matters_of(tx, refusal.header.matter, None)
        self._keep_refusal(tx, refusal, kept)

    def record(self, mid: bytes) -> Values:
        """Return what the house keeps of a record. Raises OurFault("office.no_record")."""
        with self.shelf.begin() as tx:
            row = tx.rows(house.RECORDS).get(mid)
        if row is None:
            raise OurFault(
                "office.no_record",
                f"no record {record.mid_text(mid)} at a desk of this office",
                "look at the list again: detente record list",
            )
        return Values(row)

    def receipted_place(self, row: Values) -> tuple[str, int] | None:
        """Return a log and place where a peer gave a receipt for a record, or we for the peer's."""
        self.see_levels()
        with self.shelf.begin() as tx:
            places = self.places(tx, row.data("mid"))
        for origin, place in places:
            level = self.levels.get(origin)
            if level is not None and level.peer and place < level.receipted:
                return origin, place
        return None

    def open(self, row: Values) -> Taken:
        """Open a record again, from its log.

        Raises OurFault: office.not_logged, office.no_key, office.desk_closed.
        """
        self.see_levels()
        with self.shelf.begin() as tx:
            places = self.places(tx, row.data("mid"))
        # Above the end of a log that an epoch closed it stands no more.
        held = [(o, at) for o, at in places if o in self.levels and at < self.levels[o].size]
        if not held:
            raise OurFault(
                "office.not_logged",
                "the record waits for the line and stands in no log yet",
                "see the line: detente link list",
            )
        for place in held:
            taken = self.take(self.kept_at(*place))
            if taken is not None and taken.mid != row.data("mid"):
                where = f"record {place[1]} of {place[0]}"
                self.hatch.odd.note(where, "another record came in its place")
                raise odd_fault(f"{where}: the node hands in another record in its place")
            if isinstance(taken, Taken) and taken.shut:
                raise desk_closed(taken.desk)
            if isinstance(taken, Taken):
                return taken
        raise OurFault(
            "office.no_key",
            f"the key of record {record.mid_text(row.data('mid'))} is not in the open vault",
            "restore the vault; or ask the other side for its copy",
        )
