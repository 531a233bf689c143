"""The steps by which a store's file grows: all of one or nothing, and never backwards."""

import sqlite3
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.store import schema

ONE = "create table one (n integer);"
TWO = "alter table one add column m integer;create table two (n integer);"
TORN = "create table half (n integer);insert into absent values (1);"


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "made.db", isolation_level=None)


def tables(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("select name from sqlite_master order by name")]


def test_a_new_file_takes_every_step(db: sqlite3.Connection) -> None:
    schema.climb(db, (ONE, TWO))
    assert (schema.version_of(db), tables(db)) == (2, ["one", "two"])


def test_an_older_file_takes_the_steps_it_lacks_and_keeps_its_rows(db: sqlite3.Connection) -> None:
    schema.climb(db, (ONE,))
    db.execute("insert into one values (7)")
    schema.climb(db, (ONE, TWO))
    assert db.execute("select n, m from one").fetchall() == [(7, None)]
    schema.climb(db, (ONE, TWO))
    assert schema.version_of(db) == 2


def test_a_step_that_fails_leaves_nothing_of_itself(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="absent"):
        schema.climb(db, (ONE, TORN))
    assert (schema.version_of(db), tables(db)) == (1, ["one"])
    schema.climb(db, (ONE, TWO))
    assert schema.version_of(db) == 2


def test_a_file_with_more_steps_than_we_know_is_refused(db: sqlite3.Connection) -> None:
    schema.climb(db, (ONE, TWO))
    assert fault_of(schema.refuse_newer, db, (ONE,), Path("x")) == "store.newer"
    schema.refuse_newer(db, (ONE, TWO), Path("x"))
