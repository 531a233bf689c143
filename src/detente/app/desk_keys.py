"""Desks whose opening keys their people hold: who opened one, with which session, and until when.

A key is opened by a password and stays in memory while a session of its person goes on: signing out,
a pause and the office's end close the desk. The vault's passphrase opens none of it. WEAK: Python
cannot wipe memory; whoever reads this process's memory while a desk is open has its key.
Source: docs/decisions/0041-closed-desks.md, docs/decisions/0045-desk-keys.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from detente.app import build_keys
from detente.app.build_keys import FileVault, KeySeed, PersonKeys
from detente.app.grants import Grants
from detente.app.key_holders import KeyHolders, Tried, entrusted_already, no_key
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment
from detente.office.closed import desk_closed
from detente.office.desk import Role
from detente.office.front_door import SignIn
from detente.office.people import House, Person, permit_headers
from detente.office.sessions import Session
from detente.office.writing import KeysAtWork

__all__ = ["DeskKeys", "KeyHolders", "Tried", "no_key"]


@dataclass(frozen=True, slots=True)
class DeskKey:
    """How one desk stands for one person. open: somebody of it is here; yours: they can open it.

    held: this session, or this person's commands, opened it. let_in: they were let in, and the next
    password they give, while it is open, opens it from then on.
    """

    desk: str
    entrusted: bool
    open: bool
    holders: tuple[str, ...]
    yours: bool
    held: bool
    let_in: bool


@dataclass(frozen=True, slots=True)
class _Hold:
    person: str
    desks: frozenset[str]


class DeskKeys(KeyHolders):
    """The keys of desks of one office. Called in the office's thread, but for `try_password`."""

    def __init__(
        self,
        keys: KeysAtWork,
        vault: FileVault,
        persons: PersonKeys,
        sign_in: SignIn,
        grants: Grants,
        entropy: Entropy,
        forget: Callable[[str], None],
        unattended: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Begin with every such desk closed.

        forget: lets go what stands in memory of a desk. The rest: see KeyHolders.
        """
        super().__init__(keys, vault, persons, sign_in, grants, entropy, unattended)
        self._forget = forget
        self._seeds: dict[str, dict[str, KeySeed]] = {}  # of open desks, by key id
        self._holds: dict[str, _Hold] = {}  # by session
        self._commands: dict[tuple[str, str], str] = {}  # tokens, by person and system user
        self.changes = 0  # counts up with each opening and closing
        sign_in.shut = self.shut

    # Who may read now.

    @property
    def is_held(self) -> bool:
        """Whether some desk is open, so that `see` is to be called again."""
        return bool(self._holds)

    def shut(self, session: Session) -> frozenset[str]:
        """Return the desks whose key a session has not; a program has none."""
        return self._shut(session.key)

    def _shut(self, key: str) -> frozenset[str]:
        hold = self._holds.get(key)
        return frozenset(self._keys.attended) - (hold.desks if hold else frozenset())

    def shut_for_commands(self, person: Person, now: Moment) -> frozenset[str]:
        """Return the desks that a person did not open for their commands; a command keeps them open."""
        token = self._commands.get((person.name, person.user or ""))
        session = self.sign_in.sessions.session_of(token, now) if token else None
        if session is None or session.locked:
            return frozenset(self._keys.attended)
        return self._shut(session.key)

    def rows(self, person: Person, key: str = "") -> list[DeskKey]:
        """Return how desks stand for a person: theirs, all of them for who administers or audits.

        key: of the session that asks.
        """
        looks = person.is_in_house(House.ADMINISTRATOR) or person.is_in_house(House.AUDITOR)
        shown = [each for each in self.desks if looks or person.stands(each, Role.READ)]
        return [self._row(person, desk, key) for desk in shown]

    def _row(self, person: Person, desk: str, key: str) -> DeskKey:
        holders, entrusted = self.holders(desk), desk in self._keys.attended
        hold = self._holds.get(key)
        held = desk in hold.desks if hold else entrusted and desk not in person.shut
        return DeskKey(
            desk, entrusted, not self._keys.is_closed(desk), holders, person.name in holders,
            entrusted and held, self._grants.has(person.name, desk),
        )  # fmt: skip

    # Opening and closing.

    def hold(self, key: str, person: Person, tried: Tried, now: Moment) -> tuple[str, ...]:
        """Open for a session what a password opened; return the desks. The password was proved.

        A person who was let in gets the keys of a desk now, if it is open: about 0.15 s of the
        office's own time, once.
        """
        assert tried.person == person.name, "a password opens its person's keys"
        seeds = {**tried.seeds, **self._granted(person, tried, now)}
        desks = {build_keys.desk_of(each) for each in seeds} & set(self._keys.attended)
        desks = {each for each in desks if person.stands(each, Role.READ)}
        before = self._holds.get(key)
        if desks or before:
            all_of_it = frozenset(desks) | (before.desks if before else frozenset())
            self._holds[key] = _Hold(person.name, all_of_it)
        for desk in sorted(desks):
            mine = {one: seed for one, seed in seeds.items() if build_keys.desk_of(one) == desk}
            self._open(desk, mine, person, now)
        return tuple(sorted(desks))

    def _open(self, desk: str, seeds: Mapping[str, KeySeed], person: Person, now: Moment) -> None:
        known = self._seeds.setdefault(desk, {})
        self.changes += 1
        if seeds.keys() <= known.keys():
            return
        known.update(seeds)
        ordered = sorted(known, key=build_keys.age)
        self._keys.attended[desk] = tuple(build_keys.opener_of(known[each]) for each in ordered)
        self.sign_in.note(person, "desk/open", now, desk)

    def _granted(self, person: Person, tried: Tried, now: Moment) -> dict[str, KeySeed]:
        found: dict[str, KeySeed] = {}
        for desk, seeds in self._seeds.items():
            if not self._grants.is_good(person.name, desk, _newest(seeds), now):
                continue
            self._persons.put(person.name, seeds, tried.password, self._entropy)
            self._grants.drop(person.name, desk)
            found |= seeds
        return found

    def open_for_commands(self, person: Person, tried: Tried, now: Moment) -> tuple[str, ...]:
        """Open desks for a person's commands, as a session of its own that ends as others do.

        Raises OurFault("desk.password") if the password opens none.
        """
        where = ("", "detente desk open")
        token = self.sign_in.sessions.begin(person.name, "password", where, now)
        key = self.sign_in.sessions.key_of(token)
        found = self.hold(key, person, tried, now)
        if not found:
            self.sign_in.sessions.end(person.name, key)
            raise no_key(person.name)
        self.close_commands(person, now)
        self._commands[person.name, person.user or ""] = token
        return found

    def close_commands(self, person: Person, now: Moment) -> None:
        """End what a person opened for commands."""
        token = self._commands.pop((person.name, person.user or ""), "")
        if token:
            self.sign_in.sessions.end(person.name, self.sign_in.sessions.key_of(token))
            self.see(now)

    def move(self, key: str, to: str) -> None:
        """Let a session under its new token hold what it held; call `see` before it gets that."""
        hold = self._holds.pop(key, None)
        if hold is not None:
            self._holds[to] = hold

    def release(self, key: str, now: Moment) -> None:
        """Let go what one session opened."""
        hold = self._holds.pop(key, None)
        for desk in hold.desks if hold else ():
            self._close(desk, hold.person if hold else "", now)

    def see(self, now: Moment) -> None:
        """Close desks that no session holds any more: it ended, paused, or its person has no place."""
        for key, hold in list(self._holds.items()):
            session = self.sign_in.sessions.by_key(key, now)
            live = session is not None and not session.locked
            kept = {
                desk
                for desk in hold.desks
                if live and session is not None and session.person.stands(desk, Role.READ)
            }
            if not kept:
                del self._holds[key]
            elif kept != hold.desks:
                self._holds[key] = _Hold(hold.person, frozenset(kept))
            for desk in hold.desks - kept:
                self._close(desk, hold.person, now)
        for desk in list(self._seeds):
            self._close(desk, "", now)

    def _close(self, desk: str, person: str, now: Moment) -> None:
        if any(desk in each.desks for each in self._holds.values()) or desk not in self._seeds:
            return
        del self._seeds[desk]
        self._keys.attended[desk] = ()
        self._forget(desk)
        self.changes += 1
        self.sign_in.note_of(person, "desk/close", now, desk)

    # Who may.

    def let_in(self, by: Person, name: str, desk: str, now: Moment) -> None:
        """Let another person of an open desk have its keys, from the next password they give here.

        Raises OurFault: office.desk_closed unless who asks has it open, people.unknown,
        people.suspended, office.forbidden for who has no place there, desk.entrusted.
        """
        permit_headers(by, desk, Role.READ)
        if desk not in self._keys.attended:
            raise entrusted_already(desk, "is opened by the office: nobody needs to be let in")
        if desk in by.shut or desk not in self._seeds:
            raise desk_closed(desk)
        person = self.sign_in.active(name, now)
        permit_headers(person, desk, Role.READ)
        self.sign_in.note(by, "desk/let-in", now, f"{desk} {name}")
        self._grants.give(by.name, name, desk, _newest(self._seeds[desk]), now)

    def let_out(self, by: Person, name: str, desk: str, now: Moment) -> bool:
        """Take a person's wrapped keys of a desk away; return whether they had some.

        Who knew the key may have kept it: for that a desk needs new keys. Raises OurFault:
        office.desk_closed, desk.last_holder.
        """
        permit_headers(by, desk, Role.READ)
        if desk in by.shut:
            raise desk_closed(desk)
        self._grants.drop(name, desk)
        holders = self.holders(desk)
        if name not in holders:
            return False
        if len(holders) == 1:
            raise OurFault(
                "desk.last_holder",
                f"{name} is the last who can open {desk}: what it holds would be lost",
                "let another person in first, or hand the keys back to the office",
            )
        self.sign_in.note(by, "desk/let-out", now, f"{desk} {name}")
        key_ids = [e for e in self._persons.key_ids(name) if build_keys.desk_of(e) == desk]
        self._persons.drop(name, key_ids)
        for key, hold in list(self._holds.items()):
            if hold.person == name:
                self._holds[key] = _Hold(name, hold.desks - {desk})
        self.see(now)
        return True


def _newest(seeds: Mapping[str, KeySeed]) -> bytes:
    return seeds[max(seeds, key=build_keys.age)].seed
