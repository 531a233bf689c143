"""Where a value is at home: addresses, networks, names and numbers of networks in forms that sort.

A form is a text whose order is that of what it names, so that all that lies within a network, or below
a domain, stands together:

- `4 c0000207 c0000207`: IPv4, the first and the last address, 8 digits each; `6 …`: IPv6, 32 each.
- `d org.example.`: a domain, its labels from the right; the dot at the end is the label's border.
- `s 0000fbf4`: the number of an autonomous system (RFC 6793).
- `p by …`, `p any …`, `p pkg …`: a product, see wares.py.

What everybody has at home (RFC 1918, RFC 6598 and the like) is nobody's system and has no form.
Networks for documentation have one: examples and exercises use them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, NamedTuple

from detente.desks.cert.formats import observed, wares
from detente.desks.cert.formats.defang import refang
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.pattern import literals

OF_OBJECT_MAX: Final = 256
COVER_LEAST: Final = {4: 16, 6: 32}  # bits: a wider network is not said to be anybody's
_BITS: Final = {4: 32, 6: 128}
_COMMON: Final = tuple(
    map(
        ip_network,
        # IANA's special-purpose registries: not one holder, or none.
        ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
         "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
         "::/127", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2002::/16", "fc00::/7",
         "fe80::/10", "ff00::/8"),
    )
)  # fmt: skip
_MAPPED: Final = 0xFFFF  # what stands before an IPv4 address in IPv6: RFC 4291, 2.5.5.2
_RANGES: Final = {
    version: tuple(
        [int(end) for end in ends]
        for ends in zip(
            *((net[0], net[-1]) for net in sorted(n for n in _COMMON if n.version == version)),
            strict=True,
        )
    )
    for version in (4, 6)
}
# RFC 7607, 6793, 6996, 7300: none, the stand-in for four bytes, private use, last.
_COMMON_AS: Final = ((0, 0), (23456, 23456), (64512, 65535), (4200000000, 4294967295))
AS_MAX: Final = 4294967295
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/\\?#]*)")
_PORT: Final = re.compile(r":[0-9]*\Z")
_AS: Final = re.compile(r"(?:AS[ -]?)?([0-9]{1,10})", re.IGNORECASE)
_AS_WORD: Final = re.compile(r"\bAS[0-9]{1,10}\b")
_BREAKS: Final = re.compile(r"[\s,;()<>\"'|]+")
_SORTS: Final = {
    "ipv4-addr:value": "ip", "ipv6-addr:value": "ip", "domain-name:value": "domain",
    "url:value": "url", "email-addr:value": "email", "autonomous-system:number": "as",
    "network-traffic:src_ref.value": "host", "network-traffic:dst_ref.value": "host",
    "email-message:from_ref.value": "email", "email-message:sender_ref.value": "email",
    "email-message:to_refs.value": "email", "email-message:cc_refs.value": "email",
}  # fmt: skip
_POINTERS: Final = ("sighting_of_ref",)
_LISTS: Final = ("observed_data_refs", "object_refs")


class Spot(NamedTuple):
    """A value as it was written, and its form."""

    value: str
    form: str


def network(text: str) -> IPv4Network | IPv6Network | None:
    """Return an address or network, IPv4 that was mapped into IPv6 as IPv4; None for neither."""
    found = observed.network_of(text)
    if isinstance(found, IPv6Network) and int(found[0]) >> 32 == _MAPPED and found.prefixlen >= 96:  # noqa: PLR2004
        return IPv4Network((int(found[0]) & 0xFFFFFFFF, found.prefixlen - 96))
    return found


def is_common(net: IPv4Network | IPv6Network) -> bool:
    """Return whether a network holds, or lies in, addresses that many have at once."""
    return _is_common(net.version, int(net.network_address), int(net.broadcast_address))


def _is_common(version: int, first: int, last: int) -> bool:
    firsts, lasts = _RANGES[version]
    at = bisect_right(firsts, last) - 1  # they lie apart: only the last that begins before its end
    return at >= 0 and lasts[at] >= first


def of_network(net: IPv4Network | IPv6Network) -> str:
    """Return the form of a network; "" for one that is common."""
    if is_common(net):
        return ""
    return range_form(net.version, int(net.network_address), int(net.broadcast_address))


def range_form(version: int, first: int, last: int) -> str:
    """Return the form of the addresses from first to last."""
    digits = _BITS[version] // 4
    return f"{version} {first:0{digits}x} {last:0{digits}x}"


def domain(text: str) -> str:
    """Return a domain in the letters of DNS, without the dot at its end; "" for what is none."""
    name = text.strip().lower().removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            return ""
    labels = name.split(".")
    if len(name) > observed.DOMAIN_MAX or len(labels) < 2 or labels[-1].isdigit():  # noqa: PLR2004
        return ""
    return name if all(map(_LABEL.fullmatch, labels)) else ""


def of_domain(text: str) -> str:
    """Return the form of a domain; "" for what is none."""
    name = domain(text)
    return f"d {'.'.join(reversed(name.split('.')))}." if name else ""


def of_as(text: str) -> str:
    """Return the form of an autonomous system, `AS64500` or `64500`; "" for none, or a common one."""
    found = _AS.fullmatch(text.strip())
    number = int(found[1]) if found else 0
    is_own = number <= AS_MAX and not any(low <= number <= high for low, high in _COMMON_AS)
    return f"s {number:08x}" if is_own else ""


def of_host(text: str) -> str:
    """Return the form of a name or an address."""
    if _V4.fullmatch(text):  # most are addresses: no network is made of them
        number = int.from_bytes(map(int, text.split(".")))
        return "" if _is_common(4, number, number) else range_form(4, number, number)
    net = network(text)
    return of_domain(text) if net is None else of_network(net)


def of_url(text: str) -> str:
    """Return the form of an address' host, as a browser reads it: user and port are no host."""
    found = _AUTHORITY.match(text.strip())
    return of_host(_PORT.sub("", found[1].rpartition("@")[2])) if found else ""


