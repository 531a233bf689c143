"""Who took a matter, and who said to have seen an alarm: records of the home log, folded.

Seen is not read: it stops a sound here, and is told to nobody.
"""

from typing import Final

from detente.office import kinds
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Mid, Text, Values, When, Whole
from detente.office.tables import Rows, Table

HOLDERS: Final = Table(
    name="house_holders",
    key="matter",
    columns=(
        Field("matter", Text(32)),
        Field("person", Text(64), required=False),  # absent: somebody left it
        Field("at", When()),
        Field("n", Whole()),
        Field("mid", Mid()),
    ),
)
SEEN: Final = Table(
    name="house_seen",
    key="about",
    columns=(
        Field("about", Text(160)),
        Field("person", Text(64)),
        Field("at", When()),
        Field("mid", Mid()),
    ),
)


def about(mid: bytes) -> str:
    """Return how an alarm about a record is named."""
    return mid.hex()


def _fold_holder(rows: Rows, record: Opened) -> None:
    if not record.ours:
        return  # only our own home log says who of us does what
    known = Values(rows.get(record.matter) or {})
    last = (known.moment("at"), known.whole("n"), known.data("mid")) if known else None
    if last is not None and last > (record.created, record.n, record.mid):
        return
    takes = record.kind == kinds.TAKE.name
    rows.put(
        {
            "matter": record.matter,
            "person": record.body.text("person") if takes else None,
            "at": record.created,
            "n": record.n,
            "mid": record.mid,
        }
    )


def _fold_seen(rows: Rows, record: Opened) -> None:
    if not record.ours:
        return
    # The first who saw it.
    name = record.body.text("about")
    known = Values(rows.get(name) or {})
    if not known or (known.moment("at"), known.data("mid")) > (record.created, record.mid):
        rows.put(
            {
                "about": name,
                "person": record.body.text("person"),
                "at": record.created,
                "mid": record.mid,
            }
        )


FOLDS: Final = (
    Fold(HOLDERS, (kinds.TAKE, kinds.LEAVE), _fold_holder),
    Fold(SEEN, (kinds.SEEN,), _fold_seen),
)
