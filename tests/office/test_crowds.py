"""Many alike that wait: one line of the list, with a count; what is urgent never is in one."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side

from detente.core.moment import Moment, Span
from detente.office import courses, crowds, items
from detente.office.crowds import FOLD_AT
from detente.office.fields import Value
from detente.office.items import Item, Page
from detente.office.procedure import Up
from detente.office.tables import Row
from detente.store.shelf import SqliteShelf

HOUR = Span(3_600_000)


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def page(side: Side, **asked: object) -> Page:
    return side.office.todo.page(PERSON, side.net.now, **asked)  # type: ignore[arg-type]


def seeded(number: int, now: Moment, prec: str = "ROUTINE", **more: Value) -> Row:
    """Return a row of what waits, as a fold makes it."""
    mid = hashlib.sha256(f"{prec} {number}".encode()).digest()
    due = now + HOUR + Span(number)
    alarm = prec == "FLASH"
    return {
        "key": courses.place(due, now, items.OWED, mid.hex(), alarm=alarm), "what": items.OWED,
        "mine": True, "mid": mid, "matter": mid.hex()[:32], "desk": "cert",
        "from": f"cert@{AURELIA}", "to": (f"cert@{BOREALIS}",), "kind": "cert.bundle", "prec": prec,
        "tlp": "GREEN", "since": now, "due": due, "unread": True, "alarm": alarm,
        "exercise": False, **more,
    }  # fmt: skip


def wait(side: Side, rows: Iterable[Row]) -> None:
    with side.shelf.inner.begin() as tx:
        for row in rows:
            one = crowds.placed(tx, [row])
            tx.rows(courses.WAITING).put_many(one)
            crowds.settle(tx, one)


def test_a_crowd_stands_as_one_line_from_one_more_than_the_limit(net: Net) -> None:
    a, b = net.sides
    mids = [a.send(f"no {n}", b, within=Span(HOUR.ms + n)) for n in range(FOLD_AT)]
    net.settle()
    assert [each.mid for each in page(b).items] == mids
    first = page(b).items[0].due
    last = a.send("one more", b, within=Span(2 * HOUR.ms))
    net.settle()
    (line,) = page(b).items
    assert (line.count, line.late, line.due, line.mid, line.acts) == (
        FOLD_AT + 1,
        0,
        first,
        None,
        (),
    )
    assert (line.title, line.words) == ("", ("ui.todo.owed", (("who", a.address),)))
    found = page(b, crowd=line.crowd, count_max=500).items
    assert [each.mid for each in found] == [*mids, last], "the line opens"
    assert {each.crowd for each in found} == {""}
    b.office.rebuild(net.now)
    assert page(b).items == (line,)
    b.office.records.read(PERSON, mids[0], net.now)
    b.act("cert/answer", mid=mids[0], verdict="useful")
    net.settle()
    assert [each.mid for each in page(b).items] == [*mids[1:], last], "it is no crowd any more"
    assert b.rows(crowds.CROWDS) == []


def test_deadlines_in_a_crowd_are_counted(net: Net) -> None:
    a, b = net.sides
    for number in range(FOLD_AT + 1):
        a.send(f"no {number}", b, within=Span(HOUR.ms * (number + 1)))
    net.settle()
    assert page(b).waiting == FOLD_AT + 1
    net.now += Span(3 * HOUR.ms)
    (line,) = page(b).items
    assert (line.late, line.overdue, line.rung) == (2, True, Up.DESK)
    net.now += Span(30 * HOUR.ms)
    (line,) = page(b).items
    assert (line.late, line.rung) == (FOLD_AT + 1, Up.CHANNEL), "the furthest of all"


@pytest.mark.parametrize("prec", crowds.SINGLE)
def test_what_is_urgent_is_never_folded_and_stands_first(net: Net, prec: str) -> None:
    b = net.sides[1]
    rows = [seeded(n, net.now, prec, due=net.now + Span(9 * HOUR.ms)) for n in range(FOLD_AT + 5)]
    rows = [{**r, "key": courses.place(net.now + Span(9 * HOUR.ms), net.now, items.OWED,
                                       str(n).zfill(3), alarm=prec == "FLASH")}
            for n, r in enumerate(rows)]  # fmt: skip
    wait(b, rows)
    wait(b, [seeded(n, net.now) for n in range(FOLD_AT + 1)])
    found = page(b, count_max=500).items
    assert [each.prec for each in found] == [prec] * (FOLD_AT + 5) + ["ROUTINE"]
    assert [each.count for each in found] == [1] * (FOLD_AT + 5) + [FOLD_AT + 1]
    after, walked = "", list[Item]()
    while True:
        part = page(b, after=after, count_max=7)
        walked += part.items
        after = part.after
        if not after:
            break
    assert tuple(walked) == found, "page by page without a gap"


def test_others_and_drills_are_crowds_of_their_own(net: Net) -> None:
    b = net.sides[1]
    for number, more in enumerate((
        {}, {"exercise": True}, {"prec": "PRIORITY"}, {"from": "cert@cassia.gov"},
        {"what": items.UNREAD}, {"kind": "cert.question"},
    )):  # fmt: skip
        wait(b, [seeded(1_000 * number + n, net.now, **more) for n in range(FOLD_AT)])  # type: ignore[arg-type]
    assert len(page(b, count_max=500).items) == 6 * FOLD_AT
    wait(b, [seeded(9_000, net.now, exercise=True)])
    assert len(page(b, count_max=500).items) == 5 * FOLD_AT + 1


def test_what_they_owe_is_not_folded(net: Net) -> None:
    b = net.sides[1]
    wait(b, [seeded(n, net.now, mine=False, unread=False) for n in range(FOLD_AT + 1)])
    net.now += Span(2 * HOUR.ms)
    assert len(page(b, count_max=500).items) == FOLD_AT + 1


def test_a_crowd_of_a_desk_that_is_not_theirs_opens_for_nobody(net: Net) -> None:
    b = net.sides[1]
    wait(b, [seeded(n, net.now, desk="notices") for n in range(FOLD_AT + 1)])
    (row,) = b.rows(crowds.CROWDS)
    assert page(b, crowd=row.text("crowd")).items == ()
    assert page(b, crowd="no such crowd").items == ()


def test_with_ten_thousand_waiting_a_flash_is_first(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = net.sides[1]
    shelf = SqliteShelf(tmp_path / "office.sqlite")
    with shelf.begin() as tx:
        for number in range(10_000):
            rows = crowds.placed(tx, [seeded(number, net.now)])
            tx.rows(courses.WAITING).put_many(rows)
            crowds.settle(tx, rows)
        urgent = [seeded(10_001, net.now, "FLASH"), seeded(10_002, net.now, "IMMEDIATE")]
        tx.rows(courses.WAITING).put_many(crowds.placed(tx, urgent))
    monkeypatch.setattr(b.office.todo._register, "shelf", shelf)
    monkeypatch.setattr(b.office.todo._news, "fold_made", lambda: None)
    found = page(b)
    assert [(each.prec, each.count) for each in found.items] == [
        ("FLASH", 1), ("IMMEDIATE", 1), ("ROUTINE", 10_000),
    ]  # fmt: skip
    assert (found.alarms, found.waiting) == (1, 100)
    walked, after = 0, ""
    while True:
        part = page(b, crowd=found.items[2].crowd, after=after, count_max=500)
        walked, after = walked + len(part.items), part.after
        if not after:
            break
    assert walked == 10_000


def test_a_crowd_is_counted_up_to_a_limit(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    b = net.sides[1]
    monkeypatch.setattr(crowds, "CROWD_MAX", FOLD_AT + 2)
    for number in range(FOLD_AT + 4):
        wait(b, [seeded(number, net.now)])
        counts = [each.count for each in page(b, count_max=500).items]
        many = number + 1 > FOLD_AT
        assert counts == ([min(number + 1, FOLD_AT + 2)] if many else [1] * (number + 1))


def test_every_crowd_is_a_line_however_many_there_are(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "_BATCH", 2)
    b, now = net.sides[1], net.now
    kinds = [f"cert.kind_{letter}" for letter in "abcde"]
    for at, kind in enumerate(kinds):
        start = at * 100
        wait(b, [seeded(start + n, now, kind=kind) for n in range(FOLD_AT + 1)])
    lines = page(b).items
    assert sorted(each.kind for each in lines) == kinds
    assert {each.count for each in lines} == {FOLD_AT + 1}
