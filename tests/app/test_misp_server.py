"""The test's own MISP instance answers PyMISP as MISP does: else what is tested against it proves nothing."""

from collections.abc import Iterator
from typing import Any

import pymisp
import pytest
from tests.support.misp import GROUP, KEY, Misp, serving

ITEM = {"type": "ip-dst", "value": "198.51.100.7", "to_ids": True}


@pytest.fixture
def misp() -> Iterator[Misp]:
    one = Misp()
    with serving(one):
        yield one


@pytest.fixture
def client(misp: Misp) -> pymisp.PyMISP:
    return pymisp.PyMISP(misp.url, KEY)


def event(info: str = "wave", **more: object) -> pymisp.MISPEvent:
    made = pymisp.MISPEvent()
    made.from_dict(info=info, distribution=1, **more)
    made.add_attribute("ip-dst", "198.51.100.7")
    return made


def test_an_event_is_added_viewed_and_listed(client: pymisp.PyMISP) -> None:
    added: Any = client.add_event(event(), pythonify=True)
    assert client.event_exists(added.uuid)
    seen: Any = client.get_event(added.uuid, pythonify=True)
    assert [each.value for each in seen.attributes] == ["198.51.100.7"]
    listed: Any = client.search_index(pythonify=True)
    assert [each.uuid for each in listed] == [added.uuid]
    found: Any = client.search(uuid=added.uuid, pythonify=True)
    assert [each.info for each in found] == ["wave"]


def test_an_event_that_is_there_is_not_added_again(client: pymisp.PyMISP) -> None:
    one = event(uuid="11111111-2222-4333-8444-555555555555")
    client.add_event(one)
    again: Any = client.add_event(one)
    assert again["errors"][0] == 404
    assert "already exists" in again["errors"][1]["message"]


def test_an_edit_must_be_newer(misp: Misp, client: pymisp.PyMISP) -> None:
    made = misp.make("wave", ITEM)
    stale: Any = {"uuid": made["uuid"], "info": "x", "timestamp": "5"}
    old: Any = client.update_event(stale, made["uuid"])
    assert old["errors"][0] == 403
    assert "not newer than the local copy" in old["errors"][1]["errors"]
    one: Any = client.get_event(made["uuid"], pythonify=True)
    one.info = "another"
    better: Any = client.update_event(one, pythonify=True)
    assert better.info == "another"


def test_a_deleted_attribute_is_shown_to_who_asks(misp: Misp, client: pymisp.PyMISP) -> None:
    made = misp.make("wave", ITEM)
    client.delete_attribute(made["Attribute"][0]["uuid"])
    plain: Any = client.get_event(made["uuid"], pythonify=True)
    whole: Any = client.get_event(made["uuid"], deleted=[0, 1], pythonify=True)
    assert (plain.attributes, [each.deleted for each in whole.attributes]) == ([], [True])


def test_a_sighting_stands_beside_its_attribute(misp: Misp, client: pymisp.PyMISP) -> None:
    item = misp.make("wave", ITEM)["Attribute"][0]["uuid"]
    seen = pymisp.MISPSighting()
    seen.from_dict(type="0", source="siem", timestamp=5)
    told: Any = client.add_sighting(seen, attribute=item, pythonify=True)
    assert told.source == "siem"
    assert misp.attribute(item)["Sighting"][0]["date_sighting"] == "5"


def test_groups_keys_and_limits(misp: Misp, client: pymisp.PyMISP) -> None:
    group: Any = client.get_sharing_group(GROUP["uuid"], pythonify=True)
    assert group.name == GROUP["name"]
    assert client.get_sharing_group("9")["errors"][0] == 404
    misp.limited = True
    limited: Any = client.search_index()
    assert limited["errors"][0] == 429
    with pytest.raises(pymisp.PyMISPError, match="Authentication failed"):
        pymisp.PyMISP(misp.url, "wrong")
