"""Ports for parties under test, each given once on this machine while its taker lives.

A port that the system names free is free for a moment only: the next dialler may get it as its own
end. So these lie below the range from which systems serve diallers, and a name that only one process
can hold says who took which.
"""

import os
import socket
from contextlib import suppress
from typing import Final

FIRST: Final = 20_000
LAST: Final = 32_767  # the range for diallers begins above, on Linux as it comes
_HELD: Final[dict[int, socket.socket]] = {}


def free_port() -> int:
    """Return a port of 127.0.0.1 where nobody listens and which no other test will be given."""
    count = LAST - FIRST + 1
    start = os.getpid() * 251  # processes that run side by side begin apart
    for place in range(count):
        port = FIRST + (start + len(_HELD) + place) % count
        if port not in _HELD and _take(port):
            return port
    raise AssertionError("no port is free")


def _take(port: int) -> bool:
    held = socket.socket(socket.AF_UNIX)
    with suppress(OSError):
        held.bind(f"\0detente-test-port-{port}")
        with socket.create_server(("127.0.0.1", port)):
            _HELD[port] = held
            return True
    held.close()
    return False
