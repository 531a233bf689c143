"""An exercise on its page, and the form in which a reader says what they understood."""

import re
from collections.abc import Iterator
from unittest import mock

import pytest
from tests.console.test_notices import WATCH, Watch, words
from tests.support import makers
from tests.support.browsing import (
    ORIGIN,
    Shelf,
    chromium,
    grave_findings,
    keep_picture,
    page_of,
)
from tests.support.offices import Net
from tests.support.screens import Screen

from detente.app import faces
from detente.app.console.pages import ROUTES
from detente.core import record
from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.fields import Values
from detente.office.people import Person
from detente.office.waiting import Policy

A, B = "gorm.gov", "hild.gov"  # of these tests alone: other parties lack the desk
READER = Person("ask", "1001", "s-01", {"notices": frozenset({Role.READ, Role.ANSWER})})
_SIGNERS = {"m-01": ("author",), "s-01": ("author", "read", "answer", "release")}
MINUTE = Span.of(minutes=1)


@pytest.fixture
def ends() -> Iterator[tuple[Watch, Watch]]:
    with mock.patch.dict(makers.DESKS, {"notices": _SIGNERS}):
        one, other = Net(A, B, kind=Watch).sides
        assert isinstance(one, Watch)
        assert isinstance(other, Watch)
        for each in (one, other):
            each.office.drafts.filing.policy = Policy(hold_back=Span(0))
        yield one, other


def begin(one: Watch) -> bytes:
    return one.do("exercise", scenario="laboratory_fire", to=(f"notices@{B}",), role="host")


def play(side: Watch, minutes: int) -> None:
    for _ in range(minutes):
        side.net.now = side.net.now + MINUTE
        side.net.turn()
        side.net.settle()


def page(side: Watch, mid: bytes, language: str = "en", person: Person | None = None) -> str:
    screen = (
        side.screen(language)
        if person is None
        else Screen(side, ROUTES, person=person, language=language)
    )
    answer = screen.get(f"exercise/{mid.hex()}")
    assert answer.status == 200
    return answer.data.decode()


def asked_of(side: Watch, mid: bytes, language: str = "en") -> list[Values]:
    given = Values({"mid": mid, "language": language})
    return list(map(Values, side.office.look(WATCH, "notices/questions", given, side.net.now)[1]))


def test_a_proposal_is_joined_from_its_page_by_the_other_side_alone(
    ends: tuple[Watch, Watch],
) -> None:
    one, other = ends
    mid = begin(one)
    assert "/write/notices/join" not in page(one, mid)
    text = page(other, mid, "ru")
    assert f"/write/notices/join?mid={record.mid_text(mid)}" in text
    assert "WHITE COAT" in text
    assert "Вопросов пока нет." in text
    assert "/write/notices/reading" not in text
    other.do("join", mid=mid, language="ru")
    assert "/write/notices/join" not in page(other, mid)
    assert (
        f'href="/exercise/{mid.hex()}"'
        in other.screen("en").get("desk/notices/exercises").data.decode()
    )


def test_a_reader_sees_what_is_asked_and_not_what_comes(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = begin(one)
    other.do("join", mid=mid)
    play(one, 30)
    leads, reads = page(other, mid), page(other, mid, person=READER)
    assert "What happens when" in leads
    assert "What happens when" not in reads
    assert "/write/notices/end" not in reads
    asked = asked_of(other, mid)
    assert asked
    for each in asked:
        assert str(each["text"]) in words(reads)


def test_choices_are_made_in_words_and_sent_as_codes(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = begin(one)
    other.do("join", mid=mid, language="ru")
    play(one, 30)
    screen = Screen(other, ROUTES, person=READER, language="ru")
    address = "write/notices/reading"
    form = screen.get(address, mid=record.mid_text(mid)).data.decode()
    (question, *_) = asked_of(other, mid, "ru")
    name = question.text("question")
    for each in question.parts("choices"):
        assert f'name="choice.{name}" value="{each.text("code")}"' in form
        assert each.text("words") in words(form)
    code = question.parts("choices")[0].text("code")
    given = {"mid": record.mid_text(mid), "reader": "Анна Линд", f"choice.{name}": code}
    shown = screen.post(address, {**given, "do": "look"}).data.decode()
    assert f'value="{code}" checked' in shown
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', shown)
    assert seen, "it may be sent"
    done = screen.post(f"{address}/send", {**given, "seen": seen[1]})
    assert done.status == 303
    other.net.settle()
    assert asked_of(one, mid)[0].get("readers") is None, "theirs, not ours"
    assert asked_of(other, mid)[0]["readers"] == "Анна Линд"


def test_the_grade_stands_on_the_page_when_it_is_over(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = begin(one)
    other.do("join", mid=mid)
    play(one, 30)
    assert "The grade, alike on both sides" not in page(one, mid)
    one.do("end", mid=mid, text="Enough")
    texts = [page(each, mid) for each in (one, other)]
    for text in texts:
        assert "The grade, alike on both sides" in text
        assert "/write/notices/reading" not in text
    tables = [
        text.partition("The grade, alike")[2].partition("What readers are asked")[0]
        for text in texts
    ]
    assert tables[0] == tables[1]


def test_an_exercise_that_is_unknown_is_told(ends: tuple[Watch, Watch]) -> None:
    assert ends[0].screen("en").code(f"exercise/{'0' * 64}") == "notices.no_exercise"


@pytest.mark.parametrize(
    ("language", "theme", "size"), [("en", "light", "desk"), ("ru", "dark", "tablet")]
)
def test_pages_of_an_exercise_in_a_browser(
    ends: tuple[Watch, Watch], language: str, theme: str, size: str
) -> None:
    one, other = ends
    mid = begin(one)
    other.do("join", mid=mid, language="ru")
    play(one, 30)
    screen = other.screen(language)
    found = {
        "leads": screen.get(f"exercise/{mid.hex()}", timeline="1").data.decode(),
        "reading": screen.get("write/notices/reading", mid=record.mid_text(mid)).data.decode(),
    }
    other.do("reading", mid=mid, reader="Anna Lind", choice=_choices(other, mid))
    one.do("end", mid=mid, text="Enough")
    found["over"] = page(other, mid, language)
    with chromium() as browser:
        for name, html in found.items():
            themed = html.replace('data-theme="system"', f'data-theme="{theme}"')
            shelf = Shelf(faces.static(), {"/": themed}, policy="")
            with page_of(browser, shelf, size=size) as shown:
                shown.route("**/live", lambda route: route.fulfill(status=204))
                shown.goto(f"{ORIGIN}/")
                keep_picture(shown, f"exercise-{name}-{theme}-{size}-{language}")
                assert grave_findings(shown) == [], name
                assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def _choices(side: Watch, mid: bytes) -> tuple[Values, ...]:
    return tuple(
        Values({"question": each["question"], "choice": each.parts("choices")[-1]["code"]})
        for each in asked_of(side, mid)
    )
