"""Write what pages say of each code from docs/errors.md and docs/ru/errors.md.

    python tools/faults.py

The documents are the source: a code gets its sentence there, and both languages of the console get
it from here. tests/house holds them equal.
"""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PAGES: Final = {"en": ROOT / "docs/errors.md", "ru": ROOT / "docs/ru/errors.md"}
OUT: Final = ROOT / "src/detente/app/faults"
_CODE: Final = re.compile(r"`(E_[A-Z_]+|[a-z_]+\.[a-z_]+)`")


def sentences(page: Path) -> dict[str, tuple[str, str]]:
    """Return by code what happened and what to do, as a page of errors has it."""
    found = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [each.strip().replace(r"\|", "|") for each in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and (code := _CODE.fullmatch(cells[0])):
            found[code[1]] = (cells[-2].replace("`", ""), cells[-1].replace("`", ""))
    return found


def toml_of(page: Path) -> str:
    """Return the sentences of a page as TOML."""
    rows = [f"# Made of {page.relative_to(ROOT)} by tools/faults.py; mend it there.\n"]
    for code, (what, remedy) in sorted(sentences(page).items()):
        rows.append(f'["{code}"]\nwhat = {_quoted(what)}\ntry = {_quoted(remedy)}\n')
    return "\n".join(rows)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


if __name__ == "__main__":
    for language, page in PAGES.items():
        (OUT / f"{language}.toml").write_text(toml_of(page), encoding="utf-8")
