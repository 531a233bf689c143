"""Formats as data: what ships is whole, what is wrong is refused with its line."""

import re
from dataclasses import replace

import pytest

from detente.core.errors import OurFault
from detente.desks.notices.formats.declared import LANGUAGES, Slot, mixed
from detente.desks.notices.formats.reading import HELP_MAX, read
from detente.desks.notices.formats.shipped import by_digest, shipped

GOOD = """# A ferry of ours
code = "P1"
version = 1
title = { en = "Ferry", ru = "Паром" }
precedence = "PRIORITY"
answer = "24h"

[[field]]
name = "leaves"
type = "time"
label = { en = "Leaves", ru = "Отправление" }

[[field]]
name = "cars"
type = "number"
label = { en = "Cars", ru = "Машины" }
low = 0
high = 400
required = false
"""

CARS = 'label = { en = "Cars", ru = "Машины" }'
HELP = 'help = { en = "Lorries too.", ru = "Вместе." }'


def line_of(text: str) -> int:
    with pytest.raises(OurFault) as refused:
        read(text.encode())
    assert refused.value.code == "notices.format"
    found = re.match(r"line (\d+): ", refused.value.what)
    assert found, refused.value.what
    return int(found[1])


def test_the_set_that_ships_has_every_format_in_both_languages() -> None:
    assert list(shipped()) == [
        "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8",
        "N10", "N11", "N12", "N20", "N80", "N90", "N91",
    ]  # fmt: skip
    for each in shipped().values():
        for words in (
            each.title,
            *(s.label for s in each.fields),
            *(s.help for s in each.fields if s.help),
        ):
            assert {language for language, text in words if text} == set(LANGUAGES)
        for slot in each.fields:
            for choice in slot.choices:
                assert {language for language, text in choice.words if text} == set(LANGUAGES)
                assert slot.wrong(choice.code) is None


def test_help_is_read_in_every_language_and_is_part_of_the_version() -> None:
    found = read(GOOD.replace(CARS, f"{CARS}\n{HELP}").encode())
    assert found.named["cars"].help == (("en", "Lorries too."), ("ru", "Вместе."))
    assert found.named["leaves"].help == ()
    assert found.digest != read(GOOD.encode()).digest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('help = { en = "Lorries too." }', "lacks its words in ru"),
        ('help = { en = "", ru = "Да" }', "help in en has 1 to 300"),
        (f'help = {{ en = "{"x" * 301}", ru = "Да" }}', "help in en has 1 to 300"),
        ('help = { en = "a", ru = 7 }', "help in ru has 1 to 300"),
        ('help = { en = "a\\nb", ru = "Да" }', "one line of printable"),
        ('help = { en = "a\\u202eb", ru = "Да" }', "one line of printable"),
        ('help = { en = "a", ru = "Да", de = "c" }', "a language that is none of"),
        ('help = "Lorries too."', "help is missing: write"),
    ],
)
def test_bad_help_is_refused_with_its_line_and_the_reason(text: str, why: str) -> None:
    bad = GOOD.replace(CARS, f"{CARS}\n{text}")
    assert line_of(bad) == 17
    with pytest.raises(OurFault, match=why):
        read(bad.encode())


def test_help_is_as_long_as_it_may_be() -> None:
    text = f'help = {{ en = "{"x" * HELP_MAX}", ru = "{"я" * HELP_MAX}" }}'
    assert len(read(GOOD.replace(CARS, f"{CARS}\n{text}").encode()).named["cars"].help[0][1]) == 300


def test_former_versions_are_read_and_say_the_same_but_for_help() -> None:
    former = [each for each in by_digest().values() if each.digest != shipped()[each.code].digest]
    assert len(former) == 14
    for each in former:
        now = shipped()[each.code]
        assert (each.version, now.version) == (1, 2)
        assert each.fields == tuple(replace(slot, help=()) for slot in now.fields)


def test_a_format_of_a_party_is_read_whole() -> None:
    found = read(GOOD.encode())
    assert (found.code, found.version, found.precedence, found.answer) == (
        "P1",
        1,
        "PRIORITY",
        "24h",
    )
    assert [each.name for each in found.fields] == ["leaves", "cars"]
    assert found.digest != read(GOOD.replace("Ferry", "Boat").encode()).digest


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('code = "P1"', 'code = "p1"', 2),
        ("version = 1", "version = 0", 3),
        (', ru = "Паром"', "", 4),
        ('"PRIORITY"', '"SOON"', 5),
        ('answer = "24h"', 'answer = "25h"', 6),
        ('answer = "24h"', 'reply = "24h"', 6),
        ('type = "time"', 'type = "date"', 10),
        ("low = 0", "low = 500", 17),
        ("high = 400", 'high = "many"', 18),
        ("required = false", 'required = "no"', 19),
        ("required = false", "choices = []", 19),
        ('name = "cars"', 'name = "leaves"', 14),
        ('name = "cars"', 'name = "CARS"', 14),
        ("high = 400", "high = = 400", 18),
        ('code = "P1"', 'code = "P1', 2),
    ],
)
def test_a_bad_format_is_refused_with_its_line(old: str, new: str, line: int) -> None:
    assert line_of(GOOD.replace(old, new)) == line


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(OurFault, match="line 3: no UTF-8"):
        read(GOOD.encode().replace(b"version", b"ver\xffsion"))
    with pytest.raises(OurFault, match="65536 are allowed"):
        read(b"#" * 65_537)


def slot(code: str, name: str) -> Slot:
    return shipped()[code].named[name]


@pytest.mark.parametrize(
    ("code", "name", "text", "why"),
    [
        ("N6", "place", "59.4370 24.7536", None),
        ("N6", "place", "91 24", "latitude"),
        ("N6", "place", "59 181", "longitude"),
        ("N6", "place", "59,4 24,7", "no latitude"),
        ("N6", "began", "2026-11-22T09:40Z", None),
        ("N6", "began", "2026-03-29T02:30+03:00", "UTC"),
        ("N6", "began", "2026-12-31T23:59:60Z", "leap second"),
        ("N6", "began", "2026-02-30T00:00Z", "no time"),
        ("N6", "people", "-1", "is not from 0"),
        ("N6", "people", "1,5", "decimal number"),
        ("N6", "cause", "hack", "none of"),
        ("N6", "not_directed", "maybe", "yes nor no"),
        ("N6", "contact", "Аdmin", "mixes Latin and Cyrillic"),  # noqa: RUF001  that is the point
        ("N6", "contact", "a\nb", "control character"),
        ("N6", "contact", "x" * 201, "201 characters"),
    ],
)
def test_a_value_is_held_to_its_field(code: str, name: str, text: str, why: str | None) -> None:
    found = slot(code, name).wrong(text)
    assert found is None if why is None else found is not None and why in found


def test_a_coded_value_is_shown_in_the_readers_language_and_a_unit_too() -> None:
    assert slot("N6", "sector").shown("energy", "ru") == "Энергетика"
    assert slot("N6", "power").shown("300", "ru") == "300 МВт"
    assert slot("N6", "not_directed").shown("yes", "ru") == "да"
    assert slot("N6", "sector").shown("odd", "ru") == "odd", "an unknown code stays as it came"
    assert mixed("Москва and Moscow") == ""
