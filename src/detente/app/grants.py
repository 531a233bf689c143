"""Who was let in at a desk and has not given a password since: proved by the desk's key itself.

A row that an administrator writes is none, for only who has the desk's key can make its mark; nor is
one whose person got other means to come in since, for an enter link must not be a way in.
"""

import hmac
from hashlib import sha256
from typing import Final

from detente.core import canon
from detente.core.moment import Moment, Span
from detente.office import keeping
from detente.office.keeping import Kept
from detente.office.means import Cabinet
from detente.office.ports import Shelf

GRANT_LIFE: Final = Span.of(days=7)


class Grants:
    """The grants of one office, on its shelf."""

    def __init__(self, shelf: Shelf, means: Cabinet) -> None:
        self._shelf, self._means = shelf, means

    def give(self, by: str, person: str, desk: str, seed: bytes, now: Moment) -> None:
        """Let a person in. seed: of the desk's newest key."""
        until = now + GRANT_LIFE
        mark = canon.to_base64(self._mark(person, desk, seed, until))
        kept = Kept(_key(person, desk), keeping.GRANT, person, until, {"by": by, "mark": mark})
        with self._shelf.begin() as tx:
            keeping.sweep(tx, now, keeping.GRANT)
            keeping.put(tx, kept)

    def has(self, person: str, desk: str) -> bool:
        """Say whether a row stands for a person; it may be none that counts."""
        with self._shelf.begin() as tx:
            return tx.rows(keeping.KEEP).get(_key(person, desk)) is not None

    def is_good(self, person: str, desk: str, seed: bytes, now: Moment) -> bool:
        """Say whether somebody with the desk's key let this person in, with the means they have now."""
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, _key(person, desk), now)
        if kept is None or kept.until is None:
            return False
        return hmac.compare_digest(kept.raw("mark"), self._mark(person, desk, seed, kept.until))

    def drop(self, person: str, desk: str) -> None:
        """Forget a grant; none is no fault."""
        with self._shelf.begin() as tx:
            keeping.drop(tx, _key(person, desk))

    def _mark(self, person: str, desk: str, seed: bytes, until: Moment) -> bytes:
        key = sha256(b"detente/v1/desk-grant\n" + seed).digest()
        told = f"{person}\n{desk}\n{until.ms}\n".encode() + self._means.mark(person)
        return hmac.digest(key, told, "sha256")


def _key(person: str, desk: str) -> str:
    return f"{keeping.GRANT} {desk} {person}"
