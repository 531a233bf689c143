"""Asking a running party: HTTP over the Unix sockets of its node and office."""

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from detente.core.errors import CODES, Fault, OurFault, TheirFault


class _Unix(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


class Client:
    """One socket of a party: node/admin.sock or office/desk.sock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._http = _Unix(path)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401  the caller knows the page
        """Return the JSON document, or the bytes, of a page.

        Raises the fault that was answered; OurFault: run.not_running if nobody answers,
        path.permission if this system user may not ask.
        """
        target = quote(path) + (f"?{urlencode(query, doseq=True)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        try:
            self._http.request(method, target, body=data)
            reply = self._http.getresponse()
            found = reply.read()
        except PermissionError:
            raise OurFault(
                "path.permission",
                f"this system user may not use {self._path}",
                "run as a system user of the party; deploy/README.md says who does what",
            ) from None
        except (ConnectionResetError, BrokenPipeError):
            # It listens and does not speak with everybody; or it stops just now.
            self._http.close()
            raise OurFault(
                "run.not_running",
                f"{self._path} closed without an answer",
                "try again; if it stays so, it does not serve this system user:"
                " deploy/README.md says who does what",
            ) from None
        except (OSError, http.client.HTTPException):
            self._http.close()
            raise OurFault(
                "run.not_running", f"nobody answers at {self._path}", "start it: detente run"
            ) from None
        if reply.headers.get_content_type() == "application/octet-stream":
            return found
        document = json.loads(found)
        if reply.status >= 400:  # noqa: PLR2004  HTTP's own classes
            raise fault_of(document)
        return document

    def close(self) -> None:
        """Close the socket; the next question opens it anew."""
        self._http.close()


def fault_of(document: Mapping[str, str]) -> Fault:
    """Return the fault that a problem document tells."""
    code = document.get("code", "")
    if code not in CODES:
        return OurFault(
            "api.broken", f"an answer of no known form: {code}", "is it the same version?"
        )
    kind = TheirFault if code.startswith("E_") else OurFault
    return kind(code, document["what"], document["remedy"])


def node(folder: Path) -> Client:
    """Return a client of a party's node."""
    return Client(folder / "node" / "admin.sock")


def office(folder: Path) -> Client:
    """Return a client of a party's office."""
    return Client(folder / "office" / "desk.sock")
