"""Asking a running party: HTTP over the Unix sockets of its node and office."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from detente.app import halves
from detente.app.asked import NoAnswer, UnixLine
from detente.core.errors import CODES, Fault, OurFault, TheirFault

_FILES: Final = ("application/octet-stream", "application/pdf")


class Client:
    """One socket of a party: node/admin.sock or office/desk.sock."""

    def __init__(self, path: Path, token: str = "", seconds: float | None = None) -> None:
        """seconds: that each step of an answer may take, None without end."""
        self._path = path
        self._line = UnixLine(path, seconds)
        self.next = ""  # where the list goes on that was answered last, "" at its end
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, object] | None = None,
        wish: str = "",
    ) -> Any:  # noqa: ANN401  the caller knows the page
        """Return the JSON document, or the bytes, of a page. A body of bytes goes as it is.

        wish: the Idempotency-Key.

        Raises the fault that was answered; OurFault: run.not_running if nobody answers,
        path.permission if this system user may not ask.
        """
        target = quote(path) + (f"?{urlencode(query, doseq=True)}" if query else "")
        if self.next and path == self.next:  # as it was told
            target = path
        if isinstance(body, bytes):
            data: bytes | None = body
        else:
            data = None if body is None else json.dumps(body).encode()
        try:
            headers = {**self._headers, **({"Idempotency-Key": wish} if wish else {})}
            reply = self._line.ask(method, target, headers, data)
        except PermissionError:
            self._line.close()
            raise OurFault(
                "path.permission",
                f"this system user may not use {self._path}",
                "run as a system user of the party; deploy/README.md says who does what",
            ) from None
        except (ConnectionResetError, BrokenPipeError):
            # It listens and does not speak with everybody; or it stops just now.
            self._line.close()
            raise OurFault(
                "run.not_running",
                f"{self._path} closed without an answer",
                "try again; if it stays so, it does not serve this system user:"
                " deploy/README.md says who does what",
            ) from None
        except (OSError, NoAnswer):
            self._line.close()
            raise OurFault(
                "run.not_running", f"nobody answers at {self._path}", "start it: detente run"
            ) from None
        if reply.headers.get("content-type") in _FILES:
            return reply.data
        said = re.match(r'<([^>]*)>; rel="next"', reply.headers.get("link", ""))
        self.next = said[1] if said else ""
        document = json.loads(reply.data)
        if reply.status >= 400:  # noqa: PLR2004  HTTP's own classes
            raise fault_of(document)
        return document

    def pages(self, path: str, query: Mapping[str, object], most: int = 0) -> Iterator[Any]:
        """Return the rows of a list, page after page; most: so many at most, 0 for all."""
        rows = self.ask("GET", path, query=query)
        seen = 0
        while True:
            for row in rows:
                seen += 1
                yield row
                if seen == most:
                    return
            if not self.next:
                return
            rows = self.ask("GET", self.next)

    def close(self) -> None:
        """Close the socket; the next question opens it anew."""
        self._line.close()


def fault_of(document: Mapping[str, str]) -> Fault:
    """Return the fault that a problem document tells."""
    code = document.get("code", "")
    if code not in CODES:
        return OurFault(
            "api.broken", f"an answer of no known form: {code}", "is it the same version?"
        )
    kind = TheirFault if code.startswith("E_") else OurFault
    return kind(code, document["what"], document["remedy"])


def node(folder: Path, seconds: float | None = None) -> Client:
    """Return a client of a party's node; see Client. Raises OurFault("run.elsewhere")."""
    halves.need(folder, "node")
    return Client(folder / "node" / "admin.sock", seconds=seconds)


def office(folder: Path) -> Client:
    """Return a client of a party's office: as this system user, or as a token says.

    Raises OurFault: run.elsewhere; file.unreadable for a file of DETENTE_TOKEN_FILE.
    """
    halves.need(folder, "office")
    return Client(folder / "office" / "desk.sock", _token())


def _token() -> str:
    file = os.environ.get("DETENTE_TOKEN_FILE", "")
    if not file:
        return ""
    try:
        token, wrong = Path(file).read_text("ascii").strip(), "more than one line"
    except (OSError, ValueError) as error:
        token, wrong = "\n", str(error)
    if not token.isprintable():  # it becomes a line of a request
        remedy = "write the token alone into it"
        raise OurFault("file.unreadable", f"DETENTE_TOKEN_FILE: {wrong}", remedy)
    return token
