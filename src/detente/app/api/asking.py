"""Reading a request by the declaration of its operation. What does not fit goes no further."""

import re
from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlencode

from detente.app.api.operations import (
    BASE,
    COUNT,
    COUNT_DEFAULT,
    CURSOR,
    Bytes,
    Call,
    Operation,
    read_cursor,
)
from detente.app.http import Request
from detente.app.problems import MEDIA
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.fields import Values
from detente.ui import schema

WISH: Final = re.compile(r"[!-~]{1,64}")
WISH_HEADER: Final = "Idempotency-Key"
REQUEST: Final = "request"  # the same, as a member of a body
JSON_MEDIA: Final = "application/json"
_RANGE: Final = re.compile(r"\s*([\w*+.!#$&^-]+/[\w*+.!#$&^-]+)\s*((?:;[^,]*)?)")
_ZERO: Final = re.compile(r";\s*q=0(?:\.0{0,3})?\s*(?:;|$)")


def read(operation: Operation, call: Call, request: Request) -> Call:
    """Return the call with what was asked. Raises OurFault: form.*, http.*, api.cursor."""
    _see_accept(operation, request)
    pages = (CURSOR, COUNT) if operation.pages else ()
    query = schema.read_texts((*operation.query, *pages), request.texts)
    parts = [part for want, part in zip(operation.parts, request.path[2:], strict=True) if not want]
    given = {each.name: (part,) for each, part in zip(operation.path_fields, parts, strict=True)}
    path = schema.read_texts(operation.path_fields, given)
    call = replace(call, path=path, query=query, where=list_of(request))
    if operation.pages:
        cursor = query.text(CURSOR.name)
        after = read_cursor(call.where, cursor) if cursor else ""
        return replace(call, after=after, count=query.whole(COUNT.name, COUNT_DEFAULT))
    if operation.method == "GET":
        return call
    if operation.takes is not None:
        return replace(call, data=_data(operation.takes, request))
    body, wish = _members(operation, request)
    return replace(call, body=body, wish=wish)


def list_of(request: Request) -> str:
    """Return path and query of a list, but for cursor and count."""
    path = BASE + "/".join(quote(each, safe="") for each in request.path[2:])
    named = {
        name: text
        for name, text in sorted(request.texts.items())
        if name not in (CURSOR.name, COUNT.name)
    }
    return f"{path}?{urlencode(named, doseq=True)}" if named else path


def _data(takes: Bytes, request: Request) -> bytes:
    _see_type(request, takes.media)
    if not 1 <= len(request.body) <= takes.size_max:
        what = f"{len(request.body)} bytes where 1 to {takes.size_max} are allowed"
        raise OurFault("form.length", what, "send a piece at a time")
    return request.body


def _members(operation: Operation, request: Request) -> tuple[Values, str]:
    if request.body:
        _see_type(request, JSON_MEDIA)
    members = request.json()
    if operation.wishes and members.get(REQUEST, "") is None:
        raise OurFault("form.text", f"{REQUEST}: nothing", "leave it out", REQUEST)
    wish = _wish(request, members.pop(REQUEST, None)) if operation.wishes else ""
    return schema.read(operation.body, members), wish


def _wish(request: Request, member: Json) -> str:
    header = request.headers.get(WISH_HEADER.lower())
    for name, text in ((WISH_HEADER, header), (REQUEST, member)):
        if text is not None and not (isinstance(text, str) and WISH.fullmatch(text)):
            what = f"{name}: not 1 to 64 visible characters of ASCII"
            raise OurFault("form.text", what, "make up a name for this wish", name)
    if header is not None and member is not None and header != member:
        what = f"{WISH_HEADER} and {REQUEST} differ"
        raise OurFault("office.reused", what, "give one of them", REQUEST)
    found = header if header is not None else member
    return found if isinstance(found, str) else ""


def _see_type(request: Request, media: str) -> None:
    said = request.headers.get("content-type", media).partition(";")[0].strip().lower()
    if said != media:
        raise OurFault("http.media", f"a body of {said[:80]!r}", f"send {media}")


def _see_accept(operation: Operation, request: Request) -> None:
    media = operation.answer.media
    said = request.headers.get("accept", "")
    taken = [
        found[1].lower()
        for each in said.split(",")
        if (found := _RANGE.fullmatch(each)) and not _ZERO.search(found[2])
    ]
    fits = {media, "*/*", f"{media.partition('/')[0]}/*"}
    if said.strip() and not fits & set(taken):
        raise OurFault("http.accept", f"this page answers {media}", f"accept {media} and {MEDIA}")
