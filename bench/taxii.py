"""The TAXII server beside OpenTAXII in one run: handing in, pages, idle polls, a walk; then receipts.

See docs/bench.md. Both are asked over one kept connection with a bearer's token; ours over TLS.
"""

import argparse
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from bench import _report, _taxii
from bench._parties import AURELIA, BOREALIS, PATIENCE, Pair, free_port
from bench._taxii import Target
from detente.app import client, config
from detente.office.offered import collection_id

BATCH: Final = 100
PAGE: Final = 1_000
ROUND: Final = 10  # envelopes that one target takes before it is the other's turn
TOLD: Final = 50  # and after so many one is told


class Ours:
    """Two linked parties, Aurelia with a console."""

    def __init__(self) -> None:
        self.pair, self.port = Pair(), free_port()
        file = self.pair.at(AURELIA) / config.FILE_NAME
        file.write_text(
            f'{file.read_text()}\n[console]\nlisten = "tcp://127.0.0.1:{self.port}"\nname = "localhost"\n'
        )
        for name in (AURELIA, BOREALIS):
            self.pair.start(name, "node")
        for name in (AURELIA, BOREALIS):
            self.pair.start(name, "office")
        (person, *_) = self._ask("GET", "/api/v1/person")
        body = {"label": "bench", "scopes": ["cert:read", "cert:author"], "within": "1d"}
        self._token = str(
            self._ask("POST", f"/api/v1/person/{person['name']}/token", body)["token"]
        )

    def _ask(self, method: str, path: str, body: object = None) -> "json.Any":  # type: ignore[name-defined]
        deadline = time.monotonic() + PATIENCE
        while True:
            asked = client.office(self.pair.at(AURELIA))
            try:
                return asked.ask(method, path, body)
            except client.OurFault:
                assert time.monotonic() < deadline, path
                time.sleep(0.05)
            finally:
                asked.close()

    def target(self, alias: str) -> Target:
        """Return a collection by its alias."""
        folder = self.pair.at(AURELIA) / "office" / "console"
        texts = [each.read_text() for each in folder.glob("*.pem")]
        trusted = next(each for each in texts if "BEGIN CERTIFICATE" in each)
        tls = ssl.create_default_context(cadata=trusted)
        one = collection_id(AURELIA, "cert", alias)
        return Target(
            alias, self.port, self._token, f"/taxii2/cert/collections/{one}/objects/", tls,
            tuple(self.pair.pids(AURELIA)),
        )  # fmt: skip

    def wait_receipted(self) -> None:
        """Wait until the peer's receipt covers all that we sent."""
        asked = client.office(self.pair.at(AURELIA))
        deadline = time.monotonic() + PATIENCE
        try:
            while True:
                logs = asked.ask("GET", "/api/v1/log")
                own = [row for row in logs if row["owner"] == AURELIA and row["peer"]]
                if own and all(row["receipted"] == row["size"] for row in own):
                    return
                assert time.monotonic() < deadline, own
                time.sleep(0.002)
        finally:
            asked.close()


def turns(
    targets: list[Target], count: int, one: Callable[[Target], float]
) -> dict[str, list[float]]:
    """Do something so often at each target, in turn; return what each time gave."""
    found: dict[str, list[float]] = {each.label: [] for each in targets}
    for start in range(0, count, ROUND):
        for each in targets:
            found[each.label] += [one(each) for _ in range(min(ROUND, count - start))]
        if start % TOLD == 0 and start:  # half an hour on a busy machine is no standstill
            _report.say(f"  {start} of {count}")
    return found


