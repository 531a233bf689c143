"""A MISP instance that answers otherwise: bounded, told, resumable."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.support.misp import Misp, serving
from tests.support.misp_rig import Rig, feed

from detente.app.feeds.misp import index, pull

IP: dict[str, Any] = {"type": "ip-dst", "category": "Network activity", "value": "198.51.100.7", "to_ids": True,
      "uuid": "a0000000-0000-4000-8000-000000000001", "timestamp": "1772300000"}  # fmt: skip
URL: dict[str, Any] = {"type": "url", "category": "Network activity", "value": "http://bad.example/x", "to_ids": True,
       "uuid": "a0000000-0000-4000-8000-000000000002", "timestamp": "1772300000"}  # fmt: skip
GREEN = ("tlp:green",)
Instead = Callable[[BaseHTTPRequestHandler, str], bool]


@pytest.fixture
def misp() -> Iterator[Misp]:
    one = Misp()
    with serving(one):
        yield one


# Whatever it answers: bounded, told, resumable.


def said(body: bytes, status: int = 200, kind: str = "application/json", **more: str) -> Instead:
    def answer(handler: BaseHTTPRequestHandler, path: str) -> bool:
        handler.send_response(status)
        told = {"Content-Type": kind, "Content-Length": str(len(body))}
        for name, text in (
            told | {name.replace("_", "-"): each for name, each in more.items()}
        ).items():
            handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(body)
        return True

    return answer


@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (said(b"<html>sign in", kind="text/html"), "feed.answer"),
        (said(b"<html>down", 502, "text/html"), "feed.away"),
        (said(b"", 302, "text/html", Location="http://evil.example/users/login"), "feed.refused"),
        (said(b'{"name": "no", "message": "no", "url": "/"}', 403), "feed.refused"),
        (said(b'{"message": "Rate limit exceeded."}', 429), "feed.away"),
        (said(b"{"), "feed.answer"),
        (said(b"[" * 100_000), "feed.answer"),
        (said(b'{"errors": "no"}'), "feed.answer"),
        (said(b"[1]"), "feed.answer"),
        (said(b'[{"uuid": "x"}]'), "feed.answer"),
        (said(b'[{"uuid": "a0000000-0000-4000-8000-000000000001", "timestamp": "-5"}]'), "feed.answer"),
        (said(b"[]", Content_Length=str(2 * 2**30)), "feed.answer"),
        (said(b"[]", Content_Length="9"), "feed.away"),
        (said(b"[]", Content_Encoding="gzip"), "feed.answer"),
    ],
)  # fmt: skip
def test_an_instance_that_answers_otherwise_is_told_and_read_on_from(
    misp: Misp, tmp_path: Path, instead: Instead, code: str
) -> None:
    misp.make("wave", IP, tags=GREEN)
    rig = Rig.new(tmp_path, feed(misp))
    misp.instead = instead
    assert rig.turn().alerts == (code,)
    misp.instead = lambda *_: False
    assert rig.later(hours=1).alerts == ()
    assert len(rig.objects(kind="indicator")) == 1


def test_the_key_is_in_one_header_and_in_nothing_that_is_said(
    misp: Misp, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one = feed(misp, secret="hush")
    rig = Rig.new(tmp_path, one)
    state = rig.turn()
    assert state.alerts == ("feed.refused",)
    assert "Authentication failed" in state.fault
    assert set(misp.keys) == {"hush"}
    assert "hush" not in f"{one}{state}{capfd.readouterr()}"


def test_an_event_that_cannot_be_had_stops_no_other_and_is_asked_for_again(
    misp: Misp, tmp_path: Path
) -> None:
    bad = misp.make("bad", IP, tags=GREEN)
    misp.clock += 60
    misp.make("good", URL, tags=GREEN)
    broken = said(b"", 500)
    misp.instead = lambda each, path: f"view/{bad['uuid']}" in path and broken(each, path)
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ("feed.not_taken",)
    assert [each["name"] for each in rig.objects(kind="indicator")] == [URL["value"]]
    misp.instead = lambda *_: False
    rig.later()
    assert len(rig.objects(kind="indicator")) == 2
    rig.see()
    assert rig.later().alerts == ()


def test_an_event_that_cannot_be_read_is_told_once_and_looked_at_again_when_it_changed(
    misp: Misp, tmp_path: Path
) -> None:
    made = misp.make("wave", IP, tags=GREEN)
    twice = json.dumps({"Event": made}).replace('"info"', '"date": "", "info"').encode()
    misp.instead = lambda each, path: "view" in path and said(twice)(each, path)
    rig = Rig.new(tmp_path, feed(misp))
    state = rig.turn()
    assert (state.alerts, "exchange.json" in state.fault) == (("feed.not_taken",), True)
    misp.instead = lambda *_: False
    rig.later()
    assert rig.objects() == []
    misp.touch(made["uuid"])
    rig.later()
    assert len(rig.objects(kind="indicator")) == 1


def test_a_server_that_breaks_off_half_way_is_read_on_from(
    misp: Misp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "EVENTS_MAX", 2)
    for number in range(5):
        misp.clock += 60
        misp.make(
            f"wave {number}",
            {**IP, "uuid": f"a0000000-0000-4000-8000-00000000000{number}"},
            tags=GREEN,
        )
    rig = Rig.new(tmp_path, feed(misp))
    rig.turn()
    assert len(rig.objects(kind="indicator")) == 2
    misp.instead = lambda each, path: "index" in path and said(b"", 500)(each, path)
    assert rig.turn().alerts == ("feed.away",)
    misp.instead = lambda *_: False
    for _ in range(3):
        rig.later(minutes=10)
    assert (len(rig.objects(kind="indicator")), rig.state().alerts) == (5, ())


def test_an_index_without_end_ends(
    misp: Misp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "PAGE", 1)
    pages = iter(range(10**6))

    def endless(handler: BaseHTTPRequestHandler, path: str) -> bool:
        row = {"uuid": f"a0000000-0000-4000-8000-{next(pages):012}", "timestamp": "5"}
        return said(json.dumps([row]).encode())(handler, path)

    misp.instead = endless
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ("feed.endless",)
    assert len(misp.asked) == index.PAGES_MAX
    misp.instead = said(b'[{"uuid": "a0000000-0000-4000-8000-000000000001", "timestamp": "5"}]')
    assert rig.later(hours=1).alerts[-1] == "feed.repeats"


def test_an_event_under_another_name_is_not_taken(misp: Misp, tmp_path: Path) -> None:
    misp.make("wave", IP, tags=GREEN)
    other = json.dumps(
        {"Event": {"uuid": "a0000000-0000-4000-8000-0000000000ff", "info": "x"}}
    ).encode()
    misp.instead = lambda each, path: "view" in path and said(other)(each, path)
    rig = Rig.new(tmp_path, feed(misp))
    assert rig.turn().alerts == ("feed.not_taken",)
    assert rig.objects() == []
