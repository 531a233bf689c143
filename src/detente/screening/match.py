"""The matcher's protocol, one JSON object a line: load a list, then questions, answers in order."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from detente.core.errors import Fault
from detente.screening import layout
from detente.screening.asked import asked as question_of
from detente.screening.asked import unread
from detente.screening.build import build
from detente.screening.engine import ask, undecided
from detente.screening.index import Index
from detente.screening.listed import Listed
from detente.screening.lists.rows import Unread, of_own


class Asked(msgspec.Struct):
    """A line of the protocol."""

    op: str
    list: str = ""
    id: str = ""
    name: str | None = None
    schema: str | None = None
    births: tuple[str, ...] | None = None
    countries: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    limit: int = 10


_ASKED = msgspec.json.Decoder(Asked)
LIMIT_MAX = 1_000  # hits of one answer


class Matcher:
    """Answers the lines of the protocol. `read` gives (whole bytes, lines) of a list file."""

    def __init__(self, read: Callable[[str], tuple[bytes, Iterable[bytes]]]) -> None:
        self._read = read
        self.index: Index | None = None

    def answer(self, line: bytes) -> dict[str, Any] | None:
        """Return the answer to one line; None ends the talk.

        A line that is not understood is answered with `error`, and the talk goes on.
        """
        try:
            asked = _ASKED.decode(line)
        except (msgspec.DecodeError, RecursionError) as found:
            return {"error": str(found)}
        if asked.op == "quit":
            return None
        if asked.op == "load":
            return self._load(asked.list)
        if asked.op == "query" and self.index is not None:
            return self._query(self.index, asked)
        return {"id": asked.id, "error": "load a list first, then ask"}

    def _load(self, path: str) -> dict[str, Any]:
        try:
            whole, lines = self._read(path)
        except Fault as found:
            return {"ok": False, "error": str(found)}
        version = layout.digest(whole)
        listed: list[Listed] = []
        unread: list[Unread] = []
        for one in of_own(lines):
            (listed if isinstance(one, Listed) else unread).append(one)  # type: ignore[arg-type]
        self.index = Index(build(listed, {path.rpartition("/")[2]: version}))
        answer: dict[str, Any] = {"ok": True, "entities": len(listed), "list_version": version[:16]}
        if unread:
            answer["unread"] = [{"line": u.line, "why": u.why} for u in unread[:LIMIT_MAX]]
        return answer

    @staticmethod
    def _query(index: Index, asked: Asked) -> dict[str, Any]:
        try:
            question = question_of(
                asked.name or "", asked.schema, asked.births or (), asked.countries or (),
                asked.ids or (),
            )  # fmt: skip
        except Fault as found:
            return {"id": asked.id, "error": found.what}
        hits = ask(index, question, max(1, min(asked.limit, LIMIT_MAX)))
        answer: dict[str, Any] = {
            "id": asked.id,
            "hits": [{"id": h.entity, "score": h.score} for h in hits],
        }
        if left := unread(question):
            answer["unread"] = left
        reason = undecided(question)
        return answer | {"undecided": reason} if reason else answer
