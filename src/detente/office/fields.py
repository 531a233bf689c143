"""Typed fields: one declaration serves bodies, rows, forms, verbs and the API."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.office.ids import Desks, Digest, Mid
from detente.office.typed import (
    Affinity,
    Cell,
    File,
    FileText,
    Flag,
    Flaw,
    LongText,
    OneOf,
    Text,
    Type,
    When,
    Whole,
    Within,
)
from detente.office.values import Cut, Value, Values, mid_text

# The counter's face: desks import types and values from here.
__all__ = [
    "Affinity",
    "Cell",
    "Cut",
    "Desks",
    "Digest",
    "Field",
    "File",
    "FileText",
    "Flag",
    "LongText",
    "Mid",
    "OneOf",
    "Parts",
    "Text",
    "Type",
    "Value",
    "Values",
    "When",
    "Whole",
    "Within",
    "check_values",
    "members_of",
    "mid_text",
    "values_from_json",
    "values_to_json",
]

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


def members_of(fields: tuple["Field", ...]) -> dict[str, "Field"]:
    """Return fields by name; a name stands once."""
    named = {field.name: field for field in fields}
    assert len(named) == len(fields), "a field's name stands once"
    return named


def check_values(fields: dict[str, "Field"], values: Values) -> Values:
    """Return values that are whole; raises OurFault("form.missing" | "form.unknown" | ...)."""
    for name in values:
        if name not in fields:
            raise OurFault("form.unknown", f"{name} is no field here", f"use {', '.join(fields)}")
    for name, field in fields.items():
        if name in values:
            field.check(values[name])
        elif field.required:
            raise OurFault("form.missing", f"{name} is not given", f"give {name}")
    return values


def values_to_json(fields: dict[str, "Field"], values: Values) -> dict[str, Json]:
    """Return checked values as JSON members; what was not given is absent, never null."""
    return {name: fields[name].to_json(value) for name, value in values.items()}


def values_from_json(fields: dict[str, "Field"], json: Json, where: str = "") -> Values:
    """Return a stranger's members as values; unknown and missing ones are TheirFault("E_CANON")."""
    if not isinstance(json, dict):
        raise TheirFault("E_CANON", f"{where or 'body'}: not an object", "write an object")
    for name in json:
        if name not in fields:
            raise TheirFault("E_CANON", f"{where}{name}: unknown member", "leave it out")
    found: dict[str, Value] = {}
    for name, field in fields.items():
        if name in json:
            found[name] = field.from_json(json[name], where)
        elif field.required:
            raise TheirFault("E_CANON", f"{where}{name}: missing", "write it")
    return Values(found)


@dataclass(frozen=True)
class Parts(Type):
    """A few named values together, as one element of a list. Usual with Field(many=True).

    People write the members in order with `sign` between; the last may be left out if it may.
    """

    fields: tuple["Field", ...]
    sign: str = "@"

    @cached_property
    def members(self) -> dict[str, "Field"]:
        """The fields by name."""
        return members_of(self.fields)

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with the members."""
        if not isinstance(value, Values):
            return Flaw("form.parts", "not a group of values", f"write {self.hint}")
        for name in value:
            if name not in self.members:
                return Flaw("form.unknown", f"{name} is no field here", f"write {self.hint}")
        for field in self.fields:
            if field.name in value:
                flaw = field.flaw(value[field.name])
                if flaw:
                    return Flaw(flaw.code, f"{field.name}: {flaw.what}", flaw.remedy)
            elif field.required:
                return Flaw("form.missing", f"{field.name} is not given", f"write {self.hint}")
        return None

    def to_json(self, value: Value) -> Json:
        """Return an object."""
        assert isinstance(value, Values)
        return values_to_json(self.members, value)

    def from_json(self, name: str, json: Json) -> Value:
        """Return the members of a stranger's object."""
        return values_from_json(self.members, json, f"{name}.")

    def to_cell(self, value: Value) -> Cell:
        """Return JSON."""
        return canon.encode(self.to_json(value)).decode()

    def from_cell(self, cell: Cell) -> Value:
        """Return the members of that JSON."""
        assert isinstance(cell, str)
        return self.from_json("row", canon.decode(cell.encode(), len(cell.encode())))

    def read(self, name: str, text: str) -> Value:
        """Return the members written with the sign between them."""
        written = text.split(self.sign, len(self.fields) - 1)
        pairs = zip(self.fields, written, strict=False)
        found = {one.name: one.read([part], f"{name}.{one.name}") for one, part in pairs}
        return self.check(name, Values(found))

    def show(self, value: Value) -> str:
        """Return the members with the sign between them."""
        assert isinstance(value, Values)
        given = [field for field in self.fields if field.name in value]
        return self.sign.join(field.show(value[field.name]) for field in given)

    @property
    def hint(self) -> str:
        """The members with the sign between them."""
        shown = self.fields[0].name.upper()
        for field in self.fields[1:]:
            more = f"{self.sign}{field.name.upper()}"
            shown += more if field.required else f"[{more}]"
        return shown


