"""Event streams: a sign of life, news at once, nothing missed, and an end that is told."""

import asyncio
import json
from collections.abc import Coroutine, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.support import console
from tests.support.console import Rig
from tests.support.outcomes import fault_of

from detente.app.console import limits
from detente.app.console.live import SIGNED_OUT, SLOW, STOPPING, Beat, Streams, event
from detente.app.console.pages import program
from detente.app.console.pulse import Pulse
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import Level

T = TypeVar("T")


def apart(step: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread of its own: a browser's driver may have a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, step).result()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with console.running(tmp_path, program.ROUTES) as found:
        yield found


class Listener:
    """A page that listens."""

    def __init__(self, rig: Rig, token: str, state: str = "", last: str = "") -> None:
        self._line = rig.connect()
        again = f"Last-Event-ID: {last}\r\n" if last else ""
        self._line.sendall(
            f"GET /live?state={state} HTTP/1.1\r\nHost: {rig.host}\r\n{again}"
            f"Cookie: {rig.terms.prefix}session={token}\r\n\r\n".encode()
        )
        self._held = b""
        self.head = self._until(b"\r\n\r\n").decode()

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._held:
            data = self._line.recv(65_536)
            assert data, f"it ended after {self._held!r}"
            self._held += data
        found, _, self._held = self._held.partition(mark)
        return found

    def next(self) -> tuple[str, str]:
        """The next event: its kind, and the number or reason that it carries."""
        rows = self._until(b"\n\n").decode().split("\n")  # among them the sizes of chunks
        told = dict(row.partition(": ")[::2] for row in rows)
        data = told["data"]
        return told["event"], json.loads(data)["state"] if data.startswith("{") else data

    def close(self) -> None:
        self._line.close()


@contextmanager
def listening(rig: Rig, token: str, **more: str) -> Iterator[Listener]:
    found = Listener(rig, token, **more)
    try:
        yield found
    finally:
        found.close()


def test_a_stranger_does_not_listen(rig: Rig) -> None:
    assert rig.ask("GET", "/live", Sec_Fetch_Mode="cors").status == 401
    assert rig.front.streams.count == 0


def test_each_beat_is_heard_and_news_is_what_has_another_number(rig: Rig) -> None:
    with listening(rig, rig.sign_in(), state="boot.1") as page:
        assert "content-type: text/event-stream" in page.head
        assert "cache-control: no-store" in page.head
        heard = []
        for state, events in (("1", 1), ("1", 1), ("2", 2), ("2", 1), ("3", 2)):
            rig.beat(f"boot.{state}")
            heard += [page.next() for _ in range(events)]
    assert heard == [
        ("tick", "boot.1"), ("tick", "boot.1"), ("news", "boot.2"), ("tick", "boot.2"),
        ("tick", "boot.2"), ("news", "boot.3"), ("tick", "boot.3"),
    ]  # fmt: skip


def test_what_changed_between_the_page_and_its_stream_is_news(rig: Rig) -> None:
    rig.beat("boot.2")
    with listening(rig, rig.sign_in(), state="boot.1") as page:
        assert page.next() == ("news", "boot.2")


def test_what_changed_while_the_stream_was_cut_is_news_when_it_comes_back(rig: Rig) -> None:
    token = rig.sign_in()
    with listening(rig, token, state="boot.1") as page:
        rig.beat("boot.1")
        assert page.next() == ("tick", "boot.1")
    rig.beat("boot.2")
    with listening(rig, token, state="boot.1", last="boot.1") as page:
        assert page.next() == ("news", "boot.2")
    with listening(rig, token, state="boot.1", last="boot.2") as page:
        assert page.next() == ("tick", "boot.2")


def test_a_number_of_another_run_is_news(rig: Rig) -> None:
    rig.beat("other.1")
    with listening(rig, rig.sign_in(), last="boot.1") as page:
        assert page.next() == ("news", "other.1")


def test_signing_out_ends_the_streams_of_the_session_alone(rig: Rig) -> None:
    one, other = rig.sign_in(), rig.sign_in(token="token-2")
    with listening(rig, one) as page, listening(rig, other, state="boot.1") as others:
        rig.server.tell(lambda: rig.front.streams.end(frozenset({one})))
        assert page.next() == ("end", SIGNED_OUT)
        rig.beat("boot.1")
        assert others.next() == ("tick", "boot.1")


def test_a_stop_tells_every_page(tmp_path: Path) -> None:
    rig = Rig(tmp_path, program.ROUTES)
    rig.start()
    pages = [Listener(rig, rig.sign_in(token=f"token-{i}")) for i in range(8)]
    rig.end()
    assert [page.next() for page in pages] == [("end", STOPPING)] * 8
    for page in pages:
        page.close()


def test_two_hundred_pages_hear_at_once(rig: Rig) -> None:
    pages = [Listener(rig, rig.sign_in(token=f"t{i}"), state="boot.1") for i in range(200)]
    try:
        rig.beat("boot.2")
        assert [page.next() for page in pages] == [("news", "boot.2")] * 200
    finally:
        for page in pages:
            page.close()


def test_so_many_streams_are_open_and_no_more() -> None:
    streams = Streams()
    for number in range(limits.STREAMS_MAX):
        streams.open(f"token-{number}", "")
    assert fault_of(lambda: streams.open("token", "")) == "console.busy"
    assert streams.count == limits.STREAMS_MAX


def test_one_session_has_so_many_streams_and_no_more() -> None:
    streams = Streams()
    for _ in range(limits.STREAMS_PERSON_MAX):
        streams.open("token", "")
    assert fault_of(lambda: streams.open("token", "")) == "console.busy"
    streams.open("token-2", "")


def test_after_a_stop_there_are_no_new_streams() -> None:
    streams = Streams()
    streams.stop()
    assert fault_of(lambda: streams.open("token", "")) == "console.busy"


def test_a_page_that_leaves_is_forgotten(rig: Rig) -> None:
    with listening(rig, rig.sign_in(), state="boot.1") as page:
        rig.beat("boot.1")
        page.next()
        assert rig.front.streams.listening == {"token-1"}
    with listening(rig, rig.sign_in(token="token-2"), state="boot.1") as page:
        while rig.front.streams.count > 1:
            rig.beat("boot.1")
            page.next()
    assert rig.front.streams.listening <= {"token-2"}


def test_listening_keeps_no_session_alive(rig: Rig) -> None:
    with listening(rig, rig.sign_in(), state="boot.1") as page:
        rig.beat("boot.1")
        assert page.next() == ("tick", "boot.1")
    assert rig.book.used == []


async def slowly() -> tuple[str, int, list[bytes]]:
    streams, said = Streams(), []
    stream = streams.open("token", "")
    stuck, never = asyncio.Event(), asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message["body"])
        stuck.set()
        await never.wait()  # the reader takes nothing more

    streams.beat(Beat("1", ""))
    running = asyncio.ensure_future(streams.run(stream, send, asyncio.Event().wait()))
    await stuck.wait()
    for number in range(10_000):
        streams.beat(Beat(str(number), ""))
    return await running, streams.count, said


