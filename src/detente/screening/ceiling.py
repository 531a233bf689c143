"""The highest score that two can reach, whatever their names: what dates and countries leave.

Exact: a score is made of the name's, which is 1 at most, and then of these facts, each of which
gives a lower name a lower score. Papers are another matter: they score 1 by themselves.
"""

from collections.abc import Iterable
from functools import lru_cache

from detente.screening import confirm, dates
from detente.screening.customers import Customer
from detente.screening.dates import Birth
from detente.screening.index import Index


def of_pair(listed: Index, customer: Customer, entity: int) -> float:
    """Return a score that a customer and an entity do not exceed."""
    if customer.papers:
        return 1.0
    births = [b for text in customer.births for b in dates.read(text)]
    way = dates.best(births, listed.births(entity)) if births else None
    return _of_facts(
        way, frozenset(c.lower() for c in customer.countries), listed.countries(entity)
    )


def of_differing_births() -> float:
    """Return a score that nobody exceeds whose birth contradicts the listed one."""
    same = frozenset(("xx",))
    return _of_facts(dates.CONTRADICTS, same, same)


def _of_facts(way: str | None, asked: frozenset[str], listed: frozenset[str]) -> float:
    total = 1.0
    birth = confirm.of_birth(way, total)
    total *= birth.by if birth else 1.0
    country = confirm.of_country(asked, listed, total)
    return total * (country.by if country else 1.0)


def years(births: Iterable[Birth]) -> set[int]:
    """Return the years of which a birth may not contradict some others."""
    return {year for birth in births for year in _years(birth)}


@lru_cache(maxsize=1 << 12)
def _years(birth: Birth) -> tuple[int, ...]:
    return tuple(
        year
        for year in range(dates.FIRST, dates.LAST + 1)
        if any(
            dates.compare(one, birth) != dates.CONTRADICTS
            for one in (Birth(year), Birth(year, birth.month, birth.day))
        )
    )
