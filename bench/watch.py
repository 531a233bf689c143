"""FLASH notices between two watch floors: to the other console under load, and at 9,600 bit/s.

See docs/bench.md. Nodes and offices are processes; the bench is the officers at their consoles and
programs. The slow line is made with network namespaces; where that is not allowed its figures are
missing.
"""

import json
import statistics
import threading
import time
from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from bench import _attachment, _lines, _report
from bench._console import Console, Listener, Visitor
from bench._parties import AURELIA, BOREALIS, Pair, free_port
from bench._screen import band_of, csrf_of
from bench.console import OPERATOR, cpu_seconds, listening
from detente.app import client, config
from detente.app.verbs.file import hand_in
from detente.core import canon
from detente.core.errors import OurFault

DESKS: Final = ("cert", "notices")
TO: Final = [f"notices@{BOREALIS}"]
RELEASER: Final = "releaser"
EVERY: Final = 1.2  # seconds between two FLASH: a link carries sixty a minute as FLASH
PATIENCE: Final = 60.0
LOW: Final = 9_600
MTU: Final = 576
QUIET: Final = (
    3.0  # seconds before each sample on the slow line, so that none rides on another's tail
)
TEXT: Final = (
    "At 09:40 UTC two lines of our southern grid tripped within the same second. We do not know why. "
    "Some 120,000 people are without power. We see no sign that anybody from your side is involved, "
    "and we ask you not to read the movement of our repair teams and generators near the border as "
    "anything else. Our operators have gone over to manual control. We shall write again within the "
    "hour, and at once if what we know changes. Please tell us whether you see anything unusual on "
    "your side of the interconnector tonight."
).ljust(500, ".")[:500]


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done."""

    waiting: int = 1_000
    flashes: int = 70  # of one round: its p99 is its worst but none
    file: int = 100_000_000
    slow: int = 10


QUICK: Final = Size(waiting=50, flashes=5, file=20_000_000, slow=3)


class Floor:
    """Aurelia's people: a program that writes, and somebody at the console who releases."""

    def __init__(self, pair: Pair, port: int) -> None:
        folder = pair.at(AURELIA)
        self._writes = client.office(folder)
        self._until_live(pair)
        body = {
            "name": RELEASER, "display": RELEASER,
            "places": [{"desk": "notices", "place": "releaser"}],
        }  # fmt: skip
        self._writes.ask("POST", "/api/v1/person", body)
        self._releases = Visitor(Console(folder, port))
        self._releases.come_in(RELEASER)
        self._csrf = csrf_of(self._releases.get("/me"))

    def _until_live(self, pair: Pair) -> None:
        node, deadline = client.node(pair.at(AURELIA)), time.monotonic() + PATIENCE
        while True:
            rows = node.ask("GET", "/v1/links")
            if rows and all(row["state"] == "LIVE" for row in rows):
                break
            assert time.monotonic() < deadline, "the link is not up"
            time.sleep(0.05)
        node.close()
        while True:
            try:
                self._writes.ask("GET", "/api/v1/log")
            except OurFault:
                assert time.monotonic() < deadline, "the office does not answer"
                time.sleep(0.05)
            else:
                return

    def routine(self, number: int) -> None:
        """Send one ROUTINE notice."""
        self._writes.ask("POST", "/api/v1/notices/send", _notice("ROUTINE", f"routine {number}"))

    def flash(self, text: str) -> str:
        """Write one FLASH and release it; return its mid."""
        found = self._writes.ask("POST", "/api/v1/notices/send", _notice("FLASH", text))
        [mid] = [each["mid"] for each in found["drafts"]]
        self._releases.post(f"/drafts/{_hex(mid)}/release", {"csrf": self._csrf})
        return str(mid)

    def wake(self) -> None:
        """Open the releaser's line anew: it was closed while nobody released."""
        self._releases.get("/me")

    def is_stored(self, mid: str) -> bool:
        """Say whether the peer's node holds it, as our office knows."""
        found = self._writes.ask("GET", f"/api/v1/record/{mid}")
        return found["level"] not in ("QUEUED", "SUBMITTED", "SENT")


