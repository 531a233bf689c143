"""Verbs: init, and the party group."""

import sys
from pathlib import Path

import click

from detente.app import build, config, first_console, founding, pins, system
from detente.app.build import Passphrases
from detente.app.desks import check_desks
from detente.app.digits import rows_of
from detente.app.face import Out, ask_digits, common, example, say, write_file
from detente.app.halves import HALVES, need
from detente.app.meeting import Meeting, Peer, check_name
from detente.app.verbs import half as half_verbs
from detente.app.verbs.half import Wish
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card, read_card
from detente.core.trust import read_chain


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
@click.option("--root", default="", metavar="FOLDER", help=say("option.root"))
@click.option("--listen", multiple=True, metavar="tcp://ADDRESS:PORT", help=say("option.listen"))
@click.option("--make-passphrases", metavar="FOLDER", help=say("option.make_passphrases"))
@click.option("--node-passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--office-passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--root-passphrase-file", default="", metavar="FILE", help=say("option.secret"))
@click.option("--operator", metavar="USER", help=say("option.operator"))
@click.option("--console", metavar="tcp://ADDRESS:PORT|none", help=say("option.console"))
@click.option("--desk", "desks", multiple=True, metavar="DESK", help=say("option.new_desk"))
@click.option("--half", type=click.Choice(HALVES), help=say("option.half"))
@click.option("--hatch", default="", metavar="tcp://ADDRESS:PORT", help=say("option.hatch"))
@click.option("--with", "other", default="", metavar="FILE", help=say("option.with_half"))
@click.option("--check", metavar="DIGITS", help=say("option.check"))
@click.option("-o", "--output", default="", metavar="FILE", help=say("option.half_output"))
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
    console: str | None,
    desks: tuple[str, ...],
    half: str | None,
    hatch: str,
    other: str,
    check: str | None,
    output: str,
    *,
    at: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make a party."""
    check_name(name)
    chosen = check_desks(desks or founding.FIRST_DESKS)
    out = Out(as_json=as_json, quiet=quiet)
    place = Path(folder or at or name.partition(".")[0])
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise OurFault("init.exists", f"{place} is not empty", "choose a new folder: --folder")
    user = None if operator is None else system.user_number(operator, "--operator")
    if half:
        told = {
            "node": node_passphrase_file, "office": office_passphrase_file,
            "root": root_passphrase_file,
        }  # fmt: skip
        wish = Wish(
            half,
            output,
            root,
            listen,
            hatch,
            other,
            check,
            make_passphrases or "",
            told,
            user,
            console,
            chosen,
        )
        return half_verbs.make(name, place, wish, out)
    if not root:
        raise OurFault("form.missing", "no folder for the root keys is named", "give --root FOLDER")
    served = first_console.section(console, name, place)
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
    card = build.make_party(place, Path(root), name, listen, secrets, files, user, served, chosen)
    url = first_console.url(served)
    document: Json = {
        "party": card.name,
        "folder": str(place),
        "root": root,
        "fingerprint": card.fingerprint,
        "console": url,
    }
    lines = [
        say("init.made", name=card.name, folder=place),
        say("init.root", root=root),
        say("init.fingerprint"),
        *rows_of(card.fingerprint),
        *half_verbs.console_lines(url),
        say("init.next", folder=place),
    ]
    out.answer(document, lines)
    return 0


@click.group(help=say("verb.party"))
def party() -> None:
    """Hold the verbs about parties."""


def _meeting(at: str | None, *, meets: bool = False) -> Meeting:
    folder = config.load(at).folder
    if meets:  # peers are met where the node is
        need(folder, "node")
    return Meeting(folder)


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
    write_file(_meeting(at, meets=True).invite(name), output)
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
        peer = _meeting(at, meets=True).add(_read(file, limits.MAX_INVITE))
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
    need(settings.folder, "node")
    meeting = Meeting(settings.folder)
    meeting.find(name)
    heard = ask_digits(name) if digits is None else digits
    peer = meeting.confirm(name, heard, system.now())
    reloaded = _reload(settings.folder)
    lines = [say("party.confirmed", name=name)]
    if peer.coming is not None:
        lines = [say("state.root_compared")]
    if not pins.can_keep(settings.folder):
        lines.append(say("card.office_too", name=name))
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
@click.option("--of", "peer", metavar="NAME", help=say("option.of"))
@common
def show(file: str | None, peer: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Show a card."""
    if peer:
        found = _running_card(config.load(at).folder, peer)
    elif file:
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
        *([] if file else _waits(_meeting(at), peer)),
        say("party.digits"),
        *rows_of(found.fingerprint),
    ]
    Out(as_json=as_json, quiet=quiet).answer(_card_row(found), lines)
    return 0


def _waits(meet: Meeting, peer: str | None) -> list[str]:
    """Return in words what waits of a change of root keys, ours or a peer's."""
    if peer:
        state = meet.find(peer).state()
        return [say(f"state.{state.replace(' ', '_')}")] if state.startswith("root") else []
    return [say("party.new_digits")] if meet.next_own() else []


def _running_card(folder: Path, peer: str) -> Card:
    from detente.app import client  # noqa: PLC0415

    check_name(peer)
    found: bytes = client.node(folder).ask("GET", f"/v1/cards/{peer}")
    return read_chain(found).newest


@party.command("list", help=say("help.party_list"), epilog=example("detente party list"))
@common
def list_(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the parties known here."""
    folder = config.load(at).folder
    need(folder, "node")
    peers, ours = Meeting(folder).peers(), _our_root(folder)
    rows: list[Json] = []
    lines = []
    for peer in peers:
        state = [f"state.{peer.state().replace(' ', '_')}"]
        state += [f"state.root_ours_{ours[peer.name]}"] if peer.name in ours else []
        lines.append(f"{peer.name:24} {'; '.join(map(say, state))}")
        rows.append({**_peer_row(peer), "our_root": ours.get(peer.name)})
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("party.none")])
    return 0


def _our_root(folder: Path) -> dict[str, str]:
    """Return by party what our new root keys wait for there: "peer" or "line"."""
    if Meeting(folder).next_own() is None:
        return {}
    from detente.app import client  # noqa: PLC0415

    try:
        told = client.node(folder).ask("GET", "/v1/cards")["roots"]
    except OurFault:
        return {}  # no node runs: nothing moves
    return {row["party"]: "line" if row["compared"] else "peer" for row in told if row["ours"]}
