"""Lists and tables of indicators, as people send them and as they are written."""

import csv
import io
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.errors import OurFault
from detente.desks.cert.formats import indicators, lists, observed, stix
from detente.desks.cert.formats.members import Object

NOW = "2026-03-01T10:00:00.000Z"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def pairs(data: bytes, **columns: str) -> list[tuple[str, str]]:
    return [(one.sort, one.value) for one in lists.read(data, columns).found]


def objects_of(text: str) -> list[Object]:
    found = json.loads(text)["objects"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("198.51.100.7", "ipv4"),
        ("198.51.100.0/24", "ipv4"),
        ("2001:db8::7", "ipv6"),
        ("[2001:db8::7]", "ipv6"),
        ("evil.example", "domain"),
        ("*.evil.example", "domain"),
        ("xn--e1afmkfd.xn--p1ai", "domain"),
        ("пример.рф", "domain"),
        ("https://evil.example/a?b=c", "url"),
        ("bob.b+c@evil.example", "email"),
        (MD5, "md5"),
        ("a" * 40, "sha1"),
        ("B" * 64, "sha256"),
        ("0" * 128, "sha512"),
        ("cve-2021-44228", "cve"),
        ("00:1B:44:11:3a:b7", "mac"),
        ("invoice.exe", "file"),
        ("300.1.1.1", ""),
        ("1.2.3", ""),
        ("word", ""),
        ("two words.com", ""),
        ("a" * 41, ""),
        ("fe80::1%eth0", ""),
        ("-bad.example", ""),
        ("", ""),
    ],
)
def test_what_a_value_is_is_found_by_looking_at_it(text: str, sort: str) -> None:
    assert observed.sort_of(text) == sort


def test_a_plain_list_is_read_with_comments_defanged_forms_and_lines_that_are_none() -> None:
    data = b"# from Aurelia\nhxxps://evil[.]example/a # gate\n\n198.51.100[.]7,\r\nnothing here\nbob[at]evil.example\n"
    read = lists.read(data)
    assert read.found == (
        lists.Found(2, "url", "https://evil.example/a", "gate"),
        lists.Found(4, "ipv4", "198.51.100.7"),
        lists.Found(6, "email", "bob@evil.example"),
    )
    assert read.wrong == (lists.Wrong(5, "no indicator in 'nothing here'"),)
    assert (read.encoding, read.sign) == ("utf-8", "")


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_a_table_is_read_by_its_heads_whatever_parts_its_cells(sign: str) -> None:
    rows = [
        ["Comment", "Indicator", "TLP"],
        ["gate", "198.51.100.7", "red"],
        ["", "evil.example", ""],
    ]
    data = "\n".join(sign.join(row) for row in rows).encode()
    read = lists.read(data)
    assert read.found == (
        lists.Found(2, "ipv4", "198.51.100.7", "gate", "RED"),
        lists.Found(3, "domain", "evil.example"),
    )
    assert read.sign == sign


def test_cells_in_quotes_hold_signs_and_lines() -> None:
    data = b'ioc,comment\n"evil.example","one, two\nthree"\n198.51.100.7,"said ""so"""\n'
    found = lists.read(data).found
    assert [one.comment for one in found] == ["one, two\nthree", 'said "so"']
    assert [one.line for one in found] == [3, 4]


def test_every_value_of_a_line_without_heads_is_taken() -> None:
    assert pairs(b"evil.example,198.51.100.7\nother.example,198.51.100.8\n") == [
        ("domain", "evil.example"),
        ("ipv4", "198.51.100.7"),
        ("domain", "other.example"),
        ("ipv4", "198.51.100.8"),
    ]


@pytest.mark.parametrize("given", ["where", "2"])
def test_a_column_may_be_named_by_its_head_or_its_number(given: str) -> None:
    assert pairs(b"who,where\na.example,b.example\n", value=given) == [("domain", "b.example")]


@pytest.mark.parametrize("given", ["nowhere", "0", "3"])
def test_a_column_that_is_not_there_is_told_with_those_that_are(given: str) -> None:
    with pytest.raises(OurFault, match="who, where") as refused:
        lists.read(b"who,where\na.example,b.example\n", {"value": given})
    assert refused.value.code == "exchange.list"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1251", "cp1251")],
)
def test_a_table_is_read_in_any_usual_encoding(encoding: str, said: str) -> None:
    read = lists.read("индикатор;комментарий\nevil.example;сервер\n".encode(encoding))
    assert read.found == (lists.Found(2, "domain", "evil.example", "сервер"),)
    assert read.encoding == said


def test_an_indicator_that_stands_twice_is_one() -> None:
    assert pairs(b"Evil.Example\nevil.example.\nEVIL.EXAMPLE\n") == [("domain", "evil.example")]


def test_what_is_no_text_or_too_large_is_refused() -> None:
    for data, code in (
        (b"PK\x03\x04\0\0", "exchange.list"),
        (b"a" * (lists.SIZE_MAX + 1), "exchange.size"),
        (b"\n" * (lists.LINES_MAX + 1), "exchange.size"),
    ):
        with pytest.raises(OurFault) as refused:
            lists.read(data)
        assert refused.value.code == code
    assert lists.read(b"\n" * lists.LINES_MAX).found == ()


@pytest.mark.parametrize("size", [lists.CELL_MAX, lists.CELL_MAX + 1])
def test_a_cell_is_read_up_to_its_limit(size: int) -> None:
    read = lists.read(f"evil.example,{'x' * size}\na.example,b\n".encode())
    assert len(read.wrong) == (size > lists.CELL_MAX)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with suppress(OurFault):
        assert all(observed.sort_of(one.value) for one in lists.read(data).found)


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=4), max_size=5))
def test_no_cell_that_is_written_is_a_formula(rows: list[list[str]]) -> None:
    text = lists.write(("a", "b"), rows)
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not any(
            cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row
        )


def test_a_list_becomes_a_bundle_and_the_same_list_again() -> None:
    data = b"ioc,comment,tlp\n198.51.100.0/24,=1+1,\nCVE-2021-44228,log,RED\nhxxp://evil[.]example/,,\n"
    found = lists.read(data).found
    text = indicators.bundle(found, "AMBER", NOW)
    assert stix.read(text.encode()).tlp == "RED"
    assert indicators.bundle(found, "AMBER", NOW) == text
    made = objects_of(text)
    assert [one["pattern"] for one in made if "pattern" in one] == [
        "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
        "[url:value = 'http://evil.example/']",
    ]
    table = indicators.table(made)
    assert "'=1+1" in table
    again = lists.read(table.encode()).found
    assert again[0].comment == "=1+1"
    assert [(one.sort, one.value, one.tlp) for one in again] == [
        ("ipv4", "198.51.100.0/24", "AMBER"),
        ("cve", "CVE-2021-44228", "RED"),
        ("url", "http://evil.example/", "AMBER"),
    ]
