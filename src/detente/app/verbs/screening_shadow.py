"""The verb of a shadow run: our alerts beside those of the system that a house has today."""

from pathlib import Path
from typing import Final

import click
import msgspec

from detente.app.face import Out, common, example, say
from detente.app.verbs.screening import read_lists, sentences
from detente.app.verbs.screening_runs import screening
from detente.core.canon import Json
from detente.core.errors import OurFault

__all__ = ["screening"]  # the group, with this verb

SEED: Final = "1"
_SIZE: Final = 50


@screening.command(
    "shadow",
    help=say("help.screening_shadow"),
    epilog=example(
        "detente screening shadow customers.csv theirs.csv --results results.jsonl"
        " --list list.jsonl.gz --out report.jsonl --text report.md --sample-csv sample.csv"
    ),
)
@click.argument("customers")
@click.argument("theirs")
@click.option("--results", required=True, metavar="FILE", help=say("option.shadow_results"))
@click.option(
    "--list", "lists", multiple=True, required=True, metavar="FILE", help=say("option.lists")
)
@click.option("--out", required=True, metavar="FILE", help=say("option.shadow_out"))
@click.option("--text", metavar="FILE", help=say("option.shadow_text"))
@click.option("--sample-csv", metavar="FILE", help=say("option.shadow_sample"))
@click.option("--judged", metavar="FILE", help=say("option.shadow_judged"))
@click.option("--mapping", multiple=True, metavar="OURS=THEIRS", help=say("option.shadow_mapping"))
@click.option("--size", type=int, default=_SIZE, metavar="N", help=say("option.shadow_size"))
@click.option("--seed", default=SEED, metavar="TEXT", help=say("option.shadow_seed"))
@common
def shadow(
    customers: str, theirs: str, results: str, lists: tuple[str, ...], out: str, text: str | None,
    sample_csv: str | None, judged: str | None, mapping: tuple[str, ...], size: int, seed: str,
    *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Compare our alerts with another system's over the same customers, and write the report."""
    del at  # no party is needed
    from detente.app import piecewise  # noqa: PLC0415
    from detente.app.bulk import shadow_report, shadowing  # noqa: PLC0415
    from detente.screening import explain, incumbent  # noqa: PLC0415
    from detente.screening.shadow import SAMPLE_MAX  # noqa: PLC0415

    if not 0 <= size <= SAMPLE_MAX:
        raise OurFault("form.usage", f"--size {size}", f"give a number from 0 to {SAMPLE_MAX}")
    pairs = dict(p.partition("=")[::2] for p in mapping)
    if not all(pairs.values()) or pairs.keys() - set(incumbent.FIELDS):
        raise OurFault(
            "form.usage", f"--mapping {' '.join(mapping)}",
            f"ours are {', '.join(incumbent.FIELDS)}",
        )  # fmt: skip
    listed, versions = read_lists(lists)
    given = shadowing.Given(
        customers, theirs, Path(results), listed, versions, pairs, seed, size, judged or ""
    )
    told = shadowing.compare(given)
    piecewise.write(Path(out), shadowing.lines(told))
    if text:
        words = explain.sentences(sentences())
        piecewise.write(Path(text), shadow_report.text(told, say, words))
    if sample_csv:
        piecewise.write(Path(sample_csv), shadowing.table(told))
    document: dict[str, Json] = {
        "report": out, "pairs": dict(told.classes), "unread": len(told.unread),
        "twice": told.twice, "customers": msgspec.to_builtins(told.customers),
    }  # fmt: skip
    of = told.customers
    line = say(
        "screening.shadow_done", both=of.both, theirs=of.theirs, ours=of.ours,
        unread=len(told.unread), report=out,
    )  # fmt: skip
    Out(as_json=as_json, quiet=quiet).answer(document, [line])
    return 0
