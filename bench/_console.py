"""A person at a party's console without a browser: comes in by a link, asks for pages, listens."""

import asyncio
import http.client
import re
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pyotp

from detente.app import client

PASSWORD: Final = "nine lamps over the harbour"
_SECRET: Final = re.compile(r'<code><bdi dir="ltr">([A-Z2-7 ]+)</bdi></code>')
_HEADERS: Final = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}


class Console:
    """One party's console. folder: the party's; port: where it listens on this machine."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"https://localhost:{port}"

    def tls(self) -> ssl.SSLContext:
        """Return a context that trusts the console's own certificate, and nothing else."""
        return ssl.create_default_context(
            cafile=str(self.folder / "office/console/certificate.pem")
        )

    def link(self, name: str) -> str:
        """Return the path of a person's one-time link, made as their administrator would."""
        asked = client.office(self.folder)
        try:
            found = asked.ask("POST", f"/api/v1/person/{name}/enter-link", {})
        finally:
            asked.close()
        return f"/enter/{found['link']}"


class Visitor:
    """One person on one line that is kept open, with the cookies that they got."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.cookies: dict[str, str] = {}
        self._line: http.client.HTTPConnection | None = None

    def come_in(self, name: str) -> None:
        """Use a link up, choose password and authenticator; a session is open then."""
        link = self._console.link(name)
        self.get(link)
        self.post(link, {})
        found = _SECRET.search(self.get("/setup"))
        assert found is not None, "the page shows a secret"
        code = pyotp.TOTP(found[1].replace(" ", "")).now()
        self.post("/setup", {"password": PASSWORD, "twice": PASSWORD, "code": code})
        assert any(each.endswith("session") for each in self.cookies), "no session was opened"

    def get(self, path: str, headers: Mapping[str, str] = {}) -> str:
        """Return a page. Any other status than 200 ends the bench."""
        try:
            status, text = self._ask("GET", path, None, headers)
        except (http.client.RemoteDisconnected, ssl.SSLEOFError):  # nobody asked for a while
            self._line = None
            status, text = self._ask("GET", path, None, headers)
        assert status == 200, (path, status, text[:500])
        return text

    def post(self, path: str, form: Mapping[str, str]) -> str:
        """Send a form; return the page or where it leads."""
        status, text = self._ask(
            "POST", path, urlencode(form),
            {"Origin": self._console.url, "Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert status in (200, 302, 303), (path, status, text.partition("<main")[2][:500])
        return text

    @property
    def cookie(self) -> str:
        """The header that says who asks."""
        return "; ".join(f"{name}={text}" for name, text in self.cookies.items())

    def _ask(
        self, method: str, path: str, body: str | None, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        line = self._line or self._connect()
        line.request(method, path, body, {**_HEADERS, "Cookie": self.cookie, **headers})
        answer = line.getresponse()
        for name, text in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, value = text.partition(";")[0].partition("=")
                self.cookies[key] = value
        return answer.status, answer.read().decode()

    def _connect(self) -> http.client.HTTPConnection:
        line = http.client.HTTPConnection("localhost", self._console.port)
        plain = socket.create_connection(("127.0.0.1", self._console.port), 60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.sock = self._console.tls().wrap_socket(plain, server_hostname="localhost")
        self._line = line
        return line


class Listener:
    """One event stream: when it heard of each state number."""

    def __init__(self) -> None:
        self.news: dict[str, float] = {}  # state: moment of time.monotonic()
        self.open = False

    def hear(self, lines: bytes) -> None:
        """Take in one event, as its lines."""
        self.open = True
        rows = dict(row.partition(b": ")[::2] for row in lines.split(b"\n"))
        if rows.get(b"event") == b"news":
            self.news.setdefault(rows[b"id"].decode(), time.monotonic())

    async def listen(self, console: Console, tls: ssl.SSLContext, cookie: str) -> None:
        """Listen until cancelled."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", console.port, ssl=tls, server_hostname="localhost"
        )
        head = f"GET /live HTTP/1.1\r\nHost: localhost:{console.port}\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        try:
            told = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in told.partition(b"\r\n")[0], told
            while True:  # each event is one chunk or the end of one
                self.hear(await _event(reader))
        finally:
            writer.close()


async def _event(reader: asyncio.StreamReader) -> bytes:
    # Sizes of chunks stand on lines of their own between events; they hold no ": ".
    return await reader.readuntil(b"\n\n")
