"""Several paths of one link: the best carries, urgent goes over all, a silent one is left."""

from dataclasses import replace

import pytest
from tests.link.playbook import (
    THEIRS,
    WHO,
    Playbook,
    envelopes,
    greeting,
    head,
    heads,
    kinds,
    receipt,
    record,
    sent,
)

from detente.core import limits
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.link import conns, frames, hello, refusals, session
from detente.link.moves import PathFree, PathFull
from detente.link.reconcile import Verdict
from detente.link.session import (
    LIVE,
    Close,
    Logged,
    PathBegun,
    PathDown,
    PathUp,
    Resend,
    Resent,
    Send,
    Tick,
    TookIn,
)
from detente.link.sight import STALLED

SLOW = replace(WHO, rates={"primary": 1_200}, paths=("primary", "secondary"))
PLAIN = replace(WHO, rates={}, paths=("primary", "secondary"))
SUSPECT = Span(601)  # a record of few bytes on a fast line


def two(who: session.Who = PLAIN, out: int = 4) -> Playbook:
    book = Playbook(heads(out, out), who=who)
    book.meet(1)
    book.meet(2, "secondary")
    return book


def log(book: Playbook, rank: int = 1, size: int = 5) -> list[session.Effect]:
    return book.step(Logged(size - 1, [b"x"], head(size), rank))


def used(book: Playbook) -> list[int]:
    return [each.conn for each in book.session.paths() if each.is_used]


def conns_of(effects: list[session.Effect], kind: int) -> list[int]:
    return [
        each.conn for each in effects if isinstance(each, Send) and kind in kinds([each], each.conn)
    ]


def test_the_path_that_stands_first_on_the_card_carries() -> None:
    book = Playbook(who=PLAIN)
    book.meet(1, "secondary")
    assert used(book) == [1]
    book.meet(2)
    assert used(book) == [2]
    book.meet(3, "unheard-of")
    assert used(book) == [2]


def test_a_path_configured_as_slow_is_preferred_last() -> None:
    assert used(two(SLOW)) == [2]
    rates = replace(SLOW, rates={"primary": 1_200, "secondary": 2_400})
    assert used(two(rates)) == [2]


def test_urgent_records_go_over_all_paths_and_others_over_one() -> None:
    for rank in (3, 4):
        assert conns_of(log(two(), rank), frames.RECORD) == [1, 2]
    for rank in (1, 2):
        assert conns_of(log(two(), rank), frames.RECORD) == [1]


def test_receipts_of_urgent_records_go_over_all_paths_and_others_where_they_came() -> None:
    for rank, over in ((4, [1, 2]), (3, [1, 2]), (2, [2]), (1, [2])):
        effects = two().step(TookIn(2, head(1), receipt(1), rank))
        assert conns_of(effects, frames.COSIGN) == over


def test_a_receipt_for_a_path_that_is_gone_or_silent_goes_over_the_live_one() -> None:
    book = two()
    book.step(PathDown(1, "cut"))
    assert conns_of(book.step(TookIn(1, head(1), receipt(1), 1)), frames.COSIGN) == [2]
    assert conns_of(book.step(session.Compared(1)), frames.COSIGN) == [2]
    book.step(PathDown(2, "cut"))
    assert book.step(TookIn(1, head(2), receipt(2), 1)) == []


def test_a_path_that_does_not_answer_is_left_and_what_was_under_way_goes_again() -> None:
    book = two()
    log(book)
    conn = book.session._link.conns[1]
    at = conn.queue.pace.suspect_at(conn.heard_at)
    assert at is not None
    book.now = Moment(at.ms - 1)
    assert book.step(Tick()) == []
    book.now = at
    assert book.step(Tick()) == [Resend(2, 4)]
    assert (at - book.at(0)).ms <= SUSPECT.ms + 60  # well within a second
    assert [each.is_suspect for each in book.session.paths()] == [True, False]
    assert book.session.paths()[0].heard_at == book.at(0)
    book.step(Resent(2, 4, [b"x"], head(5)))
    book.step(session.Receipted(receipt(5)))
    book.hear(frames.pong(1, 2))
    book.wait(Span(1))
    assert used(book) == [1]  # it answers again


