"""An office's tie to its node: made, watched, lost, and made again."""

import os
from collections.abc import Callable
from typing import Final

from detente.app import build, build_office, system
from detente.app.config import Config
from detente.app.log import Log
from detente.app.loop import Loop, clock
from detente.app.process import by_itself
from detente.app.process.reach import RETRY, RETRY_MAX, Local, Remote
from detente.app.screening.waiting import HeldLists
from detente.core.errors import Fault, OurFault
from detente.node import odd
from detente.office.office import Office

_TOLD: Final = ("hatch.stranger", "hatch.refused", "hatch.row", "card.not_ours")
_AWAY: Final = ("run.not_running", "hatch.closed", "hatch.slow", *_TOLD)
SLOW: Final = "hatch.slow"  # the node is asked, and will answer: nobody waits for it
LOST: Final = ("hatch.closed", "hatch.row", "card.not_ours")  # at work: the hatch is of no use


class Tie:
    """Holds the hatch and the office that works through it: both, or neither.

    renew: asks for a new process, with the reason for the log. made: hears of each office before
    anybody is answered by it.
    """

    def __init__(
        self,
        settings: Config,
        parts: build_office.OfficeParts,
        reach: Local | Remote,
        loop: Loop,
        log: Log,
        renew: Callable[[str], None],
        made: Callable[[Office], None],
    ) -> None:
        self._settings, self._parts, self._reach = settings, parts, reach
        self._loop, self._log, self._renew, self._made = loop, log, renew, made
        self._files = build.office_key_files(settings)
        self._retry_at = 0.0
        self._refused = ""  # the code by which the node last refused what the office itself sends
        self._fault = OurFault("run.not_running", "the node is not running", "start: detente run")
        self.hatch: build.HatchClient | None = None
        self.office: Office | None = None
        self.more = True  # there is something to read

    @property
    def wait(self) -> float | None:
        """Seconds until it is worth to try again."""
        return self._reach.wait

    @property
    def is_due(self) -> bool:
        """Whether to try again."""
        return self._reach.ready or clock() >= self._retry_at

    def need(self) -> Office:
        """Return the office. Raises OurFault: run.not_running, hatch.*, card.not_ours."""
        if self.office is None:
            self.connect()
        if self.office is None:
            raise self._fault
        return self.office

    def connect(self) -> None:
        """Try to make the tie. Raises Fault where trying again is of no use."""
        if build.office_key_files(self._settings) != self._files:
            # A card brought new keys: who started this process has the passphrase, and starts anew.
            self._renew("the vault has other keys now")
            return
        hatch = None
        try:
            hatch = self._reach.hatch()
            if hatch is None:
                self._retry_at = clock() + RETRY
                return
            office = build.build_office(self._settings, self._parts.keys, self._parts.veil, hatch)
            office.sign_in, office.desk_keys = self._parts.sign_in, self._parts.desk_keys
            office.screens = self._parts.screens
            office.todo.sources.append(HeldLists(office, self._parts.screens))
            by_itself.permit(office, self._settings, self._parts.desk_keys)
            self._made(office)
            self._resume(office)
        except Fault as found:
            fault = ours(found)
            if hatch is not None:
                hatch.close()
            told = self._reach.failed(fault)
            self._retry_at = clock() + self._reach.wait
            if fault.code not in _AWAY and not self.node_refuses(fault):
                raise
            self._tell_away(told)
            return
        self._reach.met()
        self.hatch, self.office, self.more = hatch, office, True
        self._loop.watch(hatch, self._news)
        self._log.write("info", "hatch.open", "the node answers", pid=os.getpid())

    def beat(self) -> float | None:
        """Look whether the node still answers; return the seconds until the next look."""
        if self.hatch is None:
            return None
        try:
            return self._reach.turn(self.hatch)
        except OurFault as fault:
            self.lose(fault)
            return 0.0

    def lose(self, fault: OurFault) -> None:
        """Let go of the hatch and of the office behind it."""
        if self.hatch is not None:
            self._loop.forget(self.hatch)
            self.hatch.close()
        self.hatch, self.office, self._fault = None, None, self._reach.told(fault)
        if fault.code in _TOLD:  # what it says cannot be relied on: no hurry to hear it again
            self._retry_at = clock() + RETRY_MAX
        self._log.write("warn", fault.code, self._fault.what)

    def node_refuses(self, fault: OurFault) -> bool:
        """Return whether the node lives and takes nothing: its disk is full. It is asked again."""
        if self._parts.shelf.stopped or not fault.code.startswith("store."):
            return False
        if fault.code != self._refused:
            self._log.write("error", fault.code, f"the node: {fault.what}", remedy=fault.remedy)
        self._refused = fault.code
        return True

    def _resume(self, office: Office) -> None:
        try:
            office.resume(system.now())
            if build_office.take_over(office, self._parts, system.now()):
                self._log.write(
                    "info", "desks.entrusted", "the store holds what its keepers may read"
                )
        except OurFault as fault:
            if fault.code != "store.shape":
                raise
            # Tables of another version are folds of the records all the same: fold them anew.
            self._log.write("warn", fault.code, f"{fault.what}: folding all records again")
            office.rebuild(system.now())

    def _tell_away(self, fault: OurFault) -> None:
        # Who is refused, or meets a stranger, comes again and again: it is written once.
        if fault.code in _TOLD and fault.code != self._fault.code:
            self._log.write("error", fault.code, fault.what, remedy=fault.remedy)
        self._fault = fault

    def _news(self) -> None:
        assert self.hatch is not None
        try:
            self.hatch.take_news()
        except OurFault as fault:
            self.lose(fault)


def ours(fault: Fault) -> OurFault:
    """Return a fault as our own: nobody but the node can have handed in what the office chokes on."""
    return fault if isinstance(fault, OurFault) else odd.fault(f"{fault.code} {fault.what}")
