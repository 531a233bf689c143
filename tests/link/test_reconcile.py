"""Every row of the table of spec/link.md 6.2, with keys and signatures that are real."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import pytest
from tests.support import makers
from tests.support.outcomes import fault_of

from detente.core import checkpoint
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.link import reconcile
from detente.link.hello import Heads
from detente.link.reconcile import Conflict, Verdict

US, THEM = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
OURS, THEIRS = makers.origin(US, THEM), makers.origin(THEM, US)
NOTHING = Heads(None, None, None, None)


def leaves(label: str, count: int) -> list[bytes]:
    return [sha256(f"{label} {i}".encode()).digest() for i in range(count)]


TRUE = makers.roots_of(leaves("as it was", 9))
FALSE = makers.roots_of(leaves("otherwise", 9))


def signed(size: int, roots: Sequence[bytes] = TRUE, *, ours: bool) -> Checkpoint:
    """A state that the owner of the log signed."""
    owner, origin = (US, OURS) if ours else (THEM, THEIRS)
    return checkpoint.sign(owner.log, origin, size, roots[size])


def receipt(size: int, roots: Sequence[bytes] = TRUE, *, ours: bool) -> Cosignature:
    """A receipt that the receiver of the log gave."""
    receiver, origin = (THEM, OURS) if ours else (US, THEIRS)
    return checkpoint.cosign(receiver.cosign, origin, size, roots[size], makers.NOW)


def unsigned(head: Checkpoint) -> Checkpoint:
    return replace(head, signature=bytes(64))


@dataclass
class Shelf:
    """Both logs as this side holds them; remembers what was asked."""

    asked: list[int] = field(default_factory=list)

    def root_at(self, size: int, *, ours: bool) -> bytes:
        self.asked.append(size)
        return TRUE[size]

    def owner_signed(self, head: Checkpoint, *, ours: bool) -> bool:
        owner, origin = (US, OURS) if ours else (THEM, THEIRS)
        return checkpoint.is_signed(head, origin, owner.card.log)

    def receiver_signed(self, given: Cosignature, *, ours: bool) -> bool:
        receiver, origin = (THEM, OURS) if ours else (US, THEIRS)
        return checkpoint.is_cosigned(given, origin, receiver.card.cosign)


def hold(out: int = 5, receipted: int = 5, into: int = 4) -> Heads:
    """What this side holds: sizes of our log, of its receipt, and of their log."""
    return Heads(
        out=signed(out, ours=True) if out else None,
        out_receipt=receipt(receipted, ours=True) if receipted else None,
        in_=signed(into, ours=False) if into else None,
        in_receipt=receipt(into, ours=False) if into else None,
    )


def state(out: int = 4, got: int = 4, into: int = 5) -> Heads:
    """What they state: sizes of their log, of its receipt, and of our log."""
    return Heads(
        out=signed(out, ours=False) if out else None,
        out_receipt=receipt(got, ours=False) if got else None,
        in_=signed(into, ours=True) if into else None,
        in_receipt=receipt(into, ours=True) if into else None,
    )


def judge(stated: Heads, held: Heads | None = None, baseline: Heads | None = None) -> Verdict:
    held = held or hold()
    return reconcile.judge(stated, held, baseline or held, Shelf())


def test_equal_logs_are_reconciled() -> None:
    assert judge(state()) == Verdict(resend_from=5)
    assert judge(NOTHING, NOTHING) == Verdict(resend_from=0)


def test_what_they_lack_of_ours_is_sent_from_where_they_are() -> None:
    assert judge(state(into=3), hold(receipted=3)).resend_from == 3
    assert judge(state(out=0, got=0, into=0), hold(receipted=0, into=0)).resend_from == 0


def test_what_we_lack_of_theirs_is_theirs_to_send() -> None:
    assert judge(state(out=9)) == Verdict(resend_from=5)


def test_a_receipt_that_was_lost_on_the_way_is_taken_from_hello() -> None:
    stated = state()
    assert judge(stated, hold(receipted=3)).receipt == stated.in_receipt
    assert judge(stated, hold(receipted=0)).receipt == stated.in_receipt


def test_a_receipt_we_have_is_not_taken_again() -> None:
    assert judge(state(), hold(receipted=5)).receipt is None


@pytest.mark.parametrize(
    "given",
    [
        receipt(5, FALSE, ours=True),
        replace(receipt(5, ours=True), signature=bytes(64)),
        receipt(6, ours=True),
        None,
    ],
    ids=["of another state", "not theirs", "beyond our log", "none"],
)
def test_a_receipt_that_is_no_good_counts_as_not_given(given: Cosignature | None) -> None:
    stated = replace(state(), in_receipt=given)
    assert judge(stated, hold(receipted=3)) == Verdict(resend_from=5)


# Forks.


def test_two_histories_of_their_log_are_a_fork_if_they_signed_the_other() -> None:
    other = signed(4, FALSE, ours=False)
    stated = replace(state(), out=other)
    assert judge(stated).conflict == Conflict(ours=False, stated=other)
    assert fault_of(judge, replace(stated, out=unsigned(other))) == "E_HELLO"


def test_a_shorter_log_of_theirs_that_is_no_beginning_is_a_fork() -> None:
    other = signed(2, FALSE, ours=False)
    assert judge(replace(state(), out=other)).conflict == Conflict(ours=False, stated=other)


def test_two_histories_of_our_log_are_a_fork_if_we_signed_the_other() -> None:
    other = signed(5, FALSE, ours=True)
    stated = replace(state(), in_=other)
    assert judge(stated).conflict == Conflict(ours=True, stated=other)
    assert fault_of(judge, replace(stated, in_=unsigned(other))) == "E_HELLO"


def test_a_shorter_log_of_ours_that_is_no_beginning_is_a_fork() -> None:
    other = signed(3, FALSE, ours=True)
    assert judge(replace(state(), in_=other)).conflict == Conflict(ours=True, stated=other)


def test_a_fork_of_theirs_goes_before_a_loss_of_ours() -> None:
    other = signed(4, FALSE, ours=False)
    stated = replace(state(into=7), out=other)
    assert judge(stated).conflict == Conflict(ours=False, stated=other)


def test_their_log_must_be_signed_also_where_we_hold_nothing_to_compare() -> None:
    beyond = state(out=9)
    assert beyond.out is not None
    assert fault_of(judge, replace(beyond, out=unsigned(beyond.out))) == "E_HELLO"
    agreeing = state()
    assert agreeing.out is not None
    assert fault_of(judge, replace(agreeing, out=unsigned(agreeing.out))) == "E_HELLO"


# Losses.


def test_more_of_our_log_than_we_wrote_with_our_signature_means_that_we_lost_it() -> None:
    assert judge(state(into=7)) == Verdict(recover=reconcile.WE_LOST_OURS)


def test_more_of_our_log_than_we_wrote_without_our_signature_is_no_hello() -> None:
    stated = state(into=7)
    assert stated.in_ is not None
    assert fault_of(judge, replace(stated, in_=unsigned(stated.in_))) == "E_HELLO"


def test_less_of_our_log_than_they_receipted_means_that_they_lost_it() -> None:
    assert judge(state(into=4)) == Verdict(recover=reconcile.THEY_LOST_OURS)
    assert judge(state(into=0)) == Verdict(recover=reconcile.THEY_LOST_OURS)


def test_less_of_their_log_than_we_hold_means_that_they_lost_it() -> None:
    assert judge(state(out=3, got=3)) == Verdict(recover=reconcile.THEY_LOST_THEIRS)
    assert judge(state(out=0, got=0)) == Verdict(recover=reconcile.THEY_LOST_THEIRS)


def test_a_receipt_of_ours_that_we_do_not_remember_means_that_we_lost_their_log() -> None:
    assert judge(state(out=6, got=6)) == Verdict(recover=reconcile.WE_LOST_THEIRS)


def test_a_receipt_we_never_gave_tells_nothing() -> None:
    forged = replace(receipt(6, ours=False), signature=bytes(64))
    assert judge(replace(state(out=6), out_receipt=forged)) == Verdict(resend_from=5)


# The baseline.


def test_an_old_hello_proves_no_loss_of_our_log() -> None:
    # Their receipt for 5 came after the handshake: they said 3 before they had more.
    assert judge(state(into=3), hold(receipted=5), hold(receipted=3)) == Verdict(resend_from=3)


def test_an_old_hello_proves_no_loss_of_their_log() -> None:
    assert judge(state(out=3, got=3), hold(into=4), hold(into=3)) == Verdict(resend_from=5)


def test_an_old_hello_still_proves_its_prefix() -> None:
    other = signed(3, FALSE, ours=False)
    stated = replace(state(out=3, got=3), out=other)
    verdict = judge(stated, hold(into=4), hold(into=3))
    assert verdict.conflict == Conflict(ours=False, stated=other)


def test_nothing_is_asked_of_a_log_beyond_what_is_held() -> None:
    books = Shelf()
    reconcile.judge(state(out=9, got=0, into=7), hold(), hold(), books)
    reconcile.judge(replace(state(), in_receipt=receipt(9, ours=True)), hold(), hold(), books)
    assert max(books.asked) <= 5
