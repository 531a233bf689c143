"""Verbs of disputed histories: link epoch show, link epoch confirm, evidence conflict."""

import sys

import click

from detente.app import client, config
from detente.app.face import Out, common, example, say, write_file
from detente.core.errors import OurFault


@click.group(help=say("verb.epoch"))
def epoch() -> None:
    """Hold the verbs about epochs."""


@epoch.command("show", help=say("help.epoch_show"), epilog=example("detente link epoch show b.gov"))
@click.argument("party")
@click.option("--sizes", nargs=2, type=int, metavar="OURS THEIRS", help=say("option.sizes"))
@common
def show(
    party: str, sizes: tuple[int, int] | None, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Show size and root of both logs, in groups to read out."""
    query = {"ours": str(sizes[0]), "theirs": str(sizes[1])} if sizes else {}
    found = client.node(config.load(at).folder).ask("GET", f"/v1/epoch/{party}", query=query)
    lines = [say("epoch.how", party=party)]
    for row in found["logs"]:
        lines.append(say("epoch.line", origin=row["origin"], size=row["size"], of=row["of"]))
        lines += [f"    {line}" for line in groups(row["root"])]
    Out(as_json=as_json, quiet=quiet).answer(found, lines)
    return 0


def groups(root: str) -> list[str]:
    """Return 64 hex digits as two lines of eight groups of four."""
    fours = [root[at : at + 4] for at in range(0, len(root), 4)]
    return [" ".join(fours[at : at + 8]) for at in range(0, len(fours), 8)]


@epoch.command(
    "confirm",
    help=say("help.epoch_confirm"),
    epilog=example('detente link epoch confirm b.gov --ours "12 3f0c …" --theirs "9 a771 …"'),
)
@click.argument("party")
@click.option("--ours", metavar="HEAD", help=say("option.ours"))
@click.option("--theirs", metavar="HEAD", help=say("option.theirs"))
@common
def confirm(
    party: str, ours: str | None, theirs: str | None, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Confirm where both disputed logs end, as the other person read it out."""
    told = {}
    for name, given in (("ours", ours), ("theirs", theirs)):
        size, _, root = (given or _ask(name)).strip().partition(" ")
        told[name] = {"size": size, "root": root}
    found = client.node(config.load(at).folder).ask("POST", f"/v1/epoch/{party}/confirm", told)
    Out(as_json=as_json, quiet=quiet).answer(found, [say("epoch.confirmed", party=party)])
    return 0


def _ask(name: str) -> str:
    if not sys.stdin.isatty():
        raise OurFault("form.usage", f"--{name} is missing", "say size and root of both logs")
    found: str = click.prompt(say(f"epoch.ask_{name}"), err=True)
    return found


@click.command(
    "conflict",
    help=say("help.evidence_conflict"),
    epilog=example("detente evidence conflict b.gov -o conflict.json"),
)
@click.argument("party")
@click.option("-o", "--output", required=True, metavar="FILE", help=say("option.output"))
@common
def evidence_conflict(
    party: str, output: str, *, at: str | None, as_json: bool, quiet: bool
) -> int:
    """Write the proof of a conflict with a party."""
    data = client.node(config.load(at).folder).ask("GET", f"/v1/conflict/{party}")
    write_file(data, output)
    out = Out(as_json=as_json and output != "-", quiet=quiet or output == "-")
    out.answer(
        {"file": output, "size": len(data)}, [say("evidence.written", file=output, size=len(data))]
    )
    return 0
