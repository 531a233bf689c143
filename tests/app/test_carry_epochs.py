"""Two real parties without a line: one is put back from a backup, or both histories part. Files mend it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.test_carry import (
    bring,
    by_files,
    detente,
    export,
    level,
    link,
    send,
    there_and_back,
)
from tests.app.test_restored import back_up, put_back
from tests.app.test_settled import keep, put
from tests.support.processes import until
from tests.support.running import Running

Pair = tuple[Running, Running]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with by_files(tmp_path) as both:
        yield both


def delivered(a: Running, b: Running, mid: str, place: Path) -> bool:
    """Carry until the sender knows that its record was opened."""
    there_and_back(a, b, place)
    return level(a, mid) == "DELIVERED"


def restart(side: Running) -> None:
    side.start()
    side.insist("GET", "/api/v1/log")


@pytest.mark.parametrize("which", ["writer", "reader"])
def test_a_party_put_back_from_a_backup_recovers_by_files_alone(
    pair: Pair, tmp_path: Path, which: str
) -> None:
    a, b = pair
    first = send(a, b, "before the backup")
    until(lambda: delivered(a, b, first, tmp_path), "known before the backup")
    lost = a if which == "writer" else b
    back_up(lost)
    later = send(a, b, "after the backup")
    until(lambda: delivered(a, b, later, tmp_path), "known after the backup")
    epoch = link(a)["link_id"]
    lost.end()
    put_back(lost)
    restart(lost)
    row = link(lost)
    assert row["state"] == "RECOVER", "people see that it was put back"
    out = export(lost, b if lost is a else a, tmp_path / "asks")
    assert out["records"] == 0
    assert "restored" in out["held_back"]
    for _ in range(3):
        there_and_back(a, b, tmp_path)
    fresh = send(a, b, "in the new epoch")
    back = send(b, a, "and back")
    until(lambda: delivered(a, b, fresh, tmp_path), "records flow again")
    until(lambda: delivered(b, a, back, tmp_path), "both ways")
    assert link(a)["link_id"] == link(b)["link_id"] != epoch
    assert link(a)["state"] == link(b)["state"] == "COURIER"
    assert level(a, later) == "DELIVERED", "what the backup did not hold came back"
    assert {row["mid"] for row in b.records()} >= {first, later, fresh}
    for side in pair:
        detente(side, "check")  # it fails unless all is well


def head_of(row: dict[str, object]) -> str:
    return f"{row['size']} {row['root']}"


def test_two_histories_halt_by_file_and_end_where_two_persons_confirm(
    pair: Pair, tmp_path: Path
) -> None:
    a, b = pair
    first = send(a, b, "the common beginning")
    until(lambda: delivered(a, b, first, tmp_path), "both hold it")
    a.end()
    keep(a, "before")
    restart(a)
    one = send(a, b, "one history")
    until(lambda: delivered(a, b, one, tmp_path), "B holds it")
    a.end()
    put(a, "before")  # a snapshot that rolls back both ids: only this gives two histories
    restart(a)
    other = send(a, b, "the other history")
    export(a, b, tmp_path / "odd")
    came = bring(b, tmp_path / "odd", "-o", str(tmp_path / "why"), leaves=True)
    assert (came["state"], came["new"], came["known"]) == ("HALTED", 0, 0)
    assert came["why"].startswith("E_FORK")
    assert bring(a, tmp_path / "why")["state"] == "HALTED"
    assert link(a)["state"] == link(b)["state"] == "HALTED"

    # Two people compare by telephone: the largest sizes at which both show one root.
    ours = detente(a, "link", "epoch", "show", b.name)["logs"]
    theirs = detente(b, "link", "epoch", "show", a.name)["logs"][::-1]
    sizes = [min(x["size"], y["size"]) for x, y in zip(ours, theirs, strict=True)]
    for log in (0, 1):
        while True:
            asked = [str(size) for size in sizes]
            at_a = detente(a, "link", "epoch", "show", b.name, "--sizes", *asked)["logs"]
            at_b = detente(b, "link", "epoch", "show", a.name, "--sizes", *asked[::-1])["logs"]
            if at_a[log]["root"] == at_b[1 - log]["root"]:
                break
            sizes[log] -= 1
    heads = [head_of(row) for row in at_a]
    assert heads == [head_of(row) for row in at_b[::-1]]
    detente(a, "link", "epoch", "confirm", b.name, "--ours", heads[0], "--theirs", heads[1])
    there_and_back(a, b, tmp_path)
    assert link(b)["state"] == "HALTED", "one person is not enough"
    detente(b, "link", "epoch", "confirm", a.name, "--ours", heads[1], "--theirs", heads[0])
    for _ in range(3):
        there_and_back(a, b, tmp_path)
    assert link(a)["state"] == link(b)["state"] == "COURIER"
    until(lambda: delivered(a, b, other, tmp_path), "what the end left out goes again")
    fresh = send(b, a, "and traffic goes on")
    until(lambda: delivered(b, a, fresh, tmp_path), "both ways")
