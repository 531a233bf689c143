"""Names of countries as lists write them, to ISO 3166-1 codes."""

from collections.abc import Iterable
from functools import cache
from typing import Final

_ALSO: Final = {
    "russia": "ru", "russian federation": "ru", "iran (islamic republic of)": "ir", "iran": "ir", "islamic republic of iran": "ir",
    "syrian arab republic": "sy", "syria": "sy", "democratic people's republic of korea": "kp",
    "korea, north": "kp", "north korea": "kp", "dprk": "kp", "korea, south": "kr", "republic of korea": "kr", "south korea": "kr",
    "democratic republic of the congo": "cd", "congo, democratic republic of the": "cd",
    "congo, republic of the": "cg", "burma": "mm", "myanmar": "mm", "libyan arab jamahiriya": "ly",
    "state of libya": "ly", "viet nam": "vn", "united states of america": "us", "united states": "us", "usa": "us",
    "united kingdom of great britain and northern ireland": "gb", "england": "gb", "uk": "gb",
    "cote d'ivoire": "ci", "côte d'ivoire": "ci", "ivory coast": "ci", "west bank": "ps", "palestinian": "ps", "region: gaza": "ps", "gaza": "ps",
    "state of palestine": "ps", "republic of moldova": "md", "venezuela (bolivarian republic of)": "ve",
    "bolivia (plurinational state of)": "bo", "the gambia": "gm", "hong kong": "hk", "macau": "mo",
    "taiwan": "tw", "taiwan, province of china": "tw", "united republic of tanzania": "tz", "tanzania": "tz", "bosnia and herzegovina": "ba",
    "turkey": "tr", "türkiye": "tr", "trinidad and tobago": "tt", "kosovo": "xk", "north macedonia, the republic of": "mk",
    "afghan": "af", "russian": "ru", "iranian": "ir", "syrian": "sy", "soviet union": "su", "czech republic": "cz",
    "china": "cn", "people's republic of china": "cn",
}  # fmt: skip


@cache
def _names() -> dict[str, str]:
    from babel import Locale  # noqa: PLC0415  codes need none of its names

    found: dict[str, str] = {}
    for language in ("en", "fr", "ru"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(name.lower(), code.lower())
    return found | _ALSO


def code(name: str) -> str | None:
    """Return the code of a country's name, or of a code itself; None if it is neither."""
    text = " ".join(name.split()).lower()
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text
    return _names().get(text)


def codes(names: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of names, each once, in order; unknown names are left out."""
    return tuple(dict.fromkeys(c for c in map(code, names) if c))
