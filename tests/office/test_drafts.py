"""Records that two people must agree to: they wait as they will go, and go once."""

from dataclasses import replace
from hashlib import sha256

import pytest
from tests.support.offices import OBJECT, PERSON, Net, Side
from tests.support.outcomes import fault_of
from tests.support.pairs import READER, RELEASER, WHY, pairs, wish

from detente.core import envelope, record
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.node.ports import Kept
from detente.office import home_folds, waiting
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.reading import Refusal
from detente.office.waiting import Policy


@pytest.fixture
def net() -> Net:
    return pairs()


def flash(net: Net) -> bytes:
    a, b = net.sides
    outcome = wish(a, "now", b)
    assert outcome.mids == outcome.held == ()
    (mid,) = outcome.waiting
    return mid


def steps(side: Side, mid: bytes) -> list[str]:

    return [each.step for each in side.office.drafts.shelf.steps(mid)]


def test_a_flash_waits_for_a_second_person_and_then_goes_as_it_was(net: Net) -> None:
    a, b = net.sides
    mid = flash(net)
    net.settle()
    assert b.of_kind("cert.bundle", ours=False) == []
    assert a.outbox() == []
    shown = a.office.drafts.show(RELEASER, mid)
    assert b"now" in shown.taken.text
    assert shown.waits.person == PERSON.name
    assert a.office.drafts.release(RELEASER, mid, net.now).mids == (mid,)
    net.settle()
    (row,) = b.of_kind("cert.bundle", ours=False)
    assert row.data("mid") == mid
    (taken,) = [each for each in a.in_log(b) if each.mid == mid]
    assert (taken.signers.author, taken.signers.releaser) == ("s-01", "s-02")
    assert taken.header == shown.taken.header
    assert steps(a, mid) == ["waits", "released"]
    assert a.office.drafts.waiting(PERSON) == ()
    assert a.rows(waiting.DRAFTS) == []


def test_who_is_told_what_waits_is_told_from_the_header(net: Net) -> None:
    a, b = net.sides
    mid = flash(net)
    (found,) = a.office.drafts.waiting(RELEASER)
    assert (found.mid, found.state, found.act, found.releaser) == (mid, "waits", "cert/send", "")
    assert (found.header.prec, found.header.to) == ("FLASH", (b.address,))
    assert a.office.drafts.waiting(replace(READER, roles={})) == ()


def test_who_wrote_it_does_not_release_it(net: Net) -> None:
    a, _ = net.sides
    mid = flash(net)
    both = replace(PERSON, roles={"cert": frozenset(Role)})
    assert fault_of(a.office.drafts.release, both, mid, net.now) == "office.same_person"
    other_name = replace(both, name="somebody else", user="1009")
    assert fault_of(a.office.drafts.release, other_name, mid, net.now) == "office.same_person"
    other_key = replace(both, signer_id="s-02")
    assert fault_of(a.office.drafts.release, other_key, mid, net.now) == "office.same_person"
    assert steps(a, mid) == ["waits"]


def test_a_person_without_the_role_releases_refuses_and_withdraws_nothing(net: Net) -> None:
    a, _ = net.sides
    mid = flash(net)
    drafts = a.office.drafts
    assert fault_of(drafts.release, READER, mid, net.now) == "office.forbidden"
    assert fault_of(drafts.refuse, READER, mid, "no", net.now) == "office.forbidden"
    assert fault_of(drafts.withdraw, READER, mid, net.now) == "office.forbidden"
    assert fault_of(drafts.withdraw, RELEASER, mid, net.now) == "office.forbidden"
    assert fault_of(drafts.release_alone, READER, mid, WHY, net.now) == "office.forbidden"
    stranger = Person("stranger", "1", "s-09", {})
    assert fault_of(drafts.show, stranger, mid) == "office.forbidden"
    assert steps(a, mid) == ["waits"]


def test_of_two_who_release_at_once_one_has_effect_and_the_other_is_told(net: Net) -> None:
    a, b = net.sides
    mid = flash(net)
    third = replace(RELEASER, name="third", user="1003")
    a.office.drafts.release(RELEASER, mid, net.now)
    with pytest.raises(Exception, match="was released by second at") as caught:
        a.office.drafts.release(third, mid, net.now)
    assert caught.value.code == "office.draft_done"  # type: ignore[attr-defined]
    net.settle()
    assert len(b.of_kind("cert.bundle", ours=False)) == 1
    assert steps(a, mid) == ["waits", "released"]


