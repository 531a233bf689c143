"""spec/faults.md and core/errors.py say the same."""

import re
from pathlib import Path

from detente.core import errors

PAGE = Path(__file__).parents[2] / "spec" / "faults.md"
CODE = re.compile(r"`(E_[A-Z_]+|[a-z_]+\.[a-z_]+)`")


def rows() -> list[list[str]]:
    """Return the cells of each table row whose first cell is a code."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    return [row for row in cells if CODE.fullmatch(row[0])]


def of_the_wire() -> list[list[str]]:
    return [row for row in rows() if row[0].startswith("`E_")]


def of_our_own() -> list[list[str]]:
    return [row for row in rows() if not row[0].startswith("`E_")]


def test_every_wire_code_stands_on_the_page_with_its_number_and_class_and_no_other_does() -> None:
    page = {row[0].strip("`"): (int(row[1]), row[2]) for row in of_the_wire()}
    assert page == errors.WIRE


def test_every_code_of_our_own_stands_on_the_page_and_no_other_does() -> None:
    assert {row[0].strip("`") for row in of_our_own()} == errors.OURS


def test_no_code_stands_twice() -> None:
    codes = [row[0] for row in rows()]
    assert sorted(codes) == sorted(set(codes))


def test_the_codes_of_our_own_are_in_order() -> None:
    codes = [row[0] for row in of_our_own()]
    assert codes == sorted(codes)


def test_no_number_of_the_wire_means_two_codes() -> None:
    numbers = [number for number, _ in errors.WIRE.values()]
    assert len(numbers) == len(set(numbers))


def test_every_row_says_what_happened_and_what_mends_it() -> None:
    assert [row for row in of_the_wire() if len(row) != 5 or not all(row)] == []
    assert [row for row in of_our_own() if len(row) != 4 or not all(row)] == []


def test_every_exit_code_is_a_small_number() -> None:
    assert {row[1] for row in of_our_own()} <= {"1", "2", "3", "4", "5", "69", "70"}
