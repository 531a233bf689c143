"""Verbs: record accept, hold, decline; and what a record waits for, in words."""

from collections.abc import Mapping
from typing import Any

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.printed import plain
from detente.core.canon import Json

_STATES = frozenset({"UNATTENDED", "UNREAD", "READ_UNANSWERED"})


def state_words(state: str) -> str:
    """Return what people read of a state of a link or of a desk."""
    return say(f"stands.{state}" if state in _STATES else f"link.{state}")


def owed_lines(row: Mapping[str, Any], *, brief: bool = False) -> list[str]:
    """Return what desks answered to a record, and what it waits for; unless brief, what to do."""
    lines = [
        say(
            f"answer.{each['answer']}", desk=each["desk"], at=each["at"],
            until=each["until"] or "", reason=plain(each["reason"]),
        ).rstrip(" :")
        for each in row["answers"]
    ]  # fmt: skip
    for each in row["waits"]:
        since = say("stands.since", since=each["since"]) if each["since"] else ""
        why = f" ({plain(each['why'])})" if each["why"] else ""
        todo = "ours" if row["ours"] else "theirs"
        lines.append(f"{each['desk']}  {state_words(each['state'])}{since}{why}")
        if not brief:
            lines.append(f"{say('fault.try')}  {todo_words(each['state'], todo)}")
    return lines


def todo_words(state: str, whose: str = "ours") -> str:
    """Return what to do about a state; whose record waits for it: ours or theirs."""
    return say(f"todo.here_{state}" if whose == "theirs" else f"todo.{state}")


def _answer(mid: str, at: str | None, members: dict[str, Json], out: Out) -> int:
    office = client.office(config.load(at).folder)
    row = office.ask(
        "POST",
        f"/api/v1/record/{mid}/answer",
        {name: said for name, said in members.items() if said},
    )
    told = say(f"level.{row['level']}")
    out.answer(row, [say("answer.sent", id=row["id"], to=", ".join(row["to"]), level=told)])
    return 0


@click.command(
    "accept",
    help=say("help.record_accept"),
    epilog=example('detente record accept 7f3k2m --reason "in hand"'),
)
@click.argument("mid")
@click.option("--reason", default="", metavar="TEXT", help=say("option.answer_reason"))
@click.option("--within", default="", metavar="24h", help=say("option.answer_within"))
@common
def record_accept(
    mid: str, reason: str, within: str, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Say that we act on it."""
    members: dict[str, Json] = {"answer": "ACTION", "reason": reason, "within": within}
    return _answer(mid, at, members, Out(as_json=as_json, quiet=quiet))


@click.command(
    "hold",
    help=say("help.record_hold"),
    epilog=example('detente record hold 7f3k2m --within 24h --reason "waiting for a court"'),
)
@click.argument("mid")
@click.option("--within", required=True, metavar="24h", help=say("option.answer_within"))
@click.option("--reason", default="", metavar="TEXT", help=say("option.answer_reason"))
@common
def record_hold(
    mid: str, reason: str, within: str, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Say that we answer later."""
    members: dict[str, Json] = {"answer": "HOLD", "reason": reason, "within": within}
    return _answer(mid, at, members, Out(as_json=as_json, quiet=quiet))


@click.command(
    "decline",
    help=say("help.record_decline"),
    epilog=example('detente record decline 7f3k2m --reason "not within our remit"'),
)
@click.argument("mid")
@click.option("--reason", required=True, metavar="TEXT", help=say("option.answer_reason"))
@common
def record_decline(mid: str, reason: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Say that we do not act on it."""
    members: dict[str, Json] = {"answer": "DECLINED", "reason": reason}
    return _answer(mid, at, members, Out(as_json=as_json, quiet=quiet))