def test_refused_and_withdrawn_records_never_leave(net: Net) -> None:
    a, b = net.sides
    drafts = a.office.drafts
    one, two = flash(net), flash(net)
    assert fault_of(drafts.refuse, RELEASER, one, " ", net.now) == "form.length"
    drafts.refuse(RELEASER, one, "not before noon", net.now)
    drafts.withdraw(PERSON, two, net.now)

    assert [(each.step, each.why) for each in drafts.shelf.steps(one)][-1] == (
        "refused", "not before noon",
    )  # fmt: skip
    assert steps(a, two) == ["waits", "withdrawn"]
    for mid in (one, two):
        assert fault_of(drafts.release, RELEASER, mid, net.now) == "office.draft_done"
        assert fault_of(drafts.show, RELEASER, mid) == "office.draft_done"
    net.settle()
    assert b.of_kind("cert.bundle", ours=False) == []
    assert fault_of(drafts.release, RELEASER, bytes(32), net.now) == "office.no_draft"


def test_a_deadline_that_is_past_wants_a_new_record(net: Net) -> None:
    a, _ = net.sides
    outcome = wish(a, "soon", net.sides[1], within=Span(60_000), asks="sighting")
    (mid,) = outcome.waiting
    assert a.office.drafts.show(PERSON, mid).taken.header.deadline is not None
    net.now += Span(60_000)
    drafts = a.office.drafts
    assert fault_of(drafts.release, RELEASER, mid, net.now) == "office.draft_late"
    assert fault_of(drafts.release, RELEASER, mid, net.now) == "office.draft_late"
    drafts.withdraw(PERSON, mid, net.now)
    assert steps(a, mid) == ["waits", "withdrawn"]


def test_changed_bytes_are_signed_by_nobody(net: Net) -> None:
    a, _ = net.sides
    mid = flash(net)
    with a.shelf.inner.begin() as tx:
        rows = tx.rows(waiting.DRAFTS)
        row = rows.get(mid)
        assert row is not None
        data = row["envelope"]
        assert isinstance(data, bytes)
        rows.put({**row, "envelope": data[:-1] + bytes([data[-1] ^ 1])})
    assert fault_of(a.office.drafts.show, RELEASER, mid) == "E_SIG"
    assert fault_of(a.office.drafts.release, RELEASER, mid, net.now) == "E_SIG"
    assert steps(a, mid) == ["waits"]


def test_the_same_wish_asked_again_is_the_same_draft(net: Net) -> None:
    a, b = net.sides
    first = wish(a, "now", b, request="once")
    assert wish(a, "now", b, request="once") == first
    a.office.drafts.refuse(RELEASER, first.waiting[0], "no", net.now)
    assert wish(a, "now", b, request="once") == first
    again = wish(a, "now", b, request="twice")
    assert again.waiting != first.waiting
    a.office.drafts.release(RELEASER, again.waiting[0], net.now)
    assert wish(a, "now", b, request="twice").mids == again.waiting


def test_what_our_node_refuses_waits_on_with_one_signature(net: Net) -> None:
    a, _ = net.sides
    mid = flash(net)
    (terms,) = a.terms
    a.terms = [type(terms)(terms.peer, terms.link_id, terms.nonce, frozenset({"CLEAR"}))]
    a.restart()
    net.settle()
    assert fault_of(a.office.drafts.release, RELEASER, mid, net.now) == "E_MARKING"
    (row,) = a.rows(waiting.DRAFTS)
    assert (row.text("state"), row.get("releaser")) == ("waits", None)
    sigs = record.read_signatures(envelope.split(row.data("envelope")).sigs)
    assert [each.role for each in sigs] == [record.AUTHOR]
    assert a.outbox() == []


