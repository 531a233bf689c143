"""The order in which an office folded records first: numbers for whoever reads on from a place.

No fold: the order in which several logs are read is nowhere else. A rebuild leaves this table as it
is, so that nobody who stopped at a number misses a record or gets one twice. An office whose store
was lost numbers anew, by when each record was kept.
"""

from typing import Final

from detente.core.moment import Moment
from detente.office.fields import Field, Mid, Values, Whole
from detente.office.ports import ShelfTx
from detente.office.tables import Table

ADDED: Final = Table(
    name="office_added",
    key="mid",
    columns=(Field("mid", Mid()), Field("first", Whole())),
    quiet=True,
)
_LAST: Final = "added"  # note: the last number given


def number(tx: ShelfTx, mid: bytes, count: int, kept_at: Moment) -> int:
    """Return the first of a record's `count` numbers, given now if it has none yet.

    Rounded up: whoever asks for what was added since a moment before this record gets it.
    """
    rows = tx.rows(ADDED)
    found = rows.get(mid)
    if found is not None:
        return Values(found).whole("first")
    last = int.from_bytes(tx.note(_LAST) or b"")
    first = max(last + 1, (kept_at.ms + 1) * 1_000)
    rows.put({"mid": mid, "first": first})
    tx.set_note(_LAST, (first + count - 1).to_bytes(8, "big"))
    return first
