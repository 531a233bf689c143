"""Who is born in a year, of many entities with several dates each, asked in any order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from detente.screening.build import build
from detente.screening.crowd import Crowd
from detente.screening.engine import Question, everyone
from detente.screening.index import Index
from detente.screening.listed import Listed

BORN = tuple(tuple(str(y) for y in range(1950, 1950 + n * 3, 3)) for n in (0, 3, 1, 0, 5, 2, 1, 7))
LIST = tuple(
    Listed(f"p{n:03}", "Person", (f"Hammad {'abcdefgh'[n % 8]}alid",), (), born)
    for n, born in enumerate(BORN * 5)
)


@given(some.lists(some.integers(0, len(LIST) - 1), max_size=60), some.integers(1949, 1975))
def test_each_is_answered_for_itself(asked: list[int], year: int) -> None:
    crowd = Crowd(build(LIST, {}))
    found = crowd.born_in(np.array(asked, np.uint32), [(year, year)])
    assert found.tolist() == [str(year) in LIST[n].births for n in asked]
    may = crowd.may_be_born(np.array(asked, np.uint32), {year})
    assert may.tolist() == [not LIST[n].births or str(year) in LIST[n].births for n in asked]


def test_everyone_is_found_who_was_born_then() -> None:
    names = ("Fathi Ahmad HAMMAD", "Fathi Ahmed HAMAD", "Fathi Ahmad Muhammad HAMMAD")
    many = Listed("a", "Person", names, (), ("1961", "1962", "1963"))
    over = Index(build((many, *LIST), {}))
    found = everyone(over, Question("Fathi Ahmd Mohammad HAMMAD", "Person", births=("1961",)), 0.5)
    assert found[0].entity == "a"
