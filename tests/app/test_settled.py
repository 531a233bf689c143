"""Two histories of one log between real parties: halted, urgent only, proved, settled by two people."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.app.test_real_crash import send
from tests.app.test_restored import stored
from tests.support.processes import until
from tests.support.running import Running, two_parties

from detente.app import client
from detente.app.meeting import Meeting
from detente.core.errors import OurFault


def detente(side: Running, *words: str) -> Any:  # noqa: ANN401  what the verb answers
    """Run a verb and return its JSON."""
    paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-m", "detente", *words, "--json", "--at", str(side.folder)],
        env={**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def state(side: Running) -> str:
    """The state of the one link; "" while nobody answers."""
    asked = client.node(side.folder)
    try:
        found: str = asked.ask("GET", "/v1/links")[0]["state"]
    except OurFault:
        return ""
    finally:
        asked.close()
    return found


def keep(side: Running, name: str) -> None:
    """Copy the whole party while it stands, as a snapshot of its machine does."""
    shutil.copytree(side.folder, side.folder.parent / f"{side.folder.name}.{name}")


def put(side: Running, name: str) -> None:
    shutil.rmtree(side.folder)
    shutil.copytree(side.folder.parent / f"{side.folder.name}.{name}", side.folder)


def test_a_fork_is_proved_and_settled_and_the_urgent_goes_on_meanwhile(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        first = send(a, b, 1)
        until(lambda: stored(a, first), "the common beginning is stored")
        for side in (a, b):
            side.end()
        for side in (a, b):
            keep(side, "before")
            side.start()
        until(lambda: a.is_live() and b.is_live(), "live once more")
        one = send(a, b, 2)
        until(lambda: stored(a, one), "one history")
        b.end()
        keep(b, "one")
        a.end()
        for side in (a, b):  # a snapshot that rolls back both ids: only this gives two histories
            put(side, "before")
            side.start()
        until(lambda: a.is_live() and b.is_live(), "live in the other history")
        other = send(a, b, 3)
        until(lambda: stored(a, other), "the other history")
        b.end()
        put(b, "one")
        b.start()
        until(lambda: state(a) == state(b) == "DISPUTED", "halted, then open for what is urgent")

        # Each side can prove it, and anyone can check the file.
        cards = []
        for side in (a, b):
            card = tmp_path / f"{side.name}.card"
            card.write_bytes(Meeting(side.folder).card().note)
            cards += ["--card", str(card)]
        proof = tmp_path / "conflict.json"
        for side, peer in ((a, b), (b, a)):
            found = tried(side, peer, proof)
            if found == "told":
                continue  # it was told of the halt by the other's ERROR
            shown = detente(side, "verify", str(proof), *cards)
            assert shown["kind"] == "forked"
            assert shown["who"] in (a.name, b.name), "both logs went two ways"
            break
        else:
            raise AssertionError("nobody can prove it")

        # Two people compare by telephone and confirm the common beginning.
        heads = {}
        for side, peer in ((a, b), (b, a)):
            heads[side.name] = detente(side, "link", "epoch", "show", peer.name)["logs"]
        ours, theirs = heads[a.name], heads[b.name][::-1]
        sizes = [agreed(a, b, place, min(x["size"], y["size"])) for place, (x, y) in
                 enumerate(zip(ours, theirs, strict=True))]  # fmt: skip
        for side, peer, own in ((a, b, sizes), (b, a, sizes[::-1])):
            told = [str(each) for each in own]
            rows = detente(side, "link", "epoch", "show", peer.name, "--sizes", *told)["logs"]
            said = [f"{row['size']} {row['root']}" for row in rows]
            detente(
                side, "link", "epoch", "confirm", peer.name, "--ours", said[0], "--theirs", said[1]
            )
        until(lambda: a.is_live() and b.is_live(), "settled: a new epoch")
        fresh = send(a, b, 4)
        until(lambda: stored(a, fresh), "the next record is stored")
        until(lambda: stored(a, other), "what the settlement left out was sent again")


def tried(side: Running, peer: Running, file: Path) -> str:
    """Write the conflict; say whether it shows a statement or only what the other said."""
    detente(side, "evidence", "conflict", peer.name, "-o", str(file))
    found = json.loads(file.read_bytes())
    return "told" if found["stated"] is None else "seen"


def agreed(a: Running, b: Running, place: int, size: int) -> int:
    """The largest size at which both sides have one root of a log; `place` 0 is a's log."""
    while True:
        roots = []
        for side, peer, own in ((a, b, place), (b, a, 1 - place)):
            sizes = ["0", "0"]
            sizes[own] = str(size)
            rows = detente(side, "link", "epoch", "show", peer.name, "--sizes", *sizes)["logs"]
            roots.append(rows[own]["root"])
        if roots[0] == roots[1]:
            return size
        size -= 1
