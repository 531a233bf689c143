"""A slow line between two parties: two network namespaces and a bucket of tokens each way."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESSES = ("10.77.9.1", "10.77.9.2")
QUEUE_MS = 2_000  # of the line: what a modem or a router would hold


def may() -> bool:
    """Say whether this user may make namespaces."""
    return os.geteuid() == 0 and bool(shutil.which("ip") and shutil.which("tc"))


@contextmanager
def line(bits: int, mtu: int) -> Iterator[tuple[list[str], list[str]]]:
    """Make the line; give the commands that run something at its two ends."""
    names = [f"dtn-{os.getpid()}-{end}" for end in "ab"]
    try:
        for name in names:
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        ends = [f"dt{os.getpid() % 10**6}{end}" for end in "ab"]
        _run(
            "ip", "link", "add", ends[0], "netns", names[0], "type", "veth",
            "peer", "name", ends[1], "netns", names[1],
        )  # fmt: skip
        for name, end, address in zip(names, ends, ADDRESSES, strict=True):
            _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", end)
            _run("ip", "-n", name, "link", "set", end, "mtu", str(mtu), "up")
            # Without this veth hands over 64 KiB at once, more than such a bucket holds.
            within = ["ip", "netns", "exec", name]
            if shutil.which("ethtool"):
                _run(*within, "ethtool", "-K", end, "tso", "off", "gso", "off", "gro", "off")
            else:
                _run("ip", "-n", name, "link", "set", end, "gso_max_segs", "1")
            _run(
                "tc", "-n", name, "qdisc", "add", "dev", end, "root", "tbf", "rate", f"{bits}bit",
                "burst", str(2 * mtu), "latency", f"{QUEUE_MS}ms",
            )  # fmt: skip
        yield ["ip", "netns", "exec", names[0]], ["ip", "netns", "exec", names[1]]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def carried(within: list[str]) -> tuple[int, int]:
    """Return the bytes that left and came at one end so far, with the heads of IP and of the line."""
    found = subprocess.run(
        [*within, "ip", "-json", "-stats", "link"], check=True, capture_output=True
    )
    [row] = [each for each in json.loads(found.stdout) if each["ifname"] != "lo"]
    return row["stats64"]["tx"]["bytes"], row["stats64"]["rx"]["bytes"]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
