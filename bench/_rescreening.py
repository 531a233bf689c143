"""How fast many are screened: customers made of real parts, workers, and a list that changes.

A customer is a first half of one name of the invented population and a second half of another,
with the birth of the first; one in ten is made of halves of listed names. Seeded.
"""

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench._screening_measure import rows

SEED = 1_000_000
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
