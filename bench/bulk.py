"""An attachment against bare TLS, and how long a FLASH takes behind bulk. See docs/bench.md.

The slow lines are made with network namespaces; where that is not allowed their figures are missing.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace

from bench import _attachment, _lines, _report
from bench._parties import AURELIA, BOREALIS, Pair, free_port
from bench.link import Sender, letter
from detente.app import system
from detente.desks.cert.kinds import BUNDLE
from detente.office import enclosed
from detente.office.writing import Letter

MBIT, LOW = 1_000_000, 9_600
BULK = 100_000  # bytes of a ROUTINE record
FLASH = 300  # characters
PAUSE = 2.0  # seconds between two FLASH, so that each meets bulk that is under way again
QUICK_SIZE = 20_000_000
PIECE = 2**20


def flash() -> Letter:
    """Return one FLASH. An answer needs no second person, and weighs what a warning weighs."""
    return Letter(
        kind="ack.action", desk="cert", to=(f"cert@{BOREALIS}",),
        text=json.dumps({"text": "x" * FLASH}).encode(), created=system.now(),
        matter=os.urandom(16).hex(), prec="FLASH", tlp="GREEN", reply_to=bytes(32),
    )  # fmt: skip


class Records:
    """Bulk of ROUTINE records, which wait at the node."""

    def __init__(self, sender: Sender, bits: int) -> None:
        self._sender, self._made = sender, 0
        self._deep = max(2, bits * 6 // (8 * BULK))  # six seconds of the line

    def fill(self) -> None:
        """Hand in so many that the line has enough to do until the next look."""
        own = next(x for x in self._sender.hatch.levels() if x.peer and x.owner == AURELIA)
        for _ in range(own.size - own.receipted + own.waiting, self._deep):
            written = self._sender.office.write(letter(5_000_000 + self._made, BULK), "s-01")
            self._sender.hatch.submit([written.envelope], system.now())
            self._made += 1


class File:
    """Bulk of one attachment, which the line carries longer than the bench lasts."""

    def __init__(self, sender: Sender, _bits: int) -> None:
        files, size = sender.office.files, _attachment.SIZE
        handle, done = files.begin("bulk.bin", size, system.now()), 0
        while done < size:
            done = files.add(handle, os.urandom(min(PIECE, size - done)), system.now())
        plain = letter(1)
        assert plain.body is not None
        body = plain.body.with_(files=files.finish([handle], system.now()))
        named = replace(plain, body=body, text=BUNDLE.write(body), att=enclosed.attachments(body))
        [answer] = sender.hatch.submit([sender.office.write(named, "s-01").envelope], system.now())
        assert not answer.code, answer
        self._sender, self._aid = sender, body.parts("files")[0].data("aid")

    def fill(self) -> None:
        """See that it is still on its way."""
        [state] = self._sender.hatch.blob_states([self._aid])
        assert state.sent is not None, "the line was done before the bench"


Load = Callable[[Sender, int], Records | File]


def _stored_after(sender: Sender) -> float:
    written = sender.office.write(flash(), "s-01")
    start = time.perf_counter()
    answer = sender.hatch.submit([written.envelope], system.now())[0]
    assert not answer.code, answer
    place = next(x.size for x in sender.hatch.levels() if x.peer and x.owner == AURELIA)
    while sender.receipted() < place:
        sender.wait_news()
    return time.perf_counter() - start


def on_line(bits: int, mtu: int, samples: int, make: Load | None) -> list[float]:
    """Return the seconds from submit to STORED of each sample, behind this load if any."""
    addresses = {
        name: f"tcp://{address}:{free_port()}"
        for name, address in zip((AURELIA, BOREALIS), _lines.ADDRESSES, strict=True)
    }
    rates = [f"{name}/path-1 = {bits}" for name in (AURELIA, BOREALIS)]
    settings = f"rates = {json.dumps(rates)}\n"
    with _lines.line(bits, mtu) as ends:
        within = dict(zip((AURELIA, BOREALIS), ends, strict=True))
        pair = Pair(addresses, within, settings)
        try:
            for name in (AURELIA, BOREALIS):
                pair.start(name, "node")
            sender = Sender(pair)
            sender.wait_live()
            load = make(sender, bits) if make else None
            found = []
            for number in range(samples):
                end = time.monotonic() + PAUSE
                while load is not None and time.monotonic() < end:
                    load.fill()
                    time.sleep(0.05)
                found.append(_stored_after(sender))
                _report.say(f"{bits} bit/s {number + 1}/{samples}: {found[-1]:.3f} s")
            return found
        finally:
            pair.stop()


def on_lines(samples: int) -> dict[str, float]:
    """Return how long a FLASH took on the slow lines: behind a file, behind records, and alone."""
    file = on_line(MBIT, 1_500, samples, File)
    records = on_line(MBIT, 1_500, samples, Records)
    low = on_line(LOW, 576, samples, None)
    found = {
        "flash_s_1mbit": max(file),
        "flash_p50_s_1mbit": _report.percentile(file, 0.5),
        "flash_p99_s_1mbit": _report.percentile(file, 0.99),
        "flash_s_1mbit_records": max(records),
        "flash_s_9600": _report.percentile(low, 0.5),
        "flash_p99_s_9600": _report.percentile(low, 0.99),
    }
    return {key: round(value, 3) for key, value in found.items()}


def main() -> None:
    """Measure; print one JSON object."""
    asked = _report.options(__doc__ or "")
    samples = asked.count or (3 if asked.quick else 20)
    runs = 1 if asked.quick else asked.runs
    ours = _attachment.Ours(QUICK_SIZE if asked.quick else _attachment.SIZE)
    try:
        rows = _report.repeat(runs, lambda: _attachment.both(ours))
    finally:
        ours.pair.stop()
    # A line's figure is of all its samples: one run says it.
    lines = on_lines(samples) if _lines.may() else {}
    peer = {"what": "one TLS 1.3 connection of the same library, disk to disk, one fsync"}
    found = _report.summary("bulk", [{**row, **lines} for row in rows], peer)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
