"""What the API can do, as data. Routing, 404 and 405, OpenAPI, docs/api.md and who may ask come from it.

To add operations of a room, write a module `app/api/ROOM.py` with a tuple of `Operation`, and name it
in `app/api/rooms.py`. Nothing else: no route, no schema, no page of the manual is written by hand.

    MID = Field("mid", Mid(), about="app.api_field.mid")

    def _release(call: Call) -> Reply:
        draft = call.office.drafts.release(call.person, call.path.text("draft"), call.now)
        call.settle()  # reads what is new, so that the answer shows it
        return Reply(shown(draft))

    OPERATIONS = (
        Operation(
            "POST", "draft/{draft}/release", _release,
            about="app.api.draft_release",  # a key of app/words/{en,ru}.toml: one line, both languages
            path_fields=(Field("draft", Text(32, form="[0-9a-f]{32}"), about="app.api_field.draft"),),
            body=(Field("note", Text(200), required=False, about="app.api_field.note"),),
            answer=Answer(shapes.ref("Draft")),  # its JSON Schema stands in shapes.py or your module
            needs=Needs(role=Role.RELEASE),
        ),
    )

Fields are those of desks (office/fields.py): one declaration reads a request and writes its schema.
What does not fit them never reaches a handler. A handler is synchronous, runs in the office's loop
and raises faults (OurFault, TheirFault): `app/problems.py` gives each code its status. An office
that is asked is caught up with its log; `call.now` is the one time of this call.

A list: `pages=True`, and the handler answers with `call.page(rows, key)`, where key gives each row a
text, and rows stand in the order of these texts. Cursor, count and the `next` link are made here.
Bytes: `takes=Bytes(max)` for a body of bytes, `answer=Answer(BYTES)` for an answer of bytes.

Who asks is told by a `Door`: for desk.sock by system user, for the console by session (a listener may
put what it knows into `Request.who`), for programs by a token, whose scopes a Caller holds. `needs` is checked before the handler runs; what a person may do at the desk of
a record is checked by the office, which alone knows the desk.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Final, Literal, Protocol, TypeVar

from detente.app.http import Reply, Request
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import people
from detente.office.desk import Role
from detente.office.fields import Field, Text, Values, Whole
from detente.office.office import Office
from detente.office.people import House, Person

Method = Literal["GET", "POST", "PUT", "DELETE"]
Schema = Mapping[str, Json]
T = TypeVar("T")

BASE: Final = "/api/v1/"
COUNT_DEFAULT: Final = 500  # rows of a list, unless fewer are asked for
CURSOR_MAX: Final = 600  # characters
CURSOR: Final = Field(
    "cursor", Text(CURSOR_MAX, form="[A-Za-z0-9_-]+"), required=False,
    about="app.api_field.cursor",
)  # fmt: skip
COUNT: Final = Field("count", Whole(1, COUNT_DEFAULT), required=False, about="app.api_field.count")
BYTES: Final[Schema] = {"type": "string", "contentMediaType": "application/octet-stream"}
PDF: Final[Schema] = {"type": "string", "contentMediaType": "application/pdf"}
_PART: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and with which scopes if by a token; None: all that the person may."""

    person: Person
    scopes: frozenset[str] | None = None


class Door(Protocol):
    """Knows who asks: by system user, session or token."""

    def __call__(self, request: Request, /) -> Person | Caller:
        """Return who asks. Raises OurFault: office.unknown_user, people.*, console.sign_in."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """Who may: anyone of the office; a role at `desk`, else at some desk; one of roles in the house."""

    role: Role | None = None
    desk: str = ""
    house: tuple[House, ...] = ()


ANYONE: Final = Needs()


@dataclass(frozen=True, slots=True)
class Bytes:
    """A body of bytes, at most so many. media: what it says to be."""

    size_max: int
    media: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: the JSON Schema of a document; BYTES or PDF for a file."""

    schema: Schema

    @property
    def media(self) -> str:
        """The media type of what comes back."""
        told = self.schema.get("contentMediaType", "application/json")
        assert isinstance(told, str), "it is a name"
        return told


