"""One matter at a time: its story, what each side holds of it, and its evidence.

A room of the office.
"""

from collections.abc import Sequence

from detente.core.moment import Moment
from detente.office import exhibits, story
from detente.office.desk import Role
from detente.office.matters import Compared, Matters
from detente.office.news import News
from detente.office.people import Person, permit, permit_headers
from detente.office.post import Outcome, Post
from detente.office.register import Register
from detente.office.story import Story
from detente.office.trail import Note, Trail, entered, note_of


class Cases:
    """Every matter that this office holds records of."""

    def __init__(
        self, register: Register, post: Post, news: News, trail: Trail, matters: Matters
    ) -> None:
        self._register, self._post, self._news, self._matters = register, post, news, matters
        self.trail = trail

    @entered("matter/show")
    def story(self, person: Person, matter: str, now: Moment) -> Story:
        """Return a matter as a person may see it; see story.tell."""
        self._news.fold_made()
        self._register.see_levels()
        found = story.tell(self._register, person, matter, now)
        for line in found.lines:
            if line.taken is not None:
                self.trail.saw(person, note_of(line.row, "matter/show"))
        return found

    @entered("matter/digest")
    def state(self, person: Person, matter: str, now: Moment) -> Outcome:
        """State to every peer of a matter what we hold of it; each office answers with its own.

        Raises OurFault: office.no_matter, office.forbidden.
        """
        self._news.fold_made()
        self._news.catch_up(now)
        letters = self._matters.ask(matter, now)
        mids: tuple[bytes, ...] = ()
        for desk in sorted({each.desk for each in letters}):
            permit(person, desk, Role.READ)
        for desk in sorted({each.desk for each in letters}):
            own = [each for each in letters if each.desk == desk]
            signer = self._post.unattended(desk)
            mids += self._post.post_for(person, desk, "matter/digest", own, signer, now).mids
        return Outcome(mids)

    @entered("matter/compare")
    def compare(self, person: Person, matter: str) -> Sequence[Compared]:
        """Return how a matter stands with every peer. Raises OurFault("office.forbidden")."""
        self._news.fold_made()
        found = self._matters.compare(matter)
        for each in found:
            permit_headers(person, each.desk.partition("@")[0], Role.READ)
        return found

    @entered("evidence/export")
    def evidence(
        self, person: Person, matter: str, about: str, *, with_text: bool, full: bool = False
    ) -> bytes:
        """Return the evidence file of a matter; see exhibits.evidence."""
        self._news.fold_made()
        found = exhibits.evidence(
            self._register, person, matter, about, with_text=with_text, full=full
        )
        self.trail.saw(
            person, Note("", "evidence/export", exhibits.mids_of(self._register, matter))
        )
        return found
