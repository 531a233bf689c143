"""A bundle in parts, taken back in one act: each part acknowledged, refused while half is on its way."""

from collections.abc import Mapping

import pytest
from tests.desks.cert.test_index import indicator
from tests.desks.cert.test_large import PART, line, padded, send, whole_of
from tests.office.test_files import inspect
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side

from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert import folds, index, kinds, transfers
from detente.desks.cert.desk import wrong_withdraw
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.stands import COURSES
from detente.office.tables import Row

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
