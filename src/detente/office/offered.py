"""The room of what desks offer to programs: collections, their pages, and what programs hand in.

Who may read a collection is who may read the desk; who hands in acts as the desk's author, under the
same laws as at a screen. Every look is in the trail. Source: spec/kinds/cert.md 7, docs/cert/taxii.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import people
from detente.office.desk import Desk, Role
from detente.office.fields import Value, Values
from detente.office.offered_rows import ASKED, STATUSES, WALKED
from detente.office.offering import (
    ALL,
    EVERYONE,
    FROM,
    FROM_LANE,
    LOCAL,
    TO,
    TO_LANE,
    Offering,
    Page,
    Shown,
    Wanted,
)  # fmt: skip
from detente.office.people import Person
from detente.office.post import Post
from detente.office.reader import TableReader
from detente.office.register import Register
from detente.office.trail import Note, Trail

PAGE_MAX: Final = 1_000  # objects of one page
TAKEN_MAX: Final = 10_000  # versions that one request takes back
STATUS_LIFE: Final = Span.of(days=7)
STATUSES_MAX: Final = 10_000
COUNTED_MAX: Final = 1_000  # "so many and more"
ASKED_EVERY: Final = Span(60_000)  # so often it is kept who asked
_LATEST: Final = 2**53 - 1  # microseconds: nothing is added later


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection as a person may use it. alias: all, local, from-PARTY, to-PARTY, to-all.

    lane: see Offering.
    """

    id: str
    alias: str
    desk: str
    party: str
    lane: str
    may_read: bool
    may_write: bool


