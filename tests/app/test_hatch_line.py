"""The hatch under TLS, both ends in one process: strangers, limits, silence."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from tests.node.test_offices import ROWS, Logs
from tests.support import makers
from tests.support.ports import free_port

from detente.app import allowed, build, config, halves, splitting, system
from detente.app.loop import Loop, clock
from detente.app.node.offices import Offices, RemoteRoom
from detente.app.process import reach
from detente.app.process.reach import Remote
from detente.app.splitting import Secret
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.paths.hatch import NEWS_FRAME, HatchClient
from detente.paths.hatch_line import TlsLine
from detente.paths.tls import HATCH, PEERS, TlsConnection, TlsContext
from detente.vault.certificate import tls_identity

NODE, OFFICE, STRANGER = (tls_identity(bytes([n]) * 32) for n in (1, 2, 3))
TURNS: Final = 20_000


class Journal:
    def __init__(self) -> None:
        self.rows: list[tuple[str, str, dict[str, object]]] = []

    def write(self, _level: str, code: str, what: str, **more: object) -> None:
        self.rows.append((code, what, more))

    def codes(self) -> list[str]:
        return [code for code, _, _ in self.rows]


class Place:
    """A node's room for offices, turned by hand."""

    def __init__(self, folder: Path) -> None:
        self.loop, self.log, self.node = Loop(), Journal(), Logs(ROWS)
        self.address = ""
        (folder / "node").mkdir(parents=True)
        self.folder = folder
        context = TlsContext(NODE.certificate, NODE.key, HATCH)
        ground: Any = SimpleNamespace(
            settings=SimpleNamespace(folder=folder, text=lambda _name: self.address),
            node=self.node, parts=SimpleNamespace(hatch=context, card=makers.make_party(
                makers.AURELIA).card), log=self.log, loop=self.loop, faults={}, see_store=lambda: None,
        )  # fmt: skip
        self.ground = ground
        self.offices = Offices(ground)
        self.room = RemoteRoom(ground, self.offices, lambda: None)
        self.socks: list[socket.socket] = []
        self.lines: list[TlsConnection] = []

    def open(self) -> None:
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.room.open()

    def until(self, done: Callable[[], object]) -> None:
        for _ in range(TURNS):
            if done():
                return
            self.turn()
        raise AssertionError("it never came true")

    def turn(self) -> None:
        turns = [0]

        def tick() -> float:
            turns[0] += 1
            self.loop.running = turns[0] < 2
            return 0.01

        self.loop.running = True
        self.loop.run(tick)

    def dial(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port))
        self.socks.append(sock)
        return sock

    def come(self, who: Any = OFFICE, alpn: bytes = HATCH) -> TlsConnection:  # noqa: ANN401
        """Dial and shake hands as far as it goes."""
        context = TlsContext(who.certificate, who.key, alpn)
        tls = TlsConnection(
            context, self.dial(), dialled=True, pins=lambda: {NODE.pin: "node"}, since=Moment(0)
        )
        self.lines.append(tls)
        tls.writable()

        def step() -> bool:
            if tls.fault is None and not tls.established:
                try:
                    tls.readable()
                except Exception:  # noqa: BLE001  it stands in `fault`
                    return True
            return tls.established or tls.fault is not None

        self.until(step)
        return tls

    def end(self) -> None:
        self.room.close()
        for line in self.lines:
            line.close("over")
        for sock in self.socks:
            sock.close()
        for key in list(self.loop._selector.get_map().values()):
            if isinstance(key.fileobj, int) and key.fd != self.loop._wake_reader.fileno():
                self.loop._selector.unregister(key.fileobj)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    allowed.allow(tmp_path, OFFICE.pin, ("cert",), makers.NOW)
    listeners: list[socket.socket] = []

    def listen(at: build.Address) -> socket.socket:
        listeners.append(real(at))
        return listeners[-1]

    real = build.listen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "listen", listen)
        found.open()
    yield found
    found.end()
    for each in listeners:
        each.close()
    found.loop._wake_reader.close()
    found.loop._wake_writer.close()
    found.loop._selector.close()


def asked(place: Place, tls: TlsConnection, data: bytes) -> bytes:
    """Send and return what comes back, "" for a line that ended."""
    tls.send(data)
    found = bytearray()

    def step() -> bool:
        try:
            for each in tls.readable():
                found.extend(each)
        except (OurFault, Exception):  # noqa: BLE001  it ended
            return True
        return bool(found)

    place.until(step)
    return bytes(found)


BEAT: Final = b"\x00\x00\x00\x07\x92\x01\xa4beat"


def test_who_is_let_in_is_answered(place: Place) -> None:
    tls = place.come()
    assert asked(place, tls, BEAT)[4:] == b"\x93\x01\xa2ok\xc0"
    assert place.room.present
    asking: Any = None  # the route reads neither
    shown: Any = place.room.shown(asking, asking).document
    assert [row["there"] for row in shown["offices"]] == [True]


