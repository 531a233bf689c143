"""Verbs: attention, what waits for people; who has a matter; having seen an alarm."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import click

from detente.app import catalogue, client, config, harmless
from detente.app.client import Client
from detente.app.face import Out, common, example, language, say
from detente.app.printed import plain
from detente.core import record
from detente.office.fields import Mid

_POLL: Final = 1.0  # seconds
_BELL: Final = "\a"
Row = dict[str, Any]


@click.command(help=say("help.attention"), epilog=example("detente attention --follow"))
@click.option("--desk", metavar="DESK", help=say("option.todo_desk"))
@click.option("--crowd", metavar="CROWD", help=say("option.todo_crowd"))
@click.option("--count", type=click.IntRange(1, 499), default=50, help=say("option.todo_count"))
@click.option("--follow", is_flag=True, help=say("option.follow"))
@common
def attention(
    desk: str | None,
    crowd: str | None,
    count: int,
    *,
    follow: bool,
    at: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """List what waits, the most urgent first."""
    office = client.office(config.load(at).folder)
    out = Out(as_json=as_json, quiet=quiet)
    query = {"count": count, **({"desk": desk} if desk else {})}
    query |= {"crowd": crowd} if crowd else {}

    def ask() -> list[Row]:
        found: list[Row] = office.ask("GET", "/api/v1/attention/list", query=query)
        return found

    rows = ask()
    out.answer([*rows], [line(each) for each in rows] or [say("attention.nothing")])
    if follow:
        ring(rows, set())
        while True:
            time.sleep(_POLL)
            rows = told(rows, ask(), out)
    return 0


def told(before: Sequence[Row], now: Sequence[Row], out: Out) -> list[Row]:
    """Tell what came and went since before; return what stands now."""
    was, is_ = {each["key"] for each in before}, {each["key"] for each in now}
    if [*before] != [*now]:
        came = [f"+ {line(each)}" for each in now if each["key"] not in was]
        gone = [f"- {line(each)}" for each in before if each["key"] not in is_]
        other = [f"  {line(each)}" for each in now if each["key"] in was and each not in before]
        out.answer([*now], [*came, *other, *gone])
        sys.stdout.flush()
    ring(now, {each["key"] for each in before if each["alarm"]})
    return [*now]


def ring(rows: Sequence[Row], known: set[str]) -> None:
    """Ring the terminal's bell for alarms that were not there a moment ago."""
    if any(each["alarm"] and each["key"] not in known for each in rows) and sys.stderr.isatty():
        print(_BELL, end="", file=sys.stderr, flush=True)


def line(row: Row) -> str:
    """Return one line about what waits."""
    words = catalogue.load()
    places = {name: plain(text) for name, text in row["places"].items()}
    if row["what"] == "line":
        places["state"] = say(f"link.{row['state']}")
    parts = [
        f"{row['prec']:<9}",
        say("attention.overdue", due=row["due"]) if row["overdue"] else row["due"] or row["since"],
        words.get(row["words"], language(), **places),
    ]
    if row["exercise"]:
        parts.insert(0, say("mark.EXERCISE", why=plain(row["exercise"])))
    if row["procedure"]:
        parts.append(words.get(f"{row['desk']}.state.{row['state']}", language()))
    parts += [f"“{plain(harmless.text(row['desk'], row['title']))}”"] if row["title"] else []
    parts += [row["id"]] if row["id"] else []
    if row["crowd"]:
        parts.append(words.count("app.attention.alike", language(), row["count"]))
        parts += [words.count("app.attention.late", language(), row["late"])] if row["late"] else []
    parts += [say("attention.unread")] if row["unread"] and row["what"] != "unread" else []
    parts += [words.get(f"ui.up.{row['rung']}", language())] if row["rung"] else []
    parts += [say("attention.holder", who=plain(row["holder"]))] if row["holder"] else []
    parts += [f"--crowd '{row['crowd']}'"] if row["crowd"] else []
    return "  ".join(parts)


@click.command(
    "state", help=say("help.matter_state"), epilog=example("detente matter state 7f3k2m")
)
@click.argument("matter")
@common
def matter_state(matter: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show where a matter stands, who owes what, and what did not count."""
    found = client.office(config.load(at).folder).ask("GET", f"/api/v1/matter/{matter}/courses")
    lines = [text for each in found["courses"] for text in course_lines(each)]
    holder = [say("attention.holder", who=plain(found["holder"]))] if found["holder"] else []
    Out(as_json=as_json, quiet=quiet).answer(found, [*holder, *lines] or [say("list.empty")])
    return 0


def course_lines(course: Row) -> list[str]:
    """Return the lines about one course of a matter."""
    words, desk = catalogue.load(), course["procedure"].partition(".")[0]

    def word(table: str, name: str) -> str:
        return words.get(f"{desk}.{table}.{name}", language())

    def common_word(table: str, name: str) -> str:
        return words.get(f"ui.{table}.{name}", language())

    found = [
        word("procedure", course["procedure"].partition(".")[2]),
        f"  {word('state', course['state'])}  {course['desk']}  {course['other']}",
    ]
    for each in course["steps"]:
        parts = (each["kept_at"], each["kind"], _short(each["mid"]), each["from"])
        found.append(f"    {'  '.join(parts)}  {word('state', each['state'])}")
    for each in course["clocks"]:
        if each["stopped_by"] is None:
            up = [common_word("up", each["up"])] if each["up"] else []
            tick, clock = common_word("tick", each["tick"]), word("clock", each["clock"])
            found.append("  " + "  ".join([tick, each["due"], each["owes"], clock, *up]))
    for each in course["ignored"]:
        why, by = common_word("ignored", each["why"]), ", ".join(map(_short, each["by"]))
        told = say("attention.ignored", id=_short(each["mid"]), kind=each["kind"], why=why, by=by)
        found.append("  " + told.rstrip(" :"))
    there = course["there"]
    if there is not None:
        state = word("state", there["state"]) if there["state"] else "-"
        by = ", ".join(map(_short, there["by"]))
        found.append("  " + say("attention.there", state=state, by=by))
    return found


def _short(written: str) -> str:
    mid = Mid().read("mid", written)
    assert isinstance(mid, bytes), "it is whole"
    return record.mid_text(mid)


def _note(mid: str, what: str, at: str | None, out: Out, shown: Callable[[Row], str]) -> int:
    office: Client = client.office(config.load(at).folder)
    found = office.ask("POST", f"/api/v1/record/{mid}/{what}", {})
    out.answer(found, [shown(found)])
    return 0


@click.command("take", help=say("help.matter_take"), epilog=example("detente matter take 7f3k2m"))
@click.argument("mid")
@common
def matter_take(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take the matter of a record."""
    out = Out(as_json=as_json, quiet=quiet)
    return _note(mid, "take", at, out, lambda row: say("attention.holder", who=row["holder"]))


@click.command(
    "leave", help=say("help.matter_leave"), epilog=example("detente matter leave 7f3k2m")
)
@click.argument("mid")
@common
def matter_leave(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Leave the matter of a record."""
    out = Out(as_json=as_json, quiet=quiet)
    return _note(mid, "leave", at, out, lambda _row: say("attention.nobody"))


@click.command("seen", help=say("help.record_seen"), epilog=example("detente record seen 7f3k2m"))
@click.argument("mid")
@common
def record_seen(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Say to have seen an alarm."""
    out = Out(as_json=as_json, quiet=quiet)
    return _note(mid, "seen", at, out, lambda _row: say("attention.seen"))
