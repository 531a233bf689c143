"""A wish under a name: done once, and a name is of one wish alone."""

import pytest
from tests.support.offices import Net
from tests.support.outcomes import fault_of

from detente.office import house, wishes
from detente.office.fields import Cut, Values

A, B = "aurelia.gov", "borealis.gov"


@pytest.fixture
def net() -> Net:
    return Net(A, B)


def test_the_same_wish_again_is_the_same_record(net: Net) -> None:
    a, b = net.sides
    first = a.send("one", b, request="w-1")
    assert a.send("one", b, request="w-1") == first
    a.restart()
    net.settle()
    assert a.send("one", b, request="w-1") == first


def test_a_name_given_to_something_else_is_refused_also_after_a_restart(net: Net) -> None:
    a, b = net.sides
    first = a.send("one", b, request="w-1")
    assert fault_of(lambda: a.send("two", b, request="w-1")) == "office.reused"
    a.restart()
    net.settle()
    assert fault_of(lambda: a.send("two", b, request="w-1")) == "office.reused"
    other = lambda: a.act("cert/withdraw", "w-1", mid=first, all=True, reason="false")  # noqa: E731
    assert fault_of(other) == "office.reused"
    assert a.send("two", b, request="w-2") != first
    net.settle()
    assert len(a.of_kind("cert.bundle", ours=True)) == 2


def test_the_home_log_holds_name_and_mark_apart(net: Net) -> None:
    a, b = net.sides
    a.send("one", b, request="w-1")
    net.settle()
    (row,) = [row for row in a.rows(house.ACTS) if "request" in row]
    assert row.text("request") == "w-1"
    assert len(row.text("mark")) == wishes.MARK_CHARS


def test_an_entry_without_a_mark_is_of_any_content_and_of_one_act() -> None:
    assert wishes.split("name only") == ("name only", "")
    assert wishes.is_again(("cert/send", f"n {'0' * 32}"), ("cert/send", "n"))
    assert not wishes.is_again(("cert/send", f"n {'0' * 32}"), ("cert/send", "m"))
    again = lambda: wishes.is_again(("cert/send", f"n {'0' * 32}"), ("cert/answer", "n"))  # noqa: E731
    assert fault_of(again) == "office.reused"


def test_a_file_handed_in_under_another_name_is_the_same_wish(net: Net) -> None:
    act = net.sides[0].office.find_act("cert/answer")
    told = Values({"mid": Cut("aaaaaa"), "verdict": "useful"})
    one, other = (wishes.wish_of("n", act, told.with_(attach=(h * 32,))) for h in "ab")
    assert one == other == wishes.wish_of("n", act, told)
    assert one != wishes.wish_of("n", act, told.with_(verdict="known"))
