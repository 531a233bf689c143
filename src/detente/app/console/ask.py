"""What a page is asked and what it answers: plain values, without socket, thread or framework.

An `Ask` is made where bytes come in (console/front.py) and handled in the office's own thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from detente.app.console.sessions import Session
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.people import Person

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
TEXT: Final = "text/plain; charset=utf-8"
NO_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {}
NO_NAMES: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form: the field, the file's own name without any folder, and its bytes."""

    field: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    path: segments, unquoted. target: path and query as they were sent. parts: what the route's `{names}` stood for. query, form: every text
    of a name in order. headers: lower-case names. address: who asks, a number. language: the best
    of ours for them. form_id: names this sending of a form; hand it on as `request` to an act.
    """

    method: str
    path: tuple[str, ...]
    target: str = "/"
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[Upload, ...] = ()
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    language: str = "en"
    session: Session | None = None
    form_id: str = ""

    @property
    def person(self) -> Person:
        """Return who asks. Raises OurFault("console.sign_in")."""
        if self.session is None:
            raise sign_in()
        return self.session.person

    @property
    def here(self) -> str:
        """Return the path as a local address, for going back to it; without its query."""
        return "/" + "/".join(self.path)

    def asked(self, name: str, default: str = "") -> str:
        """Return the last text of a name in the query."""
        return self.query.get(name, (default,))[-1]

    def told(self, name: str, default: str = "") -> str:
        """Return the last text of a field of the form."""
        return self.form.get(name, (default,))[-1]

    def file(self, name: str) -> Upload | None:
        """Return the file of a field, None if none was chosen."""
        return next((each for each in self.files if each.field == name), None)


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set; "" as its text takes it away. Its name goes out with the right prefix."""

    name: str
    text: str
    seconds: int | None = None  # None: as long as the browser runs


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. Make it with one of the functions below."""

    status: int = 200
    data: bytes = b""
    content_type: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[Cookie, ...] = ()

    def but(self, *cookies: Cookie, **headers: str) -> "Answer":
        """Return it with more cookies and headers; `_` in a header's name is `-`."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return replace(self, cookies=(*self.cookies, *cookies), headers={**self.headers, **named})


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that needs slow work first, such as hashing a password.

    work: runs in a thread of its own, and must touch nothing of the office. then: gets what work
    gave, in the office's own thread, and answers. asks: work waits for another process and costs
    nothing, so that it stands in no line with passwords.
    """

    work: Callable[[], object]
    then: Callable[[object], Answer]
    asks: bool = False


def page(html: str, status: int = 200) -> Answer:
    """Answer with a page."""
    return Answer(status, html.encode())


def document(value: Json, status: int = 200, content_type: str = JSON) -> Answer:
    """Answer with a JSON document."""
    import json  # noqa: PLC0415  beside its one use

    return Answer(status, json.dumps(value).encode(), content_type)


def download(data: bytes, name: str, content_type: str = "application/octet-stream") -> Answer:
    """Answer with a file that is saved, never shown: a stranger may have made it."""
    from urllib.parse import quote  # noqa: PLC0415  beside its one use

    shown = f"attachment; filename*=UTF-8''{quote(file_name(name), safe='')}"
    return Answer(200, data, content_type, {"Content-Disposition": shown})


def go(to: str) -> Answer:
    """Answer a form that was taken: see another page of this console (303).

    Raises OurFault("form.text") for an address that is not on this console.
    """
    return Answer(303, headers={"Location": local(to)})


def local(to: str) -> str:
    """Return an address if it is a path of this console.

    Raises OurFault("form.text") for every other: nobody is led elsewhere from here.
    """
    plain = all(" " < letter < "\x7f" and letter != "\\" for letter in to)
    if not plain or not to.startswith("/") or to.startswith("//"):
        raise OurFault("form.text", f"{to[:80]!r} is no page here", "write a path: /links")
    return to


def file_name(told: str) -> str:
    """Return the last part of a file's name, whatever system wrote it; "file" if none is left."""
    last = told.replace("\\", "/").rpartition("/")[2].strip()
    kept = "".join(letter for letter in last if letter.isprintable())
    return "file" if kept in ("", ".", "..") else kept


def sign_in() -> OurFault:
    """Return the fault of a page that is for people who are signed in."""
    return OurFault("console.sign_in", "this is for people who are signed in", "sign in")
