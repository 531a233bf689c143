"""Lists of values that are good, or too common to say anything: checked before anything leaves.

Read in the form of misp-warninglists (string, substring, hostname, cidr, regex). None comes with this
program but a few facts of the standards. Source: github.com/MISP/misp-warninglists, schema.json.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats import members, observed
from detente.desks.cert.formats.jcs import Json

ENTRIES_MAX: Final = limits.MAX_WARNINGS  # of one list
ENTRY_MAX: Final = limits.MAX_WARNING  # characters
REGEX_MAX: Final = limits.MAX_WARNING_REGEX  # characters
TYPES: Final = ("string", "substring", "hostname", "cidr", "regex")
# A repetition of a repetition takes time that grows as a power: such an expression is not taken.
_NESTED: Final = re.compile(r"\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)\s*[+*{]|\\[1-9]")
_VALUE_MAX: Final = 2_048  # characters of a value that an expression is tried on
_SPACE: Final = re.compile(r"/(.*)/([a-z]*)", re.DOTALL)


@dataclass(frozen=True)
class WarningList:
    """One list as it was read. wrong: entries left out, with why."""

    name: str
    description: str
    version: int
    type: str
    entries: tuple[str, ...]
    wrong: tuple[str, ...] = ()


class Key(NamedTuple):
    """Under what an entry is kept, so that asking is a look-up: a type and a text."""

    type: str
    text: str


def read(data: bytes) -> WarningList:
    """Return the list of a file. Raises OurFault: exchange.json, exchange.size, exchange.warning_list."""
    value = members.read(data)
    type_, name = members.text(value, "type"), members.text(value, "name").strip()
    listed = value.get("list") if isinstance(value, dict) else None
    if type_ not in TYPES or not name or not isinstance(listed, list):
        what = "no name, no list, or a type that is none of " + ", ".join(TYPES)
        raise OurFault("exchange.warning_list", what, "give a file of misp-warninglists")
    if len(listed) > ENTRIES_MAX:
        what = f"{len(listed)} entries where {ENTRIES_MAX} are allowed"
        raise OurFault("exchange.size", what, "split the list")
    entries, wrong = list[str](), list[str]()
    for each in listed:
        flaw = _flaw(type_, each)
        if flaw:
            wrong.append(f"{str(each)[:80]}: {flaw}")
        else:
            entries.append(str(each).strip())
    version = members.text(value, "version", "0")
    return WarningList(
        name[:200],
        members.text(value, "description")[:1_000],
        int(version) if version.isdigit() and len(version) < 16 else 0,  # noqa: PLR2004
        type_,
        tuple(dict.fromkeys(entries)),
        tuple(wrong),
    )


def key_of(type_: str, entry: str) -> Key:
    """Return under what an entry is kept."""
    if type_ == "cidr":
        network = observed.network_of(entry)
        assert network is not None, "read checked it"
        return Key(type_, str(network))
    if type_ == "hostname":
        return Key(type_, entry.lower().strip(".").removeprefix("*."))
    if type_ == "string":
        return Key(type_, entry.lower())
    return Key(type_, entry)


Nets = Mapping[int, Mapping[int, Collection[int]]]  # where they begin, by width and prefix in bits


def nets_of(keys: Iterable[Key]) -> Nets:
    """Return the networks among keys."""
    found: dict[int, dict[int, set[int]]] = {}
    for key in keys:
        network = observed.network_of(key.text) if key.type == "cidr" else None
        if network is not None:
            by_length = found.setdefault(network.max_prefixlen, {})
            by_length.setdefault(network.prefixlen, set()).add(int(network.network_address))
    return found


def keys_for(sort: str, value: str, nets: Nets | None = None) -> Iterator[Key]:
    """Yield every key under which an entry stands that a value matches; parts and regex aside.

    sort: as in observed.PATHS. A URL is asked for by its host too, an address by each network;
    nets: where it is known which there are.
    """
    yield Key("string", value.strip().lower())
    host = host_of(sort, value)
    if host and observed.network_of(host) is None:
        if sort != "domain":
            yield Key("string", host)
        labels = host.split(".")
        for at in range(len(labels)):
            yield Key("hostname", ".".join(labels[at:]))
    network = observed.network_of(host or value)
    if network is not None:
        if network.prefixlen == network.max_prefixlen:
            yield Key("string", str(network.network_address))
        number, width = int(network.network_address), network.max_prefixlen
        asked = range(network.prefixlen, -1, -1) if nets is None else nets.get(width, {})
        for length in asked:
            start = number >> width - length << width - length
            if length <= network.prefixlen and (nets is None or start in nets[width][length]):
                yield Key("cidr", f"{type(network.network_address)(start)}/{length}")


def host_of(sort: str, value: str) -> str:
    """Return the host that a value names, "" if it names none."""
    if sort == "url":
        found = re.match(
            r"[a-z][a-z0-9+.-]*://(?:[^@/?#]*@)?(\[[^\]]+\]|[^:/?#]+)", value, re.IGNORECASE
        )
        return found[1].strip("[]").lower().rstrip(".") if found else ""
    if sort == "email":
        return value.rpartition("@")[2].lower()
    return value.lower().rstrip(".") if sort == "domain" else ""


def has_part(type_: str, entry: str, value: str) -> bool:
    """Return whether a value matches an entry that must be tried: a part of it, or an expression."""
    tried = value[:_VALUE_MAX]
    if type_ == "substring":
        return entry.lower() in tried.lower()
    pattern, flags = _expression(entry)
    return re.search(pattern, tried, flags) is not None


def _flaw(type_: str, entry: Json) -> str:
    if not isinstance(entry, str) or not entry.strip():
        return "no text"
    if len(entry) > ENTRY_MAX:
        return f"longer than {ENTRY_MAX} characters"
    if type_ == "cidr" and observed.network_of(entry) is None:
        return "no network"
    if type_ != "regex":
        return ""
    pattern, flags = _expression(entry.strip())
    if len(pattern) > REGEX_MAX or _NESTED.search(pattern):
        return "an expression that may take for ever"
    try:
        re.compile(pattern, flags)
    except (re.error, OverflowError):
        return "no expression"
    return ""


def _expression(entry: str) -> tuple[str, int]:
    found = _SPACE.fullmatch(entry)
    if not found:
        return entry, 0
    return found[1], re.IGNORECASE if "i" in found[2] else 0


OWN: Final = (
    WarningList(
        "Addresses that no network routes (RFC 1918, 4193, 3927, 4291, 1122)", "", 1, "cidr",
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "169.254.0.0/16", "fe80::/10",
         "127.0.0.0/8", "::1/128"),
    ),
    WarningList(
        "Addresses of examples (RFC 5737, 3849)", "", 1, "cidr",
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"),
    ),
    WarningList(
        "Names of examples and tests (RFC 2606)", "", 1, "hostname",
        ("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org"),
    ),
)  # fmt: skip
