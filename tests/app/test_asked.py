"""What the command line makes of answers: whole ones, torn ones, none."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import client
from detente.app.asked import UnixLine
from detente.app.client import Client

Serve = Callable[..., tuple[Client, list[bytes]]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Answer one connection after another: each given the answers to its requests, then closed."""
    threads, path = [], tmp_path / "s"
    listener = socket.socket(socket.AF_UNIX)
    heard: list[bytes] = []
    made: list[Client] = []

    def run(connections: tuple[tuple[bytes, ...], ...]) -> None:
        for answers in connections:
            sock, _ = listener.accept()
            with sock:
                for answer in answers:
                    heard.append(sock.recv(65_536))
                    sock.sendall(answer)
                if not answers:
                    heard.append(sock.recv(65_536))

    def start(*connections: tuple[bytes, ...]) -> tuple[Client, list[bytes]]:
        listener.bind(str(path))
        listener.listen()
        threads.append(threading.Thread(target=run, args=(connections,), daemon=True))
        threads[0].start()
        made.append(Client(path, "secret"))
        return made[0], heard

    yield start
    for each in made:
        each.close()
    for thread in threads:
        thread.join(30)
    listener.close()


def said(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    rows = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*rows, "", ""]).encode() + body


def test_one_connection_carries_question_after_question(serve: Serve) -> None:
    asked, heard = serve((said(b"[1]"), said(b'{"a": "\xc3\xa4"}')))
    assert asked.ask("GET", "/x") == [1]
    assert asked.ask("POST", "/y z", {"b": 2}) == {"a": "ä"}
    first, second = heard
    assert first == b"GET /x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n"
    assert second.startswith(b"POST /y%20z HTTP/1.1\r\n")
    assert second.endswith(b'Content-Length: 8\r\n\r\n{"b": 2}')


def test_after_an_answer_that_closes_the_next_question_connects_anew(serve: Serve) -> None:
    asked, _ = serve((said(b"1", "connection: Close"),), (said(b"2"),))
    assert [asked.ask("GET", "/x"), asked.ask("GET", "/x")] == [1, 2]


def test_bytes_and_where_a_list_goes_on_are_told_by_headers(serve: Serve) -> None:
    asked, heard = serve((
        said(b"\0\xff", "Content-Type: application/octet-stream"),
        said(b"[]", 'Link: </x?after=1>; rel="next"'), said(b"[]"),
    ))  # fmt: skip
    assert asked.ask("GET", "/file") == b"\0\xff"
    asked.ask("GET", "/x")
    assert asked.next == "/x?after=1"
    asked.ask("GET", asked.next)
    assert heard[2].startswith(b"GET /x?after=1 HTTP/1.1\r\n")
    assert asked.next == ""


def test_a_fault_that_is_answered_is_raised(serve: Serve) -> None:
    told = b'{"code": "office.no_record", "what": "w", "remedy": "r"}'
    asked, _ = serve((said(told, status="404 Not Found"),))
    assert fault_of(asked.ask, "GET", "/x") == "office.no_record"


@pytest.mark.parametrize(
    "torn",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        said(b"[1, 2]")[:-3],
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
        b"",
    ],
)
def test_an_answer_that_is_none_is_nobody_who_answers(serve: Serve, torn: bytes) -> None:
    asked, _ = serve((torn,) if torn else (), (said(b"1"),))
    assert fault_of(asked.ask, "GET", "/x") == "run.not_running"
    assert asked.ask("GET", "/x") == 1


def test_where_nobody_listens_nobody_answers(tmp_path: Path) -> None:
    assert fault_of(Client(tmp_path / "none").ask, "GET", "/x") == "run.not_running"
    UnixLine(tmp_path / "none").close()


def test_a_token_of_two_lines_is_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    monkeypatch.setenv("DETENTE_TOKEN_FILE", str(file))
    assert fault_of(client.office, tmp_path) == "file.unreadable"
    file.write_text("one\nX: two\n")
    assert fault_of(client.office, tmp_path) == "file.unreadable"
    file.write_text("one\n")
    client.office(tmp_path).close()
