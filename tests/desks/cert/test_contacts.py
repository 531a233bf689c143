"""Points of contact: confirmed yearly, tested on a schedule; what fails is told to people."""

import pytest
from tests.desks.cert.test_sharing import rows_of
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side

from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office.fields import Value, Values
from detente.office.items import AWAITED, OWED

DUTY: dict[str, Value] = {"role": "duty", "name": "Duty officer", "reach": "+1 555 0100"}


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def tell(side: Side, other: Side, **contact: Value) -> tuple[bytes, ...]:
    side.net.now += Span(10)
    given: dict[str, Value] = {"to": (other.address,), "contact": (Values({**DUTY, **contact}),)}
    mids = side.office.act(PERSON, "cert/contacts", Values(given), side.net.now).mids
    side.net.settle()
    return mids


def told(side: Side, *whats: str) -> list[str]:
    """What stands on the list of what waits for the person, of these sorts: by procedure."""
    page = side.office.todo.page(PERSON, side.net.now)
    return [each.procedure for each in page.items if each.what in whats and each.overdue]


def states(side: Side) -> list[str]:
    return [row.text("state") for row in rows_of(side, "cert/tests")]


def test_a_list_that_nobody_confirmed_for_a_year_is_told_on_both_sides(net: Net) -> None:
    a, b = net.sides
    (mid,) = tell(a, b)
    net.now += Span.of(days=364)
    net.turn()
    assert told(a, OWED) == []
    asked = net.now
    a.act("cert/confirm", "", mid=mid)
    net.settle()
    at = net.now
    (row,) = rows_of(b, "cert/directory")
    assert (row["mid"], row["confirmed"]) == (mid, asked)
    net.now += Span.of(days=364)
    net.turn()
    assert told(a, OWED) == []
    net.now = at + Span.of(days=366)
    net.turn()
    assert told(a, OWED) == ["cert.contacts"]
    assert told(b, AWAITED) == ["cert.contacts"]


def test_a_new_list_ends_the_duty_of_the_one_before(net: Net) -> None:
    a, b = net.sides
    tell(a, b)
    new, _ = tell(a, b, name="Night shift")
    net.now += Span.of(days=360)
    a.act("cert/confirm", "", mid=new)
    net.settle()
    net.now += Span.of(days=30)
    net.turn()
    assert told(a, OWED) == []
    (row,) = rows_of(b, "cert/directory")
    assert (row["name"], row["mid"]) == ("Night shift", new)
    with pytest.raises(OurFault, match=r"cert\.not_ours"):
        b.act("cert/confirm", "", mid=new)


def test_tests_go_by_schedule_and_both_sides_see_who_answered_when(net: Net) -> None:
    a, b = net.sides
    a.act("cert/testing", "", days=180, within=12)
    net.settle()
    net.now += Span.of(minutes=1)
    net.settle()
    assert states(a) == states(b) == ["open"]
    ping = rows_of(b, "cert/tests")[0]
    assert ping.moment("until") - ping.moment("asked") == Span.of(hours=12)
    b.act("cert/pong", "", mid=ping["mid"], by="Duty officer")
    net.settle()
    for side in (a, b):
        (row,) = rows_of(side, "cert/tests")
        assert (row["state"], row["by"], row["to"]) == ("answered", "Duty officer", b.address)
    net.now += Span.of(days=179)
    net.settle()
    assert states(a) == ["answered"]
    net.now += Span.of(days=2)
    net.settle()
    assert states(a) == ["open", "answered"]
    net.now += Span.of(hours=13)
    net.turn()
    assert states(a) == states(b) == ["failed", "answered"]
    assert told(a, AWAITED) == ["cert.ping"]
    assert told(b, OWED) == ["cert.ping"]
    b.act("cert/pong", "", mid=rows_of(b, "cert/tests")[0]["mid"], by="Too late")
    net.settle()
    assert states(a) == ["late", "answered"]


def test_a_schedule_ends_with_nought_days(net: Net) -> None:
    a, _ = net.sides
    a.act("cert/testing", "", days=1)
    net.now += Span.of(minutes=1)
    net.settle()
    a.act("cert/testing", "", days=0)
    net.now += Span.of(days=3)
    net.settle()
    assert len(states(a)) == 1
