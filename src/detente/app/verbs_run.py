"""Verbs: run, link, log, doctor."""

import os
from pathlib import Path
from typing import Any

import click

from detente.app import client, config, system
from detente.app.face import Out, common, example, say
from detente.app.meeting import Meeting, Peer
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault

_STOPPED = ("RECOVER", "HALTED")
DISK_LOW = 2 * 1024**3  # bytes
Finding = dict[str, str]


@click.command(help=say("help.run"), epilog=example("detente run --at aurelia"))
@click.option("--only", type=click.Choice(["node", "office"]), help=say("option.only"))
@click.option("--passphrase-fd", type=int, hidden=True)
@common
def run(
    only: str | None, passphrase_fd: int | None, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Run a party, or one half of it."""
    from detente.app.run import Supervisor, run_alone  # noqa: PLC0415  the heavy half

    settings = config.load(at)
    os.umask(system.PRIVATE)  # whoever shares the folder's group still reads no store
    if only:
        return run_alone(only, settings, passphrase_fd)
    Out(as_json=as_json, quiet=quiet).talk(say("run.starting", folder=settings.folder))
    return Supervisor(settings).run()


@click.group(help=say("verb.link"))
def link() -> None:
    """Hold the verbs about links."""


def _link_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        state = say(f"link.{row['state']}")
        gap = row["sent"] - row["stored"]
        lines.append(
            say(
                "link.line",
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
        lines.append(f"    {row['why']}")
        if row["path_fault"] and row["state"] != "LIVE":
            lines.append(f"    {row['path_fault']}")
    return lines or [say("link.none")]


@link.command("list", help=say("help.link_list"), epilog=example("detente link list"))
@common
def link_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the links."""
    folder = config.load(at).folder
    rows = client.node(folder).ask("GET", "/v1/links")
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


@click.command(help=say("help.doctor"), epilog=example("detente doctor"))
@common
def doctor(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Look for faults; return 1 if there are any."""
    findings, not_asked = _findings(config.load(at))
    lines = [
        line
        for row in findings
        for line in (
            f"{say('doctor.fault')}  {row['what']}",
            f"{say('fault.try')}  {row['remedy']}",
        )
    ]
    unasked = [say("doctor.not_asked", half=half, who=who) for half, who in not_asked.items()]
    Out(as_json=as_json, quiet=quiet).answer(
        {
            "ok": not findings,
            "findings": [{**each} for each in findings],
            "not_asked": list(not_asked),
        },
        [*(lines or [say("doctor.well")]), *unasked],
    )
    return 1 if findings else 0


def _findings(settings: config.Config) -> tuple[list[Finding], dict[str, str]]:
    """Return what is wrong, and which halves do not answer this user: half to who may ask it."""
    import shutil  # noqa: PLC0415

    from detente.app import rights  # noqa: PLC0415  brings the wiring

    folder = settings.folder
    seen = rights.see(settings)
    found = [_finding(what, remedy) for what, remedy in rights.findings(seen)]
    free = shutil.disk_usage(folder).free
    if free < DISK_LOW:
        found.append(_finding(f"only {free // 1024**2} MiB are free", "make room on the disk"))
    not_asked = {}
    if seen.may_ask_node(os.getuid()):
        # What is known of peers is the node's too: no other user reads it.
        found += [
            _finding(
                f"{peer.name}: {_meeting_state(peer)}; no link opens",
                f"detente party confirm {peer.name}",
            )
            for peer in _not_confirmed(folder)
        ]
        found += _node(folder)
    else:
        not_asked["node"] = rights.name_of(seen.node)
    if seen.may_ask_office(os.getuid()):
        found += _office(folder)
    else:
        not_asked["office"] = say("doctor.person")
    return found, not_asked


def _node(folder: Path) -> list[Finding]:
    try:
        told = client.node(folder).ask("GET", "/v1/doctor")
    except OurFault as fault:
        return [_finding(f"node: {fault.what}", fault.remedy)]
    # A fault of a path is told with its link, and only while the link is not connected.
    parties = {f"path {row['party']}" for row in told["links"]}
    found = [
        _finding(f"{row['what']}: {row['why']}", say("doctor.errors"))
        for row in told["findings"]
        if row["what"] not in parties
    ]
    return found + [
        _finding(
            f"link with {row['party']}: {say('link.' + row['state'])}"
            f" ({row['path_fault'] or row['why']})",
            say("doctor.recover" if row["state"] in _STOPPED else "doctor.link"),
        )
        for row in told["links"]
        if row["state"] != "LIVE"
    ]


def _office(folder: Path) -> list[Finding]:
    try:
        refused = client.office(folder).ask("GET", "/api/v1/refused")
    except Fault as fault:
        return [_finding(f"office: {fault.what}", fault.remedy)]
    return [
        _finding(f"record {row['id']}: {row['code']} {row['what']}", row["remedy"])
        for row in refused
    ]


def _finding(what: str, remedy: str) -> Finding:
    return {"what": what, "remedy": remedy, "seen_at": str(system.now())}
