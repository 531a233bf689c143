"""The machines of a world: one a party, with a disk that outlives it and a node that may fall.

A machine may fall before and after every commit and before every send; its disk may be full; its
clock may be years off. What it leaves to be done on the network, it does in the node's order.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from detente.app.world import later
from detente.app.world.chance import Faults, Timeline
from detente.app.world.epochs import must
from detente.app.world.laws import Laws
from detente.app.world.net import Network
from detente.app.world.party import START, LabelEntropy, Paper, draw, party, terms
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.link import session
from detente.node.node import Node
from detente.node.seat import Seat
from detente.store.memory_logs import Disk, MemoryLogs

Mouth = Callable[[str, int, bytes], bytes]  # link id, connection, the truth: what a liar says
_YEARS: Final = 10
_TICK: Final = 1_000  # ms: what is due later is seen by the tick
# E_STAGE: the clock jumped, and what was staged is too old; it comes whole.
_QUIET: Final = frozenset({"bye", "refused", "E_TIMEOUT", "E_STAGE"})
_FULL: Final = frozenset({"E_DISK", "E_HELLO"})  # of a node that can look nothing up
_RESTORED: Final = (
    "stage",
    "queued_at",
    "rows",
    "heads",
    "checkpoints",
    "tiles",
    "waiting",
    "queued",
    "numbers",
    "notes",
    "legs",
    "kinds",
)


def _is_strange(what: str) -> bool:
    # Of an older epoch, and silent too long; or a note that must be made anew after a loss.
    return what.startswith("this is the link") or "before a loss" in what


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
    closed: Counter[str] = field(default_factory=Counter)  # codes with which its node closed paths
    strange: int = 0  # connections that it closed for what the other said before a loss
    hearing: int = 0
    unmet: int = 0  # the connection whose HELLO got no verdict because the disk failed
    restored: str = ""  # why the next start is no ordinary one
    lives: int = 0  # how often its disk was put back
    backups: list[Disk] = field(default_factory=list)
    wakes_at: int | None = None  # when its node is woken next, in ms of true time


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
        by_file: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        self._seed, self.sites, self._liars, self._by_file = seed, sites, liars, by_file
        self._line, self._faults, self._dice = chance
        self._crash_at = crash_at
        self.distrusts = False  # every fall is taken for a loss
        self.later = ""  # the party that speaks a later version
        self.has_losses = False  # a disk lost what it held
        self.is_armed = True  # points are points at which machines may fall
        self.points: Counter[str] = Counter()
        self.laws = Laws({name: site.disk for name, site in sites.items()}, liars)
        self.net = Network(self, self._line, self._faults, self._dice)

    @property
    def has_liars(self) -> bool:
        """Whether a party does not say what its node says."""
        return bool(self._liars)

    def now(self, site: Site) -> Moment:
        """Return what a party's clock shows."""
        return START + Span(self._line.ms + site.ahead_ms)

    def is_up(self, name: str) -> bool:
        """Say whether a party's node runs."""
        return self.sites[name].node is not None

    def epoch_of(self, name: str, link: str) -> str:
        """Return the newest epoch of a link, as one party's node has it."""
        node = self.sites[name].node
        return link if node is None else node.epoch_of(link)

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
            log_pq=who.log_pq,
            signer=who.signers["n-01"],
            signer_id="n-01",
            entropy=site.entropy,
            incarnation=draw(f"{self._seed} {site.name} incarnation {site.lives}", 16),
            restored=site.restored,
            check_at_submit=False,
            opener=who.opener,
        )
        links = [
            replace(terms(site.name, each), by_file=self._by_file)
            for each in self.sites
            if each != site.name
        ]

        def make() -> None:
            logs = MemoryLogs(
                site.disk,
                lambda _: self._before_commit(),
                lambda origins: self._after_commit(site, origins),
            )
            site.node = Node(seat, links, logs, self.now(site))
            site.restored = ""  # every link is marked

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
        self._plan_wake(site)

    def _plan_wake(self, site: Site) -> None:
        due = site.node.due() if site.node is not None else None
        if due is None:
            return
        wait = max(1, (due - self.now(site)).ms)
        if wait < _TICK and (site.wakes_at is None or site.wakes_at > self._line.ms + wait):
            site.wakes_at = self._line.ms + wait
            self._line.after(wait, lambda: self._wake(site))

    def _wake(self, site: Site) -> None:
        node = site.node
        if site.wakes_at is None or site.wakes_at > self._line.ms:
            return  # an earlier wish took its place
        site.wakes_at = None
        if node is not None:
            self.do(site, lambda: node.wake(self.now(site)))

    def _effects(self, site: Site, node: Node) -> None:
        for link_id, effect in node.take_effects():
            match effect:
                case session.Send():
                    self._point("crash_before_send")
                    data = effect.data
                    if site.name in self._liars:
                        data = self._liars[site.name](link_id, effect.conn, data)
                    if site.name == self.later:
                        self._faults.counts["later_version"] += 1
                        data = later.speak(data)
                    self.net.send(site.name, effect.conn, data)
                case session.Close():
                    self._line.tell(f"{site.name} closes #{effect.conn}: {effect.what}")
                    site.closed[effect.code] += 1
                    self.net.close(site.name, effect.conn)
                    self._closed(site, node, effect)
                case session.Show():
                    self._show(site, link_id, effect)

    def _closed(self, site: Site, node: Node, effect: session.Close) -> None:
        # Nothing that the network does makes an honest peer break the protocol.
        strange = self.has_losses and effect.code == "E_HELLO" and _is_strange(effect.what)
        site.strange += strange
        quiet = effect.code in _QUIET or strange
        if node.read_only is not None:
            quiet = quiet or effect.code in _FULL or effect.conn == site.unmet
        must(
            quiet or bool(self._liars),
            f"closed by {effect.code} among honest parties: {effect.what}",
        )

    def _show(self, site: Site, link_id: str, shown: session.Show) -> None:
        if site.state.get(link_id) != shown.state:
            self._line.tell(f"{site.name} {link_id} is {shown.state}: {shown.why}")
        site.state[link_id] = shown.state
        if not self._liars:
            bad = (session.HALTED,) if self.has_losses else (session.HALTED, session.RECOVER)
            must(
                shown.state not in bad,
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
            self._faults.counts["commits_lost"] += 1
        self._stop(site, fell=True)
        if self.distrusts:
            self._lost(site, "this side opens a new epoch after each fall")
        self.laws.fell(site.name)
        for paper in site.papers:
            paper.again = paper.is_answered and not self.is_logged(site, paper)
        self._start_later(site)

    def _stop(self, site: Site, *, fell: bool) -> None:
        site.node = None
        site.state.clear()
        if fell:
            self.net.fall(site.name)
        else:
            self.net.leave(site.name)

    def is_logged(self, site: Site, paper: Paper) -> bool:
        """Say whether a record stands in a log to each of its addressees, on its author's disk."""
        return all(self.laws.holds(site.name, site.name, peer, paper.mid) for peer in paper.peers)

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

    def restore(self, name: str, backup: Disk, why: str = "") -> None:
        """Put a party's disk back to an earlier state; without a reason its node is not told."""
        site = self.sites[name]
        self._line.tell(f"{name} is put back to an earlier disk")
        if site.node is not None:
            self._stop(site, fell=True)
        for part in _RESTORED:
            setattr(site.disk, part, getattr(backup.copy(), part))
        site.disk.unsure.clear()
        self._lost(site, why)
        self.start(site)

    def _lost(self, site: Site, why: str) -> None:
        # What its disk does not show, its office hands in again.
        self.has_losses, site.restored = True, why
        site.lives += 1
        self.laws.forget(site.name)
        for paper in site.papers:
            paper.again = paper.is_answered and not self.is_logged(site, paper)

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
