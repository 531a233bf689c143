import errno
import socket

import pytest
from hypothesis import given
from hypothesis.strategies import integers, ip_addresses, text

from detente.core.errors import OurFault
from detente.paths.tcp import Address, PathClosed, accept, closed_by, dial, listen, parse_address


@given(host=ip_addresses(), port=integers(1, 65_535))
def test_every_address_is_read_as_it_is_written(host: object, port: int) -> None:
    address = Address(str(host), port)
    if "." in address.host and ":" in address.host:  # ::ffff:1.2.3.4 has this other form
        return
    assert parse_address(str(address)) == address


def read_again(words: str) -> str:
    try:
        return str(parse_address(words))
    except OurFault as fault:
        return fault.code


@given(words=text("0123456789.:[]abcdef", max_size=40))
def test_whatever_is_read_as_an_address_is_written_the_same(words: str) -> None:
    assert read_again(f"tcp://{words}") in (f"tcp://{words}", "path.address_bad")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "198.51.100.7:7440",
        "tcp://198.51.100.7",
        "tcp://198.51.100.7:0",
        "tcp://198.51.100.7:65536",
        "tcp://198.51.100.7:07440",
        "tcp://198.51.100.007:7440",
        "tcp://198.51.100.256:7440",
        "tcp://[198.51.100.7]:7440",
        "tcp://2001:db8::7:7440",
        "tcp://[2001:db8:0::7]:7440",
        "tcp://[2001:DB8::7]:7440",
        "tcp://[fe80::1%eth0]:7440",
        "tcp://aurelia.gov:7440",
        "tcp://localhost:7440",
        "tcp://198.51.100.7:7440/",
        "tcp://198.51.100.7:7440\n",
        "tcp://198.51.100.7:٧٤٤٠",
        "tls://198.51.100.7:7440",
    ],
)
def test_anything_but_the_one_form_is_no_address(words: str) -> None:
    with pytest.raises(OurFault) as raised:
        parse_address(words)
    assert raised.value.code == "path.address_bad"


def test_the_largest_port_is_an_address() -> None:
    assert parse_address("tcp://[2001:db8::7]:65535") == Address("2001:db8::7", 65_535)


def test_a_port_that_is_taken_is_named_with_the_way_to_its_holder() -> None:
    with listen(Address("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(OurFault) as raised:
            listen(Address("127.0.0.1", port))
    assert raised.value.code == "path.port_in_use"
    assert f"tcp://127.0.0.1:{port}" in raised.value.what
    assert f"ss -ltnp 'sport = :{port}'" in raised.value.remedy


def test_an_address_of_another_machine_cannot_be_listened_at() -> None:
    with pytest.raises(OurFault) as raised:
        listen(Address("192.0.2.1", 0))
    assert raised.value.code == "path.address_bad"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "path.permission"),
        (errno.EPERM, "path.permission"),
        (errno.EIO, "path.unusable"),
    ],
)
def test_each_refusal_of_the_system_to_listen_has_its_fault(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    class Refused(socket.socket):
        def bind(self, _address: object) -> None:
            raise OSError(number, "no")

    monkeypatch.setattr(socket, "socket", Refused)
    with pytest.raises(OurFault) as raised:
        listen(Address("127.0.0.1", 7_440))
    assert raised.value.code == code


def test_sockets_do_not_wait_and_hold_little_that_is_unsent() -> None:
    with listen(Address("127.0.0.1", 0)) as listener:
        assert listener.getblocking() is False
        assert accept(listener) is None
        with dial(Address("127.0.0.1", listener.getsockname()[1])) as left:
            right = accept(listener)
            assert right is not None
            with right:
                for sock in (left, right):
                    assert sock.getblocking() is False
                    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
                    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 16_384


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_no_more_open_files_is_a_fault_and_not_an_idle_listener(number: int) -> None:
    class Full:
        def accept(self) -> tuple[socket.socket, object]:
            raise OSError(number, "too many")

    with pytest.raises(OurFault) as raised:
        accept(Full())  # type: ignore[arg-type]  # only accept is called
    assert raised.value.code == "path.files"


def test_who_hung_up_before_we_came_is_nobody() -> None:
    class Gone:
        def accept(self) -> tuple[socket.socket, object]:
            raise ConnectionAbortedError(errno.ECONNABORTED, "gone")

    assert accept(Gone()) is None  # type: ignore[arg-type]  # only accept is called


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.EHOSTUNREACH, "unreachable"),
        (errno.ENETUNREACH, "unreachable"),
        (errno.ETIMEDOUT, "timeout"),
        (errno.ECONNRESET, "cut"),
    ],
)
def test_line_down_is_told_from_node_down(number: int, reason: str) -> None:
    fault = closed_by(OSError(number, ""))
    assert isinstance(fault, PathClosed)
    assert (fault.code, fault.reason) == ("path.closed", reason)


def test_dialling_where_the_system_knows_no_way_is_told_at_once() -> None:
    with pytest.raises(PathClosed) as raised:
        dial(Address("255.255.255.255", 7_440))
    assert raised.value.reason in ("unreachable", "cut")
