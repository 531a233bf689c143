"""Finished records before they leave: for a second person's signature, or to be taken back.

A room of the office. Numbered, sealed and signed by its author, a record waits here as it will go:
whoever releases it is shown what opens from these bytes, and signs the same header and body.
Source: spec/record.md 4.2, spec/link.md 9.
"""

from collections.abc import Sequence
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.core.record import Header
from detente.office import home_kinds, waiting, writing
from detente.office.desk import Role
from detente.office.draft_shelf import PAGE, DraftShelf, header_of
from detente.office.fields import Cut, Field, Text, Values
from detente.office.filing import Filing
from detente.office.leaving import Leaving
from detente.office.people import Person, permit
from detente.office.post import Outcome, Post, is_urgent, marked_unaudited
from detente.office.reading import Taken
from detente.office.register import Register
from detente.office.trail import Note, Trail, entered
from detente.office.waiting import HELD, WAITS, Policy, Shown, Waits
from detente.office.writing import Letter, Written

_WHY: Final = Field("why", Text(home_kinds.WHY_MAX))
_ALONE: Final = Field("why", Text(limits.MAX_EXT_REASON))


class Drafts:
    """What has not left one office yet."""

    def __init__(self, register: Register, post: Post, trail: Trail, policy: Policy) -> None:
        self._register, self._post, self._policy = register, post, policy
        self.trail = trail
        self.shelf = DraftShelf(register, post)
        self.filing = Filing(register, post, self.shelf, policy)
        self.leaving = Leaving(register, post, self.shelf)

    # What people see.

    def waiting(self, person: Person, after: bytes | None = None) -> tuple[Waits, ...]:
        """Return what has not left, at the desks that a person may read; PAGE at most."""
        found: list[Waits] = []
        desks = [desk for desk in person.roles if person.may(desk, Role.READ)]
        with self._register.shelf.begin() as tx:
            for desk in desks:
                rows = tx.rows(waiting.DRAFTS).find({"desk": desk}, after, PAGE)
                found += [waiting.waits_of(Values(row), header_of(Values(row))) for row in rows]
        return tuple(sorted(found, key=lambda each: each.mid)[:PAGE])

    @entered("draft/show")
    def show(self, person: Person, mid: bytes) -> Shown:
        """Return what opens from a record that waits, checked as its addressees will.

        Raises OurFault: office.no_draft, office.draft_done, office.forbidden; TheirFault for bytes
        that do not hold: then nobody signs them.
        """
        row = self.shelf.of(mid)
        permit(person, row.text("desk"), Role.READ)
        taken = self._register.take_waiting(row.data("envelope"))
        header = taken.header
        urgent = is_urgent(header.prec, header.kind)
        self.trail.saw(person, Note(row.text("desk"), "draft/show", (mid,), urgent))
        beside = len(self.shelf.together(row)) - 1
        return Shown(waiting.waits_of(row, taken.header), taken, self.shelf.steps(mid), beside)

    def whole_mid(self, person: Person, given: bytes | Cut) -> bytes:
        """Return the mid of the one draft that begins so. Raises OurFault("form.mid")."""
        if isinstance(given, bytes):
            return given
        mids = [each.mid for each in self.waiting(person) if given.begins(each.mid)]
        if len(mids) == 1:
            return mids[0]
        what = "several drafts begin" if mids else "no draft begins"
        raise OurFault("form.mid", f"{what} {given.text}", "see: detente draft list")

    # Decided.

    @entered("draft/release")
    def release(self, person: Person, mid: bytes, now: Moment) -> Outcome:
        """Sign a record as the second person, and let it go, with all that its act wrote with it.

        Raises OurFault: office.no_draft, office.draft_done if somebody was first, office.forbidden,
        office.same_person, office.draft_late; the node's refusal by its own code: then it waits on.
        """
        row = self.shelf.of_state(mid, WAITS)
        permit(person, row.text("desk"), Role.RELEASE)
        rows, written = [], []
        second = person.signer_id
        for each in self.shelf.together(row):
            taken = self._register.take_waiting(each.data("envelope"))
            self._refuse_same(person, each, taken.signers.author)
            _refuse_late(taken, now)
            register = self._register
            sealed = writing.release(each.data("envelope"), second, register.book, register.keys)
            rows.append(each.with_(envelope=sealed, releaser=person.name, second=second))
            author = taken.signers.author
            one = (each.data("mid"), author, taken.header, taken.text, taken.body, sealed, second)
            written.append(Written(*one))
        self._decide(person, rows, "released", now, headers=[one.header for one in written])
        if self._policy.holds(written[0].header.prec):
            until = now + self._policy.hold_back
            self.shelf.put([each.with_(state=HELD, until=until) for each in rows])
            mids = tuple(one.mid for one in written)
            self.shelf.dues().update(dict.fromkeys(mids, until))
            return Outcome((), held=mids)
        return self.leaving.leave(rows, written, now)

    @entered("draft/release")
    def release_alone(self, person: Person, mid: bytes, why: str, now: Moment) -> Outcome:
        """Send what an urgent draft says with one signature, under the party's emergency rule.

        It is a new record, which says why (UNRELEASED); the draft is done with. Raises OurFault:
        office.unreleased where the rule forbids it; else as `release`.
        """
        _ALONE.check(why.strip())
        row = self.shelf.of_state(mid, WAITS)
        desk = row.text("desk")
        permit(person, desk, Role.AUTHOR)
        rows, letters = self.shelf.together(row), []
        for each in rows:
            taken = self._register.take_waiting(each.data("envelope"))
            self._post.permit_unreleased(taken.header.prec, taken.header.kind)
            _refuse_late(taken, now)
            letters.append(_again(taken, desk, why, now))
        written = [self._post.write(each, person.signer_id) for each in letters]
        try:
            self._post.enter_all(self._alone(person, rows, written, now), now)
        except OurFault as fault:
            if fault.code != "store.full":
                raise
            marked = [marked_unaudited(each, fault) for each in letters]
            written = [self._post.write(each, person.signer_id) for each in marked]
            self._post.enter_late(self._alone(person, rows, written, now), now)
        return self.leaving.leave(rows, written, now)

    def _alone(
        self, person: Person, rows: list[Values], sent: list[Written], now: Moment
    ) -> list[Written]:
        desk, act = rows[0].text("desk"), rows[0].text("act")
        replaced = zip([row.data("mid") for row in rows], [one.mid for one in sent], strict=True)
        return [
            self._post.entry_of(person, desk, act, [one.mid for one in sent], now),
            *(
                self.shelf.entry(person, desk, act, mid, "replaced", now, by=by)
                for mid, by in replaced
            ),
        ]

    @entered("draft/refuse")
    def refuse(self, person: Person, mid: bytes, why: str, now: Moment) -> None:
        """Say that a record does not go, and why: whoever wrote it reads the reason.

        Raises OurFault: form.length, office.no_draft, office.draft_done, office.forbidden.
        """
        _WHY.check(why.strip())
        row = self.shelf.of_state(mid, WAITS)
        permit(person, row.text("desk"), Role.RELEASE)
        rows = self.shelf.together(row)
        self._decide(person, rows, "refused", now, why)
        self.shelf.drop(rows)

    @entered("draft/withdraw")
    def withdraw(self, person: Person, mid: bytes, now: Moment) -> None:
        """Take a record back that has not left: by who wrote it, or who released it.

        Raises OurFault: office.no_draft, office.draft_done, office.forbidden.
        """
        row = self.shelf.of(mid)
        if person.name not in (row.text("person"), row.text("releaser")):
            raise OurFault(
                "office.forbidden",
                f"the draft is {row.text('person')}'s, who alone takes it back",
                "refuse it, with a reason: detente draft refuse",
            )
        rows = self.shelf.together(row)
        self._decide(person, rows, "withdrawn", now)
        self.shelf.drop(rows)

    def _refuse_same(self, person: Person, row: Values, author: str) -> None:
        people = self._register.book.card.desks[row.text("desk")].signers
        keys = [people[each].ed25519 for each in (author, person.signer_id) if each in people]
        same = author == person.signer_id or len(set(keys)) < len(keys)
        if same or person.name == row.text("person"):
            raise OurFault(
                "office.same_person",
                "who wrote a record cannot release it too",
                "have another person release it",
            )

    def _decide(
        self,
        person: Person,
        rows: Sequence[Values],
        step: str,
        now: Moment,
        why: str = "",
        headers: Sequence[Header] = (),
    ) -> None:
        desk, act = rows[0].text("desk"), rows[0].text("act")
        mids = [row.data("mid") for row in rows]
        entries = [self.shelf.entry(person, desk, act, mid, step, now, why) for mid in mids]
        try:
            self._post.enter_all(entries, now)
        except OurFault as fault:
            marked = headers and all("unaudited" in (each.ext or {}) for each in headers)
            if fault.code != "store.full" or not marked:
                raise  # its header does not say UNAUDITED: its author must write it anew
            self._post.enter_late(entries, now)


def _refuse_late(taken: Taken, now: Moment) -> None:
    fault = waiting.late(taken.header, now)
    if fault is not None:
        raise fault


def _again(taken: Taken, desk: str, why: str, now: Moment) -> Letter:
    header = taken.header
    return Letter(
        kind=header.kind,
        desk=desk,
        to=header.to,
        text=taken.text,
        created=now,
        matter=header.matter,
        prec=header.prec,
        tlp=header.tlp,
        body=taken.body,
        is_open=header.is_open,
        reply_to=header.reply_to,
        deadline=header.deadline,
        ext={**(header.ext or {}), "unreleased": why},
        caveats=header.caveats,
        att=header.att,
    )
