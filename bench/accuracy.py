"""How well the right person is found, and only the right person, on two sets of cases.

The public set is that of the shared probe; the second was written with other habits before any
figure of the matcher was set (`bench/_screening_cases.py`). See docs/screening/accuracy.md.
"""

import csv
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import _report, _screening_cases, _screening_curves, _screening_cut, _screening_small
from bench._screening_measure import Hits, Measured, Pipe, rows
from bench.screening import peer
from detente.screening.build import build
from detente.screening.decision import ALERT
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import Listed

LOWER = 0.68  # a line below that of an alert, for docs/screening/scorer.md
QUICK = 10  # every so many-th case in a smoke run


def answered(cases: list[dict[str, Any]], listed: Path, fields: tuple[str, ...] = ()) -> Measured:
    """Return what the matcher answers to all cases."""
    pipe = Pipe(listed)
    answers: dict[str, Hits] = {}
    for i, case in enumerate(cases):
        answers[case["qid"]] = pipe.ask(case, fields)
        if i % 1_000 == 0:
            _report.say(f"{i} of {len(cases)}")
    pipe.close()
    return Measured(cases, answers)


def judged(path: Path) -> dict[str, float]:
    """Return the recall on judged pairs: the second names are the list, the first ones are asked."""
    with path.open(encoding="utf-8", newline="") as lines:
        pairs = [
            (r, r["schema"] if r["schema"] == "Person" else "Organization")
            for r in csv.DictReader(lines)
        ]
    over = Index(
        build(
            [Listed(str(i), schema, (row["name2"],)) for i, (row, schema) in enumerate(pairs)], {}
        )
    )
    good, bad = [], []
    for i, (row, schema) in enumerate(pairs):
        hits = ask(over, Question(row["name1"], schema), len(pairs))
        score = next((h.score for h in hits if h.entity == str(i)), 0.0)
        (good if row["is_match"] == "true" else bad).append(score)
    found = {}
    for share in (0.05, 0.2):
        line = sorted(bad, reverse=True)[int(len(bad) * share)]
        found[f"pairs_r{round(share * 100)}"] = round(sum(s > line for s in good) / len(good), 3)
    return found


def curves(public: Measured, born: Measured, second: Measured, folder: Path) -> None:
    """Draw the two pictures of docs/screening/accuracy.md."""

    def line(of: Measured, script: str = "") -> list[float]:
        return [of.recall(share, script) or 0.0 for share in _screening_curves.SHARES]

    scripts = {"Cyrillic": "Cyrl", "Latin": "Latn", "Chinese": "Hani", "Arabic": "Arab"}
    by_script = {name: line(public, script) for name, script in scripts.items()}
    title = "Changed names found, by script"
    (folder / "public.svg").write_text(_screening_curves.draw(by_script, title))
    sets = {"public, births given": born, "public": public, "second set": second}
    title = "Changed names found: public cases and the second set"
    lines = {name: line(of) for name, of in sets.items()}
    (folder / "both.svg").write_text(_screening_curves.draw(lines, title))


def main() -> int:
    """Run both sets and print the figures. BENCH_CURVES: a folder in which pictures are drawn."""
    asked = _report.options("accuracy of screening on two sets of cases")
    shared = os.environ.get("DETENTE_SHARED")
    if not shared:
        _report.say("DETENTE_SHARED names no folder of cases")
        return 2
    data = Path(shared) / "data/screening"
    listed, step = data / "list_bench.jsonl.gz", QUICK if asked.quick else 1
    public = answered(rows(data / "cases_public.jsonl.gz")[::step], listed)
    told = None if asked.no_peer else peer(data, public.cases)
    beside = Measured(public.cases, told["answers"]) if told else None
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "second.jsonl.gz"
        _screening_cases.write(data, made)
        second = answered(rows(made)[::step], listed)
    figures: dict[str, Any] = {
        "r05": public.recall(0.005), "r5": public.recall(0.05),
        "latin_r5": public.recall(0.05, "Latn"), "cyrillic_r5": public.recall(0.05, "Cyrl"),
        "arabic_r5": public.recall(0.05, "Arab"), "chinese_r5": public.recall(0.05, "Hani"),
        "exact": public.exact(), "tied": public.tied(), "hard5": public.alerted("hard", 0.05),
        "peer_r05": beside.recall(0.005) if beside else None,
        "peer_r5": beside.recall(0.05) if beside else None,
        "second_r05": second.recall(0.005), "second_r5": second.recall(0.05),
        "second_tied": second.tied(),
        "cut_lost": _screening_cut.lost(listed, _screening_cut.ASKED // step),
    }  # fmt: skip
    figures |= _screening_small.small(listed, public.changed, public.innocent)
    if place := os.environ.get("BENCH_CURVES"):
        born = answered(public.cases, listed, ("births", "countries"))
        curves(public, born, second, Path(place))
    if not asked.quick:
        figures |= judged(data / "pairs/name_pairs_826.csv")
    for script, steps in public.calibration().items():
        _report.say(f"{script}: {steps}")
    for script in ("Latn", "Cyrl", "Arab", "Hani"):
        _report.say(
            f"{script} from {ALERT}, {LOWER}: {public.at(ALERT, script)} {public.at(LOWER, script)}"
        )
    for kind in sorted({c["kind"] for c in second.changed}):
        _report.say(f"{kind}: {second.recall(0.005, kind=kind)} {second.recall(0.05, kind=kind)}")
    print(
        json.dumps(
            {
                "name": "accuracy",
                "commit": _report.commit(),
                "machine": _report.machine(),
                "figures": figures,
                "peer": told and {"name": "nomenklatura logic-v2", "version": told["version"]},
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
