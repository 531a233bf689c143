"""What people type is kept as they type it, and nothing of it is lost to another writer."""

from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net
from tests.support.outcomes import fault_of
from tests.support.pairs import READER

from detente.core import limits
from detente.core.moment import Span
from detente.office.texts import TEXTS, TEXTS_KEPT

ACT = "cert/send"


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def test_a_draft_is_kept_version_by_version_and_outlives_a_start(net: Net) -> None:
    a, _ = net.sides
    first = a.office.texts.keep(PERSON, ACT, {"about": ("half a sen",)}, net.now).typed
    assert first.version == 1
    net.now += Span(1)
    whole = {"about": ("half a sentence",), "to": ("cert@borealis.gov", "cert@cordia.gov")}
    a.office.texts.keep(PERSON, ACT, whole, net.now, first.name, first.version)
    a.restart()
    found = a.office.texts.get(PERSON, first.name)
    assert (found.version, found.values, found.at, found.act) == (2, whole, net.now, ACT)
    assert a.office.texts.every(PERSON, net.now) == (found,)


def test_the_later_of_two_writers_sees_the_difference_and_both_texts_stay(net: Net) -> None:
    a, _ = net.sides
    texts = a.office.texts
    name = texts.keep(PERSON, ACT, {"about": ("x",), "tlp": ("RED",)}, net.now).typed.name
    one = texts.keep(PERSON, ACT, {"about": ("one",), "tlp": ("RED",)}, net.now, name, 1)
    two = texts.keep(PERSON, ACT, {"about": ("two",), "tlp": ("RED",)}, net.now, name, 1)
    assert (one.beside, one.differs) == (None, ())
    assert two.beside == one.typed
    assert two.differs == ("about",)
    assert two.typed.name != name
    assert {each.values["about"] for each in texts.every(PERSON, net.now)} == {("one",), ("two",)}


def test_a_draft_that_went_meanwhile_is_a_new_one(net: Net) -> None:
    a, _ = net.sides
    texts = a.office.texts
    name = texts.keep(PERSON, ACT, {"about": ("x",)}, net.now).typed.name
    texts.drop(PERSON, name)
    texts.drop(PERSON, name)
    kept = texts.keep(PERSON, ACT, {"about": ("y",)}, net.now, name, 1)
    assert (kept.typed.version, kept.beside) == (1, None)
    assert texts.get(PERSON, kept.typed.name).values == {"about": ("y",)}


def test_drafts_are_their_writers_alone(net: Net) -> None:
    a, _ = net.sides
    texts = a.office.texts
    other = replace(PERSON, name="other", user="1005")
    name = texts.keep(PERSON, ACT, {"about": ("x",)}, net.now).typed.name
    assert texts.every(other, net.now) == ()
    assert fault_of(texts.get, other, name) == "office.no_draft"
    texts.drop(other, name)
    kept = texts.keep(other, ACT, {"about": ("mine",)}, net.now, name, 1)
    assert kept.typed.name != name
    assert kept.beside is None  # not even that there is one
    assert texts.get(PERSON, name).values == {"about": ("x",)}
    assert fault_of(texts.keep, READER, ACT, {}, net.now) == "office.forbidden"


def test_a_draft_goes_after_its_time_and_not_before(net: Net) -> None:
    a, _ = net.sides
    texts = a.office.texts
    name = texts.keep(PERSON, ACT, {"about": ("x",)}, net.now).typed.name
    last = net.now + Span(TEXTS_KEPT.ms - 1)
    assert [each.name for each in texts.every(PERSON, last)] == [name]
    assert texts.every(PERSON, last + Span(1)) == ()
    assert a.rows(TEXTS) == []
    assert TEXTS_KEPT.ms == limits.TEXT_DRAFT_DAYS * 86_400_000


def test_a_draft_is_as_long_as_it_may_be_and_no_longer(net: Net) -> None:
    texts = net.sides[0].office.texts
    most = limits.MAX_TEXT_DRAFT - len('{"a":[""]}')
    texts.keep(PERSON, ACT, {"a": ("x" * most,)}, net.now)
    assert fault_of(texts.keep, PERSON, ACT, {"a": ("x" * (most + 1),)}, net.now) == "form.size"


def test_a_person_keeps_so_many_and_no_more(net: Net) -> None:
    texts = net.sides[0].office.texts
    kept = [texts.keep(PERSON, ACT, {}, net.now).typed for _ in range(limits.MAX_TEXT_DRAFTS)]
    assert fault_of(texts.keep, PERSON, ACT, {}, net.now) == "form.count"
    texts.keep(PERSON, ACT, {"a": ("b",)}, net.now, kept[0].name, 1)


def test_a_rebuild_leaves_what_was_typed(net: Net) -> None:
    a, _ = net.sides
    a.office.texts.keep(PERSON, ACT, {"about": ("line\nline",)}, net.now)
    before = a.rows(TEXTS)
    a.office.rebuild(net.now)
    assert a.rows(TEXTS) == before
