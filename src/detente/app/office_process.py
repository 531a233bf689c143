"""The office as a process: reads through the hatch, serves its desks on a Unix socket."""

import os
from contextlib import suppress
from typing import Final

from detente.app import build, people, system
from detente.app.api import Api
from detente.app.config import Config
from detente.app.http import HttpServer, Reply, Request
from detente.app.log import Log
from detente.app.loop import Loop, clock
from detente.core.errors import OurFault
from detente.office.office import Office

HATCH_RETRY: Final = 0.2  # seconds between tries to reach the node
NICE: Final = 5  # a receipt of the node goes before our own reading, on a machine that is full
_TURNS_MAX: Final = 10_000  # of reading before an answer; a bound, not a habit


class OfficeProcess:
    """Owns the loop of an office."""

    def __init__(self, settings: Config, passphrase: bytes) -> None:
        self._settings = settings
        self._folder = settings.folder / "office"
        self.lock = system.Lock(self._folder / "lock")
        self._log = Log("office", settings.text("log.level"))
        self._loop = Loop()
        self._keys = build.open_office_keys(settings, passphrase)
        self._shelf = build.open_shelf(settings)
        self._persons = people.read(self._folder / "people.json")
        self._hatch: build.HatchClient | None = None
        self._office: Office | None = None
        self._retry_at = 0.0
        self._more = True
        self._stopped: OurFault | None = None
        self._refused = ""  # the code by which the node last refused what the office itself sends
        self._fault = OurFault("run.not_running", "the node is not running", "start: detente run")

    def run(self) -> int:
        """Serve until told to stop; return the exit code. Raises OurFault: vault.*, store.*."""
        users = frozenset(int(each.user) for each in self._persons)
        mode = build.OWN if users <= {os.getuid()} else build.GROUP
        desk = build.listen_unix(self._folder / "desk.sock", mode)
        api = Api(self._need_office, self._persons, system.now, self._settle)
        HttpServer(
            self._loop, desk, build.user_of, users, lambda request: self._serve(api, request)
        )
        self._loop.stop_on_signals()
        with suppress(PermissionError):  # a unit may forbid it; that is no reason to stay away
            os.nice(NICE)
        self._log.write("info", "run.started", "office started")
        try:
            self._loop.run(self._turn)
        finally:
            (self._folder / "desk.sock").unlink(missing_ok=True)
        self._log.write("info", "run.stopped", "office stopped")
        return 0

    def _serve(self, api: Api, request: Request) -> Reply:
        if self._stopped is not None:
            raise self._stopped
        try:
            return api.handle(request)
        except OurFault as fault:
            if fault.code == "hatch.closed":
                self._lose(fault)
            if self._shelf.stopped:
                self._stop_storing(fault)
            raise

    def _need_office(self) -> Office:
        if self._office is None:
            self._connect()
        if self._office is None:
            raise self._fault
        return self._office

    def _turn(self) -> float | None:
        if self._stopped is not None:
            return None
        try:
            return self._go_on()
        except OurFault as fault:
            if not self._shelf.stopped:
                raise
            self._stop_storing(fault)
            return None

    def _stop_storing(self, fault: OurFault) -> None:
        # It stays, so that whoever asks hears why and not that nobody answers.
        self._stopped = fault
        self._log.write("error", fault.code, fault.what, remedy=fault.remedy)

    def _go_on(self) -> float | None:
        if self._office is None:
            if clock() >= self._retry_at:
                self._connect()
            return HATCH_RETRY
        assert self._hatch is not None
        if self._more or self._hatch.news or self._answer_due():
            self._hatch.news = False  # before reading: what comes meanwhile is news again
            try:
                self._more = self._office.advance(system.now())
            except OurFault as fault:
                if fault.code == "hatch.closed":
                    self._lose(fault)
                    return HATCH_RETRY
                if not self._node_refuses(fault):
                    raise
                return None
        if self._more or self._hatch.news:
            return 0.0
        due = self._office.next_answer()
        return None if due is None else max(0.0, (due - system.now()).ms / 1000)

    def _answer_due(self) -> bool:
        assert self._office is not None
        due = self._office.next_answer()
        return due is not None and due <= system.now()

    def _settle(self) -> None:
        office = self._need_office()
        for _ in range(_TURNS_MAX):
            self._more = office.advance(system.now())
            if not self._more:
                return

    def _connect(self) -> None:
        self._retry_at = clock() + HATCH_RETRY
        hatch = None
        try:
            sock = build.connect_unix(self._settings.folder / "node" / "hatch.sock")
            hatch = build.HatchClient(sock)
            office = build.build_office(self._keys, self._shelf, hatch)
            self._resume(office)
        except OurFault as fault:
            if hatch is not None:
                hatch.close()
            away = fault.code in ("run.not_running", "hatch.closed")
            if not away and not self._node_refuses(fault):
                raise
            self._fault = fault
            return
        self._hatch, self._office, self._more = hatch, office, True
        self._loop.watch(hatch, self._news)
        self._log.write("info", "hatch.open", "the node answers", pid=os.getpid())

    def _resume(self, office: Office) -> None:
        try:
            office.resume(system.now())
        except OurFault as fault:
            if fault.code != "store.shape":
                raise
            # Tables of another version are folds of the records all the same: fold them anew.
            self._log.write("warn", fault.code, f"{fault.what}: folding all records again")
            office.rebuild(system.now())

    def _node_refuses(self, fault: OurFault) -> bool:
        # The node lives and takes nothing: its disk is full, or it was restored. It is asked again.
        if self._shelf.stopped or not fault.code.startswith(("store.", "node.")):
            return False
        if fault.code != self._refused:
            self._log.write("error", fault.code, f"the node: {fault.what}", remedy=fault.remedy)
        self._refused = fault.code
        return True

    def _news(self) -> None:
        assert self._hatch is not None
        try:
            self._hatch.take_news()
        except OurFault as fault:
            self._lose(fault)

    def _lose(self, fault: OurFault) -> None:
        if self._hatch is not None:
            self._loop.forget(self._hatch)
            self._hatch.close()
        self._hatch, self._office, self._fault = None, None, fault
        self._log.write("warn", fault.code, fault.what)