@dataclass(frozen=True)
class Field:
    """A named value of a type.

    many: a tuple of count_min to count_max such values. bare: at the command line it stands without an
    option's name. default: what an act takes when nothing is given; bodies have none.
    about: key of the words that explain it; empty = `<desk>.field.<name>`.
    """

    name: str
    type: Type
    required: bool = True
    many: bool = False
    count_min: int = 1
    count_max: int = 100
    bare: bool = False
    default: Value = None
    about: str = ""

    def __post_init__(self) -> None:
        """Hold the name to its form and the default to the type."""
        assert NAME.fullmatch(self.name), self.name
        assert self.default is None or self.flaw(self.default) is None, self.name

    @property
    def affinity(self) -> Affinity:
        """How a store keeps it: many stand as one text."""
        return "text" if self.many else self.type.affinity

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a value, None if it is right."""
        if not self.many:
            return self.type.flaw(value)
        least, most = self.count_min, self.count_max
        if not isinstance(value, tuple) or not least <= len(value) <= most:
            what = f"not a list of {least} to {most}"
            return Flaw("form.count", what, "give that many")
        flaws = (self.type.flaw(element) for element in value)
        return next((flaw for flaw in flaws if flaw), None)

    def check(self, value: Value) -> Value:
        """Return the value; raises OurFault("form.*") naming the field."""
        flaw = self.flaw(value)
        if flaw:
            raise OurFault(flaw.code, f"{self.name}: {flaw.what}", flaw.remedy)
        return value

    def to_json(self, value: Value) -> Json:
        """Return a checked value as it stands in a body."""
        if not self.many:
            return self.type.to_json(value)
        assert isinstance(value, tuple)
        return [self.type.to_json(element) for element in value]

    def from_json(self, json: Json, where: str = "") -> Value:
        """Return the value of a stranger's JSON; raises TheirFault("E_CANON")."""
        name = f"{where}{self.name}"
        if not self.many:
            return self.type.from_json(name, json)
        least, most = self.count_min, self.count_max
        if not isinstance(json, list) or not least <= len(json) <= most:
            raise TheirFault("E_CANON", f"{name}: not a list of {least} to {most}", "send less")
        return tuple(self.type.from_json(name, element) for element in json)

    def to_cell(self, value: Value) -> Cell:
        """Return a checked value as a store keeps it."""
        if not self.many:
            return self.type.to_cell(value)
        return canon.encode(self.to_json(value)).decode()

    def from_cell(self, cell: Cell) -> Value:
        """Return the value that `to_cell` kept."""
        if not self.many:
            return self.type.from_cell(cell)
        assert isinstance(cell, str)
        return self.from_json(canon.decode(cell.encode(), len(cell.encode())))

    def read(self, texts: list[str], shown: str = "") -> Value:
        """Return what people wrote, one text or many; `shown` is the field's name at this face."""
        name = shown or self.name
        if self.many:
            value = tuple(self.type.read(name, text) for text in texts)
            if len(value) > self.count_max:
                raise OurFault(
                    "form.count", f"{name}: {len(value)} given", f"at most {self.count_max}"
                )
            return value
        if len(texts) > 1 and not isinstance(self.type, Desks):
            raise OurFault("form.count", f"{name}: {len(texts)} given", "give one")
        return self.type.read(name, ",".join(texts))

    def show(self, value: Value) -> str:
        """Return the value as people read it."""
        if not self.many:
            return self.type.show(value)
        assert isinstance(value, tuple)
        return ", ".join(self.type.show(element) for element in value)
