from dataclasses import replace

import pytest
from tests.support import makers, nodes
from tests.support.outcomes import fault_of

from detente.core import checkpoint, conflict
from detente.core.checkpoint import Checkpoint
from detente.core.envelope import entry_of, leaf_of, split
from detente.core.trust import Chain
from detente.link.moves import NO_GROUNDS, Compare, Grounds
from detente.link.session import Intake
from detente.node import evidence, inbox
from detente.node.cards import open_cards
from detente.node.ledger import Ledger
from detente.store.logs import SqliteLogs

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
SEAT, TERMS = nodes.seat_of(B), nodes.terms_of(B, A)
ORIGIN = TERMS.in_origin
RECORDS = [nodes.envelope(A, [B], n, f"text {n}".encode()) for n in range(4)]
ROOTS = makers.roots_of([leaf_of(each) for each in RECORDS])
FALSE = b"f" * 32


def signed(size: int, root: bytes | None = None) -> Checkpoint:
    return checkpoint.sign(A.log, ORIGIN, size, ROOTS[size] if root is None else root)


class Shelf:
    """A store and the peer's log in it, some records long."""

    def __init__(self, size: int = 0) -> None:
        self.store = SqliteLogs(nodes.MEMORY)
        with self.store.begin() as tx:
            self.log = Ledger(ORIGIN, tx)
            ours = Ledger(TERMS.out_origin(B.name), tx)
            self.cards = open_cards(SEAT, TERMS, (ours, self.log), tx, makers.NOW)
        if size:
            self.take(0, size)

    def take(self, first: int, size: int, head: Checkpoint | None = None) -> None:
        head = head or signed(size)
        given = Intake(1, first, RECORDS[first:size], head, 1)
        with self.store.begin() as tx:
            grown, receipt, _ = inbox.take(self.cards, self.log, tx, given, makers.NOW)
        self.log.settle(grown, head, receipt)

    def stored(self) -> tuple[int, int]:
        """Sizes of the log and of its receipt, as the store holds them."""
        with self.store.begin() as tx:
            again = Ledger(ORIGIN, tx)
            return again.size, len(tx.rows(ORIGIN, 0, 99, 10**6))


def test_what_is_taken_in_is_stored_with_a_receipt_that_holds() -> None:
    shelf = Shelf(3)
    assert shelf.stored() == (3, 3)
    receipt = shelf.log.receipt
    assert receipt is not None
    checkpoint.check_cosignature(receipt, ORIGIN, B.card.cosign)
    assert (receipt.size, receipt.root) == (3, ROOTS[3])
    assert receipt.time == makers.NOW.seconds
    shelf.take(3, 4)
    assert shelf.stored() == (4, 4)


def test_records_that_do_not_give_the_root_are_not_stored() -> None:
    shelf = Shelf(2)
    assert fault_of(shelf.take, 2, 4, signed(4, FALSE)) == "E_ROOT"
    assert shelf.stored() == (2, 2)
    assert shelf.log.size == 2


def test_fewer_records_than_the_checkpoint_says_are_not_stored() -> None:
    shelf = Shelf(2)
    assert fault_of(shelf.take, 2, 3, signed(4)) == "E_ROOT"
    assert shelf.stored() == (2, 2)


def test_a_checkpoint_that_its_owner_did_not_sign_stores_nothing() -> None:
    shelf = Shelf()
    assert fault_of(shelf.take, 0, 2, replace(signed(2), signature=bytes(64))) == "E_CP_SIG"
    other = checkpoint.sign(B.log, ORIGIN, 2, ROOTS[2])
    assert fault_of(shelf.take, 0, 2, other) == "E_CP_SIG"
    assert shelf.stored() == (0, 0)


def shown(grounds: Grounds) -> conflict.Proven:
    """What a third party sees in the evidence of a fork."""
    with Shelf().store.begin() as tx:
        data = evidence.conflict(tx, "E_FORK", "two", Ledger(ORIGIN, tx), grounds)
    chains = {each.name: Chain((each.card,)) for each in (A, B)}
    return conflict.judge(conflict.read(data), chains)


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("where", ["steps", "stated"])
def test_another_history_on_the_way_is_a_fork_and_stores_nothing(where: str, size: int) -> None:
    shelf = Shelf(1)
    said = {where: (signed(size, FALSE),)}
    given = Intake(1, 1, RECORDS[1:4], signed(4), 1, **said)

    def take() -> None:
        with shelf.store.begin() as tx:
            inbox.take(shelf.cards, shelf.log, tx, given, makers.NOW)

    with pytest.raises(inbox.TwoHistories) as caught:
        take()
    assert caught.value.code == "E_FORK"
    assert shelf.stored() == (1, 1)
    found = shown(caught.value.grounds)
    assert (found.kind, found.who, found.sizes) == ("forked", A.name, (4, size))


def test_what_was_said_on_the_way_is_no_fork_if_it_holds_or_nobody_signed_it() -> None:
    shelf = Shelf(1)
    unsigned = replace(signed(3, FALSE), signature=bytes(64))
    given = Intake(1, 1, RECORDS[1:4], signed(4), 1, (signed(2),), (unsigned, signed(4)))
    with shelf.store.begin() as tx:
        grown, _, _ = inbox.take(shelf.cards, shelf.log, tx, given, makers.NOW)
    assert grown.size == 4


