"""The worlds see: each deliberate bug is noticed, by the law that it breaks."""

import pytest
from tests.worlds import mutants


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_deliberate_bug_is_noticed(name: str) -> None:
    mutant = mutants.MUTANTS[name]
    count, other = mutants.caught_after(mutant, pytest.MonkeyPatch.context)
    assert count, f"{mutant.law!r} noticed nothing in {mutants.SEEDS_MAX} worlds; others: {other}"
