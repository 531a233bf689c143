"""The machine of one link as a conversation. Frames alone: tests/link/test_frames.py."""

from dataclasses import replace

import pytest
from tests.link.playbook import (
    LINK_ID,
    NOTHING,
    THEIRS,
    WHO,
    Playbook,
    greeting,
    head,
    heads,
    kinds,
    receipt,
    sent,
)

from detente.core import limits
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.link import frames, hello, reconcile, session
from detente.link.moves_epochs import Freeze, Older, TakeNote
from detente.link.reconcile import Verdict
from detente.link.session import (
    DOWN,
    HALTED,
    LIVE,
    NO_GROUNDS,
    RECONCILE,
    RECOVER,
    Close,
    Grounds,
    Halt,
    Intake,
    Judge,
    Judged,
    PathBegun,
    PathDown,
    PathUp,
    Refused,
    Resend,
    Send,
    Show,
    StatusChanged,
    Tick,
)

SECOND = Span(1_000)
ALMOST = Span(session.HELLO_TIMEOUT.ms - 1)
MS = Span(1)
CONFLICT = Verdict(conflict=reconcile.Conflict(ours=False, stated=head(3)))


# From a path to LIVE.


def test_a_link_begins_without_a_path() -> None:
    book = Playbook()
    assert (book.session.state, book.session.since) == (DOWN, Moment(0))
    assert book.step(Tick()) == []


def test_hello_goes_first_and_states_both_logs() -> None:
    book = Playbook(heads(3, 2, 5))
    greet, show = book.open()
    assert show == Show(RECONCILE, "catching up")
    [message] = sent([greet])
    stated = hello.read(message.payload)
    assert (stated.party, stated.link_id, stated.path) == ("aurelia.gov", LINK_ID, "primary")
    assert stated.heads == heads(3, 2, 5)
    assert (stated.nonce, stated.echo, stated.clock_ms) == (b"n" * 16, None, book.now.ms)


def test_their_hello_is_judged_against_what_was_held_when_the_handshake_began() -> None:
    book = Playbook(heads(into=1))
    book.step(PathBegun(1, "primary", dialled=True))
    book.step(PathBegun(2, "secondary", dialled=True, baseline=NOTHING))
    book.step(session.TookIn(9, head(2), receipt(2), 1))
    for conn, baseline in ((1, heads(into=1)), (2, NOTHING)):
        book.step(PathUp(conn, b"n" * 16))
        stated = replace(THEIRS, heads=heads(7, 1, 0), path=("primary", "secondary")[conn - 1])
        [judge] = book.hear(greeting(stated), conn=conn)
        assert judge == Judge(conn, heads(7, 1, 0), heads(into=2), baseline, 1)


def test_a_good_verdict_makes_the_link_live_and_says_our_status() -> None:
    book = Playbook()
    book.open()
    book.hear(greeting())
    book.now = book.at(250)
    show, status = book.step(Judged(1, Verdict()))
    assert show == Show(LIVE, "connected")
    assert frames.read_status(sent([status])[0].payload) == ((), (), False)
    assert (book.session.state, book.session.since) == (LIVE, book.at(250))


def test_what_they_lack_is_sent_again_once_live() -> None:
    book = Playbook(heads(9, 4))
    assert book.meet(verdict=Verdict(resend_from=6))[-1] == Resend(1, 6)
    [again] = book.step(session.Resent(1, 6, [b"a", b"b", b"c"], head(9)))
    found = sent([again])
    assert [frames.read_record(each.payload) for each in found[:3]] == [
        (6, b"a"), (7, b"b"), (8, b"c")
    ]  # fmt: skip
    assert frames.read_checkpoint(found[3].payload) == head(9)


def test_a_receipt_in_their_hello_opens_the_window() -> None:
    book = Playbook(heads(9, 4))
    book.meet(verdict=Verdict(resend_from=9, receipt=receipt(9)))
    assert book.session.heads.receipted == 9


