"""Random bytes into every reader of strangers' bytes: only named faults come out."""

import json
import socket
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis.strategies import (
    binary,
    booleans,
    builds,
    dictionaries,
    floats,
    integers,
    lists,
    none,
    one_of,
    recursive,
    sampled_from,
    text,
)  # fmt: skip
from tests.support import makers, outcomes

from detente.app.http import BODY_MAX, HttpServer, Reply, Request
from detente.app.loop import Loop
from detente.core import canon, party
from detente.core.errors import CODES, Fault, OurFault
from detente.desks.cert.desk import DESK
from detente.link import frames, hello, session
from detente.link.hello import Heads, Hello
from detente.node.node import Node
from detente.node.seat import LinkTerms, Seat
from detente.paths import hatch, hatch_side
from detente.store.logs import SqliteLogs
from detente.ui import verb

US, THEM = makers.make_party(makers.BOREALIS), makers.make_party(makers.AURELIA)
NONCE = party.link_nonce(US.card, US.invite(THEM).nonce, THEM.card, THEM.invite(US).nonce)
LINK = party.link_id(US.card, THEM.card, NONCE)
KINDS = (0x00, 0x01, 0x10, 0x11, 0x12, 0x30, 0x31, 0x32, 0x7E, 0x7F, 0x55)


def nothing_but_faults(call: Any, *given: object) -> None:  # noqa: ANN401  any reader
    with suppress(Fault):
        call(*given)


def our_code(call: Any, *given: object) -> str | None:  # noqa: ANN401  any reader
    """None, or the code by which the hatch closes: no other may come."""
    try:
        call(*given)
    except OurFault as fault:
        found = fault.code
    else:
        return None
    assert found == "hatch.closed"
    return found


# The wire.


def make_node() -> Node:
    seat = Seat(
        US.card, US.log, US.cosign, US.log_pq, US.signers["n-01"], "n-01",
        makers.LabelEntropy(), bytes(16),
    )  # fmt: skip
    terms = LinkTerms(THEM.card, LINK, NONCE)
    return Node(seat, [terms], SqliteLogs(Path(":memory:")), makers.NOW)


def greeting() -> bytes:
    heads = Heads(None, None, None, None)
    said = Hello(THEM.name, LINK, 1, THEM.card.hash, bytes(16), bytes(16), None, "wire", heads, 1)
    return frames.encode(frames.HELLO, hello.write(said))


def connect(node: Node, conn: int) -> None:
    for step in (
        session.PathBegun(conn, "", dialled=False),
        session.PathUp(conn, bytes(16)),
        session.Bytes(conn, greeting()),
    ):
        node.step(LINK, step, makers.NOW)


def frame(kind: int, flags: int, chan: int, payload: bytes) -> bytes:
    head = len(payload) + 4
    return head.to_bytes(4, "big") + bytes([kind, flags]) + chan.to_bytes(2, "big") + payload


def json_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


