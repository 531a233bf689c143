"""Verbs: carry export, carry import."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from detente.app import client, config, piecewise
from detente.app.client import Client
from detente.app.face import Out, common, example, say
from detente.core import limits
from detente.core.errors import OurFault
from detente.link.courier import digits
from detente.node.ports import COURIER

_SIZE: Final = re.compile(r"(\d{1,15}) ?(|k|M|G|KiB|MiB|GiB)")
_UNITS: Final = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9,
    "KiB": limits.KIB, "MiB": limits.KIB**2, "GiB": limits.KIB**3,
}  # fmt: skip
_PIECE: Final = limits.KIB**2  # bytes asked for or given at once


@click.group(help=say("verb.carry"))
def carry() -> None:
    """Hold the verbs about courier files."""


@carry.command(
    "export",
    help=say("help.carry_export"),
    epilog=example("detente carry export borealis.gov -o to-borealis.courier"),
)
@click.argument("party")
@click.option("-o", "--output", metavar="FILE", required=True, help=say("option.carry_output"))
@click.option("--max-size", metavar="SIZE", help=say("option.carry_max_size"))
@common
def export(
    party: str, output: str, max_size: str | None, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write a courier file."""
    most = None if max_size is None else _size(max_size)
    told = _export(client.node(config.load(at).folder), party, output, most)
    Out(as_json=as_json, quiet=quiet).answer(told, _export_lines(told))
    return 0


@carry.command(
    "import",
    help=say("help.carry_import"),
    epilog=example("detente carry import from-aurelia.courier -o to-aurelia.courier"),
)
@click.argument("file")
@click.option("-o", "--output", metavar="RETURN", help=say("option.carry_return"))
@click.option("--max-size", metavar="SIZE", help=say("option.carry_max_size"))
@common
def import_(
    file: str, output: str | None, max_size: str | None, *, at: str | None, as_json: bool,
    quiet: bool,
) -> int:  # fmt: skip
    """Read a courier file, and write the answer to it."""
    most = None if max_size is None else _size(max_size)
    node = client.node(config.load(at).folder)
    told = _import(node, file)
    lines = _import_lines(told)
    if output is not None:
        told["answer"] = answer = _export(node, told["peer"], output, most)
        lines += _export_lines(answer)
    Out(as_json=as_json, quiet=quiet).answer(told, lines)
    return 1 if told["left"] or told["no_room"] else 0


def _size(text: str) -> int:
    """Return how many bytes people mean: a stick's own units, or those of memory."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise OurFault("form.usage", f"{text[:40]!r} is no size", "write it as 650M, 4G or 4GiB")
    number, unit = found.groups()
    return int(number) * _UNITS[unit]


def _export(node: Client, party: str, output: str, most: int | None) -> dict[str, Any]:
    asked: dict[str, Any] = {"party": party}
    if most is not None:
        asked["max_size"] = most
    told: dict[str, Any] = node.ask("POST", "/v1/carry/export", asked)
    page = f"/v1/carry/export/{told.pop('id')}"

    digest = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        rest: int = told["size"]
        while data := node.ask("GET", page):
            digest.update(data)
            rest -= len(data)
            yield data
        if rest:
            raise OurFault("carry.gone", "the file came in part", "try again")

    piecewise.write(Path(output), pieces())
    return {**told, "file": output, "digits": digits(digest.digest())}


def _import(node: Client, name: str) -> dict[str, Any]:
    digest = hashlib.sha256()
    try:
        with Path(name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            page = f"/v1/carry/import/{node.ask('POST', '/v1/carry/import')['id']}"

            def read() -> bytes:
                return file.read(_PIECE)

            held = _give(node, f"{page}/look", read, digest.update)
            file.seek(0)
            brought = _give(node, f"{page}/take", read, lambda _: None)
    except OSError as error:
        raise OurFault(
            "file.unreadable", f"{name}: {error.strerror}", "give the file that came"
        ) from None
    told = {"file": name, "size": size, "digits": digits(digest.digest())}
    seen = {name: held[name] for name in ("first", "records", "attached")}
    return {**told, **seen, **brought}


def _give(
    node: Client, page: str, read: Callable[[], bytes], see: Callable[[bytes], None]
) -> dict[str, Any]:
    while data := read():
        see(data)
        node.ask("POST", page, data)
    found: dict[str, Any] = node.ask("POST", page, b"")
    return found


def _export_lines(told: dict[str, Any]) -> list[str]:
    lines = [
        say("carry.written", file=told["file"], size=told["size"]),
        say("carry.for", party=told["peer"], desks=", ".join(told["desks"]) or "-"),
        say("carry.holds", records=told["records"], urgent=told["urgent"], receipt=told["receipt"]),
    ]
    if told["attached"]:
        lines.append(say("carry.with", files=told["attached"], size=told["attached_bytes"]))
    if told["later"] or told["attached_later"]:
        more = {"records": told["later"], "size": told["attached_later"]}
        lines.append(say("carry.later", **more))
    if told["waiting"] or told["held_back"]:
        lines.append(say("carry.waiting", waiting=told["waiting"], why=told["held_back"]))
    return [*lines, say("carry.digits", digits=told["digits"])]


def _import_lines(told: dict[str, Any]) -> list[str]:
    left = [say("carry.left", left=told["left"])] if told["left"] else []
    if told["attached"]:
        brought = {"size": told["attached_bytes"], "whole": told["attached_whole"]}
        left.append(say("carry.attached", **brought))
    if told["no_room"]:
        left.append(say("carry.no_room", files=told["no_room"]))
    if told["epoch"]:
        left.append(say(f"carry.{told['epoch']}"))
    link = say(f"link.{told['state']}")
    return [
        say("carry.read", file=told["file"], party=told["peer"], size=told["size"]),
        say("carry.digits", digits=told["digits"]),
        say("carry.brought", new=told["new"], known=told["known"], urgent=told["urgent"]),
        *left,
        say("carry.receipts", fresh=told["newly_receipted"], receipted=told["receipted"]),
        say("carry.link", state=link if told["state"] == COURIER else f"{link}: {told['why']}"),
    ]
