"""Files that came go to a command, one at a time, beside the office; what it says stands with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from detente.app.config import Config
from detente.app.log import Log
from detente.app.scanning.command import Run
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment, Span
from detente.office import scan_rows, scans
from detente.office.office import Office

EVERY: Final = 2.0  # seconds between looks
AGAIN_AFTER: Final = Span.of(minutes=1)  # when the office would not give, or note
_Guard = Callable[[Callable[[], None]], None]


class Scanning:
    """Has files looked into. hand_in: lets the office's thread do a step."""

    def __init__(
        self, settings: Config, office: Callable[[], Office],
        hand_in: Callable[[Callable[[], None]], None], log: Log,
    ) -> None:  # fmt: skip
        """Read the settings. Raises OurFault("config.bad")."""
        self._command = settings.texts("office.scan_command")
        if self._command and not Path(self._command[0]).is_absolute():
            what = "office.scan_command begins with no whole path"
            raise OurFault("config.bad", what, "see docs/settings.md, office")
        self._office, self._hand_in, self._log = office, hand_in, log
        self._run: Run | None = None
        self._due: scans.Due | None = None
        self._next = 0  # the chunk that is given next
        self._given = False
        self._count = 0  # of runs: what an older one says late is not heard
        self._came: tuple[str, str] | None = None
        self._not_before = Moment(0)

    def close(self) -> None:
        """Begin nothing more; what runs is ended, and begun anew another time."""
        if self._run is not None:
            self._run.stop()

    def turn(self, guard: _Guard, now: Moment) -> float | None:
        """Note what was said, give on, or begin the next; return seconds to the next turn.

        guard: the office's own, which hears that its node is gone or its store shut.
        """
        if not self._command or now < self._not_before:
            return EVERY if self._command else None
        try:
            guard(lambda: self._turn(now))
        except Fault as fault:
            self._log.write("error", fault.code, f"scan: {fault.what}", remedy=fault.remedy)
            self._drop()
            self._not_before = now + AGAIN_AFTER
        return EVERY

    def _turn(self, now: Moment) -> None:
        office = self._office()
        if self._came is not None and self._due is not None:
            word, said = self._came
            if word != scan_rows.CLEAN:
                self._log.write("warn", "file.scan", f"{word}: {self._due.mid.hex()} {said}"[:300])
            office.scans.note(self._due, word, said, now)
            self._drop()
        if self._run is None:
            self._begin(office, now)
        self._give(office, now)

    def _begin(self, office: Office, now: Moment) -> None:
        self._due = office.scans.next(now)
        if self._due is not None:
            self._next, self._given = 0, False
            self._count += 1
            mine = self._count
            self._run = Run(
                self._command, lambda: self._hand_in(_wake),
                lambda word, said: self._hand_in(lambda: self._heard(mine, word, said)),
            )  # fmt: skip

    def _give(self, office: Office, now: Moment) -> None:
        run, due = self._run, self._due
        while run is not None and due is not None and not self._given and run.has_room:
            if self._next >= scans.chunks_of(due.size) or not due.size:
                self._given = True
                run.give(None)
                return
            piece = office.scans.piece(due, self._next, now)
            if piece is None:
                self._drop()
                return
            self._next = scans.next_chunk(self._next)
            run.give(piece)

    def _heard(self, run: int, word: str, said: str) -> None:
        if run == self._count:
            self._came = (word, said)

    def _drop(self) -> None:
        if self._run is not None:
            self._run.stop()
        self._run, self._due, self._came = None, None, None


def _wake() -> None:
    """Let the loop turn."""
