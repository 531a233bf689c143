"""Heads of home logs: given to others once a day, so that no day can be written anew unseen.

Normative: spec/kinds/sys.md 9.
"""

from collections.abc import Collection
from typing import Final

from detente.core import purged, tree
from detente.core.errors import Fault
from detente.core.moment import Moment, Span
from detente.node.ports import Level
from detente.office import kinds
from detente.office.fields import Values
from detente.office.head_rows import every
from detente.office.post import Post
from detente.office.register import Register

EVERY: Final = Span(86_400_000)
EVERYBODY: Final = "all"  # a setting's word for every peer
_STEP: Final = 256  # entries read in one go
_BYTES: Final = 2**20


class Walk:
    """The roots of a home log, grown a few entries at a time. None where an entry is not shown."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.size = 0
        self.since: Moment | None = None  # when the first entry was kept
        self._range: tree.Range | None = tree.Range()

    def go(self, register: Register, level: Level) -> bool:
        """Read on; return whether the end was reached."""
        kept = register.since(level.origin, self.size, _STEP, _BYTES)
        for each in kept:
            self.since = self.since or each.kept_at
            whole = self._range is not None and each.seq == self.size and each.envelope
            if self._range is not None and whole:
                self._range.append(tree.leaf_hash(purged.entry_of(each.envelope)))
            else:
                self._range = None
            self.size = each.seq + 1
        return not kept or self.size >= level.size

    @property
    def root(self) -> bytes | None:
        """The root over all entries read; None if some are not shown to this office."""
        return self._range.root() if self._range is not None else None


class Giver:
    """Gives the head of our home log to peers, once a day if it grew. to: parties, or EVERYBODY."""

    def __init__(self, register: Register, post: Post, to: Collection[str]) -> None:
        self._register, self._post, self._to = register, post, to
        self._walk = Walk("")
        self._next = Moment(0)  # not before: looking costs a little

    def give(self, now: Moment) -> bool:
        """Send what is due; return whether there is more to read first.

        Raises OurFault as Hatch.submit does.
        """
        if not self._to or now < self._next:
            return False
        register = self._register
        level = next((each for each in register.levels.values() if not each.peer), None)
        if level is None:
            return False
        due = self._due(level, now)
        if not due:
            return False
        if self._walk.origin != level.origin:
            self._walk = Walk(level.origin)
        if not self._walk.go(register, level):
            return True
        self._next = now + Span(EVERY.ms // 24)
        root = self._walk.root
        since = self._walk.since
        if root is None or since is None:
            return False
        for party, last in due:
            if now.ms - (last or since).ms >= EVERY.ms:
                self._send(party, level.origin, self._walk.size, root, now)
        return False

    def _due(self, level: Level, now: Moment) -> list[tuple[str, Moment | None]]:
        peers = {each.peer for each in self._register.levels.values() if each.peer}
        wanted = peers if EVERYBODY in self._to else peers & set(self._to)
        with self._register.shelf.begin() as tx:
            given = every(tx, ours=True)
        found: list[tuple[str, Moment | None]] = []
        for party in sorted(wanted):
            last = [each for each in given if each.party == party]
            newest = last[-1] if last else None
            grew = newest is None or (newest.origin, newest.size) != (level.origin, level.size)
            if grew and (newest is None or newest.at + EVERY <= now):
                found.append((party, newest.at if newest else None))
        return found

    def _send(self, party: str, origin: str, size: int, root: bytes, now: Moment) -> None:
        peer = self._register.book.peers.get(party)
        for desk in sorted(self._register.desks):
            if peer is not None and desk in peer.desks:
                body = Values({"origin": origin, "size": size, "root": root})
                to = (f"{desk}@{party}",)
                try:
                    letter = self._post.house_letter(kinds.AUDIT_HEAD, desk, to, body, now)
                    signer = self._post.unattended(desk)
                    self._post.post([self._post.write(letter, signer)], now)
                except Fault as fault:
                    if fault.code == "hatch.closed":
                        raise
                return  # what our node refuses today is tried in an hour
