"""What waits for people here: in its order, told apart, taken, seen; and how matters stand."""

import random
from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import OBJECT, PERSON, Net, Side

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.node.ports import Answer
from detente.office import courses, house, items, unsent
from detente.office.fields import Values
from detente.office.items import Item, Page
from detente.office.people import Person, Place
from detente.office.procedure import Up
from detente.office.procedures import Tick, Why

HOUR = Span(3_600_000)
STRANGER = Person("stranger", "2000", "s-02", {})


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def page(side: Side, **asked: object) -> Page:
    return side.office.todo.page(PERSON, side.net.now, **asked)  # type: ignore[arg-type]


def whats(side: Side) -> list[tuple[str, str]]:
    return [(each.what, each.state) for each in page(side).items]


def reply(
    side: Side, mid: bytes, answer: str, reason: str = "", within: Span | None = None
) -> bytes:
    until = side.net.now + within if within else None
    outcome = side.office.records.answer(PERSON, mid, (answer, reason, until), side.net.now)
    return outcome.mids[0]


def state(side: Side, mid: bytes) -> str:
    matter = side.office.records.find(mid)[0].text("matter")
    (found,) = [
        each.course.state
        for each in side.office.todo.stories(PERSON, matter)
        if each.course.mid == mid
    ]
    return found


def test_what_is_asked_of_us_waits_until_it_is_answered(net: Net) -> None:
    a, b = net.sides
    assert page(b) == Page(())
    mid = a.send("one", b, within=HOUR)
    net.settle()
    (item,) = page(b).items
    assert item == Item(
        key=item.key, what=items.OWED, words=("ui.todo.owed", (("who", a.address),)), desk="cert",
        from_=a.address, since=net.now, title="one", prec="ROUTINE", tlp="GREEN", mid=mid,
        matter=item.matter, kind="cert.bundle", procedure="cert.bundle", state="open",
        due=net.now + HOUR, unread=True, acts=("record/read", "cert/answer", "record/answer"),
    )  # fmt: skip
    assert page(a).items == (), "it is theirs to answer"
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    assert page(b).items[0].unread is False
    b.act("cert/answer", mid=mid, verdict="useful")
    net.settle()
    assert (state(a, mid), state(b, mid)) == ("answered", "answered")
    assert page(b).items == ()
    (told,) = page(a).items
    assert (told.what, told.kind) == (items.UNREAD, "cert.answer")
    a.office.records.read(PERSON, told.mid or b"", net.now)
    net.settle()
    assert page(a).items == ()


