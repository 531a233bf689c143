"""How fast the matcher is: one question at a time, beside its peer, with millions of names, of many.

`ratio_nomenklatura` is our rate, asked one by one through a pipe, to that of nomenklatura's blocker
and logic-v2 over the same cases in one batch. Both have one core, ours shared with who asks. BENCH_NOMENKLATURA names the folder
of an interpreter that has it; without it the ratio is left out.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import _report, _rescreening, _screening_large
from bench._screening_measure import Case, Pipe, rows

QUICK = 500  # questions of a smoke run
WORK = 20_000  # customers by which workers are measured
CUSTOMERS = 1_000_000  # customers of a rescreening
QUICK_CUSTOMERS = 5_000


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process and those it starts on one core, where the system can: they take turns."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    held = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(held)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, held)


def small(data: Path, cases: list[Case]) -> dict[str, float]:
    """Return the rate and the slowest hundredth over the public cases, through the pipe."""
    pipe = Pipe(data / "list_bench.jsonl.gz")
    for case in cases[:50]:
        pipe.ask(case)
    took = []
    for case in cases:
        start = time.perf_counter()
        pipe.ask(case)
        took.append(time.perf_counter() - start)
    pipe.close()
    return {
        "qps": len(took) / sum(took),
        "p50_ms": _report.percentile(took, 0.5) * 1_000,
        "p99_ms": _report.percentile(took, 0.99) * 1_000,
        "load_s": pipe.load_s,
    }


def peer(data: Path, cases: list[Case]) -> dict[str, Any] | None:
    """Return {seconds, version, answers} of nomenklatura; None if it is not installed."""
    place = os.environ.get("BENCH_NOMENKLATURA")
    if not place:
        return None
    told = "".join(json.dumps(c, ensure_ascii=False) + "\n" for c in cases)
    program = _report.ROOT / "bench/_screening_peer.py"
    done = subprocess.run(
        [Path(place) / "python", program, data / "list_bench.jsonl.gz"],
        input=told, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    found["answers"] = {c["qid"]: found["answers"].get(c["qid"], []) for c in cases}
    return found


def main() -> int:
    """Measure and print. `--count` is the number of names of the large list; 0 leaves it out.

    Customers are rescreened unless it is a smoke run; `--no-peer` leaves nomenklatura out.
    """
    asked = _report.options("speed of screening")
    shared = os.environ.get("DETENTE_SHARED")
    if not shared:
        _report.say("DETENTE_SHARED names no folder of cases")
        return 2
    data = Path(shared) / "data/screening"
    cases = rows(data / "cases_public.jsonl.gz")[: QUICK if asked.quick else None]
    with one_core():
        beside = None if asked.no_peer else peer(data, cases)
    peers = len(cases) / beside["seconds"] if beside else 0.0

    def once() -> dict[str, float]:
        with one_core():
            figures = small(data, cases)
        if beside:
            figures["ratio_nomenklatura"] = figures["qps"] / peers
        return figures

    found = _report.summary(
        "screening",
        _report.repeat(1 if asked.quick else asked.runs, once),
        {"name": "nomenklatura logic-v2", "version": beside["version"], "qps": round(peers, 1)}
        if beside
        else None,
    )
    figures = found["figures"]
    assert isinstance(figures, dict)
    with tempfile.TemporaryDirectory(prefix="detente-bench-") as made:
        folder = Path(made)
        if asked.count:
            many = QUICK if asked.quick else _screening_large.ASKED
            figures |= _screening_large.large(data, asked.count, many, folder)
        count = QUICK_CUSTOMERS if asked.quick else CUSTOMERS
        figures |= _rescreening.workers(data, folder, QUICK_CUSTOMERS if asked.quick else WORK)
        (folder / "state").mkdir()
        figures |= _rescreening.rescreened(data, folder / "state", count)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
