"""The office as a process: reads through the hatch, serves its desks on a Unix socket."""

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from detente.app import build, build_office, build_policy, faces, system
from detente.app.api.routes import Api
from detente.app.config import Config
from detente.app.console import counted
from detente.app.console.counted import Counted
from detente.app.console.pages.program import ask_api
from detente.app.console.pulse import Pulse
from detente.app.console.room import ConsoleRoom, new_boot
from detente.app.console.site import Site
from detente.app.console.static import Statics
from detente.app.feeds.room import open_feeds
from detente.app.http import HttpServer, Reply, Request
from detente.app.listening import Port
from detente.app.log import Log
from detente.app.loop import Loop, clock
from detente.app.node.admin import RELOAD_EXIT
from detente.app.operating import metrics
from detente.app.operating.keys import OldKeys
from detente.app.process import by_itself, pager
from detente.app.process.beside import Beside
from detente.app.process.pager import Pager
from detente.app.process.reach import RETRY, Local, Remote
from detente.app.process.siren import Siren
from detente.app.process.tie import LOST, SLOW, Tie, ours
from detente.app.scanning.room import Scanning
from detente.app.telling.room import Mailing
from detente.core.errors import Fault, OurFault
from detente.node.ports import Level
from detente.office.alarms import Alarms, Ring
from detente.office.office import Office
from detente.office.people import Person
from detente.office.sessions import nobody

NICE: Final = 5  # a receipt of the node goes before our own reading, on a machine that is full
_SEE_EVERY: Final = 1.0  # seconds between looks whether sessions that hold desks go on
_RENEW_AFTER: Final = 0.5  # seconds: the answer goes out first
_TURNS_MAX: Final = 10_000  # of reading before an answer; a bound, not a habit
_T = TypeVar("_T")


