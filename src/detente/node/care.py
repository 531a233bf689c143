"""Looking after the logs: giving back a row that a disk lost, and taking away texts after their term.

Entries are never taken away, so both leave every root as it was. Normative: spec/log.md 9.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from detente.core import canon, names, purged, record, tree
from detente.core import envelope as envelopes
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.node import roster, sound
from detente.node.ledger import TILE, Ledger
from detente.node.ports import Answer, Row, Store, Tx
from detente.node.seat import Seat
from detente.node.shipping import attachments

KEEP_AT_LEAST: Final = Span(30 * 24 * 3_600_000)  # no text goes sooner, whatever is ordered
STEP_ROWS: Final = 64  # of one transaction: a FLASH waits for one step
_PENDING: Final = "purge"

RULE: Final = "rule "  # begins the name of whoever orders by a setting

Submit = Callable[[Sequence[bytes], Moment], Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Order:
    """Which texts go: kept here before a moment; of one matter, desk of ours or kind, if named.

    who: the system user that ordered it, or the rule of the settings. dry: count, take nothing.
    """

    before: Moment
    who: str
    matter: str = ""
    desk: str = ""
    kind: str = ""
    dry: bool = False

    def encode(self) -> dict[str, Json]:
        """Return it as it stands in the home log."""
        return {
            "before": str(self.before), "who": self.who, "matter": self.matter or None,
            "desk": self.desk or None, "kind": self.kind or None,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purged:
    """How many texts went, and how many bytes they held."""

    records: int = 0
    size: int = 0


def repair(store: Store, origin: str, seq: int, envelope: bytes, now: Moment) -> None:
    """Put back the row of one record, as a peer gave it.

    Only bytes whose leaf is the one in the log are taken. Raises OurFault("check.not_it").
    """
    wrong = OurFault(
        "check.not_it",
        f"these are not the bytes of record {seq} of {origin}",
        "ask another peer, or restore a backup",
    )
    try:
        entry = purged.entry_of(envelope)
    except TheirFault:
        raise wrong from None
    with store.begin() as tx:
        stands = _is_leaf(tx, origin, seq, entry)
    if not stands:
        # Another entry beside it may have changed too; then no root comes out right.
        with suppress(OurFault), store.begin() as tx:
            sound.mend(tx, origin, [seq])
    with store.begin() as tx:
        if not _is_leaf(tx, origin, seq, entry):
            raise wrong
        tx.rewrite(origin, Row(seq, entry, envelope, now))


class Care:
    """The logs of one node under repair and purge. One purge at a time, in short steps."""

    def __init__(
        self,
        seat: Seat,
        store: Store,
        links: Callable[[], Sequence[Ledger]],
        upto: Callable[[Ledger], int],
        submit: Submit,
        drop: Callable[[bytes], None],
    ) -> None:
        """Take the ledgers of all links, and no other: the home log is the audit, and stays whole.

        drop forgets an attachment that no record names any more. upto gives the size of a log below which the other side proves that it holds the records.
        """
        self._seat, self._store, self._links, self._upto = seat, store, links, upto
        self._submit, self._drop = submit, drop
        self._running: Iterator[tuple[str, Sequence[Row]]] | None = None
        self._order: Order | None = None
        self._said = True  # the order stands in the home log
        self._read_upto: Mapping[str, int] = {}  # by our office, which says so after each start
        self._awaits: frozenset[bytes] = frozenset()
        self.done = Purged()
        self.needs_pq = False  # only texts under four lines go
        with store.begin() as tx:
            pending = tx.note(_PENDING)
        if pending:
            self._order = _read(pending)  # a crash does not end it
            self._said = not self._order.who.startswith(RULE)  # rather twice than never

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Hear how far the office has read, and for which records it awaits files."""
        self._read_upto, self._awaits = dict(places), frozenset(awaits)

    @property
    def unread(self) -> int:
        """How many records stay whatever is ordered, because the office has not read them."""
        return sum(
            max(0, self._upto(ledger) - self._read_upto.get(ledger.origin, 0))
            for ledger in self._links()
        )

    # Repair.

    def repair(self, origin: str, seq: int, envelope: bytes, now: Moment) -> None:
        """Put back the row of one record; see `repair`."""
        repair(self._store, origin, seq, envelope, now)

    # Purge.

    @property
    def purging(self) -> bool:
        """Whether an order is being carried out."""
        return self._order is not None

    def order(self, order: Order, now: Moment) -> None:
        """Take up an order: into the home log, durable, and then step by step.

        An order by a rule that comes every day is put there only once it finds something.
        Raises OurFault: purge.too_new, purge.running, form.choice; and as Node.submit.
        """
        self._check(order, now)
        if self._order is not None:
            raise OurFault("purge.running", "a purge is under way", "wait until it has ended")
        self.done = Purged()
        self._said = order.dry
        if not order.dry:
            if not order.who.startswith(RULE):
                self._say(order, now)
            with self._store.begin() as tx:
                tx.set_note(_PENDING, canon.encode(order.encode()))
        self._order = order

    def step(self, now: Moment) -> bool:
        """Take away the texts of some records; return whether more is to be done."""
        order = self._order
        if order is None or self._seat.restored:
            return False  # a restored node appends nothing, and its home log must say the end
        if self._running is None:
            self._running = self._steps(order)
        step = next(self._running, None)
        if step is not None:
            self._take(order, *step, now)
            return True
        if not order.dry:
            if self._said:
                self._audit(order, self.done, now, ended=True)
            with self._store.begin() as tx:
                tx.set_note(_PENDING, b"")
        self._order, self._running = None, None
        return False

    def _take(self, order: Order, origin: str, rows: Sequence[Row], now: Moment) -> None:
        if rows and not self._said:
            self._say(order, now)
        if not order.dry:
            with self._store.begin() as tx:
                loose: list[bytes] = []
                for row in rows:
                    tx.rewrite(origin, row._replace(envelope=purged.strip(row.envelope)))
                    loose += tx.unname_blobs(envelopes.entry_mid(row.entry))
            for name in loose:
                self._drop(name)
        size = sum(len(row.envelope) for row in rows)
        self.done = Purged(self.done.records + len(rows), self.done.size + size)

    def _say(self, order: Order, now: Moment) -> None:
        self._audit(order, Purged(), now, ended=False)
        self._said = True

    def _check(self, order: Order, now: Moment) -> None:
        if order.before > now or (now - order.before).ms < KEEP_AT_LEAST.ms:
            raise OurFault(
                "purge.too_new",
                f"texts younger than {KEEP_AT_LEAST.ms // 86_400_000} days stay",
                "give an earlier date",
            )
        if order.desk and order.desk not in self._seat.card.desks:
            known = ", ".join(sorted(self._seat.card.desks))
            raise OurFault(
                "form.choice", f"{order.desk[:40]!r} is no desk of ours", f"choose one of: {known}"
            )

    def _audit(self, order: Order, done: Purged, now: Moment, *, ended: bool) -> None:
        sums: dict[str, Json] = {"records": done.records, "bytes": done.size, "ended": ended}
        answer = self._submit([roster.purge(self._seat, {**order.encode(), **sums}, now)], now)[0]
        assert not answer.code, f"a record of our own is in order: {answer.what}"

    def _steps(self, order: Order) -> Iterator[tuple[str, Sequence[Row]]]:
        for ledger in self._links():
            start, end = 0, min(self._upto(ledger), self._read_upto.get(ledger.origin, 0))
            while True:
                with self._store.begin() as tx:
                    seqs = tx.whole(ledger.origin, start, end, order.before, STEP_ROWS)
                    rows = [tx.rows(ledger.origin, seq, 1, 0)[0] for seq in seqs]
                if not seqs:
                    break
                start = seqs[-1] + 1
                meant = [row for row in rows if self._is_meant(row, order)]
                yield ledger.origin, [row for row in meant if self._is_done(row)]

    def _is_done(self, row: Row) -> bool:
        # A file under way goes with its record's key and name: here in part, unread, or still owed.
        if envelopes.entry_mid(row.entry) in self._awaits:
            return False
        with self._store.begin() as tx:
            for aid, _ in attachments(row.envelope):
                blob = tx.blob(aid)
                if blob is not None and (not blob.whole or tx.offered(aid)):
                    return False
        return True

    def _is_meant(self, row: Row, order: Order) -> bool:
        # A row that lost a bit is repaired, not purged: its hashes would be those of the damage.
        if not purged.is_of(row.entry, row.envelope):
            return False
        try:
            header = record.read_header(purged.rest_of(row.envelope).header)
        except TheirFault:
            return not (order.matter or order.desk or order.kind)
        ours = {
            names.desk_of(each)
            for each in (header.from_, *header.to)
            if names.party_of(each) == self._seat.party
        }
        # What offices say of records (DELIVERED, READ, REJECTED) stays: it is no text of a desk.
        return (
            not header.kind.startswith("sys.")
            and order.matter in ("", header.matter)
            and (not order.desk or order.desk in ours)
            and order.kind in ("", header.kind)
        )


