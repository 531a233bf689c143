"""What the house remembers of heads of home logs: ours that others hold, and theirs."""

from dataclasses import dataclass
from typing import Final

from detente.core import names
from detente.core.moment import Moment
from detente.office import kinds
from detente.office.desk import Fold, Opened
from detente.office.fields import Digest, Field, Flag, Mid, Text, Values, When, Whole
from detente.office.ports import ShelfTx
from detente.office.tables import Rows, Table

_PAGE: Final = 500

HEADS: Final = Table(
    name="house_heads",
    key="key",
    columns=(
        Field("key", Text(180)),  # the party that says it, the one that hears, and its mid
        Field("mid", Mid()),
        Field("origin", Text(200)),
        Field("size", Whole()),
        Field("root", Digest()),
        Field("party", Text(64)),  # the other one
        Field("at", When()),
        Field("ours", Flag()),
    ),
    find_by=(("ours",), ("ours", "party")),
)


@dataclass(frozen=True, slots=True)
class Head:
    """A head of a home log: its name, size and root, who holds it, and since when."""

    origin: str
    size: int
    root: bytes
    party: str
    at: Moment


def _fold_head(rows: Rows, record: Opened) -> None:
    body = record.body
    for address in record.to:
        party = names.party_of(address if record.ours else record.from_)
        rows.put(
            {
                "key": f"{record.party} {party} {record.mid.hex()}",
                "mid": record.mid,
                "origin": body.text("origin"),
                "size": body.whole("size"),
                "root": body.data("root"),
                "party": party,
                "at": record.created if record.ours else record.kept_at,
                "ours": record.ours,
            }
        )


FOLD: Final = Fold(HEADS, (kinds.AUDIT_HEAD,), _fold_head)


def every(tx: ShelfTx, *, ours: bool) -> list[Head]:
    """Return the heads that we gave, or that we were given, the oldest first."""
    found: list[Head] = []
    after = None
    while True:
        rows = tx.rows(HEADS).find({"ours": ours}, after, _PAGE)
        found += [_head(Values(row)) for row in rows]
        if len(rows) < _PAGE:
            return sorted(found, key=lambda each: (each.at, each.party, each.size))
        after = rows[-1]["key"]


def _head(row: Values) -> Head:
    origin, size, root = row.text("origin"), row.whole("size"), row.data("root")
    return Head(origin, size, root, row.text("party"), row.moment("at"))
