"""The console's pages over an office of a test: asked as a browser asks, without a socket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.console import Book, Signed
from tests.support.offices import PERSON, Side

from detente.app import config, faces
from detente.app.console.ask import Answer, Ask, Later, Upload, document
from detente.app.console.routes import Route, Table
from detente.app.console.site import Site
from detente.app.console.static import Statics
from detente.core.errors import Fault
from detente.office.people import Person
from detente.ui.render import Renderer

CSRF: Final = "csrf-of-a-test"


@dataclass
class Screen:
    """What one person sees of one office."""

    side: Side
    routes: Sequence[Route]
    folder: Path = field(default_factory=lambda: Path("nowhere"))
    person: Person = PERSON
    language: str = "en"
    theme: str = "light"

    def __post_init__(self) -> None:
        values = {f"{s}.{k}": v.default for s, m in config.SETTINGS.items() for k, v in m.items()}
        values |= {"party.name": self.side.party.name, "console.name": "console.test"}
        self.site = Site(
            lambda: self.side.office, Book(), Renderer(faces.templates(), faces.words()), Statics({}),
            lambda: self.side.net.now, config.Config(self.folder, values),
            lambda: None, lambda: "boot.1", lambda _ask: document({}),
        )  # fmt: skip
        self.table = Table(self.routes)

    def get(self, path: str, **query: str) -> Answer:
        """Open a page."""
        return self._ask("GET", path, query={name: (text,) for name, text in query.items()})

    def post(self, path: str, form: Mapping[str, str | tuple[str, ...]], *files: Upload) -> Answer:
        """Send a form."""
        told = {name: text if isinstance(text, tuple) else (text,) for name, text in form.items()}
        return self._ask("POST", path, form=told, files=files)

    def code(self, path: str, form: Mapping[str, str] | None = None) -> str:
        """Return the code of the fault that a page ends in."""
        try:
            answer = self.get(path) if form is None else self.post(path, form)
        except Fault as fault:
            return fault.code
        raise AssertionError(answer.status)

    def _ask(
        self, method: str, path: str, *, query: Mapping[str, tuple[str, ...]] | None = None,
        form: Mapping[str, tuple[str, ...]] | None = None, files: Sequence[Upload] = (),
    ) -> Answer:  # fmt: skip
        segments = tuple(each for each in path.strip("/").split("/") if each)
        found = self.table.match(method, segments)
        assert found is not None, (method, path)
        route, parts = found
        told = form or {}
        signed = Signed(self.person, CSRF)
        ask = Ask(
            method, segments, parts=parts, query=query or {}, form=told, files=tuple(files),
            language=self.language, session=signed, form_id=told.get("form", ("",))[-1],
        )  # fmt: skip
        answer = route.handler(self.site, ask)
        if isinstance(answer, Later) and answer.asks:
            answer = answer.then(answer.work())
        assert isinstance(answer, Answer), "passwords are asked through a server"
        return answer
