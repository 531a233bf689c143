"""The second leg in the machine of one link: when it signs, what it sends, how late it is."""

import pytest
from tests.link.playbook import WHO, Playbook, envelopes, head, heads, kinds, receipt, sent

from detente.core import limits
from detente.core.moment import Span
from detente.core.postquantum import PqSignature
from detente.link import frames, session
from detente.link.moves_leg import (
    AnswerLeg,
    KeepAges,
    LegAnswered,
    Legs,
    LegSigned,
    LegTaken,
    SignLeg,
    TakeLeg,
)
from detente.link.postquantum import (
    ANSWER_IN,
    EAGER,
    KEEP_EVERY,
    LATE,
    LATE_AFTER,
    LIVE_STEP_MAX,
    LOOK_EVERY,
    ON_TIME,
    STOP_AFTER,
    UNCONFIRMED,
)
from detente.link.reconcile import Verdict
from detente.link.session import Effects, Logged, PathDown, Receipted, Session

EVERY = Span(limits.PQ_EVERY_MS)
FIRST = Span(int(limits.PQ_EVERY_MS * EAGER))  # from here on a quiet moment is taken
PATIENCE = Span(LATE_AFTER * EVERY.ms)


def leg(size: int, mark: bytes = b"q") -> PqSignature:
    """A line 2 or 4; the machine looks at its size only."""
    return PqSignature(size, b"r" * 32, 1, mark * 2_420)


class LegBook(Playbook):
    """A link that is LIVE, with logs of these sizes."""

    def __init__(
        self, out: int = 0, receipted: int = 0, into: int = 0, legs: Legs | None = None
    ) -> None:
        super().__init__(heads(out, receipted, into))
        if legs is not None:
            self.session = Session(WHO, heads(out, receipted, into), None, legs)
        self.meet()

    def due_in(self) -> int | None:
        """In how many ms the machine wants to be woken."""
        at = self.session._leg.due()
        return None if at is None else (at - self.now).ms

    def sign(self, size: int) -> Effects:
        """Let the leg of this size be signed."""
        assert self.session._leg.due() is not None  # as the roof asks after each turn
        assert self.wait(EVERY) == [SignLeg(1)]
        return self.step(LegSigned(leg(size)))

    def log(self, size: int) -> None:
        """Log one more record, up to this size."""
        self.step(Logged(size - 1, envelopes(1), head(size), 1))


# When line 2 is made.


def test_with_nothing_receipted_there_is_nothing_to_sign() -> None:
    book = LegBook(out=3)
    assert book.due_in() is None
    assert kinds(book.wait(EVERY)) == []


def test_a_quiet_link_signs_before_the_interval_is_over_and_not_at_once() -> None:
    book = LegBook(out=3, receipted=3)
    assert book.due_in() == FIRST.ms
    assert book.wait(Span(FIRST.ms - 1)) == []
    assert book.wait(Span(1)) == [SignLeg(1)]


def test_under_traffic_a_quiet_moment_is_looked_for_until_the_interval_is_over() -> None:
    book = LegBook(out=5, receipted=3)
    assert book.due_in() == FIRST.ms
    assert book.wait(FIRST) == []
    assert book.due_in() == LOOK_EVERY.ms
    assert book.wait(Span(EVERY.ms - FIRST.ms - 1)) == []
    assert book.due_in() == 1
    assert book.wait(Span(1)) == [SignLeg(1)]


def test_records_that_came_and_are_not_taken_in_are_traffic() -> None:
    book = LegBook(out=3, receipted=3)
    assert book.due_in() == FIRST.ms
    book.hear(frames.record(0, b"a", 1))
    assert book.wait(FIRST) == []
    book.hear(frames.checkpoint(head(1)))
    book.step(session.TookIn(1, head(1), receipt(1), 1))
    assert book.wait(LOOK_EVERY) == [SignLeg(1)]


def test_the_interval_begins_with_the_receipt() -> None:
    book = LegBook(out=3)
    book.wait(Span(700))
    assert book.due_in() is None
    book.step(Receipted(receipt(3)))
    assert book.due_in() == FIRST.ms


