"""What every store of a node must do with the second leg, on disk and in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.laws.test_logs import AT, ONE, OTHER, Kept, checkpoint, receipt

from detente.core.postquantum import Confirmed, PqSignature
from detente.node.ports import Head, Store


@pytest.fixture(params=["memory", "sqlite"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    made = Kept(request.param, tmp_path)
    yield made
    made.close()


def line(size: int, mark: int) -> PqSignature:
    return PqSignature(size, checkpoint(size).root, mark, bytes([mark]) * 2_420)


def leg(size: int, *, whole: bool = True) -> Confirmed:
    receiver = line(size, 4) if whole else None
    return Confirmed(checkpoint(size), receipt(size), line(size, 2), receiver)


def put(store: Store, origin: str, *legs: Confirmed) -> None:
    with store.begin() as tx:
        for each in legs:
            tx.put_leg(origin, each)


def head(store: Store, origin: str, *sizes: int, receipted: bool = True) -> None:
    with store.begin() as tx:
        for size in sizes:
            given = receipt(size) if receipted else None
            tx.set_head(origin, Head(size, b"", checkpoint(size), given))


def test_a_log_without_a_leg_has_none(kept: Kept) -> None:
    with kept.store.begin() as tx:
        assert tx.open_leg(ONE) is tx.newest_leg(ONE) is tx.leg_from(ONE, 0) is None
        assert tx.receipted_at(ONE, 1) is None
        assert tx.forget_checkpoints(ONE, 9, 9) == 0


def test_a_leg_comes_back_whole_and_outlives_the_handle(kept: Kept) -> None:
    put(kept.store, ONE, leg(3), leg(9), leg(12, whole=False))
    put(kept.store, OTHER, leg(5))
    kept.reopen()
    with kept.store.begin() as tx:
        assert tx.open_leg(ONE) == leg(12, whole=False)
        assert tx.newest_leg(ONE) == leg(9)
        assert [tx.leg_from(ONE, size) for size in (0, 3, 4, 9)] == [
            leg(3), leg(3), leg(9), leg(9),
        ]  # fmt: skip
        assert tx.leg_from(ONE, 10) is None
        assert (tx.open_leg(OTHER), tx.newest_leg(OTHER)) == (None, leg(5))


def test_of_a_log_one_leg_at_a_time_is_open(kept: Kept) -> None:
    put(kept.store, OTHER, leg(4, whole=False))
    put(kept.store, ONE, leg(3, whole=False), leg(5, whole=False))
    with kept.store.begin() as tx:
        assert tx.open_leg(ONE) == leg(5, whole=False)
        assert tx.newest_leg(ONE) is None
        assert tx.open_leg(OTHER) == leg(4, whole=False)
    put(kept.store, ONE, leg(5))
    with kept.store.begin() as tx:
        assert (tx.open_leg(ONE), tx.newest_leg(ONE)) == (None, leg(5))


def test_four_lines_of_a_size_stay_as_they_are(kept: Kept) -> None:
    put(kept.store, ONE, leg(3), replace(leg(3), receiver=line(3, 9)), leg(3, whole=False))
    with kept.store.begin() as tx:
        assert tx.newest_leg(ONE) == leg(3)
        assert tx.open_leg(ONE) is None


def test_a_transaction_that_fails_leaves_the_leg_as_it_was(kept: Kept) -> None:
    head(kept.store, ONE, 3, 4)
    put(kept.store, ONE, leg(3, whole=False))

    def fail() -> None:
        with kept.store.begin() as tx:
            tx.put_leg(ONE, leg(4))
            assert tx.open_leg(ONE) is None
            assert tx.forget_checkpoints(ONE, 4, 9) == 2
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with kept.store.begin() as tx:
        assert tx.open_leg(ONE) == leg(3, whole=False)
        assert tx.newest_leg(ONE) is None
        assert tx.receipted_at(ONE, 3) == (checkpoint(3), receipt(3))


def test_the_receipted_checkpoint_of_one_size_is_found(kept: Kept) -> None:
    head(kept.store, ONE, 3, 5)
    head(kept.store, ONE, 7, receipted=False)
    with kept.store.begin() as tx:
        assert tx.receipted_at(ONE, 5) == (checkpoint(5), receipt(5))
        assert [tx.receipted_at(ONE, size) for size in (4, 6, 7)] == [None, None, None]
        assert tx.receipted_at(OTHER, 5) is None


def test_checkpoints_are_forgotten_oldest_first_as_many_as_asked(kept: Kept) -> None:
    head(kept.store, ONE, 1, 2, 3, 4)
    head(kept.store, OTHER, 1)
    with kept.store.begin() as tx:
        assert tx.forget_checkpoints(ONE, 3, 2) == 2
        assert [tx.receipted_at(ONE, size) is None for size in (1, 2, 3, 4)] == [
            True, True, False, False,
        ]  # fmt: skip
        assert tx.forget_checkpoints(ONE, 3, 2) == 1
        assert tx.forget_checkpoints(ONE, 3, 2) == 0
        assert tx.receipted_at(ONE, 4) is not None
        assert tx.receipted_at(OTHER, 1) is not None
        assert tx.head(ONE).checkpoint == checkpoint(4)


def test_of_each_run_of_records_the_newest_checkpoint_stays(kept: Kept) -> None:
    sizes = [1, 100, 128, 129, 200, 256, 300, 384, 385, 400]
    head(kept.store, ONE, *sizes)
    with kept.store.begin() as tx:
        assert tx.forget_checkpoints(ONE, 300, 99) == 5
        left = [size for size in sizes if tx.receipted_at(ONE, size)]
        assert left == [128, 256, 384, 385, 400]
        assert tx.forget_checkpoints(ONE, 400, 99) == 2
        left = [size for size in sizes if tx.receipted_at(ONE, size)]
        assert left == [128, 256, 384]
        assert tx.forget_checkpoints(ONE, 400, 99) == 0


def test_what_is_far_behind_is_not_looked_at_again(kept: Kept) -> None:
    head(kept.store, ONE, 1, 20_000)
    with kept.store.begin() as tx:
        assert tx.forget_checkpoints(ONE, 20_000, 99) == 1
        assert tx.receipted_at(ONE, 1) is not None


def test_the_first_receipted_checkpoint_may_be_one_of_four_lines(kept: Kept) -> None:
    head(kept.store, ONE, 2, 4, 6)
    put(kept.store, ONE, leg(4))
    with kept.store.begin() as tx:
        tx.forget_checkpoints(ONE, 4, 9)
        found = [tx.checkpoint_at(ONE, size) for size in (1, 4, 5, 6)]
        assert found == [(checkpoint(n), receipt(n)) for n in (4, 4, 6, 6)]
        assert tx.checkpoint_at(ONE, 7) is None
        tx.put_leg(ONE, leg(8))
        assert tx.checkpoint_at(ONE, 5) == (checkpoint(6), receipt(6))
        assert tx.checkpoint_at(ONE, 7) == (checkpoint(8), receipt(8))


def test_with_families_only_flash_and_their_kinds_come_out_of_the_queue(kept: Kept) -> None:
    rows = [
        (1, "hotline.message"), (3, "cert.bundle"), (1, "hotlines.odd"), (2, "hotline"),
        (4, "cert.bundle"), (3, "hotline.a"), (1, "ack.action"),
    ]  # fmt: skip
    with kept.store.begin() as tx:
        for number, (rank, kind) in enumerate(rows):
            tx.queue("link", rank, kind, bytes([number]), AT)
        tx.queue("other", 4, "hotline.a", b"elsewhere", AT)

    def drain(families: tuple[str, ...] | None) -> list[int]:
        found: list[int] = []
        with kept.store.begin() as tx:
            while batch := tx.queued("link", 9, 999, families):
                found += [row.envelope[0] for row in batch]
                tx.unqueue([row.id for row in batch])
        return found

    assert drain(("hotline", "ack")) == [4, 5, 0, 6]
    assert drain(()) == []
    assert drain(None) == [1, 3, 2]


def test_a_backup_of_a_disk_holds_the_leg_of_its_day() -> None:
    made = Kept("memory", Path())
    put(made.store, ONE, leg(3))
    backup = made._disk.copy()
    put(made.store, ONE, leg(5))
    assert sorted(backup.legs[ONE]) == [3]
