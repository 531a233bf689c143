"""A FLASH that nobody sees: step after step, each once, each in the home log."""

import pytest
from tests.support.offices import PERSON, Net
from tests.support.pairs import WHY, pairs, wish

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office.alarms import LADDER, Ring
from detente.office.fields import Value
from detente.office.home_folds import TRAIL
from detente.office.home_kinds import BELL_WHY_MAX
from detente.office.people import Person, Place
from detente.office.waiting import Policy

BOSS = Person(
    "boss", "1009", "s-02", {"cert": PERSON.roles["cert"]}, places={"cert": Place.SUPERVISOR}
)


@pytest.fixture
def net() -> Net:
    return pairs(Policy(ladder=LADDER, unreleased=True))


def flash(net: Net, about: str = "now", **more: Value) -> bytes:
    a, b = net.sides
    (mid,) = wish(a, about, b, PERSON, "", unreleased=WHY, **more).mids
    net.turn()
    return mid


def at(net: Net, since: Moment, seconds: int) -> list[tuple[str, int]]:
    net.now = since + Span.of(seconds=seconds)
    net.turn()
    return [(each.step, each.count) for each in rings(net)]


def rings(net: Net) -> list[Ring]:
    room = net.sides[1].office.alarms
    found, room.rings = room.rings, []
    return found


def entered(net: Net) -> list[str]:
    rows = net.sides[1].rows(TRAIL)
    return sorted(row.text("what") for row in rows if row.text("what").startswith("alarm/"))


def test_each_step_is_taken_at_its_time_and_once(net: Net) -> None:
    mid, since, b = flash(net), net.now, net.sides[1]
    assert at(net, since, 59) == []
    assert b.office.alarms.due() == since + Span.of(seconds=60)
    assert b.office.next_answer() is not None
    assert at(net, since, 60) == [("command", 1)]
    assert at(net, since, 61) == []
    assert at(net, since, 120) == [("supervisor", 1)]
    assert at(net, since, 180) == []
    assert at(net, since, 10_000) == []
    assert b.office.alarms.due() is None
    steps = b.office.alarms.steps([mid])
    assert [(each.step, (each.at - since).ms) for each in steps] == [
        ("command", 60_000), ("supervisor", 120_000), ("unattended", 180_000),
    ]  # fmt: skip
    assert entered(net) == ["alarm/command", "alarm/supervisor", "alarm/unattended"]


def test_what_the_command_is_told_holds_nothing_of_the_record(net: Net) -> None:
    mid, since = flash(net, "a secret word"), net.now
    net.now = since + Span.of(seconds=60)
    net.turn()
    assert rings(net) == [Ring("command", "cert", 1, since, (mid,))]


def test_a_drill_rings_apart_from_what_is_real_and_says_that_it_is_one(net: Net) -> None:
    drill, since = flash(net, exercise="SPRING GRID"), net.now
    real = flash(net, "two")
    net.now = since + Span.of(seconds=60)
    net.turn()
    assert rings(net) == [
        Ring("command", "cert", 1, since, (real,)),
        Ring("command", "cert", 1, since, (drill,), exercise=True),
    ]


def test_several_are_one_ring_and_one_entry(net: Net) -> None:
    flash(net)
    since = net.now
    net.now += Span.of(seconds=30)
    flash(net, "two")
    assert at(net, since, 95) == [("command", 2)]
    assert entered(net) == ["alarm/command"]
    flash(net, "three")
    assert at(net, since, 155) == [("command", 1), ("supervisor", 2)]


def test_who_saw_it_ends_the_ladder(net: Net) -> None:
    mid, since, b = flash(net), net.now, net.sides[1]
    assert at(net, since, 60) == [("command", 1)]
    b.office.todo.seen(PERSON, mid, net.now)
    assert at(net, since, 600) == []
    assert b.office.alarms.due() is None


def test_an_office_that_was_down_goes_on_where_it_was(net: Net) -> None:
    flash(net)
    since, b = net.now, net.sides[1]
    assert at(net, since, 61) == [("command", 1)]
    net.now = since + Span.of(seconds=150)
    b.start_office()
    net.turn()
    told = [(each.step, each.by) for each in rings(net)]
    # Nobody entered how the command ended: it is told again, by each bell, and the next step is new.
    assert told == [("command", "command"), ("command", "webhook"), ("supervisor", "")]
    b.office.rebuild(net.now)
    net.turn()
    assert rings(net) == [], "a step is taken once, whatever is folded again"


