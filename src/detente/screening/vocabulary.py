"""The listed words of an index: which of them are like an asked one."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from detente.screening import layout
from detente.screening.features import EXACT, heard_as, mark, of_asked
from detente.screening.fold import HEARD, skeleton
from detente.screening.resemble import LEAST, resemble
from detente.screening.word import Word

LOOKED_AT: Final = 20  # words that are compared letter by letter for one asked word
FURTHER: Final = 100  # words beyond them that are compared if one letter makes them the asked one
SHORT: Final = 7  # letters up to which a word has so many like it that these are looked through
ENOUGH: Final = 3  # weight of shared features from which a word is compared
MANY_WORDS: Final = 200_000  # of an index, from which a look-up passes over what it does not touch
WORDS_KEPT: Final = 100_000  # listed words whose letters are kept
SOUND_LIKENESS: Final = 920  # of Mandarin syllables of one sound class

Likeness = dict[int, tuple[int, str]]  # {number of a word: (thousandths, reason)}


class _Listed(dict[int, Word]):
    """The listed words that were looked at, by their numbers."""

    def __init__(self, text: layout.Array, ptr: layout.Array) -> None:
        self._text, self._ptr = text, ptr

    def __missing__(self, number: int) -> Word:
        line = self._text[self._ptr[number] : self._ptr[number + 1]].tobytes().decode()
        if len(self) > WORDS_KEPT:
            self.clear()
        found = self[number] = Word(*line.rstrip("\n").split("\t"))
        return found


class Vocabulary:
    """The words of an index, by number. Not for two threads at once: it keeps scratch space."""

    def __init__(self, arrays: Mapping[str, layout.Array]) -> None:
        self._feature, self._ptr = arrays["feature"], arrays["feature_ptr"]
        self._words = arrays["feature_words"]
        self._count = len(arrays["word_rarity"])
        self._shared = np.zeros(self._count if self._count >= MANY_WORDS else 0, np.int32)
        self.word = _Listed(arrays["word_text"], arrays["word_ptr"]).__getitem__  # of a number

    def like(self, asked: Word) -> Likeness:
        """Return the listed words that are like an asked one."""
        likeness: Likeness = {}
        folded, wide = asked.fold, 4 if asked.heard else 1
        chosen: list[int] = []
        near, doubtful = self._near(of_asked(asked.text), wide * LOOKED_AT)
        for number, shared in near:
            if shared < EXACT and wide == 1:  # alike enough by its letters alone?
                other = self.word(number).fold
                limit = (max(len(folded), len(other)) + 2) // 3
                errors = OSA.distance(folded, other, score_cutoff=limit)
                if errors > limit and not other.startswith(folded):
                    doubtful.append(number)
                    continue
            chosen.append(number)
        chosen += self._one_away(asked, doubtful)
        for number in chosen:
            much, why = resemble(asked, self.word(number))
            if much >= LEAST:
                likeness[number] = (much, why)
        self._by_sound(asked.text, likeness)
        return likeness

    def known(self, folds: list[str]) -> list[bool]:
        """Return for each fold whether a listed word has it, or its consonants where that is all."""
        marks = np.array(
            [mark("#" + skeleton(f) if f.startswith(HEARD) else "=" + f) for f in folds], np.uint32
        )
        every = self._feature
        places = np.minimum(np.searchsorted(every, marks), len(every) - 1)
        return (every[places] == marks).tolist() if len(every) else [False] * len(folds)

    def _one_away(self, asked: Word, doubtful: list[int]) -> list[int]:
        """Return the numbers of those words that one letter makes the asked one, if it is short.

        Short words are like so many that the one that is meant may not be among the foremost.
        """
        if not doubtful or len(asked.fold) > SHORT:
            return []
        listed = [self.word(number) for number in doubtful]
        errors = _errors(asked.fold, [w.fold for w in listed])
        if asked.ascii and asked.text != asked.fold:
            errors = np.minimum(errors, _errors(asked.text, [w.text for w in listed]))
        return [doubtful[place] for place in np.flatnonzero(errors <= 1).tolist()]

    def _near(self, features: dict[int, int], most: int) -> tuple[list[tuple[int, int]], list[int]]:
        """Return (number, weight shared) of the words that share most, and the numbers of further ones."""
        marks = np.fromiter(features, np.uint32, len(features))
        weights = np.fromiter(features.values(), np.float64, len(features))
        ptr, words, every = self._ptr, self._words, self._feature
        places = np.minimum(np.searchsorted(every, marks), max(0, len(every) - 1))
        held = every[places] == marks if len(every) else np.zeros(0, bool)
        if not held.any():
            return [], []
        starts, ends = ptr[places[held]], ptr[places[held] + 1]
        runs = [words[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        if self._count < MANY_WORDS:
            spread = np.repeat(weights[held], ends - starts)
            every = np.bincount(np.concatenate(runs), spread, self._count)
            places = np.flatnonzero(every >= ENOUGH)
            total = every[places].astype(np.int32)
        else:
            places, total = self._counted(runs, weights[held].astype(np.int32).tolist())
        order = np.lexsort((places, -total))
        sure = int((total >= EXACT).sum())
        most = max(most, min(sure, 4 * most))
        chosen, further = order[:most], order[most : most + FURTHER]
        found = list(zip(places[chosen].tolist(), total[chosen].tolist(), strict=True))
        return found, places[further].tolist()

    def _counted(self, runs: list[layout.Array], weights: list[int]) -> tuple[layout.Array, ...]:
        """Count as above where no array of all words is worth its time: a run has no word twice."""
        shared = self._shared
        for run, weight in zip(runs, weights, strict=True):
            shared[run] += weight
        held = [run[shared[run] >= ENOUGH] for run in runs]
        places = np.unique(np.concatenate(held))
        total = shared[places].astype(np.int32)
        for run in runs:
            shared[run] = 0
        return places, total

    def _by_sound(self, word: str, likeness: Likeness) -> None:
        feature = heard_as(word) if word.isascii() and len(word) > 1 else None
        if feature is None:
            return
        for number in self._run(feature):
            if likeness.get(number, (0, ""))[0] < SOUND_LIKENESS:
                likeness[number] = (SOUND_LIKENESS, "sound")

    def _run(self, feature: int) -> list[int]:
        place = int(np.searchsorted(self._feature, np.uint32(feature)))
        if place >= len(self._feature) or self._feature[place] != feature:
            return []
        ptr = self._ptr
        run: list[int] = self._words[ptr[place] : ptr[place + 1]].tolist()
        return run


def _errors(asked: str, listed: list[str]) -> layout.Array:
    """Return by how many letters words differ from the asked one: 0, 1, or more as 2."""
    found: layout.Array = cdist(
        [asked], listed, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8
    )[0]
    return found
