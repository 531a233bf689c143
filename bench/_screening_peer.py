"""The peer of bench.screening, run by an interpreter that has nomenklatura 4 (an optional install).

    python bench/_screening_peer.py LIST < cases.jsonl

Takes no code of ours. Candidates come from its own blocker, scores from its logic-v2, both as it is
set by default; all cases in one batch, which is the most that it does on one core. Prints
{"seconds": of blocking and scoring, "version", "answers": {qid: [{"id", "score"}]}}.
"""

import gzip
import importlib.metadata
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

LIMIT = 10
SCHEMA = {"Aircraft": "Airplane"}


def main() -> int:
    """Answer the cases on standard input."""
    from followthemoney import Dataset, StatementEntity  # noqa: PLC0415
    from nomenklatura.blocker import Index  # noqa: PLC0415
    from nomenklatura.matching import get_algorithm  # noqa: PLC0415
    from nomenklatura.resolver import Linker  # noqa: PLC0415
    from nomenklatura.store.memory import MemoryStore  # noqa: PLC0415

    logging.disable(logging.WARNING)
    dataset = Dataset.make({"name": "bench", "title": "bench"})
    algorithm = get_algorithm("logic-v2")
    config = algorithm.default_config()

    def entity(key: str, schema: str, names: list[str], weak: Sequence[str] = ()) -> Any:  # noqa: ANN401  an entity of theirs
        told = {"name": list(names), "weakAlias": list(weak)}
        data = {"id": key, "schema": SCHEMA.get(schema, schema), "properties": told}
        return StatementEntity.from_data(dataset, data, cleaned=True)

    store = MemoryStore(dataset, Linker({}))
    listed = {}
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as lines, store.writer() as writer:
        for line in lines:
            row = json.loads(line)
            weak = [a["name"] for a in row["aliases"] if a["quality"] == "weak"]
            strong = [a["name"] for a in row["aliases"] if a["quality"] != "weak"]
            one = entity(row["id"], row["schema"], [*row["names"], *strong], weak)
            listed[row["id"]] = one
            writer.add_entity(one)
    index = Index(store.default_view(), Path(tempfile.mkdtemp()), {})
    index.build()
    cases = [json.loads(line) for line in sys.stdin]
    asked = {f"q-{c['qid']}": entity(f"q-{c['qid']}", c["schema"], [c["name"]]) for c in cases}
    start = time.perf_counter()
    answers = {}
    for key, matches in index.match_entities(list(asked.values())):
        found = [
            {
                "id": str(m),
                "score": algorithm.compare(asked[str(key)], listed[str(m)], config).score,
            }
            for m, _ in matches
        ]
        found.sort(key=lambda hit: (-hit["score"], hit["id"]))
        answers[str(key).removeprefix("q-")] = found[:LIMIT]
    seconds = time.perf_counter() - start
    version = importlib.metadata.version("nomenklatura")
    print(json.dumps({"seconds": seconds, "version": version, "answers": answers}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
