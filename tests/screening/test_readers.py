"""Hostile and damaged lists: bounded, told with line and reason, the other entries still read."""

import gzip
import os
from pathlib import Path

import pytest

from detente.core.errors import OurFault
from detente.screening.lists import readers, tree
from detente.screening.lists.readers import read, unpack

SHARED = os.environ.get("DETENTE_SHARED")
RAW = Path(SHARED or ".") / "data/screening/raw"
real = pytest.mark.skipif(
    not SHARED or not RAW.exists(), reason="DETENTE_SHARED names no folder of real lists"
)


def entry(uid: str, name: str, more: str = "") -> str:
    return f"<sdnEntry><uid>{uid}</uid><lastName>{name}</lastName><sdnType>Individual</sdnType>{more}</sdnEntry>"


def sdn(*entries: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f"{head}<sdnList><Publish_Date>08/20/2026</Publish_Date>{''.join(entries)}</sdnList>".encode()


def names(found: readers.Read) -> list[str]:
    return [one.names[0] for one in found.listed]


def test_a_bomb_is_refused_and_nothing_of_it_is_unfolded() -> None:
    kinds = ['<!ENTITY a "x">', '<!ENTITY b SYSTEM "file:///etc/passwd">', ""]
    for kind in kinds:
        head = f"<!DOCTYPE sdnList [{kind}]>" if kind else '<!DOCTYPE sdnList SYSTEM "x.dtd">'
        found = read("sdn.xml", sdn(entry("1", "&a;"), head=head), "x")
        assert found.listed == []
        assert "declares" in found.cut


def test_a_cut_file_gives_what_stands_before_the_cut_and_says_so() -> None:
    whole = sdn(entry("1", "One"), entry("2", "Two"), entry("3", "Three"))
    found = read("sdn.xml", whole[: whole.index(b"Three")], "x")
    assert names(found) == ["One", "Two"]
    assert "not well-formed" in found.cut
    packed = gzip.compress(whole * 50)
    assert "too early" in unpack(packed[:-20])[1]
    assert unpack(packed) == (whole * 50, "")
    assert unpack(packed + gzip.compress(b"more"))[0].endswith(b"more")


def test_what_is_unpacked_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "UNPACKED_MAX", 1_000)
    assert len(unpack(gzip.compress(b"0" * 1_000))[0]) == 1_000
    with pytest.raises(OurFault) as fault:
        unpack(gzip.compress(b"0" * 1_001))
    assert fault.value.code == "list.unreadable"


def test_a_wrong_encoding_is_told_and_the_names_are_still_read() -> None:
    data = sdn(entry("1", "Jos\u00e9"), entry("2", "Two")).decode().encode("cp1252")
    found = read("sdn.xml", data, "x")
    assert names(found) == ["Jos\u00e9", "Two"]
    assert "not UTF-8" in found.cut
    said = sdn(entry("1", "One"), head='<?xml version="1.0" encoding="UTF-16"?>')
    assert read("sdn.xml", said, "x").listed == []
    assert read("sdn.xml", said, "x").cut
    wide = sdn(entry("1", "Иван"), head='<?xml version="1.0" encoding="UTF-16"?>').decode()
    assert names(read("sdn.xml", wide.encode("utf-16"), "x")) == ["Иван"]


def test_control_characters_are_read_as_spaces_and_told() -> None:
    found = read("sdn.xml", sdn(entry("1", "O\x19Neil"), entry("2", "Nu\x00ll")), "x")
    assert names(found) == ["O Neil", "Nu ll"]
    assert found.cut.startswith("2 control characters")


def test_an_entry_over_a_limit_is_left_out_and_the_others_are_read() -> None:
    long = "x" * (tree.ENTRY_MAX + 1)
    parts = "<id/>" * (tree.PARTS_MAX + 1)
    found = read(
        "sdn.xml", sdn(entry("1", long), entry("2", "Two", parts), entry("3", "Three")), "x"
    )
    assert names(found) == ["Three"]
    assert [each.lost for each in found.odd] == [True, True]
    assert not found.cut