@pytest.mark.parametrize(
    ("count", "signs"), [(limits.PQ_EVERY_COUNT - 1, False), (limits.PQ_EVERY_COUNT, True)]
)
def test_after_so_many_records_it_is_signed_at_once(count: int, signs: bool) -> None:
    book = LegBook(out=count + 9, receipted=count, legs=Legs())
    assert (book.due_in() == 0) is signs
    assert book.wait(Span(1)) == ([SignLeg(1)] if signs else [])


def test_a_signature_that_cannot_be_made_is_asked_for_once_an_interval() -> None:
    book = LegBook(out=3, receipted=3)
    assert book.due_in() == FIRST.ms
    assert book.wait(EVERY) == [SignLeg(1)]
    assert book.due_in() == FIRST.ms
    assert book.wait(Span(1)) == []
    assert book.wait(EVERY) == [SignLeg(1)]


def test_only_a_live_link_signs() -> None:
    book = Playbook(heads(3, 3))
    assert book.session.due() is None
    assert book.wait(EVERY) == book.wait(EVERY) == []
    book.meet()
    book.session.due()
    book.halt()
    assert book.session.due() is None
    assert SignLeg not in map(type, book.wait(EVERY))


# How line 2 goes and line 4 comes.


def test_line_2_goes_once_it_is_durable_and_one_at_a_time() -> None:
    book = LegBook(out=3, receipted=3)
    [said] = sent(book.sign(3))
    assert (said.type, said.rank, frames.read_pq(said.payload)) == (frames.PQSIG, 0, leg(3))
    book.log(4)
    book.step(Receipted(receipt(4)))
    assert book.due_in() == PATIENCE.ms
    assert book.wait(EVERY) == []


def test_the_answer_to_line_2_is_checked_and_then_the_next_may_go() -> None:
    book = LegBook(out=3, receipted=3)
    book.sign(3)
    assert book.hear(frames.pqcosign(leg(3, b"w"))) == [TakeLeg(1, leg(3, b"w"))]
    assert book.session.leg(ours=True) == (0, ON_TIME)
    assert book.step(LegTaken(3)) == []
    assert book.session.leg(ours=True) == (3, ON_TIME)
    assert book.due_in() is None
    book.log(4)
    book.step(Receipted(receipt(4)))
    assert book.due_in() == FIRST.ms


@pytest.mark.parametrize("size", [2, 4, 900])
def test_an_answer_to_nothing_that_was_asked_is_dropped(size: int) -> None:
    book = LegBook(out=4, receipted=3)
    assert book.hear(frames.pqcosign(leg(size))) == []
    book.sign(3)
    assert book.hear(frames.pqcosign(leg(size))) == []


def test_what_was_not_answered_goes_again_over_the_connection_that_is_live_now() -> None:
    book = LegBook(out=3, receipted=3)
    book.sign(3)
    book.step(PathDown(1, "cut"))
    assert book.session.due() is None
    assert book.wait(PATIENCE) == []
    book.meet(2)
    assert book.due_in() == 0
    [said] = sent(book.step(session.Tick()), 2)
    assert frames.read_pq(said.payload) == leg(3)
    assert book.due_in() == PATIENCE.ms


def test_what_was_signed_before_a_restart_goes_again_and_is_not_signed_again() -> None:
    book = LegBook(out=5, receipted=5, legs=Legs(signed=leg(3), out=2))
    assert book.session.leg(ours=True) == (2, ON_TIME)
    [said] = sent(book.step(session.Tick()))
    assert frames.read_pq(said.payload) == leg(3)
    book.step(LegTaken(3))
    assert book.session.leg(ours=True)[0] == 3
    assert book.due_in() == FIRST.ms


def test_unanswered_for_long_it_goes_again() -> None:
    book = LegBook(out=3, receipted=3)
    book.sign(3)
    assert book.wait(Span(PATIENCE.ms - 1)) == []
    assert kinds(book.wait(Span(1))) == [frames.PQSIG]
    assert book.due_in() == PATIENCE.ms


