"""What people of an office say of a record, and that they are there."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import replies
from detente.office.desk import Role
from detente.office.people import Person, permit
from detente.office.post import Outcome, Post
from detente.office.register import Register

SAY_AGAIN: Final = Span(60_000)  # to the node, that somebody is there


def answer(
    register: Register,
    post: Post,
    person: Person,
    mid: bytes,
    given: tuple[str, str, Moment | None],
    now: Moment,
) -> Outcome:
    """Answer a record of a peer: ACTION, HOLD or DECLINED; why, and until when.

    Raises OurFault: office.no_record, office.forbidden, office.no_answer, office.not_logged, and as
    replies.draft does.
    """
    row = register.record(mid)
    permit(person, row.text("desk"), Role.ANSWER)
    if row.flag("ours") or row.text("kind").startswith(("sys.", "ack.", "office.")):
        raise OurFault(
            "office.no_answer",
            "only a record of another party that asks something is answered",
            "see what came in: detente record list",
        )
    kind, body = replies.draft(mid, *given, now)
    header = register.open(row).header
    letter = post.house_letter(kind, row.text("desk"), (header.from_,), body, now)
    letter = replace(
        letter,
        matter=header.matter,
        prec=header.prec,
        tlp=header.tlp,
        caveats=header.caveats,
        reply_to=mid,
    )
    return post.post_as(person, row.text("desk"), "record/answer", [letter], now)


class Attendance:
    """Tells the node at which desks somebody did something."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._told: dict[str, Moment] = {}
        self._unheard: set[str] = set()

    def unheard(self, desks: Collection[str], now: Moment) -> None:
        """Count nobody as there at desks where an alarm rings and is not seen, whoever does what."""
        for desk in sorted(set(desks) - self._unheard):
            if desk in self._register.book.card.desks:
                self._register.hatch.leave(desk, now)
                self._told.pop(desk, None)
        self._unheard = set(desks)

    def see(self, person: Person, now: Moment, away: Collection[str] = ()) -> None:
        """Note that a person did something: whoever reads at a desk is there, but at those `away`."""
        for desk, roles in person.roles.items():
            told = self._told.get(desk)
            is_fresh = told is not None and told <= now < told + SAY_AGAIN
            if desk in away or desk in self._unheard or desk in person.shut:
                continue
            if Role.READ in roles and not is_fresh and desk in self._register.book.card.desks:
                self._register.hatch.attend(desk, now)
                self._told[desk] = now
