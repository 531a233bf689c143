"""The process log."""

import json
import sys

import pytest

from detente.app.log import Log


class _Pipe:
    """Counts writes, as a pipe without a buffer sees them."""

    def __init__(self) -> None:
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)

    def flush(self) -> None:
        pass


def test_a_line_is_one_write_so_that_two_processes_on_one_pipe_cannot_tear_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipe = _Pipe()
    monkeypatch.setattr(sys, "stderr", pipe)
    Log("node", "info").write("info", "run.started", "node started", n=3)
    (line,) = pipe.writes
    assert line.endswith("\n")
    row = json.loads(line)
    assert (row["process"], row["code"], row["n"]) == ("node", "run.started", 3)


def test_what_is_below_the_level_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = _Pipe()
    monkeypatch.setattr(sys, "stderr", pipe)
    Log("node", "warn").write("info", "run.started", "node started")
    assert pipe.writes == []
