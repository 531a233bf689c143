"""The console of a real party: opened by the office's process, ended with it."""

import hashlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.support import processes
from tests.support.ports import free_port
from tests.support.processes import Machine, until


class Party:
    """One party with a console, and what browsers ask of it."""

    def __init__(self, place: Path) -> None:
        self.folder = processes.make(place, "aurelia.gov")
        self.port, self.metrics = free_port(), free_port()
        with (self.folder / "detente.toml").open("a") as settings:
            settings.write(
                f'\n[console]\nlisten = "tcp://127.0.0.1:{self.port}"\n'
                f'metrics = "tcp://127.0.0.1:{self.metrics}"\n'
            )
        self.machine = Machine()

    def start(self) -> subprocess.Popen[bytes]:
        process = self.machine.run(self.folder)
        until(lambda: self.rows("console.open"), "the console is open")
        until(lambda: self.ask("/health/ready")[0] == 200, "the office has its node")
        return process

    def rows(self, code: str) -> list[dict[str, Any]]:
        return [row for row in processes.log_rows(self.folder) if row["code"] == code]

    def connect(self) -> ssl.SSLSocket:
        file = self.folder / "office/console/certificate.pem"
        trusted = ssl.create_default_context(cafile=str(file))
        plain = socket.create_connection(("127.0.0.1", self.port), 60)
        return trusted.wrap_socket(plain, server_hostname="localhost")

    def ask(self, path: str, headers: Mapping[str, str] = {}) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("localhost", self.port)
        line.sock = self.connect()
        try:
            line.request("GET", path, headers=dict(headers))
            found = line.getresponse()
            return found.status, found.read()
        finally:
            line.close()

    def counted(self) -> str:
        line = http.client.HTTPConnection("127.0.0.1", self.metrics)
        try:
            line.request("GET", "/metrics")
            return line.getresponse().read().decode()
        finally:
            line.close()

    def counted_or_nothing(self) -> str:
        with suppress(ConnectionRefusedError):
            return self.counted()
        return ""


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Party]:
    found = Party(tmp_path)
    try:
        yield found
    finally:
        found.machine.end()


def test_a_party_serves_its_console_and_ends_politely(party: Party) -> None:
    process = party.start()
    assert party.rows("console.open")[0]["url"] == f"https://localhost:{party.port}"
    shown = party.rows("console.certificate")[0]["sha256"]
    with party.connect() as line:
        data = line.getpeercert(binary_form=True)
        assert data is not None
        assert hashlib.sha256(data).hexdigest() == shown.replace(":", "").lower()
    assert (party.folder / "office/console/key.pem").stat().st_mode & 0o077 == 0
    status, body = party.ask("/api/v1/log")
    assert (status, json.loads(body)["code"]) == (401, "console.sign_in")
    status, body = party.ask("/api/v1/log", {"Authorization": "Bearer nonsense"})
    assert (status, json.loads(body)["code"]) == (401, "console.sign_in")

    told = party.counted()
    assert "detente_office_up 1" in told
    assert (
        'detente_console_requests_total{method="GET",route="/api/{rest...}",status="401"} 2' in told
    )

    with party.connect() as idle:
        process.terminate()
        assert process.wait(processes.PATIENCE) == 0
        assert idle.recv(1) == b""


def test_a_request_is_a_line_of_the_log_without_what_was_asked(party: Party) -> None:
    party.start()
    party.ask("/secret-path?secret-query=1", {"Cookie": "__Host-detente-session=secret-token"})
    row = until(
        lambda: next((r for r in party.rows("console.request") if r["status"] == 404), None),
        "it is in the log",
    )
    assert {name: row[name] for name in ("level", "method", "route", "status")} == {
        "level": "info", "method": "GET", "route": "/-", "status": 404,
    }  # fmt: skip
    assert set(row) == {
        "at", "level", "process", "code", "what", "method", "route", "status", "ms",
    }  # fmt: skip
    assert "secret" not in party.folder.with_name("aurelia.log").read_text()


def test_an_office_that_dies_serves_its_console_again(party: Party) -> None:
    party.start()
    before = (party.folder / "office/console/certificate.pem").read_bytes()
    os.kill(processes.half_of(party.folder, "office"), signal.SIGKILL)
    until(lambda: len(party.rows("console.open")) == 2, "it is open again")
    until(lambda: party.ask("/health/ready")[0] == 200, "and has its node")
    assert (party.folder / "office/console/certificate.pem").read_bytes() == before


def test_without_its_node_the_console_answers_and_is_not_ready(party: Party) -> None:
    process = party.machine.run(party.folder, "--only", "office")
    until(lambda: party.rows("console.open"), "the console is open")
    assert party.ask("/health/live") == (200, b"ok\n")
    assert party.ask("/health/ready") == (503, b"not ready\n")
    assert "detente_office_up 0" in party.counted()
    process.terminate()
    assert process.wait(processes.PATIENCE) == 0


def test_a_port_that_is_taken_is_told_and_served_once_it_is_free(party: Party) -> None:
    with (
        socket.create_server(("127.0.0.1", party.port)),
        socket.create_server(("127.0.0.1", party.metrics)),
    ):
        party.machine.run(party.folder)
        until(lambda: processes.serves(party.folder), "the office serves its desks")
    until(lambda: party.rows("console.open"), "the console is open")
    until(lambda: party.ask("/health/ready")[0] == 200, "and the office has its node")
    told = [row for row in processes.log_rows(party.folder) if row["level"] == "error"]
    assert [(row["code"], row["what"].partition(":")[0]) for row in told] == [
        ("path.port_in_use", "the port for metrics"), ("path.port_in_use", "the console"),
    ]  # fmt: skip
    assert "detente_office_up 1" in until(party.counted_or_nothing, "figures are served, too")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("LISTEN", "tcp://0.0.0.0:1"), ("METRICS", "tcp://0.0.0.0:1"), ("NAME", "a b"),
        ("TLS", "perhaps"), ("KEY", "only.pem"), ("LISTEN", "localhost:1"),
    ],
)  # fmt: skip
def test_a_bad_setting_stops_the_start(party: Party, setting: str, value: str) -> None:
    more = {f"DETENTE_CONSOLE_{setting}": value}
    if value == "tcp://0.0.0.0:1":
        more["DETENTE_CONSOLE_TLS"] = "off"
    found = party.machine.run(party.folder, "--only", "office", more=more)
    assert found.wait(processes.PATIENCE) == 2
    assert "config.bad" in (told := party.folder.with_name("aurelia.log").read_text()) or (
        "path.address_bad" in told
    )
