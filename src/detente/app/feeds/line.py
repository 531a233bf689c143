"""One exchange with a foreign server, bounded in time and size. In a thread of its own.

No redirect is followed: a secret goes to the host that was written down, and to no other.
"""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from detente.app.loop import clock
from detente.core import limits
from detente.core.errors import OurFault

BODY_MAX: Final = limits.MAX_FEED_ANSWER  # bytes of one answer
SECONDS_MAX: Final = 120.0  # of one question
SILENCE_MAX: Final = 30.0  # seconds without a byte
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Said:
    """What came back, whatever its status. headers: by names in small letters."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Line:
    """Asks one server. url: with its slash at the end; trust: a file of certificates, "" for the system's."""

    def __init__(self, url: str, trust: str) -> None:
        self._place, self._trust = urlsplit(url), trust

    def ask(
        self,
        method: str,
        tail: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Said:
        """Return what stands below the address. Raises OurFault: feed.away, feed.answer."""
        end = clock() + SECONDS_MAX
        line = self._open()
        try:
            path = f"{self._place.path}{tail}" + (f"?{urlencode(query)}" if query else "")
            line.request(method, path, body, {**headers, "Accept-Encoding": "identity"})
            with line.getresponse() as answer:
                data = _read(answer, end)
        except (OSError, http.client.HTTPException) as error:
            raise OurFault(
                "feed.away",
                f"{type(error).__name__}: {error}"[:300],
                "it is asked again",
            ) from None
        finally:
            line.close()
        if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004  RFC 9110
            raise OurFault("feed.away", f"it answers {answer.status}", "it is asked again")
        return Said(
            answer.status, {name.lower(): text for name, text in answer.headers.items()}, data
        )

    def _open(self) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=SILENCE_MAX)
        tls = ssl.create_default_context(cafile=self._trust or None)
        return http.client.HTTPSConnection(host, port, timeout=SILENCE_MAX, context=tls)


def _read(answer: http.client.HTTPResponse, end: float) -> bytes:
    told = answer.headers.get("Content-Length", "")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise wrong("its answer is packed, which was not asked for")
    if told.isdecimal() and int(told[:20]) > BODY_MAX:
        raise _large()
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > BODY_MAX:
            raise _large()
        if clock() > end:
            raise OurFault(
                "feed.away", f"no whole answer in {SECONDS_MAX:.0f} s", "it is asked again"
            )
    if told.isdecimal() and size < int(told[:20]):
        raise http.client.IncompleteRead(b"", int(told[:20]) - size)
    return b"".join(parts)


def _large() -> OurFault:
    return wrong(f"more than {BODY_MAX} bytes in one answer")


def wrong(what: str) -> OurFault:
    """Return the fault of an answer that is none."""
    return OurFault("feed.answer", what, "tell whoever runs that server")
