"""The console as a room of the office's process: opened at its start, ended with it."""

import secrets
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from detente.app import faces, system
from detente.app.config import Config
from detente.app.console import certificate, limits, static
from detente.app.console import settings as console_settings
from detente.app.console.certificate import Files
from detente.app.console.front import Front
from detente.app.console.keeper import Guarded, Keeper
from detente.app.console.meter import Meter
from detente.app.console.pages import ROUTES
from detente.app.console.pulse import Pulse
from detente.app.console.routes import Table
from detente.app.console.server import ConsoleServer
from detente.app.console.settings import Place
from detente.app.console.site import Site
from detente.app.listening import Port
from detente.app.log import Log
from detente.app.loop import Loop, clock
from detente.app.node.meter import Sample
from detente.core.errors import OurFault

RENEW_EVERY: Final = 3_600.0  # seconds between looks whether the certificate is due
SESSIONS_EVERY: Final = 1.0  # seconds between looks whether sessions with streams go on
Maker = Callable[[static.Statics], Site]


class ConsoleRoom:
    """Serves pages while the office runs. Pages are made in the office's thread."""

    def __init__(self, settings: Config, loop: Loop, log: Log, pulse: Pulse) -> None:
        """Read the settings. Raises OurFault: config.bad, path.address_bad."""
        self._settings, self._loop, self._log, self._pulse = settings, loop, log, pulse
        self.place: Place | None = console_settings.place(settings)
        self.meter = Meter(log)
        self._port: Port | None = None
        self._serving: _Serving | None = None
        self._sessions_at = 0.0
        self._renew_at = clock() + RENEW_EVERY

    def open(self, make_site: Maker, guarded: Guarded) -> None:
        """Listen, if the settings name a place; if its port is taken, as soon as it is free.

        Raises OurFault: config.bad, file.unwritable.
        """
        if self.place is None:
            return
        files = self._files(self.place) if self.place.tls else None
        tls = certificate.context(files) if files else None
        serve = partial(self._open, self.place, tls, make_site, guarded)
        self._port = Port(self.place.address, serve, "the console", self._log)
        self._port.turn()

    def _open(
        self, place: Place, tls: ssl.SSLContext | None, make_site: Maker, guarded: Guarded,
        listener: socket.socket,
    ) -> None:  # fmt: skip
        statics = static.Statics(faces.static())
        site = make_site(statics)
        keeper = Keeper(site, Table(ROUTES), guarded, self._log)
        front = Front(keeper, statics, place.terms, self._loop.hand_in, self.meter)
        server = ConsoleServer(listener, tls, front, self._log)
        self._serving = _Serving(site, keeper, front, server, tls)
        server.start()
        self._log.write("info", "console.open", "the console is served", url=place.url)

    def close(self) -> None:
        """End it: streams at once, running requests within STOP_SECONDS."""
        if self._serving is None:
            return
        server = self._serving.server
        server.stop()
        self._loop.wind_up(lambda: server.ended, limits.STOP_SECONDS + 1)
        self.meter.write()

    def turn(self) -> None:
        """Do what is due: news for streams, the log's lines, a new certificate. Each second at least."""
        if self._port is not None:
            self._port.turn()
        serving, moment = self._serving, clock()
        if serving is None:
            return
        beat = self._pulse.look(moment, system.now())
        if beat is not None:
            serving.server.tell(partial(serving.front.streams.beat, beat))
        if serving.keeper.acted or moment - self._sessions_at >= SESSIONS_EVERY:
            serving.keeper.acted, self._sessions_at = False, moment
            serving.end_signed_out()
        self.meter.write()
        if moment >= self._renew_at:
            self._renew_at = moment + RENEW_EVERY
            self._renew(serving)

    def samples(self) -> Iterator[Sample]:
        """Yield what is counted of the console."""
        yield from self.meter.samples()
        streams = self._serving.front.streams if self._serving else None
        yield "detente_console_streams", {}, streams.count if streams else 0
        yield "detente_console_sessions", {}, len(streams.listening) if streams else 0

    def _renew(self, serving: "_Serving") -> None:
        if serving.tls is None or self.place is None:
            return
        try:
            files = self._files(self.place)
        except OurFault as fault:  # what is shown now goes on
            self._log.write("error", fault.code, fault.what, remedy=fault.remedy)
            return
        serving.server.tell(partial(self._load, serving.tls, files))

    def _load(self, tls: ssl.SSLContext, files: Files) -> None:
        try:
            certificate.load(tls, files)
        except OurFault as fault:
            self._log.write("error", fault.code, fault.what, remedy=fault.remedy)

    def _files(self, place: Place) -> Files:
        given = self._settings.path("console.certificate")
        if given:
            return certificate.given(Path(given), Path(self._settings.path("console.key")))
        folder = self._settings.folder / "office" / "console"
        files, fresh = certificate.own(folder, place.terms.name, system.now())
        if fresh:
            self._log.write(
                "info", "console.certificate", "the console has a new certificate of its own",
                sha256=certificate.fingerprint(files),
            )  # fmt: skip
        return files


class _Serving:
    """What stands while it is served."""

    def __init__(
        self, site: Site, keeper: Keeper, front: Front, server: ConsoleServer,
        tls: ssl.SSLContext | None,
    ) -> None:  # fmt: skip
        self.site, self.keeper, self.front, self.server = site, keeper, front, server
        self.tls = tls

    def end_signed_out(self) -> None:
        """End the streams of sessions that ended."""
        streams, now = self.front.streams, self.site.now()
        ended = frozenset(
            each for each in streams.listening if not self.site.sign_in.is_open(each, now)
        )
        if ended:
            self.server.tell(partial(streams.end, ended))


def new_boot() -> str:
    """Return a name for a run of the office, which no other run has."""
    return secrets.token_hex(4)
