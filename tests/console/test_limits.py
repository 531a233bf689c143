"""Each limit of what comes in, at its edge and one above it."""

import asyncio
import io
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.support import console
from tests.support.console import Rig

from detente.app.console import limits
from detente.app.console.ask import Answer, Ask, document
from detente.app.console.line import Line
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site

CALLS: list[str] = []


def count(site: Site, ask: Ask) -> Answer:
    CALLS.append(ask.here)
    return document(
        {
            "body": len(ask.body),
            "form": {name: len(texts) for name, texts in ask.form.items()},
            "query": len(ask.query),
            "files": [[each.field, each.name, len(each.data)] for each in ask.files],
        }
    )


ROUTES = (
    Route("POST", "take", count, ANYONE),
    Route("POST", "own", count),
    Route("GET", "look", count, ANYONE),
)
MULTIPART = "multipart/form-data; boundary=xYx"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    CALLS.clear()
    with console.running(tmp_path, ROUTES) as found:
        yield found


def parts(*rows: tuple[str, str, bytes]) -> bytes:
    made = io.BytesIO()
    for field, name, data in rows:
        file = f'; filename="{name}"\r\nContent-Type: text/html' if name else ""
        made.write(
            f'--xYx\r\nContent-Disposition: form-data; name="{field}"{file}\r\n\r\n'.encode()
        )
        made.write(data + b"\r\n")
    return made.getvalue() + b"--xYx--\r\n"


def raw(rig: Rig, *pieces: bytes) -> bytes:
    """Send bytes as they are; return all that comes back until the line closes."""
    with rig.connect() as line:
        try:
            for each in pieces:
                line.sendall(each)
        except (ConnectionError, ssl.SSLError):
            pass  # it was closed meanwhile: what it said before is here
        return all_of(line)


def all_of(line: socket.socket) -> bytes:
    found = b""
    while True:
        try:
            data = line.recv(65_536)
        except (ConnectionError, ssl.SSLError):
            return found
        if not data:
            return found
        found += data


def test_a_body_has_its_size(rig: Rig) -> None:
    kind = "text/plain"
    found = rig.ask("POST", "/take", b"x" * limits.BODY_MAX, Content_Type=kind)
    assert found.json()["body"] == limits.BODY_MAX
    found = rig.ask("POST", "/take", b"x" * (limits.BODY_MAX + 1), Content_Type=kind)
    assert (found.status, "form.size" in found.text) == (413, True)
    assert len(CALLS) == 1


def chunked(rig: Rig, size: int) -> bytes:
    head = f"POST /take HTTP/1.1\r\nHost: {rig.host}\r\nOrigin: {rig.origin}\r\n"
    head += "Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    return raw(rig, head.encode(), f"{size:x}\r\n".encode(), b"x" * size, b"\r\n0\r\n\r\n")


def test_a_body_that_does_not_tell_its_size_has_the_same(rig: Rig) -> None:
    assert b'"body": 1048576' in chunked(rig, limits.BODY_MAX)
    assert b" 413 " in chunked(rig, limits.BODY_MAX + 1)
    assert len(CALLS) == 1


def test_files_have_a_size_together(rig: Rig) -> None:
    room = limits.UPLOAD_MAX - len(parts(("f", "a.txt", b"")))
    found = rig.ask("POST", "/take", parts(("f", "a.txt", b"x" * room)), Content_Type=MULTIPART)
    assert found.json()["files"] == [["f", "a.txt", room]]
    body = parts(("f", "a.txt", b"x" * (room + 1)))
    assert rig.ask("POST", "/take", body, Content_Type=MULTIPART).status == 413


def test_files_keep_their_bytes_and_lose_their_folders(rig: Rig) -> None:
    body = parts(("text", "", b"one"), ("f", "../../x/a.txt", b"\x00\xff"), ("f", "", b"two"))
    found = rig.ask("POST", "/take", body, Content_Type=MULTIPART).json()
    assert found["files"] == [["f", "a.txt", 2]]
    assert found["form"] == {"text": 1, "f": 1}


