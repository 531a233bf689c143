"""The office's API: one entry for the socket of the desk and for the console.

What can be asked is data: see operations.py and rooms.py. Here a request finds its operation, and
its answer gets what HTTP wants. Documented in docs/api.md and docs/openapi.json.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from detente.app.api import asking, rooms
from detente.app.api.operations import Call, Caller, Door, Operation, admit
from detente.app.desks import DESKS
from detente.app.http import Reply, Request
from detente.app.problems import NotAllowed
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Desk
from detente.office.office import Office

ETAG_MAX: Final = limits.KIB**2  # bytes of an answer that gets one


class Api:
    """Answers requests for one office.

    who: finds the person who asks, or raises. settle: reads what is new before an answer is given.
    """

    def __init__(
        self,
        office: Callable[[], Office],
        who: Door,
        now: Callable[[], Moment],
        settle: Callable[[], None],
        desks: Sequence[Desk] = DESKS,
    ) -> None:
        self._office, self._who, self._now, self._settle = office, who, now, settle
        self._operations = rooms.every(desks)

    def handle(self, request: Request) -> Reply:
        """Answer one request. Raises Fault: `http.refusal` makes an answer of it."""
        who = self._who(request)
        caller = who if isinstance(who, Caller) else Caller(who)
        found = self._find(request)
        if request.method == "OPTIONS":
            return Reply(status=204, headers=(("Allow", ", ".join(allowed(found))),))
        method = "GET" if request.method == "HEAD" else request.method
        operation = next((each for each in found if each.method == method), None)
        if operation is None:
            raise NotAllowed(request.method, _shown(request), allowed(found))
        office, now = self._office(), self._now()
        with office.trail.request(caller.person, operation.path[:64], now):
            admit(operation, caller)
            call = asking.read(operation, Call(office, caller, now, self._settle), request)
            if operation.attends:
                office.watch.attend(caller.person, now)
            reply = operation.run(call)
        return _finished(operation, call, request, reply)  # what was seen is entered by now

    def _find(self, request: Request) -> Sequence[Operation]:
        found = [each for each in self._operations if each.fits(request.path[2:])]
        if request.path[:2] != ("api", "v1") or not found:
            raise OurFault(
                "http.no_page", f"nothing at {request.method} {_shown(request)}", "see docs/api.md"
            )
        return found


def allowed(operations: Sequence[Operation]) -> tuple[str, ...]:
    """Return the methods of a path: HEAD where there is GET, and OPTIONS."""
    methods = {each.method for each in operations}
    return (*sorted(methods | ({"HEAD"} if "GET" in methods else set())), "OPTIONS")


def _shown(request: Request) -> str:
    return f"/{'/'.join(request.path)}"[:200]


def _finished(operation: Operation, call: Call, request: Request, reply: Reply) -> Reply:
    headers = [*reply.headers, ("Cache-Control", "private, no-cache")]
    if reply.next:
        headers.append(("Link", f'<{_next(call, request, reply)}>; rel="next"'))
    body, _ = reply.body
    if operation.method == "GET" and reply.data is None and len(body) <= ETAG_MAX:
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        headers.append(("ETag", tag))
        if _has(request.headers.get("if-none-match", ""), tag):
            return Reply(status=304, headers=tuple(headers))
    return replace(reply, headers=tuple(headers))


def _next(call: Call, request: Request, reply: Reply) -> str:
    members = {reply.next_by: reply.next}
    if "count" in request.query:
        members["count"] = request.query["count"]
    path, _, rest = call.where.partition("?")
    kept = [each for each in rest.split("&") if each and not each.startswith(f"{reply.next_by}=")]
    return f"{path}?{'&'.join([*kept, urlencode(members)])}"


def _has(said: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in said.split(","))
