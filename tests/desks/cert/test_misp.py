"""MISP events as STIX and back: nothing is lost silently, and what nobody changed comes back as it was."""

import csv
import json
from base64 import b64decode
from hashlib import md5
from pathlib import Path

import pymisp
import pytest

from detente.core.errors import OurFault
from detente.desks.cert.formats import (
    checking,
    marking,
    members,
    notes,
    stix,
)
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import attribute_types, feed, making, reading, writing

HERE = Path(__file__).parent / "misp"
SHARED = Path(__file__).parents[3].parent / "shared/data/cert"
SAMPLES = Path(__file__).parents[3] / "src/detente/app/samples"
FILES = sorted(HERE.glob("*.json"))
MORE = sorted((SHARED / "misp").glob("*.json")) if SHARED.exists() else []
NOW = "2026-11-22T10:00:00.000Z"
EVENT_UUID = "5c7cdc3b-2f40-4dca-8200-276c0a00020f"


def event(**more: Json) -> Object:
    return {"uuid": EVENT_UUID, "info": "A wave", "date": "2026-03-01", "timestamp": "1772359200",
            "Orgc": {"name": "Aurelia", "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f"}, **more}  # fmt: skip


def attribute(type_: str, value: str, n: int = 1, **more: Json) -> Object:
    return {"uuid": f"00000000-0000-4000-8000-{n:012}", "type": type_, "value": value,
            "category": attribute_types.category_of(type_), "to_ids": True, "timestamp": "1772359200",
            **more}  # fmt: skip


def read(*events: Object) -> reading.Read:
    return reading.read(json.dumps([{"Event": one} for one in events]).encode())


def flaws(found: reading.Read) -> list[str]:
    """Return what the standard says against what was made."""
    stix.read(found.bundle.encode())
    told = checking.notes(found.bundle.encode(), NOW)
    return [str(each) for each in told if each.severity == notes.ERROR]


def of_type(found: reading.Read, kind: str) -> list[Object]:
    return [one for one in found.objects if one["type"] == kind]


def same(event: Object) -> Object:
    """Return an event without what a server computes, and without empty members."""
    empty: tuple[Json, ...] = ("", [], None)
    return {k: v for k, v in event.items() if k != "RelatedEvent" and v not in empty}


def is_event(file: Path) -> bool:
    return reading.looks_like(members.read(file.read_bytes()))


@pytest.mark.parametrize("file", [*FILES, *filter(is_event, MORE)], ids=lambda file: file.name)
def test_real_events_become_valid_bundles_and_come_back_whole(file: Path) -> None:
    found = reading.read(file.read_bytes())
    bundle = stix.read(found.bundle.encode())
    assert len(bundle.objects) == len(found.objects)
    assert flaws(found) == []
    written = writing.write(found.objects, "x").events
    events = list(reading.events_of(members.read(file.read_bytes())))
    for before, after in zip(events, written, strict=True):
        kept = {name: after.get(name) for name in same(before)}
        alone = isinstance(before.get("Attribute"), dict)
        due = same(before) | ({"Attribute": [before["Attribute"]]} if alone else {})
        assert kept == due
    again = writing.write(reading.read(writing.Written(written, ()).text.encode()).objects, "x")
    assert again.events == written


@pytest.mark.parametrize("name", ["poisonivy.json", "c2-indicators.json"])
def test_objects_of_stix_come_back_from_misp_as_they_were(name: str) -> None:
    objects = json.loads((SAMPLES / name).read_bytes())["objects"]
    written = writing.write(objects, "x")
    back = {one["id"]: one for one in reading.read(written.text.encode()).objects}
    assert [one["id"] for one in objects if back.get(one["id"]) != one] == []
    assert {one.how for one in written.told} <= {"whole", "beside", "kept"}


@pytest.mark.parametrize("type_", sorted(attribute_types.TYPES))
@pytest.mark.parametrize("acts", [True, False])
def test_every_type_of_the_table_goes_and_comes(type_: str, *, acts: bool) -> None:
    value = VALUES.get(type_, "word")
    found = read(event(Attribute=[attribute(type_, value, to_ids=acts)]))
    assert flaws(found) == []
    main = [one for one in found.objects if making.KEPT in one and one["type"] != "grouping"]
    assert len(main) == 1
    if acts:
        assert main[0]["type"] == "indicator"
    bare: Object = {name: each for name, each in main[0].items() if name != making.KEPT}
    (back,) = writing.write([*(one for one in found.objects if one["type"] not in ("grouping", main[0]["type"])), bare], "x").events  # fmt: skip
    items = [one for one in members.objects(back, "Attribute") if one["value"] != reading.REST]
    inner = [
        one
        for each in members.objects(back, "Object")
        for one in members.objects(each, "Attribute")
    ]
    if acts:  # its pattern alone says it
        assert "|".join(members.text(one, "value") for one in [*items, *inner]) == value
        said = members.text(items[0], "type") if items else ""
        assert attribute_types.TYPES.get(said) == attribute_types.TYPES[type_] or inner


