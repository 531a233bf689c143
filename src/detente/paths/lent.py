"""Files of the node that the office reads by itself: descriptors that go through the hatch.

The bytes of an attachment are many, and lie in a file: copied through the hatch they would cost the
node more than their way over the line. A descriptor is for reading only, and of one file.
"""

import os
import socket
from array import array
from collections.abc import Iterator
from typing import Final

from detente.core import manifest
from detente.core.errors import OurFault

LENT_MAX: Final = 64  # descriptors in one message; the kernel takes 253
_NUMBERS: Final = array("i")


def send(sock: socket.socket, out: bytearray, lent: list[int]) -> int:
    """Send what a socket takes of `out`, and with its first byte the descriptors; return how much.

    What went is taken out of `lent` and closed. Raises OSError as the socket does.
    """
    if not lent:
        return sock.send(out)
    gone = lent[:LENT_MAX]
    sent = socket.send_fds(sock, [out], gone)
    del lent[: len(gone)]
    close(gone)
    return sent


def receive(sock: socket.socket, size: int, flags: int = 0) -> tuple[bytes, list[int]]:
    """Return bytes of a socket, and the descriptors that came with them. Raises OSError."""
    # socket.recv_fds of Python 3.11 passes no flags on.
    room = socket.CMSG_SPACE(LENT_MAX * _NUMBERS.itemsize)
    data, beside, _, _ = sock.recvmsg(size, room, flags | socket.MSG_CMSG_CLOEXEC)
    lent = array(_NUMBERS.typecode)
    for level, kind, found in beside:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            lent.frombytes(found[: len(found) - len(found) % lent.itemsize])
    return data, list(lent)


def close(lent: list[int]) -> None:
    """Close descriptors."""
    for each in lent:
        os.close(each)


def chunks(descriptor: int, first: int, count: int) -> Iterator[bytes]:
    """Yield the encrypted chunks of a file from `first` on, one after another; then close it.

    Raises OurFault("store.failed").
    """
    try:
        for index in range(first, first + count):
            size = manifest.SEALED_CHUNK
            yield os.pread(descriptor, size, index * size)
    except OSError as error:
        what = f"the disk refused: {error.strerror}"
        raise OurFault("store.failed", what, "check the disk of the node") from None
    finally:
        os.close(descriptor)
