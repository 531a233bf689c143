"""The line never silences itself: what is urgent goes alone or unaudited, and says so everywhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.pairs import wish

from detente.app.api.routes import Api
from detente.app.http import Request
from detente.core import envelope, limits, record
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment, Span
from detente.node.ports import Answer, Level
from detente.office import house
from detente.office.fields import Values, mid_text
from detente.office.marks import CUT_OFF, Mark
from detente.office.marks import of as marks_of
from detente.office.office import Office
from detente.office.waiting import Policy

WHY = "the second person is on the way"


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def permit_alone(side: Side) -> None:
    side.office = Office(
        side.desks,
        side.hatch,
        side.shelf,
        side.keys,
        side._entropy("office"),
        policy=Policy(unreleased=True),
    )
    side.office.resume(side.net.now)


def code_of(side: Side, to: Side, **values: str) -> str:
    with pytest.raises(Fault) as caught:
        side.send("x", to, **values)
    assert side.outbox() == []
    return caught.value.code


def marks(side: Side, mid: bytes) -> tuple[Mark, ...]:
    return side.office.records.marks([mid])[mid]


# UNRELEASED.


def test_a_flash_of_one_person_goes_with_a_reason_and_is_marked_on_both_sides(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    mid = a.send("now", b, prec="FLASH", unreleased=WHY)
    net.settle()
    assert a.level(mid) == "DELIVERED"
    assert marks(a, mid) == marks(b, mid) == (Mark("UNRELEASED", WHY),)
    (taken,) = [each for each in a.in_log(b) if each.mid == mid]
    assert (taken.header.prec, taken.signers.releaser) == ("FLASH", None)


def test_without_a_reason_or_the_setting_two_persons_are_needed(net: Net) -> None:
    a, b = net.sides
    assert wish(a, "x", b).waiting
    assert code_of(a, b, prec="FLASH", unreleased=WHY) == "office.unreleased"
    permit_alone(a)
    assert wish(a, "x", b).waiting
    net.settle()
    assert b.of_kind("cert.bundle", ours=False) == []


@pytest.mark.parametrize("prec", ["ROUTINE", "PRIORITY", "IMMEDIATE"])
def test_what_is_not_urgent_is_not_sent_unreleased(net: Net, prec: str) -> None:
    a, b = net.sides
    permit_alone(a)
    assert code_of(a, b, prec=prec, unreleased=WHY) == "office.unreleased"


def test_a_reason_has_200_characters_and_not_201(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    mid = a.send("x", b, prec="FLASH", unreleased="ы" * limits.MAX_EXT_REASON)
    net.settle()
    assert marks(b, mid) == (Mark("UNRELEASED", "ы" * limits.MAX_EXT_REASON),)
    over = "ы" * (limits.MAX_EXT_REASON + 1)
    with pytest.raises(Fault, match="form"):
        a.send("x", b, prec="FLASH", unreleased=over)


# UNAUDITED.


@contextmanager
def full(side: Side, *, also: str = "") -> Iterator[None]:
    """Our home log takes nothing meanwhile; neither do others, if that is said."""
    submit = side.node.submit

    def judged(envelopes: Sequence[bytes], now: Moment) -> list[Answer]:
        for one in envelopes:
            kind = record.read_header(envelope.split(one).header).kind
            if kind == "office.act" or also:
                raise OurFault("store.full", "no room left on the disk", "make room, then restart")
        return submit(envelopes, now)

    side.node.submit = judged  # type: ignore[method-assign]
    yield
    side.node.submit = submit  # type: ignore[method-assign]


def turn(net: Net, times: int = 4) -> None:
    """Let seconds pass; what waits for room goes on waiting."""
    for _ in range(times):
        net.now += Span(1_500)
        net.turn()


def acts_of(side: Side, mid: bytes) -> list[tuple[str, str]]:
    rows = [row for row in side.rows(house.ACTS) if mid in (row.get("mids") or ())]  # type: ignore[operator]
    return [(row.text("person"), row.text("act")) for row in rows]


def test_what_is_urgent_goes_though_the_home_log_is_full_and_says_so(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    with full(a):
        mid = a.send("now", b, prec="FLASH", unreleased=WHY)
        turn(net)
        assert a.level(mid) == "DELIVERED"
        for side in (a, b):
            assert [mark.name for mark in marks(side, mid)] == ["UNRELEASED", "UNAUDITED"]
            assert "store.full" in marks(side, mid)[1].why
        assert a.rows(house.ACTS) == []
    # Once there is room the home log says who did it, and the record still says that it lacked.
    net.settle()
    assert acts_of(a, mid) == [("operator", "cert/send")]
    assert a.outbox() == []
    assert [mark.name for mark in marks(b, mid)] == ["UNRELEASED", "UNAUDITED"]


def test_an_entry_that_waits_for_room_is_made_after_a_crash_too_and_once(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    with full(a):
        mid = a.send("now", b, prec="FLASH", unreleased=WHY, request="wish")
        turn(net)
        assert a.send("now", b, prec="FLASH", unreleased=WHY, request="wish") == mid, "once"
    a.restart()
    permit_alone(a)
    net.settle()
    assert acts_of(a, mid) == [("operator", "cert/send")]
    assert a.send("now", b, prec="FLASH", unreleased=WHY, request="wish") == mid
    assert [row.text("from") for row in b.of_kind("cert.bundle", ours=False)] == [a.address]


def test_a_wish_is_known_again_after_a_crash_while_the_home_log_is_still_full(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    with full(a):
        mid = a.send("now", b, prec="FLASH", unreleased=WHY, request="wish")
        permit_alone(a)  # another office on the same shelf
        turn(net)
        assert a.send("now", b, prec="FLASH", unreleased=WHY, request="wish") == mid
    net.settle()
    assert acts_of(a, mid) == [("operator", "cert/send")]


def test_who_has_no_room_still_says_that_a_flash_was_delivered_and_read(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    low = b.node.stage.see_disk
    b.node.stage.see_disk = lambda: True  # type: ignore[method-assign]
    b.node.tick(net.now)
    net.turn()
    slow = a.send("one", b)
    mid = a.send("now", b, prec="FLASH", unreleased=WHY)
    turn(net)
    assert (a.level(slow), a.level(mid)) == ("SUBMITTED", "DELIVERED")
    b.office.records.read(PERSON, mid, net.now)
    turn(net)
    assert a.level(mid) == "READ"
    (said,) = [row for row in a.rows(house.RECORDS) if row.text("kind") == "sys.read"]
    assert [mark.name for mark in marks(a, said.data("mid"))] == ["UNAUDITED"]
    b.node.stage.see_disk = low  # type: ignore[method-assign]
    b.node.tick(net.now)
    net.settle()
    assert a.level(slow) == "DELIVERED"
    assert acts_of(b, said.data("mid")) == [("operator", "record/read")]


def test_what_can_wait_does_not_go_unaudited(net: Net) -> None:
    a, b = net.sides
    with full(a):
        for prec in ("ROUTINE", "IMMEDIATE"):
            assert code_of(a, b, prec=prec) == "store.full"
    assert b.rows(house.RECORDS) == []


def test_if_the_node_takes_nothing_at_all_the_person_is_told(net: Net) -> None:
    a, b = net.sides
    permit_alone(a)
    with full(a, also="everything"):
        assert code_of(a, b, prec="FLASH", unreleased=WHY) == "store.full"
    assert a.office._post.outbox.late == set()


# EXERCISE, DISPUTED; and every place where a record is shown.


def ask(side: Side, method: str, *path: str, **query: str) -> object:
    settle = lambda: None  # noqa: E731
    api = Api(lambda: side.office, lambda _: PERSON, lambda: side.net.now, settle)
    request = Request(1000, method, ("api", "v1", *path), query, b"")
    return api.handle(request).document


def found_marks(answer: object) -> list[object]:
    rows = answer["rows"] if isinstance(answer, dict) and "rows" in answer else answer
    return [row["marks"] for row in rows] if isinstance(rows, list) else [rows["marks"]]  # type: ignore[index]


def test_an_exercise_is_marked_wherever_the_record_is_shown(net: Net) -> None:
    a, b = net.sides
    mid = a.send("a drill", b, exercise="STEADY HAND 26")
    net.settle()
    wanted = [{"mark": "EXERCISE", "why": "STEADY HAND 26"}]
    written = mid_text(mid)
    for side in (a, b):
        for look in ("list", "show", "objects", "export"):
            answer = ask(side, "GET", "cert", look, **({} if look == "list" else {"mid": written}))
            assert found_marks(answer) == [wanted], look
        listed = ask(side, "GET", "record")
        assert isinstance(listed, list)
        shown = [row["marks"] for row in listed if isinstance(row, dict) and row["mid"] == written]
        assert shown == [wanted]
        assert found_marks(ask(side, "GET", "record", written)) == [wanted]
        assert found_marks(ask(side, "POST", "record", written, "read")) == [wanted]


def test_a_record_in_a_log_that_is_in_conflict_is_marked_disputed(net: Net) -> None:
    a, b = net.sides
    mid = a.send("before", b)
    net.settle()
    levels = a.hatch.levels

    def halted() -> Sequence[Level]:
        return [replace(each, state="HALTED", why="E_FORK") for each in levels()]

    assert marks(a, mid) == ()
    a.hatch.levels = halted  # type: ignore[method-assign]
    assert marks(a, mid) == (Mark("DISPUTED", "E_FORK"),)


def test_a_record_that_a_settlement_cut_off_is_marked_disputed(net: Net) -> None:
    a, b = net.sides
    mid = a.send("above where people ended the log", b)
    net.settle()
    levels, place = a.hatch.levels, a.office.records.find(mid)[0].whole("place")

    def ended(size: int) -> Sequence[Level]:
        return [replace(each, state="CLOSED", size=size) for each in levels()]

    a.hatch.levels = lambda: ended(place)  # type: ignore[method-assign]
    assert marks(a, mid) == (Mark("DISPUTED", CUT_OFF),)
    a.hatch.levels = lambda: ended(place + 1)  # type: ignore[method-assign]
    assert marks(a, mid) == ()


def test_a_record_that_went_again_after_a_settlement_is_not_disputed() -> None:
    moment = Moment.parse("2026-11-22T10:00:00.000Z")
    ended = Level("o", "a", "b", "l", 1, 1, 1, "", 0, "CLOSED", "", moment)
    works = replace(ended, origin="n", state="LIVE")
    row = Values({"marks": None})
    assert marks_of(row, [(ended, 1), (works, 1)]) == ()
    assert marks_of(row, [(ended, 1)]) == (Mark("DISPUTED", CUT_OFF),)
    assert marks_of(row, []) == ()


def test_a_record_whose_second_receipt_is_a_day_late_is_marked_unconfirmed(net: Net) -> None:
    a, b = net.sides
    mid, levels = a.send("before", b), a.hatch.levels
    net.settle()

    def late(confirmed: int) -> Sequence[Level]:
        return [replace(each, late="UNCONFIRMED", confirmed=confirmed) for each in levels()]

    place = a.office.records.find(mid)[0].whole("place")
    a.hatch.levels = lambda: late(place)  # type: ignore[method-assign]
    assert marks(a, mid) == (Mark("UNCONFIRMED", ""),)
    a.hatch.levels = lambda: late(place + 1)  # type: ignore[method-assign]
    assert marks(a, mid) == ()


def test_what_is_not_held_has_no_marks(net: Net) -> None:
    assert marks(net.sides[0], bytes(32)) == ()
