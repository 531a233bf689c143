"""Records of ours that our own node refused after they had been accepted here: they wait.

They stay in the outbox until a person gives each up or tries again. No fold of records: a rebuild
leaves this table as it is, for no log says what stands here.
"""

from typing import Final

from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment
from detente.core.record import Header
from detente.node.ports import Answer
from detente.office import house, kinds
from detente.office.fields import Field, Mid, Text, Values, When
from detente.office.ports import ShelfTx
from detente.office.tables import Table

UNSENT: Final = Table(
    name="office_unsent",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("code", Text(32)),
        Field("what", Text(500)),
        Field("remedy", Text(500)),
        Field("at", When()),
    ),
)
SHOWN_MAX: Final = 500
# Due as long as they were not said: the office makes them anew by itself.
_MADE_ANEW: Final = frozenset({kinds.DELIVERED.name, kinds.REJECT.name})


def is_made_anew(header: Header) -> bool:
    """Say whether the office writes another one by itself, so that this one may be forgotten."""
    is_answer = header.kind == kinds.DIGEST.name and header.reply_to is not None
    return is_answer or header.kind in _MADE_ANEW


def put(tx: ShelfTx, mid: bytes, answer: Answer, at: Moment) -> None:
    """Keep what the node said against a record; the newest words count."""
    tx.rows(UNSENT).put(
        {
            "mid": mid,
            "code": answer.code,
            "what": house.plain(answer.what),
            "remedy": house.plain(answer.remedy),
            "at": at,
        }
    )


def get(tx: ShelfTx, mid: bytes) -> Values | None:
    """Return what the node said against a record that waits; None if it waits for nobody."""
    row = tx.rows(UNSENT).get(mid)
    return None if row is None else Values(row)


def every(tx: ShelfTx) -> list[Values]:
    """Return what waits for a person, at most SHOWN_MAX."""
    return [Values(row) for row in tx.rows(UNSENT).find({}, None, SHOWN_MAX)]


def refusal(answer: Answer) -> Fault:
    """Return the fault that an answer of the node tells."""
    kind = TheirFault if answer.code.startswith("E_") else OurFault
    return kind(answer.code, answer.what, answer.remedy)
