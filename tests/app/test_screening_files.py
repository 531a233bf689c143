"""Files of customers in an office: begun, done beside, cancelled, resumed, removed."""

import gzip
import json
import os
import signal
from functools import partial
from pathlib import Path

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
from detente.app.screening import room, running
from detente.app.screening import runs as room_of_runs
from detente.app.screening.process import ALONE_EXIT
from detente.app.screening.room import Screens
from detente.app.screening.runs import Asked
from detente.app.verbs import screening_runs
from detente.core.errors import OurFault
from detente.office.trail import Query
from detente.screening import runs
from detente.screening.customers import LINE_MAX
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
    sha256 = room.sha256_of(data)
    asker.screens.upload(asker.office, PERSON, sha256, 0, data)
    return sha256


def start(
    asker: Asker, data: bytes, name: str = "c.jsonl", *mapping: str, threshold: float | None = None
) -> runs.Run:
    asked = Asked(hand_in(asker, data), name, mapping=mapping, threshold=threshold)
    return asker.screens.screen(asker.office, PERSON, asked, asker.net.now)


def many(count: int) -> bytes:
    names = ("Ivan Petrov", "Ali Haddad", "Maria Rahmani", "Sergei Kuznetsov", "Zoe Quux")
    rows = ({"id": f"c{i}", "name": f"{names[i % 5]} {i}"} for i in range(count))
    return "\n".join(map(json.dumps, rows)).encode()


def results(asker: Asker, number: int) -> bytes:
    return asker.screens.runs.piece(asker.office, PERSON, number, 0, table=False)


def by_command(asker: Asker, folder: Path, data: bytes) -> bytes:
    """Return what the command writes over the same entries: the list's name goes before the ids."""
    version = asker.screens.book(asker.office, PERSON).versions[0]
    kept = asker.shelf.entries.kept(version.entries)
    assert kept is not None
    entities: list[Listed] = [
        msgspec.structs.replace(one, id=f"own/{one.id}") for one in prepare.listed_of(kept)
    ]
    listed, file, out = folder / "own", folder / "c.jsonl", folder / "out"
    listed.write_bytes(b"\n".join(map(msgspec.json.encode, entities)))
    file.write_bytes(data)
    words = ["file", str(file), "--list", str(listed), "--out", str(out)]
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


def beside(asker: Asker) -> Screens:
    """Let the office do its slow work in processes from now on."""
    asker.screens = asker.office.screens = Screens(asker.shelf)
    return asker.screens


def folder(asker: Asker, number: int) -> Path:
    return asker.shelf.folder / "runs" / str(number)


def state(asker: Asker, number: int) -> str:
    return asker.screens.runs.find(asker.office, PERSON, number).state


def begun(asker: Asker, number: int) -> bool:
    """Turn once; say whether a piece of the run is done."""
    asker.screens.runs.turn()
    return (folder(asker, number) / "results.jsonl.run" / "00000001").exists()


def is_over(asker: Asker) -> bool:
    return asker.screens.runs.turn() is None