DIGITS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128,
          "sha512/224": 56, "sha512/256": 64, "sha3-224": 56, "sha3-256": 64, "sha3-384": 96,
          "sha3-512": 128, "authentihash": 64, "imphash": 32}  # fmt: skip


def hash_of(type_: str) -> str:
    name = type_.removeprefix("x509-fingerprint-").rpartition("|")[2]
    return "0" * DIGITS.get("md5" if type_ == "malware-sample" else name, 32)


VALUES = {
    "email": "a@evil.example",
    "email-src": "a@evil.example",
    "email-dst": "a@evil.example",
    "target-email": "a@evil.example",
    "dns-soa-email": "a@evil.example",
    "whois-registrant-email": "a@evil.example",
    "mac-address": "00:00:5e:00:53:01",
    "mime-type": "text/html",
    "cpe": "cpe:2.3:a:x:y:1:*:*:*:*:*:*:*",
    **{name: hash_of(name) for name in attribute_types.TYPES if "|" not in name and (name in DIGITS or "x509" in name)},
    "ip-dst": "198.51.100.7",
    "ip-src": "2001:db8::7",
    "AS": "AS65536",
    "domain": "evil.example",
    "hostname": "a.evil.example",
    "url": "https://evil.example/a'b\\c",
    "uri": "http://evil.example/a.php",
    "port": "4444",
    "size-in-bytes": "1024",
    "domain|ip": "evil.example|198.51.100.7",
    "ip-dst|port": "198.51.100.7|443",
    "ip-src|port": "2001:db8::7|443",
    "hostname|port": "evil.example|443",
    "regkey|value": "HKLM\\Software\\X|%TEMP%\\a.exe",
    **{name: "a.exe|" + hash_of(name) for name in attribute_types.TYPES if name.startswith(("filename|", "malware-"))},
}  # fmt: skip


@pytest.mark.parametrize(("type_", "language"), sorted(attribute_types.RULES.items()))
def test_a_rule_is_the_pattern_in_its_own_language(type_: str, language: str) -> None:
    value = "[file:name = 'a' AND file:size > 5]" if language == "stix" else "rule x { }"
    found = read(event(Attribute=[attribute(type_, value)]))
    (one,) = of_type(found, "indicator")
    assert (one["pattern"], one["pattern_type"]) == (value, language)
    del one[making.KEPT]
    (back,) = writing.write(found.objects, "x").events
    first = members.objects(back, "Attribute")[0]
    assert (first["type"], first["value"]) == (type_, value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [("ip-dst", "no address"), ("AS", "Aurelia"), ("port", "http"), ("domain|ip", "evil.example"),
     ("md5", "d41d8"), ("filename|sha256", "a.exe|word"), ("link", "https://x.example/"), ("text", "words"), ("never-heard-of", "x"), ("domain", " ")],
)  # fmt: skip
def test_what_stix_has_no_word_for_is_a_custom_object_and_told(type_: str, value: str) -> None:
    found = read(event(Attribute=[attribute(type_, value)]))
    (one,) = of_type(found, making.ATTRIBUTE)
    assert (one["x_misp_type"], one["x_misp_value"]) == (type_, value)
    assert ("kept", f"attribute {type_}") in {(told.how, told.item) for told in found.told}
    stix.read(found.bundle.encode())


def test_a_tag_of_the_event_marks_all_in_it_and_its_own_marks_an_attribute_more() -> None:
    tags: Json = [{"name": "tlp:amber"}, {"name": "osint"}]
    red: Json = [{"name": "tlp:red"}, {"name": "PAP:RED"}]
    items: Json = [attribute("domain", "a.example"), attribute("domain", "b.example", 2, Tag=red)]
    found = read(event(Tag=tags, Attribute=items))
    book = marking.Book.of(found.objects)
    first, second = of_type(found, "indicator")
    assert (book.object(first).tlp, book.object(first).pap) == ("AMBER", "")
    assert (book.object(second).tlp, book.object(second).pap) == ("RED", "RED")
    assert stix.read(found.bundle.encode()).tlp == "RED"
    assert of_type(found, "grouping")[0]["labels"] == ["osint"]


