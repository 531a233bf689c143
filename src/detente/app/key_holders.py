"""Who holds the keys of desks: the office's passphrase, or people with a password each.

Source: docs/decisions/0041-closed-desks.md, docs/decisions/0045-desk-keys.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from detente.app import build_keys
from detente.app.build_keys import FileVault, KeySeed, PersonKeys
from detente.app.grants import Grants
from detente.core.errors import OurFault
from detente.core.keys import Entropy
from detente.core.moment import Moment
from detente.office import passwords
from detente.office.desk import Role
from detente.office.front_door import SignIn
from detente.office.people import Person, permit_headers
from detente.office.writing import KeysAtWork


@dataclass(frozen=True, slots=True)
class Tried:
    """What a password opened of a person's keys, by key id. fits: it is that of keys they have."""

    person: str
    password: bytes = field(repr=False)
    seeds: Mapping[str, KeySeed] = field(repr=False)
    fits: bool


class KeyHolders:
    """The keepers of one office's desk keys. Called in its thread, but for `try_password`."""

    def __init__(
        self,
        keys: KeysAtWork,
        vault: FileVault,
        persons: PersonKeys,
        sign_in: SignIn,
        grants: Grants,
        entropy: Entropy,
        unattended: Callable[[str], bool],
    ) -> None:
        """unattended: whether the settings let the office open a desk by itself."""
        self._keys, self._vault, self._persons = keys, vault, persons
        self.sign_in, self._grants = sign_in, grants
        self._entropy, self._unattended = entropy, unattended
        self.renew = False  # keys went from one keeper to another: the office must start anew

    @property
    def desks(self) -> list[str]:
        """Every desk that this office opens, whoever holds its keys."""
        return sorted(self._keys.desks)

    @property
    def entrusted(self) -> tuple[str, ...]:
        """Desks whose keys their people hold."""
        return tuple(sorted(self._keys.attended))

    def is_open(self, desk: str) -> bool:
        """Say whether the office can read at a desk now."""
        return not self._keys.is_closed(desk)

    def may_unattended(self, desk: str) -> bool:
        """Say whether the settings let the office open a desk by itself."""
        return self._unattended(desk)

    def holders(self, desk: str) -> tuple[str, ...]:
        """Return who can open the newest key of a desk, sorted; none if the office opens it."""
        if desk not in self._keys.attended:
            return ()
        of_desk = [e for e in self._persons.key_ids() if build_keys.desk_of(e) == desk]
        return self._persons.holders(max(of_desk, key=build_keys.age))

    def has_keys(self, person: str) -> bool:
        """Say whether a person has wrapped keys, under whatever password."""
        return bool(self._persons.key_ids(person))

    def try_password(self, person: str, password: str) -> Tried:
        """Return what a password opens. Slow by intent; run it beside the office.

        Where desks have such keys it takes as long for whoever has one as for whoever has none.
        """
        plain = passwords.normal(password)
        if not self._keys.attended or not plain:
            return Tried(person, plain, {}, fits=False)
        try:
            seeds = self._persons.open(person, plain)
        except OurFault:
            return Tried(person, plain, {}, fits=False)
        return Tried(person, plain, seeds, fits=bool(seeds))

    def entrust(self, by: Person, desk: str, tried: Tried, now: Moment) -> None:
        """Give the keys of a desk to who asks, and take them from the office's passphrase.

        The password was proved. The office must start anew after it. Raises OurFault:
        office.forbidden, desk.entrusted, vault.unwritable.
        """
        self.check_supervisor(by, desk)
        key_ids = build_keys.desk_keys(self._vault, desk)
        if desk in self._keys.attended or not key_ids:
            raise entrusted_already(desk, "has its keys with its people already")
        if build_keys.HOUSE_ID not in self._vault.ids():
            seed = build_keys.new_seed("xwing", self._entropy)
            self._vault.add(build_keys.HOUSE_ID, seed, self._entropy)
        seeds = {each: self._vault.seed(each) for each in key_ids}
        self.sign_in.note(by, "desk/entrust", now, desk)
        self._persons.put(by.name, seeds, tried.password, self._entropy)
        for each in key_ids:  # if it dies here, the next start goes on
            self._vault.give_up(each)
        self.renew = True

    def hand_back(self, by: Person, desk: str, tried: Tried, now: Moment) -> None:
        """Give the keys of a desk to the office's passphrase again. The office must start anew.

        Raises OurFault: office.forbidden, desk.entrusted, desk.unattended, desk.password.
        """
        self.check_supervisor(by, desk)
        if desk not in self._keys.attended:
            raise entrusted_already(desk, "is opened by the office already")
        if not self._unattended(desk):
            raise OurFault(
                "desk.unattended",
                f"office.unattended does not let the office open {desk} by itself",
                f'name it there first: unattended = ["{desk}"]',
            )
        key_ids = [e for e in self._persons.key_ids() if build_keys.desk_of(e) == desk]
        if not set(key_ids) <= set(tried.seeds):
            raise no_key(by.name)
        self.sign_in.note(by, "desk/hand-back", now, desk)
        for each in key_ids:
            if each not in self._vault.ids():
                self._vault.add(each, tried.seeds[each], self._entropy)
        for name in self.holders(desk):
            self._persons.drop(name, key_ids)
        self.renew = True

    def wrap_again(self, tried: Tried, password: str) -> int:
        """Put what an older password opened under another; return how many keys. Slow by intent."""
        if tried.seeds:
            plain = passwords.normal(password)
            self._persons.put(tried.person, tried.seeds, plain, self._entropy)
        return len(tried.seeds)

    def take_older(self, person: Person, older: str, tried: Tried) -> Tried:
        """Put keys under the password of now that an older one opens: after an enter link.

        The password of now was proved. Slow by intent: rare. Raises OurFault("desk.password").
        """
        found = self.try_password(person.name, older)
        if not found.fits:
            raise no_key(person.name)
        self._persons.put(person.name, found.seeds, tried.password, self._entropy)
        return replace(tried, seeds={**tried.seeds, **found.seeds}, fits=True)

    @staticmethod
    def check_supervisor(by: Person, desk: str) -> None:
        """Raise OurFault("office.forbidden") unless a person supervises a desk, shut or not."""
        permit_headers(by, desk, Role.READ)
        if not by.supervises(desk):
            raise OurFault(
                "office.forbidden",
                f"{by.name} is not supervisor at the desk {desk}",
                "have a supervisor of the desk do it",
            )


def no_key(person: str) -> OurFault:
    """Return the fault of a password that opens no desk."""
    return OurFault(
        "desk.password",
        f"this password opens no desk for {person}",
        "give the password under which the keys were put last; or have another person of the desk let"
        " you in, and sign in again",
    )


def entrusted_already(desk: str, how: str) -> OurFault:
    """Return the fault of keys that are not where somebody thought."""
    return OurFault("desk.entrusted", f"the desk {desk} {how}", "see: detente desk list")