def _read(data: bytes) -> Order:
    value = canon.decode_object(data, len(data))
    before, who = value["before"], value["who"]
    matter, desk, kind = (value[name] or "" for name in ("matter", "desk", "kind"))
    assert isinstance(before, str), "we wrote it"
    assert isinstance(who, str), "we wrote it"
    assert isinstance(matter, str), "we wrote it"
    assert isinstance(desk, str), "we wrote it"
    assert isinstance(kind, str), "we wrote it"
    return Order(Moment.parse(before), who, matter, desk, kind)


def _is_leaf(tx: Tx, origin: str, seq: int, entry: bytes) -> bool:
    """Say whether an entry is the leaf that the log was signed with."""
    head, leaf = tx.head(origin), tree.leaf_hash(entry)
    if not 0 <= seq < head.size:
        return False
    if (seq // TILE + 1) * TILE <= head.size:
        hashes = tx.tile(origin, 0, seq // TILE)
        at = seq % TILE * tree.HASH_SIZE
        return hashes[at : at + tree.HASH_SIZE] == leaf
    start = head.size - head.size % TILE
    tail = tree.Range.decode(start, head.roots[: start.bit_count() * tree.HASH_SIZE])
    for number, each in enumerate(tx.entries(origin, start, head.size - start), start):
        tail.append(leaf if number == seq else tree.leaf_hash(each))
    return tail.size == head.size and tail.encode() == head.roots
