"""A console with real sockets and real TLS over a made-up house, and a browser's manners."""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detente.app import build, config, system
from detente.app.console import certificate, headers
from detente.app.console.ask import Answer, Ask, document
from detente.app.console.front import Front
from detente.app.console.keeper import Keeper
from detente.app.console.live import Beat
from detente.app.console.meter import Meter
from detente.app.console.plain import PlainRenderer
from detente.app.console.routes import Route, Table
from detente.app.console.server import ConsoleServer
from detente.app.console.site import Site
from detente.app.console.static import Statics
from detente.app.log import Log
from detente.app.loop import Loop
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.office import Office
from detente.office.people import Person

ORLOV = Person("orlov", "1000", "s-01", {"cert": frozenset(Role)})
NAME = "console.test"


@dataclass
class Signed:
    """A session of a test."""

    person: Person
    csrf: str
    locked: bool = False


@dataclass
class Book:
    """Sessions in memory, by token."""

    sessions: dict[str, Signed] = field(default_factory=dict)
    tokens: dict[str, Signed] = field(default_factory=dict)

    used: list[str] = field(default_factory=list)

    def session_of(self, token: str, now: Moment) -> Signed | None:
        self.used.append(token)
        return self.sessions.get(token)

    def look(self, token: str, now: Moment) -> Signed | None:
        return self.sessions.get(token)

    def is_open(self, token: str, now: Moment) -> bool:
        return token in self.sessions

    def bearer(self, token: str, now: Moment) -> Signed | None:
        return self.tokens.get(token)


def no_office() -> Office:
    raise OurFault("run.not_running", "the node is not running", "start: detente run")


@dataclass
class Got:
    """An answer as a browser has it."""

    status: int
    headers: Mapping[str, str]
    cookies: Sequence[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.body)


class Rig:
    """One console: its loop in a thread as the office has it, its server, and a client."""

    def __init__(
        self, folder: Path, routes: Sequence[Route], *, terms: headers.Terms | None = None,
        files: Mapping[str, bytes] | None = None, settings: Mapping[str, config.Value] | None = None,
    ) -> None:  # fmt: skip
        self.terms = terms or headers.Terms(NAME, secure=True)
        self.book = Book()
        self.loop = Loop()
        self.now = system.now()
        self.log = Log("office", "error")
        values = {f"{s}.{k}": v.default for s, m in config.SETTINGS.items() for k, v in m.items()}
        values |= {"party.name": "aurelia.gov", "console.name": self.terms.name, **(settings or {})}
        statics = Statics(files or {})
        self.site = Site(
            no_office, self.book, PlainRenderer(), statics, lambda: self.now,
            config.Config(folder, values), lambda: None, lambda: self.state, self._api,
        )  # fmt: skip
        self.keeper = Keeper(self.site, Table(routes), lambda step: step(), self.log)
        self.meter = Meter(self.log)
        self.state = "boot.1"
        self.front = Front(self.keeper, statics, self.terms, self.loop.hand_in, self.meter)
        listener = build.listen(build.Address("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        self.tls: ssl.SSLContext | None = None
        context = None
        if self.terms.secure and not self.terms.proxied:
            made, _ = certificate.own(folder / "console", self.terms.name, self.now)
            context = certificate.context(made)
            self.tls = ssl.create_default_context(cafile=str(made.certificate))
        self.server = ConsoleServer(listener, context, self.front, self.log)
        self._thread = threading.Thread(target=self._run)

    def _api(self, ask: Ask) -> Answer:
        told = ask.body.decode()
        return document({"person": ask.person.name, "path": list(ask.path), "body": told})

    def beat(self, state: str) -> None:
        """Let the office say what stands now."""
        self.server.tell(lambda: self.front.streams.beat(Beat(state, "now")))

    def _run(self) -> None:
        self.loop.run(lambda: None)
        self.server.stop()
        self.loop.wind_up(lambda: self.server.ended, 30)

    def start(self) -> None:
        self.server.start()
        self._thread.start()

    def end(self) -> None:
        self.loop.hand_in(self.loop.stop)
        self._thread.join()
        self.loop.close()
        assert self.server.ended

    def in_office(self, step: Callable[[], None]) -> None:
        """Do a step in the office's thread, and wait for it."""
        done = threading.Event()

        def do() -> None:
            step()
            done.set()

        self.loop.hand_in(do)
        assert done.wait(60)

    def connect(self) -> socket.socket:
        """A line to the console, with TLS where it has it."""
        plain = socket.create_connection(("127.0.0.1", self.port))
        if self.tls is None:
            return plain
        return self.tls.wrap_socket(plain, server_hostname=self.terms.name)

    @property
    def origin(self) -> str:
        scheme = "https" if self.terms.secure else "http"
        return f"{scheme}://{self.host}"

    @property
    def host(self) -> str:
        return f"{self.terms.name}:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, *, token: str = "",
        **more: str,
    ) -> Got:  # fmt: skip
        """One request on a line of its own; `_` in a header's name is `-`."""
        told = {"Host": self.host, **{key.replace("_", "-"): text for key, text in more.items()}}
        if token:
            told["Cookie"] = f"{self.terms.prefix}session={token}"
        if method not in ("GET", "HEAD"):
            told = {
                "Origin": self.origin,
                "Content-Type": "application/x-www-form-urlencoded",
            } | told
        line = http.client.HTTPConnection("127.0.0.1", self.port)
        line.sock = self.connect()
        try:
            line.request(method, path, body, told)
            found = line.getresponse()
            rows = found.getheaders()
            return Got(
                found.status, {name.lower(): text for name, text in rows},
                [text for name, text in rows if name.lower() == "set-cookie"], found.read(),
            )  # fmt: skip
        finally:
            line.close()

    def sign_in(self, person: Person = ORLOV, token: str = "token-1") -> str:
        """Open a session; return its token."""
        self.book.sessions[token] = Signed(person, f"csrf-of-{token}")
        return token


@contextmanager
def running(folder: Path, routes: Sequence[Route], **more: Any) -> Iterator[Rig]:  # noqa: ANN401
    """A console that serves until the test ends."""
    rig = Rig(folder, routes, **more)
    rig.start()
    try:
        yield rig
    finally:
        rig.end()
