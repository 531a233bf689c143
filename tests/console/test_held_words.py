# ruff: noqa: RUF001  what is told in Russian is the point
"""A list that waits is told in the language of its reader: no English sentence stands on a Russian page."""

import gzip
import html as markup
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

import msgspec
import pytest
from tests.screening.people import LIST
from tests.support.household import PEOPLE, Household

from detente.app import face, said
from detente.app.console import reasons
from detente.app.screening import jobs, room
from detente.app.verbs import screening_own
from detente.screening.lists import readers, rows, tree

WHOLE = [msgspec.json.encode(each) for each in LIST]
_TAGS = re.compile(r"<[^>]*>")
# Two words of small Latin letters in a row are English; names, codes and numbers are none.
_ENGLISH = re.compile(r"(?<![\w.`'])[a-z]{2,} [a-z]{2,}\b")
MAPPING = {"id": "no", "name": "full"}


def sdn(*entries: str, head: str = "", end: str = "</sdnList>") -> bytes:
    return f'<?xml version="1.0"?>{head}<sdnList>{"".join(entries)}{end}'.encode()


def entry(uid: str, name: str = "Nobody", more: str = "") -> str:
    return f"<sdnEntry><uid>{uid}</uid><lastName>{name}</lastName>{more}</sdnEntry>"


def own(**more: object) -> bytes:
    return msgspec.json.encode({"id": "n1", "schema": "Person", "names": ["Nobody Known"], **more})


class Bad(NamedTuple):
    """A file that is held, and a word of what is said of it in Russian."""

    data: bytes
    says: str
    reader: str = "own.json"
    more: Mapping[str, Any] = {}
    mapping: Mapping[str, str] = {}


_BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 9}">' for n in range(1, 9))
HELD = {
    "shrunk": Bad(b"\n".join(WHOLE[: len(WHOLE) // 2]), "исчезло записей: 36 из 72"),
    "checksum": Bad(b"\n".join(WHOLE), "источник обещал 0000000000000000", more={"promised": "0" * 64}),
    "empty": Bad(b" ", "в файле нет ни одной записи"),
    "older": Bad(b"\n".join(WHOLE), "её дата 2020-01-01, а у действующей 2026-02-01", more={"dated": "2020-01-01"}),
    "twice": Bad(b"\n".join([*WHOLE, WHOLE[0].replace(b"1961", b"1962")]), "повторяются с другим содержанием: 1"),
    "cut JSON": Bad(b"\n".join([*WHOLE, b'{"id":']), "JSON обрывается"),
    "no JSON": Bad(b"\n".join([*WHOLE, b"nonsense here"]), "это не JSON: недопустимый знак"),
    "odd comma": Bad(b"\n".join([*WHOLE, b'{"id":"a",}']), "лишняя запятая в объекте"),
    "another kind": Bad(b"\n".join([*WHOLE, own(names=[1])]), "в `$.names[0]` ожидается `str`, а стоит `int`"),
    "not an object": Bad(b"\n".join([*WHOLE, b"[]"]), "ожидается `object`, а стоит `array`"),
    "without a field": Bad(b"\n".join([*WHOLE, b'{"id":"a"}']), "нет обязательного поля `schema`"),
    "without a field within": Bad(b"\n".join([*WHOLE, own(aliases=[{}])]), "нет обязательного поля `name`"),
    "no UTF-8": Bad(b"\n".join([*WHOLE, b'{"id":"\xff"}']), "это не UTF-8"),
    "without id": Bad(b"\n".join([*WHOLE, own(id="")]), "у записи нет собственного идентификатора"),
    "without name": Bad(b"\n".join([*WHOLE, own(names=[])]), "у записи нет имени"),
    "a long name": Bad(
        b"\n".join([*WHOLE, own(names=["N", "N" * 2_001]), b"{"]), "имя в 2001 знаков, а читается не больше 2000"
    ),
    "no birth": Bad(b"\n".join([*WHOLE, own(births=["never"]), b"{"]), "не дата рождения: &#39;never&#39;"),
    "a long line": Bad(b"\n".join([*WHOLE, b"x" * (rows.LINE_MAX + 1)]), "длиннее 1048576 байт"),
    "other counts": Bad(
        b"\n".join([b'{"form":"detente-list-1","entities":99}', *WHOLE]), "записей в нём 99, а здесь 72"
    ),
    "packed and cut": Bad(gzip.compress(b"\n".join(WHOLE))[:-9], "сжатый файл обрывается"),
    "packed and damaged": Bad(b"\x1f\x8b" + b"\n".join(WHOLE), "сжатый файл повреждён: ошибка zlib -3"),
    "FTM of another kind": Bad(b'[]\n{"id":1}\n{"schema":"Person","id":"a","properties":[]}', "нет поля", "ftm.json"),
    "a bomb": Bad(sdn(head=f"<!DOCTYPE a [{_BOMB}]>"), "объявлен тип документа или сущности", "sdn.xml"),
    "an outer entity": Bad(
        sdn(head='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'), "объявлен тип документа", "sdn.xml"
    ),
    "cut XML": Bad(sdn(entry("1"), end=""), "это неправильный XML: файл обрывается", "sdn.xml"),
    "crossed XML": Bad(sdn(entry("1"), end="</b>"), "теги не парны", "sdn.xml"),
    "deep XML": Bad(sdn("<a>" * (tree.DEPTH_MAX + 1)), f"глубже {tree.DEPTH_MAX} уровней", "sdn.xml"),
    "a large entry": Bad(
        sdn(entry("1"), entry("2", "x" * (tree.ENTRY_MAX + 1))), f"больше {tree.ENTRY_MAX} знаков", "sdn.xml"
    ),
    "an entry without id": Bad(sdn(entry("")), "нет собственного идентификатора", "sdn.xml"),
    "spoiled XML": Bad(
        sdn(entry("1", "A\x01B")).replace(b"Nobody", b"x") + b"<!-- \xff -->",
        "управляющих знаков: 1, прочитаны как пробелы; с байта", "sdn.xml",
    ),
    "without the end": Bad(b'1,"NOBODY",individual,"X"\nodd,row\n', "в конце нет знака 0x1A", "sdn.csv"),
    "a cell too large": Bad(
        b'1,"' + b"x" * (readers.CELL_MAX + 1) + b'"\n\x1a', "в ячейке больше 1048576 знаков", "sdn.csv"
    ),
    "no column": Bad(b"no,name\n1,Nobody\n", "в файле нет столбца &#39;full&#39;", "mapped.csv", {}, MAPPING),
    "a row without id": Bad(b"no,full\n,Nobody\n", "нет идентификатора или имени", "mapped.csv", {}, MAPPING),
    "another encoding": Bad(
        b"no,full\n1,\xff\n", "это не utf-8", "mapped.csv", {}, {**MAPPING, "encoding": "utf-8"}
    ),
}  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Household:
    found = Household(tmp_path)
    found.post("releaser", "me/language", {"language": "ru"})
    load(found, Bad(b"\n".join(WHOLE), "", more={"dated": "2026-02-01"}))
    return found


def load(house: Household, bad: Bad) -> str:
    office, drafter, sha256 = house.side.office, PEOPLE["drafter"], room.sha256_of(bad.data)
    house.screens.upload(office, drafter, sha256, 0, bad.data)
    asked = room.version_asked("own", bad.reader, {"main": sha256}, mapping=bad.mapping, **bad.more)
    return house.screens.load(office, drafter, asked, house.net.now).id


def english(text: str) -> list[str]:
    return _ENGLISH.findall(markup.unescape(_TAGS.sub("\n", text)))


def test_the_eye_of_these_tests_sees_english() -> None:
    assert english("<p>the file has no entries</p>") == ["the file", "has no"]
    assert english("<p>own.2 <b>Nobody Known</b> utf-8 `names`</p>") == []


@pytest.mark.parametrize("name", HELD)
def test_a_russian_page_of_a_held_list_has_no_english_sentence(
    house: Household, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = HELD[name]
    version = load(house, bad)
    page = house.get("releaser", f"screening/version/{version}").data.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert bad.says in main
    assert english(main) == []
    # The command says the same.
    monkeypatch.setattr(face, "language", lambda: "ru")
    monkeypatch.setattr(screening_own, "language", lambda: "ru")
    row = msgspec.to_builtins(house.screens.book(house.side.office, PEOPLE["reader"]).find(version))
    told = "\n".join(screening_own._version_lines(row))
    assert row["waits"]
    assert english(told) == []


def test_a_file_that_could_not_be_read_at_all_says_why_in_russian(
    house: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "UNPACKED_MAX", 100)
    version = load(house, Bad(gzip.compress(b"\n".join(WHOLE)), ""))
    page = house.get("releaser", f"screening/version/{version}").data.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "list.unreadable: в распакованном виде больше 100 байт" in main
    assert english(main) == []


def test_in_english_the_code_speaks_itself() -> None:
    assert reasons.detail("it has no name", "en") == "it has no name"
    assert (
        reasons.reason("unreadable", "list.reader: no reader 'x'", "en")
        == "list.reader: no reader 'x'"
    )


def test_a_fault_that_has_no_sentence_is_told_by_its_code_with_the_original_beside_it() -> None:
    told = reasons.reason("unreadable", "store.full: 7 bytes are free on /var", "ru")
    assert (
        told
        == f"store.full: {said.meanings('ru')['store.full']['what']} (7 bytes are free on /var)"
    )


def test_what_has_no_sentence_is_shown_as_it_is() -> None:
    assert reasons.detail("an older program said this", "ru") == "an older program said this"
    assert reasons.reason("unreadable", "no code at all", "ru") == "no code at all"


def test_a_process_that_died_is_told_in_russian_with_its_last_words() -> None:
    bare = "list.unreadable: the process that read it ended with -9"
    told = reasons.reason("unreadable", bare, "ru")
    assert told == "list.unreadable: процесс, который её читал, завершился с кодом -9"
    told = reasons.reason("unreadable", f"{bare}, and said last: MemoryError", "ru")
    assert told.endswith("с кодом -9; его последние слова: MemoryError")


def test_every_word_of_the_parser_of_xml_that_a_list_can_meet_is_known() -> None:
    known = said.catalogue("held_ru.toml")["words"]
    ours = {message for message in expat.errors.messages.values() if message not in known}
    # What only a document type, a namespace or a fault of our own calls could bring.
    assert not {
        each
        for each in ours
        if not re.search(
            r"pars|entity|prefix|standalone|DTD|argument|GetBuffer|public|text decl", each
        )
    }


def test_a_job_that_finds_no_file_says_so_in_russian(house: Household) -> None:
    done = jobs.run(
        house.screens._shelf,
        jobs.Job(version=room.version_asked("own", "own.json", {"main": "ab" * 32})),
    )
    told = reasons.reason("unreadable", f"{done.code}: {done.what}", "ru")
    assert told == f"list.unreadable: файла {'ab' * 8} здесь нет"
