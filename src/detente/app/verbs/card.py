"""Verbs: the card group. They change what our card says, and take in the cards of others."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from detente.app import build, client, config, halves, handed, pins, system
from detente.app.desks import check_desks
from detente.app.digits import read_groups, rows_of
from detente.app.face import Out, ask_digits, common, example, say, write_file
from detente.app.meeting import Meeting, Peer
from detente.core import limits, trust
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.core.party import Card
from detente.core.trust import Chain

DAYS_MAX = 3_650


@click.group(help=say("verb.card"))
def card() -> None:
    """Hold the verbs about cards."""


def _secrets(settings: config.Config, given: dict[str, str | None]) -> Callable[[str], bytes]:
    def secret(name: str) -> bytes:
        half = name if name in ("node", "office") else ""
        file = given.get(name) or (settings.path(f"vault.{half}_passphrase_file") if half else "")
        option = f"--{name.replace(' ', '-')}-passphrase-file"
        return system.passphrase(name, file, option)

    return secret


def reload(folder: Path) -> bool:
    """Ask the running node to start again; False if none runs."""
    try:
        client.node(folder).ask("POST", "/v1/reload")
    except OurFault:
        return False
    return True


def _pair(text: str, mark: str, what: str) -> tuple[str, str]:
    first, found, rest = text.partition(mark)
    if not (first and found and rest):
        raise OurFault("form.usage", f"{text[:80]!r} is no {what}", f"write it as {what}")
    return first, rest


def _added(text: str) -> tuple[str, str, tuple[str, ...]]:
    who, roles = _pair(text, "=", "DESK/SIGNER=ROLE,ROLE")
    return (*_pair(who, "/", "DESK/SIGNER=ROLE,ROLE"), tuple(roles.split(",")))


@card.command(
    "new",
    help=say("help.card_new"),
    epilog=example("detente card new --root aurelia-root --rotate tls"),
)
@click.option("--root", metavar="FOLDER", required=True, help=say("option.root_here"))
@click.option("--rotate", multiple=True, metavar="KEY", help=say("option.rotate"))
@click.option("--revoke", multiple=True, metavar="KEY", help=say("option.revoke"))
@click.option("--reason", default="", metavar="TEXT", help=say("option.reason"))
@click.option(
    "--endpoint", multiple=True, metavar="tcp://ADDRESS:PORT", help=say("option.endpoint")
)
@click.option("--display", multiple=True, metavar="LANG=TEXT", help=say("option.display"))
@click.option("--add-signer", multiple=True, metavar="DESK/ID=ROLES", help=say("option.add_signer"))
@click.option("--drop-signer", multiple=True, metavar="DESK/ID", help=say("option.drop_signer"))
@click.option("--add-desk", multiple=True, metavar="DESK", help=say("option.add_desk"))
@click.option("--days", type=int, default=730, metavar="N", help=say("option.days"))
@click.option("--root-passphrase-file", metavar="FILE", help=say("option.secret"))
@common
def new(
    root: str, rotate: tuple[str, ...], revoke: tuple[str, ...], reason: str,
    endpoint: tuple[str, ...], display: tuple[str, ...], add_signer: tuple[str, ...],
    drop_signer: tuple[str, ...], add_desk: tuple[str, ...], days: int, root_passphrase_file: str | None, *,
    at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Make our next card, and have the running node take it up."""
    from detente.app.card_making import Maker, Wish  # noqa: PLC0415

    settings = config.load(at)
    if not 1 <= days <= DAYS_MAX:
        raise OurFault("form.number", f"--days {days}", f"give 1 to {DAYS_MAX}")
    for each in endpoint:
        build.parse_address(each)
    wish = Wish(
        rotate=rotate,
        revoke=revoke,
        reason=reason,
        endpoints=[(f"path-{n}", each) for n, each in enumerate(endpoint, 1)],
        display=[_pair(each, "=", "LANG=TEXT") for each in display],
        add=[_added(each) for each in add_signer],
        drop=drop_signer,
        desks=check_desks(add_desk),
        life=Span.of(days=days),
    )
    maker = Maker(settings, Path(root), _secrets(settings, {"root": root_passphrase_file}))
    made = maker.make(wish, system.now())
    reloaded = reload(settings.folder)
    lines = [
        say("card.made", serial=made.serial, expires=made.expires),
        say("card.told" if reloaded else "card.at_start"),
        say("card.void_again"),
    ]
    document = {**_row(made), "reloaded": reloaded}
    Out(as_json=as_json, quiet=quiet).answer(document, lines)
    return 0


