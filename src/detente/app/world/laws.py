"""What must hold in every world, checked on the disks: at each commit, and whole at the end.

All is computed here once more from the rows, with nothing but the tree of core: no ledger, session
or store is asked whether it did well.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from detente.app.world.epochs import Epochs, LawBroken, must
from detente.app.world.party import Paper, owner_of, party
from detente.core import checkpoint as checkpoints
from detente.core import envelope as envelopes
from detente.core import epoch as epochs
from detente.core import limits, receipt, tree
from detente.core.errors import Fault
from detente.core.postquantum import Confirmed
from detente.core.trust import Chain
from detente.node.node import Node
from detente.node.ports import CLOSED, FLASH, Head, Row
from detente.store.memory_logs import Disk

NOTHING: Final = Head(0, b"", None, None)
_PROVED: Final = 2  # records of each log and side whose proof is checked with core alone


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


@dataclass(slots=True)
class Said:
    """What one log's owner ever made durable, and what each side ever held of it."""

    entries: list[bytes] = field(default_factory=list)
    mids: set[bytes] = field(default_factory=set)
    held: dict[str, int] = field(default_factory=dict)
    receipted: int = 0  # the largest size of which anybody ever held a receipt
    legs: set[tuple[int, bytes]] = field(default_factory=set)  # lines 4 that were durable


