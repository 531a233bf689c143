"""A whole log out of a node's store, and checked as anybody would."""

from pathlib import Path

import pytest
from tests.support import makers
from tests.support.nodes import MEMORY, Side, Table, envelope
from tests.support.outcomes import fault_of

from detente.app import piecewise
from detente.app.operating import log as op_log
from detente.app.verify import log as verify_log
from detente.app.verify import proof
from detente.core import limits, receipt, whole
from detente.store.logs_reader import SqliteReader


def filled(folder: Path, count: int = 5) -> Table:
    table = Table(folder)
    table.connect()
    for number in range(1, count + 1):
        table.a.node.submit([envelope(table.us, [table.them], number)], table.now)
        table.pump()
    return table


def export(side: Side, table: Table, folder: Path) -> Path:
    assert side.file is not MEMORY
    reader = SqliteReader(side.file)
    origin, cards = table.a.out.origin, [table.us.card, table.them.card]
    notes, size = op_log.notes_of(reader, origin, cards)
    entries = reader.entries(origin, 0, size)
    piecewise.write(folder / "a.log", whole.write(origin, size, notes, entries))
    reader.close()
    return folder / "a.log"


def checked(file: Path, table: Table, *, accept_fast: bool = False) -> proof.Verdict:
    cards = []
    for party in (table.us, table.them):
        cards.append(file.with_name(f"{party.name}.card"))
        cards[-1].write_bytes(party.card.note)
    return proof.run(file, cards, None, accept_fast=accept_fast)


@pytest.mark.parametrize("who", ["a", "b"])
def test_either_side_exports_the_log_and_it_verifies_full(who: str, tmp_path: Path) -> None:
    table = filled(tmp_path)
    table.confirm()
    found = checked(export(getattr(table, who), table, tmp_path), table)
    assert found.exit_code == proof.VALID
    log = found.document["log"]
    assert isinstance(log, dict)
    assert (log["owner"], log["receiver"], log["size"]) == (makers.AURELIA, makers.BOREALIS, 6)


def test_before_the_second_leg_it_is_fast(tmp_path: Path) -> None:
    table = filled(tmp_path)
    found = checked(export(table.a, table, tmp_path), table)
    assert found.exit_code == proof.FAST_ONLY


def test_of_many_states_some_go_in_and_the_newest_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = filled(tmp_path)
    monkeypatch.setattr(limits, "MAX_LOG_HEADS", 2)
    log = checked(export(table.a, table, tmp_path), table).document["log"]
    assert isinstance(log, dict)
    assert (log["heads"], log["size"]) == (2, 6)


def test_a_log_that_is_not_here_or_not_receipted_is_refused(tmp_path: Path) -> None:
    table = Table(tmp_path)
    reader = SqliteReader(table.a.file)
    cards = [table.us.card, table.them.card]
    assert fault_of(op_log.notes_of, reader, "x/detente/y", cards) == "proof.unknown"
    assert fault_of(op_log.notes_of, reader, table.a.out.origin, cards) == "proof.not_yet"


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"new"
        raise KeyError

    file = tmp_path / "a"
    file.write_bytes(b"old")
    with pytest.raises(KeyError):
        piecewise.write(file, broken())  # type: ignore[arg-type]
    assert [each.name for each in tmp_path.iterdir()] == ["a"]
    assert file.read_bytes() == b"old"
    assert fault_of(piecewise.write, tmp_path / "no" / "a", []) == "file.unwritable"


def test_a_name_in_a_line_of_nobody_known_steers_no_terminal() -> None:
    shown = whole.WholeShown(
        "a/detente/x",
        "a",
        "b",
        1,
        b"r" * 32,
        1,
        0,
        0,
        receipt.FAST,
        ("\u202egro.live\x7f 00000000",),
    )
    assert verify_log.lines(shown)[-1].endswith(r"not counted: \u202egro.live\u007f 00000000")
