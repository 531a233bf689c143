"""Sixty digits, as people read, hear and type them."""

import pytest
from tests.support.outcomes import fault_of

from detente.app.digits import read_groups, rows_of

GROUPS = [f"{number:05d}" for number in range(1, 13)]


def test_a_fingerprint_is_read_aloud_in_three_lines_of_four_groups() -> None:
    lines = rows_of(" ".join(GROUPS))
    assert [line.split() for line in lines] == [GROUPS[:4], GROUPS[4:8], GROUPS[8:]]


@pytest.mark.parametrize("between", ["", " ", "\n"])
def test_groups_are_read_however_they_were_typed(between: str) -> None:
    assert read_groups(between.join(GROUPS)) == GROUPS


@pytest.mark.parametrize("typed", ["", "1" * 59, "1" * 61, "1" * 59 + "x", "1" * 59 + "²"])
def test_anything_but_sixty_digits_is_refused(typed: str) -> None:
    assert fault_of(read_groups, typed) == "form.digits"
