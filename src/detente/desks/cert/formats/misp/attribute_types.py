"""Types of MISP attributes and what STIX calls them. docs/cert/interchange.md is made of this table.

A type of two parts, such as filename|md5, has two sorts; its value is parted at the first bar.
Source: MISP core format (datatracker draft-dulaunoy-misp-core-format), and its describeTypes.
"""

from typing import Final

from detente.desks.cert.formats import observed
from detente.desks.cert.formats.comparing import Pair

# Sorts that MISP has and lists have not, by the property that holds them.
_MORE: Final = {
    "sha224": "file:hashes.SHA224",
    "sha384": "file:hashes.'SHA-384'",
    "sha512/224": "file:hashes.'SHA-512/224'",
    "sha512/256": "file:hashes.'SHA-512/256'",
    "sha3-224": "file:hashes.'SHA3-224'",
    "sha3-384": "file:hashes.'SHA3-384'",
    "sha3-512": "file:hashes.'SHA3-512'",
    "imphash": "file:hashes.IMPHASH",
    "impfuzzy": "file:hashes.IMPFUZZY",
    "authentihash": "file:hashes.AUTHENTIHASH",
    "vhash": "file:hashes.VHASH",
    "telfhash": "file:hashes.TELFHASH",
    "size": "file:size",
    "mime": "file:mime_type",
    "port": "network-traffic:dst_port",
    "subject": "email-message:subject",
    "message-id": "email-message:message_id",
    "body": "email-message:body",
    "from": "email-message:from_ref.value",
    "to": "email-message:to_refs[*].value",
    "x509-md5": "x509-certificate:hashes.MD5",
    "x509-sha1": "x509-certificate:hashes.'SHA-1'",
    "x509-sha256": "x509-certificate:hashes.'SHA-256'",
    "agent": "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    "method": "network-traffic:extensions.'http-request-ext'.request_method",
    "service": "process:extensions.'windows-service-ext'.service_name",
    "cpe": "software:cpe",
    "account": "user-account:user_id",
    "value": "windows-registry-key:values[*].data",
    "attached": "email-message:body_multipart[*].body_raw_ref.name",
    "mailer": "email-message:additional_header_fields.'X-Mailer'",
}
# Types by their sorts. Where several say the same, the first is written back.
TYPES: Final[dict[str, tuple[str, ...]]] = {
    "ip-dst": ("ip",),
    "ip-src": ("ip",),
    "domain": ("domain",),
    "hostname": ("domain",),
    "url": ("url",),
    "uri": ("url",),
    "email": ("email",),
    "email-src": ("from",),
    "email-dst": ("to",),
    "target-email": ("email",),
    "dns-soa-email": ("email",),
    "whois-registrant-email": ("email",),
    "email-subject": ("subject",),
    "email-message-id": ("message-id",),
    "email-body": ("body",),
    "email-attachment": ("attached",),
    "email-x-mailer": ("mailer",),
    "mac-address": ("mac",),
    "filename": ("file",),
    "md5": ("md5",),
    "sha1": ("sha1",),
    "sha224": ("sha224",),
    "sha256": ("sha256",),
    "sha384": ("sha384",),
    "sha512": ("sha512",),
    "sha512/224": ("sha512/224",),
    "sha512/256": ("sha512/256",),
    "sha3-224": ("sha3-224",),
    "sha3-256": ("sha3-256",),
    "sha3-384": ("sha3-384",),
    "sha3-512": ("sha3-512",),
    "ssdeep": ("ssdeep",),
    "tlsh": ("tlsh",),
    "imphash": ("imphash",),
    "impfuzzy": ("impfuzzy",),
    "authentihash": ("authentihash",),
    "vhash": ("vhash",),
    "telfhash": ("telfhash",),
    "filename|md5": ("file", "md5"),
    "filename|sha1": ("file", "sha1"),
    "filename|sha224": ("file", "sha224"),
    "filename|sha256": ("file", "sha256"),
    "filename|sha384": ("file", "sha384"),
    "filename|sha512": ("file", "sha512"),
    "filename|ssdeep": ("file", "ssdeep"),
    "filename|tlsh": ("file", "tlsh"),
    "filename|imphash": ("file", "imphash"),
    "filename|authentihash": ("file", "authentihash"),
    "malware-sample": ("file", "md5"),
    "size-in-bytes": ("size",),
    "mime-type": ("mime",),
    "mutex": ("mutex",),
    "regkey": ("registry",),
    "regkey|value": ("registry", "value"),
    "AS": ("as",),
    "port": ("port",),
    "domain|ip": ("domain", "ip"),
    "ip-dst|port": ("ip", "port"),
    "ip-src|port": ("ip", "port"),
    "hostname|port": ("domain", "port"),
    "user-agent": ("agent",),
    "http-method": ("method",),
    "windows-service-name": ("service",),
    "cpe": ("cpe",),
    "github-username": ("account",),
    "x509-fingerprint-md5": ("x509-md5",),
    "x509-fingerprint-sha1": ("x509-sha1",),
    "x509-fingerprint-sha256": ("x509-sha256",),
}
# Rules in languages of their own: their value is the pattern.
RULES: Final = {
    "yara": "yara",
    "sigma": "sigma",
    "snort": "snort",
    "suricata": "suricata",
    "stix2-pattern": "stix",
    "pcre": "pcre",
}
CVE: Final = "vulnerability"  # an object of STIX by itself
_RULE_TYPES: Final = {rule: name for name, rule in RULES.items()}
_CATEGORY: Final = {  # that MISP takes by itself for a type, where it is not the commonest
    "Network activity": ("ip-", "domain", "hostname", "url", "uri", "AS", "port", "user-agent",
                         "http-", "x509-", "mac-", "snort", "email", "suricata"),
    "Payload delivery": ("filename", "md5", "sha", "ssdeep", "tlsh", "imp", "auth", "vhash", "telfhash",
                         "yara", "sigma", "email-", "mime", "pcre"),
    "Artifacts dropped": ("mutex", "windows-service"),
    "Persistence mechanism": ("regkey",),
    "External analysis": ("vulnerability", "cpe", "stix2-pattern", "attachment", "link"),
    "Social network": ("github",),
}  # fmt: skip


