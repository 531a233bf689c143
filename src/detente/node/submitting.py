"""Records that our office hands in: judged, numbered, and kept where they wait or leave.

What is told to the office is durable before it is told. Normative: spec/link.md 4.1 and 9.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment
from detente.link import session
from detente.node import outbox
from detente.node.books import Books
from detente.node.home import Home
from detente.node.ledger import Grown
from detente.node.outbox import Accepted, Ready
from detente.node.ports import Answer, Queued, Store, Tx
from detente.node.seat import LinkTerms, Seat
from detente.node.stage import Stage

PURGE: Final = "sys.purge"  # it makes room


class Moving(NamedTuple):
    """What must move now that records are durable.

    logged: by link, what its machine must hear of its log. links: all that have new records.
    """

    logged: Sequence[tuple[Books, tuple[session.Logged, Grown]]] = ()
    links: Sequence[Books] = ()


class Submitting:
    """The way of records from the hatch into the home log, the links' logs, or their queues."""

    def __init__(
        self, seat: Seat, store: Store, home: Home, links: Mapping[str, Books], stage: Stage
    ) -> None:
        self._seat, self._store, self._home, self._links = seat, store, home, links
        self._stage = stage

    def take(
        self,
        envelopes: Sequence[bytes],
        terms: dict[str, LinkTerms],
        low: OurFault | None,
        now: Moment,
    ) -> tuple[list[Answer], Moving]:
        """Take records; return an answer for each, and what must move. `terms` as outbox.judge.

        low: the disk is below its reserve. Raises it unless all of them may go then.
        """
        answers, accepted = [], []
        for envelope in envelopes:
            try:
                one = outbox.judge(self._seat, terms, envelope)
            except Fault as fault:
                # What was taken once stays taken, though a card or an agreement changed since.
                mid = self._taken_before(envelope)
                answers.append(Answer(mid) if mid else _refused(b"", fault))
            else:
                accepted.append(one)
                answers.append(Answer(one.mid))
        if not accepted:
            return answers, Moving()
        if low and not all(one.is_urgent or one.kind == PURGE for one in accepted):
            raise low
        special: dict[bytes, Answer] = {}  # what is refused after all, or slowed
        staged = self._refuse_unstaged(accepted, special)
        moving = self._keep(staged, terms, special, now)
        return [special.get(answer.mid, answer) for answer in answers], moving

    def _taken_before(self, envelope: bytes) -> bytes | None:
        try:
            key, mid = outbox.number_of(envelope)
        except TheirFault:
            return None
        with self._store.begin() as tx:
            known = tx.number(key)
        return mid if known is not None and known[:32] == mid else None

    def _keep(
        self,
        accepted: Sequence[Accepted],
        terms: dict[str, LinkTerms],
        special: dict[bytes, Answer],
        now: Moment,
    ) -> Moving:
        grown: list[tuple[Books, Sequence[Queued]]] = []
        settle_home = None
        with self._store.begin() as tx:
            fresh = self._number(tx, accepted, terms, special)
            by_link = self._by_link(fresh, special, now)
            _name_attachments(tx, fresh)
            home = [one.envelope for one in fresh if not one.links]
            if home:
                settle_home = self._home.append(tx, home, now)
            for link_id, rows in by_link.items():
                link = self._links[link_id]
                if link.fits(rows):
                    grown.append((link, [Queued(0, row.rank, row.envelope) for row in rows]))
                else:
                    link.queue(tx, rows, now)
            logged = [(link, link.log(tx, rows, now)) for link, rows in grown]
        if settle_home:
            settle_home()
        touched = [self._links[link_id] for link_id in by_link]
        if any(one.att for one in fresh):
            for link in touched:
                link.shipping.is_due = True
        return Moving(logged, touched)

    # Numbers.

    def _number(
        self,
        tx: Tx,
        accepted: Sequence[Accepted],
        terms: dict[str, LinkTerms],
        refused: dict[bytes, Answer],
    ) -> list[Accepted]:
        # A number is used once for ever; the same record again is no second use.
        fresh: dict[bytes, Accepted] = {}
        resealed: list[Accepted] = []
        rest: list[Accepted] = []
        for one in accepted:
            known = tx.number(one.number_key)
            if known is None and one.number_key in fresh:
                known = fresh[one.number_key].number_value
            if known is None:
                fresh[one.number_key] = one
            elif known[:32] != one.mid:
                refused[one.mid] = Answer(
                    one.mid,
                    "E_EQUIVOCATION",
                    "another record already has this number",
                    "start a new series",
                )
            elif known != one.number_value and self._has_new_keys(one):
                # A desk addressed has a new key: the same record under other seals goes again.
                tx.replace_number(one.number_key, one.number_value)
                resealed.append(one)
            else:
                rest += outbox.not_sent(tx, one, terms)
        tx.put_numbers([(one.number_key, one.number_value) for one in fresh.values()])
        return [*fresh.values(), *resealed, *rest]

    def _has_new_keys(self, one: Accepted) -> bool:
        chains = (self._links[link_id].terms.chain for link_id, _ in one.links)
        return any(chain.changed_desks for chain in chains)

    # Links.

    def _by_link(
        self, fresh: Sequence[Accepted], special: dict[bytes, Answer], now: Moment
    ) -> dict[str, list[Ready]]:
        # Above FLASH_RATE a FLASH of people is carried as IMMEDIATE; its header stays.
        found: dict[str, list[Ready]] = {}
        for one in fresh:
            for link_id, envelope in one.links:
                rank = one.rank
                is_counted = rank > session.URGENT and not one.kind.startswith("sys.")
                if is_counted and not self._links[link_id].flash.takes(now):
                    rank = session.URGENT
                    special[one.mid] = Answer(one.mid, slowed=True)
                found.setdefault(link_id, []).append(Ready(rank, one.kind, envelope))
        return found

    # Attachments.

    def _refuse_unstaged(
        self, accepted: Sequence[Accepted], refused: dict[bytes, Answer]
    ) -> list[Accepted]:
        """Return the records whose attachments are all here; the others are refused."""
        found = []
        for one in accepted:
            fault = self._missing(one)
            if fault is None:
                found.append(one)
            else:
                refused[one.mid] = _refused(one.mid, fault)
        return found

    def _missing(self, one: Accepted) -> TheirFault | None:
        for att in one.att:
            blob = self._stage.find(att.aid)
            if blob is None or not blob.whole or (blob.size, blob.blocks) != (att.size, att.chunks):
                what = f"the attachment {att.aid.hex()[:16]}… is not wholly here"
                return TheirFault("E_ATT", what, "hand in all its chunks before the record")
        return None


def _name_attachments(tx: Tx, accepted: Sequence[Accepted]) -> None:
    for one in accepted:
        for att in one.att:
            tx.name_blob(att.aid, one.mid)
            for link_id, _ in one.links:
                tx.offer_blob(link_id, att.aid)


def _refused(mid: bytes, fault: Fault) -> Answer:
    return Answer(mid, fault.code, fault.what, fault.remedy)
