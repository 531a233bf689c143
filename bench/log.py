"""What a long log costs: a record appended, an inclusion proved, all of it verified.

See docs/bench.md.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tests.proofs import ORIGIN, A, B, Ed, card, head_of

from bench import _report
from detente.core import checkpoint, envelope, signed, whole
from detente.core.moment import Moment
from detente.node.ledger import Ledger
from detente.store.logs import SqliteLogs

BATCH = 64
BATCHES = 1_000
SIZES = (10**4, 10**6)
PROOFS = 1_000
BODY = 2_000  # bytes
_GROW = 16_384  # records of one transaction while a log is made
_NOW = Moment.parse("2026-11-22T00:00:00.000Z")


class Log(NamedTuple):
    """A log, where it is kept, and who signs it."""

    store: SqliteLogs
    ledger: Ledger
    signer: Ed


def envelopes(start: int, count: int, body: int = BODY) -> list[bytes]:
    """Return envelopes that differ and are about as large as a sealed record of 2 kB."""
    header, sigs, seals = bytes(400), bytes(80), bytes(1_200 if body else 0)
    text = bytes(body)
    return [
        envelope.encode(envelope.Parts(b"%016d" % (start + i) + header, sigs, seals, text))
        for i in range(count)
    ]


def append(store: SqliteLogs, ledger: Ledger, rows: Sequence[bytes], log: Ed) -> None:
    """Append one batch as a node does: rows, root, signature, head, one commit."""
    with store.begin() as tx:
        grown = ledger.append(tx, rows, _NOW)
        head = checkpoint.sign(log, ledger.origin, grown.size, grown.root())
        ledger.sign_off(tx, grown, head, None)
    ledger.settle(grown, head, None)


def make(file: Path, size: int, log: Ed) -> Log:
    """Open a log, and make it `size` long with records whose bodies were purged."""
    store = SqliteLogs(file)
    with store.begin() as tx:
        ledger = Ledger(ORIGIN, tx)
    while ledger.size < size:
        count = min(_GROW, size - ledger.size)
        append(store, ledger, envelopes(ledger.size, count, 0), log)
        store.fold_wal()
    return Log(store, ledger, log)


def append_us(made: Sequence[Log], batches: int) -> list[float]:
    """Return the CPU time of one record of a batch, in µs, for each log; they take turns."""
    spent = [0.0] * len(made)
    for _ in range(batches):
        for number, (store, ledger, signer) in enumerate(made):
            rows = envelopes(ledger.size, BATCH)
            start = time.process_time()
            append(store, ledger, rows, signer)
            store.fold_wal(only_large=True)
            spent[number] += time.process_time() - start
    return [each * 1e6 / (batches * BATCH) for each in spent]


def prove_ms(store: SqliteLogs, ledger: Ledger, count: int) -> tuple[float, float]:
    """Return median and p99 of the time of an inclusion proof at scattered places."""
    size, times = ledger.size, []
    for number in range(count):
        seq = int.from_bytes(sha256(b"place %d" % number).digest()[:6], "big") % size
        start = time.perf_counter()
        with store.begin() as tx:
            path = ledger.prove(tx, seq, size)
        times.append((time.perf_counter() - start) * 1e3)
        assert path
    return statistics.median(times), _report.percentile(times, 0.99)


def verify_s(store: SqliteLogs, ledger: Ledger, folder: Path) -> tuple[float, float]:
    """Return how long `detente verify` takes for the whole log, and its peak memory in MB."""
    with store.begin() as tx:
        root = ledger.root_at(tx, ledger.size)
    note = head_of(ledger.size, root).note
    file = folder / "whole.log"

    def entries() -> Iterator[bytes]:
        for start in range(0, ledger.size, _GROW):
            with store.begin() as tx:
                yield b"".join(tx.entries(ORIGIN, start, _GROW))

    with file.open("wb") as out:
        for piece in whole.write(
            ORIGIN, ledger.size, [signed.write(note.text, note.lines)], entries()
        ):
            out.write(piece)
    cards = []
    for name in (A, B):
        (folder / f"{name}.card").write_bytes(card(name).note)
        cards += ["--card", str(folder / f"{name}.card")]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "detente", "verify", str(file), *cards, "--json"],
        env=dict(os.environ, PYTHONPATH=str(_report.ROOT / "src")),
        check=True,
        capture_output=True,
    )
    took = time.perf_counter() - start
    assert json.loads(done.stdout)["strength"] == "FULL"
    file.unlink()
    return took, _peak_mb()


def _peak_mb() -> float:
    import resource  # noqa: PLC0415

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6


def once(*, quick: bool) -> dict[str, float]:
    """Make a log of a million entries on the way, and measure."""
    sizes = (10**3, 10**4) if quick else SIZES
    batches, proofs = (20, 50) if quick else (BATCHES, PROOFS)
    log = Ed(f"{A} log ed25519")
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        made = [make(folder / f"{size}.sqlite", size, log) for size in sizes]
        found["append_us_1e4"], found["append_us_1e6"] = append_us(made, batches)
        for store, _, _ in made:
            store.close()  # our caches are cold after this, the system's are warm
        store, ledger, _ = make(folder / f"{sizes[-1]}.sqlite", 0, log)
        found["prove_ms"], found["prove_p99_ms"] = prove_ms(store, ledger, proofs)
        found["verify_s_1e6"], found["verify_peak_mb"] = verify_s(store, ledger, folder)
        found["entries"] = ledger.size
        store.close()
    found["append_ratio"] = found["append_us_1e6"] / found["append_us_1e4"]
    return found


def main() -> int:
    """Run the bench."""
    given = _report.options(__doc__ or "")
    rows = _report.repeat(1 if given.quick else given.runs, lambda: once(quick=given.quick))
    print(json.dumps(_report.summary("log", rows, None)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
