"""Peers that hold valid keys and lie, and how a world with one must end for the honest side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from detente.app.world.machines import Site
from detente.app.world.party import draw, party, terms
from detente.app.world.run import World, small_windows
from detente.core import checkpoint as checkpoints
from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.moment import Moment
from detente.link import frames, frames_stage, hello, session
from detente.link.frames import Message

HONEST: Final = "aurelia.gov"
LIAR: Final = "borealis.gov"
TERMS: Final = terms(LIAR, HONEST)
OUT: Final = TERMS.out_origin(LIAR)  # the log that the liar writes
INN: Final = TERMS.in_origin
WRONG: Final = draw("another root", 32)
WHOLE: Final = limits.CHUNK + 16  # bytes of an encrypted chunk


class Truth:
    """A mouth that says what the node says, message by message; liars change one thing."""

    def __call__(self, link_id: str, conn: int, data: bytes) -> bytes:
        return b"".join(self.say(message) for message in frames.Reader().feed(data))

    def say(self, message: Message) -> bytes:
        return frames.encode(message.type, message.payload, message.rank, message.chan)


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
            if isinstance(envelope, bytes):  # a large one goes by its hashes
                self._last = envelope
            if seq > 12:  # of a window: record 0 is receipted
                said += frames.record(0, self._last, message.rank)
        return said


class SignsOtherOldRecords(ChangesOldRecords):
    """The same, and a head that says it was always there."""

    def say(self, message: Message) -> bytes:
        said, true = super().say(message), Truth.say(self, message)
        return said if said == true else said + signed(1, WRONG)


class TellsRecordsOfAnotherLog(Truth):
    """Its next record in the place of this one, as if it were this link's."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.RECORD:
            return super().say(message)
        seq, envelope = frames.read_record(message.payload)
        if not isinstance(envelope, bytes):
            return super().say(message)
        return frames.record(seq, envelope[:-1] + bytes([envelope[-1] ^ 1]), message.rank)


class TalksNonsense(Truth):
    """Bytes that are no frames, after a HELLO."""

    def __call__(self, link_id: str, conn: int, data: bytes) -> bytes:
        return data if data[4] == frames.HELLO else draw(f"{len(data)}", len(data))


class SignsAWrongLine2(Truth):
    """A second leg that its key did not sign."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.PQSIG:
            return super().say(message)
        given = frames.read_pq(message.payload)
        return frames.pqsig(replace(given, signature=bytes(len(given.signature))))


class SignsAWrongLine4(Truth):
    """An answer to the second leg that its key did not sign."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.PQCOSIGN:
            return super().say(message)
        given = frames.read_pq(message.payload)
        return frames.pqcosign(replace(given, signature=bytes(len(given.signature))))


