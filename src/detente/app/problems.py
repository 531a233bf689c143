"""A fault as an HTTP answer: RFC 9457, with our codes. The one table of statuses.

400: the request is not in its form. 422: in its form, and refused for what it says. 404, 403, 409,
410, 413 as RFC 9110 has them. 5xx: nothing that the caller did; 503 tells to ask again.
"""

from typing import Final

from detente.core.canon import Json
from detente.core.errors import WIRE, Fault, OurFault

MEDIA: Final = "application/problem+json"
RETRY_AFTER: Final = 2  # seconds
_AGAIN: Final = (429, 503)

# By area; a code of its own below goes first.
AREAS: Final[dict[str, int]] = {
    "api": 422,
    "backup": 500,
    "bulk": 422,
    "card": 422,
    "carry": 422,
    "cert": 422,
    "notices": 422,
    "hotline": 422,
    "csaf": 422,
    "mail": 422,
    "check": 422,
    "config": 500,
    "console": 400,
    "customers": 422,
    "decision": 422,
    "demo": 500,
    "designation": 422,
    "desk": 409,
    "epoch": 409,
    "exchange": 422,
    "feed": 502,
    "file": 500,
    "form": 400,
    "hatch": 503,
    "http": 400,
    "index": 500,
    "init": 409,
    "link": 404,
    "list": 422,
    "matter": 409,
    "office": 422,
    "paper": 422,
    "party": 422,
    "path": 502,
    "people": 422,
    "proof": 422,
    "purge": 409,
    "rescreen": 422,
    "run": 503,
    "screening": 422,
    "shadow": 422,
    "signin": 401,
    "stage": 409,
    "stix": 422,
    "store": 500,
    "taxii": 400,
    "time": 500,
    "vault": 500,
    "work": 503,
}
STATUS: Final[dict[str, int]] = {
    "api.broken": 502,
    "api.scope": 403,
    "card.missing": 404,
    "carry.size": 413,
    "cert.unknown_record": 404,
    "hotline.no_message": 404,
    "console.address": 421,
    "console.busy": 503,
    "console.cross_site": 403,
    "console.head": 431,
    "console.method": 405,
    "console.role": 403,
    "console.sign_in": 401,
    "console.slow": 408,
    "console.stale": 409,
    "console.too_often": 429,
    "designation.none": 404,
    "designation.state": 409,
    "designation.unknown": 404,
    "desk.password": 403,
    "exchange.size": 413,
    "decision.unknown": 404,
    "feed.paused": 409,
    "file.sample": 409,
    "form.length": 422,  # a schema cannot say all of them: blanks alone, a link for years
    "form.mid": 422,
    "form.number": 422,
    "form.size": 413,
    "http.accept": 406,
    "http.media": 415,
    "http.method": 405,
    "http.no_page": 404,
    "list.building": 503,
    "list.busy": 409,
    "list.moved": 409,
    "list.state": 409,
    "list.unknown": 404,
    "screening.run_state": 409,
    "screening.run_unknown": 404,
    "screening.runs_full": 409,
    "notices.no_exercise": 404,
    "notices.unknown": 404,
    "office.desk_closed": 409,
    "office.forbidden": 403,
    "office.no_act": 404,
    "office.no_key": 500,
    "office.no_matter": 404,
    "office.no_record": 404,
    "office.not_logged": 409,
    "office.not_refused": 409,
    "office.purged": 410,
    "office.unknown_user": 403,
    "paper.missing": 500,
    "paper.nothing": 404,
    "party.unknown": 404,
    "people.changed": 409,
    "people.exists": 409,
    "people.last_administrator": 409,
    "people.own_roles": 403,
    "people.suspended": 403,
    "people.unknown": 404,
    "people.user_taken": 409,
    "path.permission": 403,
    "proof.not_full": 409,
    "proof.not_yet": 409,
    "proof.unknown": 404,
    "run.already": 409,
    "run.defect": 500,
    "run.locked": 409,
    "signin.again": 403,
    "signin.link": 410,
    "signin.locked": 403,
    "signin.many": 429,
    "signin.passkey": 403,
    "signin.refused": 403,
    "stage.busy": 429,
    "stage.name": 404,
    "stix.size": 413,
    "store.busy": 503,
    "store.full": 507,
    "store.stopped": 503,
    "taxii.many": 413,
    # What a node says to its own office, or a file from a stranger was.
    "E_BUSY": 503,
    "E_DISK": 507,
    "E_DUP": 409,
    "E_RATE": 429,
    "E_SIZE": 413,
    "E_TIMEOUT": 504,
}
_PEER: Final = {"R": 422, "C": 502, "H": 409}  # by class of a fault of the wire


class NotAllowed(OurFault):
    """Another method is meant; allow: those that there are."""

    def __init__(self, method: str, where: str, allow: tuple[str, ...]) -> None:
        shown = ", ".join(allow)
        super().__init__("http.method", f"no {method[:20]} at {where}", f"use {shown}")
        self.allow = allow


def status_of(code: str) -> int:
    """Return the HTTP status of a code."""
    if code in STATUS:
        return STATUS[code]
    if code in WIRE:
        return _PEER[WIRE[code][1]]
    return AREAS.get(code.partition(".")[0], 422)


def problem(fault: Fault) -> dict[str, Json]:
    """Return a fault as a problem document: code, what, remedy, and the field where one is known."""
    found: dict[str, Json] = {
        "type": f"detente:{fault.code}",
        "title": fault.what,
        "status": status_of(fault.code),
        "code": fault.code,
        "what": fault.what,
        "remedy": fault.remedy,
    }
    return {**found, "field": fault.field} if fault.field else found


def headers_of(fault: Fault) -> tuple[tuple[str, str], ...]:
    """Return what stands beside the document: when to ask again, what is allowed."""
    retry = (("Retry-After", str(RETRY_AFTER)),) if status_of(fault.code) in _AGAIN else ()
    allow = (("Allow", ", ".join(fault.allow)),) if isinstance(fault, NotAllowed) else ()
    return (*retry, *allow)
