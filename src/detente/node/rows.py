"""Rows that a disk lost: seen when they are read, given to the peer, put back from it. Normative: spec/link.md 10."""

from collections.abc import Sequence

from detente.core import purged
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.link.moves_rows import OWN, PutRow, ReadRow, RowRead
from detente.node import care
from detente.node.ledger import Ledger
from detente.node.ports import Row, Store


def read(store: Store, out: Ledger, inn: Ledger, effect: ReadRow) -> RowRead | None:
    """Return a record that the peer asked for; None for one that is not whole here."""
    ledger = inn if effect.log == OWN else out  # their own log is the one that comes in here
    if effect.seq >= ledger.size:
        return None
    with store.begin() as tx:
        rows = tx.rows(ledger.origin, effect.seq, 1, 0)
    if not rows or rows[0].seq != effect.seq:
        return None
    row = rows[0]
    whole = row.envelope and not purged.is_stripped(row.envelope)
    if not whole or not purged.is_of(row.entry, row.envelope):
        return None
    return RowRead(effect.conn, effect.log, effect.seq, row.envelope)


def put(store: Store, out: Ledger, inn: Ledger, effect: PutRow, now: Moment) -> None:
    """Put back a record as the peer gave it; other bytes than were logged change nothing."""
    ledger = out if effect.log == OWN else inn
    try:
        care.repair(store, ledger.origin, effect.seq, effect.envelope, now)
    except OurFault as fault:
        if fault.code != "check.not_it":
            raise


def check_rows(origin: str, rows: Sequence[Row]) -> None:
    """Raise OurFault("store.damaged") unless each row is what its entry says."""
    for row in rows:
        if not purged.is_of(row.entry, row.envelope):
            raise OurFault(
                "store.damaged",
                f"record {row.seq} of {origin} is not what was stored",
                "stop the node and check the disk",
            )
