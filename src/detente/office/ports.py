"""What the office needs of the world: a shelf, its own store. Filled in store/."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from detente.core.moment import Moment
from detente.office.finding import Findable, Sought
from detente.office.tables import Rows, Table


@dataclass(frozen=True, slots=True)
class Waiting:
    """An envelope in the office's outbox: kept until its receipt is old enough."""

    mid: bytes
    envelope: bytes
    at: Moment


class ShelfTx(Protocol):
    """One transaction: all or nothing."""

    def rows(self, table: Table) -> Rows:
        """Return the rows of a table, which is made if it is new.

        Raises OurFault("store.shape") if it stands here with other columns: drop it and refold.
        """
        ...

    def drop_tables(self, tables: Sequence[Table]) -> None:
        """Forget tables with all their rows, to refold them; those that do not stand are skipped."""
        ...

    def place(self, origin: str) -> int:
        """Return how many entries of a log were read, 0 if none."""
        ...

    def set_place(self, origin: str, place: int) -> None:
        """Keep how many entries of a log were read."""
        ...

    def find_put(self, found: Findable) -> None:
        """Keep what a record is found by, in place of what was kept of its mid."""
        ...

    def find_clear(self) -> None:
        """Forget what every record is found by."""
        ...

    def find_mids(self, sought: Sought, count_max: int) -> Sequence[bytes]:
        """Return what fits (finding.fits), the newest first, after `sought.after`."""
        ...

    def outbox_put(self, mid: bytes, envelope: bytes, at: Moment) -> None:
        """Keep an envelope to be submitted. The same mid twice keeps its place and first moment."""
        ...

    def outbox_after(self, mid: bytes | None, count_max: int) -> Sequence[Waiting]:
        """Return envelopes in the order they were put, those after `mid`.

        None, or a mid that is no longer there, starts from the first: to submit twice is harmless,
        to miss one is not.
        """
        ...

    def outbox_at(self, mid: bytes) -> Waiting:
        """Return the envelope of a mid, which stands in the outbox."""
        ...

    def outbox_has(self, mid: bytes) -> bool:
        """Return whether a mid stands in the outbox."""
        ...

    def outbox_drop(self, mid: bytes) -> None:
        """Forget an envelope; none is no fault."""
        ...

    def next_number(self, key: str) -> int:
        """Count up: 1 the first time, then one more each time; never twice the same."""
        ...

    def note(self, key: str) -> bytes | None:
        """Return a small setting of the office's own."""
        ...

    def set_note(self, key: str, value: bytes) -> None:
        """Keep a small setting of the office's own."""
        ...


class Shelf(Protocol):
    """The office's store. One writer."""

    def begin(self) -> AbstractContextManager[ShelfTx]:
        """Open a transaction: durable on a clean exit, undone by any exception.

        Raises OurFault("store.full" | "store.damaged" | "store.failed"): the shelf stops, and every
        later begin raises OurFault("store.stopped"). OurFault("store.busy") stops nothing.
        """
        ...
