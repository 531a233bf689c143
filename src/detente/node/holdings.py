"""What a node holds, as its office and its operator see it: logs, records, proofs. Changes nothing."""

from collections.abc import Mapping

from detente.core import checkpoint as checkpoints
from detente.core import signed
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.link.session import LIVE
from detente.node import evidence
from detente.node.books import Books
from detente.node.home import Home
from detente.node.ledger import Ledger
from detente.node.ports import CLOSED, DISPUTED, HOME, Kept, Level, Store
from detente.node.rows import check_rows
from detente.node.seat import Seat


class Holdings:
    """All logs of a node: home, those at work, those of epochs before."""

    def __init__(self, seat: Seat, store: Store, home: Home, links: Mapping[str, Books]) -> None:
        self._seat, self._store, self._home, self._links = seat, store, home, links

    def _ledgers(self) -> list[tuple[Ledger, Books | None, str]]:
        """Return each log with its link and its state."""
        found: list[tuple[Ledger, Books | None, str]] = [(self._home.ledger, None, HOME)]
        for link in self._links.values():
            found += [(link.out, link, link.state), (link.inn, link, link.state)]
        found += [(home, None, CLOSED) for home in self._home.old]
        for link in self._links.values():
            before = link.history.disputed
            pairs = [*link.history.closed, *([before] if before else [])]
            for pair in pairs:
                state = DISPUTED if pair is before else CLOSED
                found += [(pair.out, link, state), (pair.inn, link, state)]
        return found

    def of_links(self) -> list[Ledger]:
        """Return the logs of all epochs of all links."""
        return [ledger for ledger, link, _ in self._ledgers() if link is not None]

    def held_there(self, ledger: Ledger, *, needs_pq: bool) -> int:
        """Return below which size the other side proves that it holds this log.

        needs_pq: by four lines, not by two.
        """
        if not needs_pq:
            return ledger.receipted
        for link in self._links.values():
            if ledger in (link.out, link.inn):
                return link.session.leg(ours=ledger is link.out)[0]
        return ledger.receipted  # of a closed log: its end has all four lines

    def root_at(self, origin: str, size: int) -> bytes:
        """Return the root that a log had at a size. Raises OurFault("proof.unknown")."""
        for ledger, _, _ in self._ledgers():
            if ledger.origin == origin and size <= ledger.size:
                with self._store.begin() as tx:
                    return ledger.root_at(tx, size)
        raise OurFault("proof.unknown", f"no {origin} of {size} records", "see: detente log list")

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return records from these places on; see ports.Hatch."""
        found: list[Kept] = []
        for ledger, _, _ in self._ledgers():
            start = places.get(ledger.origin, 0)
            if start >= ledger.size or count_max <= 0 or bytes_max <= 0:
                continue
            with self._store.begin() as tx:
                count = min(count_max, ledger.size - start)  # what was cut off is void
                rows = tx.rows(ledger.origin, start, count, bytes_max)
            check_rows(ledger.origin, rows)
            for row in rows:
                found.append(Kept(ledger.origin, row.seq, row.kept_at, row.envelope))
                bytes_max -= len(row.envelope)
            count_max -= len(rows)
        return found

    def levels(self) -> list[Level]:
        """Return every log with its sizes and the state of its link; home first."""
        return [_level(*each) for each in self._ledgers()]

    def head(self, origin: str) -> bytes:
        """Return the signed head of a home log; see ports.Hatch."""
        for ledger, link, _ in self._ledgers():
            if ledger.origin == origin and link is None and ledger.checkpoint is not None:
                at, public = ledger.checkpoint, self._seat.card.log
                text = checkpoints.text_of(origin, at.size, at.root)
                return signed.write(text, (checkpoints.owner_line(at, origin, public),))
        raise OurFault("proof.unknown", f"no home log {origin[:80]!r}", "see: detente log list")

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record; see ports.Hatch."""
        for ledger, link, _ in self._ledgers():
            if ledger.origin == origin and link is not None and 0 <= seq < ledger.size:
                ours = origin.startswith(f"{self._seat.party}/")
                owner, receiver = self._seat.chain, link.terms.chain
                if not ours:
                    owner, receiver = receiver, owner
                with self._store.begin() as tx:
                    return evidence.export(tx, ledger, seq, owner, receiver)
        raise OurFault("proof.unknown", f"no record {seq} in {origin}", "see: detente log list")


def _level(ledger: Ledger, link: Books | None, state: str) -> Level:
    owner, _, link_id = ledger.origin.partition("/detente/")
    newest = link is not None and link_id == link.terms.link_id
    met = link if newest and link and link.session.state == LIVE else None
    confirmed, late = 0, ""
    if newest and link:
        confirmed, late = link.session.leg(ours=ledger is link.out)
    return Level(
        origin=ledger.origin,
        owner=owner,
        peer="" if link is None else link.terms.peer.name,
        link_id="" if link is None else link_id,
        size=ledger.size,
        receipted=ledger.size if link is None else ledger.receipted,
        confirmed=confirmed,
        late=late,
        waiting=link.waiting if newest and link and ledger is link.out else 0,
        state=state,
        why=link.why if newest and link else "",
        since=link.session.since if newest and link else Moment(0),
        attended=met.session.peer_attended if met else (),
        unattended=met.session.peer_unattended if met else (),
    )
