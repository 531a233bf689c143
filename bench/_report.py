"""What every bench shares: runs, medians, the machine, one JSON object at the end."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

RUNS = 3
ROOT = Path(__file__).resolve().parent.parent


def options(about: str) -> argparse.Namespace:
    """Return what was asked for on the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="a smoke run: small, once")
    parser.add_argument("--runs", type=int, default=RUNS, help="how many runs are kept")
    parser.add_argument("--count", type=int, default=0, help="records of one run, if not all")
    parser.add_argument("--no-peer", action="store_true", help="leave the peer out")
    return parser.parse_args()


def environment(folder: Path) -> dict[str, str]:
    """Return what processes get: this source, its compiled modules kept, as where it is installed.

    folder: of the run; they are kept in it.
    """
    found = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    kept = folder / "compiled"
    return found | {"PYTHONPATH": f"{ROOT}/src", "PYTHONPYCACHEPREFIX": str(kept)}


def say(line: str) -> None:
    """Write progress."""
    print(line, file=sys.stderr, flush=True)


def percentile(values: list[float], part: float) -> float:
    """Return the value below which `part` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def machine() -> dict[str, object]:
    """Return what ran this."""
    cpu = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        rows = [row for row in info.read_text().splitlines() if row.startswith("model name")]
        cpu = rows[0].partition(":")[2].strip() if rows else ""
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }


def commit() -> str:
    """Return the commit that is measured."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"


def repeat(runs: int, once: Callable[[], Mapping[str, float]]) -> list[Mapping[str, float]]:
    """Return `runs` runs, after one for warming up that is thrown away."""
    if runs > 1:
        say("warm-up")
        once()
    found = []
    for number in range(1, runs + 1):
        found.append(once())
        say(f"run {number}/{runs}: {json.dumps(found[-1])}")
    return found


def summary(name: str, rows: list[Mapping[str, float]], peer: object) -> dict[str, object]:
    """Return medians as figures, and min, median, max of each as spread."""
    keys = [key for key in rows[0] if all(key in row for row in rows)]
    columns = {key: sorted(float(row[key]) for row in rows) for key in keys}
    return {
        "name": name,
        "commit": commit(),
        "machine": machine(),
        "figures": {key: round(statistics.median(column), 3) for key, column in columns.items()},
        "spread": {
            key: [column[0], round(statistics.median(column), 3), column[-1]]
            for key, column in columns.items()
        },
        "peer": peer,
    }


def pss_mb(pids: list[int]) -> float:
    """Return the proportional set size of processes, in MB of 10^6 bytes."""
    total = 0
    for pid in pids:
        for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if row.startswith("Pss:"):
                total += int(row.split()[1]) * 1024
    return total / 1e6
