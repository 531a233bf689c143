"""Two sides of a watch floor in memory: what one does, both have."""

import hashlib
from typing import cast

from detente.core.canon import Json
from detente.core.moment import Moment, Span
from detente.desks.notices.desk import DESK
from detente.office import courses, house, marks
from detente.office.desk import Opened
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.ports import ShelfTx
from detente.office.reader import TableReader
from detente.office.scene import Scene
from detente.office.tables import Row, Table
from detente.store.memory import MemoryRows

NOW = Moment.parse("2026-11-22T10:00:00.000Z")
A, B = "aurelia.gov", "borealis.gov"
NONE = Span(0)
TO_B, TO_A = (f"notices@{B}",), (f"notices@{A}",)


def values(**named: str | tuple[str, ...]) -> tuple[Values, ...]:
    """Fields of a notice as an act takes them."""
    return tuple(
        Values({"name": name, "text": text})
        for name, texts in named.items()
        for text in (texts if isinstance(texts, tuple) else (texts,))
    )


OUTAGE = values(
    sector="energy",
    began="2026-11-22T09:40Z",
    place="59.4370 24.7536",
    people="120000",
    cause="unknown",
    remarks="Two lines tripped.",
)


class Side:
    """One party's desk: its tables, its clock against the true one, and a floor it stands on."""

    def __init__(self, name: str, ahead: Span = NONE) -> None:
        self.name, self.ahead = name, ahead
        self.tables: dict[str, MemoryRows] = {}
        self.count = 0

    @property
    def address(self) -> str:
        return f"notices@{self.name}"

    def rows(self, table: Table) -> MemoryRows:
        return self.tables.setdefault(table.name, MemoryRows(table))

    @property
    def reader(self) -> TableReader:
        return TableReader(self.rows)

    def drafts(self, verb: str, now: Moment, /, **given: Value) -> tuple[Draft, ...]:
        act = next(act for act in DESK.acts if act.name == f"notices/{verb}")
        whole = {field.name: field.default for field in act.fields} | {"tlp": "GREEN"} | given
        return act.build(Values(whole), self.reader, now + self.ahead)

    def look(self, name: str, now: Moment = NOW, **given: Value) -> tuple[Row, ...]:
        look = next(look for look in DESK.looks if look.name == f"notices/{name}")
        whole = {field.name: field.default for field in look.fields} | given
        return look.read(self.reader, Values(whole), now + self.ahead)

    def chores(self, now: Moment) -> list[Draft]:
        scene = Scene(self.address, (), asks_two=lambda *_: False)
        return [
            each for chore in DESK.chores for each in chore(self.reader, scene, now + self.ahead)
        ]

    def fold(self, opened: Opened) -> None:
        """What an office does with a record: its desk's tables, and the house's of courses."""
        DESK.fold(self.rows, opened)
        told = {name: getattr(opened, name) for name in Opened.__slots__}
        row = {each.name: told[each.name] for each in house.RECORDS.columns if each.name in told}
        more: dict[str, Value] = {"from": opened.from_, "desk": "notices", "size": 1, "known": True}
        more |= {"marks": marks.to_column(cast("dict[str, Json]", opened.ext))}
        self.rows(house.RECORDS).put({**row, **more})
        tx = cast("ShelfTx", self)
        courses.note_body(tx, opened, DESK)
        courses.settle(tx, self.name, opened.matter, {"notices": DESK})


def say(by: Side, draft: Draft, *sides: Side, at: Moment = NOW, late: Span = NONE) -> bytes:
    """Carry a record to both sides; the other keeps it `late` after its author, by its own clock."""
    body = DESK.read(draft.kind.name, draft.kind.write(draft.body))
    assert isinstance(body, Values)
    by.count += 1
    mid = hashlib.sha256(f"{by.name} {by.count} {draft.created}".encode()).digest()
    matter = draft.matter or mid.hex()[:32]
    for side in sides:
        passed = NONE if side is by else late
        side.fold(
            Opened(
                mid=mid, kind=draft.kind.name, from_=by.address, to=draft.to or (by.address,), matter=matter,
                s="00000000", n=by.count, reply_to=draft.reply_to, prec=draft.prec, tlp=draft.tlp,
                created=draft.created, kept_at=at + passed + side.ahead, deadline=draft.deadline,
                ours=side is by, origin="", place=0, author="s-01", releaser=None,
                ext=dict(draft.ext or {}), body=body,
            )
        )  # fmt: skip
    return mid


class Floor:
    """Both sides, and the line between them."""

    def __init__(self, ahead: Span = NONE) -> None:
        self.a, self.b = Side(A), Side(B, ahead)

    def do(
        self, by: Side, verb: str, at: Moment = NOW, late: Span = NONE, /, **given: Value
    ) -> bytes:
        mids = [
            say(by, each, self.a, self.b, at=at, late=late) for each in by.drafts(verb, at, **given)
        ]
        return mids[0]

    def turn(self, at: Moment) -> int:
        """Let both desks do their chores; return how many records came of it."""
        made = [(side, each) for side in (self.a, self.b) for each in side.chores(at)]
        for side, each in made:
            say(side, each, self.a, self.b, at=at)
        return len(made)
