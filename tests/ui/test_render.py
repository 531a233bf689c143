import pytest
from jinja2 import DictLoader, Environment, UndefinedError

from detente.app import faces
from detente.ui.render import Renderer
from detente.ui.safe import Html, foreign
from detente.ui.words import Words

WORDS = Words.load(
    {
        "en": {"ui": 'thousands = "1,000"\na = "from <{x}>"\n[n]\none = "{n} of {x}"\nother = "{n} all {x}"'},
        "ru": {"ui": 'thousands = "1 000"\na = "от {x}"\n[n]\none = "{n} a {x}"\nfew = "{n} b {x}"\nmany = "{n} c {x}"\nother = "{n} d {x}"'},
    }
)  # fmt: skip


def shown(template: str, language: str = "en", **values: object) -> str:
    return Renderer({"t.html": template}, WORDS, lambda name: f"/s/{name}.1").render(
        "t.html", language, values
    )


def test_everything_is_escaped_but_what_is_html() -> None:
    assert shown("{{ x }}", x="<b>") == "&lt;b&gt;"
    assert shown("{{ t('ui.a', x=x) }}", x="<b>{x}") == "from &lt;&lt;b&gt;{x}&gt;"
    assert shown("{{ t('ui.a', x=foreign(x)) }}", x="<") == f"from &lt;{foreign('<')}&gt;"
    macro = "{% macro m() %}<i>{% endmacro %}{{ t('ui.a', x=m()) }}"
    assert shown(macro) == "from &lt;<i>&gt;"


def test_a_mark_that_was_drawn_before_is_escaped_as_if_it_were_new() -> None:
    mark = "{% macro mark(name) %}<i>{{ name }}</i>{% endmacro %}"
    page = '{% from "parts/marks.html" import mark %}{{ mark(x) }}{{ mark(y) }}{{ mark(x) }}'
    made = Renderer({"t.html": page, "parts/marks.html": mark}, WORDS)
    for _ in range(2):
        found = made.render("t.html", "en", {"x": "<", "y": Html("<")})
        assert found == "<i>&lt;</i><i><</i><i>&lt;</i>"


def test_a_language_says_whether_it_has_a_word() -> None:
    assert WORDS.has("ui.n.few", "ru")
    assert not WORDS.has("ui.n.few", "en")
    assert not WORDS.has("ui.n", "ru")


def test_counts_have_the_plural_of_the_language() -> None:
    assert shown("{{ n('ui.n', 1, x=2) }}") == "1 of 2"
    assert shown("{{ n('ui.n', 1234, x=2) }}") == "1,234 all 2"
    assert [shown("{{ n('ui.n', k, x=0) }}", "ru", k=k)[2:3] for k in (1, 3, 5)] == ["a", "b", "c"]


def test_a_name_that_nobody_gave_is_a_defect() -> None:
    with pytest.raises(UndefinedError):
        shown("{{ nothing }}")
    with pytest.raises(AssertionError, match="no word"):
        shown("{{ t('ui.nothing') }}")


def test_a_language_has_its_direction_and_a_file_its_address() -> None:
    assert shown("{{ lang }} {{ direction }} {{ static('a.css') }}", "ru") == "ru ltr /s/a.css.1"


def test_every_template_compiles() -> None:
    templates = faces.templates()
    found = Environment(loader=DictLoader(templates), autoescape=True)
    assert {name.partition("/")[0] for name in templates} >= {"base.html", "parts"}
    for name in templates:
        found.get_template(name)
