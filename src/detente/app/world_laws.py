"""What must hold in every world, checked on the disks: at each commit, and whole at the end.

All is computed here once more from the rows, with nothing but the tree of core: no ledger, session
or store is asked whether it did well.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from detente.app.world_party import Paper, owner_of, party, terms
from detente.core import checkpoint as checkpoints
from detente.core import envelope as envelopes
from detente.core import receipt, tree
from detente.core.errors import Fault
from detente.core.trust import Chain
from detente.node.node import Node
from detente.node.ports import Head, Row
from detente.store.memory_logs import Disk

_PROVED: Final = 2  # records of each log and side whose proof is checked with core alone


class LawBroken(AssertionError):
    """The system did what it promises never to do."""


def must(holds: bool, law: str) -> None:  # noqa: FBT001  reads as a sentence
    """Raise LawBroken unless the law holds."""
    if not holds:
        raise LawBroken(law)


@dataclass(slots=True)
class Copy:
    """One log as one party's disk held it at its last commit."""

    range: tree.Range = field(default_factory=tree.Range)
    entries: list[bytes] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    receipted: int = 0

    @property
    def size(self) -> int:
        """Records in it."""
        return len(self.entries)


class Laws:
    """The laws over all parties that are honest; of a liar only what honest ones hold is judged."""

    def __init__(self, disks: Mapping[str, Disk], liars: Collection[str]) -> None:
        self._disks, self._liars = disks, liars
        self._copies: dict[tuple[str, str], Copy] = {}
        self._ranks: dict[bytes, int] = {}
        self._receipts: dict[tuple[str, str, int], bytes] = {}

    def know(self, paper: Paper) -> None:
        """Remember how urgent a record is."""
        self._ranks[paper.mid] = paper.rank

    def _copy(self, name: str, origin: str) -> Copy:
        return self._copies.setdefault((name, origin), Copy())

    # At each commit.

    def committed(self, name: str, origins: Collection[str]) -> None:
        """Judge what one party just made durable in these logs."""
        for origin in origins:
            disk = self._disks[name]
            rows, head = disk.rows.get(origin, []), disk.heads[origin]
            copy = self._copy(name, origin)
            fresh = rows[copy.size :]
            self._grew(f"{origin} at {name}", copy, rows, head)
            self._receipts_hold(name, origin, copy, head)
            self._compare(name, origin, copy, fresh)
            if fresh and owner_of(origin) == name:
                self._urgent_first(disk, origin, fresh)

    def _grew(self, where: str, copy: Copy, rows: Sequence[Row], head: Head) -> None:
        must(len(rows) >= copy.size, f"{where} lost records")
        must(head.size == len(rows), f"the head of {where} is not its size")
        for row in rows[copy.size :]:
            must(row.seq == copy.size, f"{where} has a gap at {row.seq}")
            copy.entries.append(row.entry)
            copy.range.append(tree.leaf_hash(row.entry))
        copy.roots[copy.size] = copy.range.root()
        must(head.checkpoint is not None, f"{where} has no checkpoint")
        if head.checkpoint:
            must(
                (head.checkpoint.size, head.checkpoint.root) == (copy.size, copy.roots[copy.size]),
                f"the checkpoint of {where} is not of its records",
            )

    def _receipts_hold(self, name: str, origin: str, copy: Copy, head: Head) -> None:
        given = head.receipt
        if given is None:
            must(copy.receipted == 0, f"{name} lost its receipt for {origin}")
            return
        must(given.size >= copy.receipted, f"receipts for {origin} at {name} went back")
        if given.size == copy.receipted:
            return
        copy.receipted = given.size
        must(
            copy.roots.get(given.size) == given.root,
            f"{name} holds a receipt for a state of {origin} that its owner never signed",
        )
        known = self._receipts.setdefault((name, origin, given.size), given.root)
        must(known == given.root, f"two states of {origin} at {given.size} are receipted")

    def _pair(self, origin: str) -> tuple[str, str] | None:
        # Owner and receiver, if both are honest.
        owner = owner_of(origin)
        for peer in self._disks:
            if peer != owner and terms(owner, peer).out_origin(owner) == origin:
                return None if {owner, peer} & set(self._liars) else (owner, peer)
        return None

    def _compare(self, name: str, origin: str, copy: Copy, fresh: Sequence[Row]) -> None:
        pair = self._pair(origin)
        if pair is None:
            return
        owner, receiver = (self._copy(each, origin) for each in pair)
        must(
            receiver.size <= owner.size,
            f"{pair[1]} has {receiver.size} records of {origin}, of which its owner made"
            f" {owner.size} durable",
        )
        must(
            owner.receipted <= receiver.size,
            f"{pair[0]} has a receipt for {owner.receipted} records of {origin}, of which"
            f" {pair[1]} made {receiver.size} durable",
        )
        other = owner if copy is receiver else receiver
        for row in fresh:
            if row.seq < other.size:
                must(
                    other.entries[row.seq] == row.entry,
                    f"{name} has another record {row.seq} of {origin} than its peer",
                )

    def _urgent_first(self, disk: Disk, origin: str, fresh: Sequence[Row]) -> None:
        waiting = disk.waiting.get(origin.rpartition("/")[2], [])
        ranks = [self._ranks.get(envelopes.entry_mid(row.entry), 0) for row in fresh]
        must(
            max((row.rank for row in waiting), default=0) <= min(ranks) or 0 in ranks,
            f"a more urgent record waits while another is logged in {origin}",
        )

    # When a machine fell.

    def fell(self, name: str) -> None:
        """Judge what a party's disk still has after a power failure."""
        for (holder, origin), copy in self._copies.items():
            if holder == name:
                size = len(self._disks[name].rows.get(origin, []))
                must(
                    size >= copy.size,
                    f"{name} has {size} records of {origin} after a power failure, and had said"
                    f" that {copy.size} are durable",
                )

    def forget(self, name: str) -> None:
        """Take a party's disk as it is now: it was put back to an earlier state."""
        for key in [key for key in self._copies if key[0] == name]:
            del self._copies[key]
        disk = self._disks[name]
        for origin, rows in disk.rows.items():
            copy = self._copy(name, origin)
            for row in rows:
                copy.entries.append(row.entry)
                copy.range.append(tree.leaf_hash(row.entry))
                copy.roots[copy.size] = copy.range.root()

    # At the end.

    def rows_hold(self, name: str) -> None:
        """Judge that no row changed since it was written, and that each is what its entry says."""
        for origin, rows in self._disks[name].rows.items():
            copy = self._copy(name, origin)
            must([row.entry for row in rows] == copy.entries, f"{origin} changed at {name}")
            for row in rows:
                must(
                    envelopes.entry_of(envelopes.split(row.envelope)) == row.entry,
                    f"record {row.seq} of {origin} at {name} is not what its entry says",
                )

    def delivered(self, name: str, papers: Sequence[Paper]) -> None:
        """Judge that each record submitted stands once in the log to each addressee, on both sides.

        That both sides have the same rows in the same order, _compare and `agree` say.
        """
        for peer in self._disks:
            if peer == name:
                continue
            origin = terms(name, peer).out_origin(name)
            sent = sorted(paper.mid for paper in papers if peer in paper.peers)
            for holder in (name, peer):
                mids = [envelopes.entry_mid(entry) for entry in self._copy(holder, origin).entries]
                opening, found = mids[:1], sorted(mids[1:])
                must(len(opening) == 1, f"{origin} has no opening at {holder}")
                must(found == sent, f"{holder} has other records of {origin} than were submitted")

    def agree(self, name: str, node: Node, at: Callable[[str, int], bytes], dice: Random) -> None:
        """Judge one side's logs as its node shows them: receipts, roots, and proofs.

        at gives the node's root of a log at a size.
        """
        chains = {each: Chain((party(each).card,)) for each in self._disks}
        for level in node.levels():
            if not level.peer:
                continue
            mine, theirs = self._copy(name, level.origin), self._copy(level.peer, level.origin)
            must(mine.entries == theirs.entries, f"the two copies of {level.origin} differ")
            must(level.receipted == level.size == mine.size, f"{level.origin} is not receipted")
            self._signatures_hold(name, level.origin)
            for _ in range(3):
                size = dice.randrange(1, mine.size + 1)
                must(
                    at(level.origin, size) == _root(mine.entries[:size]),
                    f"the root of {level.origin} at {size} is wrong at {name}",
                )
            for _ in range(_PROVED):
                seq = dice.randrange(mine.size)
                try:
                    shown = receipt.check(node.prove(level.origin, seq), chains)
                except Fault as fault:
                    raise LawBroken(f"the proof of {seq} in {level.origin}: {fault}") from fault
                must(
                    shown.mid == envelopes.entry_mid(mine.entries[seq])
                    and shown.strength == receipt.FAST,
                    f"the proof of {seq} in {level.origin} shows something else",
                )

    def _signatures_hold(self, name: str, origin: str) -> None:
        pair = self._pair(origin)
        head = self._disks[name].heads[origin]
        if pair is None or head.checkpoint is None or head.receipt is None:
            raise LawBroken(f"{origin} at {name} has no two signatures")
        owner, receiver = (party(each).card for each in pair)
        must(
            checkpoints.is_signed(head.checkpoint, origin, owner.log)
            and checkpoints.is_cosigned(head.receipt, origin, receiver.cosign),
            f"the signatures on {origin} at {name} do not hold",
        )


def _root(entries: Sequence[bytes]) -> bytes:
    grown = tree.Range()
    for entry in entries:
        grown.append(tree.leaf_hash(entry))
    return grown.root()
