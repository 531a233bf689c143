"""The office's way to its node: a socket of this machine, or a line under TLS to another one.

A line is dialled without waiting, for people ask meanwhile; tries lie further apart the longer the
node is away. A line on which nothing comes is asked for a word, and given up if none comes.
"""

from typing import Final

from detente.app import build, halves, system
from detente.app.config import Config
from detente.app.loop import Loop, clock
from detente.core import limits
from detente.core.errors import Fault, OurFault, TheirFault

RETRY: Final = 0.2  # seconds between tries; on a line the first of them
_DOUBLED_MAX: Final = 10
RETRY_MAX: Final = 5.0  # seconds; each try on a line doubles until then


class Local:
    """The node's socket on this machine."""

    wait = RETRY
    ready = False

    def __init__(self, settings: Config) -> None:
        self._sock = settings.folder / "node" / "hatch.sock"

    def hatch(self) -> build.HatchClient | None:
        """Return the open hatch. Raises OurFault("run.not_running")."""
        return build.HatchClient(build.connect_unix(self._sock))

    def turn(self, _hatch: build.HatchClient) -> float | None:
        """Return None: the kernel says when a process of this machine ends."""
        return None

    def told(self, fault: OurFault) -> OurFault:
        """Return the fault as it is."""
        return fault

    failed = told

    def met(self) -> None:
        """Hear that the node answers."""


class Remote:
    """A line to the node's hatch on another machine."""

    def __init__(self, settings: Config, passphrase: bytes, loop: Loop) -> None:
        """Read address, pin and key. Raises OurFault: path.address_bad, config.bad, vault.*."""
        self._text = settings.text("office.node")
        self._address = build.parse_address(self._text)
        self._pin = halves.node_pin(settings.folder)
        self._context = build.office_hatch(settings, passphrase)
        self._loop = loop
        self._tls: build.TlsConnection | None = None
        self._heard, self._heard_at = 0, clock()
        self._since = system.now()
        self._tries = 0
        self.wait = RETRY

    def hatch(self) -> build.HatchClient | None:
        """Return the hatch if its line stands; else go on with dialling and return None.

        Raises OurFault: hatch.closed, hatch.stranger.
        """
        try:
            if self._tls is None:
                self._dial()
            tls = self._tls
            assert tls is not None, "it was just dialled"
            if tls.fault is not None:
                raise tls.fault
            if not tls.established:
                if tls.age(system.now()).ms >= limits.HATCH_HANDSHAKE:
                    why = build.NO_HANDSHAKE if tls.is_connected else build.NO_ANSWER
                    raise build.PathClosed(why)
                return None
        except Fault as fault:
            self.drop()
            raise _ours(fault) from None
        self._loop.forget(tls)
        self._tls = None
        self._heard, self._heard_at = 0, clock()
        return build.HatchClient(build.TlsLine(tls))

    def _dial(self) -> None:
        sock = build.dial(self._address)
        self._tls = build.TlsConnection(
            self._context, sock, dialled=True, pins=lambda: {self._pin: "node"},
            since=system.now(), expect="node",
        )  # fmt: skip
        self._watch()

    def _watch(self) -> None:
        tls = self._tls
        if tls is not None and not tls.established and tls.fault is None:
            self._loop.watch(tls, self._readable, self._writable if tls.wants_write else None)
        elif tls is not None:
            self._loop.forget(tls)  # whoever asks next takes it, or hears why not

    def _readable(self) -> None:
        self._step(reads=True)

    def _writable(self) -> None:
        self._step(reads=False)

    def _step(self, *, reads: bool) -> None:
        tls = self._tls
        if tls is None:
            return
        try:
            if reads and not tls.established:
                if tls.readable():
                    tls.fault = TheirFault("E_FRAME", "it speaks before it is asked", "see there")
            else:
                tls.writable()
        except Fault:
            pass  # it stands in the connection
        self._watch()

    @property
    def ready(self) -> bool:
        """Whether what was dialled came to an end, good or bad."""
        return self._tls is not None and (self._tls.established or self._tls.fault is not None)

    def failed(self, fault: OurFault) -> OurFault:
        """Hear that a try failed; return the fault as `told` does."""
        self._tries += 1
        self.wait = min(RETRY_MAX, RETRY * 2 ** min(self._tries, _DOUBLED_MAX))
        return self.told(fault)

    def drop(self) -> None:
        """Let go of what was dialled."""
        if self._tls is not None:
            self._loop.forget(self._tls)
            self._tls.close("given up")
            self._tls = None

    def told(self, fault: OurFault) -> OurFault:
        """Return the fault with where the node should be, and since when it is away."""
        if fault.code != "hatch.closed":
            return fault
        what = f"the node at {self._text} does not answer since {self._since}: {fault.what}"
        return OurFault(fault.code, what, "see that it runs and is reached; it is dialled again")

    def met(self) -> None:
        """Hear that the node answers."""
        self._tries, self.wait = 0, RETRY

    def turn(self, hatch: build.HatchClient) -> float | None:
        """Ask for a word if none came; return the seconds until the next look.

        Raises OurFault("hatch.closed") if none comes.
        """
        now = clock()
        if hatch.heard != self._heard:
            self._heard, self._heard_at = hatch.heard, now
            self._since = system.now()
        silent = 1000 * (now - self._heard_at)
        if silent >= limits.HATCH_SILENCE:
            seconds = limits.HATCH_SILENCE // 1000
            raise OurFault(
                "hatch.closed", f"nothing came from the node for {seconds} seconds",
                "see that it is reached",
            )  # fmt: skip
        if silent >= limits.HATCH_BEAT:
            hatch.beat()
        return limits.HATCH_BEAT / 1000


def _ours(fault: Fault) -> OurFault:
    if fault.code == "E_PIN":
        return OurFault(
            "hatch.stranger",
            "who answers where the node should be has another key than it",
            "go there and compare: detente hatch list; a new key comes by: detente hatch join FILE",
        )
    return OurFault("hatch.closed", fault.what, "it is dialled again")