def _hex(mid: str) -> str:
    # As addresses of the console have it.
    return b32decode(mid.upper() + "=" * (-len(mid) % 8)).hex()


def _notice(prec: str, text: str) -> dict[str, object]:
    value = [{"name": "text", "text": text}]
    return {"format": "N80", "to": TO, "tlp": "GREEN", "prec": prec, "value": value}


class Bulk:
    """A file that goes again and again, so that one is always under way."""

    def __init__(self, pair: Pair, size: int) -> None:
        self._folder, self._stop = pair.at(AURELIA), threading.Event()
        self._file = _attachment.make(pair.folder / "large.bin", size)
        self._bundle = canon.to_base64(json.dumps(_attachment.BUNDLE).encode())
        self.done, self.moved = 0, size
        self.fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._once()
        except BaseException as fault:  # noqa: BLE001  it is told by whoever waits
            self.fault = fault

    def _once(self) -> None:
        office = client.office(self._folder)
        mark = hand_in(office, str(self._file))
        body = {
            "file": self._bundle,
            "to": [BOREALIS],
            "about": "b",
            "tlp": "GREEN",
            "attach": [mark],
        }
        mid = office.ask("POST", "/api/v1/cert/send", body)["records"][0]["mid"]
        while not office.ask("GET", f"/api/v1/record/{mid}/files")[0]["attached"]:
            if self._stop.wait(0.25):
                break
        else:
            self.done += 1
        office.close()

    @contextmanager
    def under_way(self) -> Iterator["Bulk"]:
        """Let it go meanwhile."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()
        assert self.fault is None, self.fault


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds from writing: the event after which it was there, the page that had its band."""

    event: float
    page: float


class Officer:
    """Borealis's officer: an event stream, and at each news the page that a browser would fetch."""

    def __init__(self, visitor: Visitor, listener: Listener) -> None:
        self._visitor, self._listener = visitor, listener

    def see(self, floor: Floor, text: str) -> Seen:
        """Have a FLASH written over there, wait for its band, say to have seen it."""
        heard, start = len(self._listener.news), time.monotonic()
        thread = threading.Thread(target=floor.flash, args=(text,))
        thread.start()
        while True:
            assert time.monotonic() - start < PATIENCE, "no band came"
            if len(self._listener.news) == heard:
                time.sleep(0.001)
                continue
            news = list(self._listener.news.values())
            heard, at = len(news), news[-1]
            found = band_of(self._visitor)
            if found is not None:
                break
        shown = time.monotonic()
        thread.join()
        found()
        return Seen(at - start, shown - start)


def listen(pair: Pair, name: str) -> int:
    """Give a party a console; return its port."""
    port, file = free_port(), pair.at(name) / config.FILE_NAME
    file.write_text(f'{file.read_text()}\n[console]\nlisten = "tcp://127.0.0.1:{port}"\n')
    return port


def under_load(size: Size, runs: int) -> list[dict[str, float]]:
    """Return the figures of so many rounds over the same parties, after one to warm up."""
    pair = Pair(desks=DESKS)
    rows: list[dict[str, float]] = []
    try:
        ours, theirs = listen(pair, AURELIA), listen(pair, BOREALIS)
        for name in (AURELIA, BOREALIS):
            for half in ("node", "office"):
                pair.start(name, half)
        floor, console = Floor(pair, ours), Console(pair.at(BOREALIS), theirs)
        _report.say(f"{size.waiting} routine notices that wait")
        for number in range(size.waiting):
            floor.routine(number)
        visitor = Visitor(console)
        visitor.come_in(OPERATOR)
        with listening(console, [visitor.cookie], 1) as [listener]:
            officer = Officer(visitor, listener)
            floor.wake()
            _report.say("warm-up")
            one_round(pair, floor, officer, replace(size, flashes=min(5, size.flashes)))
            for number in range(1, runs + 1):
                rows.append(one_round(pair, floor, officer, size))
                _report.say(f"round {number}/{runs}: {json.dumps(rows[-1])}")
    finally:
        pair.stop()
    return rows


