"""What leaves an office: letters of persons and of the house, through the outbox, once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from detente.core import limits, names, record
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import Answer
from detente.office import enclosed, enclosing, house, kinds, reading, unsent, wishes, writing
from detente.office.before import Begun
from detente.office.drafting import Draft, Evidenced
from detente.office.fields import Values
from detente.office.kind import Kind
from detente.office.outbox import POST_MAX, Outbox
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.reading import Taken
from detente.office.register import Register
from detente.office.writing import Letter, Written

FRESH_BYTES: Final = 32
_TRIES_MAX: Final = 256  # of one request; who asks more often is a fault of its own


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act: the records it made, durable at our node.

    begun: drafts of texts, by name, that a person has to complete, each with the act and what was
    left out. slowed: those that go as IMMEDIATE because their link had its FLASH of this minute. waiting:
    records that wait for a second person, held: those that may still be taken back; see Drafts.
    """

    mids: tuple[bytes, ...]
    slowed: tuple[bytes, ...] = ()
    waiting: tuple[bytes, ...] = ()
    held: tuple[bytes, ...] = ()
    begun: tuple[tuple[str, Begun], ...] = ()


class Post:
    """The way out of one office. unreleased: whether one person may send alone what is urgent."""

    def __init__(self, register: Register, *, unreleased: bool) -> None:
        self._register, self.unreleased = register, unreleased
        self.outbox = Outbox(register)
        self._made: deque[Taken] = deque()  # accepted by the node, not yet in our tables

    # Letters.

    def letter(self, draft: Draft, desk: str, files: tuple[Values, ...] = ()) -> Letter:
        """Return what a person wants to send as a letter, with these files of `draft.attach`.

        Raises OurFault("office.unreleased").
        """
        if draft.ext and "unreleased" in draft.ext:
            self.permit_unreleased(draft.prec, draft.kind.name)
        matter = draft.matter or self._register.book.entropy.draw(16).hex()
        body = draft.body.with_(**{enclosed.FILES.name: files}) if files else draft.body
        draw = self._register.book.entropy.draw
        if draft.fresh:  # else what was read and written of the body stays with it
            body = body.with_(**{name: draw(FRESH_BYTES) for name in draft.fresh})
        return Letter(
            kind=draft.kind.name,
            desk=desk,
            to=self._addressed(draft.to, desk),
            text=draft.kind.write(body),
            body=body,
            att=enclosing.attachments(body),
            created=draft.created,
            matter=matter,
            prec=draft.prec,
            tlp=draft.tlp,
            is_open=draft.kind.open_body,
            reply_to=draft.reply_to,
            deadline=draft.deadline,
            ext=draft.ext,
        )

    def _addressed(self, to: tuple[str, ...], desk: str) -> tuple[str, ...]:
        # Who speaks to all of a circle need not know which of them they are themselves.
        own = self._register.address(desk)
        return tuple(each for each in to if each != own) or (own,)

    def permit_unreleased(self, prec: str, kind: str) -> None:
        """Raise OurFault("office.unreleased") unless one person may send this alone."""
        if not is_urgent(prec, kind):
            raise OurFault(
                "office.unreleased",
                "only a FLASH or a hotline record may go without a second person",
                "leave --unreleased out",
            )
        if not self.unreleased:
            raise OurFault(
                "office.unreleased",
                "this party lets nobody release alone",
                "have a second person release it; or set office.unreleased, if your rules allow it",
            )

    @staticmethod
    def house_letter(
        kind: Kind, desk: str, to: tuple[str, ...], body: Values, now: Moment
    ) -> Letter:
        """Return a letter of the house itself."""
        return Letter(
            kind=kind.name,
            desk=desk,
            to=to,
            text=kind.write(body),
            body=body,
            created=now,
            matter=record.NO_MATTER,
            prec="ROUTINE",
            tlp="CLEAR",
            is_open=kind.open_body,
        )

    def unattended(self, desk: str) -> str:
        """Return the signer of a desk that needs no person. Raises OurFault("office.no_key")."""
        for signer_id in sorted(self._register.book.card.desks[desk].signers):
            if signer_id.startswith("m-") and signer_id in self._register.keys.signers:
                return signer_id
        raise OurFault(
            "office.no_key", f"the desk {desk} has no signer of its own (m-…)", "issue a new card"
        )

    def write(self, letter: Letter, author: str) -> Written:
        """Return the finished record: numbered, sealed and signed, not yet sent."""
        return writing.write(letter, author, self._register.book, self._register.keys)

    # Sending.

    def post_as(
        self,
        person: Person,
        desk: str,
        name: str,
        letters: Sequence[Letter],
        now: Moment,
        request: str = "",
    ) -> Outcome:
        """Send letters of a person, after the act stands in the home log; faults as `post`.

        If the home log has no room, what is urgent goes all the same, and says so (UNAUDITED).
        """
        return self.post_for(person, desk, name, letters, person.signer_id, now, request)

    def keep_evidence(self, person: Person, name: str, fault: Evidenced, now: Moment) -> None:
        """Keep at home what an act was refused for; raises as `post_as`."""
        desk = name.partition("/")[0]
        letters = [self.letter(draft, desk) for draft in fault.drafts]
        if letters:
            self.post_as(person, desk, name, letters, now)

    def post_for(
        self,
        person: Person,
        desk: str,
        name: str,
        letters: Sequence[Letter],
        signer: str,
        now: Moment,
        request: str = "",
    ) -> Outcome:
        """Do what `post_as` does, under the signature of this id: a person's or the desk's own."""
        written = [self.write(letter, signer) for letter in letters]
        try:
            self._enter(person, desk, name, [one.mid for one in written], now, request)
        except OurFault as fault:
            if fault.code != "store.full" or not are_urgent(letters):
                raise
            written = [self.write(marked_unaudited(letter, fault), signer) for letter in letters]
            # Not audited now: the entry waits in the outbox, and is made when there is room.
            mids = [one.mid for one in written]
            late = self._entry(person, desk, name, mids, now, request)
            return self.post(written, now, late)
        return self.post(written, now)

    def _enter(
        self,
        person: Person,
        desk: str,
        name: str,
        mids: Sequence[bytes],
        now: Moment,
        request: str = "",
    ) -> None:
        # Audit: durable before the act takes effect. A record without effect is an attempt.
        self.enter_all([self._entry(person, desk, name, mids, now, request)], now)

    def enter_all(self, entries: Sequence[Written], now: Moment) -> None:
        """Put entries into the home log: they are durable on return, all or none.

        Raises the node's refusal by its own code, and OurFault as Hatch.submit does.
        """
        for answer in self._register.hatch.submit([one.envelope for one in entries], now):
            if answer.code:
                raise unsent.refusal(answer)
        self._made += [self._taken(one) for one in entries]

    def enter(self, letter: Letter, signer: str, now: Moment) -> bytes:
        """Write a letter of the house into the home log; return its mid. It is durable then.

        Raises the node's refusal by its own code; OurFault("hatch.closed").
        """
        entry = self.write(letter, signer)
        self.enter_all([entry], now)
        return entry.mid

    def enter_late(self, entries: Sequence[Written], now: Moment) -> None:
        """Keep entries in the outbox: the home log has no room, and gets them when it has."""
        with self._register.shelf.begin() as tx:
            for one in entries:
                tx.outbox_put(one.mid, one.envelope, now)
        self.outbox.late |= {one.mid for one in entries}

    def home_entry(self, kind: Kind, desk: str, body: Values, now: Moment) -> Written:
        """Return an entry for the home log, under the desk's own signature, not yet handed in."""
        to = (self._register.address(desk),)
        return self.write(self.house_letter(kind, desk, to, body, now), self.unattended(desk))

    def entry_of(
        self, person: Person, desk: str, name: str, mids: Sequence[bytes], now: Moment,
        request: str = "",
    ) -> Written:  # fmt: skip
        """Return the entry about an act, not yet handed in."""
        return self._entry(person, desk, name, mids, now, request)

    def _entry(
        self,
        person: Person,
        desk: str,
        name: str,
        mids: Sequence[bytes],
        now: Moment,
        request: str,
    ) -> Written:
        body = Values(
            {
                "person": person.name,
                "user": person.user,
                "act": name,
                "mids": tuple(mids),
                "request": request or None,
            }
        )
        return self.home_entry(kinds.ACT, desk, body, now)

    def tries(
        self, tx: ShelfTx, person: Person, name: str, request: str
    ) -> Iterator[tuple[bytes, ...]]:
        """Return what each try of an act under this name was to send, by mids.

        Everything logged must have been read, and the outbox resumed. Raises
        OurFault("office.reused") if this person gave the name to something else.
        """
        named = wishes.split(request)[0]
        rows = tx.rows(house.ACTS).find({"request": named}, None, _TRIES_MAX)
        for act in (*map(Values, rows), *self.outbox.late_acts(tx)):
            stood = " ".join(each for each in (act.text("request"), act.text("mark")) if each)
            if act.text("person") != person.name:
                continue
            if wishes.is_again((name, request), (act.text("act"), stood)):
                mids = act.get("mids", ())
                assert isinstance(mids, tuple)
                yield tuple(each for each in mids if isinstance(each, bytes))

    def post(self, written: Sequence[Written], now: Moment, late: Written | None = None) -> Outcome:
        """Send finished records: into the outbox first, then through the hatch.

        late: the entry of the home log about them, which waits in the outbox for room.

        Our tables follow with `fold_made`: sending goes before book-keeping, and the outbox holds
        what a crash keeps from them. Raises the node's refusal by its own code; what it refused is forgotten. If the node cannot
        be reached, OurFault("hatch.closed"): then they stay in the outbox and `resume` sends them.
        """
        answers = self.hand_in(written, now, late)
        refused = [answer for answer in answers if answer.code]
        if refused:
            raise unsent.refusal(refused[0])
        slowed = tuple(answer.mid for answer in answers if answer.slowed)
        return Outcome(tuple(one.mid for one in written), slowed)

    def hand_in(
        self,
        written: Sequence[Written],
        now: Moment,
        late: Written | None = None,
        also: Callable[[ShelfTx], None] | None = None,
    ) -> Sequence[Answer]:
        """Do what `post` does; return the node's answers.

        also: what happens in the office's store exactly if they stand in the outbox.
        """
        assert len(written) <= POST_MAX, "one batch"
        takens = [self._taken(one) for one in written]
        with self._register.shelf.begin() as tx:
            for one in (*written, *([late] if late else [])):
                tx.outbox_put(one.mid, one.envelope, now)
            if also is not None:
                also(tx)
        self.outbox.late |= {late.mid} if late else set()
        try:
            answers = self.outbox.submit([(one.mid, one.envelope) for one in written], now)
        except OurFault as fault:
            if fault.code != "hatch.closed":  # the node says no; else we do not know what it did
                self._drop([one.mid for one in written])
                self._drop_late(late)
            raise
        refused = [one.mid for one, answer in zip(written, answers, strict=True) if answer.code]
        if refused:
            self._drop(refused)
        if len(refused) == len(written):
            self._drop_late(late)
        self._made += [each for each in takens if each.mid not in refused]
        return answers

    def fold_made(self, count_max: int) -> bool:
        """Fold what this office made into its tables, the oldest first; return whether more waits."""
        if self._made:
            folding = list(islice(self._made, count_max))
            with self._register.shelf.begin() as tx:
                for taken in folding:
                    self._fold_own(tx, taken)
                self._register.settle(tx)
            for _ in folding:
                self._made.popleft()
        return bool(self._made)

    def fold_all(self) -> None:
        """Fold all of it: whoever looks sees what was done a moment ago."""
        while self.fold_made(POST_MAX):
            pass

    def _taken(self, written: Written) -> Taken:
        # Before anything is sent: a body that our own desk cannot read goes nowhere.
        desk = self._register.desks.get(names.desk_of(written.header.from_))
        return reading.from_written(written, desk)

    def _fold_own(self, tx: ShelfTx, taken: Taken) -> None:
        self._register.fold(tx, taken, taken.header.created)

    def _drop(self, mids: Sequence[bytes]) -> None:
        with self._register.shelf.begin() as tx:
            for mid in mids:
                tx.outbox_drop(mid)

    def _drop_late(self, late: Written | None) -> None:
        if late is not None:  # nothing took effect
            self._drop([late.mid])
            self.outbox.late.discard(late.mid)

    # What our node refused: a person decides.

    def try_again(self, person: Person, desk: str, mid: bytes, now: Moment) -> Outcome:
        """Hand in once more what our node refused, after the act stands in the home log.

        Raises the node's refusal by its own code, kept in place of the older; OurFault
        "office.not_refused" if it does not wait for this.
        """
        waiting = self.outbox.held(mid)
        self._enter(person, desk, "record/retry", [mid], now)
        self.outbox.try_again(waiting, now)
        return Outcome((mid,))

    def give_up(self, person: Person, desk: str, mid: bytes, now: Moment) -> None:
        """Forget a record that our node refused, after the act stands in the home log.

        Raises OurFault("office.not_refused") for any other: what was sent is never unsent.
        """
        self.outbox.held(mid)
        self._enter(person, desk, "record/drop", [mid], now)
        self.outbox.give_up(mid)

    def forget(self) -> None:
        """Watch no receipt any more: the tables are folded again."""
        self.outbox.forget()
        self._made.clear()


def is_urgent(prec: str, kind: str) -> bool:
    """Say whether a record may pass what others wait for (spec/log.md 5.1)."""
    return prec == "FLASH" or kind.startswith("hotline.")


def are_urgent(letters: Sequence[Letter]) -> bool:
    """Say whether all of these letters may."""
    return bool(letters) and all(is_urgent(each.prec, each.kind) for each in letters)


def marked_unaudited(letter: Letter, fault: OurFault) -> Letter:
    """Return a letter that says why the home log did not take it up."""
    why = f"the home log took nothing: {fault.code}, {house.plain(fault.what)}"
    return replace(letter, ext={**(letter.ext or {}), "unaudited": why[: limits.MAX_EXT_REASON]})
