"""A desk that numbers what it folds, as an office does, and objects to fold."""

import json
from collections.abc import Mapping
from dataclasses import replace

from tests.desks.cert.test_cert import NOW, Side, say

from detente.core.moment import Moment
from detente.desks.cert import kinds
from detente.desks.cert.desk import DESK
from detente.desks.cert.formats.jcs import Json
from detente.office.desk import Opened
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.ready import ready
from detente.office.tables import Row

BORN = "2026-01-01T00:00:00.000Z"


class Home(Side):
    """Aurelia's desk."""

    def __init__(self, name: str = "aurelia.gov") -> None:
        super().__init__(name)
        self.numbers = 0

    def fold(self, opened: Opened) -> None:
        """Fold a record under numbers that only grow."""
        opened = replace(opened, to=opened.to or (f"cert@{self.name}",))
        if opened.kind == kinds.BUNDLE.name:
            self.numbers += 1_000
            opened = replace(opened, added=1_700_000_000_000_000 + self.numbers)
        super().fold(opened)

    def act(self, name: str, now: Moment = NOW, /, **values: Value) -> Draft:
        """Build an act's record as an office does: whole, with defaults, checked."""
        act = next(each for each in DESK.acts if each.name == name)
        whole = ready(act, Values(values), lambda _cut: ())
        (draft,) = act.build(whole, TableReader(self.rows), now)
        return draft

    def do(self, act: str, at: Moment = NOW, /, **values: Value) -> bytes:
        """Do an act of our own desk, for ourselves."""
        return say(self, self.act(f"cert/{act}", at, **values), self, at=at)

    def see(self, name: str, at: Moment = NOW, /, **values: Value) -> tuple[Row, ...]:
        """Look."""
        return self.look(f"cert/{name}", at, **values)

    def hear(
        self, *objects: Mapping[str, object], tlp: str = "GREEN", by: str = "borealis.gov"
    ) -> bytes:
        """Take in a bundle that another party sent."""
        other = Home(by)
        draft = other.act(
            "cert/send", file=bundle(*objects), to=("cert@aurelia.gov",), about="Seen", tlp=tlp
        )
        return say(other, draft, self)


def bundle(*objects: Mapping[str, object]) -> bytes:
    """Return a bundle of objects."""
    whole = {"type": "bundle", "id": "bundle--44af6c39-c09b-49c5-9de2-394224b04982"}
    return json.dumps({**whole, "objects": list(objects)}).encode()


def indicator(number: int, value: str, modified: str = BORN, **more: Json) -> dict[str, Json]:
    """Return an indicator of one value."""
    sort = "domain-name" if value[-1].isalpha() else "ipv4-addr"
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number:08x}-0000-4000-8000-000000000000",
        "created": BORN,
        "modified": modified,
        "name": f"C2 at {value}",
        "pattern": f"[{sort}:value = '{value}']",
        "pattern_type": "stix",
        "valid_from": BORN,
        **more,
    }
