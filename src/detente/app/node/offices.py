"""Offices at this node: who may come, what each sees; and the hatch for those on other machines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from detente.app import allowed, build, system
from detente.app.allowed import Allowed
from detente.app.http import Reply, Request
from detente.app.node.ground import Ground
from detente.core import limits, names
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment, Span
from detente.node.offices import OfficeView, Readers
from detente.node.ports import Hatch

LOCAL: Final = "local"
_PLACE: Final = "hatch"  # among the ground's faults
_STRANGERS_TOLD: Final = 16  # keys that are written to the log
_READS_A_TURN: Final = 4


class Offices:
    """Which offices there are: that of this machine, and those whose keys are let in."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._file = allowed.file_of(ground.settings.folder)
        self._stamp: object = None
        self.rows: tuple[Allowed, ...] = ()
        self._readers = Readers(ground.node)
        self._local: Hatch = ground.node
        self.look()

    def look(self) -> bool:
        """Read again which keys are let in, if the file changed; say whether it did.

        A file that cannot be read lets nobody in: the fault stands among the ground's.
        """
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self.rows = allowed.read(self._ground.settings.folder)
        except OurFault as fault:
            self.rows = ()
            self._ground.log.write("error", fault.code, fault.what, remedy=fault.remedy)
            self._ground.faults["hatch file"] = f"{fault.what}; {fault.remedy}"
        else:
            self._ground.faults.pop("hatch file", None)
        self._local = self._view_of_local()
        return True

    def _stamp_now(self) -> object:
        try:
            found = self._file.stat()
        except OSError:
            return ()
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _view_of_local(self) -> Hatch:
        # Alone it is served as ever: the node itself is its hatch.
        if not self.rows:
            return self._ground.node
        given = {desk for each in self.rows for desk in each.desks}
        card = self._ground.parts.card
        here = {each for each in card.desks if each not in given and each != names.NODE_DESK}
        offices = {each.office for each in self.rows}
        has_local = (self._ground.settings.folder / "office").is_dir()
        self._readers.know(offices | ({LOCAL} if has_local else set()))
        return OfficeView(self._ground.node, card.name, here, LOCAL, self._readers)

    @property
    def local(self) -> Hatch:
        """The hatch of the office on this machine."""
        return self._local

    def pins(self) -> dict[bytes, str]:
        """Return by pin the name of the office that is let in."""
        return {each.pin: each.office for each in self.rows}

    def view(self, pin: bytes) -> Hatch:
        """Return the hatch of whoever has this key, which is let in."""
        row = next(each for each in self.rows if each.pin == pin)
        return OfficeView(
            self._ground.node, self._ground.parts.card.name, row.desks, row.office, self._readers
        )


@dataclass(slots=True)
class _Conn:
    tls: build.TlsConnection
    reader: build.FrameReader = field(default_factory=build.FrameReader)
    view: Hatch | None = None
    heard: Moment = field(default_factory=system.now)
    writes: bool = False


