"""Peers that hold valid keys and lie, and how a world with one must end for the honest side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from detente.app.world import World, small_windows
from detente.app.world_machines import Site
from detente.app.world_party import draw, party, terms
from detente.core import checkpoint as checkpoints
from detente.core.moment import Moment
from detente.link import frames, hello, session
from detente.link.frames import Message

HONEST: Final = "aurelia.gov"
LIAR: Final = "borealis.gov"
TERMS: Final = terms(LIAR, HONEST)
OUT: Final = TERMS.out_origin(LIAR)  # the log that the liar writes
INN: Final = TERMS.in_origin
WRONG: Final = draw("another root", 32)


class Truth:
    """A mouth that says what the node says, message by message; liars change one thing."""

    def __call__(self, link_id: str, conn: int, data: bytes) -> bytes:
        return b"".join(self.say(message) for message in frames.Reader().feed(data))

    def say(self, message: Message) -> bytes:
        return frames.encode(message.type, message.payload, message.rank)


def signed(size: int, root: bytes) -> bytes:
    return frames.checkpoint(checkpoints.sign(party(LIAR).log, OUT, size, root))


class ShowsTwoHistories(Truth):
    """With each checkpoint, one of another first record."""

    def say(self, message: Message) -> bytes:
        said = super().say(message)
        if message.type == frames.CHECKPOINT:
            said = signed(1, WRONG) + said
        return said


class StatesAnotherHistory(Truth):
    """In HELLO, another first record of its own log."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.HELLO:
            return super().say(message)
        found = hello.read(message.payload)
        out = found.heads.out
        if out is not None:
            other = checkpoints.sign(party(LIAR).log, OUT, 1, WRONG)
            found = replace(found, heads=replace(found.heads, out=other))
        return frames.encode(frames.HELLO, hello.write(found))


class SignsAWrongRoot(Truth):
    """Checkpoints of its log that its records do not give."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.CHECKPOINT:
            return super().say(message)
        return signed(frames.read_checkpoint(message.payload).size, WRONG)


class SignsNothing(Truth):
    """Right checkpoints without a signature."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.CHECKPOINT:
            return super().say(message)
        head = frames.read_checkpoint(message.payload)
        return frames.checkpoint(replace(head, signature=bytes(64)))


class ReceiptsAWrongRoot(Truth):
    """Receipts of the right size for another state."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.COSIGN:
            return super().say(message)
        size = frames.read_cosign(message.payload).size
        return frames.cosign(
            checkpoints.cosign(party(LIAR).cosign, INN, size, WRONG, Moment(0)), message.rank
        )


class ReceiptsUnsigned(Truth):
    """Receipts whose signature is of nobody."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.COSIGN:
            return super().say(message)
        given = frames.read_cosign(message.payload)
        return frames.cosign(replace(given, signature=bytes(64)))


class ReceiptsTheFuture(Truth):
    """Receipts for more than there is."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.COSIGN:
            return super().say(message)
        size = frames.read_cosign(message.payload).size + 1_000
        return frames.cosign(checkpoints.cosign(party(LIAR).cosign, INN, size, WRONG, Moment(0)))


class PromisesMore(Truth):
    """Checkpoints of records that never come, each higher than the last."""

    def say(self, message: Message) -> bytes:
        said = super().say(message)
        if message.type == frames.CHECKPOINT:
            said += signed(frames.read_checkpoint(message.payload).size + 3, WRONG)
        return said


class ChangesOldRecords(Truth):
    """Once a record was stored, another one at its place."""

    def __init__(self) -> None:
        self._last = b""

    def say(self, message: Message) -> bytes:
        said = super().say(message)
        if message.type == frames.RECORD:
            seq, envelope = frames.read_record(message.payload)
            self._last = envelope
            if seq > 12:  # of a window: record 0 is receipted
                said += frames.record(0, envelope, message.rank)
        return said


class TellsRecordsOfAnotherLog(Truth):
    """Its next record in the place of this one, as if it were this link's."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.RECORD:
            return super().say(message)
        seq, envelope = frames.read_record(message.payload)
        return frames.record(seq, envelope[:-1] + bytes([envelope[-1] ^ 1]), message.rank)


