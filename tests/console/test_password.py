"""One's own password changed: the old one first; other sessions end."""

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.doors import HERE, PASSWORD, Rig

from detente.app import hashing
from detente.app.console.ask import Answer, Ask, Later
from detente.app.console.pages import me
from detente.core.errors import OurFault
from detente.core.moment import Span

NEW = "another sentence of my own"


class Page:
    """The page of one's own account, over a door in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rig, self.faults = Rig(), list[str]()
        self.rig.set_up()
        self.rig.now += Span.of(minutes=1)
        self.token, self.other = self.rig.enter(), ""
        self.rig.now += Span.of(minutes=1)
        self.other = self.rig.enter()
        self.rig.now += Span.of(minutes=1)
        monkeypatch.setattr(hashing, "derive", self.rig.derive)
        monkeypatch.setattr(me, "_account", self._account)
        monkeypatch.setattr(me, "keys_of", lambda _site: None)
        self.site: Any = SimpleNamespace(
            sign_in=self.rig.sign_in, now=lambda: self.rig.now,
            settings=SimpleNamespace(text=lambda _name: "aurelia.gov"),
        )  # fmt: skip

    def _account(self, _site: object, _ask: object, fault: OurFault) -> Answer:
        self.faults.append(fault.code)
        return Answer(422)

    def change(self, **told: str) -> int:
        given = {"password": PASSWORD, "new": NEW, "twice": NEW, **told}
        session = self.rig.sign_in.session_of(self.token, self.rig.now)
        form = {name: (text,) for name, text in given.items()}
        asked = Ask("POST", ("me", "password"), form=form, session=session, address=HERE)
        found = me.password(self.site, asked)
        if isinstance(found, Later):
            found = found.then(found.work())
        return found.status

    def comes(self, password: str) -> bool:
        self.rig.now += Span.of(minutes=2)
        try:
            self.rig.come(password=password, code=self.rig.code())
        except OurFault as fault:
            assert fault.code == "signin.refused"  # noqa: PT017
            return False
        return True


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_the_old_password_changes_it_and_ends_all_other_sessions(page: Page) -> None:
    assert page.change() == 303
    door, now = page.rig.sign_in, page.rig.now
    assert door.session_of(page.token, now) is not None
    assert door.session_of(page.other, now) is None
    assert ("anna", "person/password", "") in page.rig.house.noted
    assert page.comes(NEW)
    assert not page.comes(PASSWORD)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"password": "a sentence of another"}, "signin.refused"),
        ({"password": ""}, "signin.refused"),
        ({"twice": "not the same"}, "people.password"),
        ({"new": "short", "twice": "short"}, "people.password"),
        ({"new": "passwordpassword", "twice": "passwordpassword"}, "people.password"),
    ],
)
def test_anything_else_changes_nothing(page: Page, told: dict[str, str], code: str) -> None:
    assert page.change(**told) == 422
    assert page.faults == [code]
    assert page.rig.sign_in.session_of(page.other, page.rig.now) is not None
    assert page.comes(PASSWORD)


def test_wrong_old_passwords_are_counted_as_at_the_door(page: Page) -> None:
    for _ in range(page.rig.rules.wrong_per_minute):
        page.change(password="a guess of somebody")
    hashed = page.rig.hashed
    assert page.change() == 422
    assert page.faults[-1] == "signin.many"
    assert page.rig.hashed == hashed, "nothing is hashed for it"
