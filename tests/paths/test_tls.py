import socket
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis.strategies import integers
from tests.paths.ends import HELLO, Line, code, identity, until

from detente.core.errors import Fault
from detente.core.moment import Moment, Span
from detente.paths.tcp import Address, PathClosed, accept, dial, listen

DATA = bytes(range(256)) * 100
WIRE_BYTES = 27_000  # handshake of the dialler and DATA, about
CLEAR_BYTES = 1_500  # more than the dialler says before there are keys


def test_two_parties_that_hold_each_others_pin_meet_with_the_post_quantum_group(line: Line) -> None:
    a, b = line.open()
    assert (a.line.peer, b.line.peer) == ("borealis.gov", "aurelia.gov")
    assert (a.line.group, b.line.group) == ("X25519MLKEM768", "X25519MLKEM768")


def test_what_is_sent_arrives_on_the_other_side_both_ways(line: Line) -> None:
    a, b = line.open()
    a.line.send(b"there")
    b.line.send(b"and back")
    until(lambda: bool(a.got and b.got), a, b)
    assert (a.got, b.got) == (b"and back", b"there")


def test_sending_nothing_sends_nothing(line: Line) -> None:
    a, b = line.open()
    a.line.send(b"")
    a.line.send(b"x")
    until(lambda: bool(b.got), a, b)
    assert b.got == b"x"


def test_a_mebibyte_each_way_at_once_arrives_whole(line: Line) -> None:
    a, b = line.open()
    there, back = bytes(range(256)) * 4_096, bytes(reversed(range(256))) * 4_096
    a.line.send(there)
    b.line.send(back)
    assert a.line.pending_bytes > 0
    assert a.line.wants_write
    until(lambda: len(a.got) == len(back) and len(b.got) == len(there), a, b)
    assert (a.got, b.got) == (back, there)
    assert (a.line.pending_bytes, a.line.wants_write) == (0, False)


def test_many_sends_into_a_full_socket_arrive_in_order(line: Line) -> None:
    a, b = line.open()
    pieces = [bytes([n]) * 40_000 for n in range(200)]  # more than one gathered write takes
    for piece in pieces:
        a.line.send(piece)
    until(lambda: len(b.got) == 8_000_000, a, b)
    assert b.got == b"".join(pieces)
    assert a.line.pending_bytes == 0


def test_over_a_real_tcp_connection_the_same_holds(line: Line) -> None:
    with listen(Address("127.0.0.1", 0)) as listener:
        left = dial(Address("127.0.0.1", listener.getsockname()[1]))
        right = accept(listener)
    assert right is not None
    line.socks += [left, right]
    a, b = line.both(left, right)
    until(lambda: a.line.established and b.line.established, a, b)
    a.line.send(HELLO)
    until(lambda: bool(b.got), a, b)
    assert b.got == HELLO


def test_sending_before_the_pin_is_known_is_a_broken_promise_of_ours(line: Line) -> None:
    left, _ = line.pair()
    us = line.end(left, "aurelia.gov", dialled=True)
    with pytest.raises(AssertionError):
        us.line.send(HELLO)


def test_another_known_party_at_the_address_is_refused(line: Line) -> None:
    left, right = line.pair()
    a = line.end(left, "aurelia.gov", dialled=True, expect="borealis.gov")
    c = line.end(right, "cordia.gov", dialled=False)
    until(lambda: a.fault is not None and c.fault is not None, a, c)
    assert code(a.fault) == "E_PIN"
    assert "someone else answers at that address: cordia.gov, not borealis.gov" in str(a.fault)
    assert a.line.peer is None


def test_the_side_that_is_refused_learns_that_its_key_was_not_known(line: Line) -> None:
    left, right = line.pair()
    a = line.end(left, "aurelia.gov", dialled=True)
    b = line.end(right, "borealis.gov", dialled=False, pins=dict)
    until(lambda: a.fault is not None, a, b)
    assert isinstance(a.fault, PathClosed)
    assert a.fault.reason == "key_refused"


def test_pins_are_those_of_the_moment_of_the_handshake(line: Line) -> None:
    left, right = line.pair()
    a, b = line.both(left, right)
    del line.pins[identity("aurelia.gov").pin]
    until(lambda: b.fault is not None, a, b)
    assert code(b.fault) == "E_PIN"


def test_a_line_that_ends_without_a_goodbye_is_told_from_one_that_was_closed(line: Line) -> None:
    left, right = line.pair()
    a, b = line.both(left, right)
    until(lambda: a.line.established and b.line.established, a, b)
    left.shutdown(socket.SHUT_WR)  # the half of a line that a dead router leaves
    until(lambda: b.fault is not None, b)
    assert isinstance(b.fault, PathClosed)
    assert b.fault.reason == "cut"


