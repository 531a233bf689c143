"""What waits for people as rows, and crowds of it: many alike that stand as one line of the list.

A peer gone wrong sends ten thousand notices in a minute. What is alike (desk, peer, kind and
precedence, why it waits, drill or not) is folded beyond FOLD_AT into one line with a count. FLASH
and IMMEDIATE never are, nor what the other side owes. Kept with each record, so that a look reads
rows in their order whatever waits; of the same rows the same are folded, in whatever order they came.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from detente.office import items
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, Value, Values, When
from detente.office.ports import ShelfTx
from detente.office.procedure import LADDER_MAX
from detente.office.tables import Row, Table

FOLD_AT: Final = 20  # alike: more stand as one line
CROWD_MAX: Final = 100_000  # of one line, counted: "so many and more"
NAME_MAX: Final = 240
_BATCH: Final = 500  # rows folded or unfolded at once
_TITLE_MAX: Final = 200
SINGLE: Final = ("FLASH", "IMMEDIATE")  # precedences that are never folded

WAITING: Final = Table(  # its key sorts by urgency: see courses.place()
    name="house_waiting",
    key="key",
    columns=(
        Field("key", Text(240)),
        Field("what", OneOf(*items.WHATS)),
        Field("mine", Flag()),  # an act here is due; else over there
        Field("mid", Mid()),
        Field("matter", Text(32)),
        Field("desk", Text(32)),
        Field("from", Text(96)),
        Field("to", Desks()),
        Field("kind", Text(48)),
        Field("prec", OneOf(*PRECEDENCES)),
        Field("tlp", OneOf(*MARKINGS)),
        Field("since", When()),
        Field("due", When(), required=False),
        Field("title", Text(_TITLE_MAX), required=False),
        Field("procedure", Text(48), required=False),
        Field("state", Text(32), required=False),
        Field("clock", Text(32), required=False),
        Field("ladder", Text(LADDER_MAX), required=False),  # that the opening record told
        Field("unread", Flag()),
        Field("alarm", Flag()),
        Field("exercise", Flag()),
        Field("crowd", Text(NAME_MAX), required=False),  # with what it is alike; none: stands alone
        Field("folded", Flag()),
    ),
    find_by=(
        ("matter",), ("desk", "mine"), ("desk", "mine", "folded"), ("desk", "alarm"), ("crowd",),
        ("crowd", "folded"), ("desk", "prec", "unread"),
    ),
)  # fmt: skip
CROWDS: Final = Table(  # those that stand as one line
    name="house_crowds",
    key="crowd",
    columns=(Field("crowd", Text(NAME_MAX)), Field("desk", Text(32))),
    find_by=(("desk",),),
)


def name_of(row: Row) -> str | None:
    """Return with what a row is alike; None for one that is never folded."""
    if not row["mine"] or row["prec"] in SINGLE:
        return None
    drill = "drill" if row["exercise"] else "real"
    return (
        " ".join(str(row[each]) for each in ("desk", "prec", "what", "kind", "from")) + f" {drill}"
    )


def placed(tx: ShelfTx, rows: Iterable[Row]) -> list[Row]:
    """Return rows with their crowd, folded if it is."""
    found = list[Row]()
    for row in rows:
        name = name_of(row)
        folded = name is not None and tx.rows(CROWDS).get(name) is not None
        found.append({**row, "crowd": name, "folded": folded})
    return found


def settle(tx: ShelfTx, changed: Iterable[Row]) -> None:
    """Fold and unfold crowds, after these rows of WAITING came or went."""
    for name, desk in sorted({(str(row["crowd"]), row["desk"]) for row in changed if row["crowd"]}):
        kept = tx.rows(CROWDS)
        is_one = tx.rows(WAITING).count({"crowd": name}, FOLD_AT + 1) > FOLD_AT
        if is_one == (kept.get(name) is not None):
            continue
        if is_one:
            kept.put({"crowd": name, "desk": desk})
        else:
            kept.drop(name)
        _turn(tx, name, folded=is_one)


def _turn(tx: ShelfTx, name: str, *, folded: bool) -> None:
    rows = tx.rows(WAITING)
    where: dict[str, Value] = {"crowd": name, "folded": not folded}
    while found := rows.find(where, None, _BATCH):
        rows.put_many([{**row, "folded": folded} for row in found])


def of_desk(tx: ShelfTx, desk: str) -> list[str]:
    """Return every crowd of a desk: few, for each peer some kinds and precedences."""
    found: list[str] = []
    while rows := tx.rows(CROWDS).find({"desk": desk}, found[-1] if found else None, _BATCH):
        found += [Values(row).text("crowd") for row in rows]
    return found


def urgent(tx: ShelfTx, desk: str, count_max: int) -> str:
    """Return the place of the last FLASH or IMMEDIATE of a desk that nobody read; "" for none.

    Of each the first count_max are looked at.
    """
    found: list[Sequence[Row]] = [
        tx.rows(WAITING).find({"desk": desk, "prec": prec, "unread": True}, None, count_max)
        for prec in SINGLE
    ]
    return max((str(rows[-1]["key"]) for rows in found if rows), default="")
