"""Addresses and bare TCP sockets. Everything non-blocking, for one loop without threads."""

import errno
import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Final, Literal

from detente.core.errors import OurFault

Reason = Literal[
    "closed", "cut", "refused", "unreachable", "timeout", "key_refused", "no_handshake"
]
NO_ANSWER: Final[Reason] = "timeout"
NO_HANDSHAKE: Final[Reason] = "no_handshake"

_FORM: Final = re.compile(r"tcp://(?:\[([0-9a-f:.]{2,45})\]|([0-9.]{7,15})):([1-9][0-9]{0,4})")
_PORT_MAX: Final = 65_535
_UNSENT_MAX: Final = 16_384  # bytes in the kernel beyond what the line takes (protocol 5.3)
_BACKLOG: Final = 64

_REASONS: Final[dict[int, Reason]] = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EHOSTDOWN: "unreachable",
    errno.ETIMEDOUT: "timeout",
}
_WORDS: Final[dict[Reason, tuple[str, str]]] = {
    "closed": ("the other side closed this path", "it is dialled again"),
    "cut": ("the line broke without a goodbye", "it is dialled again; if it stays, ask the peer"),
    "refused": ("the line is up, their node does not answer", "ask the peer to start its node"),
    "unreachable": ("there is no way to their address", "check this machine's network and routes"),
    "timeout": ("nothing came back from their address", "check firewalls on both sides"),
    "no_handshake": (
        "the line is up, and whoever answers there shakes no hands",
        "ask the peer whether its node runs at this address",
    ),
    "key_refused": (
        "their node does not know our key",
        "give the peer our newest card, and see that it is confirmed there",
    ),
}


class PathClosed(OurFault):
    """The line carries no more. `reason` is for the loop: dial again, and what to show."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("path.closed", *_WORDS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node listens. `host` is an IP address; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write the form that `parse_address` reads."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read `tcp://198.51.100.7:7440` or `tcp://[2001:db8::7]:7440`, in the one shortest form.

    Names are refused: looking one up would stop the loop, and let whoever answers it choose where
    we dial. Raises OurFault("path.address_bad").
    """
    found = _FORM.fullmatch(text)
    if found:
        host, port = found[1] or found[2], int(found[3])
        kind = ipaddress.IPv6Address if found[1] else ipaddress.IPv4Address
        try:
            if str(kind(host)) == host and port <= _PORT_MAX:
                return Address(host, port)
        except ValueError:
            pass
    raise _bad(text[:80])


def listen(address: Address) -> socket.socket:
    """Return a socket that listens at `address`, and on that family alone.

    Raises OurFault: path.port_in_use, path.permission, path.address_bad, path.unusable.
    """
    sock = _new(address)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address.host, address.port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise _not_listening(address, error) from None
    return sock


def accept(listener: socket.socket) -> socket.socket | None:
    """Return the next who dialled, or None if nobody is there now.

    Raises OurFault("path.files"): no more sockets may be opened; stop listening until some close.
    """
    try:
        sock, _ = listener.accept()
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
            raise OurFault(
                "path.files",
                f"no more connections: {error.strerror}",
                "raise the limit of open files, or find who connects so often",
            ) from None
        return None  # nobody there, or gone before we came
    _tune(sock)
    return sock


def dial(address: Address) -> socket.socket:
    """Return a socket that is on its way to `address`. It is there once it is writable.

    Raises PathClosed where the system knows at once that there is no way, and
    OurFault("path.address_bad").
    """
    sock = _new(address)
    _tune(sock)
    try:
        sock.connect((address.host, address.port))
    except BlockingIOError:
        pass
    except OSError as error:
        sock.close()
        raise closed_by(error) from None
    return sock


def closed_by(error: OSError) -> PathClosed:
    """Return what an error of the system says about the line."""
    return PathClosed(_REASONS.get(error.errno or 0, "cut"))


def _new(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise OurFault(
            "path.unusable",
            f"no socket for {address}: {error.strerror}",
            "check this machine's network",
        ) from None
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    return sock


def _tune(sock: socket.socket) -> None:
    sock.settimeout(0)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Else FLASH waits behind what the kernel already took (research: 9 s at 1 Mbit/s).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_MAX)


def _not_listening(address: Address, error: OSError) -> OurFault:
    if error.errno == errno.EADDRINUSE:
        return OurFault(
            "path.port_in_use",
            f"something listens at {address} already",
            f"find it with `ss -ltnp 'sport = :{address.port}'`, stop it or choose another port",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return OurFault(
            "path.permission",
            f"this system user may not listen at {address}",
            "choose a port from 1024 up, or let the service manager open this one",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return OurFault(
            "path.address_bad",
            f"{address.host} is no address of this machine",
            "list them with `ip address` and choose one",
        )
    return OurFault(
        "path.unusable",
        f"cannot listen at {address}: {error.strerror}",
        "check this machine's network",
    )


def _bad(text: str) -> OurFault:
    return OurFault(
        "path.address_bad",
        f"{text!r} is no address",
        "write it as tcp://198.51.100.7:7440 or tcp://[2001:db8::7]:7440, numbers, no names",
    )
