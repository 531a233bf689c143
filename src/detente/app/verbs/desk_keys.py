"""Verbs: the desk group. Whose password opens a desk, opening it, and letting people in."""

import getpass
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.core.errors import OurFault

_PASSWORD_MAX: Final = 1_024  # bytes
_FILE: Final = click.option(
    "--password-file", default="", metavar="FILE", help=say("option.password_file")
)


@click.group(help=say("verb.desk"))
def desk() -> None:
    """Hold the verbs about keys of desks."""


def _password(file: str) -> str:
    if file:
        try:
            found = Path(file).read_bytes()[:_PASSWORD_MAX].rstrip(b"\r\n").decode()
        except (OSError, UnicodeDecodeError) as error:
            raise OurFault("file.unreadable", f"{file}: {error}", "give another file") from None
    elif sys.stdin.isatty():
        found = getpass.getpass(say("desk.password"))
    else:
        raise OurFault(
            "form.missing", "no password, and nobody to ask", "give --password-file FILE"
        )
    if not found:
        raise OurFault("form.missing", "the password is empty", "type yours")
    return found


def _ask(at: str | None, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    return client.office(config.load(at).folder).ask(method, f"/api/v1/{path}", body)


def _line(row: Mapping[str, Any]) -> str:
    if not row["entrusted"]:
        return say("desk.by_office", desk=row["desk"])
    state = say(
        "desk.is_held" if row["held"] else "desk.is_open" if row["open"] else "desk.is_closed"
    )
    return say("desk.by_people", desk=row["desk"], state=state, people=", ".join(row["holders"]))


@desk.command("list", help=say("help.desk_list"), epilog=example("detente desk list"))
@common
def list_(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List desks and who opens them."""
    rows = _ask(at, "GET", "desk")
    Out(as_json=as_json, quiet=quiet).answer(rows, map(_line, rows))
    return 0


@desk.command(help=say("help.desk_entrust"), epilog=example("detente desk entrust cert"))
@click.argument("name")
@_FILE
@common
def entrust(name: str, password_file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Give the keys of a desk to its people."""
    found = _ask(at, "POST", f"desk/{name}/entrust", {"password": _password(password_file)})
    lines = [say("desk.entrusted", desk=name), say("desk.entrusted_next", desk=name)]
    Out(as_json=as_json, quiet=quiet).answer(found, lines)
    return 0


@desk.command(
    "hand-back", help=say("help.desk_hand_back"), epilog=example("detente desk hand-back cert")
)
@click.argument("name")
@_FILE
@common
def hand_back(name: str, password_file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Give the keys of a desk to the office again."""
    found = _ask(at, "POST", f"desk/{name}/hand-back", {"password": _password(password_file)})
    Out(as_json=as_json, quiet=quiet).answer(found, [say("desk.handed_back", desk=name)])
    return 0


@desk.command("open", help=say("help.desk_open"), epilog=example("detente desk open cert"))
@click.argument("name")
@_FILE
@common
def open_(name: str, password_file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Open a desk for one's own commands."""
    found = _ask(at, "POST", f"desk/{name}/open", {"password": _password(password_file)})
    line = say("desk.opened", desks=", ".join(found["desks"]))
    Out(as_json=as_json, quiet=quiet).answer(found, [line])
    return 0


@desk.command("close", help=say("help.desk_close"), epilog=example("detente desk close cert"))
@click.argument("name")
@common
def close(name: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Close what one opened for one's commands."""
    row = _ask(at, "POST", f"desk/{name}/close", {})
    said = "desk.still_open" if row["entrusted"] and row["open"] else "desk.closed"
    Out(as_json=as_json, quiet=quiet).answer(row, [say(said, desk=name)])
    return 0


@desk.command(
    "let-in", help=say("help.desk_let_in"), epilog=example("detente desk let-in cert boris")
)
@click.argument("name")
@click.argument("person")
@common
def let_in(name: str, person: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Let another person open a desk."""
    row = _ask(at, "POST", f"desk/{name}/let-in", {"person": person})
    line = say("desk.let_in", desk=name, person=person)
    Out(as_json=as_json, quiet=quiet).answer(row, [line])
    return 0


@desk.command(
    "let-out", help=say("help.desk_let_out"), epilog=example("detente desk let-out cert boris")
)
@click.argument("name")
@click.argument("person")
@common
def let_out(name: str, person: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take a person's key of a desk away."""
    found = _ask(at, "POST", f"desk/{name}/let-out", {"person": person})
    said = "desk.let_out" if found["had"] else "desk.had_none"
    Out(as_json=as_json, quiet=quiet).answer(found, [say(said, desk=name, person=person)])
    return 0