def test_the_next_hello_echoes_their_newest_nonce() -> None:
    book = Playbook()
    book.meet()
    stated = hello.read(sent(book.open(2, "secondary"), 2)[0].payload)
    assert stated.echo == THEIRS.nonce


def test_a_verdict_on_a_connection_that_is_gone_changes_nothing() -> None:
    book = Playbook()
    book.open()
    book.step(PathDown(1, "cut"))
    assert book.step(Judged(1, Verdict())) == []
    assert book.session.state == DOWN


def test_a_hello_of_another_party_closes_the_path() -> None:
    book = Playbook()
    book.open()
    effects = book.hear(greeting(replace(THEIRS, party="cordia.gov")))
    assert frames.read_error(sent(effects)[0].payload).number == 103
    assert isinstance(effects[1], Close)
    assert effects[1].code == "E_HELLO"
    assert isinstance(effects[2], Show)
    assert effects[2].state == DOWN


def test_a_hello_of_another_link_id_waits_for_the_note_that_explains_it() -> None:
    book = Playbook()
    book.open()
    strange = replace(THEIRS, link_id="a" * 16)
    assert book.hear(greeting(strange)) == [Older(1, "a" * 16)]
    assert book.hear(frames.encode(frames.EPOCH, b"a note")) == [TakeNote(1, b"a note")]
    assert book.wait(Span(4_999)) == []
    told, close, show = book.wait(Span(1))
    assert isinstance(told, session.Send)
    assert frames.read_error(sent([told])[0].payload).number == 103
    assert isinstance(close, Close)
    assert close.code == "E_HELLO"
    assert isinstance(show, Show)
    assert show.state == DOWN


@pytest.mark.parametrize("data", [greeting(THEIRS), frames.checkpoint(head(1))])
def test_on_a_connection_of_another_link_id_only_notes_and_tails_count(data: bytes) -> None:
    book = Playbook()
    book.open()
    book.hear(greeting(replace(THEIRS, link_id="a" * 16)))
    effects = book.hear(data)
    assert frames.read_error(sent(effects)[0].payload).number in (100, 103)


def test_a_second_hello_closes_the_path() -> None:
    book = Playbook()
    book.meet()
    effects = book.hear(greeting())
    assert [each.code for each in effects if isinstance(each, Close)] == ["E_FRAME"]


def test_a_hello_of_no_form_closes_the_path() -> None:
    book = Playbook()
    book.open()
    effects = book.hear(frames.encode(frames.HELLO, b"{}"))
    assert [each.code for each in effects if isinstance(each, Close)] == ["E_HELLO"]


@pytest.mark.parametrize(
    "early",
    [
        frames.record(0, b"x", 1),
        frames.checkpoint(head(1)),
        frames.cosign(receipt(1)),
        frames.ping(1),
        frames.pong(1, 2),
        frames.status(attended=("cert",), read_only=True),
    ],
    ids=["RECORD", "CHECKPOINT", "COSIGN", "PING", "PONG", "STATUS"],
)
def test_another_frame_before_hello_closes_the_path(early: bytes) -> None:
    book = Playbook(heads(1))
    book.open()
    effects = book.hear(early, greeting())
    assert kinds(effects) == [frames.ERROR]
    assert [each.code for each in effects if isinstance(each, Close)] == ["E_HELLO"]
    assert not [each for each in effects if isinstance(each, Judge)]
    assert book.session.peer_attended == ()


def test_an_error_and_a_bye_may_come_before_hello() -> None:
    for early, code in (
        (frames.error(TheirFault("E_VERSION", "too old", "x")), "refused"),
        (frames.bye(), "bye"),
    ):
        book = Playbook()
        book.open()
        effects = book.hear(early)
        assert [each.code for each in effects if isinstance(each, Close)] == [code]


