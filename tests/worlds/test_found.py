"""What worlds found in the machine of a link, each in its smallest form."""

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.moment import Moment
from detente.link import session
from detente.link.hello import Heads
from detente.link.reconcile import Verdict
from detente.link.session import (
    Judged,
    Logged,
    PathBegun,
    PathUp,
    Receipted,
    Resend,
    Resent,
    Session,
    Who,
)

NOW = Moment.parse("2026-11-22T00:00:00.000Z")
WHO = Who(
    "aurelia.gov",
    "borealis.gov",
    "a" * 16,
    1,
    bytes(32),
    bytes(16),
    dials_first=True,
    peer_cards={1: bytes(32)},
    rates={"path 1": 10**9, "path 2": 10**9},  # so fast that no window shows
)


def head(size: int) -> Checkpoint:
    return Checkpoint(size, bytes(32), bytes(64))


def receipt(size: int) -> Cosignature:
    return Cosignature(size, bytes(32), 1, bytes(64))


def up(out: int, receipted: int) -> Session:
    made = Session(WHO, Heads(head(out), receipt(receipted), None, None), None)
    connect(made, 1)
    return made


def connect(made: Session, conn: int) -> None:
    made.step(PathBegun(conn, f"path {conn}", dialled=True), NOW)
    made.step(PathUp(conn, bytes(16)), NOW)


def judged(made: Session, conn: int, verdict: Verdict) -> list[session.Effect]:
    return made.step(Judged(conn, verdict), NOW)


def test_what_is_receipted_is_not_resent_for_an_old_hello() -> None:
    made = up(out=9, receipted=5)
    assert Resend(1, 5) in judged(made, 1, Verdict(resend_from=2))


def test_what_the_peer_states_to_hold_is_not_resent() -> None:
    made = up(out=9, receipted=5)
    assert Resend(1, 7) in judged(made, 1, Verdict(resend_from=7))


def test_a_receipt_in_hello_opens_the_window() -> None:
    made = up(out=5, receipted=5)
    judged(made, 1, Verdict(resend_from=5))
    made.step(Logged(5, [bytes(1_000)], head(6), 1), NOW)
    assert made.room() == (limits.MAX_INFLIGHT_COUNT - 1, limits.MAX_INFLIGHT_BYTES - 1_000)
    connect(made, 2)
    judged(made, 2, Verdict(resend_from=6, receipt=receipt(6)))
    assert made.room() == (limits.MAX_INFLIGHT_COUNT, limits.MAX_INFLIGHT_BYTES)


def test_an_answer_to_resend_after_the_receipt_leaves_the_window_open() -> None:
    made = up(out=6, receipted=6)
    judged(made, 1, Verdict(resend_from=6))
    made.step(Resent(1, 5, [bytes(1_000)], head(6)), NOW)
    assert made.room() == (limits.MAX_INFLIGHT_COUNT, limits.MAX_INFLIGHT_BYTES)


def test_recover_is_not_left_by_a_connection_without_a_verdict() -> None:
    made = up(out=6, receipted=6)
    judged(made, 1, Verdict(recover="this side lost records"))
    connect(made, 2)
    assert (made.state, made.why) == (session.RECOVER, "this side lost records")


def test_a_silent_connection_is_pinged_and_closed_though_the_clock_was_set_back() -> None:
    made = up(out=0, receipted=0)
    judged(made, 1, Verdict())
    back = Moment(NOW.ms - 365 * 86_400_000)
    closed = [
        effect
        for second in range(30)
        for effect in made.step(session.Tick(), Moment(back.ms + second * 1_000))
        if isinstance(effect, session.Close)
    ]
    assert [effect.code for effect in closed] == ["E_TIMEOUT"]


def test_a_resend_that_ends_short_goes_on_after_its_receipt() -> None:
    made = up(out=9, receipted=2)
    judged(made, 1, Verdict(resend_from=2))
    made.step(Resent(1, 2, [bytes(1_000)] * 3, head(5)), NOW)
    assert made.room()[1] <= 0, "nothing is logged before the rest has gone"
    assert made.step(Receipted(receipt(4)), NOW) == []
    assert made.step(Receipted(receipt(5)), NOW) == [Resend(1, 5)]
    made.step(Resent(1, 5, [bytes(1_000)] * 4, head(9)), NOW)
    assert made.step(Receipted(receipt(9)), NOW) == []
    assert made.room() == (limits.MAX_INFLIGHT_COUNT, limits.MAX_INFLIGHT_BYTES)
