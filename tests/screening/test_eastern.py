"""Chinese and Korean names as Russian writes them."""

import pytest

from detente.screening import bulk, crowd, rescreen
from detente.screening.build import build
from detente.screening.customers import Customer
from detente.screening.decision import ALERT
from detente.screening.eastern import readings
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import Listed
from detente.screening.parts import split
from detente.screening.readings import readings as ways
from detente.screening.rescreen import Turned, listed_as


def chinese(name: str) -> str:
    found = [words for words, why in readings(name.lower().split()) if why == "palladius"]
    return " ".join(found[0]) if found else ""


def korean(name: str) -> list[str]:
    return [" ".join(words) for words, why in readings(name.lower().split()) if why == "kontsevich"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("Чжан Вэймин", "zhang weiming"), ("Си Цзиньпин", "xi jinping"), ("Сюй Бинь", "xu bin"),
     ("Ма Сяохун", "ma xiaohong"), ("Ли Фанвэй", "li fangwei"), ("Ху Цзиньтао", "hu jintao"),
     ("Чэнь Гопин", "chen guoping"), ("Ван И", "wang yi"), ("Лю Хэ", "liu he"), ("Цай Ци", "cai qi"),
     ("Чжао Лэцзи", "zhao leji"), ("Го Шэнкунь", "guo shengkun"), ("Юань Бо", "yuan bo"),
     ("Сунь Чуньлань", "sun chunlan"), ("Жэнь Чжэнфэй", "ren zhengfei"), ("Чан Ваньцюань", "chang wanquan"),
     ("Ли Чанъань", "li changan"), ("Сыма Янь", "sima yan"), ("Хуан Куньмин", "huang kunming"), ("Люй Цзе", "lu jie")],
)  # fmt: skip
def test_palladius_is_read_as_pinyin(asked: str, meant: str) -> None:
    assert chinese(asked) == meant


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("Ким Ён Чхоль", "kim yong chol"), ("Ри Пён Чхоль", "ri pyong chol"), ("Хван Бён Со", "hwang byong so"),
     ("Чон Кён Тхэк", "chong kyong taek"), ("Чхве Рён Хэ", "choe ryong hae"), ("Пак То Чхун", "pak to chung"),
     ("Ким Чен Ын", "kim chong ung"), ("Ким Ёнчхоль", "kim yongchol"), ("Ким Чжон Ын", "kim jong ung")],
)  # fmt: skip
def test_kontsevich_is_read_with_either_end_of_a_syllable(asked: str, meant: str) -> None:
    assert korean(asked)[0] == meant
    assert korean(asked)[-1] == meant.replace("ng", "n")


@pytest.mark.parametrize(
    "name",
    ["Иван Петров", "Сергей Викторович Кузнецов", "Ван", "Ким", "ООО Вектор", "", "Zhang Wei", "Ким Ёнчхоль Ивано-Ва Ли",
     "ъ ъ", "Анна Ахматова", "Владимир Путин", "чж цз"],
)  # fmt: skip
def test_other_names_are_not_read_so(name: str) -> None:
    assert readings(name.lower().split()) == []


LISTED = [
    Listed("z", "Person", ("ZHANG Weiming",)), Listed("k", "Person", ("KIM Yong-chol",)),
    Listed("r", "Person", ("RI Pyong Chol",)), Listed("u", "Person", ("KIM Jong Un",)),
]  # fmt: skip
MEANT = {"Чжан Вэймин": "z", "Ким Ён Чхоль": "k", "Ри Пён Чхоль": "r", "Ким Чен Ын": "u"}


@pytest.mark.parametrize("name", MEANT)
def test_who_is_listed_in_latin_letters_is_found(name: str) -> None:
    hit = ask(Index(build(LISTED, {})), Question(name, "Person"))[0]
    assert hit.entity == MEANT[name]
    assert hit.score >= (ALERT if name != "Ким Чен Ын" else 0.6)
    assert hit.reading.why in ("palladius", "kontsevich")
    assert [f.by < 1 for f in hit.factors if f.name == hit.reading.why] == [True]


def test_a_change_of_the_list_finds_customers_who_are_written_so() -> None:
    rows = [Customer(str(n), (name,), "Person") for n, name in enumerate(MEANT)]
    made = build([listed_as(one, n) for n, one in enumerate(rows)], {})
    listed = Index(build(LISTED, {}))
    turned = Turned(crowd.Crowd(made), listed, ALERT)
    for entity, one in enumerate(LISTED[:3]):
        (place,) = [n for n, name in enumerate(MEANT) if MEANT[name] == one.id]
        assert place in turned.candidates(entity)
        assert rescreen.score(listed, place, rows[place], [entity])[0].score >= ALERT
    assert bulk.question(rows[0], "x").schema == "Person"


def test_a_name_that_might_be_korean_keeps_all_its_other_readings() -> None:
    over = Index(build([Listed("a", "Person", (n,)) for n in ("NANAN GO", "NAN ANGO")], {}))
    parts = split("Нан Ан Го", person=True)
    found = [reading.why for reading in ways(over, "Нан Ан Го", parts)]
    assert found.count("joined") == 2
    assert (found.count("palladius"), found.count("kontsevich")) == (1, 4)
