"""What waits for one connection: which frame goes next, and how long it is.

Strict order of classes at every frame, so that FLASH overtakes even the rest of a message that is
under way; a class that is passed over still gets a twentieth. Normative: spec/link.md 2.3.
"""

from collections import deque
from struct import Struct
from typing import Final

from detente.core.moment import Moment
from detente.link import frames
from detente.link.pace import Pace

FLASH: Final = 0
_CONTROL: Final = 3
_ROUTINE: Final = 4
_BULK: Final = 5
_CLASSES: Final = 6
_RANK_MOST: Final = 4
_OF_LOW_RANK: Final = {
    (frames.RECORD, 0): _BULK, (frames.CHUNK, 0): _BULK, (frames.OFFER, 0): _BULK,
    (frames.RECORD, 1): _ROUTINE, (frames.CHUNK, 1): _ROUTINE, (frames.OFFER, 1): _ROUTINE,
    (frames.CHECKPOINT, 1): _ROUTINE,
}  # fmt: skip
_SHARE: Final = 19  # bytes of others for each byte of one that is passed over
_CHAN_FIRST: Final = 16  # a class has a channel of its own, apart from those of whole messages
_HEAD: Final = Struct(">IBBH")


def class_of(kind: int, rank: int) -> int:
    """Return where a message stands: 0 FLASH, IMMEDIATE, PRIORITY, control, ROUTINE, 5 BULK."""
    if rank >= 2:  # noqa: PLR2004  PRIORITY
        return max(FLASH, _RANK_MOST - rank)
    return _OF_LOW_RANK.get((kind, rank), _CONTROL)


class _Message:
    """A message as it was given, and how many bytes of its payload went in frames of another cut."""

    __slots__ = ("_payload", "at", "flags", "kind", "raw", "size")

    def __init__(self, kind: int, flags: int, raw: bytes, size: int) -> None:
        self.kind, self.flags, self.raw, self.size, self.at = kind, flags, raw, size, 0
        self._payload: bytes | None = None

    def part(self, end: int) -> bytes:
        """Return the payload from where it stands to `end`, and stand there."""
        if self._payload is None:
            self._payload, self.raw = _payload(self.raw), b""
        found = self._payload[self.at : end]
        self.at = end
        return found


class Queue:
    """All that waits for one connection.

    `is_full`: the socket takes no more now. `is_open`: without windows, as on a halted link, where
    the peer gives no CREDIT and little is said.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.is_full = False
        self.is_open = False
        self.waiting = 0  # bytes of messages, without heads
        self._count = 0
        self._rows: tuple[deque[_Message], ...] = tuple(deque() for _ in range(_CLASSES))
        self._owed = [0] * _CLASSES

    def offer(self, data: bytes, now: Moment) -> bytes:
        """Take whole messages of one class, as frames; return what may leave now.

        Classes are told by the first frame.
        """
        which = class_of(data[4], data[5] & frames.PRECEDENCE_BITS)
        if not self._count and self._fits(which, data):
            self._note(which, data, now)
            return data
        for message in _messages(data):
            self._rows[which].append(message)
            self.waiting += message.size
            self._count += 1
        return self.pull(now)

    def _fits(self, which: int, data: bytes) -> bool:
        # Whole, as it was given: the common case, and it costs nothing.
        if self.is_full:
            return False
        pace, size = self.pace, len(data)
        if which == FLASH or self.is_open or data[4] in frames.UNCREDITED:
            return True
        whole = pace.fragment == frames.FRAGMENT or size <= pace.fragment + _HEAD.size
        return whole and pace.under_way + size <= pace.window

    def _note(self, which: int, data: bytes, now: Moment) -> None:
        if data[4] in frames.UNCREDITED:
            self.pace.sent += len(data)
        else:
            self.pace.put(len(data), now, windowed=which != FLASH)

    def pull(self, now: Moment) -> bytes:
        """Return the frames that may leave now, in order."""
        out: list[bytes] = []
        while self._count and not self.is_full:
            which = self._alone()
            if which is not None:
                frame = self._whole(which)
            else:
                which = self._next()
                if which is None:
                    self.pace.pressed = True
                    break
                frame = self._cut(which)
            self._note(which, frame, now)
            self._share(which, len(frame))
            out.append(frame)
        return b"".join(out)

    def _alone(self) -> int | None:
        # Nobody else waits, and there is room for all of the next message: it goes as it was given.
        there = [which for which in range(_CLASSES) if self._rows[which]]
        if len(there) > 1:
            return None
        first = self._rows[there[0]][0]
        return there[0] if first.raw and self._fits(there[0], first.raw) else None

    def _whole(self, which: int) -> bytes:
        message = self._rows[which].popleft()
        self.waiting -= message.size
        self._count -= 1
        return message.raw

    def _next(self) -> int | None:
        there = [which for which in range(_CLASSES) if self._rows[which]]
        owed = [which for which in there if self._owed[which] >= _SHARE * self._size(which)]
        for which in (*owed, there[0]):
            if self._may_leave(which):
                return which
        return None

    def _size(self, which: int) -> int:
        message = self._rows[which][0]
        longest = frames.FRAGMENT if which == FLASH else self.pace.fragment
        return min(longest, message.size - message.at) + _HEAD.size

    def _may_leave(self, which: int) -> bool:
        pace = self.pace
        if which == FLASH or self.is_open or pace.under_way == 0:
            return True
        if self._rows[which][0].kind in frames.UNCREDITED:
            return True
        return pace.under_way + self._size(which) <= pace.window

    def _cut(self, which: int) -> bytes:
        message = self._rows[which][0]
        end = message.at + self._size(which) - _HEAD.size
        part = message.part(end)
        self.waiting -= len(part)
        more = frames.MORE if end < message.size else 0
        if not more:
            self._rows[which].popleft()
            self._count -= 1
        chan = _CHAN_FIRST + which
        return _HEAD.pack(len(part) + 4, message.kind, message.flags | more, chan) + part

    def _share(self, which: int, size: int) -> None:
        for other in range(_CLASSES):
            if not self._rows[other]:
                self._owed[other] = 0
            elif other == which:
                self._owed[other] = max(0, self._owed[other] - _SHARE * size)
            else:
                self._owed[other] += size


def _messages(data: bytes) -> list[_Message]:
    found: list[_Message] = []
    start = at = payload = 0
    while at < len(data):
        size, kind, flags, _ = _HEAD.unpack_from(data, at)
        at += 4 + size
        payload += size + 4 - _HEAD.size
        if not flags & frames.MORE:
            found.append(_Message(kind, flags, data[start:at], payload))
            start, payload = at, 0
    return found


def _payload(data: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        size = _HEAD.unpack_from(data, at)[0]
        parts.append(data[at + _HEAD.size : at + 4 + size])
        at += 4 + size
    return parts[0] if len(parts) == 1 else b"".join(parts)
