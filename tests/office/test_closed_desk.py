"""A desk whose opening key only its people open: closed, it stores and says nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS, LabelOpener
from tests.support.offices import PERSON, FusedShelf, Net, Side
from tests.support.outcomes import fault_of

from detente.app.desks import DESKS
from detente.core import envelope
from detente.core.keys import Opener
from detente.core.party import key_id_of
from detente.office import courses, home_kinds, house, writing
from detente.office.fields import Values
from detente.office.finding import Sought
from detente.office.ports import Shelf
from detente.office.veil import VeiledShelf
from detente.office.writing import KeysAtWork
from detente.store.memory import MemoryShelf
from detente.store.shelf import SqliteShelf

HOUSE = LabelOpener("house")
ACT_BODY = Values({"person": PERSON.name, "user": "1000", "act": "cert/send", "mids": ()})


def attend(side: Side) -> Callable[[bool], None]:
    """Make the desk of a side one that its people open; return what opens and closes it."""
    opener = side.party.openers["cert"]
    attended: dict[str, tuple[Opener, ...]] = {"cert": ()}
    tables = {"cert": DESKS[0].tables}
    veil = VeiledShelf(side.shelf.inner, MemoryShelf, tables)
    side.shelf = FusedShelf(veil, side.fuse)
    side.keys = KeysAtWork({}, side.keys.signers, attended=attended, house=HOUSE)
    side.restart()

    def turn_key(is_open: bool) -> None:
        if not is_open:
            veil.forget("cert")
        attended["cert"] = (opener,) if is_open else ()

    return turn_key


def pair(*, closed: bool = True) -> tuple[Net, Side, Side, Callable[[bool], None]]:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    turn_key = attend(b)
    turn_key(not closed)
    net.settle()
    return net, a, b, turn_key


def row_of(side: Side, mid: bytes) -> Values:
    return next(row for row in side.rows(house.RECORDS) if row.data("mid") == mid)


def test_a_closed_desk_stores_and_delivers_when_it_opens() -> None:
    net, a, b, turn_key = pair()
    mid = a.send("first", b)
    net.settle()
    assert a.level(mid) == "STORED"
    assert b.said_delivered() == []
    assert fault_of(b.office.records.read, PERSON, mid, net.now) == "office.desk_closed"
    turn_key(True)
    net.settle()
    assert a.level(mid) == "DELIVERED"
    assert b.office.records.read(PERSON, mid, net.now).body is not None


def test_closing_it_again_hides_what_came_before_and_after() -> None:
    net, a, b, turn_key = pair(closed=False)
    early = a.send("early", b)
    net.settle()
    assert a.level(early) == "DELIVERED"
    turn_key(False)
    late = a.send("late", b)
    net.settle()
    assert (a.level(early), a.level(late)) == ("DELIVERED", "STORED")
    for mid in (early, late):
        assert fault_of(b.office.records.read, PERSON, mid, net.now) == "office.desk_closed"
    said = len(b.said_delivered())
    turn_key(True)
    net.settle()
    assert a.level(late) == "DELIVERED"
    assert len(b.said_delivered()) == said + 1


def test_a_delivery_that_was_due_is_not_said_for_what_came_after_closing() -> None:
    net, a, b, turn_key = pair(closed=False)
    a.send("opened", b)
    net.turn()  # opened, and DELIVERED not yet due
    turn_key(False)
    late = a.send("late", b)
    net.settle()
    assert a.level(late) == "STORED"
    turn_key(True)
    net.settle()
    assert a.level(late) == "DELIVERED"


def test_flash_rings_at_a_closed_desk_with_what_its_header_says() -> None:
    net, a, b, _ = pair()
    a.office._post.unreleased = True
    mid = a.send("wakes people", b, prec="FLASH", unreleased="a drill of one")
    net.settle()
    waiting = [row for row in b.rows(courses.WAITING) if row.data("mid") == mid]
    assert [(row.flag("alarm"), row.get("title")) for row in waiting] == [(True, None)]


def test_acts_and_lists_say_that_the_desk_is_closed() -> None:
    net, a, b, _ = pair()
    assert fault_of(b.send, "out", a) == "office.desk_closed"
    with pytest.raises(Exception, match="closed"):
        b.office.look(PERSON, "cert/list", Values({}), net.now)


def test_a_restart_while_closed_and_a_rebuild_lose_nothing() -> None:
    net, a, b, turn_key = pair(closed=False)
    own, theirs = b.send("ours", a), a.send("theirs", b)
    net.settle()
    whole = b.tables()
    turn_key(False)
    b.restart()
    net.settle()
    b.office.rebuild(net.now)
    assert row_of(b, theirs).text("desk") == "cert"
    assert row_of(b, own).flag("ours")
    turn_key(True)
    net.settle()
    assert b.tables() == whole
    assert a.level(theirs) == "DELIVERED"


def test_the_home_log_is_written_and_read_while_the_desk_is_closed() -> None:
    net, a, b, turn_key = pair(closed=False)
    b.send("ours", a)
    net.settle()
    turn_key(False)
    acts = b.rows(house.ACTS)
    assert [row.text("act") for row in acts] == ["cert/send"]
    b.office.rebuild(net.now)
    assert b.rows(house.ACTS) == acts


def test_without_the_house_key_the_home_log_waits_for_the_desk() -> None:
    net, a, b, turn_key = pair(closed=False)
    b.send("ours", a)
    net.settle()
    acts = b.rows(house.ACTS)
    b.keys = replace(b.keys, house=None)
    turn_key(False)
    b.restart()
    b.office.rebuild(net.now)
    assert b.rows(house.ACTS) == []
    turn_key(True)
    net.settle()
    assert b.rows(house.ACTS) == acts


def test_a_restart_in_the_middle_of_opening_goes_on_from_the_start() -> None:
    net, a, b, turn_key = pair()
    mids = [a.send(f"number {n}", b) for n in range(3)]
    net.settle()
    turn_key(True)
    b.office.advance(net.now)
    assert b.said_delivered() == []
    b.restart()
    net.settle()
    assert [a.level(mid) for mid in mids] == ["DELIVERED"] * 3
    assert len(b.said_delivered()) == 1


def test_new_keys_of_the_desk_leave_the_seal_of_the_house() -> None:
    net = Net(AURELIA, BOREALIS)
    _, b = net.sides
    attend(b)(True)
    letter = b.office._post.home_entry
    entry = letter(home_kinds.ACT, "cert", ACT_BODY, net.now)
    ids = [seal.key_id for seal in envelope.read_seals(envelope.split(entry.envelope).seals)]
    assert ids == [key_id_of(each.public) for each in (b.party.openers["cert"], HOUSE)]
    book = b.office._register.book
    assert writing.reseal(entry.envelope, book, b.keys) is None
    other = b.net.sides[0].party.openers["cert"].public
    desk = replace(book.card.desks["cert"], hpke=other)
    book.card = replace(book.card, desks={**book.card.desks, "cert": desk})
    fresh = writing.reseal(entry.envelope, book, b.keys)
    assert fresh is not None
    ids = [seal.key_id for seal in envelope.read_seals(envelope.split(fresh).seals)]
    assert ids == [key_id_of(other), key_id_of(HOUSE.public)]


def test_a_record_that_does_not_open_is_refused_when_the_desk_opens() -> None:
    net, a, b, turn_key = pair()
    bad = a.unreadable(b)
    a.hatch.submit([bad.envelope], net.now)
    net.settle()
    assert not b.rows(house.REFUSED)
    turn_key(True)
    net.settle()
    assert [row.data("mid") for row in b.rows(house.REFUSED)] == [bad.mid]
    assert [row for row in b.rows(house.RECORDS) if row.data("mid") == bad.mid] == []
    assert [row.data("of") for row in a.rows(house.REJECTS)] == [bad.mid]


def test_what_an_open_desk_holds_is_on_no_disk(tmp_path: Path) -> None:
    shelves = iter(list[Shelf]([MemoryShelf(), SqliteShelf(tmp_path / "office.sqlite")]))
    net = Net(AURELIA, BOREALIS, shelf=lambda: next(shelves))
    a, b = net.sides
    turn_key = attend(b)
    turn_key(True)
    theirs, own = a.send("verysecretword", b), b.send("ownsecretword", a)
    net.settle()
    assert b.office.records.read(PERSON, theirs, net.now).body is not None
    assert [row.data("mid") for row in b.rows(DESKS[0].tables[0])] == sorted([theirs, own])
    assert found_by(b, "verysecretword") == [theirs]
    disk = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"borealis" in disk
    assert b"secretword" not in disk
    turn_key(False)
    assert found_by(b, "verysecretword") == []
    turn_key(True)
    net.settle()
    assert found_by(b, "verysecretword") == [theirs]


def found_by(side: Side, word: str) -> list[bytes]:
    with side.shelf.inner.begin() as tx:
        return list(tx.find_mids(Sought(desks=("cert",), words=(word,)), 10))
