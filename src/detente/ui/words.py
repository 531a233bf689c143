"""Words shown to people, in every language of the house. The roof reads the files."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from detente.ui.texts import read

PLURALS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})  # CLDR's names
PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


class Words:
    """Texts by language and key. A key is `<place>.<table>.<name>`: `cert.act.send`."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        assert texts, "a house speaks at least one language"
        self._texts = texts
        self._forms: dict[str, Callable[[int], str]] = {}

    @classmethod
    def load(cls, files: Mapping[str, Mapping[str, str]]) -> "Words":
        """Return the words of TOML texts: files[language][place], place = `ui` or a desk's name."""
        return cls(
            {
                language: {
                    f"{place}.{key}": text
                    for place, toml in places.items()
                    for key, text in read(toml).items()
                }
                for language, places in files.items()
            }
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages, sorted."""
        return tuple(sorted(self._texts))

    def keys(self, language: str) -> frozenset[str]:
        """Return every key of a language, plural forms as one; tests hold languages equal."""
        return frozenset(map(_stem, self._texts[language]))

    def has(self, key: str, language: str) -> bool:
        """Return whether a language has a text of just this key."""
        return key in self._texts[language]

    def placeholders(self, key: str, language: str) -> frozenset[str]:
        """Return the names that a text leaves open, in any of its plural forms."""
        texts = self._texts[language]
        forms = [text for name, text in texts.items() if name == key or _stem(name) == key]
        assert forms, f"no word {key} in {language}"
        return frozenset(name for text in forms for name in PLACEHOLDER.findall(text))

    def get(self, key: str, language: str, **placeholders: str) -> str:
        """Return a text with its placeholders filled. A missing word or placeholder is a defect.

        What is filled in is never looked at again: a peer's text with braces stays as it is.
        """
        text = self.raw(key, language)
        return PLACEHOLDER.sub(lambda found: placeholders[found[1]], text)

    def raw(self, key: str, language: str) -> str:
        """Return a text with its places open. A missing word is a defect."""
        text = self._texts[language].get(key)
        assert text is not None, f"no word {key} in {language}"
        return text

    def count(self, key: str, language: str, count: int, **placeholders: str) -> str:
        """Return a text in the plural form of count; the count stands in its place {n}."""
        form = self.form_of(key, language, count)
        return self.get(form, language, n=self.number(count, language), **placeholders)

    def form_of(self, key: str, language: str, count: int) -> str:
        """Return the key of the plural form of count: `ui.ago.days.few`, by CLDR's rules."""
        if language not in self._forms:
            from babel import Locale  # noqa: PLC0415  a start that counts nothing does not pay

            self._forms[language] = Locale.parse(language).plural_form
        return f"{key}.{self._forms[language](count)}"

    def number(self, count: int, language: str) -> str:
        """Return a whole number with the language's own sign between thousands."""
        sign = self.raw("ui.thousands", language)[1:-3]  # of how a thousand is written
        return f"{count:,}".replace(",", sign)


def _stem(key: str) -> str:
    before, _, last = key.rpartition(".")
    return before if last in PLURALS else key
