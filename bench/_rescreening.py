"""How fast many are screened: customers made of real parts, workers, and a list that changes.

A customer is a first half of one name of the invented population and a second half of another,
with the birth of the first; one in ten is made of halves of listed names. Seeded.
"""

import csv
import gzip
import io
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench._screening_measure import rows
from detente.app import piecewise
from detente.app.bulk import reading, rescreening, runs, state
from detente.screening import bulk
from detente.screening.build import build
from detente.screening.listed import Listed
from detente.screening.port import Task, Work
from detente.screening.version import ENGINE
from detente.work.local import Here, Processes

SEED = 1_000_000
WORKERS = 2
FROM_LIST = 10  # one customer in so many is made of listed names


def population(data: Path) -> list[tuple[list[str], str]]:
    """Return (words of the name, birth) of the invented people of both files."""
    found = []
    for name in ("population_us_50k.csv.gz", "population_global_50k.csv.gz"):
        with gzip.open(data / "pairs" / name, "rt", encoding="utf-8") as lines:
            for row in csv.DictReader(io.StringIO(lines.read())):
                words = row["full_name"].split()
                if len(words) > 1:
                    found.append((words, row["date_of_birth"]))
    return found


def customers(data: Path, count: int, seed: int = SEED) -> Iterator[bytes]:
    """Give as many lines of customers as asked."""
    rng = random.Random(seed)
    people = population(data)
    kinds: dict[str, list[list[str]]] = {}
    for entity in rows(data / "list_bench.jsonl.gz"):
        for name in entity["names"]:
            if len(name.split()) > 1:
                kinds.setdefault(entity["schema"], []).append(name.split())
    schemas = sorted(kinds)
    weights = [len(kinds[s]) for s in schemas]
    for number in range(count):
        line: dict[str, Any] = {"id": f"c{number:07}"}
        if number % FROM_LIST:
            (one, birth), (two, _) = rng.choice(people), rng.choice(people)
            line |= {"schema": "Person", "births": [birth]}
        else:
            schema = rng.choices(schemas, weights)[0]
            one, two = rng.choice(kinds[schema]), rng.choice(kinds[schema])
            line["schema"] = schema
        line["name"] = " ".join([*one[: (len(one) + 1) // 2], *two[len(two) // 2 :]])
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def workers(data: Path, folder: Path, count: int) -> dict[str, float]:
    """Return the rate of a worker of several, as a share of the rate of one process alone."""
    file = folder / "customers.jsonl"
    with file.open("wb") as out:
        out.writelines(customers(data, count))
    runs.index_file(folder / "index", listed(data), {"bench": ""})
    source, settings = reading.Source(str(file)), bulk.Settings()
    pieces = [
        (n, msgspec.msgpack.encode(piece))
        for n, piece in enumerate(runs.shards(runs.rows_of(source, settings)))
    ]
    task = Task(bulk.start, {"index": str(folder / "index")}, msgspec.json.encode(settings))

    def seconds(work: Work) -> float:
        began = time.perf_counter()
        for _ in work.each(task, pieces):
            pass
        return time.perf_counter() - began

    one, several = seconds(Here()), seconds(Processes(WORKERS))
    return {"bulk_per_s": count / one, "bulk_efficiency": one / several / WORKERS}


def listed(data: Path) -> list[Listed]:
    """Return the entities of the real list."""
    with gzip.open(data / "list_bench.jsonl.gz") as lines:
        return [msgspec.json.decode(line, type=Listed) for line in lines]


def largest(data: Path) -> set[str]:
    """Return the ids that the largest real change of the list adds or changes."""
    with gzip.open(data / "sdn_deltas.jsonl.gz") as lines:
        changes = [json.loads(line) for line in lines]
    full = [c for c in changes if c.get("rows") and c.get("base")]
    most = max(full, key=lambda c: len(c["added"]) + len(c["changed"]))
    return {f"ofac-{row[0]}" for row in [*most["added"], *most["changed"]]}


def rescreened(data: Path, folder: Path, count: int) -> dict[str, float]:
    """Return the seconds of a rescreening after the largest real change, lists read and built.

    The customers' index is made before; they have no alerts yet.
    """
    file = folder / "all.jsonl"
    with file.open("wb") as out:
        out.writelines(customers(data, count))
    every, fresh = listed(data), largest(data)
    old = rescreening.lists_of(([e for e in every if e.id not in fresh], {"bench": "old"}), [])
    made = state.fresh(folder, None)
    source, began = reading.Source(str(file)), time.perf_counter()
    rescreening.index(made, source, bulk.Settings())
    built = time.perf_counter() - began
    piecewise.write(made / state.LISTED, [build(old.listed, old.hashes)])
    head = state.Head(ENGINE, bulk.Settings().threshold, old.hashes, "", old.entries, 0)
    state.publish(folder, made, head, [], {})
    began, cpu = time.perf_counter(), _cpu_s()
    new = rescreening.lists_of((listed(data), {"bench": "new"}), [])
    told = rescreening.after_lists(folder, new, Processes(WORKERS))
    return {
        "rescreen_s_1m": time.perf_counter() - began,
        "rescreen_cpu_s": _cpu_s() - cpu,
        "rescreen_customers": count,
        "rescreen_opened": len(told.change.opened),
        "customers_index_s": built,
    }


def _cpu_s() -> float:
    """Return the processor seconds of this process and of workers that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