def test_while_the_node_is_away_a_released_record_waits_in_the_outbox(net: Net) -> None:
    a, b = net.sides
    mid = flash(net)
    submit, calls = a.hatch.submit, iter(range(9))

    def closed(envelopes: object, now: object) -> object:
        if next(calls) == 1:
            raise OurFault("hatch.closed", "the node is gone", "wait")
        return submit(envelopes, now)  # type: ignore[arg-type]

    a.hatch.submit = closed  # type: ignore[method-assign, assignment]
    assert fault_of(a.office.drafts.release, RELEASER, mid, net.now) == "hatch.closed"
    assert a.outbox() == [mid]
    assert fault_of(a.office.drafts.release, RELEASER, mid, net.now) == "office.draft_done"
    a.restart()
    net.settle()
    assert len(b.of_kind("cert.bundle", ours=False)) == 1
    assert a.rows(waiting.DRAFTS) == []


# The party's own rules.


def test_a_party_may_ask_two_people_for_more(net: Net) -> None:
    for asked in ("cert", "cert.bundle"):
        both = pairs(Policy(second_person=frozenset({asked})))
        a, b = both.sides
        outcome = wish(a, "x", b, prec="ROUTINE")
        assert outcome.waiting
        a.office.drafts.release(RELEASER, outcome.waiting[0], both.now)
        both.settle()
        assert len(b.of_kind("cert.bundle", ours=False)) == 1
    a, b = net.sides
    assert wish(a, "x", b, prec="ROUTINE").mids


def test_an_act_may_ask_for_two(net: Net) -> None:
    a, b = net.sides
    desk, *_ = a.desks
    acts = tuple(replace(each, second_person=True) for each in desk.acts)
    a.desks = (replace(desk, acts=acts),)
    a.start_office()
    net.settle()
    assert wish(a, "x", b, prec="ROUTINE").waiting


def test_where_a_desk_has_one_person_the_rule_of_the_party_stops_the_record(net: Net) -> None:
    both = pairs(Policy(second_person=frozenset({"cert"})))
    a, b = both.sides
    second = replace(RELEASER, roles={"cert": frozenset(Role)})
    # s-02 alone may release: nobody is left to release what s-02 writes.
    code = fault_of(lambda: wish(a, "x", b, second, prec="ROUTINE"))
    assert code == "office.no_releaser"


def test_a_sole_officer_sends_alone_where_the_rules_allow_it_and_both_sides_see_it() -> None:
    net = pairs(Policy(unreleased=True))
    a, b = net.sides
    mid = flash(net)
    drafts = a.office.drafts
    assert fault_of(drafts.release_alone, PERSON, mid, "", net.now) == "form.length"
    (sent,) = drafts.release_alone(PERSON, mid, WHY, net.now).mids
    assert sent != mid
    net.settle()
    (row,) = b.of_kind("cert.bundle", ours=False)
    assert row.data("mid") == sent
    for side in (a, b):
        assert [each.name for each in side.office.records.marks([sent])[sent]] == ["UNRELEASED"]
    assert steps(a, mid) == ["waits", "replaced"]
    assert fault_of(drafts.release, RELEASER, mid, net.now) == "office.draft_done"


def test_no_record_goes_alone_where_the_rules_do_not_allow_it(net: Net) -> None:
    mid = flash(net)
    drafts = net.sides[0].office.drafts
    assert fault_of(drafts.release_alone, PERSON, mid, WHY, net.now) == "office.unreleased"
    urgent = pairs(Policy(second_person=frozenset({"cert"}), unreleased=True))
    a, b = urgent.sides
    (routine,) = wish(a, "x", b, prec="ROUTINE").waiting
    code = fault_of(a.office.drafts.release_alone, PERSON, routine, WHY, urgent.now)
    assert code == "office.unreleased"


# Held back.


def test_what_is_not_urgent_may_be_taken_back_for_a_while() -> None:
    net = pairs(Policy(hold_back=Span(10_000)))
    a, b = net.sides
    kept, gone = (wish(a, about, b, prec="ROUTINE").held[0] for about in ("kept", "gone"))
    assert a.office.next_answer() == net.now + Span(10_000)
    a.office.drafts.withdraw(PERSON, gone, net.now)
    net.now += Span(9_999)
    net.turn()
    assert b.of_kind("cert.bundle", ours=False) == []
    net.now += Span(1)
    net.settle()
    assert [row.data("mid") for row in b.of_kind("cert.bundle", ours=False)] == [kept]
    assert steps(a, gone) == ["withdrawn"]
    assert a.rows(waiting.DRAFTS) == []
    assert a.office.next_answer() is None
    assert fault_of(a.office.drafts.withdraw, PERSON, kept, net.now) == "office.no_draft"


