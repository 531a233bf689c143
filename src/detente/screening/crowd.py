"""An index of customers, asked the other way round: what their names are made of."""

from typing import Final

import numpy as np

from detente.screening import layout
from detente.screening.build import ACRONYM
from detente.screening.fold import fold
from detente.screening.index import Index

_ONE: Final = 1  # words of a name
_TWO: Final = 2
_ASCII_MAX: Final = 127
_SPAN_MAX: Final = 63  # dates.pack
_YEARS: Final = 4_096  # more than a birth's year and span can reach


class Crowd(Index):
    """Customers as an index. An acronym that was made of a customer's name is nobody's question."""

    def asked(self, names: layout.Array) -> layout.Array:
        """Return for each of some names whether the customer has it, so that it is asked."""
        are: layout.Array = self._a["name_quality"][names] != ACRONYM
        return are

    def alone(self, names: layout.Array, listed: Index) -> layout.Array:
        """Return for each of some names whether it may be read as one word, as acronyms are met.

        Two words are one where the list has them joined (`readings`); more never are.
        """
        ptr = self._a["name_ptr"]
        sizes = ptr[names + np.uint32(1)] - ptr[names]
        are: layout.Array = sizes == _ONE
        for place in np.flatnonzero(sizes == _TWO).tolist():
            one, two = (self.word(n).text for n in self.words_of(int(names[place])))
            are[place] = listed.known([fold(one + two)])[0]
        return are

    def may_be_born(self, entities: layout.Array, years: set[int]) -> layout.Array:
        """Return for each of some customers whether a birth falls in some years, or none is known."""
        packed, whose = self._births_of(entities)
        first, span = packed >> 16, packed & 63
        before = np.zeros(_YEARS + 1, np.int32)  # how many of the years come before each
        before[np.array(sorted(years), np.int64) + 1] = 1
        before = np.cumsum(before)
        # A longer span than the index can keep may reach any year.
        there = (before[first + span + 1] > before[first]) | (span == _SPAN_MAX)
        known, possible = (np.bincount(w, minlength=len(entities)) for w in (whose, whose[there]))
        may: layout.Array = (known == 0) | (possible > 0)
        return may

    def beyond(self, entities: layout.Array) -> layout.Array:
        """Return for each of some customers whether a name of theirs has letters beyond ASCII."""
        owners = self._a["name_owner"]
        names = [np.searchsorted(owners, entities, side) for side in ("left", "right")]
        places, sizes = layout.runs(*(self._a["name_text_ptr"][of] for of in names))
        whose = np.repeat(np.arange(len(entities)), sizes)
        beyond = self._a["name_text"][places] > _ASCII_MAX
        found = np.bincount(whose[beyond], minlength=len(entities))
        are: layout.Array = found > 0
        return are
