"""What a node leaves to be done to paths, in the order in which the machines of its links made it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from detente.link import session
from detente.link.session import Effect


class Leaving:
    """Effects on paths. An answer of the logs is heard in the midst of others; bytes keep order."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str, Effect]] = []
        self._made = 0

    def number(self, made: Sequence[Effect]) -> Iterator[tuple[int, Effect]]:
        """Return what a machine made in one step, each with its number."""
        first = self._made
        self._made += len(made)
        return enumerate(made, first)

    def add(self, number: int, link_id: str, effect: Effect) -> None:
        """Leave an effect: all that it says is durable."""
        self._rows.append((number, link_id, effect))

    def take(self) -> list[tuple[str, Effect]]:
        """Return all that was left, in order, by link id; each is returned once."""
        found, self._rows = self._rows, []
        # Bytes leave as the machine made them: an answer that was heard in between came after.
        # What ends a connection keeps its place: nothing passes it.
        rows: list[tuple[str, Effect]] = []
        for _, run in groupby(found, key=lambda each: isinstance(each[2], session.Close)):
            rows += [(link_id, effect) for _, link_id, effect in sorted(run, key=itemgetter(0))]
        return rows
