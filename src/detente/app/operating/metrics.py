"""Metrics of a running node as text for Prometheus. Names, sizes and times; no text, no secret.

The format is a page long and so is the writer (ADR 0024). Source: docs/operate/metrics.md; the text
format of Prometheus, version 0.0.4.
"""

import shutil
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Final

from detente import __version__
from detente.app import build, system
from detente.app.config import Config
from detente.app.http import HttpServer, Reply, Request
from detente.app.listening import Port
from detente.app.log import Log
from detente.app.loop import Loop
from detente.app.node.admin import Routes
from detente.app.node.ground import Ground
from detente.app.node.meter import Sample
from detente.app.operating import backup
from detente.core.errors import OurFault

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
STATES: Final = ("DOWN", "RECONCILE", "LIVE", "PEER_READ_ONLY", "RECOVER", "HALTED", "DISPUTED")

# name: type and help. Every name stands in docs/operate/metrics.md.
METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "detente_info": ("gauge", "1; the version is a label"),
    "detente_up": ("gauge", "1 while the node can store, 0 after a fault of its disk"),
    "detente_restored": ("gauge", "1 while the node was restored and may not append"),
    "detente_log_records": ("gauge", "records in a log, by its owner"),
    "detente_home_records": ("gauge", "records in the home log"),
    "detente_log_receipted_records": ("gauge", "records of a log that are receipted"),
    "detente_log_confirmed_records": ("gauge", "records of a log under all four lines"),
    "detente_link_waiting_records": ("gauge", "records that wait for a link"),
    "detente_link_waiting_seconds": ("gauge", "how long the oldest record waits for a link"),
    "detente_link_state": ("gauge", "1 for the state that a link is in, 0 for the others"),
    "detente_link_state_seconds": ("gauge", "since when a link is in its state"),
    "detente_link_clock_ahead_seconds": ("gauge", "how far the clock of the peer is ahead"),
    "detente_link_heard_timestamp_seconds": ("gauge", "when the newest bytes came over a link"),
    "detente_link_received_bytes_total": ("counter", "bytes that came over a link"),
    "detente_link_sent_bytes_total": ("counter", "bytes that went over a link"),
    "detente_receipt_seconds": ("histogram", "from logged here to receipted by the peer"),
    "detente_store_commits_total": ("counter", "transactions made durable since the start"),
    "detente_store_wal_bytes": ("gauge", "size of the WAL beside the node's store"),
    "detente_disk_free_bytes": ("gauge", "free bytes of the disk that holds the party"),
    "detente_disk_size_bytes": ("gauge", "size of that disk"),
    "detente_backup_timestamp_seconds": ("gauge", "when the newest backup was made; 0 for never"),
    "detente_faults": ("gauge", "what stands in the way now, as detente doctor tells it"),
}


def port(address: build.Address, loop: Loop, answer: Callable[[Request], Reply], log: Log) -> Port:
    """Return the port on which metrics are answered, for the turns of a loop."""

    def serve(listener: socket.socket) -> None:
        # Whoever is on this machine may ask: the page holds no secret.
        HttpServer(loop, listener, lambda _: 0, frozenset({0}), answer)

    return Port(address, serve, "the port for metrics", log)


def samples(ground: Ground) -> Iterator[Sample]:
    """Yield every sample of a node now."""
    node, store, meter = ground.node, ground.parts.store, ground.meter
    none: Mapping[str, str] = {}
    yield "detente_info", {"version": __version__}, 1
    yield "detente_up", none, node.read_only is None
    yield "detente_restored", none, node.restored
    yield "detente_store_commits_total", none, store.commits
    yield "detente_store_wal_bytes", none, store.wal_size
    disk = shutil.disk_usage(ground.folder)
    yield "detente_disk_free_bytes", none, disk.free
    yield "detente_disk_size_bytes", none, disk.total
    last = backup.last(ground.settings.folder)
    yield "detente_backup_timestamp_seconds", none, last.ms / 1000 if last else 0
    yield "detente_faults", none, len(ground.faults)
    work = node.at_work()
    now, clocks = system.now(), node.clocks()
    waiting = {} if node.read_only else node.oldest_waiting()
    yield "detente_home_records", none, node.levels()[0].size
    for level in (each for _, *pair in work for each in pair):
        about = {"peer": level.peer, "owner": level.owner}
        yield "detente_log_records", about, level.size
        yield "detente_log_receipted_records", about, level.receipted
        yield "detente_log_confirmed_records", about, level.confirmed
    for link_id, level, _ in work:
        peer = {"peer": level.peer}
        since = waiting.get(link_id)
        yield "detente_link_waiting_records", peer, level.waiting
        yield "detente_link_waiting_seconds", peer, (now - since).ms / 1000 if since else 0
        for state in STATES:
            yield "detente_link_state", {**peer, "state": state}, level.state == state
        if level.since.ms:
            yield "detente_link_state_seconds", peer, (now - level.since).ms / 1000
        if link_id in clocks:
            yield "detente_link_clock_ahead_seconds", peer, clocks[link_id] / 1000
        if link_id in meter.heard_at:
            yield "detente_link_heard_timestamp_seconds", peer, meter.heard_at[link_id].ms / 1000
        yield "detente_link_received_bytes_total", peer, meter.received.get(link_id, 0)
        yield "detente_link_sent_bytes_total", peer, meter.sent.get(link_id, 0)
        yield from meter.latency(link_id).samples("detente_receipt_seconds", peer)


def render(found: Sequence[Sample]) -> str:
    """Return samples of a node in the text format."""
    return render_of(METRICS, found)


def render_of(metrics: Mapping[str, tuple[str, str]], found: Sequence[Sample]) -> str:
    """Return samples in the text format: each metric with its help and type, then its samples."""
    rows: list[str] = []
    for name, (kind, about) in metrics.items():
        own = [each for each in found if _is_of(each[0], name, kind)]
        if own:
            rows += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
            rows += [f"{each}{_labels(labels)} {_number(value)}" for each, labels, value in own]
    return "\n".join(rows) + "\n"


def _is_of(sample: str, name: str, kind: str) -> bool:
    if kind == "histogram":
        return sample in {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return sample == name


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def metrics(ground: Ground, _request: Request) -> Reply:
    """Return every metric as text."""
    text = render(list(samples(ground)))
    return Reply(data=text.encode(), content_type=CONTENT_TYPE)


ROUTES: Final[Routes] = {("GET", ("metrics",)): metrics}


def address(settings: Config, setting: str = "metrics.listen") -> build.Address | None:
    """Return where Prometheus may ask, None for nowhere. Raises OurFault("config.bad")."""
    told = settings.text(setting)
    if not told:
        return None
    found = build.parse_address(told)
    if not ip_address(found.host).is_loopback:
        raise OurFault(
            "config.bad",
            f"{setting} is {told[:80]!r}, which others can reach",
            "write tcp://127.0.0.1:PORT; put a proxy that asks for a password before it",
        )
    return found


def only_metrics(ground: Ground, request: Request) -> Reply:
    """Answer on the port for metrics: this page and no other. Raises OurFault("http.no_page")."""
    if (request.method, request.path) != ("GET", ("metrics",)):
        raise OurFault("http.no_page", "/".join(request.path), "GET /metrics")
    return metrics(ground, request)
