"""A peer that lies, or was restored, makes nobody lose or forget: the link stops, with evidence."""

import pytest
from tests.worlds import liars


@pytest.mark.parametrize("seed", range(1_000, 1_005))
@pytest.mark.parametrize("name", liars.LIES)
def test_a_lie_halts_the_link_or_closes_the_path_and_costs_no_record(name: str, seed: int) -> None:
    liars.lie(name, seed)


def test_a_peer_restored_from_a_backup_is_shown_and_nothing_is_appended() -> None:
    lost = [liars.restore(seed) for seed in range(1_000, 1_020)]
    assert sum(lost) > 10, "most backups were old enough to have lost something"


@pytest.mark.parametrize("seed", range(1_000, 1_005))
@pytest.mark.parametrize("what", liars.FORGETS)
def test_a_peer_that_says_less_than_it_signed_is_taken_for_restored(what: str, seed: int) -> None:
    liars.forget(what, seed)
