"""Who is signed in: tokens of 256 bits, kept as hashes, locked after a pause, over after a day.

A locked session hides bodies and still shows alarms. Signing in always makes a new token, so none
that somebody else chose is ever raised to more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from detente.core import canon
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment, Span
from detente.office import keeping
from detente.office.keeping import Kept
from detente.office.people import Person
from detente.office.ports import Shelf, ShelfTx

TOKEN_BYTES: Final = 32
PROGRAM: Final = "token"  # the method of a program that showed an API token
SEEN_EVERY: Final = Span(60_000)  # written so often; between, it is in memory
IDLE_LOCK: Final = Span.of(minutes=15)
SIGN_OUT: Final = Span.of(hours=12)
FRESH: Final = Span(300_000)  # so long a proof of who one is serves for acts that ask for it
SESSIONS_MAX: Final = 32  # of one person; the oldest goes
_TOKEN_CHARS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """How long sessions live."""

    idle_lock: Span = IDLE_LOCK
    sign_out: Span = SIGN_OUT


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who signed in. key names it in lists and says nothing of its token.

    proved: when they last showed who they are. method: password, passkey, recovery, link, token.
    csrf: what forms of this session carry; "" in lists.
    """

    person: Person
    key: str
    method: str
    begun: Moment
    seen: Moment
    proved: Moment
    until: Moment
    address: str
    agent: str
    locked: bool
    csrf: str = ""

    def is_fresh(self, now: Moment) -> bool:
        """Say whether they showed only just now who they are: a person, and no program's token."""
        if self.method == PROGRAM:
            return False
        return not self.locked and self.proved <= now < self.proved + FRESH


