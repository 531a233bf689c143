"""Who has the watch of a desk, and that nobody has it, is known here and to the peer."""

from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net
from tests.support.outcomes import fault_of

from detente.core.moment import Span
from detente.desks.notices.desk import DESK as NOTICES
from detente.office import home_kinds
from detente.office.desk import Role
from detente.office.people import Person, Place
from detente.office.watch import ALARM_AFTER, PRESENT

NEXT = Person("next", "1001", "s-02", {"cert": frozenset({Role.READ})})
CHIEF = replace(NEXT, name="chief", places={"cert": Place.SUPERVISOR})


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def there(net: Net) -> bool:
    """Whether the peer is told that somebody is at our desk."""
    net.settle()
    (level,) = [each for each in net.sides[1].node.levels() if each.owner == BOREALIS and each.peer]
    assert ("cert" in level.attended) != ("cert" in level.unattended)
    return "cert" in level.attended


def test_the_watch_is_taken_handed_over_with_a_note_and_left(net: Net) -> None:
    a, _ = net.sides
    watch = a.office.watch
    never = watch.show("cert", net.now)
    assert (never.kept, never.holder, never.alarm) == (False, "", False)
    taken = watch.take(PERSON, "cert", net.now)
    assert (taken.holder, taken.since, taken.present) == ("operator", net.now, True)
    began = net.now
    net.now += Span(1)
    handed = watch.hand(PERSON, "cert", "next", "two wait:\nsee the first", 2, net.now)
    assert (handed.holder, handed.since, handed.to) == ("operator", began, "next")
    net.now += Span(1)
    mine = watch.take(NEXT, "cert", net.now)
    assert (mine.holder, mine.to, mine.note, mine.open) == (
        "next", "", "two wait:\nsee the first", 2,
    )  # fmt: skip
    net.now += Span(1)
    left = watch.leave(NEXT, "cert", net.now)
    assert (left.holder, left.since, left.kept) == ("", net.now, True)
    assert [each.step for each in watch.history("cert")] == ["leave", "take", "hand", "take"]
    assert watch.every(net.now) == (left,)


def test_each_refusal(net: Net) -> None:
    a, _ = net.sides
    watch = a.office.watch
    stranger = Person("stranger", "1", "", {})
    assert fault_of(watch.take, stranger, "cert", net.now) == "office.forbidden"
    assert fault_of(watch.take, PERSON, "none", net.now) == "office.no_desk"
    assert fault_of(watch.leave, PERSON, "cert", net.now) == "office.no_watch"
    assert fault_of(watch.hand, PERSON, "cert", "next", "note", 0, net.now) == "office.no_watch"
    watch.take(PERSON, "cert", net.now)
    assert fault_of(watch.take, NEXT, "cert", net.now) == "office.forbidden"
    assert fault_of(watch.hand, PERSON, "cert", "next", " ", 0, net.now) == "form.length"
    over = "x" * (home_kinds.NOTE_MAX + 1)
    assert fault_of(watch.hand, PERSON, "cert", "next", over, 0, net.now) == "form.length"
    assert fault_of(watch.hand, PERSON, "cert", "operator", "n", 0, net.now) == "form.choice"
    assert fault_of(watch.hand, NEXT, "cert", "chief", "n", 0, net.now) == "office.no_watch"
    assert watch.take(PERSON, "cert", net.now).holder == "operator"
    assert [each.step for each in watch.history("cert")] == ["take"]


def test_a_supervisor_takes_the_watch_from_who_does_not_hand_it_over(net: Net) -> None:
    a, _ = net.sides
    a.office.watch.take(PERSON, "cert", net.now)
    assert a.office.watch.take(CHIEF, "cert", net.now + Span(1)).holder == "chief"


def test_a_watch_that_nobody_takes_is_an_alarm(net: Net) -> None:
    a, _ = net.sides
    watch = a.office.watch
    watch.take(PERSON, "cert", net.now)
    assert watch.alarms(net.now + Span(10 * ALARM_AFTER.ms)) == ()
    watch.leave(PERSON, "cert", net.now + Span(1))
    due = net.now + Span(1) + ALARM_AFTER
    assert watch.alarms(net.now + ALARM_AFTER) == ()
    (alarm,) = watch.alarms(due)
    assert (alarm.desk, alarm.holder) == ("cert", "")
    watch.take(NEXT, "cert", due)
    assert watch.alarms(due + ALARM_AFTER) == ()


def test_who_has_the_watch_and_does_nothing_is_not_there(net: Net) -> None:
    a, _ = net.sides
    watch = a.office.watch
    watch.take(PERSON, "cert", net.now)
    assert watch.show("cert", net.now + Span(PRESENT.ms - 1)).present
    assert not watch.show("cert", net.now + PRESENT).present
    a.office.watch.attend(PERSON, net.now + PRESENT)
    assert watch.show("cert", net.now + PRESENT).present


def test_without_a_watch_whoever_reads_is_at_the_desk_and_with_one_its_holder(net: Net) -> None:
    a, _ = net.sides
    assert not there(net)
    a.office.watch.attend(NEXT, net.now)
    assert there(net)
    a.office.watch.take(PERSON, "cert", net.now)
    net.now += PRESENT
    a.node.tick(net.now)
    assert not there(net)
    a.office.watch.attend(NEXT, net.now)
    assert not there(net)
    a.office.watch.attend(PERSON, net.now)
    assert there(net)


def test_the_watch_is_the_same_after_a_start_and_a_rebuild(net: Net) -> None:
    a, _ = net.sides
    a.office.watch.take(PERSON, "cert", net.now)
    net.settle()
    before = a.tables()
    a.restart()
    a.office.rebuild(net.now)
    assert a.tables() == before
    found = a.office.watch.show("cert", net.now)
    assert (found.holder, found.present) == ("operator", False)


def test_who_has_not_the_watch_any_more_acknowledges_nothing(net: Net) -> None:
    watch = net.sides[0].office.watch
    watch.check_holds(PERSON, "cert", net.now)  # the desk never kept a watch
    watch.take(PERSON, "cert", net.now)
    watch.check_holds(PERSON, "cert", net.now)
    net.now += Span(1)
    watch.hand(PERSON, "cert", "next", "nothing waits", 0, net.now)
    watch.take(NEXT, "cert", net.now)
    assert fault_of(watch.check_holds, PERSON, "cert", net.now) == "office.no_watch"
    (act,) = [act for act in NOTICES.acts if act.on_watch]
    assert act.name == "notices/acknowledge"
