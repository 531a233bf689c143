"""A name in a script that the engine does not read is left to a person, never told to be nobody."""

import json

import pytest
from tests.screening.people import index

from detente.screening import bulk
from detente.screening.customers import Reader, Row
from detente.screening.engine import Question, ask, undecided
from detente.screening.lists.readers import read
from detente.screening.parts import PARTS_MAX, WORDS_MAX
from detente.screening.text import is_unread

UNREAD = (
    "김정은", "Γεώργιος Παπαδόπουλος", "בנימין נתניהו", "სააკაშვილი", "Նիկոլ Փաշինյան", "नरेन्द्र मोदी",
    "ประยุทธ์", "キム ジョンウン", "高橋みなみ", "শেখ হাসিনা", "አቢይ አህመድ", "Nikos Παπαδόπουλος", "𐌰𐌽𐌽𐌰",
)  # fmt: skip
READ = (
    "Ivan Petrov", "Əli Əliyev", "Tverʹ Oleg", "Иван Петров", "Өлзий Үржин", "محمد حسين", "ݐہ",
    "王伟", "佐々木", "İbrahim Çelik", "Ｉｖａｎ", "ɛfua ɔpoku", "Iv\u200ban", "Ivan Ρetrov", "N'Diaye", "O’Brien", "...", "", "42",
)  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_is_left_to_a_person(name: str) -> None:
    assert is_unread(name)
    assert undecided(Question(name)) == "script"


@pytest.mark.parametrize("name", READ)
def test_what_is_read_is_not(name: str) -> None:
    assert not is_unread(name)
    assert undecided(Question(name)) in (None, "no_words")


def test_a_customer_with_one_such_name_is_undecided_and_hits_of_the_others_are_told() -> None:
    row = json.dumps({"id": "1", "names": ["Sergei Viktorovich Kuznetsov", "김정은"]}).encode()
    line = bulk.decide(index(), Row(1, row), Reader({}), 0.72)
    assert (line.state, line.why) == (bulk.UNDECIDED, "script")
    assert [hit.told.entity for hit in line.hits] == ["p2"]


def test_the_same_letters_are_found_in_any_script() -> None:
    rows = [{"id": "a", "schema": "Person", "names": ["김정은"]}]
    found = read("own.json", json.dumps(rows[0]).encode(), "x")
    assert [(each.entry, each.why, each.lost) for each in found.odd] == [
        ("a", "all its names are in scripts that are compared letter by letter alone", False)
    ]
    from detente.screening.build import build  # noqa: PLC0415
    from detente.screening.index import Index  # noqa: PLC0415

    over = Index(build(found.listed, {}))
    assert ask(over, Question("김정은", "Person"))[0].score == 1.0


@pytest.mark.parametrize("schema", ["Person", "Organization", None])
def test_what_stands_behind_the_words_that_are_looked_at_is_left_to_a_person(
    schema: str | None,
) -> None:
    words = [f"fill{chr(97 + n)}" for n in range(PARTS_MAX)]
    assert undecided(Question(" ".join(words), schema)) is None
    assert undecided(Question(" ".join([*words, "Kuznetsov"]), schema)) == "too_long"
    light = " ".join(["al"] * (WORDS_MAX - 1))
    assert undecided(Question(f"{light} Kuznetsov", schema)) in (None, "too_long")
    assert undecided(Question(f"{light} al Kuznetsov", schema)) == "too_long"
    signs = "".join(chr(0x4E00 + n) for n in range(2 * PARTS_MAX))
    assert undecided(Question(signs, schema)) is None
    assert undecided(Question(signs + "伟伟", schema)) == "too_long"


def test_of_a_listed_name_of_many_words_it_is_told() -> None:
    rows = [
        {
            "id": str(n),
            "schema": "Organization",
            "names": [" ".join(f"w{chr(97 + i)}o" for i in range(n))],
        }
        for n in (24, 25)
    ]
    found = read("own.json", "\n".join(map(json.dumps, rows)).encode(), "x")
    assert [(each.entry, each.lost) for each in found.odd] == [("25", False)]
