"""The hatch of a node's process: the office asks, and hears that there is news."""

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from detente.app import build, system
from detente.app.node.ground import Ground
from detente.app.node.offices import Offices, RemoteRoom
from detente.core import limits
from detente.core.errors import OurFault

REFUSED_MAX: Final = 16  # system users whose refusal is written to the log


@dataclass(slots=True)
class _Hatch:
    sock: socket.socket
    reader: build.FrameReader = field(default_factory=build.FrameReader)
    out: bytearray = field(default_factory=bytearray)
    lent: list[int] = field(default_factory=list)  # descriptors that go with it


class HatchRoom:
    """Answers the office on its socket, and no other system user."""

    def __init__(self, ground: Ground, settle: Callable[[], None]) -> None:
        """`settle` lets leave what the node decided: before an answer goes to the office."""
        self._ground, self._settle = ground, settle
        self._offices = Offices(ground)
        self.remote = RemoteRoom(ground, self._offices, settle)
        self._opened = 0
        self.office_user = build.office_user(ground.settings)
        self._hatches: dict[int, _Hatch] = {}
        self._told: object = None
        self._seen: object = None  # what had moved when it was looked at last
        self._refused: set[int] = set()

    def open(self, listener: socket.socket) -> None:
        """Serve on this socket."""
        self._ground.loop.watch(listener, lambda: self._accept(listener))

    def tell_news(self) -> None:
        """Tell the office that a level moved since it was told last."""
        if not self._hatches and not self.remote.present:
            return
        if self._opened != self.remote.opened:
            self._opened, self._told, self._seen = self.remote.opened, None, None
        seen = (self._ground.node.wholes, self._ground.node.moves)
        if seen == self._seen:
            return
        self._seen = seen
        levels = [
            (each.origin, each.size, each.receipted, each.state, each.unattended)
            for each in self._ground.node.levels()
        ]
        told = (self._ground.node.wholes, levels)
        if told != self._told:
            self._told = told
            for hatch in list(self._hatches.values()):
                self._send(hatch, build.NEWS_FRAME)
            self.remote.push(build.NEWS_FRAME)

    def _accept(self, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        user = build.user_of(sock)
        if user != self.office_user:
            sock.close()
            self._refuse(user)
            return
        sock.setblocking(False)  # noqa: FBT003  the socket's own call
        hatch = _Hatch(sock)
        self._hatches[sock.fileno()] = hatch
        self._ground.loop.watch(sock, lambda: self._read(hatch))
        self._told = self._seen = None

    def _refuse(self, user: int) -> None:
        # Once for each: an office that is refused comes again five times a second.
        if user not in self._refused and len(self._refused) < REFUSED_MAX:
            self._refused.add(user)
            what = "a system user who is not the office's came to the hatch and was refused"
            self._ground.log.write("warn", "hatch.closed", what, user=user)

    def _read(self, hatch: _Hatch) -> None:
        try:
            data = hatch.sock.recv(limits.KIB * 256)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(hatch)
            return
        try:
            for request in hatch.reader.feed(data):
                self._send(hatch, self._answer(hatch, request))
        except OurFault as fault:
            self._ground.log.write("error", fault.code, fault.what)
            self._close(hatch)

    def _answer(self, hatch: _Hatch, request: list[object]) -> bytes:
        found = build.answer(self._offices.local, request, system.now(), hatch.lent)
        self._ground.see_store()
        return found

    def _send(self, hatch: _Hatch, data: bytes) -> None:
        # A record is on its way to the peer before its answer goes to the office.
        self._settle()
        hatch.out += data
        self._flush(hatch)

    def _flush(self, hatch: _Hatch) -> None:
        try:
            sent = build.send_lent(hatch.sock, hatch.out, hatch.lent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET, errno.EBADF):
                raise
            self._close(hatch)
            return
        del hatch.out[:sent]
        again = (lambda: self._flush(hatch)) if hatch.out else None
        self._ground.loop.watch(hatch.sock, lambda: self._read(hatch), again)

    def _close(self, hatch: _Hatch) -> None:
        if self._hatches.pop(hatch.sock.fileno(), None) is not None:
            self._ground.loop.forget(hatch.sock)
            hatch.sock.close()
            build.close_lent(hatch.lent)
