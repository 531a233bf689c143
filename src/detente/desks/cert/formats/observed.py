"""Values that machines look for: what a text is, and how STIX writes it.

One table for lists, CSV and MISP: the sort of a value, the property that holds it, the observable.
Source: OASIS STIX 2.1, sections 6 and 9.
"""

import re
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError, ip_network
from typing import Final

# The sorts of values, each with the property of STIX that holds it.
PATHS: Final = {
    "ipv4": "ipv4-addr:value",
    "ipv6": "ipv6-addr:value",
    "domain": "domain-name:value",
    "url": "url:value",
    "email": "email-addr:value",
    "mac": "mac-addr:value",
    "md5": "file:hashes.MD5",
    "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'",
    "sha512": "file:hashes.'SHA-512'",
    "sha3-256": "file:hashes.'SHA3-256'",
    "ssdeep": "file:hashes.SSDEEP",
    "tlsh": "file:hashes.TLSH",
    "file": "file:name",
    "mutex": "mutex:name",
    "registry": "windows-registry-key:key",
    "as": "autonomous-system:number",
    "cve": "vulnerability",  # an object of its own, no pattern
}
_HASHES: Final = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_HEX: Final = re.compile(r"[0-9a-fA-F]+")
_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}", re.IGNORECASE)
_LABEL: Final = r"(?!-)[\w-]{1,63}(?<!-)"
_DOMAIN: Final = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+(?!\d+$){_LABEL}\.?")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{1,15}://[^\s/?#][^\s]*", re.IGNORECASE)
_EMAIL: Final = re.compile(rf"[^\s@<>\"',;]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")
_MAC: Final = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)
DOMAIN_MAX: Final = 253
# Endings of files that are no top-level domains: a name with one is a file's.
_FILES: Final = frozenset(
    {"exe", "dll", "sys", "scr", "bat", "cmd", "ps1", "vbs", "js", "jar", "doc", "docx", "docm", "xls",
     "xlsx", "xlsm", "ppt", "pptx", "pdf", "rtf", "txt", "csv", "json", "xml", "html", "php", "asp",
     "aspx", "jsp", "iso", "img", "lnk", "hta", "msi", "tmp", "dat", "bin", "elf", "apk", "dmg", "pcap",
     "rar", "7z", "gz"}
)  # fmt: skip
_FILE: Final = re.compile(r"[^\s/\\:*?\"<>|]{1,200}\.([A-Za-z0-9]{1,5})")


def sort_of(text: str) -> str:
    """Return what a value is, a name of PATHS; "" if it is none of these. It must not be defanged."""
    value = text.strip()
    if _CVE.fullmatch(value):
        return "cve"
    if _HEX.fullmatch(value) and len(value) in _HASHES:
        return _HASHES[len(value)]
    if _URL.fullmatch(value):
        return "url"
    network = network_of(value)
    if network is not None:
        return f"ipv{network.version}"
    if _MAC.fullmatch(value):
        return "mac"
    if _EMAIL.fullmatch(value):
        return "email"
    found = _FILE.fullmatch(value)
    if found and found[1].lower() in _FILES:
        return "file"
    return "domain" if len(value) <= DOMAIN_MAX and _DOMAIN.fullmatch(value) else ""


def network_of(text: str) -> IPv4Network | IPv6Network | None:
    """Return an address or a network written in any usual form; None if it is neither."""
    value = text.strip().removeprefix("[").removesuffix("]")
    try:
        return ip_network(value, strict=False) if "%" not in value else None
    except (ValueError, AddressValueError, NetmaskValueError):
        return None


def plain(sort: str, text: str) -> str:
    """Return a value in the one form in which equal ones are equal."""
    value = text.strip()
    if sort in ("ipv4", "ipv6"):
        network = network_of(value)
        assert network is not None, "its sort was found by reading it"
        whole = network.prefixlen == network.max_prefixlen
        return str(network.network_address) if whole else str(network)
    if sort == "domain":
        return value.lower().removesuffix(".").removeprefix("*.")
    if sort == "cve":
        return value.upper()
    if sort in ("md5", "sha1", "sha256", "sha512", "sha3-256", "mac"):
        return value.lower().replace("-", ":") if sort == "mac" else value.lower()
    if sort == "email":
        name, _, host = value.rpartition("@")
        return f"{name}@{host.lower()}"
    return value


def quoted(value: str) -> str:
    """Return a text as a pattern writes it (STIX 2.1, 9.2)."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def pattern_of(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return a pattern that asks for all these (path, value) at once; a network for all within it."""
    said = (f"{path} {_sign(path, value)} {_literal(path, value)}" for path, value in pairs)
    return "[" + " AND ".join(said) + "]"


def _sign(path: str, value: str) -> str:
    return "ISSUBSET" if "/" in value and path.startswith(("ipv4-addr:", "ipv6-addr:")) else "="


def _literal(path: str, value: str) -> str:
    number = path.endswith((":number", "_port", ":size"))
    return value if number and re.fullmatch(r"[0-9]{1,18}", value) else quoted(value)


def path_of(sort: str, value: str) -> str:
    """Return the property of STIX that holds a value; "" if the value is none of its sort.

    sort: a name of PATHS, or "ip" for an address of either version.
    """
    if sort in ("ip", "ipv4", "ipv6"):
        network = network_of(value)
        found = f"ipv{network.version}" if network is not None else ""
        return PATHS.get(found, "") if sort in ("ip", found) else ""
    if sort == "as":
        return PATHS["as"] if re.fullmatch(r"[0-9]{1,10}", value) else ""
    return PATHS[sort] if value else ""
