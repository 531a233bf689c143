"""The node as a process: links on TLS, the hatch and the admin's socket on Unix sockets."""

import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from detente.app import build, system
from detente.app.config import Config
from detente.app.http import HttpServer, Reply, Request
from detente.app.log import Log
from detente.app.loop import Loop, clock
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.link import redial, session
from detente.link.hello import NONCE_SIZE, Heads
from detente.node.seat import LinkTerms

TICK: Final = 1.0
HANDSHAKE_TIMEOUT: Final = Span(5_000)
STRANGERS_MAX: Final = 64  # connections whose party is not known yet
REFUSED_MAX: Final = 16  # system users whose refusal is written to the log
WAL_EVERY: Final = 2.0  # seconds of quiet before the WAL is folded back
RELOAD_EXIT: Final = 75  # asks whoever started the node to start it again
_READS_A_TURN: Final = 4


@dataclass(slots=True)
class _Conn:
    """One connection: before the handshake it has a number and perhaps an expected party."""

    number: int
    tls: build.TlsConnection
    dialled: bool
    path: str
    heads: dict[str, Heads]
    link_id: str = ""
    writes: bool = False


@dataclass(slots=True)
class _Dial:
    """One endpoint of a peer that we keep dialled."""

    link: LinkTerms
    path: str
    address: build.Address
    attempt: int = 0
    down_at: float = 0.0
    due_at: float = 0.0
    conn: int | None = None


@dataclass(slots=True)
class _Hatch:
    sock: socket.socket
    reader: build.FrameReader = field(default_factory=build.FrameReader)
    out: bytearray = field(default_factory=bytearray)


