"""A cluster of Dask, real and on this machine alone: what it gives is what this process gives."""

from collections.abc import Iterator
from pathlib import Path

import distributed
import msgspec
import pytest
from tests.screening.people import LIST
from tests.work.test_local import adding, failing

from detente.app.bulk import rescreening
from detente.core.errors import OurFault
from detente.screening import bulk
from detente.screening.build import build
from detente.screening.customers import Row
from detente.screening.port import Task, Work
from detente.work.cluster import Cluster
from detente.work.local import Here


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Give a scheduler and two worker processes that are reached over TCP on the loopback."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1",
        dashboard_address=None, worker_dashboard_address=None,
    ) as made:  # fmt: skip
        assert made.scheduler_address.startswith("tcp://127.0.0.1:")
        yield Cluster(made.scheduler_address)


def test_every_piece_is_done_once(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"f" * 300_000)
    task = Task(adding, {"file": str(tmp_path / "file")}, b"s")
    pieces = [(i, str(i).encode()) for i in range(7)]
    assert sorted(cluster.each(task, pieces)) == [
        (i, b"f" * 300_000 + b"s" + piece) for i, piece in pieces
    ]
    assert list(cluster.each(task, [])) == []


def test_a_fault_of_a_piece_comes_out(cluster: Cluster) -> None:
    with pytest.raises(OurFault) as found:
        list(cluster.each(Task(failing, {}, b""), [(i, str(i).encode()) for i in range(5)]))
    assert found.value.code == "index.form"


def test_one_that_does_not_answer_is_told() -> None:
    with pytest.raises(OurFault) as found:
        list(Cluster("127.0.0.1:1", answers_s=1).each(Task(adding, {}, b""), [(0, b"")]))
    assert found.value.code == "work.cluster"


def test_screened_there_is_screened_here(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(build(LIST, {}))
    setup = msgspec.json.encode(bulk.Settings(0.5))
    task = Task(bulk.start, {"index": str(tmp_path / "index")}, setup)
    rows = [
        Row(i, msgspec.json.encode({"id": str(i), "name": name}))
        for i, name in enumerate(n for e in LIST for n in e.names)
    ]
    pieces = [(n, msgspec.msgpack.encode(rows[n::5])) for n in range(5)]
    assert sorted(cluster.each(task, pieces)) == list(Here().each(task, pieces))


def test_rescreened_there_is_rescreened_here(cluster: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "customers"
    names = [n for e in LIST for n in e.names]
    file.write_bytes(b"\n".join(msgspec.json.encode({"id": n, "name": n}) for n in names))
    whole, part = (
        rescreening.lists_of((listed, {"list": mark}), ["list"])
        for listed, mark in ((list(LIST), "new"), (list(LIST[20:]), "old"))
    )
    works: list[Work] = [Here(), cluster]
    found = []
    for number, work in enumerate(works):
        folder = tmp_path / str(number)
        rescreening.first(folder, str(file), part, bulk.Settings(0.5), work)
        told = rescreening.after_lists(folder, whole, work, accept=True)
        found.append(list(rescreening.lines(told)))
    assert found[0] == found[1]
    assert found[0]