def one_round(pair: Pair, floor: Floor, officer: Officer, size: Size) -> dict[str, float]:
    """Return the figures of one round."""
    party = [pid for name in (AURELIA, BOREALIS) for pid in pair.pids(name)]
    found: list[Seen] = []
    began, before = time.monotonic(), cpu_seconds(party)
    with Bulk(pair, size.file).under_way() as bulk:
        time.sleep(EVERY)
        for number in range(size.flashes):
            end = time.monotonic() + EVERY
            found.append(officer.see(floor, f"flash {number}"))
            time.sleep(max(0.0, end - time.monotonic()))
    took = time.monotonic() - began
    pages, events = ([getattr(each, part) * 1e3 for each in found] for part in ("page", "event"))
    return {
        "flash_p50_ms": round(_report.percentile(pages, 0.5), 1),
        "flash_p99_ms": round(_report.percentile(pages, 0.99), 1),
        "flash_event_p50_ms": round(_report.percentile(events, 0.5), 1),
        "flash_event_p99_ms": round(_report.percentile(events, 0.99), 1),
        "files_done": float(bulk.done),
        "cores_used": round((cpu_seconds(party) - before) / took, 2),
    }


def on_slow_line(samples: int) -> dict[str, float]:
    """Return how long a FLASH of 500 characters takes at 9,600 bit/s, and its bytes on the wire."""
    addresses = {
        name: f"tcp://{address}:{free_port()}"
        for name, address in zip((AURELIA, BOREALIS), _lines.ADDRESSES, strict=True)
    }
    rates = [f"{name}/path-1 = {LOW}" for name in (AURELIA, BOREALIS)]
    with _lines.line(LOW, MTU) as ends:
        within = dict(zip((AURELIA, BOREALIS), ends, strict=True))
        settings = f"rates = {json.dumps(rates)}\n"
        pair = Pair(addresses, within, settings, DESKS)
        try:
            port = listen(pair, AURELIA)
            for name in (AURELIA, BOREALIS):
                for half in ("node", "office"):
                    pair.start(name, half)
            floor = Floor(pair, port)
            other = client.office(pair.at(BOREALIS))
            rows = [_slow(floor, other, ends[0]) for _ in range(samples + 1)][1:]
        finally:
            pair.stop()
    middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
    worst = max(row["flash500_s_9600"] for row in rows)
    return {**middle, "flash500_worst_s_9600": worst}


def _slow(floor: Floor, other: client.Client, end: list[str]) -> dict[str, float]:
    time.sleep(QUIET)
    before, start = _lines.carried(end), time.monotonic()
    mid = floor.flash(TEXT)
    arrived = stored = 0.0
    while not (arrived and stored):
        assert time.monotonic() - start < PATIENCE, "it did not arrive"
        if not arrived and any(row["mid"] == mid for row in _listed(other)):
            arrived = time.monotonic() - start
        if not stored and floor.is_stored(mid):
            stored = time.monotonic() - start
            after = _lines.carried(end)
        time.sleep(0.02)
    found = {
        "flash500_s_9600": round(arrived, 2),
        "flash500_stored_s_9600": round(stored, 2),
        "flash_wire_bytes": float(sum(after) - sum(before)),
        "flash_wire_bytes_out": float(after[0] - before[0]),
    }
    _report.say(json.dumps(found))
    return found


def _listed(other: client.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = other.ask("GET", "/api/v1/notices/list", query={"count": 500})[
        "rows"
    ]
    return found


def main() -> None:
    """Measure; print one JSON object."""
    asked = _report.options(__doc__ or "")
    size = QUICK if asked.quick else Size()
    if asked.count:
        size = replace(size, flashes=asked.count)
    slow = on_slow_line(size.slow) if _lines.may() else {}
    rows = under_load(size, 1 if asked.quick else asked.runs)
    print(json.dumps(_report.summary("watch", [{**row, **slow} for row in rows], None)))


if __name__ == "__main__":
    main()
