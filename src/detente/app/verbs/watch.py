"""Verbs: watch take, hand, leave, show."""

from collections.abc import Mapping
from typing import Any

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.printed import plain
from detente.core.canon import Json

ALARM_EXIT = 1


@click.group(help=say("verb.watch"))
def watch() -> None:
    """Hold the verbs about the watch."""


def _line(row: Mapping[str, Any]) -> str:
    if not row["since"]:
        return say("watch.unkept", desk=row["desk"])
    word = "held" if row["holder"] else "unheld"
    parts = [say(f"watch.{word}", desk=row["desk"], person=row["holder"], at=row["since"])]
    if row["holder"]:
        parts.append(say("watch.present" if row["present"] else "watch.absent"))
    if row["to"]:
        parts.append(say("watch.handing", to=row["to"]))
    return ", ".join([*parts, *([say("watch.alarm")] if row["alarm"] else [])])


def _lines(row: Mapping[str, Any]) -> list[str]:
    if not row["note"]:
        return [_line(row)]
    note = " / ".join(plain(each) for each in row["note"].splitlines())
    return [
        _line(row),
        f"  {say('watch.note', note=note)}",
        f"  {say('watch.open', count=row['open'])}",
    ]


@watch.command("show", help=say("help.watch_show"), epilog=example("detente watch show"))
@common
def watch_show(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show who has the watch."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/watch")
    lines = [line for row in rows for line in _lines(row)]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return ALARM_EXIT if any(row["alarm"] for row in rows) else 0


def _do(desk: str, what: str, members: dict[str, Json], at: str | None) -> dict[str, Any]:
    office = client.office(config.load(at).folder)
    found: dict[str, Any] = office.ask("POST", f"/api/v1/watch/{desk}/{what}", members)
    return found


@watch.command("take", help=say("help.watch_take"), epilog=example("detente watch take cert"))
@click.argument("desk")
@common
def watch_take(desk: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take the watch."""
    row = _do(desk, "take", {}, at)
    Out(as_json=as_json, quiet=quiet).answer(row, [say("watch.taken", desk=desk), *_lines(row)[1:]])
    return 0


@watch.command(
    "hand",
    help=say("help.watch_hand"),
    epilog=example('detente watch hand cert --to anna --note "one answer is due at 04:00"'),
)
@click.argument("desk")
@click.option("--to", required=True, metavar="PERSON", help=say("option.watch_to"))
@click.option("--note", required=True, metavar="TEXT", help=say("option.watch_note"))
@common
def watch_hand(desk: str, to: str, note: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Hand the watch over."""
    row = _do(desk, "hand", {"to": to, "note": note}, at)
    Out(as_json=as_json, quiet=quiet).answer(row, [say("watch.handed", desk=desk, to=to)])
    return 0


@watch.command("leave", help=say("help.watch_leave"), epilog=example("detente watch leave cert"))
@click.argument("desk")
@common
def watch_leave(desk: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Leave the watch with nobody to take it."""
    row = _do(desk, "leave", {}, at)
    Out(as_json=as_json, quiet=quiet).answer(row, [say("watch.left", desk=desk)])
    return 0
