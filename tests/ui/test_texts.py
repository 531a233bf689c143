import tomllib
from pathlib import Path

import pytest

from detente.ui import texts

SOURCE = Path(texts.__file__).parent.parent


def flat(table: dict[str, object], above: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in table.items():
        more = flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        found |= more
    return found


@pytest.mark.parametrize(
    "path", sorted(SOURCE.rglob("words/*.toml")), ids=lambda p: f"{p.parts[-3]}-{p.stem}"
)
def test_each_file_of_words_reads_as_toml_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = path.read_text("utf-8")
    wanted = flat(tomllib.loads(told))
    monkeypatch.setattr(texts, "_all", lambda _toml: {})  # it is a file of the plain form
    assert texts.read(told) == wanted
    assert wanted


@pytest.mark.parametrize(
    "toml",
    [
        'a = "x"\n\n# why\n[t.u]\nb = "say \\"x\\""\nc = ""',
        'a = "tab \\t"',
        "a = 'plain \\n'",
        'a = """\nmany\nlines"""',
        'a.b = "x"  # why',
        '[t]\r\na = "x"\r\n',
        '"a b" = "x"',
    ],
)
def test_whatever_form_a_text_has_it_reads_as_toml_says(toml: str) -> None:
    assert texts.read(toml) == flat(tomllib.loads(toml))


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(ValueError, match="at line 1"):
        texts.read('a = "x" "y"')
