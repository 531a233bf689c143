"""Lists are read as their publishers write them; what is wrong with a file is said."""

import csv
import gzip
import json
import os
from pathlib import Path

import pytest

from detente.core.errors import OurFault
from detente.screening.listed import Alias, Listed
from detente.screening.lists import country, europe, ofac, rows, tree, un, versions
from detente.screening.lists.readers import read

SHARED = os.environ.get("DETENTE_SHARED")
RAW = Path(SHARED or ".") / "data/screening/raw"
real = pytest.mark.skipif(
    not SHARED or not RAW.exists(), reason="DETENTE_SHARED names no folder of real lists"
)

OFAC = b"""<?xml version="1.0"?><sdnList xmlns="https://example/export"><publshInformation><Record_Count>2</Record_Count>
</publshInformation><sdnEntry><uid>36</uid><firstName>Ivan</firstName><lastName>EXAMPLE</lastName><sdnType>Individual</sdnType>
<programList><program>SDGT</program></programList><idList><id><uid>1</uid><idType>Passport</idType><idNumber>A12345</idNumber>
<idCountry>Russia</idCountry></id></idList><akaList><aka><uid>2</uid><type>a.k.a.</type><category>weak</category><lastName>VANYA</lastName>
</aka></akaList><dateOfBirthList><dateOfBirthItem><dateOfBirth>12 Mar 1961</dateOfBirth></dateOfBirthItem></dateOfBirthList>
</sdnEntry><sdnEntry><uid>37</uid><lastName>EXAMPLE TRADING</lastName><sdnType>Entity</sdnType></sdnEntry></sdnList>"""

UN = """<CONSOLIDATED_LIST dateGenerated="2026-02-27"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>ALI</FIRST_NAME>
<SECOND_NAME>EXAMPLE</SECOND_NAME><UN_LIST_TYPE>Taliban</UN_LIST_TYPE><REFERENCE_NUMBER>TAi.999</REFERENCE_NUMBER>
<NAME_ORIGINAL_SCRIPT>علي مثال; عالي مثال</NAME_ORIGINAL_SCRIPT><NATIONALITY><VALUE>Afghanistan</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Example</ALIAS_NAME></INDIVIDUAL_ALIAS><INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/>
</INDIVIDUAL_ALIAS><INDIVIDUAL_DATE_OF_BIRTH><FROM_YEAR>1960</FROM_YEAR><TO_YEAR>1962</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
</INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>""".encode()

EU = """<export xmlns="http://eu.europa.ec/fpi/fsd/export"><sanctionEntity euReferenceNumber="EU.1.2" logicalId="7"><subjectType code="person"/>
<nameAlias wholeName="Ivan Example" strong="true"/><nameAlias wholeName="Иван Пример" strong="true"/><nameAlias wholeName="Vanya" strong="false"/>
<birthdate birthdate="1961-03-12"/><citizenship countryIso2Code="RU"/><identification number="123456789" identificationTypeCode="passport"/>
<regulation programme="UKR"/></sanctionEntity></export>""".encode()

UK = """<Designations><Designation><UniqueID>RUS0001</UniqueID><IndividualEntityShip>Individual</IndividualEntityShip><RegimeName>Russia</RegimeName>
<Names><Name><Name1>Ivan</Name1><Name6>Example</Name6><NameType>Primary Name</NameType></Name><Name><Name6>Primer</Name6><NameType>Alias</NameType></Name></Names>
<NonLatinNames><NonLatinName><NameNonLatinScript>Иван Пример</NameNonLatinScript></NonLatinName></NonLatinNames>
<IndividualDetails><Individual><DOBs><DOB>12/03/1961</DOB></DOBs><Nationalities><Nationality>Russia</Nationality></Nationalities></Individual></IndividualDetails>
</Designation></Designations>""".encode()


def test_an_sdn_file_gives_names_weak_aliases_papers_births_and_countries() -> None:
    person, firm = ofac.of_xml([OFAC[:300], OFAC[300:]], "ofac")
    assert (person.id, person.schema, person.names) == ("ofac-36", "Person", ("Ivan EXAMPLE",))
    assert person.aliases == (Alias("VANYA", "weak", "a.k.a."),)
    assert (person.births, person.ids[0].value, person.ids[0].country) == (
        ("12 Mar 1961",),
        "A12345",
        "ru",
    )
    assert (firm.schema, firm.names) == ("Organization", ("EXAMPLE TRADING",))


