"""Parties with node and office, wired to each other in one process; each half may crash.

What is durable of a half is its store: SqliteLogs and a shelf, both in memory unless a test says
otherwise. A crash is an exception at one of the steps at which it could matter: before and after
each commit of either store, before and after each call of the hatch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.support.makers import LabelEntropy, LabelSigner, Party, make_party
from tests.support.nodes import FAST

from detente.app.desks import DESKS
from detente.core import limits
from detente.core import party as parties
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.link import session
from detente.link.postquantum import ANSWER_IN
from detente.node import ports
from detente.node.node import Node
from detente.node.ports import Answer, Kept, Level, PeerCard
from detente.node.ports_stage import BlobState
from detente.node.seat import LinkTerms, Seat
from detente.office import courses, house, kinds
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.office import Office
from detente.office.people import Person
from detente.office.ports import Shelf, ShelfTx
from detente.office.reader import TableReader as Reader
from detente.office.reader import every
from detente.office.reading import Taken
from detente.office.tables import Row, Table
from detente.office.writing import KeysAtWork, Letter, Written
from detente.store.logs import SqliteLogs
from detente.store.memory import MemoryShelf

START: Final = Moment.parse("2026-11-22T10:00:00.000Z")
PERSON: Final = Person("operator", "1000", "s-01", {"cert": frozenset(Role)})
BUNDLE: Final = (
    '{"type":"bundle","id":"bundle--6a1f2f1c-8b1e-4c5e-9c6e-3f4f6a1f2f1c","x_about":"%s",'
    '"objects":[{"type":'
    '"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",'
    '"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"a",'
    '"pattern":"[file:name = \'a\']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}]}'
)
OBJECT: Final = "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"


class Crash(BaseException):
    """The power fails."""


class Fuse:
    """Counts the steps at which a half may stop, and stops it at one of them."""

    def __init__(self) -> None:
        self.steps = 0
        self.blow_at = -1

    def step(self) -> None:
        """Go one step, or stop there."""
        self.steps += 1
        if self.steps == self.blow_at:
            raise Crash


class FusedShelf:
    """A shelf whose office may stop before or after any commit."""

    def __init__(self, inner: Shelf, fuse: Fuse) -> None:
        self.inner, self._fuse = inner, fuse

    @contextmanager
    def begin(self) -> Iterator[ShelfTx]:
        with self.inner.begin() as tx:
            yield tx
            self._fuse.step()
        self._fuse.step()


class FusedStore:
    """The same for a node's store."""

    def __init__(self, inner: SqliteLogs, fuse: Fuse) -> None:
        self.inner, self._fuse = inner, fuse
        self.blobs = inner.blobs

    @contextmanager
    def begin(self) -> Iterator[ports.Tx]:
        with self.inner.begin() as tx:
            yield tx
            self._fuse.step()
        self._fuse.step()


