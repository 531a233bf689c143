"""A bundle in parts, taken back in one act: each part acknowledged, refused while half is on its way."""

from collections.abc import Mapping

import pytest
from tests.desks.cert.test_index import indicator
from tests.desks.cert.test_large import PART, begin, line, padded, send, step_on, whole_of
from tests.office.test_files import inspect
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of
from tests.support.pairs import RELEASER, WHY, pairs

from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert import folds, index, kinds, transfers
from detente.desks.cert.desk import wrong_withdraw
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.stands import COURSES
from detente.office.tables import Row
from detente.office.waiting import Policy

PARTS = 3
REASON: Mapping[str, Value] = {"reason": "false", "prec": "ROUTINE"}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "OBJECTS_MAX", PART)


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


@pytest.fixture
def there(net: Net) -> Net:
    """A whole of three parts, at both ends."""
    a, b = net.sides
    send(a, b, whole_of(padded((PARTS - 1) * PART + 1)))
    net.turn()
    inspect(net)
    assert (line(a)["state"], line(b)["state"]) == ("delivered", "whole")
    return net


def do(side: Side, name: str, **values: Value) -> tuple[bytes, ...]:
    given = Values({"prec": "ROUTINE", **values})
    made = side.office.act(PERSON, f"cert/{name}", given, side.net.now).mids
    side.net.turn()
    return made


def part(side: Side, number: int) -> bytes:
    rows = (row for row in side.rows(transfers.PARTS) if row["number"] == number)
    return next(row.data("mid") for row in rows)


def of_parts(side: Side) -> list[Row]:
    asked = Values({"mid": part(side, 1)})
    return list(side.office.look(PERSON, "cert/transfer", asked, side.net.now)[1])


def states(side: Side) -> list[Value]:
    return [row["state"] for row in of_parts(side)]


def owed(side: Side) -> int:
    rows = side.rows(COURSES)
    return sum(row["procedure"] == "cert.withdrawal" and "owes" in row for row in rows)


def code_of(side: Side, name: str, **values: Value) -> str:
    with pytest.raises(OurFault) as refused:
        do(side, name, **values)
    return refused.value.code


@pytest.mark.parametrize("number", [1, 2, PARTS])
def test_any_part_takes_back_all_of_them_in_one_act(there: Net, number: int) -> None:
    a, b = there.sides
    assert len(do(a, "withdraw", mid=part(a, number), all=True, **REASON)) == PARTS
    for side in (a, b):
        row = line(side)
        assert (row["state"], row["back"], row["acknowledged"]) == ("taking_back", PARTS, 0)
        assert states(side) == ["taking_back"] * PARTS
        assert owed(side) == PARTS, "an answer is owed for each"
        bundles = side.rows(folds.BUNDLES)
        with side.shelf.inner.begin() as tx:
            for bundle in bundles:
                gone = index.gone_of(TableReader(tx.rows), bundle)
                assert len(gone) == bundle["count"]


def test_each_part_is_acknowledged_one_by_one_or_all_at_once(there: Net) -> None:
    a, b = there.sides
    made = do(a, "withdraw", mid=part(a, 1), all=True, **REASON)
    do(b, "acknowledge", mid=made[1])
    for side in (a, b):
        assert (line(side)["state"], line(side)["acknowledged"]) == ("taking_back", 1)
        assert states(side) == ["taking_back", "acknowledged", "taking_back"]
    assert len(do(b, "acknowledge", mid=made[0], transfer=True)) == PARTS - 1, "what was left"
    for side in (a, b):
        assert (line(side)["state"], line(side)["acknowledged"]) == ("acknowledged", PARTS)
        assert owed(side) == 0


def test_what_is_kept_may_stand_in_any_part(there: Net) -> None:
    a, b = there.sides
    made = do(a, "withdraw", mid=part(a, 1), all=True, **REASON)
    last = str(indicator((PARTS - 1) * PART)["id"])
    kept = (Values({"id": last, "because": "court order"}),)
    do(b, "acknowledge", mid=made[0], transfer=True, kept=kept)
    done = [each for row in a.rows(folds.WITHDRAWN) for each in row.parts("done")]
    assert len(done) == (PARTS - 1) * PART + 1
    assert [each["id"] for each in done if each["state"] == "kept"] == [last]
    made = do(a, "withdraw", mid=part(a, 1), all=True, only=True, **REASON)
    stranger = (Values({"id": str(indicator(999)["id"]), "because": "x"}),)
    assert code_of(b, "acknowledge", mid=made[0], transfer=True, kept=stranger) == "cert.no_object"


def test_it_is_refused_while_parts_are_on_their_way_and_done_when_they_came(net: Net) -> None:
    a, b = net.sides
    send(a, b, whole_of(padded(PART + 1)))
    net.turn()
    assert line(a)["state"] == "sending"
    with pytest.raises(OurFault) as refused:
        do(a, "withdraw", mid=part(a, 2), all=True, **REASON)
    assert refused.value.code == "cert.on_its_way"
    assert refused.value.what == "2 of 2 parts are on their way: 1-2"
    assert a.rows(folds.WITHDRAWALS) == [], "nothing half done"
    inspect(net)
    assert len(do(a, "withdraw", mid=part(a, 2), all=True, **REASON)) == 2


def test_a_part_that_is_not_even_made_is_on_its_way_too(there: Net) -> None:
    a, _ = there.sides
    second = part(a, 2)
    with a.shelf.inner.begin() as tx:
        tx.rows(transfers.PARTS).drop(second)
    assert code_of(a, "withdraw", mid=part(a, 1), all=True, **REASON) == "cert.on_its_way"


