"""A notice on its page in two languages, and the form of a format's own fields."""

import re
from typing import Final
from unittest import mock

import pytest
from tests.desks.notices.watch import OUTAGE, values
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net, Side
from tests.support.screens import Screen

from detente.app.console.ask import Answer
from detente.app.console.pages import ROUTES
from detente.core import record
from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.waiting import Policy
from detente.office.writing import KeysAtWork

WATCH: Final = Person("lind", "1000", "s-01", {"notices": frozenset(Role)})
A, B = "edda.gov", "fria.gov"  # of these tests alone: other parties lack the desk
TO_B, TO_A = (f"notices@{B}",), (f"notices@{A}",)
_SIGNERS: Final = {"m-01": ("author",), "s-01": ("author", "read", "answer", "release")}
EVIL: Final = "<script>alert(1)</script> \u202etxt"
PATH: Final = "write/notices/send"
FERRY: Final = """code = "P1"
version = 1
title = { en = "Ferry", ru = "Паром" }

[[field]]
name = "ship"
type = "line"
label = { en = "Ship", ru = "Судно" }
""".encode()


class Watch(Side):
    """A side whose office has the desk of notices too."""

    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        super().__init__(net, party, shelf)
        self.keys = KeysAtWork(
            openers={desk: party.openers[desk] for desk in ("cert", "notices")},
            signers={each: party.signers[each] for each in _SIGNERS},
        )

    def do(self, name: str, /, **given: Value) -> bytes:
        """Do an act and carry it over."""
        act = self.office.find_act(f"notices/{name}")
        whole = {f.name: f.default for f in act.fields if f.default is not None}
        names = {f.name for f in act.fields}
        whole |= {"tlp": "GREEN"} if "tlp" in names else {}
        mids = self.office.act(WATCH, act.name, Values({**whole, **given}), self.net.now).mids
        self.net.settle()
        return mids[0]

    def screen(self, language: str) -> Screen:
        return Screen(self, ROUTES, person=WATCH, language=language)

    def read(self, mid: bytes, language: str) -> str:
        return self.screen(language).get(f"notice/{mid.hex()}").data.decode()