class FusedHatch:
    """A hatch at which the office may stop before or after any call; may be shut by the node."""

    def __init__(self, side: "Side", fuse: Fuse) -> None:
        self._side, self._fuse = side, fuse
        self.submitted: list[bytes] = []
        self.fault: OurFault | None = None

    def _through(self) -> Node:
        self._fuse.step()
        if self.fault is not None:
            raise self.fault
        return self._side.node

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> Sequence[Answer]:
        node = self._through()
        self.submitted += envelopes
        found = node.submit(envelopes, now)
        self._fuse.step()
        return found

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> Sequence[Kept]:
        return self._through().since(places, count_max, bytes_max)

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        self._through().have_read(places, awaits)

    def levels(self) -> Sequence[Level]:
        return self._through().levels()

    def cards(self) -> Sequence[PeerCard]:
        return self._through().cards()

    def told(self) -> Sequence[ports.Told]:
        return self._through().told()

    def paths(self) -> Sequence[ports.PathSeen]:
        return self._through().paths()

    def prove(self, origin: str, seq: int) -> bytes:
        return self._through().prove(origin, seq)

    def attend(self, desk: str, now: Moment) -> None:
        self._through().attend(desk, now)

    def head(self, origin: str) -> bytes:
        return self._through().head(origin)

    def leave(self, desk: str, now: Moment) -> None:
        self._through().leave(desk, now)

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        self._through().stage_begin(handle, size, chunks, now)

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:
        self._through().stage_chunks(handle, chunks, now)

    def stage_end(self, handle: bytes, now: Moment) -> bytes:
        return self._through().stage_end(handle, now)

    def blob_chunks(self, aid: bytes, first: int, count: int) -> Sequence[bytes]:
        return self._through().blob_chunks(aid, first, count)

    def blob_lent(self, aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        return self._through().blob_lent(aid, first, count)

    def blob_states(self, aids: Sequence[bytes]) -> Sequence[BlobState]:
        return self._through().blob_states(aids)


@dataclass
class Link:
    """One line between two sides; `up` is whether bytes pass."""

    link_id: str
    ends: tuple["Side", "Side"]
    up: bool = True
    number: int = 0
    live: bool = False


class Side:
    """One party: durable stores, and a node and an office over them that may start again."""

    def __init__(self, net: "Net", party: Party, shelf: Shelf) -> None:
        self.net, self.party, self.fuse = net, party, Fuse()
        self.store = FusedStore(SqliteLogs(Path(":memory:")), self.fuse)
        self.shelf = FusedShelf(shelf, self.fuse)
        self.terms: list[LinkTerms] = []
        self.desks = tuple(each for each in DESKS if each.name in party.openers)
        self.keys = KeysAtWork(
            openers={"cert": party.openers["cert"]},
            signers={each: party.signers[each] for each in ("m-01", "s-01")},
        )
        self.starts = 0
        self.node: Node
        self.office: Office
        self.hatch: FusedHatch

    @property
    def address(self) -> str:
        return self.party.address()

    def start_node(self) -> None:
        seat = Seat(
            card=self.party.card,
            log=self.party.log,
            cosign=self.party.cosign,
            log_pq=self.party.log_pq,
            signer=self.party.signers["n-01"],
            signer_id="n-01",
            entropy=self._entropy("node"),
            incarnation=b"i" * 16,
            check_at_submit=False,
            shows=frozenset({"cert"}),
        )
        self.node = Node(seat, self.terms, self.store, self.net.now)

    def start_office(self) -> None:
        self.hatch = FusedHatch(self, self.fuse)
        self.office = Office(self.desks, self.hatch, self.shelf, self.keys, self._entropy("office"))
        self.office.resume(self.net.now)

    def _entropy(self, half: str) -> LabelEntropy:
        # Another start draws other bytes: as the world's randomness would.
        self.starts += 1
        return LabelEntropy(f"{self.party.name} {half} {self.starts}")

    def restart(self) -> None:
        """Start both halves again from what is durable; every line of ours begins anew."""
        while True:
            try:
                self.net.drop_lines(self)
                self.start_node()
                self.start_office()
            except Crash:
                continue
            return

    # What a test looks at.

    def act_all(self, name: str, request: str = "", **values: Value) -> tuple[bytes, ...]:
        given = Values({"tlp": "GREEN", "prec": "ROUTINE", **values})
        act = self.office.find_act(name)
        given = given.without(*(each for each in given if each not in _names(act.fields)))
        return tuple(self.office.act(PERSON, name, given, self.net.now, request).mids)

    def act(self, name: str, request: str = "", **values: Value) -> bytes:
        (mid,) = self.act_all(name, request, **values)
        return mid

    def send(self, about: str, *to: "Side", request: str = "", **values: Value) -> bytes:
        return self.act(
            "cert/send",
            request,
            **{
                "file": (BUNDLE % about).encode(),
                "to": tuple(sorted(each.address for each in to)),
                "about": about,
                **values,
            },
        )

    def say_house(self, kind: str, to: "Side", body: Mapping[str, Value]) -> bytes:
        """Send a record of the house as no honest office would."""
        declared = kinds.HOUSE[kind]
        letter = self.office._post.house_letter(
            declared, "cert", (to.address,), Values(body), self.net.now
        )
        letter = replace(letter, tlp="GREEN", matter="0" * 31 + "c")
        (mid,) = self.office.post([self.office.write(letter, "s-01")], self.net.now).mids
        return mid

    def unreadable(self, *to: "Side", **members: str) -> Written:
        """A record, well sealed and signed, whose body is not of its kind; not sent."""
        letter = Letter(
            kind="cert.bundle",
            desk="cert",
            to=tuple(sorted(each.address for each in to)),
            text=b'{"v":1}',
            created=self.net.now,
            matter="0" * 31 + "b",
            prec=members.get("prec", "ROUTINE"),
            tlp="GREEN",
        )
        return self.office.write(letter, "s-01")

    def level(self, mid: bytes) -> str:
        return self.office.records.standing(mid).level

    def rows(self, table: Table) -> list[Values]:
        with self.shelf.inner.begin() as tx:
            return list(every(Reader(tx.rows), table, {}))

    def tables(self) -> dict[str, list[Row]]:
        desk = [table for each in self.desks for table in each.tables]
        own = (*house.TABLES, *courses.TABLES)
        return {table.name: list(self.rows(table)) for table in (*own, *desk)}

    def outbox(self) -> list[bytes]:
        with self.shelf.inner.begin() as tx:
            return [each.mid for each in tx.outbox_after(None, 10_000)]

    def in_log(self, other: "Side") -> list[Taken]:
        """All that stands in our log to another party and can be read there, in order."""
        register = other.office._register
        register.see_levels()
        (origin,) = [each for each in register.theirs() if each.startswith(self.party.name)]
        size = register.levels[origin].size
        kept = register.since(origin, 0, size, 2**30)
        assert len(kept) == size
        return [taken for each in kept if isinstance(taken := register.take(each), Taken)]

    def said_delivered(self) -> list[tuple[str, int]]:
        """Every DELIVERED of ours that reached a peer: the log it speaks of, and upto."""
        return [
            (taken.body.text("origin"), taken.body.whole("upto"))
            for other in self.net.sides
            if other is not self
            for taken in self.in_log(other)
            if taken.header.kind == "sys.delivered" and taken.body is not None
        ]

    def of_kind(self, kind: str, *, ours: bool) -> list[Values]:
        return [
            row
            for row in self.rows(house.RECORDS)
            if row.text("kind") == kind and row.flag("ours") == ours
        ]


def _names(fields: Sequence[object]) -> set[str]:
    return {getattr(field, "name", "") for field in fields}


class Net:
    """Sides and the lines between them, and the time, which passes when a test says so."""

    def __init__(
        self,
        *names: str,
        shelf: Callable[[], Shelf] = MemoryShelf,
        start: Moment = START,
        kind: "type[Side]" = Side,
    ) -> None:
        self.now = start
        self.sides = [kind(self, make_party(name), shelf()) for name in names]
        self.links: list[Link] = []
        self._under_way: list[tuple[Side, str, session.Effect]] = []
        for i, one in enumerate(self.sides):
            for other in self.sides[i + 1 :]:
                self._meet(one, other)
        for side in self.sides:
            side.start_node()
            side.start_office()
        self.settle()

    def _meet(self, one: Side, other: Side) -> None:
        a, b = one.party, other.party
        nonce = parties.link_nonce(a.card, a.invite(b).nonce, b.card, b.invite(a).nonce)
        link_id = parties.link_id(a.card, b.card, nonce)
        one.terms.append(LinkTerms(b.card, link_id, nonce, rates=FAST))
        other.terms.append(LinkTerms(a.card, link_id, nonce, rates=FAST))
        self.links.append(Link(link_id, (one, other)))

    def line(self, one: Side, other: Side) -> Link:
        return next(each for each in self.links if {one, other} == set(each.ends))

    def set_line(self, one: Side, other: Side, *, up: bool) -> None:
        link = self.line(one, other)
        link.up = up
        if not up:
            self._drop(link)

    def drop_lines(self, side: Side) -> None:
        for link in self.links:
            if side in link.ends:
                link.live = False
                for end in link.ends:
                    if end is not side:
                        self._down(link, end)

    def _drop(self, link: Link) -> None:
        link.live = False
        for end in link.ends:
            self._down(link, end)

    def _down(self, link: Link, end: Side) -> None:
        if link.number:
            end.node.step(link.link_id, session.PathDown(link.number, "the line is down"), self.now)

    def _connect(self, link: Link) -> None:
        link.number += 1
        link.live = True
        for end, dials in zip(link.ends, (True, False), strict=True):
            end.node.step(link.link_id, session.PathBegun(link.number, "primary", dials), self.now)
        for end in link.ends:
            nonce = LabelSigner(f"{end.party.name} {link.number}").public[:16]
            end.node.step(link.link_id, session.PathUp(link.number, nonce), self.now)

    def pump(self) -> None:
        """Carry bytes until no node has anything more to say."""
        for link in self.links:
            if link.up and not link.live:
                self._connect(link)
        while True:
            # Whoever stops in the middle takes nobody else's bytes along: they are still to come.
            for side in self.sides:
                self._under_way += [(side, *each) for each in side.node.take_effects()]
            if not self._under_way:
                return
            while self._under_way:
                self._carry(*self._under_way.pop(0))

    def _carry(self, side: Side, link_id: str, effect: session.Effect) -> None:
        link = next(each for each in self.links if each.link_id == link_id)
        other = link.ends[1] if link.ends[0] is side else link.ends[0]
        if not link.live:
            return
        if isinstance(effect, session.Send) and effect.conn == link.number:
            other.node.step(link_id, session.Bytes(effect.conn, effect.data), self.now)
        elif isinstance(effect, session.Close) and effect.conn == link.number:
            self._drop(link)

    def confirm(self) -> None:
        """Let the second leg of all logs catch up; no office reads anything."""
        for span in (limits.PQ_EVERY_MS, ANSWER_IN.ms):
            self.now += Span(span)
            for side in self.sides:
                side.node.wake(self.now)
            self.pump()

    def advance(self) -> bool:
        return bool(sum(side.office.advance(self.now) for side in self.sides))  # each has its turn

    def turn(self) -> None:
        """Carry and read until all is quiet, without time passing."""
        quiet = False
        while not quiet:
            before = self._progress()
            self.pump()
            more = self.advance()
            self.pump()
            quiet = not more and self._progress() == before

    def _progress(self) -> list[tuple[str, int, int]]:
        return [
            (level.origin, level.size, level.receipted)
            for side in self.sides
            for level in side.node.levels()
        ]

    def survive(self, step: Callable[[], object]) -> None:
        """Do something; who stops in the middle of it starts again."""
        try:
            step()
        except Crash:
            for side in self.sides:
                if side.fuse.steps == side.fuse.blow_at:
                    side.restart()

    def settle(self) -> None:
        """Let time pass until nobody owes anything."""
        self.turn()
        while any(side.office.next_answer() for side in self.sides):
            self.now += Span(1_500)
            self.turn()
