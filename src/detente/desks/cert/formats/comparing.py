"""The plain patterns that most indicators have: `[a = 'x' AND b = 'y'] OR [c = 'z']`, taken apart.

Anything else (qualifiers, ranges, NOT, LIKE) is left to readers of whole patterns: None here.
Source: OASIS STIX 2.1, section 9.
"""

import re
from typing import Final

from detente.core import limits

Pair = tuple[str, str]
_PATTERN_MAX: Final = limits.MAX_PATTERN_COMPARED  # characters
_TOKEN: Final = re.compile(
    r"\s*(?:(\[)|(\])|(AND|OR)\b|"
    r"([a-z0-9-]+:[A-Za-z0-9_-]+(?:\.(?:'[^'\\]{1,64}'|[A-Za-z0-9_-]+)|\[[0-9*]+\])*)"
    r"\s*(=|ISSUBSET\b)\s*('(?:[^'\\]|\\.)*'|-?[0-9]+(?:\.[0-9]+)?))"
)


def take_apart(pattern: str) -> list[list[Pair]] | None:
    """Return the observations of a pattern, one of which must be seen, each as (path, value) pairs.

    None: the pattern says more than equality.
    """
    if len(pattern) > _PATTERN_MAX:
        return None
    found: list[list[Pair]] = []
    at, inside, due = 0, False, True  # due: a comparison or an observation must come next
    joined = ""
    text = pattern.strip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        at = token.end()
        opens, closes, word, path, sign, value = token.groups()
        if opens and due and not inside:
            inside, joined = True, ""
            found.append([])
        elif closes and inside and not due:
            inside = False
        elif word and not due:
            if (inside and joined and joined != word) or (not inside and word == "AND"):
                return None
            if inside:
                joined = word
            due = True
        elif path and inside and due and _is_said(path, sign, value):
            if joined == "OR" and found[-1]:
                found.append([])
            found[-1].append((path, _value(value)))
            due = False
        else:
            return None
    return found if found and not inside and not due else None


def _is_said(path: str, sign: str, literal: str) -> bool:
    # A network is asked for by what is within it; no type of address says so otherwise.
    return sign == "=" or (path in ("ipv4-addr:value", "ipv6-addr:value") and "/" in literal)


def _value(literal: str) -> str:
    if not literal.startswith("'"):
        return literal
    return re.sub(r"\\(.)", r"\1", literal[1:-1], flags=re.DOTALL)
