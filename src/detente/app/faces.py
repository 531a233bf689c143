"""The files behind the pages, read once: templates, words, and what browsers fetch."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from secrets import token_urlsafe

from detente.app.desks import DESKS
from detente.app.face import LANGUAGES
from detente.ui.render import Renderer
from detente.ui.words import Words


@cache
def words() -> Words:
    """Return the words of the house and of its desks, in every language."""
    places = {
        "ui": "detente.ui",
        "console": "detente.app.console",
        "paper": "detente.app.paper",
        **{desk.name: f"detente.desks.{desk.name}" for desk in DESKS},
    }
    return Words.load(
        {
            language: {
                place: (resources.files(package) / "words" / f"{language}.toml").read_text("utf-8")
                for place, package in places.items()
            }
            for language in LANGUAGES
        }
    )


@cache
def renderer(static: Callable[[str], str] | None = None) -> Renderer:
    """Return the renderer of every page. static: says where a file of ours is fetched."""
    return Renderer(
        templates(), words(), static or (lambda name: f"/static/{name}"), partial(token_urlsafe, 16)
    )


def templates() -> dict[str, str]:
    """Return every template by its name: `parts/marks.html`."""
    root = resources.files("detente.ui") / "templates"
    return {name: file.read_text("utf-8") for name, file in _walk(root, "")}


@cache
def static() -> dict[str, bytes]:
    """Return every file that pages fetch, by its name below `/static/`: `fonts/OFL.txt`."""
    root = resources.files("detente.ui") / "static"
    return {name: file.read_bytes() for name, file in _walk(root, "")}


def _walk(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        name = f"{above}{each.name}"
        if each.is_dir():
            yield from _walk(each, f"{name}/")
        else:
            yield name, each
