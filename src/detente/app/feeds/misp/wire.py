"""One question to the API of a MISP instance. Its key goes in one header and is written nowhere."""

import json
from dataclasses import dataclass
from typing import Any

from detente.app.feeds.line import Line, Said, wrong
from detente.app.feeds.plan import Feed
from detente.core.errors import OurFault

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. document: what its JSON says; said: in words, what it says against the question."""

    status: int
    document: Any
    data: bytes
    said: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it did what was asked."""
        return self.status == 200 and not self.said  # noqa: PLR2004  RFC 9110


class MispWire:
    """Asks one instance."""

    def __init__(self, feed: Feed) -> None:
        self._line = Line(feed.url, feed.trust)
        self._key = feed.secret

    def ask(self, method: str, tail: str, body: object = None) -> Reply:
        """Return what it says. A 404, a 405 and a refusal to save are answers, for the caller to judge.

        Raises OurFault: feed.away, feed.refused (the key, a redirect to its sign-in), feed.answer.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": self._key, "Accept": _JSON}
        said = self._line.ask(
            method, tail, headers | ({"Content-Type": _JSON} if data else {}), None, data
        )
        if said.status in (301, 302, 303, 307, 308, 401):
            raise _refused(said.status)
        return _reply(said)


def _reply(said: Said) -> Reply:
    kind = said.headers.get("content-type", "nothing").partition(";")[0].strip().lower()
    if kind != _JSON:
        if said.status != 200:  # noqa: PLR2004  as above
            raise _refused(said.status)
        raise wrong(f"it answers {kind[:60]!r}, no JSON")
    try:
        document = json.loads(said.data)
    except (ValueError, RecursionError):
        raise wrong("its answer is no JSON") from None
    told = _against(document) if said.status != 200 or isinstance(document, dict) else ""  # noqa: PLR2004
    is_saving = isinstance(document, dict) and "saved" in document
    if said.status == 403 and not is_saving:  # noqa: PLR2004  not this question: this key
        raise _refused(said.status, told)
    if said.status not in (200, 403, 404, 405):
        raise _refused(said.status, told)
    return Reply(said.status, document, said.data, told)


def _against(document: object) -> str:
    """Return what an error says; "" for what is none. MISP answers some errors with 200."""
    if not isinstance(document, dict) or "Event" in document or "response" in document:
        return ""
    if document.get("saved") is True or not ({"errors", "message", "name"} & document.keys()):
        return ""
    told = document.get("errors") or document.get("message") or document.get("name")
    return (told if isinstance(told, str) else json.dumps(told))[:300]


def _refused(status: int, told: str = "") -> OurFault:
    what = f"it answers {status}" + (f": {told}" if told else "")
    return OurFault(
        "feed.refused", what, "see address and key of this feed, and what its user may do"
    )