def test_two_colours_on_one_event_are_the_stricter_and_an_unknown_one_is_red() -> None:
    two: Json = [{"name": "tlp:green"}, {"name": "tlp:amber+strict"}]
    assert marking.strictest(read(event(Tag=two)).objects) == "AMBER+STRICT"
    odd = marking.bundle(read(event(Tag=[{"name": "tlp:purple"}])).objects)
    assert (odd.tlp, odd.unknown) == ("RED", ("TLP purple",))


def test_a_cluster_without_uuid_gets_one_of_its_tag_and_the_event_survives() -> None:
    cluster: Json = {"uuid": "", "value": "Some group", "type": "threat-actor",
                     "tag_name": 'misp-galaxy:threat-actor="Some group"',
                     "meta": {"synonyms": ["Other"], "refs": ["https://x.example/"]}}  # fmt: skip
    galaxies: Json = [{"type": "threat-actor", "GalaxyCluster": [cluster, {"value": ""}]}]
    found = read(event(Galaxy=galaxies), event(Galaxy=galaxies, uuid=EVENT_UUID[::-1]))
    (actor,) = of_type(found, "threat-actor")
    assert (actor["name"], actor["aliases"]) == ("Some group", ["Other"])
    assert "it has no name" in {told.why for told in found.told}
    stix.read(found.bundle.encode())


def test_a_deleted_attribute_is_revoked_and_a_revoked_indicator_deleted() -> None:
    found = read(event(Attribute=[attribute("domain", "a.example", deleted=True)]))
    (one,) = of_type(found, "indicator")
    assert one["revoked"] is True
    del one[making.KEPT]
    (back,) = writing.write(found.objects, "x").events
    assert members.objects(back, "Attribute")[0]["deleted"] is True


def test_what_was_changed_on_our_side_goes_out_changed() -> None:
    found = read(event(Attribute=[attribute("domain", "a.example", comment="old")]))
    (one,) = of_type(found, "indicator")
    one["pattern"], one["modified"] = (
        "[domain-name:value = 'b.example']",
        "2026-03-02T10:00:00.000Z",
    )
    one["object_marking_refs"] = [str(marking.definition_of("RED")["id"])]
    (back,) = writing.write(found.objects, "x").events
    item = members.objects(back, "Attribute")[0]
    assert (item["value"], item["comment"]) == ("b.example", "old")
    assert item["timestamp"] == "1772445600"
    assert {"name": "tlp:red"} in members.objects(item, "Tag")


def test_what_was_changed_at_misp_is_not_hidden_by_the_attachment() -> None:
    objects = json.loads((SAMPLES / "c2-indicators.json").read_bytes())["objects"]
    (sent,) = writing.write(objects, "x").events
    items = members.objects(sent, "Attribute")
    changed = next(one for one in items if one["type"] != "attachment")
    changed["value"], changed["timestamp"] = "203.0.113.99", "1972359200"
    back = reading.read(json.dumps({"Event": sent | {"Attribute": [*items]}}).encode())
    mine = next(
        one for one in of_type(back, "indicator") if str(one["id"]).endswith(str(changed["uuid"]))
    )
    assert "203.0.113.99" in str(mine["pattern"])


def test_a_part_that_is_marked_makes_the_whole_attribute_stricter() -> None:
    red = marking.definition_of("RED")
    one: Object = {
        "type": "indicator", "spec_version": "2.1", "id": "indicator--" + EVENT_UUID,
        "created": "2026-03-01T10:00:00.000Z", "modified": "2026-03-01T10:00:00.000Z",
        "pattern": "[domain-name:value = 'a.example']", "pattern_type": "stix",
        "valid_from": "2026-03-01T10:00:00.000Z",
        "granular_markings": [{"marking_ref": red["id"], "selectors": ["description"]}],
    }  # fmt: skip
    (back,) = writing.write([one, red], "x").events
    assert [members.objects(each, "Tag") for each in members.objects(back, "Attribute")] == [
        [{"name": "tlp:red"}], [{"name": "tlp:red"}]
    ]  # fmt: skip
    assert members.objects(back, "Tag") == [{"name": "tlp:red"}]


def test_several_values_of_one_pattern_are_several_attributes() -> None:
    one: Object = {"type": "indicator", "id": "indicator--" + EVENT_UUID, "pattern_type": "stix",
                   "pattern": "[domain-name:value = 'a.example' OR ipv4-addr:value = '198.51.100.7']"
                              " OR [file:hashes.'SHA-256' = '" + "a" * 64 + "' AND file:name = 'x' AND"
                              " file:size = 5]"}  # fmt: skip
    (back,) = writing.write([one], "x").events
    listed = [(each["type"], each["value"]) for each in members.objects(back, "Attribute")][:2]
    assert listed == [("domain", "a.example"), ("ip-dst", "198.51.100.7")]
    (file,) = members.objects(back, "Object")
    held = [(each["object_relation"], each["value"]) for each in members.objects(file, "Attribute")]
    assert (file["name"], held) == (
        "file",
        [("sha256", "a" * 64), ("filename", "x"), ("size-in-bytes", "5")],
    )