def test_a_slow_reader_holds_one_event_and_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STALL_SECONDS", 0.05)
    why, count, said = apart(slowly())
    assert (why, count, len(said)) == (SLOW, 0, 1)


async def after_a_pause() -> list[bytes]:
    streams, said = Streams(), []
    stream = streams.open("token", "1")
    may = asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message["body"])
        await may.wait()

    streams.beat(Beat("1", ""))
    running = asyncio.ensure_future(streams.run(stream, send, asyncio.Event().wait()))
    while not said:  # noqa: ASYNC110  turns of the loop, no time
        await asyncio.sleep(0)
    for number in range(2, 100):
        streams.beat(Beat(str(number), ""))
    may.set()
    while len(said) < 2:  # noqa: ASYNC110  turns of the loop, no time
        await asyncio.sleep(0)
    streams.stop()
    await running
    return said


def test_who_was_slow_hears_the_newest_alone() -> None:
    said = apart(after_a_pause())
    assert [row.split(b"\n")[0] for row in said] == [b"event: tick", b"event: news", b"event: end"]
    assert b"id: 99\n" in said[1]


def test_an_event_has_the_form_of_the_standard() -> None:
    assert event("news", "{}", "b.7") == b"event: news\nid: b.7\ndata: {}\n\n"
    assert event("end", "stopping", "") == b"event: end\ndata: stopping\n\n"


def level(**more: object) -> Level:
    told: dict[str, Any] = {
        "origin": "o", "owner": "a.gov", "peer": "b.gov", "link_id": "l", "size": 1, "receipted": 0,
        "confirmed": 0, "late": "", "waiting": 0, "state": "LIVE", "why": "", "since": Moment(1),
    }  # fmt: skip
    return Level(**{**told, **more})


class World:
    """An office whose parts move."""

    def __init__(self) -> None:
        self.moves = 0
        self.levels: list[Level] | OurFault = [level()]
        self.pulse = Pulse("b", lambda: self.moves, self._levels)
        self.at = 0.0

    def _levels(self) -> list[Level]:
        if isinstance(self.levels, OurFault):
            raise self.levels
        return self.levels

    def look(self, seconds: float = 1.0) -> str | None:
        self.at += seconds
        found = self.pulse.look(self.at, Moment(0))
        return found.state if found else None


def test_a_beat_is_due_each_second_with_the_same_number_while_nothing_moves() -> None:
    world = World()
    first = world.look()
    assert [world.look(0.5) for _ in range(6)] == [None, first] * 3


def test_what_is_stored_is_news_at_once() -> None:
    world = World()
    first = world.look()
    assert world.look(0.01) is None
    world.moves += 1
    second = world.look(0.01)
    assert second not in (None, first)
    assert world.look(0.01) is None


@pytest.mark.parametrize(
    "moved",
    [
        {"size": 2}, {"receipted": 1}, {"confirmed": 1}, {"late": "PQ_LATE"}, {"waiting": 1},
        {"state": "DOWN"}, {"unattended": ("cert",)},
    ],
)  # fmt: skip
def test_what_moves_on_a_link_is_news(moved: dict[str, object]) -> None:
    world = World()
    before = world.look()
    world.levels = [level(**moved)]
    assert world.look() not in (None, before)


def test_our_home_log_is_no_news_for_looking_writes_it() -> None:
    world = World()
    world.levels = [level(peer="", size=1)]
    before = world.look()
    world.levels = [level(peer="", size=2)]
    assert world.look() == before


def test_a_node_that_goes_away_is_news_and_so_is_one_that_comes_back() -> None:
    world = World()
    first = world.look()
    world.levels = OurFault("hatch.closed", "x", "y")
    second = world.look()
    assert world.look() == second != first
    world.levels = [level()]
    assert world.look() not in (first, second)
