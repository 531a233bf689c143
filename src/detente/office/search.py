"""Search: over what a person may read, and nothing else, not even as a count.

A room of the office. The index stands in the office's store, is filled as records are folded, and is
dropped and filled again by a rebuild, so that a purge takes texts out of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import courses, finding, house
from detente.office.desk import Role
from detente.office.fields import Cut, Values
from detente.office.finding import Sought
from detente.office.ids import Mid
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.register import Register
from detente.office.trail import Note, Trail, entered

PAGE: Final = 50
_MOVES_MAX: Final = 20  # records of a matter looked at for its one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person asks for; "" and None: whatever it is."""

    words: str = ""
    desk: str = ""
    kind: str = ""
    matter: str = ""
    prec: str = ""
    tlp: str = ""
    party: str = ""
    since: Moment | None = None
    until: Moment | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """Records as the house keeps them, the newest first. after: where the next page begins, or "".

    titles: by matter, the one line of the record that opened it, where it has one. closed: desks of
    this person that were not searched, for they are shut to them.
    """

    rows: tuple[Values, ...]
    after: str
    titles: Mapping[str, str]
    closed: tuple[str, ...] = ()


class Search:
    """What is found at one office."""

    def __init__(self, register: Register, post: Post, trail: Trail) -> None:
        self._register, self._post, self.trail = register, post, trail

    @entered("search")
    def find(
        self, person: Person, asked: Asked, _now: Moment, after: str = "", count: int = PAGE
    ) -> Results:
        """Return records at the desks that a person may read, at most `count`.

        Words are found by their beginnings; a record's id, or the beginning of it, finds that record.
        Raises OurFault: form.length for more than MAX_FIND_WORDS words, api.cursor.
        """
        self._post.fold_all()
        own = [desk for desk in sorted(self._register.desks) if person.may(desk, Role.READ)]
        desks = tuple(desk for desk in own if asked.desk in ("", desk))
        closed = tuple(
            desk
            for desk in sorted(person.shut)
            if asked.desk in ("", desk) and person.stands(desk, Role.READ)
        )
        words = finding.split(asked.words)
        if len(words) > limits.MAX_FIND_WORDS:
            what = f"{len(words)} words where {limits.MAX_FIND_WORDS} are allowed"
            raise OurFault("form.length", what, "ask for fewer words")
        sought = Sought(
            desks=desks, words=words, kind=asked.kind, matter=asked.matter, prec=asked.prec,
            tlp=asked.tlp, party=asked.party, since=asked.since, until=asked.until,
            after=_place(after),
        )  # fmt: skip
        with self._register.shelf.begin() as tx:
            mids = self._by_id(tx, asked, desks) if not after else ()
            rows = [_row(tx, mid) for mid in mids]
            if not rows and desks:
                rows = [_row(tx, mid) for mid in tx.find_mids(sought, count + 1)]
            titles = {row.text("matter"): _title(tx, row.text("matter")) for row in rows[:count]}
        shown = tuple(rows[:count])
        self.trail.saw(person, Note("", "search", tuple(row.data("mid") for row in shown)))
        after = _cursor(shown[-1]) if len(rows) > count else ""
        return Results(shown, after, titles, closed)

    def _by_id(self, tx: ShelfTx, asked: Asked, desks: Sequence[str]) -> Sequence[bytes]:
        written = asked.words.strip()
        try:
            given = Mid().read("id", written)
        except OurFault:
            return ()
        if isinstance(given, Cut):
            rows = tx.rows(house.RECORDS).find({}, given.before, PAGE)
            mids = [Values(row).data("mid") for row in rows if Values(row).text("desk") in desks]
            return [mid for mid in mids if given.begins(mid)]
        row = tx.rows(house.RECORDS).get(given) if isinstance(given, bytes) else None
        return [Values(row).data("mid")] if row is not None and row["desk"] in desks else ()


def _title(tx: ShelfTx, matter: str) -> str:
    moves = tx.rows(courses.MOVES).find({"matter": matter}, None, _MOVES_MAX)
    return next((title for row in moves if (title := Values(row).text("title"))), "")


def _row(tx: ShelfTx, mid: bytes) -> Values:
    row = tx.rows(house.RECORDS).get(mid)
    assert row is not None, "what is found was folded"
    return Values(row)


def _cursor(row: Values) -> str:
    return f"{row.moment('kept_at').ms} {row.data('mid').hex()}"


def _place(after: str) -> tuple[Moment, bytes] | None:
    if not after:
        return None
    at, _, mid = after.partition(" ")
    try:
        return Moment(int(at)), bytes.fromhex(mid)
    except ValueError:
        raise OurFault("api.cursor", "no place in a list", "take it from a `next` link") from None
