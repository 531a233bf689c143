"""Every act, read and refusal is an entry before it takes effect; without one nothing is served."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of
from tests.support.pairs import READER, RELEASER, Pair, pairs, wish

from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.node.ports import Answer, Kept
from detente.office import home_folds, home_kinds
from detente.office.fields import Values
from detente.office.head_rows import Head
from detente.office.heads import EVERY
from detente.office.people import House, Person
from detente.office.trail import LOOK_AGAIN, PAGE, Note, Query
from detente.office.waiting import Policy

AUDITOR = Person("auditor", "1010", "", {}, house=frozenset({House.AUDITOR}))


@pytest.fixture
def net() -> Net:
    return pairs()


def entries(side: Side, kind: str = "", **more: object) -> list[Values]:
    query = Query(kind=kind, **more)  # type: ignore[arg-type]
    return list(side.office.trail.find(AUDITOR, query, side.net.now).rows)


def fill(side: Side, code: str = "store.full") -> Callable[[], None]:
    """The node takes nothing in but what is urgent; call what comes back to make room."""
    whole = side.hatch.submit

    def full(envelopes: list[bytes], now: object) -> list[Answer]:
        if any(b'"kind":"office.' in each for each in envelopes):
            raise OurFault(code, "no room left on the disk", "make room")
        return whole(envelopes, now)  # type: ignore[arg-type, return-value]

    side.hatch.submit = full  # type: ignore[method-assign, assignment]

    def empty() -> None:
        side.hatch.submit = whole  # type: ignore[method-assign]

    return empty


def flash(net: Net) -> bytes:
    a, b = net.sides
    (mid,) = wish(a, "now", b).waiting
    a.office.drafts.release(RELEASER, mid, net.now)
    net.settle()
    return mid


def test_a_read_is_entered_with_who_and_what_and_nothing_of_its_text(net: Net) -> None:
    a, b = net.sides
    mid = a.send("the secret", b)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    (entry,) = entries(b, "office.read")
    assert (entry.text("person"), entry.text("what"), entry.text("desk")) == (
        "operator", "record/read", "cert",
    )  # fmt: skip
    assert entry.whole("count") == 1
    assert "secret" not in repr(b.rows(home_folds.TRAIL))
    about = entries(b, of=mid)
    assert [each.text("what") for each in about] == ["record/read"]


def test_acts_refusals_drafts_and_sessions_stand_in_one_trail(net: Net) -> None:
    a, _ = net.sides
    mid = flash(net)
    code = fault_of(a.office.act, READER, "cert/send", Values({}), net.now)
    assert code == "office.forbidden"
    a.office.trail.session("mallory\x07", None, "failed", "password", "198.51.100.9", net.now)
    kinds = {each.text("kind") for each in entries(a)}
    assert kinds == {"office.act", "office.draft", "office.refused", "office.session"}
    (refused,) = entries(a, "office.refused")
    assert (refused.text("person"), refused.text("what"), refused.text("code")) == (
        "reader", "cert/send", "office.forbidden",
    )  # fmt: skip
    (failed,) = entries(a, "office.session")
    assert (failed.text("person"), failed.text("step")) == ("mallory?", "failed")
    steps = [(each.text("kind"), each.get("step")) for each in entries(a, of=mid)]
    assert sorted(steps) == [
        ("office.act", None), ("office.draft", "released"), ("office.draft", "waits"),
    ]  # fmt: skip


def test_a_misshapen_form_is_no_refusal_worth_an_entry(net: Net) -> None:
    a, _ = net.sides
    assert fault_of(a.office.act, PERSON, "cert/send", Values({}), net.now).startswith("form.")
    assert entries(a, "office.refused") == []


def test_nothing_is_served_when_no_entry_can_be_made(net: Net) -> None:
    a, b = net.sides
    mid = a.send("quiet", b)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    empty = fill(b)
    net.now += Span(LOOK_AGAIN.ms)
    for ask in (
        lambda: b.office.records.read(PERSON, mid, net.now),
        lambda: b.office.look(PERSON, "cert/list", Values({}), net.now),
        lambda: b.office.records.proof(PERSON, mid),
        lambda: b.office.trail.find(AUDITOR, Query(), net.now),
        lambda: b.office.trail.session("x", None, "in", "password", "", net.now),
    ):
        assert fault_of(ask) == "store.full"
    empty()
    assert len(entries(b, "office.read", person="operator")) == 1


def test_a_flash_is_read_from_a_full_disk_and_entered_when_there_is_room(net: Net) -> None:
    _, b = net.sides
    mid = flash(net)
    b.office.records.read(PERSON, mid, net.now)
    empty = fill(b)
    assert b.office.records.read(PERSON, mid, net.now).mid == mid
    empty()
    assert len(entries(b, of=mid)) == 1
    b.office.resume(net.now)
    net.settle()
    late = [each for each in entries(b, of=mid) if each.get("unaudited")]
    assert len(late) == 1
    assert late[0].text("unaudited").startswith("store.full")
    assert b.outbox() == []


def test_lists_asked_for_again_and_again_are_one_entry_a_minute(net: Net) -> None:
    a, _ = net.sides
    for _ in range(5):
        a.office.look(PERSON, "cert/list", Values({}), net.now)
        net.now += Span(LOOK_AGAIN.ms // 5)
    assert len(entries(a, "office.read", person="operator")) == 1
    a.office.look(PERSON, "cert/list", Values({}), net.now)
    assert len(entries(a, "office.read", person="operator")) == 2
    a.office.look(replace(PERSON, name="other"), "cert/list", Values({}), net.now)
    assert len(entries(a, "office.read", person="other")) == 1


def test_one_request_is_one_entry_for_each_desk_and_thing(net: Net) -> None:
    a, _ = net.sides
    mids = tuple(bytes([each]) * 32 for each in range(3))
    with a.office.trail.request(PERSON, "page", net.now):
        for mid in mids:
            a.office.trail.saw(PERSON, Note("cert", "matter/page", (mid,)))
        a.office.trail.saw(PERSON, Note("", "attention"))
    found = entries(a, "office.read", person="operator")
    assert {(each.text("what"), each.whole("count")) for each in found} == {
        ("matter/page", 3), ("attention", 0),
    }  # fmt: skip


def test_more_records_than_one_entry_names_are_several_entries(net: Net) -> None:
    a, _ = net.sides
    most = home_kinds.LOOKED_MAX
    mids = tuple(each.to_bytes(32, "big") for each in range(most + 1))
    a.office.trail.saw(PERSON, Note("cert", "x/y", mids))
    found = entries(a, "office.read", person="operator")
    assert sorted(each.whole("count") for each in found) == [1, most]


# Auditors.


def test_only_an_auditor_reads_the_trail_and_that_is_entered_too(net: Net) -> None:
    a, _ = net.sides
    trail = a.office.trail
    for ask in (
        lambda: trail.find(PERSON, Query(), net.now),
        lambda: trail.verify(PERSON, (), net.now),
        lambda: trail.heads(PERSON, net.now),
    ):
        assert fault_of(ask) == "office.forbidden"
    assert len(entries(a, "office.refused", person="operator")) == 3
    assert entries(a, "office.read", person="auditor")


def test_the_trail_is_read_page_by_page_and_by_what_is_asked(net: Net) -> None:
    a, _ = net.sides
    start = net.now
    for at in range(5):
        net.now = start + Span(at)
        a.office.trail.session(f"p{at % 2}", None, "in", "password", "", net.now)
    net.now = start + Span(10)
    query = Query(kind="office.session")
    first = a.office.trail.find(AUDITOR, query, net.now, count=2)
    second = a.office.trail.find(AUDITOR, query, net.now, first.after, count=2)
    third = a.office.trail.find(AUDITOR, query, net.now, second.after, count=2)
    times = [row.moment("at").ms - start.ms for page in (first, second, third) for row in page.rows]
    assert times == [4, 3, 2, 1, 0]
    assert third.after == ""
    some = Query(person="p1", since=start + Span(2), until=start + Span(4))
    assert [row.moment("at") for row in a.office.trail.find(AUDITOR, some, net.now).rows] == [
        start + Span(3)
    ]
    assert a.office.trail.find(AUDITOR, Query(desk="none"), net.now).rows == ()
    assert PAGE >= 5


def test_a_rebuild_gives_the_same_trail(net: Net) -> None:
    a, _ = net.sides
    flash(net)
    entries(a)
    net.settle()
    a.office._post.fold_all()
    before = a.tables()
    a.office.rebuild(net.now)
    assert a.tables() == before


# The home log proves itself, and others hold its heads.


def head_of(side: Side) -> Head:
    found = side.office.trail.verify(AUDITOR, (), side.net.now)
    assert found.root is not None
    return Head(found.origin, found.size, found.root, BOREALIS, side.net.now)


def test_a_home_log_holds_and_goes_on_from_a_head_given_before(net: Net) -> None:
    a, _ = net.sides
    flash(net)
    head = head_of(a)
    flash(net)
    found = a.office.trail.verify(AUDITOR, (head,), net.now)
    assert found.holds
    assert (found.bad_count, found.hidden) == (0, 0)
    assert found.size > head.size
    assert [word for _, word in found.heads] == ["same"]
    other = replace(head, root=bytes(32))
    assert not a.office.trail.verify(AUDITOR, (other,), net.now).holds
    older = replace(head, origin="aurelia.gov/detente/home-aaaaaaaaaaaaaaaa")
    assert a.office.trail.verify(AUDITOR, (older,), net.now).heads == [(older, "before")]
    ahead = replace(head, size=10_000)
    assert a.office.trail.verify(AUDITOR, (ahead,), net.now).heads == [(ahead, "other")]


@pytest.mark.parametrize("place", ["body", "sigs"])
def test_an_entry_that_was_changed_is_found(net: Net, place: str) -> None:
    a, _ = net.sides
    flash(net)
    head = head_of(a)
    since = a.hatch.since

    def lied(*given: object) -> list[Kept]:
        found = list(since(*given))  # type: ignore[arg-type]
        for at, each in enumerate(found):
            if b'"kind":"office.act"' in each.envelope:
                data = bytearray(each.envelope)
                where = len(data) - 1 if place == "body" else data.find(b"m-01") + 10
                data[where] ^= 1
                found[at] = Kept(each.origin, each.seq, each.kept_at, bytes(data))
                break
        return found

    a.hatch.since = lied  # type: ignore[method-assign, assignment]
    found = a.office.trail.verify(AUDITOR, (head,), net.now)
    assert not found.holds
    assert found.bad_count == 1
    assert [word for _, word in found.heads] == ["other"]


def test_entries_of_another_office_are_counted_and_leave_no_root(net: Net) -> None:
    a, _ = net.sides
    flash(net)
    since = a.hatch.since

    def some(*given: object) -> list[Kept]:
        return [each for each in since(*given) if each.seq != 2 or "home-" not in each.origin]  # type: ignore[arg-type]

    a.hatch.since = some  # type: ignore[method-assign, assignment]
    found = a.office.trail.verify(AUDITOR, (), net.now)
    assert (found.hidden, found.root, found.bad_count) == (1, None, 0)


def test_the_head_goes_to_peers_once_a_day_while_the_log_grows() -> None:
    net = pairs(Policy(heads_to=frozenset({"all"})))
    a, b = net.sides
    flash(net)
    assert b.office.trail.heads(AUDITOR, net.now)[1] == ()
    net.now += EVERY
    for _ in range(3):
        net.settle()
    (given,), _ = a.office.trail.heads(AUDITOR, net.now)
    _, (held,) = b.office.trail.heads(AUDITOR, net.now)
    assert (given.origin, given.size, given.root) == (held.origin, held.size, held.root)
    assert (given.party, held.party) == (b.party.name, a.party.name)
    flash(net)
    found = a.office.trail.verify(AUDITOR, (held,), net.now)
    assert found.holds
    assert [word for _, word in found.heads] == ["same", "same"]
    net.now += EVERY
    a.restart()
    net.settle()
    assert len(b.office.trail.heads(AUDITOR, net.now)[1]) == 2


def test_no_head_goes_to_who_is_not_named_or_when_nothing_grew() -> None:
    for heads_to in (frozenset[str](), frozenset({"cordia.gov"})):
        net = pairs(Policy(heads_to=heads_to))
        flash(net)
        net.now += EVERY
        net.settle()
        assert net.sides[1].office.trail.heads(AUDITOR, net.now)[1] == ()
    quiet = pairs(Policy(heads_to=frozenset({BOREALIS, AURELIA})))
    for _ in range(3):
        quiet.now += EVERY
        quiet.settle()
    assert isinstance(quiet.sides[0], Pair)
    given, _ = quiet.sides[0].office.trail.heads(AUDITOR, quiet.now)
    assert len(given) <= 2
