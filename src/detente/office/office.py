"""A party's office: what people do with records. Sees of the node only its hatch.

Synchronous and without a loop: the roof calls `advance` when there is news, and hands in one act
at a time.
"""

from collections.abc import Sequence

from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment
from detente.node.odd import Odd
from detente.node.ports import Hatch
from detente.office import (
    wishes,
)  # fmt: skip
from detente.office.accounts import Accounts
from detente.office.alarms import Alarms
from detente.office.answering import Attendance
from detente.office.answers import Answers
from detente.office.arrivals import Arrivals
from detente.office.at_desks import AtDesks
from detente.office.believing import Pins, not_judged
from detente.office.cases import Cases
from detente.office.chores import Chores
from detente.office.counterparts import Counterparts
from detente.office.desk import Act, Desk, Look
from detente.office.draft_items import DraftItems
from detente.office.drafting import Draft, Evidenced
from detente.office.drafts import Drafts
from detente.office.feed_care import FeedCare
from detente.office.feeding import Feeding
from detente.office.fields import Values
from detente.office.files import Files
from detente.office.front_door import SignIn
from detente.office.handing_on import HandingOn
from detente.office.heads import Giver
from detente.office.kind import Kind
from detente.office.large import Larges
from detente.office.matters import Matters
from detente.office.news import News
from detente.office.offered import Offered
from detente.office.oversight import Overseeing
from detente.office.people import Person, permit
from detente.office.ports import Shelf
from detente.office.post import Outcome, Post
from detente.office.previews import Previews
from detente.office.reader import TableReader
from detente.office.ready import ready
from detente.office.records import Records, find_in
from detente.office.register import Register
from detente.office.scans import Scans
from detente.office.search import Search
from detente.office.status import Status
from detente.office.tables import Row
from detente.office.texts import Texts
from detente.office.todo import Todo
from detente.office.trail import Note, Trail, entered
from detente.office.waiting import Policy
from detente.office.watch import Watches
from detente.office.writing import KeysAtWork, Letter, Written


