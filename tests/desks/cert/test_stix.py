import json
import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.errors import OurFault
from detente.desks.cert.formats import jcs, marking, stix, strict

SHARED = Path(os.environ.get("DETENTE_SHARED", Path(__file__).parents[3].parent / "shared"))
SAMPLES = Path(__file__).parents[3] / "src/detente/app/samples"
IDENTITY: dict[str, object] = {
    "type": "identity",
    "spec_version": "2.1",
    "id": "identity--8c6af861-7b20-41ef-9b59-6344fd872a8f",
    "created": "2016-08-08T15:50:10.983Z",
    "modified": "2016-08-08T15:50:10.983Z",
    "name": "Aurelia",
}
ADDRESS: dict[str, object] = {
    "type": "ipv4-addr",
    "id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",
    "value": "198.51.100.3",
}


def shared(*parts: str) -> bytes:
    file = SHARED.joinpath("data", "cert", *parts)
    if not file.exists():
        pytest.skip(f"{file} is not here")
    return file.read_bytes()


def bundle(*objects: object, **more: object) -> bytes:
    whole = {"type": "bundle", "id": "bundle--44af6c39-c09b-49c5-9de2-394224b04982"}
    return json.dumps({**whole, "objects": objects, **more}).encode()


def changed(one: dict[str, object], **more: object) -> dict[str, object]:
    return {name: value for name, value in {**one, **more}.items() if value is not None}


def flaw(data: bytes) -> str:
    found = stix.examine(data)
    assert isinstance(found, stix.Flaw), found
    with pytest.raises(OurFault) as refused:
        stix.read(data)
    assert refused.value.code == found.code
    assert found.remedy
    return f"{found.code} {found.what}"


@pytest.mark.parametrize(("name", "count"), [("poisonivy.json", 155), ("c2-indicators.json", 8)])
def test_a_published_bundle_is_read_and_its_bytes_are_kept(name: str, count: int) -> None:
    data = (SAMPLES / name).read_bytes()
    found = stix.read(data)
    assert found.text.encode() == data
    assert len(found.objects) == count
    for ref, one in zip(found.objects, json.loads(data)["objects"], strict=True):
        assert (ref.id, ref.modified) == (one["id"], one["modified"])


@pytest.mark.parametrize(
    ("place", "count"),
    [
        (("stix-examples", "apt1.json"), 76),
        (("stix-examples", "infrastructure.json"), 10),
        (("stix-examples", "malicious-email-indicator-with-attachment.json"), 6),
        (("stix-invalid", "tlp-amber.json"), 1),
        (("stix-invalid", "identity_custom.json"), 1),
        (("attack", "ics-attack-18.1.json"), 1826),
    ],
)
def test_bundles_of_the_field_are_read(place: tuple[str, ...], count: int) -> None:
    assert len(stix.read(shared(*place)).objects) == count


@pytest.mark.parametrize("name", ["identity", "identity_unicode", "identity_warning", "tool"])
def test_lone_objects_are_refused_with_a_remedy_and_read_inside_a_bundle(name: str) -> None:
    lone = shared("stix-invalid", f"{name}.json")
    assert "where bundle is due" in flaw(lone)
    assert len(stix.read(bundle(json.loads(lone))).objects) == 1


def test_invalid_files_of_the_field_are_refused_with_field_and_reason() -> None:
    assert "line 1, column 1" in flaw(shared("stix-invalid", "invalid_braces.json"))
    assert "line 9, column 1" in flaw(shared("stix-invalid", "invalid_comma.json"))
    lone = json.loads(shared("stix-invalid", "invalid_identity.json"))
    assert 'object 0 ("identity--8c6a' in flaw(bundle(lone))
    assert "has no modified" in flaw(bundle(lone))
    late = json.loads(shared("stix-invalid", "invalid_timestamp.json"))
    assert "before it was created" in flaw(bundle(late))