def test_what_is_stalled_for_3_seconds_is_dialled_anew_unless_the_line_is_slow() -> None:
    for who, stalled in ((PLAIN, True), (SLOW, False)):
        book = Playbook(heads(4, 4), who=who)
        book.meet(1)
        log(book)
        book.wait(Span(STALLED.ms - 1))
        assert [each.is_stalled for each in book.session.paths()] == [False]
        book.wait(Span(1))
        assert [each.is_stalled for each in book.session.paths()] == [stalled]


def test_two_missed_pings_make_a_path_suspect() -> None:
    book = two()
    for _ in range(2):
        book.wait(conns.PING_AFTER)
        book.hear(frames.pong(1, 2), conn=2)
    assert used(book) == [1]
    book.wait(conns.PING_AFTER)
    assert used(book) == [2]


def test_a_lost_path_that_carried_what_is_under_way_has_it_sent_again_on_the_best() -> None:
    book = two()
    log(book)
    book.session._link.conns[1].suspect = True
    book.wait(Span(1))
    book.step(Resent(2, 4, [b"x"], head(5)))
    book.hear(frames.pong(1, 2))
    book.wait(Span(1))
    assert used(book) == [1]
    assert book.step(PathDown(2, "cut")) == [Resend(1, 4)]


def test_a_flash_that_goes_again_takes_what_stands_before_it_along_as_flash() -> None:
    book = two()
    log(book)
    log(book, 4, 6)
    again = sent(book.step(Resent(2, 4, [b"x", b"y"], head(6))), 2)
    assert {each.rank for each in again} == {4}
    book.step(session.Receipted(receipt(6)))
    log(book, 3, 7)
    again = sent(book.step(Resent(2, 6, [b"z"], head(7))), 2)
    assert {each.rank for each in again} == {3}


# Windows of the log.


def test_what_may_be_logged_follows_the_line() -> None:
    book = Playbook(heads(4, 4), who=SLOW)
    book.meet(1)
    assert book.session.room() == (limits.MAX_INFLIGHT_COUNT, 528)
    assert book.session.room(urgent=True)[1] == limits.MAX_INFLIGHT_BYTES
    book.meet(2, "secondary")
    assert book.session.room()[1] == 2_400  # of the best, and 10 s of the slowest are more
    book.step(Logged(4, envelopes(1, 2_400), head(5), 1))
    assert book.session.room()[1] == 0


def test_10_seconds_of_the_slowest_path_are_the_most() -> None:
    rates = {"primary": 1_200, "secondary": 10**9}
    book = two(replace(SLOW, rates=rates))
    assert book.session.room()[1] == 12_000


def test_a_peer_may_lower_what_it_takes_and_never_raise_it() -> None:
    for told, found in (
        ({"inflight_count": 9, "inflight_bytes": 70}, (9, 70)),
        ({"inflight_count": 2**40}, (limits.MAX_INFLIGHT_COUNT, limits.MAX_INFLIGHT_BYTES)),
    ):
        book = Playbook()
        book.open()
        book.hear(greeting(replace(THEIRS, limits=told)))
        book.step(session.Judged(1, Verdict()))
        assert book.session.room() == found


@pytest.mark.parametrize("wrong", [{"inflight_count": 0}, {"inflight_bytes": -1}])
def test_a_limit_of_nothing_is_no_hello(wrong: dict[str, int]) -> None:
    with pytest.raises(TheirFault, match="E_HELLO"):
        hello.read(hello.write(replace(THEIRS, limits=wrong)))


