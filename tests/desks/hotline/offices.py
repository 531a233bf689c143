"""Two parties with a direct line, wired to each other: real offices and nodes, in one process."""

from typing import Final
from unittest import mock

from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import START, Net, Side

from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.tables import Row
from detente.office.writing import KeysAtWork

DRAFTER: Final = Person(
    "lind", "1000", "s-01", {"hotline": frozenset({Role.READ, Role.ANSWER, Role.AUTHOR})}
)
PRINCIPAL: Final = Person(
    "orlov", "1001", "s-02", {"hotline": frozenset({Role.READ, Role.RELEASE})}
)
ALBA, BORIA = "alba.gov", "boria.gov"  # of these tests alone: other parties lack the desk
_SIGNERS: Final = {
    "m-01": ("author",), "s-01": ("author", "read", "answer"), "s-02": ("read", "release"),
}  # fmt: skip


class LineSide(Side):
    """A side whose office opens the hotline too."""

    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "hotline")},
            signers={each: party.signers[each] for each in _SIGNERS},
        )

    def do(self, name: str, person: Person = DRAFTER, /, **values: Value) -> tuple[bytes, ...]:
        """Do an act; return mids that were sent, or that wait for the second person."""
        act = self.office.find_act(f"hotline/{name}")
        defaults = {f.name: f.default for f in act.fields if f.default is not None}
        done = self.office.act(person, act.name, Values({**defaults, **values}), self.net.now)
        self.net.settle()
        return done.waiting or done.mids

    def see(self, name: str, /, **values: Value) -> tuple[Row, ...]:
        return self.office.look(DRAFTER, f"hotline/{name}", Values(values), self.net.now)[1]


def line_net(start: Moment = START, kind: type[LineSide] = LineSide) -> Net:
    with mock.patch.dict(makers.DESKS, {"hotline": _SIGNERS}):
        return Net(ALBA, BORIA, kind=kind, start=start)
