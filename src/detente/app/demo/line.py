"""A line between two nodes that can be cut: forwards ports of this machine, told on standard input.

`silence` lets nothing through any more and tells nobody, as a cable under a plough does. `cut` ends
every connection as well. After both, whoever dials hears nothing. `refuse` ends all and refuses who
dials, as a node that is gone does. `mend` makes the line whole. The demo and the benches play the bad
days of a line with it.
"""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_PIECE: Final = 1 << 18
_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 16
_FULL_AFTER: Final = 0.2  # seconds; on one machine a connection takes far less


class _End:
    """One socket of a forwarded connection, and what waits to be written to it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.waiting = sock, b""
        self.other = self


class _Door:
    """A port that is dialled, and the port that is reached through it."""

    def __init__(self, port: int, target: int) -> None:
        self._port, self.target = port, target
        self.server: socket.socket | None = None
        self._stand_in: socket.socket | None = None

    def accept(self) -> socket.socket | None:
        """Return the next who dialled."""
        assert self.server is not None, "it is open"
        try:
            return self.server.accept()[0]
        except OSError:
            return None  # gone before we came

    def open(self) -> socket.socket:
        """Take who dials."""
        if self.server is None:
            self.server = socket.create_server((_HOST, self._port), backlog=_BACKLOG)
            self.server.setblocking(False)  # noqa: FBT003  the socket's own call
        if self._stand_in is not None:
            self._empty()
            self._stand_in.close()
            self._stand_in = None
            self.server.listen(_BACKLOG)
        return self.server

    def mute(self) -> None:
        """Let whoever dials hear nothing: the system does not answer who finds its queue full."""
        server = self.open()
        server.listen(0)
        while self._stand_in is None:
            self._empty()
            try:
                self._stand_in = socket.create_connection(server.getsockname(), _FULL_AFTER)
            except TimeoutError:
                continue  # somebody else came into the queue first

    def _empty(self) -> None:
        while one := self.accept():
            one.close()

    def shut(self) -> None:
        """Refuse who dials."""
        self.open().close()
        self.server = None


class _Relay:
    def __init__(self, doors: Mapping[int, int]) -> None:
        self._poll = select.poll()
        self._ends: dict[int, _End] = {}
        self._doors = [_Door(*pair) for pair in doors.items()]
        self._open: dict[int, _Door] = {}
        self._poll.register(sys.stdin, select.POLLIN)
        self.mend()

    def mend(self) -> None:
        """Take who dials, and forward again what is still open."""
        self._quiet()
        for door in self._doors:
            number = door.open().fileno()
            self._open[number] = door
            self._poll.register(number, select.POLLIN)
        for end in self._ends.values():
            self._watch(end)

    def silence(self) -> None:
        """Forward nothing, and say so to nobody."""
        self._quiet()
        for number in self._ends:
            self._poll.modify(number, 0)
        for door in self._doors:
            door.mute()

    def cut(self) -> None:
        """End all that is open, and answer nobody."""
        self.silence()
        self._end_all()

    def refuse(self) -> None:
        """End all that is open, and refuse who dials."""
        self._quiet()
        for door in self._doors:
            door.shut()
        self._end_all()

    def _quiet(self) -> None:
        for number in self._open:
            self._poll.unregister(number)
        self._open.clear()

    def _end_all(self) -> None:
        for end in list(self._ends.values()):
            self._end(end)

    def _end(self, end: _End) -> None:
        for each in (end, end.other):
            if self._ends.pop(each.sock.fileno(), None) is not None:
                self._poll.unregister(each.sock)
            each.sock.close()

    def _accept(self, door: _Door) -> None:
        one = door.accept()
        if one is None:
            return
        try:
            other = socket.create_connection((_HOST, door.target))
        except OSError:
            one.close()
            return
        ends = _End(one), _End(other)
        ends[0].other, ends[1].other = ends[1], ends[0]
        for end in ends:
            end.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.sock.setblocking(False)  # noqa: FBT003  the socket's own call
            self._ends[end.sock.fileno()] = end
            self._poll.register(end.sock, select.POLLIN)

    def _watch(self, end: _End) -> None:
        # While a piece waits for the other side, nothing more is taken from this one.
        reads = 0 if end.other.waiting else select.POLLIN
        self._poll.modify(end.sock, reads | (select.POLLOUT if end.waiting else 0))

    def _move(self, end: _End, event: int) -> None:
        try:
            if event & select.POLLOUT:
                _push(end)
            if event & (select.POLLIN | select.POLLHUP) and not end.other.waiting:
                end.other.waiting = end.sock.recv(_PIECE)
                if not end.other.waiting:
                    self._end(end)
                    return
                _push(end.other)
        except OSError:
            self._end(end)
            return
        self._watch(end)
        self._watch(end.other)

    def run(self) -> None:
        """Forward until standard input ends."""
        print("ready", flush=True)
        does = {
            "cut": self.cut, "silence": self.silence, "refuse": self.refuse, "mend": self.mend,
        }  # fmt: skip
        while True:
            for number, event in self._poll.poll():
                if number == sys.stdin.fileno():
                    # Bare reads: what is buffered out of poll's sight would wait for ever.
                    word = os.read(number, 64).decode().strip()
                    if word not in does:
                        return
                    does[word]()
                    print(word, flush=True)
                    break  # what was seen before the word counts no more
                if number in self._open:
                    self._accept(self._open[number])
                elif number in self._ends:
                    self._move(self._ends[number], event)


def _push(end: _End) -> None:
    try:
        end.waiting = end.waiting[end.sock.send(end.waiting) :]
    except BlockingIOError:
        return  # it stays, and goes when the socket has room


class Line:
    """A line in a process of its own."""

    def __init__(self, doors: Mapping[int, int], log: Path) -> None:
        """Let whoever dials a port reach the port that stands beside it. log: its complaints."""
        pairs = [f"{port}:{target}" for port, target in doors.items()]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "detente.app.demo.line", *pairs],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                start_new_session=True,
            )  # fmt: skip
        self._hear("ready")

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None
        found = self._process.stdout.readline().strip()
        assert found == word, f"the line says {found!r} and not {word}"

    def tell(self, word: str) -> None:
        """Say cut, silence, refuse or mend; returns when it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        self._hear(word)

    def close(self) -> None:
        """End the line, even one that somebody stopped."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait()


def _pair(text: str) -> tuple[int, int]:
    port, _, target = text.partition(":")
    return int(port), int(target)


if __name__ == "__main__":
    _Relay(dict(map(_pair, sys.argv[1:]))).run()
