"""Fields as JSON: what the schema says is what is read, and every face reads equal values."""

import json
import re
from typing import Any, Final

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.made_values import of_field
from tests.support.outcomes import fault_of

from detente.app.desks import DESKS
from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.desk import Look, Role
from detente.office.enclosed import ATTACH
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    File,
    Flag,
    LongText,
    Mid,
    OneOf,
    Parts,
    Text,
    Value,
    Values,
    When,
    Whole,
    Within,
)
from detente.ui import schema, verb
from detente.ui.pattern import between

FIELDS: Final = (
    Field("text", Text(40)),
    Field("lines", LongText(60), required=False),
    Field("shaped", Text(8, form="[a-f]{2,8}"), required=False),
    Field("number", Whole(-30, 4_000), required=False),
    Field("count", Whole(1, 500), default=50),
    Field("choice", OneOf("AMBER", "AMBER+STRICT", "RED"), default="RED"),
    Field("flag", Flag(), default=False),
    Field("when", When(), required=False),
    Field("within", Within(), required=False),
    Field("mid", Mid(), required=False),
    Field("hash", Digest(), required=False),
    Field("to", Desks(desk="cert"), required=False),
    Field("file", File(60), required=False),
    Field("many", Text(9, form="[a-z]+"), required=False, many=True, count_max=4),
    Field(
        "parts",
        Parts((Field("id", Text(9, form="[a-z]+")), Field("why", Text(9), required=False))),
        required=False, many=True, count_max=4,
    ),
)  # fmt: skip
LOOK: Final = Look("cert/x", FIELDS, lambda _reader, _values, _now: (), (), Role.READ)
VALUES: Final = st.fixed_dictionaries(
    {each.name: of_field(each) for each in FIELDS if each.required or each.default is not None},
    optional={
        each.name: of_field(each) for each in FIELDS if not (each.required or each.default)
    },
).map(Values)  # fmt: skip


def valid(document: Json) -> bool:
    return bool(jsonschema_rs.is_valid(schema.body_of(FIELDS), document))


def texts_of(values: Values) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field in FIELDS:
        value = values.get(field.name)
        if value is None:
            continue
        each: tuple[Value, ...] = value if field.many and isinstance(value, tuple) else (value,)
        found[field.name] = tuple(field.type.show(one) for one in each)
    return found


def is_written_whole(values: Values) -> bool:
    """Say whether texts can hold it: people write no half seconds of a span, and end no line CR."""
    span = values.span("within")
    return (span is None or (span.ms % 1000 == 0 and len(Within().show(span)) <= 6)) and all(
        "\r" not in text for text in (values.text("text"), values.text("lines"))
    )


@given(VALUES)
def test_json_texts_and_command_line_read_to_equal_values(values: Values) -> None:
    assume(is_written_whole(values))
    document = schema.write(FIELDS, values)
    assert valid(document)
    through = json.loads(json.dumps(document))
    assert schema.read(FIELDS, through) == values
    texts = {name: each for name, each in texts_of(values).items() if name != "file"}
    plain = values.without("file")
    assert schema.read_texts(FIELDS, texts) == plain
    members: dict[str, Json] = {
        name: list(each) if name in ("many", "parts") else each[0] for name, each in texts.items()
    }
    assert valid(members), members
    assert schema.read(FIELDS, members) == plain
    written: dict[str, Any] = {
        name: each if name in ("many", "parts", "to") else each[0] for name, each in texts.items()
    }
    written["flag"] = values.flag("flag")
    assert verb.read(LOOK, written, str.encode) == plain


JUNK: Final = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-10, 10_000), st.floats(allow_nan=False),
        st.text(max_size=6), st.sampled_from(("yes", "24h", "00h", "2026-02-29", "a@b", "abcdef")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(("id", "why", "x")), inner)
    ),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(FIELDS), JUNK)
