"""Papers: what stands on them in both languages, the same bytes each time, and what is refused."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
from pypdf import PdfReader
from tests.console.test_notices import _SIGNERS as WATCHERS
from tests.console.test_notices import WATCH, Watch
from tests.desks.hotline.offices import ALBA, BORIA, DRAFTER, PRINCIPAL, LineSide, line_net
from tests.desks.notices import test_exercise_offices as drills
from tests.desks.notices.watch import values
from tests.support import makers
from tests.support.offices import Net
from tests.support.screens import Screen

from detente.app import client, config
from detente.app.api.routes import Api
from detente.app.console.pages import ROUTES
from detente.app.http import Reply, Request
from detente.app.paper import grade, log, notice, press, session, told
from detente.app.verbs import paper as verb
from detente.core.errors import Fault
from detente.core.moment import Span
from detente.desks.notices.exercises import grading
from detente.office.fields import Value, mid_text
from detente.office.people import Person
from detente.office.waiting import Policy

A, B = "gallia.gov", "hydra.gov"  # of these tests alone: other parties lack the desk
TO_B: Final = (f"notices@{B}",)
OUTAGE: Final = values(
    sector="energy", began="2026-11-22T09:40Z", people="120000", cause="unknown",
    remarks="Two lines tripped.\n#set page(fill: red) $x$ \u202etxt \u4e2d",
)  # fmt: skip
DAY: Final = "2026-11-22"


@pytest.fixture
def net() -> Net:
    with mock.patch.dict(makers.DESKS, {"notices": WATCHERS}):
        found = Net(A, B, kind=Watch)
    for each in found.sides:
        each.office.drafts.filing.policy = Policy(hold_back=Span(0))
    return found


@pytest.fixture
def ends(net: Net) -> tuple[Watch, Watch]:
    one, other = net.sides
    assert isinstance(one, Watch)
    assert isinstance(other, Watch)
    return one, other


@contextmanager
def refused(code: str) -> Iterator[list[Fault]]:
    """Expect a fault of this code."""
    found: list[Fault] = []
    with pytest.raises(Fault) as caught:
        yield found
    assert caught.value.code == code
    found.append(caught.value)


def texts(pdf: bytes) -> list[str]:
    """Return the text of each page, blanks as one."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def paper_of(side: Watch, mid: bytes, language: str = "en") -> bytes:
    return press.pdf(notice.make(side.office, WATCH, mid, language, side.net.now))


def story(ends: tuple[Watch, Watch], **more: Value) -> bytes:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE, **more)
    other.do(
        "translate", mid=mid, name="remarks", language="ru", text="Отключились две линии.",
        official=True, translator="И. Орлова", **more,
    )  # fmt: skip
    other.do("acknowledge", mid=mid, officer="A. Lind", **more)
    return mid


# A notice.


def test_a_notice_stands_on_paper_in_both_languages(ends: tuple[Watch, Watch]) -> None:
    mid = story(ends)
    for side, language in zip(ends, ("en", "ru"), strict=True):
        whole = " ".join(texts(paper_of(side, mid, language)))
        for each in (
            "Outage of critical", "Отказ критической", "Energy", "Энергетика", "120000 persons",
            "120000 человек", "Two lines tripped.", "Отключились две линии.", "официальный перевод · И. Орлова",
            f"{A} 2026-001", "IMMEDIATE", "read by a person", "прочитано человеком", "A. Lind", "author s-01",
            "автор s-01", "one signature", "delivered", "their node had it 2026-11-22 10:00:00 UTC",
        ):  # fmt: skip
            assert each in whole, each
    assert "EXERCISE" not in whole


def test_what_a_stranger_wrote_stands_as_written_and_is_no_typst(ends: tuple[Watch, Watch]) -> None:
    whole = " ".join(texts(paper_of(ends[1], story(ends))))
    assert "#set page(fill: red) $x$ [U+202E]txt [U+4E2D]" in whole


