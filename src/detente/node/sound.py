"""Before a peer is accused: is it our disk that changed? Entries are written anew from envelopes.

An entry of which a bit flipped gives other roots than were signed, and an honest peer would seem to
fork. The envelope beside it says what it was; whole tiles and the head say whether that is so.
Normative: spec/log.md 9.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import Final

from detente.core import purged, tree
from detente.core.errors import OurFault, TheirFault
from detente.node.ledger import TILE, Ledger
from detente.node.ports import Row, Tx

_ODD_MAX: Final = 8  # rows of one tile that are tried together: 2^8 roots
_READ_BYTES: Final = 2**22


def mend(tx: Tx, origin: str, seqs: Collection[int] = ()) -> int:
    """Write entries anew that are not those of their envelopes; return how many.

    Looked at are those since the last whole tile, of which roots are made, and the tiles of seqs:
    of other whole tiles the hashes are kept, and no root rests on their entries. An envelope that is not its entry's stays: no root rests on it, and a peer can give it back.
    Raises OurFault("store.damaged") where neither entry nor envelope is what was logged.
    """
    mended = 0
    size = tx.head(origin).size
    starts = {seq - seq % TILE for seq in seqs if seq < size} | {size - size % TILE}
    for start in sorted(starts):
        rows = list(_rows(tx, origin, start, min(start + TILE, size)))
        right = _right(tx, origin, start, rows)
        for row, entry in zip(rows, right, strict=True):
            if row.entry != entry:
                tx.rewrite(origin, row._replace(entry=entry))
                mended += 1
    return mended


def _rows(tx: Tx, origin: str, start: int, end: int) -> Iterator[Row]:
    while start < end:
        found = tx.rows(origin, start, end - start, _READ_BYTES)
        assert found, "a head stands on its rows"
        yield from found
        start += len(found)


def _right(tx: Tx, origin: str, start: int, rows: Sequence[Row]) -> Sequence[bytes]:
    """Return the entries of these rows as they were logged."""
    odd = [row for row in rows if not purged.is_of(row.entry, row.envelope)]
    if not odd:
        return [row.entry for row in rows]
    if len(odd) <= _ODD_MAX:
        for chosen in product(*(_choices(row) for row in odd)):
            by_seq = {row.seq: entry for row, entry in zip(odd, chosen, strict=True)}
            right = [by_seq.get(row.seq, row.entry) for row in rows]
            if _stands(tx, origin, start, right):
                return right
    raise OurFault(
        "store.damaged",
        f"records of {origin} from {odd[0].seq} on are not what was stored",
        "stop the node and check the disk",
    )


def _choices(row: Row) -> Sequence[bytes]:
    try:
        return row.entry, purged.entry_of(row.envelope)
    except TheirFault:
        return (row.entry,)


def _stands(tx: Tx, origin: str, start: int, entries: Sequence[bytes]) -> bool:
    part = tree.Range()
    for entry in entries:
        part.append(tree.leaf_hash(entry))
    if len(entries) == TILE:
        return part.root() == tx.tile_root(origin, 0, start // TILE)
    return tx.head(origin).roots[start.bit_count() * tree.HASH_SIZE :] == part.encode()


def mend_entries(tx: Tx, logs: Sequence[Ledger], seqs: Collection[int] = ()) -> int:
    """Write entries anew that our disk changed; return how many. As `mend`, also in raising."""
    mended = sum(mend(tx, log.origin, seqs) for log in logs)
    for log in logs:
        log.reload(tx)
    return mended


def make_sound(tx: Tx, logs: Sequence[Ledger]) -> None:
    """Mend entries where roots made of them would be others than were signed. Raises likewise."""
    if not all(log.is_sound(tx) for log in logs):
        mend_entries(tx, logs)
