"""The network of a world: connections that lose, double, delay and reorder, and end anywhere.

It knows of a frame its length, its type and whether more of its message follows, no more. TLS
would stop some of this; files carried by courier would not, and the protocol must bear both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from struct import Struct
from typing import Final, Protocol

from detente.app.world.chance import Faults, Timeline
from detente.link import session

_HEAD: Final = Struct(">IBBH")
_SIZE: Final = Struct(">Q")
_MORE: Final = 0x40
_ABOUT_LOGS: Final = range(0x10, 0x13)  # RECORD, CHECKPOINT, COSIGN (spec/link.md 2)
_WORDS: Final = {
    0x01: "HELLO", 0x10: "RECORD", 0x11: "CHECKPOINT", 0x12: "COSIGN", 0x13: "PQSIG",
    0x14: "PQCOSIGN", 0x20: "OFFER", 0x21: "WANT", 0x22: "CHUNK", 0x24: "CREDIT", 0x30: "PING",
    0x31: "PONG", 0x32: "STATUS", 0x40: "TAIL_REQ", 0x41: "TAIL_END", 0x43: "EPOCH",
    0x44: "ROW_REQ", 0x45: "ROW", 0x7E: "ERROR", 0x7F: "BYE",
}  # fmt: skip
_TAILS: Final = 32  # chans from here on are of tails, which come in order or not at all
_KEPT_MAX: Final = 40  # old messages that may come again
_LATE_MS: Final = 6_000


def messages(data: bytes) -> list[bytes]:
    """Return the whole messages of one send; what is none (a liar's) comes as one piece."""
    found, at, start = [], 0, 0
    while at + _HEAD.size <= len(data):
        size, _, flags, _ = _HEAD.unpack_from(data, at)
        at += 4 + size
        if not flags & _MORE and at <= len(data):
            found.append(data[start:at])
            start = at
    return found if start == len(data) else [*found, data[start:]]


def _word(message: bytes) -> str:
    if not _is_about_logs(message):
        return _WORDS.get(message[4] if len(message) >= _HEAD.size else -1, "nonsense")
    return f"{_WORDS[message[4]]} {_SIZE.unpack_from(message, _HEAD.size)[0]}"


def _is_about_logs(message: bytes) -> bool:
    if len(message) < _HEAD.size + _SIZE.size:
        return False
    _, kind, _, chan = _HEAD.unpack_from(message)
    return kind in _ABOUT_LOGS and chan < _TAILS


class Ends(Protocol):
    """The machines that connections run between."""

    def is_up(self, name: str) -> bool:
        """Say whether a party's node runs."""
        ...

    def hear(self, name: str, link_id: str, given: session.Input) -> None:
        """Give a party's node what happened on a path."""
        ...

    def epoch_of(self, name: str, link: str) -> str:
        """Return the newest epoch of a link, as one party's node has it."""
        ...

    def nonce(self) -> bytes:
        """Return 16 fresh bytes."""
        ...


@dataclass(slots=True)
class _Wire:
    number: int
    link_id: str
    path: str
    dialler: str
    acceptor: str
    open: set[str]  # the sides that believe in it
    due: dict[str, int]  # when the last byte under way to a side arrives
    is_cut: bool = False  # nothing arrives any more
    is_silent: bool = False  # and nobody is told
    met: set[str] = field(default_factory=set)  # sides to which a first send arrived

    def other(self, name: str) -> str:
        return self.acceptor if name == self.dialler else self.dialler


class Network:
    """All connections of a world."""

    def __init__(self, ends: Ends, line: Timeline, faults: Faults, dice: Random) -> None:
        self._ends, self._line, self._faults, self._dice = ends, line, faults, dice
        self._wires: dict[int, _Wire] = {}
        self._made = 0
        self._old: dict[tuple[str, str], list[bytes]] = {}
        self._gone: set[str] = set()

    # Dialling.

    def keep_dialling(self, dialler: str, peer: str, link_id: str, path: str) -> None:
        """Look about twice a second whether a path has a connection, and dial if not."""
        if path in self._gone:
            return
        if self._ends.is_up(dialler) and not self._has(dialler, link_id, path):
            self._dial(dialler, peer, link_id, path)
        again = self._dice.randrange(300, 900)
        self._line.after(again, lambda: self.keep_dialling(dialler, peer, link_id, path))

    def _has(self, name: str, link_id: str, path: str) -> bool:
        return any(
            each.link_id == link_id and each.path == path and name in each.open
            for each in self._wires.values()
        )

    def _dial(self, dialler: str, peer: str, link_id: str, path: str) -> None:
        if self._faults.hits("refused"):
            self._line.tell(f"{dialler} => {peer} {path} refused")
            return
        self._made += 1
        wire = _Wire(self._made, link_id, path, dialler, peer, {dialler}, {})
        self._wires[wire.number] = wire
        self._line.tell(f"{dialler} => {peer} {path} dials #{wire.number}")
        self._hear(wire, dialler, session.PathBegun(wire.number, path, dialled=True))
        self._line.after(self._dice.randrange(5, 200), lambda: self._accept(wire))

    def _accept(self, wire: _Wire) -> None:
        if not self._ends.is_up(wire.acceptor) or wire.dialler not in wire.open:
            self._end(wire, wire.dialler, "refused")
            return
        if self._has(wire.acceptor, wire.link_id, wire.path):
            self._faults.counts["crossed"] += 1
        wire.open.add(wire.acceptor)
        self._hear(wire, wire.acceptor, session.PathBegun(wire.number, wire.path, dialled=False))
        for name in (wire.dialler, wire.acceptor):
            up = wire.due[name] = self._line.ms + self._dice.randrange(1, 200)
            self._line.at(up, lambda name=name: self._up(wire, name))  # type: ignore[misc]

    def _up(self, wire: _Wire, name: str) -> None:
        if name in wire.open:
            self._hear(wire, name, session.PathUp(wire.number, self._ends.nonce()))

    def _hear(self, wire: _Wire, name: str, given: session.Input) -> None:
        self._ends.hear(name, wire.link_id, given)

    # Ending.

    def _end(self, wire: _Wire, name: str, why: str) -> None:
        # One side learns that the connection is gone.
        if name in wire.open:
            wire.open.discard(name)
            self._line.tell(f"{name} #{wire.number} is down: {why}")
            self._hear(wire, name, session.PathDown(wire.number, why))
        self._forget(wire)

    def _forget(self, wire: _Wire) -> None:
        if not wire.open:
            self._wires.pop(wire.number, None)

    def close(self, name: str, number: int, *, fell: bool = False) -> None:
        """Let one side leave; the other is told after what was sent, or never."""
        wire = self._wires.get(number)
        if wire is None or name not in wire.open:
            return
        wire.open.discard(name)
        peer = wire.other(name)
        if fell and self._faults.hits("half_open"):
            wire.is_cut = wire.is_silent = True
        if not wire.is_silent:
            when = max(wire.due.get(peer, 0), self._line.ms + self._dice.randrange(1, 300))
            self._line.at(when, lambda: self._end(wire, peer, "closed by the other side"))
        self._forget(wire)

    def fall(self, name: str) -> None:
        """End all connections of a machine that fell."""
        for wire in list(self._wires.values()):
            self.close(name, wire.number, fell=True)

    def leave(self, name: str) -> None:
        """End all connections of a machine that stops in order."""
        for wire in list(self._wires.values()):
            self.close(name, wire.number)

    def _cut(self, wire: _Wire) -> None:
        # Both sides learn of it, each in its time; or one does not.
        wire.is_cut = True
        told = [wire.dialler, wire.acceptor]
        if self._faults.hits("half_open"):
            wire.is_silent = True
            told.remove(self._dice.choice(told))
        for name in told:
            # What is under way may be lost with it.
            when = self._line.ms + self._dice.randrange(1, 2_000)
            self._line.at(when, lambda name=name: self._end(wire, name, "reset"))  # type: ignore[misc]

    def end_path(self, path: str) -> None:
        """Let a path end for good, with whatever is under way on it."""
        self._line.tell(f"{path} is gone for good")
        self._gone.add(path)
        for wire in list(self._wires.values()):
            if wire.path == path and not wire.is_cut:
                self._cut(wire)

    def go_silent(self) -> None:
        """Let every connection end, and nobody be told."""
        for wire in self._wires.values():
            wire.is_cut = wire.is_silent = True

    # Sending.

    def send(self, name: str, number: int, data: bytes) -> None:
        """Take what a side sends, and let of it arrive what arrives."""
        wire = self._wires.get(number)
        if wire is None or name not in wire.open:
            return
        peer = wire.other(name)
        if wire.is_cut or peer not in wire.open:
            self._faults.counts["lost"] += 1
            self._tell(wire, name, messages(data), " lost")
            return
        rows = self._disturb(wire, name, messages(data))
        whole = b"".join(rows)
        self._tell(wire, name, rows, "")
        if self._faults.hits("cut"):
            at = self._dice.randrange(len(whole) + 1)
            self._line.tell(f"{name} => {peer} #{number} cut at byte {at} of {len(whole)}")
            self._schedule(wire, peer, whole[:at])
            self._cut(wire)
            return
        if self._faults.hits("split"):
            cuts = sorted(self._dice.randrange(len(whole) + 1) for _ in range(3))
            for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
                self._schedule(wire, peer, whole[start:end])
        else:
            self._schedule(wire, peer, whole)

    def _tell(self, wire: _Wire, name: str, rows: Sequence[bytes], fate: str) -> None:
        if self._line.is_told:
            words = ", ".join(map(_word, rows))
            self._line.tell(f"{name} => {wire.other(name)} #{wire.number} {words}{fate}")

    def _disturb(self, wire: _Wire, name: str, rows: list[bytes]) -> list[bytes]:
        if not all(map(_is_about_logs, rows)):
            return rows
        dice, faults = self._dice, self._faults
        way = (self._ends.epoch_of(name, wire.link_id), name)
        old = self._old.setdefault(way, [])
        if faults.hits("doubled"):
            rows.insert(dice.randrange(len(rows) + 1), dice.choice(rows))
        if old and faults.hits("replayed"):
            rows.insert(dice.randrange(len(rows) + 1), dice.choice(old))
        if len(rows) > 1 and faults.hits("reordered"):
            dice.shuffle(rows)
        old += rows
        del old[:-_KEPT_MAX]
        other = self._beside(wire, name)
        if other is not None and faults.hits("moved"):
            piece = rows.pop(dice.randrange(len(rows)))
            self._schedule(other, wire.other(name), piece, wire)
        return rows

    def _beside(self, wire: _Wire, name: str) -> _Wire | None:
        # Another connection of the link on which both sides have met.
        peer = wire.other(name)
        for each in self._wires.values():
            ready = len(each.open) == len(each.met) == 2 and not each.is_cut  # noqa: PLR2004
            if each is not wire and each.link_id == wire.link_id and ready and peer in each.open:
                return each
        return None

    def _schedule(self, wire: _Wire, peer: str, piece: bytes, sent_on: _Wire | None = None) -> None:
        if not piece:
            return
        late = _LATE_MS if self._faults.hits("stalled") else 30
        when = max(wire.due.get(peer, 0), self._line.ms + self._dice.randrange(1, late))
        wire.due[peer] = when
        self._line.at(when, lambda: self._arrive(wire, peer, piece, sent_on))

    def _arrive(self, wire: _Wire, peer: str, piece: bytes, sent_on: _Wire | None) -> None:
        if peer in wire.open:
            wire.met.add(peer)
            self._hear(wire, peer, session.Bytes(wire.number, piece))
        elif sent_on is not None and not sent_on.is_cut:
            # A connection that lives loses nothing: so the one it was sent on ends as well.
            self._cut(sent_on)
