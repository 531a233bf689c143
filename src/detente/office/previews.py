"""What an act would send, before it does: built as the act builds it, numbered and signed by nobody.

A room of the office. The text is the very bytes that would be sealed; who gets them is read from
the cards, as sealing does. Nothing is kept and no number is used.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from detente.core import names
from detente.core.moment import Moment
from detente.office.before import Checked
from detente.office.desk import Act, Desk
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.files import Files
from detente.office.filing import Filing
from detente.office.kind import Kind
from detente.office.people import Person, permit
from detente.office.post import Post
from detente.office.reader import TableReader
from detente.office.ready import ready
from detente.office.records import find_in
from detente.office.register import Register
from detente.office.writing import Letter

_NAMED: Final = 3  # things that an answer names
_ORDER: Final = ("stays", "warned", "goes")


@dataclass(frozen=True, slots=True)
class Contact:
    """A desk of another party that ours could write to."""

    address: str
    party: str


class Answer(NamedTuple):
    """What was asked before a record goes, put together: one line for each party, state and reason.

    what: the first few things that it is about. lists: where their values stand.
    """

    party: str
    state: str
    why: str
    number: int
    what: tuple[str, ...]
    lists: str
    under: bytes


@dataclass(frozen=True, slots=True)
class Preview:
    """One record as it would leave. to: who could open it; not_for: parties of ours that could not.

    size: bytes of the text. way: "waits" for a second person, "held" for a while, "" at once.
    checked: what the desk asked before it may go, for each party. unread: names of the files that a
    person attached: nobody looks into them.
    """

    kind: Kind
    from_: str
    to: tuple[str, ...]
    not_for: tuple[str, ...]
    is_new: bool
    prec: str
    tlp: str
    deadline: Moment | None
    body: Values
    text: bytes
    files: tuple[tuple[str, int], ...]
    way: str
    checked: tuple[Checked, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of the text."""
        return len(self.text)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What was asked before it goes, what stays first."""
        groups: dict[tuple[str, str, str, bytes], list[Checked]] = {}
        for each in self.checked:
            groups.setdefault((each.party, each.state, each.why, each.under), []).append(each)
        found = [
            Answer(
                party,
                state,
                why,
                len(some),
                tuple(each.what for each in some[:_NAMED]),
                "; ".join(each.lists for each in some[:_NAMED] if each.lists),
                under,
            )
            for (party, state, why, under), some in groups.items()
        ]
        return tuple(sorted(found, key=lambda each: (each.party, _ORDER.index(each.state))))


class Previews:
    """Acts of one office, as far as a person may look before sending."""

    def __init__(self, register: Register, post: Post, filing: Filing, files: Files) -> None:
        self._register, self._post, self._filing, self._files = register, post, filing, files

    @property
    def desks(self) -> tuple[Desk, ...]:
        """The desks of this office, by name."""
        return tuple(self._register.desks.values())

    def contacts(self, desk: str) -> tuple[Contact, ...]:
        """Return the desks of this name at parties with whom our node has met, by party."""
        book = self._register.book
        found = [name for name, card in sorted(book.peers.items()) if desk in card.desks]
        return tuple(Contact(f"{desk}@{name}", name) for name in found)

    def of(self, person: Person, act: Act, values: Values, now: Moment) -> tuple[Preview, ...]:
        """Return what an act would send. Raises as Office.act does, before it sends anything."""
        desk = act.name.partition("/")[0]
        permit(person, desk, act.role)
        with self._register.shelf.begin() as tx:
            whole = ready(act, values, lambda cut: find_in(tx, cut))
            look = TableReader(tx.rows)
            drafts = () if act.begins(whole) else act.build(whole, look, now)
            released = self._register.desks[desk].released
            checked = [released(draft, look, now) for draft in drafts]
        letters = [self._post.letter(draft, desk) for draft in drafts]
        way = self._filing.way(person, act, letters)
        return tuple(
            replace(self._preview(draft, letter, desk, way), checked=asked)
            for draft, letter, asked in zip(drafts, letters, checked, strict=True)
        )

    def _preview(self, draft: Draft, letter: Letter, desk: str, way: str) -> Preview:
        book = self._register.book
        to = tuple(sorted(set(letter.to)))
        for address in to:
            book.desk(address)  # it is sealed for this key, or for nobody
        theirs = {names.party_of(address) for address in to}
        attached = self._files.names(draft.attach)
        enclosed = tuple((each.name, len(each.data)) for each in draft.enclose)
        return Preview(
            kind=draft.kind,
            from_=self._register.address(desk),
            to=to,
            not_for=tuple(sorted(set(book.peers) - theirs)),
            is_new=draft.matter is None,
            prec=draft.prec,
            tlp=draft.tlp,
            deadline=draft.deadline,
            body=draft.body,
            text=letter.text,
            files=(*enclosed, *attached),
            way=way,
            unread=tuple(name for name, _ in attached),
        )
