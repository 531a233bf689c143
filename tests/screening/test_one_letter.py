"""One letter less in a short word: it is found among all the words that are like it."""

from itertools import product

import pytest

from detente.screening.build import build
from detente.screening.index import Index
from detente.screening.listed import Listed
from detente.screening.vocabulary import FURTHER, LOOKED_AT, SHORT

CONSONANTS = "bdfghjklmnprstz"
OTHERS = tuple(f"zarif{n} yakub{n}" for n in range(500))


def index(*names: str) -> Index:
    return Index(build([Listed(f"{n}", "Person", (name,)) for n, name in enumerate(names)], {}))


def crowd(word: str) -> list[str]:
    """Words that differ from one by two letters more: they share much with it."""
    return [
        f"{word[:k]}{a}{b}{word[k + 1 :]}"
        for k in range(1, len(word))
        for a, b in product(CONSONANTS, repeat=2)
    ]


@pytest.mark.parametrize(("asked", "listed"), [("shiya", "shiyam"), ("giun", "gizun")])
def test_it_is_found_in_a_crowd(asked: str, listed: str) -> None:
    others = crowd(asked)
    assert len(others) > LOOKED_AT + FURTHER
    over = index(f"ali {listed}", *(f"ali {other}" for other in others))
    assert listed in {over.word(n).text for n in over.alike(asked).likeness}


def test_a_letter_less_that_changes_the_whole_fold_is_seen() -> None:
    over = index("meteor", "ali shiyam", *OTHERS)
    for asked, listed in (("meeor", "meteor"), ("shiya", "shiyam")):
        assert len(listed) <= SHORT
        assert listed in {over.word(n).text for n in over.alike(asked).likeness}


def test_a_listed_word_counts_for_one_asked_word_alone() -> None:
    over = index("hasan hakim", "hasan bakri zaid said omari", *OTHERS)
    asked = [over.alike(word) for word in ("hasan", "hassan", "hasan", "bakri")]
    assert [over.name_text(name.number) for name in over.names_with(asked, 1)] == [
        "hasan bakri zaid said omari"
    ]
