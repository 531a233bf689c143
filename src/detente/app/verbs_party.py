"""Verbs: init, and the party group."""

import sys
from pathlib import Path

import click

from detente.app import build, config, system
from detente.app.build import Passphrases
from detente.app.face import Out, common, example, say, write_file
from detente.app.meeting import Meeting, Peer, check_name
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card, read_card

_GROUPS = 12


def _digits(fingerprint: str) -> list[str]:
    groups = fingerprint.split()
    return ["  " + "  ".join(groups[i : i + 4]) for i in range(0, _GROUPS, 4)]


def _make_passphrases(folder: Path) -> tuple[Passphrases, dict[str, str]]:
    # For trying out, or for a service manager that keeps the files: random, one file each.
    made = {}
    for name in ("node", "office", "root"):
        secret = system.SystemEntropy().draw(24).hex().encode()
        system.write_private(folder / f"{name}.passphrase", secret + b"\n")
        made[name] = secret
    files = {
        f"{name}_passphrase_file": str((folder / f"{name}.passphrase").resolve())
        for name in ("node", "office")
    }
    return Passphrases(**made), files


def _ask_passphrases(files: dict[str, str]) -> Passphrases:
    found = {
        name: system.passphrase(name, files.get(name, ""), f"--{name}-passphrase-file")
        for name in ("node", "office", "root")
    }
    return Passphrases(**found)