def test_urgent_records_are_never_held_back() -> None:
    net = pairs(Policy(hold_back=Span(10_000)))
    a, b = net.sides
    assert wish(a, "x", b, prec="IMMEDIATE").mids
    (mid,) = wish(a, "y", b).waiting
    assert a.office.drafts.release(RELEASER, mid, net.now).mids == (mid,)


def test_what_was_held_goes_after_a_start_too() -> None:
    net = pairs(Policy(hold_back=Span(10_000)))
    a, b = net.sides
    (mid,) = wish(a, "x", b, prec="PRIORITY", request="r").held
    a.restart()
    net.now += Span(10_000)
    net.settle()
    assert [row.data("mid") for row in b.of_kind("cert.bundle", ours=False)] == [mid]
    assert wish(a, "x", b, prec="PRIORITY", request="r").mids == (mid,)


def test_a_released_record_is_held_back_too_and_its_releaser_may_take_it_back() -> None:
    net = pairs(Policy(second_person=frozenset({"cert"}), hold_back=Span(10_000)))
    a, b = net.sides
    (mid,) = wish(a, "x", b, prec="ROUTINE").waiting
    assert a.office.drafts.release(RELEASER, mid, net.now).held == (mid,)
    assert fault_of(a.office.drafts.release, RELEASER, mid, net.now) == "office.draft_done"
    a.office.drafts.withdraw(RELEASER, mid, net.now)
    net.now += Span(10_000)
    net.settle()
    assert b.of_kind("cert.bundle", ours=False) == []


# The rest of the house.


def test_a_rebuild_leaves_drafts_and_what_was_done_about_them(net: Net) -> None:
    a, _ = net.sides
    done, waits = flash(net), flash(net)
    a.office.drafts.release(RELEASER, done, net.now)
    net.settle()
    before = a.tables(), a.rows(waiting.DRAFTS)
    a.office.rebuild(net.now)
    net.settle()
    assert (a.tables(), a.rows(waiting.DRAFTS)) == before
    assert [each.mid for each in a.office.drafts.waiting(PERSON)] == [waits]
    assert {row.text("step") for row in a.rows(home_folds.DRAFTED)} == {"waits", "released"}


def test_a_liar_who_signs_both_roles_is_found_out_by_the_peer(net: Net) -> None:
    a, b = net.sides
    mid = flash(net)
    (row,) = a.rows(waiting.DRAFTS)
    parts = envelope.split(row.data("envelope"))
    (author,) = record.read_signatures(parts.sigs)
    stated = record.statement(record.RELEASER, mid, sha256(parts.body).digest())
    key = a.party.signers["s-01"]
    for who, code in (("s-01", "E_SIG"), ("s-02", "E_SIG")):
        both = [author, record.Signature(record.RELEASER, who, key.sign(stated))]
        lied = envelope.encode(parts._replace(sigs=record.write_signatures(both)))
        assert a.hatch.submit([lied], net.now)[0].code == code
        # A node that lets it pass does not help: the other side's office judges for itself.
        (origin,) = b.office._register.theirs()
        found = b.office._register.take(Kept(origin, 0, net.now, lied))
        assert isinstance(found, Refusal)
        assert found.fault.code == code


@pytest.mark.parametrize(("prec", "beside"), [("PRIORITY", 0), ("ROUTINE", 1)])
def test_what_is_decided_together_is_as_urgent_as_what_was_seen(prec: str, beside: int) -> None:
    net = pairs(Policy(second_person=frozenset({"cert.withdraw"})))
    side, other = net.sides
    sent = side.send("taken back twice", other)
    net.settle()
    given: dict[str, Value] = {
        "mid": sent,
        "object": (Values({"id": OBJECT}),),
        "reason": "false",
        "all": False,
    }
    first, second = (
        side.office.act(PERSON, "cert/withdraw", Values({**given, "prec": each}), net.now).waiting[
            0
        ]
        for each in ("ROUTINE", prec)
    )
    drafts = side.office.drafts
    assert drafts.show(RELEASER, first).beside == beside
    drafts.release(RELEASER, first, net.now)
    left = {each.mid for each in drafts.waiting(PERSON)}
    assert left == (set() if beside else {second})
