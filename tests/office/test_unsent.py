"""What our own node refuses after a crash waits for a person; it does not go away unsaid."""

from collections.abc import Callable, Sequence

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side

from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment
from detente.desks.cert import folds
from detente.node.ports import Answer
from detente.office import house
from detente.office.desk import Role
from detente.office.people import Person


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def allow(side: Side, *markings: str) -> None:
    (terms,) = side.terms
    side.terms = [type(terms)(terms.peer, terms.link_id, terms.nonce, frozenset(markings))]


def die_at(side: Side, call: int) -> None:
    """The hatch closes at this call of submit, before the node had anything of it."""
    submit, calls = side.hatch.submit, iter(range(1, 10))

    def closed(envelopes: Sequence[bytes], now: Moment) -> Sequence[Answer]:
        if next(calls) == call:
            raise OurFault("hatch.closed", "the node is gone", "wait")
        return submit(envelopes, now)

    side.hatch.submit = closed  # type: ignore[method-assign]


def held(net: Net) -> bytes:
    """A record that a crash kept from the node, and that the node refuses at the next start."""
    a, b = net.sides
    die_at(a, 2)  # the first is the entry in the home log
    with pytest.raises(OurFault, match="the node is gone"):
        a.send("on its way", b)
    allow(a, "CLEAR")
    a.restart()
    net.settle()
    (mid,) = a.outbox()
    return mid


def code_of(call: Callable[..., object], *given: object) -> str:
    with pytest.raises(Fault) as caught:
        call(*given)
    return caught.value.code


def test_what_the_node_refuses_after_a_crash_stays_with_code_and_words(net: Net) -> None:
    a, b = net.sides
    mid = held(net)
    standing = a.office.records.standing(mid)
    assert standing.level == "REFUSED"
    assert standing.refused is not None
    assert standing.refused[0] == "E_MARKING"
    assert all(standing.refused)
    assert [(row.data("mid"), row.text("code")) for row in a.office.status.unsent()] == [
        (mid, "E_MARKING")
    ]
    assert mid in [row.data("mid") for row in a.office.records.page(None, 500)]
    assert (a.rows(folds.BUNDLES), b.rows(house.RECORDS)) == ([], [])


def test_it_is_not_handed_in_again_unless_a_person_says_so(net: Net) -> None:
    a, b = net.sides
    mid = held(net)
    allow(a, "CLEAR", "GREEN")
    a.restart()
    a.office.rebuild(net.now)
    net.settle()
    assert (a.level(mid), a.outbox(), b.rows(house.RECORDS)) == ("REFUSED", [mid], [])


def test_who_tries_again_sends_the_same_record_and_the_act_stands_in_the_home_log(
    net: Net,
) -> None:
    a, b = net.sides
    mid = held(net)
    allow(a, "CLEAR", "GREEN")
    a.restart()
    assert a.office.records.try_again(PERSON, mid, net.now).mids == (mid,)
    net.settle()
    assert (a.level(mid), a.office.status.unsent(), a.outbox()) == ("DELIVERED", [], [])
    assert [row.data("mid") for row in a.rows(folds.BUNDLES)] == [mid]
    assert [row.data("mid") for row in b.rows(folds.BUNDLES)] == [mid]
    assert [(row.text("act"), row["mids"]) for row in a.rows(house.ACTS)].count(
        ("record/retry", (mid,))
    ) == 1


def test_who_tries_in_vain_is_told_and_it_still_waits(net: Net) -> None:
    a, _ = net.sides
    mid = held(net)
    assert code_of(a.office.records.try_again, PERSON, mid, net.now) == "E_MARKING"
    assert (a.level(mid), a.outbox()) == ("REFUSED", [mid])


def test_who_gives_it_up_leaves_a_trace_at_home_and_nothing_else(net: Net) -> None:
    a, b = net.sides
    mid = held(net)
    a.office.records.give_up(PERSON, mid, net.now)
    a.office.advance(net.now)
    assert (a.outbox(), a.office.status.unsent()) == ([], [])
    assert code_of(a.office.records.standing, mid) == "office.no_record"
    a.restart()
    a.office.rebuild(net.now)
    net.settle()
    assert ("record/drop", (mid,)) in [(row.text("act"), row["mids"]) for row in a.rows(house.ACTS)]
    assert (a.outbox(), b.rows(house.RECORDS)) == ([], [])


def test_what_was_sent_cannot_be_given_up(net: Net) -> None:
    a, b = net.sides
    mid = a.send("sent", b)
    net.settle()
    assert code_of(a.office.records.give_up, PERSON, mid, net.now) == "office.not_refused"
    assert code_of(a.office.records.try_again, PERSON, mid, net.now) == "office.not_refused"
    assert a.level(mid) == "DELIVERED"


def test_only_an_author_decides(net: Net) -> None:
    a, _ = net.sides
    mid = held(net)
    reader = Person("reader", "1001", "s-02", {"cert": frozenset({Role.READ})})
    assert code_of(a.office.records.give_up, reader, mid, net.now) == "office.forbidden"
    assert code_of(a.office.records.try_again, reader, mid, net.now) == "office.forbidden"
    assert a.outbox() == [mid]


def test_what_the_house_says_by_itself_is_made_anew_and_not_kept(net: Net) -> None:
    a, b = net.sides
    mid = a.send("to be delivered", b)
    net.pump()
    die_at(b, 1)
    with pytest.raises(OurFault, match="the node is gone"):
        b.office.advance(net.now)
    assert len(b.outbox()) == 1
    b.start_node()
    submit, answers = b.node.submit, iter([[Answer(b"", "E_DESK", "refused", "wait")]])
    b.node.submit = lambda one, now: next(answers, None) or submit(one, now)  # type: ignore[method-assign,assignment]
    b.start_office()
    assert (b.outbox(), b.office.status.unsent()) == ([], [])
    net.drop_lines(b)
    net.settle()
    assert a.level(mid) == "DELIVERED"
