"""Fields as JSON: the schema of what may be sent, how it is read, and the schema of what is shown.

A value may be sent as its JSON type (number, true, list, object) or as the text that people write;
both read to equal Values. A schema says exactly what `read` takes, but for large and small letters
of a choice and of an id, which are one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.office.enclosed import Upload
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    File,
    FileText,
    Flag,
    LongText,
    Mid,
    OneOf,
    Parts,
    Text,
    Type,
    Value,
    Values,
    When,
    Whole,
    Within,
)
from detente.ui.pattern import between

Schema = dict[str, Json]

_CONTROL: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_CONTROL_BUT_LINES: Final = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
_BASE64: Final = (
    "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
)
_DAY: Final = (
    "(?:[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|1[26]|[3579][26])00)-02-29)"
)
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_WHEN: Final = rf"{_DAY}(?:[T ]{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{3}})?)?Z?)?"
_SPAN: Final = "|".join(f"{'0' * n}[1-9][0-9]{{0,{4 - n}}}" for n in range(5))
_CUT: Final = "[a-zA-Z2-7]{6,51}|[a-zA-Z2-7]{51}[aAqQ]"
_PARTY: Final = "[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?"
_DESK: Final = "[a-z][a-z0-9-]{0,31}"

MID: Final[Schema] = {"type": "string", "pattern": "^[a-z2-7]{51}[aq]$", "maxLength": 52}
TIME: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
    "maxLength": 24,
}


# What may be sent.


def body_of(fields: Sequence[Field]) -> Schema:
    """Return the schema of an object with these members."""
    found: Schema = {
        "type": "object",
        "properties": {each.name: of(each) for each in fields},
        "additionalProperties": False,
    }
    required: list[Json] = [each.name for each in fields if is_required(each)]
    return {**found, "required": required} if required else found


def is_required(field: Field) -> bool:
    """Say whether a value must be sent."""
    return field.required and field.default is None and not isinstance(field.type, Flag)


def of(field: Field) -> Schema:
    """Return the schema of a field as a member of a body."""
    if field.many:
        low, high = field.count_min, field.count_max
        found: Schema = {
            "type": "array", "items": _sent(field.type), "minItems": low, "maxItems": high,
        }  # fmt: skip
        if isinstance(field.type, Upload):  # a file goes once with a record
            found["uniqueItems"] = True
    else:
        found = _sent(field.type)
    if field.default is not None:
        found = {**found, "default": _plain(field)}
    return found


def of_text(field: Field) -> Schema:
    """Return the schema of a field in a query or a path, where everything is text."""
    if isinstance(field.type, Whole) and not field.many:
        return _number(field.type, field.default)
    if field.many:
        low, high = field.count_min, field.count_max
        return {"type": "array", "items": _text(field.type), "minItems": low, "maxItems": high}
    found = _text(field.type)
    if field.default is not None:
        found = {**found, "default": field.type.show(field.default)}
    return found


def _number(kind: Whole, default: Value = None) -> Schema:
    found: Schema = {"type": "integer", "minimum": kind.low, "maximum": kind.high}
    return {**found, "default": kind.to_json(default)} if default is not None else found


def _plain(field: Field) -> Json:
    value = field.default
    if isinstance(field.type, Within):
        return field.type.show(value)
    return field.to_json(value)


def _sent(kind: Type) -> Schema:
    if isinstance(kind, Whole):
        return {"anyOf": [_number(kind), _text(kind)]}
    if isinstance(kind, Flag):
        return {"anyOf": [{"type": "boolean"}, _text(kind)]}
    if isinstance(kind, Desks):
        one: Schema = {"type": "string", "pattern": f"^(?:{_address(kind)})$", "maxLength": 96}
        listed: Schema = {
            "type": "array", "items": one, "minItems": 1, "maxItems": limits.MAX_TO,
            "uniqueItems": True,
        }  # fmt: skip
        return {"anyOf": [listed, _text(kind)]}
    if isinstance(kind, Parts):
        return {"anyOf": [body_of(kind.fields), _text(kind)]}
    if isinstance(kind, File):
        # The bound stands apart: tools that make examples would else make the longest of the form.
        return {
            "type": "string", "contentEncoding": "base64", "pattern": f"^{_BASE64}$",
            "minLength": 4, "allOf": [{"maxLength": _file_chars(kind)}],
        }  # fmt: skip
    return _text(kind)


def _file_chars(kind: File) -> int:
    # A request carries no more; larger files are handed in piece by piece.
    return (min(kind.size_max, limits.MAX_BUNDLE) + 2) // 3 * 4


def _text(kind: Type) -> Schema:
    if isinstance(kind, OneOf):
        return {"type": "string", "enum": list(kind.choices)}
    if isinstance(kind, Flag):
        return {"type": "string", "enum": ["yes", "no"]}
    if isinstance(kind, FileText):
        return {"type": "string", "minLength": 1, "maxLength": kind.size_max}
    if isinstance(kind, Text):
        return {
            "type": "string", "minLength": 1, "maxLength": kind.max_chars,
            "pattern": f"^{pattern(kind)}$",
        }  # fmt: skip
    return {"type": "string", "pattern": f"^(?:{pattern(kind)})$", "maxLength": longest(kind)}


def pattern(kind: Type, without: str = "") -> str:
    """Return a regular expression (ECMA-262) of the texts of a type that hold no sign `without`."""
    if isinstance(kind, Text):
        return (kind.form and f"(?:{kind.form})") or _plain_text(kind, without)
    if isinstance(kind, OneOf):
        return "|".join(kind.choices)
    if isinstance(kind, Whole):
        zeros = "0{0,15}" if kind.low >= 0 else ""
        return f"{zeros}(?:{between(kind.low, kind.high)})"
    if isinstance(kind, When):
        return _WHEN
    if isinstance(kind, Within):
        return f"(?:{_SPAN})[smhd]"
    if isinstance(kind, Mid):
        return _CUT
    if isinstance(kind, Digest):
        return "[0-9a-f]{64}"
    if isinstance(kind, Desks):
        one = f"(?:{_address(kind)})"
        return f"{one}(?:,{one}){{0,{limits.MAX_TO - 1}}}"
    assert isinstance(kind, Parts), kind
    return _parts(kind)


def _plain_text(kind: Text, without: str) -> str:
    if without:
        return f"[^{_CONTROL}{without}]{{1,{kind.max_chars}}}"
    if isinstance(kind, LongText):
        return rf"(?:[^{_CONTROL_BUT_LINES}]|\r\n)*"
    return f"[^{_CONTROL}]*"


def _parts(kind: Parts) -> str:
    last = kind.fields[-1]
    found = ""
    for field in reversed(kind.fields):
        own = pattern(field.type, "" if field is last else kind.sign)
        if field is last and isinstance(field.type, Text) and not field.type.form:
            own = f"[^{_CONTROL}]{{1,{field.type.max_chars}}}"
        rest = (
            f"{kind.sign}(?:{own}){found}" if field is not kind.fields[0] else f"(?:{own}){found}"
        )
        found = rest if field.required else f"(?:{rest})?"
    return found


def _address(kind: Desks) -> str:
    whole = f"{_DESK}@{_PARTY}"
    return f"{whole}|{_PARTY}" if kind.desk else whole


def longest(kind: Type) -> int:
    """Return how many characters the text of a type has at most."""
    if isinstance(kind, Text):
        return kind.max_chars
    if isinstance(kind, OneOf):
        return max(map(len, kind.choices))
    if isinstance(kind, Parts):
        return sum(longest(each.type) + len(kind.sign) for each in kind.fields)
    if isinstance(kind, Desks):
        return limits.MAX_TO * 97
    return {Mid: 52, Digest: 64, Whole: 16, When: 24, Within: 6, Flag: 3}[type(kind)]


# Reading it.


def read(fields: Sequence[Field], members: Mapping[str, Json]) -> Values:
    """Return the values of a body's members, defaults filled in; a mid may be a Cut still.

    Raises OurFault("form.*") with the field's name.
    """
    _refuse_unknown(fields, members)
    found: dict[str, Value] = {}
    for field in fields:
        if field.name in members:
            found[field.name] = _at(field, lambda f: _read_json(f, members[f.name]))
        else:
            found[field.name] = _absent(field)
    return Values(found)


def read_texts(fields: Sequence[Field], texts: Mapping[str, tuple[str, ...]]) -> Values:
    """Return the values of a query, a path or a form, where everything is text; as `read`."""
    _refuse_unknown(fields, texts)
    found: dict[str, Value] = {}
    for field in fields:
        given = texts.get(field.name)
        if given:
            found[field.name] = _at(field, lambda f: f.read(list(texts[f.name])))
        else:
            found[field.name] = _absent(field)
    return Values(found)


def _refuse_unknown(fields: Sequence[Field], members: Mapping[str, object]) -> None:
    known = {each.name for each in fields}
    for name in members:
        if name not in known:
            shown = ", ".join(each.name for each in fields) or "none"
            raise OurFault(
                "form.unknown", f"{name[:80]!r} is no field here", f"use {shown}", name[:80]
            )


def _absent(field: Field) -> Value:
    if is_required(field):
        raise OurFault(
            "form.missing", f"{field.name} is not given", f"give {field.name}", field.name
        )
    return False if isinstance(field.type, Flag) and field.default is None else field.default


def _at(field: Field, reading: Callable[[Field], Value]) -> Value:
    try:
        return reading(field)
    except OurFault as fault:
        raise OurFault(fault.code, fault.what, fault.remedy, fault.field or field.name) from None
    except TheirFault as fault:  # base64 that is none
        raise OurFault("form.file", fault.what, fault.remedy, field.name) from None


def _read_json(field: Field, json: Json) -> Value:
    if not field.many:
        return _one(field, json)
    if not isinstance(json, list):
        raise OurFault("form.count", f"{field.name}: not a list", "send a list")
    if len(json) > field.count_max:
        raise OurFault(
            "form.count", f"{field.name}: {len(json)} given", f"at most {field.count_max}"
        )
    return field.check(tuple(_one(field, each) for each in json))


def _one(field: Field, json: Json) -> Value:
    kind, name = field.type, field.name
    if isinstance(kind, File) and isinstance(json, str):
        if len(json) > _file_chars(kind):
            what = f"{name}: more than {_file_chars(kind)} characters of base64"
            raise OurFault("form.length", what, "hand it in as a file, piece by piece")
        return kind.check(name, canon.from_base64(json))
    if isinstance(json, str):
        return kind.read(name, json)
    if isinstance(kind, Whole):
        return kind.check(name, _integer(json))
    if isinstance(kind, Flag) and isinstance(json, bool):
        return json
    if isinstance(kind, Parts) and isinstance(json, dict):
        return kind.check(name, read(kind.fields, json))
    if isinstance(kind, Desks) and isinstance(json, list):
        if not all(isinstance(each, str) and "," not in each for each in json):
            raise OurFault("form.desk", f"{name}: not a list of addresses", "send texts")
        return kind.read(name, ",".join(str(each) for each in json))
    raise OurFault("form.text", f"{name}: not {kind.hint}", f"write {kind.hint}")


def _integer(json: object) -> int | None:
    # To JSON 5.0 is 5.
    if isinstance(json, float) and json.is_integer():
        return int(json)
    return json if type(json) is int else None


# What is shown.


def columns(fields: Sequence[Field]) -> dict[str, Schema]:
    """Return the schemas of a look's columns as `verb.as_json` writes them."""
    return {each.name: {"anyOf": [_shown(each), {"type": "null"}]} for each in fields}


