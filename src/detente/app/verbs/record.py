"""Verbs: record, about one record whatever its desk; and rebuild."""

from collections.abc import Mapping
from typing import Any

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.verbs.answer import owed_lines, record_accept, record_decline, record_hold
from detente.app.verbs.attention import record_seen
from detente.app.verbs.file import record_files, record_save, summary
from detente.app.verbs.lines import mark_lines, record_line


@click.group(help=say("verb.record"))
def record() -> None:
    """Hold the verbs about records."""


@record.command("list", help=say("help.record_list"), epilog=example("detente record list"))
@common
def record_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the records of this office."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/record")
    lines: list[str] = []
    for row in rows:
        way = f"{row['from']} → {', '.join(row['to'])}"
        lines += [f"{row['id']}  {row['kind']:16} {way}{_refused(row)}", *mark_lines(row)]
        lines += [f"  {each}" for each in owed_lines(row, brief=True)]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return 0


@record.command("show", help=say("help.record_show"), epilog=example("detente record show 7f3k2m"))
@click.argument("mid")
@common
def record_show(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show how far a record has come."""
    row = client.office(config.load(at).folder).ask("GET", f"/api/v1/record/{mid}")
    lines = [record_line(row), *mark_lines(row), *summary(row["files"]), *owed_lines(row)]
    for reason in (row["rejected"], row["refused"]):
        if reason:
            lines.append(f"{reason['code']}: {reason['what']}")
            lines.append(f"{say('fault.try')}  {reason['remedy']}")
    Out(as_json=as_json, quiet=quiet).answer(row, lines)
    return 0


def _refused(row: Mapping[str, Any]) -> str:
    return f"  {say('record.refused', code=row['refused']['code'])}" if row["refused"] else ""


@record.command(
    "retry", help=say("help.record_retry"), epilog=example("detente record retry 7f3k2m")
)
@click.argument("mid")
@common
def record_retry(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Hand in once more what our node refused."""
    row = client.office(config.load(at).folder).ask("POST", f"/api/v1/record/{mid}/retry")
    Out(as_json=as_json, quiet=quiet).answer(row, [record_line(row)])
    return 0


@record.command("drop", help=say("help.record_drop"), epilog=example("detente record drop 7f3k2m"))
@click.argument("mid")
@common
def record_drop(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Forget what our node refused."""
    row = client.office(config.load(at).folder).ask("POST", f"/api/v1/record/{mid}/drop")
    Out(as_json=as_json, quiet=quiet).answer(row, [say("record.dropped", id=mid)])
    return 0


@record.command("read", help=say("help.record_read"), epilog=example("detente record read 7f3k2m"))
@click.argument("mid")
@common
def record_read(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Read a record; its author is told."""
    row = client.office(config.load(at).folder).ask("POST", f"/api/v1/record/{mid}/read")
    lines = [
        say(
            "record.head",
            id=row["id"],
            kind=row["kind"],
            sender=row["from"],
            at=row["created"],
        ),
        f"TLP:{row['tlp']}  {row['prec']}",
        *mark_lines(row),
        "",
        row["text"] if row["known"] else say("record.unknown"),
    ]
    Out(as_json=as_json, quiet=quiet).answer(row, lines)
    return 0


record.add_command(record_accept)
record.add_command(record_hold)
record.add_command(record_decline)
record.add_command(record_files)
record.add_command(record_save)
record.add_command(record_seen)


@click.command(help=say("help.rebuild"), epilog=example("detente rebuild"))
@common
def rebuild(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Fold all records again."""
    found = client.office(config.load(at).folder).ask("POST", "/api/v1/rebuild")
    Out(as_json=as_json, quiet=quiet).answer(found, [say("rebuild.done", count=found["records"])])
    return 0
