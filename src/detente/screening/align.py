"""Which part of the asked name is which part of a listed one, and what is left on both sides."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from detente.screening.fold import HEARD
from detente.screening.index import Alike, Index, Name
from detente.screening.resemble import CUT, GLUED, INITIAL, resemble
from detente.screening.word import Word, word

INITIAL_LIKENESS: Final = 600
INITIAL_WEIGHT: Final = 9  # quarters of a bit: a letter tells little
JOINED: Final = "joined"
JOINED_LEAST: Final = 850
HOPELESS: Final = 4  # a name of which less than a quarter is found is not looked at closer
_REST_MAX: Final = 4
_JOINED_MAX: Final = 6
_APART: Final = 3  # letters by which two joined spellings may differ in length


class Pair(NamedTuple):
    """Asked words `left` (places) that are listed words `right`: how alike, why, what it weighs."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    likeness: int
    why: str
    weight: int


class Alignment(NamedTuple):
    """The pairs, the places left over on either side, and what weighs how much in all."""

    pairs: list[Pair]
    left_over: list[int]
    right_over: list[int]
    left_missing: int
    left_total: int
    right_missing: int
    right_total: int


class _Table:
    """The work on one listed name."""

    def __init__(self, index: Index, alike: list[Alike], name: Name) -> None:
        self.index, self.alike, self.name = index, alike, name
        self.left, self.right = set(range(len(alike))), set(range(len(name.words)))
        self.pairs: list[Pair] = []

    def take(self, left: tuple[int, ...], right: tuple[int, ...], likeness: int, why: str) -> None:
        if len(left) == len(right) == 1:
            weight = self.alike[left[0]].weight + self.name.weights[right[0]]
        else:
            weight = sum([self.alike[i].weight for i in left])
            weight += sum([self.name.weights[j] for j in right])
        self.left.difference_update(left)
        self.right.difference_update(right)
        weight = min(weight, 2 * INITIAL_WEIGHT) if why == INITIAL else weight
        self.pairs.append(Pair(left, right, likeness, why, weight))

    def listed(self, places: Iterable[int]) -> dict[int, Word]:
        word, words = self.index.word, self.name.words
        return {j: word(words[j]) for j in sorted(places)}

    def by_likeness(self) -> None:
        found = []
        weights, words = self.name.weights, self.name.words
        for i, one in enumerate(self.alike):
            likeness = one.likeness
            for j, number in enumerate(words):
                if number in likeness:
                    much, why = likeness[number]
                    # the place decides between equals
                    worth = much * much * (one.weight + weights[j])
                    found.append((worth, -abs(i - j), -i, -j, much, why))
        if len(found) > 1:
            found.sort(reverse=True)
        left, right, pairs = self.left, self.right, self.pairs
        for _, _, i, j, much, why in found:
            i, j = -i, -j  # noqa: PLW2901  they were negative for the order alone
            if i in left and j in right:
                left.remove(i)
                right.remove(j)
                pairs.append(Pair((i,), (j,), much, why, self.alike[i].weight + weights[j]))

    def hopeful(self, total: int) -> bool:
        return HOPELESS * sum([p.weight for p in self.pairs]) > total

    def rest(self, listed: dict[int, Word]) -> None:
        """Short words are like too many others to be found by their letters: compare what is left."""
        if len(self.left) > _REST_MAX or len(self.right) > _REST_MAX:
            return
        for i in sorted(self.left):
            asked = self.alike[i].word
            if len(asked.text) < 2:
                continue
            best, where, why = 0, -1, ""
            for j, other in listed.items():
                much, how = resemble(asked, other)
                if much > best:
                    best, where, why = much, j, how
            if best:
                self.take((i,), (where,), best, why)
                del listed[where]

    def initials(self, listed: dict[int, Word]) -> None:
        """Take a letter for a word that begins with it, in whatever script each is."""
        asked = {i: self.alike[i].word for i in sorted(self.left)}
        if not any(len(w.text) == 1 for w in (*asked.values(), *listed.values())):
            return
        for i, one in asked.items():
            for j, other in listed.items():
                if (len(one.text) == 1 or len(other.text) == 1) and _stands(one, other):
                    self.take((i,), (j,), INITIAL_LIKENESS, INITIAL)
                    del listed[j]
                    break

    def joined(self) -> None:
        """Compare, written together, what is left and what was only found in a piece."""
        pieces = [p for p in self.pairs if p.why in (CUT, GLUED) or p.likeness < 750]
        if not pieces and (len(self.left) == len(self.right) or not self.left or not self.right):
            return
        lefts, rights = self.left, self.right
        for pair in pieces:
            lefts, rights = lefts.union(pair.left), rights.union(pair.right)
        few, many = sorted((len(lefts), len(rights)))
        if not few or few == many or many > _JOINED_MAX:
            return
        places = tuple(sorted(lefts))
        one = "".join([self.alike[i].word.text for i in places])
        two = "".join([w.text for w in self.listed(rights).values()])
        if abs(len(one) - len(two)) > _APART or min(len(one), len(two)) < _APART + 1:
            return
        much, _ = resemble(word(one), word(two))
        if much >= JOINED_LEAST:
            self.pairs = [p for p in self.pairs if p not in pieces]
            self.take(places, tuple(sorted(rights)), much - 10, JOINED)


def align(index: Index, alike: list[Alike], name: Name) -> Alignment:
    """Return the best pairs, heaviest first; each part is used once."""
    table = _Table(index, alike, name)
    table.by_likeness()
    weights = [a.weight for a in alike]
    asked, listed = sum(weights), sum(name.weights)
    if (table.left or table.right) and table.hopeful(asked + listed):
        if table.left and table.right:
            left_listed = table.listed(table.right)
            table.rest(left_listed)
            if table.left and table.right:
                table.initials(left_listed)
        if len(alike) != len(name.words) or len(alike) > 1:
            table.joined()
    left, right = sorted(table.left), sorted(table.right)
    return Alignment(
        table.pairs, left, right,
        sum([weights[i] for i in left]), asked, sum([name.weights[j] for j in right]), listed,
    )  # fmt: skip


def _stands(one: Word, two: Word) -> bool:
    if one.text[0] == two.text[0]:
        return True
    return one.fold.lstrip(HEARD)[:1] == two.fold.lstrip(HEARD)[:1] != ""
