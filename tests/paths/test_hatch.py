"""The office's side of the hatch, over a real pair of sockets."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support import makers

from detente.core import manifest
from detente.core.errors import OurFault
from detente.paths import lent as lent_files
from detente.paths.hatch import NEWS_FRAME, FrameReader, HatchClient, frame
from detente.paths.hatch_side import answer
from detente.store.blobs import FileBlobs, MemoryBlobs


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


class Obliging:
    """A line whose other end answers everything with nothing, and keeps the names."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._coming = b""
        self._reader = FrameReader()

    def fileno(self) -> int:
        return 0

    def send(self, data: bytes) -> None:
        for number, name, *given in self._reader.feed(data):
            self.asked.append(name)
            taken = [[b"", "", "", "", False] for _ in given[0]] if name == "submit" else []
            self._coming += frame([number, "ok", taken])

    def comes(self, ms: int) -> bool:
        return ms > 0

    def receive(self, *, wait: bool) -> tuple[bytes, list[int]]:
        found, self._coming = self._coming, b""
        return found if found or wait else NEWS_FRAME, []

    def close(self) -> None:
        pass


def test_one_look_asks_for_the_levels_once() -> None:
    line = Obliging()
    client = HatchClient(line)
    with client.one_look():
        client.levels()
        client.told()
        client.levels()
    assert line.asked == ["levels", "told"]
    client.levels()
    client.levels()
    assert line.asked == ["levels", "told", "levels", "levels"]


def test_within_a_look_what_was_handed_in_or_came_is_seen() -> None:
    line = Obliging()
    client = HatchClient(line)
    with client.one_look():
        client.levels()
        client.submit([b"x"], makers.NOW)
        client.levels()
        client.take_news()
        client.levels()
        client.levels()
    assert line.asked == ["levels", "submit", "levels", "levels"]


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


# Files that go through it.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(ROWS[0] + ROWS[1] + ROWS[2])
    return tmp_path


ROWS = [bytes([n]) * manifest.SEALED_CHUNK for n in range(2)] + [b"last"]
AID = b"a" * 32


class Serving:
    """A node of which only the files are asked for."""

    def __init__(self, blobs: FileBlobs | MemoryBlobs, count: int = 3) -> None:
        self._blobs, self._count = blobs, count

    def blob_chunks(self, _aid: bytes, first: int, count: int) -> list[bytes]:
        return ROWS[: self._count][first : first + count]

    def blob_lent(self, _aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        found = self._blobs.lend("file") if first < self._count else None
        return None if found is None else (min(count, self._count - first), found)


def serve(node: Serving, sock: socket.socket, lent: list[int] | None = None) -> None:
    [request] = FrameReader().feed(sock.recv(4_096))
    lent = [] if lent is None else lent
    out = bytearray(answer(node, request, makers.NOW, lent))  # type: ignore[arg-type]
    while out:
        del out[: lent_files.send(sock, out, lent)]


def chunks_of(pair: tuple[HatchClient, socket.socket], node: Serving, *which: int) -> list[bytes]:
    client, sock = pair
    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve, node, sock)
        found = list(client.blob_chunks(AID, *which))
        served.result()
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(("first", "count"), [(0, 3), (1, 64), (2, 1), (3, 5)])
def test_chunks_are_read_by_a_descriptor_that_the_node_lends(
    pair: tuple[HatchClient, socket.socket], folder: Path, first: int, count: int
) -> None:
    before = open_files()
    node = Serving(FileBlobs(folder))
    assert chunks_of(pair, node, first, count) == ROWS[first : first + count]
    assert open_files() == before, "nothing stays open on either side"


def test_without_files_the_chunks_themselves_go_through(
    pair: tuple[HatchClient, socket.socket],
) -> None:
    assert chunks_of(pair, Serving(MemoryBlobs()), 1, 2) == ROWS[1:]


def test_who_stops_in_the_middle_leaves_nothing_open(
    pair: tuple[HatchClient, socket.socket], folder: Path
) -> None:
    before, (client, sock) = open_files(), pair
    with ThreadPoolExecutor(1) as pool:
        pool.submit(serve, Serving(FileBlobs(folder)), sock)
        rows = client.blob_chunks(AID, 0, 3)
        assert next(rows) == ROWS[0]
    del rows
    assert open_files() == before


def test_a_descriptor_that_nobody_took_goes_with_the_hatch(folder: Path) -> None:
    before = open_files()
    ours, theirs = socket.socketpair()
    client, lent = HatchClient(ours), [FileBlobs(folder).lend("file") or -1]
    assert lent_files.send(theirs, bytearray(NEWS_FRAME), lent) == len(NEWS_FRAME)
    assert lent == []
    client.take_news()
    client.close()
    theirs.close()
    assert open_files() == before


def test_a_count_without_its_file_closes_the_hatch(
    pair: tuple[HatchClient, socket.socket],
) -> None:
    client, node = pair
    node.sendall(frame([1, "ok", 3]))
    with pytest.raises(OurFault) as caught:
        list(client.blob_chunks(AID, 0, 3))
    assert caught.value.code == "hatch.closed"


def test_a_file_that_the_disk_refuses_is_said(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(OurFault) as caught:
        list(lent_files.chunks(folder, 0, 1))
    assert caught.value.code == "store.failed"
    with pytest.raises(OSError, match="Bad file"):
        os.close(folder)


def test_what_is_read_through_the_hatch_is_lent_to_nobody_else(
    pair: tuple[HatchClient, socket.socket],
) -> None:
    assert pair[0].blob_lent(AID, 0, 1) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    "value",
    [7, [], ["x", "ok", None], [1, "ok"], [1, "odd", None], [2, "ok", None], [1, "fault", "x"],
     [1, "fault", "no.such_code", "what", "remedy"], [0, "news"]],
)  # fmt: skip
def test_a_node_that_answers_anything_ends_its_line_and_not_the_office(
    pair: tuple[HatchClient, socket.socket], value: object
) -> None:
    client, node = pair
    node.sendall(frame(value))
    with pytest.raises(OurFault) as caught:
        client.levels()
    assert caught.value.code == "hatch.closed"


def test_an_answer_comes_once(pair: tuple[HatchClient, socket.socket]) -> None:
    client, node = pair
    node.sendall(frame([1, "ok", []]) * 2)
    with pytest.raises(OurFault, match="nobody asked"):
        client.levels()
