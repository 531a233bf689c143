"""What a page asks of the node: beside the office's loop, which waits for nobody.

The page itself waits, ASK_SECONDS at most; whatever else people ask meanwhile is answered.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from detente.app import client
from detente.app.console import limits
from detente.app.console.ask import Answer, Later
from detente.app.console.site import Site
from detente.core.errors import OurFault

Question = tuple[str, str]  # method and path of the node's socket
LINKS: Final = ("GET", "/v1/links")
DOCTOR: Final = ("GET", "/v1/doctor")
RELOAD: Final = ("POST", "/v1/reload")


def ask(
    site: Site, questions: Sequence[Question], then: Callable[[Sequence[Any]], Answer]
) -> Later:
    """Return an answer that is made once the node answered each question; None where it did not.

    What the page shows of the office is looked up before: `then` only makes the page.
    """
    folder = site.settings.folder

    def made(found: object) -> Answer:
        assert isinstance(found, list), "one for each question"
        return then(found)

    return Later(lambda: [_answer(folder, each) for each in questions], made, asks=True)


def _answer(folder: Path, question: Question) -> object:
    try:
        with closing(client.node(folder, limits.ASK_SECONDS)) as node:
            return node.ask(*question)
    except OurFault:
        return None