def test_what_comes_after_hello_in_the_same_read_waits_for_the_verdict() -> None:
    book = Playbook()
    book.open()
    after = (
        frames.status(attended=("cert",), read_only=False),
        frames.record(0, b"a", 1),
        frames.checkpoint(head(1)),
    )
    assert [type(each) for each in book.hear(greeting(), *after)] == [Judge]
    assert book.hear(frames.ping(7)) == []
    effects = book.step(Judged(1, Verdict()))
    assert kinds(effects) == [frames.STATUS, frames.PONG]
    assert effects[-1] == Intake(1, 0, [b"a"], head(1), 0)
    assert book.session.peer_attended == ("cert",)


def test_two_hellos_in_one_read_are_judged_once_and_close_the_path() -> None:
    book = Playbook()
    book.open()
    assert [type(each) for each in book.hear(greeting(), greeting())] == [Judge]
    effects = book.step(Judged(1, Verdict()))
    assert [each.code for each in effects if isinstance(each, Close)] == ["E_FRAME"]


def test_another_card_under_the_serial_that_we_hold_halts_the_link() -> None:
    book = Playbook()
    book.open()
    halt, told, show = book.hear(greeting(replace(THEIRS, card_hash=b"z" * 32)))
    assert isinstance(halt, Halt)
    assert (halt.code, halt.what) == ("E_CARD_FORK", "two different cards 1 of borealis.gov")
    assert frames.read_error(sent([told])[0].payload).number == 305
    assert isinstance(show, Show)
    assert show.state == HALTED


@pytest.mark.parametrize("serial", [0, 2])
def test_a_card_of_another_serial_closes_nothing(serial: int) -> None:
    book = Playbook()
    book.open()
    stated = replace(THEIRS, card_serial=serial, card_hash=b"z" * 32)
    assert [type(each) for each in book.hear(greeting(stated))] == [Judge]


def test_bytes_of_a_connection_that_is_not_up_or_gone_are_not_read() -> None:
    book = Playbook()
    book.step(PathBegun(1, "primary", dialled=True))
    assert book.hear(greeting()) == []
    assert book.hear(greeting(), conn=7) == []


# Time.


def test_a_path_without_hello_is_closed_after_5_seconds() -> None:
    book = Playbook()
    book.open()
    assert book.wait(ALMOST) == []
    close, show = book.wait(MS)
    assert (close, show) == (
        Close(1, "E_TIMEOUT", "no HELLO within 5 s"),
        Show(DOWN, "no HELLO within 5 s"),
    )
    assert book.wait(SECOND) == []


def test_a_quiet_path_is_pinged_after_5_seconds_and_closed_after_three() -> None:
    book = Playbook()
    book.meet()
    assert book.wait(ALMOST) == []
    for _ in range(3):
        assert kinds(book.wait(MS)) == [frames.PING]
        assert book.wait(ALMOST) == []
    close, show = book.wait(MS)
    assert close == Close(1, "E_TIMEOUT", "three PINGs unanswered")
    assert show == Show(DOWN, "three PINGs unanswered")


def test_any_bytes_from_the_peer_count_as_an_answer() -> None:
    book = Playbook()
    book.meet()
    for _ in range(9):
        assert kinds(book.wait(session.PING_AFTER)) == [frames.PING]
        book.hear(frames.pong(1, 2))


def test_a_ping_carries_our_time_and_is_answered_with_its_echo() -> None:
    book = Playbook()
    book.meet()
    [ping] = sent(book.wait(session.PING_AFTER))
    assert frames.read_ping(ping.payload) == book.now.ms
    [pong] = sent(book.hear(frames.ping(77)))
    assert (pong.type, frames.read_pong(pong.payload)) == (frames.PONG, (77, book.now.ms))


def test_their_clock_is_shown_as_its_distance_from_ours() -> None:
    book = Playbook()
    assert Playbook().session.peer_clock_ms is None
    book.open()
    book.hear(greeting(replace(THEIRS, clock_ms=book.now.ms - 40)))
    assert book.session.peer_clock_ms == -40
    book.step(Judged(1, Verdict()))
    book.hear(frames.pong(1, book.now.ms + 900))
    assert book.session.peer_clock_ms == 900


