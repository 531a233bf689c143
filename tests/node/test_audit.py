"""Every byte of a log that a disk may lose is missed by the check; a sound log passes."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import makers
from tests.support.nodes import Table, envelope
from tests.support.outcomes import fault_of

from detente.core import tree
from detente.core.moment import Span
from detente.node import audit
from detente.node.audit import Flaw, Keys, Report
from detente.node.care import KEEP_AT_LEAST, Order
from detente.store.logs_reader import SqliteReader

MANY = 300  # over one tile


def mute(_done: int, _all: int) -> None:
    """Hear progress and say nothing."""


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    found = Table(tmp_path)
    found.connect()
    for number in (1, 2, 3):
        found.a.node.submit([envelope(found.us, [found.them], number)], found.now)
        found.pump()
    yield found
    found.a.store.close()
    found.b.store.close()


def keys_of(table: Table, origin: str) -> Keys:
    us, them = table.us.card, table.them.card
    owner, receiver = (us, them) if origin.startswith(us.name) else (them, us)
    return Keys(
        [owner.log], [receiver.cosign], [owner.mldsa44], [(receiver.name, receiver.mldsa44)]
    )


def check(table: Table, origin: str | None = None, keys: Keys | None = None) -> Report:
    origin = origin or table.a.out.origin
    reader = SqliteReader(table.a.file)
    try:
        return audit.check(reader, origin, keys or keys_of(table, origin), mute)
    finally:
        reader.close()


def spoil(table: Table, statement: str) -> None:
    """Change what stands in the file, as a disk might; LOG is the number of our log's rows."""
    db = sqlite3.connect(table.a.file)
    number = db.execute("select id from log where origin=?", (table.a.out.origin,)).fetchone()[0]
    place = number << 48
    done = db.execute(statement.replace("LOG", str(place)).replace("NUMBER", str(number)))
    assert done.rowcount > 0
    db.commit()
    db.close()


def grow(table: Table, upto: int) -> None:
    number = 100
    while table.a.out.size < upto:
        rows = [envelope(table.us, [table.them], number + n) for n in range(50)]
        number += 50
        table.a.node.submit(rows, table.now)
        table.pump()


def test_sound_logs_pass(table: Table) -> None:
    for level in table.a.node.levels():
        keys = keys_of(table, level.origin)
        found = check(table, level.origin, keys if level.peer else Keys(keys.owner, []))
        assert found.well
        assert (found.size, found.more) == (level.size, False)
        assert found.receipted == (level.receipted if level.peer else 0)
        assert found.statements >= 1
    found = check(table)
    head = table.a.node.heads()[table.a.link_id].out
    assert head is not None
    assert found.root == head.root


def test_a_long_log_passes_and_progress_ends_at_its_size(table: Table) -> None:
    grow(table, MANY)
    told: list[tuple[int, int]] = []
    reader = SqliteReader(table.a.file)
    origin = table.a.out.origin
    found = audit.check(
        reader, origin, keys_of(table, origin), lambda done, of: told.append((done, of))
    )
    reader.close()
    assert found.well
    assert told[-1] == (found.size, found.size)
    assert len(told) == 2


def test_a_log_with_nothing_in_it_passes(tmp_path: Path) -> None:
    table = Table(tmp_path)
    found = check(table, table.a.into.origin)
    assert (found.well, found.size, found.root) == (True, 0, tree.EMPTY_ROOT)
    table.a.store.close()
    table.b.store.close()


def test_a_purged_log_passes(table: Table) -> None:
    later = table.now + Span(KEEP_AT_LEAST.ms + 60_000)
    table.a.office_reads()
    table.a.node.care.order(Order(table.now + Span(1), "1"), later)
    while table.a.node.care.step(later):
        pass
    spoil(table, "update entry set envelope=x'' where place=LOG+2")
    found = check(table)
    assert found.well
    assert found.purged == 3


def test_what_is_added_during_a_check_is_left_for_the_next(table: Table) -> None:
    reader = SqliteReader(table.a.file)
    head = reader.head

    def grown(origin: str) -> object:
        found = head(origin)
        table.a.node.submit([envelope(table.us, [table.them], 77)], table.now)
        table.pump()
        return found

    reader.head = grown  # type: ignore[method-assign,assignment]
    origin = table.a.out.origin
    found = audit.check(reader, origin, keys_of(table, origin), mute)
    reader.close()
    assert found.well
    assert found.size == table.a.out.size - 1


ROT = "update entry set envelope=cast(substr(envelope,1,99)||x'00'||substr(envelope,101) as blob)"


