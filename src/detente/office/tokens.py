"""API tokens: a program acts for a person, with less than the person may, until a day.

Shown once, kept as a hash. What a token may is narrowed again at each use: a person who lost a role
does not keep it in a token.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office import keeping
from detente.office.desk import Role
from detente.office.keeping import Kept
from detente.office.people import House, Person
from detente.office.ports import Shelf

PREFIX: Final = "detente-"  # so that scanners for leaked secrets know one
TOKEN_BYTES: Final = 32
LIFE_MAX: Final = Span.of(days=366)
TOKENS_MAX: Final = 50  # of one person
SCOPES_MAX: Final = 64
USED_EVERY: Final = Span(60_000)


@dataclass(frozen=True, slots=True)
class Token:
    """One token as lists show it. scopes: `DESK:ROLE` or `house:ROLE`, sorted."""

    key: str
    person: str
    label: str
    scopes: tuple[str, ...]
    made: Moment
    until: Moment
    used: Moment | None


class Tokens:
    """The tokens of one office."""

    def __init__(
        self, shelf: Shelf, active: Callable[[str, Moment], Person], entropy: Entropy
    ) -> None:
        self._shelf, self._active, self._entropy = shelf, active, entropy

    def make(
        self, person: Person, label: str, scopes: Sequence[str], life: Span, now: Moment
    ) -> str:
        """Return a new token of a person, shown this once.

        Raises OurFault("people.token") for a scope the person has not, or a life above a year.
        """
        if not 0 < life.ms <= LIFE_MAX.ms:
            raise _flaw("a token lives a year at most, and must end", "give a time: 30d")
        if not 0 < len(scopes) <= SCOPES_MAX:
            raise _flaw("a token has one scope at least", "name one: cert:read")
        has = scopes_of(person)
        lacking = sorted(set(scopes) - has)
        if lacking:
            raise _flaw(
                f"{person.name} may not give {lacking[0][:80]}",
                f"choose of: {', '.join(sorted(has)) or 'none'}",
            )
        drawn = canon.to_base64(self._entropy.draw(TOKEN_BYTES)).rstrip("=")
        token = PREFIX + drawn.replace("+", "-").replace("/", "_")
        plain = "".join(each for each in label[:64] if each.isprintable())
        said: list[Json] = [*sorted(set(scopes))]
        data: dict[str, Json] = {"label": plain or "token", "scopes": said, "made": now.ms}
        with self._shelf.begin() as tx:
            keeping.sweep(tx, now, keeping.TOKEN)
            if len(keeping.of_person(tx, person.name, keeping.TOKEN)) >= TOKENS_MAX:
                raise _flaw(f"one person has at most {TOKENS_MAX} tokens", "revoke one")
            keeping.put(tx, Kept(_key(token), keeping.TOKEN, person.name, now + life, data))
        return token

    def find(self, token: str, now: Moment) -> tuple[Person, Token] | None:
        """Return for whom a token speaks, narrowed to its scopes, and the token; None for none."""
        if not token.startswith(PREFIX) or len(token) > 2 * len(PREFIX) + TOKEN_BYTES * 2:
            return None
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, _key(token), now)
            if kept is None:
                return None
            if now.ms - kept.whole("used") >= USED_EVERY.ms:
                keeping.put(tx, replace(kept, data={**kept.data, "used": now.ms}))
        try:
            person = self._active(kept.person, now)
        except OurFault as fault:
            if not fault.code.startswith("people."):
                raise
            return None
        found = _token(kept)
        return narrowed(person, found.scopes), found

    def of(self, name: str, now: Moment) -> Sequence[Token]:
        """Return a person's tokens, the newest first."""
        with self._shelf.begin() as tx:
            rows = keeping.of_person(tx, name, keeping.TOKEN)
        found = [_token(each) for each in rows if not each.is_over(now)]
        return sorted(found, key=lambda each: each.made.ms, reverse=True)

    def revoke(self, name: str, key: str) -> bool:
        """Take a token away, named by its key or its beginning; say whether there was one."""
        with self._shelf.begin() as tx:
            rows = keeping.of_person(tx, name, keeping.TOKEN)
            found = [each.key for each in rows if key and shown_key(each.key).startswith(key)]
            for each in found[:1] if len(found) == 1 else ():
                keeping.drop(tx, each)
        return len(found) == 1


def scopes_of(person: Person) -> frozenset[str]:
    """Return every scope that a person may give. No program administers people."""
    desks = {f"{desk}:{role}" for desk, roles in person.roles.items() for role in roles}
    house = {f"house:{each}" for each in person.house if each is not House.ADMINISTRATOR}
    return frozenset(desks | house)


def narrowed(person: Person, scopes: Sequence[str]) -> Person:
    """Return a person who may only what these scopes say, and what the person may besides."""
    given = set(scopes)
    return replace(
        person,
        roles={
            desk: frozenset(Role(each) for each in roles if f"{desk}:{each}" in given)
            for desk, roles in person.roles.items()
        },
        places={},
        house=frozenset(House(each) for each in person.house if f"house:{each}" in given),
    )


def shown_key(key: str) -> str:
    """Return how lists name a token: twelve digits of its hash."""
    return key.partition(" ")[2][:12]


def _token(kept: Kept) -> Token:
    scopes, used = kept.data.get("scopes"), kept.whole("used")
    assert isinstance(scopes, list), "written by make"
    assert kept.until is not None, "every token ends"
    return Token(
        kept.key, kept.person, kept.text("label"), tuple(str(each) for each in scopes),
        Moment(kept.whole("made")), kept.until, Moment(used) if used else None,
    )  # fmt: skip


def _key(token: str) -> str:
    return keeping.key_of(keeping.TOKEN, token.encode("utf-8", "replace"))


def _flaw(what: str, remedy: str) -> OurFault:
    return OurFault("people.token", what, remedy)
