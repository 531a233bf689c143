"""A real party put back from a backup: it takes back what it lost, and both go on."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_real_crash import bundles, send
from tests.support.processes import until
from tests.support.running import Running, two_parties

from detente.app.meeting import Meeting
from detente.app.verify import proof as verify


def links(side: Running) -> list[dict[str, Any]]:
    logs: list[dict[str, Any]] = side.insist("GET", "/api/v1/log")
    return [row for row in logs if row["peer"]]


def back_up(side: Running) -> None:
    """Copy the store while its node runs, as `detente backup` does."""
    source = sqlite3.connect(side.folder / "node" / "node.sqlite")
    copy = sqlite3.connect(side.folder / "node.copy")
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()


def put_back(side: Running) -> None:
    """Put the copy in the place of the store; the incarnation file is in no backup."""
    node = side.folder / "node"
    for each in node.glob("node.sqlite*"):
        each.unlink()
    shutil.move(side.folder / "node.copy", node / "node.sqlite")
    (node / "incarnation").unlink()


def stored(side: Running, mid: str) -> bool:
    level: str = side.insist("GET", f"/api/v1/record/{mid}")["level"]
    return level in ("STORED", "DELIVERED", "READ")


@pytest.mark.parametrize("which", ["sender", "receiver", "both"])
def test_a_party_put_back_recovers_and_goes_on(tmp_path: Path, which: str) -> None:
    with two_parties(tmp_path) as (a, b):
        first = [send(a, b, number) for number in range(3)]
        until(lambda: all(stored(a, mid) for mid in first), "stored before the backup")
        restored = {"sender": [a], "receiver": [b], "both": [a, b]}[which]
        for side in restored:
            back_up(side)
        later = [send(a, b, number) for number in range(3, 6)]
        until(lambda: all(stored(a, mid) for mid in later), "stored after the backup")
        for side in restored:
            side.end()
            put_back(side)
        for side in restored:
            side.start()
        until(lambda: a.is_live() and b.is_live(), "both are live again")
        fresh = send(a, b, 7)
        until(lambda: stored(a, fresh), "the next record is stored")
        assert len({row["origin"].rpartition("/")[2] for row in links(a)}) == 2
        b.insist("GET", "/api/v1/log")
        until(lambda: len(bundles(b)) == 7, "each came once")
        closed = [row for row in links(a) if row["state"] == "CLOSED"]
        assert len(closed) == 2
        assert all(row["receipted"] == row["size"] for row in closed)
        cards = []
        for side in (a, b):
            cards.append(tmp_path / f"{side.name}.card")
            cards[-1].write_bytes(Meeting(side.folder).card().note)
        for mid in [first[0], fresh] if which == "both" else [first[0], later[-1], fresh]:
            proof = tmp_path / f"{mid}.tlog-proof"
            proof.write_bytes(a.ask("GET", f"/api/v1/record/{mid}/proof"))
            assert verify.run(proof, cards, None, accept_fast=True).exit_code == 0
