"""A file in the machine of a link: it brings what a wire brings, and is no wire."""

from dataclasses import replace

import pytest
from tests.link import playbook
from tests.link.playbook import Playbook, greeting, head, heads, record

from detente.core.errors import Unconfirmed
from detente.core.postquantum import PqSignature
from detente.link import frames, reconcile, session
from detente.link.hello import Heads
from detente.link.moves_epochs import Freeze
from detente.link.moves_file import FileBegun, FileEnded, FileWanted
from detente.link.moves_leg import AnswerLeg, LegAnswered, LegSigned, SignLeg
from detente.link.reconcile import Verdict

FILE = -1
THEIRS = playbook.THEIRS
GOOD = Verdict()


def begun(book: Playbook, baseline: Heads = playbook.NOTHING) -> None:
    assert book.step(FileBegun(FILE, baseline)) == []


def met(book: Playbook, stated: Heads = playbook.NOTHING) -> None:
    """Begin a file and have its HELLO judged good."""
    begun(book)
    [judge] = book.hear(greeting(replace(THEIRS, heads=stated)), conn=FILE)
    assert isinstance(judge, session.Judge)
    assert book.step(session.Judged(FILE, GOOD)) == []


def line(size: int) -> PqSignature:
    """A signature of the second leg; the machine looks at its size only."""
    return PqSignature(size, b"r" * 32, 1, bytes(2_420))


def has_path(book: Playbook) -> bool:
    return any(each.is_met for each in book.session.paths())


def ended_by(book: Playbook) -> str:
    fault = book.session.files.fault
    return fault.code if fault else ""


@pytest.fixture
def book() -> Playbook:
    return Playbook()


def test_a_file_is_judged_against_what_was_held_when_its_nonce_left(book: Playbook) -> None:
    begun(book, heads(into=3))
    [judge] = book.hear(greeting(), conn=FILE)
    assert judge == session.Judge(FILE, THEIRS.heads, book.session.heads, heads(into=3), 1)


def test_a_file_opens_nothing_and_is_asked_nothing(book: Playbook) -> None:
    met(book)
    assert (book.session.state, has_path(book)) == ("DOWN", False)
    assert book.session.room() == (0, 0)
    assert not book.session.files.reconciled
    for _ in range(10):
        assert book.wait(session.PING_AFTER) == []
    assert book.step(FileEnded(FILE)) == []
    assert book.session.state == "DOWN"


def test_records_of_a_file_are_taken_in_and_not_answered(book: Playbook) -> None:
    met(book)
    [intake] = book.hear(record(0), frames.checkpoint(head(1)), conn=FILE)
    assert isinstance(intake, session.Intake)
    taken = session.TookIn(FILE, intake.checkpoint, playbook.receipt(1), 1)
    assert book.step(taken) == []
    assert book.session.heads.in_size == 1
    assert book.hear(frames.ping(1), conn=FILE) == []


def test_records_wait_for_the_verdict(book: Playbook) -> None:
    begun(book)
    [judge] = book.hear(greeting(), record(0), frames.checkpoint(head(1)), conn=FILE)
    assert isinstance(judge, session.Judge)
    [intake] = book.step(session.Judged(FILE, GOOD))
    assert isinstance(intake, session.Intake)


def test_what_a_file_left_unfinished_is_forgotten_with_it(book: Playbook) -> None:
    met(book)
    assert book.hear(record(0), conn=FILE) == []
    book.step(FileEnded(FILE))
    met(book)
    assert book.hear(frames.checkpoint(head(1)), conn=FILE) == []


def test_what_a_live_wire_brought_is_not_forgotten_with_a_file(book: Playbook) -> None:
    book.meet()
    assert book.hear(record(0)) == []
    met(book)
    book.step(FileEnded(FILE))
    [intake] = book.hear(frames.checkpoint(head(1)))
    assert isinstance(intake, session.Intake)


def test_a_file_takes_no_path_from_a_wire_of_its_name(book: Playbook) -> None:
    book.meet(path="courier")
    met(book)
    assert has_path(book)
    book.step(FileEnded(FILE))
    assert book.session.state == "LIVE"


