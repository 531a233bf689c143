"""The node's side of the hatch: one request in, one answer out. Source: spec/link.md 9."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from detente.core import limits
from detente.core.errors import Fault
from detente.core.moment import Moment
from detente.node.ports import AWAITS_MAX, Hatch
from detente.paths.hatch import CHUNKS_MAX, FRAME_MAX, frame
from detente.paths.hatch_line import closed
from detente.paths.hatch_rows import Count, Name


def answer(
    hatch: Hatch, request: Sequence[Any], now: Moment, lent: list[int] | None = None
) -> bytes:
    """Return the frame that answers one request at the node's side.

    lent takes descriptors that go with it; without it bytes go in their place. A Fault travels as [number, "fault", code, what, remedy]. Raises OurFault("hatch.closed") for a
    request of no known form: the connection is of no use then.
    """
    try:
        number, name, *told = request
        form, serve = _SERVE[name]
        given = msgspec.convert(told, form)
    except (TypeError, ValueError, KeyError):  # msgspec's own is a ValueError
        raise closed("a request of no known form came through the hatch") from None
    try:
        value = None
        if name == "blob_chunks" and lent is not None:
            value = _lend(hatch, given, lent)
        return frame([number, "ok", serve(hatch, given, now) if value is None else value])
    except Fault as fault:
        return frame([number, "fault", fault.code, fault.what, fault.remedy])


def _submit(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    found = hatch.submit(given[0], now)
    return [[each.mid, each.code, each.what, each.remedy, each.slowed] for each in found]


def _since(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    rows = hatch.since(
        given[0], min(given[1], limits.MAX_INFLIGHT_COUNT), min(given[2], FRAME_MAX // 4)
    )
    return [[each.origin, each.seq, each.kept_at.ms, each.envelope] for each in rows]


def _have_read(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    hatch.have_read(given[0], given[1])
    return None


def _levels(hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return [
        [
            each.origin, each.owner, each.peer, each.link_id, each.size, each.receipted,
            each.confirmed, each.late, each.waiting, each.state, each.why, each.attended,
            each.unattended, each.since.ms,
        ]
        for each in hatch.levels()
    ]  # fmt: skip


def _cards(hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return [[each.party, each.note] for each in hatch.cards()]


def _told(hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return [tuple(each) for each in hatch.told()]


def _paths(hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return [tuple(each) for each in hatch.paths()]


def _prove(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    return hatch.prove(given[0], given[1])


def _head(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    return hatch.head(given[0])


def _attend(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    hatch.attend(given[0], now)
    return None


def _leave(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    hatch.leave(given[0], now)
    return None


def _beat(_hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return None


def _stage_begin(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    hatch.stage_begin(given[0], given[1], given[2], now)
    return None


def _stage_chunks(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    hatch.stage_chunks(given[0], given[1], now)
    return None


def _stage_end(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    return hatch.stage_end(given[0], now)


def _blob_chunks(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    return list(hatch.blob_chunks(given[0], given[1], given[2]))


def _lend(hatch: Hatch, given: Sequence[Any], lent: list[int]) -> int | None:
    found = hatch.blob_lent(given[0], given[1], given[2])
    if found is None:
        return None
    count, descriptor = found
    lent.append(descriptor)
    return count


def _blob_states(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    return [
        [each.aid, each.size, each.chunks, each.held, each.whole, each.sent]
        for each in hatch.blob_states(given[0])
    ]


_Handle = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Envelopes = Annotated[list[bytes], msgspec.Meta(max_length=limits.MAX_BATCH_COUNT)]
_Chunks = Annotated[list[bytes], msgspec.Meta(max_length=CHUNKS_MAX)]
Names = Annotated[list[Name], msgspec.Meta(max_length=limits.MAX_ATT)]
_Mids = Annotated[list[Name], msgspec.Meta(max_length=AWAITS_MAX)]
# By the request's name: the form of what is given, and who answers.
_SERVE: Final[Mapping[str, tuple[Any, Callable[[Hatch, Sequence[Any], Moment], object]]]] = {
    "submit": (tuple[_Envelopes], _submit),
    "since": (tuple[dict[str, Count], Count, Count], _since),
    "have_read": (tuple[dict[str, Count], _Mids], _have_read),
    "levels": (tuple[()], _levels),
    "cards": (tuple[()], _cards),
    "told": (tuple[()], _told),
    "paths": (tuple[()], _paths),
    "prove": (tuple[str, Count], _prove),
    "attend": (tuple[str], _attend),
    "leave": (tuple[str], _leave),
    "head": (tuple[str], _head),
    "beat": (tuple[()], _beat),
    "stage_begin": (tuple[_Handle, Count, Count], _stage_begin),
    "stage_chunks": (tuple[_Handle, _Chunks], _stage_chunks),
    "stage_end": (tuple[_Handle], _stage_end),
    "blob_chunks": (tuple[Name, Count, Count], _blob_chunks),
    "blob_states": (tuple[Names], _blob_states),
}
