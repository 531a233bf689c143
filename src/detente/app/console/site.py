"""What a page may use: the office, sign-in, the renderer, words, the clock and the settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from detente.app.config import Config
from detente.app.console.ask import Answer, Ask
from detente.app.console.sessions import Sessions
from detente.app.console.static import Statics
from detente.core.moment import Moment
from detente.office.office import Office


class Renderer(Protocol):
    """Makes a page of a template, a language and plain values."""

    def render(self, template: str, language: str, values: Mapping[str, object]) -> str:
        """Return HTML."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """One console. Its pages run one at a time in the office's own thread.

    state: the number of what stands now; a page carries it, and its event stream begins from there.
    api: answers what stands under /api/.
    """

    need_office: Callable[[], Office]
    sign_in: Sessions
    renderer: Renderer
    static: Statics
    now: Callable[[], Moment]
    settings: Config
    settle: Callable[[], None]
    state: Callable[[], str]
    api: Callable[[Ask], Answer]

    @property
    def office(self) -> Office:
        """The office, which has its node. Raises OurFault: run.not_running, hatch.closed."""
        return self.need_office()

    @property
    def name(self) -> str:
        """The name that people type to come here."""
        return self.settings.text("console.name")

    def read_news(self) -> None:
        """Read what came in before a page is made of it."""
        self.settle()
