"""A household whose desk is opened by its people: passwords, codes and wrapped keys are real."""

from pathlib import Path
from typing import Final

import pytest
from tests.support import pairs
from tests.support.doors import Counting
from tests.support.household import HERE, Household
from tests.support.makers import LabelOpener
from tests.support.offices import FusedShelf
from tests.vault.made import SEEDS

from detente.app import build_keys, hashing
from detente.app.build_keys import KeySeed
from detente.app.console.ask import Answer
from detente.app.desks import DESKS
from detente.core.moment import Moment, Span
from detente.office import passwords, totp
from detente.office.entering import SETUP_LIFE
from detente.office.people import Person
from detente.office.veil import VeiledShelf
from detente.office.writing import KeysAtWork
from detente.store.memory import MemoryShelf

PASSWORD: Final = "rain on the harbour wall"
SEED: Final[KeySeed] = SEEDS["desk.cert"]


class Holders:
    """A household, and the keys of its desk; at first the supervisor alone can open it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        net = pairs.pairs()
        side = net.sides[0]
        opener = side.party.openers["cert"]
        patch.setattr(build_keys, "opener_of", lambda _seed: opener)
        veil = VeiledShelf(side.shelf.inner, MemoryShelf, {"cert": DESKS[0].tables})
        side.shelf = FusedShelf(veil, side.fuse)
        side.keys = KeysAtWork({}, side.keys.signers, attended={"cert": ()}, house=LabelOpener("h"))
        side.restart()
        self.house = Household(folder, net=net, forget=veil.forget)
        self.sign_in, self.net = self.house.sign_in, net
        self.wraps, self.keys = self.house.wraps, self.house.desk_keys
        self.entropy = Counting()
        self.side, self.other = side, net.sides[1]
        self.wraps.put("supervisor", {"desk-cert": SEED}, PASSWORD.encode(), self.entropy)
        self.secrets: dict[str, bytes] = {}
        net.settle()

    @property
    def now(self) -> Moment:
        return self.net.now

    def person(self, name: str) -> Person:
        return self.side.office.people.find(name, self.now)

    def give_means(self, name: str, password: str = PASSWORD) -> None:
        """Let a person come by a link and choose a password and an authenticator."""
        entrance = self.sign_in.entrance
        setup = entrance.begin(entrance.issue(name, self.now, SETUP_LIFE), self.now)
        self.secrets[name] = entrance.setup_of(setup, self.now).secret
        check = self.sign_in.means.to_derive(name)
        entrance.choose_password(
            setup, check, hashing.derive(check, password), self.code(name), self.now
        )

    def code(self, name: str) -> str:
        return totp.code_at(self.secrets[name], totp.step_of(self.now))

    def come_in(self, name: str, password: str = PASSWORD) -> Answer:
        """Sign in at the console by password and code."""
        self.net.now += Span(31_000)  # no code counts twice
        form = {"name": name, "password": password, "code": self.code(name), "next": "/attention"}
        told = {key: (text,) for key, text in form.items()}
        answer = self.house.ask("", "POST", "sign-in", form=told)
        for cookie in answer.cookies:
            self.house.tokens[name] = cookie.text
        return answer

    def leave(self, name: str) -> None:
        self.house.post(name, "sign-out")
        self.house.tokens.pop(name)

    def plain(self, password: str = PASSWORD) -> bytes:
        return passwords.normal(password)


__all__ = ["HERE", "PASSWORD", "SEED", "Holders"]
