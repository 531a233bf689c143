"""The console's settings, read and judged: where it listens, under which name, with which TLS."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from detente.app import build
from detente.app.config import Config
from detente.app.console.headers import Terms
from detente.core.errors import OurFault

AUTO: Final = "auto"
OFF: Final = "off"
PROXY: Final = "proxy"
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the console is: address, what browsers are told, and whether TLS is ours to do."""

    address: build.Address
    terms: Terms
    tls: bool

    @property
    def url(self) -> str:
        """The address that people type; without a port that a proxy hides."""
        scheme = "https" if self.terms.secure else "http"
        name = f"[{self.terms.name}]" if ":" in self.terms.name else self.terms.name
        port = "" if self.terms.proxied else f":{self.address.port}"
        return f"{scheme}://{name}{port}"


def place(settings: Config) -> Place | None:
    """Return where the console is, None for nowhere. Raises OurFault: config.bad, path.address_bad."""
    told = settings.text("console.listen")
    if not told:
        return None
    address = build.parse_address(told)
    tls, name = settings.text("console.tls"), settings.text("console.name").lower()
    if tls not in (AUTO, OFF, PROXY):
        raise OurFault("config.bad", f"console.tls is {tls[:40]!r}", "use auto, off or proxy")
    if not _is_name(name):
        raise OurFault(
            "config.bad", f"console.name is {name[:80]!r}", "write the name that people type"
        )
    if tls != AUTO and not ip_address(address.host).is_loopback:
        raise OurFault(
            "config.bad",
            f"console.tls is {tls} and console.listen {told[:80]!r}, which others can reach",
            "use console.tls = auto, or listen at tcp://127.0.0.1:PORT",
        )
    if bool(settings.text("console.certificate")) != bool(settings.text("console.key")):
        raise OurFault(
            "config.bad", "console.certificate and console.key go together", "give both or none"
        )
    languages = tuple(each for each in settings.texts("party.languages") if each in ("en", "ru"))
    known = (*languages, *(each for each in ("en", "ru") if each not in languages))
    return Place(address, Terms(name, tls != OFF, tls == PROXY, known), tls == AUTO)


def _is_name(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return _NAME.fullmatch(name) is not None
    return True