class OfficeProcess:
    """Owns the loop of an office."""

    def __init__(self, settings: Config, passphrase: bytes) -> None:
        self._settings = settings
        self._folder = settings.folder / "office"
        self.lock = system.Lock(self._folder / "lock")
        self._log = Log("office", settings.text("log.level"))
        self._loop = Loop()
        self._parts = build_office.office_parts(settings, passphrase, self._need, self._tell_door)
        self._shelf, self.sign_in = self._parts.shelf, self._parts.sign_in
        self._desk_keys = self._parts.desk_keys
        self._seen_at = self._renew_at = 0.0
        self._old_keys = OldKeys(settings, "office", passphrase)
        self._beside = Beside(settings.folder, self._log)
        pulse = Pulse(new_boot(), self._changes, self._levels)
        self._pulse = pulse
        self._siren = Siren(
            build_policy.command(settings), self._log, partial(self._rang, "command")
        )
        self._pager = Pager(pager.address(settings), self._log, partial(self._rang, "webhook"))
        self._ended: list[tuple[str, Ring, bool, str]] = []  # rings whose end is not entered yet
        self._resumed = False
        self._console = ConsoleRoom(settings, self._loop, self._log, pulse)
        self._metrics: Port | None = None
        reach = (
            Remote(settings, passphrase, self._loop)
            if settings.text("office.node")
            else Local(settings)
        )
        self._tie = Tie(
            settings, self._parts, reach, self._loop, self._log, self._renew, self._tell_bells
        )
        self.exit_code = 0
        self._checking = False  # a file is here and not all of it was checked
        self._stopped: OurFault | None = None

    def run(self) -> int:
        """Serve until told to stop; return the exit code. Raises OurFault: vault.*, store.*."""
        self._loop.stop_on_signals()  # first: who is told to stop from here on leaves no socket
        desk = build.listen_unix(self._folder / "desk.sock", self._beside.mode)
        try:
            self._serve_all(desk)
        finally:
            self._siren.close()
            self._pager.close()
            (self._folder / "desk.sock").unlink(missing_ok=True)
        self._log.write("info", "run.stopped", "office stopped")
        return self.exit_code

    def _serve_all(self, desk: socket.socket) -> None:
        api = Api(self._need, self._who, system.now, self._settle)
        HttpServer(
            self._loop, desk, build.user_of, self._beside.users,
            lambda request: self._serve(api, request),
        )  # fmt: skip
        self._open_metrics()
        self._console.open(partial(self._site, api), self._guarded)
        self._feeds = open_feeds(self._settings, self._need, self._loop.hand_in, self._log)
        self._mailing = Mailing(self._settings, self._need, self._loop.hand_in, self._log)
        self._scanning = Scanning(self._settings, self._need, self._loop.hand_in, self._log)
        with suppress(PermissionError):  # a unit may forbid it; that is no reason to stay away
            os.nice(NICE)
        self._log.write("info", "run.started", "office started")
        self._loop.run(self._turn)
        self._feeds.close()
        self._mailing.close()
        self._scanning.close()
        self._parts.screens.close()
        self._console.close()

    def _tell_door(self, code: str, person: str, address: str) -> None:
        # No name: who reads this log administers machines, not people.
        known = "yes" if person else "no"
        self._log.write("warn", code, "not let in", address=address, known=known)

    def _who(self, request: Request) -> Person:
        if isinstance(request.who, Person):
            return request.who
        told = request.headers.get("authorization", "")
        if told.startswith("Bearer "):
            found = self.sign_in.bearer(told.removeprefix("Bearer "), system.now())
            if found is None:
                raise nobody()
            return found.person
        now = system.now()
        person = self._need().people.of_user(str(request.user), now)
        return replace(person, shut=self._desk_keys.shut_for_commands(person, now))

    def _site(self, api: Api, statics: Statics) -> Site:
        return Site(
            self._need, self.sign_in, faces.renderer(statics.url), statics, system.now,
            self._settings, self._read_on, lambda: self._pulse.state, lambda ask: ask_api(api.handle, ask),
        )  # fmt: skip

    def _open_metrics(self) -> None:
        address = counted.address(self._settings)
        if address is not None:
            found = Counted(self._console, lambda: self._tie.office, system.now)
            self._metrics = metrics.port(address, self._loop, found.handle, self._log)
            self._metrics.turn()

    def _levels(self) -> Sequence[Level]:
        return () if self._tie.office is None else self._tie.office.status.levels()

    def _serve(self, api: Api, request: Request) -> Reply:
        return self._guarded(lambda: api.handle(request))

    def _guarded(self, step: Callable[[], _T]) -> _T:
        if self._stopped is not None:
            raise self._stopped
        try:
            with self._tie.hatch.one_look() if self._tie.hatch is not None else nullcontext():
                found = step()
            if self._tie.office is not None:
                self._beside.see_people(self._tie.office)
        except OurFault as fault:
            if fault.code == "hatch.closed":
                self._tie.lose(fault)
            if self._shelf.stopped:
                self._stop_storing(fault)
            raise
        return found

    def _need(self) -> Office:
        return self._tie.need()

    def _changes(self) -> int:
        return self._shelf.moves + self._desk_keys.changes + self._parts.screens.runs.changes

    def _renew(self, why: str) -> None:
        # Who started this process has the passphrase, and starts a new one.
        self._log.write("info", "run.reload", why)
        self.exit_code = RELOAD_EXIT
        self._loop.stop()

    def _turn(self) -> float | None:
        found = self._advance()
        self._console.turn()
        if self._metrics is not None:
            self._metrics.turn()
        waits = [found]
        if self._tie.office is not None and self._stopped is None:
            waits.append(by_itself.pulse(self._tie.office, self._guarded, system.now(), self._log))
            waits.append(self._feeds.pulse(self._guarded, system.now()))
            waits.append(self._mailing.turn(self._guarded, system.now()))
            waits.append(self._scanning.turn(self._guarded, system.now()))
            waits.append(self._parts.screens.pulse(self._log))
        return min((each for each in waits if each is not None), default=None)

    def _advance(self) -> float | None:
        if self._stopped is not None:
            return None
        try:
            waits = (
                self._ring(), self._go_on(), self._see_keys(), self._see_desks(), self._tie.beat(),
            )  # fmt: skip
            return min((each for each in waits if each is not None), default=None)
        except Fault as found:
            fault = ours(found)
            if self._shelf.stopped:
                self._stop_storing(fault)
                return None
            if fault.code in LOST:
                self._tie.lose(fault)
                return self._tie.wait
            if fault.code != SLOW:
                raise
            self._tie.more = True  # whatever was to be read is read when it answers
            wait = self._tie.beat()  # or it is gone
            return RETRY if wait is None else min(RETRY, wait)

    def _ring(self) -> float | None:
        if self._tie.office is not None:
            self._ring_anew(self._tie.office.alarms)
            self._enter_ended(self._tie.office.alarms)
        waits = (self._siren.turn(clock()), self._pager.turn(clock()))
        return min((each for each in waits if each is not None), default=None)

    def _tell_bells(self, office: Office) -> None:
        # Each office that is made over a new hatch is told anew how alarms outside fare.
        office.todo.sources.append(self._pager)
        office.alarms.bells = lambda: [*self._siren.bells(), *self._pager.bells()]

    def _ring_anew(self, room: Alarms) -> None:
        rings, room.rings = room.rings, []
        if room.resumed and not self._resumed:
            self._resumed = True
            for each in room.rang_last():
                (self._siren if each.by == "command" else self._pager).recall(each)
        elif (
            self._resumed
        ):  # a new office over a new hatch: what was not told is still in our queues
            rings = [each for each in rings if not each.by]
        self._siren.ring([each for each in rings if each.by in ("", "command")])
        self._pager.ring([each for each in rings if each.by in ("", "webhook")])

    def _rang(self, by: str, ring: Ring, well: bool) -> None:  # noqa: FBT001  the siren's own call
        bells = self._siren.bells() if by == "command" else self._pager.bells()
        self._ended.append((by, ring, well, "" if well or not bells else bells[0].why))
        if self._tie.office is not None:
            self._enter_ended(self._tie.office.alarms)

    def _enter_ended(self, room: Alarms) -> None:
        while self._ended:
            by, ring, well, why = self._ended[0]
            room.rang(ring, system.now(), well=well, by=by, why=why)
            del self._ended[0]

    def _see_keys(self) -> float | None:
        hatch = self._tie.hatch
        if hatch is not None and self._old_keys.turn(clock(), hatch.told, self._log):
            self.exit_code = RELOAD_EXIT
            self._loop.stop()
        return self._old_keys.wait(clock())

    def _see_desks(self) -> float | None:
        # Desks close with the sessions that hold them; keys that changed hands want a new process,
        # once who asked for it has the answer.
        moment = clock()
        if self._desk_keys.renew:
            self._renew_at = self._renew_at or moment + _RENEW_AFTER
            if moment >= self._renew_at:
                self._renew("keys of desks changed hands")
            return _RENEW_AFTER / 2
        if not self._desk_keys.is_held:
            return None
        if moment - self._seen_at >= _SEE_EVERY:
            self._seen_at = moment
            self._desk_keys.see(system.now())
        return _SEE_EVERY

    def _stop_storing(self, fault: OurFault) -> None:
        # It stays, so that whoever asks hears why and not that nobody answers.
        self._stopped = fault
        self._log.write("error", fault.code, fault.what, remedy=fault.remedy)

    def _go_on(self) -> float | None:
        if self._tie.office is None:
            if self._tie.is_due:
                self._tie.connect()
            return self._tie.wait
        assert self._tie.hatch is not None
        if self._tie.more or self._tie.hatch.news or self._answer_due():
            self._checking |= self._tie.hatch.news  # a file may be whole now
            self._tie.hatch.news = False  # before reading: what comes meanwhile is news again
            try:
                self._tie.more = self._tie.office.advance(system.now())
            except Fault as found:
                fault = ours(found)
                if not self._tie.node_refuses(fault):
                    raise fault from None
                return None
        if self._tie.more or self._tie.hatch.news:
            return 0.0
        self._beside.see_roots(self._tie.office)
        wait = self._inspect()
        if wait is not None:
            return wait
        self._shelf.renew_room()
        if self._tie.office.refold_due:
            self._log.write("info", "office.refold", "texts were purged: folding all records again")
            self._tie.office.rebuild(system.now())
        chores = self._tie.office.chores.due()
        dues = [self._tie.office.next_answer(), self._tie.office.next_inspection(), chores]
        due = min((each for each in dues if each is not None), default=None)
        return None if due is None else max(0.0, (due - system.now()).ms / 1000)

    def _inspect(self) -> float | None:
        # Files go last, a little at a time: a person who asks meanwhile does not wait for them.
        assert self._tie.office is not None
        due = self._tie.office.next_inspection()
        if due is None or (due > system.now() and not self._checking):
            return None
        try:
            self._checking = self._tie.office.inspect(system.now())
        except Fault as found:
            fault, self._checking = ours(found), False
            if not self._tie.node_refuses(fault):
                raise fault from None
        return 0.0 if self._checking else None

    def _answer_due(self) -> bool:
        assert self._tie.office is not None
        dues = (self._tie.office.next_answer(), self._tie.office.chores.due())
        return any(due is not None and due <= system.now() for due in dues)

    def _read_on(self) -> None:
        # What came in, for a page, but no more of it than one turn: what is left, the loop reads,
        # and it is news to the page then. Who opens a page does not wait for a long log.
        self._tie.more = self._need().advance(system.now())

    def _settle(self) -> None:
        office = self._need()
        for _ in range(_TURNS_MAX):
            self._tie.more = office.advance(system.now())
            if not self._tie.more:
                return
