"""What a desk sees of its house when it says something by itself, or alerts its people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import record
from detente.core.moment import Moment
from detente.office.drafting import Draft
from detente.office.reader import Reader

_EVER: Final = Moment(0)


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a record without opening it; kept_at is ours."""

    mid: bytes
    kind: str
    from_: str
    ours: bool
    kept_at: Moment
    reply_to: bytes | None = None


def _no_heads(_matter: str) -> tuple[Head, ...]:
    return ()


def _no_paths(_party: str) -> tuple[tuple[str, bool], ...]:
    return ()


def _asks_two(prec: str, kind: str) -> bool:
    return record.asks_two(prec, kind, ())


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a desk stands: its own address, and those of the same desk at parties it may write to.

    since: from when on this office has asked its desks without a pause. heads: the records of a
    matter, as also a closed desk knows them. paths: those to a party by name, and whether each is
    open, as last seen; none where nobody looks. asks_two: whether a record of a precedence and kind
    needs two people here: then the desk does not send it by itself.
    """

    own: str
    peers: tuple[str, ...]
    since: Moment = _EVER
    heads: Callable[[str], Sequence[Head]] = _no_heads
    paths: Callable[[str], Sequence[tuple[str, bool]]] = _no_paths
    asks_two: Callable[[str, str], bool] = _asks_two

    @property
    def party(self) -> str:
        """Our party."""
        return self.own.partition("@")[2]


Chore = Callable[[Reader, Scene, Moment], Sequence[Draft]]  # what is due now; see chores


@dataclass(frozen=True, slots=True)
class Alert:
    """What a desk wants its people to see at once, though no record waits. word: key of its words.

    since: of one word and party it stays the same for as long as it lasts.
    """

    word: str
    party: str
    since: Moment


Alerting = Callable[[Scene, Moment], Sequence[Alert]]
