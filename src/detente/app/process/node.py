"""The node as a process: links on TLS, the hatch and the admin's socket on Unix sockets."""

import os
import socket
from contextlib import ExitStack
from functools import partial
from typing import Final

from detente.app import agreed, build, card_copies, halves, system
from detente.app.carry import Carry
from detente.app.config import Config
from detente.app.http import HttpServer
from detente.app.listening import Port
from detente.app.loop import clock
from detente.app.meeting import Meeting
from detente.app.node import cards as node_cards
from detente.app.node.admin import RELOAD_EXIT, ROUTES, AdminRoom
from detente.app.node.epochs import ROUTES as EPOCH_ROUTES
from detente.app.node.ground import Ground
from detente.app.node.hatch import HatchRoom
from detente.app.node.links import LinksRoom
from detente.app.operating import facts, metrics, retention
from detente.app.operating.keys import OldKeys
from detente.app.operating.retention import Retention
from detente.core.errors import OurFault

__all__ = ["RELOAD_EXIT", "NodeProcess"]

TICK: Final = 1.0
WAL_EVERY: Final = 2.0  # seconds of quiet before the WAL is folded back


class NodeProcess:
    """Owns the loop of a node."""

    def __init__(self, settings: Config, passphrase: bytes) -> None:
        self.lock = system.Lock(settings.folder / "node" / "lock")
        self._ground = Ground(settings, passphrase)
        self._links = LinksRoom(self._ground)
        self._hatch = HatchRoom(self._ground, self._links.do_effects)
        self._retention = Retention(self._ground)
        self._old_keys = OldKeys(settings, "node", passphrase)
        routes = {
            **facts.ROUTES, **metrics.ROUTES, **retention.ROUTES, **node_cards.ROUTES,
            **EPOCH_ROUTES, ("GET", ("v1", "hatch")): self._hatch.remote.shown,
        }  # fmt: skip
        self._admin = AdminRoom(self._ground, {**ROUTES, **Carry().routes(), **routes})
        self._next_tick = 0.0
        self._epochs = self._ground.node.epochs()  # for which the folder has the cards
        self._seen = -1  # of what moved in the node's logs
        self._was_low = False
        self._metrics: Port | None = None

    def run(self) -> int:
        """Serve until told to stop; return the exit code. Raises OurFault: path.*, run.*."""
        ground = self._ground
        ground.loop.stop_on_signals()  # first: who is told to stop from here on leaves no socket
        with ExitStack() as left:
            left.callback(ground.parts.store.close)
            self._listen(left)
            ground.loop.run(self._turn)
        ground.log.write("info", "run.stopped", "node stopped")
        return ground.exit_code

    def _listen(self, left: ExitStack) -> None:
        ground = self._ground
        left.callback(self._links.close)
        listeners = [
            build.listen(build.parse_address(each)) for each in ground.settings.texts("link.listen")
        ]
        for each in listeners:
            self._links.open(each)
        if "office" in halves.here(ground.settings.folder):
            mode = build.OWN if self._hatch.office_user == os.getuid() else build.GROUP
            self._hatch.open(self._listen_unix(left, "hatch.sock", mode))
        left.callback(self._hatch.remote.close)
        self._hatch.remote.open()
        us = frozenset({os.getuid()})
        admin = self._listen_unix(left, "admin.sock", build.OWN)
        HttpServer(ground.loop, admin, build.user_of, us, self._admin.handle)
        self._open_metrics()
        self._tell_strangers()
        ground.log.write("info", "run.started", "node started", links=len(ground.parts.links))
        for party, file in card_copies.odd(ground.settings.folder):
            ground.log.write(
                "warn", "card.bad", f"{file} is not the newest card of {party}", party=party,
                remedy="take the file away: the chain beside it rules",
            )  # fmt: skip

    def _listen_unix(self, left: ExitStack, name: str, mode: int) -> socket.socket:
        path = self._ground.folder / name
        listener = build.listen_unix(path, mode)
        left.callback(path.unlink, missing_ok=True)
        return listener

    def _open_metrics(self) -> None:
        ground = self._ground
        address = metrics.address(ground.settings)
        if address is not None:
            answer = partial(metrics.only_metrics, ground)
            self._metrics = metrics.port(address, ground.loop, answer, ground.log)
            self._metrics.turn()

    def _turn(self) -> float:
        ground = self._ground
        self._links.do_effects()
        moment = clock()
        if moment >= self._next_tick:
            self._next_tick = moment + TICK
            ground.storing(lambda: ground.node.tick(system.now()))
            self._links.do_effects()
            self._keep_journal()
            self._tell_low()
            if self._metrics is not None:
                self._metrics.turn()
            self._links.drop_strangers()
            self._hatch.remote.tick()
            self._links.see_cards()
            self._follow_roots()
            self._admin.tick(moment)
        wait = min(self._links.dial_due(moment), self._wake(), self._retention.turn(moment))
        if self._old_keys.turn(moment, ground.node.told, ground.log):
            ground.exit_code = RELOAD_EXIT
            ground.loop.stop()
        self._hatch.tell_news()
        if self._seen != ground.node.moves:
            self._seen = ground.node.moves
            ground.meter.see(ground.node.at_work(), moment)
        ground.parts.store.fold_wal(only_large=True)
        if ground.dirty and moment - ground.busy_at >= WAL_EVERY:
            ground.parts.store.fold_wal()
            ground.dirty = False
            ground.see_store()
        return min(wait, self._next_tick - moment)

    def _follow_roots(self) -> None:
        ground, epochs = self._ground, self._ground.node.epochs()
        if epochs == self._epochs:
            return
        try:
            build.follow_roots(ground.settings.folder, ground.node)
            self._epochs = epochs
            ground.faults.pop("cards", None)
        except OurFault as fault:
            ground.faults["cards"] = f"{fault.what}; {fault.remedy}"

    def _tell_strangers(self) -> None:
        ground = self._ground
        known = {each.name for each in Meeting(ground.settings.folder).peers()}
        for fault in agreed.strangers(ground.settings.texts("link.courier"), known):
            ground.log.write("warn", fault.code, fault.what, remedy=fault.remedy)
            ground.faults[fault.code] = f"{fault.what}; {fault.remedy}"

    def _tell_low(self) -> None:
        ground, low = self._ground, self._ground.node.low
        if (low is not None) == self._was_low:
            return
        self._was_low = low is not None
        if low is not None:
            ground.log.write("error", low.code, low.what, remedy=low.remedy)
            ground.parts.store.fold_wal()  # while there is room to make the file longer
        else:
            ground.log.write("info", "store.full", "the disk has room again: all is taken in")

    def _keep_journal(self) -> None:
        ground = self._ground
        try:
            ground.parts.journal.keep(ground.node.heads())
            ground.faults.pop("journal", None)
        except OurFault as fault:
            if "journal" not in ground.faults:
                ground.log.write("error", fault.code, fault.what, remedy=fault.remedy)
            ground.faults["journal"] = f"{fault.what}; {fault.remedy}"

    def _wake(self) -> float:
        """Let links go on whose wish has come; return seconds until the next wish."""
        node = self._ground.node
        due, now = node.due(), system.now()
        if due is None:
            return TICK
        if due <= now:
            self._ground.storing(lambda: node.wake(now))
            self._links.do_effects()
            due, now = node.due(), system.now()
        return TICK if due is None else max(0, (due - now).ms) / 1000
