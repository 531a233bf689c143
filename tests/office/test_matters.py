"""Two sides compare a matter, and the file of it says what is complete."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS, CORDIA, make_party
from tests.support.offices import OBJECT, PERSON, Crash, Net, Side

from detente.app.verify import proof
from detente.core import evidence, talk
from detente.core.errors import Fault
from detente.core.evidence import EvidenceShown
from detente.core.moment import Moment
from detente.core.trust import Chain
from detente.node.ports import Answer
from detente.office import house, kinds, matters
from detente.office.fields import Values
from detente.office.matters import Compared
from detente.office.people import Person


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def withdraw(side: Side, mid: bytes) -> bytes:
    return side.act(
        "cert/withdraw", mid=mid, object=(Values({"id": OBJECT}),), reason="false", all=False
    )


def converse(net: Net) -> tuple[str, list[bytes]]:
    """A bundle, its answer, its withdrawal: the matter and the mids."""
    a, b = net.sides[:2]
    bundle = a.send("the bundle", b)
    net.settle()
    answer = b.act("cert/answer", mid=bundle, verdict="useful")
    b.office.records.read(PERSON, bundle, net.now)
    net.settle()
    back = withdraw(a, bundle)
    net.settle()
    return a.office.records.find(bundle)[0].text("matter"), [bundle, answer, back]


def state(side: Side, matter: str) -> None:
    side.office.cases.state(PERSON, matter, side.net.now)
    side.net.settle()


def compared(side: Side, matter: str) -> Compared:
    (found,) = side.office.cases.compare(PERSON, matter)
    return found


def export(side: Side, matter: str) -> EvidenceShown:
    data = side.office.cases.evidence(PERSON, matter, "", with_text=False)
    cards = [side.party.card, *side.office._register.book.peers.values()]
    return evidence.check(data, {card.name: Chain((card,)) for card in cards})


def digests(side: Side) -> list[Values]:
    return side.of_kind("matter.digest", ours=True)


def test_a_digest_is_answered_below_the_same_sizes_and_both_agree(net: Net) -> None:
    a, b = net.sides
    matter, mids = converse(net)
    state(a, matter)
    ours = compared(a, matter)
    assert ours.is_settled
    assert ours.ours is not None
    assert ours.theirs is not None
    assert ours.theirs.count == len(mids)
    assert ours.theirs.held is None
    assert ours.ours.logs == ours.theirs.logs
    assert compared(b, matter).is_settled
    assert (len(digests(a)), len(digests(b))) == (1, 1)


def test_the_file_of_a_compared_matter_is_complete_and_says_what_was_withdrawn(net: Net) -> None:
    a, b = net.sides
    matter, (bundle, answer, back) = converse(net)
    assert not export(a, matter).together.complete
    state(a, matter)
    for side in (a, b):
        shown = export(side, matter)
        assert shown.together.complete
        assert evidence.NOT_COMPLETE not in shown.not_shown
        later = {mid: fate.later for mid, fate in shown.together.fates.items()}
        assert later == {bundle: "withdrawn", answer: "stands", back: "stands"}
        assert len(shown.together.as_of) == 2


def test_what_comes_after_the_digest_is_not_covered_until_it_is_stated_again(net: Net) -> None:
    a, b = net.sides
    matter, (bundle, *_) = converse(net)
    state(a, matter)
    late = b.act("cert/answer", mid=bundle, verdict="question")
    net.settle()
    shown = export(a, matter)
    assert shown.together.complete
    assert shown.together.fates[late].later == "not_shown"
    state(b, matter)
    assert export(a, matter).together.fates[late].later == "stands"
    assert [len(digests(side)) for side in (a, b)] == [2, 2]
    shown_kinds = [one.header.kind for one in export(a, matter).records]
    assert shown_kinds.count("matter.digest") == 2  # the newest of each side


def test_a_record_of_which_one_side_does_not_know_is_named_to_both(net: Net) -> None:
    a, b = net.sides
    matter, (bundle, answer, _) = converse(net)
    with b.shelf.begin() as tx:
        tx.rows(house.RECORDS).drop(bundle)
    state(a, matter)
    assert compared(a, matter).missing_there == (bundle,)
    assert compared(a, matter).missing_here == ()
    assert compared(b, matter).missing_here == (bundle,)
    assert not compared(a, matter).same
    assert (len(digests(a)), len(digests(b))) == (2, 1)
    shown = export(a, matter)
    assert not shown.together.complete
    assert {fate.later for mid, fate in shown.together.fates.items() if mid == answer} == {
        "not_shown"
    }
    b.office.rebuild(net.now)
    net.settle()
    state(a, matter)
    assert compared(a, matter).is_settled
    assert export(a, matter).together.complete


def test_what_the_addressee_refused_does_not_count(net: Net) -> None:
    a, b = net.sides
    matter, (bundle, *_) = converse(net)
    right = b.keys
    b.keys = replace(right, openers={"cert": make_party(CORDIA).openers["cert"]})
    b.start_office()
    bad = withdraw(a, bundle)
    net.settle()
    b.keys = right
    b.start_office()
    state(a, matter)
    assert a.level(bad) == "REJECTED"
    found = compared(a, matter)
    assert found.is_settled
    assert found.theirs is not None
    assert found.theirs.count == 3
    shown = export(a, matter)
    assert shown.together.complete
    assert shown.together.fates[bad].later == "rejected"


def test_a_matter_with_two_parties_is_compared_with_each() -> None:
    net = Net(AURELIA, BOREALIS, CORDIA)
    a, b, c = net.sides
    bundle = a.send("for both", b, c)
    net.settle()
    matter = a.office.records.find(bundle)[0].text("matter")
    state(a, matter)
    found = a.office.cases.compare(PERSON, matter)
    assert [(each.other, each.is_settled) for each in found] == [
        (b.address, True),
        (c.address, True),
    ]


def test_an_answer_is_given_once_wherever_the_office_stops(net: Net) -> None:
    matter, _ = converse(net)
    for at in range(1, 30):
        a, b = net.sides
        before = len(digests(b))
        a.office.cases.state(PERSON, matter, net.now)
        net.pump()
        b.fuse.steps, b.fuse.blow_at = 0, at
        try:
            net.settle()
        except Crash:
            b.fuse.blow_at = -1
            b.restart()
            net.settle()
        b.fuse.blow_at = -1
        assert len(digests(b)) == before + 1, at
        assert compared(a, matter).is_settled, at


def test_an_answer_that_our_node_refuses_is_tried_again(net: Net) -> None:
    a, b = net.sides
    matter, _ = converse(net)
    submit, refusing = b.node.submit, [True]

    def judged(envelopes: Sequence[bytes], now: Moment) -> list[Answer]:
        if refusing:
            return [Answer(b"", "E_DESK", "no such desk", "issue a card") for _ in envelopes]
        return submit(envelopes, now)

    b.node.submit = judged  # type: ignore[method-assign]
    a.office.cases.state(PERSON, matter, net.now)
    net.turn()
    assert ("", "E_DESK") in [(origin, fault.code) for origin, fault in b.office.status.held()]
    assert b.office.next_answer() is not None
    refusing.clear()
    net.settle()
    assert b.office.status.held() == []
    assert compared(a, matter).is_settled


def test_who_asks_very_often_is_answered_a_few_at_a_time(net: Net) -> None:
    a, b = net.sides
    matter, _ = converse(net)
    for _ in range(matters.ANSWERS_MAX + 1):
        a.office.cases.state(PERSON, matter, net.now)
    net.turn()
    assert len(digests(b)) == matters.ANSWERS_MAX
    due = b.office.next_answer()
    assert due is not None
    assert due > net.now
    net.now = due
    net.turn()
    assert len(digests(b)) == matters.ANSWERS_MAX + 1
    assert b.office.next_answer() is None


def test_a_digest_of_logs_that_we_do_not_know_is_not_answered(net: Net) -> None:
    a, b = net.sides
    matter, _ = converse(net)
    strange = talk.digest([], {f"{AURELIA}/detente/{'z' * 16}": 5})
    letter = a.office._matters._letter_of(strange, matter, a.address, b.address, None, net.now)
    a.office.post([a.office.write(letter, "m-01")], net.now)
    net.settle()
    assert digests(b) == []
    assert len(b.of_kind("matter.digest", ours=False)) == 1


def test_a_digest_out_of_order_is_refused(net: Net) -> None:
    a, b = net.sides
    matter, _ = converse(net)
    stated = talk.digest([], {f"{AURELIA}/detente/{'z' * 16}": 5})
    letter = a.office._matters._letter_of(stated, matter, a.address, b.address, None, net.now)
    twice = letter.text.replace(b'"logs":[', b'"logs":[{"origin":"no log","size":1},')
    a.office.post([a.office.write(replace(letter, text=twice), "m-01")], net.now)
    net.settle()
    assert [row.text("code") for row in b.office.status.refused()] == ["E_CANON"]


def test_only_who_may_read_states_and_compares(net: Net) -> None:
    a, _ = net.sides
    matter, _ = converse(net)
    nobody = Person("nobody", "1001", "s-02", {})
    for call in (
        lambda: a.office.cases.state(nobody, matter, net.now),
        lambda: a.office.cases.compare(nobody, matter),
    ):
        with pytest.raises(Fault, match="forbidden"):
            call()
    with pytest.raises(Fault, match="no_matter"):
        a.office.cases.state(PERSON, "f" * 32, net.now)
    assert digests(a) == []


def test_the_act_stands_in_the_home_log(net: Net) -> None:
    a, _ = net.sides
    matter, _ = converse(net)
    (mid,) = a.office.cases.state(PERSON, matter, net.now).mids
    net.settle()
    assert [row["mids"] for row in a.rows(house.ACTS) if row["act"] == "matter/digest"] == [(mid,)]


def test_both_records_of_one_number_stand_in_the_file_and_are_named(
    net: Net, tmp_path: Path
) -> None:
    a, b = net.sides
    matter, (bundle, *_) = converse(net)
    a.node._submitting._number = lambda tx, accepted, terms, refused: list(accepted)  # type: ignore[method-assign]
    row = a.office.records.find(bundle)[0]
    a.office._register.book._series[("cert", matter)] = (row.text("s"), row.whole("n") - 1)
    letter = a.office._post.house_letter(
        kinds.REJECT, "cert", (b.address,),
        Values({"of": bundle, "code": "E_X", "what": "x", "remedy": "y"}), net.now,
    )  # fmt: skip
    twin = a.office.write(replace(letter, kind="tea.invitation", matter=matter), "s-01")
    a.hatch.submit([twin.envelope], net.now)
    net.settle()
    data = b.office.cases.evidence(PERSON, matter, "", with_text=False)
    (tmp_path / "m.evidence").write_bytes(data)
    for side in (a, b):
        (tmp_path / f"{side.party.name}.card").write_bytes(side.party.card.note)
    cards = [tmp_path / f"{side.party.name}.card" for side in (a, b)]
    verdict = proof.run(tmp_path / "m.evidence", cards, None, accept_fast=True)
    assert verdict.exit_code == 0
    pairs = verdict.document["equivocations"]
    assert pairs in ([[bundle.hex(), twin.mid.hex()]], [[twin.mid.hex(), bundle.hex()]])
    assert any("EQUIVOCATION" in line for line in verdict.lines)
    assert any("later state not shown" in line for line in verdict.lines)
