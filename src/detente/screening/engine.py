"""The engine: a question in, the entities that may be meant out, best first, with reasons."""

from collections.abc import Callable
from math import sqrt
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

from detente.screening import confirm, dates, papers, score
from detente.screening.align import Alignment, align
from detente.screening.build import ACRONYM, form_class
from detente.screening.dates import Birth
from detente.screening.index import MANY, Alike, Index, Name
from detente.screening.listed import PERSON
from detente.screening.lists import country
from detente.screening.parts import Parts, split
from detente.screening.readings import Reading, readings
from detente.screening.score import Factor
from detente.screening.text import NAME_MAX, clean, is_unread

CANDIDATES: Final = 20  # names that are aligned for one reading; three times as many of MANY
LEAST_SCORE: Final = 0.3  # below it nothing is told
AGAIN: Final = 0.05  # below a wanted score, from which all names of an entity are compared
REACH_SLOPE, REACH_OFF, REACH_LEAST = 2_000, 400, 200  # see reach
REACH_MOST: Final = 1_040  # that of an alert: words alike only when joined bring no more


class Question(NamedTuple):
    """Who is asked for. Dates, countries and papers confirm or contradict."""

    name: str
    schema: str | None = None
    births: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()


class Hit(NamedTuple):
    """One entity that may be meant: its score, the listed name that gave it, and why."""

    entity: str
    score: float
    name: int
    reading: Reading
    alignment: Alignment
    factors: tuple[Factor, ...]


_BY_PAPER: Final = Reading((), "paper", 1.0)
_NOTHING: Final = Alignment([], [], [], 0, 0, 0, 0)


class _Found(NamedTuple):
    total: float
    name: Name
    reading: Reading
    alignment: Alignment
    factors: list[Factor]


def undecided(question: Question) -> str | None:
    """Return why a question cannot be answered by its name alone, or None: a person must look."""
    parts = split(question.name, person=question.schema == PERSON)
    if len(question.name) > NAME_MAX or parts.cut:
        return "too_long"
    if not parts.words:
        return "no_words"
    return "script" if is_unread(question.name) else None


def ask(index: Index, question: Question, limit: int = 10) -> list[Hit]:
    """Return the entities that a question may mean, best first; equal scores by id."""

    def few(reading: Reading, alike: list[Alike]) -> list[Name]:
        wide = index.names > MANY or any(len(w) == 1 for w in reading.words)
        return index.names_with(alike, CANDIDATES * (3 if wide else 1))

    best = _found(index, question, few)
    found = sorted(best.values(), key=lambda f: (-f.total, f.name.number))[: 2 * limit]
    return _hits(index, question, found)[:limit]


def everyone(index: Index, question: Question, least: float) -> list[Hit]:
    """Return the entities that score at least `least`, however many they are, best first.

    Every name is aligned whose words alike make up such a score (`reach`), where `ask` stops at the
    best few; then all names of those who come near to it. By measure, not by proof: who agrees only
    when words are joined may be left out (docs/screening/index.md).
    """
    years = [(b.year, b.until or b.year) for text in question.births for b in dates.read(text)]
    low, near = (reach(confirm.before(least, born=born)) for born in (False, True))

    def all_(_reading: Reading, alike: list[Alike]) -> list[Name]:
        return index.names_from(alike, low, near, years)

    found = list(_found(index, question, all_).values())
    near_it = [h.name for h in _hits(index, question, found) if h.score >= least - AGAIN]
    owners = sorted({index.owner(name) for name in near_it})
    return [h for h in ask_of(index, question, owners) if h.score >= least] if owners else []


def ask_of(index: Index, question: Question, owners: list[int]) -> list[Hit]:
    """Return the hits of these entities alone: the scores that `everyone` gives them."""
    names = index.names_of(owners)
    found = list(_found(index, question, lambda _reading, _alike: names).values())
    asked = {index.entity_id(owner) for owner in owners}
    return [h for h in _hits(index, question, found) if h.entity in asked]


