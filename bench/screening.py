"""How fast the matcher is: one process, one question at a time, and with millions of names.

The large list is made of the real one: each name of it is a first half of one listed name and a
second half of another of the same kind, seeded, so that parts keep their real frequencies.
"""

import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import _report
from bench._screening_measure import Case, Pipe, rows
from detente.screening.build import build
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import Listed

SEED = 4_000_000
QUICK = 500  # questions of a smoke run
ASKED = 2_000  # questions to the large list


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
        "p99_ms": _report.percentile(took, 0.99) * 1_000,
        "load_s": pipe.load_s,
    }


def recombined(entities: list[dict[str, Any]], count: int, seed: int = SEED) -> Iterator[Listed]:
    """Give as many entities as asked, made of halves of listed names."""
    rng = random.Random(seed)
    kinds: dict[str, list[list[str]]] = {}
    for entity in entities:
        for name in entity["names"]:
            if len(name.split()) > 1:
                kinds.setdefault(entity["schema"], []).append(name.split())
    schemas = sorted(kinds)
    weights = [len(kinds[s]) for s in schemas]
    for number in range(count):
        schema = rng.choices(schemas, weights)[0]
        one, two = rng.choice(kinds[schema]), rng.choice(kinds[schema])
        name = " ".join([*one[: (len(one) + 1) // 2], *two[len(two) // 2 :]])
        yield Listed(f"r{number}", schema, (name,))


def large(data: Path, count: int, asked: int) -> dict[str, float]:
    """Return rate, slowest hundredth, memory and what is found with one error or a part missing."""
    listed = list(recombined(rows(data / "list_bench.jsonl.gz"), count))
    start = time.perf_counter()
    packed = build(listed, {"recombined": str(count)}, lambda n: _report.say(f"{n} built"))
    built = time.perf_counter() - start
    rng = random.Random(SEED + 1)
    chosen = rng.sample(listed, asked)
    del listed
    start = time.perf_counter()
    over = Index(packed)
    mapped = time.perf_counter() - start
    took: list[float] = []
    found = {"error": 0, "missing": 0}
    for one in chosen:
        name = one.names[0]
        place = rng.randrange(1, len(name) - 1)
        parts = name.split()
        changed = {
            "error": name[:place] + name[place + 1 :],
            "missing": " ".join(parts[:1] + parts[2:]),
        }
        for kind, text in changed.items():
            start = time.perf_counter()
            hits = ask(over, Question(text, one.schema), 100)
            took.append(time.perf_counter() - start)
            found[kind] += any(over.name_text(h.name) == name for h in hits)
    return {
        "qps_large": len(took) / sum(took),
        "p99_ms_large": _report.percentile(took, 0.99) * 1_000,
        "names_large": count,
        "build_s_large": built,
        "open_s_large": mapped,
        "index_mb_large": len(packed) / 1e6,
        "rss_gb_build_large": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "found_error_large": found["error"] / asked,
        "found_missing_large": found["missing"] / asked,
    }


def main() -> int:
    """Measure and print. `--count` is the number of names of the large list; 0 leaves it out."""
    asked = _report.options("speed of screening")
    shared = os.environ.get("DETENTE_SHARED")
    if not shared:
        _report.say("DETENTE_SHARED names no folder of cases")
        return 2
    data = Path(shared) / "data/screening"
    cases = rows(data / "cases_public.jsonl.gz")[: QUICK if asked.quick else None]

    def once() -> dict[str, float]:
        figures = small(data, cases)
        return figures | (
            large(data, asked.count, QUICK if asked.quick else ASKED) if asked.count else {}
        )

    found = _report.summary(
        "screening", _report.repeat(1 if asked.quick else asked.runs, once), None
    )
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
