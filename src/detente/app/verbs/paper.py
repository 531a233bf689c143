"""Verbs about papers: a notice, a day of the direct line, a day of the watch log, a grade as PDF."""

import click

from detente.app import client, config
from detente.app.face import Out, common, example, language, say, write_file


@click.group(help=say("verb.paper"))
def paper() -> None:
    """Hold the verbs about papers."""


def _write(page: str, output: str, at: str | None, *, as_json: bool, quiet: bool) -> int:
    office = client.office(config.load(at).folder)
    data: bytes = office.ask("GET", f"/api/v1/paper/{page}", query={"language": language()})
    write_file(data, output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer(
        {"file": output, "size": len(data)}, [say("evidence.written", file=output, size=len(data))]
    )
    return 0


@paper.command(
    "notice",
    help=say("help.paper_notice"),
    epilog=example("detente paper notice k3q7zb -o notice.pdf"),
)
@click.argument("mid")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def paper_notice(mid: str, output: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write a notice as PDF."""
    return _write(f"notice/{mid}", output, at, as_json=as_json, quiet=quiet)


@paper.command(
    "session",
    help=say("help.paper_session"),
    epilog=example("detente paper session borealis.gov 2026-11-22 -o session.pdf"),
)
@click.argument("party")
@click.argument("day")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def paper_session(
    party: str, day: str, output: str, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write a day of the direct line as PDF."""
    return _write(f"session/{party}/{day}", output, at, as_json=as_json, quiet=quiet)


@paper.command(
    "log", help=say("help.paper_log"), epilog=example("detente paper log 2026-11-22 -o log.pdf")
)
@click.argument("day")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def paper_log(day: str, output: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write a day of the watch log as PDF."""
    return _write(f"log/{day}", output, at, as_json=as_json, quiet=quiet)


@paper.command(
    "exercise",
    help=say("help.paper_exercise"),
    epilog=example("detente paper exercise k3q7zb -o report.pdf"),
)
@click.argument("mid")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def paper_exercise(mid: str, output: str, *, at: str | None, as_json: bool, quiet: bool) -> int:
    """Write the report of an exercise as PDF."""
    return _write(f"exercise/{mid}", output, at, as_json=as_json, quiet=quiet)
