"""Addresses that cannot be clicked, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.desks.cert.formats.defang import defang, refang

PAIRS = [
    ("https://evil.example/a.php?b=c.d", "hxxps://evil[.]example/a.php?b=c.d"),
    ("http://198.51.100.7:8080/x", "hxxp://198[.]51[.]100[.]7:8080/x"),
    ("ftp://evil.example", "fxp://evil[.]example"),
    ("198.51.100.7", "198[.]51[.]100[.]7"),
    ("evil.example.com", "evil[.]example[.]com"),
    ("bob@evil.example", "bob[@]evil[.]example"),
    ("2001:db8::7", "2001[:]db8[:][:]7"),
    ("2001:db8:0:0:0:0:0:7", "2001[:]db8[:]0[:]0[:]0[:]0[:]0[:]7"),
    ("::1", "[:][:]1"),
    ("fe80::1/64", "fe80[:][:]1/64"),
    ("::ffff:198.51.100.7", "[:][:]ffff[:]198[.]51[.]100[.]7"),
    ("http://[2001:db8::7]:8080/x", "hxxp://[2001[:]db8[:][:]7]:8080/x"),
    ("[2001:db8::7]:443", "[2001[:]db8[:][:]7]:443"),
    ("[fe80::1%eth0]", "[fe80[:][:]1%eth0]"),
    ("почта.рф", "почта[.]рф"),
]


@pytest.mark.parametrize(("plain", "shown"), PAIRS)
def test_an_address_is_defanged_and_comes_back(plain: str, shown: str) -> None:
    assert defang(plain) == shown
    assert defang(shown) == shown
    assert refang(shown) == plain
    assert defang(f"see {plain}, then") == f"see {shown}, then"


@pytest.mark.parametrize(
    "shown",
    ["hxxp://a[.]b/", "hXXp://a[dot]b/", "hxxp[:]//a(.)b/", "hxxp[://]a{.}b/", "h**p://a (dot) b/",
     "http://a\\.b/", "http:[//]a[.]b/"],
)  # fmt: skip
def test_the_usual_forms_are_read(shown: str) -> None:
    assert refang(shown) == "http://a.b/"


@pytest.mark.parametrize(
    "text",
    [
        "Version 2.0 of 3.5",
        "d41d8cd98f00b204e9800998ecf8427e",
        "3.14",
        "",
        "at 10:15:30",
        "10:15",
        "00:1a:2b:3c:4d:5e",
        "1:2:3:4:5:6:7:8:9",
        "std::vector<int>",
        "a::b::c",
        "Re: this",
        "::",
        "key:: value",
    ],
)
def test_what_is_no_address_stays(text: str) -> None:
    assert defang(text) == text


@given(st.text(max_size=200))
def test_no_link_is_left_whatever_stands_around_it(text: str) -> None:
    assert "http://evil.example" not in defang(f"{text} http://evil.example/ {text}")
