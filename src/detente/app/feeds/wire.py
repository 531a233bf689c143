"""One question to a foreign TAXII 2.1 server."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detente.app.console.taxii.media import TAXII, is_envelope
from detente.app.feeds.line import Line, Said, wrong
from detente.app.feeds.plan import Feed
from detente.core.errors import OurFault


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: the document, its bytes, and when its last object was added, "" if not told."""

    document: Mapping[str, Any]
    data: bytes
    last: str
    status: int


class Wire:
    """Asks one server."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._line = Line(feed.url, feed.trust)

    def ask(
        self,
        method: str,
        tail: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Told:
        """Return what stands below the API root. Raises OurFault: feed.away, feed.refused, feed.answer."""
        return _told(self._line.ask(method, tail, self._headers(body is not None), query, body))

    def _headers(self, has_body: bool) -> dict[str, str]:  # noqa: FBT001  one caller
        found = {"Accept": TAXII}
        if self._feed.user:
            shown = base64.b64encode(f"{self._feed.user}:{self._feed.secret}".encode()).decode()
            found["Authorization"] = f"Basic {shown}"
        elif self._feed.secret:
            found["Authorization"] = f"Bearer {self._feed.secret}"
        return found | ({"Content-Type": TAXII} if has_body else {})


def _told(said: Said) -> Told:
    if said.status not in (200, 202):
        raise OurFault(
            "feed.refused", f"it answers {said.status}",
            "see address, collection, name and secret of this feed",
        )  # fmt: skip
    if not is_envelope(said.headers.get("content-type", "")):
        told = said.headers.get("content-type", "nothing")[:60]
        raise wrong(f"it answers {told!r}, no TAXII 2.1")
    try:
        document = json.loads(said.data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise wrong("its answer is no JSON object")
    return Told(document, said.data, said.headers.get("x-taxii-date-added-last", ""), said.status)
