"""Two ends of a line: what one does, both hold."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from detente.core.moment import Moment
from detente.desks.hotline.desk import DESK
from detente.office.desk import Opened
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.scene import Alert, Head, Scene
from detente.office.tables import Row, Table
from detente.store.memory import MemoryRows

NOW = Moment.parse("2026-03-01T10:00:00.000Z")
AURELIA, BOREALIS = "aurelia.gov", "borealis.gov"


class End:
    """One party's desk: its tables, and the heads of records as its office knows them."""

    def __init__(self, name: str, peer: str) -> None:
        self.name, self.peer, self.other = name, peer, self
        self.tables: dict[str, MemoryRows] = {}
        self.known: dict[bytes, tuple[str, Head]] = {}
        self.paths: tuple[tuple[str, bool], ...] = ()
        self.since = Moment(0)
        self.is_up = self.is_open = True
        self.drawn = 0

    def rows(self, table: Table) -> MemoryRows:
        return self.tables.setdefault(table.name, MemoryRows(table))

    def act(self, name: str, now: Moment = NOW, /, **values: Value) -> bytes:
        act = next(each for each in DESK.acts if each.name == f"hotline/{name}")
        defaults = {f.name: f.default for f in act.fields if f.default is not None}
        given = {**defaults, **values}
        if any(field.name == "to" for field in act.fields):
            given.setdefault("to", (f"hotline@{self.peer}",))
        (draft,) = act.build(Values(given), TableReader(self.rows), now)
        return self.say(draft, now)

    def look(self, name: str, now: Moment = NOW, /, **values: Value) -> tuple[Row, ...]:
        look = next(each for each in DESK.looks if each.name == f"hotline/{name}")
        defaults = {f.name: f.default for f in look.fields if f.default is not None}
        return look.read(TableReader(self.rows), Values({**defaults, **values}), now)

    def say(self, draft: Draft, now: Moment) -> bytes:
        for name in draft.fresh:
            self.drawn += 1
            seed = hashlib.sha256(f"{self.name} {self.drawn}".encode()).digest()
            draft = replace(draft, body=draft.body.with_(**{name: seed}))
        plaintext = draft.kind.write(draft.body)
        body = DESK.read(draft.kind.name, plaintext)
        assert isinstance(body, Values)
        told = plaintext + self.name.encode() + str(draft.created).encode()
        mid = hashlib.sha256(told).digest()
        own = f"hotline@{self.name}"
        opened = Opened(
            mid=mid,
            kind=draft.kind.name,
            from_=own,
            to=draft.to or (own,),
            matter=draft.matter or "0" * 32,
            s="00000000",
            n=1,
            reply_to=draft.reply_to,
            prec=draft.prec,
            tlp=draft.tlp,
            created=draft.created,
            kept_at=now,
            deadline=None,
            ours=True,
            origin="",
            place=0,
            author="s-1",
            releaser=None,
            ext={},
            body=body,
        )
        self.take(opened)
        if draft.to and self.is_up:
            self.other.take(replace(opened, ours=False))
        return mid

    def take(self, opened: Opened) -> None:
        head = Head(
            opened.mid, opened.kind, opened.from_, opened.ours, opened.kept_at, opened.reply_to
        )
        self.known[opened.mid] = (opened.matter, head)
        if self.is_open:
            DESK.fold(self.rows, opened)

    @property
    def scene(self) -> Scene:
        def heads(matter: str) -> Sequence[Head]:
            return [head for told, head in self.known.values() if told == matter]

        own, peer = f"hotline@{self.name}", f"hotline@{self.peer}"
        return Scene(own, (peer,), self.since, heads, lambda _: self.paths)

    def turn(self, now: Moment) -> list[str]:
        """Do the desk's chores; return the kinds of what it said."""
        found = [
            draft
            for chore in DESK.chores_closed
            for draft in chore(TableReader(self.rows), self.scene, now)
        ]
        for draft in found:
            self.say(draft, now)
        return [draft.kind.name for draft in found]

    def alerts(self, now: Moment) -> list[Alert]:
        return [each for alerting in DESK.alerts for each in alerting(self.scene, now)]


def line() -> tuple[End, End]:
    one, other = End(AURELIA, BOREALIS), End(BOREALIS, AURELIA)
    one.other, other.other = other, one
    return one, other
