"""The address that is told of an alarm: no content, a checked certificate, other tries, a state that is seen."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests import produced
from tests.support import processes
from tests.support.outcomes import fault_of
from tests.support.running import Running

from detente.app.config import SETTINGS, Config
from detente.app.process import pager, siren
from detente.app.process.pager import (
    AGAIN_AFTER,
    RINGS_MAX,
    SECRET_MAX,
    TRIES_MAX,
    Address,
    Pager,
)
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import crowds, items
from detente.office.alarms import Bell, Rang, Ring
from detente.office.desk import Role
from detente.office.people import Person

SINCE = Moment.parse("2026-11-22T10:00:00.000Z")
RING = Ring("command", "notices", 2, SINCE, (b"m" * 32,))
SECRET = "a secret of the gateway"
READER = Person("lind", "1000", "s-01", {"notices": frozenset({Role.READ})})
STRANGER = Person("aho", "1001", "s-02", {"cert": frozenset({Role.READ})})


class Gateway(HTTPServer):
    """Answers as told, and keeps what it was told."""

    def __init__(self, *answers: int) -> None:
        self.answers, self.heard = list(answers), list[tuple[str, dict[str, str], bytes]]()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/alarm"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), data))
        self.send_response(self.server.answers.pop(0))
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def gateway(*answers: int) -> Iterator[Gateway]:
    found = Gateway(*answers)
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield found
    finally:
        found.shutdown()
        thread.join()
        found.server_close()


class Journal:
    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def write(self, _level: str, code: str, what: str, **_more: object) -> None:
        self.rows.append((code, what))
        produced.HEARD.update(produced.codes_in(code))


@pytest.fixture
def journal() -> Journal:
    return Journal()


def made(journal: Journal, url: str) -> tuple[Pager, list[bool]]:
    ended: list[bool] = []
    log: Any = journal
    return Pager(Address(url, SECRET, ""), log, lambda _ring, well: ended.append(well)), ended


def one_try(one: Pager, moment: float) -> None:
    one.turn(moment)
    assert one._asked is not None
    wait([one._asked])
    one.turn(moment)


def test_it_is_told_what_waits_where_and_nothing_else(journal: Journal) -> None:
    with gateway(204) as there:
        one, ended = made(journal, there.url)
        one.ring([RING])
        one_try(one, 0.0)
        one.close()
    ((path, headers, data),) = there.heard
    assert path == "/alarm"
    assert headers["Authorization"] == f"Bearer {SECRET}"
    assert json.loads(data) == {
        "prec": "FLASH", "desk": "notices", "count": 2, "since": str(SINCE), "step": "command",
        "exercise": False,
    }  # fmt: skip
    assert ended == [True]
    assert journal.rows == []
    assert one.turn(0.0) is None


def test_what_fails_is_tried_again_later_each_time_and_stands_on_the_list_until_one_got_through(
    journal: Journal,
) -> None:
    with gateway(500, 503, 404, 302, 429, 200) as there:
        one, ended = made(journal, there.url)
        one.ring([RING, RING])
        moment = 0.0
        for number in range(1, TRIES_MAX):
            one_try(one, moment)
            assert ended == []
            pause = AGAIN_AFTER * 2 ** (number - 1)
            assert one.turn(moment) == pytest.approx(pause)
            moment += pause
        one.turn(moment)
        assert one._asked is not None
        wait([one._asked])
        one.turn(moment)
        assert ended == [False]
        (item,) = one.items(READER, SINCE)
        assert (item.what, item.desk, item.words[0]) == (
            items.AUTOMATIC,
            "notices",
            "ui.todo.pager",
        )
        assert one.items(STRANGER, SINCE) == ()
        assert one._asked is not None, "the next one is asked at once"
        wait([one._asked])
        one.turn(moment)
        one.close()
    assert ended == [False, True]
    assert one.items(READER, SINCE) == ()
    assert [path for path, _, _ in there.heard] == ["/alarm"] * 6, "no redirect is followed"
    assert {code for code, _ in journal.rows} == {"run.alarm"}
    assert SECRET not in str(journal.rows)


def test_a_gateway_that_nobody_vouches_for_gets_nothing(journal: Journal, tmp_path: Path) -> None:
    with gateway() as there:  # it speaks no TLS at all
        one, ended = made(journal, there.url.replace("http:", "https:"))
        one.ring([RING])
        one_try(one, 0.0)
        one.close()
    assert there.heard == []
    assert ended == []
    assert "SSL" in journal.rows[0][1]
    (tmp_path / "none.pem").write_text("nothing")
    log: Any = journal
    bad = Pager(
        Address("https://127.0.0.1:1/", "", str(tmp_path / "none.pem")), log, lambda *_: None
    )
    bad.ring([RING])
    one_try(bad, 0.0)
    bad.close()
    assert "SSLError" in journal.rows[1][1]


def test_so_many_wait_and_without_an_address_none(journal: Journal) -> None:
    one, ended = made(journal, "http://127.0.0.1:1/")
    one.ring([RING] * (RINGS_MAX + 2))
    assert ended == [False, False]
    one.close()
    log: Any = journal
    none = Pager(None, log, lambda *_: None)
    none.ring([RING])
    assert none.turn(0.0) is None
    none.close()


def test_so_many_wait_and_one_more_fails_at_once(journal: Journal) -> None:
    one, ended = made(journal, "http://127.0.0.1:1/")
    one.ring([RING] * RINGS_MAX)
    assert ended == []
    assert [(each.waiting, each.failing) for each in one.bells()] == [(RINGS_MAX, False)]
    one.ring([RING])
    assert ended == [False]
    (bell,) = one.bells()
    assert (bell.waiting, bell.failing, bell.why) == (RINGS_MAX, True, "16 alarms wait before it")
    one.close()


def test_how_it_fares_is_told(journal: Journal) -> None:
    log: Any = journal
    times = [SINCE, SINCE + Span(10_000)]
    with gateway(503, 200) as there:
        one = Pager(Address(there.url, SECRET, ""), log, lambda *_: None, lambda: times.pop(0))
        assert one.bells() == [Bell("webhook", None, None, False, "", 0, 0, TRIES_MAX)]
        one.ring([RING])
        one_try(one, 0.0)
        failed = Bell("webhook", None, SINCE, True, "it answers 503", 1, 1, TRIES_MAX)
        assert one.bells() == [failed]
        one_try(one, AGAIN_AFTER)
        one.close()
    well = Bell("webhook", SINCE + Span(10_000), SINCE, False, "", 0, 0, TRIES_MAX)
    assert one.bells() == [well]
    assert Pager(None, log, lambda *_: None).bells() == []


def test_after_a_restart_it_goes_on_as_the_home_log_has_it(journal: Journal) -> None:
    later = SINCE + Span(10_000)
    one, _ = made(journal, "http://127.0.0.1:1/")
    one.recall(Rang("webhook", "notices", SINCE, later, "it answers 503"))
    assert one.bells() == [Bell("webhook", SINCE, later, True, "it answers 503", 0, 0, TRIES_MAX)]
    assert one.failed is not None
    assert (one.failed.desk, one.failed.since) == ("notices", later)
    well, _ = made(journal, "http://127.0.0.1:1/")
    well.recall(Rang("webhook", "notices", later, SINCE, "it answers 503"))
    assert well.bells() == [Bell("webhook", later, SINCE, False, "", 0, 0, TRIES_MAX)]
    assert well.failed is None
    log: Any = journal
    none = Pager(None, log, lambda *_: None)
    none.recall(Rang("webhook", "notices", None, later, "it answers 503"))
    assert none.failed is None, "nobody is told of an address that is gone"
    for each in (one, well):
        each.close()


@pytest.mark.parametrize("chars", [SECRET_MAX, SECRET_MAX + 1])
def test_a_secret_is_as_long_as_it_may_be(tmp_path: Path, chars: int) -> None:
    (tmp_path / "secret").write_text("x" * chars)
    told = config(tmp_path, webhook="https://gateway.example/", webhook_secret_file="secret")
    if chars <= SECRET_MAX:
        found = pager.address(told)
        assert found is not None
        assert len(found.secret) == SECRET_MAX
    else:
        assert fault_of(pager.address, told) == "config.bad"


@pytest.mark.parametrize("page", ["docs/operate/watch.md", "docs/ru/operate/watch.md"])
def test_the_page_of_limits_and_the_program_say_the_same(page: str) -> None:
    text = (Path(__file__).parents[2] / page).read_text("utf-8")
    rows = {
        n: int(v.replace(",", ""))
        for n, v in re.findall(r"^\| `([A-Z_]+)` \| `([0-9,]+)` \|", text, re.MULTILINE)
    }
    assert rows == {
        "RINGS_MAX": RINGS_MAX, "SIREN_TRIES_MAX": siren.TRIES_MAX,
        "SIREN_SECONDS_MAX": siren.SECONDS_MAX, "PAGER_TRIES_MAX": TRIES_MAX,
        "SECRET_MAX": SECRET_MAX, "FOLD_AT": crowds.FOLD_AT, "CROWD_MAX": crowds.CROWD_MAX,
    }  # fmt: skip
    assert siren.RINGS_MAX == RINGS_MAX


def config(folder: Path, **told: str) -> Config:
    values = {f"{s}.{k}": v.default for s, m in SETTINGS.items() for k, v in m.items()}
    return Config(folder, values | {f"alarms.{key}": text for key, text in told.items()})


def test_the_address_and_the_secret_of_the_settings(tmp_path: Path) -> None:
    assert pager.address(config(tmp_path)) is None
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    found = pager.address(
        config(tmp_path, webhook="https://gateway.example/alarm", webhook_secret_file="secret")
    )
    assert found == Address("https://gateway.example/alarm", SECRET, "")
    assert pager.address(config(tmp_path, webhook="http://127.0.0.1:8080/a")) is not None


@pytest.mark.parametrize(
    "told",
    [
        {"webhook": "http://gateway.example/"},
        {"webhook": "https://name:word@gateway.example/"},
        {"webhook": "https://gateway.example/?key=1"},
        {"webhook": "https:///"},
        {"webhook": "https://gateway.example:x/"},
        {"webhook": "https://gateway.example/", "webhook_secret_file": "none"},
        {"webhook": "https://gateway.example/", "webhook_secret_file": "two"},
    ],
)
def test_an_address_that_would_tell_others_is_refused(tmp_path: Path, told: dict[str, str]) -> None:
    (tmp_path / "two").write_text("one\ntwo")
    with pytest.raises(OurFault) as refused:
        pager.address(config(tmp_path, **told))
    assert refused.value.code == "config.bad"


OUTSIDE = '\n[alarms]\ncommand = ["/bin/true"]\nwebhook = "http://127.0.0.1:1/"\n'
ASKED_AT_ONCE = """
import sys
from contextlib import suppress
from detente.app.config import load
from detente.app.process.office import OfficeProcess
from detente.core.errors import OurFault
from tests.support import processes

