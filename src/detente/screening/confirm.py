"""What dates, countries and papers add to a name, or take from it."""

from typing import Final

from detente.screening import dates
from detente.screening.score import Factor

# Share of what is missing to 1 that a confirmation gives; what a contradiction leaves.
_GIVES: Final = {dates.SAME: 0.6, dates.SWAPPED: 0.45, dates.SAME_YEAR: 0.25, dates.CLOSE: 0.05}
_LEAVES: Final = {dates.OPEN: 0.85, dates.CONTRADICTS: 0.65}
COUNTRY_GIVES: Final = 0.05
COUNTRY_LEAVES: Final = 0.95


def of_birth(way: str | None, score: float) -> Factor | None:
    """Return the factor of what the dates of birth say (dates.compare), or None."""
    if way is None or not score:
        return None
    if way in _GIVES:
        return Factor(way, (score + (1 - score) * _GIVES[way]) / score)
    return Factor(way, _LEAVES[way])


def of_country(asked: frozenset[str], listed: frozenset[str], score: float) -> Factor | None:
    """Return the factor of shared or differing countries, or None if a side names none."""
    if not asked or not listed or not score:
        return None
    if asked & listed:
        return Factor("country_same", (score + (1 - score) * COUNTRY_GIVES) / score)
    return Factor("country_differs", COUNTRY_LEAVES)


def before(score: float, *, born: bool) -> float:
    """Return the least a name must score so that other facts can raise it to `score`.

    `born`: whether a year of birth may be the same.
    """
    left = 1 - (_GIVES[dates.SAME if born else dates.CLOSE])
    left *= 1 - COUNTRY_GIVES
    return max(0.0, 1 - (1 - score) / left)
