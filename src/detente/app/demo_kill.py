"""The last step of the demo: 1,000 records, and the other node killed in the middle of them."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

from detente.app import system
from detente.app.client import Client
from detente.app.demo_show import Told, command
from detente.app.demo_stage import Party, Stage, need
from detente.app.face import say
from detente.app.loop import clock
from detente.core import canon
from detente.core.errors import OurFault
from detente.core.moment import Moment

COUNT: Final = 1_000
KILL_AFTER: Final = 400
ALL_STORED: Final = 60.0  # seconds; it takes a few
SAMPLE: Final = "small.json"
_SHOWN_EVERY: Final = 20


def _bundle(number: int) -> bytes:
    # One indicator: an address of a net kept for documents (RFC 5737).
    member = f"{number:08x}-0000-4000-8000-000000000000"
    stamp = "2026-03-01T10:00:00.000Z"
    indicator = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{member}",
        "created": stamp,
        "modified": stamp,
        "indicator_types": ["malicious-activity"],
        "pattern": f"[ipv4-addr:value = '198.51.100.{number % 256}']",
        "pattern_type": "stix",
        "valid_from": stamp,
    }
    return json.dumps(
        {"type": "bundle", "id": f"bundle--{member}", "objects": [indicator]}
    ).encode()


def kill(stage: Stage, progress: Callable[[str], None]) -> Told:
    """Send 1,000 records, kill Borealis's node after 400, and count what arrived."""
    sender, receiver = stage.aurelia, stage.borealis
    (stage.folder / SAMPLE).write_bytes(_bundle(0))
    first = sender.link()["sent"]
    pid = receiver.pid("node")
    mids: list[str] = []
    killed_at = Moment(0)
    start = clock()
    for number in range(COUNT):
        if number == KILL_AFTER:
            os.kill(pid, signal.SIGKILL)
            killed_at = system.now()
        mids.append(_send(sender.office, receiver.name, number))
        if number % _SHOWN_EVERY == 0:
            progress(say("demo.kill_sent", count=f"{number:,}", of=f"{COUNT:,}"))
    sent_after = clock() - start
    progress(say("demo.kill_wait"))
    stage.until("all are STORED", lambda: sender.link()["stored"] >= first + COUNT, ALL_STORED)
    took = clock() - start
    row = sender.link()
    away = (Moment.parse(row["since"]) - killed_at).ms
    need(row["state"] == "LIVE" and away > 0, "the link was not connected anew")
    need(receiver.pid("node") != pid, "the node was not started anew")
    size = stage.until("Borealis's office read all", lambda: _arrived(stage, first, mids))
    rate = round(COUNT / sent_after)
    return Told(
        say(
            "demo.kill", count=f"{COUNT:,}", after=KILL_AFTER, away=f"{away / 1000:.1f}", pid=pid,
            rate=rate,
        ),
        [
            f"for i in $(seq {COUNT}); do {_typed(sender, receiver)}; done &",
            f"kill -9 $(cat {receiver.short}/node/lock)",
            command("detente", "link", "list", "--at", sender.short),
        ],
        {
            "sent": COUNT, "killed_after": KILL_AFTER, "killed_pid": pid, "arrived": size,
            "once": True, "in_order": True, "down_ms": away, "sends_a_second": rate,
            "all_stored_ms": round(took * 1000),
        },
    )  # fmt: skip


def _typed(sender: Party, receiver: Party) -> str:
    told = command("detente", "cert", "send", SAMPLE, "--to", receiver.name, "--at", sender.short)
    return f'{told} --about "$i" --quiet'


def _send(office: Client, to: str, number: int) -> str:
    values = {"file": canon.to_base64(_bundle(number)), "to": [to], "about": f"{number + 1}"}
    found = office.ask("POST", "/api/v1/cert/send", values)
    return str(found["records"][0]["mid"])


def _arrived(stage: Stage, first: int, mids: list[str]) -> int:
    """Return how many of ours stand in the log as Borealis holds it; 0 while some are missing.

    Raises OurFault("demo.failed") unless they stand in the order sent, and each place of the log
    is another record's: then none stands there twice.
    """
    address = f"cert@{stage.aurelia.name}"
    try:
        size = stage.borealis.link()["received"]
        rows = [row for row in _records(stage.borealis) if row["from"] == address]
    except OurFault as fault:
        if fault.code in ("run.not_running", "hatch.closed"):
            return 0  # what we knew was the dead one; the next question finds the new
        raise
    places = {row["mid"]: row["place"] for row in rows if row["place"] >= first}
    ours = [places[mid] for mid in mids if mid in places]
    if len(ours) < COUNT or size != first + len(places):
        return 0
    need(all(a < b for a, b in pairwise(ours)), "they are not in the order sent")
    need(
        sorted(places.values()) == list(range(first, first + len(places))), "a record stands twice"
    )
    return len(ours)


def _records(party: Party) -> Iterator[dict[str, Any]]:
    after: dict[str, object] = {}
    while True:
        rows = party.office.ask("GET", "/api/v1/record", query=after)
        if not rows:
            return
        yield from rows
        after = {"after": rows[-1]["mid"]}
