"""Signing in, whole: the door, sessions, means, links and tokens of one office over its shelf."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office import sessions
from detente.office.accounts import Accounts
from detente.office.entering import LINK_LIFE, Entrance
from detente.office.keeping import Box
from detente.office.limiter import Limiter
from detente.office.means import Cabinet
from detente.office.passwords import Cost, check_new
from detente.office.people import House, Person, permit_house
from detente.office.ports import Shelf
from detente.office.sessions import Policy, Session, Sessions
from detente.office.signin import Door, Proof, Tell
from detente.office.tokens import Tokens

HASHES_MAX: Final = 2  # passwords derived at once: 64 MiB each


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of the section `people`."""

    policy: Policy = field(default_factory=Policy)
    password_min: int = 15
    wrong_per_minute: int = 10
    recovery_codes: int = 10
    cost: Cost = field(default_factory=Cost)
    stolen: Callable[[str], bool] | None = None  # asks the house's file of stolen passwords

    def check_password(self, text: str, *about: str) -> None:
        """Check a new password; about: words that everybody knows of its person.

        Raises OurFault: people.password; file.unreadable where the house's file cannot be asked.
        """
        check_new(text, self.password_min, *about)
        if self.stolen is not None and self.stolen(text):
            raise OurFault(
                "people.password",
                "this password cannot be used: it is in the house's file of stolen passwords",
                "take another one, and change it wherever else it is yours",
            )


def _quiet(_code: str, _person: str, _address: str) -> None:
    """Tell nobody."""


class SignIn:
    """How people come in. people: the accounts of the office as it stands now."""

    def __init__(
        self,
        shelf: Shelf,
        people: Callable[[], Accounts],
        box: Box,
        entropy: Entropy,
        rules: Rules,
        tell: Tell = _quiet,
    ) -> None:
        self._people, self.rules, self._tell = people, rules, tell
        self._shelf = shelf
        limiter = Limiter(rules.wrong_per_minute)
        self.door = Door(shelf, self._active, box, entropy, limiter, tell, rules.cost)
        self.sessions = Sessions(shelf, self._active, entropy, rules.policy)
        self.means = Cabinet(shelf, box, entropy, rules.recovery_codes, rules.cost)
        self.entrance = Entrance(shelf, self.means, box, entropy)
        self.tokens = Tokens(shelf, self._active, entropy)
        # Which desks a session has no key of; set by who keeps keys of desks.
        self.shut: Callable[[Session], frozenset[str]] = lambda _: frozenset()

    def _active(self, name: str, now: Moment) -> Person:
        return self._people().active(name, now)

    def active(self, name: str, now: Moment) -> Person:
        """Return a person who may do something. Raises OurFault: people.unknown, people.suspended."""
        return self._active(name, now)

    def note(self, by: Person, act: str, now: Moment, about: str = "") -> None:
        """Enter into the home log what somebody did at the door; see Accounts.note."""
        self._people().note(by, act, now, about)

    def note_of(self, name: str, act: str, now: Moment, about: str = "") -> None:
        """Enter what happened to somebody of this name, if the office can be asked."""
        try:
            self.note(self._people().find(name, now), act, now, about)
        except OurFault as fault:
            if not fault.code.startswith(("people.", "run.", "hatch.")):
                raise

    # What serving asks.

    def session_of(self, token: str, now: Moment) -> Session | None:
        """Return the session of a cookie and note that it is used; None if it ended."""
        return self._with_shut(self.sessions.session_of(token, now))

    def look(self, token: str, now: Moment) -> Session | None:
        """Return the session of a cookie without keeping it alive; None if it ended."""
        return self._with_shut(self.sessions.look(token, now))

    def is_open(self, token: str, now: Moment) -> bool:
        """Say whether the session of a cookie goes on; looking does not keep it alive."""
        return self.sessions.is_open(token, now)

    def bearer(self, token: str, now: Moment) -> Session | None:
        """Return for whom a program asks that showed an API token; None for none."""
        found = self.tokens.find(token, now)
        if found is None:
            return None
        person, said = found
        return self._with_shut(
            Session(
                person, said.key, sessions.PROGRAM, said.made, now, said.made, said.until, "",
                said.label, locked=False,
            )
        )  # fmt: skip

    def _with_shut(self, found: Session | None) -> Session | None:
        shut = self.shut(found) if found is not None else frozenset()
        if found is None or not shut:
            return found
        return replace(found, person=replace(found.person, shut=shut))

    @staticmethod
    def holds(person: Person, role: str) -> bool:
        """Say whether a person has a role of the house."""
        return person.is_in_house(House(role))

    # Acts.

    def admit(self, proof: Proof, where: tuple[str, str], now: Moment, former: str = "") -> str:
        """Return the token of a new session for who showed who they are. where: address, browser."""
        self._people().note(proof.person, f"signin/{proof.method}", now)
        return self.sessions.begin(proof.person.name, proof.method, where, now, former)

    def enter_link(self, by: Person, name: str, now: Moment, life: Span = LINK_LIFE) -> str:
        """Return the token of a one-time link, shown this once; it stands in the home log who asked.

        Raises OurFault: office.forbidden, people.unknown, people.suspended, form.number.
        """
        permit_house(by, House.ADMINISTRATOR)
        person = self._active(name, now)
        self._people().note(by, "person/enter-link", now, person.name)
        return self.entrance.issue(person.name, now, life)

    def sign_out_everywhere(self, by: Person, name: str, now: Moment, but: str = "") -> int:
        """End every session of a person, one's own or, as an administrator, another's."""
        if by.name != name:
            permit_house(by, House.ADMINISTRATOR)
        person = self._people().find(name, now)
        self._people().note(by, "person/sign-out", now, person.name)
        return self.sessions.end_all(person.name, but)

    def new_token(
        self, person: Person, label: str, scopes: tuple[str, ...], life: Span, now: Moment
    ) -> str:
        """Return a new API token of a person. Raises OurFault("people.token")."""
        token = self.tokens.make(person, label, scopes, life, now)
        self._people().note(person, "person/token", now)
        return token

    def lacks_means(self, now: Moment) -> bool:
        """Say whether no administrator can come in yet: then a link is printed at the start."""
        return not any(
            self.means.of(each.name, now).enough
            for each in self._people().every(now)
            if each.is_in_house(House.ADMINISTRATOR)
        )

    def check_fresh(self, session: Session, now: Moment) -> None:
        """Raise OurFault unless they showed only just now who they are: signin.locked, signin.again."""
        sessions.check_fresh(session, now)

    def told(self, fault: OurFault, person: str, address: str) -> OurFault:
        """Tell of a refusal that was decided elsewhere, and return it."""
        self._tell(fault.code, person, address)
        return fault
