"""The verb search: records that a person may read, by words and by what their headers say."""

from typing import Any, Final

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say

SHOWN: Final = 50
_NAMES: Final = ("desk", "party", "kind", "matter", "prec", "tlp", "since", "until")


@click.command(
    help=say("verb.search"), epilog=example("detente search phishing --since 2026-11-01")
)
@click.argument("words", nargs=-1)
@click.option("--desk", metavar="DESK", help=say("option.search_desk"))
@click.option("--party", metavar="PARTY", help=say("option.search_party"))
@click.option("--kind", metavar="KIND", help=say("option.search_kind"))
@click.option("--matter", metavar="MATTER", help=say("option.search_matter"))
@click.option("--prec", metavar="PRECEDENCE", help=say("option.search_prec"))
@click.option("--tlp", metavar="MARKING", help=say("option.search_tlp"))
@click.option("--since", metavar="TIME", help=say("option.search_since"))
@click.option("--until", metavar="TIME", help=say("option.search_until"))
@common
def search(
    words: tuple[str, ...], *, at: str | None, as_json: bool, quiet: bool, **given: Any  # noqa: ANN401
) -> int:  # fmt: skip
    """Find records."""
    query: dict[str, object] = {name: given[name] for name in _NAMES if given[name]}
    if words:
        query["words"] = " ".join(words)
    office = client.office(config.load(at).folder)
    rows = list(office.pages("/api/v1/search", query, SHOWN))
    lines = [
        say(
            "search.line", id=row["id"], kind=row["kind"], prec=row["prec"], at=row["kept_at"],
            sender=row["from"], to=", ".join(row["to"]),
        )
        for row in rows
    ]  # fmt: skip
    out = Out(as_json=as_json, quiet=quiet)
    out.answer(rows, lines or [say("list.empty")])
    closed = [
        e["desk"] for e in office.ask("GET", "/api/v1/desk") if e["entrusted"] and not e["held"]
    ]
    if closed:
        out.talk(say("search.closed", desks=", ".join(closed)))
    return 0
