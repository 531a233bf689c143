"""Whose a value is: the structure against the plain definition, and the edges by hand."""

from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detente.desks.cert.formats import spots
from detente.desks.cert.formats.members import Object
from detente.desks.cert.home.matching import Asset, Matcher

# Few bits vary, so that networks nest, meet and repeat.
BASES = {4: int(ip_network("198.51.0.0/16")[0]), 6: int(ip_network("2001:db8::/32")[0])}
Net = IPv4Network | IPv6Network


def net(version: int, low: int, size: int) -> Net:
    kind = IPv4Network if version == 4 else IPv6Network
    bits = 32 if version == 4 else 128
    return kind((BASES[version] + (low >> size << size), bits - size))


nets = st.builds(net, st.sampled_from((4, 6)), st.integers(0, 127), st.integers(0, 7))
names = st.lists(st.sampled_from(("a", "b", "ab", "example", "org")), min_size=2, max_size=4).map(
    ".".join
)


@given(held=st.lists(nets, max_size=30), asked=nets)
@example(held=[], asked=net(4, 0, 0))
def test_a_network_is_whose_network_holds_it_or_lies_in_it_and_nobody_elses(
    held: list[Net], asked: Net
) -> None:
    assets = [Asset(spots.of_network(each), f"k{at}") for at, each in enumerate(held)]
    expected = {
        f"k{at}"
        for at, each in enumerate(held)
        if each.version == asked.version and (asked.subnet_of(each) or each.subnet_of(asked))  # type: ignore[arg-type]
    }
    assert Matcher(assets).whose(spots.of_network(asked)) == expected


@given(held=st.lists(names, max_size=20), asked=names)
def test_a_name_is_whose_domain_it_is_or_is_below_on_a_labels_border(
    held: list[str], asked: str
) -> None:
    assets = [Asset(spots.of_domain(each), f"k{at}") for at, each in enumerate(held)]
    expected = {
        f"k{at}" for at, each in enumerate(held) if asked == each or asked.endswith(f".{each}")
    }
    assert Matcher(assets).whose(spots.of_domain(asked)) == expected


@given(held=st.lists(nets, max_size=12, unique=True))
def test_every_overlap_is_told_once(held: list[Net]) -> None:
    matcher = Matcher([Asset(spots.of_network(each), "k") for each in held])
    expected = sorted(
        (spots.of_network(wide), spots.of_network(narrow))
        for wide in held
        for narrow in held
        if wide.version == narrow.version and narrow.subnet_of(wide)  # type: ignore[arg-type]
    )
    assert sorted(matcher.nested()) == expected


@given(number=st.one_of(st.just(64500), st.integers(1, 23455)))
def test_a_number_of_a_network_is_only_its_own(number: int) -> None:
    matcher = Matcher([Asset("s 0000fbf4", "k")])
    assert matcher.whose(spots.of_as(str(number))) == ({"k"} if number == 64500 else set())


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("192.0.2.7", "4 c0000207 c0000207"),
        ("192[.]0[.]2[.]7", "4 c0000207 c0000207"),
        ("192.0.2.0/24", "4 c0000200 c00002ff"),
        ("::ffff:192.0.2.7", "4 c0000207 c0000207"),
        ("hxxps://user:x@Mail.Example.ORG:8443/a?b=@192.0.2.7", "d org.example.mail."),
        ("http://[2001:db8::7]:80/", f"6 {'20010db8':0<31}7 {'20010db8':0<31}7"),
        ("http://good.example\\@evil.example/", "d example.good."),
        ("http://192.0.2.7/a.example.org", "4 c0000207 c0000207"),
        ("clerk@mail.example.org.", "d org.example.mail."),
        ("clerk@[192.0.2.7]", "4 c0000207 c0000207"),
        ("пример.example", "d example.xn--e1afmkfd."),
        ("AS64500", "s 0000fbf4"),
        ("10.1.2.3", ""),
        ("100.64.0.1", ""),
        ("192.168.0.0/16", ""),
        ("fe80::1", ""),
        ("::ffff:10.0.0.1", ""),
        ("0.0.0.0/0", ""),
        ("AS64512", ""),
        ("AS0", ""),
        ("AS4294967296", ""),
        ("localhost", ""),
        ("example..org", ""),
        ("org", ""),
        ("1.2.3", ""),
    ],
)
def test_a_value_has_the_form_of_its_host_and_what_everybody_has_at_home_has_none(
    value: str, form: str
) -> None:
    assert spots.of_text(value) == form


def test_a_pattern_says_what_it_asks_for_and_not_what_it_excludes() -> None:
    pattern = (
        "[ipv4-addr:value = '192.0.2.7' OR ipv4-addr:value != '192.0.2.8'] AND "
        "[domain-name:value IN ('a.example.org', 'b.example.org') AND url:value LIKE '%x.example%'"
        " AND network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24'"
        " AND file:name = 'ipv4-addr:value = \\'203.0.113.1\\' example.com'] REPEATS 5 TIMES"
    )
    one: Object = {
        "type": "indicator",
        "id": "indicator--1",
        "pattern": pattern,
        "pattern_type": "stix",
    }
    ((_, found),) = spots.of_objects([one])
    assert [each.value for each in found] == [
        "192.0.2.7", "a.example.org", "b.example.org", "198.51.100.0/24"
    ]  # fmt: skip


def test_a_sighting_is_about_what_it_names_in_its_bundle() -> None:
    address: Object = {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.7"}
    seen: Object = {"type": "sighting", "id": "sighting--1", "sighting_of_ref": "ipv4-addr--1"}
    found = dict(spots.of_objects([seen, address]))
    assert found[0] == found[1] == (spots.Spot("192.0.2.7", "4 c0000207 c0000207"),)


def test_words_of_a_report_give_their_addresses_and_names() -> None:
    text = (
        "Pumps at 192.0.2.7, pumps[.]water.example (AS64500) and ops@water.example. Not report.pdf!"
    )
    assert {each.form for each in spots.in_text(text)} == {
        "4 c0000207 c0000207", "d example.water.pumps.", "d example.water.", "s 0000fbf4"
    }  # fmt: skip
