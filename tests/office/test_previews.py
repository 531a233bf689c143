import pytest
from tests.support.offices import BUNDLE, PERSON, Net
from tests.support.outcomes import fault_of
from tests.support.pairs import READER, pairs, wish

from detente.core.moment import Span
from detente.office.fields import Values
from detente.office.previews import Preview
from detente.office.waiting import HELD, WAITS, Policy


def values(to: str, **more: object) -> Values:
    given = {"file": (BUNDLE % "x").encode(), "to": (to,), "about": "x", "tlp": "AMBER", **more}
    return Values(given)  # type: ignore[arg-type]


def shown(net: Net, to: str = "", **more: object) -> Preview:
    one, other = net.sides
    act = one.office.find_act("cert/send")
    (found,) = one.office.previews.of(PERSON, act, values(to or other.address, **more), net.now)
    return found


def test_a_preview_is_what_is_sealed_then() -> None:
    net = pairs()
    one, other = net.sides
    found = shown(net, prec="ROUTINE")
    assert (found.to, found.not_for, found.tlp, found.is_new) == (
        (other.address,),
        (),
        "AMBER",
        True,
    )
    outcome = wish(one, "x", other, tlp="AMBER", prec="ROUTINE")
    net.settle()
    taken = one.office.records.read(PERSON, outcome.mids[0], net.now)
    assert found.text == taken.text
    assert found.size == len(taken.text)
    assert (found.kind.name, found.from_, found.to) == (
        taken.header.kind, taken.header.from_, taken.header.to,
    )  # fmt: skip


def test_it_says_whether_it_goes_at_once() -> None:
    net = pairs(Policy(hold_back=Span(10_000)))
    assert shown(net, prec="ROUTINE").way == HELD
    assert shown(net, prec="IMMEDIATE").way == ""
    assert shown(net, prec="FLASH").way == WAITS
    assert net.sides[0].office.drafts.filing.policy.hold_back == Span(10_000)


def test_looking_sends_nothing_and_keeps_nothing() -> None:
    net = pairs()
    one, _ = net.sides
    shown(net)
    assert one.office.drafts.waiting(PERSON) == ()
    assert list(one.office.records.page(None, 10)) == []


def test_files_that_were_handed_in_are_named() -> None:
    net = pairs()
    handle = net.sides[0].office.files.take("a.txt", b"abc", net.now)
    assert shown(net, attach=(handle,)).files == (("a.txt", 3),)
    assert shown(net, attach=(handle,)).unread == ("a.txt",)
    assert shown(net).unread == (), "the text is looked into"


@pytest.mark.parametrize(
    ("to", "code"),
    [("cert@nowhere.gov", "office.no_party"), ("nrrc@borealis.gov", "office.no_desk")],
)
def test_nobody_is_named_for_whom_it_cannot_be_sealed(to: str, code: str) -> None:
    assert fault_of(lambda: shown(pairs(), to)) == code


def test_who_may_not_send_may_not_look_either() -> None:
    net = pairs()
    one, other = net.sides
    act = one.office.find_act("cert/send")
    fault = fault_of(lambda: one.office.previews.of(READER, act, values(other.address), net.now))
    assert fault == "office.forbidden"


def test_contacts_are_desks_of_this_name_at_parties_that_we_met() -> None:
    net = pairs()
    one, other = net.sides
    assert [each.address for each in one.office.previews.contacts("cert")] == [other.address]
    assert one.office.previews.contacts("nrrc") == ()
