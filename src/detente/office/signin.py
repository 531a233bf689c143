"""The door: password and code, password and recovery code, or a passkey that others checked.

Two steps, for the slow one between them must not hold up the office: `begin` counts the try and
says what to derive, `finish` compares. Whatever is wrong, it is told in the same words.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office import keeping, kinds, passwords, totp
from detente.office.keeping import Box, Kept
from detente.office.limiter import Limiter, network_of
from detente.office.passwords import Check, Cost
from detente.office.people import Person
from detente.office.ports import Shelf, ShelfTx

KNOWN_FOR: Final = Span.of(days=30)  # an address stays known to an account
_DECOY_SECRET: Final = bytes(totp.SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class Proof:
    """Who came in, and how. skew: steps of 30 s by which their clock is ahead of ours."""

    person: Person
    method: str
    skew: int = 0


# What happened at the door: a code (signin.*), the person if there is one, and the address.
Tell = Callable[[str, str, str], None]


class Door:
    """Lets people in, or says no."""

    def __init__(
        self,
        shelf: Shelf,
        active: Callable[[str, Moment], Person],
        box: Box,
        entropy: Entropy,
        limiter: Limiter,
        tell: Tell,
        cost: Cost,
    ) -> None:
        self._shelf, self._active, self._box = shelf, active, box
        self._entropy, self._limiter, self._tell, self._cost = entropy, limiter, tell, cost

    def begin(self, name: str, address: str, now: Moment) -> Check:
        """Return what is to be derived from the password. Raises OurFault("signin.many").

        A name that nobody has is asked for as much work as any other.
        """
        name = _plain(name)
        with self._shelf.begin() as tx:
            known = keeping.get(tx, _address_key(name, address), now) is not None
            kept = keeping.get(tx, password_key(name), now)
        if not self._limiter.may_try(name, address, now, known=known):
            self._tell("signin.many", name if kept else "", address)
            raise OurFault(
                "signin.many",
                "too many wrong attempts from this address or for this account",
                "wait a minute",
            )
        if kept is None:
            return passwords.decoy(name, address, self._cost, self._entropy)
        return passwords.check_of(kept, address)

    def finish(self, check: Check, derived: bytes, code: str, now: Moment) -> Proof:
        """Return who came in with this password and code. Raises OurFault("signin.refused")."""
        right = check.fits(derived)
        written = "".join(code.split()).replace("-", "").lower()
        try:
            person = self._active(check.name, now)
        except OurFault as fault:
            if not fault.code.startswith("people."):
                raise
            person = None
        with self._shelf.begin() as tx:
            step = self._step(tx, check.name, written, now)
            recovery = self._recovery(tx, check.name, written)
            may = right and person is not None
            skew = self._use(tx, check.name, step, now) if may and step is not None else None
            if may and skew is None and recovery is not None:
                keeping.drop(tx, recovery.key)
        if person is None or not may or (skew is None and recovery is None):
            if may:
                self._limiter.wrong_code(check.name, now)
            self._tell("signin.refused", check.name if check.expected else "", check.address)
            raise refused()
        self._limiter.was_right(check.name, check.address)
        self.welcome(person, check.address, now)
        return Proof(person, "password" if skew is not None else "recovery", skew or 0)

    def confirm(self, check: Check, derived: bytes) -> None:
        """Raise OurFault("signin.refused") unless it is the password of who is in already."""
        if not check.fits(derived):
            self._tell("signin.refused", check.name if check.expected else "", check.address)
            raise refused()
        self._limiter.was_right(check.name, check.address)

    def welcome(self, person: Person, address: str, now: Moment) -> None:
        """Remember that an account was opened from an address."""
        with self._shelf.begin() as tx:
            keeping.sweep(tx, now, keeping.ADDRESS)
            kept = Kept(
                _address_key(person.name, address), keeping.ADDRESS, person.name, now + KNOWN_FOR
            )
            keeping.put(tx, kept)

    def _step(self, tx: ShelfTx, name: str, code: str, now: Moment) -> int | None:
        kept = keeping.get(tx, totp_key(name), now)
        secret = _DECOY_SECRET
        if kept is not None:
            secret = self._box.open(totp_key(name), kept.raw("secret"))
        found = totp.match(secret, code, now)
        return None if kept is None else found

    def _use(self, tx: ShelfTx, name: str, step: int, now: Moment) -> int | None:
        """Return the skew of a code that counts, and let it never count again; None for others."""
        kept = keeping.get(tx, totp_key(name), now)
        assert kept is not None, "its code was found a moment ago"
        skew = step - totp.step_of(now)
        good = totp.is_near(step, now) and step > kept.whole("used")
        data = {**kept.data, "skew": skew, **({"used": step} if good else {})}
        keeping.put(tx, replace(kept, data=data))
        return skew if good else None

    @staticmethod
    def _recovery(tx: ShelfTx, name: str, code: str) -> Kept | None:
        wanted = recovery_key(name, code)
        found = None
        for each in keeping.of_person(tx, name, keeping.RECOVERY):
            if hmac.compare_digest(each.key.encode(), wanted.encode()):
                found = each
        return found


def _plain(name: str) -> str:
    # What is no name is nobody's; it is asked for as much work as a name.
    found = name.strip().lower()[: kinds.PERSON_NAME_MAX]
    return found if re.fullmatch(kinds.PERSON_NAME, found) else "-"


def refused() -> OurFault:
    """Return the one fault of everybody who is not let in."""
    return OurFault(
        "signin.refused",
        "name, password and code do not fit together",
        "try again; an administrator can make an enter link",
    )


def password_key(name: str) -> str:
    """Return the key of a person's password."""
    return f"{keeping.PASSWORD} {name}"


def totp_key(name: str) -> str:
    """Return the key of a person's authenticator, and the label under which its secret is sealed."""
    return f"{keeping.TOTP} {name}"


def recovery_key(name: str, code: str) -> str:
    """Return the key of one recovery code."""
    return keeping.key_of(keeping.RECOVERY, f"{name} {code}".encode("utf-8", "replace"))


def _address_key(name: str, address: str) -> str:
    return keeping.key_of(keeping.ADDRESS, f"{name} {network_of(address)}".encode())