def test_a_fault_ends_the_file_alone(book: Playbook) -> None:
    book.meet()
    met(book)
    assert ended_by(book) == ""
    assert book.hear(frames.encode(0x7D, b""), conn=FILE) == []
    assert ended_by(book) == "E_FRAME"
    assert book.hear(record(0), conn=FILE) == []
    assert book.session.state == "LIVE"
    begun(book)
    assert ended_by(book) == ""


def test_a_goodbye_ends_the_file(book: Playbook) -> None:
    met(book)
    assert book.hear(frames.bye(), conn=FILE) == []
    assert ended_by(book) == "E_FRAME"


def test_what_the_books_refuse_of_a_file_ends_it(book: Playbook) -> None:
    met(book)
    fault = Unconfirmed("E_SEQ_CONFLICT", "another record", "compare")
    assert book.step(session.Refused(FILE, fault)) == []
    assert book.session.files.fault is fault
    assert book.step(session.Refused(FILE, fault)) == []


def test_a_halt_that_a_file_brings_is_told_to_who_is_up(book: Playbook) -> None:
    book.meet()
    assert book.step(session.PathBegun(2, "secondary", dialled=True)) == []
    met(book)
    conflict = reconcile.Conflict(ours=False, stated=head(1))
    effects = book.step(session.Judged(FILE, Verdict(conflict=conflict)))
    assert isinstance(effects[0], session.Halt)
    assert playbook.kinds(effects, 1) == [frames.ERROR]
    assert playbook.kinds(effects, 2) == playbook.kinds(effects, FILE) == []


def test_a_halted_link_reads_only_the_greeting() -> None:
    book = Playbook(halted="E_FORK: two histories")
    begun(book)
    assert book.hear(greeting(), record(0), frames.checkpoint(head(1)), conn=FILE) == []


def test_a_loss_that_a_file_shows_stops_the_link(book: Playbook) -> None:
    begun(book)
    book.hear(greeting(), conn=FILE)
    shown = book.step(session.Judged(FILE, Verdict(recover="they lost records")))
    assert shown == [
        Freeze(FILE, "they lost records"),
        session.Show("RECOVER", "they lost records"),
    ]
    assert book.hear(record(0), frames.checkpoint(head(1)), conn=FILE) == []


def test_a_loss_is_taken_up_where_the_link_is_down_alone(book: Playbook) -> None:
    book.meet()
    book.session.files.recall_loss("they lost records")
    assert book.session.state == "LIVE"
    other = Playbook()
    other.session.files.recall_loss("they lost records")
    assert (other.session.state, other.session.why) == ("RECOVER", "they lost records")


def test_the_newest_nonce_is_that_of_the_largest_logs(book: Playbook) -> None:
    met(book, heads(out=2, into=1))
    newest = book.session.files.echo
    assert newest == (THEIRS.nonce, (2, 1))
    for sizes in (heads(out=1, into=1), heads(out=2)):
        begun(book)
        book.hear(greeting(replace(THEIRS, nonce=b"o" * 16, heads=sizes)), conn=FILE)
        assert book.session.files.echo == newest
    # A wire's HELLO is of now, whatever it states.
    book.open(1)
    book.hear(greeting(replace(THEIRS, nonce=b"w" * 16)))
    assert book.session.files.echo == (b"w" * 16, (0, 0))
    book.session.files.recall(b"r" * 16, (5, 5))
    assert book.session.files.greeting(b"n" * 16).echo == b"r" * 16


def test_a_file_does_not_set_the_peers_clock(book: Playbook) -> None:
    met(book)
    assert book.session.peer_clock_ms is None


def test_a_file_carries_both_lines_of_the_second_leg() -> None:
    book = Playbook(heads(out=3, receipted=2, into=5))
    assert book.session.carried() == []
    assert book.step(FileWanted(FILE)) == [SignLeg(FILE)]
    assert book.step(LegSigned(line(2))) == []
    met(book)
    assert book.hear(frames.pqsig(line(5)), conn=FILE) == []
    assert book.step(FileWanted(FILE)) == [AnswerLeg(FILE, line(5))]
    assert book.step(LegAnswered(FILE, line(5))) == []
    assert book.step(FileWanted(FILE)) == []
    assert book.session.carried() == [frames.pqcosign(line(5)), frames.pqsig(line(2))]
