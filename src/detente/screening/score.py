"""From an alignment to a score. Every point has a part that says where it comes from.

Whole numbers, sums and products of doubles in a fixed order, and square roots (exact in IEEE 754),
rounded to six places: the same on every machine. The figures were set on the public cases.
"""

from math import sqrt
from typing import Final, NamedTuple

from detente.screening.align import INITIAL_LIKENESS, Alignment
from detente.screening.index import Index, Name
from detente.screening.listed import PERSON, SCHEMAS
from detente.screening.resemble import CUT, GLUED, SOUND, TYPING, VOWELS

# Share of the score that is lost when nothing of the name is found, asked and listed.
ASKED_COST: Final = {True: 0.80, False: 0.43}
LISTED_COST: Final = {True: 0.73, False: 0.95}
BOTH_COST: Final = 0.18
HALF: Final = 7.7  # bits of evidence at which an inexact match has half its worth
IN_TEXT: Final = 0.75
TEXT_BITS: Final = 16
TEXT_LIKENESS: Final = 930
WHOLE: Final = 965  # likeness from which a word counts as the same
WEAK: Final = 0.81
ACRONYM: Final = 0.72
OTHER_SCHEMA: Final = 0.50
FORMS_DIFFER: Final = 0.86
FORM_MISSING: Final = 0.995
NEAR: Final = 0.004  # what the whole spelling decides between equals
SHIFT: Final = {
    TYPING: 110,
    VOWELS: -20,
    SOUND: -30,
    CUT: 80,
    GLUED: 80,
}  # by which a reason counts more
_WORTH: Final = tuple((n * n * n * n) / 1e12 for n in range(1001))


class Factor(NamedTuple):
    """One part of a score: its name (words: screening.part.NAME) and what it multiplies by."""

    name: str
    by: float


def of_alignment(found: Alignment, *, person: bool) -> list[Factor]:
    """Return the factors that the parts of the name give."""
    matched = sum(p.weight for p in found.pairs)
    if not matched:
        return [Factor("parts", 0.0)]
    worth = 0.0
    whole = not found.left_over and not found.right_over
    for pair in found.pairs:
        likeness = pair.likeness
        if likeness < WHOLE:
            likeness = min(WHOLE, likeness + SHIFT.get(pair.why, 0))
        worth += _WORTH[likeness] * pair.weight
        whole = whole and pair.likeness >= WHOLE
    factors = [Factor("parts", worth / matched)]
    if _in_text(found, worth):
        return [*factors, Factor("in_text", IN_TEXT), _evidence(worth)]
    left, right = found.left_missing / found.left_total, found.right_missing / found.right_total
    if left:
        factors.append(Factor("asked_missing", 1 - ASKED_COST[person] * sqrt(left)))
    if right:
        factors.append(Factor("listed_missing", 1 - LISTED_COST[person] * right))
    if left and right:
        both = 2 * min(found.left_missing, found.right_missing)
        factors.append(
            Factor("both_missing", 1 - BOTH_COST * both / (found.left_total + found.right_total))
        )
    if not whole:
        factors.append(_evidence(worth))
    return factors


def _evidence(worth: float) -> Factor:
    bits = worth / 8
    return Factor("evidence", bits / (bits + HALF))


def _in_text(found: Alignment, worth: float) -> bool:
    """Return whether a whole listed name stands, together, in a longer text that was asked."""
    if (
        found.right_over
        or len(found.pairs) < 2
        or len(found.left_over) < 3
        or worth < 8 * TEXT_BITS
    ):
        return False
    places = [i for p in found.pairs for i in p.left]
    return max(places) - min(places) <= len(places) and all(
        p.likeness >= TEXT_LIKENESS for p in found.pairs
    )


def of_name(index: Index, name: Name, schema: str | None, forms: int) -> list[Factor]:
    """Return the factors that the kind of name and of entity give."""
    factors = []
    if name.quality:
        factors.append(
            Factor("weak_alias", WEAK) if name.quality == 1 else Factor("acronym", ACRONYM)
        )
    if schema is not None and not fits(schema, SCHEMAS[index.schema(name.owner)]):
        factors.append(Factor("other_schema", OTHER_SCHEMA))
    if forms != name.forms:
        both = forms and name.forms and not forms & name.forms
        factors.append(Factor("legal_form", FORMS_DIFFER if both else FORM_MISSING))
    return factors


def fits(asked: str, listed: str) -> bool:
    """Return whether one kind may be the other: a company may be any organisation."""
    if asked == listed or "Thing" in (asked, listed):
        return True
    legal = ("Organization", "LegalEntity", "Company")
    if asked in legal and listed in legal:
        return True
    return "LegalEntity" in (asked, listed) and PERSON in (asked, listed)


def product(factors: list[Factor]) -> float:
    """Return the score that the factors make, 0 to 1: the root of their product."""
    score = 1.0
    for factor in factors:
        score *= factor.by
    return score


def shown(factors: list[Factor]) -> list[Factor]:
    """Return the factors as they stand in a score, which is the root of their product."""
    return [Factor(f.name, sqrt(f.by)) for f in factors]


assert INITIAL_LIKENESS < WHOLE
