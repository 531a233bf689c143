"""Records between two nodes: throughput with both offices at work, of the nodes alone, latency.

See docs/bench.md. The sending office is this process: it holds the office's keys, outbox and
tables, and speaks to its node through the hatch like any office.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import _report
from bench._parties import AURELIA, BOREALIS, Pair
from detente.app import build, build_keys, system
from detente.app.desks import DESKS
from detente.desks.cert.formats import stix
from detente.desks.cert.kinds import BUNDLE
from detente.office.fields import Values
from detente.office.office import Office
from detente.office.writing import Letter, Written

WINDOW = 256
BATCH = 64
TEXT = 2_000  # bytes of plaintext


def bundle(number: int, size: int = TEXT) -> tuple[bytes, Values]:
    """Return one cert.bundle of `size` bytes of plaintext: one indicator with its description."""
    identity = f"{number:012x}"
    object_ = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--8e2e2d2b-17d4-4cbf-938f-{identity}",
        "created": "2026-03-01T10:00:00.000Z",
        "modified": "2026-03-01T10:00:00.000Z",
        "pattern": "[ipv4-addr:value = '192.0.2.7']",
        "pattern_type": "stix",
        "valid_from": "2026-03-01T10:00:00Z",
        "description": "",
    }
    whole = {
        "type": "bundle",
        "id": f"bundle--8e2e2d2b-17d4-4cbf-938f-{identity}",
        "objects": [object_],
    }

    def body_of() -> Values:
        told = json.dumps(whole)
        found = stix.read(told.encode())
        objects = tuple(Values({"id": i, "modified": m, "sha256": s}) for i, m, s in found.objects)
        return Values({"bundle": told, "objects": objects, "about": "bench"})

    object_["description"] = "x" * (size - len(BUNDLE.write(body_of())))
    body = body_of()
    return BUNDLE.write(body), body


def letter(number: int, size: int = TEXT) -> Letter:
    """Return one record to be authored: each in a matter of its own."""
    text, body = bundle(number, size)
    return Letter(
        kind=BUNDLE.name, desk="cert", to=(f"cert@{BOREALIS}",), text=text, body=body,
        created=system.now(), matter=os.urandom(16).hex(), prec="ROUTINE", tlp="GREEN",
    )  # fmt: skip


class Sender:
    """Aurelia's office."""

    def __init__(self, pair: Pair, hatch: build.HatchClient | None = None) -> None:
        """`hatch`, if it is another than the socket of this machine."""
        settings = pair.settings(AURELIA)
        keys, _ = build_keys.open_office(settings, b"bench")
        self.hatch = hatch or build.HatchClient(
            build.connect_unix(settings.folder / "node" / "hatch.sock")
        )
        self.office = Office(
            DESKS, self.hatch, build.open_shelf(settings), keys, system.SystemEntropy()
        )

    def wait_live(self) -> None:
        """Wait until the link is up and both openings are receipted."""
        while not any(each.peer and each.receipted == each.size > 0 and each.state == "LIVE"
                      for each in self.hatch.levels()):  # fmt: skip
            time.sleep(0.01)

    def receipted(self) -> int:
        """Return how many of our records the peer receipted."""
        self.hatch.news = False
        return next(
            each.receipted for each in self.hatch.levels() if each.peer and each.owner == AURELIA
        )

    def wait_delivered(self) -> None:
        """Wait until their office has opened all that we sent, and ours has read the same."""
        sent = self.receipted()
        while True:
            while self.office.advance(system.now()):
                pass
            if self.delivered() >= sent:
                return
            self.wait_news()

    def delivered(self) -> int:
        """Return below which of our records their office says DELIVERED."""
        return self.office.status.delivered_upto(f"cert@{BOREALIS}")

    def work(self) -> None:
        """Do what an office does between two acts: read, fold, answer; else sleep for news."""
        if not self.office.advance(system.now()) and not self.hatch.news:
            self.wait_news()

    def wait_news(self) -> None:
        """Sleep until the node says that something changed."""
        if not self.hatch.news:
            select.select([self.hatch], [], [])
            self.hatch.take_news()


def send_window(
    sender: Sender, count: int, post: Callable[[int, int], None], wait: Callable[[], None]
) -> float:
    """Send `count` records with at most WINDOW not known as STORED; return the seconds.

    post sends records from one number to another; wait is what the sender does while the window is
    full.
    """
    base = sender.receipted()
    sent = stored = 0
    start = time.perf_counter()
    while stored < count:
        room = min(WINDOW - (sent - stored), count - sent)
        if room >= min(BATCH, count - sent) and room > 0:
            take = min(room, BATCH)
            post(sent, sent + take)
            sent += take
            if WINDOW - (sent - stored) >= BATCH and sent < count:
                continue
        wait()
        stored = sender.receipted() - base
    return time.perf_counter() - start


