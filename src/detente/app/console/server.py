"""The thread of sockets: uvicorn with httptools on an asyncio loop of its own. Source: ADR 0034."""

import asyncio
import logging
import socket
import ssl
import threading
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from detente.app.console import limits
from detente.app.console.front import Front
from detente.app.log import Log
from detente.core.limits import KIB

if TYPE_CHECKING:
    import uvicorn


_CHUNK: Final = (
    32 * KIB
)  # bytes that a line under TLS reads at once, and holds for as long as it stands


class ConsoleServer:
    """Serves one console on one listening socket until it is stopped."""

    def __init__(
        self, listener: socket.socket, tls: ssl.SSLContext | None, front: Front, log: Log
    ) -> None:
        self._listener, self._tls, self._front, self._log = listener, tls, front, log
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests and end event streams; requests that run may end."""
        self.tell(self._front.streams.stop)
        self.tell(self._stop.set)

    def tell(self, step: Callable[[], None]) -> None:
        """Let the thread of sockets do a step."""
        with suppress(RuntimeError):  # it ended meanwhile
            self._loop.call_soon_threadsafe(step)

    @property
    def ended(self) -> bool:
        """Whether nothing is served any more."""
        return not self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait until it ended, seconds at most."""
        self._thread.join(seconds)

    def _run(self) -> None:
        _tell(self._log)
        SSLProtocol.max_size = _CHUNK  # else 256 KiB for each open event stream
        try:
            self._loop.run_until_complete(_server(self).serve([self._listener]))
        finally:
            self._loop.close()


def _server(console: ConsoleServer) -> "uvicorn.Server":
    import uvicorn  # noqa: PLC0415  heavy

    from detente.app.console.line import Line  # noqa: PLC0415

    tls = console._tls  # noqa: SLF001  one room
    factory: Callable[..., Any] | None = None if tls is None else lambda *_: tls
    config = uvicorn.Config(
        console._front, http=Line, ws="none", loop="none", lifespan="off", log_config=None,  # noqa: SLF001
        access_log=False, proxy_headers=False, server_header=False, ssl_context_factory=factory,
        timeout_keep_alive=limits.IDLE_SECONDS, timeout_graceful_shutdown=limits.STOP_SECONDS,
        limit_concurrency=limits.CONNECTIONS_MAX,
    )  # fmt: skip

    class Server(uvicorn.Server):
        """Waits on an event where uvicorn asks ten times a second; bounds handshakes."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await self.lifespan.startup()
            loop = asyncio.get_running_loop()

            def line() -> asyncio.Protocol:
                return Line(
                    console._front.gate,  # noqa: SLF001
                    config=config, server_state=self.server_state, app_state={}, _loop=loop,
                )  # fmt: skip

            limit = limits.HANDSHAKE_SECONDS if config.ssl else None
            self.servers = [
                await loop.create_server(
                    line, sock=each, ssl=config.ssl, backlog=config.backlog,
                    ssl_handshake_timeout=limit, ssl_shutdown_timeout=1 if config.ssl else None,
                )
                for each in sockets or ()
            ]  # fmt: skip
            self.started = True

        async def main_loop(self) -> None:
            while not console._stop.is_set():  # noqa: SLF001
                await self.on_tick(0)  # the date of answers
                try:
                    await asyncio.wait_for(console._stop.wait(), 1.0)  # noqa: SLF001
                except TimeoutError:
                    continue

    return Server(config)


class _ToLog(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.ERROR)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        self._log.write("error", "run.defect", f"the console's server: {record.msg} {kind}".strip())


def _tell(log: Log) -> None:
    # Its own words for requests never go out; its errors are ours.
    logger = logging.getLogger("uvicorn")
    logger.handlers, logger.propagate = [_ToLog(log)], False
    logging.getLogger("asyncio").handlers = [_ToLog(log)]
    logging.getLogger("asyncio").propagate = False
