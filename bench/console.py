"""The console of one party: a page with 10,000 open items, 200 event streams, a FLASH on a screen.

See docs/bench.md. Nodes and offices are processes; the bench is the people at their browsers, and
Aurelia's office for as long as the many records are sent.
"""

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Final

from bench import _report
from bench._console import Console, Listener, Visitor
from bench._parties import AURELIA, BOREALIS, Pair, free_port
from bench._screen import SAMPLE, screen, send
from bench.link import Sender, letter, send_window
from detente.app import client, config, system
from detente.core import canon

OPERATOR: Final = "operator"
STREAMS: Final = 200
STREAMS_EACH: Final = 8  # of one person: half of what a session may have
SPARES: Final = 5  # people at a desk beside the operator, by a new party's card; more only audit
IDLE_SECONDS: Final = 5
DESK: Final = f"cert@{BOREALIS}"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done."""

    items: int = 10_000
    pages: int = 500
    flashes: int = 50
    streams: int = STREAMS
    news: int = 20


QUICK: Final = Size(items=500, pages=50, flashes=5, streams=40, news=5)


def fill(pair: Pair, count: int) -> dict[str, float]:
    """Send records to Borealis until so many wait there, each in a matter of its own.

    Return what it took: seconds until all are folded on both sides, and of Borealis's office the
    milliseconds of a core for each.
    """
    _report.say(f"{count} records that wait")
    sender, office = Sender(pair), pair.pids(BOREALIS)[1:]
    try:
        sender.wait_live()
        start, before = time.monotonic(), cpu_seconds(office)

        def post(start: int, end: int) -> None:
            now = system.now()
            written = [sender.office.write(letter(number), "s-01") for number in range(start, end)]
            answers = sender.hatch.submit([each.envelope for each in written], now)
            assert not any(each.code for each in answers), answers[0]

        send_window(sender, count, post, sender.wait_news)
        sender.wait_delivered()
        spent = (cpu_seconds(office) - before) / count * 1e3
        return {"fill_s": round(time.monotonic() - start, 1), "fold_cpu_ms": round(spent, 2)}
    finally:
        sender.hatch.close()


def pages(visitor: Visitor, path: str, count: int) -> dict[str, float]:
    """Ask for a page so often; return times as whoever asks has them, ms."""
    times = []
    visitor.get(path)  # the line may have been closed
    for _ in range(count):
        start = time.perf_counter()
        visitor.get(path)
        times.append((time.perf_counter() - start) * 1e3)
    return {
        "p50_ms": round(_report.percentile(times, 0.5), 2),
        "p99_ms": round(_report.percentile(times, 0.99), 2),
    }


def opened(visitor: Visitor) -> str:
    """Return where the many that wait stand each by itself: the list folds them into one line."""
    way = re.search(r'href="(/attention\?crowd=[^"]+)"', visitor.get("/attention"))
    return unescape(way[1]) if way else "/attention"


def flashes(pair: Pair, console: Console, visitor: Visitor, count: int) -> dict[str, float]:
    """Send so many FLASH by Aurelia's command line; return when they stood on Borealis's screen."""
    began, ended, painted = [], [], []
    with screen(console, visitor) as shown:
        _report.say(f"FLASH, {count} times; the screen: {shown.name}")
        for number in range(count + 1):
            sent: list[float] = []

            def act(number: int = number, sent: list[float] = sent) -> None:
                found = send(pair.at(AURELIA), DESK, f"flash {number}")
                sent.extend((found.began, found.ended))

            thread = threading.Thread(target=act)
            thread.start()
            seen = shown.wait()
            thread.join()
            if number:  # the first one warms up
                began.append((seen.there - sent[0]) * 1e3)
                ended.append((seen.there - sent[1]) * 1e3)
                painted.append((seen.painted - sent[0]) * 1e3)
        browser = shown.name == "chromium"
    rows = {"flash_to_screen": began, "flash_from_exit": ended}
    rows |= {"flash_painted": painted} if browser else {}
    return {"flash_in_browser": float(browser)} | {
        f"{name}_p{part}_ms": round(_report.percentile(times, part / 100), 1)
        for name, times in rows.items() for part in (50, 99)
    }  # fmt: skip


@contextmanager
def listening(console: Console, cookies: list[str], count: int) -> Iterator[list[Listener]]:
    """Hold so many event streams open in a thread of their own."""
    loop, found = asyncio.new_event_loop(), [Listener() for _ in range(count)]
    tls = console.tls()

    async def everybody() -> None:
        async with asyncio.TaskGroup() as group:
            for number, each in enumerate(found):
                cookie = cookies[number // STREAMS_EACH]
                group.create_task(each.listen(console, tls, cookie))

    task = loop.create_task(everybody())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        _wait(lambda: all(each.open for each in found), "every stream is open", thread)
        yield found
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _wait(is_so: object, what: str, thread: threading.Thread) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + 60
    while not is_so():
        assert thread.is_alive(), f"a stream broke before: {what}"
        assert time.monotonic() < deadline, f"it never came true: {what}"
        time.sleep(0.01)


def news(pair: Pair, listeners: list[Listener], count: int) -> dict[str, float]:
    """Let records come one by one; return by when each stream heard that something is new, ms.

    The clock starts before the peer's office is asked for the act.
    """
    times = []
    asked = client.office(pair.at(AURELIA))
    body = {
        "file": canon.to_base64(SAMPLE.read_bytes()),
        "to": [DESK],
        "tlp": "GREEN",
        "prec": "ROUTINE",
    }
    for number in range(count):
        time.sleep(1.2)  # what the last one still changed has been told
        before = [len(each.news) for each in listeners]
        start = time.monotonic()
        asked.ask("POST", "/api/v1/cert/send", {**body, "about": f"news {number}"})
        deadline = start + 30
        while any(len(each.news) == was for each, was in zip(listeners, before, strict=True)):
            assert time.monotonic() < deadline, "a stream heard nothing"
            time.sleep(0.01)
        for each, was in zip(listeners, before, strict=True):
            heard = list(each.news.values())[was]
            times.append((heard - start) * 1e3)
    asked.close()
    return {
        "delivery_p50_ms": round(_report.percentile(times, 0.5), 1),
        "delivery_p99_ms": round(_report.percentile(times, 0.99), 1),
        "delivery_max_ms": round(max(times), 1),
    }


def people(pair: Pair, console: Console, count: int) -> list[str]:
    """Make so many people and let them in; return their cookies."""
    _report.say(f"{count} people come in")
    asked = client.office(pair.at(BOREALIS))
    cookies = []
    for number in range(count):
        name = f"reader{number}"
        body: dict[str, object] = {"name": name, "display": name}
        body |= (
            {"places": [{"desk": "cert", "place": "reader"}]}
            if number < SPARES
            else {"house": ["auditor"]}
        )
        asked.ask("POST", "/api/v1/person", body)
        visitor = Visitor(console)
        visitor.come_in(name)
        cookies.append(visitor.cookie)
    asked.close()
    return cookies


def cpu_seconds(pids: list[int]) -> float:
    """Return the seconds of a core that processes took since they began."""
    import os  # noqa: PLC0415

    total = 0
    for pid in pids:
        rows = open(f"/proc/{pid}/stat").read().rpartition(") ")[2].split()  # noqa: SIM115, PTH123
        total += int(rows[11]) + int(rows[12])
    return total / os.sysconf("SC_CLK_TCK")


def stand(pair: Pair, port: int) -> None:
    """Write the settings of both parties; start both nodes and Borealis's office."""
    file = pair.at(BOREALIS) / config.FILE_NAME
    file.write_text(f'{file.read_text()}\n[console]\nlisten = "tcp://127.0.0.1:{port}"\n')
    file = pair.at(AURELIA) / config.FILE_NAME
    file.write_text(f"{file.read_text()}\n[office]\nunreleased = true\n")
    pair.start(AURELIA, "node")
    for half in ("node", "office"):
        pair.start(BOREALIS, half, pair.folder / f"{half}.log")


