"""A provider's directory of advisories, worked out as files: what a web server of the party serves.

One folder for each TLP label, in it one for each year, index.txt, changes.csv and a ROLIE feed
(RFC 8322); above them provider-metadata.json and service.json. Pure: the roof reads, signs, writes.
Source: CSAF 2.0, section 7.1, requirements 1 to 20.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Final

from detente.core.errors import OurFault
from detente.desks.cert.formats.csaf.check import examine
from detente.desks.cert.formats.csaf.finding import Level
from detente.desks.cert.formats.csaf.tests_optional import file_name
from detente.desks.cert.formats.csaf.versions import Version, instant
from detente.desks.cert.formats.csaf.walk import Node, node, nodes, text
from detente.desks.cert.formats.jcs import Json

LABELS: Final = ("WHITE", "GREEN", "AMBER")  # RED is for those named, never for a web server
METADATA: Final = "provider-metadata.json"
SERVICE: Final = "service.json"
KEY_FOLDER: Final = "openpgp"
_PLACE: Final = re.compile(r"(?:white|green|amber)/[0-9]{4}/[^/]+\.json")
_SCHEMA: Final = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json"
_CATEGORY: Final[Json] = {
    "scheme": "urn:ietf:params:rolie:category:information-type",
    "term": "csaf",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """Who publishes. base: address of the directory, with / at its end; now: RFC 3339.

    key: the public key as armoured text and its fingerprint; None if nothing is signed.
    """

    base: str
    now: str
    key: tuple[bytes, str] | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory as it shall be. files: bytes by path, those of advisories first.

    signed: paths of which a signature stands beside, under the name with `.asc`.
    dropped: advisories that stood elsewhere before, under an older label.
    """

    files: Mapping[str, bytes]
    signed: tuple[str, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Advisory:
    data: bytes
    document: Node

    def at(self, path: str) -> str:
        return text(self.document, path)

    @property
    def label(self) -> str:
        return self.at("/document/distribution/tlp/label")

    @property
    def name(self) -> str:
        return (
            f"{self.at('/document/tracking/initial_release_date')[:4]}/{file_name(self.document)}"
        )

    @property
    def path(self) -> str:
        return f"{self.label.lower()}/{self.name}"

    @property
    def changed(self) -> str:
        return self.at("/document/tracking/current_release_date")

    @property
    def identity(self) -> tuple[str, str]:
        return self.at("/document/publisher/namespace"), self.at("/document/tracking/id")

    @property
    def version(self) -> Version:
        return Version(self.at("/document/tracking/version"))


def publish(held: Mapping[str, bytes], new: Iterable[bytes], provider: Provider) -> Directory:
    """Return the directory with new advisories beside those held, by their paths.

    Raises OurFault("csaf.json"), ("csaf.invalid") and ("csaf.publish"); nothing is half done.
    """
    if not (provider.base.startswith("https://") and provider.base.endswith("/")):
        raise _refused(f"{provider.base} is no address by https that ends with /", "give --url")
    found: dict[tuple[str, str], _Advisory] = {}
    places: dict[tuple[str, str], str] = {}
    for path, data in held.items():
        one = _read(data, path)
        if one.path != path or one.identity in found:
            raise _refused(f"{path} is not where it belongs ({one.path})", "take it away by hand")
        found[one.identity], places[one.identity] = one, path
    for data in new:
        one = _read(data, "an advisory")
        before = found.get(one.identity)
        if before is not None:
            _check_newer(before, one)
        found[one.identity] = one
    if not found:
        raise _refused("there is nothing to publish", "name an advisory")
    all_ = sorted(found.values(), key=lambda one: (instant(one.changed), one.path), reverse=True)
    if len({one.identity[0] for one in all_}) > 1:
        raise _refused(
            "advisories of several publishers would stand in it", "keep a directory for each"
        )
    _refuse_same_path(all_)
    files: dict[str, bytes] = {}
    for one in all_:
        files |= _with_hashes(one)
    for label in LABELS:
        listed = [one for one in all_ if one.label == label]
        if listed or any(path.startswith(f"{label.lower()}/") for path in held):
            files |= _index(label, listed, provider)  # emptied, it must not name what is gone
    if provider.key:
        files[_key_path(provider.key[1])] = provider.key[0]
    files[SERVICE] = _json(_service(all_, provider))
    files[METADATA] = _json(_metadata(all_, provider))
    dropped = tuple(path for identity, path in places.items() if found[identity].path != path)
    signed = tuple(one.path for one in all_) if provider.key else ()
    return Directory(files, signed, dropped)


def is_advisory(path: str) -> bool:
    """Say whether a path inside the directory is that of an advisory."""
    return bool(_PLACE.fullmatch(path))


def _read(data: bytes, name: str) -> _Advisory:
    report = examine(data)
    one = _Advisory(data, report.document)
    wrong = next((each for each in report.findings if each.level is Level.ERROR), None)
    if wrong:
        what = f"{name} is no valid CSAF 2.0: {wrong.test} {wrong.path} {wrong.what}"
        raise OurFault("csaf.invalid", what, wrong.remedy)
    shown = one.at("/document/tracking/id")
    if one.at("/document/tracking/status") == "draft":
        raise _refused(f"{shown} is a draft", "set its status to interim or final")
    if one.label not in LABELS:
        what = f"{shown} is marked TLP:{one.label}" if one.label else f"{shown} has no TLP label"
        raise _refused(what, "send it as a record, or have its author mark it anew")
    return one


def _check_newer(before: _Advisory, after: _Advisory) -> None:
    shown, number = after.at("/document/tracking/id"), after.at("/document/tracking/version")
    if after.version < before.version:
        raise _refused(f"a newer version of {shown} than {number} is published", "publish a newer")
    if after.version == before.version and after.data != before.data:
        what = f"version {number} of {shown} is published with other content"
        raise _refused(what, "give what was changed a new version")


def _refuse_same_path(all_: list[_Advisory]) -> None:
    seen: dict[str, str] = {}
    for one in all_:
        first = seen.setdefault(one.name, one.identity[1])
        if first != one.identity[1]:
            what = f"{first} and {one.identity[1]} would have the same file name"
            raise _refused(what, "give one of them another id")


def _with_hashes(one: _Advisory) -> dict[str, bytes]:
    name = one.path.rpartition("/")[2]
    found = {one.path: one.data}
    for kind, digest in (("sha256", sha256), ("sha512", sha512)):
        found[f"{one.path}.{kind}"] = f"{digest(one.data).hexdigest()}  {name}\n".encode()
    return found


def _index(label: str, listed: list[_Advisory], provider: Provider) -> dict[str, bytes]:
    folder = label.lower()
    changes = "".join(f'"{one.name}","{one.changed}"\n' for one in listed)
    index = "".join(f"{one.name}\n" for one in sorted(listed, key=lambda one: one.name))
    return {
        f"{folder}/index.txt": index.encode(),
        f"{folder}/changes.csv": changes.encode(),
        _feed_path(label): _json(_feed(label, listed, provider)),
    }


def _feed(label: str, listed: list[_Advisory], provider: Provider) -> Json:
    return {
        "feed": {
            "id": f"csaf-feed-tlp-{label.lower()}",
            "title": f"Advisories (TLP:{label})",
            "link": [{"rel": "self", "href": provider.base + _feed_path(label)}],
            "category": [_CATEGORY],
            "updated": listed[0].changed if listed else provider.now,
            "entry": [_entry(one, provider) for one in listed],
        }
    }


def _entry(one: _Advisory, provider: Provider) -> Json:
    address = provider.base + one.path
    links: list[Json] = [{"rel": "self", "href": address}]
    links += [{"rel": "hash", "href": f"{address}.{kind}"} for kind in ("sha256", "sha512")]
    if provider.key:
        links.append({"rel": "signature", "href": f"{address}.asc"})
    notes = nodes(one.document, "/document/notes[]")
    summary = next((text(each, "text") for _, each in notes if each["category"] == "summary"), "")
    return {
        "id": one.at("/document/tracking/id"),
        "title": one.at("/document/title"),
        "link": links,
        "published": one.at("/document/tracking/initial_release_date"),
        "updated": one.changed,
        "summary": {"content": summary or one.at("/document/title")},
        "content": {"type": "application/json", "src": address},
        "format": {"schema": _SCHEMA, "version": "2.0"},
    }


def _service(all_: list[_Advisory], provider: Provider) -> Json:
    labels = [label for label in LABELS if any(one.label == label for one in all_)]
    collections: list[Json] = [
        {
            "title": f"Advisories (TLP:{label})",
            "href": provider.base + _feed_path(label),
            "categories": {"category": [_CATEGORY]},
        }
        for label in labels
    ]
    return {"service": {"workspace": [{"title": "Advisories", "collection": collections}]}}


def _metadata(all_: list[_Advisory], provider: Provider) -> Json:
    labels = [label for label in LABELS if any(one.label == label for one in all_)]
    feeds: list[Json] = [
        {
            "summary": f"Advisories marked TLP:{label}",
            "tlp_label": label,
            "url": provider.base + _feed_path(label),
        }
        for label in labels
    ]
    folders: list[Json] = [{"directory_url": provider.base + label.lower()} for label in labels]
    found: Node = {
        "canonical_url": provider.base + METADATA,
        "distributions": [
            {"rolie": {"feeds": feeds, "services": [provider.base + SERVICE]}},
            *folders,
        ],
        "last_updated": provider.now,
        "list_on_CSAF_aggregators": True,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": True,
        "publisher": node(node(all_[0].document["document"])["publisher"]),
        "role": "csaf_trusted_provider" if provider.key else "csaf_provider",
    }
    if provider.key:
        shown = provider.key[1]
        found["public_openpgp_keys"] = [
            {"fingerprint": shown, "url": provider.base + _key_path(shown)}
        ]
    return found


def _feed_path(label: str) -> str:
    return f"{label.lower()}/csaf-feed-tlp-{label.lower()}.json"


def _key_path(fingerprint: str) -> str:
    return f"{KEY_FOLDER}/{fingerprint}.asc"


def _json(value: Json) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _refused(what: str, remedy: str) -> OurFault:
    return OurFault("csaf.publish", what, remedy)
