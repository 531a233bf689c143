"""What no paper is made of, where its limits lie, and which signs stand as themselves."""

import io
import json
import resource
import subprocess
from importlib import util
from unittest import mock

import pytest
from pypdf import PdfReader
from tests.app.test_paper import DAY, A, B, paper_of, refused, said, story, texts
from tests.app.test_paper import ends as ends  # noqa: PLC0414  a fixture
from tests.app.test_paper import net as net  # noqa: PLC0414  a fixture
from tests.console.test_notices import WATCH, Watch
from tests.desks.hotline.offices import BORIA, DRAFTER, LineSide, line_net
from tests.support.offices import PERSON

from detente.app.paper import child, log, notice, press, session
from detente.app.paper import sheet as sheets
from detente.app.paper.sheet import PRINTED, Item, Pairs, Sheet, plain
from detente.core.moment import Moment


def sheet_of(text: str) -> Sheet:
    block = Pairs((((Item(text),), (Item(""),)),))
    return Sheet("T", A, Moment(0), "TLP:CLEAR", "", "", "", "", (block,))


def test_without_typst_it_says_what_to_install(
    ends: tuple[Watch, Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    mid = story(ends)
    monkeypatch.setattr(util, "find_spec", lambda _name: None)
    with refused("paper.missing") as found:
        paper_of(ends[0], mid)
    assert "detente[paper]" in found[0].remedy


def test_a_paper_has_its_most_bytes_and_not_one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "SHEET_MAX", 700)
    empty = len(_told(sheet_of("")))
    assert press.pdf(sheet_of("x" * (700 - empty)))
    with refused("paper.large"):
        press.pdf(sheet_of("x" * (701 - empty)))


def _told(sheet: Sheet) -> bytes:
    told = {"sheet": sheets.document(sheet), "made": 0, "ppi": 0}
    return json.dumps(told, ensure_ascii=False).encode()


def test_what_takes_too_long_or_too_much_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(press, "SECONDS_MAX", 0.001)
        with refused("paper.large"):
            press.pdf(sheet_of("x"))
    ended = mock.Mock(returncode=-9, stderr=b"", stdout=b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with refused("paper.large"):
        press.pdf(sheet_of("x"))


def test_a_unit_that_forbids_limits_forbids_no_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(_what: int, _limits: tuple[int, int]) -> None:
        raise PermissionError

    monkeypatch.setattr(resource, "setrlimit", no)
    child.narrow()


def test_the_largest_paper_is_set_within_its_time() -> None:
    block = Pairs((((Item("Слово word. " * 20),), (Item("x" * 80),)),) * 2_000)
    made = Sheet("T", A, Moment(0), "TLP:CLEAR", "", "", "", "", (block,))
    size = len(_told(made))
    assert 900_000 < size < press.SHEET_MAX, size
    assert len(PdfReader(io.BytesIO(press.pdf(made))).pages) > 50


def test_a_day_has_its_most_entries_and_messages(
    ends: tuple[Watch, Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = ends
    story(ends)
    monkeypatch.setattr(log, "ENTRIES_MAX", 3)
    assert log.make(one.office, WATCH, DAY, "en", one.net.now)
    monkeypatch.setattr(log, "ENTRIES_MAX", 2)
    with refused("paper.large"):
        log.make(one.office, WATCH, DAY, "en", one.net.now)
    net = line_net()
    side, _ = net.sides
    assert isinstance(side, LineSide)
    said(side, "say", to=(f"hotline@{BORIA}",), language="en", text="One.")
    monkeypatch.setattr(session, "MESSAGES_MAX", 1)
    assert session.make(side.office, DRAFTER, BORIA, str(net.now)[:10], "en", net.now)
    monkeypatch.setattr(session, "MESSAGES_MAX", 0)
    with refused("paper.large"):
        session.make(side.office, DRAFTER, BORIA, str(net.now)[:10], "en", net.now)


def test_who_has_no_place_at_the_desk_prints_nothing(ends: tuple[Watch, Watch]) -> None:
    one, now = ends[0], ends[0].net.now
    mid = story(ends)
    with refused("office.forbidden"):
        notice.make(one.office, PERSON, mid, "en", now)
    with refused("office.forbidden"):
        log.make(one.office, PERSON, DAY, "en", now)
    with refused("office.forbidden"):
        session.make(one.office, PERSON, B, DAY, "en", now)


# Signs and letters.


def test_every_sign_that_stands_as_itself_has_its_letter_in_the_fonts() -> None:
    # PDF/A refuses a sign that no font inside has.
    signs = "".join(chr(each) for low, high in PRINTED for each in range(low, high + 1))
    shown = "".join(texts(press.pdf(sheet_of(" ".join(signs.split("\n"))))))
    for each in ["Ж", "я", "Щ", "ё", "Ѐ", "Ґ", "é", "ß", "Ω", "№", "—", "«", "»", "≠", "€"]:
        assert each in shown, each


def test_a_sign_that_the_fonts_lack_stands_as_its_number() -> None:
    assert plain("a\u202eb") == "a[U+202E]b"
    assert plain("\u00ad\ufeff\u0000") == "[U+00AD][U+FEFF][U+0000]"
    assert plain("Ёлка\r\n№ 1\tx") == "Ёлка\n№ 1 x"
    assert plain("\U0001f600") == "[U+1F600]"


def test_pages_are_seen_as_pictures_too() -> None:
    (picture,) = press.pictures(sheet_of("x"), 40)
    assert picture.startswith(b"\x89PNG")