class NodeProcess:
    """Owns the loop of a node."""

    def __init__(self, settings: Config, passphrase: bytes) -> None:
        self._settings = settings
        self._folder = settings.folder / "node"
        self.lock = system.Lock(self._folder / "lock")
        self._log = Log("node", settings.text("log.level"))
        self._parts = build.build_node(settings, passphrase, system.now())
        self._node = self._parts.node
        self._links = {each.peer.name: each for each in self._parts.links}
        self._loop = Loop()
        self._conns: dict[int, _Conn] = {}
        self._numbers = 0
        self._hatches: dict[int, _Hatch] = {}
        self._told: object = None
        self._next_tick = 0.0
        self._busy_at = 0.0
        self._dirty = True
        self.exit_code = 0
        self._faults: dict[str, str] = {}
        self._office_user = build.office_user(settings)
        self._refused: set[int] = set()
        start = clock()
        self._dials = [
            _Dial(link, each.id, build.parse_address(each.addr), down_at=start)
            for link in self._parts.links
            for each in link.peer.endpoints
        ]

    def run(self) -> int:
        """Serve until told to stop; return the exit code. Raises OurFault: path.*, run.*."""
        listeners = [
            build.listen(build.parse_address(each)) for each in self._settings.texts("link.listen")
        ]
        for each in listeners:
            self._loop.watch(each, partial(self._accept, each))
        mode = build.OWN if self._office_user == os.getuid() else build.GROUP
        hatch = build.listen_unix(self._folder / "hatch.sock", mode)
        self._loop.watch(hatch, lambda: self._accept_hatch(hatch))
        admin = build.listen_unix(self._folder / "admin.sock")
        HttpServer(self._loop, admin, build.user_of, frozenset({os.getuid()}), self._admin)
        self._loop.stop_on_signals()
        self._log.write("info", "run.started", "node started", links=len(self._links))
        try:
            self._loop.run(self._turn)
        finally:
            for conn in list(self._conns.values()):
                conn.tls.close("stopped")
            for name in ("hatch.sock", "admin.sock"):
                (self._folder / name).unlink(missing_ok=True)
            self._parts.store.close()
        self._log.write("info", "run.stopped", "node stopped")
        return self.exit_code

    # One turn of the loop.

    def _turn(self) -> float:
        self._do_effects()
        moment = clock()
        if moment >= self._next_tick:
            self._next_tick = moment + TICK
            self._storing(lambda: self._node.tick(system.now()))
            self._do_effects()
            self._drop_strangers()
        wait = self._dial_due(moment)
        self._tell_news()
        self._parts.store.fold_wal(only_large=True)
        if self._dirty and moment - self._busy_at >= WAL_EVERY:
            self._parts.store.fold_wal()
            self._dirty = False
            self._see_store()
        return min(wait, self._next_tick - moment)

    def _do_effects(self) -> None:
        effects = self._node.take_effects()
        while effects:
            self._busy_at, self._dirty = clock(), True
            for link_id, effect in effects:
                if isinstance(effect, session.Send):
                    conn = self._conns.get(effect.conn)
                    if conn is not None:
                        conn.tls.send(effect.data)
                        self._rewatch(conn)
                elif isinstance(effect, session.Close):
                    conn = self._conns.get(effect.conn)
                    if conn is not None:
                        self._told_to_close(conn, effect)
                elif isinstance(effect, session.Show):
                    self._log.write(
                        "info", "link.state", effect.why, link=link_id, state=effect.state
                    )
            effects = self._node.take_effects()

    def _tell_news(self) -> None:
        if not self._hatches:
            return
        levels = [
            (each.origin, each.size, each.receipted, each.state) for each in self._node.levels()
        ]
        if levels != self._told:
            self._told = levels
            for hatch in list(self._hatches.values()):
                self._send_hatch(hatch, build.NEWS_FRAME)

    # Paths.

    def _heads(self) -> dict[str, Heads]:
        return self._node.heads()

    def _begin(self, sock: socket.socket, path: str, expect: str | None, *, dialled: bool) -> _Conn:
        self._numbers += 1
        tls = build.TlsConnection(
            self._parts.tls, sock, dialled=dialled,
            pins=lambda: build.pins_of(self._parts.links), since=system.now(), expect=expect,
        )  # fmt: skip
        conn = _Conn(self._numbers, tls, dialled, path, self._heads())
        self._conns[conn.number] = conn
        self._rewatch(conn)
        return conn

    def _rewatch(self, conn: _Conn) -> None:
        writes = conn.tls.wants_write
        if conn.number not in self._conns:
            return
        if writes != conn.writes or not conn.tls.established:
            conn.writes = writes
            self._loop.watch(
                conn.tls,
                lambda: self._readable(conn),
                (lambda: self._writable(conn)) if writes else None,
            )

    def _accept(self, listener: socket.socket) -> None:
        sock = build.accept(listener)
        if sock is None:
            return
        strangers = sum(not each.link_id for each in self._conns.values())
        if strangers >= STRANGERS_MAX:
            sock.close()
            return
        self._begin(sock, "", None, dialled=False)

    def _writable(self, conn: _Conn) -> None:
        try:
            conn.tls.writable()
        except (OurFault, TheirFault) as fault:
            self._broken(conn, fault)
            return
        self._rewatch(conn)

    def _readable(self, conn: _Conn) -> None:
        try:
            for _ in range(_READS_A_TURN):
                chunks = conn.tls.readable()
                if conn.tls.established and not conn.link_id:
                    self._established(conn)
                if not chunks:
                    break
                data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
                self._give(conn, session.Bytes(conn.number, data))
                if conn.number not in self._conns:
                    return
                self._do_effects()
                if conn.number not in self._conns:
                    return
            if conn.tls.fault:
                raise conn.tls.fault
        except (OurFault, TheirFault) as fault:
            self._broken(conn, fault)
            return
        self._rewatch(conn)

    def _give(self, conn: _Conn, given: session.Input) -> None:
        self._storing(lambda: self._node.step(conn.link_id, given, system.now()))

    def _storing(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OurFault as fault:
            if not fault.code.startswith("store."):
                raise
            self._stop_storing(fault)

    def _see_store(self) -> None:
        fault = self._parts.store.fault
        if fault is not None:
            self._stop_storing(fault)

    def _stop_storing(self, fault: OurFault) -> None:
        if self._node.read_only is not None:
            return
        self._log.write("error", fault.code, fault.what, remedy=fault.remedy)
        self._faults[fault.code] = f"{fault.what}; {fault.remedy}"
        self._node.stop_storing(fault, system.now())

    def _established(self, conn: _Conn) -> None:
        assert conn.tls.peer is not None, "the pin was judged"
        link = self._links[conn.tls.peer]
        conn.link_id = link.link_id
        for each in self._dials:
            if each.conn == conn.number:
                each.attempt = 0  # it answered: a loss from here on is a new one
        begun = session.PathBegun(
            conn.number, conn.path, conn.dialled, conn.heads.get(link.link_id)
        )
        self._give(conn, begun)
        nonce = system.SystemEntropy().draw(NONCE_SIZE)
        self._give(conn, session.PathUp(conn.number, nonce))
        self._faults.pop(f"path {link.peer.name}", None)
        self._log.write(
            "info", "path.up", f"{conn.tls.group}", party=link.peer.name, path=conn.path
        )
        self._do_effects()

    def _broken(self, conn: _Conn, fault: OurFault | TheirFault) -> None:
        level = "warn" if isinstance(fault, TheirFault) else "info"
        who = self._expected(conn)
        self._log.write(level, fault.code, fault.what, party=who, path=conn.path)
        if who:
            self._faults[f"path {who}"] = f"{fault.code}: {fault.what}; {fault.remedy}"
        self._close(conn, fault.what, told=False)

    def _told_to_close(self, conn: _Conn, effect: session.Close) -> None:
        who = self._expected(conn)
        if effect.code != "bye":  # said on purpose, by one side or the other: no fault
            self._log.write("warn", effect.code, effect.what, party=who, path=conn.path)
            self._faults[f"path {who}"] = f"{effect.code}: {effect.what}; it is dialled again"
        self._close(conn, f"{effect.code}: {effect.what}", told=True)

    def _expected(self, conn: _Conn) -> str:
        if conn.tls.peer:
            return conn.tls.peer
        for each in self._dials:
            if each.conn == conn.number:
                return each.link.peer.name
        return ""

    def _close(self, conn: _Conn, why: str, *, told: bool) -> None:
        del self._conns[conn.number]
        self._loop.forget(conn.tls)
        conn.tls.close(why)
        for each in self._dials:
            if each.conn == conn.number:
                each.conn = None
                self._plan(each)
        if conn.link_id and not told:
            self._give(conn, session.PathDown(conn.number, why))

    def _drop_strangers(self) -> None:
        now = system.now()
        for conn in list(self._conns.values()):
            if not conn.link_id and conn.tls.age(now) >= HANDSHAKE_TIMEOUT:
                self._broken(
                    conn, OurFault("path.closed", "no handshake within 5 s", "it is dialled again")
                )

    # Dialling.

    def _plan(self, dial: _Dial) -> None:
        moment = clock()
        if dial.attempt == 0:
            dial.down_at = moment
        down_for = Span(int((moment - dial.down_at) * 1000))
        draw = system.SystemEntropy().draw(1)[0]
        dial.due_at = moment + redial.wait(dial.attempt, down_for, draw).ms / 1000
        dial.attempt += 1

    def _dial_due(self, moment: float) -> float:
        wait = TICK
        for dial in self._dials:
            if dial.conn is not None:
                continue
            if self._node.is_live(dial.link.link_id):
                # One path is enough here; whoever dialled it.
                dial.attempt, dial.due_at = 0, moment + TICK
            elif moment >= dial.due_at:
                self._dial(dial)
            wait = min(wait, max(0.0, dial.due_at - moment))
        return wait

    def _dial(self, dial: _Dial) -> None:
        peer = dial.link.peer.name
        try:
            sock = build.dial(dial.address)
        except OurFault as fault:
            self._faults[f"path {peer}"] = f"{fault.code}: {fault.what}; {fault.remedy}"
            self._plan(dial)
            return
        dial.conn = self._begin(sock, dial.path, peer, dialled=True).number

    # The hatch.

    def _accept_hatch(self, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        user = build.user_of(sock)
        if user != self._office_user:
            sock.close()
            self._refuse(user)
            return
        sock.setblocking(False)  # noqa: FBT003  the socket's own call
        hatch = _Hatch(sock)
        self._hatches[sock.fileno()] = hatch
        self._loop.watch(sock, lambda: self._read_hatch(hatch))
        self._told = None

    def _refuse(self, user: int) -> None:
        # Once for each: an office that is refused comes again five times a second.
        if user not in self._refused and len(self._refused) < REFUSED_MAX:
            self._refused.add(user)
            what = "a system user who is not the office's came to the hatch and was refused"
            self._log.write("warn", "hatch.closed", what, user=user)

    def _read_hatch(self, hatch: _Hatch) -> None:
        try:
            data = hatch.sock.recv(limits.KIB * 256)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close_hatch(hatch)
            return
        try:
            for request in hatch.reader.feed(data):
                self._send_hatch(hatch, self._answer(request))
        except OurFault as fault:
            self._log.write("error", fault.code, fault.what)
            self._close_hatch(hatch)

    def _answer(self, request: list[object]) -> bytes:
        found = build.answer(self._node, request, system.now())
        self._see_store()
        return found

    def _send_hatch(self, hatch: _Hatch, data: bytes) -> None:
        # A record is on its way to the peer before its answer goes to the office.
        self._do_effects()
        hatch.out += data
        self._flush_hatch(hatch)

    def _flush_hatch(self, hatch: _Hatch) -> None:
        try:
            sent = hatch.sock.send(hatch.out)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET, errno.EBADF):
                raise
            self._close_hatch(hatch)
            return
        del hatch.out[:sent]
        again = (lambda: self._flush_hatch(hatch)) if hatch.out else None
        self._loop.watch(hatch.sock, lambda: self._read_hatch(hatch), again)

    def _close_hatch(self, hatch: _Hatch) -> None:
        if self._hatches.pop(hatch.sock.fileno(), None) is not None:
            self._loop.forget(hatch.sock)
            hatch.sock.close()

    # The admin's socket.

    def _admin(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", ("v1", "links"):
                return Reply(self._links_shown())
            case "GET", ("v1", "doctor"):
                findings: list[Json] = [
                    {"what": where, "why": why} for where, why in self._faults.items()
                ]
                return Reply({"findings": findings, "links": self._links_shown()})
            case "POST", ("v1", "reload"):
                self.exit_code = RELOAD_EXIT
                self._loop.stop()
                return Reply({"reload": True})
            case _:
                raise OurFault("http.no_page", "/".join(request.path), "see docs/api.md")

    def _links_shown(self) -> list[Json]:
        found: list[Json] = []
        levels = self._node.levels()
        for out, incoming in zip(levels[1::2], levels[2::2], strict=True):
            found.append(
                {
                    "party": out.peer,
                    "link_id": out.link_id,
                    "state": out.state,
                    "why": out.why,
                    "since": str(out.since),
                    "sent": out.size,
                    "stored": out.receipted,
                    "waiting": out.waiting,
                    "received": incoming.size,
                    "path_fault": self._faults.get(f"path {out.peer}"),
                }
            )
        return found