def pairs_of(type_: str, value: str) -> tuple[Pair, ...]:
    """Return (path, value) pairs that say what an attribute says; () if STIX has no word for it."""
    sorts = TYPES.get(type_)
    if sorts is None:
        return ()
    parts = value.split("|", 1) if len(sorts) > 1 else [value]
    if len(parts) != len(sorts):
        return ()
    found = tuple(_pair(sort, part.strip()) for sort, part in zip(sorts, parts, strict=True))
    return found if all(path and held for path, held in found) else ()


def _pair(sort: str, value: str) -> Pair:
    if sort == "as":
        value = value.upper().removeprefix("AS")
    if sort in _MORE:
        whole = sort not in ("port", "size") or (value.isascii() and value.isdigit())
        return (_MORE[sort], value) if whole else ("", value)
    return observed.path_of(sort, value), value


def type_of(pairs: tuple[Pair, ...]) -> tuple[str, str] | None:
    """Return the type and the value of the attribute that says these pairs; None if none does."""
    sorts = tuple(sort_at(path) for path, _ in pairs)
    for order in ((0, 1), (1, 0)) if len(pairs) > 1 else ((0,),):
        if len(order) != len(pairs):
            return None
        wanted = tuple("ip" if sorts[at] in ("ipv4", "ipv6") else sorts[at] for at in order)
        for name, said in TYPES.items():
            if said == wanted:
                values = [pairs[at][1] for at in order]
                return name, "|".join([f"AS{values[0]}"] if name == "AS" else values)
    return None


def sort_at(path: str) -> str:
    """Return the sort of value that a property holds; "" if no type of MISP does."""
    return _SORTS.get(path, "")


def rule_type(pattern_type: str) -> str:
    """Return the type of an attribute that holds a rule of this language; "" if there is none."""
    return _RULE_TYPES.get(pattern_type, "")


def category_of(type_: str) -> str:
    """Return the category that an attribute of a type stands in unless somebody says another."""
    for category, beginnings in _CATEGORY.items():
        if type_ == "email-subject" or (type_.startswith("email-") and category[0] == "N"):
            continue
        if type_.startswith(beginnings):
            return category
    return "Payload delivery" if type_.startswith("email") else "Other"


_SORTS: Final = {path: sort for sort, path in (*_MORE.items(), *observed.PATHS.items())} | {
    "file:hashes.'MD5'": "md5",
    "file:hashes.SHA-1": "sha1",
    "file:hashes.SHA-256": "sha256",
    "file:hashes.SHA-512": "sha512",
    "file:hashes.SHA1": "sha1",
    "file:hashes.SHA256": "sha256",
    "file:hashes.'SHA1'": "sha1",
    "file:hashes.'SHA256'": "sha256",
    "network-traffic:dst_ref.value": "ip",
    "network-traffic:src_ref.value": "ip",
}