def test_a_name_of_a_million_letters_is_left_out_and_told() -> None:
    good = b'{"id":"a","schema":"Person","names":["Good"]}'
    much = b'{"id":"b","schema":"Person","names":["%s"]}' % (b"x" * 10**6)
    more = b'{"id":"c","schema":"Person","names":["Short","%s"]}' % (
        b"x" * (readers.NAME_LONGEST + 1)
    )
    edge = b'{"id":"d","schema":"Person","names":["%s"]}' % (b"x" * readers.NAME_LONGEST)
    found = read("own.json", b"\n".join([good, much, more, edge]), "x")
    assert [one.id for one in found.listed] == ["a", "c", "d"]
    assert [(each.line, each.lost) for each in found.odd] == [(2, False), (2, True), (3, False)]


def test_lines_that_are_no_entries_are_told_with_their_number() -> None:
    lines = [
        b'{"id":"a","schema":"Person","names":["A"]}', b"null", b'{"id":null}', b"{", b"\xff\xfe",
        b'{"id":"","names":["B"],"schema":"Person"}', b'{"id":"c","schema":"Person","names":["  "]}',
        b'{"id":"d","schema":"Person","names":["D"],"births":["0000-00-00","1961-02-31"]}',
    ]  # fmt: skip
    found = read("own.json", b"\n".join(lines), "x")
    assert [one.id for one in found.listed] == ["a", "d"]
    assert sorted({each.line for each in found.odd if each.lost}) == [2, 3, 4, 5, 6, 7]
    assert [each.why for each in found.odd if not each.lost] == [
        "no date of birth: '0000-00-00'", "no date of birth: '1961-02-31'",
    ]  # fmt: skip


def test_hijri_years_are_dates() -> None:
    line = b'{"id":"d","schema":"Person","names":["D"],"births":["1381"]}'
    assert read("own.json", line, "x").odd == []


def test_followthemoney_lines_are_read_and_what_is_none_is_told() -> None:
    lines = [
        b'{"id":"Q1","schema":"Person","properties":{"name":["Ivan Example"],"birthDate":["1961"]}}',
        b'{"id":"Q2","schema":"Address","properties":{}}', b'{"id":"Q3","schema":"Person"}', b"[]",
    ]  # fmt: skip
    found = read("ftm.json", b"\n".join(lines), "os")
    assert [(one.id, one.births) for one in found.listed] == [("Q1", ("1961",))]
    assert [each.line for each in found.odd] == [3, 4]


ROW = '{0},"EXAMPLE, {1}","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'


def test_the_older_files_end_with_a_mark_and_one_without_it_is_cut() -> None:
    data = (ROW.format(1, "Ivan") + ROW.format(2, "Anna")).encode()
    alt = b'1,12,"aka","PRIMER, Ivan",-0- \r\n\x1a'
    found = read("sdn.csv", data + b"\x1a", "x", {"alt": alt})
    assert names(found) == ["Ivan EXAMPLE", "Anna EXAMPLE"]
    assert found.listed[0].aliases[0].name == "Ivan PRIMER"
    assert not found.cut
    assert read("sdn.csv", data, "x").cut
    assert read("sdn.csv", data + b"\x1a", "x", {"alt": alt[:-1]}).cut.startswith("the file alt")
    odd = data + b"x,y\r\n\xff\xfe,b\r\n" + ROW.format(3, "Olga").encode() + b"\x1a"
    found = read("sdn.csv", odd, "x")
    assert len(found.listed) == 3
    assert sum(each.lost for each in found.odd) == 2


