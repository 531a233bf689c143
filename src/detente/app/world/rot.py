"""Disks of a world that lose a bit, and the people who check them and have them mended.

A bit of a stored record flips: of its envelope or of its entry. `detente check` reads the disk with
the audit of the node, must find each such record and no other, and asks the peer for it.
Only what the peer holds as well can come back: so a bit flips where both hold the record.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from detente.app.world.chance import Faults, Timeline
from detente.app.world.epochs import must
from detente.app.world.laws import NOTHING
from detente.app.world.machines import Machines, Site
from detente.app.world.party import owner_of, party, terms
from detente.core import purged
from detente.node import audit
from detente.node.audit import Keys, Said, Tile
from detente.node.node import Node
from detente.node.ports import Head, Row
from detente.store.memory_logs import Disk

_ROT_EVERY: Final = (1_000, 4_000)  # ms
_CHECK_EVERY: Final = (2_000, 6_000)
_OF_ENTRIES: Final = 0.3  # of the bits that flip; the others are of envelopes


class DiskReader:
    """A disk as the audit reads it (an audit.Reader)."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def head(self, origin: str) -> Head:
        """Return the head of a log."""
        return self._disk.heads.get(origin, NOTHING)

    def rows(self, origin: str, start: int, count_max: int, bytes_max: int) -> Sequence[Row]:
        """Return rows from `start` on."""
        del bytes_max
        return self._disk.rows.get(origin, [])[start : start + count_max]

    def tile(self, origin: str, level: int, index: int) -> Tile | None:
        """Return a tile; None for one that is not there."""
        found = self._disk.tiles.get((origin, level, index))
        return Tile(*found) if found else None

    def statements(self, origin: str, above: int, upto: int) -> Sequence[Said]:
        """Return the kept statements of sizes in (above, upto], smallest first."""
        found = [Said(*both) for both in self._disk.checkpoints.get(origin, {}).values()]
        found += [
            Said(leg.checkpoint, leg.receipt, leg.owner, leg.receiver)
            for leg in self._disk.legs.get(origin, {}).values()
        ]
        found.sort(key=lambda said: said.checkpoint.size)
        return [said for said in found if above < said.checkpoint.size <= upto]


class Rot:
    """All bits that flip in a world whose links keep their first epoch."""

    def __init__(self, machines: Machines, line: Timeline, faults: Faults, dice: Random) -> None:
        self._machines, self._line, self._faults, self._dice = machines, line, faults, dice

    def keep_rotting(self, site: Site) -> None:
        """Let a bit flip now and then, and somebody check the disk every few seconds."""
        self._line.after(self._dice.randrange(*_ROT_EVERY), lambda: self._rot(site))
        self._line.after(self._dice.randrange(*_CHECK_EVERY), lambda: self._check(site))

    def is_whole(self) -> bool:
        """Say whether no disk has a record that is not what its entry says."""
        return not any(self._rotten(site) for site in self._machines.sites.values())

    # Flipping.

    def _rot(self, site: Site) -> None:
        # Of the epoch at work only can a peer be asked for records: so none may end.
        places = [] if self._faults.may("restored") else self._places(site)
        if places and self._faults.hits("rotted"):
            origin, seq = self._dice.choice(places)
            rows = site.disk.rows[origin]
            row = rows[seq]
            if self._dice.random() < _OF_ENTRIES:
                rows[seq] = row._replace(entry=self._flipped(row.entry))
            else:
                rows[seq] = row._replace(envelope=self._flipped(row.envelope))
            self._line.tell(f"a bit of record {seq} of {origin} flips at {site.name}")
        self._line.after(self._dice.randrange(*_ROT_EVERY), lambda: self._rot(site))

    def _places(self, site: Site) -> list[tuple[str, int]]:
        # Records of the epoch at work that both hold, whole and alike.
        found = []
        for origin, peer in self._logs(site):
            here, there = (each.disk.rows.get(origin, []) for each in (site, peer))
            head = site.disk.heads.get(origin, NOTHING)
            upto = head.receipt.size if head.receipt else 0
            pairs = zip(here[:upto], there, strict=False)
            found += [(origin, mine.seq) for mine, theirs in pairs if _are_whole(mine, theirs)]
        return found

    def _logs(self, site: Site) -> list[tuple[str, Site]]:
        found = []
        for name, peer in self._machines.sites.items():
            if name != site.name:
                link = terms(site.name, name)
                found += [(link.out_origin(site.name), peer), (link.in_origin, peer)]
        return found

    def _flipped(self, data: bytes) -> bytes:
        changed = bytearray(data)
        changed[self._dice.randrange(len(data))] ^= 1 << self._dice.randrange(8)
        return bytes(changed)

    # Checking.

    def _rotten(self, site: Site) -> list[tuple[str, int]]:
        return [
            (origin, row.seq)
            for origin, _ in self._logs(site)
            for row in site.disk.rows.get(origin, [])
            if not purged.is_of(row.entry, row.envelope)
        ]

    def _check(self, site: Site) -> None:
        node, rotten = site.node, self._rotten(site)
        if rotten and node is not None and node.read_only is None:
            for origin, peer in self._logs(site):
                seqs = {seq for log, seq in rotten if log == origin}
                if seqs:
                    self._check_log(site, peer, origin, seqs)
        self._line.after(self._dice.randrange(*_CHECK_EVERY), lambda: self._check(site))

    def _check_log(self, site: Site, peer: Site, origin: str, rotten: set[int]) -> None:
        owner = owner_of(origin)
        receiver = peer.name if owner == site.name else site.name
        one, other = party(owner), party(receiver)
        keys = Keys(
            [one.card.log], [other.card.cosign],
            [one.card.mldsa44], [(receiver, other.card.mldsa44)],
        )  # fmt: skip
        report = audit.check(DiskReader(site.disk), origin, keys, lambda _done, _of: None)
        must(
            set(report.repairable()) == rotten,
            f"a check of {origin} at {site.name} finds {report.repairable()}, not {sorted(rotten)}",
        )
        node = site.node
        if node is not None:
            seqs = sorted(rotten)
            # Without a live link nobody is asked; the next check asks again.
            self._machines.do(site, lambda: self._ask(node, origin, seqs, site))

    def _ask(self, node: Node, origin: str, seqs: Sequence[int], site: Site) -> None:
        node.ask_rows(origin, seqs, self._machines.now(site))


def _are_whole(mine: Row, theirs: Row) -> bool:
    both = mine.entry, mine.envelope
    return both == (theirs.entry, theirs.envelope) and purged.is_of(*both)