class Sessions:
    """The sessions of one office."""

    def __init__(
        self,
        shelf: Shelf,
        active: Callable[[str, Moment], Person],
        entropy: Entropy,
        policy: Policy,
    ) -> None:
        self._shelf, self._active = shelf, active
        self._entropy, self._policy = entropy, policy
        self._seen: dict[str, Moment] = {}

    def begin(
        self, name: str, method: str, where: tuple[str, str], now: Moment, former: str = ""
    ) -> str:
        """Return the token of a new session; that of `former`, if any, ends.

        where: address and what the browser calls itself.
        """
        token = canon.to_base64(self._entropy.draw(TOKEN_BYTES)).rstrip("=")
        token = token.replace("+", "-").replace("/", "_")
        with self._shelf.begin() as tx:
            keeping.sweep(tx, now, keeping.SESSION)
            if former:
                keeping.drop(tx, key_of(former))
            self._thin(tx, name)
            keeping.put(tx, self._fresh(token, name, method, where, now, now))
        return token

    def session_of(self, token: str, now: Moment) -> Session | None:
        """Return the session of a token and note that it is used; None if it ended.

        A locked one is not kept alive by being used.
        """
        found = self._find(token, now)
        if found is not None and not found.locked:
            self._touch(found, now)
            return replace(found, seen=max(found.seen, now))
        return found

    def look(self, token: str, now: Moment) -> Session | None:
        """Return the session of a token without keeping it alive: a page that refreshes itself asks."""
        return self._find(token, now)

    @staticmethod
    def key_of(token: str) -> str:
        """Return the key by which lists name the session of a token."""
        return key_of(token)

    def by_key(self, key: str, now: Moment) -> Session | None:
        """Return the session that lists name by this key, without what forms carry; None if it ended."""
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, key, now)
        return None if kept is None else self._session(kept, now)

    def is_open(self, token: str, now: Moment) -> bool:
        """Say whether a session goes on, locked or not; looking does not keep it alive."""
        return self._find(token, now) is not None

    def prove(self, token: str, method: str, now: Moment) -> str:
        """Return the new token of a session whose person showed again who they are.

        It is unlocked, and ends when it would have ended. Raises OurFault("signin.none").
        """
        found = self._find(token, now)
        if found is None:
            raise nobody()
        fresh = canon.to_base64(self._entropy.draw(TOKEN_BYTES)).rstrip("=")
        fresh = fresh.replace("+", "-").replace("/", "_")
        where = (found.address, found.agent)
        with self._shelf.begin() as tx:
            keeping.drop(tx, found.key)
            kept = self._fresh(fresh, found.person.name, method, where, found.begun, now)
            keeping.put(tx, kept)
        return fresh

    def of(self, name: str, now: Moment) -> Sequence[Session]:
        """Return a person's sessions, the newest first, without what forms carry."""
        with self._shelf.begin() as tx:
            rows = keeping.of_person(tx, name, keeping.SESSION)
        found = [self._session(each, now) for each in rows if not each.is_over(now)]
        live = [each for each in found if each is not None]
        return sorted(live, key=lambda each: each.begun.ms, reverse=True)

    def end(self, name: str, key: str) -> None:
        """End one session of a person; none is no fault."""
        with self._shelf.begin() as tx:
            if any(each.key == key for each in keeping.of_person(tx, name, keeping.SESSION)):
                keeping.drop(tx, key)
        self._seen.pop(key, None)

    def end_all(self, name: str, but: str = "") -> int:
        """End every session of a person but that of one key; return how many ended."""
        with self._shelf.begin() as tx:
            return keeping.drop_all(tx, name, keeping.SESSION, but=but)

    # Inside.

    def _fresh(
        self, token: str, name: str, method: str, where: tuple[str, str], begun: Moment, now: Moment
    ) -> Kept:
        return Kept(
            key_of(token),
            keeping.SESSION,
            name,
            begun + self._policy.sign_out,
            {
                "method": method,
                "begun": begun.ms,
                "seen": now.ms,
                "proved": now.ms,
                "address": where[0][:64],
                "agent": "".join(each for each in where[1][:200] if each.isprintable()),
            },
        )

    def _find(self, token: str, now: Moment) -> Session | None:
        if not 0 < len(token) <= _TOKEN_CHARS_MAX or not token.isascii():
            return None
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, key_of(token), now)
        found = None if kept is None else self._session(kept, now)
        return None if found is None else replace(found, csrf=_csrf(token))

    def _session(self, kept: Kept, now: Moment) -> Session | None:
        try:
            person = self._active(kept.person, now)
        except OurFault as fault:
            if not fault.code.startswith("people."):
                raise
            return None
        seen = max(Moment(kept.whole("seen")), self._seen.get(kept.key, Moment(0)))
        begun = Moment(kept.whole("begun"))
        assert kept.until is not None, "every session ends"
        return Session(
            person=person,
            key=kept.key,
            method=kept.text("method"),
            begun=begun,
            seen=seen,
            proved=Moment(kept.whole("proved")),
            until=kept.until,
            address=kept.text("address"),
            agent=kept.text("agent"),
            locked=now.ms - seen.ms >= self._policy.idle_lock.ms,
        )

    def _touch(self, found: Session, now: Moment) -> None:
        if now <= found.seen:
            return
        self._seen[found.key] = now
        with self._shelf.begin() as tx:
            kept = keeping.get(tx, found.key, now)
            if kept is not None and now.ms - kept.whole("seen") >= SEEN_EVERY.ms:
                keeping.put(tx, replace(kept, data={**kept.data, "seen": now.ms}))

    def _thin(self, tx: ShelfTx, name: str) -> None:
        rows = keeping.of_person(tx, name, keeping.SESSION)
        rows.sort(key=lambda each: each.whole("begun"))
        for each in rows[: max(0, len(rows) - SESSIONS_MAX + 1)]:
            keeping.drop(tx, each.key)


def check_fresh(session: Session, now: Moment) -> None:
    """Raise OurFault unless they showed only just now who they are: signin.locked, signin.again."""
    if session.locked:
        raise OurFault(
            "signin.locked", "this session is locked after a pause", "show who you are: /unlock"
        )
    if not session.is_fresh(now):
        raise OurFault(
            "signin.again", "this act asks who you are once more", "show who you are: /again"
        )


def nobody() -> OurFault:
    """Return the fault of a session that is none."""
    return OurFault("signin.none", "nobody is signed in here", "sign in")


def key_of(token: str) -> str:
    """Return the key by which lists name the session of a token."""
    return keeping.key_of(keeping.SESSION, token.encode("utf-8", "replace"))


def _csrf(token: str) -> str:
    return sha256(b"detente/v1/csrf\n" + token.encode()).hexdigest()