class Offered:
    """What one office offers to programs."""

    def __init__(self, register: Register, post: Post, trail: Trail) -> None:
        self._register, self._post, self._trail = register, post, trail
        self._asked: dict[tuple[str, str], tuple[Moment, int]] = {}

    @property
    def desk(self) -> Desk:
        """The desk that offers something. Raises OurFault("http.no_page")."""
        for each in self._register.desks.values():
            if each.offers is not None:
                return each
        raise OurFault("http.no_page", "no desk here offers collections", "see docs/cert/taxii.md")

    @property
    def offering(self) -> Offering:
        """How that desk offers. Raises OurFault("http.no_page")."""
        found = self.desk.offers
        assert found is not None, "that is what was looked for"
        return found

    @property
    def own(self) -> str:
        """The name of our party."""
        return self._register.book.card.name

    # Collections.

    def collections(self, person: Person) -> tuple[Collection, ...]:
        """Return the collections that a person may read or write, ours before those of peers."""
        desk = self.desk.name
        reads, writes = person.may(desk, Role.READ), person.may(desk, Role.AUTHOR)
        peers = sorted(
            name for name, card in self._register.book.peers.items() if desk in card.desks
        )
        made = [(ALL, "", reads, False), (LOCAL, "", reads, writes)]
        for each in peers:
            made += [(f"{FROM}{each}", each, reads, False), (f"{TO}{each}", each, reads, writes)]
        if peers:
            made.append((EVERYONE, "", False, writes))
        found = (
            Collection(
                collection_id(self.own, desk, alias), alias, desk, party, self.lane_of(alias),
                may_read, may_write,
            )
            for alias, party, may_read, may_write in made
        )  # fmt: skip
        return tuple(each for each in found if each.may_read or each.may_write)

    def collection(self, person: Person, name: str) -> Collection:
        """Return a collection by its id or alias.

        Raises OurFault: office.forbidden for who may do nothing there, http.no_page.
        """
        people.permit(person, self.desk.name, self._least(person))
        for each in self.collections(person):
            if name.lower() == each.id or name == each.alias:
                return each
        raise OurFault(
            "http.no_page", f"no collection {name[:80]!r}", "see the list of collections"
        )

    def _least(self, person: Person) -> Role:
        return Role.AUTHOR if person.may(self.desk.name, Role.AUTHOR) else Role.READ

    def addresses(self, collection: Collection) -> tuple[str, ...]:
        """Return the desks that get what is handed in here; our own alone for what goes nowhere."""
        desk = collection.desk
        if collection.alias == LOCAL:
            return (f"{desk}@{self.own}",)
        if collection.party:
            return (f"{desk}@{collection.party}",)
        cards = self._register.book.peers
        return tuple(sorted(f"{desk}@{name}" for name, card in cards.items() if desk in card.desks))

    # Reading.

    def page(
        self, person: Person, collection: Collection, wanted: Wanted, after: int, count: int
    ) -> Page:
        """Return a page after a moment (microseconds), at most `count` versions.

        Raises OurFault: office.forbidden, office.desk_closed.
        """
        self._may_look(person, collection, "objects")
        return self._page(collection, wanted, after, min(count, PAGE_MAX))

    def _page(self, collection: Collection, wanted: Wanted, after: int, count: int) -> Page:
        self._post.fold_all()
        with self._register.shelf.begin() as tx:
            look = TableReader(tx.rows)
            found = self.offering.page(look, collection.lane, wanted, after, count)
            return self._without_withheld(look, found)

    def _without_withheld(self, look: TableReader, page: Page) -> Page:
        withheld = self.offering.withheld(look)
        if withheld is None:
            return page

        def is_free(row: Shown) -> bool:
            return not any(withheld(each.decode()) for each in self.offering.texts(look, (row,)))

        rows = tuple(filter(is_free, page.rows))
        return page._replace(rows=rows, is_whole=len(rows) == len(page.rows))

    def texts(self, page: Page) -> list[bytes]:
        """Return the objects of a page, each to the letter as it came."""
        with self._register.shelf.begin() as tx:
            return self.offering.texts(TableReader(tx.rows), page.rows)

    def versions(self, person: Person, collection: Collection, identity: str) -> tuple[Shown, ...]:
        """Return every version of an object that stands, as they were added. Raises as `page`."""
        wanted = Wanted(frozenset({identity}), versions=frozenset({"all"}))
        return self.page(person, collection, wanted, -1, PAGE_MAX).rows

    def of(self, collection: Collection, wanted: Wanted) -> tuple[Shown, ...]:
        """Return every version that fits, for who takes objects back."""
        return self._page(collection, wanted, -1, TAKEN_MAX).rows

    def sayings(self, row: Shown) -> Sequence[bytes]:
        """Return the records to take back where a version is to stand no more."""
        with self._register.shelf.begin() as tx:
            return self.offering.sayings(TableReader(tx.rows), row)

    def lane_of(self, alias: str) -> str:
        """Return the lane of a collection, whoever asks; "" for those that are of all."""
        if alias == LOCAL:
            return TO_LANE + self.own
        for start, lane in ((FROM, FROM_LANE), (TO, TO_LANE)):
            if alias.startswith(start) and alias != EVERYONE:
                return lane + alias.removeprefix(start)
        return ""

    def known(self, lanes: Sequence[str], ids: Iterable[str]) -> dict[str, tuple[list[Shown], ...]]:
        """Return by id all of an object, what is gone too, of each lane in turn; "": of all."""
        self._post.fold_all()
        found = {}
        with self._register.shelf.begin() as tx:
            look, asked = TableReader(tx.rows), list(dict.fromkeys(ids))
            there = self.offering.known(look, asked)
            for each in asked:
                held = self.offering.held(look, each) if each in there else ()
                found[each] = tuple(
                    [one for one in held if lane in ("", one.lane)] for lane in lanes
                )
        return found

    def _may_look(self, person: Person, collection: Collection, what: str) -> None:
        if not collection.may_read:
            people.permit(person, collection.desk, Role.READ)
            raise OurFault(
                "office.forbidden", f"{collection.alias} is for handing in, not for reading",
                "read the collections of the peers, or `all`",
            )  # fmt: skip
        self._register.keys.check_open(collection.desk)
        self._trail.saw(person, Note(collection.desk, f"taxii/{what}/{collection.alias}"[:64]))

    def standing(self, collection: Collection) -> tuple[int, Moment | None]:
        """Return how many objects stand in a collection, counted up to COUNTED_MAX, and its newest."""
        self._post.fold_all()
        if not collection.may_read:
            return 0, None
        with self._register.shelf.begin() as tx:
            look = TableReader(tx.rows)
            found = self.offering.page(look, collection.lane, Wanted(), -1, COUNTED_MAX)
            newest = self._newest(look, collection.lane)
        count = COUNTED_MAX if found.more else len(found.rows)
        return count, None if newest < 0 else Moment(newest // 1_000)

    def _newest(self, look: TableReader, lane: str) -> int:
        # Rows are read in the order of their adding alone: the last is found by halving.
        every = Wanted(versions=frozenset({"all"}))
        low, high = -1, _LATEST
        while low < high:
            middle = (low + high + 1) // 2
            found = self.offering.page(look, lane, every, middle - 1, 1).rows
            low, high = (found[0].added, high) if found else (low, middle - 1)
        return low

    # Who asks.

    def asked(
        self, person: Person, label: str, collection: Collection, upto: int, count: int, now: Moment
    ) -> None:
        """Keep that somebody asked, once a minute at most; what went out meanwhile is added up."""
        key = (collection.alias, person.name)
        kept, more = self._asked.get(key, (None, 0))
        more += count
        if kept is not None and kept <= now < kept + ASKED_EVERY:
            self._asked[key] = (kept, more)
            return
        with self._register.shelf.begin() as tx:
            rows, name = tx.rows(ASKED), " ".join(key)
            before = Values(rows.get(name) or {})
            row: dict[str, Value] = {"key": name, "collection": key[0], "person": key[1]}
            row |= {"label": label[:64] or None, "at": now}
            row |= {
                "upto": max(upto, before.whole("upto", 0)),
                "count": before.whole("count", 0) + more,
            }
            rows.put(row)
        self._asked[key] = (now, 0)

    def walked(
        self,
        person: Person,
        label: str,
        collection: Collection,
        after: int,
        page: Page,
        now: Moment,
    ) -> None:
        """Keep how far a reader has come without a gap; nothing of a page that leaves something out."""
        if page.upto <= after or not page.is_whole:
            return
        name = f"{collection.alias} {person.name} {label[:64]}"  # each token is a reader
        with self._register.shelf.begin() as tx:
            rows = tx.rows(WALKED)
            before = Values(rows.get(name) or {})
            had = (before.whole("since"), before.whole("reached")) if before else None
            since, reached = joined(had, (after, page.upto))
            if had != (since, reached):
                row: dict[str, Value] = {"collection": collection.alias, "person": person.name}
                row |= {"key": name, "label": label[:64] or None, "at": now}
                rows.put({**row, "since": since, "reached": reached})

    def who_asked(self, alias: str) -> tuple[Values, ...]:
        """Return who asked for a collection, the latest first."""
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for row in tx.rows(ASKED).find({"collection": alias}, None, 500)]
        return tuple(sorted(rows, key=lambda row: row.moment("at"), reverse=True))

    # Statuses of what was handed in.

    def keep_status(
        self, person: Person, collection: str, name: str, text: str, now: Moment
    ) -> None:
        """Keep what became of a request, for a week."""
        with self._register.shelf.begin() as tx:
            rows = tx.rows(STATUSES)
            row: dict[str, Value] = {"id": name, "person": person.name, "collection": collection}
            rows.put({**row, "at": now, "text": text})

    def status(self, person: Person, name: str, now: Moment) -> Values | None:
        """Return the row of a status that this person's request got; None if there is none."""
        with self._register.shelf.begin() as tx:
            row = tx.rows(STATUSES).get(name)
        found = Values(row or {})
        if row is None or found["person"] != person.name or now >= found.moment("at") + STATUS_LIFE:
            return None
        return found

    def sweep_statuses(self, now: Moment) -> None:
        """Forget what is older than a status lives."""
        with self._register.shelf.begin() as tx:
            rows = tx.rows(STATUSES)
            for row in rows.find({}, None, STATUSES_MAX):
                if now >= Values(row).moment("at") + STATUS_LIFE:
                    rows.drop(row["id"])


def joined(had: tuple[int, int] | None, page: tuple[int, int]) -> tuple[int, int]:
    """Return what went out without a gap after a page more, each as after and up to.

    Of two stretches apart the later stands: who began anew there goes on there.
    """
    if had is None or page[0] > had[1]:
        return page
    if page[1] < had[0]:
        return had
    return min(had[0], page[0]), max(had[1], page[1])


def collection_id(party: str, desk: str, alias: str) -> str:
    """Return the UUID of a collection, made of its names (RFC 9562, version 8: SHA-256)."""
    made = bytearray(sha256(f"detente collection\n{party}\n{desk}\n{alias}".encode()).digest()[:16])
    return uuid_of(bytes(made))


def uuid_of(data: bytes) -> str:
    """Return sixteen bytes as a UUID of version 8 (RFC 9562, 5.8)."""
    made = bytearray(data[:16])
    made[6], made[8] = made[6] & 0x0F | 0x80, made[8] & 0x3F | 0x80
    told = made.hex()
    return f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"