def measure(size: Size, runs: int) -> list[dict[str, float]]:
    """Return the figures of so many rounds over the same parties, after one to warm up."""
    pair, port = Pair(), free_port()
    rows: list[dict[str, float]] = []
    try:
        stand(pair, port)
        filled = fill(pair, size.items)
        pair.start(AURELIA, "office")
        console = Console(pair.at(BOREALIS), port)
        visitor = Visitor(console)
        visitor.come_in(OPERATOR)
        filled["rss_before_mb"] = round(_report.pss_mb(pair.pids(BOREALIS)), 1)
        cookies = people(pair, console, -(-size.streams // STREAMS_EACH))
        _report.say("warm-up")
        one_round(pair, console, visitor, cookies, replace(size, pages=20, flashes=3, news=2))
        for number in range(1, runs + 1):
            rows.append(filled | one_round(pair, console, visitor, cookies, size))
            _report.say(f"round {number}/{runs}: {json.dumps(rows[-1])}")
    finally:
        pair.stop()
    return rows


def one_round(
    pair: Pair, console: Console, visitor: Visitor, cookies: list[str], size: Size
) -> dict[str, float]:
    """Return the figures of one round."""
    party = pair.pids(BOREALIS)
    figures: dict[str, float] = {}
    before = cpu_seconds(party[1:])
    found = pages(visitor, opened(visitor), size.pages)
    figures["attention_cpu_ms"] = round((cpu_seconds(party[1:]) - before) / size.pages * 1e3, 2)
    figures |= {f"attention_{key}": each for key, each in found.items()}
    figures |= flashes(pair, console, visitor, size.flashes)
    figures["streams"] = float(size.streams)
    figures["rss_no_streams_mb"] = round(_report.pss_mb(party), 1)
    with listening(console, cookies, size.streams) as listeners:
        before = cpu_seconds(party[1:])
        time.sleep(IDLE_SECONDS)
        idle = (cpu_seconds(party[1:]) - before) / IDLE_SECONDS
        figures["streams_idle_core"] = round(idle, 3)
        before = cpu_seconds(party[1:])
        figures |= news(pair, listeners, size.news)
        spent = cpu_seconds(party[1:]) - before
        figures["news_cpu_ms"] = round(spent / size.news * 1e3, 1)
        figures["rss_mb"] = round(_report.pss_mb(party), 1)
        figures["office_rss_mb"] = round(_report.pss_mb(party[1:]), 1)
    return figures


def main() -> None:
    """Measure; print one JSON object."""
    asked = _report.options(__doc__ or "")
    size = QUICK if asked.quick else Size()
    if asked.count:
        size = replace(size, items=asked.count)
    rows = measure(size, 1 if asked.quick else asked.runs)
    print(json.dumps(_report.summary("console", rows, None)))


if __name__ == "__main__":
    main()
