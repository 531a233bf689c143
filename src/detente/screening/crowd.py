"""An index of customers, asked the other way round: what their names are made of."""

from typing import Final

import numpy as np

from detente.screening import layout
from detente.screening.build import ACRONYM
from detente.screening.fold import fold
from detente.screening.index import Index

_ONE: Final = 1  # words of a name
_TWO: Final = 2


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
            one, two = (self.word(n)[0] for n in self.words_of(int(names[place])))
            are[place] = listed.known([fold(one + two)])[0]
        return are
