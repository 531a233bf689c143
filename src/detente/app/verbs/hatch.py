"""Verbs: the hatch group. They let an office on another machine and its node know each other."""

import click

from detente.app import allowed, client, config, halves, splitting, system
from detente.app.config import Config
from detente.app.face import Out, common, example, say
from detente.app.meeting import Meeting
from detente.app.verbs import half as half_verbs
from detente.core import names
from detente.core.canon import Json
from detente.core.errors import OurFault


@click.group(help=say("verb.hatch"))
def hatch() -> None:
    """Hold the verbs about offices on other machines."""


def _half_here(settings: Config, told: str | None) -> str:
    here = halves.here(settings.folder)
    if told is None and len(here) != 1:
        raise OurFault("form.missing", "both halves are here", "say which: --half node|office")
    found = told or here[0]
    halves.need(settings.folder, found)
    return found


@hatch.command(
    "offer", help=say("help.hatch_offer"), epilog=example("detente hatch offer -o office.half")
)
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@click.option("--half", type=click.Choice(halves.HALVES), help=say("option.which_half"))
@click.option("--new", "fresh", is_flag=True, help=say("option.new_hatch_key"))
@click.option("--passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@common
def offer(
    output: str, half: str | None, passphrase_file: str, *,
    fresh: bool, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Write what the other half must know of this one."""
    from detente.app import build_keys  # noqa: PLC0415  the heavy half

    settings = config.load(at)
    which = _half_here(settings, half)
    file = passphrase_file or settings.path(f"vault.{which}_passphrase_file")
    secret = system.passphrase(which, file, "--passphrase-file")
    pin = build_keys.make_hatch_key(settings, which, secret, fresh=fresh)
    card = Meeting(settings.folder).card()
    desks = tuple(each for each in sorted(card.desks) if each != names.NODE_DESK)
    made = halves.Half(which, card.name, pin, desks=desks)
    if which == "node":
        made = halves.Half(which, card.name, pin, address=settings.text("node.hatch_listen"))
    out = Out(as_json=as_json, quiet=quiet)
    document = {"party": card.name, "half": which, "pin": pin.hex()}
    return half_verbs.tell(halves.write(made), output, out, document, [])


@hatch.command(
    "join", help=say("help.hatch_join"), epilog=example("detente hatch join office.half")
)
@click.argument("file")
@click.option("--check", metavar="DIGITS", help=say("option.check"))
@click.option("--desks", default="", metavar="DESK,DESK", help=say("option.desks"))
@common
def join(
    file: str, check: str | None, desks: str, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Take the file of the other half."""
    settings = config.load(at)
    folder = settings.folder
    half = half_verbs.taken(file, check)
    if half.party != settings.text("party.name"):
        raise OurFault("hatch.file", f"this is of {half.party}", "take the file of this party")
    out = Out(as_json=as_json, quiet=quiet)
    document: Json = {"party": half.party, "half": half.half, "pin": half.pin.hex()}
    if half.half == "node":
        halves.need(folder, "office")
        halves.keep_node(folder, half.pin)
        lines = [say("hatch.joined_node", address=settings.text("office.node") or half.address)]
        if settings.text("office.node") != half.address:
            lines.append(say("hatch.set_node", address=half.address))
        out.answer(document, lines)
        return 0
    halves.need(folder, "node")
    if half.card and not splitting.has_card(folder):
        splitting.take_card(folder, half)
    _allow(settings, half.pin, tuple(desks.split(",")) if desks else half.desks)
    out.answer(document, [say("hatch.allowed", desks=desks or ", ".join(half.desks))])
    return 0


def _allow(settings: Config, pin: bytes, desks: tuple[str, ...]) -> None:
    halves.need(settings.folder, "node")
    known = Meeting(settings.folder).card().desks
    for each in desks:
        if each not in known or each == names.NODE_DESK:
            raise OurFault(
                "office.no_desk", f"{each[:40]!r} is no desk of an office",
                "see: detente party show",
            )  # fmt: skip
    allowed.allow(settings.folder, pin, desks, system.now())


@hatch.command(
    "allow",
    help=say("help.hatch_allow"),
    epilog=example(f"detente hatch allow {'5e' * 32} --desks cert"),
)
@click.argument("pin")
@click.option("--desks", required=True, metavar="DESK,DESK", help=say("option.desks"))
@common
def allow(pin: str, desks: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Let in a key."""
    settings = config.load(at)
    found = tuple(desks.split(","))
    _allow(settings, allowed.read_pin(pin), found)
    Out(as_json=as_json, quiet=quiet).answer(
        {"pin": pin, "desks": list(found)}, [say("hatch.allowed", desks=desks)]
    )
    return 0


@hatch.command(
    "revoke",
    help=say("help.hatch_revoke"),
    epilog=example(f"detente hatch revoke {'5e' * 32}"),
)
@click.argument("pin")
@common
def revoke(pin: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Let in a key no more."""
    settings = config.load(at)
    halves.need(settings.folder, "node")
    allowed.revoke(settings.folder, allowed.read_pin(pin))
    Out(as_json=as_json, quiet=quiet).answer({"pin": pin}, [say("hatch.revoked")])
    return 0


@hatch.command("list", help=say("help.hatch_list"), epilog=example("detente hatch list"))
@common
def list_(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the keys that are let in, and who is there."""
    settings = config.load(at)
    folder = settings.folder
    halves.need(folder, "node")
    there: dict[str, bool] = {}
    strangers = 0
    try:
        told = client.node(folder).ask("GET", "/v1/hatch")
    except OurFault:
        pass  # it does not run: nobody is there
    else:
        there = {row["pin"]: row["there"] for row in told["offices"]}
        strangers = told["strangers"]
    rows: list[Json] = []
    lines = []
    for each in allowed.read(folder):
        pin = each.pin.hex()
        state = there.get(pin, False)
        rows.append({"pin": pin, "desks": list(each.desks), "since": each.since, "there": state})
        word = say("hatch.there" if state else "hatch.away")
        lines.append(f"{pin}  {', '.join(each.desks)}  {word}")
    if strangers:
        lines.append(say("hatch.strangers", count=strangers))
    document: Json = {"offices": rows, "strangers": strangers}
    Out(as_json=as_json, quiet=quiet).answer(document, lines or [say("hatch.none")])
    return 0
