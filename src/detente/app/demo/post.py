"""Many small records in the demo: made, sent one after another, and counted at the other side."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from detente.app.client import Client
from detente.app.demo.show import command
from detente.app.demo.stage import AWAY, Party, Stage, need
from detente.core import canon
from detente.core.errors import OurFault

SAMPLE: Final = "small.json"


def bundle(number: int) -> bytes:
    """Return a bundle with one indicator: an address of a net kept for documents (RFC 5737)."""
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


def keep_sample(stage: Stage) -> None:
    """Lay one such bundle into the folder, for whoever types the command."""
    (stage.folder / SAMPLE).write_bytes(bundle(0))


def typed(sender: Party, receiver: Party, *more: str) -> str:
    """Return the command that sends one of them."""
    return command(
        "detente", "cert", "send", SAMPLE, "--to", receiver.name, *more, "--at", sender.short
    )


def in_a_loop(sender: Party, receiver: Party, count: int) -> str:
    """Return the command that sends many of them."""
    return f'for i in $(seq {count}); do {typed(sender, receiver)} --about "$i" --quiet; done &'


def send(office: Client, to: str, number: int, **more: object) -> str:
    """Send one; return its mid."""
    values = {"file": canon.to_base64(bundle(number)), "to": [to], "about": f"{number + 1}", **more}
    found = office.ask("POST", "/api/v1/cert/send", values)
    return str(found["records"][0]["mid"])


@dataclass(frozen=True, slots=True)
class Mark:
    """Where counting begins: what the receiver had, and then the size of the sender's log."""

    sender: Party
    receiver: Party
    known: frozenset[str]
    first: int


def mark(sender: Party, receiver: Party) -> Mark:
    """Begin to count what goes from one party to the other."""
    known = frozenset(
        _places(sender, receiver)
    )  # first: what is logged meanwhile is below the size
    return Mark(sender, receiver, known, sender.link()["sent"])


def arrived(since: Mark, mids: Sequence[str]) -> int:
    """Return how many of `mids`, all sent since the mark, the receiver holds; 0 while some lack.

    Raises OurFault("demo.failed") unless they stand in the order sent, and each place of the log
    is another record's: then none stands there twice.
    """
    try:
        size = since.receiver.link()["received"]
        found = _places(since.sender, since.receiver)
    except OurFault as fault:
        if fault.code in AWAY:
            return 0  # what we knew was the dead one; the next question finds the new
        raise
    places = {
        mid: place
        for mid, place in found.items()
        if mid not in since.known and place >= since.first
    }
    ours = [places[mid] for mid in mids if mid in places]
    if len(ours) < len(mids) or size != since.first + len(places):
        return 0
    need(all(a < b for a, b in pairwise(ours)), "they are not in the order sent")
    need(sorted(places.values()) == [*range(since.first, size)], "a record stands twice")
    return len(ours)


def _places(sender: Party, receiver: Party) -> dict[str, int]:
    address = f"cert@{sender.name}"
    return {row["mid"]: row["place"] for row in _records(receiver) if row["from"] == address}


def _records(party: Party) -> Iterator[dict[str, Any]]:
    after: dict[str, object] = {}
    while True:
        rows = party.office.ask("GET", "/api/v1/record", query=after)
        if not rows:
            return
        yield from rows
        after = {"after": rows[-1]["mid"]}
