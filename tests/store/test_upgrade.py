"""Files that the first released version wrote are opened, grown and used by this one.

form1/ holds a node's and an office's store as version 0.1.0 wrote them. They are never made anew:
what they are for is to be old.
"""

import shutil
from pathlib import Path

import pytest
from tests.support import makers
from tests.support.nodes import Side, Table, envelope

from detente.core.moment import Moment
from detente.store import schema, shelf
from detente.store.logs import SqliteLogs
from detente.store.shelf import SqliteShelf

OLD = Path(__file__).parent / "form1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(shutil.copy(OLD / "node.sqlite", tmp_path / "a"))


def test_an_old_node_goes_on_where_it_stopped(file: Path, tmp_path: Path) -> None:
    table = Table(tmp_path)
    side: Side = table.a
    assert [level.size for level in side.node.levels()] == [1, 4, 2]
    assert [level.receipted for level in side.node.levels()] == [1, 4, 2]
    assert side.out.waiting == 1
    with side.store.begin() as tx:
        assert side.node._seat.party == makers.AURELIA
        assert len(tx.rows(side.out.origin, 0, 10, 10**6)) == 4
    assert schema.version_of(side.store._db) == len(schema.STEPS)
    again = side.node.submit([envelope(table.us, [table.them], 4)], table.now)
    assert [each.code for each in again] == [""]
    assert side.out.waiting == 1
    assert file.exists()


def test_an_old_node_proves_what_it_held(file: Path, tmp_path: Path) -> None:
    side = Table(tmp_path).a
    assert side.node.prove(side.out.origin, 2).startswith(b"c2sp.org/tlog-proof@v1\n")
    assert file.exists()


def test_an_old_file_is_grown_once(file: Path) -> None:
    SqliteLogs(file).close()
    grown = SqliteLogs(file)
    assert schema.version_of(grown._db) == len(schema.STEPS)
    grown.close()


def test_an_old_office_keeps_its_places_and_what_waits(tmp_path: Path) -> None:
    kept = SqliteShelf(Path(shutil.copy(OLD / "office.sqlite", tmp_path / "office.sqlite")))
    with kept.begin() as tx:
        assert tx.place("aurelia.gov/detente/home-x") == 3
        assert [(one.mid, one.envelope, one.at) for one in tx.outbox_after(None, 9)] == [
            (b"m" * 32, b"envelope", Moment(5))
        ]
        assert tx.next_number("k") == 2
        assert tx.note("a") == b"b"
    assert schema.version_of(kept._base) == len(shelf.STEPS)
    kept.close()
