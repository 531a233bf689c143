"""The paths of a node's process: connections to peers, and who is dialled when."""

import socket
from dataclasses import dataclass
from functools import partial
from typing import Final

from detente.app import build, system
from detente.app.node.dials import (
    CONNECT,
    CONNECT_LOW,
    HANDSHAKE,
    HANDSHAKE_LOW,
    NODE_DOWN,
    PATH_DOWN,
    Dial,
    Dials,
    of_conns,
    state_of,
    worst,
)
from detente.app.node.ground import Ground
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.link import session
from detente.link.conns import PINGS_UNANSWERED
from detente.link.hello import NONCE_SIZE, Heads
from detente.link.pace import LOW_RATE

STRANGERS_MAX: Final = 64  # connections whose party is not known yet
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
    is_full: bool = False  # the node was told that the socket takes no more


class LinksRoom:
    """Carries bytes between the node and its peers."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._node, self._loop, self._log = ground.node, ground.loop, ground.log
        self._links = {each.peer.name: each for each in ground.parts.links}
        self._conns: dict[int, _Conn] = {}
        self._numbers = 0
        self.dials = Dials(ground.parts.links)
        # Whoever dials us names its path in HELLO: until then it may be our slowest.
        rates = [rate for link in ground.parts.links for rate in link.rates.values()]
        self._is_low = min(rates, default=LOW_RATE) < LOW_RATE
        self._look_at = 0.0
        self._peers = {each.link_id: name for name, each in self._links.items()}
        self._dialled_us: dict[
            str, tuple[str, str]
        ] = {}  # state and why of their last dial that failed
        ground.paths_of = self.paths_shown

    def open(self, listener: socket.socket) -> None:
        """Take connections from this socket."""
        self._loop.watch(listener, partial(self._accept, listener))

    def see_cards(self) -> None:
        """Follow the peers' cards: dial where they say, and part from keys that count no more."""
        terms, pins = self._node.terms(), self._node.pins(system.now())
        for peer, where in self._node.card_problems().items():
            self._ground.faults[f"card {peer}"] = where
        for conn in list(self._conns.values()):
            if conn.tls.established and conn.tls.pin not in pins:
                self._broken(
                    conn, TheirFault("E_PIN", "its key stands on no card any more", "see its card")
                )
        if {each.peer.name: each.peer.endpoints for each in terms.values()} == {
            name: each.peer.endpoints for name, each in self._links.items()
        }:
            return
        self._links = terms
        self.dials.follow([*terms.values()])

    def close(self) -> None:
        """Say goodbye on all connections: the process ends."""
        for conn in list(self._conns.values()):
            conn.tls.close("stopped")

    # What the node wants done.

    def do_effects(self) -> None:
        """Let leave what the node decided, until it wants nothing more."""
        effects = self._node.take_effects()
        while effects:
            self._ground.touch()
            leaving: dict[int, list[bytes]] = {}  # what one connection is sent goes in one write
            for link_id, effect in effects:
                if isinstance(effect, session.Send):
                    self._ground.meter.went(link_id, len(effect.data))
                    leaving.setdefault(effect.conn, []).append(effect.data)
                elif isinstance(effect, session.Close):
                    self._send(effect.conn, leaving.pop(effect.conn, []))
                    conn = self._conns.get(effect.conn)
                    if conn is not None:
                        self._told_to_close(conn, effect)
                elif isinstance(effect, session.Show):
                    self._look_at = 0.0
                    self._log.write(
                        "info", "link.state", effect.why, link=link_id, state=effect.state
                    )
            for number, rows in leaving.items():
                self._send(number, rows)
            effects = self._node.take_effects()

    def _send(self, number: int, rows: list[bytes]) -> None:
        conn = self._conns.get(number)
        if conn is None or not rows:
            return
        conn.tls.send(rows[0] if len(rows) == 1 else b"".join(rows))
        if conn.tls.pending_bytes and not conn.is_full:
            conn.is_full = True
            self._give(conn, session.PathFull(number))
        self._rewatch(conn)

    # Paths.

    def _begin(self, sock: socket.socket, path: str, expect: str | None, *, dialled: bool) -> _Conn:
        self._numbers += 1
        tls = build.TlsConnection(
            self._identity(expect), sock, dialled=dialled,
            pins=lambda: self._node.pins(system.now()), since=system.now(), expect=expect,
            classic_ok=self._ground.parts.classic_ok,
        )  # fmt: skip
        conn = _Conn(self._numbers, tls, dialled, path, self._node.heads())
        self._conns[conn.number] = conn
        self._rewatch(conn)
        return conn

    def _identity(self, peer: str | None) -> build.TlsContext:
        # Which of our certificates: of a card that they surely have. Who was given a newer one by
        # hand may know only that one: every second try shows it.
        terms, parts = self._node.terms(), self._ground.parts
        if peer is None:
            known = [self._node.shown_cards(each.link_id)[0] for each in terms.values()]
            return parts.tls_for(min(known, default=max(parts.tls)))
        shown = self._node.shown_cards(terms[peer].link_id)
        tries = max((each.attempt for each in self.dials.link(terms[peer].link_id)), default=0)
        return parts.tls_for(shown[tries % len(shown)])

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
        if conn.is_full and not conn.tls.pending_bytes:
            conn.is_full = False
            self._give(conn, session.PathFree(conn.number))
            self.do_effects()
        self._rewatch(conn)

    def _readable(self, conn: _Conn) -> None:
        try:
            for _ in range(_READS_A_TURN):
                chunks = conn.tls.readable()
                if conn.tls.established and not conn.link_id:
                    self._established(conn)
                if not chunks:
                    break
                data = chunks[0]
                self._ground.meter.came(conn.link_id, len(data), system.now())
                self._give(conn, session.Bytes(conn.number, data))
                if conn.number not in self._conns:
                    return
                self.do_effects()
                if conn.number not in self._conns:
                    return
            if conn.tls.fault:
                raise conn.tls.fault
        except (OurFault, TheirFault) as fault:
            self._broken(conn, fault)
            return
        self._rewatch(conn)

    def _give(self, conn: _Conn, given: session.Input) -> None:
        self._ground.storing(lambda: self._node.step(conn.link_id, given, system.now()))

    def _established(self, conn: _Conn) -> None:
        assert conn.tls.peer is not None, "the pin was judged"
        link = self._links[conn.tls.peer]
        conn.link_id = link.link_id
        begun = session.PathBegun(
            conn.number, conn.path, conn.dialled, conn.heads.get(self._node.epoch_of(link.link_id))
        )
        self._give(conn, begun)
        nonce = system.SystemEntropy().draw(NONCE_SIZE)
        self._give(conn, session.PathUp(conn.number, nonce))
        self._look_at = 0.0
        self._log.write(
            "info", "path.up", f"{conn.tls.group}", party=link.peer.name, path=conn.path
        )
        self.do_effects()

    def _broken(self, conn: _Conn, fault: OurFault | TheirFault) -> None:
        level = "warn" if isinstance(fault, TheirFault) else "info"
        self._log.write(level, fault.code, fault.what, party=self._expected(conn), path=conn.path)
        why = f"{fault.code}: {fault.what}; {fault.remedy}"
        self._close(conn, fault.what, (state_of(fault), why))
        if conn.link_id:
            self._give(conn, session.PathDown(conn.number, fault.what))

    def _told_to_close(self, conn: _Conn, effect: session.Close) -> None:
        fault = None
        if effect.code != "bye":  # said on purpose, by one side or the other: no fault
            who = self._expected(conn)
            self._log.write("warn", effect.code, effect.what, party=who, path=conn.path)
            state = PATH_DOWN if effect.what == PINGS_UNANSWERED else NODE_DOWN
            fault = state, f"{effect.code}: {effect.what}; it is dialled again"
        self._close(conn, f"{effect.code}: {effect.what}", fault)

    def _expected(self, conn: _Conn) -> str:
        dial = self.dials.of(conn.number)
        return conn.tls.peer or (dial.link.peer.name if dial else "")

    def _close(self, conn: _Conn, why: str, fault: tuple[str, str] | None) -> None:
        del self._conns[conn.number]
        self._loop.forget(conn.tls)
        conn.tls.close(why)
        self._look_at = 0.0
        dial = self.dials.of(conn.number) or self.dials.on(conn.link_id, conn.path)
        if dial is not None:
            dial.pending.pop(conn.number, None)
        if fault is None:
            return
        if dial is not None:
            dial.failed(*fault)
            self._ground.faults[dial.name] = dial.fault
        elif conn.link_id:
            self._dialled_us[conn.link_id] = fault
            self._ground.faults[f"path {conn.tls.peer}/"] = fault[1]

    def drop_strangers(self) -> None:
        """Close whoever did not connect, or not finish the handshake, in time."""
        now = system.now()
        for conn in [each for each in self._conns.values() if not each.link_id]:
            dial = self.dials.of(conn.number)
            is_low = dial.is_low if dial else self._is_low
            limit, reason = HANDSHAKE_LOW if is_low else HANDSHAKE, build.NO_HANDSHAKE
            if not conn.tls.is_connected:
                limit, reason = CONNECT_LOW if is_low else CONNECT, build.NO_ANSWER
            if conn.tls.age(now) >= limit:
                self._broken(conn, build.PathClosed(reason))

    # Dialling.

    def dial_due(self, moment: float) -> float:
        """Dial what is due; return the seconds until the next look."""
        if moment < self._look_at:
            return self._look_at - moment
        states = {each.link_id: self._node.conns(each.link_id) for each in self._links.values()}
        due, wait = self.dials.due(moment, states)
        for dial in due:
            self._dial(dial, moment)
        for link_id, conns in states.items():
            self._see(link_id, conns)
        self._look_at = moment + (0.0 if due else wait)
        return self._look_at - moment

    def _see(self, link_id: str, conns: list[session.PathState]) -> None:
        for each in conns:
            if each.is_met:
                self._met(link_id, each)
        dials = self.dials.link(link_id)
        for dial in dials:
            if any(each.is_met and each.path == dial.path for each in conns):
                self._ground.faults.pop(dial.name, None)
        if any(each.is_met for each in conns):
            self._dialled_us.pop(link_id, None)
            self._ground.faults.pop(f"path {self._peers[link_id]}/", None)
        found = self._dialled_us.get(link_id)
        self._node.tell_down(link_id, *(worst(dials) if dials or found is None else found))

    def _met(self, link_id: str, state: session.PathState) -> None:
        self.dials.met(link_id, state)
        conn = self._conns.get(state.conn)
        if conn is not None:
            conn.path = state.path  # of one that dialled us: the path is named in its HELLO

    def _dial(self, dial: Dial, moment: float) -> None:
        try:
            sock = build.dial(dial.address)
        except OurFault as fault:
            dial.failed(state_of(fault), f"{fault.code}: {fault.what}; {fault.remedy}")
            self._ground.faults[dial.name] = dial.fault
            return
        name = dial.link.peer.name
        dial.pending[self._begin(sock, dial.path, name, dialled=True).number] = moment

    def paths_shown(self, link_id: str) -> list[Json]:
        """Return every path of a link as the admin reads it: theirs to us, ours to them."""
        states = self._node.conns(link_id)
        dials = self.dials.link(link_id)
        known = {each.path for each in dials}
        others: list[Json] = [
            {"path": each.path, "address": None, **of_conns([each])}
            for each in states
            if each.is_met and each.path not in known
        ]
        return [*(each.shown(states) for each in dials), *others]
