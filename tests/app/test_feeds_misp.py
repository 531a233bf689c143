"""A MISP instance beside us: its events are read, whole and once, and what differs is shown."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.support.misp import Misp, serving
from tests.support.misp_rig import Rig, feed

IP: dict[str, Any] = {"type": "ip-dst", "category": "Network activity", "value": "198.51.100.7", "to_ids": True,
      "uuid": "a0000000-0000-4000-8000-000000000001", "timestamp": "1772300000"}  # fmt: skip
URL: dict[str, Any] = {"type": "url", "category": "Network activity", "value": "http://bad.example/x", "to_ids": True,
       "uuid": "a0000000-0000-4000-8000-000000000002", "timestamp": "1772300000"}  # fmt: skip
GREEN = ("tlp:green",)
Instead = Callable[[BaseHTTPRequestHandler, str], bool]


@pytest.fixture
def misp() -> Iterator[Misp]:
    one = Misp()
    with serving(one):
        yield one


# Reading.


def test_an_event_comes_in_as_objects_of_its_person_once(misp: Misp, tmp_path: Path) -> None:
    made = misp.make("wave", IP, URL, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    state = rig.turn()
    assert (state.alerts, state.fault) == ((), "")
    report = rig.one("report")
    assert (report["name"], report["id"]) == ("wave", f"report--{made['uuid']}")
    assert {each["name"] for each in rig.objects(kind="indicator")} == {IP["value"], URL["value"]}
    views = [each for each in misp.asked if "/view/" in each[1]]
    rig.later()
    assert [each for each in misp.asked if "/view/" in each[1]] == views
    assert rig.state().taken == state.taken


def test_what_is_about_that_server_alone_stays_there(misp: Misp, tmp_path: Path) -> None:
    misp.make("wave", IP, Tag=[{"name": "tlp:green"}, {"name": "todo", "local": 1}])
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    told = str(rig.objects())
    assert "eve@there.example" not in told
    assert "todo" not in told


def test_an_event_that_is_not_published_stays_there_until_it_is(misp: Misp, tmp_path: Path) -> None:
    made = misp.make("wave", IP, tags=GREEN, published=False)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    assert rig.objects() == []
    misp.events[made["uuid"]]["published"] = True
    rig.later()
    assert len(rig.objects(kind="indicator")) == 1


def test_a_deleted_attribute_is_revoked_here(misp: Misp, tmp_path: Path) -> None:
    made = misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    misp.touch(made["uuid"], IP["uuid"], deleted=True)
    assert rig.later().alerts == ()
    assert rig.one("indicator")["revoked"] is True


def test_what_was_withdrawn_here_is_not_taken_again(misp: Misp, tmp_path: Path) -> None:
    made = misp.make("wave", IP, URL, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    rig.withdraw(f"indicator--{URL['uuid']}")
    misp.touch(made["uuid"], analysis="2")
    assert rig.later().alerts == ()
    (stands,) = [each for each in rig.objects(kind="indicator") if not each.get("revoked")]
    assert stands["name"] == IP["value"]


def test_an_attribute_comes_without_its_file_and_an_event_with_its_reports(
    misp: Misp, tmp_path: Path
) -> None:
    sample = {"type": "attachment", "category": "Payload delivery", "value": "a.doc", "data": "c2VjcmV0",
              "uuid": "a0000000-0000-4000-8000-00000000000b"}  # fmt: skip
    misp.make("wave", IP, sample, tags=GREEN, EventReport=[{"name": "how", "content": "in words"}])
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ()
    told = str(rig.objects())
    assert ("a.doc" in told, "c2VjcmV0" in told) == (True, False)
    assert rig.one("report")["x_misp"]["EventReport"] == [{"name": "how", "content": "in words"}]


def test_an_object_that_is_deleted_there_is_revoked_here(misp: Misp, tmp_path: Path) -> None:
    inner = {"object_relation": "sha256", "type": "sha256", "value": "a" * 64, "to_ids": True}
    one = {"name": "file", "meta-category": "file", "uuid": "b" * 8 + "-0000-4000-8000-000000000001",
           "timestamp": "1772300000", "Attribute": [{**inner, "uuid": "c" * 8 + "-0000-4000-8000-000000000001"}]}  # fmt: skip
    made = misp.make("wave", tags=GREEN, Object=[one])
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    assert rig.one("indicator")["id"] == f"indicator--{one['uuid']}"
    misp.touch(made["uuid"])
    misp.events[made["uuid"]]["Object"][0] |= {"deleted": True, "timestamp": str(misp.clock)}
    assert rig.later().alerts == ()
    assert rig.one("indicator")["revoked"] is True


def test_a_colour_put_on_an_event_later_marks_what_is_in_it(misp: Misp, tmp_path: Path) -> None:
    made = misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    before = rig.one("indicator")
    misp.touch(made["uuid"], Tag=[{"name": "tlp:amber"}])
    assert rig.later().alerts == ()
    after = rig.one("indicator")
    assert after["object_marking_refs"] != before["object_marking_refs"]
    assert after["modified"] > before["modified"]
    count = rig.state().taken
    misp.touch(made["uuid"], analysis="2")  # the event alone: its items say nothing new
    rig.later()
    assert rig.one("indicator") == after
    assert rig.state().taken == count + 1


def test_an_author_and_a_marking_of_two_events_are_no_conflict(misp: Misp, tmp_path: Path) -> None:
    misp.make("one", IP, tags=("tlp:green", "PAP:AMBER"))
    misp.make("two", URL, tags=("tlp:green", "PAP:AMBER"), date="2026-02-27")
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ()
    assert (len(rig.objects(kind="indicator")), len(rig.objects(kind="identity"))) == (2, 1)
    misp.clock += 60
    misp.make(
        "three",
        {**IP, "uuid": "a0000000-0000-4000-8000-000000000003"},
        tags=("tlp:green", "PAP:AMBER"),
    )
    assert rig.later().alerts == ()
    assert len(rig.objects(kind="indicator")) == 3


@pytest.mark.parametrize(
    ("distribution", "tags", "level"),
    [
        ("0", (), "amber+strict"), ("1", (), "amber+strict"), ("2", (), "amber"), ("3", (), ""),
        ("4", (), "amber+strict"), ("9", (), "amber+strict"), ("0", GREEN, "amber+strict"),
        ("2", ("tlp:amber+strict",), "amber+strict"), ("3", GREEN, "green"),
    ],
)  # fmt: skip
def test_a_distribution_marks_at_least(
    misp: Misp, tmp_path: Path, distribution: str, tags: tuple[str, ...], level: str
) -> None:
    misp.make("wave", IP, tags=tags, distribution=distribution)
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ()
    named = {each["id"]: each["name"].lower() for each in rig.objects(kind="marking-definition")}
    refs = rig.one("indicator").get("object_marking_refs", [])
    assert (f"tlp:{level}" in {named[each] for each in refs}) is bool(level)


@pytest.mark.parametrize("tag", ["tlp:red", "tlp:purple", "PAP:BLUE"])
def test_what_is_red_or_cannot_be_read_stays_there_and_is_told(
    misp: Misp, tmp_path: Path, tag: str
) -> None:
    misp.make("wave", IP, tags=(tag,))
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ("feed.not_taken",)
    assert rig.objects(kind="indicator") == []


def test_sightings_come_although_they_change_no_time(misp: Misp, tmp_path: Path) -> None:
    misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    misp.clock += 60
    misp.see(IP["uuid"])
    rig.later()
    assert rig.one("sighting")["sighting_of_ref"] == f"indicator--{IP['uuid']}"


def test_an_event_that_is_there_no_more_is_told_until_it_was_compared_and_seen(
    misp: Misp, tmp_path: Path
) -> None:
    made = misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    del misp.events[made["uuid"]]
    assert rig.later().alerts == ("feed.shrunk",)
    assert rig.later().alerts == ("feed.shrunk",)
    (gone,) = rig.compare()
    assert (gone.event, gone.what, gone.state) == (made["uuid"], "event", "here")
    assert rig.later().alerts == ("feed.shrunk",), "until a person has seen it"
    rig.see()
    assert rig.later().alerts == ()


# What differs.


def test_what_is_alike_differs_in_nothing(misp: Misp, tmp_path: Path) -> None:
    misp.make("wave", IP, URL, tags=GREEN)
    misp.make("close", {**IP, "uuid": "a0000000-0000-4000-8000-000000000009"}, distribution="0")
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    assert rig.compare() == ()


def test_what_is_only_here_only_there_or_another_is_named_with_its_fields(
    misp: Misp, tmp_path: Path
) -> None:
    made = misp.make("wave", IP, URL, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    event = misp.events[made["uuid"]]
    event["info"] = "another"
    event["Attribute"][0] |= {"comment": "x", "to_ids": False}
    event["Attribute"].pop(1)
    event["Attribute"].append({**URL, "uuid": "a0000000-0000-4000-8000-00000000000a"})
    second = misp.make("new", tags=GREEN)
    found = {
        (each.event, each.item): (each.what, each.state, each.fields) for each in rig.compare()
    }
    assert found == {
        (made["uuid"], ""): ("event", "differs", "info"),
        (made["uuid"], IP["uuid"]): ("attribute", "differs", "comment,to_ids"),
        (made["uuid"], URL["uuid"]): ("attribute", "here", ""),
        (made["uuid"], "a0000000-0000-4000-8000-00000000000a"): ("attribute", "there", ""),
        (second["uuid"], ""): ("event", "there", ""),
    }
    assert "http://" not in str(rig.house.side.office.counterparts.differences("theirs"))
