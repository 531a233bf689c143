"""Where finished records stand before they leave: rows, and what the home log says of each.

Below the rooms that keep them, let them go, and ask people about them.
"""

from collections.abc import Sequence
from typing import Final

from detente.core import envelope, record
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import home_folds, home_kinds, waiting
from detente.office.fields import Values
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.register import Register
from detente.office.waiting import HELD, LEAVING, WAITS, Step
from detente.office.writing import Written

PAGE: Final = 100  # drafts of one list
_STEPS_MAX: Final = 64


class DraftShelf:
    """The rows of one office's drafts."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register, self._post = register, post
        self._held: dict[bytes, Moment] | None = None  # None: not read since the start

    def steps(self, mid: bytes) -> tuple[Step, ...]:
        """Return what people did about a draft, in order."""
        self._post.fold_all()
        with self._register.shelf.begin() as tx:
            rows = tx.rows(home_folds.DRAFTED).find({"of": mid}, None, _STEPS_MAX)
        return tuple(sorted(map(waiting.step_of, rows), key=waiting.in_order))

    def of(self, mid: bytes) -> Values:
        """Return a record that has not left. Raises OurFault: office.no_draft, office.draft_done."""
        with self._register.shelf.begin() as tx:
            row = tx.rows(waiting.DRAFTS).get(mid)
        if row is None or row["state"] == LEAVING:
            raise self.gone(mid)
        return Values(row)

    def together(self, row: Values) -> list[Values]:
        """Return what one act wrote to the same desks into one matter and still stands as this, itself first.

        A bundle in parts is such: half of it released would be half a bundle over there.
        """
        where = {"desk": row["desk"], "state": row["state"]}
        found, after = [row], None
        with self._register.shelf.begin() as tx:
            while rows := tx.rows(waiting.DRAFTS).find(where, after, PAGE):
                after = rows[-1]["mid"]
                found += [each for each in map(Values, rows) if _is_beside(each, row)]
        return found

    def of_state(self, mid: bytes, state: str) -> Values:
        """Return a record that stands in this state. Raises as `of` does."""
        row = self.of(mid)
        if row.text("state") != state:
            raise self.gone(mid)
        return row

    def gone(self, mid: bytes) -> OurFault:
        """Return why a record is not here: somebody was first, or it never was."""
        text = record.mid_text(mid)
        over = [each for each in self.steps(mid) if each.step not in (WAITS, HELD)]
        if over:
            last = over[-1]
            return OurFault(
                "office.draft_done",
                f"the draft {text} was {last.step} by {last.person} at {last.at}",
                "nothing is left to do; see: detente record list",
            )
        return OurFault("office.no_draft", f"no draft {text} waits here", "detente draft list")

    def entry(
        self,
        person: Person,
        desk: str,
        act: str,
        mid: bytes,
        step: str,
        now: Moment,
        why: str = "",
        by: bytes | None = None,
    ) -> Written:
        """Return what the home log will say of a step of a draft."""
        who = home_kinds.of_person(person.name, person.user)
        body = Values({**who, "of": mid, "step": step, "act": act, "why": why or None, "by": by})
        return self._post.home_entry(home_kinds.DRAFT, desk, body, now)

    def put(self, rows: Sequence[Values]) -> None:
        """Keep rows as they stand now."""
        with self._register.shelf.begin() as tx:
            for row in rows:
                tx.rows(waiting.DRAFTS).put(dict(row))

    def drop(self, rows: Sequence[Values]) -> None:
        """Forget records that are done with."""
        with self._register.shelf.begin() as tx:
            for row in rows:
                tx.rows(waiting.DRAFTS).drop(row["mid"])
        for row in rows:
            self.dues().pop(row.data("mid"), None)

    def dues(self) -> dict[bytes, Moment]:
        """Return when each record that is held back goes, by mid; a caller may change it."""
        if self._held is None:
            with self._register.shelf.begin() as tx:
                rows = tx.rows(waiting.DRAFTS).find({"state": HELD}, None, PAGE)
            self._held = {Values(row).data("mid"): Values(row).moment("until") for row in rows}
        return self._held

    def purge(self, tx: ShelfTx, before: Moment, desk: str, matter: str, kind: str) -> None:
        """Take away drafts that a purge was ordered for: their texts must go as those sent do."""
        drafts = tx.rows(waiting.DRAFTS)
        for row in map(Values, drafts.find({"state": WAITS}, None, PAGE)):
            header = header_of(row)
            told = ((desk, row.text("desk")), (matter, header.matter), (kind, header.kind))
            if row.moment("at") < before and all(one in ("", other) for one, other in told):
                drafts.drop(row.data("mid"))


def _is_beside(one: Values, other: Values) -> bool:
    # Who releases one has seen to whom, how urgent and under which marking: of the others it is no other.
    same = all(one[name] == other[name] for name in ("act", "person", "at"))
    return same and one["mid"] != other["mid"] and _frame(one) == _frame(other)


def _frame(row: Values) -> tuple[object, ...]:
    header = header_of(row)
    return header.matter, header.to, header.prec, header.tlp


def header_of(row: Values) -> record.Header:
    """Return the header of a record that waits."""
    return record.read_header(envelope.split(row.data("envelope")).header)
