"""What a start costs: `detente --help`, and the memory of one party that idles beside a peer.

See docs/bench.md.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import _report
from bench._parties import AURELIA, BOREALIS, Pair

STARTS = 20
IDLE_SECONDS = 60


def help_ms() -> float:
    """Return the median time of `detente --help`, from process start to exit."""
    times = []
    with tempfile.TemporaryDirectory() as name:
        environment = _report.environment(Path(name))
        for _ in range(STARTS):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "detente", "--help"],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def idle_mb(seconds: float) -> dict[str, float]:
    """Return the PSS of node and office of one party, `seconds` after both run and are linked."""
    pair = Pair()
    try:
        for name in (AURELIA, BOREALIS):
            for half in ("node", "office"):
                pair.start(name, half)
        time.sleep(seconds)
        node, office = pair.pids(AURELIA)
        return {
            "idle_mb": round(_report.pss_mb([node, office]), 1),
            "idle_node_mb": round(_report.pss_mb([node]), 1),
            "idle_office_mb": round(_report.pss_mb([office]), 1),
        }
    finally:
        pair.stop()


def main() -> None:
    """Measure; print one JSON object."""
    asked = _report.options(__doc__ or "")
    seconds = 3 if asked.quick else IDLE_SECONDS

    def once() -> dict[str, float]:
        return {"help_ms": round(help_ms(), 1), **idle_mb(seconds)}

    rows = _report.repeat(1 if asked.quick else asked.runs, once)
    print(json.dumps(_report.summary("start", rows, None)))


if __name__ == "__main__":
    main()
