"""An exhibit says what the file shows, no more, in both languages; and runs nothing."""

import re
from functools import cache
from pathlib import Path

import pytest
from tests.proofs import ROOT, A, B, chains, good
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import OBJECT, PERSON, Net

from detente.app import face
from detente.app.exhibit import html
from detente.app.exhibit import record as exhibit
from detente.app.exhibit import text as exhibit_text
from detente.app.verbs.evidence import evidence_print
from detente.core import record, trust
from detente.core.errors import OurFault
from detente.core.receipt import StepFailed
from detente.core.trust import Chain
from detente.office.fields import Values

EVIL = "<script>alert(1)</script> \u202edesrever\n\u0440\u0443\u0441\u0441\u043a\u0438\u0439"


@cache
def made(*, with_text: bool, stated: bool) -> tuple[bytes, dict[str, Chain], bytes]:
    """A matter of four records; the file, the cards, and the mid of the bundle."""
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    mid = a.send("a wave", b, exercise="STEADY <HAND>", asks="look")
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    b.act("cert/answer", mid=mid, verdict="useful", text=EVIL)
    back = a.act(
        "cert/withdraw", mid=mid, object=(Values({"id": OBJECT}),), reason="false", all=False
    )
    net.settle()
    b.act("cert/acknowledge", mid=back)
    net.settle()
    matter = a.office.records.find(mid)[0].text("matter")
    if stated:
        a.office.cases.state(PERSON, matter, net.now)
        net.settle()
    data = a.office.cases.evidence(PERSON, matter, "", with_text=with_text)
    return data, {side.party.name: Chain((side.party.card,)) for side in net.sides}, mid


def page(*, with_text: bool = True, stated: bool = True) -> exhibit.Exhibit:
    data, cards, _ = made(with_text=with_text, stated=stated)
    return exhibit.make("m.evidence", data, cards, own_cards=False)


def test_every_record_stands_on_the_page_with_who_when_and_what_became_of_it(language: str) -> None:
    found = page()
    assert [each.number for each in found.entries] == [1, 2, 3, 4]
    assert [each.side for each in found.entries] == [0, *[each.side for each in found.entries[1:]]]
    first = found.entries[0]
    assert first.is_gone
    assert [each.is_gone for each in found.entries[1:]] == [False, False, False]
    assert first.sender == f"cert@{A}"
    assert any("STEADY <HAND>" in mark for mark in first.marks)
    for write in (html.write, exhibit_text.write):
        text = write(found)
        short = record.mid_text(made(with_text=True, stated=True)[2])
        assert short in text
        assert text.count(f"cert@{B}") > 3
        for name in (A, B):
            digits = made(with_text=True, stated=True)[1][name].newest.fingerprint.split()
            assert all(group in text for group in digits)
    assert f'<html lang="{language}">' in html.write(found)


@pytest.mark.usefixtures("language")
def test_no_words_are_missing_whatever_the_file_is() -> None:
    for with_text in (False, True):
        for stated in (False, True):
            found = page(with_text=with_text, stated=stated)
            assert html.write(found)
            assert exhibit_text.write(found)
            assert all((each.text is None) != with_text for each in found.entries)


def test_it_says_complete_only_of_what_both_counted() -> None:
    assert any("Complete as of" in line for line in page().whole)
    bare = page(stated=False)
    assert bare.whole == ()
    assert face.say("exhibit.not_complete") in bare.not_proved
    assert face.say("exhibit.not_later") in bare.not_proved
    assert face.say("exhibit.not_later") not in page().not_proved


def test_a_page_runs_and_fetches_nothing() -> None:
    text = html.write(page())
    assert "default-src 'none'" in text
    assert re.findall(r"<(script|img|link|iframe|object|form)\b", text) == []
    assert re.findall(r"\b(?:src|href|on[a-z]+)=", text) == []
    assert "&lt;script&gt;" in text
    assert "url(" not in text
    assert "@import" not in text


def test_signs_that_turn_a_line_round_are_written_out() -> None:
    for write in (html.write, exhibit_text.write):
        text = write(page())
        assert "\u202e" not in text
        assert "\\u202edesrever" in text
        assert "\u0440\u0443\u0441\u0441\u043a\u0438\u0439" in text


def test_marking_and_drill_stand_on_every_printed_page() -> None:
    (rule,) = re.findall(r'@top-center \{ content: "([^"]*)"', html.write(page()))
    assert "TLP:GREEN" in rule
    assert "EXERCISE" in rule


def test_a_proof_of_one_record_is_a_page_too() -> None:
    found = exhibit.make("one.tlog-proof", good().data, chains(), own_cards=False)
    assert [each.fate for each in found.entries] == [face.say("exhibit.fate_not_shown")]
    assert "FULL" in found.verdict
    assert exhibit.cards_of(good().data) == {}


def test_a_file_that_does_not_hold_is_no_exhibit() -> None:
    data, cards, _ = made(with_text=True, stated=True)
    with pytest.raises(StepFailed):
        exhibit.make("m", data.replace(b'"useful"', b'"unused"'), cards, own_cards=False)
    with pytest.raises(OurFault, match=r"proof\.cards"):
        exhibit.make("m", data, {A: cards[A]}, own_cards=False)


def test_the_cards_inside_are_used_and_said_to_be_so_if_none_is_given(tmp_path: Path) -> None:
    data, cards, _ = made(with_text=True, stated=True)
    assert exhibit.cards_of(data) == cards
    (tmp_path / "m.evidence").write_bytes(data)
    for name, chain in cards.items():
        (tmp_path / f"{name}.card").write_bytes(chain.data)
    own = tmp_path / "own.html"
    assert run(tmp_path, own) == 0
    assert face.say("exhibit.how_cards_inside") in own.read_text("utf-8")
    given = tmp_path / "given.txt"
    assert run(tmp_path, given, *(f"--card={tmp_path / name}.card" for name in (A, B))) == 0
    assert face.say("exhibit.how_cards_given").split()[0] in given.read_text("utf-8")
    assert "<html" not in given.read_text("utf-8")


def run(place: Path, output: Path, *more: str) -> object:
    words = [str(place / "m.evidence"), "-o", str(output), "--quiet", *more]
    return evidence_print.main(words, standalone_mode=False)


def test_the_page_stands_in_the_package() -> None:
    assert (ROOT / "src" / "detente" / "app" / "exhibit" / "exhibit.css").is_file()
    assert trust.read_chain(made(with_text=True, stated=True)[1][A].data).name == A