def test_a_stranger_gets_no_byte_and_is_counted_and_told_once(place: Place) -> None:
    for _ in range(2):
        assert asked(place, place.come(STRANGER), BEAT) == b""
    place.until(lambda: place.room.strangers == 2)
    rows = [more["key"] for code, _, more in place.log.rows if code == "hatch.stranger"]
    assert rows == [STRANGER.pin.hex()]
    assert STRANGER.pin.hex() in place.ground.faults["hatch"]
    assert not place.room.present


def test_who_speaks_the_language_of_peers_is_not_answered(place: Place) -> None:
    tls = place.come(OFFICE, PEERS)
    assert tls.fault is not None or asked(place, tls, BEAT) == b""
    assert not place.room.present


def test_bytes_of_no_form_close_the_line(place: Place) -> None:
    assert asked(place, place.come(), b"\x00\x00\x00\x01\xc1") == b""
    place.until(lambda: not place.room.present)


def test_a_newer_line_of_one_key_replaces_the_older(place: Place) -> None:
    first = place.come()
    assert asked(place, first, BEAT)
    second = place.come()
    assert asked(place, second, BEAT)
    assert asked(place, first, BEAT) == b""
    assert "replaced" in [what for code, what, _ in place.log.rows if code == "hatch.closed"]


def test_a_push_comes_to_all_that_are_there(place: Place) -> None:
    tls = place.come()
    assert asked(place, tls, BEAT)
    place.room.push(NEWS_FRAME)
    assert asked(place, tls, b"") == NEWS_FRAME


def test_a_key_that_is_revoked_loses_its_line(place: Place) -> None:
    tls = place.come()
    assert asked(place, tls, BEAT)
    allowed.revoke(place.folder, OFFICE.pin)
    place.room.tick()
    assert not place.room.present
    assert asked(place, tls, BEAT) == b""


def test_a_file_that_cannot_be_read_lets_nobody_in_and_is_told(place: Place) -> None:
    good = allowed.file_of(place.folder).read_text()
    allowed.file_of(place.folder).write_text("{")
    assert place.offices.look()
    assert place.offices.pins() == {}
    assert "hatch file" in place.ground.faults
    allowed.file_of(place.folder).write_text(good)
    place.offices.look()
    assert place.offices.pins() == {OFFICE.pin: "cert"}
    assert "hatch file" not in place.ground.faults
    assert not place.offices.look()


def test_the_office_here_keeps_the_desks_that_no_other_has(place: Place) -> None:
    place.offices.look()
    assert fault(lambda: place.offices.local.attend("cert", makers.NOW)) == "office.no_desk"
    allowed.revoke(place.folder, OFFICE.pin)
    place.offices.look()
    assert place.offices.local is place.node


def fault(act: Callable[[], object]) -> str:
    with pytest.raises(OurFault) as caught:
        act()
    return caught.value.code


