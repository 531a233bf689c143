"""Files of an office: handed in, sealed, sent, checked as they come, answered, opened again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import text
from tests.office.test_answers import refusing
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of

from detente.core import limits, manifest
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.core.record import Attachment
from detente.desks.cert import folds
from detente.office import arrivals, patience
from detente.office import files as rooms
from detente.office.enclosed import FileName, safe_name
from detente.office.fields import Values
from detente.office.files import PIECE
from detente.office.writing import Letter


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def data_of(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def hand_in(side: Side, size: int, name: str = "report.pdf") -> str:
    files, now = side.office.files, side.net.now
    handle, data = files.begin(name, size, now), data_of(size)
    for at in range(0, size, PIECE):
        assert files.add(handle, data[at : at + PIECE], now) == min(size, at + PIECE)
    return handle


def inspect(net: Net) -> None:
    """Let both offices look at what arrives, and both answer."""
    for _ in range(20):
        net.now += Span(600)
        for side in net.sides:
            while side.office.inspect(net.now):
                pass
        net.turn()
        if all(side.office.next_inspection() is None for side in net.sides):
            return


def said(side: Side, other: Side, kind: str) -> list[Values]:
    rows = [each for each in side.in_log(other) if each.header.kind == kind]
    return [each.body for each in rows if each.body is not None]


@pytest.mark.parametrize(
    "size", [0, 1, limits.CHUNK - 1, limits.CHUNK, limits.CHUNK + 1, 2 * PIECE + 77]
)
def test_a_file_goes_with_its_record_and_opens_at_the_other_side(net: Net, size: int) -> None:
    a, b = net.sides
    mid = a.send("with a file", b, attach=(hand_in(a, size),))
    net.turn()
    inspect(net)
    chunks = manifest.chunks_of(size)
    found = [
        b.office.records.file(PERSON, mid, 0, at) for at in range(0, chunks, PIECE // limits.CHUNK)
    ]
    assert b"".join(found) == data_of(size)
    [state] = a.office.records.file_states(mid)
    assert (state.name, state.size, state.percent) == ("report.pdf", size, 100)
    assert state.attached == (b.address,)
    assert [each.data("of") for each in said(b, a, "sys.attached")] == [mid]
    assert a.level(mid) == "DELIVERED" or a.level(mid).startswith("STORED")


def test_while_chunks_come_the_office_looks_often(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "CHUNKS_A_TURN", 1)
    a, b = net.sides
    mid = a.send("with a file", b, attach=(hand_in(a, 3 * limits.CHUNK),))
    net.turn()
    net.now += Span(600)
    assert b.office.inspect(net.now)  # one of three was there to check
    assert b.office.next_inspection() == net.now + arrivals.LOOK_SOON
    b.node.stage.drop(_aid(a, mid))
    for wait, then in ((arrivals.MOVING.ms - 1, arrivals.LOOK_SOON), (1, arrivals.LOOK_EVERY)):
        net.now += Span(wait)
        assert not b.office.inspect(net.now)
        assert b.office.next_inspection() == net.now + then
    net.now += Span(-10_000)  # a clock that was set back
    assert not b.office.inspect(net.now)
    assert b.office.next_inspection() == net.now + arrivals.LOOK_EVERY


def test_each_file_is_answered_once_whoever_starts_again(net: Net) -> None:
    a, b = net.sides
    mid = a.send("two", b, attach=(hand_in(a, 5, "one"), hand_in(a, 70_000, "two")))
    net.turn()
    b.restart()
    net.turn()
    inspect(net)
    b.restart()
    net.turn()
    inspect(net)
    assert len(said(b, a, "sys.attached")) == 2
    b.office.rebuild(net.now)
    net.turn()
    inspect(net)
    assert len(said(b, a, "sys.attached")) == 2
    assert [each.attached for each in a.office.records.file_states(mid)] == [(b.address,)] * 2


def test_an_answer_has_files_like_any_record(net: Net) -> None:
    a, b = net.sides
    asked = a.send("a question", b)
    net.turn()
    handle = hand_in(b, 3_000, "trace.pcap")
    mid = b.act("cert/answer", mid=asked, verdict="question", text="see the file", attach=(handle,))
    net.turn()
    inspect(net)
    for side in net.sides:
        (state,) = side.office.records.file_states(mid)
        assert (state.name, state.size, state.percent) == ("trace.pcap", 3_000, 100)
        assert side.rows(folds.ANSWERS)[0].text("text") == "see the file"
    assert a.office.records.file(PERSON, mid, 0, 0) == data_of(3_000)


def test_a_file_that_does_not_open_is_refused(net: Net) -> None:
    a, b = net.sides
    handle = hand_in(a, 70_000)
    a.office.files._open[handle].secret = bytes(32)  # another key than its chunks were sealed with
    mid = a.send("spoiled", b, attach=(handle,))
    net.turn()
    inspect(net)
    [reject] = said(b, a, "sys.reject")
    assert (reject.data("of"), reject.text("code")) == (mid, "E_ATT")
    assert a.level(mid) == "REJECTED"
    assert said(b, a, "sys.attached") == []
    with pytest.raises(TheirFault, match="E_ATT"):
        b.office.records.file(PERSON, mid, 0, 0)
    b.restart()
    net.turn()
    inspect(net)
    assert len(said(b, a, "sys.reject")) == 1


@pytest.mark.parametrize("kind", ["sys.attached", "sys.reject"])
def test_an_answer_that_our_node_refuses_stays_due_and_is_told(kind: str, net: Net) -> None:
    a, b = net.sides
    handed = refusing(b, kind, times=2)
    handle = hand_in(a, 5)
    if kind == "sys.reject":
        a.office.files._open[handle].secret = bytes(32)
    a.send("with a file", b, attach=(handle,))
    net.turn()
    while b.office.inspect(net.now):
        pass
    assert [fault.code for _, fault in b.office.status.held()] == ["E_DESK"]
    due = b.office.next_inspection()
    assert due is not None
    assert (due - net.now).ms == 2 * patience.RETRY_FIRST.ms
    net.now = due + Span(-1)
    assert not b.office.inspect(net.now)
    count = len(handed)
    inspect(net)
    assert len(handed) == count + 2
    assert (b.office.status.held(), b.office.next_inspection()) == ([], None)
    assert len(said(b, a, kind)) == 1


def test_a_file_whose_answer_is_refused_blocks_no_other(net: Net) -> None:
    a, b = net.sides
    handed = refusing(b, "sys.attached", times=1)
    mids = [a.send(name, b, attach=(hand_in(a, 5, name),)) for name in ("one", "two")]
    net.turn()
    while b.office.inspect(net.now):
        pass
    net.now = b.office.next_inspection() or net.now
    while b.office.inspect(net.now):
        pass
    net.turn()
    assert len(handed) == 3
    assert [each.data("of") for each in said(b, a, "sys.attached")] == [mids[1], mids[0]]


def test_a_header_that_names_other_files_than_the_body_is_refused(net: Net) -> None:
    a, b = net.sides
    handle = hand_in(a, 5)
    [file] = a.office.files.finish([handle], net.now)
    att = Attachment(file.data("aid"), manifest.sealed_size(5), 1)
    letter = Letter(
        kind="cert.answer", desk="cert", to=(b.address,), created=net.now, matter="1" * 32,
        text=b'{"to":"' + b"A" * 43 + b'=","v":1,"verdict":"useful"}', prec="ROUTINE", tlp="GREEN",
    )  # fmt: skip
    a.office.post([a.office.write(replace(letter, att=(att,)), "s-01")], net.now)
    net.settle()
    [reject] = said(b, a, "sys.reject")
    assert reject.text("code") == "E_ATT"


def test_bytes_that_are_not_here_yet_are_said_so(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("with a file", b, attach=(hand_in(a, 70_000),))
    assert [each.percent for each in a.office.records.file_states(mid)] == [0]
    assert fault_of(b.office.records.file, PERSON, mid, 0, 0) == "office.no_record"
    net.set_line(a, b, up=True)
    net.turn()
    assert a.office.records.file(PERSON, mid, 0, 1) == data_of(70_000)[limits.CHUNK :]
    assert fault_of(a.office.records.file, PERSON, mid, 1, 0) == "stage.name"
    b.node.stage.drop(_aid(a, mid))
    assert fault_of(b.office.records.file, PERSON, mid, 0, 0) == "stage.missing"
    assert [each.percent for each in b.office.records.file_states(mid)] == [0]


def _aid(side: Side, mid: bytes) -> bytes:
    taken = side.office._register.open(side.office._register.record(mid))
    return taken.header.att[0].aid


# Handing in.


def test_a_file_above_four_gib_is_refused_before_a_byte_is_read(net: Net) -> None:
    a, _ = net.sides
    begin = a.office.files.begin
    assert len(begin("at the limit", limits.MAX_ATT_SIZE, net.now)) == 32
    assert fault_of(begin, "above", limits.MAX_ATT_SIZE + 1, net.now) == "form.size"
    assert fault_of(begin, "none", -1, net.now) == "form.size"


def test_bytes_out_of_measure_are_refused(net: Net) -> None:
    a, _ = net.sides
    files, now = a.office.files, net.now
    handle = files.begin("x", 2 * PIECE, now)
    for data in (b"", b"x", bytes(PIECE + limits.CHUNK), bytes(2 * PIECE + 1)):
        assert fault_of(files.add, handle, data, now) == "stage.piece"
    files.add(handle, bytes(PIECE), now)
    assert fault_of(files.finish, [handle], now) == "stage.piece"
    assert fault_of(files.add, "0" * 32, b"x", now) == "stage.lost"
    files.add(handle, bytes(PIECE), now)
    assert fault_of(files.finish, [handle, handle], now) == "form.choice"
    first = files.finish([handle], now)
    assert files.finish([handle], now) == first  # a wish may be asked for again
    files.forget([handle])
    assert fault_of(files.finish, [handle], now) == "stage.lost"


def test_more_files_than_the_limit_are_busy_until_some_are_idle(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "OPEN_MAX", 2)
    a, _ = net.sides
    for name in ("one", "two"):
        a.office.files.begin(name, 5, net.now)
    assert fault_of(a.office.files.begin, "three", 5, net.now) == "stage.busy"
    assert len(a.office.files.begin("three", 5, net.now + rooms.IDLE)) == 32


def test_an_act_with_a_file_that_nobody_knows_sends_nothing(net: Net) -> None:
    a, b = net.sides
    with pytest.raises(OurFault, match=r"stage\.lost"):
        a.send("lost", b, attach=("0" * 32,))
    net.turn()
    assert said(a, b, "cert.bundle") == []


# Names.


@pytest.mark.parametrize(
    ("given_", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        (".profile", "profile"),
        ("a\nb", "a_b"),
        ("fdp.\u202eexe", "fdp._exe"),
        ("C:x", "C_x"),
        ("", "file"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_name_leads_nowhere_and_shows_what_it_is(given_: str, safe: str) -> None:
    assert safe_name(given_) == safe
    assert FileName().flaw(safe) is None
    assert (FileName().flaw(given_) is None) == (given_ == safe)


@given(text(max_size=230))
def test_any_name_is_made_safe_once_and_for_all(name: str) -> None:
    assert safe_name(safe_name(name)) == safe_name(name)