@click.command(
    help=say("help.init"),
    epilog=example(
        "detente init aurelia.gov --folder aurelia --root aurelia-root"
        " --listen tcp://198.51.100.7:7443"
    ),
)
@click.argument("name")
@click.option("--folder", metavar="FOLDER", help=say("option.folder"))
@click.option("--root", metavar="FOLDER", required=True, help=say("option.root"))
@click.option("--listen", multiple=True, metavar="tcp://ADDRESS:PORT", help=say("option.listen"))
@click.option("--make-passphrases", metavar="FOLDER", help=say("option.make_passphrases"))
@click.option("--node-passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--office-passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--root-passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--operator", metavar="USER", help=say("option.operator"))
@common
def init(
    name: str,
    folder: str | None,
    root: str,
    listen: tuple[str, ...],
    make_passphrases: str | None,
    node_passphrase_file: str,
    office_passphrase_file: str,
    root_passphrase_file: str,
    operator: str | None,
    *,
    at: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make a party."""
    check_name(name)
    out = Out(as_json=as_json, quiet=quiet)
    place = Path(folder or at or name.partition(".")[0])
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise OurFault("init.exists", f"{place} is not empty", "choose a new folder: --folder")
    user = None if operator is None else system.user_number(operator, "--operator")
    files: dict[str, str] = {}
    if make_passphrases:
        secrets, files = _make_passphrases(Path(make_passphrases))
    else:
        given = {
            "node": node_passphrase_file,
            "office": office_passphrase_file,
            "root": root_passphrase_file,
        }
        secrets = _ask_passphrases(given)
        files = {
            f"{half}_passphrase_file": str(Path(given[half]).resolve())
            for half in ("node", "office")
            if given[half]
        }
    card = build.make_party(place, Path(root), name, listen, secrets, files, user)
    document: Json = {
        "party": card.name,
        "folder": str(place),
        "root": root,
        "fingerprint": card.fingerprint,
    }
    lines = [
        say("init.made", name=card.name, folder=place),
        say("init.root", root=root),
        say("init.fingerprint"),
        *_digits(card.fingerprint),
        say("init.next", folder=place),
    ]
    out.answer(document, lines)
    return 0


@click.group(help=say("verb.party"))
def party() -> None:
    """Hold the verbs about parties."""


def _meeting(at: str | None) -> Meeting:
    return Meeting(config.load(at).folder)


def _read(file: str, size_max: int) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(size_max + 1)
        with Path(file).open("rb") as handle:
            return handle.read(size_max + 1)
    except OSError as error:
        raise OurFault(
            "file.unreadable", f"{file}: {error.strerror}", "name another file"
        ) from None


@party.command(help=say("help.party_card"), epilog=example("detente party card -o aurelia.card"))
@click.option("-o", "--output", default="-", metavar="FILE", help=say("option.output"))
@common
def card(output: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write our own card."""
    own = _meeting(at).card()
    write_file(own.note, output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer({"party": own.name, "file": output}, [say("party.written", file=output)])
    return 0


@party.command(
    help=say("help.party_invite"),
    epilog=example("detente party invite borealis.gov -o aurelia-to-borealis.invite"),
)
@click.argument("name")
@click.option("-o", "--output", default="-", metavar="FILE", help=say("option.output"))
@common
def invite(name: str, output: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write an invitation."""
    write_file(_meeting(at).invite(name), output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer({"peer": name, "file": output}, [say("party.written", file=output)])
    return 0


def _bad_card(file: str, fault: TheirFault) -> OurFault:
    # Whoever has the file did not write it: what mends it is another file, or a newer program.
    newer = fault.code == "E_VERSION"
    remedy = fault.remedy if newer else "do not use it; ask its party for it again"
    return OurFault("card.bad", f"{file}: {fault.what}", remedy)


def _peer_row(peer: Peer) -> dict[str, Json]:
    return {
        "party": peer.name,
        "state": peer.state(),
        "serial": peer.card.serial if peer.card else None,
        "confirmed_at": peer.confirmed_at,
    }


@party.command(
    help=say("help.party_add"), epilog=example("detente party add borealis-to-aurelia.invite")
)
@click.argument("file")
@common
def add(file: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take an invitation."""
    try:
        peer = _meeting(at).add(_read(file, limits.MAX_INVITE))
    except TheirFault as fault:
        raise _bad_card(file, fault) from None
    lines = [
        say("party.added", name=peer.name),
        say("party.compare", name=peer.name),
    ]
    Out(as_json=as_json, quiet=quiet).answer(_peer_row(peer), lines)
    return 0


@party.command(
    help=say("help.party_confirm"),
    epilog=example("detente party confirm borealis.gov"),
)
@click.argument("name")
@click.option("--digits", metavar="TEXT", help=say("option.digits"))
@common
def confirm(name: str, digits: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Confirm a party by its digits."""
    settings = config.load(at)
    meeting = Meeting(settings.folder)
    meeting.find(name)
    if digits is None:
        if not sys.stdin.isatty():
            raise OurFault("form.missing", "the 60 digits are not given", "give --digits")
        click.echo(say("party.ask_digits", name=name), err=True)
        digits = " ".join(
            click.prompt(f"{i:2d}/{_GROUPS}", err=True) for i in range(1, _GROUPS + 1)
        )
    peer = meeting.confirm(name, digits, system.now())
    reloaded = _reload(settings.folder)
    lines = [say("party.confirmed", name=name)]
    if reloaded:
        lines.append(say("party.reloaded"))
    Out(as_json=as_json, quiet=quiet).answer({**_peer_row(peer), "reloaded": reloaded}, lines)
    return 0


def _reload(folder: Path) -> bool:
    from detente.app import client  # noqa: PLC0415

    try:
        client.node(folder).ask("POST", "/v1/reload")
    except OurFault:
        return False  # not running: it will read the new card when it starts
    return True


def _card_row(found: Card) -> dict[str, Json]:
    return {
        "party": found.name,
        "serial": found.serial,
        "created": str(found.created),
        "expires": str(found.expires),
        "fingerprint": found.fingerprint,
        "desks": [*sorted(found.desks)],
        "endpoints": [*(each.addr for each in found.endpoints)],
    }


@party.command(help=say("help.party_show"), epilog=example("detente party show borealis.card"))
@click.argument("file", required=False)
@common
def show(file: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show a card."""
    if file:
        try:
            found = read_card(_read(file, limits.MAX_CARD))
        except TheirFault as fault:
            raise _bad_card(file, fault) from None
    else:
        found = _meeting(at).card()
    lines = [
        say("party.card", name=found.name, serial=found.serial, expires=found.expires),
        say("party.desks", desks=", ".join(sorted(found.desks))),
        say("party.endpoints", endpoints=", ".join(each.addr for each in found.endpoints) or "-"),
        say("party.digits"),
        *_digits(found.fingerprint),
    ]
    Out(as_json=as_json, quiet=quiet).answer(_card_row(found), lines)
    return 0


@party.command("list", help=say("help.party_list"), epilog=example("detente party list"))
@common
def list_(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the parties known here."""
    peers = _meeting(at).peers()
    lines = [f"{peer.name:24} {say('state.' + peer.state().replace(' ', '_'))}" for peer in peers]
    Out(as_json=as_json, quiet=quiet).answer(
        [_peer_row(peer) for peer in peers], lines or [say("party.none")]
    )
    return 0