def test_one_version_with_two_contents_is_refused() -> None:
    objects = json.loads(shared("stix-incident", "same_id_same_modified_two_contents.json"))
    assert "with another content" in flaw(bundle(*objects))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xef\xbb\xbf" + bundle(IDENTITY), "stix.json a byte order mark"),
        (b"\xff\xfe{", "stix.json byte 0 is not UTF-8"),
        (b"", "stix.json no JSON at line 1, column 1"),
        (b'{"type":"bundle","type":"bundle"}', 'stix.json the name "type" stands twice'),
        (b'{"a":[{"b":1,"b":2}]}', 'stix.json the name "b" stands twice'),
        (b'{"a":NaN}', "stix.number NaN"),
        (b'{"a":-Infinity}', "stix.number -Infinity"),
        (b'{"a":1e400}', "stix.number 1e400"),
        (b'{"a":' + b"9" * 400 + b"}", "stix.number 9999"),
        (b'{"a":"\\ud800"}', "stix.json an escape stands for half a character"),
        (b"[]", "stix.shape the file is not an object"),
        (b"null", "stix.shape the file is not an object"),
        (b'{"type":"bundle"}', "stix.shape the bundle has id none"),
        (bundle(), "stix.shape the bundle has no list of objects"),
        (bundle(IDENTITY, id="bundle--1"), 'stix.shape the bundle has id "bundle--1"'),
        (bundle(IDENTITY, spec_version="2.0"), "stix.shape the bundle has spec_version"),
        (bundle(5), "stix.shape object 0 is not an object"),
        (bundle(IDENTITY, {}), "stix.shape object 1 has type none"),
        (bundle(changed(IDENTITY, type="tool")), "has id"),
        (bundle(changed(IDENTITY, id=None)), "object 0 (none) has id none"),
        (bundle(changed(IDENTITY, id=["x"])), "has id none"),
        (bundle(changed(IDENTITY, spec_version=None)), "has spec_version none"),
        (bundle(changed(IDENTITY, spec_version="2.0")), 'has spec_version "2.0"'),
        (bundle(changed(ADDRESS, spec_version="2.0")), 'has spec_version "2.0"'),
        (bundle(changed(IDENTITY, created=None)), "has no created"),
        (bundle(changed(IDENTITY, created="2016-02-30T00:00:00Z")), "has created"),
        (bundle(changed(IDENTITY, created="2016-08-08 15:50:10Z")), "has created"),
        (bundle(changed(IDENTITY, modified="2016-08-08T15:50:10.9829Z")), "before it was created"),
        (bundle(IDENTITY, IDENTITY), "is the version of object 0 again, with the same content"),
    ],
)
def test_what_is_no_bundle_is_refused_with_place_and_reason(data: bytes, told: str) -> None:
    assert told in flaw(data)


@pytest.mark.parametrize(
    "one",
    [
        ADDRESS,
        changed(ADDRESS, spec_version="2.1"),
        changed(IDENTITY, modified="2016-08-08T15:50:10.9830Z"),
        changed(IDENTITY, x_number=75.5, x_deep={"a": [1, None, True]}),
        changed(IDENTITY, id="identity--8C6AF861-7b20-41ef-9b59-6344fd872a8f"),
        changed(
            IDENTITY, type="x-acme-team", id="x-acme-team--8c6af861-7b20-41ef-9b59-6344fd872a8f"
        ),
        {"type": "x-acme-fact", "id": "x-acme-fact--8c6af861-7b20-41ef-9b59-6344fd872a8f"},
    ],
)
def test_observables_custom_types_and_unknown_properties_pass(one: dict[str, object]) -> None:
    found = stix.read(bundle(one))
    assert [ref.id for ref in found.objects] == [one["id"]]
    assert found.objects[0].modified == one.get("modified", "")


def test_the_limits_hold_to_the_one() -> None:
    def deep(levels: int) -> bytes:  # the bundle, its list and the object are three
        return bundle(IDENTITY).replace(b'"Aurelia"', b"[" * levels + b"]" * levels)

    assert stix.read(deep(strict.DEPTH_MAX - 3))
    assert "stix.depth" in flaw(deep(strict.DEPTH_MAX - 2))
    assert "stix.depth" in flaw(b"[" * 1_000_000)

    def many(count: int) -> bytes:
        name = '{"type":"x-a","id":"x-a--00000000-0000-4000-8000-%012d"}'
        return bundle("here").replace(b'"here"', ",".join(name % n for n in range(count)).encode())

    assert len(stix.read(many(stix.COUNT_MAX)).objects) == stix.COUNT_MAX
    assert "stix.count" in flaw(many(stix.COUNT_MAX + 1))
    small = bundle(IDENTITY)
    assert stix.read(small.ljust(stix.SIZE_MAX))
    assert "stix.size" in flaw(small.ljust(stix.SIZE_MAX + 1))


def test_a_text_without_an_end_full_of_quotes_costs_one_walk_and_is_no_json() -> None:
    assert "Unterminated string" in flaw(b"[" * 9 + b'"' + b'\\"' * 1_000_000)