def now() -> str:
    """Return this moment as TAXII writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def measure(targets: list[Target], objects: int, reads: int) -> dict[str, dict[str, float]]:
    """Return what each target does, by label."""
    found: dict[str, dict[str, float]] = {each.label: {} for each in targets}

    @contextmanager
    def worked(name: str, times: int) -> Iterator[None]:
        before = {each.label: _taxii.cpu_s(each.pids) for each in targets}
        yield
        for each in targets:
            spent = _taxii.cpu_s(each.pids) - before[each.label]
            found[each.label][f"{name}_cpu_ms"] = spent / times * 1e3

    _report.say(f"{objects} objects, {BATCH} an envelope")
    with worked("post", objects // BATCH):
        posted = turns(targets, objects // BATCH, lambda each: each.post(BATCH))
    for label, times in posted.items():
        edge = max(1, len(times) // 20)
        found[label]["post_per_s"] = len(times) * BATCH / sum(times)
        found[label]["post_first_per_s"] = edge * BATCH / sum(times[:edge])
        found[label]["post_last_per_s"] = edge * BATCH / sum(times[-edge:])
    _report.say("walks")
    with worked("walk", max(1, objects // PAGE)):
        for each in targets:
            found[each.label] |= {f"walk_{key}": value for key, value in each.walk(PAGE).items()}
    _report.say("pages and polls")

    def page(each: Target) -> float:
        query = {"limit": str(PAGE)}
        starts = each.dates[:-1]
        return each.timed(query | ({"added_after": each.rng.choice(starts)} if starts else {}))

    def poll(each: Target) -> float:
        return each.timed({"added_after": now(), "limit": str(PAGE)})

    for name, one in (("page", page), ("idle", poll)):
        with worked(name, reads):
            asked = turns(targets, reads, one)
        for label, times in asked.items():
            found[label][f"{name}_p50_ms"] = _report.percentile(times, 0.5)
            found[label][f"{name}_p99_ms"] = _report.percentile(times, 0.99)
    return found


def receipts(ours: Ours, objects: int, samples: int) -> Mapping[str, float]:
    """Hand in to the peer; return how fast its node gives receipts."""
    target = ours.target(f"to-{BOREALIS}")
    target.post(1)
    ours.wait_receipted()
    _report.say(f"{objects} objects to the peer")
    start = time.perf_counter()
    for _ in range(objects // BATCH):
        target.post(BATCH)
    ours.wait_receipted()
    rate = objects / (time.perf_counter() - start)
    times = []
    for _ in range(samples):
        begin = time.perf_counter()
        target.post(1)
        ours.wait_receipted()
        times.append((time.perf_counter() - begin) * 1e3)
    return {
        "receipted_per_s": rate,
        "receipt_p50_ms": _report.percentile(times, 0.5),
        "receipt_p99_ms": _report.percentile(times, 0.99),
    }


def once(
    objects: int, reads: int, receipted: int, *, with_peer: bool
) -> tuple[dict[str, float], object]:
    """Return one run: figures, and the peer's."""
    peer = _taxii.peer() if with_peer else None
    ours = Ours()
    try:
        targets = [ours.target("local"), *([peer.target()] if peer else [])]
        found = measure(targets, objects, reads)
        own = found["local"]
        figures = dict(own)
        theirs = found.get("opentaxii")
        if theirs:
            figures |= {
                "post_ratio": own["post_per_s"] / theirs["post_per_s"],
                "page_ratio": own["page_p50_ms"] / theirs["page_p50_ms"],
                "idle_ratio": own["idle_p50_ms"] / theirs["idle_p50_ms"],
                "walk_ratio": own["walk_per_s"] / theirs["walk_per_s"],
            }
            for name in ("post", "page", "idle", "walk"):
                key = f"{name}_cpu_ms"
                figures[f"{name}_cpu_ratio"] = own[key] / max(theirs[key], 0.001)
        figures |= receipts(ours, receipted, min(reads, 100))
        figures["rss_mb"] = _report.pss_mb(ours.pair.pids(AURELIA))
    finally:
        ours.pair.stop()
        if peer:
            peer.stop()
    return {key: round(value, 3) for key, value in figures.items()}, theirs


def main() -> None:
    """Measure and print."""
    asked: argparse.Namespace = _report.options(__doc__ or "")
    objects = asked.count or (2_000 if asked.quick else 50_000)
    reads, receipted = (20, 2_000) if asked.quick else (100, 20_000)
    peers: list[object] = []

    def run() -> Mapping[str, float]:
        figures, theirs = once(objects, reads, receipted, with_peer=not asked.no_peer)
        peers.append(theirs)
        return figures

    rows = _report.repeat(1 if asked.quick else asked.runs, run)
    found = _report.summary("taxii", rows, peers[-1])
    print(json.dumps(found if asked.json else found["figures"]))


if __name__ == "__main__":
    main()