def test_unanswered_for_long_a_newer_state_is_signed_in_its_place() -> None:
    book = LegBook(out=4, receipted=3)
    book.sign(3)
    book.step(Receipted(receipt(4)))
    assert book.wait(PATIENCE) == []
    assert book.due_in() == FIRST.ms
    assert book.wait(FIRST) == [SignLeg(1)]
    assert kinds(book.step(LegSigned(leg(4)))) == [frames.PQSIG]
    assert book.hear(frames.pqcosign(leg(3))) == []
    assert book.hear(frames.pqcosign(leg(4))) == [TakeLeg(1, leg(4))]


def test_a_signature_that_is_durable_when_the_line_is_down_goes_with_the_next() -> None:
    book = LegBook(out=3, receipted=3)
    book.session.due()
    assert book.wait(EVERY) == [SignLeg(1)]
    book.step(PathDown(1, "cut"))
    assert book.step(LegSigned(leg(3))) == []
    book.meet(2)
    assert kinds(book.step(session.Tick()), 2) == [frames.PQSIG]


# How line 2 comes and line 4 goes.


def test_line_2_of_the_peer_is_answered_at_once_on_a_quiet_link() -> None:
    book = LegBook(into=4)
    assert book.hear(frames.pqsig(leg(3))) == []
    assert book.due_in() == 0
    assert book.step(session.Tick()) == [AnswerLeg(1, leg(3))]
    assert book.due_in() is None
    [said] = sent(book.step(LegAnswered(1, leg(3, b"w"))))
    assert (said.type, said.rank) == (frames.PQCOSIGN, 0)
    assert frames.read_pq(said.payload) == leg(3, b"w")
    assert book.session.leg(ours=False) == (3, ON_TIME)


def test_under_traffic_an_answer_waits_for_a_quiet_moment_and_not_for_long() -> None:
    book = LegBook(out=2, into=4)
    book.hear(frames.pqsig(leg(3)))
    assert book.step(session.Tick()) == []
    assert book.due_in() == LOOK_EVERY.ms
    assert book.wait(Span(ANSWER_IN.ms - 1)) == []
    assert book.due_in() == 1
    assert book.wait(Span(1)) == [AnswerLeg(1, leg(3))]


def test_a_newer_line_2_takes_the_place_of_one_that_waits_and_its_time() -> None:
    book = LegBook(out=2, into=4)
    book.hear(frames.pqsig(leg(3)))
    book.wait(Span(ANSWER_IN.ms - 1))
    book.hear(frames.pqsig(leg(4)))
    assert book.wait(Span(1)) == [AnswerLeg(1, leg(4))]


@pytest.mark.parametrize("size", [2, 3])
def test_what_was_answered_is_answered_with_the_same_again(size: int) -> None:
    book = LegBook(into=4, legs=Legs(given=leg(3, b"w")))
    [said] = sent(book.hear(frames.pqsig(leg(size))))
    assert frames.read_pq(said.payload) == leg(3, b"w")
    assert book.due_in() is None


def test_line_2_above_what_is_stored_is_dropped_for_it_comes_again() -> None:
    book = LegBook(into=4)
    assert book.hear(frames.pqsig(leg(5))) == []
    assert book.due_in() is None


def test_a_link_that_recovers_takes_nothing_of_the_leg() -> None:
    book = LegBook(out=3, receipted=3, into=4)
    book.sign(3)
    book.meet(2, "second", verdict=Verdict(recover="lost"))
    assert book.session.state == session.RECOVER
    assert book.hear(frames.pqsig(leg(3)), frames.pqcosign(leg(3)), conn=2) == []
    assert book.wait(EVERY) == []


# Time.


