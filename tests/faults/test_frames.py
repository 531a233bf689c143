"""Bytes of a peer that break the line: the path closes with a code, and the link comes back.

Each test has a connection of its own; behind each the next good record arrives.
"""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from tests.faults import runs
from tests.faults.conftest import Place
from tests.faults.hostile import Hostile
from tests.faults.runs import Running

from detente.core import checkpoint, envelope, limits
from detente.core.errors import WIRE
from detente.desks.cert import kinds
from detente.link import frames
from detente.office.fields import Values, mid_text
from detente.paths.tls import TlsContext
from detente.vault.certificate import tls_identity

GOOD: Final = kinds.ANSWER.write(Values({"to": bytes(32), "verdict": "useful"}))
NUMBER: Final = {code: number for code, (number, _) in WIRE.items()}


def head(size: int, kind: int, flags: int, chan: int = 0) -> bytes:
    return struct.pack(">IBBH", size, kind, flags, chan)


BEFORE_HELLO: Final[dict[str, tuple[str, bytes]]] = {
    "a frame shorter than its head": ("E_FRAME", bytes(8)),
    "a frame longer than any": ("E_LIMIT", head(limits.MAX_FRAME + 1, frames.HELLO, 0x80)),
    "a frame of 4 GiB": ("E_LIMIT", b"\xff" * 8),
    "a control frame of an unknown type": ("E_FRAME", frames.encode(0x7A, b"")),
    "a record before HELLO": ("E_HELLO", frames.record(0, b"x", 1)),
    "a STATUS before HELLO": ("E_HELLO", frames.encode(frames.STATUS, b"{")),
    "a PING before HELLO": ("E_HELLO", frames.encode(frames.PING, b"x")),
    "a HELLO that is no JSON": ("E_CANON", frames.encode(frames.HELLO, b"\xff")),
    "a HELLO that is deeply nested": ("E_CANON", frames.encode(frames.HELLO, b"[" * 8_000)),
    "a HELLO without members": ("E_HELLO", frames.encode(frames.HELLO, b"{}")),
    "a HELLO longer than any": ("E_SIZE", frames.encode(frames.HELLO, bytes(9_000))),
}


@pytest.fixture(autouse=True)
def nothing_is_lost(hostile: Hostile, victim: Running, honest: Running) -> Iterator[None]:
    """After each test: the same parties go on where they were."""
    yield
    good = hostile.letter(GOOD)
    line = hostile.meet()
    hostile.tell(line, [good])
    mid = mid_text(envelope.entry_mid(envelope.entry_of(envelope.split(good))))
    runs.until(lambda: mid in {row["mid"] for row in victim.office("GET", "/api/v1/record")})
    line.close()
    assert victim.state("aurelia.gov") == "LIVE"
    assert victim.process.poll() is None


@pytest.mark.parametrize("name", BEFORE_HELLO)
def test_bytes_that_are_no_greeting_close_the_path_with_a_code(name: str, hostile: Hostile) -> None:
    code, data = BEFORE_HELLO[name]
    line = hostile.line()
    line.send(data)
    said = line.refusal()
    assert said.number == NUMBER.get(code, 0)
    assert said.text.startswith(f"{code}: ")
    assert line.closed()


AFTER_HELLO: Final[dict[str, tuple[str, bytes]]] = {
    "a STATUS that is no JSON": ("E_CANON", frames.encode(frames.STATUS, b"{")),
    "a STATUS longer than any": ("E_SIZE", frames.encode(frames.STATUS, bytes(9_000))),
    "a PING of another length": ("E_FRAME", frames.encode(frames.PING, b"x")),
    "a checkpoint of another length": ("E_FRAME", frames.encode(frames.CHECKPOINT, b"x")),
    "a receipt of another length": ("E_FRAME", frames.encode(frames.COSIGN, b"x")),
    "a record of another mode": ("E_FRAME", frames.encode(frames.RECORD, bytes(8) + b"\x01x")),
    "an ERROR without a number": ("E_FRAME", frames.encode(frames.ERROR, b"")),
}


@pytest.mark.parametrize("name", AFTER_HELLO)
def test_bytes_of_no_form_after_a_greeting_close_the_path_with_a_code(
    name: str, hostile: Hostile
) -> None:
    code, data = AFTER_HELLO[name]
    line = hostile.meet()
    line.send(data)
    assert line.refusal().text.startswith(f"{code}: ")
    assert line.closed()


def test_a_second_greeting_on_one_connection_closes_it(hostile: Hostile) -> None:
    line = hostile.meet()
    line.send(hostile.hello())
    assert line.refusal().text.startswith("E_FRAME: ")


def test_doctor_tells_by_which_code_a_path_was_closed(hostile: Hostile, victim: Running) -> None:
    line = hostile.meet()
    line.send(frames.encode(0x7A, b""))
    assert line.closed()
    said = runs.detente("doctor", "--json", "--at", victim.folder)
    shown = [row["what"] for row in said.document["findings"]]
    assert any("cordia.gov" in each and "E_FRAME" in each for each in shown), shown


WRONG_HELLO: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a newer version alone": ("E_VERSION", {"versions": (9,)}),
    "no version": ("E_VERSION", {"versions": ()}),
    "another link": ("E_HELLO", {"link_id": "aaaaaaaaaaaaaaaa"}),
    "another party's name": ("E_HELLO", {"party": "aurelia.gov"}),
    "the receiver's own name": ("E_HELLO", {"party": "borealis.gov"}),
    "a path of 33 characters": ("E_HELLO", {"path": "p" * 33}),
    "a time before all times": ("E_HELLO", {"clock_ms": -1}),
}


