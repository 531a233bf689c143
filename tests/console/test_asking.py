"""A page that asks the node waits by itself: the office's loop goes on with everybody else."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support import console
from tests.support.console import Rig

from detente.app.console import limits
from detente.app.console.ask import Answer, Ask, Later, document
from detente.app.console.keeper import faulty
from detente.app.console.pages import asking
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site
from detente.core.errors import OurFault


def links(site: Site, _ask: Ask) -> Later:
    return asking.ask(site, (asking.LINKS,), lambda told: document(told[0]))


def quick(_site: Site, _ask: Ask) -> Answer:
    return document("at once")


ROUTES = (Route("GET", "links", links, ANYONE), Route("GET", "quick", quick, ANYONE))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[socket.socket]:
    """A node that listens and says nothing until the test says so."""
    (tmp_path / "node").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "node" / "admin.sock"))
        listener.listen(8)
        yield listener


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(limits, "ASK_SECONDS", 30)
    with console.running(tmp_path, ROUTES) as found:
        yield found


def test_while_the_node_is_silent_other_pages_are_answered(rig: Rig, node: socket.socket) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(rig.ask, "GET", "/links")
        line, _ = node.accept()
        assert line.recv(4_096).startswith(b"GET /v1/links")
        assert rig.ask("GET", "/quick").json() == "at once"
        assert not waiting.done()
        line.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n["x"]'
        )
        assert waiting.result().json() == ["x"]
        line.close()


def test_a_node_that_never_answers_is_waited_for_so_long_and_no_longer(
    tmp_path: Path, node: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ASK_SECONDS", 0.01)
    site = SimpleNamespace(settings=SimpleNamespace(folder=tmp_path))
    asked = asking.ask(site, (asking.LINKS, asking.DOCTOR), lambda told: document(list(told)))  # type: ignore[arg-type]
    assert asked.then(asked.work()).data == document([None, None]).data


def test_too_many_pages_that_wait_are_told_so(rig: Rig, node: socket.socket) -> None:
    rig.front._asks._now = limits.ASK_MAX
    found = rig.ask("GET", "/links")
    assert found.status == 503
    assert "wait for the node" in found.text
    rig.front._asks._now = limits.ASK_MAX - 1
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(rig.ask, "GET", "/links")
        line, _ = node.accept()
        line.close()
        assert waiting.result().json() is None


@pytest.mark.parametrize(("method", "refresh"), [("GET", "2"), ("POST", None)])
def test_what_a_silent_hatch_leaves_open_is_asked_again_by_the_page_itself(
    method: str, refresh: str | None
) -> None:
    told = faulty(Ask(method, ("links",)), OurFault("hatch.slow", "asked", "wait"))
    assert told.status == 503
    assert told.headers.get("Refresh") == refresh