class Office:
    """One party's office over one node."""

    def __init__(
        self,
        desks: Sequence[Desk],
        hatch: Hatch,
        shelf: Shelf,
        keys: KeysAtWork,
        entropy: Entropy,
        pins: Pins = not_judged,
        *,
        policy: Policy = Policy(),  # noqa: B008  frozen
        founders: Sequence[Person] = (),
        odd: Odd | None = None,
    ) -> None:
        """Make it over its node. pins says whose fingerprints people compared; see believing.

        founders: its people until the home log names some; see accounts. odd: see hearing.
        """
        self._register = Register(desks, hatch, shelf, keys, entropy, pins, odd)
        self._shelf = shelf
        self._post = Post(self._register, unreleased=policy.unreleased)
        self.trail = Trail(self._register, self._post)
        self.oversight = Overseeing(self._register, self._post, self.trail)
        self._giver = Giver(self._register, self._post, policy.heads_to)
        self.drafts = Drafts(self._register, self._post, self.trail, policy)
        self.texts = Texts(shelf, entropy)
        self._matters = Matters(self._register, self._post)
        self._answers = Answers(self._register, self._post, self._matters)
        attendance = Attendance(self._register)
        self.alarms = Alarms(
            self._register, self._post, attendance, self._supervisors, policy.ladder
        )
        self.chores = Chores(self._register, self._post, policy.asks)
        self.watch = Watches(self._register, self._post, self.trail, attendance)
        self.files = Files(hatch, entropy)
        self._arrivals = Arrivals(self._register, self.files, self._post)
        self.scans = Scans(self._register, self.files)
        self._arrivals.on_whole = self.scans.expect
        self.status = Status(self._register, self._answers, self._arrivals)
        self._news = News(self._register, self._post, self._answers, self._arrivals)
        self.records = Records(self._register, self._post, self._news, self.trail, self.files)
        self.cases = Cases(self._register, self._post, self._news, self.trail, self._matters)
        self.sign_in: SignIn | None = None  # set by who runs a door for people
        self.desk_keys: object = None  # app.desk_keys.DeskKeys, likewise
        self.screens: object = None  # app.screening.room.Screens, likewise
        self._news.on_purge = (self.texts.purge, self.drafts.shelf.purge)
        self.search = Search(self._register, self._post, self.trail)
        self.offered = Offered(self._register, self._post, self.trail)
        self.feeding = Feeding(shelf)
        self.feeds = FeedCare(self.feeding, self.offered, self.trail)
        self.counterparts = Counterparts(shelf)
        self.people = Accounts(self._register, self._post, self._news.catch_up, founders)
        self.previews = Previews(self._register, self._post, self.drafts.filing, self.files)
        self.large = Larges(
            self._register,
            self._post,
            self.drafts.filing,
            self.files,
            self.trail,
            self._news.catch_up,
        )
        self.todo = Todo(self._register, self._post, self._news, self._matters, self.trail)
        self.at_desks = AtDesks(self._register, self._post)
        self.handing_on = HandingOn(self._register, self._post, self.people.every, self.act)
        self.todo.sources += [
            DraftItems(self.drafts), self.at_desks, self.feeds, self.chores, self.handing_on,
        ]  # fmt: skip

    @property
    def party(self) -> str:
        """The name of the party whose office this is."""
        return self._register.book.card.name

    # Acts.

    def find_act(self, name: str) -> Act:
        """Return an act by its name `desk/verb`. Raises OurFault("office.no_act")."""
        desk = self._register.desks.get(name.partition("/")[0])
        for act in desk.acts if desk else ():
            if act.name == name:
                return act
        raise OurFault("office.no_act", f"there is no act {name}", "see: detente --help")

    def find_look(self, name: str) -> Look:
        """Return a look by its name `desk/verb`. Raises OurFault("office.no_act")."""
        desk = self._register.desks.get(name.partition("/")[0])
        for look in desk.looks if desk else ():
            if look.name == name:
                return look
        raise OurFault("office.no_act", f"there is nothing to see at {name}", "see: detente --help")

    @entered()
    def act(
        self, person: Person, name: str, values: Values, now: Moment, request: str = ""
    ) -> Outcome:
        """Do what a person wants at a desk; it is in the home log before it takes effect.

        request: a name of at most 64 characters for this wish, never used for another. Whoever got
        no answer asks again under the same name, and gets the records of the first time.
        Raises OurFault: office.no_act, office.forbidden, office.reused, form.*, of the desk, the node's
        refusal by its own code. Then nothing was sent.
        """
        self._news.fold_made()
        act, desk = self.find_act(name), name.partition("/")[0]
        permit(person, desk, act.role)
        self._register.keys.check_open(desk)
        if act.on_watch:
            self.watch.check_holds(person, desk, now)
        if request:
            self._news.catch_up(now)
            request = wishes.wish_of(request, act, values)
            done = self.drafts.filing.done(person, name, request)
            if done is not None:
                return done
        try:
            with self._shelf.begin() as tx:
                look = TableReader(tx.rows)
                whole = ready(act, values, lambda cut: find_in(tx, cut))
                begun = act.begins(whole)
                drafts = () if begun else act.build(whole, look, now)
        except Evidenced as fault:
            self._post.keep_evidence(person, name, fault, now)
            raise
        if begun:
            kept = [self.texts.keep(person, one.act, one.values, now).typed.name for one in begun]
            return Outcome((), begun=tuple(zip(kept, begun, strict=True)))
        handles = [self._handles(draft, now) for draft in drafts]
        letters = [
            self._post.letter(draft, desk, self.files.finish(own, now))
            for draft, own in zip(drafts, handles, strict=True)
        ]
        outcome = self.drafts.filing.send(person, act, letters, now, request)
        for own in handles:
            self.files.forget(own)
        return outcome

    def _handles(self, draft: Draft, now: Moment) -> tuple[str, ...]:
        enclosed = [self.files.take(each.name, each.data, now) for each in draft.enclose]
        return (*enclosed, *draft.attach)

    def write(self, letter: Letter, author: str) -> Written:
        """Return the finished record: numbered, sealed and signed, not yet sent."""
        return self._post.write(letter, author)

    def post(self, written: Sequence[Written], now: Moment) -> Outcome:
        """Send finished records of programs, without an entry in the home log; see Post.post."""
        return self._post.post(written, now)

    # Reading.

    def resume(self, now: Moment) -> None:
        """Call it once when the office starts, and when the node answers again; see News.resume."""
        self._news.resume(now)

    def advance(self, now: Moment) -> bool:
        """Read what is new; return whether there is more to read. See News.advance."""
        self.trail.now = max(self.trail.now, now)
        if self._news.advance(now):
            return True
        self.drafts.leaving.settle()
        self.drafts.leaving.advance(now)
        self.alarms.turn(now)
        self.chores.turn(now)
        self.alarms.rings += self.chores.rings
        self.chores.rings = []
        return self._giver.give(now)

    def _supervisors(self, desk: str, now: Moment) -> Sequence[str]:
        return [each.name for each in self.people.every(now) if each.supervises(desk)]

    def rebuild(self, now: Moment) -> int:
        """Drop every table and fold all records again; return how many were read."""
        return self._news.rebuild(now)

    @property
    def refold_due(self) -> bool:
        """Whether a purge ended: what stood in our tables of those texts must go."""
        return self._news.refold_due

    def next_answer(self) -> Moment | None:
        """Return when `advance` should be called though nothing new came; None for never."""
        dues = (
            self._answers.due(),
            self.drafts.leaving.due(),
            self.alarms.due(),
        )
        return min((due for due in dues if due is not None), default=None)

    def inspect(self, now: Moment) -> bool:
        """Check files that arrive, a little at a time, and answer those that are whole.

        Return whether there is more to check at once.
        """
        return self._answers.may_answer and not self._answers.muted and self._arrivals.look(now)

    def next_inspection(self) -> Moment | None:
        """Return when `inspect` should be called again; None while no file is expected."""
        return self._arrivals.due()

    def kind(self, desk: str, name: str) -> Kind | None:
        """Return a kind that a desk here declares; None for one that none does."""
        found = self._register.desks.get(desk)
        return found.kind_named.get(name) if found else None

    @property
    def desks(self) -> Sequence[Desk]:
        """Every desk of this office, as it declares itself."""
        return tuple(self._register.desks.values())

    # What people see.

    @entered()
    def look(
        self, person: Person, name: str, values: Values, now: Moment
    ) -> tuple[Look, tuple[Row, ...]]:
        """Return a look and its rows. Raises OurFault: office.no_act, office.forbidden, form.mid."""
        self._news.fold_made()
        look = self.find_look(name)
        permit(person, name.partition("/")[0], look.role)
        self._register.keys.check_open(name.partition("/")[0])
        with self._shelf.begin() as tx:
            whole = ready(look, values, lambda cut: find_in(tx, cut))
            found = look.read(TableReader(tx.rows), whole, now)
        named = tuple(each for each in whole.values() if isinstance(each, bytes))
        self.trail.saw(person, Note(name.partition("/")[0], name, named))
        return look, found
