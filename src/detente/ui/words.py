"""Words shown to people, in every language of the house. The roof reads the files."""

import re
import tomllib
from collections.abc import Mapping
from typing import Final

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


class Words:
    """Texts by language and key. A key is `<place>.<table>.<name>`: `cert.act.send`."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]]) -> None:
        assert texts, "a house speaks at least one language"
        self._texts = texts

    @classmethod
    def load(cls, files: Mapping[str, Mapping[str, str]]) -> "Words":
        """Return the words of TOML texts: files[language][place], place = `ui` or a desk's name."""
        return cls(
            {
                language: {
                    f"{place}.{key}": text
                    for place, toml in places.items()
                    for key, text in _flat(tomllib.loads(toml), "").items()
                }
                for language, places in files.items()
            }
        )

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages, sorted."""
        return tuple(sorted(self._texts))

    def keys(self, language: str) -> frozenset[str]:
        """Return every key of a language; tests hold languages equal."""
        return frozenset(self._texts[language])

    def placeholders(self, key: str, language: str) -> frozenset[str]:
        """Return the names that a text leaves open."""
        return frozenset(PLACEHOLDER.findall(self._texts[language][key]))

    def get(self, key: str, language: str, **placeholders: str) -> str:
        """Return a text with its placeholders filled. A missing word or placeholder is a defect.

        What is filled in is never looked at again: a peer's text with braces stays as it is.
        """
        text = self._texts[language].get(key)
        assert text is not None, f"no word {key} in {language}"
        return PLACEHOLDER.sub(lambda found: placeholders[found[1]], text)


def _flat(table: Mapping[str, object], before: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            assert isinstance(value, str), f"{before}{name} is a text"
            found[f"{before}{name}"] = value
    return found