def test_a_clock_before_1970_is_told_as_1970() -> None:
    book = Playbook()
    book.now = Moment(-5)
    assert hello.read(sent(book.open())[0].payload).clock_ms == 0


def test_a_handshake_that_ends_after_its_path_was_given_up_says_nothing() -> None:
    book = Playbook()
    book.step(PathBegun(1, "primary", dialled=True))
    assert [type(each) for each in book.wait(session.HELLO_TIMEOUT)] == [Close, Show]
    assert book.step(PathUp(1, b"n" * 16)) == []
    assert book.session.state == DOWN


def test_a_clock_set_back_leaves_a_silent_path_as_silent_as_it_was() -> None:
    book = Playbook()
    book.meet()
    book.now = book.now + ALMOST
    assert book.step(Tick()) == []
    book.now = Moment(7)
    assert book.step(Tick()) == []
    assert kinds(book.wait(MS)) == [frames.PING]


def test_a_clock_set_back_leaves_an_old_connection_old() -> None:
    book = Playbook()
    book.meet(1, dialled=True)
    book.now = book.now + session.YOUNG
    book.step(Tick())
    book.now = Moment(7)
    book.open(2, dialled=False)
    assert book.hear(greeting(), conn=2)[1] == Close(1, "bye", "another connection took this path")


# Two connections.


def test_of_two_young_connections_the_one_stays_that_the_lower_fingerprint_dialled() -> None:
    for dials_first in (True, False):
        for newer_dialled in (True, False):
            book = Playbook(who=replace(WHO, dials_first=dials_first))
            book.meet(1, dialled=not newer_dialled)
            book.open(2, dialled=newer_dialled)
            effects = book.hear(greeting(), conn=2)
            loser = 1 if newer_dialled == dials_first else 2
            assert effects[0] == Send(loser, frames.bye())
            assert effects[1] == Close(loser, "bye", "another connection took this path")
            judged = [each.conn for each in effects if isinstance(each, Judge)]
            assert judged == ([2] if loser == 1 else [])


def test_of_two_young_connections_dialled_by_one_side_the_newer_stays() -> None:
    book = Playbook()
    book.meet(1)
    book.open(2)
    assert book.hear(greeting(), conn=2)[1] == Close(1, "bye", "another connection took this path")


def test_an_old_connection_gives_way_to_a_newer_whoever_dialled() -> None:
    book = Playbook()
    book.meet(1, dialled=True)
    book.now = book.now + session.YOUNG
    book.open(2, dialled=False)
    assert book.hear(greeting(), conn=2)[1] == Close(1, "bye", "another connection took this path")
    assert book.step(Judged(2, Verdict()))[-1] == Send(
        2, frames.status(attended=(), read_only=False)
    )


def test_a_connection_keeps_its_place_until_the_newer_one_said_a_good_hello() -> None:
    book = Playbook()
    book.meet(1)
    book.open(2)
    book.hear(greeting(replace(THEIRS, party="cordia.gov")), conn=2)
    assert book.session.state == LIVE
    assert kinds(book.hear(frames.ping(1))) == [frames.PONG]


def test_connections_of_two_paths_stand_beside_each_other() -> None:
    book = Playbook()
    book.meet(1)
    assert [each for each in book.meet(2, "secondary") if isinstance(each, Close)] == []
    assert kinds(book.hear(frames.ping(1), conn=1), 1) == [frames.PONG]
    assert kinds(book.hear(frames.ping(1), conn=2), 2) == [frames.PONG]


def test_a_path_that_they_dialled_is_called_as_they_say() -> None:
    book = Playbook()
    book.meet(1, "secondary")
    book.open(2, "", dialled=False)
    effects = book.hear(greeting(replace(THEIRS, path="secondary")), conn=2)
    assert [each.conn for each in effects if isinstance(each, Close)]


