"""Files of customers in an office: begun, done beside, cancelled, resumed, removed."""

import gzip
import json
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from tests.app.test_screening_lists import AUDITOR, NOBODY, WHOLE, Asker
from tests.support.offices import PERSON
from tests.support.outcomes import fault_of
from tests.support.pairs import RELEASER
from tests.support.processes import until

from detente.app.bulk import asked as asking
from detente.app.bulk.reading import Source
from detente.app.screening import running
from detente.app.screening import runs as room
from detente.app.screening.room import Screens
from detente.app.screening.runs import Asked
from detente.app.verbs import screening_runs
from detente.core.errors import OurFault
from detente.office.trail import Query
from detente.screening import bulk, runs
from detente.screening.listed import Listed
from detente.screening.lists import prepare

CUSTOMERS = (
    b'{"id":"1","name":"Muhammad Husayn AL-RAHMANI","schema":"Person"}\n'
    b'{"id":"2","name":"Zoe Quux"}\nnothing\n{"id":"-5","name":"..."}\n'
)
TABLE = "no;Full name\n1;Muhammad Husayn AL-RAHMANI\n2;=Zoe Quux\n"


@pytest.fixture
def asker(tmp_path: Path) -> Asker:
    found = Asker(tmp_path / "lists")
    found.load(b"\n".join(WHOLE))
    return found


def hand_in(asker: Asker, data: bytes) -> str:
    sha256: str = room_hash(data)
    asker.screens.upload(asker.office, PERSON, sha256, 0, data)
    return sha256


def room_hash(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def start(asker: Asker, data: bytes, name: str = "c.jsonl", **more: Any) -> runs.Run:
    asked = Asked(hand_in(asker, data), name, **more)
    return asker.screens.screen(asker.office, PERSON, asked, asker.net.now)


def many(count: int) -> bytes:
    names = ("Ivan Petrov", "Ali Haddad", "Maria Rahmani", "Sergei Kuznetsov", "Zoe Quux")
    rows = ({"id": f"c{i}", "name": f"{names[i % 5]} {i}"} for i in range(count))
    return "\n".join(map(json.dumps, rows)).encode()


def results(asker: Asker, number: int) -> bytes:
    return asker.screens.runs.piece(asker.office, PERSON, number, 0, table=False)


def by_command(asker: Asker, folder: Path, data: bytes, name: str = "c.jsonl", *more: str) -> bytes:
    """Return what the command writes over the same entries: the list's name goes before the ids."""
    version = asker.screens.book(asker.office, PERSON).versions[0]
    kept = asker.shelf.entries.kept(version.entries)
    assert kept is not None
    entities: list[Listed] = [
        msgspec.structs.replace(one, id=f"own/{one.id}") for one in prepare.listed_of(kept)
    ]
    listed, file, out = folder / "own", folder / name, folder / "out"
    listed.write_bytes(b"\n".join(map(msgspec.json.encode, entities)))
    file.write_bytes(data)
    words = ["file", str(file), "--list", str(listed), "--out", str(out), *more]
    done = CliRunner().invoke(screening_runs.screening, words, standalone_mode=False)
    assert done.exception is None
    return out.read_bytes()


def body_of(data: bytes) -> bytes:
    """Return results without the versions that the head names, and the hash that hangs on them."""
    head, *lines, end = data.splitlines()
    told, ended = json.loads(head), json.loads(end)
    told.pop("lists")
    ended.pop("sha256")
    return b"\n".join([json.dumps(told).encode(), *lines, json.dumps(ended).encode()])


def test_the_results_are_those_of_the_command(asker: Asker, tmp_path: Path) -> None:
    run = start(asker, CUSTOMERS)
    assert (run.state, run.clear, run.alert, run.undecided) == ("done", 1, 1, 2)
    data = results(asker, run.id)
    assert len(data) == run.results
    assert body_of(data) == body_of(by_command(asker, tmp_path, CUSTOMERS))
    version = asker.screens.book(asker.office, PERSON).versions[0]
    assert json.loads(data.splitlines()[0])["lists"] == {"own": version.entries}
    assert json.loads(data.splitlines()[-1])["sha256"] == run.stamp
    assert [(one.line, one.state, one.why) for one in asker.screens.runs.shown(asker.office, PERSON, 1)] == [
        (1, "alert", ""), (3, "undecided", "form"), (4, "undecided", "no_words"),
    ]  # fmt: skip
