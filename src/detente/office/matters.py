"""Matters compared with peers: our digests, theirs, and what the one side holds and the other not.

An answer is a state here too: due iff none of ours replies to what was asked. Normative:
spec/kinds/matter.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core import limits, names, talk
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.core.talk import Digest, Said
from detente.office import house, kinds
from detente.office.fields import Values
from detente.office.patience import RETRY_FIRST, Patience
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.reader import TableReader, every
from detente.office.register import Register
from detente.office.writing import Letter

RECORDS_MAX: Final = limits.MAX_EVIDENCE_RECORDS
ANSWERS_MAX: Final = 8  # in one turn, each costs a look through its matter; the rest a second later
_DIGESTS_MAX: Final = 500  # of one matter; the newest sizes count


@dataclass(frozen=True, slots=True)
class Compared:
    """Our matter with one desk of a peer: what each side stated, and what differs.

    ours, theirs: newest digests, None if there is none. same: theirs is what we hold below the
    same sizes. missing_here: mids that they name and we do not hold; missing_there likewise.
    """

    desk: str
    other: str
    ours: Digest | None
    theirs: Digest | None
    same: bool
    missing_here: tuple[bytes, ...] = ()
    missing_there: tuple[bytes, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether both stated the same of the same logs below the same sizes."""
        ours, theirs = self.ours, self.theirs
        return ours is not None and theirs is not None and self.same and ours.logs == theirs.logs


class Matters:
    """What one office states of its matters, and what it answers when asked."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register, self._post = register, post
        self._asked: dict[bytes, None] = {}  # digests of peers, perhaps to be answered
        self._answered_at, self._has_rest = Moment(0), False
        self.patience = Patience()

    # What is held.

    def held(
        self, tx: ShelfTx, matter: str, desk: str, other: str, sizes: Mapping[str, int]
    ) -> list[Said]:
        """Return what passed between two desks in a matter, below these sizes of logs."""
        found = []
        for row in tx.rows(house.RECORDS).find({"matter": matter}, None, RECORDS_MAX):
            one = said_of(Values(row))
            if talk.is_between(one, desk, other) and self._counts(tx, one, sizes):
                found.append(one)
        return found

    def _counts(self, tx: ShelfTx, one: Said, sizes: Mapping[str, int]) -> bool:
        places = self._register.places(tx, one.mid)
        rejects = tx.rows(house.REJECTS)
        return any(place < sizes.get(origin, 0) for origin, place in places) and not any(
            rejects.get(house.said_key(one.mid, each)) for each in one.to
        )

    def _sizes(self, tx: ShelfTx, party: str) -> dict[str, int]:
        # As far as this office has read: below that it knows every record.
        logs = [each for each in self._register.levels.values() if each.peer == party]
        return {each.origin: tx.place(each.origin) for each in logs}

    def pairs(self, tx: ShelfTx, matter: str) -> list[tuple[str, str]]:
        """Return our desks and those of peers between which something passed in a matter."""
        own = self._register.book.card.name
        found: dict[tuple[str, str], None] = {}
        for row in map(Values, tx.rows(house.RECORDS).find({"matter": matter}, None, RECORDS_MAX)):
            if not talk.is_said(row.text("kind")):
                continue
            desk = self._register.address(row.text("desk"))
            others = [each for each in row.texts("to") if names.party_of(each) != own]
            if not row.flag("ours"):
                others = [row.text("from")]
            found |= dict.fromkeys((desk, each) for each in others)
        return sorted(found)

    # Stating it.

    def ask(self, matter: str, now: Moment) -> list[Letter]:
        """Return a digest of a matter for every desk of a peer that it passed with.

        Raises OurFault("office.no_matter").
        """
        self._register.see_levels()
        with self._register.shelf.begin() as tx:
            found = [
                self._letter(tx, matter, desk, other, now) for desk, other in self.pairs(tx, matter)
            ]
        if not found:
            raise OurFault(
                "office.no_matter",
                f"no matter {matter} with another party here",
                "see: detente record list",
            )
        return found

    def _letter(self, tx: ShelfTx, matter: str, desk: str, other: str, now: Moment) -> Letter:
        sizes = self._sizes(tx, names.party_of(other))
        stated = talk.digest(self.held(tx, matter, desk, other, sizes), sizes)
        return self._letter_of(stated, matter, desk, other, None, now)

    def _letter_of(
        self,
        stated: Digest,
        matter: str,
        desk: str,
        other: str,
        reply_to: bytes | None,
        now: Moment,
    ) -> Letter:
        body = kinds.DIGEST.read(talk.write(stated))
        assert isinstance(body, Values), "it is of the version written here"
        letter = self._post.house_letter(kinds.DIGEST, names.desk_of(desk), (other,), body, now)
        return replace(letter, matter=matter, reply_to=reply_to)

    # Answering.

    def find_asked(self) -> None:
        """Read again what peers stated and what may still be unanswered."""
        with self._register.shelf.begin() as tx:
            rows = every(TableReader(tx.rows), house.DIGESTS, {})
            self._asked = dict.fromkeys(row.data("mid") for row in rows if not row.flag("ours"))

    def note(self, mid: bytes) -> None:
        """Take note of a peer's digest that was just read."""
        self._asked[mid] = None

    def due(self) -> Moment | None:
        """Return when `answer` may have something to say; None for never."""
        if not self._asked:
            return None
        return self.patience.until() if self.patience.fault else self._answered_at + RETRY_FIRST

    def answer(self, now: Moment) -> None:
        """Answer what peers asked: with our own digest below their sizes.

        Mids are named where the two differ. Raises OurFault as Post.hand_in.
        """
        is_early = self._answered_at <= now < self._answered_at + RETRY_FIRST
        if not self._asked or not self.patience.is_over(now) or (self._has_rest and is_early):
            return
        due, self._answered_at = list(self._asked), now
        self._has_rest = len(due) > ANSWERS_MAX
        for mid in due[:ANSWERS_MAX]:
            letter = self._answer_to(mid, now)
            if letter is not None:
                signer = self._post.unattended(letter.desk)
                told = self._post.hand_in([self._post.write(letter, signer)], now)[0]
                if told.code:
                    self.patience.hold(told, now)
                    return
            del self._asked[mid]
        self.patience = Patience()

    def _answer_to(self, mid: bytes, now: Moment) -> Letter | None:
        with self._register.shelf.begin() as tx:
            rows = tx.rows(house.DIGESTS)
            asked = Values(rows.get(mid) or {})
            if not asked or any(row["ours"] for row in rows.find({"reply_to": mid}, None, 64)):
                return None
            theirs, other = digest_of(asked), asked.text("from")
            ours = [each for each in asked.texts("to") if self._opens(each)]
            known = self._sizes(tx, names.party_of(other))
            sizes = {
                origin: min(size, known[origin]) for origin, size in theirs.logs if origin in known
            }
            if not ours or not sizes:
                return None
            held = self.held(tx, asked.text("matter"), ours[0], other, sizes)
            stated = talk.digest(held, sizes)
            differs = not stated.agrees(theirs) or stated.logs != theirs.logs
            if "reply_to" in asked and not (differs and self._is_ask(tx, asked.data("reply_to"))):
                return None  # an answer is answered only where it differs, and then once
        if differs:
            stated = talk.digest(held, sizes, with_mids=True)
        return self._letter_of(stated, asked.text("matter"), ours[0], other, mid, now)

    def _opens(self, address: str) -> bool:
        desk, party = names.split(address)
        return party == self._register.book.card.name and self._register.keys.serves(desk)

    @staticmethod
    def _is_ask(tx: ShelfTx, mid: bytes) -> bool:
        row = tx.rows(house.DIGESTS).get(mid)
        return row is not None and row.get("reply_to") is None and bool(row["ours"])

    # Showing it.

    def compare(self, matter: str) -> list[Compared]:
        """Return how a matter stands with every desk of a peer that it passed with."""
        self._register.see_levels()
        with self._register.shelf.begin() as tx:
            found = tx.rows(house.DIGESTS).find({"matter": matter}, None, _DIGESTS_MAX)
            rows = [Values(row) for row in found]
            return [
                self._compare(tx, matter, rows, desk, other)
                for desk, other in self.pairs(tx, matter)
            ]

    def _compare(
        self, tx: ShelfTx, matter: str, rows: Sequence[Values], desk: str, other: str
    ) -> Compared:
        ours, theirs = _newest(rows, desk, other), _newest(rows, other, desk)
        if theirs is None:
            return Compared(desk, other, ours, None, same=False)
        held = self.held(tx, matter, desk, other, dict(theirs.logs))
        here, there = {one.mid for one in held}, set(theirs.held or ())
        same = talk.digest(held, dict(theirs.logs)).agrees(theirs)
        if same or theirs.held is None:
            return Compared(desk, other, ours, theirs, same)
        missing = tuple(sorted(there - here)), tuple(sorted(here - there))
        return Compared(desk, other, ours, theirs, same, *missing)


