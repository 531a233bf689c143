"""Courier files of a node: written from the books of a link, read into its machine.

Normative: spec/courier.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, product

from detente.core import limits, wrap
from detente.core.checkpoint import Checkpoint
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.link import courier, hello, session
from detente.link.courier import FILE
from detente.link.hello import Hello
from detente.link.moves_file import FileBegun, FileEnded, FileWanted
from detente.node import trail
from detente.node.books import Books
from detente.node.cargo import Cargo, Manifest, Turn
from detente.node.freight import Plan
from detente.node.history import Stand
from detente.node.ports import Row, Store
from detente.node.rows import check_rows
from detente.node.seat import Seat
from detente.node.stage import Stage
from detente.node.trail import Trail
from detente.node.waiting import Room

Step = Callable[[str, session.Input, Moment], None]
LogWaiting = Callable[[Books, Room, Moment], None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file of ours: what it holds, and its bytes piece by piece."""

    manifest: Manifest
    pieces: Iterator[bytes]


class Couriers:
    """The files of all links of a node."""

    def __init__(
        self, seat: Seat, links: Mapping[str, Books], store: Store, stage: Stage, step: Step,
        log: LogWaiting,
    ) -> None:  # fmt: skip
        """Step gives a link's machine one input; log puts into its log what waits."""
        self._seat, self._links, self._store, self._stage = seat, links, store, stage
        self._step, self._log = step, log
        self.read_only: OurFault | None = None
        self._trails: dict[str, Trail] = {}
        for link in links.values():
            found = self._trail(link)
            if found.echo is not None:
                link.session.files.recall(found.echo, found.echo_sizes, found.incarnation)
            link.stop(found.stopped)
            if link.terms.by_file and link.frozen:
                link.session.files.recall_loss(link.frozen)

    def _trail(self, link: Books) -> Trail:
        # Each epoch has one of its own: what a file of an older one said is of other logs.
        return self._trail_of(link.terms.link_id)

    def _trail_of(self, link_id: str) -> Trail:
        if link_id not in self._trails:
            with self._store.begin() as tx:
                self._trails[link_id] = trail.load(tx, link_id)
        return self._trails[link_id]

    def last(self, name: str) -> tuple[Moment | None, Moment | None]:
        """Return when the last file of a link was written, and when one was read."""
        found = self._trail(self._links[name])
        return found.out_at, found.in_at

    # Out.

    def write(self, peer: str, now: Moment, most: int = limits.MAX_COURIER) -> Outgoing:
        """Write a file for a party: what it has not receipted, and our receipts. Logs what waits.

        most: bytes that the file may have. That it was written is durable on return; its pieces
        raise OurFault("carry.blob") for an attachment that the disk lost.
        Raises OurFault: link.none, carry.least, store.*.
        """
        link = self._link_with(peer)
        if not limits.COURIER_LEAST <= most <= limits.MAX_COURIER:
            raise OurFault(
                "carry.least",
                f"a file of at most {most} bytes, where 1 MiB to 8 GiB can be asked for",
                "name a larger stick, or several files",
            )
        if self.read_only:
            raise self.read_only
        found, stand = self._trail(link), self._stand(link)
        link_id = stand.link_id
        stopped = self._stopped(link, stand)
        held_back = stopped or self._append(link, now)
        if not stopped:
            self._step(link.name, FileWanted(FILE), now)
        draw = self._seat.entropy.draw
        key, nonce = draw(wrap.KEY_SIZE), draw(hello.NONCE_SIZE)
        sealed = wrap.wrap(key, link.terms.peer.node_hpke, link_id)
        greeting = replace(
            link.session.files.greeting(nonce),
            clock_ms=max(0, now.ms),
            carried=link.cards.cosigning().signer.sign(wrap.statement(link_id, key)),
        )
        self._stage.note_all()  # what we say to hold must be here after a crash too
        cargo = self._cargo(link, greeting, most, stand, stopped=bool(stopped))
        if not stopped:
            cargo = replace(cargo, freight=self._freight(link, courier.room_in(most) - cargo.size))
        with self._store.begin() as tx:
            link.shipping.freight.keep(tx)
            found.add(courier.mark_of(sealed), hello.write(greeting), now)
            found.keep(tx, link.terms.link_id)
        manifest = cargo.manifest(self._seat.party, link, held_back)
        content = chain(cargo.content(), cargo.freight.content(self._stage))
        return Outgoing(manifest, courier.write(key, sealed, content))

    def _link_with(self, peer: str) -> Books:
        for link in self._links.values():
            if link.terms.peer.name == peer:
                return link
        raise OurFault(
            "link.none", f"no confirmed link with {peer[:64]!r}", "see: detente link list"
        )

    def _stand(self, link: Books) -> Stand:
        """Return the epoch in which the peer is to read our next file, and what it asks for."""
        newest, found = link.terms.link_id, self._trail(link)
        if link.session.state == session.LIVE:
            found.stand = Stand(newest)
        elif not found.stand.link_id and not link.inn.size and not link.session.files.reconciled:
            return Stand(link.untold() or newest)
        known = found.stand.link_id in link.history.link_ids
        return found.stand if known else Stand(newest)

    def _stopped(self, link: Books, stand: Stand) -> str:
        if stand.link_id != link.terms.link_id:
            return "they are still in the epoch before: the file brings them the note that ended it"
        if link.session.state in (session.HALTED, session.RECOVER):
            return link.session.why
        return link.frozen

    def _append(self, link: Books, now: Moment) -> str:
        # On an open path the path's own window decides what may be logged.
        if link.session.state == session.LIVE or not link.waiting:
            return ""
        if not (link.terms.by_file or link.session.files.reconciled):
            return "the heads were not compared with their node since ours started"
        self._log(link, self._window(link), now)
        return ""

    def _window(self, link: Books) -> Room:
        # By file the window is MAX_INFLIGHT alone. It is counted from the log: files outlive us.
        counted = link.session.heads.receipted
        under_way = 0

        def room(*, urgent: bool = False) -> tuple[int, int]:  # noqa: ARG001  all wait alike
            nonlocal counted, under_way
            heads = link.session.heads
            while counted < link.out.size:
                rows = self._rows(link, counted)
                counted, under_way = counted + len(rows), under_way + _bytes_of(rows)
            count = limits.MAX_INFLIGHT_COUNT - (heads.out_size - heads.receipted)
            return count, limits.MAX_INFLIGHT_BYTES - under_way

        return room

    def _rows(self, link: Books, start: int) -> Sequence[Row]:
        count = min(link.out.size - start, limits.MAX_INFLIGHT_COUNT)
        if count <= 0:
            return ()
        with self._store.begin() as tx:
            rows = tx.rows(link.out.origin, start, count, limits.MAX_INFLIGHT_BYTES)
        check_rows(link.out.origin, rows)
        return rows

    def _head(self, link: Books, rows: Sequence[Row]) -> Checkpoint | None:
        head = link.out.checkpoint
        if not rows or head is None or rows[-1].seq + 1 == head.size:
            return head
        # More is under way than one file may bring: it ends at a head of its own.
        size = rows[-1].seq + 1
        with self._store.begin() as tx:
            return link.head_at(tx, size)

    def _cargo(
        self, link: Books, greeting: Hello, most: int, stand: Stand, *, stopped: bool
    ) -> Cargo:
        if stand.link_id != link.terms.link_id:
            note = link.history.after(stand.link_id)
            assert note is not None, "a note follows every epoch but the newest"
            return Cargo(greeting, turn=Turn(self._store, link, stand, note.note))
        if link.session.state == session.HALTED:
            code, _, what = link.session.why.partition(": ")
            fault = TheirFault(code, what, "see both operators")
            return Cargo(greeting, fault=fault, turn=Turn(self._store, link, stand, link.to_show()))
        if stopped:
            heads = link.session.heads
            asks = ((0, heads.out_size), (1, heads.in_size))
            return Cargo(greeting, turn=Turn(self._store, link, stand, link.to_show(), asks))
        heads = link.session.heads
        more = [*link.session.carried(), *link.shipping.freight.answers(self._stage)]
        rows = self._rows(link, heads.receipted)
        marks: Sequence[Checkpoint] = link.cards.marks(heads.receipted, link.out.size)
        beside = Cargo(greeting, heads.in_receipt, (), link.out.checkpoint, more)
        room = courier.room_in(most) - beside.size - len(marks) * courier.MARK_SIZE
        rows = _that_fit(rows, room)
        head = self._head(link, rows)
        marks = link.cards.marks(heads.receipted, head.size) if head else ()
        return Cargo(greeting, heads.in_receipt, rows, head, more, marks=marks)

    def _freight(self, link: Books, room: int) -> Plan:
        with self._store.begin() as tx:
            names = tx.offers(link.name, limits.MAX_OFFERS)
        return link.shipping.freight.plan(names, self._stage, room)

    # In.

    def find_key(self, sealed: bytes) -> tuple[Books, bytes, str]:
        """Return whose file it is, its key, and the link id of the epoch that it was sealed in.

        Raises OurFault: carry.ours, carry.other, vault.no_key.
        """
        if self._seat.opener is None:
            raise OurFault("vault.no_key", "the node has no key for files", "restore its vault")
        openers = [each.opener for each in (self._seat, *self._seat.past) if each.opener]
        mark = courier.mark_of(sealed)
        for link in self._links.values():
            if any(self._trail_of(each).is_ours(mark) for each in link.history.link_ids):
                raise OurFault(
                    "carry.ours",
                    f"we wrote this file ourselves, for {link.terms.peer.name}",
                    "take it to them; import the file that came back",
                )
            for link_id, opener in product(reversed(link.history.link_ids), openers):
                with suppress(TheirFault):
                    return link, wrap.unwrap(sealed, opener, link_id), link_id
        raise OurFault(
            "carry.other",
            "the file is sealed for another party, another link or a later epoch, or was altered",
            "see for whom it was made: detente carry export; if this side was restored, import"
            " nothing and send them a file of ours first",
        )

    def begin(self, link: Books, sealed_for: str, echo: bytes | None, now: Moment) -> None:
        """Let the machine hear that a file begins. Raises OurFault: store.* of a node that stopped.

        sealed_for: the link id of the epoch in which the writer takes us to be.
        """
        if self.read_only:
            raise self.read_only
        link.sealed_for = sealed_for
        link.stand = Stand(link.terms.link_id)
        baseline = self._trail(link).baseline(echo)
        self._step(link.name, FileBegun(FILE, baseline), now)

    def give(self, link: Books, data: bytes, now: Moment) -> None:
        """Give the machine what a file holds. Raises the TheirFault that it ends in."""
        self._step(link.name, session.Bytes(FILE, data), now)
        if link.session.files.fault is not None:
            raise link.session.files.fault

    def end(self, link: Books, now: Moment, *, whole: bool) -> None:
        """Let the machine hear that the file ended; remember it if it was read whole."""
        before = self._trail(link)
        if link.stand.link_id == link.terms.link_id:
            before.echo, before.echo_sizes = link.session.files.echo
            before.incarnation = link.session.peer_incarnation
        self._step(link.name, FileEnded(FILE, whole), now)
        self._stage.note_all()
        if not whole:
            return
        found = self._trail(link)
        found.in_at = now
        if found is before:
            found.stand = link.stand
        else:
            found.out_at = before.out_at  # the file ended an epoch
        with self._store.begin() as tx:
            found.keep(tx, link.terms.link_id)
            link.shipping.freight.keep(tx)


def _that_fit(rows: Sequence[Row], room: int) -> Sequence[Row]:
    for count, row in enumerate(rows):
        room -= courier.record_size(len(row.envelope))
        if room < 0:
            return rows[:count]
    return rows


def _bytes_of(rows: Sequence[Row]) -> int:
    return sum(len(row.envelope) for row in rows)
