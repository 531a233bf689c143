"""The steps of the demo, each by the command line that anyone has."""

import json
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Any, Final

import detente
from detente.app.demo.show import Told, command
from detente.app.demo.stage import PATHS, PROGRAM, Party, Stage, need, where_we_are
from detente.app.face import say
from detente.core.errors import OurFault
from detente.core.moment import Moment

SAMPLE: Final = "poisonivy.json"
ABOUT: Final = "Poison Ivy: indicators of three campaigns"
ANSWER: Final = "Two of the hashes were seen here."
EVIDENCE: Final = "matter.evidence"
PROOF: Final = "bundle.tlog-proof"
COURT: Final = "court"
FORGED: Final = "forged"
_LISTEN: Final = 'listen = ["{}"]'
_ALONE: Final = "\n\n[office]\nunreleased = true"


def make(stage: Stage) -> Told:
    """Make both parties."""
    commands = [
        (
            "init", party.name, "--folder", party.short, "--root", f"{party.short}-root",
            "--make-passphrases", f"{party.short}-secrets", "--console", "none",
            *(word for far in party.reached_at for word in ("--listen", far)),
        )
        for party in stage.parties
    ]  # fmt: skip
    for party, row in zip(stage.parties, stage.together(*commands), strict=True):
        party.fingerprint = row["fingerprint"]
        party.edit("^listen = .*$", _told(party))
    stage.lay_lines()
    figures = {party.name: str(party.folder) for party in stage.parties}
    return Told(
        say("demo.make", folder=stage.folder),
        [
            *(command("detente", *each) for each in commands),
            *(_settings(party) for party in stage.parties),
            *(_laid(stage, number, path) for number, path in enumerate(PATHS)),
        ],
        {
            "folder": str(stage.folder),
            "folders": {**figures},
            "lines": {path: each.pid for path, each in stage.lines.items()},
        },
    )


def _settings(party: Party) -> str:
    # The card names the far end of each line, the settings where the node itself is. In either
    # office one person works: FLASH goes with a reason.
    told = _told(party).replace("\n", "\\n")
    return command("sed", "-i", f"s|^listen = .*|{told}|", f"{party.short}/detente.toml")


def _told(party: Party) -> str:
    return f"{_LISTEN.format(party.address)}{_ALONE}\n\n{party.console.settings}"


def _laid(stage: Stage, number: int, path: str) -> str:
    doors = (f"{each.far[number]}:{each.port}" for each in stage.parties)
    told = command(sys.executable, "-m", "detente.app.demo.line", *doors)
    return f"sleep 1d | {told} &   # {path}: what the cards name leads to the nodes"


def _pairs(stage: Stage) -> tuple[tuple[Party, Party], ...]:
    return (stage.aurelia, stage.borealis), (stage.borealis, stage.aurelia)


def cards(stage: Stage) -> Told:
    """Exchange invitations as files."""
    invite = [
        ("party", "invite", peer.name, "--at", party.short, "-o", f"{party.short}.invite")
        for party, peer in _pairs(stage)
    ]
    add = [
        ("party", "add", f"{peer.short}.invite", "--at", party.short)
        for party, peer in _pairs(stage)
    ]
    stage.together(*invite)
    stage.together(*add)
    return Told(say("demo.cards"), [command("detente", *each) for each in (*invite, *add)])


def compare(stage: Stage) -> Told:
    """Compare the digits. A script plays the telephone, and says so."""
    confirm = [
        ("party", "confirm", peer.name, "--digits", peer.fingerprint, "--at", party.short)
        for party, peer in _pairs(stage)
    ]
    rows = stage.together(*confirm)
    need(all(row["state"] == "confirmed" for row in rows), "a party is not confirmed")
    digits = {party.name: party.fingerprint for party in stage.parties}
    return Told(
        say("demo.compare"),
        [command("detente", *each) for each in confirm],
        {"scripted": True, "fingerprints": {**digits}},
    )


def run(stage: Stage) -> Told:
    """Start both parties."""
    for party in stage.parties:
        party.start()
    for party in stage.parties:
        stage.until(f"{party.name} answers", party.is_up)
    pids = {party.name: party.pids() for party in stage.parties}
    shown = [f"{pid['node']}+{pid['office']}" for pid in pids.values()]
    return Told(
        say("demo.run", aurelia=shown[0], borealis=shown[1]),
        [f"{command('detente', 'run', '--at', party.short)} &" for party in stage.parties],
        {"pids": {name: {**each} for name, each in pids.items()}},
    )


def link(stage: Stage) -> Told:
    """Wait until both nodes say that the link is up, over both lines."""
    stage.until("the link is connected", lambda: all(map(_is_whole, stage.parties)))
    logs = [_log_lines(party.log) for party in stage.parties]
    running = max(_first(lines, "run.started", "process", "node")[0] for lines in logs)
    live, _ = _first(logs[0], "link.state", "state", "LIVE")
    _, up = _first(logs[0], "path.up", "party", stage.borealis.name)
    took, group = (live - running).ms, str(up["what"])
    return Told(
        say("demo.link", group=group, ms=took),
        [command("detente", "link", "list", "--at", stage.aurelia.short)],
        {
            "tls": "1.3",  # no other is spoken
            "group": group,
            "link_id": stage.aurelia.link()["link_id"],
            "connected_after_ms": took,
            "paths": {**stage.aurelia.paths()},
        },
    )