def newest_mids(tx: ShelfTx, matter: str) -> set[bytes]:
    """Return the mids of the newest digest of each desk to each other in a matter."""
    found = tx.rows(house.DIGESTS).find({"matter": matter}, None, _DIGESTS_MAX)
    rows = [Values(row) for row in found]
    ways = {(row.text("from"), to) for row in rows for to in row.texts("to")}
    newest = [_newest_row(rows, *way) for way in ways]
    return {row.data("mid") for row in newest if row is not None}


def digest_of(row: Values) -> Digest:
    """Return the digest that a row of DIGESTS holds."""
    held = row.get("held")
    return Digest(
        count=row.whole("count"),
        mids=row.data("mids"),
        state=row.data("state"),
        logs=tuple((one.text("origin"), one.whole("size")) for one in row.parts("logs")),
        held=tuple(mid for mid in held if isinstance(mid, bytes))
        if isinstance(held, tuple)
        else None,
    )


def _newest_row(rows: Sequence[Values], from_: str, to: str) -> Values | None:
    # Sizes only grow, so the furthest is the newest, whenever it was read; of equals the last word.
    mine = [row for row in rows if row.text("from") == from_ and to in row.texts("to")]
    return max(mine, key=_age, default=None)


def _age(row: Values) -> tuple[int, bool, bytes]:
    sizes = sum(size for _, size in digest_of(row).logs)
    return sizes, "held" in row, row.data("mid")


def _newest(rows: Sequence[Values], from_: str, to: str) -> Digest | None:
    row = _newest_row(rows, from_, to)
    return None if row is None else digest_of(row)


def said_of(row: Values) -> Said:
    """Return what the house's row of a record says of its place in the matter."""
    return Said(
        row.data("mid"),
        row.text("kind"),
        row.text("from"),
        row.texts("to"),
        row.text("s"),
        row.whole("n"),
        row.data("reply_to") if "reply_to" in row else None,
    )
