"""Warning lists: read in their published form, asked by look-ups."""

import json

import pytest

from detente.core.errors import OurFault
from detente.desks.cert.formats import observed, warninglists
from detente.desks.cert.formats.warninglists import WarningList


def read(type_: str, *entries: object, **more: object) -> WarningList:
    value = {"name": "A list", "type": type_, "version": 7, "list": [*entries], **more}
    return warninglists.read(json.dumps(value).encode())


def hits(listed: WarningList, value: str) -> bool:
    keys = set(warninglists.keys_for(observed.sort_of(value), value))
    if listed.type in ("substring", "regex"):
        return any(warninglists.has_part(listed.type, each, value) for each in listed.entries)
    return any(warninglists.key_of(listed.type, each) in keys for each in listed.entries)


@pytest.mark.parametrize(
    ("type_", "entry", "hit", "missed"),
    [
        ("string", "Evil.Example", ["evil.example", "http://evil.example/a"], ["a.evil.example"]),
        ("string", "8.8.8.8", ["8.8.8.8", "http://8.8.8.8/"], ["8.8.8.9", "8.8.8.0/24"]),
        ("hostname", ".example.com", ["example.com", "a.b.example.com", "x@a.example.com",
                                      "https://u:p@a.example.com:8/"], ["badexample.com", "com"]),
        ("cidr", "198.51.100.0/24", ["198.51.100.7", "198.51.100.128/25", "http://198.51.100.1/x"],
         ["198.51.101.1", "198.51.0.0/16"]),
        ("cidr", "2001:db8::/32", ["2001:db8::1", "http://[2001:db8::1]/"], ["2001:db9::1"]),
        ("substring", "Microsoft", ["http://a.example/microsoft/x"], ["micro.example"]),
        ("regex", "/^mail[0-9]+\\./i", ["MAIL12.example.com"], ["mail.example.com"]),
        ("regex", "x{2,3}y", ["xxy.example"], ["xy.example"]),
    ],
)  # fmt: skip
def test_a_value_is_found_where_it_stands_and_nowhere_else(
    type_: str, entry: str, hit: list[str], missed: list[str]
) -> None:
    listed = read(type_, entry)
    assert [each for each in hit if not hits(listed, each)] == []
    assert [each for each in missed if hits(listed, each)] == []


def test_a_list_says_its_name_version_and_what_was_left_out() -> None:
    listed = read("cidr", "10.0.0.0/8", "no network", "10.0.0.0/8", 5, "x" * 1_001, description="d")
    assert (listed.name, listed.version, listed.description) == ("A list", 7, "d")
    assert listed.entries == ("10.0.0.0/8",)
    assert [each.partition(": ")[2] for each in listed.wrong] == [
        "no network", "no text", "longer than 1000 characters"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "expression", ["(a+)+$", "(.*a){20}", "(a|b*)*c", "(a)\\1", "x" * 501, "(", "a{99999999999}"]
)
def test_an_expression_that_may_take_for_ever_or_is_none_is_left_out(expression: str) -> None:
    assert read("regex", expression).entries == ()
    assert len(read("regex", expression).wrong) == 1


@pytest.mark.parametrize(
    "value",
    [[], {}, {"name": "x", "type": "other", "list": []}, {"name": "", "type": "string", "list": []},
     {"name": "x", "type": "string", "list": "a"}],
)  # fmt: skip
def test_another_file_is_refused(value: object) -> None:
    with pytest.raises(OurFault) as refused:
        warninglists.read(json.dumps(value).encode())
    assert refused.value.code == "exchange.warning_list"


@pytest.mark.parametrize(
    "value",
    ["10.1.2.3", "192.168.0.0/24", "127.0.0.1", "203.0.113.9", "2001:db8::5", "fe80::1", "a.test",
     "http://www.example.com/x", "localhost.localhost", "bob@example.org"],
)  # fmt: skip
def test_what_the_standards_set_aside_is_on_a_list_of_our_own(value: str) -> None:
    assert any(hits(each, value) for each in warninglists.OWN)


def test_the_lists_of_our_own_name_nothing_else() -> None:
    for value in ("8.8.8.8", "2a00:1450::1", "evil.com", "example.evil.com", "172.32.0.1"):
        assert not any(hits(each, value) for each in warninglists.OWN)
    for each in warninglists.OWN:
        whole = {"name": each.name, "type": each.type, "version": 1, "list": [*each.entries]}
        assert warninglists.read(json.dumps(whole).encode()) == each
