"""What an office says by itself: DELIVERED and refusals; when, how often, and when not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.support.makers import AURELIA, BOREALIS, CORDIA, make_party
from tests.support.offices import PERSON, Net, Side

from detente.core import body, envelope, record
from detente.core.envelope import Parts
from detente.core.moment import Moment, Span
from detente.node.ports import Answer
from detente.office import answers, house, patience
from detente.office.fields import Value
from detente.office.writing import KeysAtWork, Letter, Written


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def opened(side: Side) -> list[tuple[int, tuple[Value, ...]]]:
    """Each DELIVERED that a side wrote to the only other: upto and not."""
    (other,) = [each for each in side.net.sides if each is not side]
    found: list[tuple[int, tuple[Value, ...]]] = []
    for taken in side.in_log(other):
        if taken.header.kind == "sys.delivered" and taken.body is not None:
            missing = taken.body.get("not", ())
            assert isinstance(missing, tuple)
            found.append((taken.body.whole("upto"), missing))
    return found


# DELIVERED.


def test_delivered_is_said_once_a_second_at_most_and_covers_all_before(net: Net) -> None:
    a, b = net.sides
    a.send("first", b)
    net.turn()
    assert [upto for upto, _ in opened(b)] == [2]  # the opening of the link, and the record
    for number in range(5):
        net.now += Span(199)
        a.send(f"another {number}", b)
        net.turn()
    assert len(opened(b)) == 1
    net.now += Span(5)  # 1,000 ms since the first
    net.turn()
    assert [upto for upto, _ in opened(b)] == [2, 7]


@pytest.mark.parametrize(("prec", "count"), [("ROUTINE", 1), ("PRIORITY", 1), ("IMMEDIATE", 2)])
def test_delivered_is_said_at_once_for_what_is_urgent(net: Net, prec: str, count: int) -> None:
    a, b = net.sides
    a.send("first", b)
    net.turn()
    a.send("second", b, prec=prec)
    net.turn()
    assert len(opened(b)) == count


def test_delivered_has_the_highest_precedence_that_it_covers(net: Net) -> None:
    a, b = net.sides
    a.send("first", b, prec="PRIORITY")
    a.send("second", b)
    net.settle()
    said = [each.header.prec for each in b.in_log(a) if each.header.kind == "sys.delivered"]
    assert said == ["PRIORITY"]


def test_a_clock_set_back_silences_nobody(net: Net) -> None:
    a, b = net.sides
    a.send("first", b)
    net.turn()
    net.now += Span(-3_600_000)
    a.send("second", b)
    net.turn()
    assert len(opened(b)) == 2


def test_receipts_of_offices_are_not_receipted(net: Net) -> None:
    a, b = net.sides
    mid = a.send("read me", b)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    for _ in range(5):
        net.settle()
        net.now += Span(10_000)
    sizes = [level.size for level in a.node.levels()]
    net.settle()
    assert [level.size for level in a.node.levels()] == sizes
    assert opened(a) == []
    assert a.office.next_answer() is None


def test_a_desk_that_no_office_serves_is_not_opened_nor_answered(net: Net) -> None:
    a, b = net.sides
    b.keys = KeysAtWork({}, b.keys.signers)
    b.start_office()
    mid = a.send("nobody there", b)
    net.settle()
    assert a.level(mid) == "STORED"
    assert (b.rows(house.RECORDS), b.rows(house.REFUSED), opened(b)) == ([], [], [])


def test_what_others_sent_is_told_to_nobody_else() -> None:
    net = Net(AURELIA, BOREALIS, CORDIA)
    a, b, c = net.sides
    a.send("for Borealis", b)
    net.settle()
    assert [each.header.kind for each in b.in_log(c)] == []
    assert [each.header.to for each in b.in_log(a)] == [(a.address,)]


# Kinds not known.


def foreign(side: Side, to: Side, kind: str, text: bytes) -> Written:
    letter = Letter(
        kind=kind,
        desk="cert",
        to=(to.address,),
        text=text,
        created=side.net.now,
        matter="0" * 31 + "d",
        prec="ROUTINE",
        tlp="GREEN",
    )
    return side.office.write(letter, "s-01")


@pytest.mark.parametrize(
    ("kind", "text"), [("tea.invitation", b"at five"), ("cert.answer", b'{"v":2,"way":"new"}')]
)
def test_an_unknown_kind_or_newer_version_is_kept_delivered_and_shown_as_unknown(
    net: Net, kind: str, text: bytes
) -> None:
    a, b = net.sides
    written = foreign(a, b, kind, text)
    a.hatch.submit([written.envelope], net.now)
    net.settle()
    (row,) = b.of_kind(kind, ours=False)
    assert not row.flag("known")
    assert a.level(written.mid) == "DELIVERED"
    taken = b.office.records.read(PERSON, written.mid, net.now)
    assert (taken.body, taken.text) == (None, text)
    net.settle()
    assert a.level(written.mid) == "READ"


# Refusals: one for each code that reading can find.


def resigned(side: Side, written: Written, parts: Parts, signer: str = "s-01") -> bytes:
    message = record.statement(record.AUTHOR, written.mid, sha256(parts.body).digest())
    key = side.party.signers[signer]
    sigs = [record.Signature(record.AUTHOR, "s-01", key.sign(message))]
    return envelope.encode(parts._replace(sigs=record.write_signatures(sigs)))


def bad_signature(side: Side, written: Written) -> bytes:
    return resigned(side, written, envelope.split(written.envelope), "s-02")


def other_body(side: Side, written: Written) -> bytes:
    parts = envelope.split(written.envelope)
    return resigned(side, written, parts._replace(body=bytes(len(parts.body))))


def other_seal(side: Side, written: Written) -> bytes:
    parts = envelope.split(written.envelope)
    peer = make_party(BOREALIS)
    seals = [
        replace(each, sealed=body.seal_key(bytes(32), peer.card.desks["cert"].hpke, written.mid))
        if each.address == peer.address()
        else each
        for each in envelope.read_seals(parts.seals)
    ]
    return envelope.encode(parts._replace(seals=envelope.write_seals(seals)))


def as_it_is(side: Side, written: Written) -> bytes:
    return written.envelope


@pytest.mark.parametrize(
    ("spoil", "kind", "text", "code"),
    [
        (as_it_is, "cert.bundle", b'{"v":1}', "E_CANON"),
        (as_it_is, "cert.bundle", b"no JSON", "E_CANON"),
        (bad_signature, "tea.invitation", b"x", "E_SIG"),
        (other_body, "tea.invitation", b"x", "E_COMMIT"),
        (other_seal, "tea.invitation", b"x", "E_COMMIT"),
    ],
)
def test_what_cannot_be_read_is_answered_once_with_its_code(
    net: Net, spoil: Callable[[Side, Written], bytes], kind: str, text: bytes, code: str
) -> None:
    a, b = net.sides
    written = foreign(a, b, kind, text)
    with a.shelf.begin() as tx:
        a.office._register.fold(tx, a.office._post._taken(foreign(a, b, "tea.x", b"")), net.now)
    a.hatch.submit([spoil(a, written)], net.now)
    good = a.send("after it", b)
    net.settle()
    b.start_office()
    b.office.rebuild(net.now)
    net.settle()
    (reject,) = a.rows(house.REJECTS)
    assert (reject.data("of"), reject.text("code")) == (written.mid, code)
    assert len([each for each in b.in_log(a) if each.header.kind == "sys.reject"]) == 1
    (refused,) = b.office.status.refused()
    assert (refused.data("mid"), refused.text("code")) == (written.mid, code)
    assert opened(b) == [(3, (refused.whole("seq"),))]
    assert a.level(good) == "DELIVERED"


def test_a_refused_record_stands_as_rejected_with_reason_and_remedy(net: Net) -> None:
    a, b = net.sides
    original = b.office._register.take
    mid = a.send("will not do", b)
    assert original is not None
    b.keys = replace(b.keys, openers={"cert": make_party(CORDIA).openers["cert"]})
    b.start_office()
    net.settle()
    standing = a.office.records.standing(mid)
    assert standing.level == "REJECTED"
    assert standing.rejected is not None
    assert standing.rejected[0] == "E_COMMIT"
    assert all(standing.rejected)


def test_a_refusal_is_sealed_as_the_record_was_marked(net: Net) -> None:
    a, b = net.sides
    written = a.unreadable(b, prec="PRIORITY")
    a.hatch.submit([written.envelope], net.now)
    net.settle()
    (reject,) = [each for each in b.in_log(a) if each.header.kind == "sys.reject"]
    header = written.header
    assert (reject.header.tlp, reject.header.matter, reject.header.prec) == (
        header.tlp,
        header.matter,
        "PRIORITY",
    )
    assert reject.header.reply_to == written.mid


def test_a_receipt_that_cannot_be_read_is_refused_and_not_answered(net: Net) -> None:
    a, b = net.sides
    written = foreign(a, b, "sys.reject", b"no reject")
    a.hatch.submit([written.envelope], net.now)
    net.settle()
    assert [row.text("code") for row in b.rows(house.REFUSED)] == ["E_CANON"]
    assert b.in_log(a) == []


def test_many_refusals_are_all_answered_though_the_office_stopped_before(net: Net) -> None:
    a, b = net.sides
    count = answers.READ_COUNT + 2
    for _ in range(count):
        a.hatch.submit([a.unreadable(b).envelope], net.now)
        net.pump()
    b.office._answers.answer = lambda now: None  # type: ignore[method-assign]
    while b.office.advance(net.now):
        pass
    assert len(b.rows(house.REFUSED)) == count
    b.start_office()
    net.settle()
    assert len(a.rows(house.REJECTS)) == count


def test_strangers_words_are_shown_as_one_line_of_500_characters_at_most() -> None:
    assert house.plain("a\nb\x00") == "a?b?"
    assert len(house.plain("x" * 501)) == 500
    assert house.plain("") == "?"


# What our own node refuses of it.


def refusing(side: Side, kind: str, times: int) -> list[bytes]:
    """The node of a side refuses so many records of a kind; returns what it was handed of it."""
    submit, handed = side.node.submit, list[bytes]()

    def judged(envelopes: Sequence[bytes], now: Moment) -> list[Answer]:
        answers = []
        for one in envelopes:
            if record.read_header(envelope.split(one).header).kind == kind:
                handed.append(one)
                if len(handed) <= times:
                    answers.append(Answer(b"", "E_DESK", "no such desk", "issue a card"))
                    continue
            answers += submit([one], now)
        return answers

    side.node.submit = judged  # type: ignore[method-assign]
    return handed


def test_a_delivered_that_our_node_refuses_stays_due_and_is_tried_ever_later(net: Net) -> None:
    a, b = net.sides
    handed = refusing(b, "sys.delivered", times=3)
    mid = a.send("first", b)
    net.turn()
    waits = []
    while len(handed) < 4:
        due = b.office.next_answer()
        assert due is not None
        waits.append((due - net.now).ms)
        ((origin, fault),) = b.office.status.held()
        assert (origin.startswith(AURELIA), fault.code) == (True, "E_DESK")
        net.now = due + Span(-1)
        before = len(handed)
        net.turn()
        assert len(handed) == before
        net.now = due
        net.turn()
    assert waits == [2_000, 4_000, 8_000]
    assert (a.level(mid), b.office.status.held(), opened(b)) == ("DELIVERED", [], [(2, ())])
    assert b.outbox() == []


def test_it_never_waits_longer_than_five_minutes_nor_for_a_clock_set_back(net: Net) -> None:
    a, b = net.sides
    handed = refusing(b, "sys.delivered", times=100)
    a.send("first", b)
    for _ in range(12):
        net.turn()
        net.now = b.office.next_answer() or net.now
    due = b.office.next_answer()
    assert due is not None
    net.turn()
    later = b.office.next_answer()
    assert later is not None
    assert (later - net.now) == patience.RETRY_MAX
    count = len(handed)
    net.now += Span.of(hours=-5)
    net.turn()
    assert len(handed) == count + 1


def test_a_refusal_that_our_node_refuses_is_tried_again_and_blocks_no_other(net: Net) -> None:
    a, b = net.sides
    handed = refusing(b, "sys.reject", times=1)
    for _ in range(2):
        a.hatch.submit([a.unreadable(b).envelope], net.now)
    net.turn()
    assert (len(handed), len(a.rows(house.REJECTS))) == (2, 1)
    assert [fault.code for _, fault in b.office.status.held()] == ["E_DESK"]
    net.settle()
    assert (len(handed), len(a.rows(house.REJECTS))) == (3, 2)
    assert (b.office.status.held(), b.office.next_answer()) == ([], None)