scalars = one_of(none(), booleans(), integers(-(2**63), 2**63), floats(), text(max_size=20))
values = recursive(
    scalars,
    lambda inner: one_of(
        lists(inner, max_size=4), dictionaries(text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
payloads = one_of(
    binary(max_size=200),
    builds(json_bytes, values),
    # Numbers and roots where checkpoints and receipts have them.
    builds(lambda n, rest: n.to_bytes(8, "big") + rest, integers(0, 4), binary(max_size=120)),
    builds(lambda n: n.to_bytes(8, "big") + bytes(96), integers(0, 4)),
    builds(lambda n: n.to_bytes(8, "big") + bytes(104), integers(0, 4)),
    builds(
        lambda n, rest: n.to_bytes(8, "big") + b"\0" + rest, integers(0, 4), binary(max_size=90)
    ),
)
stream = lists(
    one_of(
        builds(
            frame,
            sampled_from(KINDS),
            sampled_from((0, 0x80, 0x81, 0x40)),
            integers(0, 3),
            payloads,
        ),
        builds(frames.encode, sampled_from(KINDS), payloads),
        binary(max_size=40),
    ),
    max_size=8,
)


@given(stream)
@example(
    [
        frames.record(0, b"DTR1" + bytes(16), 1),
        frame(0x11, 0x81, 1, (1).to_bytes(8, "big") + bytes(96)),
    ]
)
def test_whatever_comes_after_a_good_hello_ends_in_a_code_or_in_nothing(rows: list[bytes]) -> None:
    node = make_node()
    connect(node, 1)
    for data in rows:
        node.step(LINK, session.Bytes(1, data), makers.NOW)
    effects = [effect for _, effect in node.take_effects()]
    for effect in effects:
        if isinstance(effect, session.Close):
            assert effect.code in {*CODES, "bye", "refused"}
    halted = any(level.state == session.HALTED for level in node.levels())
    node.step(LINK, session.PathDown(1, "gone"), makers.NOW)
    connect(node, 2)
    again = {level.state for level in node.levels() if level.peer}
    assert again == {session.HALTED if halted else session.LIVE}
    assert [level.size for level in node.levels() if level.owner == THEM.name] == [0]


@given(stream)
def test_whatever_comes_before_a_hello_ends_in_a_code_or_in_nothing(rows: list[bytes]) -> None:
    node = make_node()
    node.step(LINK, session.PathBegun(1, "", dialled=False), makers.NOW)
    node.step(LINK, session.PathUp(1, bytes(16)), makers.NOW)
    for data in rows:
        node.step(LINK, session.Bytes(1, data), makers.NOW)
    assert not any(level.state == session.LIVE for level in node.levels())


# The hatch.


@given(lists(one_of(binary(max_size=60), builds(hatch.frame, values)), max_size=6))
def test_bytes_in_the_hatch_are_values_or_close_it(rows: list[bytes]) -> None:
    reader = hatch.FrameReader()
    for data in rows:
        if our_code(reader.feed, data) is not None:
            break


names = sampled_from(("submit", "since", "levels", "cards", "prove", "attend", "nothing"))


@given(
    one_of(values, builds(lambda name, rest: [1, name, *rest], names, lists(values, max_size=4)))
)
def test_a_request_in_the_hatch_is_answered_or_closes_it(request: Any) -> None:  # noqa: ANN401
    node = make_node()
    if our_code(hatch_side.answer, node, request, makers.NOW) is None:
        (found,) = hatch.FrameReader().feed(hatch_side.answer(node, request, makers.NOW))
        assert found[1] in ("ok", "fault")


# The sockets of office and node.


def serve(data: Sequence[bytes]) -> bytes:
    """Return what an HTTP server says to these bytes and an end."""
    loop = Loop()
    listener, ours = socket.socketpair()
    left, right = socket.socketpair()
    right.settimeout(10)

    def answer(request: Request) -> Reply:
        request.json()
        return Reply({"path": list(request.path), "query": dict(request.query)})

    with closing(listener), closing(ours), closing(right):
        server = HttpServer(loop, _Listener(left), lambda _sock: 0, frozenset({0}), answer)  # type: ignore[arg-type]
        server._accept()
        turns = iter(data)

        def tick() -> float:
            piece = next(turns, None)
            with suppress(OSError):
                if piece is None:
                    right.shutdown(socket.SHUT_WR)
                else:
                    right.sendall(piece)
            if not server._open:
                loop.stop()
            return 0.0

        loop.run(tick)
        found = bytearray()
        with suppress(OSError):
            while part := right.recv(65_536):
                found += part
        loop._wake_reader.close()
        loop._wake_writer.close()
        loop._selector.close()
        return bytes(found)


class _Listener:
    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def accept(self) -> tuple[socket.socket, str]:
        return self._sock, ""

    def fileno(self) -> int:
        return self._sock.fileno()


GET = b"GET /api/v1/record HTTP/1.1\r\nHost: x\r\n\r\n"
requests = one_of(
    binary(max_size=80),
    builds(
        lambda method, target, more, body: (
            b"%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s" % (method, target, more, body)
        ),
        sampled_from((b"GET", b"HEAD", b"POST", b"CONNECT", b"OPTIONS", b"\xff")),
        sampled_from((b"/", b"//[", b"*", b"/%ff%00", b"/a?b=%zz&b", b"http://[::1", b"x:1")),
        sampled_from(
            (
                b"",
                b"Content-Length: 3\r\n",
                b"Content-Length: -1\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Connection: close\r\n",
                b"Connection: Upgrade\r\nUpgrade: x\r\n",
                b"Expect: 100-continue\r\n",
            )
        ),
        one_of(binary(max_size=20), builds(json_bytes, values)),
    ),
)


@settings(max_examples=40)
@given(lists(requests, max_size=4))
@example([b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n"])
@example([b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"])
@example([b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"more"])
@example([b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000])
def test_a_strange_request_never_ends_the_server(rows: list[bytes]) -> None:
    serve(rows)


def test_a_good_request_is_answered_whole_before_the_line_closes() -> None:
    asked = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    head, _, body = serve([asked]).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["path"] == ["api", "v1", "record"]


def test_a_request_longer_than_may_be_hears_so() -> None:
    size = BODY_MAX + 1
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
    said = serve([head, *[bytes(65_536)] * (BODY_MAX // 65_536), bytes(1)])
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"form.size" in said


# What people's programs hand in.


@given(
    sampled_from([*DESK.acts, *DESK.looks]),
    dictionaries(sampled_from(["to", "about", "file", "mid", "of", "verdict", "x"]), values),
)
def test_members_of_a_request_are_values_or_a_fault_of_a_form(
    act: Any,  # noqa: ANN401  an act or a look
    members: dict[str, object],
) -> None:
    written = {k: tuple(v) if isinstance(v, list) else v for k, v in members.items()}
    nothing_but_faults(verb.read, act, written, canon.from_base64)


# A record's inside, whoever wrote it: what its kind reads and its desk folds.


@given(
    sampled_from([kind.name for kind in DESK.kinds]), one_of(binary(), builds(json_bytes, values))
)
def test_a_body_of_any_bytes_is_read_or_refused(kind: str, data: bytes) -> None:
    outcomes.value_or_code(DESK.read, kind, data)
