"""What a foreign server may give at once, at the edge of each limit: over real HTTP, in full size."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any

import pytest
from tests.support.misp import Misp, serving
from tests.support.misp_rig import feed
from tests.support.outcomes import fault_of

from detente.app.console.taxii import query
from detente.app.console.taxii.media import TAXII
from detente.app.feeds import pull as taxii
from detente.app.feeds.line import Line
from detente.app.feeds.misp import pull
from detente.app.feeds.misp.wire import MispWire
from detente.app.feeds.wire import Wire
from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert import offering

Write = Callable[[BaseHTTPRequestHandler, str], bool]
HALF = limits.MAX_FEED_RUN // 2


@contextmanager
def answering(write: Write) -> Iterator[Misp]:
    """A server of which every answer is written by hand."""
    one = Misp()
    one.instead = write
    with serving(one):
        yield one


def write(
    handler: BaseHTTPRequestHandler,
    body: bytes,
    *,
    told: bool = True,
    more: Mapping[str, str] | None = None,
) -> bool:
    """Answer. told: its length stands in a header; else it ends where the line does."""
    handler.send_response(200)
    length = {"Content-Length": str(len(body))} if told else {}
    for name, text in {"Content-Type": "application/json", **length, **(more or {})}.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(body)
    return True


def padded(document: object, size: int) -> bytes:
    """Return a document in just so many bytes."""
    return json.dumps(document).encode().ljust(size)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("over", [0, 1])
def test_an_answer_may_be_as_large_as_the_limit_and_no_larger(over: int, told: bool) -> None:
    body = b" " * (limits.MAX_FEED_ANSWER + over)
    with answering(lambda handler, _: write(handler, body, told=told)) as server:
        line = Line(server.url, "")
        if over:
            assert fault_of(line.ask, "GET", "x", {}) == "feed.answer"
        else:
            assert len(line.ask("GET", "x", {}).data) == limits.MAX_FEED_ANSWER


@pytest.mark.parametrize(("short", "pages"), [(0, 2), (1, 3)])
def test_a_run_over_a_collection_ends_with_the_page_that_fills_it(short: int, pages: int) -> None:
    numbers = count()

    def page(handler: BaseHTTPRequestHandler, _path: str) -> bool:
        number = next(numbers)
        one = {"type": "indicator", "id": f"indicator--00000000-0000-4000-8000-{number:012}"}
        body = padded({"more": True, "next": str(number), "objects": [one]}, HALF - short)
        last = query.shown(Moment(1_000 * (number + 1)).ms * 1_000)
        return write(handler, body, more={"Content-Type": TAXII, "X-TAXII-Date-Added-Last": last})

    with answering(page) as server:
        ask = partial(Wire(feed(server)).ask, "GET", "collections/theirs/objects/")
        found = taxii.run(ask, -1, offering.split)
    assert (found.pages, len(found.texts), found.more, found.fault) == (pages, pages, True, None)
    assert found.upto == pages * 1_000_000, "its place stands after what came"


def uuid_of(number: int) -> str:
    return f"a0000000-0000-4000-8000-{number:012}"


def instance(events: int, view: Callable[[BaseHTTPRequestHandler, int], bool]) -> Write:
    """An instance with so many events, each given by `view`."""
    rows = [
        {"uuid": uuid_of(at), "timestamp": str(at + 1), "published": True} for at in range(events)
    ]

    def answer(handler: BaseHTTPRequestHandler, path: str) -> bool:
        if "events/index" in path:
            return write(handler, json.dumps(rows).encode())
        return view(handler, int(path.partition("a0000000-0000-4000-8000-")[2][:12]))

    return answer


def event(handler: BaseHTTPRequestHandler, number: int, size: int = 0) -> bool:
    return write(handler, padded({"Event": {"uuid": uuid_of(number)}}, size))


@pytest.mark.parametrize(("short", "events"), [(0, 2), (1, 3)])
def test_a_run_over_an_instance_ends_with_the_event_that_fills_it(short: int, events: int) -> None:
    with answering(instance(4, lambda each, at: event(each, at, HALF - short))) as server:
        found = pull.run(MispWire(feed(server)).ask, {}, "")
    assert ([one.uuid for one, _ in found.events], found.more) == (
        [uuid_of(at) for at in range(events)], True,
    )  # fmt: skip


@pytest.mark.parametrize("over", [0, 1])
def test_a_run_takes_as_many_events_as_the_limit(over: int) -> None:
    most = limits.MAX_FEED_EVENTS
    with answering(instance(most + over, event)) as server:
        found = pull.run(MispWire(feed(server)).ask, {}, "")
    assert (len(found.events), found.more) == (most, bool(over))


def failing(*numbers: int) -> Callable[[BaseHTTPRequestHandler, int], bool]:
    def view(handler: BaseHTTPRequestHandler, number: int) -> bool:
        if number not in numbers:
            return event(handler, number)
        handler.send_error(500)
        return True

    return view


def outcome(events: int, *bad: int) -> tuple[int, int, Any]:
    with answering(instance(events, failing(*bad))) as server:
        found = pull.run(MispWire(feed(server)).ask, {}, "")
    return len(found.events), len(found.wrong), found.fault and found.fault.code


def test_one_failed_event_less_than_the_limit_in_a_row_stops_none_of_the_others() -> None:
    few = limits.MAX_FEED_FAILS - 1
    first, second = range(1, 1 + few), range(2 + few, 2 + 2 * few)
    assert outcome(4 + 2 * few, *first, *second) == (4, 2 * few, None), "a good one between them"


def test_as_many_failed_events_in_a_row_as_the_limit_are_the_server() -> None:
    bad = range(1, 1 + limits.MAX_FEED_FAILS)
    assert outcome(9, *bad) == (1, limits.MAX_FEED_FAILS, "feed.away"), (
        "no further one is asked for"
    )
