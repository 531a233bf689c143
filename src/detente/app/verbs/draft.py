"""Verbs: draft list, show, release, refuse, withdraw."""

from typing import Any

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.printed import plain
from detente.app.verbs.lines import draft_line
from detente.core.canon import Json


@click.group(help=say("verb.draft"))
def draft() -> None:
    """Hold the verbs about drafts."""


@draft.command("list", help=say("help.draft_list"), epilog=example("detente draft list"))
@common
def draft_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List what has not left."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/draft")
    out = Out(as_json=as_json, quiet=quiet)
    out.answer(rows, [draft_line(row) for row in rows] or [say("list.empty")])
    return 0


@draft.command("show", help=say("help.draft_show"), epilog=example("detente draft show 7f3k2m"))
@click.argument("mid")
@common
def draft_show(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show what opens from a draft."""
    row = client.office(config.load(at).folder).ask("GET", f"/api/v1/draft/{mid}")
    steps = [
        say("draft.step", at=one["at"], person=one["person"], step=say(f"draft.did_{one['step']}"))
        + (f": {plain(one['why'])}" if one["why"] else "")
        for one in row["steps"]
    ]
    head = f"TLP:{row['tlp']}  {row['prec']}  {row['matter']}"
    lines = [draft_line(row), head, *steps, "", row["text"]]
    Out(as_json=as_json, quiet=quiet).answer(row, lines)
    return 0


def _do(mid: str, what: str, members: dict[str, Json], at: str | None) -> dict[str, Any]:
    office = client.office(config.load(at).folder)
    found: dict[str, Any] = office.ask("POST", f"/api/v1/draft/{mid}/{what}", members)
    return found


@draft.command(
    "release", help=say("help.draft_release"), epilog=example("detente draft release 7f3k2m")
)
@click.argument("mid")
@click.option("--alone", default="", metavar="REASON", help=say("option.draft_alone"))
@common
def draft_release(mid: str, alone: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Sign as the second person, and let it go."""
    found = _do(mid, "release", {"alone": alone} if alone else {}, at)
    word = "held" if found["held"] else "released"
    Out(as_json=as_json, quiet=quiet).answer(found, [say(f"draft.done_{word}", id=mid)])
    return 0


@draft.command(
    "refuse",
    help=say("help.draft_refuse"),
    epilog=example('detente draft refuse 7f3k2m --why "not before noon"'),
)
@click.argument("mid")
@click.option("--why", required=True, metavar="REASON", help=say("option.draft_why"))
@common
def draft_refuse(mid: str, why: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Say that it does not go, and why."""
    found = _do(mid, "refuse", {"why": why}, at)
    Out(as_json=as_json, quiet=quiet).answer(found, [say("draft.done_refused", id=mid)])
    return 0


@draft.command(
    "withdraw", help=say("help.draft_withdraw"), epilog=example("detente draft withdraw 7f3k2m")
)
@click.argument("mid")
@common
def draft_withdraw(mid: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take it back before it leaves."""
    found = _do(mid, "withdraw", {}, at)
    Out(as_json=as_json, quiet=quiet).answer(found, [say("draft.done_withdrawn", id=mid)])
    return 0
