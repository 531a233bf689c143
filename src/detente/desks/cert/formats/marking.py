"""What STIX objects are marked with: Traffic Light Protocol, permissible actions, statements.

Read from a marking's definition, never from its name: names and ids in circulation are mixed up.
Of several markings the strictest wins, and one that nobody here can read counts as RED: a person
decides, not a default. Sources: STIX 2.1 sections 4.14 and 7.2, FIRST TLP 2.0, MISP's PAP taxonomy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

from detente.desks.cert.formats.jcs import Json

Object = dict[str, Json]
LEVELS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # as record headers write them
PAP_LEVELS: Final = ("CLEAR", "GREEN", "AMBER", "RED")  # what may be done with it, not who sees it
TYPE: Final = "marking-definition"

# TLP 1.0: fixed in STIX 2.1, section 7.2.1.4. TLP 2.0: OASIS cti-stix-common-objects.
TLP_1: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "CLEAR",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "RED",
}
TLP_2: Final = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "CLEAR",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "GREEN",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "AMBER",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "AMBER+STRICT",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "RED",
}
FIXED: Final = TLP_1 | TLP_2
EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_WORDS: Final = {level.lower(): level for level in LEVELS} | {"white": "CLEAR"}
_PAP_WORDS: Final = {level.lower(): level for level in PAP_LEVELS} | {"white": "CLEAR"}
_CREATED_2: Final = "2022-10-01T00:00:00.000Z"
NONE: Final = ""  # a marking that is about something else, such as a copyright


@dataclass(frozen=True, slots=True)
class Marks:
    """What one thing is marked with. tlp and pap: "" if nothing says so.

    unknown: references and texts that nobody here can read; then tlp is RED.
    """

    tlp: str = NONE
    pap: str = NONE
    statements: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __or__(self, other: "Marks") -> "Marks":
        """Return both together: the strictest of each."""
        return Marks(
            _stricter(LEVELS, self.tlp, other.tlp),
            _stricter(PAP_LEVELS, self.pap, other.pap),
            tuple(dict.fromkeys((*self.statements, *other.statements))),
            tuple(dict.fromkeys((*self.unknown, *other.unknown))),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A granular marking: the selectors of the properties that it is about, and what it says."""

    selectors: tuple[str, ...]
    marks: Marks


@dataclass(frozen=True)
class Book:
    """Definitions by id, those that are fixed among them."""

    defined: dict[str, Marks] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Iterable[Object]) -> "Book":
        """Return the definitions that stand in a bundle, the stricter one where two claim an id."""
        found = {one: Marks(tlp=level) for one, level in FIXED.items()}
        for one in objects:
            if one.get("type") == TYPE:
                name = str(one.get("id"))
                said = define(one)
                found[name] = found.get(name, Marks()) | said
        return cls(found)

    def whole(self, one: Object) -> Marks:
        """Return what an object is marked with as a whole; parts aside."""
        return self._all(_refs(one))

    def parts(self, one: Object) -> tuple[Part, ...]:
        """Return the granular markings of an object. A language tag alone marks nothing."""
        found = []
        for each in _granular(one):
            if "marking_ref" in each:
                marks = self._all([str(each["marking_ref"])])
                found.append(Part(_selectors(each), marks))
        return tuple(found)

    def object(self, one: Object) -> Marks:
        """Return the strictest of an object and of all its parts; a definition marks itself too."""
        marks = self.whole(one)
        return reduce(lambda all_, part: all_ | part.marks, self.parts(one), marks)

    def property(self, one: Object, selector: str) -> Marks:
        """Return what one property is marked with: the object, and parts that it is within or holds.

        selector: as STIX writes it, `labels.[0]` or `x_misp.value`. A laxer part loosens nothing.
        """
        marks = self.whole(one)
        for part in self.parts(one):
            if any(_touch(each, selector) for each in part.selectors):
                marks |= part.marks
        return marks

    def _all(self, refs: Iterable[str]) -> Marks:
        marks = Marks()
        for ref in refs:
            marks |= self.defined.get(ref) or Marks(tlp="RED", unknown=(ref,))
        return marks


def bundle(objects: Sequence[Object]) -> Marks:
    """Return the strictest of all objects of a bundle and of their parts."""
    book = Book.of(objects)
    return reduce(lambda marks, one: marks | book.object(one), objects, Marks())


