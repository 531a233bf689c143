"""A run over a file of customers: whole or absent, the same however it was interrupted."""

import gzip
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from tests.screening.people import LIST

from detente.app.bulk import runs, tables
from detente.app.verbs import screening_runs
from detente.core.errors import OurFault
from detente.screening import bulk, customers

PARTS = ("Ivan", "Ali", "Maria", "Hassan", "Petrov", "Haddad", "Rahmani", "Husayn", "Li", "Zhang")


@pytest.fixture
def listed(tmp_path: Path) -> str:
    file = tmp_path / "list.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(e) for e in LIST))
    return str(file)


def made(file: Path, count: int) -> str:
    rng = random.Random(5)
    rows = [
        {"id": f"c{i}", "name": " ".join(rng.sample(PARTS, 3)), "schema": "Person"}
        for i in range(count)
    ]
    file.write_text("\n".join(json.dumps(r) for r in rows))
    return str(file)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(screening_runs.screening, list(words), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    code: int = done.return_value
    return code, done.output


def fault(*words: str) -> str:
    with pytest.raises(OurFault) as found:
        run(*words)
    return found.value.code


def test_every_customer_has_a_line_between_a_head_and_an_end(tmp_path: Path, listed: str) -> None:
    file = tmp_path / "c.jsonl"
    file.write_bytes(
        b'{"id":"1","name":"Muhammad Husayn AL-RAHMANI","schema":"Person"}\n\n'
        b'{"id":"2","name":"Zoe Quux"}\nnothing\n' + b'{"id":"3","name":"' + b"x" * 2_000_000 + b'"}\n'
        b'{"id":"4","name":"=cmd|calc"}\n{"id":"-5","name":"..."}'
    )  # fmt: skip
    out, table = tmp_path / "r.jsonl", tmp_path / "r.csv"
    code, told = run(
        "file", str(file), "--list", listed, "--out", str(out), "--csv", str(table), "--json"
    )
    assert code == 1
    assert {k: v for k, v in json.loads(told).items() if k != "results"} == {
        "customers": 6, "clear": 2, "alert": 1, "undecided": 3,
    }  # fmt: skip
    head, *lines, end = out.read_bytes().splitlines(keepends=True)
    stamped = json.loads(head)
    assert stamped["customers"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert stamped["lists"] == {"list.jsonl": hashlib.sha256(Path(listed).read_bytes()).hexdigest()}
    assert [(d["line"], d["state"], d.get("why", "")) for d in map(json.loads, lines)] == [
        (1, "alert", ""), (3, "clear", ""), (4, "undecided", "form"), (5, "undecided", "too_large"),
        (6, "clear", ""), (7, "undecided", "no_words"),
    ]  # fmt: skip
    assert json.loads(end)["sha256"] == hashlib.sha256(head + b"".join(lines)).hexdigest()
    rows = table.read_text().splitlines()
    assert len(rows) == 5
    assert rows[-1].startswith("7,'-5,undecided,no_words")
    assert not out.with_name("r.jsonl.run").exists()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert tables.harmless(cell) == "'" + cell
    assert tables.harmless("a" + cell) == "a" + cell


def test_one_worker_and_two_write_the_same_bytes(tmp_path: Path, listed: str) -> None:
    file = made(tmp_path / "c.jsonl", 3 * bulk.ROWS + 7)
    found = []
    for count in ("1", "2"):
        out = tmp_path / f"r{count}"
        run("file", file, "--list", listed, "--out", str(out), "--workers", count)
        found.append(out.read_bytes())
    assert found[0] == found[1]
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(Path(file).read_bytes()))
    run("file", file + ".gz", "--list", listed, "--out", str(tmp_path / "gz"))
    assert (tmp_path / "gz").read_bytes().split(b"\n")[1:-2] == found[0].split(b"\n")[1:-2]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_that_is_killed_goes_on_and_ends_as_if_it_never_was(
    tmp_path: Path, listed: str, workers: str
) -> None:
    file = made(tmp_path / "c.jsonl", 12 * bulk.ROWS)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run("file", file, "--list", listed, "--out", str(whole))
    words = ["file", file, "--list", listed, "--out", str(cut), "--workers", workers]
    process = subprocess.Popen(
        [sys.executable, "-m", "detente", "screening", *words], stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    folder = cut.with_name("cut.run")
    until = time.monotonic() + 60
    while not (folder / "00000001").exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {p.name: p.stat().st_mtime_ns for p in folder.glob("0000000?")}
    assert kept
    assert not cut.exists()
    (folder / "00000000").write_bytes(b"torn by the kill")
    run(*words[:-1], "1")
    assert cut.read_bytes() == whole.read_bytes()
    assert not folder.exists()


def test_workers_end_when_their_parent_is_killed(tmp_path: Path, listed: str) -> None:
    file = made(tmp_path / "c.jsonl", 12 * bulk.ROWS)
    process = subprocess.Popen(
        [sys.executable, "-m", "detente", "screening", "file", file, "--list", listed, "--out",
         str(tmp_path / "r"), "--workers", "2"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, process_group=0,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (tmp_path / "r.run/00000000").exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    while time.monotonic() < until:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("workers are still there")


def test_a_folder_of_another_run_is_not_gone_on_with(tmp_path: Path, listed: str) -> None:
    file, out = made(tmp_path / "c.jsonl", 3), tmp_path / "r"
    words = ("file", file, "--list", listed, "--out", str(out))
    with runs.held(tmp_path / "r.run"):
        assert fault(*words) == "bulk.busy"
    (tmp_path / "r.run/head").write_bytes(bulk.Head(1, "0", {}, "x", bulk.Settings()).bytes())
    assert fault(*words) == "bulk.other"


def test_a_file_that_is_none_is_refused(tmp_path: Path, listed: str) -> None:
    out = str(tmp_path / "r")
    wide, cut, table = tmp_path / "w.jsonl", tmp_path / "cut.jsonl.gz", tmp_path / "t.csv"
    wide.write_bytes('{"id": "1"}'.encode("utf-16"))
    cut.write_bytes(gzip.compress(b"{}\n" * 1000)[:-20])
    table.write_text("a,b\n1,2\n")
    for file in (tmp_path / "none", wide, cut, table):
        assert fault("file", str(file), "--list", listed, "--out", out) == "customers.unreadable"


def test_a_threshold_a_mapping_and_a_number_of_workers_have_their_limits(
    tmp_path: Path, listed: str
) -> None:
    file, out = made(tmp_path / "c.jsonl", 2), str(tmp_path / "r")
    words = ("file", file, "--list", listed, "--out", out)
    for value in ("0.29", "1.01"):
        assert fault(*words, "--threshold", value) == "customers.settings"
    for value in ("0.3", "1"):
        assert run(*words, "--threshold", value)[0] in (0, 1)
    for value in ("name", "nom=Name"):
        assert fault(*words, "--mapping", value) == "customers.settings"
    for value in ("0", "257"):
        assert fault(*words, "--workers", value) == "bulk.workers"


def test_a_file_that_changes_while_it_is_screened_gives_no_results(
    tmp_path: Path, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, out = made(tmp_path / "c.jsonl", 3), tmp_path / "r"
    built = runs.index_file

    def swap(*args: object) -> None:
        built(*args)  # type: ignore[arg-type]
        made(tmp_path / "c.jsonl", 4)

    monkeypatch.setattr(runs, "index_file", swap)
    assert fault("file", file, "--list", listed, "--out", str(out)) == "customers.changed"
    assert not out.exists()


def test_a_damaged_index_of_a_killed_run_is_built_again(tmp_path: Path) -> None:
    file = tmp_path / "index"
    runs.index_file(file, LIST, {"made": "0"})
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    runs.index_file(file, LIST, {"made": "0"})
    assert file.read_bytes() == whole
    runs.index_file(file, LIST[:3], {"made": "1"})
    assert file.read_bytes() != whole


def test_a_finished_piece_that_was_damaged_is_told_not_used(
    tmp_path: Path, listed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, out = made(tmp_path / "c.jsonl", 3), tmp_path / "r"
    monkeypatch.setattr(bulk, "kept", lambda shard: b"damaged on its way to the disk, it was")
    assert fault("file", file, "--list", listed, "--out", str(out)) == "bulk.damaged"
    monkeypatch.undo()
    run("file", file, "--list", listed, "--out", str(out))
    assert len(out.read_bytes().splitlines()) == 5


def test_progress_tells_rate_and_time_to_go(tmp_path: Path, listed: str) -> None:
    file, out = made(tmp_path / "c.jsonl", 10), str(tmp_path / "r")
    done = CliRunner().invoke(
        screening_runs.screening, ["file", file, "--list", listed, "--out", out, "--progress", "json"],
        standalone_mode=False,
    )  # fmt: skip
    told = json.loads(done.stderr.splitlines()[-1])
    assert (told["done"], told["lines"], told["left_s"], told["is_last"]) == (10, 10, 0.0, True)
    again = CliRunner().invoke(
        screening_runs.screening, ["file", file, "--list", listed, "--out", out, "--progress", "line"],
        standalone_mode=False,
    )  # fmt: skip
    assert "100% 10/10" in again.stderr


def test_a_shard_is_closed_by_its_rows_or_by_its_bytes() -> None:
    rows = [customers.Row(i, b"x") for i in range(bulk.ROWS + 1)]
    assert [len(s) for s in runs.shards(rows)] == [bulk.ROWS, 1]
    big = [customers.Row(i, b"x" * (bulk.BYTES // 2)) for i in range(3)]
    assert [len(s) for s in runs.shards(big)] == [2, 1]


def test_a_list_and_customers_that_change_are_screened_again(tmp_path: Path, listed: str) -> None:
    file, folder, out = tmp_path / "c.jsonl", str(tmp_path / "state"), tmp_path / "changes"
    file.write_text('{"id":"1","name":"Muhammad Husayn AL-RAHMANI","schema":"Person"}')
    words = ("rescreen", folder, "--list", listed, "--json")
    assert fault(*words) == "form.missing"
    first = json.loads(run(*words, "--customers", str(file))[1])
    assert (first["opened"], first["alerts"], first["asked_anew"]) == (1, 1, 1)
    code, told = run(*words)
    assert (code, json.loads(told)["alerts"]) == (0, 1)
    Path(listed).write_bytes(b"\n".join(msgspec.json.encode(e) for e in LIST[1:]))
    run(*words, "--out", str(out))
    assert [json.loads(r)["change"] for r in out.read_bytes().splitlines()] == ["closed"]
    assert fault(*words, "--threshold", "0.5") == "rescreen.state"
