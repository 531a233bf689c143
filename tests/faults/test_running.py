"""What stands in the way of a running party: each said once, with a code, and nothing lost."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults import runs
from tests.faults.conftest import Place
from tests.faults.runs import Running, detente
from tests.support.ports import free_port

from detente.core import limits

BUNDLE = Path(__file__).parent / "bundle.json"


def send(folder: Path, *more: str, to: str = "borealis.gov", about: str = "a case") -> runs.Said:
    words = ("cert", "send", BUNDLE, "--to", to, "--about", about, "--json", "--at", folder)
    return detente(*words, *more)


def test_a_second_process_on_one_folder_is_told_who_holds_it(honest: Running) -> None:
    said = detente("run", "--json", "--at", honest.folder)
    assert (said.code, said.error["code"]) == (2, "run.locked")
    assert f"process {honest.process.pid} " in said.error["what"]
    assert honest.state("borealis.gov") == "LIVE"


@pytest.mark.parametrize("half", ["node", "office"])
def test_a_second_half_on_one_folder_is_told_who_holds_it(half: str, honest: Running) -> None:
    said = detente("run", "--only", half, "--json", "--at", honest.folder)
    assert (said.code, said.error["code"]) == (2, "run.locked")
    assert f"process {honest.half(half)} " in said.error["what"]


def test_a_port_in_use_is_named_with_the_way_to_find_its_holder(
    made: Place, tmp_path: Path
) -> None:
    place = made.copied(tmp_path)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", place.port))
        sock.listen()
        with runs.running(place.borealis) as found:
            assert found.ended() == 2
    said = "\n".join(found.lines)
    assert said.count("path.port_in_use: ") == 1
    assert f"tcp://127.0.0.1:{place.port}" in said
    assert f"ss -ltnp 'sport = :{place.port}'" in said


def test_a_bundle_that_is_no_stix_is_refused_before_anything_is_sent(
    honest: Running, tmp_path: Path
) -> None:
    before = honest.office("GET", "/api/v1/record")
    for name, data, code in (
        ("no JSON", b"indicator", "stix.json"),
        ("NaN", b'{"type":"bundle","objects":[NaN]}', "stix.number"),
        ("deep", b"[" * 100_000, "stix.depth"),
        ("twice", b'{"type":"bundle","type":"bundle"}', "stix.json"),
        ("no bundle", b'{"type":"indicator"}', "stix.shape"),
        ("half", BUNDLE.read_bytes()[:100], "stix.json"),
        ("large", b" " * (limits.MAX_BUNDLE + 1), "stix.size"),
        ("larger", b" " * 2 * limits.MAX_BUNDLE, "stix.size"),
    ):
        file = tmp_path / f"{name}.json"
        file.write_bytes(data)
        words = ("--to", "borealis.gov", "--about", "a case", "--json", "--at", honest.folder)
        said = detente("cert", "send", file, *words)
        assert said.code == 2, (name, said.err)
        assert said.error["code"] == code, (name, said.err)
        assert said.error["remedy"], name
    kept = {row["mid"] for row in honest.office("GET", "/api/v1/record")}
    assert {row["mid"] for row in before} == kept


def test_a_file_that_is_not_there_is_named(honest: Running) -> None:
    words = ("--to", "borealis.gov", "--about", "x", "--json", "--at", honest.folder)
    said = detente("cert", "send", "nowhere.json", *words)
    assert (said.code, said.error["code"]) == (2, "file.unreadable")
    assert "nowhere.json" in said.error["what"]


@pytest.fixture
def met(tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    """Two running parties that hold each other's card; the first has not compared the digits."""
    one = runs.make(tmp_path, "aurelia.gov", free_port())
    other = runs.make(tmp_path, "borealis.gov", free_port())
    runs.meet(one, other)
    runs.unconfirm(one, "borealis.gov")
    with runs.running(one) as first, runs.running(other) as second:
        yield first.ready(), second.ready()


def test_a_peer_whose_digits_nobody_compared_gets_no_link_and_all_verbs_say_so(
    met: tuple[Running, Running],
) -> None:
    ours, theirs = met
    theirs.logged(code="path.closed")  # it dialled, and was not let in
    assert theirs.state("aurelia.gov") != "LIVE"
    assert ours.node("GET", "/v1/links") == []

    listed = detente("link", "list", "--json", "--at", ours.folder)
    assert listed.document == [{"party": "borealis.gov", "state": "NOT_CONFIRMED"}]
    words = detente("link", "list", "--at", ours.folder).out
    assert "borealis.gov  not compared: call them, then detente party confirm" in words

    found = detente("doctor", "--json", "--at", ours.folder)
    assert found.code == 1
    assert "detente party confirm borealis.gov" in [
        row["remedy"] for row in found.document["findings"]
    ]

    said = send(ours.folder)
    assert (said.code, said.error["code"]) == (2, "office.no_party")
    assert "detente party confirm borealis.gov" in said.error["remedy"]
    assert ours.office("GET", "/api/v1/record") == [
        row for row in ours.office("GET", "/api/v1/record") if row["kind"] != "cert.bundle"
    ]


def bundles(party: Running) -> dict[str, dict[str, Any]]:
    rows = party.office("GET", "/api/v1/record")
    return {row["mid"]: row for row in rows if row["kind"] == "cert.bundle"}


def test_an_office_killed_in_the_middle_of_sending_loses_nothing_it_acknowledged(
    honest: Running, victim: Running
) -> None:
    acknowledged: list[str] = []
    for count in range(6):
        if count in (2, 4):
            os.kill(honest.half("office"), signal.SIGKILL)
            assert honest.logged(code="run.died", exit=-9)
        said = send(honest.folder, about=f"case {count}")
        if said.code == 0:
            acknowledged += [row["mid"] for row in said.document["records"]]
        else:
            assert said.error["code"] == "run.not_running"
            honest.ready()
    assert len(acknowledged) >= 4
    honest.ready()
    runs.until(lambda: set(acknowledged) <= set(bundles(victim)))
    there = bundles(victim)
    assert len(there) == len(set(there))
    places = [there[mid]["place"] for mid in acknowledged]
    assert places == sorted(places)
    assert set(bundles(honest)) == set(there)


def test_a_folder_that_others_may_read_is_named(made: Place, tmp_path: Path) -> None:
    folder = runs.copy(made.aurelia, tmp_path)
    (folder / "office").chmod(0o755)
    said = detente("doctor", "--json", "--at", folder)
    assert said.code == 1
    remedies = [row["remedy"] for row in said.document["findings"]]
    assert f"chmod o= {folder / 'office'}" in remedies
    assert "start it: detente run" in remedies


def test_sockets_and_stores_are_their_owners_alone(honest: Running) -> None:
    for name in ("node/hatch.sock", "node/admin.sock", "office/desk.sock", "office/office.sqlite"):
        mode = stat.S_IMODE((honest.folder / name).stat().st_mode)
        assert mode & 0o077 == 0, name