def test_what_was_under_way_on_a_lost_path_goes_again_on_another() -> None:
    book = Playbook(heads(9, 4))
    book.meet(1, verdict=Verdict(resend_from=9))
    book.meet(2, "secondary", verdict=Verdict(resend_from=9))
    assert book.step(PathDown(1, "cut")) == [Resend(2, 4)]
    assert book.session.state == LIVE
    assert book.step(PathDown(2, "cut")) == [Show(DOWN, "cut")]


def test_losing_a_path_that_is_not_used_changes_nothing() -> None:
    book = Playbook()
    book.meet(1)
    book.meet(2, "secondary")
    assert book.step(PathDown(2, "cut")) == []
    assert book.session.state == LIVE


def test_a_link_whose_live_path_is_lost_while_another_shakes_hands_is_not_live() -> None:
    book = Playbook()
    book.meet(1)
    book.open(2, "secondary")
    assert book.step(PathDown(1, "cut")) == [Show(RECONCILE, "catching up")]
    assert book.session.room() == (0, 0)
    book.hear(greeting(replace(THEIRS, path="secondary")), conn=2)
    assert book.step(Judged(2, Verdict()))[0] == Show(LIVE, "connected")


def test_a_fault_after_a_good_hello_does_not_keep_the_older_connection() -> None:
    book = Playbook()
    book.meet(1)
    book.open(2)
    effects = book.hear(greeting(), frames.encode(frames.PING, b"x"), conn=2)
    assert effects[:2] == [
        Send(1, frames.bye()),
        Close(1, "bye", "another connection took this path"),
    ]
    assert [each.conn for each in effects if isinstance(each, Judge)] == [2]
    effects = book.step(Judged(2, Verdict()))
    assert [(each.conn, each.code) for each in effects if isinstance(each, Close)] == [
        (2, "E_FRAME")
    ]


def test_a_link_has_64_connections_and_no_more() -> None:
    book = Playbook()
    for conn in range(limits.MAX_CONNS):
        book.meet(conn, f"path-{conn}")
    effects = book.step(PathBegun(99, "one-more", dialled=False))
    assert effects == [Close(99, "E_BUSY", "64 connections of this link")]
    assert book.step(PathUp(99, b"n" * 16)) == []
    book.step(PathDown(0, "cut"))
    assert book.step(PathBegun(100, "one-more", dialled=False)) == []


# What they say is wrong.


def test_a_new_reason_for_the_same_state_is_shown_and_does_not_begin_it_anew() -> None:
    book = Playbook()
    book.meet()
    book.step(PathDown(1, "cut"))
    since = book.now
    book.now = book.now + SECOND
    assert book.step(PathDown(7, "refused")) == [Show(DOWN, "refused")]
    assert book.session.since == since


def test_a_bye_closes_the_path() -> None:
    book = Playbook()
    book.meet()
    effects = book.hear(frames.bye(), frames.ping(1))
    assert effects == [
        Close(1, "bye", "closed by the other side"),
        Show(DOWN, "closed by the other side"),
    ]


def test_an_error_of_class_c_closes_the_path_and_shows_their_words() -> None:
    book = Playbook()
    book.meet()
    close, show = book.hear(frames.error(TheirFault("E_BUSY", "too much", "wait")))
    assert close == Close(1, "refused", "their side says: E_BUSY: too much")
    assert show == Show(DOWN, "their side says: E_BUSY: too much")


def test_an_error_of_class_h_halts_us_too() -> None:
    book = Playbook()
    book.meet()
    halt, told, show = book.hear(frames.error(TheirFault("E_FORK", "two", "x")))
    assert halt == Halt("E_FORK", "their side says: two", NO_GROUNDS)
    assert kinds([told]) == [frames.ERROR]
    assert show == Show(HALTED, "E_FORK: their side says: two")


