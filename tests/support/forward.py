"""A TCP port of this machine that leads to a Unix socket: for tools that know no other sockets."""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path


@contextmanager
def forwarded(path: Path) -> Iterator[int]:
    """Serve the port while the block lasts."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=_accept, args=(listener, path), daemon=True).start()
        yield listener.getsockname()[1]


def _accept(listener: socket.socket, path: Path) -> None:
    with suppress(OSError):
        while True:
            theirs, _ = listener.accept()
            threading.Thread(target=_carry, args=(theirs, path), daemon=True).start()


def _carry(theirs: socket.socket, path: Path) -> None:
    with theirs, socket.socket(socket.AF_UNIX) as ours, suppress(OSError):
        ours.connect(str(path))
        ends = {theirs: ours, ours: theirs}
        while True:
            for each in select.select(list(ends), [], [])[0]:
                data = each.recv(65_536)
                if not data:
                    return
                ends[each].sendall(data)
