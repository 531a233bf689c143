"""Changed names that are alerted on short lists: of ten, a hundred and a thousand entities.

The entities are drawn from the public list, those of its cases; what is asked of each short list are
their own changed names, and invented innocents.
"""

import gzip
import random
from pathlib import Path
from typing import Any, Final

from detente.screening.build import build
from detente.screening.decision import ALERT
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import Listed
from detente.screening.lists.rows import of_own

SEED: Final = 7
LISTS: Final = {10: 60, 100: 10, 1_000: 2}  # entities: lists that are drawn
INNOCENTS: Final = 1_000  # asked of each list
LIMIT: Final = 10


def small(path: Path, changed: list[Any], innocent: list[Any]) -> dict[str, float]:
    """Return {small_N: share alerted, small_innocents: share alerted of all that were asked}."""
    with gzip.open(path) as file:
        entries = {one.id: one for one in of_own(file) if isinstance(one, Listed)}
    cases: dict[str, list[Any]] = {}
    for case in changed:
        if case["targets"][0] in entries:
            cases.setdefault(case["targets"][0], []).append(case)
    rng, figures = random.Random(SEED), {}
    wrong = asked = 0
    for size, lists in LISTS.items():
        found = of = 0
        for _ in range(lists):
            chosen = rng.sample(sorted(cases), min(size, len(cases)))
            index = Index(build([entries[each] for each in chosen], {}))
            for each in chosen:
                for case in cases[each]:
                    of += 1
                    found += _alerts(index, case, each)
            some = rng.sample(innocent, min(INNOCENTS, len(innocent)))
            asked += len(some)
            wrong += sum(_alerts(index, case) for case in some)
        figures[f"small_{size}"] = round(found / of, 3)
    return {**figures, "small_innocents": round(wrong / asked, 5)}


def _alerts(index: Index, case: Any, entity: str = "") -> bool:  # noqa: ANN401  a case of JSON
    hits = ask(index, Question(case["name"], case["schema"]), LIMIT)
    return any(hit.score >= ALERT and entity in ("", hit.entity) for hit in hits)
