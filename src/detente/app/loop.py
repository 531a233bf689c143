"""The loop of a process: who can be read, who can be written, and when to wake."""

import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

IDLE: Final = 1.0  # seconds between ticks
_WIND_UP: Final = 0.02  # seconds between looks whether all is over


class Source(Protocol):
    """Something with a socket."""

    def fileno(self) -> int:
        """Return the socket's number."""
        ...


class Loop:
    """One thread, one selector. Handlers do not block for long; what they raise ends the loop."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.setblocking(False)  # noqa: FBT003  the socket's own call
        self.running = True
        self.soon: list[Callable[[], None]] = []
        self._handed: deque[Callable[[], None]] = deque()
        self.watch(self._wake_reader, lambda: self._wake_reader.recv(4096))

    def watch(
        self,
        source: Source,
        on_read: Callable[[], object],
        on_write: Callable[[], object] | None = None,
    ) -> None:
        """Call on_read when the source can be read; on_write, if given, when it can be written."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if on_write else 0)
        data = (on_read, on_write)
        try:
            self._selector.modify(source.fileno(), events, data)
        except KeyError:
            self._selector.register(source.fileno(), events, data)

    def forget(self, source: Source) -> None:
        """Watch a source no longer; before it is closed."""
        try:
            self._selector.unregister(source.fileno())
        except (KeyError, ValueError):
            return

    def _stands(self, key: selectors.SelectorKey) -> bool:
        # A handler of this turn may have closed it, and its number may be another's by now.
        now = self._selector.get_map().get(key.fd)
        return now is not None and now.data is key.data

    def hand_in(self, step: Callable[[], None]) -> None:
        """Let the loop's own thread do a step soon. The one method for other threads."""
        self._handed.append(step)
        with suppress(BlockingIOError):  # full of wakes: it will wake
            self._wake_writer.send(b"\0")

    def _do_handed(self) -> None:
        # Those that come meanwhile wait: what sockets bring is not starved.
        for _ in range(len(self._handed)):
            self._handed.popleft()()

    def stop_on_signals(self) -> None:
        """End the loop on SIGTERM and SIGINT."""
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: self.stop())

    def stop(self) -> None:
        """End the loop after the handlers of this turn."""
        self.running = False

    def run(self, tick: Callable[[], float | None]) -> None:
        """Run until stopped. tick is called after each turn; it says how long to sleep at most."""
        while self.running:
            wait = tick()
            self._turn(wait)

    def wind_up(self, is_over: Callable[[], bool], patience: float) -> None:
        """Go on for what runs already, without ticks, until it is over or patience (s) ends."""
        deadline = clock() + patience
        while not is_over() and clock() < deadline:
            self._turn(_WIND_UP)

    def close(self) -> None:
        """Give back what the loop itself holds, after its end."""
        self._selector.close()
        self._wake_reader.close()
        self._wake_writer.close()

    def _turn(self, wait: float | None) -> None:
        if self.soon or self._handed:
            wait = 0.0
        events = self._selector.select(IDLE if wait is None else max(0.0, min(wait, IDLE)))
        for key, ready in events:
            on_read, on_write = key.data
            if ready & selectors.EVENT_WRITE and on_write is not None and self._stands(key):
                on_write()
            if ready & selectors.EVENT_READ and self._stands(key):
                on_read()
        self._do_handed()
        todo, self.soon = self.soon, []
        for each in todo:
            each()


def clock() -> float:
    """Return seconds that only grow, for waiting."""
    return time.monotonic()