def test_a_form_has_so_many_files(rig: Rig) -> None:
    rows = [("f", "a", b"")] * limits.FILES_MAX
    assert rig.ask("POST", "/take", parts(*rows), Content_Type=MULTIPART).status == 200
    found = rig.ask("POST", "/take", parts(*rows, ("f", "a", b"")), Content_Type=MULTIPART)
    assert found.status == 400


@pytest.mark.parametrize("more", [0, 1])
def test_a_form_has_so_many_fields(rig: Rig, more: int) -> None:
    rows = [("a", "1")] * (limits.FIELDS_MAX + more)
    found = rig.ask("POST", "/take", urlencode(rows))
    assert found.status == (400 if more else 200)
    assert rig.ask("GET", "/look?" + urlencode(rows)).status == found.status
    body = parts(*[("a", "", b"1")] * (limits.FIELDS_MAX + more))
    assert rig.ask("POST", "/take", body, Content_Type=MULTIPART).status == found.status


@pytest.mark.parametrize("more", [0, 1])
def test_a_field_beside_files_has_its_size(rig: Rig, more: int) -> None:
    body = parts(("a", "", b"x" * (limits.FIELD_MAX + more)))
    found = rig.ask("POST", "/take", body, Content_Type=MULTIPART)
    assert found.status == (400 if more else 200)


@pytest.mark.parametrize(
    "body", [b"a=%ff", b"\xff=a", b"a=\xd0"], ids=["escaped", "bare name", "bare text"]
)
def test_a_form_that_is_no_utf_8_is_refused(rig: Rig, body: bytes) -> None:
    assert rig.ask("POST", "/take", body).status == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        (MULTIPART, b"x"),
        (MULTIPART, b"--xYx\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xYx--\r\n"),
    ],
)
def test_a_form_with_files_that_is_none_is_refused(rig: Rig, kind: str, body: bytes) -> None:
    assert rig.ask("POST", "/take", body, Content_Type=kind).status == 400


def test_a_long_body_of_a_stranger_is_not_read(rig: Rig) -> None:
    head = f"POST /own HTTP/1.1\r\nHost: {rig.host}\r\nOrigin: {rig.origin}\r\n"
    head += f"Content-Type: text/plain\r\nContent-Length: {limits.SMALL_MAX + 1}\r\n\r\n"
    with rig.connect() as line:
        line.sendall(head.encode())  # and no body at all: the answer does not wait for it
        assert b" 401 " in line.recv(65_536)


