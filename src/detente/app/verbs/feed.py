"""Verbs: feed list, diff, pause, resume, run, seen."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.printed import plain
from detente.office.feed_care import STEPS

ALARM_EXIT = 1
DIFFERS_EXIT = 1
NOT_YET_EXIT = 3
STEP = 1.0  # seconds between two looks


@click.group(help=say("verb.feed"))
def feed() -> None:
    """Hold the verbs about feeds."""


def _lines(row: Mapping[str, Any]) -> list[str]:
    lines = [
        say(
            "feeds.row", name=plain(row["name"]), way=say(f"feeds.{row['way'] or 'pull'}"),
            taken=str(row["taken"]), refused=str(row["refused"]),
        ),
        "  " + say("feeds.when", at=row["good_at"] or "-", new=row["new_at"] or "-", due=row["due"] or "-"),
    ]  # fmt: skip
    if row["fault"]:
        lines.append("  " + say("feeds.fault", fault=plain(row["fault"]), tries=str(row["tries"])))
    if row["remedy"]:
        lines.append("  " + say("feeds.try", remedy=plain(row["remedy"])))
    if row["paused"]:
        lines.append("  " + say("feeds.paused", who=plain(row["paused"])))
    return lines


@feed.command("list", help=say("help.feed_list"), epilog=example("detente feed list"))
@common
def feed_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the feeds; exit code 1 if somebody must look at one."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/feed")
    lines = [line for row in rows for line in _lines(row)]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return ALARM_EXIT if any(row["alerts"] for row in rows) else 0


@feed.command(
    "diff", help=say("help.feed_diff"), epilog=example("detente feed diff national --fresh")
)
@click.argument("name", metavar=say("option.feed_name"))
@click.option("--fresh", is_flag=True, help=say("option.feed_fresh"))
@click.option("--timeout", "seconds", type=int, default=600, help=say("option.feed_timeout"))
@common
def feed_diff(
    *, name: str, fresh: bool, seconds: int, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Show where a MISP instance and we differ; exit code 1 if anywhere."""
    out, office = Out(as_json=as_json, quiet=quiet), client.office(config.load(at).folder)
    place = f"/api/v1/feed/{name}"
    found = office.ask("GET", f"{place}/compare")
    if fresh or found["at"] is None:
        found = _compared(office, place, seconds)
    rows = list(office.pages(f"{place}/differences", {}))
    head = say("feeds.compared", at=found["at"] or "-", events=found["events"], count=len(rows))
    out.answer({"comparison": found, "differences": rows}, [head, *map(_difference, rows)])
    if found["at"] is None or found["asked"]:
        out.talk(say("feeds.not_compared", name=plain(name)))
        return NOT_YET_EXIT
    return DIFFERS_EXIT if rows else 0


def _compared(office: client.Client, place: str, seconds: int) -> Any:  # noqa: ANN401  as the client
    found = office.ask("POST", f"{place}/compare")
    end = time.monotonic() + seconds
    while found["asked"] and time.monotonic() < end:
        time.sleep(STEP)
        found = office.ask("GET", f"{place}/compare")
    return found


def _difference(row: Mapping[str, Any]) -> str:
    place = f"{row['event']} {row['item']}".strip()
    fields = f" ({', '.join(row['fields'])})" if row["fields"] else ""
    said = say(f"feeds.differs_{row['state']}")
    return f"{said}  {say('feeds.of_' + row['what'])}  {plain(place)}{plain(fields)}  {plain(row['shown'])}"


def _verb(step: str) -> click.Command:
    @click.command(
        step, help=say(f"help.feed_{step}"), epilog=example(f"detente feed {step} national")
    )
    @click.argument("feed")
    @common
    def verb(feed: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
        """Do a step."""
        path = f"/api/v1/feed/{quote(feed, safe='')}/{step}"
        row = client.office(config.load(at).folder).ask("POST", path, {})
        Out(as_json=as_json, quiet=quiet).answer(row, _lines(row))
        return 0

    return verb


for _step in STEPS:
    feed.add_command(_verb(_step))