def strictest(objects: Sequence[Object]) -> str:
    """Return the strictest colour that any object, or part of one, is marked with; "" if none is."""
    defined = definitions(objects)
    found = {level_of(one, defined) for one in objects}
    return max(found - {NONE}, key=LEVELS.index, default=NONE)


def definitions(objects: Sequence[Object]) -> dict[str, str]:
    """Return the colours of all markings that are fixed, or defined among objects, by id."""
    return {ref: marks.tlp for ref, marks in Book.of(objects).defined.items()}


def level_of(one: Object, defined: dict[str, str]) -> str:
    """Return the strictest colour of one object and its parts; "" if it has none."""
    parts = (str(part["marking_ref"]) for part in _granular(one) if "marking_ref" in part)
    found = {defined.get(ref, "RED") for ref in (*_refs(one), *parts)}
    return max(found - {NONE}, key=LEVELS.index, default=NONE)


def refs(one: Object) -> tuple[str, ...]:
    """Return the ids of all that an object and its parts are marked with, each once."""
    parts = (str(part["marking_ref"]) for part in _granular(one) if "marking_ref" in part)
    return tuple(dict.fromkeys((*_refs(one), *parts)))


def define(definition: Object) -> Marks:
    """Return what a marking definition says, whatever its id and name."""
    extensions = definition.get("extensions")
    extension = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    if isinstance(extension, dict):
        return _colour(extension.get("tlp_2_0"))
    inner = definition.get("definition")
    sort = definition.get("definition_type")
    if sort == "tlp":
        return _colour(inner.get("tlp") if isinstance(inner, dict) else None)
    if sort == "statement" and isinstance(inner, dict):
        return _statement(str(inner.get("statement", "")))
    unread = str(definition.get("name") or definition.get("id"))
    return Marks(tlp="RED", unknown=(unread,))


def of_tag(tag: str) -> Marks | None:
    """Return what a MISP tag says if it is one of TLP or PAP; None for any other tag."""
    space, _, word = tag.strip().partition(":")
    if space.lower() not in ("tlp", "pap"):
        return None
    return _statement(tag.strip()) if word else Marks(tlp="RED", unknown=(tag,))


def definition_of(tlp: str, *, white: bool = False) -> Object:
    """Return the definition of a colour as OASIS publishes it; white: that of TLP 1.0 for CLEAR."""
    assert tlp in LEVELS
    if white and tlp == "CLEAR":
        return {
            "type": TYPE,
            "spec_version": "2.1",
            "id": next(iter(TLP_1)),
            "created": "2017-01-20T00:00:00.000Z",
            "definition_type": "tlp",
            "name": "TLP:WHITE",
            "definition": {"tlp": "white"},
        }
    return {
        "type": TYPE,
        "spec_version": "2.1",
        "id": next(ref for ref, level in TLP_2.items() if level == tlp),
        "created": _CREATED_2,
        "name": f"TLP:{tlp}",
        "extensions": {EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp.lower()}},
    }


def _colour(word: Json) -> Marks:
    level = _WORDS.get(str(word).strip().lower()) if isinstance(word, str) else None
    return Marks(tlp=level) if level else Marks(tlp="RED", unknown=(f"TLP {word}"[:80],))


def _statement(text: str) -> Marks:
    # MISP has no marking definitions: its tags of both taxonomies travel as statements.
    space, sign, word = text.strip().partition(":")
    if sign and space.strip().lower() == "tlp":
        return _colour(word)
    if sign and space.strip().lower() == "pap":
        level = _PAP_WORDS.get(word.strip().lower())
        return Marks(pap=level) if level else Marks(tlp="RED", pap="RED", unknown=(text[:80],))
    return Marks(statements=(text,))


def _stricter(levels: tuple[str, ...], one: str, other: str) -> str:
    return max(one, other, key=lambda level: levels.index(level) if level else -1)


def _refs(one: Object) -> Iterator[str]:
    refs = one.get("object_marking_refs")
    if isinstance(refs, list):
        yield from map(str, refs)
    elif refs is not None:
        yield f"object_marking_refs {refs}"[:80]  # misshapen: unknown, not unmarked


def _granular(one: Object) -> Iterator[Object]:
    parts = one.get("granular_markings")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict):
            yield part


def _selectors(part: Object) -> tuple[str, ...]:
    found = part.get("selectors")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _touch(selector: str, other: str) -> bool:
    """Return whether one of two selectors is the other or stands within it."""
    return selector == other or other.startswith(f"{selector}.") or selector.startswith(f"{other}.")