@pytest.mark.parametrize(
    ("statement", "flaws"),
    [
        (f"{ROT} where place=LOG+2", [Flaw(audit.ENVELOPE, 2)]),
        ("update entry set envelope=x'44545031' where place=LOG+1", [Flaw(audit.ENVELOPE, 1)]),
        (
            "update entry set entry=zeroblob(144) where place=LOG+2",
            [Flaw(audit.ENVELOPE, 2), Flaw(audit.ROOT, 3)],
        ),
        ("delete from entry where place=LOG+2", [Flaw(audit.MISSING, 2)]),
        ("delete from entry where place>=LOG+3 and place<LOG+9", [Flaw(audit.MISSING, 3)]),
        (
            "update checkpoint set line1=zeroblob(64) where place=LOG+3",
            [Flaw(audit.OWNER, 3)],
        ),
        ("update checkpoint set root=zeroblob(32) where place=LOG+3", [
            Flaw(audit.OWNER, 3), Flaw(audit.RECEIPT, 3)]),
        ("update checkpoint set line3=zeroblob(64) where place=LOG+3", [Flaw(audit.RECEIPT, 3)]),
        ("update checkpoint set time=time+1 where place=LOG+2", [Flaw(audit.RECEIPT, 2)]),
        ("update head set roots=zeroblob(length(roots)) where log=NUMBER", [Flaw(audit.HEAD, 4)]),
        ("update head set root=zeroblob(32) where log=NUMBER", [Flaw(audit.HEAD, 4)]),
        ("update head set root=null, line1=null where log=NUMBER", [Flaw(audit.HEAD, 4)]),
        ("update head set r_root=zeroblob(32) where log=NUMBER", [Flaw(audit.RECEIPT, 4)]),
        ("update head set line3=zeroblob(64) where log=NUMBER", [Flaw(audit.RECEIPT, 4)]),
    ],
)  # fmt: skip
def test_what_a_disk_changed_is_named(table: Table, statement: str, flaws: list[Flaw]) -> None:
    spoil(table, statement)
    found = check(table)
    assert not found.well
    assert found.flaws == flaws


@pytest.mark.parametrize(
    ("statement", "flaws"),
    [
        (f"{ROT} where place=LOG+7", [Flaw(audit.ENVELOPE, 7)]),
        ("update entry set entry=zeroblob(144) where place=LOG+7", [Flaw(audit.ENTRY, 7)]),
        ("delete from entry where place=LOG+7", [Flaw(audit.MISSING, 7)]),
        (
            "update entry set entry=zeroblob(144), envelope=x'00' where place=LOG+7",
            [Flaw(audit.ENVELOPE, 7), Flaw(audit.ENTRY, 7)],
        ),
        ("update tile set root=zeroblob(32) where place=LOG", [Flaw(audit.TILE_BAD, 0)]),
        ("update tile set hashes=zeroblob(8192) where place=LOG", [Flaw(audit.TILE_BAD, 0)]),
        ("update tile set hashes=x'00' where place=LOG", [Flaw(audit.TILE_BAD, 0)]),
        ("delete from tile where place=LOG", [Flaw(audit.TILE_BAD, 0)]),
        ("delete from entry where place>=LOG+270 and place<LOG+400", [Flaw(audit.MISSING, 270)]),
    ],
)
def test_a_leaf_under_a_tile_is_told_from_a_tile_that_changed(
    table: Table, statement: str, flaws: list[Flaw]
) -> None:
    grow(table, MANY)
    spoil(table, statement)
    assert check(table).flaws == flaws


def test_two_entries_that_changed_places_are_both_named(table: Table) -> None:
    grow(table, MANY)
    spoil(table, "update entry set place=-1 where place=LOG+8")
    spoil(table, "update entry set place=LOG+8 where place=LOG+7")
    spoil(table, "update entry set place=LOG+7 where place=-1")
    assert check(table).flaws == [Flaw(audit.ENTRY, 7), Flaw(audit.ENTRY, 8)]


def test_keys_of_another_party_do_not_count(table: Table) -> None:
    right = keys_of(table, table.a.out.origin)
    wrong = table.them.card.log
    assert {flaw.what for flaw in check(table, keys=Keys([wrong], right.receiver)).flaws} == {
        audit.OWNER
    }
    assert {flaw.what for flaw in check(table, keys=Keys(right.owner, [wrong])).flaws} == {
        audit.RECEIPT
    }
    assert check(table, keys=Keys([wrong, *right.owner], [wrong, *right.receiver])).well


