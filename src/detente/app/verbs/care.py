"""Verbs: check, purge."""

import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from detente.app import client, config, halves
from detente.app.face import Out, common, example, say, teller
from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault

_POLL = 0.05  # seconds between two questions whether a purge has ended
_POLLS = 200  # of a repair; what a peer cannot give never comes
_NAMED = 8  # chunks of one attachment that are named
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@click.command(help=say("help.check"), epilog=example("detente check --at aurelia"))
@click.option("--repair", is_flag=True, help=say("option.repair"))
@common
def check(*, repair: bool, at: str | None, as_json: bool, quiet: bool) -> int:
    """Check every log; return 1 if anything is not right."""
    from detente.app.operating import check as op_check  # noqa: PLC0415

    settings = config.load(at)
    halves.need(settings.folder, "node")
    tell = teller("check.progress", 1, silent=as_json or quiet)
    found = op_check.run(settings, tell)
    asked = 0
    if repair:
        asked = _repair(settings.folder, found)
        found = op_check.run(settings, tell) if asked else found
    lines = [line for each in found.logs for line in _lines(each)]
    lines += [line for each in found.bad_files for line in _file_lines(each)]
    if asked:
        lines.insert(0, say("check.asked", count=asked))
    if found.well:
        lines.append(say("check.all_well", count=len(found.logs)))
        if found.files:
            lines.append(say("check.files_well", count=len(found.files)))
    else:
        lines.append(say("check.repair" if _wishes(found) and not repair else "check.restore"))
    told: dict[str, Json] = {
        "ok": found.well, "logs": [_row(each) for each in found.logs], "asked": asked,
        "attachments": len(found.files), "damaged": [_file_row(each) for each in found.bad_files],
    }  # fmt: skip
    Out(as_json=as_json, quiet=quiet).answer(told, lines)
    return 0 if found.well else 1


def _wishes(found: Any) -> dict[str, Any]:  # noqa: ANN401  op_check is not loaded here
    """Return what peers may give back; nothing if that is nothing."""
    logs = [
        {"origin": each.origin, "seqs": each.report.repairable()}
        for each in found.logs
        if each.report is not None and each.report.repairable()
    ]
    files = [_file_row(each) for each in found.bad_files]
    return {"logs": logs, "attachments": files} if logs or files else {}


def _repair(folder: Path, found: Any) -> int:  # noqa: ANN401
    asked, wishes = client.node(folder), _wishes(found)
    if not wishes:
        return 0
    count: int = asked.ask("POST", "/v1/repair", wishes)["asked"]
    for _ in range(_POLLS):
        if not asked.ask("GET", "/v1/repair")["waiting"]:
            break
        time.sleep(_POLL)
    return count


def _row(each: Any) -> dict[str, Json]:  # noqa: ANN401
    if each.report is None:
        return {"origin": each.origin, "ok": False, "fault": each.fault.code}
    report = each.report
    return {
        "origin": each.origin, "ok": report.well, "size": report.size,
        "root": canon.to_base64(report.root), "receipted": report.receipted,
        "statements": report.statements, "purged": report.purged,
        "flaws": [{"what": flaw.what, "at": flaw.at} for flaw in report.flaws],
        "more": report.more,
    }  # fmt: skip


def _file_row(each: Any) -> dict[str, Json]:  # noqa: ANN401
    return {
        "aid": each.aid.hex(), "size": each.size, "chunks": each.chunks, "held": each.held,
        "manifest": each.manifest, "bad": list(each.bad),
    }  # fmt: skip


def _file_lines(each: Any) -> list[str]:  # noqa: ANN401
    row = say("check.file", aid=each.aid.hex(), size=each.size, result=say("check.bad"))
    if not each.manifest:
        return [row, f"    {say('check.manifest')}"]
    named = ", ".join(str(one) for one in each.bad[:_NAMED])
    more = "" if len(each.bad) <= _NAMED else " …"
    chunks = say("check.chunks", count=len(each.bad), of=each.chunks, named=named + more)
    return [row, f"    {chunks}"]


def _lines(each: Any) -> list[str]:  # noqa: ANN401
    if each.report is None:
        return [say("check.unread", origin=each.origin, what=each.fault.what)]
    report = each.report
    row = say(
        "check.line", origin=each.origin, size=report.size, receipted=report.receipted,
        root=canon.to_base64(report.root)[:12], purged=report.purged,
        result=say("check.well" if report.well else "check.bad"),
    )  # fmt: skip
    flaws = [f"    {say(f'check.{flaw.what}', at=flaw.at)}" for flaw in report.flaws]
    return [row, *flaws, *([f"    {say('check.more')}"] if report.more else [])]


@click.command(
    help=say("help.purge"),
    epilog=example("detente purge --before 2016-01-31 --desk cert --dry-run"),
)
@click.option("--before", required=True, metavar="DATE", help=say("option.before"))
@click.option("--matter", default="", metavar="ID", help=say("option.matter"))
@click.option("--desk", default="", metavar="DESK", help=say("option.purge_desk"))
@click.option("--dry-run", is_flag=True, help=say("option.dry_run"))
@click.option("--yes", default="", metavar="PARTY", help=say("option.yes"))
@common
def purge(
    before: str, matter: str, desk: str, yes: str, *,
    dry_run: bool, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Take away texts before a day."""
    settings = config.load(at)
    node = client.node(settings.folder)
    moment = f"{before}T00:00:00.000Z" if _DAY.fullmatch(before) else before
    wish = {"before": moment, "matter": matter, "desk": desk}
    found = _carried_out(node, {**wish, "dry_run": True})
    out = Out(as_json=as_json, quiet=quiet)
    if dry_run:
        out.answer({**found, "dry_run": True}, [say("purge.planned", **found), *_unread(found)])
        return 0
    party = settings.text("party.name")
    if not yes and sys.stdin.isatty():
        yes = click.prompt(say("purge.ask", party=party, **found), prompt_suffix=" ")
    if yes != party:
        raise OurFault("form.missing", say("purge.unsure", party=party), f"give --yes {party}")
    found = _carried_out(node, wish)
    lines = [say("purge.done", **found), say("purge.vacuum"), *_unread(found)]
    out.answer({**found, "dry_run": False}, lines)
    return 0


def _unread(found: Mapping[str, Any]) -> list[str]:
    return [say("purge.unread", count=found["unread"])] if found["unread"] else []


def _carried_out(node: client.Client, wish: Mapping[str, object]) -> dict[str, Json]:
    found = node.ask("POST", "/v1/purge", wish)
    while found["purging"]:
        time.sleep(_POLL)
        found = node.ask("GET", "/v1/purge")
    return {name: found[name] for name in ("records", "bytes", "unread")}