def test_two_signed_roots_for_one_size_are_a_fork_without_any_record() -> None:
    shelf = Shelf(1)
    with pytest.raises(inbox.TwoHistories) as caught:
        inbox.compare_heads(shelf.cards, 1, signed(3), signed(3, FALSE))
    found = shown(caught.value.grounds)
    assert (found.kind, found.who, found.sizes) == ("forked", A.name, (3, 3))
    forged = replace(signed(3, FALSE), signature=bytes(64))
    for pair in ((signed(3), forged), (forged, signed(3))):
        assert fault_of(inbox.compare_heads, shelf.cards, 1, *pair) == "E_FRAME"


def test_a_record_without_form_stores_nothing() -> None:
    shelf = Shelf()
    given = Intake(1, 0, [RECORDS[0], b"x"], signed(2), 1)

    def take() -> None:
        with shelf.store.begin() as tx:
            inbox.take(shelf.cards, shelf.log, tx, given, makers.NOW)

    assert fault_of(take) == "E_FRAME"
    assert shelf.stored() == (0, 0)


def test_records_that_come_again_must_be_those_stored() -> None:
    shelf = Shelf(3)
    with shelf.store.begin() as tx:
        good = Compare(1, [(0, RECORDS[0]), (2, RECORDS[2])], (signed(2, FALSE),))
        assert inbox.compare(shelf.cards, shelf.log, tx, good) is None
        bad = Compare(1, [(1, b"x")])
        assert fault_of(inbox.compare, shelf.cards, shelf.log, tx, bad) == "E_FRAME"


@pytest.mark.parametrize(
    ("heads", "letter"),
    [
        ((), "C"),
        ((signed(3),), "C"),
        ((signed(1, FALSE),), "C"),  # it says nothing of this place
        ((replace(signed(2, FALSE), signature=bytes(64)),), "C"),
        ((signed(2, FALSE),), "H"),
        ((signed(3), signed(1, FALSE), signed(3, FALSE)), "H"),
    ],
)
def test_another_record_is_a_conflict_and_proof_only_under_a_signed_head(
    heads: tuple[Checkpoint, ...], letter: str
) -> None:
    shelf = Shelf(3)
    wrong = Compare(1, [(0, RECORDS[0]), (1, RECORDS[2])], heads)
    with shelf.store.begin() as tx:
        found = inbox.compare(shelf.cards, shelf.log, tx, wrong)
    assert found is not None
    assert (found.conn, found.fault.code, found.fault.wire_class) == (1, "E_SEQ_CONFLICT", letter)
    proof = (
        Grounds(stated=heads[-1], entries=entry_of(split(RECORDS[2]))) if letter == "H" else None
    )
    assert found.grounds == (proof or NO_GROUNDS)


def test_of_several_other_records_the_one_that_is_proved_counts() -> None:
    shelf = Shelf(3)
    wrong = Compare(1, [(2, RECORDS[0]), (0, RECORDS[2])], (signed(1, FALSE),))
    with shelf.store.begin() as tx:
        found = inbox.compare(shelf.cards, shelf.log, tx, wrong)
    assert found is not None
    assert (found.fault.wire_class, found.fault.what) == (
        "H", "another record than the one stored at 0",
    )  # fmt: skip


def test_an_older_checkpoint_of_the_same_log_is_no_conflict_signed_or_not() -> None:
    shelf = Shelf(3)
    with shelf.store.begin() as tx:
        for size in range(4):
            head = replace(signed(size), signature=bytes(64))
            assert not inbox.conflicts(shelf.cards, shelf.log, tx, head)


def test_an_older_checkpoint_of_another_log_is_a_conflict_if_it_is_signed() -> None:
    shelf = Shelf(3)
    other = signed(2, FALSE)
    with shelf.store.begin() as tx:
        assert inbox.conflicts(shelf.cards, shelf.log, tx, other)
        forged = replace(other, signature=bytes(64))
        assert not inbox.conflicts(shelf.cards, shelf.log, tx, forged)


def test_a_receipt_is_for_a_state_that_we_signed_and_by_its_giver() -> None:
    shelf = Shelf(3)
    out, cards = TERMS.out_origin(B.name), shelf.cards
    with shelf.store.begin() as tx:
        log = Ledger(out, tx)
    good = checkpoint.cosign(A.cosign, out, 3, ROOTS[3], makers.NOW)
    inbox.check_receipt(cards, good, ROOTS[3], log)
    assert fault_of(inbox.check_receipt, cards, good, FALSE, log) == "E_COSIGN"
    stranger = checkpoint.cosign(B.cosign, out, 3, ROOTS[3], makers.NOW)
    assert fault_of(inbox.check_receipt, cards, stranger, ROOTS[3], log) == "E_COSIGN"
    later = replace(good, time=good.time + 1)
    assert fault_of(inbox.check_receipt, cards, later, ROOTS[3], log) == "E_COSIGN"
