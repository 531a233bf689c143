"""Objects against the standard: what is wrong is refused and named by its path, what is odd is told."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desks.cert.test_stix import IDENTITY, bundle, changed, shared

from detente.desks.cert.formats import checking, declared, observable, vocabularies
from detente.desks.cert.formats.jcs import Json

NOW = "2026-11-22T00:00:00.000Z"
TIME = "2026-01-01T00:00:00.000Z"
UUID = "ff26c055-6336-4bc5-b98d-13d6226742dd"


def told(one: object, severity: str = "error") -> list[str]:
    assert isinstance(one, dict)
    found = checking.check(one, "objects[17]", NOW)
    return [str(each) for each in found if each.severity == severity]


def make(kind: str, **more: object) -> dict[str, object]:
    times = {} if kind in declared.SCO else {"created": TIME, "modified": TIME}
    if kind == "marking-definition":
        times = {"created": TIME}
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{UUID}", **times, **more}


WHOLE: Mapping[str, dict[str, object]] = {
    "indicator": {"pattern": "[url:value = 'x']", "pattern_type": "stix", "valid_from": TIME},
    "location": {"latitude": 1.5, "longitude": -2},
    "malware": {"is_family": False},
    "observed-data": {
        "first_observed": TIME, "last_observed": TIME, "number_observed": 1,
        "object_refs": [f"url--{UUID}"],
    },
    "relationship": {
        "relationship_type": "uses", "source_ref": f"malware--{UUID}", "target_ref": f"tool--{UUID}",
    },
    "sighting": {"sighting_of_ref": f"malware--{UUID}", "count": 999_999_999},
    "file": {"name": "a", "hashes": {"MD5": "0" * 32}, "extensions": {"pdf-ext": {"version": "1"}}},
    "artifact": {"payload_bin": "YQ=="},
    "network-traffic": {"protocols": ["tcp"], "src_ref": f"ipv4-addr--{UUID}", "start": TIME},
    "email-message": {"is_multipart": False, "body": "x"},
    "ipv4-addr": {"value": "198.51.100.0/24"},
    "domain-name": {"value": "пример.example"},
    "marking-definition": {"definition_type": "statement", "definition": {"statement": "ours"}},
    "language-content": {"object_ref": f"malware--{UUID}", "contents": {"de": {"name": "x"}}},
    "malware-analysis": {"product": "x", "result": "benign"},
}  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_object_has_no_fault_and_no_warning(kind: str) -> None:
    one = make(kind, **WHOLE[kind])
    assert (told(one), told(one, "warning")) == ([], [])


@pytest.mark.parametrize("kind", declared.TYPES)
def test_each_property_that_is_due_is_asked_for_and_each_list_must_hold_something(
    kind: str,
) -> None:
    for name, given_ in declared.TYPES[kind].items():
        lone = make(kind) | {"id": f"{kind}--{UUID}"}
        lone.pop(name, None)
        said = f"objects[17].{name}: is not there"
        assert (said in told(lone)) is (given_.required and name != "type")
        if given_.many:
            empty = f"objects[17].{name}: is an empty list; leave it out"
            assert empty in told(make(kind, **{name: []}))


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("indicator", {"pattern": "[url:value = ]"}, ".pattern: ']' at character 13"),
        ("indicator", {"valid_until": TIME}, ".valid_until: 2026-01-01T00:00:00.000Z is not after"),
        ("indicator", {"created": "2026-01-01"}, '.created: "2026-01-01" is no time'),
        ("indicator", {"modified": "2025-01-01T00:00:00Z"}, ".modified: 2025-01-01T00:00:00Z is b"),
        ("indicator", {"confidence": 101}, ".confidence: 101 is above 100"),
        ("indicator", {"confidence": True}, ".confidence: true is no whole number"),
        ("indicator", {"revoked": "no"}, '.revoked: "no" is neither true nor false'),
        ("indicator", {"labels": "x"}, ".labels: is no list"),
        ("indicator", {"lang": "klingon!"}, ".lang: "),
        ("indicator", {"X-Own": 1}, '."X-Own": a name has small letters'),
        ("indicator", {"x_own": None}, ".x_own: is empty"),
        ("indicator", {"created_by_ref": f"tool--{UUID}"}, "is a tool, where identity is due"),
        ("indicator", {"id": f"tool--{UUID}"}, ".id: names a tool, and the type is"),
        ("indicator", {"object_marking_refs": ["x"]}, '.object_marking_refs[0]: "x" is no id'),
        ("indicator", {"external_references": [{}]}, "[0].source_name: is not there"),
        ("indicator", {"external_references": [{"source_name": "x"}]}, "[0]: has none of descrip"),
        ("indicator", {"granular_markings": [{"selectors": ["type"]}]}, "has lang and marking_ref"),
        (
            "indicator",
            {"granular_markings": [{"lang": "de", "selectors": ["labels.[0]", "pattern"]}]},
            '.selectors[0]: "labels.[0]" is nothing in this object',
        ),
        ("indicator", {"extensions": {"x": 1}}, ".extensions.x: is no object"),
        (
            "indicator",
            {"extensions": {f"extension-definition--{UUID}": {}}},
            ".extension_type: none is no extension_type",
        ),
        ("malware", {"is_family": True}, ".name: is not there, as a family must have"),
        ("malware", {"sample_refs": [f"url--{UUID}"]}, "is a url, where artifact or file is due"),
        ("location", {"longitude": None}, ".longitude: none is no number"),
        ("location", {"latitude": 90.5}, ".latitude: 90.5 is above 90"),
        ("observed-data", {"objects": {"0": {}}}, "has objects and object_refs"),
        ("observed-data", {"number_observed": 0}, ".number_observed: 0 is below 1"),
        ("observed-data", {"last_observed": "2025-01-01T00:00:00Z"}, "is not at or after"),
        ("relationship", {"source_ref": f"sighting--{UUID}"}, "does not go to a sighting"),
        ("relationship", {"relationship_type": "Uses it"}, ".relationship_type: "),
        ("sighting", {"sighting_of_ref": f"url--{UUID}"}, "is a url, where sdo is due"),
        ("file", {"hashes": {"SHA-256": "f00"}}, '.hashes.SHA-256: "f00" is no SHA-256 hash'),
        ("file", {"extensions": {"tcp-ext": {"src_flags_hex": "00"}}}, "is an extension of network"),
        ("file", {"extensions": {"pdf-ext": {"version": 1}}}, ".pdf-ext.version: 1 is no text"),
        ("artifact", {"url": "https://a.example"}, "has payload_bin and url"),
        ("artifact", {"payload_bin": "==="}, ".payload_bin: is no base64"),
        ("network-traffic", {"end": "2026-02-01T00:00:00Z", "is_active": True}, ".end: stands"),
        ("email-message", {"is_multipart": True}, ".body: stands in a message of several parts"),
        ("ipv4-addr", {"value": "::1"}, '.value: "::1" is no IPv4 address'),
        ("domain-name", {"value": "a b"}, '.value: "a b" is no domain'),
        ("marking-definition", {"modified": TIME}, ".modified: a marking is never changed"),
        ("marking-definition", {"definition_type": "tlp", "definition": {"tlp": "red"}}, "fixed id"),
        ("language-content", {"contents": {"de": 1}}, ".contents.de: is no object"),
    ],
)  # fmt: skip
def test_what_the_standard_forbids_is_an_error_with_its_path(
    kind: str, more: dict[str, object], said: str
) -> None:
    found = told(make(kind, **{**WHOLE[kind], **more}))
    assert any(each.startswith("objects[17]") and said in each for each in found), found


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("indicator", {"indicator_types": ["odd"]}, '"odd" is not in the vocabulary'),
        ("indicator", {"own": 1}, ".own: is no property of this type"),
        ("indicator", {"created": "2027-01-01T00:00:00Z", "modified": "2027-01-01T00:00:00Z"},
         ".created: 2027-01-01T00:00:00Z is in the future"),
        ("indicator", {"description": "<script>x</script>"}, ".description: holds markup"),
        ("file", {"hashes": {"own": "f00"}}, '"own" is not in the vocabulary hash-algorithm'),
        ("relationship", {"relationship_type": "eats"}, "malware eats tool is no relationship"),
        ("ipv4-addr", {"id": "ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd"}, "does not follow"),
        ("observed-data", {"object_refs": None, "objects": {"0": {}}}, ".objects: is deprecated"),
    ],
)  # fmt: skip
def test_what_the_standard_advises_against_is_a_warning(
    kind: str, more: dict[str, object], said: str
) -> None:
    one = changed(make(kind, **{**WHOLE[kind], **more}))
    assert told(one) == []
    assert any(said in each for each in told(one, "warning")), told(one, "warning")


def test_an_observable_whose_id_follows_from_it_has_no_warning() -> None:
    one: dict[str, Json] = {"type": "ipv4-addr", "value": "198.51.100.3"}
    assert observable.id_of(one) == "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"
    assert told({**one, "id": observable.id_of(one)}, "warning") == []
    assert observable.id_of({"type": "process", "pid": 3}) == ""


def test_types_of_ones_own_are_checked_for_what_all_objects_share() -> None:
    own = changed(make("x-acme-plan"), name=5)
    assert told(own) == []
    assert told(own, "warning") == ['objects[17].type: "x-acme-plan" is no type of STIX 2.1']
    assert told({**own, "confidence": -1}) == ["objects[17].confidence: -1 is below 0"]
    extension = {f"extension-definition--{UUID}": {"extension_type": "new-sdo"}}
    assert told({**own, "extensions": extension}, "warning") == []


def test_files_of_the_field_are_judged_as_their_origin_says() -> None:
    for name in (
        "poisonivy",
        "apt1",
        "infrastructure",
        "malicious-email-indicator-with-attachment",
    ):
        assert errors_of(shared("stix-examples", f"{name}.json")) == []
    for name in ("tlp10_marking_definitions", "tlp20_marking_definitions"):
        objects = json.loads(shared("stix-marking", f"{name}.json"))
        objects = objects if isinstance(objects, list) else objects["objects"]
        assert errors_of(bundle(*objects)) == []
    for name in ("identity", "identity_custom", "identity_unicode", "identity_warning", "tool"):
        assert errors_of(bundle(json.loads(shared("stix-invalid", f"{name}.json")))) == []
    late = json.loads(shared("stix-invalid", "invalid_timestamp.json"))
    assert "objects[0].modified" in errors_of(bundle(late))[0]


def test_all_of_attack_is_accepted() -> None:
    data = shared("attack", "ics-attack-18.1.json")
    assert len(json.loads(data)["objects"]) == 1826
    assert errors_of(data) == []


def errors_of(data: bytes) -> list[str]:
    return [str(each) for each in checking.notes(data, NOW) if each.severity == "error"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(kind=st.sampled_from(sorted(declared.TYPES)), data=st.data())
def test_no_object_makes_the_check_fail_whatever_stands_in_it(
    kind: str, data: st.DataObject
) -> None:
    names = st.sampled_from(sorted(declared.TYPES[kind]))
    one = {**make(kind, **WHOLE.get(kind, {})), **data.draw(st.dictionaries(names, JUNK))}
    one["type"] = kind
    checking.check(json.loads(json.dumps(one)), "objects[0]", NOW)


def test_what_is_told_of_one_object_is_bounded() -> None:
    one = {**IDENTITY, **{f"own{at}": 1 for at in range(500)}}
    assert len(told(one, "warning")) == checking.NOTES_MAX


def test_every_vocabulary_and_part_that_is_named_is_there() -> None:
    for table in (*declared.TYPES.values(), *declared.PARTS.values()):
        for each in table.values():
            if each.kind == "some":
                assert each.given[0] in vocabularies.VOCABULARIES
