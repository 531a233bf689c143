"""What an office knows, and where from: its node's logs, its own shelf, its desks and keys."""

from collections.abc import Sequence
from typing import Final

from detente.core import limits, record
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment
from detente.core.party import read_card
from detente.node.ports import Hatch, Kept, Level
from detente.office import house, reading
from detente.office.desk import Desk
from detente.office.fields import Values
from detente.office.ports import Shelf, ShelfTx
from detente.office.reading import Refusal, Taken
from detente.office.writing import Book, KeysAtWork

_BEYOND: Final = 2**53  # no log is so long


class Register:
    """Records as this office took them: folded into its tables, found again, opened again."""

    def __init__(
        self,
        desks: Sequence[Desk],
        hatch: Hatch,
        shelf: Shelf,
        keys: KeysAtWork,
        entropy: Entropy,
    ) -> None:
        self.desks = {desk.name: desk for desk in desks}
        self.hatch, self.shelf, self.keys = hatch, shelf, keys
        cards = [read_card(each.note) for each in hatch.cards()]
        self.book = Book(cards[0], {card.name: card for card in cards[1:]}, entropy)
        self.levels: dict[str, Level] = {}
        self._second = frozenset(
            kind.name for desk in desks for kind in desk.kinds if kind.second_person
        )

    def see_levels(self) -> None:
        """Ask the node how far every log is."""
        self.levels = {level.origin: level for level in self.hatch.levels()}

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
        return self.since(origin, place, 1, 1)[0]

    def address(self, desk: str) -> str:
        """Return the address of a desk of ours."""
        return f"{desk}@{self.book.card.name}"

    def take(self, kept: Kept) -> Taken | Refusal | None:
        """Return a record of a log opened and checked; see reading.take."""
        owner = self.levels[kept.origin].owner
        return reading.take(kept, owner, self.book, self.keys, self.desks, self._second)

    def take_own(self, envelope: bytes) -> Taken | Refusal | None:
        """Return a record of ours that may stand in no log yet, opened and checked."""
        kept, own = Kept("", 0, Moment(0), envelope), self.book.card.name
        return reading.take(kept, own, self.book, self.keys, self.desks, self._second)

    def fold(
        self, tx: ShelfTx, taken: Taken, kept_at: Moment, origin: str = "", place: int = 0
    ) -> None:
        """Put a record into the tables of the house and of its desk. origin "": it is in no log.

        Once more changes nothing, but that the earliest kept_at counts.
        """
        house.put_record(tx.rows(house.RECORDS), taken, kept_at)
        if origin:
            self._put_place(tx, taken.mid, origin, place)
        if taken.body is None:
            return
        opened = reading.to_opened(taken, origin, place, kept_at)
        fold = house.FOLD_OF.get(opened.kind)
        if fold is not None:
            fold.apply(tx.rows(fold.table), opened)
        elif taken.desk in self.desks:
            self.desks[taken.desk].fold(tx.rows, opened)

    def read_own(self, tx: ShelfTx, kept: Kept) -> bytes:
        """Take note that a record of ours stands in a log; return its mid."""
        mid = reading.mid_of(kept.envelope)
        if tx.rows(house.RECORDS).get(mid) is None:
            taken = self.take(kept)
            if isinstance(taken, Taken):
                self.fold(tx, taken, taken.header.created)
        self._put_place(tx, mid, kept.origin, kept.seq)
        return mid

    @staticmethod
    def _put_place(tx: ShelfTx, mid: bytes, origin: str, place: int) -> None:
        house.put_place(tx.rows(house.RECORDS), tx.rows(house.PLACES), mid, origin, place)

    @staticmethod
    def places(tx: ShelfTx, mid: bytes) -> list[tuple[str, int]]:
        """Return every log that a record stands in, and where."""
        found = tx.rows(house.PLACES).find({"mid": mid}, None, limits.MAX_TO + 1)
        return [(Values(row).text("origin"), Values(row).whole("place")) for row in found]

    def read_theirs(self, tx: ShelfTx, kept: Kept) -> Taken | Refusal | None:
        """Take in a record of a peer; None if it is not for us."""
        taken = self.take(kept)
        if isinstance(taken, Refusal):
            house.put_refusal(tx.rows(house.REFUSED), taken, kept.origin, kept.seq)
        elif taken is not None:
            self.fold(tx, taken, kept.kept_at, kept.origin, kept.seq)
        return taken

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
        """Open a record again, from its log. Raises OurFault("office.not_logged")."""
        origin = row.text("origin")
        if not origin:
            raise OurFault(
                "office.not_logged",
                "the record waits for the line and stands in no log yet",
                "see the line: detente link list",
            )
        self.see_levels()
        taken = self.take(self.kept_at(origin, row.whole("place")))
        assert isinstance(taken, Taken), "it was opened before"
        return taken
