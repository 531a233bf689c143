"""Pages from templates. The roof reads the files; here they become HTML, always escaped."""

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Final

from detente.core.moment import Moment, Span
from detente.ui import frame, receipts, safe, when
from detente.ui.safe import Html
from detente.ui.words import PLACEHOLDER, Words

if TYPE_CHECKING:
    from jinja2 import Environment

_KB: Final = 1000
# Parts that are drawn once for the same values: these take plain values, and say no times.
_DRAWN: Final = {"parts/marks.html": 256, "parts/rows.html": 512}  # how many of each are kept
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def _static(name: str) -> str:
    return f"/static/{name}"


def _unnamed() -> str:
    return ""


class Renderer:
    """Templates and words; one set of compiled templates for each language."""

    def __init__(
        self,
        templates: Mapping[str, str],
        words: Words,
        static: Callable[[str], str] = _static,
        sending: Callable[[], str] = _unnamed,
    ) -> None:
        """Take templates by name, where a file of `static/` is fetched, and names of sendings.

        sending: a fresh name each time; every form carries one, so that sent twice it acts once.
        """
        self._templates, self.words = templates, words
        self._static, self._sending = static, sending
        self._made: dict[str, Environment] = {}

    def render(self, template: str, language: str, values: Mapping[str, object]) -> str:
        """Return the page of a template, `pages/attention.html`.

        values are plain data; `frame` (ui.frame.Frame) among them for every whole page. What a
        template names and nobody gave is a defect, not an empty place.
        """
        return self._of(language).get_template(template).render(values)

    def _of(self, language: str) -> "Environment":
        if language not in self._made:
            made = _environment(self._templates, Voice(self.words, language))
            made.globals.update({"static": self._static, "sending": self._sending})
            for part in _DRAWN.keys() & self._templates.keys():
                _remember(made, part)
            self._made[language] = made
        return self._made[language]


class Voice:
    """The words and times of one language, as templates call them."""

    def __init__(self, words: Words, language: str) -> None:
        self._words, self.language = words, language
        self._said: dict[str, Html] = {}  # sentences without places; as many as there are words

    @cached_property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    def t(self, key: str, **places: object) -> Html:
        """Return a sentence; what fills its places is escaped unless it is HTML."""
        if places:
            return _filled(self._words.raw(key, self.language), places)
        found = self._said.get(key)
        if found is None:
            found = self._said[key] = _filled(self._words.raw(key, self.language), {})
        return found

    def n(self, key: str, count: int, **places: object) -> Html:
        """Return a sentence in the plural form of count, which stands in its place {n}."""
        raw = self._words.raw(self._words.form_of(key, self.language, count), self.language)
        return _filled(raw, {"n": self.number(count), **places})

    def number(self, count: int) -> str:
        """Return a whole number with its thousands apart."""
        return self._words.number(count, self.language)

    def size(self, count: int) -> str:
        """Return a size in bytes, kB or MB."""
        if count < _KB:
            return self._words.get("ui.size.b", self.language, n=str(count))
        if count < _KB**2:
            return self._words.get("ui.size.kb", self.language, n=self._tenths(count / _KB))
        return self._words.get("ui.size.mb", self.language, n=self._tenths(count / _KB**2))

    def _tenths(self, value: float) -> str:
        # The sign is the one in how a half is written.
        sign = self._words.get("ui.size.half", self.language)[1]
        return f"{value:.1f}".replace(".", sign)

    def countdown(self, left: Span) -> str:
        """Return when.countdown in this language."""
        return when.countdown(left, self._words, self.language)

    def age(self, past: Span) -> str:
        """Return when.age in this language."""
        return when.age(past, self._words, self.language)

    def ago(self, past: Span) -> str:
        """Return when.ago in this language."""
        return when.ago(past, self._words, self.language)


def _filled(text: str, places: Mapping[str, object]) -> Html:
    parts: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        parts += [safe.escape(text[end : found.start()]), _shown(places[found[1]])]
        end = found.end()
    return Html("".join([*parts, safe.escape(text[end:])]))


def _shown(value: object) -> str:
    # What a part of a page is made of comes as HTML of Jinja's own kind.
    made = getattr(value, "__html__", None)
    return str(made()) if callable(made) else safe.escape(safe.plain(str(value)))


def _remember(made: "Environment", part: str) -> None:
    """Draw each thing of a part once: what it looks like follows from what it is called with alone."""
    module = made.get_template(part).module
    for name, drawn in [(n, d) for n, d in vars(module).items() if callable(d)]:
        setattr(module, name, lru_cache(_DRAWN[part], typed=True)(partial(drawn)))


def _environment(templates: Mapping[str, str], voice: Voice) -> "Environment":
    from jinja2 import DictLoader, Environment, StrictUndefined  # noqa: PLC0415  30 ms at a start

    from detente.ui.calls import Plain  # noqa: PLC0415

    made = Environment(
        loader=DictLoader(templates), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.context_class = Plain
    named: dict[str, Callable[..., object]] = {
        "t": voice.t, "n": voice.n, "number": voice.number, "size": voice.size,
        "countdown": voice.countdown, "age": voice.age, "ago": voice.ago,
        "utc": when.utc, "clock": when.clock, "day": when.day, "group": when.group,
        "near": when.near, "machine": when.machine,
        "foreign": safe.foreign, "prose": partial(safe.foreign, lines=True),
        "plain": safe.plain, "title": safe.title, "plain_title": safe.plain_title, "ltr": safe.ltr,
        "last_word": receipts.last_word, "upright": receipts.upright,
        "Moment": Moment, "Span": Span, "Line": frame.Line,
    }  # fmt: skip
    made.globals.update(named)
    made.globals.update({"lang": voice.language, "direction": voice.direction})
    return made
