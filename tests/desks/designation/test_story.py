"""A designation between Aurelia and Borealis from proposal to its end, over real nodes and offices.

Aurelia proposes, Borealis asks for more and adopts, a lawyer asks for review, Aurelia amends and then
delists, Borealis lifts. The line is cut and an office starts again on the way; the evidence verifies.
"""

from pathlib import Path
from typing import Final
from unittest import mock

import pytest
from tests.desks.designation.table import CASE, PERSON, STATEMENT, names
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net, Side

from detente.app.verify import proof
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.designation.folds import DESIGNATIONS
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.stands import COURSES
from detente.office.tables import Row
from detente.office.writing import KeysAtWork

SAID: Final = 9  # records between the two, at the least
START: Final = Moment.parse("2026-11-20T10:00:00.000Z")
_SIGNERS: Final = {
    "m-01": ("author",), "s-01": ("author", "read", "answer"), "s-02": ("read", "release"),
}  # fmt: skip
OFFICER: Final = Person("lind", "1000", "s-01", {"designation": frozenset(Role) - {Role.RELEASE}})
SECOND: Final = Person("aho", "1001", "s-02", {"designation": frozenset({Role.READ, Role.RELEASE})})


class Treasury(Side):
    """A side whose office opens the desk of designations, and its two people."""

    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "designation")},
            signers={each: party.signers[each] for each in _SIGNERS},
        )

    @property
    def desk(self) -> str:
        return self.party.address("designation")

    def do(self, name: str, /, **values: Value) -> bytes:
        """Do an act; what waits for a second person is released by one."""
        act = self.office.find_act(f"designation/{name}")
        given = {f.name: f.default for f in act.fields if f.default is not None}
        done = self.office.act(OFFICER, act.name, Values({**given, **values}), self.net.now)
        for mid in done.waiting:
            self.office.drafts.release(SECOND, mid, self.net.now)
        (mid,) = (*done.mids, *done.waiting)
        self.net.settle()
        return mid

    def look(self, name: str, /, **values: Value) -> tuple[Row, ...]:
        found = self.office.find_look(f"designation/{name}")
        given = {f.name: f.default for f in found.fields if f.default is not None}
        whole = Values({**given, **values})
        return self.office.look(OFFICER, found.name, whole, self.net.now)[1]

    def state(self, mid: bytes) -> object:
        return self.look("show", mid=mid)[0]["state"]

    def exported(self) -> str:
        (row,) = self.look("export", party=self.other.party.name)
        return str(row["list"])

    @property
    def other(self) -> "Treasury":
        found = next(each for each in self.net.sides if each is not self)
        assert isinstance(found, Treasury)
        return found


@pytest.fixture
def pair() -> tuple[Treasury, Treasury]:
    with mock.patch.dict(makers.DESKS, {"designation": _SIGNERS}):
        net = Net("aurelia-treasury.gov", "borealis-treasury.gov", kind=Treasury, start=START)
    one, two = net.sides
    assert isinstance(one, Treasury)
    assert isinstance(two, Treasury)
    return one, two


def test_from_proposal_to_lifting(pair: tuple[Treasury, Treasury], tmp_path: Path) -> None:
    aurelia, borealis = pair
    net = aurelia.net
    mid = aurelia.do(
        "propose", to=(borealis.desk,), number="AUR-17", basis="Decree 12, article 3",
        measure=("freeze",), statement=STATEMENT, case=CASE, review=START + Span.of(days=365), **PERSON,
    )  # fmt: skip
    assert (aurelia.state(mid), borealis.state(mid)) == ("proposed", "proposed")
    borealis.do("respond", mid=mid, answer="more", text="Which passport?")
    aurelia.do("reasons", mid=mid, part="case", tlp="RED", text="P 12345, seen at the border.")
    with pytest.raises(OurFault, match="in force"):
        borealis.exported()

    # Adoption waits for the second person; until then nothing is applied.
    act = borealis.office.find_act("designation/adopt")
    done = borealis.office.act(
        OFFICER, act.name, Values({"mid": mid, "home": "B-4", "prec": "ROUTINE"}), net.now
    )
    net.settle()
    assert not done.mids
    assert (aurelia.state(mid), borealis.state(mid)) == ("proposed", "proposed")
    borealis.office.drafts.release(SECOND, done.waiting[0], net.now)
    net.settle()
    assert (aurelia.state(mid), borealis.state(mid)) == ("adopted", "adopted")
    assert '"id":"AUR-17"' in borealis.exported()

    # A lawyer asks for review; Aurelia amends, and what Borealis applies waits for its own word.
    net.now += Span.of(days=1)
    asked = borealis.do(
        "redress", mid=mid, ref="R-8", by="counsel", grounds="mistaken", text="Born in 1971.",
    )  # fmt: skip
    net.set_line(aurelia, borealis, up=False)
    aurelia.do(
        "amend", mid=mid, birth=("1971-02-01",), name=names("Ivan Example"), text="The year."
    )
    borealis.restart()
    assert (aurelia.state(mid), borealis.state(mid)) == ("amended", "adopted")
    net.set_line(aurelia, borealis, up=True)
    net.settle()
    assert (aurelia.state(mid), borealis.state(mid)) == ("amended", "amended")
    assert "1970-02-01" in borealis.exported()
    borealis.do("adopt", mid=mid)
    assert "1971-02-01" in borealis.exported()

    # It was another person after all.
    net.now += Span.of(days=1)
    aurelia.do("decide", mid=asked, outcome="granted", text="It was another person.")
    aurelia.do("delist", mid=mid, reason="mistaken", text="It was another person.")
    assert (aurelia.state(mid), borealis.state(mid)) == ("delisted", "delisted")
    assert borealis.exported() == '{"form":"detente-list-1","entities":0}\n'
    (row,) = aurelia.look("list")
    assert (row["state"], row["owes"]) == ("delisted", "them")
    borealis.do("lift", mid=mid, text="Lifted at noon.")
    assert (aurelia.state(mid), borealis.state(mid)) == ("closed", "closed")

    # Both hold the same; a stranger can check it; a rebuild gives it again.
    mine = dict.fromkeys(("owes", "ours", "can"))
    shown = [{**row, **mine} for row in aurelia.look("show", mid=mid)]
    assert shown == [{**row, **mine} for row in borealis.look("show", mid=mid)]
    matter = str(aurelia.look("show", mid=mid)[0]["matter"])
    for side in pair:
        (tmp_path / f"{side.party.name}.card").write_bytes(side.party.card.note)
    net.confirm()
    for side in pair:
        file = tmp_path / f"{side.party.name}.evidence"
        file.write_bytes(side.office.cases.evidence(OFFICER, matter, "", with_text=True))
        cards = [tmp_path / f"{each.party.name}.card" for each in pair]
        verdict = proof.run(file, cards, None, accept_fast=True)
        assert verdict.exit_code == 0, verdict.lines
        assert sum("designation." in line for line in verdict.lines) >= SAID
    before = [side.rows(table) for side in pair for table in (DESIGNATIONS, COURSES)]
    for side in pair:
        side.restart()
    assert [side.rows(table) for side in pair for table in (DESIGNATIONS, COURSES)] == before
