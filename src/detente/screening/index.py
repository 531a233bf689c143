"""The index as it is read: which listed words are like an asked one, and which names have them.

Built by `build`, laid out by `layout`; the bytes may be mapped from a file by many processes.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from detente.screening import layout
from detente.screening.build import ACRONYM, RARITY_MAX
from detente.screening.dates import Birth, unpack
from detente.screening.features import mark
from detente.screening.fold import HEARD, fold
from detente.screening.version import ENGINE
from detente.screening.vocabulary import Likeness, Vocabulary
from detente.screening.word import Word
from detente.screening.word import word as reading

COMMON: Final = 20_000  # a word in more names than this only adds to names already found
MANY: Final = 100_000  # names of an index from which more are aligned, and fewer words lead to them
CLOSE: Final = 60  # thousandths below the best likeness of a word, that lead to names there
LED_BY: Final = 2  # asked words, the rarest ones, that lead to names there
TELLING: Final = 64  # quarters of a bit below which a whole listed name in a longer one tells less
FORWARD: Final = 1  # a word in so many times more names than are looked at is counted from these
CLOSER: Final = 4  # times as many names as are aligned of which it is known more closely
FAR: Final = 55  # a name with less than so many hundredths of the best one's share is not aligned
CACHE: Final = 50_000  # asked words whose likeness is kept


Years = list[tuple[int, int]]  # first and last of each span
_NOTHING: Final = np.zeros(1, np.int32)


class Name(NamedTuple):
    """A listed name: its words as numbers, and how much each tells, in quarters of a bit."""

    number: int
    owner: int
    quality: int
    forms: int
    words: list[int]
    weights: list[int]


@dataclass(frozen=True, slots=True)
class Alike:
    """The listed words that are like one asked word, `word`.

    likeness: {number of word: (thousandths, reason)}; weight: how much the asked word tells, in
    quarters of a bit; names, credit: the names that have such a word and what each brings;
    ordered, worths: the words, the least like one first, and what each brings; close: how many of
    the last names come from words that are nearly as like as the best.
    """

    word: Word
    likeness: Likeness
    weight: int
    names: layout.Array
    credit: layout.Array
    best: int
    common: bool
    ordered: layout.Array
    worths: layout.Array
    close: int


def _share(credit: layout.Array, asked: int, listed: layout.Array, telling: int) -> layout.Array:
    """Return 2 * credit / (asked + listed), or a little less where one side holds the other.

    Asked words that are like one another bring a listed one no more than it weighs; where every
    name is wanted, and no telling is given, a tenth more.
    """
    least = np.minimum(asked, listed)
    credit = np.minimum(credit, (4_000 if telling else 4_400) * least)
    within = credit * 4 // (5 * np.maximum(least, telling) + 1)
    share: layout.Array = np.maximum(2 * credit // (asked + listed), within)
    return share


class Index:
    """An index over bytes. Not for two threads at once: it keeps scratch space and a cache."""

    def __init__(self, data: bytes | memoryview) -> None:
        self.head, a = layout.unpack(data, ENGINE)
        self._a = a
        self._rarity = a["word_rarity"]
        self._post, self._post_ptr = a["post"], a["post_ptr"]
        self._scratch = np.zeros(len(a["name_owner"]), np.int32)
        self._sum = np.zeros(len(a["name_owner"]), np.int32)
        self._rank = np.zeros(len(self._rarity), np.uint16)
        words = Vocabulary(a)
        self.word, self.known, self._like = words.word, words.known, words.like
        self._cache: OrderedDict[str, Alike] = OrderedDict()

    @property
    def lists(self) -> dict[str, str]:
        """{list: hash of the version} that the index was built from."""
        lists: dict[str, str] = self.head["lists"]
        return lists

    @property
    def names(self) -> int:
        """How many names the index has."""
        return len(self._scratch)

    def alike(self, word: str) -> Alike:
        """Return the listed words that are like an asked word; kept for the next time."""
        found = self._cache.get(word)
        if found is None:
            asked = reading(word)
            found = self._with_names(asked, self._like(asked))
            self._cache[word] = found
            if len(self._cache) > CACHE:
                self._cache.popitem(last=False)
        return found

    def _with_names(self, word: Word, likeness: Likeness) -> Alike:
        best = max((much for much, _ in likeness.values()), default=0)
        weight = self._weight(word.text, likeness, best)
        ordered = sorted(likeness, key=lambda number: likeness[number][0])
        runs, worths, sizes = [], [], []
        for number in ordered:
            run = self._post[self._post_ptr[number] : self._post_ptr[number + 1]]
            much = likeness[number][0]
            runs.append(run)
            sizes.append(len(run))
            worths.append(much * much * (weight + int(self._rarity[number])) // 2_000)
        names = np.concatenate(runs) if runs else np.empty(0, np.uint32)
        each = np.array(worths, np.int32)
        credit = np.repeat(each, sizes) if runs else np.empty(0, np.int32)
        words = np.array(ordered, np.uint32)
        is_common = len(names) > COMMON
        close = sum(
            size
            for number, size in zip(ordered, sizes, strict=True)
            if likeness[number][0] >= best - CLOSE
        )
        return Alike(word, likeness, weight, names, credit, best, is_common, words, each, close)

    def _weight(self, word: str, likeness: Likeness, best: int) -> int:
        """Return how much an asked word tells: as the most like listed ones; an unknown one much."""
        if len(word) == 1 and fold(word)[:1] != HEARD and not "\u3400" <= word <= "\u9fff":
            return 10
        if best < 850:
            return min(RARITY_MAX, 28 + 4 * len(word))
        near = [int(self._rarity[n]) for n, (much, _) in likeness.items() if much >= best - 30]
        return min(near)

    def names_with(self, alike: list[Alike], keep: int) -> list[Name]:
        """Return the names that most of the asked words point to, best first."""
        asked = [a for a in alike if len(a.names)]
        if not asked:
            return []
        by_names = sorted(asked, key=lambda a: len(a.names))
        rare = [a for a in by_names if not a.common] or by_names[:1]
        if self.names > MANY:
            led = [a.names[len(a.names) - a.close :] for a in rare[:LED_BY]]
        else:
            led = [a.names for a in rare]
        every, share = self._spelled(alike, *self._shares(alike, led, TELLING))
        if not len(every):
            return []
        names, share = self._foremost(every, share, CLOSER * keep)
        if len(asked) > 1:
            share = np.minimum(share, self._once(asked, sum(a.weight for a in alike), names))
        held = share * 100 >= int(share.max()) * FAR
        names, share = names[held], share[held]
        return self._names(names[np.lexsort((names, -share))[:keep]])

    def names_from(self, alike: list[Alike], least: int, near: int, years: Years) -> list[Name]:
        """Return every name with a share of at least `least`, or of `near` and born in `years`.

        A share is what of both names the words that are alike make up, in four thousandths.
        """
        asked = [a for a in alike if len(a.names)]
        if not asked:
            return []
        every, share = self._spelled(alike, *self._shares(alike, [a.names for a in asked]))
        low = near if years else least
        every, first = np.unique(every[share >= low], return_index=True)
        share = share[share >= low][first]
        held = share >= least
        if years:
            open_ = np.flatnonzero(~held)
            held[open_] = self.born_in(self._a["name_owner"][every[open_]], years)
        return self._names(every[held])

    def born_in(self, entities: layout.Array, years: Years) -> layout.Array:
        """Return for each of some entities whether a date of birth of it falls in one of the years."""
        packed, whose = self._births_of(entities)
        first, last = packed >> 16, (packed >> 16) + (packed & 63)
        there = np.zeros(len(packed), bool)
        for low, high in years:
            there |= (first <= high) & (last >= low)
        are: layout.Array = np.bincount(whose[there], minlength=len(entities)) > 0
        return are

    def _births_of(self, entities: layout.Array) -> tuple[layout.Array, layout.Array]:
        """Return (packed dates of birth, the place in `entities` that each belongs to)."""
        ptr = self._a["birth_ptr"]
        places, sizes = layout.runs(ptr[entities], ptr[entities + np.uint32(1)])
        return self._a["birth"][places], np.repeat(np.arange(len(entities)), sizes)

    def _shares(
        self, alike: list[Alike], among: list[layout.Array], telling: int = 0
    ) -> tuple[layout.Array, layout.Array]:
        """Return (the names of `among`, some twice; the share of each).

        telling: what a listed name weighs at least that counts for itself inside a longer one.
        """
        asked = [a for a in alike if len(a.names)]
        every = among[0] if len(among) == 1 else np.concatenate(among)
        total = sum(a.weight for a in alike)
        near = [a for a in asked if len(a.names) <= FORWARD * len(every)]
        for one in near:
            self._scratch[one.names] = one.credit
            self._sum[one.names] += self._scratch[one.names]
        credit = 4 * self._sum[every]
        weight = self._a["name_weight"][every].astype(np.int32)
        for one in near:
            self._sum[one.names] = 0
        if len(near) < len(asked):
            far = [a for a in asked if len(a.names) > FORWARD * len(every)]
            credit += 4 * self._forward(far, every)
        return every, _share(credit, total, weight, telling)

    def _spelled(
        self, alike: list[Alike], every: layout.Array, share: layout.Array
    ) -> tuple[layout.Array, layout.Array]:
        """Leave acronyms out where more than one word was asked: they answer one word alone."""
        if len(alike) == 1:
            return every, share
        held = self._a["name_quality"][every] != ACRONYM
        return every[held], share[held]

    def _forward(self, asked: list[Alike], every: layout.Array) -> layout.Array:
        """Return what common words bring to few names, from the words that these names have.

        The same as over the words' own names: of several words of a name the most like one counts.
        """
        ptr = self._a["name_ptr"]
        places, sizes = layout.runs(ptr[every], ptr[every + np.uint32(1)])
        words, starts = self._a["name_words"][places], np.cumsum(sizes) - sizes
        credit = np.zeros(len(every), np.int32)
        for one in asked:
            self._rank[one.ordered] = np.arange(1, len(one.ordered) + 1)
            best = np.maximum.reduceat(self._rank[words], starts)
            self._rank[one.ordered] = 0
            credit += np.concatenate((_NOTHING, one.worths))[best]
        return credit

    @staticmethod
    def _foremost(
        names: layout.Array, share: layout.Array, most: int
    ) -> tuple[layout.Array, layout.Array]:
        """Return the names with the greatest shares, each once, about `most`, and their shares."""
        if len(names) > 2 * most:
            place = len(share) - most
            held = share >= np.partition(share, place)[place]
            names, share = names[held], share[held]
        distinct, first = np.unique(names, return_index=True)
        return distinct, share[first]

    def _once(self, asked: list[Alike], total: int, names: layout.Array) -> layout.Array:
        """Return the shares of a few names when each listed word counts for one asked word alone."""
        ptr = self._a["name_ptr"]
        places, sizes = layout.runs(ptr[names], ptr[names + np.uint32(1)])
        words = self._a["name_words"][places]
        best = np.zeros(len(words), np.int32)
        for one in asked:
            self._rank[one.ordered] = np.arange(1, len(one.ordered) + 1)
            np.maximum(best, np.concatenate((_NOTHING, one.worths))[self._rank[words]], out=best)
            self._rank[one.ordered] = 0
        credit = 4 * np.add.reduceat(best, np.cumsum(sizes) - sizes)
        return _share(credit, total, self._a["name_weight"][names].astype(np.int32), TELLING)

    def _names(self, numbers: layout.Array) -> list[Name]:
        a = self._a
        places, sizes = layout.runs(a["name_ptr"][numbers], a["name_ptr"][numbers + 1])
        every = a["name_words"][places]
        words, weights = every.tolist(), self._rarity[every].tolist()
        ends = np.cumsum(sizes)
        meta = zip(
            numbers.tolist(), a["name_owner"][numbers].tolist(), a["name_quality"][numbers].tolist(),
            a["name_forms"][numbers].tolist(), (ends - sizes).tolist(), ends.tolist(), strict=True,
        )  # fmt: skip
        return [
            Name(number, owner, quality, forms, words[start:end], weights[start:end])
            for number, owner, quality, forms, start, end in meta
        ]

    def name_text(self, name: int) -> str:
        """Return a listed name as the list writes it."""
        ptr = self._a["name_text_ptr"]
        return str(self._a["name_text"][ptr[name] : ptr[name + 1]].tobytes().decode())

    def entity_id(self, number: int) -> str:
        """Return the id of an entity."""
        ptr = self._a["entity_ptr"]
        return str(self._a["entity_text"][ptr[number] : ptr[number + 1]].tobytes().decode())

    def schema(self, number: int) -> int:
        """Return the schema of an entity, as its place in `listed.SCHEMAS`."""
        return int(self._a["entity_schema"][number])

    def births(self, number: int) -> list[Birth]:
        """Return the dates of birth of an entity."""
        ptr = self._a["birth_ptr"]
        return [unpack(int(b)) for b in self._a["birth"][ptr[number] : ptr[number + 1]]]

    def countries(self, number: int) -> frozenset[str]:
        """Return the countries of an entity, as ISO 3166-1 codes in small letters."""
        ptr = self._a["country_ptr"]
        text = self._a["country"][ptr[number] : ptr[number + 1]].tobytes().decode()
        return frozenset(text[i : i + 2] for i in range(0, len(text), 2))

    def holders(self, paper: str) -> list[int]:
        """Return the entities that hold a paper, given in its plain form."""
        numbers = self._a["paper"]
        low = int(np.searchsorted(numbers, np.uint32(mark(paper)), "left"))
        high = int(np.searchsorted(numbers, np.uint32(mark(paper)), "right"))
        held: list[int] = self._a["paper_owner"][low:high].tolist()
        return held

    def first_name(self, entity: int) -> int:
        """Return the number of the first name of an entity, or -1."""
        place = int(np.searchsorted(self._a["name_owner"], np.uint32(entity)))
        found = place < len(self._a["name_owner"]) and self._a["name_owner"][place] == entity
        return place if found else -1

    def words_of(self, name: int) -> list[int]:
        """Return the numbers of the words of a listed name, in their order."""
        ptr = self._a["name_ptr"]
        words: list[int] = self._a["name_words"][ptr[name] : ptr[name + 1]].tolist()
        return words

    def names_of(self, entities: list[int]) -> list[Name]:
        """Return all names of some entities."""
        owners = self._a["name_owner"]
        wanted = np.array(sorted(set(entities)), owners.dtype)
        starts, ends = np.searchsorted(owners, wanted), np.searchsorted(owners, wanted, "right")
        spans = [np.arange(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        return self._names(np.concatenate(spans)) if spans else []

    def names_like(self, alike: Alike) -> layout.Array:
        """Return how alike, in thousandths, the word of each of `alike.names` is: in their order."""
        ordered = sorted(alike.likeness, key=lambda number: alike.likeness[number][0])
        sizes = [int(self._post_ptr[n + 1] - self._post_ptr[n]) for n in ordered]
        return np.repeat(np.array([alike.likeness[n][0] for n in ordered], np.int32), sizes)

    def owner(self, name: int) -> int:
        """Return the entity of a name."""
        return int(self._a["name_owner"][name])

    def owners_of(self, names: layout.Array) -> layout.Array:
        """Return the entity of each of some names."""
        owners: layout.Array = self._a["name_owner"][names]
        return owners

    def schemas_of(self, entities: layout.Array) -> layout.Array:
        """Return the schema of each of some entities."""
        schemas: layout.Array = self._a["entity_schema"][entities]
        return schemas

    def weights_of(self, names: layout.Array) -> layout.Array:
        """Return how much each of some names tells, in quarters of a bit."""
        weights: layout.Array = self._a["name_weight"][names].astype(np.int32)
        return weights

    def papers_of(self, entity: int) -> list[int]:
        """Return the marks of the papers of an entity."""
        marks: list[int] = self._a["paper"][self._a["paper_owner"] == entity].tolist()
        return marks

    def holders_of(self, number: int) -> list[int]:
        """Return the entities that hold the paper of a mark."""
        low, high = np.searchsorted(self._a["paper"], [number, number + 1]).tolist()
        held: list[int] = self._a["paper_owner"][low:high].tolist()
        return held
