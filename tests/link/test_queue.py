"""What waits for one connection: order, windows, nobody starved, nothing lost."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.moment import Moment
from detente.link import frames
from detente.link.frames import Message
from detente.link.pace import Pace
from detente.link.queue import Queue, class_of

NOW = Moment(1_000_000)
SLOW = 1_200  # bytes a second: 9,600 bit/s


def heard(data: Sequence[bytes]) -> list[Message]:
    reader = frames.Reader()
    return [message for each in data for message in reader.feed(each)]


def record(seq: int, size: int, rank: int = 1) -> bytes:
    return frames.record(seq, bytes(size), rank)


def seqs(data: Sequence[bytes]) -> list[int]:
    return [frames.read_record(each.payload)[0] for each in heard(data)]


def drain(queue: Queue, first: bytes = b"") -> list[bytes]:
    """Credit all that leaves, until nothing waits."""
    out = [first]
    while queue.waiting:
        queue.pace.credit(queue.pace.sent, NOW)
        out.append(queue.pull(NOW))
    return [each for each in out if each]


def test_on_a_fast_line_messages_leave_as_they_were_given() -> None:
    queue, data = Queue(Pace(10**9)), record(0, 100_000) + record(1, 10)
    assert queue.offer(data, NOW) == data
    assert (queue.waiting, queue.pace.under_way) == (0, len(data))


def test_on_a_slow_line_a_message_leaves_in_fragments_as_the_window_opens() -> None:
    queue = Queue(Pace(SLOW))
    out = queue.offer(record(7, 2_000), NOW)
    assert len(out) == 2 * (256 + 8)
    assert queue.pace.pressed
    assert seqs(drain(queue, out)) == [7]


def test_flash_overtakes_the_rest_of_a_message_and_waits_for_no_window() -> None:
    queue = Queue(Pace(SLOW))
    first = queue.offer(record(1, 2_000), NOW)
    flash = queue.offer(record(2, 2_300, 4), NOW)
    assert len(flash) == 2_300 + 9 + 8  # whole, in one frame
    assert seqs([first, flash, *drain(queue)]) == [2, 1]


def test_while_the_socket_is_full_nothing_leaves() -> None:
    queue = Queue(Pace(10**9))
    queue.is_full = True
    assert queue.offer(record(1, 10), NOW) == b""
    assert queue.offer(record(2, 10, 4), NOW) == b""
    queue.is_full = False
    assert seqs([queue.pull(NOW)]) == [2, 1]


def test_a_receipt_waits_for_no_window_and_counts_in_none() -> None:
    queue = Queue(Pace(SLOW))
    first = queue.offer(record(1, 2_000), NOW)
    before = queue.pace.under_way
    cosign = frames.encode(frames.COSIGN, bytes(112), 1)
    out = queue.offer(cosign, NOW)
    assert [each.type for each in heard([out])] == [frames.COSIGN]
    assert (queue.pace.under_way, queue.pace.sent) == (before, len(first) + len(out))
    whole = Queue(Pace(SLOW))
    assert whole.offer(cosign, NOW) == cosign
    assert whole.pace.under_way == 0


def test_an_open_queue_has_no_window() -> None:
    queue = Queue(Pace(SLOW))
    queue.is_open = True
    data = record(1, 30_000)
    assert queue.offer(data, NOW) == data
    queue.is_full = True
    queue.offer(data, NOW)
    queue.is_full = False
    assert seqs([queue.pull(NOW)]) == [1]


def test_several_messages_given_at_once_leave_as_several() -> None:
    queue = Queue(Pace(SLOW))
    data = b"".join(record(n, 20_000) for n in (1, 2)) + record(3, 4)
    assert seqs(drain(queue, queue.offer(data, NOW))) == [1, 2, 3]


@pytest.mark.parametrize("rank", [3, 2, 1])
def test_who_is_passed_over_gets_a_twentieth(rank: int) -> None:
    queue = Queue(Pace(100_000))
    queue.is_full = True
    for _ in range(400):
        assert queue.offer(record(1, 4_000, 0), NOW) == b""
        assert queue.offer(record(1, 4_000, rank), NOW) == b""
    queue.is_full = False
    ranks = [each.rank for each in heard(drain(queue, queue.pull(NOW)))]
    assert 18 <= ranks[:400].count(0) <= 24


MESSAGES = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 9_000), st.booleans()), min_size=1, max_size=30
)


@given(messages=MESSAGES, rate=st.sampled_from([64, SLOW, 8_000, 125_000, 10**9]))
def test_nothing_is_lost_doubled_or_reordered_within_a_class(
    messages: list[tuple[int, int, bool]], rate: int
) -> None:
    queue = Queue(Pace(rate))
    out: list[bytes] = []
    given_: dict[int, list[int]] = {}
    for number, (rank, size, credit) in enumerate(messages):
        given_.setdefault(rank, []).append(number)
        out.append(queue.offer(record(number, size, rank), NOW))
        if credit:
            queue.pace.credit(queue.pace.sent, NOW)
            out.append(queue.pull(NOW))
    out += drain(queue)
    found: dict[int, list[int]] = {}
    for each in heard(out):
        found.setdefault(each.rank, []).append(frames.read_record(each.payload)[0])
    assert found == given_
    assert queue.waiting == 0


@given(sizes=st.lists(st.integers(1, 30_000), min_size=1, max_size=20), rate=st.integers(64, 10**6))
def test_below_flash_never_more_is_under_way_than_the_window(sizes: list[int], rate: int) -> None:
    queue = Queue(Pace(rate))
    most = queue.pace.window + queue.pace.fragment + 8  # one frame may always go
    for size in sizes:
        queue.offer(record(1, size), NOW)
        assert queue.pace.under_way <= most


@pytest.mark.parametrize(
    ("kind", "rank", "place"),
    [
        (frames.RECORD, 4, 0),
        (frames.COSIGN, 4, 0),
        (frames.RECORD, 3, 1),
        (frames.CHECKPOINT, 2, 2),
        (frames.PQSIG, 0, 3),
        (frames.COSIGN, 1, 3),
        (frames.RECORD, 1, 4),
        (frames.CHECKPOINT, 1, 4),
        (frames.CHUNK, 1, 4),
        (frames.CHUNK, 0, 5),
        (frames.RECORD, 7, 0),
    ],
)
def test_the_classes_stand_in_this_order(kind: int, rank: int, place: int) -> None:
    assert class_of(kind, rank) == place