class Laws:
    """The laws over all parties that are honest; of a liar only what honest ones hold is judged."""

    def __init__(self, disks: Mapping[str, Disk], liars: Collection[str]) -> None:
        self._disks, self._liars = disks, liars
        self._copies: dict[tuple[str, str], Copy] = {}
        self._said: dict[str, Said] = {}
        self._ranks: dict[bytes, int] = {}
        self._receipts: dict[tuple[str, str, int], bytes] = {}
        self._books = Epochs(disks)

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
            rows, head = disk.rows.get(origin, []), disk.heads.get(origin, NOTHING)
            copy = self._copy(name, origin)
            end = self._books.end(name, origin)
            fresh = rows[copy.size :]
            self._grew(f"{origin} at {name}", copy, rows, head, end)
            self._receipts_hold(name, origin, copy, head, end)
            # What its owner had made durable in an earlier life came back, and is not logged now.
            known = len(self._said[origin].entries) if origin in self._said else 0
            self._compare(name, origin, copy, fresh)
            self._legs_hold(name, origin, copy, end)
            logged = [row for row in fresh if row.seq >= known]
            # Of what a liar logs, and in which order, nothing is promised.
            if logged and owner_of(origin) == name and name not in self._liars:
                self._urgent_first(disk, origin, logged)

    def _grew(
        self, where: str, copy: Copy, rows: Sequence[Row], head: Head, end: int | None
    ) -> None:
        must(len(rows) >= copy.size, f"{where} lost records")
        must(
            head.size == (len(rows) if end is None else end), f"the head of {where} is not its size"
        )
        for row in rows[copy.size :]:
            must(row.seq == copy.size, f"{where} has a gap at {row.seq}")
            copy.entries.append(row.entry)
            copy.range.append(tree.leaf_hash(row.entry))
        copy.roots[copy.size] = copy.range.root()
        if end is not None:
            copy.roots[end] = root_of(copy.entries[:end])
        must(
            head.checkpoint is not None or end is not None or not rows, f"{where} has no checkpoint"
        )
        given = head.checkpoint
        must(
            given is None
            or (
                copy.roots.get(given.size) == given.root
                and (given.size == head.size or end is not None)
            ),
            f"the checkpoint of {where} is not of its records",
        )

    def _receipts_hold(
        self, name: str, origin: str, copy: Copy, head: Head, end: int | None
    ) -> None:
        given, before = head.receipt, 0 if end is not None else copy.receipted
        copy.receipted = given.size if given else 0
        must(copy.receipted >= before, f"receipts for {origin} at {name} went back")
        if given is None or (given.size == before and end is None):
            return
        must(
            # A resend may end between two batches; its head is signed as it goes.
            (copy.roots.get(given.size) or root_of(copy.entries[: given.size])) == given.root,
            f"{name} holds a receipt for a state of {origin} that its owner never signed",
        )
        known = self._receipts.setdefault((name, origin, given.size), given.root)
        must(known == given.root, f"two states of {origin} at {given.size} are receipted")
        said = self._said.setdefault(origin, Said())
        said.receipted = max(said.receipted, given.size)

    def _pair(self, origin: str) -> tuple[str, str] | None:
        # Owner and receiver, if both are honest.
        pair = self._books.pair(origin)
        return None if pair is None or {*pair} & set(self._liars) else pair

    def _compare(self, name: str, origin: str, copy: Copy, fresh: Sequence[Row]) -> None:
        owner, pair = owner_of(origin), self._pair(origin)
        if (pair is None and owner != name) or name in self._liars:
            return  # of what a liar writes nothing is promised
        said = self._said.setdefault(origin, Said())
        for row in fresh:
            if name == owner and row.seq == len(said.entries):
                mid = envelopes.entry_mid(row.entry)
                must(mid not in said.mids, f"a record stands twice in {origin}")
                said.entries.append(row.entry)
                said.mids.add(mid)
            must(
                row.seq < len(said.entries),
                f"{name} has {copy.size} records of {origin}, of which its owner made"
                f" {len(said.entries)} durable",
            )
            must(
                said.entries[row.seq] == row.entry,
                f"{name} has another record {row.seq} of {origin} than stood there before",
            )
        said.held[name] = max(said.held.get(name, 0), copy.size)
        if pair and name == owner:
            must(
                copy.receipted <= said.held.get(pair[1], 0),
                f"{owner} has a receipt for {copy.receipted} records of {origin}, of which"
                f" {pair[1]} made {said.held.get(pair[1], 0)} durable",
            )

    def _legs_hold(self, name: str, origin: str, copy: Copy, end: int | None) -> None:
        found, pair = _newest_leg(self._disks[name], origin), self._pair(origin)
        if found is None or found.receiver is None:
            return
        must(
            (copy.roots.get(found.size) or root_of(copy.entries[: found.size]))
            == found.checkpoint.root,
            f"{name} holds four lines for a state of {origin} that its owner never signed",
        )
        must(
            found.size <= copy.receipted, f"lines 2 and 4 of {origin} at {name} are ahead of line 3"
        )
        if pair is None or end is not None:
            return
        said = self._said.setdefault(origin, Said())
        line = found.size, found.receiver.signature
        if name == pair[1]:
            said.legs.add(line)
        must(
            line in said.legs,
            f"{name} has a line 4 of {origin} at {found.size} that is not durable at its giver",
        )

    def _urgent_first(self, disk: Disk, origin: str, fresh: Sequence[Row]) -> None:
        link = self._books.name(origin)
        must(not disk.notes.get(f"frozen:{link}"), f"{origin} grows while a new epoch is due")
        # What is too long for its line is staged first, and others may go meanwhile; FLASH never.
        waiting = [
            row
            for row in disk.waiting.get(link, [])
            if row.rank == FLASH or row.staged or len(row.envelope) <= limits.INLINE_UNKNOWN
        ]
        ranks = [self._ranks.get(envelopes.entry_mid(row.entry), 0) for row in fresh]
        must(
            max((row.rank for row in waiting), default=0) <= min(ranks) or 0 in ranks,
            f"a more urgent record waits while another is logged in {origin}",
        )

    def holds(self, holder: str, owner: str, receiver: str, mid: bytes) -> bool:
        """Say whether a record stands in a log of one party for another, as a third's disk has it."""
        disk = self._disks[holder]
        for origin in self._books.origins(holder, owner, receiver):
            size = disk.heads.get(origin, NOTHING).size
            rows = disk.rows.get(origin, [])[:size]
            if any(envelopes.entry_mid(row.entry) == mid for row in rows):
                return True
        return False

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
            given = disk.heads.get(origin, NOTHING).receipt
            copy.receipted = given.size if given else 0
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
        """Judge that each record submitted stands once in the logs to each addressee, on both sides.

        That both sides have the same rows in the same order, _compare and `agree` say.
        """
        for peer in self._disks:
            if peer == name:
                continue
            sent = sorted(paper.mid for paper in papers if peer in paper.peers)
            for holder in (name, peer):
                logs = self._logs_of_people(holder, name, peer)
                urgent = self._books.emergencies(holder, name, peer)
                found = [
                    mid for origin, mids in logs.items() if origin not in urgent for mid in mids
                ]
                # Before a side that lost a FLASH has the older log back, its office hands it in
                # again, and it goes: an emergency waits for nothing. When the tail comes, it stands
                # there too; whoever opened it passes over it (E_DUP, spec/link.md 5.5 and 5.7).
                found += {mid for origin in urgent for mid in logs[origin]}.difference(found)
                must(
                    sorted(found) == sent,
                    f"{holder} has other records of {name} for {peer} than were submitted",
                )

    def _logs_of_people(self, holder: str, name: str, peer: str) -> dict[str, list[bytes]]:
        # What people sent, by log and in order, without openings.
        logs: dict[str, list[bytes]] = {}
        urgent = self._books.emergencies(holder, name, peer)
        for origin in self._books.origins(holder, name, peer):
            size = self._disks[holder].heads.get(origin, NOTHING).size
            entries = self._copy(holder, origin).entries[:size]
            mids = [envelopes.entry_mid(entry) for entry in entries]
            # Of the first epoch the opening may have waited when the node was put back.
            opened = bool(mids) and mids[0] not in self._ranks
            must(opened or not mids, f"{origin} has no opening at {holder}")
            logs[origin] = mids[opened:]
            must(
                origin not in urgent or all(self._ranks.get(mid) == FLASH for mid in mids[opened:]),
                f"what is not urgent stands in {origin}, opened by an emergency",
            )
        return logs

    def epochs_agree(self, name: str, peer: str) -> None:
        """Judge that both sides ended every epoch alike, and lost no receipt by it unless both say so."""
        ours, theirs = (
            self._books.notes(one, other) for one, other in ((name, peer), (peer, name))
        )
        must(
            [note.text for note in ours] == [note.text for note in theirs],
            f"{name} and {peer} ended their logs at different heads",
        )
        cards = party(name).card, party(peer).card
        for note in ours + theirs:
            must(all(epochs.is_signed(note, card) for card in cards), "a note that one side signed")
        for holder in (name, peer):
            must(
                not self._disks[holder].evidence, f"{holder} holds evidence against an honest party"
            )
            for origin in self._books.origins(holder, name, peer):
                kept = self._disks[holder].heads.get(origin, NOTHING).size
                receipted = self._said.setdefault(origin, Said()).receipted
                must(
                    receipted <= kept or self._books.end(holder, origin) == kept,
                    f"{holder} has {kept} records of {origin}, and {receipted} were receipted",
                )

    def agree(self, name: str, node: Node, at: Callable[[str, int], bytes], dice: Random) -> None:
        """Judge one side's logs as its node shows them: receipts, roots, and proofs.

        at gives the node's root of a log at a size.
        """
        chains = {each: Chain((party(each).card,)) for each in self._disks}
        for level in node.levels():
            if not level.peer or not level.size:
                continue
            mine, theirs = self._copy(name, level.origin), self._copy(level.peer, level.origin)
            entries = mine.entries[: level.size]
            must(
                entries == theirs.entries[: level.size] and len(entries) == level.size,
                f"the two copies of {level.origin} differ",
            )
            whole = level.state == CLOSED or level.size == mine.size
            must(whole and level.receipted == level.size, f"{level.origin} is not receipted")
            self._signatures_hold(name, level.origin)
            for _ in range(3):
                size = dice.randrange(1, level.size + 1)
                must(
                    at(level.origin, size) == root_of(entries[:size]),
                    f"the root of {level.origin} at {size} is wrong at {name}",
                )
            for _ in range(_PROVED):
                seq = dice.randrange(level.size)
                try:
                    shown = receipt.check(node.prove(level.origin, seq), chains)
                except Fault as fault:
                    raise LawBroken(f"the proof of {seq} in {level.origin}: {fault}") from fault
                must(
                    shown.mid == envelopes.entry_mid(entries[seq])
                    and shown.strength == receipt.FULL,
                    f"the proof of {seq} in {level.origin} shows something else",
                )

    def _signatures_hold(self, name: str, origin: str) -> None:
        pair = self._pair(origin)
        head = self._disks[name].heads[origin]
        if pair is None or head.checkpoint is None or head.receipt is None:
            raise LawBroken(f"{origin} at {name} has no two signatures")
        must(head.receipt.size == head.size, f"{origin} at {name} is not receipted to its end")
        owner, receiver = (party(each).card for each in pair)
        must(
            checkpoints.is_signed(head.checkpoint, origin, owner.log)
            and checkpoints.is_cosigned(head.receipt, origin, receiver.cosign),
            f"the signatures on {origin} at {name} do not hold",
        )


def _newest_leg(disk: Disk, origin: str) -> Confirmed | None:
    whole = [leg for leg in disk.legs.get(origin, {}).values() if leg.receiver]
    return max(whole, key=lambda leg: leg.size, default=None)


def root_of(entries: Sequence[bytes]) -> bytes:
    """Return the root over these entries."""
    grown = tree.Range()
    for entry in entries:
        grown.append(tree.leaf_hash(entry))
    return grown.root()