def test_one_part_alone_goes_and_the_rest_stands(there: Net) -> None:
    a, b = there.sides
    assert len(do(a, "withdraw", mid=part(a, 2), all=True, only=True, **REASON)) == 1
    for side in (a, b):
        assert (line(side)["back"], states(side)[1]) == (1, "taking_back")
        (course,) = [row for row in side.rows(COURSES) if row["procedure"] == "cert.bundle"]
        assert course["state"] == "open", "of the whole the first part speaks"
        assert owed(side) == 1
    rest = do(a, "withdraw", mid=part(a, 2), all=True, **REASON)
    assert len(rest) == PARTS - 1, "what was taken back before is not taken back again"
    assert code_of(a, "withdraw", mid=part(a, 1), all=True, **REASON) == "cert.objects"


def test_an_object_of_a_further_part_is_owed_an_answer_too(there: Net) -> None:
    a, b = there.sides
    one = (Values({"id": str(indicator(PART + 1)["id"])}),)
    (made,) = do(a, "withdraw", mid=part(a, 2), object=one, **REASON)
    assert owed(b) == 1
    there.now += Span.of(hours=1)
    do(b, "acknowledge", mid=made)
    assert owed(a) == owed(b) == 0
    assert (
        code_of(a, "withdraw", mid=part(a, 1), all=True, replaced_by=part(a, 3), **REASON)
        == "cert.objects"
    )


def test_all_at_once_is_for_what_went_in_parts(net: Net) -> None:
    a, b = net.sides
    a.act("cert/send", file=whole_of(padded(3)), to=(b.address,), about="small")
    net.turn()
    mid = a.rows(folds.BUNDLES)[0].data("mid")
    (made,) = do(a, "withdraw", mid=mid, all=True, **REASON)
    assert code_of(b, "acknowledge", mid=made, transfer=True) == "cert.objects"
    do(b, "acknowledge", mid=made)
    assert owed(a) == 0


@pytest.mark.parametrize(
    ("body", "is_wrong"),
    [
        ({"all": True}, False), ({"all": False}, True), ({"all": False, "part": True}, False),
        ({"all": True, "part": True}, True), ({"all": False, "objects": ()}, False),
        ({"all": False, "part": True, "objects": ()}, True), ({"all": True, "objects": ()}, True),
    ],
)  # fmt: skip
def test_a_withdrawal_says_one_of_three(body: dict[str, Value], is_wrong: bool) -> None:
    assert bool(wrong_withdraw(Values(body))) is is_wrong


# Two people.


def waiting(net: Net, prec: str = "FLASH") -> tuple[bytes, ...]:
    a, b = net.sides
    data = whole_of(padded((PARTS - 1) * PART + 1))
    state = step_on(a, begin(a, b, data, prec=prec))
    assert state.outcome is not None
    assert state.outcome.mids == ()
    return state.outcome.waiting


def test_parts_that_two_people_must_agree_to_go_together_or_not_at_all() -> None:
    net = pairs()
    a, b = net.sides
    mids = waiting(net)
    assert len(mids) == PARTS
    net.turn()
    assert b.rows(transfers.PARTS) == []
    assert a.office.drafts.show(RELEASER, mids[1]).beside == PARTS - 1, "and is told so"
    outcome = a.office.drafts.release(RELEASER, mids[1], net.now)
    assert set(outcome.mids) == set(mids)
    net.turn()
    inspect(net)
    assert (line(a)["state"], line(b)["state"]) == ("delivered", "whole")
    signed = {each.signers.releaser for each in a.in_log(b) if each.mid in mids}
    assert signed == {"s-02"}


@pytest.mark.parametrize("step", ["refuse", "withdraw"])
def test_who_says_no_to_one_part_says_it_to_all(step: str) -> None:
    net = pairs()
    a, b = net.sides
    mids, drafts = waiting(net), a.office.drafts
    other = waiting(net)
    if step == "refuse":
        drafts.refuse(RELEASER, mids[2], "not yet", net.now)
    else:
        drafts.withdraw(PERSON, mids[2], net.now)
    assert {each.mid for each in drafts.waiting(PERSON)} == set(other), "the other act waits on"
    assert fault_of(drafts.release, RELEASER, mids[0], net.now) == "office.draft_done"
    net.turn()
    assert b.rows(transfers.PARTS) == []


def test_who_sends_one_part_alone_sends_all_of_them_so() -> None:
    net = pairs(Policy(unreleased=True))
    a, b = net.sides
    mids = waiting(net)
    assert len(a.office.drafts.release_alone(PERSON, mids[1], WHY, net.now).mids) == PARTS
    net.turn()
    inspect(net)
    assert (line(a)["state"], line(b)["state"]) == ("delivered", "whole")
    assert a.office.drafts.waiting(PERSON) == ()


def test_parts_that_are_held_back_are_taken_back_together_and_go_together() -> None:
    net = pairs(Policy(second_person=frozenset({"cert"}), hold_back=Span.of(hours=1)))
    a, b = net.sides
    first, second = (waiting(net, "ROUTINE") for _ in range(2))
    drafts = a.office.drafts
    for mids in (first, second):
        assert set(drafts.release(RELEASER, mids[0], net.now).held) == set(mids)
    drafts.withdraw(RELEASER, first[1], net.now)
    net.now += Span.of(hours=1)
    net.turn()
    inspect(net)
    assert {row.data("mid") for row in b.rows(transfers.PARTS)} == set(second)
    assert line(b)["state"] == "whole"
