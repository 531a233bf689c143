"""What a desk holds of its own that waits for people or for the outside, declared as functions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from detente.core.moment import Moment
from detente.office.offering import Look
from detente.office.tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Something that waits for people at a desk, and that no record opened a course of.

    about: a name of its own. look: the look that shows it, with its question. acts: what comes next.
    kind: of the record that it waits for.
    """

    about: str
    title: str
    since: Moment
    look: str
    acts: tuple[str, ...]
    tlp: str = "CLEAR"
    kind: str = ""
    due: Moment | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """What a desk holds for people of its own state. waits: few, read for each look at the list.

    letters: rows of what is to be taken out by mail. feed: the tables for whoever shows a token, by the
    token's SHA-256; None for no such feed.
    """

    waits: Callable[[Look, Moment], Iterator[Wait]]
    letters: Callable[[Look], Sequence[Row]]
    feed: Callable[[Look, bytes], Sequence[str] | None]
