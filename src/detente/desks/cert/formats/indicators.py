"""A list of indicators as a bundle of STIX 2.1, and objects of STIX as a list."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from detente.desks.cert.formats import (
    comparing,
    ids,
    lists,
    marking,
    members,
    observed,
    scos,
)
from detente.desks.cert.formats.lists import Found
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import attribute_types

HEADS: Final = ("value", "type", "tlp", "id", "modified", "valid_from", "valid_until", "labels",
                "description")  # fmt: skip


def bundle(found: Sequence[Found], tlp: str, now: str) -> str:
    """Return a bundle of an indicator or a vulnerability for each line; its own colour wins if stricter.

    tlp: of all; now: as STIX writes it. The ids are those of what is said, and when.
    """
    made: dict[str, Object] = {}
    for one in found:
        for each in _objects(one, tlp, now):
            made.setdefault(str(each["id"]), each)
    whole: Object = {
        "type": "bundle",
        "id": f"bundle--{ids.uuid('bundle', *made)}",
        "objects": [*made.values()],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def values_of(objects: Sequence[Object]) -> Iterator[tuple[Object, str, str]]:
    """Yield each object with the sort of each value in it and the value: of patterns and observables."""
    for one in objects:
        pairs: list[comparing.Pair] = []
        if one.get("type") == "indicator":
            for seen in comparing.take_apart(members.text(one, "pattern")) or ():
                pairs += seen
        elif one.get("type") == "vulnerability":
            yield one, "cve", members.text(one, "name")
        else:
            pairs += scos.take_apart(one)[0]
        for path, value in pairs:
            sort = attribute_types.sort_at(path)
            if sort == "ip":
                network = observed.network_of(value)
                sort = f"ipv{network.version}" if network is not None else observed.sort_of(value)
            if sort in ("from", "to"):
                sort = "email"
            if sort in observed.PATHS:
                yield one, sort, value


def table(objects: Sequence[Object]) -> str:
    """Return objects as a table, a line for each value in them."""
    book = marking.Book.of(objects)
    rows = [
        (
            value,
            sort,
            book.object(one).tlp,
            str(one["id"]),
            members.text(one, "modified"),
            members.text(one, "valid_from"),
            members.text(one, "valid_until"),
            " ".join(members.texts(one, "labels")),
            members.text(one, "description") or members.text(one, "x_misp_comment"),
        )
        for one, sort, value in values_of(objects)
    ]
    return lists.write(HEADS, rows)


def _objects(one: Found, tlp: str, now: str) -> Iterator[Object]:
    said = marking.of_tag(f"tlp:{one.tlp}") if one.tlp else None
    marks = (said or marking.Marks()) | marking.Marks(tlp=tlp)
    definition = marking.definition_of(marks.tlp)
    yield definition
    kind = "vulnerability" if one.sort == "cve" else "indicator"
    made: Object = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{ids.uuid(kind, one.sort, one.value, now)}",
        "created": now,
        "modified": now,
        "name": one.value[:256],
        "object_marking_refs": [definition["id"]],
    }
    if one.comment:
        made["description"] = one.comment
    if kind == "vulnerability":
        made["external_references"] = [{"source_name": "cve", "external_id": one.value}]
    else:
        made["pattern"] = observed.pattern_of(((observed.PATHS[one.sort], one.value),))
        made["pattern_type"], made["pattern_version"] = "stix", "2.1"
        seen = ids.seconds_of(one.seen) if one.seen else 0
        made["valid_from"] = ids.time_of(seen, now)
    yield made
