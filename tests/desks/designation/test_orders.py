"""Whatever came first, came twice or contradicts: both sides hold the same, and nothing is applied unasked."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desks.designation.table import (
    CASE,
    STATEMENT,
    A,
    B,
    Side,
    Talk,
    after,
    refolded,
)

from detente.core.errors import OurFault
from detente.desks.designation import finding, rules
from detente.desks.designation.folds import DESIGNATIONS, SAID
from detente.office.desk import Opened
from detente.office.fields import Value

# (who, what they do, what they say): tried in any order, at once or knowing of each other.
STEPS: tuple[tuple[str, str, dict[str, Value]], ...] = (
    ("b", "respond", {"answer": "more", "text": "More."}),
    ("b", "respond", {"answer": "accept", "text": "Yes."}),
    ("b", "respond", {"answer": "decline", "text": "No."}),
    ("b", "adopt", {}),
    ("b", "adopt", {"measure": ("watch",)}),
    ("b", "lift", {"text": "Lifted."}),
    ("a", "reasons", {"part": "case", "tlp": "RED", "text": CASE}),
    ("a", "amend", {"birth": ("1971",), "text": "Another year."}),
    ("a", "amend", {"birth": ("1972",), "text": "Yet another."}),
    ("a", "review", {"review": after(500), "text": "It stands."}),
    ("a", "delist", {"reason": "ceased", "text": "Over."}),
)
Played = tuple[bytes, Talk]


@st.composite
def played(draw: st.DrawFn) -> Played:
    """Two sides that speak; what one says may be on its way while the other speaks."""
    talk = Talk()
    mid = talk.propose()
    late: dict[str, list[Opened]] = {"a": [], "b": []}
    for hour, (who, verb, told) in enumerate(draw(st.lists(st.sampled_from(STEPS), max_size=8))):
        by = talk.a if who == "a" else talk.b
        try:
            drafts = by.drafts(verb, after(0, hour), mid=mid, **told)
        except OurFault:
            continue  # not from where it stands
        for draft in drafts:
            talk.say(by, draft, by, at=after(0, hour))
            late["b" if who == "a" else "a"].append(talk.said[-1])
        if draw(st.booleans()):
            for side, name in ((talk.a, "a"), (talk.b, "b")):
                for each in late[name]:
                    side.fold(replace(each, ours=False))
                late[name] = []
    return mid, talk


def stand(side: Side, mid: bytes) -> tuple[object, ...]:
    row = finding.designation_at(side.reader, mid)
    made = finding.adoption(side.reader, row)
    return (
        finding.state(side.reader, mid),
        finding.identity(side.reader, row),
        None if made is None else made.without("ours", "kept_at"),
    )


@given(played(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_both_sides_hold_the_same_in_every_order_and_with_copies(
    told: Played, chance: Random
) -> None:
    mid, talk = told
    shuffled = [*talk.said, *talk.said]
    chance.shuffle(shuffled)
    whole = refolded(A, talk.said)
    for name in (A, B):
        again = refolded(name, shuffled)
        assert stand(again, mid) == stand(whole, mid)
        for table in (DESIGNATIONS, SAID):
            count = len(again.rows(table).find({}, None, 100))
            assert count == len(whole.rows(table).find({}, None, 100))


@given(played())
@settings(max_examples=80, deadline=None)
def test_what_is_in_force_was_adopted_by_two_and_no_reason_is_exported(told: Played) -> None:
    mid, talk = told
    side = refolded(B, talk.said)
    row = finding.designation_at(side.reader, mid)
    made = finding.adoption(side.reader, row)
    state = finding.state(side.reader, mid)
    if made is None:
        assert state not in rules.IN_FORCE
        if finding.was_applied(side.reader, A):
            (given,) = side.look("export", after(99), party=A)
            assert str(given["list"]).splitlines() == ['{"form":"detente-list-1","entities":0}']
            return
        with pytest.raises(OurFault, match="in force"):
            side.look("export", after(99), party=A)
        return
    assert state in rules.IN_FORCE
    assert made["from"] == side.address
    assert made["releaser"]
    text = str(side.look("export", after(99), party=A)[0]["list"])
    for secret in (CASE, STATEMENT, "informer"):
        assert secret not in text
    assert f'"births":["{made.texts("birth")[0]}"]' in text


def test_what_a_third_party_says_to_it_counts_for_nothing() -> None:
    talk = Talk()
    mid = talk.propose()
    stranger = Side("cordia.gov")
    (adopts,) = talk.b.drafts("adopt", mid=mid)
    (amends,) = talk.a.drafts("amend", mid=mid, birth=("1999",), text="x")
    for draft in (adopts, amends):
        talk.say(stranger, draft, talk.a, talk.b)
    for side in (talk.a, talk.b):
        assert side.state(mid) == "proposed"
        assert "1999" not in str(side.look("show", mid=mid))
        assert not side.parts(mid, "said")
    talk.do(talk.b, "adopt", mid=mid)
    talk.say(stranger, adopts, talk.a, talk.b, at=after(1))
    made = finding.adoption(talk.a.reader, finding.designation_at(talk.a.reader, mid))
    assert made is not None
    assert made["from"] == talk.b.address
