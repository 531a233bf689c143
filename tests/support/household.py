"""A console with its real door, pages and API over an office of a test, asked without a socket.

Everybody of the house works here: each place at the desk, each role of the house, and somebody
without any. Sessions are real; passwords are not asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.doors import Counting, Plain
from tests.support.offices import Net
from tests.support.pairs import pairs

from detente.app import config, faces
from detente.app.api.routes import Api
from detente.app.console import guard, headers
from detente.app.console.ask import Answer, Ask, Upload
from detente.app.console.keeper import Keeper, Slow
from detente.app.console.pages import ROUTES
from detente.app.console.pages.program import ask_api
from detente.app.console.routes import Table
from detente.app.console.site import Site
from detente.app.console.static import Statics
from detente.app.desk_keys import DeskKeys
from detente.app.grants import Grants
from detente.app.http import Request
from detente.app.log import Log
from detente.app.screening import room
from detente.app.screening.room import Screens
from detente.app.screening.runs import Asked
from detente.office.front_door import Rules, SignIn
from detente.office.passwords import Cost as Hashing
from detente.office.people import House, Person, Place, roles_of
from detente.screening.engine import Question
from detente.store.screening.shelf import ListShelf
from detente.vault.file import FileVault
from detente.vault.persons import PersonKeys
from detente.vault.sealing import Cost, Kdf

NAME: Final = "console.test"
HERE: Final = ("192.0.2.1", "a browser")
_LISTED: Final = b'{"id":"p1","schema":"Person","names":["Ivan EXAMPLE"],"births":["1961"]}'
_CUSTOMERS: Final = b'{"id":"c1","name":"Ivan Example"}\n{"id":"c2","name":"..."}\n'
TERMS: Final = headers.Terms(NAME, secure=True)


def _at_desk(name: str, signer: str, place: Place, display: str = "") -> Person:
    places = {"cert": place}
    return Person(name, None, signer, roles_of(places), display or name, places, serial=0)


def _in_house(name: str, role: House) -> Person:
    return Person(name, None, "", {}, name, house=frozenset({role}))


PEOPLE: Final = {
    each.name: each
    for each in (
        _at_desk("supervisor", "s-01", Place.SUPERVISOR),
        _at_desk("drafter", "s-01", Place.DRAFTER),
        _at_desk("releaser", "s-02", Place.RELEASER),
        _at_desk("reader", "s-03", Place.READER),
        _in_house("administrator", House.ADMINISTRATOR),
        _in_house("auditor", House.AUDITOR),
        _in_house("overseer", House.OVERSEER),
        Person("guest", None, "", {}, "guest"),
    )
}


@dataclass
class Household:
    """One party with its people, and a peer."""

    folder: Path
    net: Net = field(default_factory=pairs)
    people: Mapping[str, Person] = field(default_factory=lambda: PEOPLE)
    language: str = "en"
    forget: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.side, self.other = self.net.sides[:2]
        self.side.office.people._founders = tuple(self.people.values())
        self.sign_in = SignIn(
            self.side.shelf, lambda: self.side.office.people, Plain(), Counting(),
            Rules(cost=Hashing(8, 1, 1)),
        )  # fmt: skip
        self.side.office.sign_in = self.sign_in
        self.wraps = PersonKeys(self.folder / "persons")
        self.desk_keys = DeskKeys(
            self.side.keys, _vault(), self.wraps, self.sign_in,
            Grants(self.side.shelf, self.sign_in.means), Counting(), self.forget,
        )  # fmt: skip
        self.side.office.desk_keys = self.desk_keys
        values = {f"{s}.{k}": v.default for s, m in config.SETTINGS.items() for k, v in m.items()}
        values |= {
            "party.name": self.side.party.name, "console.name": NAME,
            "console.listen": "tcp://127.0.0.1:8443",
        }  # fmt: skip
        self.screens = Screens(ListShelf(self.folder / "screening"), aside=False)
        self.side.office.screens = self.screens
        api = Api(lambda: self.side.office, _who, lambda: self.net.now, self.net.turn)
        self.site = Site(
            lambda: self.side.office, self.sign_in, faces.renderer(),
            Statics({}), lambda: self.net.now, config.Config(self.folder, values), self.net.turn,
            lambda: "boot.1", lambda ask: ask_api(api.handle, ask),
        )  # fmt: skip
        self.table = Table(ROUTES)
        self.keeper = Keeper(self.site, self.table, lambda step: step(), Log("office", "error"))
        self.tokens: dict[str, str] = {}
        self.side.office.people.every(self.net.now)  # who founds it does so before anybody asks

    def listed(self) -> dict[str, str]:
        """Load a list, have one that is held, ask a name, screen a file; return what patterns name."""
        office, now, drafter = self.side.office, self.net.now, self.people["drafter"]
        for data in (_LISTED, b" "):
            sha256 = room.sha256_of(data)
            self.screens.upload(office, drafter, sha256, 0, data)
            asked = room.version_asked("own", "own.json", {"main": sha256})
            version = self.screens.load(office, drafter, asked, now)
        kept = self.screens.ask(office, drafter, Question("Ivan Example"), now)
        sha256 = room.sha256_of(_CUSTOMERS)
        self.screens.upload(office, drafter, sha256, 0, _CUSTOMERS)
        run = self.screens.screen(office, drafter, Asked(sha256, "customers.jsonl"), now)
        return {
            "{version}": version.id, "{stamp}": kept.stamp, "{hash}": "0" * 64,
            "{entity}": "p2", "{dataset}": "own", "{run}": str(run.id),
        }  # fmt: skip

    def token(self, name: str) -> str:
        """Return the token of a person's session; it begins with the first question."""
        if name not in self.tokens:
            self.tokens[name] = self.sign_in.sessions.begin(name, "password", HERE, self.net.now)
        return self.tokens[name]

    def csrf(self, name: str) -> str:
        """Return what forms of a person's session carry."""
        found = self.sign_in.look(self.token(name), self.net.now)
        assert found is not None
        return found.csrf

    def get(self, name: str, path: str, **query: str) -> Answer:
        """Open a page as a person; "" as nobody."""
        asked = {key: (text,) for key, text in query.items()}
        return self.ask(name, "GET", path, query=asked)

    def post(
        self, name: str, path: str, form: Mapping[str, str | tuple[str, ...]] = {},
        files: tuple[Upload, ...] = (),
    ) -> Answer:  # fmt: skip
        """Send a form of ours as a person."""
        told = {key: text if isinstance(text, tuple) else (text,) for key, text in form.items()}
        if name:
            told = {guard.CSRF: (self.csrf(name),), **told}
        return self.ask(name, "POST", path, form=told, files=files)

    def api(self, name: str, method: str, path: str, body: bytes = b"") -> Answer:
        """Ask the API as a page of a person's session does."""
        told = {guard.CSRF_HEADER: self.csrf(name)}
        return self.ask(name, method, f"api/v1/{path}", body=body, told=told)

    def ask(
        self, name: str, method: str, path: str, *,
        query: Mapping[str, tuple[str, ...]] = {}, form: Mapping[str, tuple[str, ...]] = {},
        files: tuple[Upload, ...] = (), body: bytes = b"", told: Mapping[str, str] = {},
        token: str | None = None,
    ) -> Answer:  # fmt: skip
        """Ask as a browser of a person does; token: another one than theirs."""
        shown = token if token is not None else self.token(name) if name else ""
        segments = tuple(each for each in path.strip("/").split("/") if each)
        ask = Ask(
            method, segments, f"/{path}", query=query, form=form, files=files, body=body,
            cookies={guard.SESSION: shown} if shown else {}, address=HERE[0],
            headers={
                "host": NAME, "origin": f"https://{NAME}", "sec-fetch-site": "same-origin",
                **told,
            },
        )  # fmt: skip
        found = self.keeper.answer(ask)
        while isinstance(found, Slow):
            found = found.then(found.work())
        return found.answer


def _vault() -> FileVault:
    # Keys of desks are in another test's hands; here none moves from one keeper to another.
    return FileVault(Path("nowhere"), Kdf(bytes(16), Cost()), bytes(32), {})


def _who(request: Request) -> Person:
    assert isinstance(request.who, Person), "the console says who asks"
    return request.who
