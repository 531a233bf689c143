"""Where requests come in, in the thread of sockets: bytes become an Ask, an Answer becomes bytes.

Nothing of the office is touched here: an Ask is handed to the office's own thread and its Answer
awaited. What is refused here never gets there: a foreign Host, what is too large, what is no form.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from detente.app.console import guard, headers, limits, live, reading
from detente.app.console.ask import Answer, Ask
from detente.app.console.gate import Gate
from detente.app.console.keeper import LIVE, SAFE, Keeper, Served, Slow, faulty
from detente.app.console.live import Streams
from detente.app.console.meter import Meter, Seen
from detente.app.console.static import Statics
from detente.app.loop import clock
from detente.core.errors import Fault, OurFault

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HandIn = Callable[[Callable[[], None]], None]
_T = TypeVar("_T")


class Front:
    """The ASGI application. `hand_in` lets the office's thread do a step."""

    def __init__(
        self,
        keeper: Keeper,
        statics: Statics,
        terms: headers.Terms,
        hand_in: HandIn,
        meter: Meter,
    ) -> None:
        self._keeper, self._statics, self._terms = keeper, statics, terms
        self._hand_in, self._meter = hand_in, meter
        self._reader = reading.Reader(terms)
        self.streams = Streams()
        self.gate = Gate()
        self._slow = _Pool(limits.SLOW_THREADS, limits.SLOW_MAX, "too many people sign in at once")
        self._asks = _Pool(limits.ASK_THREADS, limits.ASK_MAX, "too many pages wait for the node")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = clock()
        ask = Ask(scope["method"], tuple(scope["path"].strip("/").split("/"))[:1])
        try:
            ask = self._reader.head(scope)
            self.gate.check(ask.address, clock())
            served = self._file(ask) or await self._served(ask, receive)
            if ask.path == LIVE and served.answer.status == 200:  # noqa: PLR2004
                served = await self._stream(ask, served, scope, receive, send)
        except Fault as fault:
            served = Served(faulty(ask, fault))
        if served.answer.content_type != live.CONTENT_TYPE:
            await self._send(ask, served.answer, send)
        self._meter.see(
            Seen(ask.method, served.route, served.answer.status, clock() - began, served.person)
        )

    def _file(self, ask: Ask) -> Served | None:
        if ask.path[:1] != ("static",) or ask.method not in SAFE:
            return None
        found = self._statics.find("/".join(ask.path[1:]))
        if found is None:
            raise OurFault("http.no_page", f"there is no file {ask.here[:100]}", "begin at /")
        return Served(found, "static")

    async def _served(self, ask: Ask, receive: Receive) -> Served:
        if ask.method not in SAFE:
            if self._reader.is_large(ask):
                refused = await self.in_office(lambda: self._keeper.admits(ask))
                if refused is not None:
                    return Served(refused.but(Connection="close"))
            ask = await self._reader.whole(ask, receive)
        found = await self.in_office(lambda: self._keeper.answer(ask))
        return await self._after(found) if isinstance(found, Slow) else found

    async def _after(self, asked: Slow) -> Served:
        worked = await (self._asks if asked.asks else self._slow).run(asked.work)
        return await self.in_office(lambda: asked.then(worked))

    async def _stream(
        self, ask: Ask, served: Served, scope: Scope, receive: Receive, send: Send
    ) -> Served:
        # The keeper let them in: a page for people says only whether they may listen.
        heard = ask.headers.get("last-event-id") or ask.asked("state")
        stream = self.streams.open(ask.cookies.get(guard.SESSION, ""), heard)
        answer = Answer(200, content_type=live.CONTENT_TYPE)
        rows = [row for row in headers.of(answer, self._terms) if row[0] != b"content-length"]
        await send({"type": "http.response.start", "status": 200, "headers": rows})
        why = await self.streams.run(stream, send, _left(receive))
        if why == live.SLOW:
            scope["detente.abort"]()
        return Served(answer, served.route, served.person)

    async def in_office(self, step: Callable[[], _T]) -> _T:
        """Return what a step says that the office's thread does; it must not raise."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[_T] = loop.create_future()

        def tell(answer: _T) -> None:
            if not found.done():  # they left meanwhile
                found.set_result(answer)

        def do() -> None:
            answer = step()
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, answer)

        self._hand_in(do)
        return await found

    async def _send(self, ask: Ask, answer: Answer, send: Send) -> None:
        rows = headers.of(answer, self._terms)
        await send({"type": "http.response.start", "status": answer.status, "headers": rows})
        body = b"" if ask.method == "HEAD" else answer.data
        await send({"type": "http.response.body", "body": body})


class _Pool:
    """Threads beside both loops. A password takes a core and much memory: a few, and no more."""

    def __init__(self, threads: int, most: int, full: str) -> None:
        self._threads = ThreadPoolExecutor(threads, "slow")
        self._most, self._full, self._now = most, full, 0

    async def run(self, work: Callable[[], object]) -> object:
        """Return what work gives. Raises OurFault("console.busy") while too much waits."""
        if self._now >= self._most:
            raise OurFault("console.busy", self._full, "try again")
        self._now += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._now -= 1


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