def test_limits_that_are_no_object_are_no_hello() -> None:
    with pytest.raises(TheirFault, match="E_HELLO"):
        hello.read(hello.write(THEIRS).replace(b'"limits":{}', b'"limits":[]'))


def test_a_feature_counts_only_if_both_list_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hello, "FEATURES", ("one", "two"))
    book = Playbook()
    book.open()
    book.hear(greeting(replace(THEIRS, features=("three", "two"))))
    assert book.session._link.features == {"two"}


# CREDIT.


def credited(book: Playbook) -> list[int]:
    return [frames.read_credit(each.payload) for each in sent([*book.credits])]


def test_credit_is_given_at_once_and_then_each_50_ms() -> None:
    book = Playbook()
    book.meet()
    base = len(greeting())
    book.hear(record(1))
    size = len(record(1))
    assert credited(book) == [base + size]
    book.hear(record(2))
    assert len(book.credits) == 1
    assert book.session.due() == book.at(50)
    book.wait(Span(49))
    assert len(book.credits) == 1
    book.wait(Span(1))
    assert credited(book)[1:] == [base + 2 * size]
    assert book.session.due() is None


def test_credit_is_given_each_64_kib_without_waiting() -> None:
    book = Playbook()
    book.meet()
    book.hear(record(1))
    book.hear(record(2, bytes(65_000)))
    assert len(book.credits) == 1
    book.hear(record(3, bytes(536)))
    assert len(book.credits) == 2


def test_what_answers_asks_for_no_credit() -> None:
    book = Playbook(heads(3))
    book.meet()
    book.hear(frames.cosign(receipt(2)), frames.ping(1), frames.pong(1, 2), frames.credit(1))
    assert book.credits == []
    assert book.session.due() is None


def test_a_halted_link_gives_no_credit_and_sends_without_a_window() -> None:
    book = Playbook(who=SLOW)
    book.meet()
    book.halt()
    book.hear(record(1))
    assert book.credits == []
    assert book.session.due() is None
    data = frames.encode(frames.PQSIG, bytes(9_000))
    assert book.session._link.send(1, data) == [Send(1, data)]


def test_credit_lets_leave_what_waits_and_a_round_trip_is_asked_for() -> None:
    book = Playbook(heads(4, 4), who=SLOW)
    book.meet()
    first = book.step(Logged(4, [bytes(2_000)], head(5), 1))
    assert kinds(first)[-1] == frames.PING
    total = len(greeting())  # of ours it is not known here: more than was sent counts as all
    book.now = book.at(400)
    more = book.hear(frames.credit(2**40))
    assert sum(len(each.data) for each in more if isinstance(each, Send)) == 528
    assert total


def test_a_pong_tells_the_round_trip_unless_a_clock_was_set() -> None:
    book = Playbook()
    book.meet()
    for echo, found in ((book.now.ms + 1, 0), (0, 0), (book.now.ms - 40, 40)):
        book.hear(frames.pong(echo, book.now.ms))
        assert [each.round_trip_ms for each in book.session.paths()] == [found]


def test_a_full_socket_holds_all_back_until_it_is_free() -> None:
    book = Playbook(heads(4, 4))
    book.meet()
    book.step(PathFull(1))
    assert log(book) == []
    assert kinds(book.step(PathFree(1))) == [frames.RECORD, frames.CHECKPOINT]
    assert book.step(PathFull(7)) == []
    assert book.step(PathFree(7)) == []


def test_credit_of_a_connection_that_is_none_means_nothing() -> None:
    link = Playbook().session
    message = frames.Message(frames.CREDIT, 0, bytes(8))
    assert link._reads[frames.CREDIT](9, message) == []
    pong = frames.Message(frames.PONG, 0, bytes(16))
    assert link._reads[frames.PONG](9, pong) == []