def _shown(field: Field) -> Schema:
    if field.many:
        return {"type": "array", "items": _kept(field.type)}
    if isinstance(field.type, Mid):
        return dict(MID)
    if isinstance(field.type, Digest):
        return {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return _kept(field.type)


def _kept(kind: Type) -> Schema:
    if isinstance(kind, Whole):
        return {"type": "integer"}
    if isinstance(kind, Within):
        return {"type": "integer", "description": "milliseconds"}
    if isinstance(kind, Flag):
        return {"type": "boolean"}
    if isinstance(kind, When):
        return dict(TIME)
    if isinstance(kind, OneOf):
        return {"type": "string", "enum": list(kind.choices)}
    if isinstance(kind, Desks):
        return {"type": "array", "items": {"type": "string", "maxLength": 96}}
    if isinstance(kind, Parts):
        return {
            "type": "object",
            "properties": {each.name: _member(each) for each in kind.fields},
            "required": [each.name for each in kind.fields if each.required],
            "additionalProperties": False,
        }
    return {"type": "string"}


def _member(field: Field) -> Schema:
    kept = _kept(field.type)
    return {"type": "array", "items": kept} if field.many else kept


def write(fields: Sequence[Field], values: Values) -> dict[str, Json]:
    """Return values as members of a body that `read` takes to equal values."""
    found: dict[str, Json] = {}
    for field in fields:
        value = values.get(field.name)
        if value is None:
            continue
        if field.many and isinstance(value, tuple):
            found[field.name] = [_write(field.type, each) for each in value]
        else:
            found[field.name] = _write(field.type, value)
    return found


def _write(kind: Type, value: Value) -> Json:
    if isinstance(kind, Parts):
        assert isinstance(value, Values)
        return write(kind.fields, value)
    if isinstance(kind, Digest) or isinstance(value, Span):
        return kind.show(value)
    return kind.to_json(value)
