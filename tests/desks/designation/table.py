"""Two desks of designations in memory: what one says, both have, in whatever order."""

import hashlib
from collections.abc import Sequence
from typing import cast

from detente.core.moment import Moment, Span
from detente.desks.designation.desk import DESK
from detente.office import courses, house
from detente.office.desk import Opened
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.ports import ShelfTx
from detente.office.reader import TableReader
from detente.office.tables import Row, Table
from detente.store.memory import MemoryRows

NOW = Moment.parse("2026-11-20T10:00:00.000Z")  # a Friday
A, B = "aurelia.gov", "borealis.gov"
TO_B, TO_A = (f"designation@{B}",), (f"designation@{A}",)
CASE = "An informer at the bank saw the order."
STATEMENT = "Paid for the attack of 3 May."


def names(*texts: str) -> tuple[Values, ...]:
    """Names as an act takes them: NAME or NAME|QUALITY."""
    split = [text.split("|") for text in texts]
    return tuple(Values(dict(zip(("name", "quality"), each, strict=False))) for each in split)


def papers(*texts: str) -> tuple[Values, ...]:
    split = [text.split("|") for text in texts]
    return tuple(
        Values(dict(zip(("type", "value", "country"), each, strict=False))) for each in split
    )


PERSON: dict[str, Value] = {
    "schema": "person", "name": names("Ivan Example", "Иван Пример|original", "The Baker|weak"),
    "birth": ("1970-02-01",), "country": ("bo",), "paper": papers("passport|P 12345|bo"),
}  # fmt: skip
PROPOSAL: dict[str, Value] = {
    **PERSON, "to": TO_B, "number": "AUR-17", "basis": "Decree 12, article 3", "measure": ("freeze",),
    "statement": STATEMENT, "case": CASE, "review": NOW + Span.of(days=365),
}  # fmt: skip


def after(days: int = 0, hours: int = 0) -> Moment:
    return NOW + Span.of(days=days, hours=hours)


class Side:
    """One party's desk: its tables and those of the house that its pages look at."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tables: dict[str, MemoryRows] = {}
        self.count = 0

    @property
    def address(self) -> str:
        return f"designation@{self.name}"

    def rows(self, table: Table) -> MemoryRows:
        return self.tables.setdefault(table.name, MemoryRows(table))

    @property
    def reader(self) -> TableReader:
        return TableReader(self.rows)

    def drafts(self, verb: str, now: Moment = NOW, /, **given: Value) -> tuple[Draft, ...]:
        act = next(act for act in DESK.acts if act.name == f"designation/{verb}")
        whole = {field.name: field.default for field in act.fields} | given
        assert whole.keys() == {field.name for field in act.fields}, verb
        return act.build(Values(whole), self.reader, now)

    def look(self, name: str, now: Moment = NOW, **given: Value) -> tuple[Row, ...]:
        look = next(look for look in DESK.looks if look.name == f"designation/{name}")
        whole = {field.name: field.default for field in look.fields} | given
        return look.read(self.reader, Values(whole), now)

    def state(self, mid: bytes, now: Moment = NOW) -> object:
        return self.look("show", now, mid=mid)[0]["state"]

    def parts(self, mid: bytes, part: str, now: Moment = NOW) -> list[Row]:
        return [row for row in self.look("show", now, mid=mid) if row["part"] == part]

    def fold(self, opened: Opened) -> None:
        """What an office does with a record: its desk's tables, and the house's of courses."""
        DESK.fold(self.rows, opened)
        told = {name: getattr(opened, name) for name in Opened.__slots__}
        row = {each.name: told[each.name] for each in house.RECORDS.columns if each.name in told}
        more: dict[str, Value] = {
            "from": opened.from_, "desk": "designation", "size": 1, "known": True,
        }  # fmt: skip
        self.rows(house.RECORDS).put({**row, **more})
        tx = cast("ShelfTx", self)
        courses.note_body(tx, opened, DESK)
        courses.settle(tx, self.name, opened.matter, {"designation": DESK})


def opened_of(by: Side, draft: Draft, at: Moment) -> Opened:
    """The record that comes of a draft, as both sides read it; its body went over the wire."""
    body = DESK.read(draft.kind.name, draft.kind.write(draft.body))
    assert isinstance(body, Values)
    by.count += 1
    mid = hashlib.sha256(f"{by.name} {by.count} {draft.created}".encode()).digest()
    return Opened(
        mid=mid, kind=draft.kind.name, from_=by.address, to=draft.to,
        matter=draft.matter or mid.hex()[:32], s="00000000", n=by.count, reply_to=draft.reply_to,
        prec=draft.prec, tlp=draft.tlp, created=draft.created, kept_at=at, deadline=draft.deadline,
        ours=True, origin="", place=0, author="s-01", releaser="s-02" if draft.kind.second_person else None,
        ext=dict(draft.ext or {}), body=body,
    )  # fmt: skip


def seen_by(side: Side, opened: Opened) -> Opened:
    told = {name: getattr(opened, name) for name in Opened.__slots__}
    return Opened(**{**told, "ours": opened.from_ == side.address})


class Talk:
    """Both sides, and all that was said between them."""

    def __init__(self) -> None:
        self.a, self.b = Side(A), Side(B)
        self.said: list[Opened] = []

    def say(self, by: Side, draft: Draft, *sides: Side, at: Moment = NOW) -> bytes:
        opened = opened_of(by, draft, at)
        self.said.append(opened)
        for side in sides or (self.a, self.b):
            side.fold(seen_by(side, opened))
        return opened.mid

    def do(self, by: Side, verb: str, at: Moment = NOW, /, **given: Value) -> bytes:
        mids = [self.say(by, each, at=at) for each in by.drafts(verb, at, **given)]
        return mids[0]

    def propose(self, at: Moment = NOW, /, **given: Value) -> bytes:
        return self.do(self.a, "propose", at, **{**PROPOSAL, **given})

    def states(self, mid: bytes, at: Moment = NOW) -> set[object]:
        return {self.a.state(mid, at), self.b.state(mid, at)}


def refolded(name: str, said: Sequence[Opened]) -> Side:
    """A side that had the records in this order."""
    side = Side(name)
    for each in said:
        side.fold(seen_by(side, each))
    return side
