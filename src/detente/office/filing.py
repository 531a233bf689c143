"""What happens to an act's records: sent at once, kept for a second person, or held back.

Source: spec/record.md 4.2, spec/link.md 9.
"""

from collections.abc import Sequence

from detente.core import record
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import home_folds, house, waiting
from detente.office.desk import Act
from detente.office.draft_shelf import DraftShelf
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.post import Outcome, Post, are_urgent, marked_unaudited
from detente.office.register import Register
from detente.office.waiting import HELD, WAITS, Policy
from detente.office.writing import Letter, Written


class Filing:
    """Decides where letters go, by the law and by the party's own policy."""

    def __init__(self, register: Register, post: Post, shelf: DraftShelf, policy: Policy) -> None:
        self._register, self._post, self._shelf = register, post, shelf
        self.policy = policy

    def send(
        self, person: Person, act: Act, letters: Sequence[Letter], now: Moment, request: str
    ) -> Outcome:
        """Send what a person wants to send, or keep it here for a second person or for a while.

        Raises OurFault("office.no_releaser") where this party asks for two people and the card has
        one; else as Post.post_as.
        """
        way = self.way(person, act, letters)
        if way:
            return self._file(way, person, act.name, letters, now, request)
        return self._post.post_as(person, _desk_of(act), act.name, letters, now, request)

    def way(self, person: Person, act: Act, letters: Sequence[Letter]) -> str:
        """Return what `send` would do with letters: keep them as WAITS or HELD, or "" for send them.

        Raises OurFault("office.no_releaser") as `send` does.
        """
        desk = _desk_of(act)
        if any(self._needs_two(act, each) for each in letters):
            if self._has_releaser(desk, person.signer_id):
                return WAITS
            if not any(self._law_asks(each) for each in letters):
                raise OurFault(
                    "office.no_releaser",
                    f"two people must agree to this, and the desk {desk} has one",
                    "have your administrator give somebody else the role release",
                )  # else our node says so, by the code that the other side would use
        elif letters and all(self.policy.holds(each.prec) for each in letters):
            return HELD
        return ""

    def _needs_two(self, act: Act, letter: Letter) -> bool:
        if letter.ext is not None and "unreleased" in letter.ext:
            return False  # permitted when the letter was made
        asked = act.second_person or self.policy.asks(letter.kind)
        return asked or self._law_asks(letter)

    def _law_asks(self, letter: Letter) -> bool:
        return record.asks_two(letter.prec, letter.kind, self._register.second_person)

    def _has_releaser(self, desk: str, author: str) -> bool:
        people = self._register.book.card.desks[desk].signers
        own = people[author].ed25519 if author in people else b""
        return any("release" in each.roles and each.ed25519 != own for each in people.values())

    def _file(
        self,
        state: str,
        person: Person,
        name: str,
        letters: Sequence[Letter],
        now: Moment,
        request: str,
    ) -> Outcome:
        post, desk = self._post, name.partition("/")[0]
        written = [post.write(each, person.signer_id) for each in letters]
        try:
            post.enter_all(self._entries(state, person, name, written, now, request), now)
        except OurFault as fault:
            if fault.code != "store.full" or not are_urgent(letters):
                raise
            marked = [marked_unaudited(each, fault) for each in letters]
            written = [post.write(each, person.signer_id) for each in marked]
            post.enter_late(self._entries(state, person, name, written, now, request), now)
        until = now + self.policy.hold_back if state == HELD else None
        with self._register.shelf.begin() as tx:
            for one in written:
                row: dict[str, Value] = {"mid": one.mid, "desk": desk, "act": name, "at": now}
                row |= {"person": person.name, "state": state, "until": until}
                tx.rows(waiting.DRAFTS).put({**row, "envelope": one.envelope})
        mids = tuple(one.mid for one in written)
        if until is None:
            return Outcome((), waiting=mids)
        self._shelf.dues().update(dict.fromkeys(mids, until))
        return Outcome((), held=mids)

    def _entries(
        self,
        state: str,
        person: Person,
        name: str,
        written: Sequence[Written],
        now: Moment,
        request: str,
    ) -> list[Written]:
        desk, mids = name.partition("/")[0], [one.mid for one in written]
        entries = [self._post.entry_of(person, desk, name, mids, now, request)]
        if state == WAITS:
            entries += [self._shelf.entry(person, desk, name, mid, state, now) for mid in mids]
        return entries

    def done(self, person: Person, name: str, request: str) -> Outcome | None:
        """Return what became of an act that was asked for under this name before, sent or not.

        None if it took no effect. Everything logged must have been read, and the outbox resumed.
        """
        with self._register.shelf.begin() as tx:
            records, drafts = tx.rows(house.RECORDS), tx.rows(waiting.DRAFTS)
            steps = tx.rows(home_folds.DRAFTED)
            for mids in self._post.tries(tx, person, name, request):
                sent = tuple(mid for mid in mids if records.get(mid))
                here = {mid: Values(drafts.get(mid) or {}) for mid in mids if mid not in sent}
                over = [mid for mid in here if len(steps.find({"of": mid}, None, 2)) > 1]
                held = [mid for mid, row in here.items() if row.text("state") == HELD]
                rest = [mid for mid, row in here.items() if row and mid not in held]
                if sent or held or rest or over:
                    left = tuple(
                        dict.fromkeys((*rest, *(each for each in over if each not in held)))
                    )
                    return Outcome(sent, waiting=left, held=tuple(held))
        return None


def _desk_of(act: Act) -> str:
    return act.name.partition("/")[0]
