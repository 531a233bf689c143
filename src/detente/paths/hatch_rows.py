"""The forms of a node's answers. An office takes nothing that is not exactly of its form.

Whoever took over a node may send anything through the hatch. Of rows in a list each is judged for
itself; an answer that is no list of the right kind ends the line. Source: spec/link.md 9.2.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from detente.core import limits
from detente.core.errors import CODES
from detente.core.moment import Moment
from detente.node.odd import Odd
from detente.node.ports import Answer, Kept, Level, PathSeen, PeerCard, Told
from detente.node.ports_stage import BlobState
from detente.paths.hatch_line import closed

LATEST_MS: Final = 253_402_300_799_999  # the last millisecond of the year 9999
ROWS_MAX: Final = 4_096  # rows of levels, cards or what was told
TEXT_MAX: Final = 2_000  # characters of a text
DESKS_MAX: Final = 256  # desks named in one row

Count = Annotated[int, Meta(ge=0, le=2**53)]  # one more than a log can be long
Name = Annotated[bytes, Meta(min_length=32, max_length=32)]
_Text = Annotated[str, Meta(max_length=TEXT_MAX)]
_At = Annotated[int, Meta(ge=0, le=LATEST_MS)]
_Mid = Annotated[bytes, Meta(max_length=32)]
_Path = Annotated[str, Meta(min_length=1, max_length=64)]
_Desks = Annotated[tuple[_Text, ...], Meta(max_length=DESKS_MAX)]
_Envelope = Annotated[bytes, Meta(max_length=limits.MAX_ENVELOPE)]
_Cards = Annotated[bytes, Meta(max_length=limits.MAX_CHAIN)]
_Bytes = Annotated[bytes, Meta(max_length=limits.MAX_ENVELOPE)]

_ANSWER: Final = tuple[_Mid, _Text, _Text, _Text, bool]
_KEPT: Final = tuple[_Text, Count, _At, _Envelope]
_LEVEL: Final = tuple[
    _Text, _Text, _Text, _Text, Count, Count, Count, _Text, Count, _Text, _Text, _Desks, _Desks,
    _At,
]  # fmt: skip
_CARD: Final = tuple[_Text, _Cards]
_TOLD: Final = tuple[_Text, Count, Count, Annotated[int, Meta(ge=0, le=LATEST_MS)] | None]
_PATH: Final = tuple[_Text, _Path, bool]
_BLOB: Final = tuple[Name, Count, Count, Count, bool, Count | None]

# What an office asks by itself, and by which faults a node may answer: any other would count as one
# of the office's own. What people ask for may bring any.
_BY_ITSELF: Final = frozenset(
    {
        "submit",
        "since",
        "have_read",
        "levels",
        "cards",
        "told",
        "paths",
        "blob_states",
        "blob_chunks",
    }
)
_NODES: Final = frozenset(
    {"store.busy", "store.damaged", "store.failed", "store.full", "store.stopped"}
)


def _read(given: object, form: Any, what: str) -> Any:  # noqa: ANN401  the form says which
    try:
        return msgspec.convert(given, form)
    except msgspec.ValidationError as error:
        raise closed(f"the node answers {what} in no form that is known: {error}"[:200]) from None


def _rows(given: object, form: Any, what: str, odd: Odd, count_max: int = ROWS_MAX) -> list[Any]:  # noqa: ANN401
    rows = _read(given, list[Any], what)
    if len(rows) > count_max:
        odd.note(what, f"{len(rows)} rows where {count_max} are the most")
    found = []
    for each in rows[:count_max]:
        try:
            found.append(msgspec.convert(each, form))
        except msgspec.ValidationError as error:
            odd.note(what, f"a row of no known form: {error}")
    return found


def answers(given: object, count: int) -> list[Answer]:
    """Return what became of `count` envelopes, one answer for each."""
    said: list[Any] = _read(given, list[Any], "what became of records")
    rows = _rows(said, _ANSWER, "what became of records", Odd(), count)
    if len(rows) != count or len(said) != count:
        raise closed(f"the node answers for {len(rows)} records where {count} were handed in")
    for _, code, *_ in rows:
        if code and code not in CODES:
            raise closed("the node answers with a fault of another version")
    return [Answer(*row) for row in rows]


def kept(given: object, odd: Odd, count_max: int) -> list[Kept]:
    """Return records of logs, those of a known form up to the first of another one.

    What comes after a row that cannot be is not taken: a log is read in order.
    """
    rows = _read(given, list[Any], "records")
    found = []
    for each in rows[:count_max]:
        try:
            origin, seq, at, envelope = msgspec.convert(each, _KEPT)
        except msgspec.ValidationError as error:
            odd.note("records", f"a row of no known form: {error}")
            break
        found.append(Kept(origin, seq, Moment(at), envelope))
    return found


def levels(given: object, odd: Odd) -> list[Level]:
    """Return logs with their sizes and states."""
    rows = _rows(given, _LEVEL, "logs", odd)
    return [Level(*[*row[:-3], Moment(row[-1]), row[-3], row[-2]]) for row in rows]


def cards(given: object, odd: Odd) -> list[PeerCard]:
    """Return parties and the bytes of their cards. The first is ours: without it none counts."""
    rows = _read(given, list[Any], "cards")
    _read(rows[0] if rows else None, _CARD, "its own card")
    return [PeerCard(*row) for row in _rows(rows, _CARD, "cards", odd)]


def told(given: object, odd: Odd) -> list[Told]:
    """Return how far each peer has our cards."""
    return [Told(*row) for row in _rows(given, _TOLD, "cards that peers have", odd)]


def paths(given: object, odd: Odd) -> list[PathSeen]:
    """Return every path to every peer."""
    return [PathSeen(*row) for row in _rows(given, _PATH, "paths", odd)]


def blobs(given: object, odd: Odd, asked: Sequence[bytes]) -> list[BlobState]:
    """Return how far files are, of those asked for."""
    rows = _rows(given, _BLOB, "files", odd, len(asked))
    return [BlobState(*row) for row in rows if row[0] in asked]


def data(given: object, what: str) -> bytes:
    """Return an answer that is bytes."""
    found: bytes = _read(given, _Bytes, what)
    return found


def chunks(given: object, count: int) -> list[bytes] | int:
    """Return chunks of a file, at most `count`, or of how many a descriptor was lent."""
    found: list[bytes] | int = _read(given, list[bytes] | int, "chunks of a file")
    size = found if isinstance(found, int) else len(found)
    if isinstance(found, bool) or not 0 <= size <= count:
        raise closed("the node answers with chunks of a file that nobody asked for")
    return found


def check_fault(name: str, told: Sequence[object]) -> None:
    """Raise unless code, what and remedy are a fault by which a node may answer this question.

    Raises OurFault("hatch.closed").
    """
    code, *words = told
    if not isinstance(code, str) or code not in CODES:
        raise closed("the node answers with a fault of another version")
    if not all(isinstance(each, str) and len(each) <= TEXT_MAX for each in words):
        raise closed("what came through the hatch is no answer")
    if name in _BY_ITSELF and code not in _NODES:
        raise closed(f"the node answers {name} with {code}, which is no fault of a node")