def test_what_is_read_at_once_has_a_size(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODIES_MAX", 1_000)
    assert rig.ask("POST", "/take", b"x" * 1_000, Content_Type="text/plain").status == 200
    found = rig.ask("POST", "/take", b"x" * 1_001, Content_Type="text/plain")
    assert (found.status, "console.busy" in found.text) == (503, True)
    assert rig.ask("POST", "/take", b"x" * 1_000, Content_Type="text/plain").status == 200


@pytest.mark.parametrize("more", [0, 1])
def test_a_request_has_so_many_headers(rig: Rig, more: int) -> None:
    rows = [f"X-{number}: a" for number in range(limits.HEADERS_MAX - 2 + more)]
    head = "\r\n".join(["GET /look HTTP/1.1", f"Host: {rig.host}", "Connection: close", *rows])
    assert (b" 431 " in raw(rig, head.encode() + b"\r\n\r\n")) == bool(more)


@pytest.mark.parametrize("more", [0, 1])
def test_an_address_has_its_length(rig: Rig, more: int) -> None:
    path = "/look?a=" + "x" * (limits.PATH_MAX - len("/looka=") + more)
    assert rig.ask("GET", path).status == (431 if more else 200)


def head_of(rig: Rig, size: int) -> bytes:
    begin = f"GET /look HTTP/1.1\r\nHost: {rig.host}\r\nConnection: close\r\nX-Long: "
    shown = len("/look") + sum(
        len(name) + len(text) + 4
        for name, text in (("Host", rig.host), ("Connection", "close"), ("X-Long", ""))
    )
    return begin.encode() + b"x" * (size - shown) + b"\r\n\r\n"


@pytest.mark.parametrize("more", [0, 1])
def test_a_head_has_its_size(rig: Rig, more: int) -> None:
    found = raw(rig, head_of(rig, limits.HEAD_MAX + more))
    assert (b" 431 " in found) == bool(more)
    assert (b" 200 " in found) != bool(more)


def test_a_head_without_end_is_cut(rig: Rig) -> None:
    found = raw(rig, b"GET /look HTTP/1.1\r\nX-Long: ", b"x" * 1_000_000)
    assert found.startswith(b"HTTP/1.1 431 ") or found == b""
    assert rig.ask("GET", "/look").status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /take HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"POST /take HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
        b"POST /take HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_harms_nobody(rig: Rig, head: bytes) -> None:
    found = raw(rig, head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert b" 200 " not in found
    assert CALLS == []
    assert rig.ask("GET", "/look").status == 200


def test_a_path_that_is_no_utf_8_is_refused(rig: Rig) -> None:
    assert rig.ask("GET", "/%ff").status == 400


@pytest.mark.parametrize(
    "said", [b"", b"GET /look HTTP/1.1\r\nHost:", b"GET /look HTTP/1.1\r\nX: y\r\n"]
)
def test_who_says_a_head_slowly_is_let_go(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.1)
    assert raw(rig, said) == b""
    assert rig.ask("GET", "/look").status == 200


def test_who_says_a_body_slowly_is_let_go(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.1)
    head = f"POST /take HTTP/1.1\r\nHost: {rig.host}\r\nContent-Length: 10\r\n\r\nx"
    assert raw(rig, head.encode()) == b""
    assert CALLS == []


def test_who_asks_nothing_more_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.1)
    with console.running(tmp_path, ROUTES) as rig:
        found = raw(rig, f"GET /look HTTP/1.1\r\nHost: {rig.host}\r\n\r\n".encode())
    assert found.count(b"HTTP/1.1 200 ") == 1


def test_who_never_shakes_hands_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", 0.1)
    with console.running(tmp_path, ROUTES) as rig:
        with socket.create_connection(("127.0.0.1", rig.port)) as line:
            assert all_of(line) == b""
        assert rig.ask("GET", "/look").status == 200


def test_so_many_connections_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_MAX", 4)
    with console.running(tmp_path, ROUTES) as rig:
        held = [rig.connect() for _ in range(3)]
        try:
            ask = f"GET /look HTTP/1.1\r\nHost: {rig.host}\r\n\r\n".encode()
            for line in held[:2]:  # answered: so they stand, and each is counted
                line.sendall(ask)
                assert b" 200 " in line.recv(65_536)
            held[2].sendall(ask)
            assert b" 200 " in held[2].recv(65_536)
            assert rig.ask("GET", "/look").status == 503
        finally:
            for line in held:
                line.close()


def test_pipelined_requests_are_answered_in_their_order(rig: Rig) -> None:
    one = f"GET /look HTTP/1.1\r\nHost: {rig.host}\r\n\r\n"
    last = f"GET /none HTTP/1.1\r\nHost: {rig.host}\r\nConnection: close\r\n\r\n"
    found = raw(rig, (one + one + last).encode())
    assert [row[:12] for row in found.split(b"HTTP/1.1 ")[1:]] != []
    assert [row[:3] for row in found.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"404"]


def test_the_address_of_a_question_to_collections_may_be_longer(rig: Rig) -> None:
    for path, most in (("/taxii2/x", limits.QUERY_MAX), ("/look", limits.PATH_MAX)):
        for size, status in ((most, (404, 200)), (most + 1, (431,))):
            got = rig.ask("GET", path + "?a=" + "b" * (size - len(path) - 2))
            assert got.status in status, (path, size)


def test_no_answer_waits_for_an_acknowledgement(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    made = Line.connection_made

    def look(line: Line, transport: asyncio.Transport) -> None:
        made(line, transport)
        sock = transport.get_extra_info("socket")
        seen.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(Line, "connection_made", look)
    assert rig.ask("GET", "/look").status == 200
    assert seen == [1]
