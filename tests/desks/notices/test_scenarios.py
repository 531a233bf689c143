"""Files of scenarios: those that ship, and those that are refused with line and reason."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.app.cli import Root
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.notices.exercises import shipped
from detente.desks.notices.exercises.reading import read
from detente.desks.notices.exercises.scenario import span

GOOD = """name = "SMALL HOURS"
title = { en = "Small", ru = "Малое" }
situation = { en = "All of it is invented.", ru = "Всё вымышлено." }
lasts = "1h"

[[role]]
name = "north"
title = { en = "North", ru = "Север" }
situation = { en = "You know nothing.", ru = "Вы ничего не знаете." }

[[role]]
name = "south"
title = { en = "South", ru = "Юг" }
situation = { en = "Nor do you.", ru = "Вы тоже." }

[[inject]]
name = "hello"
at = "5m"
by = "north"
format = "N80"
[inject.value]
text = { en = "Hello", ru = "Привет" }

[[inject]]
name = "again"
at = "6m"
by = "north"
like = "hello"

[[inject]]
name = "hush"
at = "7m"
by = "south"
does = "silence"
lasts = "10m"

[[question]]
name = "tone"
after = "hello"
text = { en = "Is it friendly?", ru = "Это дружелюбно?" }
choices = [{ code = "yes", en = "Yes", ru = "Да" }, { code = "no", en = "No", ru = "Нет" }]
right = "yes"
"""


def inject(name: str) -> str:
    return (
        f'\n[[inject]]\nname = "{name}"\nat = "1m"\nby = "south"\ndoes = "silence"\nlasts = "1m"\n'
    )


def question(name: str) -> str:
    told = GOOD[GOOD.index("[[question]]") :]
    return "\n" + told.replace('"tone"', f'"{name}"')


def test_three_scenarios_ship_in_both_languages_with_invented_states_alone() -> None:
    found = shipped.shipped()
    assert set(found) == {"grid_at_sea", "laboratory_fire", "silent_satellite"}
    assert len({each.name for each in found.values()}) == len(found)
    for name, each in found.items():
        assert len(each.questions) >= 3, name
        assert {one.by for one in each.notices} == {role.name for role in each.roles}, (
            "both sides send"
        )
        text = shipped.file(name).decode()
        assert any(state in text for state in ("Aurelia", "Borealis", "Cordia"))
    assert any(one.does == "cut" for each in found.values() for one in each.injects)
    assert any(one.does == "silence" for each in found.values() for one in each.injects)


def test_a_file_is_read_and_what_is_like_another_has_its_values() -> None:
    found = read(GOOD.encode())
    assert [each.name for each in found.injects] == ["hello", "again", "hush"]
    assert found.injects[1].values == found.injects[0].values
    assert found.injects[1].format == "N80"
    zero = Moment.parse("2026-11-22T10:00:00.000Z")
    assert found.injects[0].told(zero, "ru") == (("text", "Привет"),)


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ('name = "SMALL HOURS"', 'name = ""', 1, "name is a line"),
        ('name = "SMALL HOURS"', 'name = "a\\u0007b"', 1, "control"),
        ('ru = "Малое" }', 'xx = "Малое" }', 2, "language that is none"),
        (', ru = "Малое" }', " }", 2, "lacks its words in ru"),
        ('lasts = "1h"', 'lasts = "73h"', 4, "at most 72h"),
        ('lasts = "1h"', 'lasts = "0m"', 4, "above 0"),
        ('lasts = "1h"', 'lasts = "an hour"', 4, "as 90s"),
        ('lasts = "1h"', 'lasts = "4m"', 18, "after the end"),
        ('lasts = "1h"', 'lasts = "1h"\ncolour = "red"', 5, "nothing that a scenario has"),
        ('name = "south"', 'name = "north"', 12, "second role"),
        ('name = "south"', 'name = "South"', 12, "small letters"),
        ('by = "north"\nformat', 'by = "west"\nformat', 19, "by is a role: north, south"),
        ('format = "N80"', 'format = "n80"', 20, "code of a format"),
        ('format = "N80"', 'format = "N6"', 22, "text"),
        ('format = "N80"', 'format = "N80"\nprecedence = "SOON"', 21, "precedence is one of"),
        ('text = { en = "Hello", ru = "Привет" }', "text = 5", 22, "texts in quotes"),
        ('text = { en = "Hello", ru = "Привет" }', "", 16, "text is missing"),
        ('like = "hello"', 'like = "hush"', 28, "like names a notice"),
        ('does = "silence"', 'does = "sleep"', 34, "does is one of"),
        ('lasts = "10m"', "", 30, "lasts is a time"),
        ('lasts = "10m"', 'lasts = "10m"\nformat = "N6"', 36, "in a notice alone"),
        ('after = "hello"', 'after = "hush"', 39, "after is the name of a notice"),
        ('right = "yes"', 'right = "maybe"', 42, "right is one of yes, no"),
        ('code = "no"', 'code = "yes"', 41, "second choice"),
        ("[[question]]", "[[question", 37, "Expected"),
    ],
)  # fmt: skip
def test_a_bad_scenario_is_refused_with_its_line(old: str, new: str, line: int, why: str) -> None:
    assert old in GOOD
    with pytest.raises(OurFault) as refused:
        read(GOOD.replace(old, new, 1).encode())
    assert refused.value.code == "notices.scenario"
    assert refused.value.what.startswith(f"line {line}: "), refused.value.what
    assert why in refused.value.what


def test_bytes_that_are_no_text_are_refused_with_the_line_they_stand_in() -> None:
    with pytest.raises(OurFault, match="line 3: no UTF-8"):
        read(b"a = 1\nb = 2\nc = '\xff'\n")


def test_a_scenario_has_two_roles() -> None:
    third = '\n[[role]]\nname = "west"\ntitle = { en = "W", ru = "Запад" }\nsituation = { en = "x", ru = "x" }\n'
    for text in (GOOD + third, GOOD.replace("[[role]]", "[[inject]]", 1)):
        with pytest.raises(OurFault, match="2 of"):
            read(text.encode())


@pytest.mark.parametrize(
    ("make", "most", "have", "what"),
    [(inject, limits.MAX_INJECTS, 3, "inject"), (question, limits.MAX_QUESTIONS, 1, "question")],
)
def test_a_scenario_has_so_many_and_not_one_more(
    make: object, most: int, have: int, what: str
) -> None:
    assert callable(make)
    text = GOOD + "".join(make(f"a{n}") for n in range(most - have))
    assert read(text.encode())
    with pytest.raises(OurFault, match=rf"not {most + 1}"):
        read((text + make("last")).encode())


def test_a_file_is_as_long_as_it_may_be_and_no_longer() -> None:
    data = GOOD.encode()
    full = data + b"#" * (limits.MAX_SCENARIO - len(data))
    assert read(full)
    with pytest.raises(OurFault, match="65537 bytes"):
        read(full + b"#")


def test_a_scenario_lasts_three_days_at_most() -> None:
    assert read(GOOD.replace('"1h"', f'"{limits.MAX_EXERCISE_HOURS}h"').encode())


def test_the_name_is_as_long_as_a_header_takes_it() -> None:
    assert read(GOOD.replace("SMALL HOURS", "x" * limits.MAX_EXERCISE).encode())
    with pytest.raises(OurFault, match="line 1"):
        read(GOOD.replace("SMALL HOURS", "x" * (limits.MAX_EXERCISE + 1)).encode())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("10m", 600), ("2h", 7_200), ("9999h", 35_996_400)],
)
def test_a_time_after_the_beginning(text: str, seconds: int) -> None:
    assert span(text) == Span.of(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "05m", "10000s", "1d", "1.5h", "5m "])
def test_what_is_no_time(text: str) -> None:
    assert span(text) is None


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_done_to_a_file_it_is_read_or_refused_with_a_line(data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        other = data.draw(st.sampled_from(lines) | st.just(""))
        lines[place] = (
            other if data.draw(st.booleans()) else lines[place] + data.draw(st.text(max_size=20))
        )
    told = ""
    try:
        read("\n".join(lines).encode("utf-8", "surrogatepass"))
    except OurFault as refused:
        told = f"{refused.code}: {refused.what}"
    assert not told or told.startswith("notices.scenario: line ")


def test_a_file_is_checked_where_no_party_runs(tmp_path: Path) -> None:
    file = tmp_path / "drill.toml"
    file.write_bytes(shipped.file("grid_at_sea"))
    words = ["notices", "scenario-check", str(file)]
    done = CliRunner().invoke(Root("detente"), words, standalone_mode=False)
    assert done.return_value == 0
    assert "is a good scenario" in done.stdout
    assert "GREY TIDE" in done.stdout
    assert "notices: 5, all injects: 8, questions: 4" in done.stdout
    text = file.read_text().replace('does = "silence"', 'does = "sleep"')
    file.write_text(text)
    line = text[: text.index('does = "sleep"')].count("\n") + 1
    done = CliRunner().invoke(Root("detente"), words, standalone_mode=False)
    assert isinstance(done.exception, OurFault)
    assert done.exception.code == "notices.scenario"
    assert f"line {line}: does is one of" in done.exception.what
