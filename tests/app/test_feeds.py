"""Feeds: foreign servers, good and hostile: bounded, told, resumable, nothing lost."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.household import PEOPLE, Household
from tests.support.outcomes import fault_of
from tests.support.screens import Screen

from detente.app.console.pages import ROUTES
from detente.app.console.taxii import query
from detente.app.console.taxii.media import TAXII
from detente.app.feeds import line, plan, pull
from detente.app.feeds.plan import Feed
from detente.app.feeds.room import Feeds
from detente.app.feeds.wire import Told, Wire
from detente.app.log import Log
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert import offering
from detente.office.feeding import State
from detente.office.items import FEED, Item
from detente.office.offering import Wanted
from detente.office.procedure import Up
from detente.office.reader import TableReader
from detente.office.trail import Query

MADE: Final = "2024-01-01T00:00:00.000Z"
Json = dict[str, Any]


def indicator(number: int, **more: object) -> Json:
    return {
        "type": "indicator", "spec_version": "2.1", "created": MADE, "modified": MADE,
        "id": f"indicator--00000000-0000-4000-8000-{number:012}", "pattern": "[url:value = 'a']",
        "pattern_type": "stix", "valid_from": MADE, **more,
    }  # fmt: skip


def day(number: int) -> int:
    return query.micros("2025-01-01T00:00:00Z") + number


class Foreign:
    """A collection of a foreign server: object number n was added at day(n)."""

    def __init__(self, count: int = 0, page: int = 10) -> None:
        self.numbers, self.page = list(range(count)), page
        self.asked: list[Mapping[str, str]] = []
        self.posted: list[Json] = []
        self.refuses: set[str] = set()
        self.fault: OurFault | None = None
        self.fails_at = -1

    def ask(
        self,
        method: str,
        tail: str,
        asked: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Told:
        if self.fault is not None:
            raise self.fault
        if method == "POST":
            return self._post(json.loads(body or b""))
        assert tail == "collections/theirs/objects/"
        self.asked.append(asked or {})
        if len(self.asked) == self.fails_at:
            raise OurFault("feed.away", "it answers 500", "again")
        return self.answer(asked or {})

    def answer(self, asked: Mapping[str, str]) -> Told:
        after = query.micros(asked["added_after"]) if "added_after" in asked else -1
        start = int(asked["next"]) if "next" in asked else -1
        left = [each for each in self.numbers if day(each) > after and each > start]
        some = left[: self.page]
        told: Json = {"objects": [indicator(each) for each in some]} if some else {}
        if len(left) > len(some):
            told |= {"more": True, "next": str(some[-1])}
        return said(told, day(some[-1]) if some else -1)

    def _post(self, body: Json) -> Told:
        bad = [each["id"] for each in body["objects"] if each["id"] in self.refuses]
        self.posted += [each for each in body["objects"] if each["id"] not in self.refuses]
        told = {"id": "x", "status": "complete", "failure_count": len(bad), "failures": [
            {"id": each, "message": "no"} for each in bad]}  # fmt: skip
        return said(told, -1)


def said(document: Json, last: int) -> Told:
    return Told(
        document, json.dumps(document).encode(), query.shown(last) if last >= 0 else "", 200
    )


def run(foreign: Foreign, after: int = -1) -> pull.Pulled:
    return pull.run(
        lambda asked: foreign.ask("GET", "collections/theirs/objects/", asked),
        after,
        offering.split,
    )


def numbers(found: pull.Pulled) -> list[int]:
    return [int(json.loads(each)["id"][-4:]) for each in found.texts]


# Reading on, whatever the server does.


def test_a_collection_is_read_page_by_page_to_its_end() -> None:
    found = run(Foreign(25))
    assert (numbers(found), found.upto, found.more, found.fault) == (
        [*range(25)],
        day(24),
        False,
        None,
    )


def test_the_next_reading_begins_just_before_the_last_object() -> None:
    foreign = Foreign(25)
    assert numbers(run(foreign, day(20))) == [20, 21, 22, 23, 24]
    assert foreign.asked[0]["added_after"] == query.shown(day(20) - 1)


def test_what_came_before_a_server_broke_off_is_kept_and_read_on_from() -> None:
    foreign = Foreign(25)
    foreign.fails_at = 3
    found = run(foreign)
    assert (numbers(found), found.upto) == ([*range(20)], day(19))
    assert found.fault is not None
    assert found.fault.code == "feed.away"
    assert numbers(run(foreign, found.upto)) == [*range(19, 25)]


def test_more_without_next_goes_on_by_the_date() -> None:
    class Plain(Foreign):
        def answer(self, asked: Mapping[str, str]) -> Told:
            told = super().answer(asked)
            return said(
                {k: v for k, v in told.document.items() if k != "next"}, query.micros(told.last)
            )

    assert numbers(run(Plain(25))) == [*range(25)]


@pytest.mark.parametrize("last", [-1, day(3)])
def test_more_without_next_and_without_a_date_that_moves_ends(last: int) -> None:
    class Lost(Foreign):
        def answer(self, asked: Mapping[str, str]) -> Told:
            self.page += 1
            return said({"more": True, "objects": [indicator(self.page)]}, last)

    found = run(Lost())
    assert found.fault is not None
    assert found.fault.code == "feed.no_next"
    assert len(found.texts) == (1 if last < 0 else 2)


def test_a_server_that_pages_for_ever_ends_and_its_place_stays() -> None:
    class Endless(Foreign):
        def answer(self, asked: Mapping[str, str]) -> Told:
            number = len(self.asked)
            return said({"more": True, "next": str(number), "objects": [indicator(number)]}, -1)

    foreign = Endless()
    found = run(foreign)
    assert (found.fault and found.fault.code, found.upto) == ("feed.endless", -1)
    assert len(foreign.asked) == pull.PAGES_MAX
    assert len(found.texts) == pull.PAGES_MAX


def test_a_long_collection_is_read_in_several_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "PAGES_MAX", 2)
    found = run(Foreign(25))
    assert (numbers(found), found.upto, found.more) == ([*range(20)], day(19), True)
    assert run(Foreign(25), found.upto).more is False


def test_the_same_page_twice_ends() -> None:
    class Again(Foreign):
        def answer(self, asked: Mapping[str, str]) -> Told:
            return said({"more": True, "next": "x", "objects": [indicator(1)]}, day(1))

    found = run(Again())
    assert found.fault is not None
    assert (found.fault.code, len(found.texts)) == ("feed.repeats", 1)


def test_pages_out_of_order_are_told_and_nothing_before_them_is_passed() -> None:
    class Backwards(Foreign):
        def answer(self, asked: Mapping[str, str]) -> Told:
            number = 9 - len(self.asked)
            return said(
                {"more": True, "next": str(number), "objects": [indicator(number)]}, day(number)
            )

    found = run(Backwards(), day(2))
    assert found.fault is not None
    assert (found.fault.code, found.upto) == ("feed.order", day(8))


@pytest.mark.parametrize(
    "data", [b"[]", b'{"objects": {}}', b'{"objects": [{"a":1,"a":2}]}', b"\xff"]
)
def test_an_envelope_that_is_none_ends(data: bytes) -> None:
    found = pull.run(lambda _: Told({}, data, "", 200), -1, offering.split)
    assert found.fault is not None
    assert found.fault.code == "feed.answer"


# The wire.


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Feed]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer(self)
            except OSError:
                return

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield feed(url=f"http://127.0.0.1:{server.server_port}/api/")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def feed(**more: Any) -> Feed:  # noqa: ANN401
    told = {"name": "theirs", "way": "pull", "url": "https://other.example/api/",
            "collection": "theirs", "person": "supervisor"}  # fmt: skip
    return Feed(**{**told, **more})


def whole(
    handler: BaseHTTPRequestHandler,
    body: bytes,
    status: int = 200,
    kind: str = TAXII,
    **headers: str,
) -> None:
    handler.send_response(status)
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    for name, text in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(body)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", TAXII)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda each: whole(each, b"<html>", kind="text/html"), "feed.answer"),
        (lambda each: whole(each, b"{}", kind="application/taxii+json;version=2.0"), "feed.answer"),
        (lambda each: whole(each, b"{"), "feed.answer"),
        (lambda each: whole(each, b"[1]"), "feed.answer"),
        (lambda each: whole(each, b"[" * 100_000), "feed.answer"),
        (lambda each: whole(each, b"", 500), "feed.away"),
        (lambda each: whole(each, b"", 429), "feed.away"),
        (lambda each: whole(each, b"", 401), "feed.refused"),
        (lambda each: whole(each, b"", 302, Location="http://evil.example/"), "feed.refused"),
        (lambda each: whole(each, b"{}", Content_Length=str(2 * 2**30)), "feed.answer"),
        (lambda each: whole(each, b"{}", Content_Length="9"), "feed.away"),
        (lambda each: whole(each, b"{}", Content_Encoding="gzip"), "feed.answer"),
        (lambda each: each.wfile.write(b"no http\r\n\r\n"), "feed.away"),
        (endless, "feed.answer"),
    ],
)
def test_a_server_that_answers_otherwise(
    answer: Callable[[BaseHTTPRequestHandler], None], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "BODY_MAX", 1_000_000)
    with serving(answer) as found:
        assert fault_of(Wire(found).ask, "GET", "x/") == code


def test_a_good_answer_and_what_was_asked() -> None:
    asked: list[BaseHTTPRequestHandler] = []

    def answer(each: BaseHTTPRequestHandler) -> None:
        asked.append(each)
        whole(each, b'{"a": 1}', X_TAXII_Date_Added_Last="2025-01-01T00:00:00.000000Z")

    with serving(answer) as found:
        told = Wire(Feed(**{**_members(found), "user": "u", "secret": "p"})).ask(
            "GET", "x/", {"a": "b c"}
        )
    assert (told.document, told.last) == ({"a": 1}, "2025-01-01T00:00:00.000000Z")
    assert asked[0].path == "/api/x/?a=b+c"
    assert (asked[0].headers["Accept"], asked[0].headers["Authorization"]) == (TAXII, "Basic dTpw")


def _members(each: Feed) -> dict[str, Any]:
    return {name: getattr(each, name) for name in Feed.__dataclass_fields__}


def test_nobody_there_is_away() -> None:
    assert fault_of(Wire(feed(url="http://127.0.0.1:9/")).ask, "GET", "x/") == "feed.away"


# The plan.


def test_a_plan_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    file = tmp_path / "feeds.toml"
    file.write_text(
        '[[feed]]\nname = "a"\nurl = "https://a.example/api"\ncollection = "c"\nperson = "anna"\n'
        'user = "u"\nsecret_file = "secret"\nevery = "1h"\nstill_after = "2d"\n'
        '[[feed]]\nname = "b"\nway = "push"\nurl = "http://localhost:1/"\ncollection = "c"\nperson = "anna"\n'
    )
    one, two = plan.read(file)
    assert (one.url, one.secret, one.every, one.into) == (
        "https://a.example/api/", "s3cret", Span.of(hours=1), "local",
    )  # fmt: skip
    assert (two.way, two.into, two.still_after) == ("push", "all", Span.of(hours=24))


GOOD: Final = 'name = "a"\nurl = "https://a/"\ncollection = "c"\nperson = "p"\n'


@pytest.mark.parametrize(
    "text",
    [
        "x", "[[feed]]\n", "[other]\n", f"[[feed]]\n{GOOD}[[feed]]\n{GOOD}", f"[[feed]]\n{GOOD}way = 'both'\n",
        f"[[feed]]\n{GOOD}other = 'x'\n", f"[[feed]]\n{GOOD}every = 'x'\n", f"[[feed]]\n{GOOD}every = 3\n",
        f"[[feed]]\n{GOOD}secret_file = 'none'\n", "feed = [1]\n",
        f"[[feed]]\n{GOOD}".replace("https://a/", "http://other.example/"),
        f"[[feed]]\n{GOOD}".replace("https://a/", "file:///etc/passwd"),
        "".join(f"[[feed]]\n{GOOD}" for _ in range(plan.FEEDS_MAX + 1)),
    ],
)  # fmt: skip
def test_a_plan_that_is_wrong_names_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(text)
    assert fault_of(plan.read, file) == "config.bad"


# In the office.


class Rig:
    """An office with feeds whose wire is a foreign server in memory."""

    def __init__(self, folder: Path, foreign: Foreign, *feeds: Feed) -> None:
        self.house, self.foreign = Household(folder), foreign
        self.arrived = threading.Semaphore(0)
        self.steps: list[Callable[[], None]] = []
        self.feeds = Feeds(
            feeds or (feed(),), lambda: self.house.side.office, self._hand_in, Log("office", "error"),
            lambda _: foreign,  # type: ignore[arg-type,return-value]
        )  # fmt: skip

    def _hand_in(self, step: Callable[[], None]) -> None:
        self.steps.append(step)
        self.arrived.release()

    def turn(self) -> None:
        """Let a feed be asked, and all that it brings be taken in."""
        now = self.house.net.now
        self.feeds.turn(now)
        if self.feeds._busy:
            assert self.arrived.acquire(timeout=60)
            self.steps.pop()()
            while self.feeds._busy:
                self.feeds.turn(now)

    def later(self, **span: int) -> State:
        self.house.net.now += Span.of(**(span or {"minutes": 5}))
        self.turn()
        return self.state

    @property
    def state(self) -> State:
        return self.house.side.office.feeding.get("theirs")

    def care(self, step: str, name: str = "supervisor") -> State:
        """Let a person do something about the feed."""
        office, now = self.house.side.office, self.house.net.now
        found: State = getattr(office.feeds, step)(PEOPLE[name], "theirs", now)
        return found

    def waiting(self, name: str = "reader") -> list[Item]:
        """What waits for a person because of feeds."""
        office, now = self.house.side.office, self.house.net.now
        return [e for e in office.todo.page(PEOPLE[name], now).items if e.what == FEED]

    def held(self, alias: str = "local") -> int:
        self.house.net.turn()
        room = self.house.side.office.offered
        with self.house.side.shelf.begin() as tx:
            look = TableReader(tx.rows)
            found = room.offering.page(look, room.lane_of(alias), Wanted(), -1, 9_999)
        return len(found.rows)


def test_what_a_feed_brings_is_held_as_ours_and_read_on_from(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(450, 1_000))
    rig.turn()
    assert (rig.held(), rig.state.taken, rig.state.upto, rig.state.alerts) == (
        450,
        450,
        day(449),
        (),
    )
    rig.turn()  # it is not due yet
    assert len(rig.foreign.asked) == 1
    rig.foreign.numbers.append(450)
    state = rig.later()
    assert (rig.held(), state.taken, state.upto) == (451, 451, day(450))
    assert (state.new_at, state.alerts) == (rig.house.net.now, ())


def test_a_server_that_is_away_is_asked_again_after_longer_pauses(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(3))
    rig.foreign.fault = OurFault("feed.away", "it answers 500", "again")
    waits = []
    for _ in range(8):
        rig.turn()
        due = rig.state.due
        assert due is not None
        waits.append((due - rig.house.net.now).ms // 60_000)
        rig.house.net.now = due
    assert waits == [5, 10, 20, 40, 60, 60, 60, 60]
    assert (rig.state.tries, rig.state.alerts) == (8, ("feed.away",))
    rig.foreign.fault = None
    rig.turn()
    assert (rig.state.tries, rig.state.fault, rig.state.alerts, rig.held()) == (0, "", (), 3)


def test_what_broke_off_half_way_is_held_and_the_rest_comes_later(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(25))
    rig.foreign.fails_at = 3
    rig.turn()
    assert (rig.held(), rig.state.upto, rig.state.alerts) == (20, day(19), ("feed.away",))
    assert rig.later().alerts == ()
    assert rig.held() == 25


def test_a_feed_that_shrinks_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    rig.foreign.numbers = [0, 1]
    assert rig.later().alerts == ("feed.shrunk",)


def test_a_feed_that_gives_out_again_what_it_gave_is_told(tmp_path: Path) -> None:
    class Renewed(Foreign):
        shift = 0

        def answer(self, asked: Mapping[str, str]) -> Told:
            some = {"objects": [indicator(1), indicator(2)]}
            self.shift += 10
            return said(some, day(self.shift))

    rig = Rig(tmp_path, Renewed())
    rig.turn()
    assert rig.state.alerts == ()
    assert rig.later().alerts == ("feed.same",)


def test_a_feed_that_stands_still_is_told_until_it_moves(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    assert rig.later(hours=23).alerts == ()
    assert rig.later(hours=2).alerts == ("feed.still",)
    assert rig.later().alerts == ("feed.still",)
    rig.foreign.numbers.append(5)
    assert rig.later().alerts == ()


def test_what_a_feed_brings_and_we_refuse_is_told_and_the_rest_is_held(tmp_path: Path) -> None:
    class Flawed(Foreign):
        def answer(self, asked: Mapping[str, str]) -> Told:
            return said({"objects": [indicator(1), {"type": "indicator"}, indicator(2)]}, day(2))

    rig = Rig(tmp_path, Flawed())
    rig.turn()
    assert (rig.held(), rig.state.refused, rig.state.alerts) == (2, 1, ("feed.not_taken",))


def test_nobody_by_that_name_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(3), feed(person="nobody"))
    rig.turn()
    assert rig.state.alerts == ("people.unknown",)
    rig = Rig(tmp_path, Foreign(3), feed(person="reader"))
    rig.turn()
    assert rig.state.alerts == ("office.forbidden",)


def test_what_we_hold_is_handed_in_over_there_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(), feed(way="push", into="local"))
    other = Rig(tmp_path, Foreign(250, 1_000))
    rig.house = other.house
    other.turn()
    other.house.side.office.feeding.keep_only(())
    rig.foreign.refuses = {indicator(7)["id"]}
    rig.turn()
    assert (rig.state.taken, rig.state.refused, rig.state.alerts) == (199, 1, ("feed.not_taken",))
    rig.turn()  # there was more: it goes on at once
    assert len(rig.foreign.posted) == 249
    assert rig.state.alerts == ("feed.not_taken",), "until somebody saw it"
    assert rig.care("seen").alerts == ()
    rig.later()
    assert len(rig.foreign.posted) == 249


def test_a_batch_that_did_not_arrive_is_handed_in_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(), feed(way="push", into="local"))
    other = Rig(tmp_path, Foreign(3))
    rig.house = other.house
    other.turn()
    other.house.side.office.feeding.keep_only(())
    rig.foreign.fault = OurFault("feed.away", "it answers 500", "again")
    rig.turn()
    assert (rig.state.taken, rig.state.alerts) == (0, ("feed.away",))
    rig.foreign.fault = None
    assert rig.later().taken == 3


# What people see and do.


def test_what_happened_stays_until_somebody_saw_it_and_what_goes_on_stays_after(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    rig.foreign.numbers = [0, 1]
    assert rig.later().alerts == ("feed.shrunk",)
    rig.foreign.numbers = [0, 1, 2, 3, 4, 5]
    assert rig.later().alerts == ("feed.shrunk",), "it happened, though all is well again"
    rig.foreign.fault = OurFault("feed.away", "it answers 500", "again")
    assert rig.later().alerts == ("feed.shrunk", "feed.away")
    state = rig.care("seen")
    assert (state.alerts, state.fault) == (("feed.away",), "feed.away: it answers 500")
    rig.foreign.fault = None
    state = rig.later(hours=1)
    assert (state.alerts, state.fault, state.remedy, state.since) == ((), "", "", None)


def test_a_feed_that_somebody_must_look_at_waits_and_goes_up(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    assert rig.waiting() == []
    rig.foreign.fault = OurFault("feed.away", "it answers 500", "again")
    rig.later()
    (item,) = rig.waiting()
    assert (item.state, item.from_, item.overdue, item.rung) == ("feed.away", "theirs", False, None)
    for hours, rung in ((2, Up.DESK), (4, Up.SUPERVISOR), (24, Up.CHANNEL)):
        rig.house.net.now += Span.of(hours=hours)
        (item,) = rig.waiting()
        assert (item.overdue, item.rung) == (True, rung)
    assert rig.waiting("administrator") == [], "who does not read there"
    rig.foreign.fault = None
    rig.foreign.numbers.append(5)  # it stood still so long, too
    rig.turn()
    assert rig.waiting() == []


def test_a_feed_that_is_paused_is_not_asked_until_it_may_go_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    assert rig.care("pause").paused == "supervisor"
    rig.later(hours=30)
    assert len(rig.foreign.asked) == 1
    assert [(each.state, each.overdue) for each in rig.waiting()] == [("feed.paused", False)]
    rig.later(hours=7 * 24)
    assert [(each.state, each.overdue) for each in rig.waiting()] == [("feed.paused", True)]
    assert fault_of(rig.care, "run") == "feed.paused"
    assert rig.care("resume").paused == ""
    assert rig.waiting() == []
    rig.turn()
    assert len(rig.foreign.asked) == 2


def test_who_pauses_a_feed_while_it_is_read_is_heard(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.feeds.turn(rig.house.net.now)
    rig.care("pause")
    assert rig.arrived.acquire(timeout=60)
    rig.steps.pop()()
    while rig.feeds._busy:
        rig.feeds.turn(rig.house.net.now)
    assert (rig.state.paused, rig.held()) == ("supervisor", 5)


def test_a_feed_is_asked_at_once_whatever_its_pause_after_a_fault(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.foreign.fault = OurFault("feed.away", "it answers 500", "again")
    rig.turn()
    rig.foreign.fault = None
    rig.turn()
    assert rig.state.alerts == ("feed.away",), "it is not due"
    rig.care("run", "drafter")
    rig.turn()
    state = rig.state
    assert (state.alerts, rig.held()) == ((), 5)


@pytest.mark.parametrize("step", ["pause", "resume", "run", "seen"])
def test_what_is_done_about_a_feed_is_for_who_hands_in_and_stands_in_the_trail(
    tmp_path: Path, step: str
) -> None:
    rig = Rig(tmp_path, Foreign(1))
    rig.turn()
    before = rig.state
    for name in ("reader", "releaser", "administrator", "guest"):
        assert fault_of(rig.care, step, name) == "office.forbidden"
    assert rig.state == before
    for _ in range(2):
        if step == "run" or rig.care(step):
            rig.care("resume")
    office = rig.house.side.office
    told = office.trail.find(PEOPLE["auditor"], Query(), rig.house.net.now).rows
    wanted = f"feed/{'resume' if step == 'run' else step}/theirs"
    assert sum(row.text("what") == wanted for row in told if "what" in row) >= 2
    assert any(row.text("what") == f"feed/{step}" for row in told if "code" in row)


def test_the_page_of_feeds_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    rig.foreign.fault = OurFault("feed.away", "it answers 500", "it is asked again, after pauses")
    rig.later()
    for language, title in (("en", "Feeds of foreign servers"), ("ru", "Каналы чужих серверов")):
        screen = Screen(rig.house.side, ROUTES, person=PEOPLE["drafter"], language=language)
        page = screen.get("feeds").data.decode()
        for each in (title, "https://other.example/api/", "feed.away", 'action="/feeds/pause"'):
            assert each in page, each
    page = rig.house.get("drafter", "feeds").data.decode()
    assert "it answers 500" in page
    assert "it is asked again, after pauses" in page
    assert 'action="/feeds/' not in rig.house.get("reader", "feeds").data.decode()
    assert rig.house.post("drafter", "feeds/pause", {"feed": "theirs"}).status == 303
    assert rig.state.paused == "drafter"
    assert 'href="/feeds"' in rig.house.get("reader", "attention").data.decode()


def test_the_page_of_collections_says_what_stands_there_and_who_asked(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Foreign(5))
    rig.turn()
    assert rig.held() == 5
    office, now = rig.house.side.office, rig.house.net.now
    local = office.offered.collection(PEOPLE["reader"], "local")
    office.offered.asked(PEOPLE["reader"], "siem", local, 0, 5, now)
    count, newest = office.offered.standing(local)
    with rig.house.side.shelf.begin() as tx:
        look = TableReader(tx.rows)
        rows = office.offered.offering.page(look, local.lane, Wanted(), -1, 9_999).rows
    assert newest is not None
    assert (count, newest.ms) == (5, rows[-1].added // 1_000)
    assert office.offered.standing(
        office.offered.collection(PEOPLE["reader"], "from-borealis.gov")
    ) == (0, None)
    page = rig.house.get("reader", "collections").data.decode()
    for each in (local.id, "siem", "from-borealis.gov", "5 objects went out"):
        assert each in page, each
