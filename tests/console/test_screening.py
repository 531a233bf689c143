"""Screening in the console: hits with what speaks against them, lists, holds, a decision replayed."""

from pathlib import Path

import msgspec
import pytest
from tests.screening.people import LIST
from tests.support.household import PEOPLE, Household

from detente.app.console.ask import Answer, Upload
from detente.app.screening import room
from detente.store.screening import shelf

WHOLE = b"\n".join(map(msgspec.json.encode, LIST))


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


def load(house: Household, data: bytes, by: str = "drafter") -> str:
    office, now = house.side.office, house.net.now
    sha256 = room.sha256_of(data)
    house.screens.upload(office, PEOPLE[by], sha256, 0, data)
    asked = room.version_asked("own", "own.json", {"main": sha256})
    return house.screens.load(office, PEOPLE[by], asked, now).id


def html(house: Household, path: str, name: str = "reader") -> str:
    answer = house.get(name, path)
    assert answer.status == 200
    return answer.data.decode()


def test_without_a_list_the_page_says_how_to_load_one(house: Household) -> None:
    told = html(house, "screening")
    assert "detente screening load" in told
    assert 'action="/screening/name"' not in told
    assert house.post("reader", "screening/name", {"name": "Ivan"}).status in (404, 422)


def test_a_name_is_looked_up_and_what_speaks_against_a_hit_is_shown(house: Household) -> None:
    load(house, WHOLE)
    form = {
        "name": "Сергей Иванович Кузнецов", "schema": "Person", "births": "1990", "countries": "fr",
        "papers": "",
    }  # fmt: skip
    answer = house.post("reader", "screening/name", form)
    assert answer.status == 303
    where = answer.headers["Location"].lstrip("/")
    assert "Кузнецов" not in where, "an address tells no name"
    told = html(house, where)
    assert "Sergei Viktorovich KUZNETSOV" in told
    against = told.partition("What speaks against it")[2]
    assert "The dates of birth contradict" in against
    assert "иванович" in against or "ivanovic" in against
    assert "How to contest it:" in told
    assert "1970" in told, "what the list says of the birth"
    assert "Ombudsperson" in told
    assert "a named officer decides" in told
    house.post("reader", "me/language", {"language": "ru"})
    told = html(house, where)
    assert "Что говорит против" in told
    assert "Даты рождения" in told


def test_the_partys_own_words_of_redress_stand_under_a_hit(house: Household) -> None:
    house.site.settings.values["screening.redress"] = "Write to <the ombudsman>."  # type: ignore[index]
    load(house, WHOLE)
    where = house.post("reader", "screening/name", {"name": "Sergei Kuznetsov"}).headers["Location"]
    told = html(house, where.lstrip("/"))
    assert "Write to &lt;the ombudsman&gt;." in told
    assert "Ombudsperson" not in told


def test_a_decision_is_replayed_from_its_page(house: Household) -> None:
    load(house, WHOLE)
    where = house.post("reader", "screening/name", {"name": "Sergei Kuznetsov"}).headers["Location"]
    load(house, WHOLE + b"\n")
    told = house.post("reader", where.lstrip("/") + "/replay", {}).data.decode()
    assert "the same answer, to the byte" in told
    assert where.rpartition("/")[2] in html(house, "screening")


def test_a_name_that_decides_nothing_is_left_to_a_person(house: Household) -> None:
    load(house, WHOLE)
    where = house.post("reader", "screening/name", {"name": "..."}).headers["Location"]
    assert "a person must decide" in html(house, where.lstrip("/"))


def test_what_does_not_count_stands_above_the_hits(house: Household) -> None:
    load(house, WHOLE)
    form = {"name": "Sergei Kuznetsov", "births": "foo; 1970", "countries": "Atlantis, Russia"}
    where = house.post("reader", "screening/name", form).headers["Location"].lstrip("/")
    told = html(house, where).partition("<section")[0]
    for each in ("no date of birth: <bdi", "foo", "no country: <bdi", "Atlantis"):
        assert each in told
    assert told.count("Not counted") == 2
    wrong = house.post("reader", "screening/name", {**form, "schema": "Peron"})
    assert wrong.status == 422
    assert "no kind" in wrong.data.decode()