process = OfficeProcess(load(sys.argv[1]), processes.SECRETS.office)

def asked():
    with suppress(OurFault):
        return process._need()

office = processes.until(asked, "the node answers")
print([each.name for each in office.alarms.bells()], process._pager in office.todo.sources)
"""


def test_an_office_that_is_asked_before_it_looked_around_tells_of_its_alarms(
    tmp_path: Path,
) -> None:
    folder = processes.make(tmp_path, "aurelia.gov")
    with (folder / "detente.toml").open("a") as settings:
        settings.write(OUTSIDE)
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-m", "detente", "run", "--only", "node", "--at", str(folder)]
    node = subprocess.Popen(words, env=paths)
    try:
        done = subprocess.run(
            [sys.executable, "-c", ASKED_AT_ONCE, str(folder)],
            env=paths, capture_output=True, text=True, timeout=processes.PATIENCE, check=True,
        )  # fmt: skip
    finally:
        node.terminate()
        node.wait(processes.PATIENCE)
    assert done.stdout == "['command', 'webhook'] True\n"


def test_a_running_office_tells_how_its_alarms_outside_fare(tmp_path: Path) -> None:
    alone = Running(tmp_path, "aurelia.gov")
    with (alone.folder / "detente.toml").open("a") as settings:
        settings.write(OUTSIDE)
    alone.start()
    try:
        told = alone.insist("GET", "/api/v1/doctor")["alarms"]
    finally:
        alone.end()
    assert [(each["by"], each["failing"], each["waiting"]) for each in told] == [
        ("command", False, 0), ("webhook", False, 0),
    ]  # fmt: skip