def test_every_page_bears_the_marking_the_whole_id_and_its_number(
    ends: tuple[Watch, Watch],
) -> None:
    mid = story(ends)
    pages = texts(paper_of(ends[0], mid))
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert page.count("TLP:GREEN") >= 2
        assert mid_text(mid) in page.replace(" ", "").replace("\u200b", "")
        assert f"{number} / {len(pages)}" in page


def test_the_same_records_give_the_same_bytes_whatever_the_hour(
    ends: tuple[Watch, Watch],
) -> None:
    mid = story(ends)
    first = paper_of(ends[0], mid)
    ends[0].net.now = ends[0].net.now + Span.of(days=40)  # what is open is overdue by now
    again = paper_of(ends[0], mid)
    assert first == again
    assert PdfReader(io.BytesIO(first)).metadata is not None
    assert b"2026" in first
    ends[0].do("correct", mid=mid, value=values(people="90000"))
    assert paper_of(ends[0], mid) != first


def test_an_exercise_is_marked_on_every_page_and_on_no_other_paper(
    ends: tuple[Watch, Watch],
) -> None:
    for page in texts(paper_of(ends[1], story(ends, exercise="NORTHERN LAMP"))):
        assert page.count("EXERCISE · УЧЕНИЕ: NORTHERN LAMP") == 2, "at its head and at its foot"
    for page in texts(paper_of(ends[1], story(ends))):
        assert "УЧЕНИЕ" not in page


