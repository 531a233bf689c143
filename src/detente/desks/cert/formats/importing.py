"""A file of any format as a bundle: what it is, is found by what stands in it, not by its name."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from detente.core.errors import OurFault
from detente.desks.cert.formats import indicators, lists, marking, members, stix, strict
from detente.desks.cert.formats.misp import reading

HEADS: Final = ("item", "became", "how", "why")


class Imported(NamedTuple):
    """A bundle's bytes, and a row of HEADS for each item that it was made of.

    tlp: the strictest marking in it, "" for none. about: a name for it. ending: of the file's name.
    """

    bundle: bytes
    tlp: str
    about: str
    ending: str
    told: Sequence[tuple[str, str, str, str]]


def read(data: bytes, tlp: str, now: str, columns: Mapping[str, str]) -> Imported:
    """Return a file as a bundle. tlp: of a list's lines; columns: see lists.read.

    Raises OurFault: exchange.*, stix.*.
    """
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        return _json(data, now)
    return _list(data, tlp, now, columns)


def _json(data: bytes, now: str) -> Imported:
    value = members.read(data)
    if isinstance(value, dict) and value.get("type") == "bundle":
        return _stix(data)
    if reading.looks_like(value):
        made = reading.read(data, now)
        told = [(one.item, one.became, one.how, one.why) for one in made.told]
        heads = (one for one in made.objects if one["type"] in ("report", "grouping"))
        about = members.text(next(heads, {}), "name", "MISP event")
        tlp = marking.strictest(made.objects)
        return Imported(made.bundle.encode(), tlp, about[:200], "misp.json", told)
    what = "JSON, and neither a bundle of STIX nor an event of MISP"
    raise OurFault("exchange.unknown", what, "give STIX 2.1, MISP JSON, a table or a list")


def _stix(data: bytes) -> Imported:
    found = stix.read(data)
    objects = members.objects(strict.parse(data).value, "objects")
    told = [(str(one["type"]), str(one["id"]), "whole", "") for one in objects]
    return Imported(data, found.tlp, f"{len(objects)} objects", "stix.json", told)


def _list(data: bytes, tlp: str, now: str, columns: Mapping[str, str]) -> Imported:
    found = lists.read(data, columns)
    if not found.found:
        first = (
            f"line {found.wrong[0].line}: {found.wrong[0].what}" if found.wrong else "it is empty"
        )
        what = f"no indicator stands in it; {first}"
        raise OurFault("exchange.unknown", what, "give STIX 2.1, MISP JSON, a table or a list")
    text = indicators.bundle(found.found, tlp, now)
    told = [(f"line {one.line}", one.value, "whole", one.sort) for one in found.found]
    told += [(f"line {one.line}", "", "left", one.what) for one in found.wrong]
    strictest = stix.read(text.encode()).tlp
    about = f"{len(found.found)} indicators"
    return Imported(text.encode(), strictest, about, "csv" if found.sign else "txt", told)
