"""What goes into one courier file, and what people are told of it. Normative: spec/courier.md 3."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import envelope as envelopes
from detente.core import names, record
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.link import courier, tail_frames
from detente.link.hello import Hello
from detente.node import outbox, tail
from detente.node.books import Books
from detente.node.freight import NOTHING, Plan
from detente.node.history import Stand
from detente.node.ledger import Ledger
from detente.node.ports import Row, Store

_NODE_KINDS: Final = "sys."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file of ours holds, and what waits beside it.

    size in bytes; first and records: of our log; urgent: IMMEDIATE and FLASH; desks: whom they are
    for; receipt: records of the peer's log that it receipts; waiting: records that are in no log.
    held_back says why a file holds nothing, or why what waits was not logged. later: records of
    the log that are without receipt and not in the file. attached: attachments in it, wholly or in
    part, of attached_bytes bytes; attached_later: bytes of attachments that are not in it.
    """

    party: str
    peer: str
    link_id: str
    size: int
    first: int
    records: int
    urgent: int
    desks: tuple[str, ...]
    receipt: int
    waiting: int
    held_back: str
    later: int = 0
    attached: int = 0
    attached_bytes: int = 0
    attached_later: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What a file brings to end an epoch: a note, what we ask for, and the tails that they ask for.

    asks: logs as we name them, each with the place from which on it is missing here.
    """

    store: Store
    link: Books
    stand: Stand
    note: bytes = b""
    asks: Sequence[tuple[int, int]] = ()

    def content(self) -> Iterator[bytes]:
        """Return it as frames: the note first, for what follows may stand on it alone."""
        if self.note:
            yield tail_frames.epoch(self.note)
        for log, start in self.asks:
            yield tail_frames.ask(log, start)
        for log, start in sorted(self.stand.asked.items()):
            ledger = self.link.ledger_asked(self.stand.link_id, log, by_us=False)
            if ledger is not None:
                yield from self._tail(ledger, log, start)

    def _tail(self, ledger: Ledger, log: int, at: int) -> Iterator[bytes]:
        while at < ledger.size:
            with self.store.begin() as tx:
                rows, head, receipt = tail.read(tx, ledger, at)
            found = [tail.whole(row) for row in rows]
            if head is None and at + len(rows) < ledger.size:
                return  # no signed state within reach: spec/link.md 4.4
            yield tail_frames.answer(log, at, found, head, receipt, ledger.size)
            at += len(rows)


@dataclass(frozen=True, slots=True)
class Cargo:
    """What goes into one file: HELLO, our receipt, rows of our log and its head, further frames.

    marks: heads among the rows, where cards took over. fault, if there is one, instead of all but HELLO: why the link is halted.
    """

    greeting: Hello
    receipt: Cosignature | None = None
    rows: Sequence[Row] = ()
    head: Checkpoint | None = None
    more: Sequence[bytes] = ()
    fault: TheirFault | None = None
    marks: Sequence[Checkpoint] = ()
    freight: Plan = NOTHING
    turn: Turn | None = None

    def _records(self) -> Iterator[tuple[Row, record.Header]]:
        for row in self.rows:
            yield row, record.read_header(envelopes.split(row.envelope).header)

    def content(self) -> Iterator[bytes]:
        """Return it as frames, all but the attachments."""
        turn = self.turn.content() if self.turn else ()
        if self.fault is not None:
            return courier.halted_content(self.greeting, self.fault, turn)
        if self.turn is not None:
            return courier.content(self.greeting, None, (), None, turn)
        records = ((row.seq, _rank(header), row.envelope) for row, header in self._records())
        return courier.content(
            self.greeting, self.receipt, records, self.head, self.more, self.marks
        )

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return sum(map(len, self.content())) + self.freight.size

    def manifest(self, party: str, link: Books, held_back: str) -> Manifest:
        """Return what it holds, for people."""
        peer = link.terms.peer.name
        headers = [header for _, header in self._records()]
        whom = [names.split(to) for header in headers for to in header.to]
        desks = {f"{desk}@{at}" for desk, at in whom if at == peer and desk != names.NODE_DESK}
        return Manifest(
            party=party,
            peer=peer,
            link_id=link.terms.link_id,
            size=courier.size_of(self.size),
            first=self.rows[0].seq if self.rows else link.out.size,
            records=len(headers),
            urgent=sum(_rank(header) >= courier.URGENT for header in headers),
            desks=tuple(sorted(desks)),
            receipt=self.receipt.size if self.receipt else 0,
            waiting=link.waiting,
            held_back=held_back,
            later=link.out.size - self.rows[-1].seq - 1 if self.rows else 0,
            attached=len(self.freight.parts),
            attached_bytes=self.freight.held,
            attached_later=self.freight.left,
        )


def _rank(header: record.Header) -> int:
    # A node's own records may be FLASH to be first; they are not urgent to anyone.
    return 1 if header.kind.startswith(_NODE_KINDS) else outbox.rank_of(header.prec)
