"""Alarms that a person cleared: an entry of the home log with a note, kept as history.

What was cleared stays cleared; the same trouble at another time is another alarm. What makes the
alarm is not touched: records, evidence and links are what they were.
"""

from dataclasses import dataclass
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import home_kinds, items
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Mid, Text, Values, When
from detente.office.items import Item
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.tables import Rows, Table
from detente.office.typed import LongText

CLEARABLE: Final = (items.TWINS, items.LINE, items.RECEIPTS)
SHOWN_MAX: Final = 20  # of the history, the newest
_PAGE: Final = 1_000
NOTE: Final = Field("note", LongText(home_kinds.CLEAR_NOTE_MAX))

CLEARED: Final = Table(
    name="house_cleared",
    key="about",
    columns=(
        Field("about", Text(home_kinds.ABOUT_MAX)),
        Field("what", Text(32)),
        Field("from", Text(96)),
        Field("person", Text(64)),
        Field("note", LongText(home_kinds.CLEAR_NOTE_MAX)),
        Field("at", When()),
        Field("mid", Mid()),
    ),
)


@dataclass(frozen=True, slots=True)
class Cleared:
    """An alarm that was cleared: what it was, of which party or desk, by whom, when and why."""

    what: str
    from_: str
    person: str
    note: str
    at: Moment


def about(item: Item) -> str:
    """Return how an alarm is named: the same trouble at another time has another name."""
    return f"{item.key} {item.state}"[: home_kinds.ABOUT_MAX]


def body(person: Person, item: Item, note: str) -> Values:
    """Return the body of the entry that clears an alarm. Raises OurFault: form.*."""
    text = note.strip()
    if not text:
        raise OurFault("form.missing", "no note says why", "write what was found and done")
    NOTE.check(text)
    told = {"about": about(item), "what": item.what, "from": item.from_, "note": text}
    return Values({**home_kinds.of_person(person.name, person.user), **told})


def is_cleared(tx: ShelfTx, item: Item) -> bool:
    """Say whether a person cleared this alarm."""
    return item.what in CLEARABLE and tx.rows(CLEARED).get(about(item)) is not None


def history(tx: ShelfTx) -> list[Cleared]:
    """Return the alarms that were cleared last, the newest first."""
    found = [Values(row) for row in tx.rows(CLEARED).find({}, None, _PAGE)]
    rows = sorted(found, key=lambda row: row.moment("at"), reverse=True)[:SHOWN_MAX]
    return [
        Cleared(
            row.text("what"), row.text("from"), row.text("person"), row.text("note"),
            row.moment("at"),
        )
        for row in rows
    ]  # fmt: skip


def _fold_clear(rows: Rows, record: Opened) -> None:
    told = record.body
    known = rows.get(told.text("about"))
    if known is not None and Values(known).moment("at") <= record.created:
        return  # the first who cleared it
    names = ("about", "what", "from", "person", "note")
    row = {name: told.text(name) for name in names}
    rows.put({**row, "at": record.created, "mid": record.mid})


FOLD: Final = Fold(CLEARED, (home_kinds.CLEAR,), _fold_clear)