def test_what_was_corrected_contradicted_and_cancelled_is_said(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    mid = story(ends)
    one.do("correct", mid=mid, value=values(people="90000"))
    one.do("cancel", mid=mid, reason="over", text="Power is back")
    whole = " ".join(texts(paper_of(one, mid)))
    for each in (
        "This notice is cancelled: do not act on it.", "Это уведомление отменено", "90000 persons",
        "before the correction: 120000 persons", "до исправления:", "Power is back",
    ):  # fmt: skip
        assert each in whole, each


# The watch log.


def test_the_log_of_a_day_is_made_to_be_signed(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    story(ends)
    story(ends, exercise="NORTHERN LAMP")
    one.do("note", entry="handover", text="Одна авария открыта.")
    made = log.make(one.office, WATCH, DAY, "en", one.net.now)
    assert press.pdf(made) == press.pdf(log.make(one.office, WATCH, DAY, "en", one.net.now))
    whole = " ".join(texts(press.pdf(made)))
    for each in (
        "Watch log of 2026-11-22", "Журнал дежурства за 2026-11-22", "notice N6 2026-001", "hand-over",
        "Одна авария открыта.", "Watch officer: name, signature", "Смену принял", "7 entries",
        "Entries marked EXERCISE", "EXERCISE · УЧЕНИЕ: NORTHERN LAMP",
    ):  # fmt: skip
        assert each in whole, each


def test_hand_overs_stand_in_the_log_without_anybody_writing_them(
    ends: tuple[Watch, Watch],
) -> None:
    one, _ = ends
    watch, at = one.office.watch, one.net.now
    watch.take(WATCH, "notices", at)
    watch.hand(WATCH, "notices", "orlov", "Авария на юге открыта.", 3, at + Span.of(hours=1))
    watch.leave(WATCH, "notices", at + Span.of(hours=2))
    made = log.make(one.office, WATCH, DAY, "en", one.net.now)  # no entry, and a log all the same
    whole = " ".join(texts(press.pdf(made)))
    for each in (
        "Hand-overs, as the watch records have them", "Передачи смены", "took the watch", "вахта принята",
        "asked to take over: orlov", "Авария на юге открыта.", "3 open", "left the watch", "Signed by hand",
        "3 entries, the last at 2026-11-22 12:00:00 UTC",
    ):  # fmt: skip
        assert each in whole, each
    page = Screen(one, ROUTES, person=WATCH).get("watch").data.decode()
    assert f'href="/paper/log/{str(one.net.now)[:10]}"' in page
    story(ends, exercise="NORTHERN LAMP")  # who has the watch is no drill
    mixed = log.make(one.office, WATCH, DAY, "en", one.net.now)
    assert mixed.exercise == ""


def test_a_log_has_its_words_in_both_languages(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    story(ends)
    made = log.make(one.office, WATCH, DAY, "ru", one.net.now)
    whole = " ".join(texts(press.pdf(made)))
    for each in ("уведомление N6 2026-001", "notice N6 2026-001", "author s-01", "автор s-01"):
        assert each in whole, each


def test_a_log_of_an_exercise_alone_is_marked_on_its_page(ends: tuple[Watch, Watch]) -> None:
    story(ends, exercise="NORTHERN LAMP")
    made = log.make(ends[0].office, WATCH, DAY, "ru", ends[0].net.now)
    assert made.exercise == "УЧЕНИЕ · EXERCISE: NORTHERN LAMP"


def test_a_day_without_an_entry_has_no_paper(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    with refused("paper.nothing"):
        log.make(one.office, WATCH, "2020-01-01", "en", one.net.now)


# The direct line.


def said(side: LineSide, name: str, /, **given: Value) -> bytes:
    """Say it, let the principal release it, and carry it over."""
    mids = side.do(name, **given)
    for each in mids:
        side.office.drafts.release(PRINCIPAL, each, side.net.now)
    side.net.settle()
    return mids[0]


def test_a_session_shows_each_text_beside_its_translation() -> None:
    net = line_net()
    one, other = net.sides
    assert isinstance(one, LineSide)
    assert isinstance(other, LineSide)
    mid = said(one, "say", to=(f"hotline@{BORIA}",), language="en", text="What do you see?")
    other.do("translate", mid=mid, language="ru", by="А. Линд", text="Что вы видите?", send=True)
    said(one, "correct", mid=mid, language="en", text="What do you see now?")
    said(other, "say", to=(f"hotline@{ALBA}",), language="ru", text="Мы видим учение.")
    one.do("attend", to=(f"hotline@{BORIA}",), step="enter", name="A. Lind", role="principal")
    other.do("attend", to=(f"hotline@{ALBA}",), step="enter", name="И. Орлов", role="interpreter")
    one.do("attend", to=(f"hotline@{BORIA}",), step="leave", name="A. Lind", role="principal")
    day = str(net.now)[:10]
    made = session.make(one.office, DRAFTER, BORIA, day, "en", net.now)
    whole = " ".join(texts(press.pdf(made)))
    for each in (
        f"Direct line with {BORIA}, {day}", "What do you see?", "Что вы видите?", "А. Линд", "Мы видим учение.",
        "What do you see now?", "Correction", "Who was at the line", "Кто был на линии", "A. Lind principal",
        "И. Орлов interpreter", "not said", "There is no translation", "released by s-02", "TLP:RED",
    ):  # fmt: skip
        assert each in whole, each
    assert press.pdf(made) == press.pdf(made)
    with refused("paper.nothing"):
        session.make(one.office, DRAFTER, BORIA, "2020-01-01", "en", net.now)
    answer = Screen(one, ROUTES, person=DRAFTER).get(f"paper/session/{BORIA}/{day}")
    assert answer.data.startswith(b"%PDF-")
    page = Screen(one, ROUTES, person=DRAFTER).get(f"hotline/{BORIA}/{mid.hex()}").data.decode()
    assert f'href="/paper/session/{BORIA}/{day}"' in page


# An exercise.


@pytest.fixture
def drill() -> Iterator[Net]:
    with mock.patch.dict(makers.DESKS, {"notices": drills.SIGNERS}):
        yield Net("isola.gov", "jutia.gov", kind=drills.Floor)


def test_the_report_of_an_exercise_is_printed_alike_once_it_is_over(drill: Net) -> None:
    a, b = drill.sides
    assert isinstance(a, drills.Floor)
    assert isinstance(b, drills.Floor)
    (mid,) = a.do("exercise", scenario="laboratory_fire", to=("notices@jutia.gov",), role="host")
    b.do("join", mid=mid)
    drills.pass_minutes(drill, 30)
    with refused("paper.nothing"):
        grade.make(a.office, drills.OFFICER, mid, "en", drill.now)
    for each in b.of_kind("notices.notice", ours=False):
        b.do("acknowledge", mid=each.data("mid"), officer="A. Lind")
    a.do("end", mid=mid)
    drill.turn()
    made = [grade.make(side.office, drills.OFFICER, mid, "en", drill.now) for side in (a, b)]
    assert made[0].blocks[2:] == made[1].blocks[2:]
    pages = texts(press.pdf(made[0]))
    whole = " ".join(pages)
    for part in (
        "Exercise WHITE COAT: the report",
        "Учение WHITE COAT: отчёт",
        "1500 s",
        "in time",
    ):
        assert part in whole, part
    assert all(page.count("EXERCISE · УЧЕНИЕ: WHITE COAT") == 2 for page in pages)


def test_every_result_of_a_grade_has_its_word() -> None:
    for each in (
        grading.UNSENT, grading.UNANSWERED, grading.LATE, grading.IN_TIME, grading.RIGHT, grading.WRONG,
    ):  # fmt: skip
        assert told.say(f"grade.result.{each}", "ru") != told.say(f"grade.result.{each}", "en")


# The API, the console and the verb.


def api_of(side: Watch, person: Person) -> Api:
    return Api(lambda: side.office, lambda _: person, lambda: side.net.now, side.net.settle)


def asked(side: Watch, path: str, accept: str = "", **query: str) -> Reply:
    parts = ("api", "v1", *path.split("/"))
    headers = {"accept": accept} if accept else {}
    return api_of(side, WATCH).handle(Request(1000, "GET", parts, query, b"", headers))


def test_the_api_answers_pdf_and_says_so(ends: tuple[Watch, Watch]) -> None:
    mid = story(ends)
    one = ends[0]
    for path in (f"paper/notice/{mid_text(mid)[:8]}", f"paper/log/{DAY}"):
        data, media = asked(one, path, "application/pdf", language="ru").body
        assert media == "application/pdf"
        assert data.startswith(b"%PDF-")
    with refused("http.accept"):
        asked(one, f"paper/log/{DAY}", "application/json")
    with refused("form.text"):
        asked(one, "paper/log/today")
    with refused("office.forbidden"):
        asked(one, f"paper/session/{B}/{DAY}")


def test_a_page_leads_to_its_paper(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    mid = story(ends)
    screen = one.screen("ru")
    assert f'href="/paper/notice/{mid.hex()}"' in screen.get(f"notice/{mid.hex()}").data.decode()
    assert f'href="/paper/log/{DAY}"' in screen.get("desk/notices/log", day=DAY).data.decode()
    answer = screen.get(f"paper/notice/{mid.hex()}")
    assert answer.data == paper_of(one, mid, "ru")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert screen.get(f"paper/log/{DAY}").data.startswith(b"%PDF-")
    assert screen.code("paper/log/today") == "form.text"


@pytest.mark.parametrize(
    ("words", "page"),
    [
        (["notice", "k3q7zb"], "notice/k3q7zb"),
        (["session", B, DAY], f"session/{B}/{DAY}"),
        (["log", DAY], f"log/{DAY}"),
        (["exercise", "k3q7zb"], "exercise/k3q7zb"),
    ],
)
def test_the_verb_writes_what_the_office_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], page: str
) -> None:
    heard: list[Any] = []

    class Office:
        def ask(self, method: str, path: str, query: object = None) -> bytes:
            heard.append((method, path, query))
            return b"%PDF-"

    monkeypatch.setattr(client, "office", lambda _folder: Office())
    monkeypatch.setattr(config, "load", lambda _at: mock.Mock(folder=tmp_path))
    file = tmp_path / "out.pdf"
    assert verb.paper.main([*words, "-o", str(file), "--quiet"], standalone_mode=False) == 0
    assert file.read_bytes() == b"%PDF-"
    assert heard == [("GET", f"/api/v1/paper/{page}", {"language": "en"})]