@pytest.mark.parametrize("payload", [b"\x00\x64H", b"\x01\x2eC", b"\xff\xffH"])
def test_an_error_halts_only_by_class_and_number(payload: bytes) -> None:
    book = Playbook()
    book.meet()
    effects = book.hear(frames.encode(frames.ERROR, payload))
    assert isinstance(effects[0], Close)
    assert book.session.state == DOWN


def test_a_fault_of_class_c_is_told_before_the_path_is_closed() -> None:
    book = Playbook()
    book.meet()
    fault = TheirFault("E_LIMIT", "too long", "send less")
    told, close, show = book.step(Refused(1, fault))
    assert frames.read_error(sent([told])[0].payload).number == 101
    assert close == Close(1, "E_LIMIT", "too long")
    assert show == Show(DOWN, "too long")
    assert book.step(Refused(1, fault)) == []


def test_frames_after_a_fault_are_not_read() -> None:
    book = Playbook()
    book.meet()
    book.hear(frames.record(0, b"x", 1)[:-1], b"\xff" * 40)
    assert book.hear(frames.ping(1)) == []


def test_a_fault_after_an_error_of_class_h_does_not_undo_the_halt() -> None:
    book = Playbook()
    book.meet()
    told = frames.error(TheirFault("E_FORK", "two", "x"))
    effects = book.hear(told, frames.encode(frames.PING, b"x"))
    assert [each.code for each in effects if isinstance(each, Halt)] == ["E_FORK"]
    assert book.session.state == HALTED


# HALTED and RECOVER.


def test_a_conflict_halts_the_link_for_good() -> None:
    book = Playbook()
    book.open()
    book.hear(greeting())
    halt, told, show = book.step(Judged(1, CONFLICT))
    what = "two signed histories of one log (theirs, size 3)"
    assert halt == Halt("E_FORK", what, Grounds(stated=head(3)))
    assert frames.read_error(sent([told])[0].payload).letter == "H"
    assert isinstance(show, Show)
    assert show.state == HALTED
    assert book.step(Refused(1, TheirFault("E_ROOT", "again", "x"))) == []
    assert book.step(PathDown(2, "cut")) == []
    assert book.session.state == HALTED


@pytest.mark.parametrize("why", ["fork", "card"])
def test_a_connection_whose_hello_halted_the_link_is_kept(why: str) -> None:
    book = Playbook()
    book.open()
    if why == "fork":
        book.hear(greeting())
        book.step(Judged(1, CONFLICT))
    else:
        book.hear(greeting(replace(THEIRS, card_hash=b"z" * 32)))
    assert book.session.state == HALTED
    assert kinds(book.hear(frames.ping(1))) == [frames.PONG]
    assert kinds(book.wait(session.HELLO_TIMEOUT)) == [frames.PING]


def test_a_link_halted_by_a_card_still_tells_the_reason() -> None:
    book = Playbook(halted="E_CARD_FORK: two different cards")
    book.open()
    [told] = book.hear(greeting(replace(THEIRS, card_hash=b"z" * 32)))
    assert frames.read_error(sent([told])[0].payload).number == 305


def test_a_conflict_about_our_log_says_whose_it_is() -> None:
    book = Playbook()
    book.meet()
    verdict = Verdict(conflict=reconcile.Conflict(ours=True, stated=head(3)))
    [halt] = [each for each in book.step(Judged(1, verdict)) if isinstance(each, Halt)]
    assert "(ours, size 3)" in halt.what
    assert halt.grounds == Grounds(ours=True, stated=head(3))


def test_a_halted_link_answers_hello_with_the_reason_and_ping_with_pong() -> None:
    book = Playbook(halted="E_ROOT: no such root")
    assert (book.session.state, book.session.why) == (HALTED, "E_ROOT: no such root")
    assert kinds(book.open()) == [frames.HELLO]
    [told] = book.hear(greeting())
    assert frames.read_error(sent([told])[0].payload).number == 300
    assert kinds(book.hear(frames.ping(1))) == [frames.PONG]


