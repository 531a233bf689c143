"""What serving needs of sign-in: whose session a cookie means. Filled by the house's people."""

from typing import Protocol

from detente.core.moment import Moment
from detente.office.people import Person


class Session(Protocol):
    """Somebody who signed in, at one browser or with one token."""

    @property
    def person(self) -> Person:
        """Who it is."""
        ...

    @property
    def csrf(self) -> str:
        """What every form of this session carries, and no other page can know."""
        ...

    @property
    def locked(self) -> bool:
        """Whether it was left alone too long: no body is shown until its person is sure again."""
        ...


class Sessions(Protocol):
    """Looks sessions up. Called in the office's thread alone."""

    def session_of(self, token: str, now: Moment) -> Session | None:
        """Return the session of a cookie and note that it is used; None if it ended."""
        ...

    def look(self, token: str, now: Moment) -> Session | None:
        """Return the session of a cookie without keeping it alive; None if it ended."""
        ...

    def is_open(self, token: str, now: Moment) -> bool:
        """Say whether the session of a cookie goes on; looking does not keep it alive."""
        ...

    def bearer(self, token: str, now: Moment) -> Session | None:
        """Return for whom a program asks that showed an API token; None for none."""
        ...


class Nobody:
    """Sessions of a console at which nobody can sign in."""

    def session_of(self, _token: str, _now: Moment) -> Session | None:
        """Return None."""
        return None

    def look(self, _token: str, _now: Moment) -> Session | None:
        """Return None."""
        return None

    def is_open(self, _token: str, _now: Moment) -> bool:
        """Return False."""
        return False

    def bearer(self, _token: str, _now: Moment) -> Session | None:
        """Return None."""
        return None
