"""A line that can be cut without a word: a forwarder between two real processes."""

import select
import socket
import threading

_BLOCK = 65_536


class Wire:
    """Listens, and forwards each connection to `target` until it is cut; then it takes all in silence.

    `carried` counts the bytes that went either way.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._stop = threading.Event()
        self.is_cut = threading.Event()
        self.carried = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()
        for each in (self._listener, *self._pairs):
            each.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            ready, _, _ = select.select([self._listener, *self._pairs], [], [], 0.02)
            if self.is_cut.is_set():
                self._stop.wait(0.02)  # nothing is read, nothing is closed, nobody is told
                continue
            for each in ready:
                if each is self._listener:
                    self._take()
                elif each in self._pairs:
                    self._carry(each)

    def _take(self) -> None:
        one, _ = self._listener.accept()
        try:
            other = socket.create_connection(self._target)
        except OSError:
            one.close()
            return
        self._pairs[one], self._pairs[other] = other, one

    def _carry(self, one: socket.socket) -> None:
        other = self._pairs[one]
        try:
            data = one.recv(_BLOCK)
            other.sendall(data)
        except OSError:
            data = b""
        self.carried += len(data)
        if not data:
            for each in (one, other):
                del self._pairs[each]
                each.close()