def test_a_run_whose_process_is_killed_goes_on_and_ends_as_if_it_never_was(
    asker: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = many(3_000)
    whole = body_of(by_command(asker, tmp_path, data))
    monkeypatch.setattr(room_of_runs, "AGAIN", 0.0)
    beside(asker)
    run = start(asker, data)
    until(lambda: begun(asker, run.id), "pieces are done")
    process = asker.screens.runs._process
    assert process is not None
    os.kill(process._process.pid, signal.SIGKILL)
    until(lambda: is_over(asker), "it is done")
    ended = asker.screens.runs.find(asker.office, PERSON, run.id)
    assert (ended.state, ended.tries) == ("done", 1)
    assert body_of(results(asker, run.id)) == whole
    assert sorted(each.name for each in folder(asker, run.id).iterdir()) == [
        "results.jsonl", "shown.jsonl", "table.csv",
    ]  # fmt: skip


def test_a_run_goes_on_after_the_office_stopped_with_the_versions_of_its_start(
    asker: Asker, tmp_path: Path
) -> None:
    data = many(3_000)
    whole = body_of(by_command(asker, tmp_path, data))
    beside(asker)
    run = start(asker, data)
    until(lambda: begun(asker, run.id), "pieces are done")
    asker.screens.close()
    beside(asker)
    asker.load(b"\n".join(WHOLE[:-1]))
    until(lambda: asker.screens.turn() is None, "lists are done while a run goes on")
    until(lambda: is_over(asker), "it is done")
    newer = asker.screens.book(asker.office, PERSON).in_force()["own"]
    assert newer.id == "own.2"
    head = json.loads(results(asker, run.id).splitlines()[0])
    assert head["lists"] == run.lists != {"own": newer.entries}
    assert body_of(results(asker, run.id)) == whole


def test_results_that_an_office_did_not_take_are_found_whole(asker: Asker) -> None:
    run = start(asker, CUSTOMERS)
    data = results(asker, run.id)
    shelf = asker.screens.runs._shelf
    book = shelf.book()
    shelf.put_book(book.having(msgspec.structs.replace(run, state=runs.RUNNING, alert=0)))
    asker.screens = asker.office.screens = Screens(asker.shelf, aside=False)
    until(lambda: is_over(asker), "it is taken")
    again = asker.screens.runs.find(asker.office, PERSON, run.id)
    assert (again.state, again.alert, again.stamp) == ("done", 1, run.stamp)
    assert results(asker, run.id) == data


def test_a_process_that_always_dies_ends_in_a_run_that_failed(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_of_runs, "AGAIN", 0.0)
    beside(asker)
    run = start(asker, CUSTOMERS)
    monkeypatch.setattr("detente.app.screening.process.sys.executable", "/bin/false")
    until(lambda: is_over(asker), "it is given up")
    ended = asker.screens.runs.find(asker.office, PERSON, run.id)
    assert (ended.state, ended.code, ended.tries) == ("failed", "work.lost", runs.TRIES_MAX)
    assert not (folder(asker, run.id) / "customers").exists()


def test_two_runs_are_done_one_after_the_other_and_one_is_cancelled(asker: Asker) -> None:
    beside(asker)
    first, second = start(asker, many(3_000)), start(asker, many(3_001))
    again = Asked(first.customers, "c.jsonl")
    ask = partial(asker.screens.screen, asker.office, PERSON, again, asker.net.now)
    assert fault_of(ask) == "customers.unreadable", "its file was taken by the first"
    until(lambda: begun(asker, first.id), "the first is under way")
    assert (state(asker, first.id), state(asker, second.id)) == ("running", "waiting")
    found = asker.screens.runs.progress(asker.screens.runs.find(asker.office, PERSON, first.id))
    assert found is None or found.done <= found.lines == 3_000
    remove = partial(asker.screens.runs.remove, asker.office, PERSON)
    assert fault_of(remove, first.id) == "screening.run_state"
    ended = asker.screens.runs.cancel(asker.office, PERSON, first.id, asker.net.now)
    assert (ended.state, ended.cancelled_by) == ("cancelled", PERSON.name)
    assert not folder(asker, first.id).exists()
    cancel = partial(asker.screens.runs.cancel, asker.office, PERSON, first.id, asker.net.now)
    assert fault_of(cancel) == "screening.run_state"
    until(lambda: is_over(asker), "the second is done")
    assert state(asker, second.id) == "done"
    remove(second.id)
    assert not folder(asker, second.id).exists()
    assert fault_of(remove, second.id) == "screening.run_unknown"
    assert start(asker, CUSTOMERS).id == 3, "no number is given twice"


@pytest.mark.parametrize(
    ("data", "name", "mapping", "threshold", "code"),
    [
        (TABLE.encode(), "c.csv", ("id=number", "name=who"), None, "customers.unreadable"),
        (TABLE.encode(), "c.csv", (), None, "customers.unreadable"),
        (TABLE.encode(), "c.csv", ("name=Full name", "births=Born"), None, "customers.unreadable"),
        (TABLE.encode(), "c.csv", ("name=Full name+Last",), None, "customers.unreadable"),
        (TABLE.encode(), "c.csv", ("born=no",), None, "customers.settings"),
        (TABLE.encode(), "c.csv", ("name",), None, "customers.settings"),
        (TABLE.encode(), "c.csv", ("name=a",) * 8, None, "customers.settings"),
        (TABLE.encode(), "c.csv", ("name=Full name",), 0.29, "customers.settings"),
        (TABLE.encode(), "c.csv", ("name=Full name",), 1.01, "customers.settings"),
        (TABLE.encode(), "c.jsonl", (), None, "customers.unreadable"),
        (b"", "c.jsonl", (), None, "customers.unreadable"),
        (b"\xef\xbb\xbf\n \n", "c.csv", (), None, "customers.unreadable"),
        (TABLE.encode("utf-16"), "c.csv", (), None, "customers.unreadable"),
        (b"PK\x03\x04" + bytes(range(256)), "c.xlsx", (), None, "customers.unreadable"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "c.csv", (), None, "customers.unreadable"),
        (gzip.compress(CUSTOMERS)[:-9], "c.jsonl.gz", (), None, "customers.unreadable"),
        (b"x" * (LINE_MAX + 1), "c.csv", (), None, "customers.unreadable"),
    ],
)  # fmt: skip
def test_what_cannot_be_screened_is_refused_before_anything_starts(
    asker: Asker, data: bytes, name: str, mapping: tuple[str, ...], threshold: float | None, code: str
) -> None:  # fmt: skip
    assert fault_of(lambda: start(asker, data, name, *mapping, threshold=threshold)) == code
    assert asker.screens.runs.all(asker.office, PERSON) == ()
    assert asker.shelf.handed_in(room.sha256_of(data)) is None, "nothing of it stays"


def test_a_table_is_screened_by_its_columns_and_its_csv_holds_no_formula(asker: Asker) -> None:
    run = start(asker, TABLE.encode(), "Clients.CSV", "id=no", "name=Full name", threshold=0.3)
    assert (run.state, run.form, run.mapping) == ("done", "csv", {"id": "no", "name": "Full name"})
    empty = start(asker, b"id,name\n", "none.csv")
    assert (empty.state, empty.clear + empty.alert + empty.undecided) == ("done", 0)
    hostile = start(asker, b'id,name\n"=1+1",...\n', "h.csv")
    table = asker.screens.runs.piece(asker.office, PERSON, hostile.id, 0, table=True)
    assert table.splitlines()[1].startswith(b"2,'=1+1,undecided,no_words")


def test_bytes_that_are_not_those_announced_fail(asker: Asker) -> None:
    asker.screens.upload(asker.office, PERSON, "0" * 64, 0, CUSTOMERS)
    asked = Asked("0" * 64, "c.jsonl")
    run = asker.screens.screen(asker.office, PERSON, asked, asker.net.now)
    assert (run.state, run.code) == ("failed", "customers.unreadable")
    assert not (folder(asker, run.id) / "customers").exists()
    piece = partial(asker.screens.runs.piece, asker.office, PERSON, run.id, 0, table=False)
    assert fault_of(piece) == "screening.run_state"


def test_a_file_that_is_a_list_too_stays_a_list(asker: Asker) -> None:
    data = b"\n".join(WHOLE)
    assert start(asker, data).state == "done"
    assert asker.shelf.received.kept(room.sha256_of(data)) == data


def test_a_disk_that_is_nearly_full_is_left_to_others(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FREE_MIN", 1 << 62)
    run = start(asker, CUSTOMERS)
    assert (run.state, run.code) == ("failed", "store.full")
    assert not folder(asker, run.id).exists(), "nothing of a run that failed stays"


def test_a_process_whose_office_was_killed_ends_by_itself(asker: Asker) -> None:
    beside(asker)
    start(asker, many(3_000))
    until(lambda: begun(asker, 1), "pieces are done")
    process = asker.screens.runs._process
    assert process is not None
    pipe = process._process.stdin
    assert pipe is not None
    pipe.close()
    process._process.stdin = None
    assert process._process.wait(60) == ALONE_EXIT
    asker.screens.close()


def test_a_run_that_another_engine_began_is_begun_anew(asker: Asker) -> None:
    beside(asker)
    run = start(asker, CUSTOMERS)
    asker.screens.close()
    work = folder(asker, run.id) / "results.jsonl.run"
    work.mkdir()
    (work / "head").write_bytes(b'{"engine":"0.0"}')
    until(lambda: is_over(asker), "it is done")
    assert state(asker, run.id) == "done"


def test_limits_of_runs(asker: Asker, tmp_path: Path) -> None:
    run = start(asker, CUSTOMERS)
    book = asker.screens.runs._shelf.book()
    for _ in range(runs.RUNS_MAX - 1):
        book, last = runs.begin(book, run)
    assert (last.id, len(book.runs)) == (runs.RUNS_MAX, runs.RUNS_MAX)
    assert fault_of(runs.begin, book, run) == "screening.runs_full"
    file = tmp_path / "c"
    file.write_bytes(b"12345\n" * 2)
    Source(str(file), 12).measure()
    assert fault_of(Source(str(file), 11).measure) == "customers.unreadable"
    settings = asking.settings("c.csv", 0.3, ["name=x"])
    assert asking.settings("c.csv", 1.0, ["name = x"]).mapping == settings.mapping
    with pytest.raises(OurFault, match=r"0\.3 to 1"):
        asking.settings("c.csv", 1.1, [])


def test_the_api_begins_shows_fetches_cancels_and_removes(asker: Asker) -> None:
    sha256 = hand_in(asker, CUSTOMERS)
    body = {"received": sha256, "name": "c.jsonl", "threshold": "0.8"}
    assert fault_of(asker.ask, NOBODY, "POST", "run", body) == "office.forbidden"
    assert fault_of(asker.ask, RELEASER, "POST", "run", body) == "office.forbidden"
    run = asker.ask(PERSON, "POST", "run", body)
    assert (run["state"], run["threshold"], run["alert"]) == ("done", 0.8, 1)
    assert run["progress"] == {"done": 0, "lines": 0, "left_s": 0.0}
    assert asker.ask(RELEASER, "GET", "run") == [asker.ask(RELEASER, "GET", "run/1")]
    lines = asker.fetch(RELEASER, "run/1/results")
    assert len(lines) == run["results"]
    assert asker.fetch(RELEASER, "run/1/results", **{"from": 10}) == lines[10:]
    assert asker.fetch(RELEASER, "run/1/results", **{"from": len(lines)}) == b""
    assert asker.fetch(RELEASER, "run/1/table").startswith(b"line,customer,state,why,score")
    for what in ("run/1", "run/1/results", "run/1/table"):
        assert fault_of(asker.ask, NOBODY, "GET", what) == "office.forbidden"
    for step in ("cancel", "remove"):
        assert fault_of(asker.ask, RELEASER, "POST", f"run/1/{step}") == "office.forbidden"
    assert fault_of(asker.ask, PERSON, "POST", "run/1/cancel") == "screening.run_state"
    assert asker.ask(PERSON, "POST", "run/1/remove") == {}
    assert fault_of(asker.ask, PERSON, "GET", "run/1") == "screening.run_unknown"
    entries = asker.office.trail.find(AUDITOR, Query(), asker.net.now)
    told = {row.text("what") for row in entries.rows if "what" in row}
    assert {"screening/run-start/1", "screening/run-remove/1", "run/read/1"} <= told


def test_without_a_list_nothing_is_screened_and_nothing_kept(tmp_path: Path) -> None:
    asker = Asker(tmp_path)
    assert fault_of(lambda: start(asker, CUSTOMERS)) == "list.none"
    assert asker.shelf.handed_in(room.sha256_of(CUSTOMERS)) is None


def test_a_start_clears_what_no_run_has_and_what_was_handed_in_for_none(asker: Asker) -> None:
    run = start(asker, CUSTOMERS)
    stray = folder(asker, 77)
    stray.mkdir()
    (stray / "customers").write_bytes(CUSTOMERS)
    (folder(asker, run.id) / "customers").write_bytes(CUSTOMERS)
    sha256 = hand_in(asker, many(3))
    beside(asker)
    assert not stray.exists()
    assert not (folder(asker, run.id) / "customers").exists()
    assert asker.shelf.handed_in(sha256) is None
    assert len(results(asker, run.id)) == run.results
    (asker.shelf.folder / "runs" / "book.json").write_bytes(b"{")
    assert fault_of(Screens, asker.shelf) == "store.failed"
