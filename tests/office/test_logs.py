"""What comes from logs that are odd: two records under one number, one record in two logs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, FusedHatch, Net, Side

from detente.core import envelope, record
from detente.core.envelope import Parts
from detente.core.moment import Moment
from detente.desks.cert import folds
from detente.node.ports import Kept, Level, Queued
from detente.office import house, reading
from detente.office.fields import Values
from detente.office.office import Office
from detente.office.writing import Letter, Written

OLD = "w" * 16  # the link id of an epoch that is closed


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def letter(side: Side, to: Side, text: bytes, kind: str = "tea.invitation") -> Letter:
    return Letter(
        kind=kind,
        desk="cert",
        to=(to.address,),
        text=text,
        created=side.net.now,
        matter="0" * 31 + "e",
        prec="ROUTINE",
        tlp="GREEN",
    )


# Two records under one number.


def lie(side: Side) -> None:
    """The node of this side counts no numbers."""
    side.node._submitting._number = lambda tx, accepted, terms, refused: list(accepted)  # type: ignore[method-assign]


def twice(a: Side, b: Side, *texts: bytes, kind: str = "tea.invitation") -> list[Written]:
    """Records of the same number, as an office that cheats writes them."""
    lie(a)
    book, found = a.office._register.book, []
    for text in texts:
        book._series[("cert", "0" * 31 + "e")] = ("5e5e5e5e", 6)
        found.append(a.office.write(letter(a, b, text, kind), "s-01"))
    for each in found:
        assert not a.hatch.submit([each.envelope], a.net.now)[0].code
    return found


def test_the_second_record_of_a_number_is_refused_and_both_are_kept(net: Net) -> None:
    a, b = net.sides
    first, second = twice(a, b, b"at five", b"at six")
    net.settle()
    assert [row.data("mid") for row in b.of_kind("tea.invitation", ours=False)] == [first.mid]
    (refused,) = b.office.status.refused()
    assert (refused.data("mid"), refused.text("code")) == (second.mid, "E_EQUIVOCATION")
    (pair,) = b.office.status.equivocations()
    assert (pair["first"], pair["second"]) == (first.mid, second.mid)
    assert (pair["from"], pair["s"], pair["n"]) == (a.address, "5e5e5e5e", 7)
    (reject,) = a.rows(house.REJECTS)
    assert (reject.data("of"), reject.text("code")) == (second.mid, "E_EQUIVOCATION")


def test_it_comes_out_the_same_after_a_restart_and_a_rebuild(net: Net) -> None:
    a, b = net.sides
    twice(a, b, b"at five", b"at six", b"at seven")
    net.settle()
    tables = {name: b.tables()[name] for name in ("house_refused", "house_equivocations")}
    assert [len(rows) for rows in tables.values()] == [2, 2]
    b.start_office()
    net.settle()
    b.office.rebuild(net.now)
    net.settle()
    assert {name: b.tables()[name] for name in tables} == tables
    assert len(a.rows(house.REJECTS)) == 2
    assert [each.header.kind for each in b.in_log(a)].count("sys.reject") == 2
    assert len(b.said_delivered()) == 1


def test_a_number_counts_though_its_first_record_could_not_be_read(net: Net) -> None:
    a, b = net.sides
    first, second = twice(a, b, b"{}", b'{"v":1}', kind="cert.bundle")
    net.settle()
    codes = [(row.data("mid"), row.text("code")) for row in b.office.status.refused()]
    assert codes == [(first.mid, "E_CANON"), (second.mid, "E_EQUIVOCATION")]


def test_a_number_under_which_somebody_else_signed_counts_for_nothing(net: Net) -> None:
    a, b = net.sides
    lie(a)
    (good,) = twice(a, b, b"at five")
    a.office._register.book._series[("cert", "0" * 31 + "e")] = ("5e5e5e5e", 6)
    forged = a.office.write(letter(a, b, b"at six"), "s-01")
    parts = envelope.split(forged.envelope)
    block = record.write_signatures([record.Signature(record.AUTHOR, "s-01", bytes(64))])
    a.hatch.submit([envelope.encode(parts._replace(sigs=block))], net.now)
    net.settle()
    assert [row.text("code") for row in b.office.status.refused()] == ["E_SIG"]
    assert b.office.status.equivocations() == []
    assert a.level(good.mid) == "DELIVERED"


# One record in two logs: an older epoch of the link comes to light while the office runs.


class TwoEpochs(FusedHatch):
    """A hatch that tells of an older log of the peer too, from when a test says so."""

    def __init__(self, side: Side, owner: Side) -> None:
        super().__init__(side, side.fuse)
        self.origin, self.owner = f"{owner.party.name}/detente/{OLD}", owner.party.name
        self.old: list[Kept] = []
        self.is_known = False

    def add(self, one: bytes, at: Moment) -> None:
        self.old.append(Kept(self.origin, len(self.old), at, one))

    def levels(self) -> Sequence[Level]:
        found = super().levels()
        (theirs,) = [each for each in found if each.owner == self.owner]
        size = len(self.old)
        older = replace(theirs, origin=self.origin, link_id=OLD, size=size, receipted=size)
        return [*found, older] if self.is_known else found

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> Sequence[Kept]:
        assert self.is_known or self.origin not in places
        found = list(super().since(places, count_max, bytes_max))
        start = places.get(self.origin, 0) if self.is_known else len(self.old)
        return [*found, *self.old[start : start + count_max - len(found)]]


@pytest.fixture
def two(net: Net) -> TwoEpochs:
    a, b = net.sides
    hatch = TwoEpochs(b, a)
    b.hatch = hatch
    b.office = Office(b.desks, hatch, b.shelf, b.keys, b._entropy("office"))
    b.office.resume(net.now)
    return hatch


def test_a_log_that_appears_while_the_office_runs_is_read_and_answered(
    net: Net, two: TwoEpochs
) -> None:
    a, b = net.sides
    a.send("in the new log", b)
    net.settle()
    older = a.office.write(letter(a, b, b"in the old log"), "s-01")
    bad = a.unreadable(b)
    two.add(older.envelope, net.now)
    two.add(bad.envelope, net.now)
    two.is_known = True
    net.settle()
    assert [row.data("mid") for row in b.of_kind("tea.invitation", ours=False)] == [older.mid]
    assert (two.origin, 2) in b.said_delivered()
    (row,) = [each for each in a.rows(house.DELIVERIES) if each.text("origin") == two.origin]
    assert row["not"] == (1,)
    assert [each.data("of") for each in a.rows(house.REJECTS)] == [bad.mid]
    b.office.resume(net.now)
    net.settle()
    assert b.said_delivered().count((two.origin, 2)) == 1


def test_a_mid_that_was_delivered_is_not_delivered_again_and_not_refused(
    net: Net, two: TwoEpochs
) -> None:
    a, b = net.sides
    mid = a.send("once", b)
    net.settle()
    (row,) = b.of_kind("cert.bundle", ours=False)
    kept = b.office._register.kept_at(row.text("origin"), row.whole("place"))
    two.add(kept.envelope, net.now)
    two.is_known = True
    before = b.rows(folds.BUNDLES)
    net.settle()
    assert (b.rows(folds.BUNDLES), len(b.of_kind("cert.bundle", ours=False))) == (before, 1)
    assert (b.rows(house.REFUSED), a.rows(house.REJECTS)) == ([], [])
    assert (two.origin, 1) in b.said_delivered()
    assert a.level(mid) == "DELIVERED"


def spoiled(one: bytes) -> bytes:
    """The same header with a body that opens for nobody."""
    parts: Parts = envelope.split(one)
    return envelope.encode(parts._replace(body=bytes(len(parts.body))))


def test_it_counts_as_received_though_this_copy_cannot_be_opened(net: Net, two: TwoEpochs) -> None:
    a, b = net.sides
    mid = a.send("once", b)
    net.settle()
    (row,) = b.of_kind("cert.bundle", ours=False)
    kept = b.office._register.kept_at(row.text("origin"), row.whole("place"))
    two.add(spoiled(kept.envelope), net.now)
    two.is_known = True
    net.settle()
    assert (b.rows(house.REFUSED), a.rows(house.REJECTS)) == ([], [])
    assert (two.origin, 1) in b.said_delivered()
    assert b.office.records.read(PERSON, mid, net.now).mid == mid
    b.office.resume(net.now)
    b.office.rebuild(net.now)
    net.settle()
    assert len(b.of_kind("cert.bundle", ours=False)) == 1


@pytest.mark.parametrize("link_id", [OLD, "2" * 16])
def test_a_copy_that_cannot_be_opened_takes_the_place_of_none_that_can(
    link_id: str, net: Net, two: TwoEpochs
) -> None:
    a, b = net.sides
    two.origin = f"{a.party.name}/detente/{link_id}"
    mid = a.send("once", b)
    net.settle()
    (row,) = b.of_kind("cert.bundle", ours=False)
    good = b.office._register.kept_at(row.text("origin"), row.whole("place"))
    unsealed = envelope.split(good.envelope)._replace(seals=envelope.write_seals([]))
    two.add(spoiled(good.envelope), net.now)
    two.add(envelope.encode(unsealed), net.now)
    two.is_known = True
    net.settle()
    assert b.office.records.read(PERSON, mid, net.now).mid == mid
    place = b.office._register.receipted_place(b.office.records.find(mid)[0])
    # The second copy bears the author's signature: what it says is proved as well.
    assert place in ((good.origin, good.seq), (two.origin, 1))


# One record twice in one log.


def log_again(side: Side, one: bytes) -> None:
    """Put an envelope into a log as no honest node would: its record stands there."""
    (link,) = side.node._links.values()
    with side.store.begin() as tx:
        logged, grown = link.log(tx, [Queued(0, 1, one)], side.net.now)
    side.node._logged(link, logged, grown, side.net.now)


def logged_of(side: Side, row: Values) -> list[Kept]:
    register = side.office._register
    register.see_levels()
    return register.since(row.text("origin"), 0, 1_000, 2**20)


@pytest.mark.parametrize("how", ["the same", "without seals", "another body"])
def test_a_record_that_comes_again_in_one_log_counts_once_where_it_was_opened(
    how: str, net: Net
) -> None:
    a, b = net.sides
    mid = a.send("once", b)
    net.settle()
    before, (row,) = b.tables(), b.of_kind("cert.bundle", ours=False)
    one = b.office._register.kept_at(row.text("origin"), row.whole("place")).envelope
    parts = envelope.split(one)
    unsealed = envelope.encode(parts._replace(seals=envelope.write_seals([])))
    copies = {"the same": one, "without seals": unsealed, "another body": spoiled(one)}
    log_again(a, copies[how])
    net.settle()
    assert [reading.mid_of(each.envelope) for each in logged_of(b, row)].count(mid) == 2
    told = {"house_deliveries", "house_records", "house_places"}
    after = b.tables()
    assert {name: rows for name, rows in after.items() if name not in told} == {
        name: rows for name, rows in before.items() if name not in told
    }
    assert b.of_kind("cert.bundle", ours=False) == [row]
    assert b.office.records.read(PERSON, mid, net.now).mid == mid
    b.office.rebuild(net.now)
    net.settle()
    assert b.of_kind("cert.bundle", ours=False) == [row]


def test_our_own_record_in_a_peers_log_is_refused_as_ever(net: Net, two: TwoEpochs) -> None:
    _, b = net.sides
    own = b.office.write(letter(b, b, b"ours"), "s-01")
    b.hatch.submit([own.envelope], net.now)
    net.settle()
    two.add(own.envelope, net.now)
    two.is_known = True
    net.settle()
    assert [row.text("code") for row in b.rows(house.REFUSED)] == ["E_SIG"]