def of_mail(text: str) -> str:
    """Return the form of the domain of a mail address, or of its address in brackets."""
    name, sign, host = text.strip().rpartition("@")
    if not name or not sign:
        return ""
    return of_host(host.removeprefix("[IPv6:").removeprefix("[").removesuffix("]"))


def of_text(value: str) -> str:
    """Return the form of what a person wrote, defanged or not."""
    plain = refang(value.strip())
    if "://" in plain:
        return of_url(plain)
    if "@" in plain:
        return of_mail(plain)
    return of_as(plain) if plain[:2].upper() == "AS" and plain[2:].isdigit() else of_host(plain)


def of_objects(objects: Iterable[Object]) -> Iterator[tuple[int, tuple[Spot, ...]]]:
    """Yield each object's place and its spots. A sighting has those of what it names in the bundle."""
    held = list(objects)
    own = {str(one.get("id")): tuple(_some(one)) for one in held}
    for place, one in enumerate(held):
        found = dict.fromkeys(own[str(one.get("id"))])
        for ref in named(one) if one.get("type") in ("sighting", "observed-data") else ():
            found |= dict.fromkeys(own.get(ref, ()))
        if found:
            yield place, tuple(found)[:OF_OBJECT_MAX]


def in_text(text: str) -> tuple[Spot, ...]:
    """Return the spots of a report in words: addresses, networks, names, mail, numbers as AS64500."""
    found: dict[Spot, None] = {}
    for word in _BREAKS.split(text):
        value = refang(word.strip(".:!?*[]`")) if "[" not in word else refang(word.strip(".:!?`"))
        sort = observed.sort_of(value)
        if sort in _FORMS:
            _add(found, value, _FORMS[sort](value))
        if len(found) >= OF_OBJECT_MAX:
            break
    for number in _AS_WORD.findall(text)[:OF_OBJECT_MAX]:
        _add(found, number, of_as(number))
    return tuple(found)[:OF_OBJECT_MAX]


def _add(found: dict[Spot, None], value: str, form: str) -> None:
    if form:
        found[Spot(value[:500], form)] = None


def _some(one: Object) -> Iterator[Spot]:
    for sort, value in _values(one):
        if form := _FORMS[sort](refang(value)):
            yield Spot(value[:500], form)
    yield from (Spot(*each) for each in wares.of_object(one))


def _values(one: Object) -> Iterator[tuple[str, str]]:
    kind = one.get("type")
    if kind == "indicator":
        if one.get("pattern_type", "stix") == "stix" and isinstance(one.get("pattern"), str):
            for path, value in literals(str(one["pattern"])):
                if path in _SORTS:
                    yield _SORTS[path], value
        return
    if kind == "observed-data" and isinstance(one.get("objects"), dict):  # STIX 2.0
        inner = one["objects"]
        assert isinstance(inner, dict)
        for each in inner.values():
            if isinstance(each, dict) and each.get("type") != "observed-data":
                yield from _values(each)
        return
    name = "number" if kind == "autonomous-system" else "value"
    sort, said = _SORTS.get(f"{kind}:{name}"), one.get(name)
    if sort and isinstance(said, (str, int)) and not isinstance(said, bool):
        yield sort, str(said)


def shown(form: str) -> str:
    """Return the network of a form as people write it."""
    version, first, last = form.split(" ")
    kind = IPv4Network if version == "4" else IPv6Network
    bits = _BITS[int(version)] - (int(last, 16) - int(first, 16)).bit_length()
    return str(kind((int(first, 16), bits)))


def named(one: Object) -> Iterator[str]:
    """Yield the ids that an object speaks of: a sighting's thing, observed data's objects."""
    for name in _POINTERS:
        if name in one:
            yield str(one[name])
    for name in _LISTS:
        refs: Json = one.get(name)
        yield from map(str, refs) if isinstance(refs, list) else ()


_FORMS: Final = {
    "ip": of_host, "ipv4": of_host, "ipv6": of_host, "host": of_host, "domain": of_domain,
    "url": of_url, "email": of_mail, "as": of_as,
}  # fmt: skip
