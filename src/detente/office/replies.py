"""What a desk answers to a record: we act, we wait, we do not. Source: spec/kinds/ack.md."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import kinds
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Mid, Text, Values, When, Whole
from detente.office.kind import Kind
from detente.office.reader import Reader
from detente.office.tables import Row, Rows, Table

ACTION: Final = "ACTION"
HOLD: Final = "HOLD"
DECLINED: Final = "DECLINED"
KINDS: Final = {ACTION: kinds.ACTION, HOLD: kinds.HOLD, DECLINED: kinds.DECLINED}
_NAMED: Final = {kind.name: answer for answer, kind in KINDS.items()}

ANSWERS: Final = Table(
    name="house_answers",
    key="who",
    columns=(
        Field("who", Text(170)),  # the record, a blank, and the desk that answers
        Field("from", Text(96)),
        Field("answer", Text(16)),
        Field("reason", Text(kinds.REASON_MAX), required=False),
        Field("until", When(), required=False),
        Field("at", When()),
        Field("mid", Mid()),
        Field("s", Text(8)),
        Field("n", Whole()),
    ),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of one desk to a record: ACTION, HOLD or DECLINED. at: when it was kept here."""

    desk: str
    answer: str
    reason: str
    until: Moment | None
    at: Moment
    mid: bytes


def key(mid: bytes, desk: str) -> str:
    """Return the key of what one desk answers to a record."""
    return f"{mid.hex()} {desk}"


def _fold(rows: Rows, record: Opened) -> None:
    # The last of a desk rules; numbers of one series rise in the order of the log.
    of = record.body.data("of")
    known = rows.get(key(of, record.from_))
    if known is not None and not _is_later(record, Values(known)):
        return
    rows.put(
        {
            "who": key(of, record.from_),
            "from": record.from_,
            "answer": _NAMED[record.kind],
            "reason": record.body.get("reason"),
            "until": record.body.get("until"),
            "at": record.kept_at,
            "mid": record.mid,
            "s": record.s,
            "n": record.n,
        }
    )


def _is_later(record: Opened, known: Values) -> bool:
    if record.mid == known.data("mid"):
        return record.kept_at < known.moment("at")
    if record.s == known.text("s"):
        return record.n > known.whole("n")
    return (record.kept_at, record.mid) > (known.moment("at"), known.data("mid"))


FOLD: Final = Fold(ANSWERS, tuple(KINDS.values()), _fold)


def of(look: Reader, mid: bytes, desks: Iterable[str]) -> tuple[Reply, ...]:
    """Return what these desks answered to a record, of each the last."""
    rows = (look.get(ANSWERS, key(mid, each)) for each in desks)
    return tuple(_reply(Values(row)) for row in rows if row is not None)


def _reply(row: Row) -> Reply:
    found = Values(row)
    until = found.get("until")
    assert until is None or isinstance(until, Moment)
    return Reply(
        found.text("from"), found.text("answer"), found.text("reason"), until,
        found.moment("at"), found.data("mid"),
    )  # fmt: skip


def draft(
    mid: bytes, answer: str, reason: str, until: Moment | None, now: Moment
) -> tuple[Kind, Values]:
    """Return the kind and the body of an answer.

    Raises OurFault: form.choice for no such answer, form.missing for a HOLD without an end or a
    refusal without a reason, form.time for an end that is past.
    """
    if answer not in KINDS:
        raise OurFault("form.choice", f"{answer[:20]!r} is no answer", f"use {', '.join(KINDS)}")
    if answer == HOLD and until is None:
        raise OurFault("form.missing", "until when it is held", "say within which time: 24h")
    if answer == DECLINED and not reason:
        raise OurFault(
            "form.missing", "why it is declined", "give a reason; the other side reads it"
        )
    if until is not None and until <= now:
        raise OurFault("form.time", "the end is past", "name one to come")
    body = {"of": mid, "reason": reason or None, "until": until}
    return KINDS[answer], Values({name: each for name, each in body.items() if each is not None})
