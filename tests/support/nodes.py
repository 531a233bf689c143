"""Two nodes on one table: a network without a wire, and envelopes for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support import makers
from tests.support.makers import LabelEntropy, Party

from detente.core import limits, party, record
from detente.core.moment import Moment, Span
from detente.link import session
from detente.link.postquantum import ANSWER_IN
from detente.node.node import Node
from detente.node.ports import Level
from detente.node.seat import LinkTerms, Seat
from detente.store.logs import SqliteLogs

MEMORY = Path(":memory:")
FAST = {"primary": 10**9, "secondary": 10**9}  # bytes a second: no window shows


def seat_of(one: Party) -> Seat:
    """The seat of a party's node."""
    return Seat(
        card=one.card,
        log=one.log,
        cosign=one.cosign,
        log_pq=one.log_pq,
        signer=one.signers["n-01"],
        signer_id="n-01",
        entropy=LabelEntropy(one.name),
        incarnation=b"i" * 16,
        opener=one.openers["node"],
        shows=frozenset({"cert"}),
    )


def terms_of(one: Party, peer: Party) -> LinkTerms:
    """What `one` holds of its link with `peer`."""
    nonce = party.link_nonce(one.card, one.invite(peer).nonce, peer.card, peer.invite(one).nonce)
    link_id = party.link_id(one.card, peer.card, nonce)
    return LinkTerms(peer.card, link_id, nonce, rates=FAST)


@dataclass
class Side:
    """A node with what made it, so that it can be started again."""

    party: Party
    peer: Party
    file: Path = MEMORY
    seat: Seat = field(init=False)
    terms: LinkTerms = field(init=False)
    store: SqliteLogs = field(init=False)
    node: Node = field(init=False)
    shown: list[session.Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seat, self.terms = seat_of(self.party), terms_of(self.party, self.peer)
        self.store = SqliteLogs(self.file)
        self.node = Node(self.seat, [self.terms], self.store, makers.NOW)

    def restart(self, **seat: object) -> None:
        """Start the node anew on the same store, with another seat if asked."""
        self.seat = replace(self.seat, **seat)  # type: ignore[arg-type]
        if self.file is not MEMORY:
            self.store.close()
            self.store = SqliteLogs(self.file)
        self.node = Node(self.seat, [self.terms], self.store, makers.NOW)

    def office_reads(self) -> None:
        """Say what an office says that has read all: only then may a text go."""
        self.node.have_read({each.origin: each.size for each in self.node.levels()}, ())

    @property
    def link_id(self) -> str:
        return self.terms.link_id

    @property
    def out(self) -> Level:
        """The level of our log on the link."""
        return self.node.levels()[1]

    @property
    def into(self) -> Level:
        """The level of the peer's log."""
        return self.node.levels()[2]


class Table:
    """Two sides; what one sends the other gets, in order, at once or when `pump` is called."""

    def __init__(self, folder: Path | None = None) -> None:
        self.us = makers.make_party(makers.AURELIA)
        self.them = makers.make_party(makers.BOREALIS)
        self.a = Side(self.us, self.them, folder / "a" if folder else MEMORY)
        self.b = Side(self.them, self.us, folder / "b" if folder else MEMORY)
        self.now = makers.NOW
        self.count = 100  # connections made by `meet`

    def connect(self, conn: int = 1, path: str = "primary") -> None:
        """Open a connection between both and let them reconcile."""
        for side, dialled in ((self.a, True), (self.b, False)):
            begun = session.PathBegun(conn, path, dialled)
            side.node.step(side.link_id, begun, self.now)
        for side, nonce in ((self.a, b"a" * 16), (self.b, b"b" * 16)):
            side.node.step(side.link_id, session.PathUp(conn, nonce), self.now)
        self.pump()

    def meet(self, times: int = 6) -> None:
        """Connect again, as the roofs dial, until both sides are connected and quiet."""
        for _ in range(times):
            self.count += 1
            self.connect(self.count)
            if self.a.out.state == self.b.out.state == "LIVE":
                return

    def cut(self, conn: int = 1) -> None:
        """Cut a connection; what was under way is lost."""
        for side in (self.a, self.b):
            side.node.take_effects()
            side.node.step(side.link_id, session.PathDown(conn, "cut"), self.now)
            side.node.take_effects()

    def carry(self, side: Side, other: Side) -> int:
        """Carry what one side leaves to the other; return how many effects there were."""
        effects = side.node.take_effects()
        for link_id, effect in effects:
            side.shown.append(effect)
            if isinstance(effect, session.Send):
                other.node.step(link_id, session.Bytes(effect.conn, effect.data), self.now)
            elif isinstance(effect, session.Close):
                other.node.step(link_id, session.PathDown(effect.conn, effect.what), self.now)
        return len(effects)

    def pump(self) -> None:
        """Carry until nothing moves."""
        while self.carry(self.a, self.b) + self.carry(self.b, self.a):
            pass

    def confirm(self) -> None:
        """Let the second leg of both logs catch up."""
        for span in (limits.PQ_EVERY_MS, ANSWER_IN.ms):
            self.now = self.now + Span(span)
            for side in (self.a, self.b):
                side.node.wake(self.now)
            self.pump()

    def wait(self, span: Span) -> None:
        """Let time pass at both sides."""
        self.now = self.now + span
        for side in (self.a, self.b):
            side.node.tick(self.now)


def envelope(
    author: Party,
    addressees: Sequence[Party],
    number: int = 1,
    text: bytes = b"hello",
    signed_by: Mapping[int, str] | None = None,
    **header: object,
) -> bytes:
    """An envelope from desk to desk; `header` says what is to differ from a plain one."""
    made = replace(makers.PLAIN_HEADER, n=number, **header)  # type: ignore[arg-type]
    return makers.write_record(author, addressees, text, made, signed_by).envelope


FLASH: dict[int, str] = {record.AUTHOR: "s-01", record.RELEASER: "s-02"}
EARLIER = Moment.parse("2026-11-20T00:00:00.000Z")