def test_what_they_owe_is_ours_to_follow_up_once_it_is_overdue(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    due = net.now + HOUR
    net.now = due
    assert page(a).items == ()
    for later, up in (
        (Span(1), Up.DESK),
        (HOUR, Up.DESK),
        (Span(5 * HOUR.ms), Up.SUPERVISOR),
        (Span(25 * HOUR.ms), Up.CHANNEL),
    ):
        net.now = due + later
        (item,) = page(a).items
        assert (item.what, item.mid, item.due, item.overdue, item.rung) == (
            items.AWAITED, mid, due, True, up,
        )  # fmt: skip
        assert item.acts == ()
        (owed,) = page(b).items
        assert (owed.what, owed.overdue, owed.rung) == (items.OWED, True, up)


def test_each_side_counts_from_its_own_keeping_unless_a_time_was_asked(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid, made = a.send("one", b), net.now
    net.now += HOUR
    net.set_line(a, b, up=True)
    net.settle()
    day = Span(24 * HOUR.ms)
    for side, since in ((a, made), (b, net.now)):
        (story,) = side.office.todo.stories(PERSON, side.office.records.find(mid)[0].text("matter"))
        (tick,) = story.ticks
        assert (tick.since, tick.own, tick.asked, tick.due) == (
            since,
            since + day,
            None,
            since + day,
        )
        assert tick.tick(since) is Tick.RUNNING
        assert tick.tick(since + Span(18 * HOUR.ms)) is Tick.DUE
        assert tick.tick(since + day + Span(1)) is Tick.OVERDUE
        assert story.course.side_of(story.desk) == ("opener" if side is a else "other")


def test_a_hold_is_due_when_it_says_and_a_question_turns_the_duty_round(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    reply(b, mid, "HOLD", within=Span(3 * HOUR.ms))
    net.settle()
    assert (state(a, mid), page(b).items[0].due) == ("held", net.now + Span(3 * HOUR.ms))
    asked = b.act("cert/answer", mid=mid, verdict="question", text="which host?")
    net.settle()
    assert state(a, mid) == state(b, mid) == "question"
    assert whats(b) == [(items.UNREAD, "")], "it owes nothing now"
    (owed, unread) = page(a).items
    assert (owed.what, owed.state, owed.mid, owed.acts) == (
        items.OWED, "question", mid, ("record/answer",),
    )  # fmt: skip
    assert (unread.what, unread.mid) == (items.UNREAD, asked)
    reply(a, asked, "ACTION")
    net.settle()
    assert state(a, mid) == state(b, mid) == "open"
    assert ("owed", "open") in whats(b)
    reply(b, mid, "DECLINED", "not ours")
    net.settle()
    assert state(a, mid) == state(b, mid) == "declined"


def test_a_withdrawal_is_a_course_of_its_own_until_it_is_acknowledged(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    gone = a.act("cert/withdraw", mid=mid, all=True, reason="false")
    net.settle()
    assert state(a, mid) == state(b, mid) == "withdrawn"
    assert state(a, gone) == state(b, gone) == "asked"
    assert [(each.what, each.mid) for each in page(b).items] == [
        (items.OWED, gone),
        (items.UNREAD, mid),
    ]
    assert page(b).items[0].title == "one", "what it takes back"
    b.act("cert/acknowledge", mid=gone)
    net.settle()
    assert state(a, gone) == state(b, gone) == "acknowledged"
    assert (items.OWED, "asked") not in whats(b)


def test_what_came_too_late_is_shown_with_what_it_ran_into(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    a.act("cert/withdraw", mid=mid, all=True, reason="false")
    net.settle()
    answer = b.act("cert/answer", mid=mid, verdict="useful")
    net.settle()
    # Neither names the other: the answer is taken first, and both count.
    assert state(a, mid) == state(b, mid) == "withdrawn"
    stories = a.office.todo.stories(PERSON, a.office.records.find(mid)[0].text("matter"))
    (bundle,) = [each.course for each in stories if each.course.mid == mid]
    assert [step.end for step in bundle.steps] == ["open", "answered", "withdrawn"]
    assert bundle.ignored == ()
    hold = reply(b, mid, "ACTION")
    net.settle()
    late = reply(b, mid, "HOLD", within=HOUR)
    net.settle()
    for side in net.sides:
        stories = side.office.todo.stories(PERSON, side.office.records.find(mid)[0].text("matter"))
        (bundle,) = [each.course for each in stories if each.course.mid == mid]
        told = {one.mid: (one.why, one.by) for one in bundle.ignored}
        assert told.keys() <= {hold, late, answer}
        assert all(why is Why.STATE and by for why, by in told.values())


def test_what_is_urgent_stands_above_until_somebody_has_seen_it(net: Net) -> None:
    a, b = net.sides
    a.office._post.unreleased = True
    first = a.send("first", b, within=HOUR)
    flash = a.send("flash", b, prec="FLASH", unreleased="a drill of one", within=Span(9 * HOUR.ms))
    net.settle()
    found = page(b)
    assert [(each.mid, each.alarm) for each in found.items] == [(flash, True), (first, False)]
    assert ([each.mid for each in found.flashes], found.alarms, found.waiting) == ([flash], 1, 2)
    frame = page(b, count_max=0)
    assert (frame.items, frame.after, frame.flashes) == ((), "", found.flashes)
    assert found.items[0].acts[:2] == ("record/seen", "record/read")
    b.office.todo.seen(PERSON, flash, net.now)
    net.settle()
    found = page(b)
    assert [(each.mid, each.alarm) for each in found.items] == [(first, False), (flash, False)]
    assert (found.alarms, found.items[1].seen, found.items[1].unread) == (0, PERSON.name, True)
    assert a.level(flash) == "DELIVERED", "seen is told to nobody"
    b.office.rebuild(net.now)
    assert page(b) == found


def test_a_matter_is_taken_and_left_by_name(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    b.office.todo.take(PERSON, mid, net.now)
    net.settle()
    assert page(b).items[0].holder == PERSON.name
    assert b.office.todo.holder(page(b).items[0].matter) == PERSON.name
    b.office.rebuild(net.now)
    assert page(b).items[0].holder == PERSON.name
    net.now += HOUR
    b.office.todo.leave(PERSON, mid, net.now)
    net.settle()
    assert page(b).items[0].holder == ""
    b.office.todo.take(PERSON, mid, net.now)
    other = replace(PERSON, name="another")
    for act in (b.office.todo.take, b.office.todo.leave):
        with pytest.raises(OurFault, match=r"matter\.taken"):
            act(other, mid, net.now)
    net.now += HOUR
    b.office.todo.take(replace(other, places={"cert": Place.SUPERVISOR}), mid, net.now)
    assert page(b).items[0].holder == "another"
    with pytest.raises(OurFault, match=r"matter\.taken"):
        b.office.todo.take(STRANGER, mid, net.now)
    with pytest.raises(OurFault, match=r"office\.forbidden"):
        b.office.todo.seen(STRANGER, mid, net.now)
    assert [each.mid for each in a.in_log(b)].count(mid) == 1
    assert len(b.in_log(a)) == len(
        [t for t in b.in_log(a) if not t.header.kind.startswith("office.")]
    )


def test_who_may_not_read_sees_nothing_of_a_desk(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    assert b.office.todo.page(STRANGER, net.now) == Page(())
    assert b.office.todo.stories(STRANGER, b.office.records.find(mid)[0].text("matter")) == ()
    assert page(b, desks=("cert",)).items
    assert page(b, desks=("notices",)).items == ()


def test_what_was_refused_waits_until_somebody_has_seen_it(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    b.say_house(
        "sys.reject", a, {"of": mid, "code": "E_MARKING", "what": "too strict", "remedy": "mark it"}
    )
    net.settle()
    assert [(each.what, each.mid) for each in page(a).items] == [(items.REJECTED, mid)]
    a.office.todo.seen(PERSON, mid, net.now)
    assert page(a).items == ()


def test_what_our_own_node_refused_waits_with_what_can_be_done(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    with a.shelf.inner.begin() as tx:
        unsent.put(tx, mid, Answer(mid, "E_SIZE", "too long", "cut it"), net.now)
    (item,) = page(a).items
    assert (item.what, item.mid, item.state, item.acts) == (
        items.UNSENT, mid, "E_SIZE", ("record/retry", "record/drop"),
    )  # fmt: skip


def test_an_alarm_of_a_link_and_missing_receipts_stand_on_the_list(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    a.send("one", b)
    levels = a.hatch.levels
    a.hatch.levels = lambda: [  # type: ignore[method-assign]
        replace(each, state="KEY_MISMATCH", why="another key") if each.peer else each
        for each in levels()
    ]
    found = {each.what: each for each in page(a).items}
    assert found.keys() == {items.LINE, items.RECEIPTS}
    assert dict(found[items.LINE].words[1]) == {
        "who": BOREALIS, "state": "KEY_MISMATCH", "why": "another key", "count": "1",
    }  # fmt: skip
    assert (found[items.LINE].desk, found[items.LINE].mid) == (items.HOUSE, None)
    assert page(a, desks=("cert",)).items == ()


def test_two_records_of_one_number_wait_until_they_were_seen(net: Net) -> None:
    a, b = net.sides
    first = a.send("one", b)
    net.settle()
    row = b.rows(courses.WAITING)[0]
    with b.shelf.inner.begin() as tx:
        tx.rows(house.EQUIVOCATIONS).put(
            {
                "place": "log 1", "from": a.address, "matter": row.text("matter"), "s": "aaaaaaaa",
                "n": 1, "first": first, "first_origin": "log", "first_seq": 0,
                "second": b"\x07" * 32, "second_origin": "log", "second_seq": 1,
            }
        )  # fmt: skip
    assert (items.TWINS, "") in whats(b)


class OneDraft:
    def items(self, person: Person, now: Moment) -> list[Item]:
        return [
            Item(
                key=courses.place(now, now, items.DRAFT, "d1"), what=items.DRAFT,
                words=("ui.todo.draft", (("who", person.name),)), desk="cert", from_="", since=now,
            )
        ]  # fmt: skip


def test_other_rooms_put_their_own_on_the_list(net: Net) -> None:
    a, b = net.sides
    a.send("one", b, within=HOUR)
    net.settle()
    b.office.todo.sources.append(OneDraft())
    assert [each.what for each in page(b).items] == [items.DRAFT, items.OWED]
    assert page(b, desks=("cert",)).items[0].what == items.DRAFT
    assert page(b, desks=("other",)).items == ()


def test_the_list_goes_on_page_by_page_without_a_gap(net: Net) -> None:
    a, b = net.sides
    for number in range(7):
        a.send(f"no {number}", b, within=Span(HOUR.ms * (7 - number)))
    net.settle()
    whole, after, walked = page(b).items, "", list[Item]()
    while True:
        found = page(b, after=after, count_max=2)
        walked += found.items
        after = found.after
        if not after:
            break
    assert tuple(walked) == whole
    dues = [each.due for each in whole if each.due]
    assert dues == sorted(dues)
    assert len(dues) == 7


def test_what_they_lack_is_named_with_the_course_that_stands_otherwise(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    matter = a.office.records.find(mid)[0].text("matter")
    net.set_line(a, b, up=False)
    gone = a.act("cert/withdraw", mid=mid, all=True, reason="false")
    compared = a.office._matters.compare
    a.office._matters.compare = lambda matter: [  # type: ignore[method-assign]
        replace(each, missing_there=(gone,), missing_here=(b"\x01" * 32,))
        for each in compared(matter)
    ]
    bundle, taken = a.office.todo.stories(PERSON, matter)
    assert bundle.difference is not None
    assert (bundle.difference.here, bundle.difference.there, bundle.difference.by) == (
        "withdrawn", "open", (gone,),
    )  # fmt: skip
    assert taken.difference is not None
    assert (taken.difference.here, taken.difference.there) == ("asked", "")
    assert bundle.unknown == (b"\x01" * 32,)


@pytest.mark.parametrize("seed", range(6))
def test_both_sides_come_to_the_same_whatever_the_line_did(seed: int) -> None:
    """Acts of both, at random, over a line that comes and goes; at the end all is held by both."""
    net, dice = Net(AURELIA, BOREALIS), random.Random(seed)
    bundles: list[tuple[Side, bytes]] = []
    for number in range(30):
        one, other = dice.sample(net.sides, 2)
        net.now += Span(dice.randrange(1, HOUR.ms))
        known = [mid for side, mid in bundles if _holds(one, mid)]
        mine = [mid for side, mid in bundles if side is one]
        theirs = [mid for mid in known if mid not in mine]
        match dice.randrange(6):
            case 0 | 1:
                bundles.append((one, one.send(f"no {number}", other)))
            case 2 if theirs:
                verdict = dice.choice(("useful", "question", "false"))
                one.act("cert/answer", mid=dice.choice(theirs), verdict=verdict)
            case 3 if theirs:
                answer = dice.choice(("ACTION", "HOLD", "DECLINED"))
                within = HOUR if answer == "HOLD" else None
                reply(one, dice.choice(theirs), answer, "so we say", within)
            case 4 if mine:
                whole = dice.random() < 0.5
                what = {"all": True} if whole else {"object": (Values({"id": OBJECT}),)}
                one.act_all("cert/withdraw", mid=dice.choice(mine), reason="false", **what)
            case _:
                net.set_line(one, other, up=dice.random() < 0.6)
        if dice.random() < 0.5:
            net.settle()
        if dice.random() < 0.1:
            one.restart()
    a, b = net.sides
    net.set_line(a, b, up=True)
    net.settle()
    for side, mid in bundles:
        matter = side.office.records.find(mid)[0].text("matter")
        here, there = (
            [
                (each.course.mid, each.course.opener, each.course.other, each.course.state,
                 [(s.entry.mid, s.begin, s.end) for s in each.course.steps],
                 each.course.ignored)
                for each in one.office.todo.stories(PERSON, matter)
            ]
            for one in net.sides
        )  # fmt: skip
        assert here == there
        assert all(each.difference is None for each in side.office.todo.stories(PERSON, matter))
    for one in net.sides:
        before = one.tables()
        one.office.rebuild(net.now)
        net.settle()
        assert one.tables() == before


def _holds(side: Side, mid: bytes) -> bool:
    side.office._news.fold_made()
    with side.shelf.inner.begin() as tx:
        return tx.rows(courses.MOVES).get(mid) is not None
