"""An office over its node: what people do, what others see of it, and how far it has come."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS, CORDIA
from tests.support.offices import BUNDLE, PERSON, Net
from tests.support.outcomes import fault_of
from tests.support.pairs import wish

from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.node.node import SUBMIT_MAX
from detente.office import house, waiting
from detente.office.desk import Role
from detente.office.fields import Cut, Value, Values, mid_text
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.writing import KeysAtWork, Letter, Written
from detente.store.memory import MemoryShelf
from detente.store.shelf import SqliteShelf


@pytest.fixture(params=["memory", "sqlite"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Shelf]:
    files = iter(tmp_path / f"{number}.sqlite" for number in range(9))
    return MemoryShelf if request.param == "memory" else lambda: SqliteShelf(next(files))


@pytest.fixture
def net(shelf: Callable[[], Shelf]) -> Net:
    return Net(AURELIA, BOREALIS, shelf=shelf)


@pytest.fixture
def three() -> Net:
    return Net(AURELIA, BOREALIS, CORDIA)


def given(**values: Value) -> Values:
    return Values({"tlp": "GREEN", "prec": "ROUTINE", **values})


# The way of a record.


def test_a_record_goes_from_submitted_over_sent_stored_and_delivered_to_read(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("by steps", b)
    levels = [a.level(mid)]
    net.set_line(a, b, up=True)
    net.line(a, b).live = True  # the line is up and nothing has passed yet
    net._connect(net.line(a, b))
    carried = 0
    while a.level(mid) != "STORED" and carried < 100:
        for side in net.sides:
            for link_id, effect in side.node.take_effects():
                net._carry(side, link_id, effect)
        a.office.advance(net.now)
        levels.append(a.level(mid))
        carried += 1
    net.settle()
    levels.append(a.level(mid))
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    levels.append(a.level(mid))
    assert list(dict.fromkeys(levels)) == ["SUBMITTED", "SENT", "STORED", "DELIVERED", "READ"]


def test_the_other_side_sees_the_text_to_the_byte_and_its_author(net: Net) -> None:
    a, b = net.sides
    mid = a.send("to the byte", b)
    net.settle()
    taken = b.office.records.read(PERSON, mid, net.now)
    assert taken.body is not None
    assert taken.body.text("bundle") == BUNDLE % "to the byte"
    assert (taken.signers.author, taken.ours, taken.desk) == ("s-01", False, "cert")


def test_our_own_record_can_be_read_again_and_nobody_is_told(net: Net) -> None:
    a, b = net.sides
    mid = a.send("ours", b)
    net.settle()
    taken = a.office.records.read(PERSON, mid, net.now)
    net.settle()
    assert taken.ours
    assert a.level(mid) == "DELIVERED"
    assert a.of_kind("sys.read", ours=True) == []


def test_a_record_that_waits_for_the_line_is_in_the_lists_and_cannot_be_opened(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("waits", b)
    row, standing = a.office.records.find(mid)
    assert (row.text("kind"), standing.level) == ("cert.bundle", "SUBMITTED")
    assert standing.place is None
    assert fault_of(a.office.records.read, PERSON, mid, net.now) == "office.not_logged"
    assert fault_of(a.office.records.proof, PERSON, mid) == "proof.not_yet"
    _, rows = a.office.look(PERSON, "cert/list", Values({}), net.now)
    assert [Values(each).data("mid") for each in rows] == [mid]


def test_a_second_reading_tells_nothing_new(net: Net) -> None:
    a, b = net.sides
    mid = a.send("twice", b)
    net.settle()
    for _ in range(2):
        b.office.records.read(PERSON, mid, net.now)
        net.settle()
    assert len(a.of_kind("sys.read", ours=False)) == 1
    assert len([row for row in b.rows(house.ACTS) if row.text("act") == "record/read"]) == 1


def test_an_answer_stands_under_the_same_matter_and_reaches_its_author(net: Net) -> None:
    a, b = net.sides
    mid = a.send("asked", b, asks="seen it?")
    net.settle()
    answer = b.act("cert/answer", mid=mid, verdict="known", text="yes")
    net.settle()
    row, standing = a.office.records.find(answer)
    assert row.text("matter") == a.office.records.find(mid)[0].text("matter")
    assert standing.level == "KEPT"
    assert b.level(answer) == "DELIVERED"


# Three parties.


def test_a_record_to_two_parties_is_one_record_in_two_logs(three: Net) -> None:
    a, b, c = three.sides
    mid = a.send("to both", b, c)
    three.settle()
    assert len([row for row in a.rows(house.PLACES) if row.data("mid") == mid]) == 2
    assert [len(side.of_kind("cert.bundle", ours=side is a)) for side in three.sides] == [1, 1, 1]


def test_a_record_to_two_parties_stands_where_the_slower_one_is(three: Net) -> None:
    a, b, c = three.sides
    three.set_line(a, c, up=False)
    mid = a.send("to both", b, c)
    three.settle()
    assert a.level(mid) == "SUBMITTED"
    assert mid in a.outbox()
    b.office.records.read(PERSON, mid, three.now)
    three.set_line(a, c, up=True)
    three.settle()
    assert a.level(mid) == "DELIVERED"
    assert mid not in a.outbox()
    c.office.records.read(PERSON, mid, three.now)
    three.settle()
    assert a.level(mid) == "READ"


@pytest.mark.parametrize("kind", ["sys.read", "sys.reject"])
def test_what_a_party_says_of_a_record_that_it_was_not_sent_counts_for_nothing(
    three: Net, kind: str
) -> None:
    a, b, c = three.sides
    mid = a.send("for Borealis", b)
    three.settle()
    said: dict[str, Value] = {"of": mid}
    if kind == "sys.reject":
        said |= {"code": "E_CANON", "what": "no", "remedy": "no"}
    c.say_house(kind, a, said)
    three.settle()
    assert a.level(mid) == "DELIVERED"
    assert a.office.records.standing(mid).rejected is None
    b.office.records.read(PERSON, mid, three.now)
    three.settle()
    assert a.level(mid) == "READ"


def test_delivered_beyond_what_was_receipted_is_not_believed(net: Net) -> None:
    a, b = net.sides
    (origin,) = [each.origin for each in a.node.levels() if each.peer and each.owner == AURELIA]
    b.say_house("sys.delivered", a, {"origin": origin, "upto": 1_000_000, "not": ()})
    net.settle()
    net.set_line(a, b, up=False)
    assert a.level(a.send("not there yet", b)) in ("SUBMITTED", "SENT")


# Who may, and what is kept of it.


def test_who_has_no_role_may_not_act_look_or_read(net: Net) -> None:
    a, b = net.sides
    mid = a.send("closed", b)
    net.settle()
    guest = Person("guest", "1001", "s-01", {"cert": frozenset()})
    values = given(mid=mid, verdict="useful").without("tlp")
    assert fault_of(b.office.act, guest, "cert/answer", values, net.now) == "office.forbidden"
    assert fault_of(b.office.look, guest, "cert/list", Values({}), net.now) == "office.forbidden"
    assert fault_of(b.office.records.read, guest, mid, net.now) == "office.forbidden"
    assert fault_of(b.office.records.proof, guest, mid) == "office.forbidden"
    net.settle()
    assert (b.rows(house.ACTS), a.level(mid)) == ([], "DELIVERED")


def test_a_reader_may_look_and_not_write(net: Net) -> None:
    a, b = net.sides
    reader = Person("reader", "1001", "s-01", {"cert": frozenset({Role.READ})})
    mid = a.send("for reading", b)
    net.settle()
    assert len(b.office.look(reader, "cert/list", Values({}), net.now)[1]) == 1
    values = given(mid=mid, verdict="useful").without("tlp")
    assert fault_of(b.office.act, reader, "cert/answer", values, net.now) == "office.forbidden"


def test_an_act_stands_in_the_home_log_before_its_record_is_handed_in(net: Net) -> None:
    a, b = net.sides
    a.hatch.submitted.clear()
    mid = a.send("on the record", b)
    taken = [a.office._register.take_own(each) for each in a.hatch.submitted]
    kinds = [each.header.kind for each in taken if each is not None and each.header is not None]
    assert kinds == ["office.act", "cert.bundle"]
    net.settle()
    (act,) = a.rows(house.ACTS)
    assert (act.text("person"), act.text("user"), act.text("act"), act["mids"]) == (
        "operator", "1000", "cert/send", (mid,),
    )  # fmt: skip


def test_an_act_that_the_node_does_not_write_down_has_no_effect(net: Net) -> None:
    a, b = net.sides
    a.hatch.fault = OurFault("store.full", "no room", "make room")
    assert fault_of(a.send, "never", b) == "store.full"
    a.hatch.fault = None
    net.settle()
    assert (a.outbox(), a.rows(house.ACTS), b.rows(house.RECORDS)) == ([], [], [])


def test_what_the_node_refuses_is_forgotten(net: Net) -> None:
    a, b = net.sides
    (mid,) = wish(a, "alone", b).waiting
    (row,) = a.rows(waiting.DRAFTS)
    taken = a.office.drafts.show(PERSON, mid).taken
    alone = Written(mid, "s-01", taken.header, taken.text, taken.body, row.data("envelope"))
    assert fault_of(lambda: a.office.post([alone], net.now)) == "E_RELEASE"
    net.settle()
    assert (a.outbox(), a.of_kind("cert.bundle", ours=True)) == ([], [])


def test_the_same_request_gives_the_same_record_and_another_person_or_act_its_own(net: Net) -> None:
    a, b = net.sides
    mid = a.send("once", b, request="wish 1")
    net.settle()
    a.start_office()
    assert a.send("once", b, request="wish 1") == mid
    assert a.send("once", b, request="wish 2") != mid
    net.settle()
    assert len(b.of_kind("cert.bundle", ours=False)) == 2


def test_a_request_has_a_name_of_64_characters_and_not_of_65(net: Net) -> None:
    a, b = net.sides
    assert a.send("edge", b, request="x" * 64)
    assert fault_of(lambda: a.send("edge", b, request="x" * 65)) == "form.length"


# Faults by name.


def test_what_does_not_exist_has_a_name(net: Net) -> None:
    a, _ = net.sides
    office = a.office
    assert fault_of(office.find_act, "cert/dance") == "office.no_act"
    assert fault_of(office.find_act, "tea/send") == "office.no_act"
    assert fault_of(office.find_look, "cert/dance") == "office.no_act"
    assert fault_of(office.records.standing, bytes(32)) == "office.no_record"
    assert fault_of(office.records.read, PERSON, bytes(32), net.now) == "office.no_record"
    assert fault_of(office.records.whole_mid, Cut("aaaaaa")) == "office.no_record"
    assert fault_of(lambda: office.cases.evidence(PERSON, "0" * 32, "", with_text=False)) == (
        "office.no_matter"
    )
    values = given(file=(BUNDLE % "x").encode(), about="x")
    stranger, desk = values.with_(to=("cert@dorado.gov",)), values.with_(to=(f"tea@{BOREALIS}",))
    assert fault_of(office.act, PERSON, "cert/send", stranger, net.now) == "office.no_party"
    assert fault_of(office.act, PERSON, "cert/send", desk, net.now) == "office.no_desk"
    assert (a.outbox(), a.rows(house.ACTS)) == ([], [])


def test_without_the_persons_key_or_the_desks_own_nothing_is_sent(net: Net) -> None:
    a, b = net.sides
    for missing in ("s-01", "m-01"):
        kept = {each: key for each, key in a.keys.signers.items() if each != missing}
        a.office._register.keys = KeysAtWork(a.keys.openers, kept)
        assert fault_of(a.send, "no key", b) == "office.no_key"
    assert (a.outbox(), a.rows(house.ACTS)) == ([], [])


def test_a_cut_id_finds_its_record(net: Net) -> None:
    a, b = net.sides
    mid = a.send("cut", b)
    assert a.office.records.whole_mid(Cut(mid_text(mid)[:10])) == mid


# The outbox.


def test_the_outbox_keeps_a_record_until_its_receipt_is_here(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("kept", b)
    a.office.advance(net.now)
    a.start_office()
    a.office.advance(net.now)
    assert a.outbox() == [mid]
    net.set_line(a, b, up=True)
    net.settle()
    assert a.outbox() == []


def test_more_than_one_batch_goes_out_again_after_a_restart_and_none_twice(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    count = SUBMIT_MAX + 3
    letters = [
        Letter(
            kind="cert.answer",
            desk="cert",
            to=(b.address,),
            text=b'{"to":"' + b"A" * 43 + b'=","v":1,"verdict":"known"}',
            created=net.now,
            matter=f"{number:032x}",
            prec="ROUTINE",
            tlp="GREEN",
        )
        for number in range(count)
    ]
    written = [a.office.write(each, "s-01") for each in letters]
    with a.shelf.begin() as tx:
        for each in written:
            tx.outbox_put(each.mid, each.envelope, net.now)
    a.start_office()
    assert len(a.of_kind("cert.answer", ours=True)) == count
    a.start_office()
    net.set_line(a, b, up=True)
    net.settle()
    assert len(b.of_kind("cert.answer", ours=False)) == count
    assert a.outbox() == []


def test_a_node_that_takes_nothing_in_stops_no_reading_and_is_tried_again(net: Net) -> None:
    a, b = net.sides
    fault = OurFault("store.full", "no room", "make room")
    mid = a.send("read me", b)
    net.pump()
    submit = b.hatch.submit

    def refuse(*_: object) -> object:
        raise fault

    b.hatch.submit = refuse  # type: ignore[method-assign,assignment]
    for _ in range(3):
        net.turn()
        net.now += Span(2_000)
    assert len(b.of_kind("cert.bundle", ours=False)) == 1
    assert (a.level(mid), b.outbox()) == ("STORED", [])
    assert b.office.next_answer() is not None
    b.hatch.submit = submit  # type: ignore[method-assign]
    net.settle()
    assert a.level(mid) == "DELIVERED"
    assert len(b.said_delivered()) == 1


def test_a_record_accepted_once_stays_accepted_though_the_agreement_changed(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("while it was allowed", b)
    (terms,) = a.terms
    a.terms = [type(terms)(terms.peer, terms.link_id, terms.nonce, frozenset({"CLEAR"}))]
    a.restart()
    a.office.rebuild(net.now)
    assert (a.level(mid), a.outbox()) == ("SUBMITTED", [mid])
    assert fault_of(a.send, "now", b) == "E_MARKING"
    net.set_line(a, b, up=True)
    net.settle()
    assert a.level(mid) == "DELIVERED"