def test_what_was_sent_before_a_goodbye_is_read_first(line: Line) -> None:
    a, b = line.open()
    a.line.send(b"last words")
    a.line.close("done")
    assert b.line.readable() == [b"last words"]
    assert b.line.fault is not None
    with pytest.raises(PathClosed) as raised:
        b.line.readable()
    assert raised.value.reason == "closed"


def test_what_still_waits_for_the_socket_is_given_to_it_before_closing(line: Line) -> None:
    a, b = line.open()
    a.line.send(DATA * 12)
    assert a.line.pending_bytes > 0
    for _ in range(4):  # the other side catches up, we were not called since
        b.step()
    a.line.close("done")
    until(lambda: b.fault is not None, b)
    assert b.got == DATA * 12
    assert isinstance(b.fault, PathClosed)
    assert b.fault.reason == "closed"


def test_closing_twice_and_sending_after_it_do_nothing(line: Line) -> None:
    a, _ = line.open()
    a.line.close("first")
    a.line.close("second")
    a.line.send(b"x")
    assert a.line.closed == "first"


def test_sending_into_a_dead_line_is_told_by_the_next_read(line: Line) -> None:
    left, right = line.pair()
    a, b = line.both(left, right)
    until(lambda: a.line.established and b.line.established, a, b)
    right.close()
    a.line.send(HELLO)
    a.line.send(HELLO)
    assert (a.line.pending_bytes, a.line.wants_write) == (0, False)
    until(lambda: a.fault is not None, a)
    assert code(a.fault) == "path.closed"


def test_an_address_where_nobody_listens_is_refused_not_unreachable(line: Line) -> None:
    with listen(Address("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    a = line.end(dial(Address("127.0.0.1", port)), "aurelia.gov", dialled=True)
    until(lambda: a.fault is not None, a)
    assert isinstance(a.fault, PathClosed)
    assert a.fault.reason == "refused"


def test_age_is_counted_from_the_moment_given(line: Line) -> None:
    us = line.end(line.pair()[0], "aurelia.gov", dialled=True)
    assert us.line.age(Moment(6_000)) == Span.of(seconds=5)


def through_a_wire(
    data: bytes, cut_at: int | None, flip_at: int | None
) -> tuple[bytes, Fault | None]:
    """Send `data` over a wire that ends at a byte, or turns a bit of it; return what arrives."""
    line = Line()
    left, near = line.pair()
    far, right = line.pair()
    a, b = line.both(left, right)
    carried, sent = 0, False
    for _ in range(60):
        a.step()
        if a.line.established and not sent:
            a.line.send(data)
            sent = True
        b.step()
        for source, sink, counts in ((near, far, True), (far, near, False)):
            try:
                piece = source.recv(65_536)
            except OSError:
                continue
            if counts:
                start, carried = carried, carried + len(piece)
                if flip_at is not None and start <= flip_at < carried:
                    at = flip_at - start
                    piece = piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]
                if cut_at is not None and carried >= cut_at:
                    piece = piece[: max(0, len(piece) - (carried - cut_at))]
            try:
                sink.send(piece)
                if counts and cut_at is not None and carried >= cut_at:
                    sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
    with suppress(OSError):  # the wire's own end, for a reader that waits for more
        far.shutdown(socket.SHUT_WR)
    for _ in range(3):
        b.step()
    a.line.close("end")
    b.line.close("end")
    line.close()
    return b.got, b.fault


@given(cut_at=integers(0, WIRE_BYTES))
def test_a_line_cut_at_any_byte_yields_a_beginning_of_what_was_sent(cut_at: int) -> None:
    got, fault = through_a_wire(DATA, cut_at, None)
    assert DATA.startswith(got)
    assert code(fault) == "path.closed"


@given(flip_at=integers(0, WIRE_BYTES))
@example(flip_at=2)  # the version of a record in clear, which TLS 1.3 tells readers to ignore
def test_a_bit_turned_at_any_byte_yields_a_beginning_of_what_was_sent(flip_at: int) -> None:
    got, _ = through_a_wire(DATA, None, flip_at)
    assert DATA.startswith(got)


@given(flip_at=integers(CLEAR_BYTES, WIRE_BYTES))
def test_a_bit_turned_under_the_cipher_never_lets_everything_through(flip_at: int) -> None:
    got, fault = through_a_wire(DATA, None, flip_at)
    assert got != DATA
    assert code(fault) in ("E_FRAME", "path.closed")


def test_the_wire_of_these_tests_carries_everything_if_left_alone() -> None:
    got, _ = through_a_wire(DATA, None, None)
    assert got == DATA


def test_printing_a_connection_shows_who_and_not_what(line: Line) -> None:
    a, _ = line.open()
    assert repr(a.line) == "<TlsConnection borealis.gov: established>"