def test_strangers_are_as_many_as_the_limit(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(limits.HATCH_STRANGERS):
        place.dial()
    place.until(lambda: len(place.room._conns) == limits.HATCH_STRANGERS)
    late = place.dial()
    late.settimeout(0.01)

    def refused() -> bool:
        try:
            return late.recv(1) == b""
        except (TimeoutError, ConnectionResetError) as error:
            return isinstance(error, ConnectionResetError)

    place.until(refused)
    assert len(place.room._conns) == limits.HATCH_STRANGERS
    now = system.now()
    at = [now + Span(limits.HATCH_HANDSHAKE - 1_000)]
    monkeypatch.setattr(system, "now", lambda: at[0])
    place.room.tick()
    assert len(place.room._conns) == limits.HATCH_STRANGERS
    at[0] = now + Span(limits.HATCH_HANDSHAKE)
    place.room.tick()
    assert not place.room._conns, "who shakes no hands in time is let go"


def test_an_office_that_asks_nothing_for_long_is_let_go(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(place, place.come(), BEAT)
    [conn] = place.room._conns.values()
    at = [conn.heard + Span(limits.HATCH_IDLE - 1)]
    monkeypatch.setattr(system, "now", lambda: at[0])
    place.room.tick()
    assert place.room.present
    at[0] = conn.heard + Span(limits.HATCH_IDLE)
    place.room.tick()
    assert not place.room.present


def test_an_office_that_takes_no_answers_is_let_go(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(place, place.come(), BEAT)
    [conn] = place.room._conns.values()
    monkeypatch.setattr(conn.tls, "send", lambda _data: None)
    conn.tls.pending_bytes = limits.HATCH_PENDING
    place.room.push(NEWS_FRAME)
    assert place.room.present
    conn.tls.pending_bytes = limits.HATCH_PENDING + 1
    place.room.push(NEWS_FRAME)
    assert not place.room.present


def test_a_node_without_a_key_for_the_hatch_says_so(place: Place) -> None:
    place.ground.parts.hatch = None
    assert fault(place.room.open) == "vault.no_key"


# The office's side.


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> config.Config:
    """An office whose node is the one above."""
    folder = tmp_path_factory.mktemp("half")
    secret = Secret(b"secret", {})
    data = splitting.make_node(
        folder / "n", "aurelia.gov", ["tcp://127.0.0.1:1"], "tcp://127.0.0.1:2", secret
    )
    splitting.make_office(folder / "o", folder / "root", halves.read(data), secret, b"root")
    halves.keep_node(folder / "o", NODE.pin)
    return config.load(str(folder / "o"))


def remote(settings: config.Config, port: int = 2) -> Remote:
    values = {**settings.values, "office.node": f"tcp://127.0.0.1:{port}"}
    return Remote(config.Config(settings.folder, values), b"secret", Loop())


def let_go(one: Remote) -> None:
    one.drop()
    one._loop._wake_reader.close()
    one._loop._wake_writer.close()
    one._loop._selector.close()


def test_an_office_asks_for_a_word_and_gives_up_at_the_limits(
    settings: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, at = remote(settings), [0.0]
    monkeypatch.setattr(reach, "clock", lambda: at[0])
    beats: list[float] = []
    hatch: Any = SimpleNamespace(heard=1, beat=lambda: beats.append(at[0]))
    one.turn(hatch)
    at[0] = (limits.HATCH_BEAT - 1) / 1000
    one.turn(hatch)
    assert beats == []
    at[0] = limits.HATCH_BEAT / 1000
    one.turn(hatch)
    assert beats == [at[0]]
    hatch.heard = 2
    one.turn(hatch)
    at[0] += (limits.HATCH_SILENCE - 1) / 1000
    one.turn(hatch)
    at[0] += 0.001
    assert fault(lambda: one.turn(hatch)) == "hatch.closed"
    let_go(one)


def test_tries_lie_further_apart_until_the_node_is_met(settings: config.Config) -> None:
    one = remote(settings)
    away = OurFault("hatch.closed", "gone", "wait")
    waits = []
    for _ in range(7):
        said = one.failed(away)
        waits.append(one.wait)
    assert waits == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert "tcp://127.0.0.1:2 does not answer since " in said.what
    one.met()
    assert one.wait == reach.RETRY
    other = OurFault("hatch.refused", "no", "go there")
    assert one.told(other) is other
    let_go(one)


def ended(one: Remote) -> HatchClient | None:
    """Dial and let its loop turn until there is an end."""
    found = one.hatch()
    deadline = clock() + 20
    while found is None and clock() < deadline:
        if one.ready:
            return one.hatch()
        for key, _ in one._loop._selector.select(0.01):
            on_read, on_write = key.data
            if on_write is not None:
                on_write()
            on_read()
    return found


def test_an_address_where_nobody_is(settings: config.Config) -> None:
    one = remote(settings, free_port())
    assert fault(lambda: ended(one)) == "hatch.closed"
    let_go(one)


def test_an_address_where_nobody_shakes_hands(
    settings: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        one = remote(settings, dumb.getsockname()[1])
        assert one.hatch() is None
        assert one._tls is not None
        since = one._tls._since
        at = [since + Span(limits.HATCH_HANDSHAKE - 1)]
        monkeypatch.setattr(system, "now", lambda: at[0])
        assert one.hatch() is None
        at[0] = since + Span(limits.HATCH_HANDSHAKE)
        assert fault(one.hatch) == "hatch.closed"
        let_go(one)


def test_a_line_that_is_silent_while_an_answer_is_due(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = place.come()
    assert asked(place, tls, BEAT)
    monkeypatch.setattr(limits, "HATCH_ACT", 10)
    client = HatchClient(TlsLine(tls))
    with pytest.raises(OurFault, match="does not answer for") as caught:
        client.submit([b"envelope"], Moment(0))  # nobody turns the node's loop
    assert caught.value.code == "hatch.closed"


def test_what_a_page_asks_of_a_silent_node_is_waited_for_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = place.come()
    assert asked(place, tls, BEAT)
    client, line = HatchClient(TlsLine(tls)), TlsLine(tls)
    waits: list[int] = []
    monkeypatch.setattr(limits, "HATCH_LOOK", 10)
    monkeypatch.setattr(client, "_line", line)

    def silent(ms: int) -> bool:
        waits.append(ms)
        return False

    monkeypatch.setattr(line, "comes", silent)
    assert fault(client.levels) == "hatch.slow"
    assert waits == [10]
    assert fault(client.levels) == "hatch.slow"
    assert fault(lambda: client.attend("cert", Moment(0))) == "hatch.slow"
    assert fault(lambda: client.submit([b"envelope"], Moment(0))) == "hatch.closed"
    assert waits == [10], "nobody waits a second time"
    monkeypatch.undo()

    def came() -> bool:
        client.take_news()
        return not client._late

    place.until(came)
    assert client._answers == {}, "the late answer is nobody's"


def test_a_beat_is_asked_once_until_it_is_answered(place: Place) -> None:
    tls = place.come()
    client = HatchClient(TlsLine(tls))
    client.beat()
    client.beat()
    assert client._number == 1

    def heard() -> bool:
        client.take_news()
        return client.heard > 0

    place.until(heard)
    client.beat()
    assert client._number == 2
