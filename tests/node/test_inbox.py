from dataclasses import replace

from tests.support import makers, nodes
from tests.support.outcomes import fault_of

from detente.core import checkpoint
from detente.core.checkpoint import Checkpoint
from detente.core.envelope import leaf_of
from detente.link.session import Intake
from detente.node import inbox
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
        if size:
            self.take(0, size)

    def take(self, first: int, size: int, head: Checkpoint | None = None) -> None:
        head = head or signed(size)
        given = Intake(1, first, RECORDS[first:size], head, 1)
        with self.store.begin() as tx:
            grown, receipt = inbox.take(SEAT, TERMS, self.log, tx, given, makers.NOW)
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


def test_a_record_without_form_stores_nothing() -> None:
    shelf = Shelf()
    given = Intake(1, 0, [RECORDS[0], b"x"], signed(2), 1)

    def take() -> None:
        with shelf.store.begin() as tx:
            inbox.take(SEAT, TERMS, shelf.log, tx, given, makers.NOW)

    assert fault_of(take) == "E_FRAME"
    assert shelf.stored() == (0, 0)


def test_records_that_come_again_must_be_those_stored() -> None:
    shelf = Shelf(3)
    with shelf.store.begin() as tx:
        inbox.compare(shelf.log, tx, [(0, RECORDS[0]), (2, RECORDS[2])])
        wrong = [(0, RECORDS[0]), (1, RECORDS[2])]
        assert fault_of(inbox.compare, shelf.log, tx, wrong) == "E_SEQ_CONFLICT"
        assert fault_of(inbox.compare, shelf.log, tx, [(1, b"x")]) == "E_FRAME"


def test_an_older_checkpoint_of_the_same_log_is_no_conflict_signed_or_not() -> None:
    shelf = Shelf(3)
    with shelf.store.begin() as tx:
        for size in range(4):
            head = replace(signed(size), signature=bytes(64))
            assert not inbox.conflicts(shelf.log, tx, head, A.card.log)


def test_an_older_checkpoint_of_another_log_is_a_conflict_if_it_is_signed() -> None:
    shelf = Shelf(3)
    other = signed(2, FALSE)
    with shelf.store.begin() as tx:
        assert inbox.conflicts(shelf.log, tx, other, A.card.log)
        forged = replace(other, signature=bytes(64))
        assert not inbox.conflicts(shelf.log, tx, forged, A.card.log)


def test_a_receipt_is_for_a_state_that_we_signed_and_by_its_giver() -> None:
    log = Shelf(3).log
    good = checkpoint.cosign(A.cosign, ORIGIN, 3, ROOTS[3], makers.NOW)
    inbox.check_receipt(good, ROOTS[3], log, A.card.cosign)
    assert fault_of(inbox.check_receipt, good, FALSE, log, A.card.cosign) == "E_COSIGN"
    assert fault_of(inbox.check_receipt, good, ROOTS[3], log, B.card.cosign) == "E_COSIGN"
    later = replace(good, time=good.time + 1)
    assert fault_of(inbox.check_receipt, later, ROOTS[3], log, A.card.cosign) == "E_COSIGN"
