"""Where a new party's console is, as `init` writes it: on this machine, unless told otherwise.

Why so: docs/decisions/0063-a-console-from-the-start.md.
"""

import socket
import tomllib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from detente.app import config
from detente.app.build import Address, parse_address
from detente.core.errors import OurFault

NONE: Final = "none"
HOST: Final = "127.0.0.1"
FIRST: Final = 8443
TRIES: Final = 100  # ports that are looked at, FIRST the first of them


def section(
    told: str | None, party: str, folder: Path, *, free: Callable[[int], bool] | None = None
) -> dict[str, str]:
    """Return the section `console` of a new party's settings; empty for no console.

    told: an address, "none", or None for the first free port of this machine. free: says whether a
    port is. Raises OurFault("path.address_bad"): no address, or all addresses of a machine.
    """
    if told == NONE:
        return {}
    if told is None:
        address = Address(HOST, _port(neighbours(folder), free or _is_free))
    else:
        address = parse_address(told)
    host = ip_address(address.host)
    if host.is_unspecified:
        raise OurFault(
            "path.address_bad", f"{told} is every address of this machine",
            "name the one that people reach, such as tcp://192.0.2.7:8443",
        )  # fmt: skip
    # A browser believes what is its own machine's without TLS, and every name below localhost is.
    name, tls = (_local(party), "off") if host.is_loopback else (address.host, "auto")
    return {"listen": str(address), "name": name, "tls": tls}


def url(found: Mapping[str, str]) -> str:
    """Return the address to type for a section; "" for no console."""
    if not found:
        return ""
    name = f"[{found['name']}]" if ":" in found["name"] else found["name"]
    scheme = "http" if found["tls"] == "off" else "https"
    return f"{scheme}://{name}:{parse_address(found['listen']).port}"


def neighbours(folder: Path) -> set[int]:
    """Return the ports that consoles of parties beside this folder have, whether they run or not."""
    ports = set()
    for file in folder.absolute().parent.glob(f"*/{config.FILE_NAME}"):
        # What cannot be read is no reason not to make a party.
        with suppress(OSError, ValueError, RecursionError, OurFault):
            console = tomllib.loads(file.read_text()).get("console")
            listen = console.get("listen") if isinstance(console, dict) else None
            if isinstance(listen, str):
                ports.add(parse_address(listen).port)
    return ports


def _port(taken: Collection[int], free: Callable[[int], bool]) -> int:
    ports = range(FIRST, FIRST + TRIES)
    return next((port for port in ports if port not in taken and free(port)), FIRST)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _local(party: str) -> str:
    # Cookies are kept by name and not by port: two parties of one machine need two names.
    return f"{party.partition('.')[0]}.localhost"