class TalksNonsense(Truth):
    """Bytes that are no frames, after a HELLO."""

    def __call__(self, link_id: str, conn: int, data: bytes) -> bytes:
        return data if data[4] == frames.HELLO else draw(f"{len(data)}", len(data))


@dataclass(frozen=True, slots=True)
class Lie:
    """A mouth, and the codes with which the honest side halts.

    may: what is wrong comes true only in some worlds; in the others paths are closed.
    """

    mouth: Callable[[], Truth]
    codes: tuple[str, ...] = ()
    may: bool = False


LIES: Final[Mapping[str, Lie]] = {
    "shows two histories": Lie(ShowsTwoHistories, ("E_FORK", "E_ROOT")),
    "states another history": Lie(StatesAnotherHistory, ("E_FORK",)),
    "signs a wrong root": Lie(SignsAWrongRoot, ("E_ROOT",)),
    "signs nothing": Lie(SignsNothing, ("E_CP_SIG",)),
    "receipts a wrong root": Lie(ReceiptsAWrongRoot, ("E_COSIGN",)),
    "receipts unsigned": Lie(ReceiptsUnsigned, ("E_COSIGN",)),
    "receipts the future": Lie(ReceiptsTheFuture),
    "promises more": Lie(PromisesMore, ("E_ROOT", "E_FORK"), may=True),
    "changes old records": Lie(ChangesOldRecords, ("E_SEQ_CONFLICT",)),
    "tells records of another log": Lie(TellsRecordsOfAnotherLog, ("E_ROOT",)),
    "talks nonsense": Lie(TalksNonsense),
}


def halted(site: Site) -> str:
    """What a party's disk says of the halt of the link; empty if it is not halted."""
    return site.disk.notes.get(f"halted:{TERMS.link_id}", b"").decode()


def lie(name: str, seed: int) -> None:
    """Run a world with this liar and judge what the honest side kept."""
    told = LIES[name]
    world = World(seed, liars={LIAR: told.mouth()})
    world.run_for(60_000)
    honest = world.sites[HONEST]
    world.machines.laws.rows_hold(HONEST)
    if not told.codes or (told.may and not halted(honest)):
        assert not halted(honest), halted(honest)
        return
    assert halted(honest).startswith(told.codes), f"{name}: {halted(honest) or 'not halted'}"
    assert honest.disk.evidence, "the evidence is kept"
    before = {origin: len(rows) for origin, rows in honest.disk.rows.items()}
    world.run_for(30_000)
    after = {origin: len(rows) for origin, rows in honest.disk.rows.items()}
    assert after == before, "a halted link appends nothing"


def restore(seed: int) -> bool:
    """Put the peer back to a backup; both sides must say so and append nothing.

    Returns whether there was anything to lose.
    """
    world = World(seed, liars={LIAR: Truth()})
    with small_windows():
        world.run_for(8_000)
        peer = world.sites[LIAR]
        backup = peer.disk.copy()
        world.run_for(8_000)
        lost = backup.heads != peer.disk.heads and (
            len(backup.rows.get(OUT, [])) < len(world.sites[HONEST].disk.rows.get(OUT, []))
            or len(backup.rows.get(INN, [])) < _receipted(world.sites[HONEST])
        )
        world.machines.restore(LIAR, backup)
        world.faults.mend()
        honest = world.sites[HONEST]
        world.run_for(10_000)  # what was under way before the loss may arrive
        before = _sizes(honest)
        world.run_for(50_000)
    if lost:
        states = {site.name: site.state.get(TERMS.link_id) for site in (honest, peer)}
        assert states == dict.fromkeys((HONEST, LIAR), session.RECOVER), states
        assert _sizes(honest) == before, "nothing is appended after a loss"
        kept = {origin: len(backup.rows.get(origin, [])) for origin in (OUT, INN)}
        assert _sizes(peer) == kept, "nothing is appended to what was restored"
    return lost


def _receipted(site: Site) -> int:
    head = site.disk.heads.get(INN)
    return head.receipt.size if head and head.receipt else 0


def _sizes(site: Site) -> dict[str, int]:
    return {origin: len(site.disk.rows.get(origin, [])) for origin in (OUT, INN)}