def test_a_rate_that_was_learned_is_where_the_next_connection_begins() -> None:
    book = Playbook(who=PLAIN)
    book.meet()
    book.session._link.conns[1].queue.pace.rate = 77_000
    book.step(PathDown(1, "cut"))
    book.open(2)
    assert [each.rate for each in book.session.paths()] == [77_000]
    book.open(3, "", dialled=False)
    book.hear(greeting(replace(THEIRS, path="primary")), conn=3)
    assert [each.rate for each in book.session.paths()] == [77_000, 77_000]


# Slow lines.


def test_a_slow_line_has_30_seconds_for_hello_and_between_pings() -> None:
    book = Playbook(who=SLOW)
    book.open()
    assert book.wait(Span(conns.HELLO_TIMEOUT_LOW.ms - 1)) == []
    assert book.wait(Span(1))[0] == Close(1, "E_TIMEOUT", "no HELLO within 30 s")
    book = Playbook(who=SLOW)
    book.meet()
    assert book.wait(Span(conns.PING_AFTER_LOW.ms - 1)) == []
    assert kinds(book.wait(Span(1))) == [frames.PING]


def test_whoever_dialled_us_may_come_over_our_slowest_line() -> None:
    for who, limit in ((SLOW, conns.HELLO_TIMEOUT_LOW), (PLAIN, conns.HELLO_TIMEOUT)):
        book = Playbook(who=who)
        book.step(PathBegun(1, "", dialled=False))
        book.step(PathUp(1, b"n" * 16))
        assert book.wait(Span(limit.ms - 1)) == []
        assert isinstance(book.wait(Span(1))[0], Close)


# What they refuse again and again.


def refuse(book: Playbook, code: str = "E_BUSY") -> None:
    conn = 10 + len(book.session._link.learned) + book.now.ms % 1000
    book.meet(conn)
    book.hear(frames.error(TheirFault(code, "no", "x")), conn=conn)
    book.now = book.now + Span(1)


def test_the_same_refusal_three_times_at_one_place_is_shown_and_tried_once_a_minute() -> None:
    book = Playbook(heads(9, 4))
    for _ in range(2):
        refuse(book)
    assert book.session.refusal == ""
    refuse(book)
    assert book.session.refusal == "their node refuses record 4: E_BUSY"
    third = book.now + Span(-1)
    effects = book.meet(1, verdict=Verdict(resend_from=4))
    assert not [each for each in effects if isinstance(each, Resend)]
    assert book.session.room() == (0, 0)
    book.now = third + Span(refusals.AGAIN_AFTER.ms - 1)
    book.hear(frames.pong(1, 2))
    assert book.step(Tick()) == []
    book.now = third + refusals.AGAIN_AFTER
    assert book.step(Tick()) == [Resend(1, 4)]
    assert book.step(Tick()) == []
    book.step(session.Receipted(receipt(9)))
    assert (book.session.refusal, book.session.state) == ("", LIVE)
    assert book.session.room()[0] == limits.MAX_INFLIGHT_COUNT


def test_another_place_or_code_begins_the_count_anew() -> None:
    book = Playbook(heads(9, 4))
    refuse(book)
    refuse(book)
    refuse(book, "E_LIMIT")
    refuse(book)
    assert book.session.refusal == ""


def test_a_refusal_with_nothing_under_way_or_of_a_connection_is_no_refusal_of_a_record() -> None:
    for book, code in ((Playbook(heads(4, 4)), "E_BUSY"), (Playbook(heads(9, 4)), "E_DISK")):
        for _ in range(4):
            refuse(book, code)
        assert book.session.refusal == ""


def test_a_clock_set_back_does_not_make_a_refusal_last() -> None:
    book = Playbook(heads(9, 4))
    for _ in range(3):
        refuse(book)
    book.meet(1)
    book.now = Moment(5_000)
    assert book.step(Tick()) == []
    book.now = Moment(5_000) + refusals.AGAIN_AFTER
    book.hear(frames.pong(1, 2))
    assert Resend(1, 4) in book.step(Tick())
