"""A short list finds who is on it as a long one does: ten names cannot tell how rare a word is."""

import pytest
from tests.screening.people import best

from detente.screening.build import NAMES_LEAST, RARITY_MAX, build, rarity
from detente.screening.decision import ALERT
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import Listed

MEANT = Listed("m", "Person", ("Sergei Viktorovich KUZNETSOV",))
SIZES = (0, 1, 9, 99, 999)


def with_others(many: int) -> Index:
    letters = "bcdfghjklm"
    words = ("".join(letters[int(d)] + "a" for d in f"{n:03}") for n in range(many))
    others = (Listed(f"o{n}", "Person", (f"MARIA {w.upper()}",)) for n, w in enumerate(words))
    return Index(build([MEANT, *others], {}))


@pytest.mark.parametrize(
    "asked",
    ["Sergei Viktorovich KUZNETSOW", "Sergei Viktorovich KUZNETOV", "Сергей Викторович Кузнецова"],
)
def test_who_is_on_a_short_list_is_alerted_as_on_a_long_one(asked: str) -> None:
    scores = [best(with_others(many), asked).score for many in SIZES]
    assert min(scores) >= ALERT
    assert max(scores) - min(scores) < 0.001


def test_who_shares_one_name_with_the_only_one_listed_is_no_alert() -> None:
    over = with_others(0)
    for asked in ("Sergei Petrov", "Viktorovich", "KUZNETSOV", "Maria Kuznetsova"):
        assert all(hit.score < ALERT for hit in ask(over, Question(asked, "Person"))), asked


def test_from_so_many_names_on_the_list_itself_tells_how_rare_a_word_is() -> None:
    assert rarity(1, 1) == rarity(1, NAMES_LEAST) == 61
    assert rarity(1, NAMES_LEAST + 1) == 61
    assert rarity(1, 2 * NAMES_LEAST) == RARITY_MAX
    assert rarity(NAMES_LEAST, NAMES_LEAST) == rarity(1_000, 1_000) - 20 == 1
