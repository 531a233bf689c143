"""Screening with millions of names: one process builds the index into a file, another maps and asks.

The large list is made of the real one: each name of it is a first half of one listed name and a
second half of another of the same kind, seeded, so that parts keep their real frequencies.
"""

import json
import mmap
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import _report
from bench._screening_measure import rows
from detente.screening.build import build
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import Listed

SEED = 4_000_000
ASKED = 2_000  # names that are asked, each in two ways
WARM = 200  # questions before the clock runs


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


def large(data: Path, count: int, asked: int, folder: Path) -> dict[str, float]:
    """Return what both processes measured."""
    figures: dict[str, float] = {}
    for step in ("build", "ask"):
        done = subprocess.run(
            [
                sys.executable, "-m", "bench._screening_large", step, str(data), str(count),
                str(asked), str(folder / "large.index"),
            ],
            cwd=_report.ROOT, env=_report.environment(folder), stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        figures |= json.loads(done.stdout)
    return figures


def _build(data: Path, count: int, _asked: int, file: Path) -> dict[str, float]:
    listed = list(recombined(rows(data / "list_bench.jsonl.gz"), count))
    start = time.perf_counter()
    packed = build(listed, {"recombined": str(count)}, lambda n: _report.say(f"{n} built"))
    took = time.perf_counter() - start
    file.write_bytes(packed)
    return {
        "names_large": count, "build_s_large": took, "index_mb_large": len(packed) / 1e6,
        "rss_gb_build_large": _peak_gb(),
    }  # fmt: skip


def _ask(data: Path, count: int, asked: int, file: Path) -> dict[str, float]:
    rng = random.Random(SEED + 1)
    places = set(rng.sample(range(count), asked + WARM))
    entities = recombined(rows(data / "list_bench.jsonl.gz"), count)
    chosen = [one for place, one in enumerate(entities) if place in places]
    before = _peak_gb()
    start = time.perf_counter()
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ)
    over = Index(memoryview(mapped))
    open_s = time.perf_counter() - start
    took: list[float] = []
    tried = {"error": 0, "missing": 0, "missing_of_two": 0}
    found = dict.fromkeys(tried, 0)
    for number, one in enumerate(chosen):
        name = one.names[0]
        parts = name.split()
        place = rng.randrange(1, len(name) - 1)
        for kind, text in (
            ("error", name[:place] + name[place + 1 :]),
            ("missing" if len(parts) > 2 else "missing_of_two", " ".join(parts[:1] + parts[2:])),
        ):
            start = time.perf_counter()
            hits = ask(over, Question(text, one.schema), 100)
            if number >= WARM:
                took.append(time.perf_counter() - start)
            tried[kind] += 1
            found[kind] += any(over.name_text(h.name) == name for h in hits)
    return {
        "qps_4m": len(took) / sum(took),
        "p50_ms_4m": _report.percentile(took, 0.5) * 1_000,
        "p99_ms_4m": _report.percentile(took, 0.99) * 1_000,
        "rss_gb_4m": _peak_gb(),
        "rss_gb_before": before,
        "open_s_large": open_s,
        **{f"found_{kind}_large": found[kind] / max(1, tried[kind]) for kind in tried},
        "of_two_words": tried["missing_of_two"] / len(chosen),
    }


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    step, data, count, asked, file = sys.argv[1:]
    run = {"build": _build, "ask": _ask}[step]
    print(json.dumps(run(Path(data), int(count), int(asked), Path(file))))