def test_the_older_csv_files_give_the_same_person() -> None:
    sdn = [
        '36,"EXAMPLE, Ivan","individual","SDGT] [IFSR",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 12 Mar 1961; nationality Russia; Passport A12345 (Russia); a.k.a. \'VANYA\'."',
        "\x1a",
    ]
    alt, add = ['36,12,"aka","PRIMER, Ivan",-0- '], ['36,1,-0- ,-0- ,"Iran",-0- ']
    (person,) = ofac.of_csv(sdn, "ofac", alt, add)
    assert person.names == ("Ivan EXAMPLE",)
    assert [(a.name, a.quality) for a in person.aliases] == [
        ("Ivan PRIMER", "strong"),
        ("VANYA", "weak"),
    ]
    assert (person.births, person.countries) == (("12 Mar 1961",), ("ru", "ir"))
    assert (person.ids[0].value, person.programs) == ("A12345", ("SDGT", "IFSR"))


def test_a_un_file_gives_original_names_low_aliases_and_spans_of_years() -> None:
    (person,) = un.of_xml([UN], "un")
    assert (person.id, person.names, person.births) == (
        "un-TAi.999",
        ("ALI EXAMPLE",),
        ("1960-1962",),
    )
    assert [(a.name, a.quality) for a in person.aliases] == [
        ("The Example", "weak"), ("علي مثال", "original-script"), ("عالي مثال", "original-script"),
    ]  # fmt: skip
    assert person.countries == ("af",)


def test_eu_and_uk_files_give_names_scripts_births_and_countries() -> None:
    (one,) = europe.of_eu_xml([EU], "eu")
    assert (one.id, one.names, one.births, one.countries) == (
        "eu-EU.1.2",
        ("Ivan Example",),
        ("1961-03-12",),
        ("ru",),
    )
    assert [(a.name, a.quality) for a in one.aliases] == [
        ("Иван Пример", "original-script"),
        ("Vanya", "weak"),
    ]
    (two,) = europe.of_uk_xml([UK], "uk")
    assert (two.id, two.names, two.births, two.countries) == (
        "uk-RUS0001",
        ("Ivan Example",),
        ("12/03/1961",),
        ("ru",),
    )
    assert [(a.name, a.quality) for a in two.aliases] == [
        ("Primer", "strong"),
        ("Иван Пример", "original-script"),
    ]


BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><sdnList><sdnEntry><uid>&b;</uid></sdnEntry></sdnList>"""
DEEP = b"<sdnList>" + b"<x>" * 24 + b"</x>" * 24 + b"</sdnList>"
WIDE = b"<sdnList><sdnEntry>" + b"<id/>" * 20_001 + b"</sdnEntry></sdnList>"
LONG = b"<sdnList><sdnEntry><uid>" + b"1" * (tree.ENTRY_MAX + 1) + b"</uid></sdnEntry></sdnList>"


@pytest.mark.parametrize(
    "data", [b"", BOMB, DEEP, WIDE, LONG, OFAC[:-20], OFAC.replace(b"Ivan", b"\x19van"), b"\xff\xfe<"],
    ids=["empty", "bomb", "deep", "wide", "long", "cut", "control", "encoding"],
)  # fmt: skip
def test_a_bomb_a_cut_or_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(OurFault) as fault:
        list(ofac.of_xml([data], "ofac"))
    assert fault.value.code == "list.damaged"


def test_the_edges_of_depth_and_size_are_read() -> None:
    assert list(ofac.of_xml([b"<sdnList>" + b"<x>" * 23 + b"</x>" * 23 + b"</sdnList>"], "o")) == []
    edge = b"<sdnList><sdnEntry><uid>" + b"1" * tree.ENTRY_MAX + b"</uid></sdnEntry></sdnList>"
    assert len(list(ofac.of_xml([edge], "o"))) == 1


def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read() -> None:
    lines = [b'{"id":"a","schema":"Person","properties":{"name":["Ivan Example","\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd"],"weakAlias":["V"],"birthDate":["1961"]}}',
             b"{", b'{"id":"b","schema":"Address","properties":{}}', b'{"id":"c","schema":"Person"}', b"7"]  # fmt: skip
    one, *unread = rows.of_ftm(lines, "ftm")
    assert isinstance(one, Listed)
    assert [(a.name, a.quality) for a in one.aliases] == [
        ("Иван", "original-script"),
        ("V", "weak"),
    ]
    assert [u.line for u in unread if isinstance(u, rows.Unread)] == [2, 4, 5]
    assert [
        type(x).__name__ for x in rows.of_own([b'{"id":"a","schema":"Person"}', b"[]", b""])
    ] == ["Listed", "Unread"]


def test_a_csv_file_is_read_by_its_mapping() -> None:
    text = b"nr,wer,auch,geboren,art\n1,Ivan Example,Vanya; Vanja,1961,person\n,Nobody,,,\n"
    mapping = {
        "id": "nr",
        "name": "wer",
        "weak_aliases": "auch",
        "births": "geboren",
        "schema": "art",
    }
    found = read("mapped.csv", text, "own", mapping=mapping)
    (one,) = found.listed
    assert [a.name for a in one.aliases] == ["Vanya", "Vanja"]
    assert one.schema == "Person"
    assert [(each.line, each.why) for each in found.odd] == [(3, "no id or no name")]


def test_a_field_may_be_made_of_several_columns() -> None:
    text = b"nr,last,first,first+last\n1,Example,Ivan,x\n2,,Ivan,x\n"
    mapping = {"id": "nr", "name": "first + last"}
    found = read("mapped.csv", text, "own", mapping=mapping)
    assert [one.names for one in found.listed] == [("Ivan Example",), ("Ivan",)]
    found = read("mapped.csv", text, "own", mapping={"id": "nr", "name": "first+last"})
    assert [one.names for one in found.listed] == [("x",), ("x",)], "a column of this very name"
    found = read("mapped.csv", text, "own", mapping={"id": "nr", "name": "first+middle"})
    assert [each.why for each in found.odd] == ["the file has no column 'middle'"]


def test_countries_are_known_by_their_names_in_lists() -> None:
    assert [
        country.code(n)
        for n in ("Iran", "Russian Federation", "DPRK", "Афганистан", "de", "Nowhere")
    ] == ["ir", "ru", "kp", "af", "de", None]


def _version(ids: str, dated: str = "2026-01-02", unread: int = 0) -> versions.Version:
    listed = [Listed(i.lower(), "Person", (i,)) for i in ids]
    return versions.version("x", "ab" * 32, dated, listed, unread)[0]


def test_a_difference_names_what_was_added_changed_and_removed() -> None:
    before, after = _version("ABC"), _version("BCD")
    assert versions.difference(before, after) == (("d",), (), ("a",))
    changed = versions.version("x", "", "", [Listed("a", "Person", ("Other",))])[0]
    assert versions.difference(_version("A"), changed) == ((), ("a",), ())
    assert versions.difference(None, _version("AB")) == (("a", "b"), (), ())


def test_a_list_that_lost_a_third_is_held_and_one_that_lost_less_is_not() -> None:
    before = _version("ABCDEFGHI")
    assert versions.hold(before, _version("ABCDEFG")) == []
    assert [h.why for h in versions.hold(before, _version("ABCDEF"))] == ["shrunk"]
    # one entry for another is a loss as well
    assert [h.why for h in versions.hold(before, _version("ABCDEWXYZ"))] == ["shrunk"]


def test_an_empty_an_older_a_doubled_a_half_read_and_a_wrong_file_are_held() -> None:
    before = _version("ABC")
    assert [h.why for h in versions.hold(before, _version(""))] == ["empty"]
    assert [h.why for h in versions.hold(before, _version("ABC", "2026-01-01"))] == ["older"]
    assert [h.why for h in versions.hold(before, _version("ABC", unread=1))] == ["skipped"]
    assert [h.why for h in versions.hold(before, _version("ABC"), promised="cd" * 32)] == [
        "checksum"
    ]
    assert versions.hold(before, _version("ABC"), promised="AB" * 32) == []
    found, twice = versions.version(
        "x", "", "", [Listed("a", "Person", ("A",)), Listed("a", "Person", ("B",))]
    )
    assert twice == ("a",)
    assert [h.why for h in versions.hold(None, found, twice)] == ["doubled"]


@real
def test_the_real_files_are_read_whole_and_the_damaged_one_is_refused() -> None:
    with gzip.open(RAW / "un_2026-02-27.xml.gz") as file:
        found = list(un.of_xml([file.read()], "un"))
    assert len(found) == 1003
    assert sum(a.quality == "original-script" for e in found for a in e.aliases) > 300
    with gzip.open(RAW / "ofac_consolidated_2025-03-28.xml.gz") as file:
        assert len(list(ofac.of_xml([file.read()], "ofac"))) == 443
    with gzip.open(RAW / "ofac_sdn_2024-05-03.csv.gz", "rt", encoding="utf-8", newline="") as text:
        lines = text.readlines()
    read = list(ofac.of_csv(lines, "ofac"))
    assert len(read) == sum(row[0].strip().isdigit() for row in csv.reader(lines) if row)
    with gzip.open(RAW / "un_2025-08-16.xml.gz") as file, pytest.raises(OurFault):
        list(un.of_xml([file.read()], "un"))


@real
def test_the_empty_last_version_of_a_real_history_is_held() -> None:
    with gzip.open(RAW.parent / "sdn_deltas.jsonl.gz", "rt", encoding="utf-8") as lines:
        deltas = [json.loads(line) for line in lines]
    ids = [str(i) for i in range(deltas[0]["rows"])]
    before = versions.version(
        "sdn", "", deltas[-2]["at"], [Listed(i, "Person", (i,)) for i in ids]
    )[0]
    last = versions.version("sdn", deltas[-1]["sha256"], deltas[-1]["at"], [])[0]
    assert [h.why for h in versions.hold(before, last)] == ["empty"]