def test_what_does_not_fit_the_schema_is_not_read(field: Field, junk: Json) -> None:
    # Letters of a choice may be small: `read` is kinder than the schema there, and nowhere else.
    assume(not isinstance(field.type, OneOf))
    if jsonschema_rs.is_valid(schema.of(field), junk):
        schema.read((field,), {field.name: junk})
        return
    with pytest.raises(OurFault, match="form") as told:
        schema.read((field,), {field.name: junk})
    assert told.value.field


def test_a_date_that_is_none_fits_no_schema() -> None:
    field = Field("when", When())
    for text, fits in (
        ("2026-02-29", False), ("2028-02-29", True), ("1900-02-29", False), ("2000-02-29", True),
        ("2026-04-31", False), ("2026-12-31T23:59", True), ("2026-12-31T24:00", False),
        ("2026-12-31 23:59:59.999Z", True), ("2026-12-31T23:59:60Z", False),
    ):  # fmt: skip
        assert jsonschema_rs.is_valid(schema.of(field), text) is fits, text
        if fits:
            schema.read((field,), {"when": text})
        else:
            assert fault_of(schema.read, (field,), {"when": text}) == "form.time"


@given(st.integers(-1_200, 1_200), st.integers(0, 1_200), st.integers(-2_500, 2_500))
def test_a_number_as_text_fits_exactly_between_its_bounds(low: int, more: int, one: int) -> None:
    found = re.fullmatch(between(low, low + more), str(one))
    assert bool(found) is (low <= one <= low + more)


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ({}, "form.missing", "text"),
        ({"text": "a", "odd": 1}, "form.unknown", "odd"),
        ({"text": None}, "form.text", "text"),
        ({"text": "a", "count": 0}, "form.number", "count"),
        ({"text": "a", "count": 1.5}, "form.number", "count"),
        ({"text": "a", "count": True}, "form.number", "count"),
        ({"text": "a", "flag": 1}, "form.text", "flag"),
        ({"text": "a", "file": "a"}, "form.file", "file"),
        ({"text": "a", "file": "A" * 84}, "form.length", "file"),
        ({"text": "a", "many": "ab"}, "form.count", "many"),
        ({"text": "a", "many": []}, "form.count", "many"),
        ({"text": "a", "many": ["a"] * 5}, "form.count", "many"),
        ({"text": "a", "parts": [{"why": "x"}]}, "form.missing", "id"),
        ({"text": "a", "to": ["a.gov,b.gov"]}, "form.desk", "to"),
    ],
)
def test_a_fault_names_its_field(members: dict[str, Json], code: str, field: str) -> None:
    with pytest.raises(OurFault) as told:
        schema.read(FIELDS, members)
    assert (told.value.code, told.value.field) == (code, field)
    assert not valid(members)


def test_a_number_may_be_written_with_a_point_as_json_has_it() -> None:
    members = json.loads('{"text": "a", "count": 5.0}')
    assert schema.read(FIELDS, members).whole("count") == 5


def test_a_file_is_no_larger_than_a_request_carries() -> None:
    field = Field("file", File(10 * limits.MAX_BUNDLE))
    most = (limits.MAX_BUNDLE + 2) // 3 * 4
    assert schema.of(field)["allOf"] == [{"maxLength": most}]
    assert fault_of(schema.read, (field,), {"file": "A" * (most + 4)}) == "form.length"
    assert schema.read((field,), {"file": canon.to_base64(b"abc")}).data("file") == b"abc"


@pytest.mark.parametrize("each", [each for desk in DESKS for each in desk.verbs])
def test_every_verb_of_the_house_has_a_schema_of_its_fields(each: verb.Verb) -> None:
    body = schema.body_of(each.fields)
    jsonschema_rs.validator_for(body)
    assert isinstance(body["properties"], dict)
    assert list(body["properties"]) == [field.name for field in each.fields]
    for field in each.fields:
        if not isinstance(field.type, File):
            jsonschema_rs.validator_for(schema.of_text(field))
    if isinstance(each, Look):
        shown = schema.columns(each.columns)
        assert list(shown) == [field.name for field in each.columns]
    assert schema.of(ATTACH)["maxItems"] == limits.MAX_ATT
