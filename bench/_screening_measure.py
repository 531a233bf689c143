"""Recall at a share of innocents alerted, as the public probe counts it; and a matcher in a pipe."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from detente.screening.calibration import Steps, steps_of

Case = dict[str, Any]
Hits = list[dict[str, Any]]
COMMAND = [sys.executable, "-m", "detente", "screening", "match", "--jsonl"]
SAME = ("exact", "native_exact")  # kinds of cases whose name is not changed


def rows(path: Path) -> list[Case]:
    """Return the objects of a packed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


class Pipe:
    """A matcher in a process of its own, asked one question at a time."""

    def __init__(self, listed: Path, command: Sequence[str] = COMMAND) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        start = time.perf_counter()
        self.loaded = self._ask({"op": "load", "list": str(listed)})
        self.load_s = time.perf_counter() - start

    def _ask(self, line: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def ask(self, case: Case, fields: Iterable[str] = ()) -> Hits:
        """Return the hits of a case; births and countries are told if they are among `fields`."""
        line = {"op": "query", "id": case["qid"], "name": case["name"], "schema": case["schema"]}
        line |= {field: case[field] for field in fields}
        hits: Hits = self._ask(line)["hits"]
        return hits

    def close(self) -> None:
        """End the matcher."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def threshold(scores: Iterable[float], share: float) -> float:
    """Return the lowest score at which at most a share of the innocents still alert."""
    ordered = sorted(scores, reverse=True)
    allowed = int(len(ordered) * share)
    return ordered[allowed] + 1e-9 if allowed < len(ordered) else 0.0


class Measured:
    """Cases and their answers. Thresholds are set for each script on its own innocents."""

    def __init__(self, cases: list[Case], answers: dict[str, Hits]) -> None:
        self.cases, self.answers = cases, answers
        self.top = {q: hits[0]["score"] if hits else 0.0 for q, hits in answers.items()}
        self.innocent = [c for c in cases if c["kind"] == "population"]
        self.changed = [c for c in cases if c["targets"] and c["kind"] not in SAME]

    def own(self, case: Case) -> float:
        """Return the best score that a right entity has, or -1."""
        targets = set(case["targets"])
        found = (h["score"] for h in self.answers[case["qid"]] if h["id"] in targets)
        return max(found, default=-1.0)

    def line(self, case: Case, share: float) -> float:
        """Return the threshold for a case's script."""
        same = [c for c in self.innocent if c["script"] == case["script"]] or self.innocent
        return threshold((self.top[c["qid"]] for c in same), share)

    def thresholds(self, share: float) -> dict[str, float]:
        """Return the thresholds of all scripts."""
        return {c["script"]: 0.0 for c in self.cases} | {
            script: self.line({"script": script}, share)
            for script in {c["script"] for c in self.cases}
        }

    def recall(self, share: float, script: str = "", kind: str = "") -> float | None:
        """Return the share of changed names found above the threshold, of a script or kind."""
        lines = self.thresholds(share)
        chosen = [
            c
            for c in self.changed
            if (not script or c["script"] == script) and (not kind or c["kind"] == kind)
        ]
        if not chosen:
            return None
        return round(sum(self.own(c) >= lines[c["script"]] for c in chosen) / len(chosen), 3)

    def alerted(self, kind: str, share: float) -> float | None:
        """Return the share of cases of a kind of innocents that alert."""
        lines = self.thresholds(share)
        chosen = [c for c in self.cases if c["kind"] == kind]
        if not chosen:
            return None
        return round(sum(self.top[c["qid"]] >= lines[c["script"]] for c in chosen) / len(chosen), 3)

    def at(self, line: float, script: str) -> tuple[float, float]:
        """Return the share of changed names found from a score on, and of 1,000 innocents alerted."""
        changed = [c for c in self.changed if c["script"] == script]
        innocent = [c for c in self.innocent if c["script"] == script]
        found = sum(self.own(c) >= line for c in changed) / max(1, len(changed))
        alerted = sum(self.top[c["qid"]] >= line for c in innocent) / max(1, len(innocent))
        return round(found, 3), round(1_000 * alerted, 1)

    def calibration(self) -> dict[str, Steps]:
        """Return the steps of `screening/calibration.py` for each script and for all."""
        found: dict[str, list[float]] = {"all": []}
        for case in self.innocent:
            for name in (case["script"], "all"):
                found.setdefault(name, []).append(self.top[case["qid"]])
        return {name: steps_of(scores) for name, scores in found.items()}

    def exact(self) -> float | None:
        """Return the share of unchanged names whose own entity stands at the top."""
        chosen = [c for c in self.cases if c["kind"] == "exact"]
        if not chosen:
            return None
        return round(sum(self.own(c) >= self.top[c["qid"]] > 0 for c in chosen) / len(chosen), 4)

    def tied(self) -> float:
        """Return the share of positives whose top score a wrong entity shares."""
        chosen = [c for c in self.cases if c["targets"]]
        return round(sum(map(self._tied, chosen)) / len(chosen), 4)

    def _tied(self, case: Case) -> bool:
        hits = self.answers[case["qid"]]
        best = [h["id"] for h in hits if abs(h["score"] - hits[0]["score"]) < 1e-9]
        return len(best) > 1 and not set(best) <= set(case["targets"])
