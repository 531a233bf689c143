"""Verbs: run, link, log."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from detente.app import client, config, halves, system
from detente.app.face import Out, common, example, say
from detente.app.meeting import Meeting, Peer
from detente.app.verbs import epoch
from detente.app.verbs.answer import state_words, todo_words
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault
from detente.node.ports import COURIER

_LIVE = "LIVE"
_CATCHING_UP = ("RECONCILE", "RECOVER")


@click.command(help=say("help.run"), epilog=example("detente run --at aurelia"))
@click.option("--only", type=click.Choice(["node", "office"]), help=say("option.only"))
@click.option("--passphrase-fd", type=int, hidden=True)
@common
def run(
    only: str | None, passphrase_fd: int | None, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Run a party, or one half of it."""
    from detente.app import welcome  # noqa: PLC0415  the heavy half
    from detente.app.run import Supervisor, run_alone  # noqa: PLC0415

    settings = config.load(at)
    here = halves.here(settings.folder)
    if here == ("node",) and not (settings.folder / "party" / "card").exists():
        raise OurFault(
            "config.missing",
            "this node has no card yet",
            "take the file of the office: detente hatch join FILE",
        )
    os.umask(system.PRIVATE)  # whoever shares the folder's group still reads no store
    if only:
        return run_alone(only, settings, passphrase_fd)
    word = "run.starting" if len(here) == len(halves.HALVES) else "run.starting_half"
    half = say(f"half.{here[0]}") if here else ""
    out = Out(as_json=as_json, quiet=quiet)
    out.talk(say(word, folder=settings.folder, half=half))
    supervisor = Supervisor(settings)
    welcome.begin(settings, out.talk, terminal=sys.stderr.isatty())
    return supervisor.run()


@click.group(help=say("verb.link"))
def link() -> None:
    """Hold the verbs about links."""


link.add_command(epoch.epoch)


def _link_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        state = say(f"link.{row['state']}")
        if row["state"] in _CATCHING_UP:
            state = say("link.caught_up", state=state, stored=row["stored"], sent=row["sent"])
        gap = row["sent"] - row["stored"]
        lines.append(
            say(
                "link.line_files" if row["state"] == COURIER else "link.line",
                party=row["party"],
                state=state,
                since=row["since"],
                sent=row["sent"],
                stored=row["stored"],
                gap=gap,
                waiting=row["waiting"],
                received=row["received"],
            )
        )
        if row["state"] != COURIER:
            lines.append(f"    {row['why']}")
        if row["state"] not in (_LIVE, COURIER):
            lines.append(f"    {say('fault.try')}  {todo_words(row['state'])}")
        lines += _people_lines(row)
        if row["file_out"] or row["file_in"]:
            lines.append(
                say("link.files", out=row["file_out"] or "-", into=row["file_in"] or "-", gap=gap)
            )
        lines += [f"    {told}" for told in _late(row)]
        lines += [_path_line(each) for each in row["paths"]]
    return lines or [say("link.none")]


def _people_lines(row: dict[str, Any]) -> list[str]:
    """Say who is at their desks, and what of ours waits for a person there."""
    lines = [
        say(f"stands.{name}", desks=", ".join(row[name]))
        for name in ("attended", "unattended")
        if row[name]
    ]
    for each in row["records"] or ():
        told = {"count": each["count"], "since": each["since"]}
        if each["state"] == "DECLINED":
            lines.append(say("stands.declined", **told))
        else:
            lines.append(say("stands.count", state=state_words(each["state"]), **told))
        lines.append(f"    {say('fault.try')}  {todo_words(each['state'])}")
    return lines


def _with_people(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    # The node reads no record: what waits for a person its office knows. It may not answer us.
    try:
        parties = client.office(folder).ask("GET", "/api/v1/attention")["parties"]
    except Fault:
        return [{**row, "records": None} for row in rows]
    return [
        {
            **row,
            "records": [
                {name: each[name] for name in ("state", "count", "since")}
                for each in parties
                if each["party"] == row["party"]
            ],
        }
        for row in rows
    ]


def _path_line(path: dict[str, Any]) -> str:
    return say(
        "link.path",
        path=path["path"],
        address=path["address"] or "",
        state=say(f"link.{path['state']}"),
        since=path["since"] or "",
        why=path["why"],
    ).rstrip()


def _late(row: dict[str, Any]) -> list[str]:
    """Say which logs of a link lack post-quantum receipts for long."""
    told = []
    if row["late"]:
        told.append(say(f"link.{row['late']}", confirmed=row["confirmed"], size=row["sent"]))
    if row["received_late"]:
        done, size = row["received_confirmed"], row["received"]
        told.append(say(f"link.theirs_{row['received_late']}", confirmed=done, size=size))
    return told


@link.command("list", help=say("help.link_list"), epilog=example("detente link list"))
@common
def link_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the links."""
    folder = config.load(at).folder
    rows = _with_people(client.node(folder).ask("GET", "/v1/links"), folder)
    waiting = _not_confirmed(folder)
    lines = [f"{each.name}  {_meeting_state(each)}" for each in waiting]
    shown: list[Json] = [{"party": each.name, "state": "NOT_CONFIRMED"} for each in waiting]
    Out(as_json=as_json, quiet=quiet).answer([*rows, *shown], [*_link_lines(rows), *lines])
    return 0


def _not_confirmed(folder: Path) -> list[Peer]:
    return [each for each in Meeting(folder).peers() if not each.confirmed_at]


def _meeting_state(peer: Peer) -> str:
    return say("state." + peer.state().replace(" ", "_"))


@click.group(help=say("verb.log"))
def log() -> None:
    """Hold the verbs about logs."""


@log.command(
    "export",
    help=say("help.log_export"),
    epilog=example("detente log export aurelia.gov/detente/x2ilzttxqmsebjgk -o aurelia.log"),
)
@click.argument("origin")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def log_export(origin: str, output: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write a whole log."""
    from detente.app.operating import log as op_log  # noqa: PLC0415

    settings = config.load(at)
    halves.need(settings.folder, "node")
    size = op_log.run(settings, origin, Path(output))
    Out(as_json=as_json, quiet=quiet).answer(
        {"file": output, "origin": origin, "size": size},
        [say("log.written", file=output, size=size)],
    )
    return 0


@log.command("list", help=say("help.log_list"), epilog=example("detente log list"))
@common
def log_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the logs."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/log")
    lines = [
        say("log.line", origin=row["origin"], size=row["size"], receipted=row["receipted"])
        for row in rows
    ]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines)
    return 0
