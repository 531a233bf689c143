"""STATUS: who sits at the desks, and whether a side can store. Normative: spec/link.md 2.2."""

from typing import Final, NamedTuple

from detente.link import frames
from detente.link.frames import Message
from detente.link.moves import Effects, Show, StatusChanged
from detente.link.part import Hears, Part, Reads
from detente.link.state import HALTED, RECOVER, State


class Roots(NamedTuple):
    """What a side states of a change of root keys: hashes of cards, b"" for none.

    coming: of its own card under new root keys. compared: of the other side's, by a person here.
    """

    coming: bytes = b""
    compared: bytes = b""


NO_ROOTS: Final = Roots()


class Status(Part):
    """What each side says of itself beside its logs."""

    def __init__(self, link: State, roots: Roots = NO_ROOTS) -> None:
        super().__init__(link)
        self._roots, self._peer_roots = roots, NO_ROOTS
        self._ours = StatusChanged((), read_only=False)
        self.peer_attended: tuple[str, ...] = ()
        self.peer_unattended: tuple[str, ...] = ()
        self.settle = b""  # the hash of the heads that a person here confirmed
        self.peer_settle = b""

    def hears(self) -> Hears:
        """Hear that ours changed."""
        return {StatusChanged: self._changed}

    def reads(self) -> Reads:
        """Read the peer's STATUS."""
        return {frames.STATUS: self._take}

    def tell(self, number: int) -> Effects:
        """Say it over one connection."""
        return self.link.send(number, self._frame())

    def _frame(self) -> bytes:
        stopped = self._ours.read_only or self.link.phase == RECOVER
        return frames.status(
            attended=self._ours.attended, unattended=self._ours.unattended, read_only=stopped,
            settle=self.settle,
            next_root=self._roots.coming, root_compared=self._roots.compared,
        )  # fmt: skip

    @property
    def root_agreed(self) -> bytes:
        """The hash of a card under new root keys that its owner and a person over there stated."""
        ours, theirs = self._roots, self._peer_roots
        for coming, compared in (
            (ours.coming, theirs.compared),
            (theirs.coming, ours.compared),
        ):
            if coming and coming == compared:
                return coming
        return b""

    @property
    def peer_compared(self) -> bytes:
        """The hash of the card of ours under new root keys that a person over there compared."""
        return self._peer_roots.compared

    def tell_all(self) -> Effects:
        """Say it over every connection that met."""
        return self.link.send_all_met(self._frame())

    def _changed(self, given: StatusChanged) -> Effects:
        self._ours = given
        return [] if self.link.phase == HALTED else self.tell_all()

    def carried(self) -> list[bytes]:
        """Return what a person here confirmed, for a file: who sits at a desk is old news there."""
        return [frames.status(attended=(), read_only=False, settle=self.settle)] * bool(self.settle)

    def _take(self, number: int, message: Message) -> Effects:
        if number in self.link.files:
            self.peer_settle = frames.read_hash(message.payload, "settle")
            return []
        said = frames.read_status(message.payload)
        self.peer_attended, self.peer_unattended = said.attended, said.unattended
        self.link.peer_stopped = said.read_only
        self.peer_settle = frames.read_hash(message.payload, "settle")
        coming, compared = "next_root", "root_compared"
        self._peer_roots = Roots(
            frames.read_hash(message.payload, coming), frames.read_hash(message.payload, compared)
        )
        return [Show(self.link.phase, self.link.why)]