@dataclass(frozen=True, slots=True)
class Call:
    """One question to an operation: who, when, and what, read and checked."""

    office: Office
    caller: Caller
    now: Moment
    settle: Callable[[], None]
    path: Values = field(default_factory=lambda: Values({}))
    query: Values = field(default_factory=lambda: Values({}))
    body: Values = field(default_factory=lambda: Values({}))
    data: bytes = b""
    wish: str = ""  # the Idempotency-Key
    where: str = ""  # path and query of a list, but for its place: a cursor is of one list alone
    after: str = ""  # the key after which a list goes on
    count: int = COUNT_DEFAULT

    @property
    def person(self) -> Person:
        """Who asks."""
        return self.caller.person

    def page(
        self,
        rows: Sequence[T],
        key: Callable[[T], str],
        shown: Callable[[T], Json],
    ) -> Reply:
        """Return the rows after the cursor, as many as were asked for, and the link to the next.

        rows stand in the order of their keys, each key once: whoever writes meanwhile moves no row
        from one page to another.
        """
        left = [row for row in rows if key(row) > self.after]
        return self.piece(left[: self.count + 1], key, [shown(row) for row in left[: self.count]])

    def piece(self, rows: Sequence[T], key: Callable[[T], str], shown: Sequence[Json]) -> Reply:
        """Return a page of a list that was read from its cursor on, one row more than is shown."""
        more = len(rows) > len(shown) and bool(shown)
        last = key(rows[len(shown) - 1]) if more else ""
        return Reply(list(shown), next=cursor_of(self.where, last) if more else "")


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked: `POST /api/v1/record/{mid}/read`.

    path: below /api/v1/. about: key of a word; `desk` is the desk it belongs to, "" for the house.
    attends: asking it says that somebody is at the desk. wishes: takes an Idempotency-Key.
    either: the body fits one of these, beside its fields: what belongs together.
    """

    method: Method
    path: str
    run: Handler
    _: KW_ONLY
    about: str
    answer: Answer
    path_fields: tuple[Field, ...] = ()
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    takes: Bytes | None = None
    needs: Needs = ANYONE
    pages: bool = False
    attends: bool = True
    wishes: bool = False
    desk: str = ""
    either: tuple[Schema, ...] = ()

    def __post_init__(self) -> None:
        """Hold path and fields together."""
        assert tuple(_PART.findall(self.path)) == tuple(each.name for each in self.path_fields)
        assert self.method != "GET" or not (self.body or self.takes), "a GET has no body"
        assert not (self.body and self.takes), "members or bytes"

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path, "" where a field stands."""
        return tuple("" if _PART.fullmatch(part) else part for part in self.path.split("/"))

    @property
    def name(self) -> str:
        """The operation's own name: get_record_mid_files."""
        return "_".join([self.method.lower(), *re.findall(r"[a-z0-9_]+", self.path)])

    @property
    def room(self) -> str:
        """The first part of the path: record, matter, cert."""
        return self.path.partition("/")[0]

    @property
    def scope(self) -> str:
        """What a token must have: record:read, cert:write."""
        return f"{self.room}:{'read' if self.method == 'GET' else 'write'}"

    def fits(self, path: Sequence[str]) -> bool:
        """Say whether a path is one of this operation."""
        return len(path) == len(self.parts) and all(
            want in ("", have) for want, have in zip(self.parts, path, strict=True)
        )


def admit(operation: Operation, caller: Caller) -> None:
    """Raise OurFault("office.forbidden" | "api.scope") unless the caller may ask this."""
    person, needs = caller.person, operation.needs
    if caller.scopes is not None and operation.scope not in caller.scopes:
        what = f"the token has no scope {operation.scope}"
        raise OurFault("api.scope", what, "ask for a token with it, or use another token")
    if needs.house and not any(person.is_in_house(each) for each in needs.house):
        what = f"{person.name} is none of: {', '.join(needs.house)}"
        raise OurFault("office.forbidden", what, "ask somebody who is")
    if needs.role is not None and needs.desk:
        people.permit(person, needs.desk, needs.role)
    elif needs.role is not None and not any(
        person.stands(desk, needs.role) for desk in person.roles
    ):
        what = f"{person.name} is not {needs.role} at any desk"
        raise OurFault("office.forbidden", what, "ask your administrator for the role")


def cursor_of(where: str, after: str) -> str:
    """Return the cursor of a list after a key: opaque to whoever has it."""
    mark = sha256(f"{where}\n{after}".encode()).hexdigest()[:8]
    return base64.urlsafe_b64encode(f"{mark} {after}".encode()).decode().rstrip("=")


def read_cursor(where: str, cursor: str) -> str:
    """Return the key that `cursor_of` was given. Raises OurFault("api.cursor")."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        text = ""
    after = text.partition(" ")[2]
    if not after or cursor_of(where, after) != cursor:
        raise OurFault(
            "api.cursor", "the cursor is none of this list", "take it from a `next` link, unchanged"
        )
    return after
