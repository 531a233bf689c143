"""The machines of a world: one a party, with a disk that outlives it and a node that may fall.

A machine may fall before and after every commit and before every send; its disk may be full; its
clock may be years off. What it leaves to be done on the network, it does in the node's order.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from detente.app.world_chance import Faults, Timeline
from detente.app.world_laws import Laws, must
from detente.app.world_net import Network
from detente.app.world_party import START, LabelEntropy, Paper, draw, party, terms
from detente.core import envelope as envelopes
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.link import session
from detente.node.node import Node
from detente.node.seat import Seat
from detente.store.memory_logs import Disk, MemoryLogs

Mouth = Callable[[str, int, bytes], bytes]  # link id, connection, the truth: what a liar says
_YEARS: Final = 10
_QUIET: Final = frozenset({"bye", "refused", "E_TIMEOUT"})
_RESTORED: Final = (
    "rows",
    "heads",
    "checkpoints",
    "tiles",
    "waiting",
    "queued",
    "numbers",
    "notes",
)


class PowerFailed(Exception):
    """The machine stops here."""


@dataclass(slots=True)
class Site:
    """One party's machine: what outlives a crash, and the node while it runs.

    ahead_ms is how far its clock is from the true time.
    """

    name: str
    disk: Disk
    entropy: LabelEntropy
    node: Node | None = None
    ahead_ms: int = 0
    papers: list[Paper] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)
    hearing: int = 0
    unmet: int = 0  # the connection whose HELLO got no verdict because the disk failed


class Machines:
    """All machines of a world.

    liars: parties that do not say what their nodes say; nothing is promised to them. crash_at: the
    one point at which a machine falls for certain.
    """

    def __init__(
        self,
        seed: int,
        sites: Mapping[str, Site],
        chance: tuple[Timeline, Faults, Random],
        liars: Mapping[str, Mouth],
        crash_at: int | None,
    ) -> None:
        self._seed, self.sites, self._liars = seed, sites, liars
        self._line, self._faults, self._dice = chance
        self._crash_at = crash_at
        self.is_armed = True  # points are points at which machines may fall
        self.points: Counter[str] = Counter()
        self.laws = Laws({name: site.disk for name, site in sites.items()}, liars)
        self.net = Network(self, self._line, self._faults, self._dice)

    def now(self, site: Site) -> Moment:
        """Return what a party's clock shows."""
        return START + Span(self._line.ms + site.ahead_ms)

    def is_up(self, name: str) -> bool:
        """Say whether a party's node runs."""
        return self.sites[name].node is not None

    def nonce(self) -> bytes:
        """Return 16 fresh bytes."""
        return self._dice.randbytes(16)

    def hear(self, name: str, link_id: str, given: session.Input) -> None:
        """Give a party's node what happened on a path."""
        site = self.sites[name]
        node = site.node
        if node is not None:
            site.hearing = getattr(given, "conn", 0)
            self.do(site, lambda: node.step(link_id, given, self.now(site)))

    def start(self, site: Site) -> None:
        """Let a node run, if it does not; it may fall at once."""
        if site.node is not None:
            return
        who = party(site.name)
        seat = Seat(
            card=who.card,
            log=who.log,
            cosign=who.cosign,
            signer=who.signers["n-01"],
            signer_id="n-01",
            entropy=site.entropy,
            incarnation=draw(f"{self._seed} {site.name} incarnation", 16),
            check_at_submit=False,
        )
        links = [terms(site.name, each) for each in self.sites if each != site.name]

        def make() -> None:
            logs = MemoryLogs(
                site.disk,
                lambda _: self._before_commit(),
                lambda origins: self._after_commit(site, origins),
            )
            site.node = Node(seat, links, logs, self.now(site))

        self._line.tell(f"{site.name} starts")
        self.do(site, make)
        if site.node is None:
            self._start_later(site)

    def _start_later(self, site: Site) -> None:
        self._line.after(self._dice.randrange(100, 6_000), lambda: self.start(site))

    def do(self, site: Site, act: Callable[[], None]) -> None:
        """Let a node act; then what it left to be done is done. All it does, it does in here."""
        try:
            act()
            if site.node is not None:
                self._effects(site, site.node)
        except PowerFailed as failure:
            self._fall(site, str(failure))
        except OurFault as fault:
            if fault.code != "store.full":
                raise
            self._disk_failed(site, fault)

    def _effects(self, site: Site, node: Node) -> None:
        for link_id, effect in node.take_effects():
            match effect:
                case session.Send():
                    self._point("crash_before_send")
                    data = effect.data
                    if site.name in self._liars:
                        data = self._liars[site.name](link_id, effect.conn, data)
                    self.net.send(site.name, effect.conn, data)
                case session.Close():
                    self._line.tell(f"{site.name} closes #{effect.conn}: {effect.what}")
                    self.net.close(site.name, effect.conn)
                    self._closed(site, node, effect)
                case session.Show():
                    self._show(site, link_id, effect)

    def _closed(self, site: Site, node: Node, effect: session.Close) -> None:
        # Nothing that the network does makes an honest peer break the protocol.
        quiet = effect.code in _QUIET
        if node.read_only is not None:
            quiet = quiet or effect.code == "E_DISK" or effect.conn == site.unmet
        must(
            quiet or bool(self._liars),
            f"closed by {effect.code} among honest parties: {effect.what}",
        )

    def _show(self, site: Site, link_id: str, shown: session.Show) -> None:
        if site.state.get(link_id) != shown.state:
            self._line.tell(f"{site.name} {link_id} is {shown.state}: {shown.why}")
        site.state[link_id] = shown.state
        if not self._liars:
            must(
                shown.state not in (session.HALTED, session.RECOVER),
                f"{site.name} {shown.state} among honest parties: {shown.why}",
            )

    def _point(self, kind: str) -> None:
        if not self.is_armed:
            return
        self.points[kind] += 1
        if self.points.total() == self._crash_at or self._faults.hits(kind):
            raise PowerFailed(kind)

    def _before_commit(self) -> None:
        if self._faults.hits("disk_full"):
            raise OurFault("store.full", "the disk is full", "make room, then restart the node")
        self._point("crash_before_commit")

    def _after_commit(self, site: Site, origins: frozenset[str]) -> None:
        self.laws.committed(site.name, origins)
        self._point("crash_after_commit")

    def _fall(self, site: Site, where: str) -> None:
        self._line.tell(f"{site.name} falls: {where}")
        lost = site.disk.lose(self._dice.randrange(1, 4)) if site.disk.lying else 0
        if lost:
            self._line.tell(f"{site.name} has lost {lost} commits")
        self._stop(site, fell=True)
        self.laws.fell(site.name)
        for paper in site.papers:
            paper.again = paper.is_answered and not self._is_logged(site, paper)
        self._start_later(site)

    def _stop(self, site: Site, *, fell: bool) -> None:
        site.node = None
        site.state.clear()
        if fell:
            self.net.fall(site.name)
        else:
            self.net.leave(site.name)

    def _is_logged(self, site: Site, paper: Paper) -> bool:
        return all(
            any(
                envelopes.entry_mid(row.entry) == paper.mid
                for row in site.disk.rows.get(terms(site.name, peer).out_origin(site.name), [])
            )
            for peer in paper.peers
        )

    def _disk_failed(self, site: Site, fault: OurFault) -> None:
        node = site.node
        if node is None:
            return
        if node.read_only is None:
            self._line.tell(f"{site.name} cannot store: {fault.what}")
            site.unmet = site.hearing
            self._line.after(self._dice.randrange(500, 6_000), lambda: self._make_room(site, node))
            self.do(site, lambda: node.stop_storing(fault, self.now(site)))
        else:
            self.do(site, lambda: None)

    def _make_room(self, site: Site, node: Node) -> None:
        if site.node is node:
            self._stop(site, fell=False)
            self.start(site)

    def restore(self, name: str, backup: Disk) -> None:
        """Put a party's disk back to an earlier state and start its node anew, which is not told."""
        site = self.sites[name]
        self._stop(site, fell=True)
        for part in _RESTORED:
            setattr(site.disk, part, getattr(backup.copy(), part))
        self.laws.forget(name)
        self.start(site)

    def tick(self, site: Site) -> None:
        """Let a node see that time passes, about once a second."""
        node = site.node
        if node is not None:
            if self._faults.hits("clock_jump"):
                days = self._dice.randrange(-365 * _YEARS, 365 * _YEARS)
                self._line.tell(f"{site.name} has its clock {days} days off")
                site.ahead_ms = Span.of(days=days).ms
            self.do(site, lambda: node.tick(self.now(site)))
        self._line.after(self._dice.randrange(900, 1_100), lambda: self.tick(site))
