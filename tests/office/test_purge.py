"""After a purge an office holds no text of what went, still shows that it was, and says no more."""

from collections.abc import Callable

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import OBJECT, PERSON, Net, Side
from tests.support.outcomes import fault_of

from detente.core.moment import Span
from detente.node.care import Order
from detente.node.ports import Kept
from detente.office import house, reading
from detente.office.fields import Values

MARK = "the text that has to go"


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def talk(net: Net) -> bytes:
    a, b = net.sides
    mid = a.send(MARK, b)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    b.act("cert/answer", mid=mid, verdict="useful", text=MARK)
    net.settle()
    refs = (Values({"id": OBJECT}),)
    withdrawal = a.act("cert/withdraw", mid=mid, object=refs, reason="false", all=False)
    net.settle()
    b.act("cert/acknowledge", mid=withdrawal)
    net.settle()
    return mid


def due(side: Side) -> bool:
    return side.office.refold_due


def purge(net: Net, side: Side) -> None:
    before = net.now + Span(1)
    net.now += Span(40 * 86_400_000)
    side.node.care.order(Order(before, "1000"), net.now)
    while side.node.care.step(net.now):
        pass
    net.settle()


@pytest.mark.parametrize("who", [0, 1])
def test_the_texts_go_and_what_is_known_of_the_records_stays(net: Net, who: int) -> None:
    side = net.sides[who]
    mid = talk(net)
    records = {row.data("mid"): row for row in side.rows(house.RECORDS)}
    levels = {each: side.level(each) for each in records}
    sizes = [level.size for level in side.node.levels()[1:]]
    assert MARK in repr(side.tables())
    purge(net, side)
    assert due(side)
    side.office.rebuild(net.now)
    net.settle()
    assert not due(side)
    assert MARK not in repr(side.tables())
    after = {row.data("mid"): row for row in side.rows(house.RECORDS)}
    assert after.keys() == records.keys()
    assert not after[mid].flag("known")
    assert after[mid].text("kind") == "cert.bundle"
    assert {each: side.level(each) for each in after} == levels
    assert [level.size for level in side.node.levels()[1:]] == sizes
    assert side.outbox() == []
    before = side.tables()
    side.office.rebuild(net.now)
    assert side.tables() == before
    assert not due(side)


def test_a_purged_record_cannot_be_read_and_can_be_proven(net: Net) -> None:
    side = net.sides[1]
    mid = talk(net)
    proof = side.office.records.proof(PERSON, mid)
    matter = side.office.records.find(mid)[0].text("matter")
    purge(net, side)
    side.office.rebuild(net.now)
    assert fault_of(side.office.records.read, PERSON, mid, net.now) == "office.purged"
    assert side.office.records.proof(PERSON, mid) == proof
    made = side.office.cases.evidence(PERSON, matter, "", with_text=True)
    assert made.startswith(b"PK")
    assert MARK.encode() not in made


def test_files_of_a_record_whose_text_went_are_expected_no_more(net: Net) -> None:
    a, b = net.sides
    handle = a.office.files.begin("report.pdf", 5, net.now)
    a.office.files.add(handle, b"bytes", net.now)
    a.send("with a file", b, attach=(handle,))
    net.turn()
    purge(net, b)
    (row,) = b.of_kind("cert.bundle", ours=False)
    b.office.records.read(
        PERSON, row.data("mid"), net.now
    )  # it stays while the office awaits its file
    # Only a node that was told otherwise takes it away.
    b.node.have_read({each.origin: each.size for each in b.node.levels()}, ())
    purge(net, b)
    b.restart()
    net.turn()
    (row,) = b.of_kind("cert.bundle", ours=False)
    assert fault_of(b.office.records.read, PERSON, row.data("mid"), net.now) == "office.purged"
    assert b.office.next_inspection() is not None
    net.now += Span(600)
    assert not b.office.inspect(net.now)
    assert b.office.next_inspection() is None


def changed(change: Callable[[bytes], bytes]) -> Callable[[Net, bytes], object]:
    def look(net: Net, mid: bytes) -> object:
        side = net.sides[1]
        row = side.office.records.find(mid)[0]
        kept = side.office._register.kept_at(row.text("origin"), row.whole("place"))
        odd = Kept(kept.origin, kept.seq, kept.kept_at, change(kept.envelope))
        return side.office._register.take(odd)

    return look


def test_what_is_left_is_judged_like_a_whole_record(net: Net) -> None:
    mid = talk(net)
    purge(net, net.sides[1])
    taken = changed(lambda data: data)(net, mid)
    assert isinstance(taken, reading.Taken)
    assert (taken.purged, taken.text, taken.body) == (True, b"", None)
    refused = changed(lambda data: data[:-1] + bytes([data[-1] ^ 1]))(net, mid)
    assert isinstance(refused, reading.Refusal)
    assert refused.fault.code == "E_SIG"
    assert changed(lambda _: b"")(net, mid) is None
    assert isinstance(changed(lambda data: data[:-1])(net, mid), reading.Refusal)


def test_a_purge_seen_once_is_not_seen_again_after_a_start(net: Net) -> None:
    side = net.sides[0]
    talk(net)
    purge(net, side)
    side.office.rebuild(net.now)
    side.start_office()
    net.settle()
    assert not due(side)
