"""The line of the demo and the benches: what whoever uses or dials it sees of its bad days."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from detente.app.demo.line import Line

HOST = "127.0.0.1"
SILENT_FOR = 0.3  # seconds; an answer on one machine takes far less


class Ends:
    """A line, and whoever sits at its two ends."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._far = stack.enter_context(socket.create_server((HOST, 0)))
        self._far.settimeout(10)
        with socket.create_server((HOST, 0)) as free:
            self.port = free.getsockname()[1]
        self.line = Line({self.port: self._far.getsockname()[1]}, Path(os.devnull))
        stack.callback(self.line.close)

    def dial(self, seconds: float = 10) -> socket.socket:
        return self._stack.enter_context(socket.create_connection((HOST, self.port), seconds))

    def join(self) -> tuple[socket.socket, socket.socket]:
        near = self.dial()
        other = self._stack.enter_context(self._far.accept()[0])
        other.settimeout(10)
        return near, other


@pytest.fixture
def line() -> Iterator[Ends]:
    with ExitStack() as stack:
        yield Ends(stack)


def passes(one: socket.socket, other: socket.socket, data: bytes) -> bool:
    one.sendall(data)
    return other.recv(64) == data


def test_bytes_pass_both_ways_and_an_end_is_an_end(line: Ends) -> None:
    near, other = line.join()
    assert passes(near, other, b"there")
    assert passes(other, near, b"back")
    near.close()
    assert other.recv(64) == b""


def test_a_silent_line_lets_nothing_through_and_nobody_hears_why(line: Ends) -> None:
    near, other = line.join()
    line.line.tell("silence")
    near.sendall(b"late")
    other.settimeout(SILENT_FOR)
    with pytest.raises(TimeoutError):
        other.recv(64)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            line.dial(SILENT_FOR)
    line.line.tell("mend")
    other.settimeout(10)
    assert other.recv(64) == b"late"
    assert passes(*line.join(), b"anew")


def test_a_cut_line_ends_what_was_open_and_answers_nobody(line: Ends) -> None:
    near, other = line.join()
    line.line.tell("cut")
    assert (near.recv(64), other.recv(64)) == (b"", b"")
    with pytest.raises(TimeoutError):
        line.dial(SILENT_FOR)
    line.line.tell("cut")
    line.line.tell("mend")
    assert passes(*line.join(), b"anew")


def test_who_dials_a_node_that_is_gone_is_refused(line: Ends) -> None:
    near, _ = line.join()
    line.line.tell("refuse")
    assert near.recv(64) == b""
    with pytest.raises(ConnectionRefusedError):
        line.dial()
    line.line.tell("cut")
    line.line.tell("mend")
    assert passes(*line.join(), b"anew")
