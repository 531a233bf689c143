"""Search finds what a person may read, in pages, and says nothing of anything else."""

from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of
from tests.support.pairs import RELEASER, pairs, wish

from detente.core import limits, record
from detente.core.moment import Span
from detente.node.care import Order
from detente.office import waiting
from detente.office.people import Person
from detente.office.search import Asked
from detente.store import found
from detente.store.memory import MemoryShelf
from detente.store.shelf import SqliteShelf

STRANGER = Person("stranger", "1", "", {})


@pytest.fixture(params=["memory", "sqlite", "sqlite without full text"])
def net(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Net:
    if request.param == "memory":
        return Net(AURELIA, BOREALIS, shelf=MemoryShelf)
    names = iter(("a.sqlite", "b.sqlite"))

    def made() -> SqliteShelf:
        return SqliteShelf(tmp_path / next(names))

    if request.param != "sqlite":
        monkeypatch.setattr(found, "_FAST", "CREATE VIRTUAL TABLE shelf_words USING none(a)")
    return Net(AURELIA, BOREALIS, shelf=made)


def asked(side: Side, words: str = "", person: Person = PERSON, **more: object) -> list[bytes]:
    query = Asked(words=words, **more)  # type: ignore[arg-type]
    found = side.office.search.find(person, query, side.net.now)
    return [row.data("mid") for row in found.rows]


def test_a_record_is_found_by_its_words_on_both_sides(net: Net) -> None:
    a, b = net.sides
    one = a.send("Phishing wave in the Straße", b, asks="block ünder 198.51.100.7")
    two = a.send("Quiet week", b)
    net.settle()
    for side in (a, b):
        assert asked(side, "phish WAVE") == [one]
        assert asked(side, "strasse 198") == [one]
        assert asked(side, "ünd") == [one]
        assert asked(side, "hishing") == []
        assert asked(side, "wave quiet") == []
        assert set(asked(side)) == {one, two}
        assert asked(side, 'quiet" OR "*') == []
        assert set(asked(side, "indicator")) == {one, two}  # of the bundle's own text
    mid = b.act("cert/answer", mid=one, verdict="useful", text="seen near the harbour")
    net.settle()
    assert asked(a, "harbour") == asked(b, "harb") == [mid]


def test_a_record_is_found_by_what_its_header_says(net: Net) -> None:
    a, b = net.sides
    one = a.send("x", b, tlp="AMBER", prec="PRIORITY")
    net.now += Span(10)
    began = net.now
    two = a.send("y", b)
    net.settle()
    assert asked(a, tlp="AMBER") == asked(a, prec="PRIORITY") == [one]
    assert asked(a, kind="cert.bundle") == [two, one]
    assert asked(a, kind="cert.answer") == []
    assert asked(a, party=BOREALIS) == asked(b, party=AURELIA) == [two, one]
    assert asked(a, party="cordia.gov") == asked(a, party="borealis") == []
    assert asked(a, since=began) == [two]
    assert asked(a, until=began) == [one]
    assert asked(a, matter=a.office.records.find(one)[0].text("matter")) == [one]
    for length in (8, 20):
        assert asked(a, record.mid_text(one)[:length]) == [one]
    assert asked(a, record.mid_text(one), STRANGER) == []


def test_nothing_of_a_desk_that_a_person_may_not_read_is_told(net: Net) -> None:
    a, b = net.sides
    a.send("secret", b)
    net.settle()
    for query in (Asked(), Asked(words="secret"), Asked(desk="cert")):
        found = a.office.search.find(STRANGER, query, net.now)
        assert (found.rows, found.after) == ((), "")
    assert asked(a, desk="none") == []
    assert a.office.search.find(STRANGER, Asked(), net.now, count=0).after == ""


def test_results_come_page_by_page_the_newest_first(net: Net) -> None:
    a, b = net.sides
    sent = []
    for at in range(5):
        net.now += Span(at % 2)  # some of one moment
        sent.append(a.send(f"number {at}", b))
    net.settle()
    seen: list[bytes] = []
    after = ""
    for _ in range(3):
        page = a.office.search.find(PERSON, Asked(words="number"), net.now, after, count=2)
        seen += [row.data("mid") for row in page.rows]
        after = page.after
    assert after == ""
    assert sorted(seen) == sorted(sent)
    times = [a.office.records.find(mid)[0].moment("kept_at") for mid in seen]
    assert times == sorted(times, reverse=True)
    code = fault_of(a.office.search.find, PERSON, Asked(), net.now, "nowhere")
    assert code == "api.cursor"


def test_so_many_words_and_no_more(net: Net) -> None:
    a, _ = net.sides
    assert asked(a, "w " * limits.MAX_FIND_WORDS) == []
    query = Asked(words="w " * (limits.MAX_FIND_WORDS + 1))
    assert fault_of(a.office.search.find, PERSON, query, net.now) == "form.length"


def test_a_rebuild_finds_the_same(net: Net) -> None:
    a, b = net.sides
    a.send("before the rebuild", b)
    net.settle()
    before = asked(b, "rebuild")
    b.office.rebuild(net.now)
    net.settle()
    assert asked(b, "rebuild") == before != []


def purge(net: Net, side: Side) -> None:
    before = net.now + Span(1)
    net.now += Span(40 * 86_400_000)
    side.node.care.order(Order(before, "1000"), net.now)
    while side.node.care.step(net.now):
        pass
    net.settle()
    side.office.rebuild(net.now)


def test_after_a_purge_the_words_are_gone_and_the_record_is_still_found(net: Net) -> None:
    a, b = net.sides
    mid = a.send("the text that has to go", b)
    net.settle()
    purge(net, b)
    assert asked(b, "text") == []
    assert asked(b, kind="cert.bundle") == [mid]


def test_a_purge_takes_drafts_and_what_was_typed() -> None:
    net = pairs()
    a, b = net.sides
    (mid,) = wish(a, "the text that has to go", b).waiting
    a.office.texts.keep(PERSON, "cert/send", {"about": ("the text that has to go",)}, net.now)
    sent = a.send("so that something goes", b)
    net.settle()
    assert sent
    purge(net, a)
    assert a.rows(waiting.DRAFTS) == []
    assert a.office.texts.every(PERSON, net.now) == ()
    assert fault_of(a.office.drafts.show, RELEASER, mid) == "office.no_draft"
