"""Ours handed in at a MISP instance: nothing wider than its marking, nothing sent back, nothing lost."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.support.misp import GROUP, Misp, serving
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


# Handing in.


def pair(misp: Misp, folder: Path, **more: str) -> Rig:
    """Return an office that holds events of another instance, and hands them in at ours."""
    other = Misp()
    with serving(other):
        other.make(
            "wave",
            IP,
            URL,
            tags=GREEN,
            Orgc={"id": "9", "name": "Aurelia", "uuid": "5" * 8 + "-1111-4111-8111-111111111111"},
        )
        source = Rig.new(folder, feed(other, "other"))
        source.turn()
    return Rig(source.house, feed(misp, "ours", way="push", into="local", **more))


def test_what_we_hold_goes_there_as_the_event_it_was(misp: Misp, tmp_path: Path) -> None:
    rig = pair(misp, tmp_path)
    state = rig.turn()
    (event,) = misp.events.values()
    assert (state.alerts, state.taken) == ((), 2)
    assert (event["info"], event["Orgc"]["name"], event["published"]) == ("wave", "Aurelia", False)
    assert {each["uuid"] for each in event["Attribute"]} == {IP["uuid"], URL["uuid"]}
    assert ("tlp:green" in {each["name"] for each in event["Tag"]}, event["distribution"]) == (
        True,
        "2",
    )
    count = len(misp.asked)
    rig.later()
    assert len(misp.asked) == count


def test_what_is_corrected_or_taken_back_is_edited_and_deleted_there(
    misp: Misp, tmp_path: Path
) -> None:
    other = Misp()
    with serving(other):
        made = other.make("wave", IP, URL, tags=GREEN)
        rig = Rig.new(tmp_path, feed(other, "other"), feed(misp, "ours", way="push", into="local"))
        rig.turn()
        rig.later()
        other.touch(made["uuid"], IP["uuid"], comment="the second wave")
        rig.later()
        rig.later()
        assert misp.attribute(IP["uuid"])["comment"] == "the second wave"
        other.touch(made["uuid"], URL["uuid"], deleted=True)
        rig.later()
        rig.later()
    assert misp.attribute(URL["uuid"])["deleted"] is True
    assert rig.state("ours").alerts == ()


@pytest.mark.parametrize("into", ["local", "all"])
def test_what_is_withdrawn_here_is_deleted_there(misp: Misp, tmp_path: Path, into: str) -> None:
    source = pair(misp, tmp_path)
    rig = Rig(source.house, feed(misp, "ours", way="push", into=into))
    rig.turn()
    rig.withdraw(f"indicator--{URL['uuid']}")
    assert rig.later().alerts == ()
    assert (misp.attribute(URL["uuid"])["deleted"], misp.attribute(IP["uuid"])["deleted"]) == (
        True,
        False,
    )


def test_two_versions_in_one_page_end_as_the_later(misp: Misp, tmp_path: Path) -> None:
    other = Misp()
    with serving(other):
        made = other.make("wave", IP, tags=GREEN)
        source = Rig.new(tmp_path, feed(other, "other"))
        source.turn()
        other.touch(made["uuid"], IP["uuid"], comment="later")
        source.later()
    rig = Rig(source.house, feed(misp, "ours", way="push", into="local"))
    assert rig.turn().alerts == ()
    assert misp.attribute(IP["uuid"])["comment"] == "later"


def test_what_came_from_there_is_not_sent_back(misp: Misp, tmp_path: Path) -> None:
    misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp), feed(misp, "back", way="push", into="all"))
    misp.see(IP["uuid"])
    for _ in range(3):
        rig.later()
    misp.touch(next(iter(misp.events)), IP["uuid"], comment="more")
    for _ in range(3):
        rig.later()
    assert [each for each in misp.asked if "/add" in each[1] or "/edit" in each[1]] == []
    assert rig.state("back").alerts == ()


def test_what_is_theirs_and_corrected_here_stays_here_and_is_shown_as_a_difference(
    misp: Misp, tmp_path: Path
) -> None:
    misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp), feed(misp, "back", way="push", into="all"))
    rig.turn()
    one = rig.one("indicator")
    rig.hand_in({**one, "description": "seen by us", "modified": "2026-03-05T00:00:00.000Z"})
    for _ in range(3):
        rig.later()
    assert [each for each in misp.asked if "/add" in each[1] or "/edit" in each[1]] == []
    (found,) = rig.compare()
    assert (found.item, found.state, found.fields) == (IP["uuid"], "differs", "comment")


def test_what_went_there_does_not_come_back_but_what_others_saw_of_it_does(
    misp: Misp, tmp_path: Path
) -> None:
    rig = pair(misp, tmp_path)
    rig = Rig(rig.house, *rig.plans, feed(misp, "back"))
    rig.turn()
    misp.events[next(iter(misp.events))]["published"] = True
    before = rig.objects(kind="indicator")
    misp.clock += 60
    misp.see(IP["uuid"])
    rig.later()
    rig.later()
    assert rig.objects(kind="indicator") == before
    assert rig.one("sighting")["sighting_of_ref"] == f"indicator--{IP['uuid']}"
    assert rig.state("back").alerts == ()


def test_an_event_that_they_have_from_elsewhere_stays_as_it_is_there(
    misp: Misp, tmp_path: Path
) -> None:
    rig = pair(misp, tmp_path)
    uuid = rig.one("report")["id"].partition("--")[2]
    misp.make("theirs", uuid=uuid)
    assert rig.turn().alerts == ()
    assert misp.events[uuid]["info"] == "theirs"


@pytest.mark.parametrize(
    ("upto", "tags", "goes"),
    [("GREEN", ("tlp:amber",), False), ("AMBER", ("tlp:amber",), True), ("GREEN", (), False),
     ("AMBER", (), True), ("CLEAR", GREEN, False)],
)  # fmt: skip
def test_a_colour_stricter_than_the_feed_stays_here(
    misp: Misp, tmp_path: Path, upto: str, tags: tuple[str, ...], goes: bool
) -> None:
    other = Misp()
    with serving(other):
        other.make("wave", IP, tags=tags)
        rig = Rig.new(
            tmp_path, feed(other, "other"), feed(misp, "ours", way="push", into="local", upto=upto)
        )
        rig.turn()
        rig.later()
    assert bool(misp.events) is goes


def test_what_is_amber_goes_to_the_group_that_is_named_and_to_nobody_if_there_is_none(
    misp: Misp, tmp_path: Path
) -> None:
    other = Misp()
    with serving(other):
        other.make("wave", IP, tags=("tlp:amber",))
        rig = Rig.new(tmp_path, feed(other, "other"),
                      feed(misp, "ours", way="push", into="local", upto="AMBER", group=GROUP["uuid"]))  # fmt: skip
        misp.groups = []
        rig.turn()
        rig.later()
        assert (misp.events, rig.state("ours").alerts) == ({}, ("feed.refused",))
        misp.groups = [GROUP]
        rig.later(hours=1)
    (event,) = misp.events.values()
    assert (event["distribution"], event["sharing_group_id"]) == ("4", GROUP["id"])


def test_what_joins_an_event_there_never_makes_it_wider(misp: Misp, tmp_path: Path) -> None:
    other = Misp()
    with serving(other):
        made = other.make("wave", IP, tags=("tlp:amber",))
        rig = Rig.new(
            tmp_path,
            feed(other, "other"),
            feed(misp, "ours", way="push", into="local", upto="AMBER"),
        )
        rig.turn()
        rig.later()
        assert misp.events[made["uuid"]]["distribution"] == "0"
        other.touch(made["uuid"], Tag=[{"name": "tlp:green"}])
        other.touch(made["uuid"], IP["uuid"], comment="now for all")
        rig.later()
        rig.later()
    event = misp.events[made["uuid"]]
    assert (event["distribution"], event["Attribute"][0]["comment"]) == ("0", "now for all")


def test_an_attribute_that_they_drop_in_silence_is_told(misp: Misp, tmp_path: Path) -> None:
    misp.make("another", {**IP})  # one of that uuid stands elsewhere there
    rig = pair(misp, tmp_path)
    state = rig.turn()
    assert state.alerts == ("feed.not_taken",)
    assert IP["uuid"] in state.fault


def test_what_a_peer_saw_of_theirs_goes_there_once_and_does_not_come_back(
    misp: Misp, tmp_path: Path
) -> None:
    misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp), feed(misp, "back", way="push", into="local"))
    rig.turn()
    rig.hand_in({
        "type": "sighting", "spec_version": "2.1", "id": "sighting--c0000000-0000-4000-8000-000000000001",
        "created": "2026-03-02T00:00:00.000Z", "modified": "2026-03-02T00:00:00.000Z",
        "last_seen": "2026-03-01T12:00:00.000Z", "sighting_of_ref": f"indicator--{IP['uuid']}",
        "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
    })  # fmt: skip
    for _ in range(4):
        rig.later()
    (seen,) = misp.attribute(IP["uuid"])["Sighting"]
    assert (seen["date_sighting"], seen["type"]) == ("1772366400", "0")
    assert seen["source"] == "detente:c0000000-0000-4000-8000-000000000001"
    assert len(rig.objects(kind="sighting")) == 1
    assert (rig.state().alerts, rig.state("back").alerts) == ((), ())