def reach(score: float) -> int:
    """Return the share (Index.names_from) below which no name scores so much.

    A line well below the lowest shares that were seen to reach each score: docs/screening/index.md.
    """
    return min(REACH_MOST, max(REACH_LEAST, int(REACH_SLOPE * score) - REACH_OFF))


def _found(
    index: Index, question: Question, names: Callable[[Reading, list[Alike]], list[Name]]
) -> dict[int, _Found]:
    parts = split(question.name, person=question.schema == PERSON)
    best: dict[int, _Found] = {}
    for reading in readings(index, question.name, parts):
        alike = [index.alike(w) for w in reading.words]
        _weigh(index, question, parts, reading, alike, names(reading, alike), best)
    return best


def _hits(index: Index, question: Question, found: list[_Found]) -> list[Hit]:
    births = [b for text in question.births for b in dates.read(text)]
    countries = frozenset(country.codes(question.countries))
    flat = clean(question.name)
    hits = [_hit(index, one, flat, births, countries) for one in found]
    hits = _by_paper(index, question, hits)
    hits.sort(key=lambda h: (-h.score, h.entity))
    return hits


def _by_paper(index: Index, question: Question, hits: list[Hit]) -> list[Hit]:
    """Put the holders of an asked paper first: it outweighs any name."""
    held = {
        owner: paper
        for paper in (papers.plain(p) for p in question.papers)
        if len(paper) >= papers.LEAST
        for owner in index.holders(paper)
    }
    if not held:
        return hits
    ids = {index.entity_id(owner): owner for owner in held}
    kept = [h for h in hits if h.entity not in ids]
    return kept + [
        Hit(entity, 1.0, index.first_name(owner), _BY_PAPER, _NOTHING, (Factor("paper_same", 1.0),))
        for entity, owner in ids.items()
    ]


def _weigh(
    index: Index, question: Question, parts: Parts, reading: Reading, alike: list[Alike],
    names: list[Name], best: dict[int, _Found],
) -> None:  # fmt: skip
    person = question.schema == PERSON
    forms = form_class(parts.forms)
    met: dict[tuple[int, ...], tuple[Alignment, list[Factor]]] = {}
    for name in names:
        if name.quality == ACRONYM and len(reading.words) > 1:
            continue
        words = tuple(name.words)
        if words not in met:  # names of several entities are often the same
            alignment = align(index, alike, name)
            met[words] = alignment, score.of_alignment(alignment, person=person)
        alignment, of_words = met[words]
        factors = list(of_words)
        factors += score.of_name(index, name, question.schema, forms)
        if reading.by < 1:
            factors.append(Factor(reading.why, reading.by))
        total = sqrt(score.product(factors))
        held = best.get(name.owner)
        if total >= LEAST_SCORE and (held is None or total > held.total):
            best[name.owner] = _Found(total, name, reading, alignment, factors)


def _hit(
    index: Index, found: _Found, flat: str, births: list[Birth], countries: frozenset[str]
) -> Hit:
    """Between names that are equally alike the whole spelling decides."""
    owner = found.name.owner
    text = clean(index.name_text(found.name.number))
    factors = score.shown(found.factors)
    if text != flat:
        spelling = Indel.normalized_similarity(flat, text)
        factors.append(Factor("whole_spelling", 1 - score.NEAR * (1 - spelling)))
    total = score.product(factors)
    for fact in (
        confirm.of_birth(dates.best(births, index.births(owner)) if births else None, total),
        confirm.of_country(countries, index.countries(owner), total) if countries else None,
    ):
        if fact is not None:
            factors.append(fact)
            total *= fact.by
    return Hit(
        index.entity_id(owner), round(min(1.0, total), 6), found.name.number,
        found.reading, found.alignment, tuple(factors),
    )  # fmt: skip
