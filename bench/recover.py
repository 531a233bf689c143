"""What coming back costs: a line that was cut with records waiting, a node that holds a long log.

See docs/bench.md.
"""

import json
import re
import sqlite3
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench import _report
from bench._parties import AURELIA, BOREALIS, Pair, free_port
from bench.link import BATCH, Sender, letter
from bench.log import envelopes
from detente.app import build, system
from detente.app.demo.line import Line
from detente.app.meeting import Meeting
from detente.core import checkpoint
from detente.node.ledger import Ledger
from detente.store.logs import SqliteLogs
from detente.vault.file import FileVault

PENDING = 10_000
SAMPLES = 5
ENTRIES = 10**7
STARTS = 3
_GROW = 16_384


def behind_a_line(pair: Pair, name: str) -> Line:
    """Let a party listen at another port, and put a line before the one that its card names."""
    file = pair.at(name) / "detente.toml"
    text = file.read_text()
    found = re.search(r"tcp://127\.0\.0\.1:(\d+)", text)
    assert found is not None
    inner = free_port()
    file.write_text(text.replace(found[0], f"tcp://127.0.0.1:{inner}"))
    return Line({int(found[1]): inner}, file.with_name("line.log"))


def reconcile(count: int, samples: int) -> dict[str, float]:
    """Return how long after the path came back all that waited was STORED, in s."""
    pair = Pair()
    lines = [behind_a_line(pair, name) for name in (AURELIA, BOREALIS)]
    try:
        for name in (AURELIA, BOREALIS):
            pair.start(name, "node")
        sender = Sender(pair)
        sender.wait_live()
        times = []
        for sample in range(samples):
            for each in lines:
                each.tell("refuse")
            written = [
                sender.office.write(letter(sample * count + i), "s-01") for i in range(count)
            ]
            for at in range(0, count, BATCH):
                batch = [one.envelope for one in written[at : at + BATCH]]
                sender.hatch.submit(batch, system.now())
            due = sender.receipted() + count
            start = time.perf_counter()
            for each in lines:
                each.tell("mend")
            while sender.receipted() < due:
                sender.wait_news()
            times.append(time.perf_counter() - start)
            _report.say(f"reconcile {sample + 1}/{samples}: {times[-1]:.2f} s")
        return {
            "reconcile_s": statistics.median(times),
            "reconcile_worst_s": max(times),
            "reconcile_records": count,
        }
    finally:
        for each in lines:
            each.close()
        pair.stop()


def make_long(pair: Pair, size: int) -> None:
    """Give both nodes a log of Aurelia's with `size` entries whose bodies were purged."""
    meeting = Meeting(pair.at(AURELIA))
    peer = next(each for each in meeting.peers() if each.confirmed_at)
    origin = build.terms_of(meeting.card(), peer).out_origin(AURELIA)
    log = FileVault.open(pair.at(AURELIA) / "node" / "vault", b"bench").signer("log")
    cosign = FileVault.open(pair.at(BOREALIS) / "node" / "vault", b"bench").signer("cosign")
    store = SqliteLogs(pair.at(AURELIA) / "node" / "node.sqlite")
    with store.begin() as tx:
        ledger = Ledger(origin, tx)
    while ledger.size < size:
        rows = envelopes(ledger.size, min(_GROW, size - ledger.size), 0)
        with store.begin() as tx:
            grown = ledger.append(tx, rows, system.now())
            root = grown.root()
            head = checkpoint.sign(log, origin, grown.size, root)
            receipt = checkpoint.cosign(cosign, origin, grown.size, root, system.now())
            ledger.sign_off(tx, grown, head, receipt)
        ledger.settle(grown, head, receipt)
        store.fold_wal()
    store.close()
    _copy_log(pair.at(AURELIA) / "node" / "node.sqlite", pair.at(BOREALIS), origin)


def _copy_log(source: Path, target: Path, origin: str) -> None:
    # The peer holds the same rows and signatures.
    SqliteLogs(target / "node" / "node.sqlite").close()
    db = sqlite3.connect(target / "node" / "node.sqlite", isolation_level=None)
    db.execute("attach ? as theirs", (str(source),))
    (old,) = db.execute("select id from theirs.log where origin=?", (origin,)).fetchone()
    db.execute("begin")
    db.execute("insert or ignore into log (origin) values (?)", (origin,))
    (new,) = db.execute("select id from log where origin=?", (origin,)).fetchone()
    for table, key, factor in (
        ("entry", "place", 1 << 48), ("tile", "place", 1 << 48), ("checkpoint", "place", 1 << 48),
        ("head", "log", 1),
    ):  # fmt: skip
        columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
        rest = ", ".join(each for each in columns if each != key)
        db.execute(
            f"insert or replace into {table} ({key}, {rest}) select {key} + ?, {rest}"
            f" from theirs.{table} where {key} >= ? and {key} < ?",
            ((new - old) * factor, old * factor, (old + 1) * factor),
        )
    db.execute("commit")
    db.close()


def start(size: int, samples: int) -> dict[str, float]:
    """Return how long a node takes from its start to LIVE with `size` entries in its log, in s."""
    pair = Pair()
    try:
        _report.say(f"making a log of {size:,}")
        make_long(pair, size)
        pair.start(BOREALIS, "node")
        times = []
        for sample in range(samples):
            begun = time.perf_counter()
            pair.start(AURELIA, "node")
            hatch = build.HatchClient(build.connect_unix(pair.at(AURELIA) / "node" / "hatch.sock"))
            while not any(each.state == "LIVE" for each in hatch.levels()):
                time.sleep(0.005)
            times.append(time.perf_counter() - begun)
            _report.say(f"start {sample + 1}/{samples}: {times[-1]:.2f} s")
            hatch.close()
            memory = _report.pss_mb(pair.pids(AURELIA))
            pair.end(AURELIA, "node")
        return {
            "start_s_1e7": statistics.median(times),
            "start_entries": size,
            "start_node_mb": round(memory, 1),
        }
    finally:
        pair.stop()


def once(*, quick: bool) -> Mapping[str, float]:
    """Run both parts."""
    found = reconcile(500, 2) if quick else reconcile(PENDING, SAMPLES)
    return {**found, **(start(20_000, 1) if quick else start(ENTRIES, STARTS))}


def main() -> int:
    """Run the bench; each part takes its own samples, so one run says it."""
    given = _report.options(__doc__ or "")
    rows = [once(quick=given.quick)]
    print(json.dumps(_report.summary("recover", rows, None)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
