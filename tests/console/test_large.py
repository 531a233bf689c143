"""A bundle too large for one record in the console: judged, shown in sums, sent by a button, or not."""

import pytest
from tests.console.test_compose import screen, typed
from tests.desks.cert.test_large import PART, padded, whole_of
from tests.support.screens import Screen

from detente.app.console.ask import Upload
from detente.app.console.pages import compose, drafts, large
from detente.desks.cert import kinds
from detente.desks.cert.formats import marking
from detente.office.waiting import Policy

PATH = "write/cert/send"


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "OBJECTS_MAX", PART)


def begun(
    objects: list[dict[str, object]],
    policy: Policy = Policy(),  # noqa: B008  it is frozen
) -> tuple[Screen, str]:
    """A form with a large file, looked at; and where its page stands."""
    one = screen(policy)
    one.routes = (*compose.ROUTES, *large.ROUTES, *drafts.ROUTES)
    one.__post_init__()
    answer = one.post(PATH, typed(one, do="look"), Upload("file", "big.json", whole_of(objects)))
    where = dict(answer.headers)["Location"]
    assert where.startswith("/large/")
    return one, where


def test_a_large_bundle_is_judged_shown_in_sums_and_sent_by_a_button() -> None:
    objects = padded(PART + 3)
    objects[4]["name"] = "<script>x</script>"
    one, where = begun(objects)
    for _ in range(9):
        text = one.get(where).data.decode()
        if 'http-equiv="refresh"' not in text:
            break
    assert f"{where}/send" in text
    assert "<dd>23</dd>" in text
    assert "objects[4].name: holds markup" in text
    assert "<script>x" not in text
    assert one.side.of_kind("cert.bundle_file", ours=True) == []
    assert dict(one.post(f"{where}/send", {}).headers)["Location"] == where
    for _ in range(9):
        answer = one.get(where)
        if answer.status == 303:
            break
        assert b'http-equiv="refresh"' in answer.data
    assert dict(answer.headers)["Location"].startswith("/record/")
    one.side.net.turn()
    assert len(one.side.of_kind("cert.bundle_file", ours=True)) == 1
    assert len(one.side.of_kind("cert.part", ours=True)) == 1


def test_parts_that_two_must_agree_to_say_that_they_are_decided_together() -> None:
    one, where = begun(padded(2 * PART + 1), Policy(second_person=frozenset({"cert"})))
    one.get(where)
    one.post(f"{where}/send", {})
    for _ in range(9):
        answer = one.get(where)
        if answer.status == 303:
            break
    place = dict(answer.headers)["Location"]
    assert place.startswith("/drafts/")
    assert (
        "2 more records of the same act are decided with this one." in one.get(place).data.decode()
    )


def test_who_thinks_better_of_it_sends_nothing() -> None:
    one, where = begun(padded(PART + 1))
    one.get(where)
    assert dict(one.post(f"{where}/drop", {}).headers)["Location"] == "/write"
    assert one.code(where) == "stage.lost"


def test_what_is_wrong_with_it_is_told_with_its_place() -> None:
    objects = padded(PART + 1)
    objects[PART]["object_marking_refs"] = [marking.definition_of("RED")["id"]]
    one, where = begun(objects)
    assert one.code(where) == "cert.marking"
    assert one.code(where) == "stage.lost"


def test_a_form_with_another_fault_shows_it_first() -> None:
    one = screen(Policy())
    file = Upload("file", "big.json", whole_of(padded(PART + 1)))
    answer = one.post(PATH, typed(one, do="look", within="soon"), file)
    assert answer.status == 422
    assert b'href="#f-within"' in answer.data