def _is_whole(party: Party) -> bool:
    return party.state() == "LIVE" and sorted(party.paths().values()) == ["UP", "USED"]


def _log_lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def _first(
    lines: list[dict[str, Any]], code: str, member: str, value: str
) -> tuple[Moment, dict[str, Any]]:
    for line in lines:
        if line["code"] == code and line.get(member) == value:
            return Moment.parse(line["at"]), line
    raise OurFault("demo.failed", f"no {code} stands in the log", "look into the logs")


def send(stage: Stage) -> Told:
    """Send a published bundle, to the byte as it was published."""
    data = (resources.files("detente.app") / "samples" / SAMPLE).read_bytes()
    (stage.folder / SAMPLE).write_bytes(data)
    arguments = (
        "cert", "send", SAMPLE, "--to", stage.borealis.name, "--about", ABOUT, "--within", "24h",
        "--wait", "delivered", "--at", stage.aurelia.short,
    )  # fmt: skip
    row = _only(stage.cli(*arguments))
    theirs = stage.borealis.office.ask("GET", f"/api/v1/record/{row['mid']}")
    need(theirs["place"] == row["place"], "the parties do not agree where the record stands")
    kept_after = (Moment.parse(theirs["kept_at"]) - Moment.parse(row["created"])).ms
    count = len(json.loads(data)["objects"])
    stage.memory |= {"bundle": row["mid"], "short": row["id"], "matter": row["matter"]}
    return Told(
        say("demo.send", count=count, size=f"{len(data):,}", ms=kept_after, place=row["place"]),
        [command("detente", *arguments)],
        {
            "id": row["mid"], "level": row["level"], "place": row["place"], "objects": count,
            "size": len(data), "stored_after_ms": kept_after,
        },
    )  # fmt: skip