def test_a_held_list_is_decided_on_by_a_second_person(house: Household) -> None:
    load(house, WHOLE)
    load(house, WHOLE.replace(b"KUZNETSOV", b"KUZNECOV") + b"\n{")
    assert "1 version waits for a person" in html(house, "screening")
    told = html(house, "screening/version/own.2", "drafter")
    assert "another person decides" in told
    assert "own.2/apply" not in told
    told = html(house, "screening/version/own.2", "releaser")
    assert "Some entries could not be read." in told
    assert "own.2/apply" in told
    assert "changed" in told
    done = house.post("releaser", "screening/version/own.2/apply", {"why": "one broken line"})
    assert done.status == 303
    assert "one broken line" in html(house, "screening/version/own.2")
    odd = house.post("releaser", "screening/version/own.2/burn", {"why": "x"})
    assert odd.headers["Location"] == "/screening/version/own.2"


def test_an_empty_list_can_only_be_refused(house: Household) -> None:
    load(house, WHOLE)
    load(house, b" ")
    told = html(house, "screening/version/own.2", "releaser")
    assert "own.2/refuse" in told
    assert "own.2/apply" not in told


def test_a_list_is_loaded_by_a_form(house: Household) -> None:
    form = {"list": "own", "reader": "own.json", "source": "", "promised": ""}
    assert house.post("drafter", "screening/lists", form).status == 400
    files = (Upload("file", "list.jsonl", WHOLE),)
    answer = house.post("drafter", "screening/lists", form, files=files)
    assert answer.headers["Location"] == "/screening/version/own.1"
    told = html(house, "screening/version/own.1")
    assert "list.jsonl" in told
    assert "in force" in html(house, "screening/lists")


MAPPED = {"list": "own", "reader": "mapped.csv", "source": "", "promised": "", "dated": ""}
TABLE = "no;full;aka\n7;Zoltan Brightwater;\n7;Золтан Брайтуотер;\n8;Ada Kemp;A. Kemp\n".encode()


def hand_in(house: Household, data: bytes, mapping: str, **more: str) -> Answer:
    files = (Upload("file", "names.csv", data),)
    return house.post(
        "drafter", "screening/lists", {**MAPPED, "mapping": mapping, **more}, files=files
    )


def test_a_table_is_loaded_with_its_columns_beside_it(house: Household) -> None:
    columns = "id=no\r\n  name=full \r\n\r\naliases=aka\r\ndelimiter=;\r\nmerge=yes"
    answer = hand_in(house, TABLE, columns, dated="2026-11-22")
    assert answer.headers["Location"] == "/screening/version/own.1"
    told = html(house, "screening/version/own.1")
    assert "Zoltan Brightwater" in told
    assert "2026-11-22" in told
    one = house.screens.book(house.side.office, PEOPLE["reader"]).find("own.1")
    assert (one.state, one.count, one.mapping["name"]) == ("in_force", 2, "full")
    tabs = hand_in(house, TABLE.replace(b";", b"\t"), columns.replace("=;", "=tab"))
    assert tabs.headers["Location"] == "/screening/version/own.2"
    assert house.screens.book(house.side.office, PEOPLE["reader"]).find("own.2").count == 2


