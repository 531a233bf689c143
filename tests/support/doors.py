"""A door in memory: people, a shelf, cheap passwords and a clock that a test turns."""

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import people, totp
from detente.office.accounts import Accounts
from detente.office.desk import Role
from detente.office.front_door import Rules, SignIn
from detente.office.passwords import Check, Cost, normal
from detente.office.people import House, Person, Place, roles_of
from detente.office.signin import Proof
from detente.store.memory import MemoryShelf

START = Moment.parse("2026-11-22T10:00:00.000Z")
PLACES = {"cert": Place.DRAFTER}
ANNA = Person("anna", None, "s-02", roles_of(PLACES), "Anna", PLACES)
BOSS = Person("boss", "1000", "", {}, house=frozenset({House.ADMINISTRATOR}))
PASSWORD = "a sentence of my own"
HERE = "192.0.2.1"


class Plain:
    """A box that marks what it holds, so that a test sees what was moved."""

    def seal(self, label: str, data: bytes) -> bytes:
        return label.encode() + b"|" + data[::-1]

    def open(self, label: str, sealed: bytes) -> bytes:
        told, _, data = sealed.partition(b"|")
        assert told.decode() == label
        return data[::-1]


class Counting:
    """Bytes that never repeat."""

    def __init__(self) -> None:
        self.drawn = 0

    def draw(self, count: int) -> bytes:
        self.drawn += 1
        found = b""
        while len(found) < count:
            found += sha256(f"{self.drawn} {len(found)}".encode()).digest()
        return found[:count]


@dataclass
class Staff:
    """The accounts of a test: whoever stands in `known`."""

    known: dict[str, Person] = field(default_factory=lambda: {"anna": ANNA, "boss": BOSS})
    noted: list[tuple[str, str, str]] = field(default_factory=list)

    def every(self, _now: Moment) -> tuple[Person, ...]:
        return tuple(self.known.values())

    def find(self, name: str, _now: Moment) -> Person:
        if name not in self.known:
            raise OurFault("people.unknown", name, "")
        return self.known[name]

    def active(self, name: str, now: Moment) -> Person:
        found = self.find(name, now)
        if not found.active:
            raise people.suspended(name)
        return found

    def note(self, by: Person, act: str, _now: Moment, about: str = "") -> None:
        self.noted.append((by.name, act, about))

    def suspend(self, name: str) -> None:
        self.known[name] = replace(self.known[name], active=False)

    def demote(self, name: str) -> None:
        self.known[name] = replace(self.known[name], roles={"cert": frozenset({Role.READ})})


class Rig:
    """One door."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.house, self.now, self.entropy = Staff(), START, Counting()
        self.shelf = MemoryShelf()
        self.told: Counter[tuple[str, str, str]] = Counter()
        self.hashed = 0

        def tell(code: str, person: str, address: str) -> None:
            self.told[code, person, address] += 1

        accounts: Accounts = self.house  # type: ignore[assignment]
        self.rules = rules or Rules(cost=Cost(8, 1, 1))
        self.sign_in = SignIn(self.shelf, lambda: accounts, Plain(), self.entropy, self.rules, tell)
        self.secret = b""

    def derive(self, check: Check, password: str) -> bytes:
        self.hashed += 1
        return sha256(check.salt + normal(password)).digest()

    def set_up(self, name: str = "anna") -> tuple[str, ...]:
        """Let a person come in by a link and choose; return their recovery codes."""
        door = self.sign_in
        token = door.enter_link(BOSS, name, self.now)
        setup = door.entrance.begin(token, self.now)
        self.secret = door.entrance.setup_of(setup, self.now).secret
        check = door.means.to_derive(name)
        derived = self.derive(check, PASSWORD)
        _, codes = door.entrance.choose_password(setup, check, derived, self.code(), self.now)
        return codes

    def code(self, away: int = 0) -> str:
        return totp.code_at(self.secret, totp.step_of(self.now) + away)

    def come(
        self, name: str = "anna", password: str = PASSWORD, code: str = "", address: str = HERE
    ) -> Proof:
        check = self.sign_in.door.begin(name, address, self.now)
        return self.sign_in.door.finish(check, self.derive(check, password), code, self.now)

    def enter(self, former: str = "") -> str:
        """Sign anna in; return her session's token."""
        proof = self.come(code=self.code())
        return self.sign_in.admit(proof, (HERE, "a browser"), self.now, former)
