"""The words of the house: of the roof, of all screens, and of each desk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from detente.app.desks import DESKS
from detente.office.desk import Desk
from detente.ui.words import Words

LANGUAGES: Final = ("en", "ru")
_SOURCE: Final = Path(__file__).parent.parent


def load(
    desks: Sequence[Desk] = DESKS,
    more: Mapping[str, Mapping[str, str]] | None = None,
    languages: Sequence[str] = LANGUAGES,
) -> Words:
    """Return the words; more: texts of TOML by language and place, for desks without a folder."""
    given = more or {}
    places = {"app": _SOURCE / "app", "ui": _SOURCE / "ui"}
    places |= {
        desk.name: _SOURCE / "desks" / desk.name
        for desk in desks
        if not any(desk.name in texts for texts in given.values())
    }
    return Words.load(
        {
            language: {
                **{
                    place: (folder / "words" / f"{language}.toml").read_text("utf-8")
                    for place, folder in places.items()
                },
                **given.get(language, {}),
            }
            for language in languages
        }
    )
