"""What `init` does where a party is made on two machines."""

from dataclasses import dataclass
from pathlib import Path

from detente.app import first_console, founding, halves, splitting, system
from detente.app.digits import rows_of
from detente.app.face import Out, ask_groups, say, write_file
from detente.app.splitting import Secret
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.party import Card


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of `init` say beside the party's name and folder."""

    half: str
    output: str
    root: str
    listen: tuple[str, ...]
    hatch: str
    other: str
    check: str | None
    passphrases: str
    files: dict[str, str]
    operator: int | None
    console: str | None = None
    desks: tuple[str, ...] = founding.FIRST_DESKS


def make(name: str, folder: Path, wish: Wish, out: Out) -> int:
    """Make one half of a party."""
    if not wish.output:
        raise OurFault("form.missing", "a file for the other machine is not named", "give -o FILE")
    if wish.half == "node":
        if not wish.hatch:
            raise OurFault("form.missing", "where offices come is not said", "give --hatch")
        secret = _secret("node", wish)
        data = splitting.make_node(folder, name, wish.listen, wish.hatch, secret)
        lines = [say("init.half_made", name=name, folder=folder, half=say("half.node"))]
        return tell(data, wish.output, out, {"party": name, "folder": str(folder)}, lines)
    if not wish.root or not wish.other:
        raise OurFault(
            "form.missing", "the node's file or a folder for the root keys is not named",
            "give --with FILE and --root FOLDER",
        )  # fmt: skip
    node = taken(wish.other, wish.check)
    if node.party != name:
        raise OurFault("hatch.file", f"this is a node of {node.party}", "take the right file")
    console = first_console.section(wish.console, name, folder)
    secret, root = _secret("office", wish), _secret("root", wish)
    card, data = splitting.make_office(
        folder, Path(wish.root), node, secret, root.passphrase, wish.operator, console, wish.desks
    )
    url = first_console.url(console)
    document = {**_document(card, folder), "console": url}
    lines = [*_lines(card, folder, wish.root), *console_lines(url)]
    return tell(data, wish.output, out, document, lines)


def console_lines(url: str) -> list[str]:
    """Say where the console of a new party will be; nothing for none."""
    return [say("init.console", url=url)] if url else []


def _document(card: Card, folder: Path) -> dict[str, str]:
    return {"party": card.name, "folder": str(folder), "fingerprint": card.fingerprint}


def _lines(card: Card, folder: Path, root: str) -> list[str]:
    return [
        say("init.half_made", name=card.name, folder=folder, half=say("half.office")),
        say("init.root", root=root),
        say("init.fingerprint"),
        *rows_of(card.fingerprint),
    ]


def tell(data: bytes, file: str, out: Out, document: dict[str, str], lines: list[str]) -> int:
    """Write a file for the other half, and show its check digits."""
    write_file(data, file)
    digits = halves.digits_of(data)
    lines = [*lines, say("hatch.carry", file=file), f"  {digits}"]
    out.answer({**document, "file": file, "check": digits}, lines)
    return 0


def taken(file: str, typed: str | None) -> halves.Half:
    """Read a file of the other half, and have its check digits typed. Raises OurFault: hatch.*."""
    try:
        with Path(file).open("rb") as handle:
            data = handle.read(limits.MAX_HATCH_FILE + 1)
    except OSError as error:
        raise OurFault("file.unreadable", f"{file}: {error.strerror}", "name another") from None
    if len(data) > limits.MAX_HATCH_FILE:
        raise OurFault("hatch.file", f"{file} is too long", "make it on the other machine")
    found = halves.read(data)
    digits = ask_groups("hatch.ask_check", halves.GROUPS, "--check") if typed is None else typed
    halves.check(data, digits)
    return found


def _secret(half: str, wish: Wish) -> Secret:
    key, file = f"{half}_passphrase_file", wish.files.get(half, "")
    if wish.passphrases:
        made = system.SystemEntropy().draw(24).hex().encode()
        place = Path(wish.passphrases) / f"{half}.passphrase"
        system.write_private(place, made + b"\n")
        return Secret(made, {key: str(place.resolve())})
    found = system.passphrase(half, file, f"--{half}-passphrase-file")
    return Secret(found, {key: str(Path(file).resolve())} if file else {})
