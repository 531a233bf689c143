"""What every procedure of every desk in the house must do; a new desk is held to it by itself."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.app.desks import DESKS
from detente.core.moment import Moment, Span
from detente.core.record import PRECEDENCES
from detente.core.talk import Said
from detente.office.desk import Desk
from detente.office.fields import When
from detente.office.kinds import HOUSE
from detente.office.procedure import Duty, Move, Procedure, State, Up, Who
from detente.office.procedures import Entry, Tick, courses, differences, readings

PROCEDURES = [(desk, each) for desk in DESKS for each in desk.procedures]
A, B, C = "{}@aurelia.gov", "{}@borealis.gov", "{}@cordia.gov"
every_procedure = pytest.mark.parametrize(
    ("desk", "procedure"), PROCEDURES, ids=lambda value: value.name
)
every_desk = pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name)


def duties(procedure: Procedure) -> Iterator[tuple[State, Duty]]:
    for state in procedure.states:
        for duty in state.owes:
            yield state, duty


def leading_out(procedure: Procedure, state: str, duty: Duty) -> list[Move]:
    return [
        move
        for move in procedure.moves
        if state in move.begin and move.kind in duty.kinds and move.who in (duty.who, Who.EITHER)
    ]


def test_every_desk_declares_what_becomes_of_what_it_says() -> None:
    assert PROCEDURES
    for desk in DESKS:
        answered = {kind.name for kind in desk.kinds if kind.answered_by}
        opened = {kind for each in desk.procedures for kind in each.opens}
        assert answered <= opened, "what asks for an answer opens a course"
        assert len(opened) == sum(len(each.opens) for each in desk.procedures)


@every_procedure
def test_its_names_are_its_desks(desk: Desk, procedure: Procedure) -> None:
    assert procedure.desk == desk.name
    known = desk.kind_named.keys() | HOUSE.keys()
    assert procedure.kinds <= known
    assert set(procedure.opens) <= desk.kind_named.keys()
    acts = {act.name for act in desk.acts} | {"record/answer"}
    for _, duty in duties(procedure):
        assert set(duty.kinds) <= procedure.kinds
        assert duty.acts
        assert set(duty.acts) <= acts
    if procedure.under is not None:
        assert procedure.under[0] in {each.name for each in desk.procedures}


@every_procedure
def test_what_it_looks_at_in_a_body_is_there(desk: Desk, procedure: Procedure) -> None:
    bodies = {**desk.kind_named, **HOUSE}
    for move in procedure.moves:
        if move.guard is not None:
            assert move.guard.field in bodies[move.kind].members
    for kind in procedure.opens:
        assert not procedure.title or procedure.title in bodies[kind].members


@every_procedure
def test_every_state_is_reached(desk: Desk, procedure: Procedure) -> None:
    reached, before = {procedure.first(kind) for kind in procedure.opens}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {move.end for move in procedure.moves if reached & set(move.begin)}
    assert reached == procedure.named.keys(), desk.name


@every_procedure
def test_from_an_end_nothing_moves_and_nothing_is_owed(desk: Desk, procedure: Procedure) -> None:
    for state in procedure.states:
        if state.is_end:
            assert not state.owes, desk.name
            assert not [move for move in procedure.moves if state.name in move.begin]


@every_procedure
def test_every_clock_ends(desk: Desk, procedure: Procedure) -> None:
    for state, duty in duties(procedure):
        out = leading_out(procedure, state.name, duty)
        assert {move.kind for move in out} == set(duty.kinds), "all that is owed can be said"
        # Without the other side: who owes it can bring it where nothing is owed by that side.
        reached, before = {move.end for move in out}, set[str]()
        while reached != before:
            before = set(reached)
            for name in before:
                reached |= {move.end for move in leading_out(procedure, name, duty)}
        free = [name for name in reached if not _owing(procedure.named[name], duty.who)]
        assert free, f"{procedure.name} {state.name} {desk.name}"
        assert duty.clock.ladder, "and one that is not kept is told to somebody"
        assert duty.clock.ladder[-1].up is Up.CHANNEL
        spans = [each.after for each in duty.clock.ladder]
        assert spans == sorted(spans)
        assert spans[0] >= Span(0)
        assert all(span > Span(0) for span in duty.clock.within.values())
        rising = [duty.clock.within[each] for each in PRECEDENCES]
        assert rising == sorted(rising, reverse=True), "more urgent is sooner"


def _owing(state: State, who: Who) -> bool:
    return any(duty.who is who for duty in state.owes)


@every_procedure
def test_what_a_clock_runs_from_is_said_by_whatever_opens(desk: Desk, procedure: Procedure) -> None:
    for clock in procedure.clocks:
        for kind in procedure.opens if clock.since else ():
            assert isinstance(desk.kind_named[kind].members[clock.since].type, When)


@every_procedure
def test_a_kind_is_answered_in_the_time_that_it_declares(desk: Desk, procedure: Procedure) -> None:
    for kind in procedure.opens:
        declared = desk.kind_named[kind]
        owes = procedure.named[procedure.first(kind)].owes
        for duty in owes:
            assert set(declared.answered_by) <= set(duty.kinds)
        spans = [duty.clock.within["ROUTINE"] for duty in owes]
        assert min(spans, default=declared.answer_within) == declared.answer_within


@every_procedure
def test_two_people_sign_what_two_must(desk: Desk, procedure: Procedure) -> None:
    bodies = {**desk.kind_named, **HOUSE}
    assert procedure.two_person == {k for k in procedure.kinds if bodies[k].second_person}


@every_procedure
def test_at_most_one_move_is_meant_by_a_record(desk: Desk, procedure: Procedure) -> None:
    for one, other in itertools.combinations(procedure.moves, 2):
        together = set(one.begin) & set(other.begin)
        sides = {Who.OPENER, Who.OTHER}
        same = [who for who in sides if one.who.is_(who) and other.who.is_(who)]
        if one.kind != other.kind or not together or not same:
            continue
        assert one.guard is not None, f"{desk.name}: {one} and {other}"
        assert other.guard is not None
        assert one.guard.field == other.guard.field
        assert not set(one.guard.any_of) & set(other.guard.any_of)


@every_desk
def test_a_kind_has_one_rank(desk: Desk) -> None:
    ranks: dict[str, set[int]] = {}
    for move in (move for each in desk.procedures for move in each.moves):
        ranks.setdefault(move.kind, set()).add(move.rank)
    assert {kind: found for kind, found in ranks.items() if len(found) > 1} == {}


# Whatever is said, in whatever order it comes.


@st.composite
def talks(draw: st.DrawFn, desk: Desk) -> list[Entry]:
    """Records between two desks, and some with a third, that follow one another somehow."""
    # Of a desk without procedures whatever it says opens no course.
    said_by = {*desk.kind_named} if not desk.procedures else set[str]()
    kinds = sorted(said_by.union(*(each.kinds for each in desk.procedures)))
    opens = sorted(said_by.union(*(each.opens for each in desk.procedures)))
    guards: dict[str, set[str]] = {}
    for move in (move for each in desk.procedures for move in each.moves):
        if move.guard is not None:
            guards.setdefault(move.guard.field, {"other"}).update(move.guard.any_of)
    addresses = [each.format(desk.name) for each in (A, B, C)]
    made: list[Entry] = []
    for number in range(draw(st.integers(1, 9))):
        mids = [one.mid for one in made]
        reply = draw(st.sampled_from([*mids, b"\xff" * 32]) if mids else st.none())
        from_, to = draw(st.permutations(addresses))[:2]
        said = Said(
            bytes([draw(st.integers(0, 250)), number]) * 16,
            draw(st.sampled_from(kinds if made else opens)),
            from_,
            (to,),
            draw(st.sampled_from(["aaaaaaaa", "bbbbbbbb"])),
            number + 1,
            reply,
        )
        facts = {name: draw(st.sampled_from(sorted(each))) for name, each in guards.items()}
        made.append(
            Entry(
                said,
                Moment(draw(st.integers(0, 10**6))),
                draw(st.sampled_from(PRECEDENCES)),
                deadline=draw(st.none() | st.integers(0, 10**9).map(Moment)),
                facts=draw(st.just(facts) | st.none()),
                until=draw(st.just({}) | st.just({"until": Moment(5 * 10**8)})),
            )
        )
    return made


@every_desk
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_arrival_order_and_copies_change_nothing(desk: Desk, data: st.DataObject) -> None:
    made = data.draw(talks(desk))
    one, other = A.format(desk.name), B.format(desk.name)
    shuffled = data.draw(st.permutations([*made, *data.draw(st.lists(st.sampled_from(made)))]))
    here = courses(made, desk.procedures, one, other)
    assert courses(shuffled, desk.procedures, one, other) == here
    assert courses(shuffled, desk.procedures, other, one) == here, "both sides say the same"
    between = {frozenset((one, other))}
    assert {frozenset((each.opener, each.other)) for each in here} <= between
    assert desk.procedures or not here


@every_desk
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_two_desks_that_come_to_hold_all_agree(desk: Desk, data: st.DataObject) -> None:
    made = data.draw(talks(desk))
    one, other = A.format(desk.name), B.format(desk.name)
    left = [each for each in made if data.draw(st.booleans())]
    right = [each for each in made if each not in left or data.draw(st.booleans())]
    whole = courses(made, desk.procedures, one, other)
    assert courses([*left, *right], desk.procedures, one, other) == whole
    assert courses([*right, *left], desk.procedures, other, one) == whole
    # And as long as they do not, what differs is named with the records that one of them lacks.
    lacking = {each.mid for each in made} - {each.mid for each in right}
    theirs = {each.mid: each.state for each in courses(right, desk.procedures, one, other)}
    told = {d.mid: d for d in differences(made, desk.procedures, one, other, lacking)}
    for course in whole:
        if theirs.get(course.mid) != course.state:
            assert (told[course.mid].here, told[course.mid].there) == (
                course.state,
                theirs.get(course.mid, ""),
            )
    assert all(set(each.by) <= lacking for each in told.values())


@every_desk
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_every_record_counts_or_is_shown_not_to(desk: Desk, data: st.DataObject) -> None:
    made = data.draw(talks(desk))
    found = courses(made, desk.procedures, A.format(desk.name), B.format(desk.name))
    for course in found:
        assert course.steps[0].begin == ""
        assert course.state in course.procedure.named
        for before, after in itertools.pairwise(course.steps):
            assert before.end == after.begin
            assert not course.procedure.named[before.end].is_end, "an end is the end"
        counted = {step.entry.mid for step in course.steps}
        assert not counted & {one.mid for one in course.ignored}
        held = {one.mid for one in made}
        assert all(set(one.by) <= held for one in course.ignored)


@every_desk
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_clocks_stop_when_a_record_moves_the_course_on(desk: Desk, data: st.DataObject) -> None:
    made = data.draw(talks(desk))
    now = Moment(data.draw(st.integers(0, 10**9)))
    for course in courses(made, desk.procedures, A.format(desk.name), B.format(desk.name)):
        found = readings(course)
        running = [each for each in found if each.stopped_by is None]
        assert [each.duty for each in running] == list(course.at.owes)
        for each in running:
            assert each.started_by == course.steps[-1].entry.mid
            assert (each.tick(now) is Tick.OVERDUE) == (now > each.due)
            assert (each.up(now) is None) or now > each.due
            assert each.due == (each.own if each.asked is None else each.asked)
        for each in found:
            if each.stopped_by is not None:
                assert each.tick(now) is Tick.STOPPED
                assert each.rung(now) is None
