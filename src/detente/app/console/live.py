"""Event streams: a sign of life each second with the number of what stands, and news at once.

The office's thread beats; streams live in the thread of sockets. A stream holds nothing but the
newest beat, so a slow reader costs no memory, and whoever comes back with the number that it had
hears of news at once if that is no longer the number. Source: docs/operate/console.md.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from detente.app.console import limits
from detente.core.errors import OurFault

CONTENT_TYPE: Final = "text/event-stream; charset=utf-8"
STOPPING: Final = "stopping"
SIGNED_OUT: Final = "signed_out"
SLOW: Final = "slow"
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Beat:
    """What stands now: the number of it, and when the office said so."""

    state: str
    at: str

    @cached_property
    def tick(self) -> bytes:
        """The event for whoever knows the number; made once for all streams."""
        return event("tick", self._data, self.state)

    @cached_property
    def news(self) -> bytes:
        """The events for whoever has another number."""
        return event("news", self._data, self.state) + self.tick

    @property
    def _data(self) -> str:
        return json.dumps({"state": self.state, "now": self.at})


@dataclass(eq=False, slots=True)
class Stream:
    """One open stream: whose, what it has heard, and why it ends."""

    token: str
    heard: str
    due: asyncio.Event = field(default_factory=asyncio.Event)
    end: str = ""


class Streams:
    """All open streams. Everything here runs in the thread of sockets."""

    def __init__(self) -> None:
        self._open: set[Stream] = set()
        self._beat: Beat | None = None
        self._stopping = False
        self.listening: frozenset[str] = frozenset()  # sessions with streams; any thread may look

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def beat(self, beat: Beat) -> None:
        """Tell every stream what stands now."""
        self._beat = beat
        for each in self._open:
            each.due.set()

    def end(self, tokens: frozenset[str]) -> None:
        """End the streams of sessions that ended."""
        for each in self._open:
            if each.token in tokens:
                each.end = SIGNED_OUT
                each.due.set()

    def stop(self) -> None:
        """End all, and take no more."""
        self._stopping = True
        for each in self._open:
            each.end = STOPPING
            each.due.set()

    def open(self, token: str, heard: str) -> Stream:
        """Return a new stream. heard: the number that its reader has. Raises OurFault("console.busy")."""
        own = sum(each.token == token for each in self._open)
        full = len(self._open) >= limits.STREAMS_MAX or own >= limits.STREAMS_PERSON_MAX
        if full or self._stopping:
            raise OurFault("console.busy", "too many pages are open", "close some, or wait")
        found = Stream(token, heard)
        found.due.set()
        self._open.add(found)
        self._note()
        return found

    def _note(self) -> None:
        self.listening = frozenset(each.token for each in self._open)

    async def run(self, stream: Stream, send: Send, gone: Awaitable[Any]) -> str:
        """Feed a stream until it ends; return why. gone: awaits that its reader left."""
        leaving = asyncio.ensure_future(gone)
        leaving.add_done_callback(lambda _: stream.due.set())
        try:
            while True:
                await stream.due.wait()
                stream.due.clear()
                if leaving.done():
                    return "left"
                if stream.end:
                    await self._say(send, event("end", stream.end, ""), more=False)
                    return stream.end
                if self._beat is not None:
                    await self._say(send, self._told(stream, self._beat))
        except TimeoutError:
            return SLOW
        finally:
            leaving.cancel()
            self._open.discard(stream)
            self._note()

    @staticmethod
    def _told(stream: Stream, beat: Beat) -> bytes:
        is_news, stream.heard = stream.heard != beat.state, beat.state
        return beat.news if is_news else beat.tick

    async def _say(self, send: Send, data: bytes, *, more: bool = True) -> None:
        message = {"type": "http.response.body", "body": data, "more_body": more}
        await asyncio.wait_for(send(message), limits.STALL_SECONDS)


def event(kind: str, data: str, number: str) -> bytes:
    """Return one event as bytes; number is what a reader brings back as Last-Event-ID."""
    own = f"id: {number}\n" if number else ""
    return f"event: {kind}\n{own}data: {data}\n\n".encode()