class CreditsTheFuture(Truth):
    """More bytes taken than were ever sent."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.CREDIT:
            return super().say(message)
        return frames.encode(frames.CREDIT, (2**60).to_bytes(8, "big"))


class OffersWithoutEnd(Truth):
    """With each checkpoint, offers of what is never sent."""

    def __init__(self) -> None:
        self._offered = 0

    def say(self, message: Message) -> bytes:
        said = super().say(message)
        if message.type == frames.CHECKPOINT:
            for _ in range(100):
                self._offered += 1
                name = draw(f"offer {self._offered}", 32)
                offer = frames_stage.Offer(name, frames_stage.ATTACHMENT, 2**14 * WHOLE, 2**14)
                said += frames_stage.offer(offer, 0)
        return said


class ForgetsItsOwn(Truth):
    """In HELLO, the first head of its log that it ever signed, as if the rest were lost."""

    def __init__(self) -> None:
        self._first: Checkpoint | None = None

    def say(self, message: Message) -> bytes:
        if message.type == frames.CHECKPOINT and self._first is None:
            self._first = frames.read_checkpoint(message.payload)
        if message.type != frames.HELLO or self._first is None:
            return super().say(message)
        found = hello.read(message.payload)
        if found.link_id == TERMS.link_id:  # in the next epoch it forgets nothing
            found = replace(found, heads=replace(found.heads, out=self._first, out_receipt=None))
        return frames.encode(frames.HELLO, hello.write(found))


class ForgetsWhatItReceipted(Truth):
    """In HELLO, the first state of our log that it ever receipted, as if the rest were lost."""

    def __init__(self) -> None:
        self._first: Cosignature | None = None

    def say(self, message: Message) -> bytes:
        if message.type == frames.COSIGN and self._first is None:
            self._first = frames.read_cosign(message.payload)
        if message.type != frames.HELLO or self._first is None:
            return super().say(message)
        found, given = hello.read(message.payload), self._first
        if found.link_id == TERMS.link_id:
            # Where the roots agree nobody looks at line 1.
            head = Checkpoint(given.size, given.root, bytes(64))
            found = replace(found, heads=replace(found.heads, in_=head, in_receipt=given))
        return frames.encode(frames.HELLO, hello.write(found))


class ShowsAnotherCard(Truth):
    """In HELLO, another card under the serial that is known."""

    def say(self, message: Message) -> bytes:
        if message.type != frames.HELLO:
            return super().say(message)
        found = replace(hello.read(message.payload), card_hash=draw("another card", 32))
        return frames.encode(frames.HELLO, hello.write(found))


@dataclass(frozen=True, slots=True)
class Lie:
    """A mouth, and the codes with which the honest side halts; without any it does not.

    closes: the code with which it closes paths. Where there are both, either is enough: the world
    says which comes first.
    """

    mouth: Callable[[], Truth]
    codes: tuple[str, ...] = ()
    closes: str = ""


LIES: Final[Mapping[str, Lie]] = {
    "shows two histories": Lie(ShowsTwoHistories, ("E_FORK",)),
    "states another history": Lie(StatesAnotherHistory, ("E_FORK",)),
    # Its HELLO states the right one: with that the wrong one is a fork.
    "signs a wrong root": Lie(SignsAWrongRoot, ("E_ROOT", "E_FORK")),
    "signs nothing": Lie(SignsNothing, ("E_CP_SIG",)),
    "receipts a wrong root": Lie(ReceiptsAWrongRoot, ("E_COSIGN",)),
    "receipts unsigned": Lie(ReceiptsUnsigned, ("E_COSIGN",)),
    "receipts the future": Lie(ReceiptsTheFuture, closes="E_HELLO"),
    # What it promises may always lie behind the window; then nothing of it is taken in.
    "promises more": Lie(PromisesMore, ("E_ROOT", "E_FORK"), "E_SEQ_GAP"),
    # Nothing is proved without a signed head.
    "changes old records": Lie(ChangesOldRecords, closes="E_SEQ_CONFLICT"),
    "signs other old records": Lie(SignsOtherOldRecords, ("E_SEQ_CONFLICT", "E_FORK")),
    "tells records of another log": Lie(TellsRecordsOfAnotherLog, ("E_ROOT",)),
    "talks nonsense": Lie(TalksNonsense, closes="E_LIMIT"),
    "signs a wrong line 2": Lie(SignsAWrongLine2, ("E_CP_SIG",)),
    "signs a wrong line 4": Lie(SignsAWrongLine4, ("E_COSIGN",)),
    "credits the future": Lie(CreditsTheFuture),
    "offers without end": Lie(OffersWithoutEnd, closes="E_BUSY"),
    "shows another card": Lie(ShowsAnotherCard, ("E_CARD_FORK",)),
}


def halted(site: Site) -> str:
    """What a party's disk says of the halt of the link; empty if it is not halted.

    An emergency may be open since: then the halt is why the logs before it are disputed.
    """
    notes = site.disk.notes
    found = (notes.get(f"{mark}:{TERMS.link_id}", b"") for mark in ("disputed", "halted"))
    return next((each.decode() for each in found if each), "")


def lie(name: str, seed: int) -> None:
    """Run a world with this liar and judge what the honest side kept."""
    told = LIES[name]
    world = World(seed, liars={LIAR: told.mouth()})
    world.run_for(30_000)
    world.faults.mend()
    world.run_for(60_000)
    honest = world.sites[HONEST]
    world.machines.laws.rows_hold(HONEST)
    if told.closes and not halted(honest):
        assert honest.closed[told.closes], f"{name}: {honest.closed}"
        return
    if not told.codes:
        assert not halted(honest), halted(honest)
        return
    assert halted(honest).startswith(told.codes), f"{name}: {halted(honest) or 'not halted'}"
    assert honest.disk.evidence, "the evidence is kept"
    before = _sizes(honest)
    world.run_for(30_000)
    assert _sizes(honest) == before, "a halted link appends nothing to its logs"


def restore(seed: int) -> bool:
    """Put the peer back to a backup; both must take back what was lost and begin a new epoch.

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
        before = _sizes(honest)
        world.run_for(60_000)
    if lost:
        states = {site.name: site.state.get(TERMS.link_id) for site in (honest, peer)}
        assert states == dict.fromkeys((HONEST, LIAR), session.LIVE), states
        epochs = {site.node.epoch_of(TERMS.link_id) for site in (honest, peer) if site.node}
        assert len(epochs) == 1, "both go on in one epoch"
        assert epochs != {TERMS.link_id}, "it is a new one"
        assert _sizes(honest) == _sizes(peer), "both hold the old logs alike"
        assert all(_sizes(honest)[each] >= before[each] for each in before), "nothing is lost"
    return lost


FORGETS: Final[Mapping[str, Callable[[], Truth]]] = {
    "its own log": ForgetsItsOwn,
    "what it receipted": ForgetsWhatItReceipted,
}


def forget(what: str, seed: int) -> None:
    """Run a world whose one side says less than it had signed: both must begin a new epoch.

    Its node has lost nothing and sees nothing: only the verdict of the honest side can end it.
    """
    world = World(seed, liars={LIAR: FORGETS[what]()})
    world.run_for(20_000)
    world.faults.mend()
    world.run_for(20_000)
    honest, peer = world.sites[HONEST], world.sites[LIAR]
    before = _sizes(honest)
    world.machines.net.leave(LIAR)  # all dial again: what is held now is the baseline
    world.run_for(60_000)
    assert honest.disk.notes.get(f"epoch:{TERMS.link_id}:1"), "the loss is not noticed"
    states = {site.name: site.state.get(TERMS.link_id) for site in (honest, peer)}
    assert states == dict.fromkeys((HONEST, LIAR), session.LIVE), states
    assert _sizes(honest) == _sizes(peer), "both hold the old logs alike"
    assert all(_sizes(honest)[each] >= before[each] for each in before), "nothing is lost"


def _receipted(site: Site) -> int:
    head = site.disk.heads.get(INN)
    return head.receipt.size if head and head.receipt else 0


def _sizes(site: Site) -> dict[str, int]:
    return {origin: len(site.disk.rows.get(origin, [])) for origin in (OUT, INN)}
