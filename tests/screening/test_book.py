"""The book of lists: who may put what in force, and when a version is held."""

from collections.abc import Callable
from functools import partial

import pytest
from msgspec import structs

from detente.core.errors import OurFault
from detente.screening.lists import book as books
from detente.screening.lists.book import Book, Version, Wait

NOW = "2026-11-23T08:00:00.000Z"
HOLD = (Wait("shrunk", "3 of 9"),)


def asked(name: str = "ofac", by: str = "anna") -> Version:
    return Version(
        id="", list=name, reader="own.json", received={"main": "0" * 64}, size=1, by=by, at=NOW
    )


def loaded(book: Book, waits: tuple[Wait, ...] = (), by: str = "anna", count: int = 9) -> Book:
    book, version = books.begin(book, asked(by=by))
    current = book.in_force().get("ofac")
    found = structs.replace(version, count=count, waits=waits, before=current.id if current else "")
    return books.read(book, found, NOW)


def code(call: Callable[[], object]) -> str:
    with pytest.raises(OurFault) as fault:
        call()
    return fault.value.code


def states(book: Book) -> dict[str, str]:
    return {each.id: each.state for each in book.versions}


def test_a_sound_version_is_in_force_at_once_and_the_last_one_is_superseded() -> None:
    book = loaded(loaded(Book()))
    assert states(book) == {"ofac.1": "superseded", "ofac.2": "in_force"}


def test_a_held_version_is_decided_by_a_second_person_with_a_reason() -> None:
    book = loaded(loaded(Book()), HOLD)
    assert states(book) == {"ofac.1": "in_force", "ofac.2": "held"}
    assert code(lambda: books.apply(book, "ofac.2", "anna", "sure", NOW)) == "office.same_person"
    assert code(lambda: books.apply(book, "ofac.2", "boris", "  ", NOW)) == "list.reason"
    long = "x" * (books.WHY_MAX + 1)
    assert code(lambda: books.refuse(book, "ofac.2", "boris", long, NOW)) == "list.reason"
    assert code(lambda: books.apply(book, "ofac.1", "boris", "sure", NOW)) == "list.state"
    assert code(lambda: books.apply(book, "ofac.9", "boris", "sure", NOW)) == "list.unknown"
    assert code(lambda: book.of("none")) == "list.unknown"
    applied = books.apply(book, "ofac.2", "boris", "x" * books.WHY_MAX, NOW)
    assert states(applied) == {"ofac.1": "superseded", "ofac.2": "in_force"}
    refused = books.refuse(book, "ofac.2", "boris", "a fault of the feed", NOW)
    assert states(refused) == {"ofac.1": "in_force", "ofac.2": "refused"}
    assert refused.find("ofac.2").why == "a fault of the feed"


def test_an_empty_version_never_delists_everybody() -> None:
    book = loaded(loaded(Book()), HOLD, count=0)
    assert code(lambda: books.apply(book, "ofac.2", "boris", "sure", NOW)) == "list.empty"


def test_a_list_that_says_itself_that_nobody_is_on_it_is_ended_by_a_second_person() -> None:
    book, version = books.begin(loaded(Book()), asked())
    found = structs.replace(version, ended=True, waits=HOLD, before="ofac.1")
    book = books.read(book, found, NOW)
    assert states(book)["ofac.2"] == "held"
    applied = books.apply(book, "ofac.2", "boris", "all were delisted", NOW)
    assert states(applied) == {"ofac.1": "superseded", "ofac.2": "in_force"}


def test_of_two_updates_one_wins_and_the_other_is_told() -> None:
    book, _ = books.begin(loaded(Book()), asked())
    assert code(lambda: books.begin(book, asked(by="boris"))) == "list.busy"
    held = loaded(loaded(Book()), HOLD)
    newer = loaded(held)
    assert states(newer)["ofac.3"] == "in_force"
    assert code(lambda: books.apply(newer, "ofac.2", "boris", "sure", NOW)) == "list.moved"


def test_a_version_that_was_compared_with_another_one_is_held() -> None:
    book, version = books.begin(loaded(Book()), asked())
    found = structs.replace(version, count=9, before="")
    held = books.read(book, found, NOW).find("ofac.2")
    assert (held.state, held.waits[0].why) == ("held", "moved")


def test_names_of_lists_are_plain_and_few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("", "Ofac", "default", "a/b", "x" * 81, "peer..a", "peer.", "peer.1"):
        assert code(partial(books.begin, Book(), asked(name))) == "list.name"
    monkeypatch.setattr(books, "LISTS_MAX", 1)
    book = loaded(Book())
    assert code(lambda: books.begin(book, asked("un"))) == "list.name"
    books.begin(book, asked())
    books.begin(Book(), asked("x" * books.NAME_LONGEST))


def test_a_list_may_have_the_name_of_a_party() -> None:
    _, version = books.begin(Book(), asked("peer.aurelia.gov"))
    assert version.id == "peer.aurelia.gov.1"


def test_what_cannot_be_read_fails_and_leaves_the_list_in_force() -> None:
    book, version = books.begin(loaded(Book()), asked())
    assert states(books.fail(book, version.id, "x")) == {"ofac.1": "in_force", "ofac.2": "failed"}