def test_the_attachment_holds_what_misp_has_no_twin_for() -> None:
    note: Object = {"type": "note", "id": "note--" + EVENT_UUID, "content": "Seen twice"}
    (back,) = writing.write([note], "x").events
    (item,) = members.objects(back, "Attribute")
    assert (item["type"], item["value"], item["to_ids"]) == ("attachment", "rest.stix.json", False)
    assert json.loads(b64decode(members.text(item, "data")))["objects"] == [note]


@pytest.mark.parametrize("data", ["", "e30=", "!!", "W10="])
def test_an_attachment_that_only_bears_the_name_is_an_attribute_like_any_other(data: str) -> None:
    item = attribute("attachment", reading.REST, data=data)
    found = read(event(Attribute=[item]))
    assert len(of_type(found, making.ATTRIBUTE)) == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "exchange.json"),
        (b'{"a": 1, "a": 2}', "exchange.json"),
        (b'{"a": NaN}', "exchange.json"),
        (b'{"a": 1e999}', "exchange.json"),
        (b'{"a": "\\ud800"}', "exchange.json"),
        (b"\xff", "exchange.json"),
        (b"[" * 100_000, "exchange.size"),
        (b"[" * 60 + b"]" * 60, "exchange.size"),
        (b"{}", "exchange.misp"),
        (b"[]", "exchange.misp"),
        (b'{"response": []}', "exchange.misp"),
    ],
)
def test_what_is_no_event_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(OurFault) as refused:
        reading.read(data)
    assert refused.value.code == code


def test_misshapen_members_break_nothing() -> None:
    odd: Json = [attribute("domain", "a.example", Tag="x", Sighting=5, Galaxy=[{"GalaxyCluster": "x"}]),
                 {"type": 5, "value": None}, "no attribute", {}]  # fmt: skip
    objects: Json = [{"name": None, "Attribute": {"type": "md5"}}, 5, {"ObjectReference": [{}]}]
    found = read(
        event(Attribute=odd, Object=objects, Tag=[{"name": 5}], timestamp="never", date=[])
    )
    stix.read(found.bundle.encode())
    writing.write(found.objects, "x")


def test_a_feed_names_every_event_and_can_be_asked_for_values() -> None:
    found = read(event(Tag=[{"name": "tlp:green", "colour": "#339900"}], event_creator_email="a@b.example",
                       id="7", Attribute=[attribute("domain|ip", "a.example|198.51.100.7")]))  # fmt: skip
    events = writing.write(found.objects, "x").events
    files = feed.files_of(events)
    assert set(files) == {"manifest.json", "hashes.csv", f"{EVENT_UUID}.json"}
    line = json.loads(files["manifest.json"])[EVENT_UUID]
    assert line == {
        "info": "A wave", "date": "2026-03-01", "analysis": "", "threat_level_id": "",
        "timestamp": 1772359200, "Tag": [{"name": "tlp:green", "colour": "#339900"}],
        "Orgc": {"name": "Aurelia", "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f"},
    }  # fmt: skip
    rows = list(csv.reader(files["hashes.csv"].decode().splitlines()))
    assert rows == [[md5(part).hexdigest(), EVENT_UUID] for part in (b"a.example", b"198.51.100.7")]
    held = files[f"{EVENT_UUID}.json"].decode()
    assert "a@b.example" not in held
    assert '"id"' not in held


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_pymisp_reads_the_feed_that_is_written(file: Path) -> None:
    written = writing.write(reading.read(file.read_bytes()).objects, "x").events
    files = feed.files_of([one for one in written if "uuid" in one])
    for name in set(files) - {feed.MANIFEST, feed.HASHES}:
        taken = pymisp.MISPEvent()
        taken.load(json.loads(files[name]))
        said = json.loads(files[name])["Event"]
        assert len(taken.attributes) == len(said.get("Attribute", []))
        assert len(taken.objects) == len(said.get("Object", []))
        hashes = {row[0] for row in csv.reader(files[feed.HASHES].decode().splitlines()) if row[1] == taken.uuid}  # fmt: skip
        assert hashes == set(taken.attributes_hashes("md5"))
        assert json.loads(files[feed.MANIFEST])[taken.uuid]["info"] == taken.info
