"""What a browser calls itself, short enough to know one's own by."""

import re
from typing import Final

_SHOWN: Final = 60  # characters of a name that we do not know
# The first that fits: later names also stand in what earlier ones send.
_BROWSERS: Final = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"\bOPR/(\d+)"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:\bChrom(?:e|ium)|HeadlessChrome|\bCriOS)/(\d+)"),
    ("Safari", r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
)
_SYSTEMS: Final = (
    ("Android", r"\bAndroid\b"),
    ("iOS", r"\b(?:iPhone|iPad|iPod)\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)


def told(agent: str) -> str:
    """Return name, number and system of a browser; what we do not know as it is, but short."""
    for name, pattern in _BROWSERS:
        if found := re.search(pattern, agent):
            system = next((each for each, mark in _SYSTEMS if re.search(mark, agent)), "")
            return f"{name} {found[1]}" + (f" · {system}" if system else "")
    return agent if len(agent) <= _SHOWN else f"{agent[:_SHOWN]}…"
