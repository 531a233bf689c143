"""How a start finds out that its data is not what the last one left."""

import json
from pathlib import Path

import pytest
from tests.support import makers, nodes
from tests.support.nodes import Table

from detente.app import births
from detente.app.births import Journal
from detente.store.logs import SqliteLogs


def first(folder: Path) -> SqliteLogs:
    """A party that was made and started once."""
    births.begin(folder)
    store = SqliteLogs(folder / "node.sqlite")
    births.keep(folder, store, births.find(folder, store, after_start=False))
    return store


def test_a_party_that_was_just_made_is_not_restored(tmp_path: Path) -> None:
    births.begin(tmp_path)
    store = SqliteLogs(tmp_path / "node.sqlite")
    born = births.find(tmp_path, store, after_start=False)
    assert (len(born.incarnation), born.restored) == (16, "")
    births.keep(tmp_path, store, born)
    assert births.find(tmp_path, store, after_start=False) == born


def test_a_crash_between_store_and_file_of_the_first_start_is_no_restore(tmp_path: Path) -> None:
    store = first(tmp_path)
    births.begin(tmp_path)
    assert births.find(tmp_path, store, after_start=False).restored == ""


@pytest.mark.parametrize("said", [None, "00" * 16])
def test_a_store_without_its_file_is_restored_until_that_is_written(
    tmp_path: Path, said: str | None
) -> None:
    store = first(tmp_path)
    file = tmp_path / births.NAME
    file.unlink() if said is None else file.write_text(said)
    born = births.find(tmp_path, store, after_start=False)
    assert born.restored == births.RESTORED
    assert births.find(tmp_path, store, after_start=False).restored, "nothing was written yet"
    births.keep(tmp_path, store, born)
    assert births.find(tmp_path, store, after_start=False) == births.Birth(born.incarnation, "")


@pytest.mark.parametrize("has_file", [True, False])
def test_a_new_store_of_an_old_party_is_a_lost_one(tmp_path: Path, has_file: bool) -> None:
    first(tmp_path).close()
    for each in tmp_path.glob("node.sqlite*"):
        each.unlink()
    if not has_file:
        (tmp_path / births.NAME).unlink()
    store = SqliteLogs(tmp_path / "node.sqlite")
    assert births.find(tmp_path, store, after_start=False).restored == births.LOST


def test_every_start_counts_if_it_is_told_so(tmp_path: Path) -> None:
    store = first(tmp_path)
    assert births.find(tmp_path, store, after_start=True).restored == births.EACH_START


def test_a_journal_ahead_of_the_store_tells_of_a_rollback(tmp_path: Path) -> None:
    table = Table()
    table.connect()
    node, journal = table.a.node, Journal(tmp_path / "journal")
    old = node.heads()
    assert not journal.is_ahead(old, node.epochs()), "there is none yet"
    node.submit([nodes.envelope(table.us, [table.them])], table.now)
    table.pump()
    journal.keep(node.heads())
    assert not journal.is_ahead(node.heads(), node.epochs())
    assert journal.is_ahead(old, node.epochs())
    assert journal.is_ahead({}, frozenset()), "an epoch that the store does not know"
    row = json.loads((tmp_path / "journal").read_bytes())["links"][0]
    assert (row["link_id"], row["out"], row["in"]) == (table.a.link_id, 2, 1)
    assert row["out_receipt"][0] == 2
    written = (tmp_path / "journal").stat().st_mtime_ns
    journal.keep(node.heads())
    assert (tmp_path / "journal").stat().st_mtime_ns == written, "nothing changed"


@pytest.mark.parametrize("data", [b"", b"{}", b'{"links": [1]}', b'{"links": [{"link_id": "x"}]}'])
def test_a_journal_of_no_form_knows_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "journal").write_bytes(data)
    assert not Journal(tmp_path / "journal").is_ahead({}, frozenset())
    assert makers.NOW
