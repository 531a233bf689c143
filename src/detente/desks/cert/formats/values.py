"""What a STIX object is found by: addresses, names, hashes and numbers, each in one form. Pure.

Two who write one value in two ways find the same objects: letters are small, IP addresses in their
shortest form, domains in the letters of DNS, and what was defanged is read as it was meant.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from detente.core import limits
from detente.desks.cert.formats.defang import refang
from detente.desks.cert.formats.jcs import Json

VALUES_MAX: Final = limits.MAX_VALUES  # of one object
VALUE_CHARS_MAX: Final = limits.MAX_VALUE
LEAST_NET: Final = {4: 8, 6: 16}  # bits: a shorter prefix is asked for by nobody's address

_HASH: Final = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{56,128}")
_CVE: Final = re.compile(r"cve-[0-9]{4}-[0-9]{4,10}", re.IGNORECASE)
# A literal of a pattern after = or in a set; what LIKE and MATCHES compare is no value.
_LITERAL: Final = re.compile(r"(?:=|[(,]|\bISSUBSET|\bISSUPERSET)\s*'((?:[^'\\]|\\.){1,500})'")
_ESCAPED: Final = re.compile(r"\\(.)")
_HOST: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(?:\[([^\]]*)\]|([^/?#:]*))")
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN: Final = ("value", "serial_number", "path", "command_line", "key", "account_login")


def values_of(one: dict[str, Json]) -> tuple[str, ...]:
    """Return the forms that an object is found by, each once, at most VALUES_MAX."""
    found: dict[str, None] = {}
    for text in _texts(one):
        for form in _forms(text):
            if len(found) >= VALUES_MAX:
                return tuple(found)
            found[form] = None
    return tuple(found)


def asked(text: str) -> tuple[str, ...]:
    """Return the forms under which what a person wrote may stand, the exact one first.

    An address is asked for with every network that may hold it.
    """
    form = form_of(refang(text.strip()))
    if not form:
        return ()
    with suppress(ValueError):
        address = ip_address(form)
        least, width = LEAST_NET[address.version], address.max_prefixlen
        nets = (
            ip_network((address, bits), strict=False) for bits in range(width - 1, least - 1, -1)
        )
        return (form, *map(str, nets))
    return (form,)


def form_of(text: str) -> str:
    """Return the one form of a value; "" for what is none."""
    plain = _CONTROL.sub("", text).strip()[:VALUE_CHARS_MAX]
    if not plain:
        return ""
    if _V4.fullmatch(plain):  # most addresses: in their shortest form already
        return plain
    if plain[0].isdigit() or ":" in plain:
        with suppress(ValueError):
            return _short(ip_network(plain, strict=False))
    if "://" in plain:
        return _url(plain)
    small = plain.casefold()
    if not small.isascii() and "." in small and " " not in small:
        with suppress(UnicodeError):
            small = small.encode("idna").decode()
    return small[:-1] if small.endswith(".") and " " not in small else small


def _short(net: IPv4Network | IPv6Network) -> str:
    return str(net.network_address if net.prefixlen == net.max_prefixlen else net)


def _url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    host, sign, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{sign}{path}"


def _forms(text: str) -> Iterator[str]:
    form = form_of(text)
    if not form:
        return
    yield form
    host = ""
    if found := _HOST.match(form):
        host = found[1] or found[2]
    elif form.count("@") == 1:
        host = form.partition("@")[2]
    if host and (other := form_of(host)) != form:
        yield other


def _texts(one: dict[str, Json]) -> Iterator[str]:
    kind = one.get("type")
    for name in _PLAIN:
        if isinstance(value := one.get(name), str):
            yield value
    if kind == "autonomous-system" and isinstance(number := one.get("number"), int):
        yield f"AS{number}"
    yield from _hashes(one)
    if kind in ("file", "mutex", "vulnerability") and isinstance(one.get("name"), str):
        yield str(one["name"])
    if kind == "indicator" and isinstance(pattern := one.get("pattern"), str):
        for found in _LITERAL.finditer(pattern):
            yield _ESCAPED.sub(r"\1", found[1])
    yield from _references(one)


def _hashes(one: dict[str, Json]) -> Iterator[str]:
    # Those of a file, and of its parts: an extension holds sections and alternate streams.
    rest: list[Json] = [one.get("hashes"), one.get("extensions")]
    while rest:
        each = rest.pop()
        if isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each
        elif isinstance(each, str) and _HASH.fullmatch(each):
            yield each


def _references(one: dict[str, Json]) -> Iterator[str]:
    references = one.get("external_references")
    for each in references if isinstance(references, list) else ():
        name = each.get("external_id") if isinstance(each, dict) else None
        if isinstance(name, str) and _CVE.fullmatch(name):
            yield name