def test_a_halted_link_takes_nothing_in_and_sends_nothing_out() -> None:
    book = Playbook(heads(2, 1), halted="E_ROOT: no such root")
    book.open()
    book.hear(greeting())
    assert book.hear(frames.record(0, b"x", 1), frames.checkpoint(head(1))) == []
    assert book.hear(frames.cosign(receipt(2))) == []
    assert book.session.room() == (0, 0)
    assert book.step(session.Logged(2, [b"x"], head(3), 1)) == []


def test_a_halted_link_says_nothing_of_its_own() -> None:
    book = Playbook(heads(2, 1), halted="E_ROOT: no such root")
    book.open()
    book.hear(greeting())
    assert book.step(StatusChanged(("cert",), read_only=True)) == []
    assert book.step(session.Resent(1, 0, [b"a"], head(2))) == []
    assert book.step(session.TookIn(1, head(1), receipt(1), 1)) == []
    assert book.step(Judged(1, Verdict())) == []
    assert book.session.state == HALTED


def test_halting_forgets_what_waited() -> None:
    book = Playbook()
    book.meet()
    book.hear(frames.record(1, b"x", 1), frames.checkpoint(head(2)))
    book.halt()
    assert book.hear(frames.record(0, b"x", 1)) == []


def test_in_recover_nothing_about_a_log_is_heard() -> None:
    book = Playbook(heads(2, 1))
    freeze, show, told = book.meet(verdict=Verdict(recover="they lost it"))[-5:-2]
    assert (freeze, show) == (Freeze(1, "they lost it"), Show(RECOVER, "they lost it"))
    # The peer must see that nothing it sends will be stored.
    assert [frames.read_status(each.payload) for each in sent([told])] == [((), (), True)]
    assert book.session.room() == (0, 0)
    assert book.hear(frames.record(0, b"x", 1), frames.checkpoint(head(1))) == []
    assert book.hear(frames.cosign(receipt(2))) == []
    assert book.step(session.Logged(2, [b"x"], head(3), 1)) == []
    assert kinds(book.hear(frames.ping(1))) == [frames.PONG]
    assert book.step(PathDown(1, "cut")) == [Show(DOWN, "cut")]


def test_what_a_path_left_behind_is_not_taken_in_in_recover() -> None:
    book = Playbook()
    book.meet(1)
    book.meet(3, "third")
    batch = frames.record(0, b"a", 1), frames.checkpoint(head(1))
    left = book.hear(*batch, frames.encode(frames.PING, b"x"), conn=3)
    assert [each for each in left if isinstance(each, Intake)] == []
    book.open(2, "secondary")
    judge, intake = book.hear(greeting(replace(THEIRS, path="secondary")), conn=2)
    assert isinstance(judge, Judge)
    assert book.session.wants(judge)
    assert isinstance(intake, Intake)
    book.step(Judged(2, Verdict(recover="they lost it")))
    assert not book.session.wants(intake)


# Status.


def test_our_status_goes_to_every_connection_that_met() -> None:
    book = Playbook()
    book.meet(1)
    book.meet(2, "secondary")
    book.open(3, "third")
    effects = book.step(StatusChanged(("cert",), read_only=True, unattended=("hotline",)))
    assert [each.conn for each in effects if isinstance(each, Send)] == [1, 2]
    assert frames.read_status(sent(effects)[0].payload) == (("cert",), ("hotline",), True)


def test_our_status_is_told_to_who_comes_later() -> None:
    book = Playbook()
    book.step(StatusChanged(("cert",), read_only=False))
    assert frames.read_status(sent(book.meet())[-1].payload) == (("cert",), (), False)


def test_their_status_is_shown() -> None:
    book = Playbook()
    book.meet()
    said = frames.status(attended=("hotline",), unattended=("crisis",), read_only=True)
    assert book.hear(said) == [Show(LIVE, "connected")]
    assert book.session.peer_attended == ("hotline",)
    assert book.session.peer_unattended == ("crisis",)
    assert book.session.peer_read_only
