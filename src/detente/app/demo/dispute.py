"""A history set back: a party signs another record at a place that was receipted, and is refused."""

import os
import shutil
import signal
import stat
from pathlib import Path
from typing import Any, Final

from detente.app.demo import post
from detente.app.demo.bad_day import began_anew, has, same_logs
from detente.app.demo.show import Told, command
from detente.app.demo.stage import HALVES, PROGRAM, Party, Stage, need
from detente.app.face import say

TRUE: Final = "Seven hosts of yours attack us"
FALSE: Final = "No host of yours attacks us"
URGENT: Final = "Call us: you signed two histories"
REASON: Final = "one person on duty"
FILE: Final = "false.courier"
CONFLICT: Final = "conflict.json"
PAGE: Final = "conflict.html"


def rollback(stage: Stage) -> Told:
    """Set Aurelia's machine back, and let it sign another record at a place that was receipted."""
    a, b = stage.aurelia, stage.borealis
    held = stage.folder / f"{a.short}.snapshot"
    halves = " ".join(str(a.pid(half)) for half in HALVES)
    _snapshot(a, held)
    mid = post.send(a.office, b.name, 1, about=TRUE)
    stage.until("it is STORED", lambda: same_logs(stage) and has(b, mid))
    stage.tell_lines("cut")
    pid = a.run
    a.end()
    a.wait()
    shutil.rmtree(a.folder)
    held.rename(a.folder)
    a.edit(r"^listen = \[.*$", rf'\g<0>\ncourier = ["{b.name}"]')
    a.start()
    stage.until("Aurelia answers", a.is_up)
    other = post.send(a.office, b.name, 2, about=FALSE)
    out = ("carry", "export", b.name, "-o", FILE, "--at", a.short)
    into = ("carry", "import", FILE, "--at", b.short)
    conflict = ("evidence", "conflict", a.name, "-o", CONFLICT, "--at", b.short)
    listed = ("link", "list", "--at", b.short)
    cards = [word for each in stage.parties for word in ("--card", f"court/{each.short}.card")]
    verify = ("verify", CONFLICT, *cards)
    page = ("evidence", "print", CONFLICT, "-o", PAGE, *cards)
    stage.until("it waits", lambda: a.link()["waiting"])
    stage.cli(*out)
    stage.processes([[*PROGRAM, *into]])  # what became of it is asked below
    need(b.state() == "HALTED" and not has(b, other), "the other history was taken in")
    stage.cli(*conflict)
    found, _ = stage.together(verify, page)
    need((found["kind"], found["who"]) == ("forked", a.name), f"the evidence shows {found}")
    shown = [*stage.text(*listed)[:2], *stage.text(*verify)[:1]]
    stage.memory |= {"true": mid, "false": other}
    return Told(
        say("demo.rollback", code=found["code"], page=PAGE),
        [
            f"kill -STOP {halves}; cp -a {a.short} {held.name}; kill -CONT {halves}",
            post.typed(a, b, "--about", TRUE),
            f"kill {pid}; rm -r {a.short}; mv {held.name} {a.short}",
            command("sed", "-i", f'/^listen = \\[/a courier = ["{b.name}"]', f"{a.short}/detente.toml"),
            f"{command('detente', 'run', '--at', a.short)} &",
            post.typed(a, b, "--about", FALSE),
            *(command("detente", *each) for each in (out, into, listed, conflict, verify, page)),
        ],
        {
            "refused": True, "code": found["code"], "kind": found["kind"], "who": found["who"],
            "sizes": found["sizes"], "file": str(stage.folder / CONFLICT),
            "page": str(stage.folder / PAGE), "state": "HALTED",
        },
        shown,
    )  # fmt: skip


def _snapshot(party: Party, target: Path) -> None:
    # What a snapshot of a running machine holds: all files at one moment, the node's marks too.
    pids = [party.pid(half) for half in HALVES]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        shutil.copytree(party.folder, target, ignore=_sockets)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [each for each in names if stat.S_ISSOCK((Path(folder) / each).lstat().st_mode)]


