"""The right person, and only the right person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screening.people import LIST, best, index

from detente.core.errors import OurFault
from detente.screening.build import build, rarity
from detente.screening.engine import Question, ask, everyone, undecided
from detente.screening.index import Index
from detente.screening.listed import Listed
from detente.screening.version import ENGINE

OVER = index()


@pytest.mark.parametrize("listed", LIST, ids=lambda e: e.id)
def test_a_name_as_it_is_listed_has_its_own_entity_at_the_top_with_all_points(
    listed: Listed,
) -> None:
    hit = best(OVER, listed.names[0], listed.schema)
    assert (hit.entity, hit.score) == (listed.id, 1.0)


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("AL-RAHMANI, Mohammed Hussein", "p1"),
        ("Mohamed Hossein Rahmani", "p1"),
        ("محمد حسين الرحماني", "p1"),
        ("M. H. Al-Rahmani", "p1"),
        ("Muhammad Husayn al-Rahnami", "p1"),
        ("Сергей Викторович Кузнецов", "p2"),
        ("Serguei Viktorovitch Kouznetsov", "p2"),
        ("Kuznetsov S. V.", "p2"),
        ("KUZNETSOV/SERGEIVIKTOROVICHMR", "p2"),
        ("Cthutq Dbrnjhjdbx Repytwjd", "p2"),
        ("Серге́й Кузнецо\u0301в", "p2"),
        ("Sеrgei Kuznеtsоv", "p2"),  # Cyrillic letters among Latin ones
        ("Ser\u200bgei Kuz\u00adnetsov", "p2"),
        ("张伟明", "p3"),
        ("張偉明", "p3"),
        ("Wei Ming Zhang", "p3"),
        ("Chang Wei-ming", "p3"),
        ("Abdulrahman Omar Zubaidi", "p4"),
        ("عبدالرحمن عمر الزبيدي", "p4"),
        ("Abdurrahman ibn Umar Zubaydi", "p4"),
        ("Оксана Гончаренко", "p5"),
    ],
)
def test_a_person_is_found_under_the_spellings_that_people_use(name: str, entity: str) -> None:
    hit = best(OVER, name)
    assert hit.entity == entity
    assert hit.score >= 0.55, hit


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("LLC Vektor Progress", "o1"),
        ("ООО «Вектор Прогресс»", "o1"),
        ("Vektor Progresslimited", "o1"),
        ("vekt0r pr0gress", "o1"),
        ("NNMC", "o2"),
        ("Northern Natl Mining Corp.", "o2"),
    ],
)
def test_an_organisation_is_found_whatever_its_legal_form_is_called(name: str, entity: str) -> None:
    assert best(OVER, name, "Organization").entity == entity


def test_a_whole_name_inside_a_sentence_is_found() -> None:
    text = "payment for spare parts to Sergei Viktorovich Kuznetsov invoice 4471"
    assert best(OVER, text).entity == "p2"


@pytest.mark.parametrize(
    "name", ["Ivan Haddock", "Sergei Ivanovich Popov", "Wang Fang", "Umar Khan"]
)
def test_sharing_a_common_part_is_no_alert(name: str) -> None:
    hits = ask(OVER, Question(name, "Person"))
    assert not hits or hits[0].score < 0.72, hits[0]


def test_a_date_of_birth_raises_what_it_confirms_and_lowers_what_it_contradicts() -> None:
    plain = best(OVER, "Mohamed Rahmani").score
    same = best(OVER, "Mohamed Rahmani", births=("08/12/1961",)).score
    other = best(OVER, "Mohamed Rahmani", births=("1990-01-01",)).score
    assert other < plain < same


def test_a_document_outweighs_any_name() -> None:
    hit = best(OVER, "Quite Somebodyelse", papers=("a0123456",))
    assert (hit.entity, hit.score) == ("p1", 1.0)
    assert best(OVER, "Renamed Ship", "Vessel", papers=("9226968",)).entity == "v1"


def test_the_parts_of_a_score_make_the_score() -> None:
    hit = best(OVER, "Mohamed Rahmani", births=("1961",), countries=("iq",))
    total = 1.0
    for factor in hit.factors:
        total *= factor.by
    assert hit.score == round(min(1.0, total), 6)


@given(st.text(max_size=60))
def test_any_text_is_answered_and_answered_alike(name: str) -> None:
    once = ask(OVER, Question(name, None))
    assert [(h.entity, h.score) for h in once] == [
        (h.entity, h.score) for h in ask(OVER, Question(name, None))
    ]
    assert all(0 <= h.score <= 1 for h in once)


def test_what_cannot_be_decided_by_a_name_is_said() -> None:
    assert undecided(Question("")) == "no_words"
    assert undecided(Question("...\u200b")) == "no_words"
    assert undecided(Question("a" * 513)) == "too_long"
    assert undecided(Question("Ivan " * 24)) is None
    assert undecided(Question("Ivan " * 25)) == "too_long"
    assert ask(OVER, Question("x" * 1_000_000)) == []


def test_the_order_of_the_list_does_not_change_an_answer() -> None:
    turned = Index(build(tuple(reversed(LIST)), {"made": "0" * 64}))
    for name in ("Mohamed Rahmani", "Ivan Petrov", "Hassan Li", "Kuznetsov"):
        one, two = ask(OVER, Question(name, "Person")), ask(turned, Question(name, "Person"))
        assert [(h.entity, h.score) for h in one] == [(h.entity, h.score) for h in two]


def test_an_index_that_is_cut_damaged_or_of_another_engine_is_refused() -> None:
    data = build(LIST, {})
    for bad in (
        b"",
        data[:100],
        data[: len(data) // 2],
        b"X" + data[1:],
        data.replace(f'"engine": "{ENGINE}"'.encode(), b'"engine": "0"'),
    ):
        with pytest.raises(OurFault):
            Index(bad)


def test_an_empty_list_finds_nobody() -> None:
    assert ask(Index(build((), {})), Question("Ivan Petrov")) == []


def test_what_a_part_tells_is_counted_in_whole_quarters_of_a_bit() -> None:
    assert [rarity(n, 65_536) for n in (65_536, 32_768, 16_384, 64)] == [1, 5, 9, 41]
    assert rarity(1, 1 << 40) == 64


def test_everyone_above_a_score_is_told_however_many_they_are() -> None:
    same = [Listed(f"e{i:03}", "Person", ("Ivan Petrov",)) for i in range(90)]
    over = Index(build((*LIST, *same), {}))
    question = Question("Ivan Petrov", "Person")
    assert len(ask(over, question, 1_000)) < 90
    told = {h.entity: h.score for h in everyone(over, question, 0.5)}
    assert {e.id for e in same} <= set(told)
    assert all(s >= 0.5 for s in told.values())
    assert {
        h.entity: h.score for h in ask(over, question) if h.score >= 0.5
    }.items() <= told.items()


def test_everyone_has_those_whom_a_date_of_birth_lifts() -> None:
    question = Question("Mohamed Karimi", "Person", births=("1961-12-08",), countries=("iq",))
    wide = {h.entity: h.score for h in ask(OVER, question, 100)}
    for least in (0.4, 0.55, 0.7, 0.8):
        told = {h.entity: h.score for h in everyone(OVER, question, least)}
        assert told == {e: s for e, s in wide.items() if s >= least}


@pytest.mark.parametrize("entry", LIST, ids=lambda e: e.id)
def test_everyone_holds_what_comparing_with_every_name_finds(entry: Listed) -> None:
    name = entry.names[0]
    # Among them `AliLi` and `OksanaPetrivna HONCHARENKO`, which agree only when words are joined.
    for place in range(len(name)):
        question = Question(name[:place] + name[place + 1 :], "Person")
        all_names = [(h.entity, h.score) for h in everyone(OVER, question, 0.0)]
        for least in (0.45, 0.6, 0.72, 0.9):
            told = [(h.entity, h.score) for h in everyone(OVER, question, least)]
            assert told == [each for each in all_names if each[1] >= least], (question.name, least)