class RemoteRoom:
    """The hatch under TLS: whose key is not let in gets no answer, and each office one line."""

    def __init__(self, ground: Ground, offices: Offices, settle: Callable[[], None]) -> None:
        """`settle` lets leave what the node decided: before an answer goes to an office."""
        self._ground, self._offices, self._settle = ground, offices, settle
        self._conns: dict[int, _Conn] = {}
        self._told: set[bytes] = set()
        self.strangers = 0
        self.opened = 0  # grows with each office that came

    def open(self) -> None:
        """Listen where node.hatch_listen says, if it says. Raises OurFault: path.*, vault.no_key."""
        told = self._ground.settings.text("node.hatch_listen")
        if not told:
            return
        if self._ground.parts.hatch is None:
            raise OurFault(
                "vault.no_key", "the node's vault has no key for the hatch",
                "make one: detente hatch offer -o FILE",
            )  # fmt: skip
        listener = build.listen(build.parse_address(told))
        self._ground.loop.watch(listener, lambda: self._accept(listener, self._ground.parts.hatch))

    def _accept(self, listener: build.Socket, context: build.TlsContext | None) -> None:
        sock = build.accept(listener)
        if sock is None:
            return
        strangers = sum(each.view is None for each in self._conns.values())
        if strangers >= limits.HATCH_STRANGERS:
            sock.close()
            return
        assert context is not None, "asked before it listened"
        self._offices.look()
        tls = build.TlsConnection(
            context, sock, dialled=False, pins=self._offices.pins, since=system.now()
        )
        conn = _Conn(tls)
        self._conns[tls.fileno()] = conn
        self._watch(conn)

    def _watch(self, conn: _Conn) -> None:
        if self._conns.get(conn.tls.fileno()) is not conn:
            return
        on_write = partial(self._writable, conn) if conn.tls.wants_write else None
        self._ground.loop.watch(conn.tls, partial(self._readable, conn), on_write)

    def _writable(self, conn: _Conn) -> None:
        try:
            conn.tls.writable()
        except Fault as fault:
            self._broken(conn, fault)
            return
        self._watch(conn)

    def _readable(self, conn: _Conn) -> None:
        try:
            for _ in range(_READS_A_TURN):
                chunks = conn.tls.readable()
                if conn.tls.established and conn.view is None:
                    self._established(conn)
                if not chunks:
                    break
                self._serve(conn, bytes(chunks[0]))
                if conn.tls.closed is not None:
                    return
            if conn.tls.fault:
                raise conn.tls.fault
        except Fault as fault:
            self._broken(conn, fault)
            return
        self._watch(conn)

    def _established(self, conn: _Conn) -> None:
        conn.view = self._offices.view(conn.tls.pin)
        # An office that lost its line comes again before this side knows of it.
        for other in [each for each in self._conns.values() if each is not conn]:
            if other.tls.pin == conn.tls.pin and other.view is not None:
                self._close(other, "replaced")
        self.opened += 1
        self._ground.log.write(
            "info", "hatch.open", f"{conn.tls.group}", office=conn.tls.peer or "",
            key=conn.tls.pin.hex(),
        )  # fmt: skip

    def _serve(self, conn: _Conn, data: bytes) -> None:
        assert conn.view is not None, "nothing is read before the key is known"
        conn.heard = system.now()
        for request in conn.reader.feed(data):
            found = build.answer(conn.view, request, system.now())
            self._ground.see_store()
            # A record is on its way to the peer before its answer goes to the office.
            self._settle()
            self._send(conn, found)
            if conn.tls.closed is not None:
                return

    def _send(self, conn: _Conn, data: bytes) -> None:
        conn.tls.send(data)
        if conn.tls.pending_bytes > limits.HATCH_PENDING:
            self._close(conn, "it takes no answers")
            return
        self._watch(conn)

    def push(self, data: bytes) -> None:
        """Send every office the same."""
        for conn in [each for each in self._conns.values() if each.view is not None]:
            self._send(conn, data)

    @property
    def present(self) -> bool:
        """Whether an office is there."""
        return any(each.view is not None for each in self._conns.values())

    def tick(self) -> None:
        """Part from keys that are let in no more, from strangers that say nothing, from the silent."""
        self._offices.look()
        pins, now = self._offices.pins(), system.now()
        for conn in list(self._conns.values()):
            if conn.view is None:
                if conn.tls.age(now) >= Span(limits.HATCH_HANDSHAKE):
                    self._broken(conn, build.PathClosed(build.NO_HANDSHAKE))
            elif conn.tls.pin not in pins:
                self._close(conn, "its key is let in no more")
            elif now - conn.heard >= Span(limits.HATCH_IDLE):
                self._close(conn, "nothing came from it")

    def _broken(self, conn: _Conn, fault: Fault) -> None:
        pin = conn.tls.pin
        if conn.view is None and fault.code == "E_PIN":
            self._stranger(pin)
        elif conn.view is None:  # a scanner; whoever scans must not fill the log
            self._ground.log.write("debug", "hatch.closed", fault.what)
        self._close(conn, fault.what)

    def _stranger(self, pin: bytes) -> None:
        self.strangers += 1
        self._ground.faults[_PLACE] = (
            f"keys that are not let in came {self.strangers} times, the last was"
            f" {pin.hex() or 'none'}; detente hatch list"
        )
        if pin not in self._told and len(self._told) < _STRANGERS_TOLD:
            self._told.add(pin)
            what = "a key that is not let in came to the hatch and was refused"
            self._ground.log.write("warn", "hatch.stranger", what, key=pin.hex())

    def _close(self, conn: _Conn, why: str) -> None:
        number = conn.tls.fileno()
        if self._conns.get(number) is conn:
            del self._conns[number]
            self._ground.loop.forget(conn.tls)
            conn.tls.close(why)
            if conn.view is not None:
                self._ground.log.write("info", "hatch.closed", why, office=conn.tls.peer or "")

    def close(self) -> None:
        """Say goodbye to all: the process ends."""
        for conn in list(self._conns.values()):
            self._close(conn, "stopped")

    def shown(self, _ground: Ground, _request: Request) -> Reply:
        """Return which keys are let in, who is there, and how many strangers came."""
        there = {each.tls.pin for each in self._conns.values() if each.view is not None}
        rows: list[Json] = [
            {"pin": each.pin.hex(), "desks": list(each.desks), "since": each.since,
             "there": each.pin in there}
            for each in self._offices.rows
        ]  # fmt: skip
        return Reply({"offices": rows, "strangers": self.strangers})
