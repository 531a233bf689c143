"""A conversation with one Session: inputs go in, effects come out, nothing else happens."""

from collections.abc import Sequence
from dataclasses import replace

from tests.support import makers

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.link import frames, hello, session
from detente.link.hello import Heads, Hello
from detente.link.reconcile import Verdict
from detente.link.session import Effects, Input, Send, Session, Who

LINK_ID = "x2ilzttxqmsebjgk"
NOTHING = Heads(None, None, None, None)
WHO = Who(
    "aurelia.gov", "borealis.gov", LINK_ID, 1, bytes(32), b"i" * 16,
    dials_first=True, peer_cards={1: bytes(32)},
    rates={"primary": 10**9, "secondary": 10**9},  # so fast that no window shows
)  # fmt: skip
THEIRS = Hello(
    party="borealis.gov",
    link_id=LINK_ID,
    card_serial=1,
    card_hash=bytes(32),
    incarnation=b"j" * 16,
    nonce=b"m" * 16,
    echo=None,
    path="primary",
    heads=NOTHING,
    clock_ms=makers.NOW.ms,
)


def head(size: int, mark: bytes = b"r") -> Checkpoint:
    """A checkpoint; the machine looks at its size only."""
    return Checkpoint(size, mark * 32, b"s" * 64)


def receipt(size: int) -> Cosignature:
    """A receipt; the machine looks at its size only."""
    return Cosignature(size, b"r" * 32, 1, b"t" * 64)


def heads(out: int = 0, receipted: int = 0, into: int = 0) -> Heads:
    """Heads of logs of these sizes."""
    return Heads(
        head(out) if out else None,
        receipt(receipted) if receipted else None,
        head(into) if into else None,
        receipt(into) if into else None,
    )


def record(seq: int, envelope: bytes = b"envelope", rank: int = 1) -> bytes:
    """RECORD from the peer."""
    return frames.record(seq, envelope, rank)


def greeting(given: Hello = THEIRS) -> bytes:
    """HELLO from the peer."""
    return frames.encode(frames.HELLO, hello.write(given))


def sent(effects: Effects, conn: int = 1) -> list[frames.Message]:
    """The messages that go out on a connection."""
    reader = frames.Reader()
    return [
        message
        for effect in effects
        if isinstance(effect, Send) and effect.conn == conn
        for message in reader.feed(effect.data)
    ]


def kinds(effects: Effects, conn: int = 1) -> list[int]:
    """The types of the messages that go out on a connection."""
    return [message.type for message in sent(effects, conn)]


def is_credit(effect: Send) -> bool:
    """Whether it is one CREDIT."""
    return effect.data[4] == frames.CREDIT


class Playbook:
    """One session and a clock that is turned by hand."""

    def __init__(self, held: Heads = NOTHING, halted: str | None = None, who: Who = WHO) -> None:
        self.session = Session(who, held, halted)
        self.now = makers.NOW
        self.credits: list[Send] = []

    def step(self, given: Input) -> Effects:
        """Hand in one input. The CREDIT that it gives stands apart, in `credits`."""
        effects = self.session.step(given, self.now)
        given_credit = [each for each in effects if isinstance(each, Send) and is_credit(each)]
        self.credits += given_credit
        return [each for each in effects if each not in given_credit]

    def wait(self, span: Span) -> Effects:
        """Let time pass, then tick once."""
        self.now = self.now + span
        return self.step(session.Tick())

    def hear(self, *data: bytes, conn: int = 1) -> Effects:
        """Take bytes from a connection."""
        return self.step(session.Bytes(conn, b"".join(data)))

    def open(self, conn: int = 1, path: str = "primary", *, dialled: bool = True) -> Effects:
        """Open a connection as far as our HELLO."""
        assert self.step(session.PathBegun(conn, path, dialled)) == []
        return self.step(session.PathUp(conn, b"n" * 16))

    def meet(
        self,
        conn: int = 1,
        path: str = "primary",
        *,
        dialled: bool = True,
        verdict: Verdict | None = None,
    ) -> Effects:
        """Open a connection, hear HELLO and judge it: without a verdict, as equal."""
        self.open(conn, path, dialled=dialled)
        effects = self.hear(greeting(replace(THEIRS, path=path)), conn=conn)
        equal = Verdict(resend_from=self.session.heads.out_size)
        return effects + self.step(session.Judged(conn, verdict or equal))

    def halt(self) -> Effects:
        """Have the link halted by a conflict."""
        return self.step(session.Refused(1, fork()))

    def at(self, ms: int) -> Moment:
        """The moment so long after the beginning."""
        return makers.NOW + Span(ms)


def fork() -> TheirFault:
    """A fault that halts."""
    return TheirFault("E_FORK", "two histories", "compare both logs")


def envelopes(count: int, size: int = 8) -> Sequence[bytes]:
    """Bytes that stand for envelopes."""
    return [i.to_bytes(4, "big") + bytes(size - 4) for i in range(count)]


MOST = limits.MAX_INFLIGHT_COUNT
