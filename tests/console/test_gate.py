"""So many connections and requests from one address; nobody else notices."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import console
from tests.support.console import Rig

from detente.app.console import gate, headers, limits
from detente.app.console.ask import Answer, Ask, document
from detente.app.console.gate import Gate
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site
from detente.core.errors import OurFault

A, B = "192.0.2.1", "192.0.2.2"


def look(_site: Site, ask: Ask) -> Answer:
    return document(ask.address)


ROUTES = (Route("GET", "look", look, ANYONE),)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count those of this machine as well, for a test has no other."""
    monkeypatch.setattr(gate, "is_here", lambda _address: False)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with console.running(tmp_path, ROUTES) as found:
        yield found


def refused(one: Gate, address: str, moment: float) -> bool:
    try:
        one.check(address, moment)
    except OurFault as fault:
        assert fault.code == "console.too_often"  # noqa: PT017
        return True
    return False


def test_a_burst_then_so_many_a_second() -> None:
    one = Gate()
    assert [refused(one, A, 5.0) for _ in range(limits.ADDRESS_BURST)] == [False] * 300
    assert refused(one, A, 5.0)
    assert not refused(one, B, 5.0), "another address is another bucket"
    later = 5.0 + 1.0
    assert [refused(one, A, later) for _ in range(limits.ADDRESS_RATE)] == [False] * 50
    assert refused(one, A, later)


def test_who_is_refused_is_let_in_again_and_not_punished_for_asking() -> None:
    one = Gate()
    for _ in range(limits.ADDRESS_BURST + 100):
        refused(one, A, 0.0)
    assert refused(one, A, 0.5 / limits.ADDRESS_RATE)
    assert not refused(one, A, 1.5 / limits.ADDRESS_RATE)


def test_a_rest_fills_no_more_than_a_burst() -> None:
    one = Gate()
    refused(one, A, 0.0)
    found = [refused(one, A, 1e6) for _ in range(limits.ADDRESS_BURST + 1)]
    assert found == [False] * limits.ADDRESS_BURST + [True]


def test_a_network_of_ipv6_is_one_address() -> None:
    one = Gate()
    for number in range(limits.ADDRESS_BURST):
        refused(one, f"2001:db8::{number:x}", 0.0)
    assert refused(one, "2001:db8::ffff:ffff", 0.0)
    assert not refused(one, "2001:db8:0:1::1", 0.0)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_who_stands_on_this_machine_is_not_counted(address: str) -> None:
    one = Gate()
    assert not any(refused(one, address, 0.0) for _ in range(limits.ADDRESS_BURST + 1))
    assert all(one.come(address) for _ in range(limits.ADDRESS_CONNECTIONS_MAX + 1))


@pytest.mark.parametrize("address", [A, "::ffff:192.0.2.1", "", "no address"])
def test_whoever_else_is_counted(address: str) -> None:
    assert not gate.is_here(address)


def test_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ADDRESSES_MAX", 2)
    one = Gate()
    for address in (A, B, "192.0.2.3"):
        refused(one, address, 0.0)
    assert len(one._buckets) == 2


def test_connections_of_one_address_have_a_number() -> None:
    one = Gate()
    assert all(one.come(A) for _ in range(limits.ADDRESS_CONNECTIONS_MAX))
    assert not one.come(A)
    assert one.come(B)
    one.go(A)
    assert one.come(A)
    for _ in range(limits.ADDRESS_CONNECTIONS_MAX):
        one.go(A)
    one.go(B)
    assert one._open == {}


@pytest.mark.usefixtures("elsewhere")
def test_one_connection_too_many_is_told_and_closed(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ADDRESS_CONNECTIONS_MAX", 2)
    ask = f"GET /look HTTP/1.1\r\nHost: {rig.host}\r\n\r\n".encode()
    held = [rig.connect() for _ in range(2)]
    try:
        for line in held:
            line.sendall(ask)
            assert b" 200 " in line.recv(65_536)
        with rig.connect() as third:
            told = third.recv(65_536)
        assert told.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 2" in told
    finally:
        for line in held:
            line.close()


@pytest.mark.usefixtures("elsewhere")
def test_one_request_too_many_is_told_when_to_come_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ADDRESS_BURST", 2)
    monkeypatch.setattr(limits, "ADDRESS_RATE", 0)
    assert [rig.ask("GET", "/look").status for _ in range(2)] == [200, 200]
    found = rig.ask("GET", "/look")
    assert found.status == 429
    assert found.headers["retry-after"] == "2"
    told = rig.ask("GET", "/api/v1/me")
    assert told.status == 429
    assert told.json()["code"] == "console.too_often"


def test_behind_a_proxy_requests_count_by_the_address_that_it_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ADDRESS_BURST", 1)
    monkeypatch.setattr(limits, "ADDRESS_RATE", 0)
    terms = headers.Terms(console.NAME, secure=True, proxied=True)
    with console.running(tmp_path, ROUTES, terms=terms) as rig:
        ask = [
            rig.ask("GET", "/look", X_Forwarded_For=address).status
            for address in (A, A, f"{A}, {B}", f"{B}, {A}", "127.0.0.1", "127.0.0.1")
        ]
    assert ask == [200, 429, 200, 429, 200, 200]
