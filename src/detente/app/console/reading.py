"""Bytes of a request to an Ask, with a limit on each of them. In the thread of sockets."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from detente.app.console import limits
from detente.app.console.ask import Ask, Upload, file_name
from detente.app.console.headers import Terms
from detente.core.errors import OurFault

FORM: Final = "application/x-www-form-urlencoded"
FILES: Final = "multipart/form-data"
_HEALTH: Final = ("health",)
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Reader:
    """Reads requests of one console."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._reading = 0  # bytes of bodies in memory

    def head(self, scope: MutableMapping[str, Any]) -> Ask:
        """Return an Ask without its body. Raises OurFault: console.address, console.head, form.*."""
        rows = scope["headers"]
        if len(rows) > limits.HEADERS_MAX:
            raise _head(f"more than {limits.HEADERS_MAX} headers")
        # Programs ask for many objects at once by their ids.
        most = limits.QUERY_MAX if scope["raw_path"].startswith(b"/taxii2/") else limits.PATH_MAX
        if len(scope["raw_path"]) + len(scope["query_string"]) > most:
            raise _head(f"an address of more than {most} bytes")
        told: dict[str, str] = {}
        for name, value in rows:
            key = name.decode("latin-1")
            if key == "host" and key in told:
                raise _head("two Host headers")
            told[key] = (
                f"{told[key]}, {value.decode('latin-1')}"
                if key in told
                else value.decode("latin-1")
            )
        path = tuple(_text(each) for each in scope["raw_path"].strip(b"/").split(b"/") if each)
        if path[:1] != _HEALTH:
            self._check_host(told.get("host", ""))
        query = _fields(scope["query_string"])
        return Ask(
            scope["method"], path, _target(scope), query=query, headers=told, cookies=self._cookies(told),
            address=self._address(scope, told), language=self._language(told),
        )  # fmt: skip

    def _check_host(self, host: str) -> None:
        name, colon, port = host.rpartition(":")
        if not colon or not port.isdecimal():
            name = host
        if name.lower() != self._terms.name:
            raise OurFault(
                "console.address",
                f"this console is not called {host[:80]!r}",
                f"go to {self._terms.name}, or set console.name to what people type",
            )

    def _cookies(self, told: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in told.get("cookie", "").split(";")[: limits.COOKIES_MAX]:
            name, _, text = each.strip().partition("=")
            own = name.removeprefix(self._terms.prefix)
            if name.startswith(self._terms.prefix) and own not in found:
                found[own] = text
        return found

    def _address(self, scope: MutableMapping[str, Any], told: Mapping[str, str]) -> str:
        if self._terms.proxied and "x-forwarded-for" in told:
            # The last one is what our own proxy saw; those before it anybody may have written.
            return told["x-forwarded-for"].rpartition(",")[2].strip()[:64]
        return str(scope["client"][0]) if scope["client"] else ""

    def _language(self, told: Mapping[str, str]) -> str:
        for each in told.get("accept-language", "").split(","):
            short = each.partition(";")[0].strip().lower().partition("-")[0]
            if short in self._terms.languages:
                return short
        return self._terms.languages[0]

    def is_large(self, ask: Ask) -> bool:
        """Say whether it is asked who sends before the body is read: it is long, or may be."""
        told = ask.headers.get("content-length", "")
        return int(told) > limits.SMALL_MAX if told else "transfer-encoding" in ask.headers

    async def whole(self, ask: Ask, receive: Receive) -> Ask:
        """Return an Ask with its body read. Raises OurFault("form.size" | "form.text")."""
        kind = ask.headers.get("content-type", "").partition(";")[0].strip().lower()
        most = limits.UPLOAD_MAX if kind == FILES else limits.BODY_MAX
        most = limits.API_BODY_MAX if ask.path[:1] in (("api",), ("taxii2",)) else most
        if int(ask.headers.get("content-length", "0") or "0") > most:
            raise _size(most, files=kind == FILES)
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise OurFault("console.slow", "the request broke off", "send it again")
                data = message.get("body", b"")
                size += len(data)
                self._reading += len(data)
                if size > most:
                    raise _size(most, files=kind == FILES)
                if self._reading > limits.BODIES_MAX:
                    raise OurFault("console.busy", "too much is coming in", "send it again soon")
                parts.append(data)
                if not message.get("more_body", False):
                    break
            body = b"".join(parts)
            if kind == FORM:
                return replace(ask, form=_fields(body))
            if kind == FILES:
                return await _with_files(ask, body)
            return replace(ask, body=body)
        finally:
            self._reading -= size


async def _with_files(ask: Ask, body: bytes) -> Ask:
    from starlette.datastructures import Headers  # noqa: PLC0415  heavy
    from starlette.formparsers import MultiPartException, MultiPartParser  # noqa: PLC0415

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    parser = MultiPartParser(
        Headers({"content-type": ask.headers["content-type"]}), stream(),
        max_files=limits.FILES_MAX, max_fields=limits.FIELDS_MAX, max_part_size=limits.FIELD_MAX,
    )  # fmt: skip
    parser.spool_max_size = limits.UPLOAD_MAX + 1  # texts of people stay off this disk
    try:
        found = await parser.parse()
    except (MultiPartException, LookupError, ValueError) as error:
        raise OurFault(
            "form.text", f"the form cannot be read: {str(error)[:120]}", "send it again"
        ) from None
    texts: dict[str, tuple[str, ...]] = {}
    files = []
    for name, value in found.multi_items():
        if isinstance(value, str):
            texts[name] = (*texts.get(name, ()), value)
        elif value.filename:
            files.append(Upload(name, file_name(value.filename), await value.read()))
    await found.close()
    return replace(ask, form=texts, files=tuple(files))


def _fields(data: bytes) -> dict[str, tuple[str, ...]]:
    try:
        rows = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict",
            max_num_fields=limits.FIELDS_MAX,
        )  # fmt: skip
    except ValueError:
        raise OurFault(
            "form.text", f"no form of at most {limits.FIELDS_MAX} fields in UTF-8", "send it again"
        ) from None
    found: dict[str, tuple[str, ...]] = {}
    for name, text in rows:
        found[name] = (*found.get(name, ()), text)
    return found


def _text(segment: bytes) -> str:
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise OurFault("form.text", "the address is no UTF-8", "begin at /") from None


def _target(scope: MutableMapping[str, Any]) -> str:
    query = scope["query_string"]
    path: bytes = b"/" + scope["raw_path"].lstrip(b"/")
    return (path + (b"?" + query if query else b"")).decode("ascii", "replace")


def _head(what: str) -> OurFault:
    return OurFault("console.head", what, "use a shorter address, or take cookies away")


def _size(most: int, *, files: bool) -> OurFault:
    what = f"more than {most:,} bytes in one request"
    by_command = "send the file by the command, which takes it in parts: detente ... --attach FILE"
    return OurFault("form.size", what, by_command if files else "send less at once")
