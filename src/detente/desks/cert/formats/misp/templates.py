"""Templates of MISP objects and what STIX calls their relations; made into docs too.

A relation that is not here stays with its object and is told as kept beside. Templates that are not
here become custom objects. Source: MISP objects (github.com/MISP/misp-objects).
"""

from typing import Final, NamedTuple

from detente.desks.cert.formats import observed
from detente.desks.cert.formats.comparing import Pair
from detente.desks.cert.formats.misp import attribute_types


class Held(NamedTuple):
    """One attribute of an object: its relation, its type, its value."""

    relation: str
    type: str
    value: str


_HASHES: Final = {
    name: f"={name}"
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512/224", "sha512/256",
                 "sha3-224", "sha3-256", "sha3-384", "sha3-512", "ssdeep", "tlsh", "imphash",
                 "authentihash", "vhash", "telfhash")
}  # fmt: skip
_IP: Final = "=ip"
# Relations by template: a property of STIX, or =SORT where the sort of the value decides.
OBJECTS: Final[dict[str, dict[str, str]]] = {
    "file": {
        "filename": "file:name",
        "size-in-bytes": "file:size",
        "mimetype": "file:mime_type",
        **_HASHES,
    },
    "domain-ip": {"domain": "=domain", "hostname": "=domain", "ip": _IP},
    "ip-port": {
        "ip": _IP,
        "ip-dst": _IP,
        "domain": "=domain",
        "hostname": "=domain",
        "dst-port": "network-traffic:dst_port",
        "src-port": "network-traffic:src_port",
        "protocol": "network-traffic:protocols[*]",
    },
    "network-connection": {
        "ip-src": "network-traffic:src_ref.value",
        "ip-dst": "network-traffic:dst_ref.value",
        "hostname-src": "network-traffic:src_ref.value",
        "hostname-dst": "network-traffic:dst_ref.value",
        "src-port": "network-traffic:src_port",
        "dst-port": "network-traffic:dst_port",
        "layer3-protocol": "network-traffic:protocols[*]",
        "layer4-protocol": "network-traffic:protocols[*]",
        "layer7-protocol": "network-traffic:protocols[*]",
    },
    "email": {
        "from": "email-message:from_ref.value",
        "to": "email-message:to_refs[*].value",
        "cc": "email-message:cc_refs[*].value",
        "bcc": "email-message:bcc_refs[*].value",
        "subject": "email-message:subject",
        "message-id": "email-message:message_id",
        "email-body": "email-message:body",
    },
    "url": {"url": "=url"},
    "asn": {"asn": "=as", "description": "autonomous-system:name"},
    "registry-key": {
        "key": "=registry",
        "name": "windows-registry-key:values[*].name",
        "data": "windows-registry-key:values[*].data",
        "data-type": "windows-registry-key:values[*].data_type",
    },
    "process": {
        "pid": "process:pid",
        "command-line": "process:command_line",
        "current-directory": "process:cwd",
    },
    "user-account": {
        "username": "user-account:account_login",
        "user-id": "user-account:user_id",
        "account-type": "user-account:account_type",
        "display-name": "user-account:display_name",
    },
    "credential": {"username": "user-account:user_id", "password": "user-account:credential"},
    "x509": {
        "x509-fingerprint-md5": "x509-certificate:hashes.MD5",
        "x509-fingerprint-sha1": "x509-certificate:hashes.'SHA-1'",
        "x509-fingerprint-sha256": "x509-certificate:hashes.'SHA-256'",
        "serial-number": "x509-certificate:serial_number",
        "issuer": "x509-certificate:issuer",
        "subject": "x509-certificate:subject",
        "version": "x509-certificate:version",
    },
    "mutex": {"name": "=mutex"},
}
VULNERABILITY: Final = "vulnerability"  # an object of STIX by itself
TEMPLATES: Final = {  # as misp-objects publishes them
    "file": ("688c46fb-5edb-40a3-8273-1af7923e2215", "file"),
    "domain-ip": ("43b3b146-77eb-4931-b4cc-b66c60f28734", "network"),
    "ip-port": ("9f8cea74-16fe-4968-a2b4-026676949ac6", "network"),
    "network-connection": ("af16764b-f8e5-4603-9de1-de34d272f80b", "network"),
    "email": ("a0c666e0-fc65-4be8-b48f-3423d788b552", "network"),
    "url": ("60efb77b-40b5-4c46-871b-ed1ed999fce5", "network"),
    "asn": ("4ec55cc6-9e49-4c64-b794-03c25c1a6587", "network"),
    "registry-key": ("8b3228ad-6d82-4fe6-b2ae-05426308f1d5", "file"),
    "process": ("02aeef94-ac29-455c-9764-9b58b9a5a6d1", "misc"),
    "user-account": ("b6bcd4ae-0a06-4c45-8a06-7a9e2ad3c0d4", "misc"),
    "x509": ("d1ab756a-26b5-4349-9f43-765630f0911c", "network"),
    "vulnerability": ("81650945-f186-437b-8945-9f31715d32da", "vulnerability"),
}


def pairs_of(name: str, held: tuple[Held, ...]) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Return (path, value) pairs that say what an object says, and relations that they leave out."""
    template, pairs, beside = OBJECTS.get(name, {}), list[Pair](), list[str]()
    for one in held:
        said = template.get(one.relation, "")
        path = said
        value = one.value.strip()
        if said.startswith("="):
            sort = said[1:]
            value = value.upper().removeprefix("AS") if sort == "as" else value
            found = attribute_types.pairs_of(sort, value) if sort in attribute_types.TYPES else ()
            path = found[0][0] if found else _path(sort, value)
        if path and value:
            pairs.append((path, value))
        else:
            beside.append(one.relation)
    return tuple(pairs), tuple(beside)


def object_of(pairs: tuple[Pair, ...]) -> tuple[str, tuple[Held, ...]] | None:
    """Return the template and the attributes that say these pairs; None if no template says all."""
    best: tuple[str, tuple[Held, ...]] | None = None
    for name, template in OBJECTS.items():
        found: list[Held] = []
        for path, value in pairs:
            relation = next((rel for rel, said in template.items() if _says(said, path)), None)
            if relation is None:
                break
            found.append(Held(relation, _type(relation, path, value), _shown(path, value)))
        else:
            if best is None:
                best = name, tuple(found)
    return best


def _path(sort: str, value: str) -> str:
    return observed.path_of(sort, value) if sort in {*observed.PATHS, "ip"} else ""


def _says(said: str, path: str) -> bool:
    if not said.startswith("="):
        return said == path
    sort = attribute_types.sort_at(path)
    return said[1:] == ("ip" if path.startswith(("ipv4-addr:", "ipv6-addr:")) else sort) != ""


def _type(relation: str, path: str, value: str) -> str:
    found = attribute_types.type_of(((path, value),))
    if relation in ("from", "to", "cc", "bcc"):
        return {"from": "email-src"}.get(relation, "email-dst")
    if relation.startswith("ip-src"):
        return "ip-src"
    if relation.startswith("hostname"):
        return "hostname"
    return found[0] if found else "text"


def _shown(path: str, value: str) -> str:
    return f"AS{value}" if path == observed.PATHS["as"] else value
