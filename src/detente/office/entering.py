"""One-time links: how a new person, or one who lost everything, comes in the first time.

The token is shown once and kept as a hash. Opening the link's page uses nothing up, for mail
scanners open links; beginning there does, and leads to choosing password and code, or a passkey.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import canon
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office import keeping
from detente.office.keeping import Box, Kept
from detente.office.means import Cabinet, Passkey
from detente.office.passwords import Check
from detente.office.ports import Shelf

LINK_LIFE: Final = Span.of(minutes=10)
LINK_LIFE_MAX: Final = Span.of(days=7)
SETUP_LIFE: Final = Span.of(minutes=30)
TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Setup:
    """Somebody who came by a link and has not chosen yet. secret: of the authenticator offered."""

    name: str
    secret: bytes
    key: str


class Entrance:
    """Makes links and leads whoever comes by one to means of their own."""

    def __init__(self, shelf: Shelf, cabinet: Cabinet, box: Box, entropy: Entropy) -> None:
        self._shelf, self._cabinet = shelf, cabinet
        self._box, self._entropy = box, entropy

    def issue(self, name: str, now: Moment, life: Span = LINK_LIFE) -> str:
        """Return the token of a new link for a person; an older one is void.

        Raises OurFault("form.number") for a life above LINK_LIFE_MAX.
        """
        if not 0 < life.ms <= LINK_LIFE_MAX.ms:
            raise OurFault("form.number", "a link lives 7 days at most", "give a shorter time")
        token = _text(self._entropy.draw(TOKEN_BYTES))
        with self._shelf.begin() as tx:
            keeping.sweep(tx, now, keeping.LINK, keeping.SETUP)
            keeping.drop_all(tx, name, keeping.LINK, keeping.SETUP)
            keeping.put(tx, Kept(_key(keeping.LINK, token), keeping.LINK, name, now + life))
        return token

    def look(self, token: str, now: Moment) -> str:
        """Return for whom a link is, using nothing up. Raises OurFault("signin.link")."""
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, _key(keeping.LINK, token), now)
        if kept is None:
            raise _no_link()
        return kept.person

    def begin(self, token: str, now: Moment) -> str:
        """Use a link up; return the token under which its person may choose now.

        Raises OurFault("signin.link").
        """
        fresh, secret = _text(self._entropy.draw(TOKEN_BYTES)), self._cabinet.new_secret()
        key = _key(keeping.SETUP, fresh)
        data = {"secret": canon.to_base64(self._box.seal(key, secret))}
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, _key(keeping.LINK, token), now)
            if kept is None:
                raise _no_link()
            keeping.drop(tx, kept.key)
            keeping.put(tx, Kept(key, keeping.SETUP, kept.person, now + SETUP_LIFE, data))
        return fresh

    def setup_of(self, token: str, now: Moment) -> Setup:
        """Return who chooses under this token. Raises OurFault("signin.link")."""
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, _key(keeping.SETUP, token), now)
        if kept is None:
            raise _no_link()
        return Setup(kept.person, self._box.open(kept.key, kept.raw("secret")), kept.key)

    def choose_password(
        self, token: str, check: Check, derived: bytes, code: str, now: Moment
    ) -> tuple[str, tuple[str, ...]]:
        """Give a person password and authenticator in place of all they had.

        Return their name and new recovery codes. Raises OurFault: signin.link, and signin.refused
        for a code that is not that of the new authenticator.
        """
        setup = self.setup_of(token, now)
        assert check.name == setup.name, "derived for whom the link is"
        self._cabinet.check_code(setup.secret, code, now)
        self._cabinet.forget(setup.name)
        self._cabinet.keep_totp(setup.name, setup.secret, code, now)
        self._cabinet.keep_password(check, derived)
        return setup.name, self._cabinet.new_recovery(setup.name)

    def choose_passkey(self, token: str, found: Passkey, now: Moment) -> str:
        """Give a person a passkey in place of all they had; return their name.

        Raises OurFault: signin.link, signin.passkey.
        """
        setup = self.setup_of(token, now)
        self._cabinet.forget(setup.name)
        self._cabinet.add_passkey(setup.name, found)
        return setup.name


def _key(sort: str, token: str) -> str:
    return keeping.key_of(sort, token.encode("utf-8", "replace")[:256])


def _text(drawn: bytes) -> str:
    return canon.to_base64(drawn).rstrip("=").replace("+", "-").replace("/", "_")


def _no_link() -> OurFault:
    return OurFault(
        "signin.link",
        "this link was used before, is too old, or is none of ours",
        "have an administrator make a new one: detente person enter-link",
    )
