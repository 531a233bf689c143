"""Verbs: the person group. Administrators make people, links and roles; everybody their own tokens."""

from typing import Any

import click

from detente.app import client, config, system
from detente.app.config import Config
from detente.app.face import Out, common, example, say
from detente.core.canon import Json
from detente.core.errors import OurFault


@click.group(help=say("verb.person"))
def person() -> None:
    """Hold the verbs about people."""


def _ask(settings: Config, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    return client.office(settings.folder).ask(method, f"/api/v1/{path}", body)


def _every(settings: Config) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _ask(settings, "GET", "person")
    return rows


def _line(row: dict[str, Any]) -> str:
    state = "can_enter" if row["can_enter"] else "cannot_enter"
    if not row["active"]:
        state = "is_suspended"
    places = " ".join(f"{each['desk']}={each['place']}" for each in row["places"]) or "-"
    house = ",".join(row["house"]) or "-"
    return say(
        "person.row", name=row["name"], state=say(f"person.{state}"), house=house, places=places
    )


@person.command("list", help=say("help.person_list"), epilog=example("detente person list"))
@common
def list_(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List people."""
    rows = _every(config.load(at))
    Out(as_json=as_json, quiet=quiet).answer(rows, map(_line, rows))
    return 0


@person.command("table", help=say("help.person_table"), epilog=example("detente person table"))
@common
def table(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show the table of permissions."""
    from detente.office import people  # noqa: PLC0415  help must not pay for the office

    del at
    rows: dict[str, Json] = {
        place.value: [*sorted(role.value for role in roles)]
        for place, roles in people.ROLES_OF.items()
    }
    Out(as_json=as_json, quiet=quiet).answer(rows, [people.table()])
    return 0


def _roles(
    display: str | None, user: str | None, desk: tuple[str, ...], house: tuple[str, ...],
    language: str | None, why: str | None,
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {
        "display": display,
        "user": user if user in (None, "-") else str(system.user_number(user, "--user")),
        "language": language,
        "why": why,
        "places": [_place(each) for each in desk] or None,
        "house": [*house] or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _place(text: str) -> dict[str, str]:
    desk, sign, place = text.partition("=")
    if not (desk and sign and place):
        raise OurFault("form.usage", f"{text[:80]!r} is no place", "write it as DESK=drafter")
    return {"desk": desk, "place": place}


_DISPLAY = click.option("--display", metavar="TEXT", help=say("option.person_display"))
_USER = click.option("--user", metavar="USER", help=say("option.person_user"))
_DESK = click.option("--desk", multiple=True, metavar="DESK=PLACE", help=say("option.person_desk"))
_HOUSE = click.option("--house", multiple=True, metavar="ROLE", help=say("option.person_house"))
_LANGUAGE = click.option("--language", metavar="LANG", help=say("option.person_language"))
_WHY = click.option("--why", metavar="TEXT", help=say("option.person_why"))
_WITHIN = click.option("--within", metavar="TIME", help=say("option.person_within"))


@person.command(
    help=say("help.person_add"),
    epilog=example('detente person add anna --display "Anna Lind" --desk cert=drafter'),
)
@click.argument("name")
@_DISPLAY
@_USER
@_DESK
@_HOUSE
@_LANGUAGE
@_WHY
@common
def add(
    name: str, display: str | None, user: str | None, desk: tuple[str, ...],
    house: tuple[str, ...], language: str | None, why: str | None, *, at: str | None,
    as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Make a person."""
    body = {"name": name, **_roles(display, user, desk, house, language, why)}
    row = _ask(config.load(at), "POST", "person", body)
    line = say("person.made", name=row["name"], signer=row["signer"] or "-")
    Out(as_json=as_json, quiet=quiet).answer(row, [line])
    return 0


@person.command(
    help=say("help.person_role"),
    epilog=example("detente person role anna --desk cert=releaser"),
)
@click.argument("name")
@_DISPLAY
@_USER
@_DESK
@_HOUSE
@click.option("--no-desk", is_flag=True, help=say("option.person_no_desk"))
@click.option("--no-house", is_flag=True, help=say("option.person_no_house"))
@_LANGUAGE
@_WHY
@common
def role(
    name: str, display: str | None, user: str | None, desk: tuple[str, ...],
    house: tuple[str, ...], no_desk: bool, no_house: bool, language: str | None,  # noqa: FBT001
    why: str | None, *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Change a person."""
    body = _roles(display, user, desk, house, language, why)
    body |= ({"places": []} if no_desk else {}) | ({"house": []} if no_house else {})
    row = _ask(config.load(at), "POST", f"person/{name}/role", body)
    Out(as_json=as_json, quiet=quiet).answer(row, [say("person.changed", name=name), _line(row)])
    return 0


@person.command(
    help=say("help.person_suspend"), epilog=example("detente person suspend anna --why left")
)
@click.argument("name")
@_WHY
@common
def suspend(name: str, why: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Suspend a person."""
    row = _ask(config.load(at), "POST", f"person/{name}/suspend", {"why": why} if why else {})
    Out(as_json=as_json, quiet=quiet).answer(row, [say("person.suspended", name=name)])
    return 0


@person.command(help=say("help.person_resume"), epilog=example("detente person resume anna"))
@click.argument("name")
@_WHY
@common
def resume(name: str, why: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Let a person work again."""
    row = _ask(config.load(at), "POST", f"person/{name}/resume", {"why": why} if why else {})
    Out(as_json=as_json, quiet=quiet).answer(row, [say("person.resumed", name=name)])
    return 0


@person.command(
    "enter-link",
    help=say("help.person_enter_link"),
    epilog=example("detente person enter-link anna --within 1h"),
)
@click.argument("name")
@_WITHIN
@common
def enter_link(name: str, within: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Make a one-time link."""
    settings = config.load(at)
    body = {"within": within} if within else {}
    found = _ask(settings, "POST", f"person/{name}/enter-link", body)
    url = link_of(settings, found["link"])
    lines = [say("person.link", name=name, until=found["until"])]
    lines += [url] if "://" in url else [say("person.no_console"), url]
    Out(as_json=as_json, quiet=quiet).answer({**found, "url": url}, lines)
    return 0


def link_of(settings: Config, token: str) -> str:
    """Return the address of a one-time link; its path alone where no console is served."""
    from detente.app.console.settings import place  # noqa: PLC0415  help must not pay for it

    found = place(settings)
    return f"{found.url if found else ''}/enter/{token}"


@person.command(
    "sign-out", help=say("help.person_sign_out"), epilog=example("detente person sign-out anna")
)
@click.argument("name")
@common
def sign_out(name: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """End sessions."""
    found = _ask(config.load(at), "POST", f"person/{name}/sign-out", {})
    line = say("person.ended", name=name, n=found["ended"])
    Out(as_json=as_json, quiet=quiet).answer(found, [line])
    return 0


@person.command(
    help=say("help.person_token"),
    epilog=example('detente person token anna --label "feed" --scope cert:read --within 30d'),
)
@click.argument("name")
@click.option("--label", metavar="TEXT", required=True, help=say("option.token_label"))
@click.option(
    "--scope", multiple=True, required=True, metavar="DESK:ROLE", help=say("option.token_scope")
)
@click.option("--within", metavar="TIME", required=True, help=say("option.person_within"))
@common
def token(
    name: str, label: str, scope: tuple[str, ...], within: str, *, at: str | None, as_json: bool,
    quiet: bool,
) -> int:  # fmt: skip
    """Make a token."""
    body = {"label": label, "scopes": [*scope], "within": within}
    found = _ask(config.load(at), "POST", f"person/{name}/token", body)
    lines = [say("person.token", until=found["until"]), found["token"]]
    Out(as_json=as_json, quiet=quiet).answer(found, lines)
    return 0


@person.command(help=say("help.person_tokens"), epilog=example("detente person tokens anna"))
@click.argument("name")
@common
def tokens(name: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """List tokens."""
    rows = _ask(config.load(at), "GET", f"person/{name}/token")
    lines = [
        say(
            "person.token_row",
            id=each["id"], label=each["label"], scopes=" ".join(each["scopes"]),
            until=each["until"],
        )
        for each in rows
    ]  # fmt: skip
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("person.no_tokens")])
    return 0


@person.command(help=say("help.person_revoke"), epilog=example("detente person revoke anna 3fa9c1"))
@click.argument("name")
@click.argument("token_id")
@common
def revoke(name: str, token_id: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take a token away."""
    found = _ask(config.load(at), "POST", f"person/{name}/token/{token_id}/revoke", {})
    said = "person.revoked" if found["revoked"] else "person.not_revoked"
    Out(as_json=as_json, quiet=quiet).answer(found, [say(said)])
    return 0 if found["revoked"] else 1
