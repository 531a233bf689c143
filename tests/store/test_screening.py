"""Lists on disk: whole or not at all, wherever the process is ended."""

import hashlib
from pathlib import Path

import msgspec
import pytest
from tests.screening.people import LIST

from detente.app.screening import jobs
from detente.app.screening.jobs import Job
from detente.core.errors import OurFault
from detente.screening.index import Index
from detente.screening.lists import book as books
from detente.screening.lists.book import Book, Version
from detente.store.screening.files import Folder
from detente.store.screening.shelf import INDEXES_KEPT, UPLOADS_MAX, ListShelf

DATA = b"\n".join(map(msgspec.json.encode, LIST))


class Killed(BaseException):
    """The process was ended here."""


class Stop:
    """Ends the process at its n-th step."""

    def __init__(self, at: int) -> None:
        self.left, self.steps = at, 0

    def __call__(self, _step: str) -> None:
        self.steps += 1
        self.left -= 1
        if self.left == 0:
            raise Killed


def version_of(shelf: ListShelf) -> Version:
    sha = shelf.received.keep(DATA)
    asked = Version(
        id="", list="own", reader="own.json", received={"main": sha}, size=len(DATA), by="a", at="t"
    )
    book, version = books.begin(Book(), asked)
    shelf.put_book(book)
    return version


def all_of_it(shelf: ListShelf) -> str:
    """Do the whole course of a version; return the hash of all that stands on the disk then."""
    book = shelf.book()
    version = book.reading() or (version_of(shelf) if not book.versions else None)
    if version is not None:
        done = jobs.run(shelf, Job(version=version))
        assert done.version is not None
        shelf.put_book(books.read(shelf.book(), done.version, "t"))
    lists = dict(books.hashes(shelf.book().in_force().values()))
    jobs.run(shelf, Job(lists=lists))
    files = [
        (folder.path.name, name, folder.get(name))
        for folder in (shelf.top, shelf.received, shelf.entries, shelf.told, shelf.index)
        for name in folder.names()
        if (folder.path / name).is_file()
    ]
    return hashlib.sha256(repr([each[1:] for each in files]).encode()).hexdigest()


def test_a_kill_at_any_step_leaves_what_was_whole_and_the_result_is_the_same(
    tmp_path: Path,
) -> None:
    counting = Stop(0)
    wanted = all_of_it(ListShelf(tmp_path / "whole", counting))
    assert counting.steps >= 20
    for step in range(1, counting.steps + 1):
        folder = tmp_path / str(step)
        with pytest.raises(Killed):
            all_of_it(ListShelf(folder, Stop(step)))
        shelf = ListShelf(folder)
        shelf.clear()
        assert not list(folder.rglob("*.new"))
        assert all_of_it(shelf) == wanted


def test_an_index_of_another_engine_is_another_file_and_none_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = ListShelf(tmp_path)
    all_of_it(shelf)
    lists = dict(books.hashes(shelf.book().in_force().values()))
    key = jobs.key_of(lists)
    mapped = shelf.open_index(key)
    assert mapped is not None
    assert Index(memoryview(mapped)).lists == lists
    monkeypatch.setattr(jobs, "ENGINE", "0")
    assert jobs.key_of(lists) != key
    monkeypatch.setattr("detente.screening.index.ENGINE", "0")
    with pytest.raises(OurFault) as fault:
        Index(memoryview(mapped))
    assert fault.value.code == "index.form"


def test_a_file_comes_in_pieces_and_its_hash_is_what_counts(tmp_path: Path) -> None:
    shelf = ListShelf(tmp_path)
    sha = hashlib.sha256(DATA).hexdigest()
    assert shelf.upload(sha, 0, DATA[:10]) == 10
    assert shelf.upload(sha, 0, DATA[:10]) == 10, "a piece that is here is passed over"
    assert shelf.upload(sha, 20, DATA[20:]) == 10, "a gap is not taken"
    assert shelf.upload(sha, 10, DATA[10:]) == len(DATA)
    assert shelf.finish(sha) == len(DATA)
    assert shelf.upload(sha, 0, b"x") == len(DATA), "it is here already"
    assert shelf.received.kept(sha) == DATA
    other = "1" * 64
    shelf.upload(other, 0, b"another file")
    with pytest.raises(OurFault) as fault:
        shelf.finish(other)
    assert fault.value.code == "list.unreadable"
    assert not [n for n in shelf.received.names() if n.startswith("part")]
    for number in range(UPLOADS_MAX):
        shelf.upload(f"{number:064d}", 0, b"x")
    with pytest.raises(OurFault) as fault:
        shelf.upload("a" * 64, 0, b"x")
    assert fault.value.code == "list.busy"


def test_a_file_whose_bytes_changed_on_the_disk_is_not_used(tmp_path: Path) -> None:
    shelf = ListShelf(tmp_path)
    version = version_of(shelf)
    (shelf.received.path / version.received["main"]).write_bytes(b"others")
    done = jobs.run(shelf, Job(version=version))
    assert done.code == "store.failed"
    (shelf.top.path / "book.json").write_bytes(b"{")
    with pytest.raises(OurFault):
        shelf.book()


def test_a_line_of_the_journal_that_a_kill_tore_hides_no_other(tmp_path: Path) -> None:
    shelf = ListShelf(tmp_path)
    for text in (b"one", b"two"):
        shelf.keep_decision(hashlib.sha256(text).hexdigest(), text, {"name": text.decode()})
    with (shelf.decisions.path / "made.jsonl").open("ab") as out:
        out.write(b'{"name": "thr')
    shelf.keep_decision(hashlib.sha256(b"four").hexdigest(), b"four", {"name": "four"})
    assert [each["name"] for each in shelf.made(10)] == ["four", "two", "one"]
    assert [each["name"] for each in shelf.made(1)] == ["four"]


def test_few_old_indexes_are_kept(tmp_path: Path) -> None:
    shelf = ListShelf(tmp_path)
    for number in range(INDEXES_KEPT + 5):
        shelf.put_index(f"{number:040d}", b"x")
    assert len(shelf.index.names()) == INDEXES_KEPT + 1


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "f")
    assert folder.get("x") is None
    assert folder.map("x") is None
    assert folder.size("x") == -1
    assert list(folder.lines_from_end("x", 5)) == []