def _row(found: Card) -> dict[str, Json]:
    return {
        "party": found.name,
        "serial": found.serial,
        "expires": str(found.expires),
        "revoked": len(found.revoked),
    }


@card.command(
    "void", help=say("help.card_void"), epilog=example("detente card void --root R -o void.card")
)
@click.option("--root", metavar="FOLDER", required=True, help=say("option.root_here"))
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@click.option("--root-passphrase-file", metavar="FILE", help=say("option.secret"))
@common
def void(
    root: str, output: str, root_passphrase_file: str | None, *,
    at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Write the card for the safe: it takes back every key."""
    from detente.app.card_making import Maker  # noqa: PLC0415

    settings = config.load(at)
    maker = Maker(settings, Path(root), _secrets(settings, {"root": root_passphrase_file}))
    made = maker.void(system.now())
    write_file(made.note, output)
    lines = [say("party.written", file=output), say("card.safe", serial=made.serial - 1)]
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer({**_row(made), "file": output}, lines)
    return 0


@card.command(
    "root", help=say("help.card_root"), epilog=example("detente card root --root R --new-root R2")
)
@click.option("--root", metavar="FOLDER", required=True, help=say("option.root_here"))
@click.option("--new-root", metavar="FOLDER", required=True, help=say("option.new_root"))
@click.option("--root-passphrase-file", metavar="FILE", help=say("option.secret"))
@click.option("--new-root-passphrase-file", metavar="FILE", help=say("option.secret"))
@common
def new_root(
    root: str, new_root: str, root_passphrase_file: str | None,
    new_root_passphrase_file: str | None, *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Make new root keys; peers compare the new digits, and the line works meanwhile."""
    from detente.app.card_making import Maker  # noqa: PLC0415

    settings = config.load(at)
    given = {"root": root_passphrase_file, "new root": new_root_passphrase_file}
    maker = Maker(settings, Path(root), _secrets(settings, given))
    made = maker.new_root(Path(new_root), system.now())
    kept = pins.keep(settings.folder, made.name, made.fingerprint, also=True)
    reloaded = reload(settings.folder)
    lines = [
        say("card.new_root", root=new_root),
        *rows_of(made.fingerprint),
        say("card.new_root_next"),
        say("card.told_root" if reloaded else "card.at_start"),
        *([] if kept else [say("card.office_too", name=made.name)]),
        say("card.void_again"),
    ]
    document: Json = {**_row(made), "fingerprint": made.fingerprint, "reloaded": reloaded}
    Out(as_json=as_json, quiet=quiet).answer(document, lines)
    return 0


@card.command(
    "export", help=say("help.card_export"), epilog=example("detente card export --chain -o a.cards")
)
@click.option("--chain", "whole", is_flag=True, help=say("option.chain"))
@click.option("--next", "coming", is_flag=True, help=say("option.next_root"))
@click.option("-o", "--output", default="-", metavar="FILE", help=say("option.output"))
@common
def export(
    output: str, *, whole: bool, coming: bool, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write our card, all our cards, or the one under new root keys."""
    meet = Meeting(config.load(at).folder)
    chain = meet.chain()
    other = meet.next_own() if coming else None
    if coming and other is None:
        raise OurFault(
            "card.missing", "no card under new root keys waits", "see: detente card root"
        )
    data = other.note if other else chain.data if whole else chain.newest.note
    write_file(data, output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer({"party": chain.name, "file": output}, [say("party.written", file=output)])
    return 0


def _read_chain(file: str) -> Chain:
    try:
        data = sys.stdin.buffer.read(limits.MAX_CHAIN + 1) if file == "-" else _bytes(file)
        return trust.read_chain(data)
    except TheirFault as fault:
        raise OurFault(
            "card.bad", f"{file}: {fault.what}", "do not use it; ask its party for it again"
        ) from None


def _bytes(file: str) -> bytes:
    try:
        with Path(file).open("rb") as handle:
            return handle.read(limits.MAX_CHAIN + 1)
    except OSError as error:
        raise OurFault(
            "file.unreadable", f"{file}: {error.strerror}", "name another file"
        ) from None


def _held(folder: Path, name: str) -> Chain | None:
    # What came over the link is in the node's store alone.
    try:
        found: bytes = client.node(folder).ask("GET", f"/v1/cards/{name}")
    except OurFault as fault:
        if fault.code not in ("run.not_running", "party.unknown"):
            raise
        return build.stored_chain(folder, name)
    return trust.read_chain(found)


@card.command(
    "import", help=say("help.card_import"), epilog=example("detente card import borealis.cards")
)
@click.argument("file")
@click.option("--instead", is_flag=True, help=say("option.instead"))
@common
def import_(file: str, *, instead: bool, at: str | None, as_json: bool, quiet: bool) -> int:
    """Take cards of another party that came by hand."""
    settings = config.load(at)
    meet, more = Meeting(settings.folder), _read_chain(file)
    if more.name == meet.card().name:
        return _import_own(settings.folder, meet, more, Out(as_json=as_json, quiet=quiet))
    meet.find(more.name)
    try:
        peer = meet.take_cards(more.name, more, _held(settings.folder, more.name), instead=instead)
    except TheirFault as fault:  # a fork: both cards are kept, and the node halts the link
        reload(settings.folder)
        raise OurFault("card.forked", fault.what, fault.remedy) from None
    reloaded = reload(settings.folder)
    lines = [_taken(peer)]
    if reloaded:
        lines.append(say("party.reloaded"))
    Out(as_json=as_json, quiet=quiet).answer(
        {"party": peer.name, "state": peer.state(), "serial": peer.card.serial if peer.card else None,
         "void": bool(peer.chain and peer.chain.is_void), "reloaded": reloaded},
        lines,
    )  # fmt: skip
    return 0


def _import_own(folder: Path, meet: Meeting, more: Chain, out: Out) -> int:
    # Made on the machine of the other half: both must have them.
    if len(halves.here(folder)) == len(halves.HALVES):
        raise OurFault("party.self", "these are our own cards", "hand them to the other party")
    chain = handed.joined(meet.chain(), more)
    meet.keep_chain(chain)
    reloaded = reload(folder)
    lines = [say("card.taken", name=chain.name, serial=chain.newest.serial)]
    out.answer({**_row(chain.newest), "reloaded": reloaded}, lines)
    return 0


def _taken(peer: Peer) -> str:
    assert peer.chain is not None, "it was joined"
    if peer.coming is not None:
        done = "state.root_compared" if peer.next_confirmed_at else "card.root_changed"
        return say(done, name=peer.name)
    if peer.chain.is_void:
        return say("card.void", name=peer.name)
    return say("card.taken", name=peer.name, serial=peer.chain.newest.serial)


@card.command("pin", help=say("help.card_pin"), epilog=example("detente card pin borealis.gov"))
@click.argument("name")
@click.option("--digits", metavar="TEXT", help=say("option.digits"))
@common
def pin(name: str, digits: str | None, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Keep at the office what people compared: where it is another system user's."""
    settings = config.load(at)
    typed = ask_digits(name) if digits is None else digits
    whole = " ".join(read_groups(typed))
    if not pins.keep(settings.folder, name, whole, also=True):
        raise OurFault(
            "path.permission", "this system user may not write there", "run as the office's user"
        )
    Out(as_json=as_json, quiet=quiet).answer({"party": name}, [say("card.pinned", name=name)])
    return 0
