"""Which feeds there are: a file of tables, read once at the start. Described in docs/cert/feeds.md."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office.drafting import MARKINGS
from detente.office.typed import Within

FEEDS_MAX: Final = limits.MAX_FEEDS
EVERY: Final = Span.of(minutes=5)
STILL_AFTER: Final = Span.of(hours=24)
EVERY_LEAST: Final = Span.of(seconds=10)
_KEYS: Final = {
    "name", "way", "url", "collection", "person", "user", "secret_file", "trust_file", "every",
    "into", "still_after", "kind", "group", "upto", "since", "publish",
}  # fmt: skip
_NEEDED: Final = ("name", "url", "person")
_OF_MISP: Final = ("group", "upto", "since", "publish")
_GROUP: Final = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Feed:
    """One collection of a foreign server. way: pull or push; into: the collection of ours.

    url: of the API root, with its slash. user: "" for a bearer's token. person: who signs here.
    kind: taxii, or misp: then there is no collection there. group: the sharing group of what is for few;
    upto: the strictest colour that is handed in; since: the day before which nothing is read; publish:
    whether what is handed in is published there at once.
    """

    name: str
    way: str
    url: str
    collection: str
    person: str
    user: str = ""
    secret: str = field(default="", repr=False)
    trust: str = ""
    into: str = "local"
    every: Span = EVERY
    still_after: Span = STILL_AFTER
    kind: str = "taxii"
    group: str = ""
    upto: str = "GREEN"
    since: str = ""
    publish: bool = False


def read(file: Path) -> tuple[Feed, ...]:
    """Return the feeds of a file. Raises OurFault("config.bad") naming what is wrong."""
    try:
        told = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise _bad(f"{file}: {error}") from None
    rows = told.get("feed", [])
    if set(told) - {"feed"} or not isinstance(rows, list) or len(rows) > FEEDS_MAX:
        raise _bad(f"{file}: not a list of at most {FEEDS_MAX} [[feed]]")
    found = tuple(_feed(file, row) for row in rows)
    if len({each.name for each in found}) != len(found):
        raise _bad(f"{file}: two feeds have one name")
    return found


def _feed(file: Path, row: object) -> Feed:
    if not isinstance(row, dict) or not all(isinstance(each, str) for each in row.values()):
        raise _bad(f"{file}: a feed is a table of texts")
    for key in row:
        if key not in _KEYS:
            raise _bad(f"{file}: a feed has no {key[:40]!r}")
    for key in _NEEDED:
        if not row.get(key):
            raise _bad(f"{file}: a feed has no {key}")
    kind = _kind(file, row)
    way = row.get("way", "pull")
    url = urlsplit(row["url"])
    is_near = url.hostname in ("localhost", "127.0.0.1", "::1")
    if way not in ("pull", "push"):
        raise _bad(f"{file}: {row['name']}: way is {way[:20]!r}, where pull or push is meant")
    if url.scheme != "https" and not (url.scheme == "http" and is_near):
        raise _bad(f"{file}: {row['name']}: the address is not https")
    return Feed(
        row["name"][:64], way, row["url"].rstrip("/") + "/", row.get("collection", ""), row["person"],
        row.get("user", ""), _secret(file, row), _path(file, row.get("trust_file", "")),
        row.get("into", "local" if way == "pull" else "all"),
        max(_span(file, row.get("every", "5m")), EVERY_LEAST),
        _span(file, row.get("still_after", "24h")),
        kind, row.get("group", ""), row.get("upto", "GREEN"), row.get("since", ""),
        row.get("publish", "no") == "yes",
    )  # fmt: skip


def _kind(file: Path, row: dict[str, str]) -> str:
    kind = row.get("kind", "taxii")
    name = row["name"]
    if kind not in ("taxii", "misp"):
        raise _bad(f"{file}: {name}: kind is {kind[:20]!r}, where taxii or misp is meant")
    if (kind == "taxii") != bool(row.get("collection")):
        raise _bad(f"{file}: {name}: a feed of TAXII has a collection, one of MISP has none")
    if kind == "taxii" and any(key in row for key in _OF_MISP):
        raise _bad(f"{file}: {name}: {', '.join(_OF_MISP)} are for feeds of MISP")
    if kind == "misp" and not row.get("secret_file"):
        raise _bad(f"{file}: {name}: a feed of MISP has a secret_file with its key")
    for key, form in (("group", _GROUP), ("since", _DAY)):
        if row.get(key) and not form.fullmatch(row[key]):
            raise _bad(f"{file}: {name}: {key} is {row[key][:40]!r}")
    if row.get("upto", "GREEN") not in MARKINGS[:-1] or row.get("publish", "no") not in (
        "yes",
        "no",
    ):
        raise _bad(f"{file}: {name}: upto is a colour below RED, publish is yes or no")
    return kind


def _secret(file: Path, row: dict[str, str]) -> str:
    path = _path(file, row.get("secret_file", ""))
    if not path:
        return ""
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(f"{path}: {error}") from None


def _path(file: Path, told: str) -> str:
    return str(file.parent / told) if told else ""


def _span(file: Path, text: str) -> Span:
    try:
        found = Within().read("every", text)
    except OurFault as fault:
        raise _bad(f"{file}: {fault.what}") from None
    assert isinstance(found, Span), "that is what it reads as"
    return found


def _bad(what: str) -> OurFault:
    return OurFault("config.bad", what, "mend it as docs/cert/feeds.md says")
