"""A list has changed: which customers are alerts now. The customers are indexed, the change is asked.

Turned round, an index of customers finds whom a listed name may mean; the score is then taken in
the one direction that counts, the customer's name asked of the list, with the list's weights. So
candidates come from the customers' index and scores from the list's.

Complete by measure, not by proof: a pair at the threshold has shared at least LEAST with the listed
name in every case seen (docs/screening/runs.md says of how many).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from math import sqrt
from typing import Final, NamedTuple

import msgspec
import numpy as np

from detente.screening import ceiling, eastern, layout
from detente.screening.build import ACRONYM, RARITY_MAX
from detente.screening.bulk import question
from detente.screening.crowd import Crowd
from detente.screening.customers import Customer
from detente.screening.engine import ask_of, everyone
from detente.screening.index import Index, Name
from detente.screening.listed import PERSON, SCHEMAS, Alias, Listed, Paper
from detente.screening.parts import Parts, split
from detente.screening.readings import readings
from detente.screening.resemble import resemble
from detente.screening.score import HALF, LISTED_COST, OTHER_SCHEMA, SHIFT, WHOLE, fits
from detente.screening.word import word

ALL: Final = 4_000  # the share of two names that are the same
# What a pair at a threshold of SURE shares at least.
LEAST: Final = 2_200
LEAST_FOREIGN: Final = 1_400  # of a customer's name with letters beyond ASCII
LEAST_REST: Final = 1_200  # of one that has a further word that is alike, letter by letter
REST_LIKE: Final = 600  # how alike, in thousandths
LEAST_BORN: Final = 800  # of a customer born in a year that the list has, too
SURE: Final = 0.72
SLOPE: Final = 13_000  # by which the least sinks for each point of a threshold below SURE
SLACK: Final = 0.05  # by which the highest possible score may be below the threshold
WORDS_KEPT: Final = 500  # listed words whose customers are kept
BAND: Final = 0.02  # pairs so near to the threshold are scored again: the list's weights have moved


class Pair(msgspec.Struct, frozen=True, order=True):
    """A customer (the place in the customers' index) and an entity, as they were last scored."""

    customer: int
    entity: str
    score: float
    asked: str


class Piece(msgspec.Struct, frozen=True):
    """What one worker is given: new entities, pairs to be scored again, customers to be asked."""

    entities: tuple[int, ...] = ()
    pairs: tuple[tuple[int, tuple[int, ...]], ...] = ()
    customers: tuple[int, ...] = ()


class Setup(msgspec.Struct, frozen=True):
    """The threshold of a rescreening."""

    threshold: float


PAIRS: Final = msgspec.msgpack.Decoder(list[Pair])
_PIECE: Final = msgspec.msgpack.Decoder(Piece)
_CUSTOMER: Final = msgspec.msgpack.Decoder(Customer)


def listed_as(customer: Customer, place: int) -> Listed:
    """Return a customer as an entity of an index, also by what a name may be in Latin letters."""
    latin = (
        " ".join(words)
        for name in customer.names
        for words, _why in (eastern.readings(split(name).words) if not name.isascii() else ())
    )
    return Listed(
        str(place), customer.schema or "Thing", customer.names[:1],
        tuple(Alias(n) for n in (*customer.names[1:], *latin)), customer.births, customer.countries,
        tuple(Paper(p) for p in customer.papers),
    )  # fmt: skip


class Rows:
    """Customers by their place: their bytes one after the other, and where each begins."""

    def __init__(self, data: memoryview, ptr: memoryview) -> None:
        self._data, self._ptr = data, np.frombuffer(ptr, "<u8")

    def __len__(self) -> int:
        return max(0, len(self._ptr) - 1)

    def __getitem__(self, place: int) -> Customer:
        return _CUSTOMER.decode(self.raw(place))

    def raw(self, place: int) -> memoryview:
        """Return the bytes of one customer."""
        return self._data[int(self._ptr[place]) : int(self._ptr[place + 1])]


class _Like(NamedTuple):
    """The customers' names that have a word like a listed one: each once, with its best word."""

    names: layout.Array
    credit: layout.Array
    well: layout.Array
    is_whole: layout.Array
    weight: int


_WELL: Final = np.array([
    (much if much >= WHOLE else min(WHOLE, much + max(SHIFT.values()))) ** 4 / 1e12
    for much in range(1_001)
])  # fmt: skip


class Turned:
    """An index of customers, asked with what a list says of an entity."""

    def __init__(self, customers: Crowd, listed: Index, threshold: float) -> None:
        self._customers, self._listed, self._threshold = customers, listed, threshold
        self._kinds_may_differ = threshold <= sqrt(OTHER_SCHEMA)
        self._differing_is_clear = ceiling.of_differing_births() < threshold - BAND
        lower = int(SLOPE * max(0.0, SURE - threshold))
        self._least = max(LEAST_BORN, LEAST - lower)
        self._foreign = max(LEAST_BORN, LEAST_FOREIGN - lower)
        self._rest = max(LEAST_BORN, LEAST_REST - lower)
        self._sums = [np.zeros(customers.names, np.int32) for _ in range(4)]  # kept empty
        self._words: OrderedDict[str, _Like] = OrderedDict()

    def candidates(self, entity: int) -> list[int]:
        """Return the customers that an entity of the list may mean."""
        kind = SCHEMAS[self._listed.schema(entity)]
        # What another kind costs, nothing but a birth or a paper gives back.
        fit = np.array([self._kinds_may_differ or fits(asked, kind) for asked in SCHEMAS])
        births = self._listed.births(entity)
        years = [(b.year, b.until or b.year) for b in births]
        # Whoever was born in no year of these stays below the threshold by any name.
        possible = ceiling.years(births) if self._differing_is_clear and births else None
        found: set[int] = set()
        for name in self._listed.names_of([entity]):
            for words in self._readings(name):
                numbers, shares, hopes = self._over(words, name, person=kind == PERSON)
                met = self._customers.asked(numbers)
                if name.quality == ACRONYM:
                    # An acronym answers one word alone.
                    met[met] = self._customers.alone(numbers[met], self._listed)
                owners = self._customers.owners_of(numbers)
                if possible is not None:
                    met[met] = self._customers.may_be_born(owners[met], possible)
                numbers, shares, hopes, owners = numbers[met], shares[met], hopes[met], owners[met]
                is_fit = fit[self._customers.schemas_of(owners)]
                sure = is_fit & hopes & (shares >= self._least)
                if years:
                    sure |= self._customers.born_in(owners, years)
                near = np.flatnonzero(is_fit & ~sure & (shares >= self._foreign))
                sure[near] = self._customers.beyond(owners[near])
                found.update(owners[sure].tolist())
                rest = np.flatnonzero(is_fit & ~sure & (shares >= self._rest))
                for place in rest.tolist():
                    owner = int(owners[place])
                    if owner not in found and self._has_rest(words, int(numbers[place])):
                        found.add(owner)
        held = [h for p in self._listed.papers_of(entity) for h in self._customers.holders_of(p)]
        return sorted({*found, *held})

    def _readings(self, name: Name) -> list[tuple[str, ...]]:
        words = tuple(self._listed.word(w).text for w in name.words)
        found = readings(self._customers, " ".join(words), Parts(words, (), "", 0))
        return [r.words for r in found]

    def _over(
        self, words: tuple[str, ...], name: Name, *, person: bool
    ) -> tuple[layout.Array, layout.Array, layout.Array]:
        """Return (numbers, shares, hopes) of customers' names that share LEAST_BORN at least.

        hopes: whether the words that were found to agree can make a score at the threshold.
        """
        like = [self._like(w) for w in words]
        weights = name.weights if len(name.weights) == len(words) else [RARITY_MAX] * len(words)
        credit, matched, worth, bits = self._sums
        fresh = []
        for one, weight in zip(like, weights, strict=True):
            fresh.append(one.names[matched[one.names] == 0])
            credit[one.names] += one.credit
            matched[one.names] += max(1, weight)
            worth[one.names] += (1_000 * weight * one.well).astype(np.int32)
            other = np.where(one.is_whole, weight, RARITY_MAX)
            bits[one.names] += (125 * one.well * (weight + other)).astype(np.int32)
        every = np.concatenate(fresh)
        share = _share(
            4 * credit[every], sum(a.weight for a in like), self._customers.weights_of(every)
        )
        best = _best(matched[every], worth[every], bits[every], max(1, sum(weights)), person=person)
        for sums in self._sums:
            sums[every] = 0
        held = share >= LEAST_BORN
        hopes = best >= (self._threshold - SLACK) ** 2
        return every[held], share[held], hopes[held]

    def _like(self, word: str) -> _Like:
        found = self._words.get(word)
        if found is None:
            alike = self._customers.alike(word)
            # The best word of a name is the last one of it: `alike` has them in that order.
            names, places = np.unique(alike.names[::-1], return_index=True)
            much = self._customers.names_like(alike)[::-1][places]
            found = self._words[word] = _Like(
                names, alike.credit[::-1][places], _WELL[much], much >= WHOLE, alike.weight
            )
            if len(self._words) > WORDS_KEPT:
                self._words.popitem(last=False)
        return found

    def _has_rest(self, words: tuple[str, ...], number: int) -> bool:
        """Return whether words that no feature brought together are alike all the same.

        `align` compares what is left of both names; what is left here is compared as well.
        """
        held = [
            n for n in self._customers.words_of(number) if len(self._customers.word(n).text) > 1
        ]
        for text in words:
            likeness = self._customers.alike(text).likeness
            if any(n in likeness for n in held):
                continue
            for n in held:
                if resemble(self._customers.word(n), word(text))[0] >= REST_LIKE:
                    return True
        return False


def _share(credit: layout.Array, asked: int, held: layout.Array) -> layout.Array:
    """Return how much two names share, of 4,000: as `Index.names_with` reckons it."""
    lesser = np.minimum(asked, held)
    credit = np.minimum(credit, 4_400 * lesser)
    both = np.maximum(asked + held, 1)
    share: layout.Array = np.maximum(2 * credit // both, credit * 4 // (5 * lesser + 1))
    # Words that tell nothing, and all of them.
    found: layout.Array = np.where(asked + held > 0, share, ALL)
    return found


def _best(
    matched: layout.Array, worth: layout.Array, bits: layout.Array, total: int, *, person: bool
) -> layout.Array:
    """Return the square of the highest score that names can reach, by what of the listed one agrees."""
    parts = worth / np.maximum(1_000 * matched, 1)
    covered = matched / max(1, total)
    evidence = bits / (bits + 1_000 * HALF)
    whole = (covered >= 1) & (parts >= (WHOLE / 1_000) ** 4 - 0.001)
    best: layout.Array = (
        parts * (1 - LISTED_COST[person] * (1 - covered)) * np.where(whole, 1.0, evidence)
    )
    return best


def whole(listed: Index, place: int, customer: Customer, least: float) -> list[Pair]:
    """Return how a customer scores against the whole list: all of at least so much."""
    best: dict[str, Pair] = {}
    for name in customer.names:
        for hit in everyone(listed, question(customer, name), least):
            held = best.get(hit.entity)
            if held is None or hit.score > held.score:
                best[hit.entity] = Pair(place, hit.entity, hit.score, name)
    return list(best.values())


def score(listed: Index, place: int, customer: Customer, entities: list[int]) -> list[Pair]:
    """Return how a customer scores against some entities of the list: the best of all names."""
    best: dict[str, Pair] = {}
    for name in customer.names:
        for hit in ask_of(listed, question(customer, name), entities):
            held = best.get(hit.entity)
            if held is None or hit.score > held.score:
                best[hit.entity] = Pair(place, hit.entity, hit.score, name)
    return list(best.values())


def start(files: Mapping[str, memoryview], setup: bytes) -> Callable[[bytes], bytes]:
    """Return what rescreens a piece. `files`: {"customers", "listed", "rows", "ptr"}.

    Gives the pairs of at least the threshold less BAND.
    """
    threshold = msgspec.json.decode(setup, type=Setup).threshold
    listed, customers = Index(files["listed"]), Crowd(files["customers"])
    rows = Rows(files["rows"], files["ptr"])
    turned = Turned(customers, listed, threshold)

    def do(data: bytes) -> bytes:
        piece = _PIECE.decode(data)
        asked: dict[int, set[int]] = {place: set(owners) for place, owners in piece.pairs}
        for entity in piece.entities:
            for place in turned.candidates(entity):
                asked.setdefault(place, set()).add(entity)
        found: list[Pair] = []
        for place, owners in sorted(asked.items()):
            customer = rows[place]
            open_ = [
                e
                for e in sorted(owners)
                if ceiling.of_pair(listed, customer, e) >= threshold - BAND
            ]
            if open_:
                found += score(listed, place, customer, open_)
        for place in piece.customers:
            found += whole(listed, place, rows[place], threshold - BAND)
        return msgspec.msgpack.encode([p for p in found if p.score >= threshold - BAND])

    return do


class Plan(NamedTuple):
    """What a change asks for. `kept`: pairs that stand as they are; `pieces`: the work."""

    kept: list[Pair]
    pieces: list[Piece]


ENTITIES: Final = 8  # of one piece
AGAIN: Final = 200  # customers of one piece of pairs to be scored again


def plan(
    before: Iterable[Pair], changed: Iterable[str], places: Mapping[str, int], threshold: float,
    *, refresh: bool = False,
) -> Plan:  # fmt: skip
    """Return what must be done after a change of the list.

    before: the pairs of the last screening, down to BAND below the threshold. changed: ids that are
    new, changed or gone. places: {id: place in the new index of the list}. With `refresh` all pairs
    are scored again, not only those near the threshold.
    """
    touched = set(changed)
    kept: list[Pair] = []
    again: dict[int, list[int]] = {}
    for pair in before:
        if pair.entity in touched or pair.entity not in places:
            continue
        if refresh or abs(pair.score - threshold) <= BAND:
            again.setdefault(pair.customer, []).append(places[pair.entity])
        else:
            kept.append(pair)
    fresh = sorted(places[i] for i in touched if i in places)
    rest = sorted((place, tuple(sorted(owners))) for place, owners in again.items())
    return Plan(kept, [
        *(Piece(tuple(fresh[i : i + ENTITIES])) for i in range(0, len(fresh), ENTITIES)),
        *(Piece((), tuple(rest[i : i + AGAIN])) for i in range(0, len(rest), AGAIN)),
    ])  # fmt: skip


class Change(NamedTuple):
    """What a rescreening changes for people: alerts that are new, scored otherwise, or closed."""

    opened: list[Pair]
    changed: list[tuple[Pair, Pair]]
    closed: list[Pair]


def difference(before: Iterable[Pair], after: Iterable[Pair], threshold: float) -> Change:
    """Return the difference between two screenings; only pairs at the threshold are alerts."""
    old = {(p.customer, p.entity): p for p in before if p.score >= threshold}
    new = {(p.customer, p.entity): p for p in after if p.score >= threshold}
    return Change(
        [new[k] for k in sorted(new.keys() - old.keys())],
        [(old[k], new[k]) for k in sorted(new.keys() & old.keys()) if old[k] != new[k]],
        [old[k] for k in sorted(old.keys() - new.keys())],
    )


def pointers(sizes: Iterable[int]) -> bytes:
    """Return where each of some rows begins, and where the last one ends."""
    found = np.fromiter(sizes, "<u8")
    return np.concatenate([np.zeros(1, "<u8"), np.cumsum(found, dtype="<u8")]).tobytes()


def digest(row: bytes | memoryview) -> bytes:
    """Return by what a customer is known again in another file."""
    return bytes.fromhex(layout.digest(bytes(row)))[:16]