def _only(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["records"][0]
    need(found["reached"], f"{found['kind']} is only {found['level']}")
    return found


def read(stage: Stage) -> Told:
    """Open the bundle as Borealis's officer; Aurelia is told that a person saw it."""
    arguments = ("record", "read", stage.memory["short"], "--at", stage.borealis.short)
    row = stage.cli(*arguments)
    mid = stage.memory["bundle"]

    def seen() -> Any:  # noqa: ANN401  the API's own document
        found = stage.aurelia.office.ask("GET", f"/api/v1/record/{mid}")
        return found if found["level"] == "READ" else None

    read_at = stage.until("Aurelia sees that it was read", seen)["read_at"]
    return Told(
        say("demo.read", at=read_at[11:19]),
        [
            command("detente", *arguments),
            command("detente", "record", "show", row["id"][:20], "--at", stage.aurelia.short),
        ],
        {"scripted": True, "level": "READ", "read_at": read_at},
    )


def answer(stage: Stage) -> Told:
    """Answer it."""
    arguments = (
        "cert", "answer", stage.memory["short"], "--verdict", "useful", "--text", ANSWER,
        "--wait", "stored", "--at", stage.borealis.short,
    )  # fmt: skip
    row = _only(stage.cli(*arguments))
    return Told(
        say("demo.answer"),
        [command("detente", *arguments)],
        {"scripted": True, "id": row["mid"], "verdict": "useful", "level": row["level"]},
    )


def withdraw(stage: Stage) -> Told:
    """Take one object back."""
    objects = json.loads((stage.folder / SAMPLE).read_bytes())["objects"]
    chosen = next(each["id"] for each in objects if each["type"] == "indicator")
    arguments = (
        "cert", "withdraw", stage.memory["short"], "--object", chosen, "--reason", "false",
        "--wait", "stored", "--at", stage.aurelia.short,
    )  # fmt: skip
    row = _only(stage.cli(*arguments))
    stage.memory |= {"withdrawal": row["id"], "object": chosen}
    return Told(
        say("demo.withdraw", object=chosen),
        [command("detente", *arguments)],
        {"id": row["mid"], "object": chosen, "level": row["level"]},
    )


def acknowledge(stage: Stage) -> Told:
    """Say that it was removed; both sides now hold it as withdrawn."""
    arguments = (
        "cert", "acknowledge", stage.memory["withdrawal"], "--wait", "stored",
        "--at", stage.borealis.short,
    )  # fmt: skip
    row = _only(stage.cli(*arguments))
    standing = []
    for party in stage.parties:
        query = {"mid": stage.memory["bundle"]}
        rows = party.office.ask("GET", "/api/v1/cert/objects", query=query)["rows"]
        gone = [each["id"] for each in rows if each["state"] == "withdrawn"]
        need(gone == [stage.memory["object"]], f"{party.name} holds as withdrawn: {gone}")
        standing.append(len(rows) - len(gone))
    return Told(
        say("demo.acknowledge", count=standing[0]),
        [
            command("detente", *arguments),
            command(
                "detente", "cert", "objects", stage.memory["short"], "--at", stage.aurelia.short
            ),
        ],
        {"id": row["mid"], "level": row["level"], "withdrawn": 1, "standing": standing[0]},
    )


def evidence(stage: Stage) -> Told:
    """Write the matter's evidence, the proof of one record, and both cards for whoever judges."""
    court = stage.folder / COURT
    court.mkdir()
    short, at = stage.memory["short"], stage.aurelia.short
    export = (
        "evidence", "export", short, "--with-text", "--about", "Poison Ivy",
        "-o", f"{COURT}/{EVIDENCE}", "--at", at,
    )  # fmt: skip
    one = ("evidence", "export", short, "--record", "-o", PROOF, "--at", at)
    get_cards = [
        ("party", "card", "-o", f"{COURT}/{party.short}.card", "--at", party.short)
        for party in stage.parties
    ]
    size = stage.together(export, one, *get_cards)[0]["size"]
    return Told(
        say("demo.evidence", size=f"{size:,}", file=f"{COURT}/{EVIDENCE}"),
        [command("detente", *each) for each in (export, one, *get_cards)],
        {"file": str(court / EVIDENCE), "size": size},
    )


def _checkers() -> dict[str, tuple[str, ...]]:
    # In a checkout there is a second opinion: one file written from the spec alone.
    found: dict[str, tuple[str, ...]] = {"detente verify": (*PROGRAM, "verify")}
    minimal = Path(detente.__file__).resolve().parents[2] / "contrib" / "verify_minimal.py"
    if minimal.exists():
        found[minimal.name] = (sys.executable, str(minimal))
    return found


def _typed(checker: tuple[str, ...], folder: str, file: str, stage: Stage) -> str:
    ours = checker[: len(PROGRAM)] == PROGRAM
    program = ("detente", "verify") if ours else checker
    return f"(cd {folder} && {command(*program, *_asked(file, stage))})"


def _asked(file: str, stage: Stage) -> tuple[str, ...]:
    names = [word for party in stage.parties for word in ("--card", f"{party.short}.card")]
    return file, *names


def _judge(stage: Stage, folder: str, file: str) -> list[tuple[str, int, dict[str, Any]]]:
    # Processes that have a file, two cards and no more: no environment, no party's folder.
    checkers = _checkers()
    asked = [[*each, *_asked(file, stage), "--json"] for each in checkers.values()]
    done = stage.processes(asked, stage.folder / folder, where_we_are())
    found = []
    for name, one in zip(checkers, done, strict=True):
        try:
            found.append((name, one.returncode, json.loads(one.stdout)))
        except ValueError:
            text = one.stderr.decode(errors="replace").strip()
            need(holds=False, what=f"{name} ended with {one.returncode}: {text}")
    return found


def verify(stage: Stage) -> Told:
    """Let other processes judge the file."""
    court = stage.folder / COURT
    found = _judge(stage, COURT, EVIDENCE)
    for name, code, document in found:
        need(code == 0 and document["strength"] == "FULL", f"{name}: {document}")
    names, document = [name for name, _, _ in found], found[0][2]
    count, strength = len(document["records"]), document["strength"]
    return Told(
        say("demo.verify", strength=strength, count=count, names=", ".join(names)),
        [_typed(each, COURT, EVIDENCE, stage) for each in _checkers().values()],
        {
            "valid": True,
            "strength": strength,
            "records": count,
            "checkers": [*names],
            "environment": [*where_we_are()],
            "files": [*sorted(each.name for each in court.iterdir())],
        },
    )


def forge(stage: Stage) -> Told:
    """Change one byte in the middle of the evidence, and of the proof of one record."""
    forged = stage.folder / FORGED
    forged.mkdir()
    for party in stage.parties:
        shutil.copy(stage.folder / COURT / f"{party.short}.card", forged)
    steps: dict[str, str] = {}
    why = []
    for file in (f"{COURT}/{EVIDENCE}", PROOF):
        data = bytearray((stage.folder / file).read_bytes())
        data[len(data) // 2] ^= 1
        changed = forged / Path(file).name
        changed.write_bytes(data)
        found = _judge(stage, FORGED, changed.name)
        for name, code, document in found:
            need(code == 1 and not document["valid"], f"{name} took a changed file: {document}")
            need(document["step"] is not None, f"{name} names no step: {document}")
            steps[f"{changed.name}, {name}"] = str(document["step"])
        why.append(f"{changed.name}: {found[0][2]['why']}")
    return Told(
        say("demo.forge", told="; ".join(why)),
        [
            _typed(each, FORGED, file, stage)
            for file in (EVIDENCE, PROOF)
            for each in _checkers().values()
        ],
        {"valid": False, "steps": {**steps}, "why": [*why]},
    )


STEPS: Final = (
    make, cards, compare, run, link, send, read, answer, withdraw, acknowledge, evidence, verify,
    forge,
)  # fmt: skip
