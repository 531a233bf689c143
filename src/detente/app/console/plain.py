"""Pages of the door itself, which need neither templates nor the office to be there."""

import tomllib
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib import resources

from detente.app import said
from detente.core.errors import Fault
from detente.ui import safe


def plain_page(title: str, *paragraphs: str, language: str = "en", head: str = "") -> str:
    """Return a small page of texts; every text is escaped, and nothing in it unseen. head: HTML of our own."""
    rows = "".join(f"<p>{escape(safe.plain(each))}</p>" for each in paragraphs)
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">{head}'
        f"<title>{escape(title)}</title></head>"
        f"<body><main><h1>{escape(title)}</h1>{rows}</main></body></html>"
    )


def fault_page(fault: Fault, language: str) -> str:
    """Return a fault as a page: what, how to go on, and the code."""
    told = said.of(fault, language)
    rows = filter(None, (told.what, told.because, told.remedy, told.code))
    return plain_page(_words(language)["refused"], *rows, language=language)


def again_page(target: str, language: str) -> str:
    """Return a page that opens the same address anew, as from here.

    A link from a mail comes without our cookie (SameSite=Strict); a step from our own page has it.
    """
    words = _words(language)
    head = f'<meta http-equiv="refresh" content="0; url={escape(target)}">'
    link = f'<p><a href="{escape(target)}">{escape(words["go_on"])}</a></p>'
    shown = plain_page(words["opening"], language=language, head=head)
    return shown.replace("</main>", f"{link}</main>")


@cache
def _words(language: str) -> Mapping[str, str]:
    file = resources.files("detente.app") / "words" / f"{language}.toml"
    found: dict[str, str] = tomllib.loads(file.read_text("utf-8"))["door"]
    return found


class PlainRenderer:
    """Shows the values of a page as they are: where no templates are."""

    def render(self, template: str, language: str, values: Mapping[str, object]) -> str:
        """Return a page of names and values."""
        rows = [f"{name}: {value}" for name, value in values.items()]
        return plain_page(template, *rows, language=language)
