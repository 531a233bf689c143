"""The pages docs/procedures from the declarations: python -m tests.support.procedure_pages."""

from pathlib import Path
from typing import Final

from detente.app import catalogue
from detente.app.desks import DESKS
from detente.office.desk import Desk
from detente.ui.picture import Picture

DOCS: Final = Path(__file__).parents[2] / "docs"
FOLDERS: Final = {"en": "procedures", "ru": "ru/procedures"}


def pages(desk: Desk) -> dict[str, str]:
    """Return the files of a desk by their place below docs/; none if it declares no procedure."""
    words, found = catalogue.load(), dict[str, str]()
    if not desk.procedures:
        return found
    for language, folder in FOLDERS.items():
        parts = [
            f"# {words.get(f'{desk.name}.desk', language)}\n",
            f"{words.get('ui.procedure.about', language)}\n",
        ]
        for procedure in desk.procedures:
            picture = Picture(procedure, words, language)
            name = f"{procedure.name.replace('.', '-')}.svg"
            found[f"{folder}/{name}"] = picture.svg()
            parts.append(picture.page(name))
        found[f"{folder}/{desk.name}.md"] = "\n".join(parts)
    return found


def main() -> None:
    """Write them all."""
    for desk in DESKS:
        for name, text in pages(desk).items():
            (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
            (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
