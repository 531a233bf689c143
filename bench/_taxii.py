"""TAXII as the bench asks it: one connection, plain sockets; and the peer, OpenTAXII, if it is here."""

import http.client
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench._parties import PATIENCE, free_port

MEDIA: Final = "application/taxii+json;version=2.1"
ROOT_ID: Final = "11111111-1111-4111-8111-111111111111"
_TICK: Final = os.sysconf("SC_CLK_TCK")
MADE: Final = "2024-01-01T00:00:00.000Z"


def indicator(rng: random.Random) -> dict[str, Any]:
    """Return an object of about 600 bytes, as feeds have them."""
    return {
        "type": "indicator", "spec_version": "2.1",
        "id": f"indicator--{uuid.UUID(int=rng.getrandbits(128), version=4)}", "created": MADE,
        "modified": MADE, "name": f"Address of a control server, campaign {rng.randrange(500)}",
        "description": "Seen every 60 s, own certificate; first told by a partner.",
        "indicator_types": ["malicious-activity"], "pattern_type": "stix", "valid_from": MADE,
        "pattern": f"[ipv4-addr:value = '198.51.{rng.randrange(256)}.{rng.randrange(256)}']",
        "object_marking_refs": ["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],
    }  # fmt: skip


def cpu_s(pids: tuple[int, ...]) -> float:
    """Return the processor time that processes took since they began, with their children."""
    ticks = 0
    for pid in pids:
        place = Path(f"/proc/{pid}")
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        children = (place / "task" / str(pid) / "children").read_text().split()
        ticks += round(cpu_s(tuple(map(int, children))) * _TICK)
    return ticks / _TICK


@dataclass
class Target:
    """One server, one collection, one connection that is kept."""

    label: str
    port: int
    token: str
    objects: str
    tls: ssl.SSLContext | None = None
    pids: tuple[int, ...] = ()  # of its processes; their children count too
    rng: random.Random = field(default_factory=lambda: random.Random(7))
    ids: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    _line: http.client.HTTPConnection | None = None

    def ask(
        self,
        method: str,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
        tail: str = "",
    ) -> tuple[dict[str, Any], http.client.HTTPMessage]:
        """Return a document and its headers; anything but 200 and 202 ends the bench."""
        path = self.objects + tail + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Accept": MEDIA, "Authorization": f"Bearer {self.token}"}
        headers |= {"Content-Type": MEDIA} if body else {}
        try:
            answer = self._answer(method, path, body, headers)
        except (http.client.HTTPException, ssl.SSLError, ConnectionError):
            self._line = None  # closed while it was the other's turn
            answer = self._answer(method, path, body, headers)
        data = answer.read()
        assert answer.status in (200, 202), (self.label, path, answer.status, data[:200])
        return (json.loads(data) if data else {}), answer.headers

    def _answer(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        if self._line is None:
            made = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
            more: dict[str, Any] = {"context": self.tls} if self.tls else {}
            self._line = made("localhost", self.port, timeout=PATIENCE, **more)
        self._line.request(method, path, body, headers)
        return self._line.getresponse()

    def post(self, count: int) -> float:
        """Hand in so many new objects; return seconds."""
        made = [indicator(self.rng) for _ in range(count)]
        body = json.dumps({"objects": made}).encode()
        start = time.perf_counter()
        told, _ = self.ask("POST", body=body)
        seconds = time.perf_counter() - start
        assert told.get("success_count") == count, told
        self.ids += [each["id"] for each in made]
        return seconds

    def walk(self, page: int) -> dict[str, float]:
        """Read the whole collection; what was lost and what came twice."""
        seen: list[str] = []
        query = {"limit": str(page)}
        start = time.perf_counter()
        while True:
            told, headers = self.ask("GET", query)
            seen += [each["id"] for each in told.get("objects", [])]
            last = headers.get("X-TAXII-Date-Added-Last")
            if last:
                self.dates.append(last)
            if not told.get("more"):
                break
            query = {"limit": str(page)}
            query |= {"next": told["next"]} if told.get("next") else {"added_after": str(last)}
        seconds = time.perf_counter() - start
        lost, doubled = len(set(self.ids) - set(seen)), len(seen) - len(set(seen))
        return {"per_s": len(seen) / seconds, "lost": lost, "doubled": doubled}

    def timed(self, query: dict[str, str]) -> float:
        """Return how long a page takes, parsed, in ms."""
        start = time.perf_counter()
        self.ask("GET", query)
        return (time.perf_counter() - start) * 1e3


class OpenTaxii:
    """The peer on SQLite behind gunicorn, two workers, as its own documents have it."""

    def __init__(self, programs: Path) -> None:
        """programs: the folder with its commands."""
        self.folder, self._bin = Path(tempfile.mkdtemp(prefix="opentaxii-bench-")), programs
        self.port = free_port()
        store = "class: opentaxii.{}, parameters: {{db_connection: 'sqlite:///{}', create_tables: yes{}}}"
        auth = store.format(
            "auth.sqldb.SQLDatabaseAPI",
            self.folder / "auth.db",
            ", secret: local-test-only-at-least-32-bytes-long, token_ttl_secs: 86400",
        )
        data = store.format("persistence.sqldb.Taxii2SQLDatabaseAPI", self.folder / "data.db", "")
        settings = self.folder / "opentaxii.yml"
        settings.write_text(
            f'domain: "localhost:{self.port}"\nsupport_basic_auth: yes\nauth_api: {{{auth}}}\ntaxii1:\n'
            f"taxii2: {{persistence_api: {{{data}}}, title: bench, public_discovery: true, "
            "max_content_length: 209715200}\nlogging: {opentaxii: error, root: error}\n"
        )
        self._env = {**os.environ, "OPENTAXII_CONFIG": str(settings)}
        self._env.pop("PYTHONPATH", None)
        self._run("opentaxii-add-api-root", "-t", "Default", "--default", "--id", ROOT_ID)
        self._run("opentaxii-add-collection", "-r", ROOT_ID, "-t", "bench", "-a", "bench")
        self._run("opentaxii-create-account", "-u", "admin", "-p", "admin", "--admin")
        self._process = subprocess.Popen(
            [str(self._bin / "gunicorn"), "-w", "2", "-b", f"127.0.0.1:{self.port}", "--log-level",
             "error", "--keep-alive", "60", "-k", "gthread", "opentaxii.http:app"],
            env=self._env,
        )  # fmt: skip

    def _run(self, name: str, *words: str) -> None:
        subprocess.run(
            [str(self._bin / name), *words], env=self._env, check=True, capture_output=True
        )

    def target(self) -> Target:
        """Return its collection, over a token."""
        token = self._token()
        line = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
        headers = {"Accept": MEDIA, "Authorization": f"Bearer {token}"}
        line.request("GET", f"/taxii2/{ROOT_ID}/collections/", headers=headers)
        (one,) = json.loads(line.getresponse().read())["collections"]
        line.close()
        return Target(
            "opentaxii", self.port, token, f"/taxii2/{ROOT_ID}/collections/{one['id']}/objects/",
            pids=(self._process.pid,),
        )  # fmt: skip

    def _token(self) -> str:
        body = json.dumps({"username": "admin", "password": "admin"})
        deadline = time.monotonic() + PATIENCE
        while True:
            line = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
            try:
                line.request("POST", "/management/auth", body, {"Content-Type": "application/json"})
                token: str = json.loads(line.getresponse().read())["token"]
            except ConnectionError:
                assert time.monotonic() < deadline, "the peer does not answer"
                time.sleep(0.1)
            else:
                return token
            finally:
                line.close()

    def stop(self) -> None:
        """End it and remove its folder."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)


def peer() -> OpenTaxii | None:
    """Start the peer: of BENCH_OPENTAXII, a folder of commands, else beside this interpreter."""
    programs = Path(os.environ.get("BENCH_OPENTAXII") or Path(sys.executable).parent)
    needed = ("gunicorn", "opentaxii-add-api-root")
    return OpenTaxii(programs) if all((programs / each).exists() for each in needed) else None
