"""Proving a password once more for what is done with keys of desks: quick, slow, quick.

It is the password by which a person signs in; who signs in by passkey alone chooses one for the
desks. A passkey opens no desk: it signs, and gives nothing that could open (WebAuthn's `prf` extension
could, where browser and device have it; it is not used).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from detente.app import hashing
from detente.app.desk_keys import DeskKeys, Tried, no_key
from detente.core.moment import Moment
from detente.office.passwords import Check
from detente.office.people import Person


@dataclass(frozen=True, slots=True)
class Derived:
    """What the slow step gave. check: None for who has no password to sign in by."""

    check: Check | None
    derived: bytes = field(repr=False)
    tried: Tried
    password: str = field(repr=False)


def asking(
    keys: DeskKeys, person: Person, address: str, password: str, now: Moment
) -> Callable[[], Derived]:
    """Count the try and return the slow step, to be run beside the office where there is a thread.

    Raises OurFault("signin.many").
    """
    check = keys.sign_in.door.begin(person.name, address, now)
    has = keys.sign_in.means.of(person.name, now).password
    told = password[:1024]

    def slow() -> Derived:
        found = hashing.derive(check, told)
        return Derived(check if has else None, found, keys.try_password(person.name, told), told)

    return slow


def proved(keys: DeskKeys, person: Person, found: Derived) -> Tried:
    """Return what the password opens, now that it is known to be theirs.

    Raises OurFault: signin.refused for another than that of signing in, desk.password for another than
    that of their keys, people.password for a new one that is none.
    """
    if found.check is not None:
        keys.sign_in.door.confirm(found.check, found.derived)
    elif not found.tried.fits and keys.has_keys(person.name):
        raise no_key(person.name)
    elif not found.tried.fits:
        keys.sign_in.rules.check_password(found.password, person.name, person.shown)
    return found.tried
