"""Counts which fault codes a run of the tests produced: none may stand in the spec unproduced.

A code of a process of its own counts when the process said it to the test that ran it. Judged at the
end of a run of all tests only.
"""

import inspect
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import detente
from detente.app.log import Log
from detente.core.errors import CODES, Fault
from detente.link.moves import Close

_ROOT = Path(__file__).resolve().parents[1]
# Data that are too large or not ours to commit: DETENTE_SHARED, or the folder beside the repository.
OUTSIDE = Path(os.environ.get("DETENTE_SHARED", _ROOT.parent / "shared"))
# Said to nobody, so never a fault: tests/office/test_logs.py shows what happens in its place.
SILENT = frozenset({"E_DUP"})
PROGRAM = str(Path(detente.__file__).parent) + os.sep
_KEY = "detente_codes"
_CODE = re.compile(r"\b(?:E_[A-Z_]+|[a-z]+\.[a-z_]+)\b")


HEARD: set[str] = set()  # by tests that read what a process says while it runs


def codes_in(said: str | bytes | None) -> frozenset[str]:
    """Return the codes in what a process said."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said or ""
    return CODES.intersection(_CODE.findall(text))


def _by_program(frame: FrameType | None) -> bool:
    maker = frame.f_back if frame else None
    return maker is not None and maker.f_code.co_filename.startswith(PROGRAM)


class Produced:
    """Remembers the code of every fault that the program made; one made by a test is none."""

    def __init__(self) -> None:
        self.codes: set[str] = set()
        self._make: Callable[..., None] = Fault.__init__
        produced = self

        def make(self: Fault, code: str, what: str, remedy: str, field: str = "") -> None:
            if _by_program(inspect.currentframe()):
                produced.codes.add(code)
            produced._make(self, code, what, remedy, field)

        Fault.__init__ = make  # type: ignore[method-assign]
        closed = Close.__init__

        def close(self: Close, conn: int, code: str, what: str) -> None:
            if _by_program(inspect.currentframe()):
                produced.hear(code)  # a path that closes is told by its code, fault or not
            closed(self, conn, code, what)

        Close.__init__ = close  # type: ignore[method-assign]
        write = Log.write

        def tell(self: Log, level: str, code: str, what: str, **more: str | int) -> None:
            if _by_program(inspect.currentframe()):
                produced.hear(code)  # an alarm is told by its code, fault or not
            write(self, level, code, what, **more)

        Log.write = tell  # type: ignore[method-assign]
        ended = subprocess.CompletedProcess.__init__

        def end(self: subprocess.CompletedProcess[Any], *given: Any, **named: Any) -> None:  # noqa: ANN401  any process's own
            ended(self, *given, **named)
            for said in (self.stdout, self.stderr):
                produced.hear(said)

        subprocess.CompletedProcess.__init__ = end  # type: ignore[method-assign]

    @property
    def missing(self) -> list[str]:
        """Codes that nothing produced."""
        return sorted(CODES - SILENT - self.codes)

    def hear(self, said: str | bytes | None) -> None:
        """Count the codes in what a process said."""
        self.codes |= codes_in(said)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:  # noqa: ANN401  xdist's own
        """Take over what a worker counted."""
        self.codes |= set(getattr(node, "workeroutput", {}).get(_KEY, ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what this process counted; who heard all judges."""
        self.codes |= HEARD
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_KEY] = sorted(self.codes)
        elif is_whole(session.config) and self.missing and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self,
        terminalreporter: Any,  # noqa: ANN401  pytest's own
        config: pytest.Config,
    ) -> None:
        """Name what no test produced."""
        if is_whole(config) and self.missing:
            terminalreporter.write_line(f"FAILED: no test produced {', '.join(self.missing)}")


def is_whole(config: pytest.Config) -> bool:
    """Say whether all tests were run, those that need the outside data among them."""
    chosen = config.getoption("keyword") or config.getoption("markexpr")
    return not chosen and config.args == config.getini("testpaths") and OUTSIDE.is_dir()
