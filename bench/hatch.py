"""A record through the hatch: a socket of this machine, and a line under TLS to the same node.

See docs/bench.md. The node is one that listens for offices elsewhere: it checks every signature.
"""

import json

from bench import _report
from bench._parties import AURELIA, BOREALIS, Pair, free_port
from bench.link import Sender, latency, nodes_alone
from detente.app import allowed, build, build_keys, config, halves, system
from detente.app.loop import Loop
from detente.app.process.reach import Remote


def _remote(pair: Pair, address: str) -> build.HatchClient:
    found = pair.settings(AURELIA)
    settings = config.Config(found.folder, {**found.values, "office.node": address})
    loop, found_there = Loop(), []
    reach = Remote(settings, b"bench", loop)

    def tick() -> float:
        hatch = reach.hatch()
        if hatch is not None:
            found_there.append(hatch)
            loop.running = False
        return 0.1

    loop.run(tick)
    return found_there[0]


def measure(count: int, singles: int) -> dict[str, float]:
    """Return the figures of one run: one way, then the other."""
    pair = Pair()
    try:
        settings, address = pair.settings(AURELIA), f"tcp://127.0.0.1:{free_port()}"
        file = settings.folder / config.FILE_NAME
        file.write_text(f'{file.read_text()}\n[node]\nhatch_listen = "{address}"\n')
        node = build_keys.make_hatch_key(settings, "node", b"bench", fresh=False)
        office = build_keys.make_hatch_key(settings, "office", b"bench", fresh=False)
        halves.keep_node(settings.folder, node)
        for name in (AURELIA, BOREALIS):
            pair.start(name, "node")
        figures: dict[str, float] = {}
        for way in ("local", "remote"):
            hatch = None
            if way == "remote":
                allowed.allow(settings.folder, office, ("cert",), system.now())
                hatch = _remote(pair, address)
            sender = Sender(pair, hatch)
            sender.wait_live()
            first = 10_000_000 * (1 + (way == "remote"))
            found = latency(sender, singles, first)
            found |= nodes_alone(sender, count, first + singles)
            figures |= {f"{way}_{key}": each for key, each in found.items()}
            sender.hatch.close()
        return figures
    finally:
        pair.stop()


def main() -> None:
    """Print one JSON object."""
    asked = _report.options(__doc__ or "")
    count = asked.count or (2_000 if asked.quick else 10_000)
    rows = _report.repeat(1 if asked.quick else asked.runs, lambda: measure(count, 300))
    print(json.dumps(_report.summary("hatch", rows, None)))


if __name__ == "__main__":
    main()
