"""The trail: every act, read and refusal is an entry of the home log before it takes effect.

A room of the office. When the home log takes nothing, nothing is served, but what is FLASH or of a
hotline: that passes, and its entry is made afterwards, marked unaudited. An entry names a person, a
desk, what, and records; never bodies, texts or secrets. Source: spec/link.md 9, spec/kinds/office.md.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, TypeVar, cast

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import audit_file, head_rows, home_folds, home_kinds, house, proving
from detente.office.fields import Value, Values
from detente.office.head_rows import Head
from detente.office.home_folds import TRAIL, TRAIL_MIDS
from detente.office.kind import Kind
from detente.office.people import House, Person, permit_house
from detente.office.ports import ShelfTx
from detente.office.post import Post, is_urgent
from detente.office.proving import Proved
from detente.office.register import Register
from detente.office.tables import Row
from detente.office.writing import Written

Method = TypeVar("Method", bound=Callable[..., Any])
LOOK_AGAIN: Final = Span(60_000)  # a list that a page asks for again and again is one entry
PAGE: Final = 100  # entries of one answer
_ONCE: Final = ("record/read", "record/proof", "evidence/export")
_STEPS: Final = ("feed/", "screening/")  # a person did something to a feed, or to a list
_STEP: Final = 500  # rows looked at in one go
_MOST: Final = 20_000  # rows looked at for one page; then its end says where to go on
_REFUSALS: Final = ("office.forbidden", "office.same_person", "office.unreleased", "api.scope")


@dataclass(frozen=True, slots=True)
class Note:
    """What was seen: a desk, what it was, which records. urgent: all of it FLASH or a hotline's."""

    desk: str
    what: str
    mids: tuple[bytes, ...] = ()
    urgent: bool = False

    @property
    def is_again(self) -> bool:
        """Whether pages ask for it over and over: all but what is done once, on purpose."""
        return self.what not in _ONCE and not self.what.startswith(_STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What an auditor asks for; "" and None: whatever it is. since counts, until does not."""

    person: str = ""
    desk: str = ""
    kind: str = ""
    of: bytes | None = None
    since: Moment | None = None
    until: Moment | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of the trail, the newest first. after: where the next begins, "" at the end."""

    rows: tuple[Values, ...]
    after: str


class _Request:
    def __init__(self, person: Person, now: Moment) -> None:
        self.person, self.now = person, now
        self.notes: list[Note] = []


class Trail:
    """What people of one office did, saw and were refused."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register, self._post = register, post
        self._request: _Request | None = None
        self._looked: dict[tuple[str, Note], Moment] = {}
        self.now = Moment(0)  # the last time that anybody told us

    # Written.

    @contextmanager
    def request(self, person: Person, what: str, now: Moment) -> Iterator[None]:
        """Take in all that is seen in one request: its entries are durable when this ends.

        A refusal is entered too. A request within another is part of that one. Raises what the home
        log raises; then nothing may be served.
        """
        self.now = max(self.now, now)
        if self._request is not None:
            yield
            return
        self._request = _Request(person, now)
        try:
            yield
            notes = self._request.notes
        except OurFault as fault:
            if fault.code in _REFUSALS:
                self.refused(person, what, fault.code, now)
            raise
        finally:
            self._request = None
        self._enter_notes(person, notes, now)

    def saw(self, person: Person, note: Note) -> None:
        """Take note of what a person is about to see; outside of a request it is entered at once."""
        if self._request is not None:
            self._request.notes.append(note)
        else:
            self._enter_notes(person, [note], self.now)

    def _enter_notes(self, person: Person, notes: Sequence[Note], now: Moment) -> None:
        fresh = [note for note in _folded(notes) if not self._is_same_look(person, note, now)]
        entries = [self._looked_entry(person, note, now) for note in fresh]
        self._enter(
            entries, now, urgent=all(note.urgent for note in fresh), notes=fresh, who=person
        )
        for note in fresh:
            if note.is_again:
                self._looked[person.name, note] = now

    def _is_same_look(self, person: Person, note: Note, now: Moment) -> bool:
        for key, at in list(self._looked.items()):
            if not at <= now < at + LOOK_AGAIN:
                del self._looked[key]
        return note.is_again and (person.name, note) in self._looked

    def _looked_entry(self, person: Person, note: Note, now: Moment, why: str = "") -> Written:
        members: dict[str, Value] = {**home_kinds.of_person(person.name, person.user)}
        members |= {"what": note.what, "mids": note.mids, "unaudited": why or None}
        desk = note.desk if note.desk in self._register.desks else self.desk()
        return self._post.home_entry(home_kinds.LOOKED, desk, Values(members), now)

    def _enter(
        self,
        entries: Sequence[Written],
        now: Moment,
        *,
        urgent: bool,
        notes: Sequence[Note],
        who: Person,
    ) -> None:
        if not entries:
            return
        try:
            self._post.enter_all(entries, now)
        except OurFault as fault:
            if fault.code != "store.full" or not urgent:
                raise
            why = house.plain(f"{fault.code}: {fault.what}")[: limits.MAX_EXT_REASON]
            late = [self._looked_entry(who, note, now, why) for note in notes]
            self._post.enter_late(late, now)

    def refused(self, person: Person, what: str, code: str, now: Moment) -> None:
        """Enter that a person was refused something. Raises what the home log raises."""
        desk = what.partition("/")[0]
        body = Values(
            {
                **home_kinds.of_person(person.name, person.user),
                "what": house.plain(what)[:64],
                "code": code,
            }
        )
        self._put(home_kinds.REFUSED, body, desk, now)

    def session(
        self, name: str, user: str | None, step: str, how: str, where: str, now: Moment
    ) -> None:
        """Enter that somebody signed in or out, or failed to. step: one of SESSION_STEPS.

        name: as it was given; where: the address it came from, "" for this machine. Raises what the
        home log raises: then nobody is signed in.
        """
        members: dict[str, Value] = {**home_kinds.of_person(house.plain(name)[:64], user)}
        members |= {"step": step, "how": house.plain(how)[:64]}
        members |= {"where": house.plain(where)[:64] if where else None}
        self._put(home_kinds.SESSION, Values(members), "", now)

    def _put(self, kind: Kind, body: Values, desk: str, now: Moment) -> None:
        desk = desk if desk in self._register.desks else self.desk()
        self._post.enter_all([self._post.home_entry(kind, desk, body, now)], now)

    def desk(self) -> str:
        """Return the desk that seals what is of no desk. Raises OurFault("office.no_key")."""
        card, keys = self._register.book.card, self._register.keys
        for name in sorted(card.desks):
            signers = [each for each in card.desks[name].signers if each.startswith("m-")]
            if keys.serves(name) and any(each in keys.signers for each in signers):
                return name
        raise OurFault("office.no_key", "no desk's keys are open", "open the vault")

    # Read: by auditors.

    def find(
        self, person: Person, query: Query, now: Moment, after: str = "", count: int = PAGE
    ) -> Entries:
        """Return entries, the newest first, at most `count`. after: where the page before ended.

        That an auditor looked is an entry too. Raises OurFault("office.forbidden").
        """
        with self.request(person, "audit/list", now):
            permit_house(person, House.AUDITOR)
            self.saw(person, Note("", "audit/list", (query.of,) if query.of else ()))
            self._post.fold_all()
            with self._register.shelf.begin() as tx:
                if query.of is not None:
                    return _of_record(tx, query, after, count)
                return _of_all(tx, query, after, count)

    def verify(self, person: Person, given: Sequence[Head], now: Moment) -> Proved:
        """Check every entry of our home log that we are shown, and the heads that others hold.

        given: heads from elsewhere, to be checked beside those that we gave. Raises
        OurFault("office.forbidden").
        """
        with self.request(person, "audit/verify", now):
            permit_house(person, House.AUDITOR)
            self.saw(person, Note("", "audit/verify"))
        self._post.fold_all()
        return proving.prove(self._register, [*given, *self._heads(ours=True)])

    def file(self, person: Person, now: Moment) -> bytes:
        """Return our home log as a file that anybody can check; see audit_file.

        Raises OurFault: office.forbidden, proof.unknown, form.count.
        """
        with self.request(person, "audit/file", now):
            permit_house(person, House.AUDITOR)
            self.saw(person, Note("", "audit/file"))
        self._post.fold_all()
        return audit_file.write(self._register)

    def heads(self, person: Person, now: Moment) -> tuple[tuple[Head, ...], tuple[Head, ...]]:
        """Return the heads of our home log that others hold, and those of theirs that we hold."""
        with self.request(person, "audit/heads", now):
            permit_house(person, House.AUDITOR)
            self.saw(person, Note("", "audit/heads"))
        self._post.fold_all()
        return tuple(self._heads(ours=True)), tuple(self._heads(ours=False))

    def _heads(self, *, ours: bool) -> list[Head]:
        with self._register.shelf.begin() as tx:
            return head_rows.every(tx, ours=ours)


def note_of(row: Values, what: str) -> Note:
    """Return the note that a record was seen. row: as the house keeps it."""
    urgent = is_urgent(row.text("prec"), row.text("kind"))
    return Note(row.text("desk"), what, (row.data("mid"),), urgent)


def entered(what: str = "") -> Callable[[Method], Method]:
    """Make a method of the office one request of its first argument, a person; see Trail.request.

    what: how its refusals are entered; else by its second argument, the name of an act or a look.
    """

    def wrap(method: Method) -> Method:
        @wraps(method)
        def asked(office: Any, person: Person, *given: Any, **named: Any) -> Any:  # noqa: ANN401
            trail: Trail = office.trail
            now = next((each for each in given if isinstance(each, Moment)), trail.now)
            with trail.request(person, what or str(given[0]), now):
                return method(office, person, *given, **named)

        return cast(Method, asked)

    return wrap


def _folded(notes: Sequence[Note]) -> list[Note]:
    """Return notes of one desk and thing as one, in pieces of LOOKED_MAX records."""
    found: dict[tuple[str, str], Note] = {}
    for note in notes:
        known = found.get((note.desk, note.what))
        if known is not None:
            mids = tuple(dict.fromkeys((*known.mids, *note.mids)))
            note = replace(note, mids=mids, urgent=known.urgent and note.urgent)  # noqa: PLW2901
        found[note.desk, note.what] = note
    most = home_kinds.LOOKED_MAX
    return [
        replace(note, mids=note.mids[at : at + most])
        for note in found.values()
        for at in range(0, max(1, len(note.mids)), most)
    ]


def _fits(row: Row, query: Query) -> bool:
    at = row["at"]
    assert isinstance(at, Moment)
    return (
        query.person in ("", row["person"])
        and query.desk in ("", row["desk"])
        and query.kind in ("", row["kind"])
        and (query.since is None or at >= query.since)
        and (query.until is None or at < query.until)
    )


def _of_record(tx: ShelfTx, query: Query, after: str, count: int) -> Entries:
    keys: list[str] = []
    start: Value = None
    while True:
        rows = tx.rows(TRAIL_MIDS).find({"of": query.of}, start, _STEP)
        keys += [Values(row).text("entry") for row in rows]
        if len(rows) < _STEP:
            break
        start = rows[-1]["key"]
    entries = (tx.rows(TRAIL).get(key) for key in keys if key > after)
    fitting = [Values(row) for row in entries if row is not None and _fits(row, query)]
    return _page(fitting, count)


def _of_all(tx: ShelfTx, query: Query, after: str, count: int) -> Entries:
    where: dict[str, Value] = {}
    for name in ("person", "desk", "kind"):
        if not where and getattr(query, name):
            where = {name: getattr(query, name)}
    if query.until is not None:  # later ones come before
        after = max(after, f"{home_folds.before(query.until)}~")
    found: list[Values] = []
    seen = 0
    while len(found) <= count and seen < _MOST:
        rows = tx.rows(TRAIL).find(where, after or None, _STEP)
        found += [Values(row) for row in rows if _fits(row, query)]
        seen += len(rows)
        if len(rows) < _STEP or _is_before(rows[-1], query.since):
            return _page(found, count)
        after = Values(rows[-1]).text("key")
    page = _page(found, count)
    return page if page.after else Entries(page.rows, after)


def _is_before(row: Row, since: Moment | None) -> bool:
    at = row["at"]
    assert isinstance(at, Moment)
    return since is not None and at < since


def _page(rows: Sequence[Values], count: int) -> Entries:
    shown = tuple(rows[:count])
    return Entries(shown, shown[-1].text("key") if len(rows) > count else "")
