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
    from detente.app.bulk import asked, runs, tables  # noqa: PLC0415

    work = build_work.workers(workers, address)
    set_as = asked.settings(customers, threshold, mapping)
    run = runs.Run(customers, *read_lists(lists), set_as, Path(out))
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


@screening.command(
    "rescreen",
    help=say("help.screening_rescreen"),
    epilog=example("detente screening rescreen state --list list.jsonl.gz --customers all.csv"),
)
@click.argument("state")
@click.option(
    "--list", "lists", multiple=True, required=True, metavar="FILE", help=say("option.lists")
)
@click.option("--customers", metavar="FILE", help=say("option.customers"))
@click.option("--out", metavar="FILE", help=say("option.rescreen_out"))
@click.option("--threshold", type=float, metavar="SCORE", help=say("option.threshold"))
@click.option("--mapping", multiple=True, metavar="OURS=THEIRS", help=say("option.mapping"))
@click.option("--refresh", is_flag=True, help=say("option.refresh"))
@click.option("--accept", is_flag=True, help=say("option.accept"))
@click.option("--workers", type=int, default=1, metavar="N", help=say("option.workers"))
@click.option("--address", metavar="HOST:PORT", help=say("option.cluster"))
@common
def rescreen(
    state: str, lists: tuple[str, ...], customers: str | None, out: str | None,
    threshold: float | None, mapping: tuple[str, ...], workers: int, address: str | None,
    *, refresh: bool, accept: bool, at: str | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Screen only what a change of the lists or the customers can have changed."""
    del at  # no party is needed
    from detente.app import build_work, piecewise  # noqa: PLC0415
    from detente.app.bulk import asked as asking  # noqa: PLC0415
    from detente.app.bulk import rescreening  # noqa: PLC0415
    from detente.app.bulk.state import current  # noqa: PLC0415

    work, folder = build_work.workers(workers, address), Path(state)
    asked = rescreening.lists_of(read_lists(lists), lists)
    before = current(folder)
    told = []
    if before is None:
        if customers is None:
            raise OurFault("form.missing", f"{state} holds no screening yet", "give --customers")
        set_as = asking.settings(customers, threshold, mapping)
        told.append(rescreening.first(folder, customers, asked, set_as, work))
    else:
        if threshold not in (None, before.head.threshold):
            raise OurFault(
                "rescreen.state",
                f"{state} was screened with threshold {before.head.threshold}",
                "start anew in another folder, or leave --threshold out",
            )
        if asked.hashes != before.head.lists or refresh:
            told.append(
                rescreening.after_lists(folder, asked, work, accept=accept, refresh=refresh)
            )
        if customers is not None:
            set_as = asking.settings(customers, threshold, mapping)
            told.append(rescreening.after_customers(folder, customers, set_as, work))
    if out:
        piecewise.write(Path(out), (line for one in told for line in rescreening.lines(one)))
    document: dict[str, Json] = {
        "opened": sum(len(t.change.opened) for t in told),
        "changed": sum(len(t.change.changed) for t in told),
        "closed": sum(len(t.change.closed) for t in told),
        "alerts": told[-1].alerts if told else before.alerts if before else 0,
        "entities": sum(t.entities for t in told), "asked_anew": sum(t.asked_anew for t in told),
        "seconds": round(sum(t.seconds for t in told)),
    }  # fmt: skip
    Out(as_json=as_json, quiet=quiet).answer(document, [say("screening.rescreened", **document)])
    return 1 if document["opened"] or document["changed"] else 0
