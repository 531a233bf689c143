"""Verbs about evidence: what others get as proof."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say, write_file
from detente.app.loop import clock
from detente.app.verbs import epoch
from detente.app.verbs import matter as verbs_matter
from detente.app.verbs.desk import NOT_YET_EXIT
from detente.core.errors import OurFault

_POLL: Final = 0.05
FULL_PATIENCE: Final = 2.0  # seconds that an export waits for post-quantum receipts on their way


@click.group(help=say("verb.evidence"))
def evidence() -> None:
    """Hold the verbs about evidence."""


@evidence.command(
    "export",
    help=say("help.evidence_export"),
    epilog=example("detente evidence export 7f3k2m --with-text -o matter.evidence"),
)
@click.argument("matter")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@click.option("--with-text", is_flag=True, help=say("option.with_text"))
@click.option("--about", default="", metavar="TEXT", help=say("option.about"))
@click.option("--record", "one", is_flag=True, help=say("option.one_record"))
@click.option("--complete", is_flag=True, help=say("option.complete"))
@click.option("--timeout", type=float, default=30.0, help=say("option.timeout"), metavar="SECONDS")
@common
def evidence_export(
    matter: str, output: str, about: str, timeout: float, *, with_text: bool, one: bool,
    complete: bool, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Write an evidence or proof file."""
    office = client.office(config.load(at).folder)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    if complete and not one:
        found = verbs_matter.ask(office, matter, timeout)
        if not verbs_matter.is_settled(found):
            out.answer(found, verbs_matter.lines(found))
            out.talk(say("evidence.not_complete"))
            return NOT_YET_EXIT
    if one:
        data = _ask_full(office, f"/api/v1/record/{matter}/proof", {})
    else:
        query: dict[str, object] = {"texts": "yes" if with_text else "no"}
        query |= {"about": about} if about else {}
        data = _ask_full(office, f"/api/v1/matter/{matter}/evidence", query)
    write_file(data, output)
    out.answer(
        {"file": output, "size": len(data)}, [say("evidence.written", file=output, size=len(data))]
    )
    return 0


def _ask_full(office: client.Client, page: str, query: Mapping[str, object]) -> bytes:
    # Post-quantum receipts follow within a moment; what does not come in time is not waited for.
    deadline = clock() + FULL_PATIENCE
    while clock() < deadline:
        try:
            full: bytes = office.ask("GET", page, query={**query, "full": "yes"})
        except OurFault as fault:
            if fault.code != "proof.not_full":
                raise
            time.sleep(_POLL)
        else:
            return full
    found: bytes = office.ask("GET", page, query=query)
    return found


@evidence.command(
    "print",
    help=say("help.evidence_print"),
    epilog=example("detente evidence print matter.evidence -o exhibit.html --lang ru"),
)
@click.argument("file")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@click.option("--card", "cards", multiple=True, metavar="FILE", help=say("option.card_beside"))
@common
def evidence_print(
    file: str, output: str, cards: tuple[str, ...], *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write an evidence file as a page for people; no party is needed."""
    del at
    from detente.app.exhibit import conflict, html, record, text  # noqa: PLC0415
    from detente.app.verify import proof  # noqa: PLC0415

    data = proof.read_file(Path(file))
    given = proof.read_cards([Path(each) for each in cards]) if cards else {}
    name = Path(file).name
    if conflict.is_one(data):
        page = conflict.make(name, data, given)
    else:
        page = record.make(name, data, given or record.cards_of(data), own_cards=not given)
    writer = text if output.endswith(".txt") else html
    write_file(writer.write(page).encode(), output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer({"file": output}, [say("exhibit.written", file=output)])
    return 0


evidence.add_command(epoch.evidence_conflict)