def test_the_peers_log_is_late_by_its_own_age() -> None:
    book = LegBook(into=1)
    book.step(session.Tick())
    book.wait(PATIENCE)
    assert book.session.leg(ours=False) == (0, ON_TIME)
    book.wait(Span(1))
    assert book.session.leg(ours=False) == (0, LATE)
    assert book.session.leg(ours=True) == (0, ON_TIME)
    book.step(LegAnswered(1, leg(1)))
    assert book.session.leg(ours=False) == (1, ON_TIME)


def live_for(book: Playbook, span: Span) -> Effects:
    """Let time pass in steps that no clock jumps by, with a peer that is heard."""
    effects: Effects = []
    for _ in range(span.ms // LIVE_STEP_MAX.ms):
        book.hear(frames.pong(1, 1))
        effects += book.wait(LIVE_STEP_MAX)
    return effects


def test_after_a_day_of_live_time_only_urgent_records_go_until_it_has_caught_up() -> None:
    book = LegBook(out=3, receipted=3, legs=Legs(signed=leg(3), out_age=STOP_AFTER))
    book.step(session.Tick())
    assert book.session.leg(ours=True) == (0, LATE)
    asked = [book.session.only_urgent]
    book.wait(Span(1))
    assert book.session.leg(ours=True) == (0, UNCONFIRMED)
    asked.append(book.session.only_urgent)
    book.step(LegTaken(3))
    asked.append(book.session.only_urgent)
    assert asked == [False, True, False]


def test_only_live_time_counts() -> None:
    book = LegBook(out=1)
    book.step(session.Tick())
    book.step(PathDown(1, "cut"))
    for _ in range(9):
        book.wait(Span(1_000))
    book.meet(2)
    book.step(session.Tick())
    book.wait(PATIENCE)
    assert book.session.leg(ours=True) == (0, ON_TIME)
    book.wait(Span(1))
    assert book.session.leg(ours=True) == (0, LATE)


def test_a_clock_that_jumps_ahead_counts_a_little() -> None:
    book = LegBook(out=1)
    book.step(session.Tick())
    book.hear(frames.pong(1, 1))
    book.wait(STOP_AFTER)
    book.wait(Span(0))
    assert not book.session.only_urgent


def test_a_clock_that_is_set_back_counts_nothing_and_the_leg_goes_on() -> None:
    book = LegBook(out=3, receipted=3, into=4)
    book.session.due()
    book.hear(frames.pqsig(leg(3)))
    assert book.wait(Span(-STOP_AFTER.ms)) == [AnswerLeg(1, leg(3)), SignLeg(1)]
    assert book.session.leg(ours=True) == (0, ON_TIME)
    book.step(LegSigned(leg(3)))
    book.wait(Span(-STOP_AFTER.ms))
    assert book.session.leg(ours=True) == (0, ON_TIME)
    assert kinds(book.wait(PATIENCE)) == [frames.PQSIG]


def test_ages_are_written_down_once_a_minute_and_when_they_are_over() -> None:
    book = LegBook(out=3, receipted=3, into=2, legs=Legs(signed=leg(3)))
    book.step(session.Tick())
    written = [each for each in live_for(book, KEEP_EVERY) if isinstance(each, KeepAges)]
    assert written == [KeepAges(KEEP_EVERY, KEEP_EVERY)]
    written = [each for each in live_for(book, KEEP_EVERY) if isinstance(each, KeepAges)]
    assert written == [KeepAges(Span(2 * KEEP_EVERY.ms), Span(2 * KEEP_EVERY.ms))]
    book.step(LegTaken(3))
    book.hear(frames.pong(1, 1))
    assert book.wait(Span(0)) == [KeepAges(Span(0), Span(2 * KEEP_EVERY.ms))]


def test_an_age_that_was_written_down_goes_on_after_a_restart() -> None:
    legs = Legs(out_age=Span(5 * KEEP_EVERY.ms), in_age=Span(3 * KEEP_EVERY.ms))
    book = LegBook(out=1, into=1, legs=legs)
    assert book.step(session.Tick()) == []
    assert book.session.leg(ours=True)[1] == book.session.leg(ours=False)[1] == LATE