def urgent(stage: Stage) -> Told:
    """Mend the lines: nothing passes but FLASH, and it is shown as disputed."""
    a, b = stage.aurelia, stage.borealis
    a.edit("^courier = .*\n", "")
    a.reload()
    stage.tell_lines("mend")
    stage.until("urgent logs open", lambda: a.state() == b.state() == "DISPUTED")
    waits = post.send(b.office, a.name, 3)
    send = (
        "cert", "send", post.SAMPLE, "--to", a.name, "--about", URGENT, "--prec", "FLASH",
        "--unreleased", REASON, "--wait", "delivered", "--at", b.short,
    )  # fmt: skip
    row = stage.cli(*send)["records"][0]
    record = ("record", "show", row["id"], "--at", a.short)
    shown = stage.text(*record)
    marks = [_marks(party, row["mid"]) for party in stage.parties]
    need(row["reached"] and all("DISPUTED" in each for each in marks), f"{row['level']}, {marks}")
    level = b.office.ask("GET", f"/api/v1/record/{waits}")["level"]
    need(level == "SUBMITTED", f"what is not urgent went: {level}")
    stage.memory["waits"] = waits
    return Told(
        say("demo.urgent", level=row["level"]),
        [
            command("sed", "-i", "/^courier/d", f"{a.short}/detente.toml"),
            f"kill $(cat {a.short}/node/lock)",
            *(command("detente", *each) for each in (send, record)),
        ],
        {"id": row["mid"], "level": row["level"], "marks": [*marks[0]], "others": level},
        shown,
    )


def _marks(party: Party, mid: str) -> list[str]:
    found = party.office.ask("GET", f"/api/v1/record/{mid}")
    return [each["mark"] for each in found["marks"]]


def settle(stage: Stage) -> Told:
    """Let two people compare both logs, confirm where they part, and go on in a new epoch."""
    a, b = stage.aurelia, stage.borealis
    before = a.link()["link_id"]
    sizes = _agreed(stage)
    heads = [_heads(stage, party, each) for party, each in zip(stage.parties, sizes, strict=True)]
    need(heads[0] == heads[1][::-1], "both read out the same")
    shows = [_show(stage, party, each) for party, each in zip(stage.parties, sizes, strict=True)]
    confirms = [
        ("link", "epoch", "confirm", peer.name, "--ours", own[0], "--theirs", own[1], "--at",
         party.short)
        for party, peer, own in ((a, b, heads[0]), (b, a, heads[1]))
    ]  # fmt: skip
    stage.together(*confirms)
    stage.until("a new epoch begins", lambda: began_anew(stage, before))
    kept, waited = stage.memory["false"], stage.memory["waits"]
    stage.until("what waited went", lambda: has(b, kept) and has(a, waited))
    stage.until("both hold the same", lambda: same_logs(stage))
    proof = b.node.ask("GET", f"/v1/conflict/{a.name}")
    need(proof == (stage.folder / CONFLICT).read_bytes(), "the proof is gone")
    dropped = _marks(b, stage.memory["true"])
    need(dropped == ["DISPUTED"], f"the record that the rollback dropped is marked {dropped}")
    record = ("record", "show", stage.memory["true"][:20], "--at", b.short)
    return Told(
        say("demo.settle", ours=sizes[0][0], theirs=sizes[0][1]),
        [command("detente", *each) for each in (*shows, *confirms, record)],
        {
            "scripted": True,
            "sizes": [*sizes[0]],
            "new_epoch": True,
            "sent_again": 1,
            "dropped": [*dropped],
        },
        stage.text(*record),
    )


def _agreed(stage: Stage) -> list[list[int]]:
    # Where both still have one root, for each log; each party's own log stands first in its list.
    a, b = stage.aurelia, stage.borealis
    ends = [min(own, their) for own, their in zip(_sizes(a, b), _sizes(b, a)[::-1], strict=True)]
    found = []
    for place, end in enumerate(ends):
        size = end
        while _root(a, b, place, size) != _root(b, a, 1 - place, size):
            size -= 1
        found.append(size)
    return [found, found[::-1]]


def _ends(party: Party, peer: Party, sizes: list[int] | None = None) -> list[dict[str, Any]]:
    query: dict[str, object] = {}
    if sizes is not None:
        query = {"ours": str(sizes[0]), "theirs": str(sizes[1])}
    rows: list[dict[str, Any]] = party.node.ask("GET", f"/v1/epoch/{peer.name}", query=query)[
        "logs"
    ]
    return rows


def _sizes(party: Party, peer: Party) -> list[int]:
    return [row["size"] for row in _ends(party, peer)]


def _root(party: Party, peer: Party, place: int, size: int) -> str:
    sizes = [0, 0]
    sizes[place] = size
    return str(_ends(party, peer, sizes)[place]["root"])


def _show(stage: Stage, party: Party, sizes: list[int]) -> tuple[str, ...]:
    told = (str(each) for each in sizes)
    return ("link", "epoch", "show", stage.peer(party).name, "--sizes", *told, "--at", party.short)


def _heads(stage: Stage, party: Party, sizes: list[int]) -> list[str]:
    rows = stage.cli(*_show(stage, party, sizes))["logs"]
    return [f"{row['size']} {row['root']}" for row in rows]


STEPS: Final = (rollback, urgent, settle)
