"""Verbs about matters: comparing what both sides hold of one."""

import time
from collections.abc import Mapping
from typing import Any, Final

import click

from detente.app import client, config
from detente.app.client import Client
from detente.app.face import Out, common, example, say
from detente.app.loop import clock
from detente.app.verbs.attention import matter_leave, matter_state, matter_take
from detente.app.verbs.desk import NOT_YET_EXIT
from detente.core import record
from detente.office.fields import Mid

_POLL: Final = 0.05
DIFFER_EXIT: Final = 1


@click.group(help=say("verb.matter"))
def matter() -> None:
    """Hold the verbs about matters."""


@matter.command(
    "digest", help=say("help.matter_digest"), epilog=example("detente matter digest 7f3k2m")
)
@click.argument("matter")
@click.option("--timeout", type=float, default=30.0, help=say("option.timeout"), metavar="SECONDS")
@common
def matter_digest(
    matter: str, timeout: float, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Compare a matter with every party of it."""
    found = ask(client.office(config.load(at).folder), matter, timeout)
    out = Out(as_json=as_json, quiet=quiet)
    out.answer(found, lines(found))
    if is_settled(found):
        return 0
    return DIFFER_EXIT if _is_answered(found) else NOT_YET_EXIT


matter.add_command(matter_state)
matter.add_command(matter_take)
matter.add_command(matter_leave)


def ask(office: Client, matter: str, seconds: float) -> dict[str, Any]:
    """State a matter to its parties; return what both sides hold, when all have answered or late."""
    deadline = clock() + seconds
    found: dict[str, Any] = office.ask("POST", f"/api/v1/matter/{matter}/digest")
    while not _is_answered(found) and clock() < deadline:
        time.sleep(_POLL)
        found = office.ask("GET", f"/api/v1/matter/{matter}/digest")
    return found


def is_settled(found: Mapping[str, Any]) -> bool:
    """Say whether every party states the same as we do."""
    return all(each["settled"] for each in found["compared"])


def _is_answered(found: Mapping[str, Any]) -> bool:
    return all(
        each["theirs"] is not None
        and each["ours"] is not None
        and each["theirs"]["logs"] == each["ours"]["logs"]
        for each in found["compared"]
    )


def lines(found: Mapping[str, Any]) -> list[str]:
    """Return a line for each desk of a peer, and the records that one side lacks."""
    told = []
    for each in found["compared"]:
        word = "same" if each["settled"] else "differs" if each["theirs"] else "waits"
        told.append(
            say(
                f"matter.{word}",
                other=each["other"],
                count=each["ours"]["count"] if each["ours"] else "?",
                theirs=each["theirs"]["count"] if each["theirs"] else "?",
                sizes=_sizes(each["theirs"]),
            )
        )
        for where in ("missing_here", "missing_there"):
            told += [f"  {say(f'matter.{where}', id=mid)}" for mid in map(_short, each[where])]
    return told


def _sizes(stated: Mapping[str, Any] | None) -> str:
    if stated is None:
        return ""
    return ", ".join(f"{one['origin']} {one['size']}" for one in stated["logs"])


def _short(written: str) -> str:
    mid = Mid().read("mid", written)
    assert isinstance(mid, bytes), "it is whole"
    return record.mid_text(mid)
