"""A word as it is compared: what is made of its letters once, and used for every comparison."""

from functools import lru_cache
from typing import Final

from detente.screening import lexicon
from detente.screening.fold import HEARD, fold, latin_of, others, skeleton
from detente.screening.typing_errors import scanned

_NO: Final[frozenset[int]] = frozenset()


class Word:
    """A cleaned word of any script.

    bones: the consonants of the fold; seen: as a scanner may see it; also: the groups of short forms
    that it is in; heard: its script writes no short vowels; ascii, alpha: of all its letters.
    """

    __slots__ = ("_readings", "alpha", "also", "ascii", "bones", "fold", "heard", "seen", "text")

    def __init__(self, text: str, folded: str) -> None:
        self.text, self.fold = text, folded
        self.bones, self.seen = skeleton(folded), scanned(text)
        self.also = lexicon.ALSO.get(text, _NO)
        self.heard = folded.startswith(HEARD)
        self.ascii, self.alpha = text.isascii(), text.isalpha()
        self._readings: frozenset[str] | None = None

    @property
    def readings(self) -> frozenset[str]:
        """The further folds that its letters may be read as."""
        if self._readings is None:
            self._readings = frozenset(others(latin_of(self.text)))
        return self._readings


@lru_cache(maxsize=1 << 17)
def word(text: str) -> Word:
    """Return a word, kept for the next time."""
    return Word(text, fold(text))
