"""The form of a part: a concern that hears nothing changes nothing."""

from tests.link.playbook import WHO

from detente.core import limits
from detente.core.moment import Moment
from detente.link.hello import Heads
from detente.link.part import Part
from detente.link.session import Session
from detente.link.state import State

NO_HEADS = Heads(None, None, None, None)


def test_a_part_without_concerns_hears_reads_and_wants_nothing() -> None:
    part = Part(State(WHO, NO_HEADS, None))
    assert (part.hears(), part.reads(), part.tick(), part.due()) == ({}, {}, [], None)
    part.read_begins()
    assert part.read_ends(1, whole=True) == []


def test_the_earliest_wish_for_a_tick_counts() -> None:
    session = Session(WHO, NO_HEADS, None)
    assert session.due() is None
    for part, at in zip(session._parts, (None, Moment(300), Moment(200)), strict=False):
        part.due = lambda at=at: at  # type: ignore[method-assign,misc]
    assert session.due() == Moment(200)


def test_a_line_that_nobody_measured_carries_less_in_one_go() -> None:
    assert State(WHO, NO_HEADS, None).inline_max == limits.INLINE_UNKNOWN < limits.INLINE_MAX
