"""A bundle of many objects from one party to another, as one whole: time and peak memory. See docs/bench.md."""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import _report
from bench._parties import AURELIA, BOREALIS, Pair
from bench.objects import indicator

COUNT = 100_000
QUICK = 5_000
HEAD = b'{"type":"bundle","id":"bundle--6a1f2f1c-8b1e-4c5e-9c6e-3f4f6a1f2f1c","objects":[\n'
POLL = 0.5


def made(count: int) -> Iterator[bytes]:
    """Give a bundle of indicators and relationships between them, piece by piece."""
    rng = random.Random(7)
    yield HEAD
    before = ""
    for number in range(count):
        one = indicator(number, rng)
        one["description"] = str(one["description"]) * 3
        if number % 4 == 3:  # each fourth is about the one before it
            ends = {"source_ref": before, "target_ref": before, "relationship_type": "related-to"}
            identity = str(one["id"]).replace("indicator", "relationship")
            common = {name: one[name] for name in ("spec_version", "created", "modified")}
            one = {"type": "relationship", "id": identity, **common, **ends}
            one["description"] = "seen together " * 60
        else:
            before = str(one["id"])
        yield (b"" if number == 0 else b",\n") + json.dumps(one).encode()
    yield b"]}\n"


def peak_mb(pid: int) -> int:
    """Return the most memory that a process ever had."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("VmHWM")) // 1024


class Houses:
    """Two parties at work, with a command line each."""

    def __init__(self) -> None:
        self.pair = Pair()
        self.pids = {
            f"{half}_{name.partition('.')[0]}": self.pair.start(name, half)
            for name in (AURELIA, BOREALIS)
            for half in ("node", "office")
        }

    def run(self, name: str, *words: str) -> tuple[Any, float]:
        """Return what a command answers, and the seconds it took."""
        words = (sys.executable, "-m", "detente", *words, "--at", str(self.pair.at(name)), "--json")
        start = time.perf_counter()
        done = subprocess.run(
            words, capture_output=True, check=False, env=_report.environment(self.pair.folder)
        )
        seconds = time.perf_counter() - start
        return (done.stderr.decode() if done.returncode else json.loads(done.stdout)), seconds

    def whole(self, name: str, state: str, most: float) -> float:
        """Wait until the latest whole is in a state; return the seconds it took."""
        start = time.perf_counter()
        while time.perf_counter() - start < most:
            rows, _ = self.run(name, "cert", "transfers", "--count", "1")
            if rows and rows[0]["state"] == state:
                return time.perf_counter() - start
            time.sleep(POLL)
        raise AssertionError(rows)


def measure(file: Path) -> dict[str, Any]:
    """Send a file from one party to the other; return the figures."""
    houses = Houses()
    try:
        idle = {name: peak_mb(pid) for name, pid in houses.pids.items()}
        common = ("--to", BOREALIS, "--about", "bench", "--tlp", "AMBER", "--despite")
        told, judged = houses.run(AURELIA, "cert", "send", str(file), *common, "--dry-run")
        if isinstance(told, str):
            return {"refused": told.strip(), "judge_s": round(judged, 1)}
        after = {name: peak_mb(pid) for name, pid in houses.pids.items()}
        found, sent = houses.run(AURELIA, "cert", "send", str(file), *common)
        assert isinstance(found, dict), found
        is_one = len(found["records"]) == 1
        arrived = 0.0 if is_one else houses.whole(BOREALIS, "whole", 3_600)
        told_back = 0.0 if is_one else houses.whole(AURELIA, "delivered", 3_600)
        return {
            "bytes": file.stat().st_size,
            "objects": next(each["count"] for each in told["told"] if each["name"] == "objects"),
            "records": len(found["records"]),
            "judge_s": round(judged, 1),
            "send_s": round(sent, 1),
            "whole_s": round(sent + arrived, 1),
            "delivered_s": round(sent + arrived + told_back, 1),
            "idle_mb": idle,
            "judged_mb": after,
            "peak_mb": {name: peak_mb(pid) for name, pid in houses.pids.items()},
        }
    finally:
        houses.pair.stop()


def main() -> None:
    """Measure the bundles whose names follow, else one that is made; print one JSON object."""
    named = [Path(each) for each in sys.argv[1:] if not each.startswith("-")]
    sys.argv[1:] = [each for each in sys.argv[1:] if each.startswith("-") or each.isdecimal()]
    asked = _report.options(__doc__ or "")
    files = [each for each in named if each.exists()]
    with tempfile.TemporaryDirectory(prefix="detente-bench-") as folder:
        if not files:
            files = [Path(folder) / "made.json"]
            count = asked.count or (QUICK if asked.quick else COUNT)
            with files[0].open("wb") as handle:
                handle.writelines(made(count))
        rows = {each.name: measure(each) for each in files}
    told = {"name": "bundles", "commit": _report.commit(), "machine": _report.machine()}
    print(json.dumps({**told, "figures": rows}))


if __name__ == "__main__":
    main()
