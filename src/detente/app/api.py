"""The office's API: acts and looks of desks, records, evidence. The same for CLI and programs.

Members of a request are texts as people write them (`24h`, `cert@borealis.gov`, six characters of
an id); files are base64. `request` beside the members of an act is a name for the wish: who got no
answer asks again under the same one, and nothing is sent twice. Documented in docs/api.md.
"""

import re
from collections.abc import Callable

from detente.app.http import Reply, Request
from detente.core import canon, record
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.ports import Level
from detente.office import people
from detente.office.fields import Cut, Mid, Values, mid_text
from detente.office.office import Office
from detente.office.people import Person
from detente.office.standing import Standing
from detente.ui import verb

LIST_MAX = 500
_MATTER = re.compile(r"[0-9a-f]{32}")


class Api:
    """Answers requests for one office. `settle` reads what is new before an answer is given."""

    def __init__(
        self,
        office: Callable[[], Office],
        persons: tuple[Person, ...],
        now: Callable[[], Moment],
        settle: Callable[[], None],
    ) -> None:
        self._office, self._persons, self._now, self._settle = office, persons, now, settle

    def handle(self, request: Request) -> Reply:
        """Answer one request. Raises Fault: the server makes a problem document of it."""
        person = people.find(self._persons, str(request.user))
        if request.path[:2] != ("api", "v1"):
            raise _no_page(request)
        office = self._office()
        match request.method, request.path[2:]:
            case "GET", ("record",):
                return Reply(self._list(office, request))
            case "GET", ("record", written):
                return Reply(self._standing(office, _mid(office, written)))
            case "POST", ("record", written, "read"):
                return Reply(self._read(office, person, _mid(office, written)))
            case "GET", ("record", written, "proof"):
                return Reply(data=office.proof(person, _mid(office, written)))
            case "GET", ("refused",):
                return Reply([_refused(row) for row in office.refused()])
            case "GET", ("log",):
                return Reply([_level(each) for each in office.levels()])
            case "GET", ("matter", matter, "evidence"):
                return self._evidence(office, person, matter, request)
            case "POST", ("rebuild",):
                return Reply({"records": office.rebuild(self._now())})
            case "POST", (desk, name):
                return self._act(office, person, f"{desk}/{name}", request)
            case "GET", (desk, name):
                return self._look(office, person, f"{desk}/{name}", request)
            case _:
                raise _no_page(request)

    def _act(self, office: Office, person: Person, name: str, request: Request) -> Reply:
        act = office.find_act(name)
        members = request.json()
        wish = members.pop("request", "")
        if not isinstance(wish, str):
            raise OurFault("form.text", "request is no text", "write up to 64 characters")
        values = verb.read(act, _written(members), _file)
        outcome = office.act(person, name, values, self._now(), wish)
        self._settle()
        rows: list[Json] = [self._standing(office, mid) for mid in outcome.mids]
        return Reply({"records": rows})

    def _look(self, office: Office, person: Person, name: str, request: Request) -> Reply:
        self._settle()
        look = office.find_look(name)
        values = verb.read(look, request.query, _file)
        _, rows = office.look(person, name, values, self._now())
        return Reply(
            {
                "columns": [column.name for column in look.columns],
                "rows": [verb.as_json(look.columns, row) for row in rows],
                "texts": [list(verb.shown(look.columns, row)) for row in rows],
            }
        )

    def _list(self, office: Office, request: Request) -> Json:
        self._settle()
        after = request.query.get("after")
        rows = office.records(_mid(office, after) if after else None, LIST_MAX)
        return [_row(row) for row in rows]

    def _standing(self, office: Office, mid: bytes) -> dict[str, Json]:
        row, found = office.find(mid)
        return {**_row(row), **_stand(found)}

    def _read(self, office: Office, person: Person, mid: bytes) -> Json:
        taken = office.read(person, mid, self._now())
        self._settle()
        header = taken.header
        return {
            "id": record.mid_text(taken.mid),
            "mid": mid_text(taken.mid),
            "kind": header.kind,
            "from": header.from_,
            "to": list(header.to),
            "matter": header.matter,
            "prec": header.prec,
            "tlp": header.tlp,
            "created": str(header.created),
            "author": taken.signers.author,
            "known": taken.body is not None,
            "text": taken.text.decode(errors="replace"),
        }

    def _evidence(self, office: Office, person: Person, matter: str, request: Request) -> Reply:
        self._settle()
        if not _MATTER.fullmatch(matter):  # then a record of it
            matter = office.find(_mid(office, matter))[0].text("matter")
        about = request.query.get("about", "")
        texts = request.query.get("texts") == "1"
        return Reply(data=office.evidence(person, matter, about, with_text=texts))


def _written(members: dict[str, Json]) -> dict[str, object]:
    return {name: tuple(each) if isinstance(each, list) else each for name, each in members.items()}


def _file(text: str) -> bytes:
    try:
        return canon.from_base64(text)
    except TheirFault:
        raise OurFault(
            "form.file", "a file of the request is not base64", "encode its bytes"
        ) from None


def _no_page(request: Request) -> OurFault:
    return OurFault(
        "http.no_page", f"nothing at {request.method} /{'/'.join(request.path)}", "see docs/api.md"
    )


def _mid(office: Office, written: str) -> bytes:
    found = Mid().read("id", written)
    assert isinstance(found, (bytes, Cut)), "that is what a mid reads as"
    return office.whole_mid(found)


def _row(row: Values) -> dict[str, Json]:
    mid = row.data("mid")
    return {
        "id": record.mid_text(mid),
        "mid": mid_text(mid),
        "kind": row.text("kind"),
        "from": row.text("from"),
        "to": list(row.texts("to")),
        "matter": row.text("matter"),
        "prec": row.text("prec"),
        "tlp": row.text("tlp"),
        "created": str(row.moment("created")),
        "kept_at": str(row.moment("kept_at")),
        "ours": row.flag("ours"),
        "known": row.flag("known"),
        "size": row.whole("size"),
        "origin": row.text("origin"),
        "place": row.whole("place") if row.text("origin") else None,
    }


def _stand(found: Standing) -> dict[str, Json]:
    code, what, remedy = found.rejected or ("", "", "")
    return {
        "level": found.level,
        "read_at": str(found.read_at) if found.read_at else None,
        "rejected": {"code": code, "what": what, "remedy": remedy} if code else None,
    }


def _refused(row: Values) -> Json:
    return {
        "origin": row.text("origin"),
        "place": row.whole("seq"),
        "id": record.mid_text(row.data("mid")),
        "code": row.text("code"),
        "what": row.text("what"),
        "remedy": row.text("remedy"),
    }


def _level(each: Level) -> Json:
    return {
        "origin": each.origin,
        "owner": each.owner,
        "peer": each.peer,
        "size": each.size,
        "receipted": each.receipted,
        "waiting": each.waiting,
        "state": each.state,
    }
