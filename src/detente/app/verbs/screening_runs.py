"""Verbs of screening over many: a file of customers."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from detente.app.face import Out, common, example, say
from detente.app.verbs.screening import read_lists, screening
from detente.core.canon import Json
from detente.core.errors import OurFault

if TYPE_CHECKING:
    from detente.app.bulk.runs import Progress, Tell
    from detente.screening.bulk import Settings

__all__ = ["screening"]  # the group, with the verbs of runs

PROGRESS: Final = ("line", "json", "none")
_BAR: Final = 24  # signs of the bar


@screening.command(
    "file",
    help=say("help.screening_file"),
    epilog=example("detente screening file customers.csv --list list.jsonl.gz --out results.jsonl"),
)
@click.argument("customers")
@click.option(
    "--list", "lists", multiple=True, required=True, metavar="FILE", help=say("option.lists")
)
@click.option("--out", required=True, metavar="FILE", help=say("option.run_out"))
@click.option("--csv", "table", metavar="FILE", help=say("option.run_csv"))
@click.option("--threshold", type=float, metavar="SCORE", help=say("option.threshold"))
@click.option("--mapping", multiple=True, metavar="OURS=THEIRS", help=say("option.mapping"))
@click.option("--workers", type=int, default=1, metavar="N", help=say("option.workers"))
@click.option("--address", metavar="HOST:PORT", help=say("option.cluster"))
@click.option("--progress", type=click.Choice(PROGRESS), help=say("option.progress"))
@common
def file(
    customers: str, lists: tuple[str, ...], out: str, table: str | None, threshold: float | None,
    mapping: tuple[str, ...], workers: int, address: str | None, progress: str | None,
    *, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Screen every customer of a file; 1 if there are alerts or undecided lines."""
    del at  # no party is needed
    from detente.app import build_work, piecewise  # noqa: PLC0415
    from detente.app.bulk import runs, tables  # noqa: PLC0415

    work = build_work.workers(workers, address)
    run = runs.Run(
        customers, *read_lists(lists), settings(customers, threshold, mapping), Path(out)
    )
    counts = runs.screen(run, work, teller(progress, silent=quiet or as_json))
    if table:
        piecewise.write(Path(table), tables.table(Path(out)))
    document: dict[str, Json] = {
        "results": out, "customers": counts.total, "clear": counts.clear, "alert": counts.alert,
        "undecided": counts.undecided,
    }  # fmt: skip
    told = say("screening.run_done", **document)
    Out(as_json=as_json, quiet=quiet).answer(document, [told])
    return 1 if counts.alert or counts.undecided else 0


def settings(customers: str, threshold: float | None, mapping: tuple[str, ...]) -> "Settings":
    """Return the settings of a run. Raises OurFault form.usage."""
    from detente.screening.bulk import Settings  # noqa: PLC0415
    from detente.screening.customers import CSV, FIELDS, JSON  # noqa: PLC0415
    from detente.screening.decision import ALERT  # noqa: PLC0415
    from detente.screening.engine import LEAST_SCORE  # noqa: PLC0415

    threshold = ALERT if threshold is None else threshold
    if not LEAST_SCORE <= threshold <= 1:
        raise OurFault(
            "form.usage", f"threshold {threshold}", f"give a score from {LEAST_SCORE} to 1"
        )
    pairs = dict(p.partition("=")[::2] for p in mapping)
    if not all(pairs.values()) or pairs.keys() - set(FIELDS):
        raise OurFault(
            "form.usage", f"mapping {' '.join(mapping)}", f"ours are {', '.join(FIELDS)}"
        )
    form = CSV if customers.removesuffix(".gz").endswith((".csv", ".tsv")) else JSON
    return Settings(threshold, form, dict(sorted(pairs.items())))


def teller(progress: str | None, *, silent: bool) -> "Tell":
    """Return what tells progress on standard error: a line written over, or JSON lines."""
    way = progress or ("line" if sys.stderr.isatty() and not silent else "none")
    if way == "json":
        return lambda p: print(json.dumps(_rounded(p)), file=sys.stderr, flush=True)
    if way == "line":
        return lambda p: print(
            f"\r{bar(p)}\x1b[K", end="\n" if p.is_last else "", file=sys.stderr, flush=True
        )
    return lambda _: None


def _rounded(p: "Progress") -> dict[str, float | bool]:
    return p._asdict() | {"rate": round(p.rate, 1), "left_s": round(p.left_s, 1)}


def bar(p: "Progress") -> str:
    """Return how far a run is, as one line of ASCII."""
    share = min(1.0, p.done / p.lines) if p.lines else 1.0
    filled = int(share * _BAR)
    minutes, seconds = divmod(round(p.left_s), 60)
    return (
        f"[{'#' * filled}{'.' * (_BAR - filled)}] {share:4.0%} {p.done}/{p.lines}"
        f" {p.rate:.0f}/s {minutes}:{seconds:02} left"
    )
