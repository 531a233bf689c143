"""The office's end of the hatch: questions, and pushes that come between them."""

import socket
import threading
from collections.abc import Iterator

import pytest

from detente.core.errors import OurFault
from detente.paths.hatch import NEWS_FRAME, HatchClient

HUNG = 10.0  # seconds after which the far end lets go of whoever waits, and the test fails


@pytest.fixture
def ends() -> Iterator[tuple[HatchClient, socket.socket]]:
    near, far = socket.socketpair()
    rescue = threading.Timer(HUNG, lambda: far.shutdown(socket.SHUT_RDWR))
    rescue.start()
    try:
        yield HatchClient(near), far
    finally:
        rescue.cancel()
        near.close()
        far.close()


def test_a_push_is_news(ends: tuple[HatchClient, socket.socket]) -> None:
    client, far = ends
    client.news = False
    far.sendall(NEWS_FRAME)
    client.take_news()
    assert client.news


def test_a_push_that_was_read_already_is_not_waited_for(
    ends: tuple[HatchClient, socket.socket],
) -> None:
    client, far = ends
    far.sendall(NEWS_FRAME)
    client.take_news()
    client.news = False
    client.take_news()
    assert not client.news


def test_a_hatch_that_the_node_closed_is_told_as_such(
    ends: tuple[HatchClient, socket.socket],
) -> None:
    client, far = ends
    far.shutdown(socket.SHUT_RDWR)
    with pytest.raises(OurFault) as raised:
        client.take_news()
    assert raised.value.code == "hatch.closed"
