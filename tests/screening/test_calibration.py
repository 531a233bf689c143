"""What a score means, in innocents of 1,000."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screening.people import index

from detente.screening import calibration, explain
from detente.screening.calibration import ANY, LEAST, SHARES, STEPS, innocents, steps_of
from detente.screening.decision import decide
from detente.screening.engine import Question
from detente.screening.text import ARABIC, CYRILLIC, HAN, LATIN


@pytest.mark.parametrize(
    ("asked", "score", "count"),
    [
        ("Mohamed Rahmani", 1.0, 1),
        ("Mohamed Rahmani", 0.765, 1),
        ("Mohamed Rahmani", 0.764999, 2),
        ("Mohamed Rahmani", 0.404, 500),
        ("Mohamed Rahmani", 0.403999, None),
        ("Кузнецов", 0.99, 5),
        ("محمد", 0.64, 5),
        ("王伟", 0.71, 20),
        ("Γεώργιος", 0.695, 5),
        ("", 0.0, None),
    ],
)
def test_the_script_of_the_name_decides(asked: str, score: float, count: int | None) -> None:
    assert innocents(asked, score) == count


@given(st.sampled_from(["Ann", "Анна", "محمد", "王伟", "Γεώ"]), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_is_never_reached_by_more(asked: str, one: float, other: float) -> None:
    low, high = sorted([one, other])
    most = 1_001
    assert (innocents(asked, high) or most) <= (innocents(asked, low) or most)


def test_the_steps_stand_in_order_and_have_known_shares() -> None:
    for steps in (*STEPS.values(), ANY):
        assert list(steps) == sorted(steps, key=lambda step: (-step[0], step[1]))
        assert {share for _, share in steps} <= set(SHARES)


@pytest.mark.parametrize("page", ["docs/screening/scorer.md", "docs/ru/screening/scorer.md"])
def test_the_pages_tell_these_steps(page: str) -> None:
    scripts = (LATIN, CYRILLIC, ARABIC, HAN)
    told = set(re.findall(r"^\| (\d+) \|(.*)\|$", Path(page).read_text("utf-8"), re.MULTILINE))
    lines = {share: [_line(script, share) for script in scripts] for share in SHARES}
    assert {int(share) for share, _ in told} > {1, 5, 50}
    for share, cells in told:
        assert [cell.strip() for cell in cells.split("|")] == lines[int(share)], share


def _line(script: str, share: int) -> str:
    at = {step: score for score, step in STEPS[script]}
    return f"{at[share]:.3f}"[1:] if share in at else ""


@given(st.lists(st.floats(0, 0.999), min_size=1, max_size=2_000))
def test_steps_let_through_no_more_than_they_say(scores: list[float]) -> None:
    steps = steps_of(scores)
    assert len(steps) == sum(len(scores) * share // 1_000 >= LEAST for share in SHARES)
    for line, share in steps:
        assert sum(score >= line for score in scores) * 1_000 <= share * len(scores)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_is_told_with_each_score_but_not_of_a_document(language: str) -> None:
    from tests.screening.test_decision import WORDS  # noqa: PLC0415

    words = explain.sentences(WORDS[language])
    hit = decide(index(), Question("Mohamed Rahmani", "Person")).hits[0]
    count = calibration.innocents("Mohamed Rahmani", hit.score)
    said = explain.meaning("Mohamed Rahmani", hit, words)
    assert str(count) in said
    assert said in explain.explain("Mohamed Rahmani", hit, words)
    asked = Question("Quite Somebodyelse", papers=("a0123456",))
    same = decide(index(), asked).hits[0]
    assert explain.meaning(asked.name, same, words) == ""
    assert "" not in explain.explain(asked.name, same, words)