def test_flaws_are_counted_up_to_a_bound(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "FINDINGS_MAX", 2)
    spoil(table, f"{ROT} where place>=LOG and place<LOG+3")
    found = check(table)
    assert len(found.flaws) == 2
    assert found.more
    assert found.repairable() == [0, 1]


def test_what_a_peer_can_give_back_is_listed_once(table: Table) -> None:
    found = Report("x", 9)
    for what in (audit.ENTRY, audit.ENVELOPE, audit.HEAD, audit.RECEIPT):
        found.add(what, 4)
    found.add(audit.MISSING, 2)
    assert found.repairable() == [2, 4]
    assert table.a.store.fault is None


def test_tiles_of_tiles_are_compared(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    # A log of 65,536 records is too long for a test: the floor above is shown on made answers.
    leaves = [bytes([n % 251]) * 32 for n in range(256)]
    found = Report(table.a.out.origin, 65_536)
    reader = SqliteReader(table.a.file)
    head = reader.head(table.a.out.origin)
    judge = audit._Check(reader, found, head, keys_of(table, table.a.out.origin))
    monkeypatch.setattr(reader, "tile", made_tiles(leaves))
    for index in range(256):
        judge._compare_tile(0, index, leaves)
    assert found.flaws == [Flaw(audit.TILE_BAD, 0)]
    reader.close()


def made_tiles(leaves: list[bytes]) -> Callable[[str, int, int], audit.Tile | None]:
    root = audit._root_of(leaves)

    def tile(_origin: str, level: int, _index: int) -> audit.Tile | None:
        return audit.Tile(root, b"".join(leaves)) if level == 0 else None

    return tile


# The second leg.


@pytest.fixture
def full(table: Table) -> Table:
    for _ in range(4):
        table.wait(Span(1_000))
        table.pump()
    assert table.a.out.confirmed == table.a.out.size
    return table


def test_states_under_four_lines_pass(full: Table) -> None:
    for level in full.a.node.levels()[1:]:
        assert check(full, level.origin).well


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("update leg set line2=zeroblob(2420) where place>LOG", audit.OWNER_PQ),
        ("update leg set time2=time2+1 where place>LOG", audit.OWNER_PQ),
        ("update leg set line4=zeroblob(2420) where place>LOG", audit.RECEIPT_PQ),
    ],
)
def test_a_changed_line_of_the_second_leg_is_named(full: Table, statement: str, what: str) -> None:
    spoil(full, statement.replace("place>LOG", "place between LOG and LOG+99"))
    assert {flaw.what for flaw in check(full).flaws} == {what}


def test_lines_of_another_state_do_not_count(full: Table) -> None:
    reader = SqliteReader(full.a.file)
    origin = full.a.out.origin
    statements = reader.statements

    def moved(origin: str, above: int, upto: int) -> list[audit.Said]:
        return [
            each
            if each.owner_pq is None or each.receiver_pq is None
            else each._replace(
                owner_pq=replace(each.owner_pq, size=9),
                receiver_pq=replace(each.receiver_pq, size=9),
            )
            for each in statements(origin, above, upto)
        ]

    reader.statements = moved  # type: ignore[method-assign]
    found = audit.check(reader, origin, keys_of(full, origin), mute)
    reader.close()
    assert {flaw.what for flaw in found.flaws} == {audit.OWNER_PQ, audit.RECEIPT_PQ}


# The reader.


def test_a_file_that_is_not_there_or_newer_or_no_database_is_refused(tmp_path: Path) -> None:
    assert fault_of(SqliteReader, tmp_path / "absent") == "store.unreadable"
    (tmp_path / "letter").write_bytes(b"a letter, not a database\n" * 200)
    assert fault_of(SqliteReader, tmp_path / "letter") == "store.damaged"
    db = sqlite3.connect(tmp_path / "new")
    db.execute("pragma user_version=99")
    db.close()
    assert fault_of(SqliteReader, tmp_path / "new") == "store.newer"


def test_the_reader_writes_nothing(table: Table) -> None:
    reader = SqliteReader(table.a.file)
    assert list(reader.origins()) == [level.origin for level in table.a.node.levels()]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("delete from entry")
    reader.close()
    assert table.now == makers.NOW


def test_a_page_that_cannot_be_read_is_said(table: Table) -> None:
    grow(table, MANY)
    table.a.store.fold_wal()
    reader = SqliteReader(table.a.file)
    data = bytearray(table.a.file.read_bytes())
    data[20 * 4_096 :] = b"\xa5" * (len(data) - 20 * 4_096)
    table.a.file.write_bytes(data)
    origin = table.a.out.origin
    assert fault_of(audit.check, reader, origin, keys_of(table, origin), mute) == "store.damaged"
    reader.close()
