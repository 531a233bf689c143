"""Whose a form is: all constituents' networks, domains and numbers, asked in microseconds.

Networks are nested or apart, never crossed: so each stands once, knows the narrowest network around
it, and an address is found by one search among borders and a walk outwards. Domains are walked label by
label. Built from forms (formats/spots), which sort.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from detente.desks.cert.formats.spots import COVER_LEAST, range_form

_BITS: Final = {4: 32, 6: 128}


class Asset(NamedTuple):
    """A form of a constituent, by its key."""

    form: str
    key: str


class Matcher:
    """Answers whose a form is. Built once for a set of assets; asking changes nothing."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        named: dict[str, set[str]] = {}
        for form, key in assets:
            named.setdefault(form, set()).add(key)
        self._plain = {form: frozenset(keys) for form, keys in named.items() if form[0] in "dsp"}
        self._trees = {
            sort: _Tree(sort, ((form, keys) for form, keys in named.items() if form[0] == sort))
            for sort in "46"
        }

    def whose(self, form: str) -> frozenset[str]:
        """Return the keys of constituents to whom a form belongs, or a part of what it names."""
        sort = form[0]
        if sort in "46":
            return self._trees[sort].whose(*ends(form))
        if sort in "sp":
            return self._plain.get(form, frozenset())
        found: set[str] = set()
        for each in above(form):
            found |= self._plain.get(each, frozenset())
        return frozenset(found)

    def nested(self) -> Iterator[tuple[str, str]]:
        """Yield pairs of forms of which the first holds the second, or both are one form."""
        for sort in "46":
            yield from self._trees[sort].pairs()
        for form in self._plain:
            for each in above(form) if form[0] == "d" else (form,):
                if each in self._plain:
                    yield each, form

    def keys(self, form: str) -> frozenset[str]:
        """Return whose exactly this form is."""
        if form[0] in "dsp":
            return self._plain.get(form, frozenset())
        return self._trees[form[0]].keys(*ends(form))


def ends(form: str) -> tuple[int, int]:
    """Return the first and the last address of a network's form."""
    _, first, last = form.split(" ")
    return int(first, 16), int(last, 16)


def above(form: str) -> Iterator[str]:
    """Yield a domain's form and those of the domains above it, the widest first; no top level alone."""
    at = form.index(".") + 1
    while (at := form.find(".", at) + 1) > 0:
        yield form[:at]


class _Tree:
    """Networks of one version, sorted by first address, the wider first."""

    def __init__(self, sort: str, named: Iterable[tuple[str, set[str]]]) -> None:
        self._version = int(sort)
        self._cover_max = 1 << (_BITS[self._version] - COVER_LEAST[self._version])
        rows = sorted((*ends(form), frozenset(keys)) for form, keys in named)
        rows.sort(key=lambda row: (row[0], -row[1]))
        self._firsts = [row[0] for row in rows]
        self._lasts = [row[1] for row in rows]
        self._keys = [row[2] for row in rows]
        self._around: list[int] = []  # the place of the narrowest network around each, -1 for none
        open_: list[int] = []
        for place, (first, _, _) in enumerate(rows):
            while open_ and self._lasts[open_[-1]] < first:
                open_.pop()
            self._around.append(open_[-1] if open_ else -1)
            open_.append(place)

    def whose(self, first: int, last: int) -> frozenset[str]:
        """Return the keys of networks that hold these addresses, or lie within them.

        What is wider than COVER_LEAST is not asked for what lies within it.
        """
        firsts, lasts = self._firsts, self._lasts
        place = bisect_right(firsts, first) - 1
        found: frozenset[str] = frozenset()
        while place >= 0:
            if lasts[place] >= last:
                found |= self._keys[place]
            place = self._around[place]
        if last == first or last - first >= self._cover_max:
            return found
        for within in range(bisect_left(firsts, first), bisect_right(firsts, last)):
            if lasts[within] <= last:
                found |= self._keys[within]
        return found

    def keys(self, first: int, last: int) -> frozenset[str]:
        """Return the keys of exactly this network."""
        at = bisect_left(self._firsts, first)
        while at < len(self._firsts) and self._firsts[at] == first:
            if self._lasts[at] == last:
                return self._keys[at]
            at += 1
        return frozenset()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield each network with every one around it, and with itself."""
        for place in range(len(self._firsts)):
            around = place
            while around >= 0:
                yield self._form(around), self._form(place)
                around = self._around[around]

    def _form(self, place: int) -> str:
        return range_form(self._version, self._firsts[place], self._lasts[place])