def test_brackets_inside_texts_are_no_depth() -> None:
    assert stix.read(bundle(changed(IDENTITY, name='"' + "[{" * 200 + "\\")))


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    assert isinstance(stix.examine(data), stix.Flaw)


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(value=st.dictionaries(st.sampled_from(sorted(IDENTITY)), Json), where=st.booleans())
def test_no_shape_does_more_than_be_refused(value: dict[str, object], where: bool) -> None:
    data = bundle({**IDENTITY, **value}) if where else json.dumps(value).encode()
    assert isinstance(stix.examine(data), (stix.Flaw, stix.Bundle))


def test_an_objects_hash_is_that_of_its_canonical_form() -> None:
    spaced = bundle(ADDRESS).replace(b": ", b"  :\n")
    text = (
        b'{"id":"ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd",'
        b'"type":"ipv4-addr","value":"198.51.100.3"}'
    )
    assert stix.read(spaced).objects[0].sha256 == sha256(text).digest()


@pytest.mark.parametrize(
    ("number", "text"),
    [  # RFC 8785, appendix B, and ECMA-262 6.1.6.1.20
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (333333333.3333332, "333333333.3333332"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (75.5, "75.5"),
        (1.0, "1"),
    ],
)
def test_numbers_are_written_as_rfc_8785_says(number: float, text: str) -> None:
    assert jcs.number(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(2**53, b"9007199254740992"), (-(2**53) - 1, b"-9007199254740992"), (10**21, b"1e+21")],
)
def test_whole_numbers_are_doubles(value: int, text: bytes) -> None:
    assert jcs.encode(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_read_back_is_the_number(value: float) -> None:
    assert float(jcs.number(value)) == value


def test_names_are_sorted_by_utf_16_as_rfc_8785_says() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    text = jcs.encode(dict.fromkeys(names)).decode()
    assert list(json.loads(text)) == [
        "\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33",
    ]  # fmt: skip


def marked(*refs: str, **more: object) -> dict[str, object]:
    return changed(IDENTITY, object_marking_refs=list(refs), **more)


def definition(number: int, **more: object) -> dict[str, object]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--00000000-0000-4000-8000-{number:012}",
        "created": "2026-01-01T00:00:00Z",
        **more,
    }


@pytest.mark.parametrize("first", sorted(marking.FIXED))
@pytest.mark.parametrize("second", sorted(marking.FIXED))
def test_of_two_colours_the_stricter_rules(first: str, second: str) -> None:
    levels = [marking.LEVELS.index(marking.FIXED[one]) for one in (first, second)]
    granular = [{"marking_ref": second, "selectors": ["name"]}]
    both = marked(first, granular_markings=granular)
    assert stix.read(bundle(both)).tlp == marking.LEVELS[max(levels)]
    two = (marked(first), changed(marked(second), modified="2020-01-01T00:00:00Z"))
    assert stix.read(bundle(*two)).tlp == marking.LEVELS[max(levels)]


def test_the_fixed_ids_are_those_of_the_definitions() -> None:
    for name in ("tlp10_marking_definitions.json", "tlp20_marking_definitions.json"):
        for one in json.loads(shared("stix-marking", name)):
            made = {**one, "id": "marking-definition--00000000-0000-4000-8000-000000000009"}
            found = stix.read(bundle(made, marked(str(made["id"])))).tlp
            assert found == marking.FIXED[one["id"]]


@pytest.mark.parametrize(
    ("more", "tlp"),
    [
        ({"definition_type": "statement", "definition": {"statement": "(c)"}}, ""),
        ({"definition_type": "tlp", "definition": {"tlp": "white"}, "name": "TLP:RED"}, "CLEAR"),
        ({"definition_type": "tlp", "definition": {"tlp": "mauve"}}, "RED"),
        ({"definition_type": "tlp", "definition": "red"}, "RED"),
        ({"name": "TLP:CLEAR"}, "RED"),
    ],
)
def test_a_marking_is_read_from_its_definition_and_unknown_ones_are_red(
    more: dict[str, object], tlp: str
) -> None:
    made = definition(1, **more)
    assert stix.read(bundle(made, marked(str(made["id"])))).tlp == tlp


def test_a_marking_that_nobody_defined_is_red_and_one_that_marks_nothing_is_nothing() -> None:
    assert stix.read(bundle(marked(str(definition(7)["id"])))).tlp == "RED"
    assert stix.read(bundle(IDENTITY, definition(1, definition_type="tlp"))).tlp == ""


def test_a_fixed_id_cannot_be_defined_anew() -> None:
    red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
    false = definition(1, id=red, definition_type="tlp", definition={"tlp": "white"})
    assert stix.read(bundle(false, marked(red))).tlp == "RED"
