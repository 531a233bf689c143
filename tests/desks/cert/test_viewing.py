"""What a person sees of one object."""

import json

import pytest
from tests.desks.cert.test_index import BORN, LATER, Desk, address, indicator, record, withdrawal

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.desk import DESK
from detente.office.fields import Value, Values
from detente.office.tables import Row

NOW = Moment.parse("2026-11-22T00:00:00.000Z")
MALWARE: dict[str, object] = {
    "type": "malware",
    "spec_version": "2.1",
    "id": "malware--00000001-0000-4000-8000-000000000000",
    "created": BORN,
    "modified": BORN,
    "name": "Worm\u202e at evil.example",
    "is_family": False,
}


def see(desk: Desk, name: str, **given: Value) -> list[Row]:
    look = next(each for each in DESK.looks if each.name == f"cert/{name}")
    whole = {each.name: each.default for each in look.fields if each.default is not None} | given
    rows = look.read(desk.look, Values(whole), NOW)
    for row in rows:
        for column in look.columns:
            value = row.get(column.name)
            assert value is None or column.flaw(value) is None, (column.name, value)
            assert value is not None or not column.required, column.name
        assert row.keys() == {column.name for column in look.columns}
    return list(rows)


def relation(number: int, source: str, target: str, kind: str = "indicates") -> dict[str, object]:
    return {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{number:08x}-0000-4000-8000-000000000000",
        "created": BORN,
        "modified": BORN,
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
        "start_time": "2026-01-05T00:00:00Z",
    }


def sighting(number: int, of: str, **more: object) -> dict[str, object]:
    one = relation(number, of, of) | {
        "type": "sighting",
        "id": f"sighting--{number:08x}-0000-4000-8000-000000000000",
        "sighting_of_ref": of,
        "last_seen": "2026-01-06T00:00:00Z",
        **more,
    }
    for name in ("relationship_type", "source_ref", "target_ref", "start_time"):
        one.pop(name)
    return one


ONE, BAD = str(indicator(1)["id"]), str(MALWARE["id"])


def story() -> Desk:
    first = record(1, indicator(1), MALWARE, relation(1, ONE, BAD))
    return Desk().fold(
        first,
        record(2, indicator(1, LATER[1]), by="cordia.gov", tlp="AMBER"),
        record(3, sighting(1, ONE), by="cordia.gov"),
        withdrawal(4, first),
    )


def test_a_value_leads_to_its_objects_whoever_said_them_and_where_they_stand() -> None:
    rows = see(story(), "find", value="198[.]51[.]100[.]1")
    assert [(row["modified"], row["state"], row["from"], row["tlp"]) for row in rows] == [
        (BORN, "withdrawn", "cert@borealis.gov", "GREEN"),
        (LATER[1], "valid", "cert@cordia.gov", "AMBER"),
    ]
    assert rows[0]["title"] == "[ipv4-addr:value = '198.51.100.1']", "programs get it as it is"
    assert see(story(), "find", value="198.51.100.99") == []


def test_an_object_shows_each_time_somebody_said_it() -> None:
    desk = story().fold(record(5, indicator(1), by="cordia.gov"))
    desk.fold(record(6, indicator(1, name="other"), by="dorne.gov"))
    rows = see(desk, "object", id=ONE)
    told = [(Values(row).moment("kept_at").ms, row["from"], row["state"]) for row in rows]
    assert told == [
        (1, "cert@borealis.gov", "withdrawn"),
        (2, "cert@cordia.gov", "valid"),
        (5, "cert@cordia.gov", "valid"),
        (6, "cert@dorne.gov", "disputed"),
    ]


def test_what_names_an_object_is_one_step_from_it_both_ways() -> None:
    desk = story()
    rows = see(desk, "near", id=ONE)
    assert [(row["what"], row["side"], row["id"]) for row in rows] == [
        ("indicates", "to", BAD),
        ("sighting_of_ref", "by", str(sighting(1, ONE)["id"])),
    ]
    assert rows[0]["via"] == str(relation(1, ONE, BAD)["id"])
    assert (rows[0]["state"], rows[0]["title"]) == ("withdrawn", "Worm at evil.example")
    (back,) = see(desk, "near", id=BAD)
    assert (back["what"], back["side"], back["id"]) == ("indicates", "by", ONE)


def test_a_sighting_with_a_place_leads_from_the_place() -> None:
    place = "identity--00000009-0000-4000-8000-000000000000"
    desk = Desk().fold(record(1, indicator(1), sighting(1, ONE, where_sighted_refs=[place])))
    (row,) = see(desk, "near", id=ONE)
    assert (row["what"], row["side"], row["id"], row["title"]) == ("sighting", "by", place, None)


def test_a_hub_of_many_relationships_shows_as_many_as_asked() -> None:
    many = [relation(at, str(indicator(at)["id"]), BAD) for at in range(1, 301)]
    desk = Desk().fold(record(1, MALWARE, *many))
    assert len(see(desk, "near", id=BAD, count=25)) == 25
    assert len(see(desk, "near", id=BAD, count=500)) == 300


def test_a_circle_of_relationships_ends() -> None:
    desk = Desk().fold(record(1, MALWARE, relation(1, BAD, BAD, "related-to")))
    assert len(see(desk, "near", id=BAD)) == 1


def test_a_timeline_tells_what_objects_say_of_time_in_its_order() -> None:
    rows = see(story(), "timeline", id=ONE)
    assert [str(row["at"]) for row in rows] == sorted(str(row["at"]) for row in rows)
    told = {(row["at"], row["what"]) for row in rows}
    assert {("2026-01-05T00:00:00Z", "start_time"), ("2026-01-06T00:00:00Z", "last_seen")} <= told


def test_the_bytes_come_as_they_were_sent_and_by_version() -> None:
    desk = story()
    assert see(desk, "raw", id=ONE) == [{"object": json.dumps(indicator(1, LATER[1]))}]
    assert see(desk, "raw", id=ONE, modified=BORN) == [{"object": json.dumps(indicator(1))}]


@pytest.mark.parametrize("name", ["object", "near", "timeline", "raw", "notes"])
def test_an_object_that_is_not_here_is_no_empty_page(name: str) -> None:
    with pytest.raises(OurFault, match=r"cert\.unknown_object"):
        see(story(), name, id=str(address(99)["id"]))
    if name == "raw":
        with pytest.raises(OurFault, match=r"cert\.unknown_object"):
            see(story(), name, id=ONE, modified=LATER[2])


def test_what_is_odd_about_an_object_is_shown_with_it() -> None:
    odd = indicator(1, indicator_types=["own-word"], confidence=200)
    rows = see(Desk().fold(record(1, odd)), "notes", id=ONE)
    assert [(row["severity"], row["path"]) for row in rows] == [
        ("warning", "object.indicator_types[0]"),
        ("error", "object.confidence"),
    ]