def measure(count: int, singles: int) -> dict[str, float]:
    """Return the figures of one run."""
    figures: dict[str, float] = {}
    pair = Pair()
    try:
        pair.start(AURELIA, "node")
        pair.start(BOREALIS, "node")
        pair.start(BOREALIS, "office")
        sender = Sender(pair)
        sender.wait_live()
        figures |= latency(sender, singles)
        figures |= _both_offices(sender, count)
        sender.wait_delivered()
        figures |= _with_books(sender, count // 3)
        sender.wait_delivered()
        figures |= _with_authoring(sender, count // 3)
        sender.wait_delivered()
        figures["rss_mb"] = round(_report.pss_mb([*pair.pids(AURELIA), os.getpid()]), 1)
        figures["peer_rss_mb"] = round(_report.pss_mb(pair.pids(BOREALIS)), 1)
        pair.end(BOREALIS, "office")
        figures |= nodes_alone(sender, count)
    finally:
        pair.stop()
    return figures


def _author(sender: Sender, count: int, first: int) -> list[Written]:
    _report.say(f"authoring {count} records")
    return [sender.office.write(letter(first + i), "s-01") for i in range(count)]


def nodes_alone(sender: Sender, count: int, first: int = 0) -> dict[str, float]:
    ready = [each.envelope for each in _author(sender, count, first)]
    now = system.now()

    def post(start: int, end: int) -> None:
        answers = sender.hatch.submit(ready[start:end], now)
        assert not any(each.code for each in answers), answers[0]

    seconds = send_window(sender, count, post, sender.wait_news)
    return {"node_records_per_s": round(count / seconds, 1)}


def latency(sender: Sender, singles: int, first: int = 1_000_000) -> dict[str, float]:
    ready = [each.envelope for each in _author(sender, singles, first)]
    times = []
    now = system.now()
    base = sender.receipted()
    for number, envelope in enumerate(ready, 1):
        start = time.perf_counter()
        sender.hatch.submit([envelope], now)
        while sender.receipted() - base < number:
            sender.wait_news()
        times.append((time.perf_counter() - start) * 1e3)
    return {
        "p50_ms": round(_report.percentile(times, 0.5), 3),
        "p99_ms": round(_report.percentile(times, 0.99), 3),
    }


def _both_offices(sender: Sender, count: int) -> dict[str, float]:
    return {"records_per_s": _sent(sender, count, 2_000_000, sender.wait_news)}


def _with_books(sender: Sender, count: int) -> dict[str, float]:
    return {"with_books_per_s": _sent(sender, count, 4_000_000, sender.work)}


def _sent(sender: Sender, count: int, first: int, wait: Callable[[], None]) -> float:
    ready = _author(sender, count, first)

    def post(start: int, end: int) -> None:
        sender.office.post(ready[start:end], system.now())

    return round(count / send_window(sender, count, post, wait), 1)


def _with_authoring(sender: Sender, count: int) -> dict[str, float]:
    letters = [letter(3_000_000 + i) for i in range(count)]

    def post(start: int, end: int) -> None:
        written = [sender.office.write(each, "s-01") for each in letters[start:end]]
        sender.office.post(written, system.now())

    seconds = send_window(sender, count, post, sender.wait_news)
    return {"with_authoring_per_s": round(count / seconds, 1)}


def _probe(name: str) -> Path | None:
    shared = Path(os.environ.get("DETENTE_SHARED", _report.ROOT.parent / "shared"))
    file = shared / "probes" / "link_peers" / name
    return file if file.exists() else None


def _run_probe(name: str, arguments: Sequence[str]) -> dict[str, float] | None:
    file = _probe(name)
    if file is None:
        return None
    found = subprocess.run(
        [sys.executable, str(file), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    rows = [row for row in found.stdout.splitlines() if row.startswith("{")]
    if found.returncode or not rows:
        _report.say(f"{name}: {found.stderr[-300:]}")
        return None
    last: dict[str, float] = json.loads(rows[-1])
    return last


def main() -> None:
    """Run ours and the peers in turn; print one JSON object."""
    asked = _report.options(__doc__ or "")
    count = asked.count or (3_000 if asked.quick else 30_000)
    singles = max(300, count // 6)
    runs = 1 if asked.quick else asked.runs
    peers: list[dict[str, object]] = []

    def once() -> dict[str, float]:
        figures = measure(count, singles)
        if asked.no_peer:
            return figures
        floor = _run_probe("floor.py", ["--n", str(min(count, 20_000))])
        rabbit = _run_probe("bench_rabbit.py", ["--n", str(min(count, 20_000))])
        peers.append({"floor": floor, "rabbitmq": rabbit})
        if floor:
            figures["floor_per_s"] = floor["receipted_per_s"]
            figures["ratio_to_floor"] = round(
                figures["node_records_per_s"] / floor["receipted_per_s"], 3
            )
        if rabbit:
            figures["rabbitmq_per_s"] = rabbit["both_nodes_per_s"]
            figures["ratio_to_peer"] = round(
                figures["node_records_per_s"] / rabbit["both_nodes_per_s"], 3
            )
            figures["ratio_with_offices"] = round(
                figures["records_per_s"] / rabbit["both_nodes_per_s"], 3
            )
        return figures

    rows = _report.repeat(runs, once)
    print(json.dumps(_report.summary("link", rows, peers or None)))


if __name__ == "__main__":
    main()
