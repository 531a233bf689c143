"""Verbs: taxii list."""

from collections.abc import Mapping
from typing import Any

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say
from detente.app.printed import plain


@click.group(help=say("verb.taxii"))
def taxii() -> None:
    """Hold the verbs about collections for programs."""


def _lines(row: Mapping[str, Any]) -> list[str]:
    key = {(True, True): "both", (True, False): "read", (False, True): "write"}
    may = say(f"taxii.may_{key[row['may_read'], row['may_write']]}")
    lines = [say("taxii.collection", alias=row["alias"], may=may, id=row["id"])]
    for each in row["asked"]:
        who = plain(each["person"]) + (f" ({plain(each['label'])})" if each["label"] else "")
        lines.append("  " + say("taxii.asked", who=who, at=each["at"], count=str(each["count"])))
    return lines


@taxii.command("list", help=say("help.taxii_list"), epilog=example("detente taxii list"))
@common
def taxii_list(*, at: str | None, as_json: bool, quiet: bool) -> int:
    """List the collections, and who asked for them."""
    rows = client.office(config.load(at).folder).ask("GET", "/api/v1/collection")
    lines = [line for row in rows for line in _lines(row)]
    Out(as_json=as_json, quiet=quiet).answer(rows, lines or [say("list.empty")])
    return 0
