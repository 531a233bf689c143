"""Alarms that a person clears: with a note, in the home log, kept as history."""

from collections.abc import Callable

import pytest
from tests.office.test_logs import twice
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of

from detente.core.moment import Span
from detente.node.ports import Level
from detente.office import house, items
from detente.office.home_folds import TRAIL
from detente.office.home_kinds import CLEAR_NOTE_MAX
from detente.office.items import Item
from detente.office.people import Person

STRANGER = Person("stranger", "2000", "s-02", {})


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def alarms(side: Side) -> list[Item]:
    found = side.office.todo.page(PERSON, side.net.now).items
    return [each for each in found if "alarm/clear" in each.acts]


def clear(side: Side, item: Item, note: str = "their clerk restarted twice") -> None:
    side.office.todo.clear(PERSON, item.key, note, side.net.now)


def level_of(side: Side, change: Callable[[Level], Level]) -> None:
    levels = side.hatch.levels
    side.hatch.levels = lambda: [change(each) for each in levels()]  # type: ignore[method-assign]


def down(since: object, state: str = "PATH_DOWN") -> Callable[[Level], Level]:
    from dataclasses import replace  # noqa: PLC0415

    return lambda each: replace(each, state=state, since=since) if each.peer else each  # type: ignore[arg-type]


def test_two_records_under_one_number_are_cleared_and_kept(net: Net) -> None:
    a, b = net.sides
    twice(a, b, b"at five", b"at six")
    net.settle()
    (item,) = alarms(b)
    assert (item.what, item.acts) == (items.TWINS, ("alarm/clear",))
    clear(b, item, "  their clerk restarted twice ")
    assert alarms(b) == []
    (told,) = b.office.todo.cleared()
    assert (told.what, told.from_, told.person) == (items.TWINS, a.address, "operator")
    assert (told.note, told.at) == ("their clerk restarted twice", net.now)
    assert len(b.rows(house.EQUIVOCATIONS)) == 1, "the evidence stays"
    assert "clear/twins" in [row.text("what") for row in b.rows(TRAIL)]
    b.office.rebuild(net.now)
    net.settle()
    assert alarms(b) == []
    assert len(b.office.todo.cleared()) == 1


def test_the_same_line_at_another_time_or_in_another_state_is_another_alarm(net: Net) -> None:
    a, since = net.sides[0], net.now
    level_of(a, down(since))
    (item,) = alarms(a)
    clear(a, item)
    assert alarms(a) == []
    level_of(a, down(since, "KEY_MISMATCH"))
    assert [each.state for each in alarms(a)] == ["KEY_MISMATCH"]
    level_of(a, down(since + Span(1)))
    (again,) = alarms(a)
    clear(a, again)
    assert len(a.office.todo.cleared()) == 2


def test_who_is_not_shown_an_alarm_clears_none(net: Net) -> None:
    a = net.sides[0]
    level_of(a, down(net.now))
    (item,) = alarms(a)
    todo = a.office.todo
    assert fault_of(lambda: todo.clear(STRANGER, item.key, "why", net.now)) == "office.forbidden"
    assert fault_of(lambda: todo.clear(PERSON, "no key", "why", net.now)) == "office.no_alarm"
    clear(a, item)
    assert fault_of(lambda: clear(a, item)) == "office.no_alarm", "it stands no more"


def test_what_waits_for_an_act_is_not_cleared(net: Net) -> None:
    a, b = net.sides
    a.send("one", b, within=Span.of(hours=1))
    net.settle()
    (item,) = b.office.todo.page(PERSON, net.now).items
    assert fault_of(lambda: clear(b, item)) == "office.no_alarm"


@pytest.mark.parametrize(
    ("note", "code"),
    [("", "form.missing"), (" \n ", "form.missing"), ("x" * (CLEAR_NOTE_MAX + 1), "form.length")],
)
def test_a_note_says_why(net: Net, note: str, code: str) -> None:
    a = net.sides[0]
    level_of(a, down(net.now))
    (item,) = alarms(a)
    assert fault_of(lambda: clear(a, item, note)) == code
    assert alarms(a)
    clear(a, item, "x" * CLEAR_NOTE_MAX)
    assert alarms(a) == []
