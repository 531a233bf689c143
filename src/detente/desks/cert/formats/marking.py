"""The strictest Traffic Light Protocol colour of STIX objects.

Read from a marking's definition, never from its name: names and ids in circulation are mixed up.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from detente.desks.cert.formats.jcs import Json

LEVELS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # as record headers write them

# TLP 1.0: fixed in STIX 2.1, section 7.2.1.4. TLP 2.0: OASIS cti-stix-common-objects.
FIXED: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "CLEAR",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "CLEAR",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "GREEN",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "AMBER",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "AMBER+STRICT",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "RED",
}
_TLP_2: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_WORDS: Final = {level.lower(): level for level in LEVELS} | {"white": "CLEAR"}
NONE: Final = ""  # a marking that is about something else, such as a copyright


def strictest(objects: Sequence[dict[str, Json]]) -> str:
    """Return the strictest colour that any object, or part of one, is marked with; "" if none is.

    A marking that nobody here can read counts as RED: a person decides, not a default.
    """
    defined = dict(FIXED)
    for one in objects:
        if one.get("type") == "marking-definition" and one.get("id") not in FIXED:
            defined[str(one.get("id"))] = _level(one)
    found = {defined.get(ref, "RED") for one in objects for ref in _refs(one)}
    return max(found - {NONE}, key=LEVELS.index, default=NONE)


def _level(definition: dict[str, Json]) -> str:
    extensions = definition.get("extensions")
    extension = extensions.get(_TLP_2) if isinstance(extensions, dict) else None
    if isinstance(extension, dict):
        return _WORDS.get(str(extension.get("tlp_2_0")), "RED")
    inner = definition.get("definition")
    if definition.get("definition_type") == "tlp":
        return _WORDS.get(str(inner.get("tlp")), "RED") if isinstance(inner, dict) else "RED"
    if definition.get("definition_type") == "statement":
        return NONE
    return "RED"


def _refs(one: dict[str, Json]) -> Iterator[str]:
    whole, parts = one.get("object_marking_refs"), one.get("granular_markings")
    if isinstance(whole, list):
        yield from map(str, whole)
    if isinstance(parts, list):
        for part in parts:
            if isinstance(part, dict) and "marking_ref" in part:
                yield str(part["marking_ref"])
