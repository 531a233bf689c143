"""A world: parties in one process, on a virtual clock and a network that a seed makes bad.

Node, session, ledgers and codec are the real ones; clock, chance, network, disk and offices are
the world's. Ed25519 is real; what stands in for the rest is said in world_party. A world first
lets everything go wrong and judges safety at each commit, then mends everything, and what was
submitted must arrive within minutes. A seed replays alone:

    python -m detente.app.world --seed 4417
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from typing import Final, TextIO

from detente.app.world.chance import KINDS, Faults, Timeline
from detente.app.world.epochs import must
from detente.app.world.laws import NOTHING
from detente.app.world.machines import Machines, Mouth, Site
from detente.app.world.party import NAMES, LabelEntropy, Paper, party, terms, write
from detente.app.world.post import Post
from detente.app.world.rot import Rot
from detente.core import limits
from detente.link import session
from detente.node.node import Node
from detente.node.ports import CLOSED, COURIER, Level
from detente.store.memory_logs import Disk

MENDED_MS: Final = 180_000  # by then all must have arrived
_PAPERS: Final = (12, 36)  # records of one party in one world
_CALM_PAPERS: Final = 6
_BATCH_MAX: Final = 6
_RANKS: Final = (12, 3, 2, 3)  # of twenty records, from ROUTINE to FLASH
_THREE: Final = 0.2  # of all worlds have three parties
_TO_ALL: Final = 0.2  # of the records go to every other party
_LONG: Final = 0.1  # of the records are longer than a frame
WIRE: Final = "wire"
FILES: Final = "files"
BOTH: Final = "wire and files"
CARRIAGES: Final = (WIRE, FILES, BOTH)
_ODDS: Final = (5, 2, 3)
_LATER: Final = 0.25  # of worlds have a party of a later version
_LYING: Final = 0.15  # of worlds with a wire have disks that lie and parties that know it
_CONNS: Final = 4  # of one link at once
_BACKED_UP: Final = 0.4
_BACKUPS_MAX: Final = 3
RESTORED: Final = "this side was restored from a backup"
# Windows so small that a world reaches their edges; the code reads them at each use.
_WINDOWS: Final = {"MAX_INFLIGHT_COUNT": 12, "MAX_INFLIGHT_BYTES": 48 * limits.KIB}


@contextmanager
def small_windows() -> Iterator[None]:
    """Let all code see the windows of a world."""
    names = vars(limits)
    before = {name: names[name] for name in _WINDOWS}
    names.update(_WINDOWS)
    try:
        yield
    finally:
        names.update(before)


class World:
    """Parties and their fate for one seed.

    liars: parties that do not say what their nodes say; nothing is promised to them. lying: disks
    may lose commits. calm: nothing goes wrong but one crash, at the point numbered crash_at.
    carriage: WIRE, FILES or BOTH; else the seed says. later: the party that speaks a later version.
    """

    def __init__(
        self,
        seed: int,
        *,
        liars: Mapping[str, Mouth] | None = None,
        lying: bool = False,
        calm: bool = False,
        later: str = "",
        crash_at: int | None = None,
        carriage: str = "",
        out: TextIO | None = None,
    ) -> None:
        self.seed, self._dice, self._calm = seed, Random(seed), calm  # noqa: S311  a world's dice
        more, last = (Random(f"{seed} {name}") for name in ("more", "last"))  # noqa: S311
        self.faults = Faults(self._dice, more, last, calm=calm)
        self.line = Timeline(out)
        two = calm or liars or self._dice.random() >= _THREE
        names = NAMES[:2] if two else NAMES
        self.sites = {
            name: Site(name, Disk(lying=lying), LabelEntropy(f"{seed} {name}")) for name in names
        }
        chance = self.line, self.faults, self._dice
        self.carriage = carriage or (WIRE if calm or liars else more.choices(CARRIAGES, _ODDS)[0])
        by_file = self.carriage == FILES
        self.machines = Machines(seed, self.sites, chance, dict(liars or {}), crash_at, by_file)
        if not (calm or liars or by_file) and not lying and more.random() < _LYING:
            self.machines.distrusts = True
            for site in self.sites.values():
                site.disk.lying = True
        self.machines.later = later
        if not (calm or liars or later) and last.random() < _LATER:
            self.machines.later = last.choice(names)
        self._rot = self._rot_of(last)
        self._write_papers()
        for site in self.sites.values():
            self.machines.start(site)
            self.machines.tick(site)
            self._work(site)
        paths = self._paths = ("primary", "second")[: self._dice.choice((1, 2))]
        for name in names:
            for peer in names:
                for path in paths:
                    if peer != name and self.carriage != FILES:
                        link_id = terms(name, peer).link_id
                        self.machines.net.keep_dialling(name, peer, link_id, path)
        self._more = more
        if self.carriage != FILES and not liars:
            for site in self.sites.values():
                self._age(site)
        if self.carriage != WIRE:
            post = Post(self.machines, self.line, self.faults, more)
            for name in names:
                for peer in names:
                    if peer != name:
                        post.keep_carrying(name, peer)

    def _rot_of(self, last: Random) -> Rot | None:
        if self.carriage == FILES or not self.faults.may("rotted"):
            return None  # files carry no rows that a disk lost
        if self.machines.has_liars or any(site.disk.lying for site in self.sites.values()):
            return None
        rot = Rot(self.machines, self.line, self.faults, last)
        for site in self.sites.values():
            rot.keep_rotting(site)
        return rot

    @property
    def counts(self) -> Counter[str]:
        """How often each kind of fault was injected."""
        return self.faults.counts

    # People.

    def _write_papers(self) -> None:
        dice = self._dice
        for name, site in self.sites.items():
            others = [each for each in self.sites if each != name]
            count = _CALM_PAPERS if self._calm else dice.randrange(*_PAPERS)
            for number in range(1, count + 1):
                peers = others if dice.random() < _TO_ALL else [dice.choice(others)]
                rank = dice.choices((1, 2, 3, 4), _RANKS)[0]
                size = dice.randrange(1, 900)
                if dice.random() < _LONG:
                    size = dice.randrange(16_000, 40_000)
                label = f"{self.seed} {name} {number}"
                paper = write(party(name), peers, label, number, rank, size)
                paper.due_ms = dice.randrange(0, 20_000)
                site.papers.append(paper)
                self.machines.laws.know(paper)
            site.papers.sort(key=lambda paper: paper.due_ms)

    def _work(self, site: Site) -> None:
        node = site.node
        if node is not None and node.read_only is None:
            due = [
                paper
                for paper in site.papers
                if paper.due_ms <= self.line.ms and (paper.again or not paper.is_answered)
            ]
            batch = due[: self._dice.randrange(1, _BATCH_MAX + 1)]
            answered = [paper for paper in site.papers if paper.is_answered]
            if answered and self.faults.hits("submitted_twice"):
                batch.append(self._dice.choice(answered))
            if batch:
                self.machines.do(site, lambda: self._submit(site, node, batch))
            if answered and site.node is node and self.faults.hits("number_reused"):
                used = self._dice.choice(answered)
                # A number that the disk lost is used again by nobody: the office keeps its own count.
                if not self.machines.has_losses or self.machines.is_logged(site, used):
                    self.machines.do(site, lambda: self._reuse(site, node, used))
        self.line.after(self._dice.randrange(100, 1_500), lambda: self._work(site))

    def _submit(self, site: Site, node: Node, batch: Sequence[Paper]) -> None:
        answers = node.submit([paper.envelope for paper in batch], self.machines.now(site))
        for paper, answer in zip(batch, answers, strict=True):
            must(answer.mid == paper.mid and not answer.code, f"an honest record: {answer.what}")
            self.faults.counts["submitted_again"] += paper.again
            paper.is_answered, paper.again = True, False

    def _reuse(self, site: Site, node: Node, used: Paper) -> None:
        label = f"{self.seed} {site.name} {self.line.ms}"
        other = write(party(site.name), used.peers, label, used.number, used.rank, 40)
        self.machines.laws.know(other)
        code = node.submit([other.envelope], self.machines.now(site))[0].code
        must(code == "E_EQUIVOCATION", f"{site.name} took number {used.number} twice")

    # Backups.

    def _age(self, site: Site) -> None:
        """Copy a disk now and then, and put one back to a copy."""
        if self._more.random() < _BACKED_UP:
            site.backups = [*site.backups, site.disk.copy()][-_BACKUPS_MAX:]
        if site.backups and self.faults.hits("restored"):
            number = self._more.randrange(len(site.backups))
            # What was copied after this one is of a life that has ended: see decision 0026.
            del site.backups[number + 1 :]
            self.machines.restore(site.name, site.backups[number], RESTORED)
        self.line.after(self._more.randrange(1_000, 5_000), lambda: self._age(site))

    # The course of a world.

    def run(self) -> None:
        """Let everything go wrong, then mend it; raise LawBroken for a promise not kept."""
        with small_windows():
            self.line.run(1 if self._calm else self._dice.randrange(12_000, 24_000))
            if len(self._paths) > 1 and self.faults.hits("path_gone"):
                soon = self._dice.randrange(3_000)
                self.line.after(soon, lambda: self.machines.net.end_path(self._paths[0]))
            for site in self.sites.values():
                site.ahead_ms = 0  # a step back, for who was ahead
            self.faults.mend()
            self.line.tell("nothing goes wrong any more")
            end = self.line.ms + MENDED_MS
            while not self._is_done():
                must(self.line.ms < end, f"not all has arrived {MENDED_MS // 1000} s after mending")
                self.line.run(self.line.ms + 500)
            self._judge()

    def run_for(self, ms: int) -> None:
        """Let this much time pass; safety is judged at each commit, arrival never."""
        with small_windows():
            self.line.run(self.line.ms + ms)

    def _is_done(self) -> bool:
        if self._rot is not None and not self._rot.is_whole():
            return False
        for site in self.sites.values():
            node = site.node
            if node is None or not all(
                paper.is_answered and not paper.again for paper in site.papers
            ):
                return False
            if not all(self._is_level(level) for level in node.levels() if level.peer):
                return False
        return True

    def _is_level(self, level: Level) -> bool:
        there = self.sites[level.peer].disk.heads.get(level.origin, NOTHING)
        if level.state == CLOSED:
            return level.size == level.receipted == there.size
        sizes = level.size, level.receipted, level.confirmed
        state = COURIER if self.carriage == FILES else session.LIVE
        return sizes == (there.size,) * 3 and (level.waiting, level.state) == (0, state)

    def _judge(self) -> None:
        self.machines.is_armed = False
        strange, lives = (
            sum(getattr(site, each) for site in self.sites.values())
            for each in ("strange", "lives")
        )
        # Two paths, and each side dials: so many connections know of an older epoch at most.
        told = f"{strange} paths closed for what was said before {lives} losses"
        must(strange <= _CONNS * lives, told)
        laws = self.machines.laws
        for one in self.sites:
            for other in self.sites:
                if one < other:
                    laws.epochs_agree(one, other)
        for name, site in self.sites.items():
            laws.rows_hold(name)
            laws.delivered(name, site.papers)
            node = site.node
            assert node is not None, "done means up"
            laws.agree(name, node, node.holdings.root_at, self._dice)
            held = sum(head.size for head in site.disk.heads.values())
            must(len(node.since({}, held + 1, 1 << 30)) == held, f"{name} does not show all it has")


def campaign(seeds: Sequence[int], out: TextIO) -> Counter[str]:
    """Run a world for each seed; return how often each fault was injected.

    Of a world that broke a law its moves are written, and how to run it alone.
    """
    counts: Counter[str] = Counter()
    for seed in seeds:
        world = World(seed)
        try:
            world.run()
        except BaseException:
            try:
                replay(seed, out)
            finally:
                out.write(f"alone: python -m detente.app.world --seed {seed}\n")
            raise
        counts += world.counts
    return counts


def replay(seed: int, out: TextIO) -> None:
    """Run one world and write each of its moves."""
    world = World(seed, out=out)
    world.run()
    out.write(f"seed {seed}: all laws held after {world.line.ms // 1000} s; ")
    out.write(f"{_told(world.counts)}\n")


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {counts[kind]}" for kind in KINDS)


def main(arguments: Sequence[str]) -> int:
    """Replay the seed named, or run many worlds and tell the faults that they had."""
    parser = argparse.ArgumentParser(prog="python -m detente.app.world", description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=1, help="worlds, from this seed on")
    given = parser.parse_args(arguments)
    if given.count == 1:
        replay(given.seed, sys.stdout)
        return 0
    counts = campaign(range(given.seed, given.seed + given.count), sys.stdout)
    sys.stdout.write(f"{given.count} worlds: all laws held; {_told(counts)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