def test_a_mapped_file_names_its_columns() -> None:
    data = "uid;who;aka;born\n1;Иван;Ваня;1961\n2;;x;\n1;Ivan;Vania;\n3;Olga;;\n".encode("cp1251")
    mapping = {
        "id": "uid",
        "name": "who",
        "aliases": "aka",
        "births": "born",
        "encoding": "cp1251",
        "delimiter": ";",
    }
    found = read("mapped.csv", data, "x", mapping=mapping)
    assert [one.id for one in found.listed] == ["1", "1", "3"]
    assert [(each.line, each.why) for each in found.odd] == [(3, "no id or no name")]
    merged = read("mapped.csv", data, "x", mapping=mapping | {"merge": "yes"}).listed
    assert [(one.id, [a.name for a in one.aliases]) for one in merged] == [
        ("1", ["Ваня", "Ivan", "Vania"]), ("3", []),
    ]  # fmt: skip
    assert read("mapped.csv", data, "x", mapping=mapping | {"name": "none"}).listed == []
    cell = b"uid,who,aka,born\n1,%s,,\n2,Two,,\n" % (b"x" * (readers.CELL_MAX + 1))
    plain = {"id": "uid", "name": "who"}
    assert names(read("mapped.csv", cell, "x", mapping=plain)) == ["Two"]


@pytest.mark.parametrize(
    "mapping",
    [{}, {"id": "a"}, {"id": "a", "name": "b", "x": "c"}, {"id": "a", "name": "b", "encoding": "none"},
     {"id": "a", "name": "b", "delimiter": "ab"}],
)  # fmt: skip
def test_a_mapping_that_is_none_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(OurFault) as fault:
        read("mapped.csv", b"a,b\n1,2\n", "x", mapping=mapping)
    assert fault.value.code == "list.reader"


def test_a_file_says_its_own_date() -> None:
    for head, date in (
        (b'<CONSOLIDATED_LIST dateGenerated="2026-02-27T1">', "2026-02-27"),
        (b"<Publish_Date>08/20/2026</Publish_Date>", "2026-08-20"),
        (b'<export generationDate="2025-05-01T00:00">', "2025-05-01"),
        (b"<DateGenerated>16/04/2026</DateGenerated>", "2026-04-16"),
        (b"<x/>", ""),
    ):
        assert readers.dated(head) == date


@real
def test_real_lists_are_read_whole_and_the_damaged_one_is_told() -> None:
    def of(name: str) -> bytes:
        return (RAW / name).read_bytes()

    whole = read("sdn.xml", of("ofac_consolidated_2025-03-28.xml.gz"), "ofac")
    assert (len(whole.listed), whole.odd, whole.cut) == (443, [], "")
    assert len(read("un.xml", of("un_2026-02-27.xml.gz"), "un").listed) == 1_003
    more = {"alt": of("ofac_alt_2025-12.csv.gz"), "add": of("ofac_add_2025-12.csv.gz")}
    found = read("sdn.csv", of("ofac_sdn_2024-05-03.csv.gz"), "ofac", more)
    assert len(found.listed) == 14_965
    assert not any(each.lost for each in found.odd)
    damaged = read("un.xml", of("un_2025-08-16.xml.gz"), "un")
    assert damaged.cut
    assert damaged.listed


@pytest.mark.parametrize(
    ("head", "count", "ended", "odd"),
    [(0, 0, True, ""), (2, 2, False, ""), (0, 1, False, "has 0"), (2, 1, False, "has 2")],
)
def test_our_own_list_says_how_many_are_on_it_and_none_is_said_too(
    head: int, count: int, ended: bool, odd: str
) -> None:
    line = b'{"id":"%d","schema":"Person","names":["One Example"]}'
    lines = [b'{"form":"detente-list-1","entities":%d}' % head, *(line % n for n in range(count))]
    found = read("own.json", b"\n".join(lines) + b"\n", "peer.aurelia.gov")
    assert (len(found.listed), found.ended) == (count, ended)
    assert [odd in each.why and each.lost for each in found.odd] == ([True] if odd else [])


def test_an_empty_file_does_not_say_that_nobody_is_listed() -> None:
    assert [read(reader, b"", "x").ended for reader in ("own.json", "ftm.json", "un.xml")] == [
        False
    ] * 3
