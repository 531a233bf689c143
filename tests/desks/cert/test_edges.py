"""Limits of what the desk reads of others: what is at one is taken, what is above is told or cut."""

import json

import pytest
from tests.desks.cert.test_index import indicator
from tests.desks.cert.test_warninglists import read as listed

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert import exchange, kinds
from detente.desks.cert.formats import (
    comparing,
    describing,
    iodef,
    members,
    strict,
    values,
    warninglists,
)
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import reading
from detente.office.fields import Values

BOTH = pytest.mark.parametrize("extra", [0, 1])
INCIDENT = (
    '<Incident purpose="reporting"><IncidentID name="a.example">{}</IncidentID>'
    "<GenerationTime>2026-01-01T00:00:00Z</GenerationTime></Incident>"
)


@BOTH
def test_a_body_names_so_many_objects(extra: int) -> None:
    named = Values({"id": str(indicator(1)["id"])})
    field = next(each for each in kinds.WITHDRAW.fields if each.name == "objects")
    flaw = field.flaw((named,) * (limits.MAX_BUNDLE_OBJECTS + extra))
    assert (flaw is None) is (extra == 0)


@BOTH
def test_a_whole_number_has_so_many_digits(extra: int) -> None:
    sign_too = b"-1" + b"0" * (limits.MAX_STIX_DIGITS - 2 + extra)  # the largest double has 309
    if extra:
        with pytest.raises(strict.Found, match="is no number of JSON"):
            strict.parse(b'{"a":' + sign_too + b"}")
    else:
        assert strict.parse(b'{"a":' + sign_too + b"}").value == {"a": int(sign_too)}


@BOTH
def test_a_pattern_is_taken_apart_up_to_its_limit(extra: int) -> None:
    text = "[file:name = '{}']"
    room = limits.MAX_PATTERN_COMPARED - len(text) + 2
    found = comparing.take_apart(text.format("x" * (room + extra)))
    assert (found is None) is (extra == 1)


def test_an_object_is_found_by_so_many_values_of_so_many_characters() -> None:
    many = " OR ".join(
        f"domain-name:value = 'a{at}.example'" for at in range(limits.MAX_VALUES + 9)
    )
    told: Object = {"type": "indicator", "pattern_type": "stix", "pattern": f"[{many}]"}
    assert len(values.values_of(told)) == limits.MAX_VALUES
    name = "x" * (limits.MAX_VALUE + 9)
    one: Object = {
        "type": "mutex",
        "id": "mutex--00000001-0000-4000-8000-000000000000",
        "name": name,
    }
    assert max(len(each) for each in values.values_of(one)) <= limits.MAX_VALUE + 8


def test_so_many_names_of_others_are_followed() -> None:
    refs: list[Json] = [str(indicator(at)["id"]) for at in range(limits.MAX_REFS + 9)]
    one: Object = {
        "type": "report",
        "id": "report--00000001-0000-4000-8000-000000000000",
        "object_refs": refs,
    }
    assert len(list(describing.refs_of(one))) == limits.MAX_REFS


@BOTH
def test_a_file_of_misp_has_so_many_bytes(extra: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'{"a":1}'
    assert members.SIZE_MAX == limits.MAX_MISP
    monkeypatch.setattr(members, "SIZE_MAX", len(data) - extra)
    if extra:
        with pytest.raises(OurFault, match=r"exchange\.size"):
            members.read(data)
    else:
        assert members.read(data) == {"a": 1}


@BOTH
def test_so_many_objects_are_made_of_a_file_of_misp(
    extra: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [{"type": "ip-dst", "value": f"198.51.100.{at}", "to_ids": True} for at in range(9)]
    event = json.dumps({"Event": {"info": "x", "Attribute": made}}).encode()
    count = len(reading.read(event).objects)
    assert reading.OBJECTS_MAX == limits.MAX_MISP_OBJECTS
    monkeypatch.setattr(reading, "OBJECTS_MAX", count - extra)
    if extra:
        with pytest.raises(OurFault, match=r"exchange\.size"):
            reading.read(event)
    else:
        assert len(reading.read(event).objects) == count


@BOTH
def test_a_warning_list_has_so_many_entries(extra: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warninglists.ENTRIES_MAX == limits.MAX_WARNINGS
    monkeypatch.setattr(warninglists, "ENTRIES_MAX", 3 - extra)
    if extra:
        with pytest.raises(OurFault, match=r"exchange\.size"):
            listed("string", "a", "b", "c")
    else:
        assert len(listed("string", "a", "b", "c").entries) == 3


@pytest.mark.parametrize(
    ("sort", "most"), [("string", limits.MAX_WARNING), ("regex", limits.MAX_WARNING_REGEX)]
)
def test_an_entry_above_its_limit_is_left_out_and_told(sort: str, most: int) -> None:
    found = listed(sort, "x" * most, "y" * (most + 1))
    assert found.entries == ("x" * most,)
    assert len(found.wrong) == 1


@BOTH
def test_so_many_incidents_are_read_of_one_document(extra: int) -> None:
    inside = "".join(INCIDENT.format(at) for at in range(limits.MAX_IODEF + extra))
    text = f'<IODEF-Document version="2.00" xmlns="urn:ietf:params:xml:ns:iodef-2.0">{inside}</IODEF-Document>'
    drafts, warnings = iodef.read(text.encode())
    assert len(drafts) == limits.MAX_IODEF
    assert any("only the first" in each for each in warnings) is (extra == 1)


@BOTH
def test_a_feed_is_of_so_many_bundles(extra: int) -> None:
    field = next(each for each in exchange.FEED.fields if each.name == "mid")
    flaw = field.flaw(tuple(bytes([at]) * 32 for at in range(limits.MAX_FEED_BUNDLES + extra)))
    assert (flaw is None) is (extra == 0)