@pytest.mark.parametrize("name", WRONG_HELLO)
def test_a_wrong_greeting_closes_the_path_with_a_code(name: str, hostile: Hostile) -> None:
    code, changes = WRONG_HELLO[name]
    line = hostile.line()
    line.send(hostile.hello(**changes))
    assert line.refusal().text.startswith(f"{code}: ")
    assert line.closed()


def test_a_greeting_of_a_newer_version_names_both_lists(hostile: Hostile) -> None:
    line = hostile.line()
    line.send(hostile.hello(versions=(8, 9)))
    text = line.refusal().text
    assert "[8, 9]" in text
    assert "[1]" in text


def test_versions_beside_ours_are_no_hindrance(hostile: Hostile) -> None:
    line = hostile.line()
    line.send(hostile.hello(versions=(1, 2, 9)))
    line.until(lambda: any(each.type == frames.STATUS for each in line.messages))
    line.close()


def misshapen(_party: Hostile) -> bytes:
    return b"no envelope"


def wide(party: Hostile) -> bytes:
    parts = envelope.split(party.letter(GOOD))
    return envelope.encode(parts._replace(header=b"{" * (limits.MAX_HEADER + 1)))


def long(_party: Hostile) -> bytes:
    return b"DTR1" + bytes(limits.MAX_ENVELOPE)


@pytest.mark.parametrize(
    ("make", "code"), [(misshapen, "E_FRAME"), (wide, "E_LIMIT"), (long, "E_LIMIT")]
)
def test_a_record_that_is_no_envelope_is_not_stored_and_closes_the_path(
    make: Callable[[Hostile], bytes], code: str, hostile: Hostile
) -> None:
    line = hostile.meet()
    size = len(hostile.log)
    line.send(
        frames.record(size, make(hostile), 1) + frames.checkpoint(hostile.sign(size + 1, bytes(32)))
    )
    assert line.refusal().text.startswith(f"{code}: ")
    assert line.closed()


def test_a_message_that_never_ends_is_cut(hostile: Hostile) -> None:
    line = hostile.meet()
    part = bytes(frames.FRAGMENT)
    for _ in range(limits.MAX_MESSAGE // frames.FRAGMENT + 1):
        with suppress(Exception):  # it may have closed already
            line.send(head(len(part) + 4, frames.RECORD, frames.MORE, 3) + part)
    assert line.refusal().text.startswith("E_LIMIT: ")


def test_more_channels_than_may_be_are_refused(hostile: Hostile) -> None:
    line = hostile.meet()
    line.send(
        b"".join(
            head(5, frames.RECORD, frames.MORE, chan) + b"x" for chan in range(limits.MAX_CHANS + 1)
        )
    )
    assert line.refusal().text.startswith("E_LIMIT: ")


def test_records_far_ahead_are_refused(hostile: Hostile) -> None:
    line = hostile.meet()
    line.send(frames.record(len(hostile.log) + limits.MAX_INFLIGHT_COUNT, b"x", 1))
    assert line.refusal().text.startswith("E_SEQ_GAP: ")


def test_a_receipt_for_records_that_are_not_is_refused(hostile: Hostile) -> None:
    line = hostile.meet()
    beyond = len(hostile.heard) + limits.MAX_INFLIGHT_COUNT  # what is on its way to us is less
    line.send(frames.cosign(checkpoint.Cosignature(beyond, bytes(32), 1, bytes(64))))
    assert line.refusal().text.startswith("E_HELLO: ")


def test_a_frame_that_breaks_off_is_no_record(hostile: Hostile) -> None:
    line = hostile.meet()
    whole = frames.record(len(hostile.log), hostile.letter(GOOD), 1)
    line.send(whole[: len(whole) // 2])
    line.close()


def test_a_connection_that_says_no_tls_is_closed(
    place: Place, victim: Running, hostile: Hostile
) -> None:
    with socket.create_connection(("127.0.0.1", place.port), runs.PATIENCE) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: borealis.gov\r\n\r\n")
        while sock.recv(4096):
            pass
    assert victim.logged(code="E_FRAME")["level"] == "warn"


def test_bytes_beside_tls_close_the_path(hostile: Hostile, victim: Running) -> None:
    line = hostile.meet()
    line.raw(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert line.closed()
    assert victim.logged(code="E_FRAME", party="cordia.gov")


def test_a_key_on_no_card_gets_in_nowhere(hostile: Hostile, victim: Running) -> None:
    stranger = tls_identity(b"\x07" * 32)
    hostile_context, hostile._context = (
        hostile._context,
        TlsContext(stranger.certificate, stranger.key),
    )
    try:
        line = hostile.line()
        assert line.closed()
    finally:
        hostile._context = hostile_context
    told = victim.logged(code="E_PIN")
    assert stranger.pin.hex() in told["what"]


def test_whoever_dialled_knows_that_another_party_answered(
    made: Place,
    place: Place,
    victim: Running,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    """Aurelia's card for cordia names the place where borealis listens."""
    del made
    folder = runs.make(tmp_path, "cordia.gov", place.port)
    ours = runs.make(tmp_path, "aurelia.gov")
    runs.meet(folder, ours)
    with runs.running(ours) as found:
        found.ready()
        row = runs.until(
            lambda: next((row for row in found.node("GET", "/v1/links") if row["path_fault"]), None)
        )
        assert row["state"] != "LIVE"
        assert row["path_fault"].startswith(("E_PIN: ", "path.closed: "))
        said = runs.detente("doctor", "--at", ours)
        assert said.code == 1
        assert "cordia.gov" in said.out