@pytest.mark.parametrize(
    ("mapping", "more", "english", "russian"),
    [
        ("", {}, "the mapping names no id, no name", "среди столбцов не названы id или name"),
        ("id=no", {}, "the mapping names no id, no name", "среди столбцов не названы id или name"),
        ("nonsense", {}, "the mapping names &#39;nonsense&#39;", "среди столбцов назван &#39;nonsense&#39;"),
        ("id=no\nname=full\nborn=x", {}, "the mapping names &#39;born&#39;", "назван &#39;born&#39;"),
        ("id=no\nname=full\nencoding=klingon", {}, "encoding &#39;klingon&#39;", "кодировка &#39;klingon&#39;"),
        ("id=no\nname=full\ndelimiter=;;", {}, "delimiter &#39;;;&#39;", "разделитель &#39;;;&#39;"),
        ("id=no\nname=full\nmerge=no", {}, "merge=&#39;no&#39;", "указано merge=&#39;no&#39;"),
        ("id=no\nname=" + "x" * 196, {}, "a pair of 201 characters", "в паре 201 знаков"),
        ("id=no", {"reader": "own.json"}, "own.json reads none", "own.json читается без них"),
        ("id=no\nname=full", {"list": "A B"}, "is no name of a list", "не имя списка"),
        ("id=no\nname=full", {"dated": "today"}, "&#39;today&#39; is no day", "&#39;today&#39; — не день"),
    ],
)  # fmt: skip
def test_wrong_columns_are_told_on_the_form_which_keeps_what_was_written(
    house: Household, mapping: str, more: dict[str, str], english: str, russian: str
) -> None:
    for language, told in (("en", english), ("ru", russian)):
        house.post("drafter", "me/language", {"language": language})
        answer = hand_in(house, TABLE, mapping, source="from the desk", **more)
        page = answer.data.decode()
        assert answer.status in (400, 422)
        assert told in page.partition('class="errors"')[2].partition("</section>")[0]
        assert 'value="from the desk"' in page
        assert page.count('aria-invalid="true"') == 1
        assert ("Nothing was loaded" if language == "en" else "Ничего не загружено") in page
        assert not mapping or mapping.partition("\n")[0] in page.partition("<textarea")[2]
        assert house.screens.book(house.side.office, PEOPLE["reader"]).versions == ()


def test_forms_that_are_refused_do_not_use_up_the_files_that_may_be_handed_in(
    house: Household,
) -> None:
    for number in range(shelf.UPLOADS_MAX + 1):
        assert hand_in(house, TABLE + b"%d;x;\n" % number, "id=no").status == 422
    assert hand_in(house, TABLE, "id=no\nname=full\ndelimiter=;\nmerge=yes").status == 303


def test_the_longest_pair_is_read(house: Household) -> None:
    column = "x" * 195
    table = f"no,{column}\n7,Zoltan Brightwater\n".encode()
    assert hand_in(house, table, f"id=no\nname={column}").status == 303


def test_the_older_files_of_ofac_are_handed_in_together(house: Household) -> None:
    row = b'1,"EXAMPLE, Ivan","individual","SDGT",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\x1a'
    files = (
        Upload("file", "sdn.csv", row),
        Upload("alt", "alt.csv", b'1,12,"aka","PRIMER, Ivan",-0- \r\n\x1a'),
        Upload("add", "add.csv", b""),
    )
    form = {**MAPPED, "reader": "sdn.csv", "list": "ofac", "mapping": ""}
    assert house.post("drafter", "screening/lists", form, files=files).status == 303
    one = house.screens.book(house.side.office, PEOPLE["reader"]).find("ofac.1")
    assert (one.state, sorted(one.received)) == ("in_force", ["alt", "main"])
    assert "Ivan PRIMER" in str(house.screens.at_hand.listed("ofac/ofac-1", {"ofac": one.entries}))


def test_whoever_may_not_load_is_told_so_and_sees_no_form(house: Household) -> None:
    files = (Upload("file", "names.csv", TABLE),)
    assert house.post("reader", "screening/lists", MAPPED, files=files).status == 403
    assert 'name="mapping"' not in html(house, "screening/lists")


def test_a_hostile_list_draws_no_markup(house: Household) -> None:
    name = '<script>alert(1)</script> & "Kuznetsov"'
    line = msgspec.json.encode({"id": "<b>", "schema": "Person", "names": [name]})
    load(house, line + b"\n{")
    load_path = "screening/version/own.1"
    assert "<script>alert" not in html(house, load_path, "releaser")
