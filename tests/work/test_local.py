"""Workers do the same as this process alone, and tell what goes wrong."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from detente.app import build_work
from detente.core.errors import OurFault
from detente.screening.port import Task, Work
from detente.work.local import Here, Processes


def adding(files: Mapping[str, memoryview], setup: bytes) -> Callable[[bytes], bytes]:
    return lambda piece: bytes(files["file"]) + setup + piece


def failing(files: Mapping[str, memoryview], setup: bytes) -> Callable[[bytes], bytes]:
    def do(piece: bytes) -> bytes:
        if piece == b"2":
            raise OurFault("index.form", "made", "none")
        return piece

    return do


def dying(files: Mapping[str, memoryview], setup: bytes) -> Callable[[bytes], bytes]:
    def do(piece: bytes) -> bytes:
        if piece == b"2":
            os._exit(9)
        return piece

    return do


@pytest.mark.parametrize("work", [Here(), Processes(1), Processes(2)])
def test_every_piece_is_done_once(tmp_path: Path, work: Work) -> None:
    (tmp_path / "file").write_bytes(b"f" * 300_000)
    task = Task(adding, {"file": str(tmp_path / "file")}, b"s")
    pieces = [(i, str(i).encode()) for i in range(7)]
    assert sorted(work.each(task, pieces)) == [
        (i, b"f" * 300_000 + b"s" + piece) for i, piece in pieces
    ]
    assert list(work.each(task, [])) == []


@pytest.mark.parametrize("work", [Here(), Processes(2)])
def test_a_fault_of_a_piece_comes_out(work: Work) -> None:
    with pytest.raises(OurFault) as found:
        list(work.each(Task(failing, {}, b""), [(i, str(i).encode()) for i in range(5)]))
    assert found.value.code == "index.form"


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(OurFault) as found:
        list(Processes(2).each(Task(dying, {}, b""), [(i, str(i).encode()) for i in range(5)]))
    assert found.value.code == "work.lost"


def test_an_empty_file_is_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert list(Here().each(Task(adding, {"file": str(tmp_path / "file")}, b""), [(0, b"x")])) == [
        (0, b"x")
    ]


def test_one_worker_is_this_process() -> None:
    assert isinstance(build_work.workers(1), Here)
    assert isinstance(build_work.workers(2), Processes)


def test_without_the_engine_for_clusters_a_cluster_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # as where it is not installed
    with pytest.raises(OurFault) as found:
        build_work.workers(2, "127.0.0.1:1")
    assert found.value.code == "work.missing"