@pytest.fixture
def ends() -> tuple[Watch, Watch]:
    with mock.patch.dict(makers.DESKS, {"notices": _SIGNERS}):
        one, other = Net(A, B, kind=Watch).sides
    assert isinstance(one, Watch)
    assert isinstance(other, Watch)
    for each in (one, other):
        each.office.drafts.filing.policy = Policy(hold_back=Span(0))
    return one, other


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_one_record_stands_in_both_languages_the_readers_first(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    english, russian = one.read(mid, "en"), other.read(mid, "ru")
    for text in (english, russian):
        for each in (
            "Sector",
            "Отрасль",
            "Energy",
            "Энергетика",
            "120000 persons",
            "120000 человек",
        ):
            assert each in words(text), each
        assert '<div class="prose" lang="en"><bdi dir="auto">Two lines tripped.' in text
    assert english.index("Energy") < english.index("Энергетика")
    assert russian.index("Энергетика") < russian.index("Energy")
    assert "Отказ критической инфраструктуры" in russian.partition("<small")[0]
    assert "There is no translation into this language." in english
    assert "N6 · 2" in english


def test_whether_both_hold_the_version_is_said(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    assert "the other side has not told yet which version it holds" in one.read(mid, "en")
    assert "у обеих сторон одна и та же версия" in other.read(mid, "ru")
    other.do("tell", to=TO_A)
    assert "both sides hold this same version" in one.read(mid, "en")


def test_translations_are_marked_and_named_and_the_language_is_said(
    ends: tuple[Watch, Watch],
) -> None:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    for official, text in ((False, "Выбило две линии."), (True, "Отключились две линии.")):
        other.do(
            "translate", mid=mid, name="remarks", language="ru", text=text, official=official,
            translator="И. Орлова",
        )  # fmt: skip
    text = other.read(mid, "ru")
    assert text.index("Отключились две линии.") < text.index("Выбило две линии.")
    assert "официальный перевод · И. Орлова" in words(text).replace("  ", " ")
    assert "неофициальный перевод" in text
    assert '<div class="prose" lang="ru"><bdi dir="auto">Отключились' in text
    assert "There is no translation" not in one.read(mid, "en")


def test_clocks_receipt_correction_and_cancellation_stand_on_the_page(
    ends: tuple[Watch, Watch],
) -> None:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    assert "0:30:00" in other.read(mid, "en"), "IMMEDIATE: half an hour"
    other.do("acknowledge", mid=mid, officer="А. Линд")
    one.do("correct", mid=mid, value=values(sector="water"))
    corrected = other.read(mid, "ru")
    assert '<s lang="ru"><bdi dir="auto">Энергетика' in corrected
    assert "Водоснабжение" in corrected
    assert "А. Линд" in corrected
    assert "Это уведомление отменено" not in corrected
    one.do("cancel", mid=mid, reason="error")
    assert "Это уведомление отменено: не действуйте по нему." in other.read(mid, "ru")
    assert "sent in error" in one.read(mid, "en")


def test_a_reply_leads_to_what_it_answers_and_back(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    asked = values(what="Scans", seen="2026-11-22T09:40Z", basis="own", question=("Is it yours?",))
    mid = one.do("send", to=TO_B, format="N2", value=asked)
    reply = other.do("answer", mid=mid, value=values(position="not_ours"))
    assert f'href="/notice/{reply.hex()}"' in one.read(mid, "en")
    assert f'href="/notice/{mid.hex()}"' in one.read(reply, "en")
    assert "Не наше" in one.read(reply, "en")


def test_hostile_text_is_fenced_and_drawn(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=(*OUTAGE[:-1], *values(remarks=EVIL)))
    for text in (one.read(mid, "en"), other.read(mid, "ru")):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
        assert "\u202e" not in text
        assert '<span class="unseen">U+202E</span>' in text


def test_a_locked_screen_shows_no_field(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    with mock.patch("detente.app.console.framing.is_locked", return_value=True):
        assert "Two lines tripped" not in one.read(mid, "en")


# The form.


def filled(**more: str) -> dict[str, str | tuple[str, ...]]:
    given = {
        "to": TO_B[0], "format": "N6", "language": "ru", "tlp": "GREEN", "prec": "IMMEDIATE",
        "value.sector": "energy", "value.began": "2026-11-22T09:40Z", "value.cause": "unknown",
        "value.people": "120000", "value.remarks": "Одна.\r\nДве.", "value.place": "", "do": "look",
    }  # fmt: skip
    return {**given, **more}


def hidden(answer: Answer) -> dict[str, str]:
    text = answer.data.decode()
    rows = re.findall(r'<input type="hidden" name="(draft|version|seen)" value="([^"]*)"', text)
    button = re.search(r'formaction="[^"]+" name="(form)" value="([^"]+)"', text)
    return {**dict(rows), **({button[1]: button[2]} if button else {})}


def test_the_format_is_chosen_first_in_the_readers_language(ends: tuple[Watch, Watch]) -> None:
    text = ends[0].screen("ru").get(PATH).data.decode()
    assert "По какому формату уведомить?" in text
    assert "Отказ критической инфраструктуры" in text
    assert f'href="/{PATH}?format=N6&amp;prec=IMMEDIATE&amp;language=ru"' in text


def test_the_form_is_made_of_the_formats_fields(ends: tuple[Watch, Watch]) -> None:
    english = ends[0].screen("en").get(PATH, format="N6").data.decode()
    russian = ends[0].screen("ru").get(PATH, format="N6").data.decode()
    for text, told in (
        (
            english,
            (
                "not households or contracts.",
                "Energy",
                "Radius, km",
                "from 0 to 20000",
                "UTC time: 2026-11-21T23:10Z",
            ),
        ),
        (
            russian,
            (
                "не домохозяйства и не договоры.",
                "Энергетика",
                "Радиус, км",
                "от 0 до 20000",
                "Время UTC: 2026-11-21T23:10Z",
            ),
        ),
    ):
        for each in told:
            assert each in text, each
        assert 'name="value.sector" value="energy"' in text
        assert 'name="value"' not in text


def test_every_fault_stands_at_its_field_in_the_readers_language(
    ends: tuple[Watch, Watch],
) -> None:
    given = filled(**{"value.people": "-5", "value.began": "yesterday", "value.place": "91 0"})
    del given["value.sector"]
    for language, told in (
        ("en", ("nothing is given", "-5 is not from 0 to", "latitude 91 is not")),
        ("ru", ("пусто", "-5 — не от 0 до", "широта 91 — не от -90 до 90")),
    ):
        answer = ends[0].screen(language).post(PATH, given)
        text = answer.data.decode()
        assert answer.status == 422
        for name in ("sector", "people", "began", "place"):
            assert f'href="#f-value.{name}"' in text
            assert f'id="f-value.{name}-error"' in text
        for each in told:
            assert each in text, each
        assert "formaction" not in text
        assert "Одна." in text, "nothing that was typed is lost"


def test_what_was_filled_in_is_kept_shown_and_sent(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    screen = one.screen("ru")
    looked = screen.post(PATH, filled())
    assert looked.status == 200, looked.data.decode()
    told = hidden(looked)
    draft = screen.get(PATH, draft=told["draft"]).data.decode()
    assert 'name="value.sector" value="energy" checked' in draft
    assert "Одна.\nДве.</textarea>" in draft
    assert screen.post(f"{PATH}/send", {**filled(), **told}).status == 303
    one.net.settle()
    (row,) = other.office.look(WATCH, "notices/list", Values({"count": 9}), one.net.now)[1]
    mid = row["mid"]
    assert isinstance(mid, bytes)
    text = other.read(mid, "en")
    assert "Энергетика" in text
    assert '<div class="prose" lang="ru"><bdi dir="auto">Одна.\nДве.' in text


def test_an_answer_is_written_in_fields_too(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    asked = values(what="Scans", seen="2026-11-22T09:40Z", basis="own", question=("Is it yours?",))
    mid = one.do("send", to=TO_B, format="N2", value=asked)
    screen, path = other.screen("ru"), "write/notices/answer"
    text = screen.get(path, mid=record.mid_text(mid)).data.decode()
    assert "Чья это деятельность" in text
    given = {
        "mid": record.mid_text(mid), "format": "N3", "language": "ru", "lines.value.reply": "yes",
        "value.reply": "Нет.\r\nНе наше.", "do": "look",
    }  # fmt: skip
    assert 'href="#f-value.position"' in screen.post(path, given).data.decode()
    looked = screen.post(path, {**given, "value.position": "not_ours"})
    assert looked.status == 200, looked.data.decode()


# The form of a correction.

CORRECT: Final = "write/notices/correct"


def standing(mid: bytes, **more: str | tuple[str, ...]) -> dict[str, str | tuple[str, ...]]:
    """Return the form of a correction of OUTAGE as a browser sends it back untouched."""
    given = {
        "mid": record.mid_text(mid), "text": "", "do": "look", "value.sector": "energy",
        "value.began": "2026-11-22T09:40Z", "value.ends": "", "value.place": "59.4370 24.7536",
        "value.radius": "", "value.people": "120000", "value.cause": "unknown", "value.power": "",
        "value.not_directed": "", "value.contact": "", "value.remarks": "Two lines tripped.",
    }  # fmt: skip
    return {**given, **more}


def test_a_correction_is_written_in_the_fields_of_what_stands(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    one.do("correct", mid=mid, value=values(cause="technical"))
    screen = one.screen("ru")
    text = screen.get(CORRECT, mid=record.mid_text(mid)).data.decode()
    assert 'name="value.sector" value="energy" checked' in text
    assert 'name="value.cause" value="technical" checked' in text, "as corrected last"
    assert 'value="59.4370 24.7536"' in text
    assert "Two lines tripped.</textarea>" in text
    assert "Отрасль" in text
    assert 'name="value"' not in text
    given = standing(mid, **{"value.cause": "technical", "value.sector": "water"})
    looked = screen.post(CORRECT, given)
    assert looked.status == 200, looked.data.decode()
    paper = looked.data.decode().partition('data-region="preview"')[2]
    assert "Водоснабжение · Water supply" in paper
    assert "Причина" not in paper, "what stays as it is does not travel"
    told = hidden(looked)
    draft = screen.get(CORRECT, draft=told["draft"]).data.decode()
    assert 'name="value.sector" value="water" checked' in draft
    assert 'name="value.cause" value="technical" checked' in draft
    assert screen.post(f"{CORRECT}/send", {**given, **told}).status == 303
    one.net.settle()
    page = other.read(mid, "en")
    assert "Water supply" in page
    assert "Technical fault" in page


def test_a_correction_that_changes_nothing_or_takes_a_value_away_is_refused(
    ends: tuple[Watch, Watch],
) -> None:
    one, _ = ends
    mid = one.do("send", to=TO_B, format="N6", value=OUTAGE)
    for language, nothing, away in (
        ("en", "nothing is changed", "a correction takes no value away"),
        ("ru", "ничего не изменено", "исправление не убирает значений"),
    ):
        screen = one.screen(language)
        answer = screen.post(CORRECT, standing(mid))
        assert (answer.status, nothing in answer.data.decode()) == (422, True)
        answer = screen.post(
            CORRECT, standing(mid, **{"value.people": "", "value.sector": "water"})
        )
        text = answer.data.decode()
        assert answer.status == 422
        assert 'href="#f-value.people"' in text
        assert away in text
        assert 'name="value.sector" value="water" checked' in text, "nothing that was typed is lost"
    answer = one.screen("en").post(CORRECT, standing(mid, **{"value.people": "-5"}))
    assert "-5 is not from 0 to" in answer.data.decode()


def test_a_correction_in_a_format_of_a_partys_own_has_its_fields(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    one.do("adopt", file=FERRY, to=TO_B)
    mid = one.do("send", to=TO_B, format="P1", value=values(ship="Anna"))
    text = one.screen("en").get(CORRECT, mid=record.mid_text(mid)).data.decode()
    assert 'name="value.ship"' in text
    assert "Anna</textarea>" in text


def test_a_correction_of_no_notice_says_so_at_the_field(ends: tuple[Watch, Watch]) -> None:
    one, _ = ends
    text = one.screen("en").get(CORRECT, mid="aaaaaaaa").data.decode()
    assert 'name="value"' in text
    given = {"mid": "aaaaaaaa", "do": "look", "value": "sector=water"}
    assert one.screen("en").post(CORRECT, given).status == 422


# The matter.


def test_a_matter_leads_to_each_of_its_notices_in_both_languages(ends: tuple[Watch, Watch]) -> None:
    one, other = ends
    asked = values(what="Scans", seen="2026-11-22T09:40Z", basis="own", question=("Is it yours?",))
    mid = one.do("send", to=TO_B, format="N2", value=asked)
    reply = other.do("answer", mid=mid, value=values(position="not_ours"))
    matter = one.office.records.find(mid)[0].text("matter")
    text = one.screen("en").get(f"matter/{matter}").data.decode()
    assert text.count(f'href="/notice/{mid.hex()}"') == 2, "in the head and at the record"
    assert f'href="/notice/{reply.hex()}"' not in text, "nobody has read it"
    one.office.records.read(WATCH, reply, one.net.now)
    text = one.screen("ru").get(f"matter/{matter}").data.decode()
    assert text.count(f'href="/notice/{reply.hex()}">На двух языках') == 1