def test_how_the_command_ended_is_entered(net: Net) -> None:
    mid, since, b = flash(net), net.now, net.sides[1]
    net.now = since + Span.of(seconds=60)
    net.turn()
    (ring,) = rings(net)
    b.office.alarms.rang(ring, net.now, well=False)
    b.office.alarms.rang(ring, net.now, well=True)
    assert [each.step for each in b.office.alarms.steps([mid])] == ["command", "rang", "failed"]


def test_the_desks_supervisors_are_named(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    mid, since, b = flash(net), net.now, net.sides[1]
    monkeypatch.setattr(b.office.people, "every", lambda _now: [PERSON, BOSS])
    at(net, since, 120)
    assert b.office.alarms.steps([mid])[-1].to == ("boss",)


def test_after_the_last_step_the_peer_sees_nobody_at_the_desk(net: Net) -> None:
    a, b = net.sides
    flash(net)
    since = net.now

    def seen() -> tuple[tuple[str, ...], tuple[str, ...]]:
        net.turn()
        (level,) = [
            each for each in a.office.status.levels() if each.owner == a.party.name and each.peer
        ]
        return level.attended, level.unattended

    b.office.watch.attend(PERSON, net.now)
    assert seen() == (("cert",), ())
    at(net, since, 180)
    assert seen() == ((), ("cert",))
    b.office.watch.attend(PERSON, net.now)
    assert seen() == ((), ("cert",)), "who is signed in and sees no alarm is not there"
    (item,) = b.office.todo.page(PERSON, net.now).flashes
    assert item.mid is not None
    b.office.todo.seen(PERSON, item.mid, net.now)
    net.turn()
    b.office.watch.attend(PERSON, net.now)
    assert seen() == (("cert",), ())


def test_a_home_log_without_room_keeps_no_alarm_from_ringing(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    mid, since, b = flash(net), net.now, net.sides[1]
    full = OurFault("store.full", "no room", "make room")

    def refuse(*_given: object) -> None:
        raise full

    monkeypatch.setattr(b.office._post, "enter_all", refuse)
    assert at(net, since, 60) == [("command", 1)]
    assert at(net, since, 61) == [], "it rings once, though its entry waits"
    monkeypatch.undo()
    net.settle()
    net.turn()
    assert [each.step for each in b.office.alarms.steps([mid])].count("command") == 1


def test_what_a_bell_had_not_told_before_a_restart_it_tells_after(net: Net) -> None:
    flash(net)
    since, b = net.now, net.sides[1]
    at(net, since, 60)
    (ring,) = again(net, ("command", "command"), ("command", "webhook"))[:1]
    b.office.alarms.rang(ring, net.now, well=True, by="command")
    again(net, ("command", "webhook"))
    b.office.alarms.rang(ring, net.now, well=False, by="webhook", why="it answers 503")
    again(net)
    kept = {each.by: each for each in b.office.alarms.rang_last()}
    assert (kept["command"].well_at, kept["command"].failed_at) == (net.now, None)
    assert (kept["webhook"].well_at, kept["webhook"].why) == (None, "it answers 503")
    assert kept["webhook"].desk == "cert"
    b.office.alarms.rang(ring, net.now, well=False, by="webhook", why="w" * (BELL_WHY_MAX + 1))
    assert {each.why for each in b.office.alarms.rang_last()} == {"", "w" * BELL_WHY_MAX}
    net.now = since + Span.of(seconds=120)
    net.turn()
    assert [(each.step, each.by) for each in rings(net)] == [("supervisor", "")]
    again(net, ("supervisor", "command"), ("supervisor", "webhook"))


def test_who_saw_a_flash_hears_no_more_of_it_after_a_restart(net: Net) -> None:
    mid, since, b = flash(net), net.now, net.sides[1]
    at(net, since, 60)
    b.office.todo.seen(PERSON, mid, net.now)
    again(net)


def again(net: Net, *wanted: tuple[str, str]) -> list[Ring]:
    """Start the office anew; return what it rings, and by which bell."""
    net.sides[1].start_office()
    net.turn()
    found = rings(net)
    assert [(each.step, each.by) for each in found] == list(wanted)
    return found
