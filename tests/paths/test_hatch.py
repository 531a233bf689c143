"""The office's side of the hatch, over a real pair of sockets."""

import socket
from collections.abc import Iterator

import pytest

from detente.core.errors import OurFault
from detente.paths.hatch import NEWS_FRAME, HatchClient, frame


@pytest.fixture
def pair() -> Iterator[tuple[HatchClient, socket.socket]]:
    ours, theirs = socket.socketpair()
    client = HatchClient(ours)
    yield client, theirs
    client.close()
    theirs.close()


def test_at_first_everything_is_news(pair: tuple[HatchClient, socket.socket]) -> None:
    assert pair[0].news


def test_asking_for_the_levels_leaves_news_unread(pair: tuple[HatchClient, socket.socket]) -> None:
    # Whoever only asks must not make the reader sleep over what has come: found as a DELIVERED
    # that nobody folded while a command asked for a record's standing again and again.
    client, node = pair
    client.news = False
    node.sendall(NEWS_FRAME)
    client.take_news()
    node.sendall(frame([1, "ok", []]))
    assert client.levels() == []
    assert client.news


def test_news_that_comes_before_an_answer_is_kept(pair: tuple[HatchClient, socket.socket]) -> None:
    client, node = pair
    client.news = False
    node.sendall(NEWS_FRAME + frame([1, "ok", []]))
    assert client.levels() == []
    assert client.news


def test_taking_news_never_waits(pair: tuple[HatchClient, socket.socket]) -> None:
    # A loop heard of a push, then asked something: the answer brought the push along. An office
    # that waits here hears nobody until the node has news again.
    client, _ = pair
    client.news = False
    client.take_news()
    assert not client.news


def test_a_fault_of_the_node_is_raised_as_it_was(pair: tuple[HatchClient, socket.socket]) -> None:
    client, node = pair
    node.sendall(frame([1, "fault", "proof.not_yet", "not receipted", "wait"]))
    with pytest.raises(OurFault, match="not receipted") as caught:
        client.prove("aurelia.gov/detente/x", 0)
    assert caught.value.code == "proof.not_yet"


def test_a_hatch_that_closes_says_so(pair: tuple[HatchClient, socket.socket]) -> None:
    client, node = pair
    node.close()
    with pytest.raises(OurFault) as caught:
        client.levels()
    assert caught.value.code == "hatch.closed"
