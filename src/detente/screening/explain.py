"""A score in sentences: what was found, what was missing, and what each cost."""

import tomllib
from collections.abc import Mapping

from detente.screening.calibration import innocents
from detente.screening.decision import Told

Sentences = Mapping[str, Mapping[str, str]]


def sentences(texts: bytes) -> Sentences:
    """Return the words of one language from their TOML (`words/<language>.toml`)."""
    found: dict[str, dict[str, str]] = tomllib.loads(texts.decode())
    return found


def explain(asked: str, hit: Told, words: Sentences) -> list[str]:
    """Return a hit of an asked name as sentences in the language of `words`, the score first."""
    line = words["line"]
    lines = [line["score"].format(score=round(100 * hit.score), name=hit.name or hit.entity)]
    lines += filter(None, [meaning(asked, hit, words)])
    if hit.reading in words["reading"]:
        lines.append(words["reading"][hit.reading])
    for part in hit.parts:
        reason = words["why"][part.why]
        lines.append(
            line["pair"].format(
                asked=" ".join(part.asked), listed=" ".join(part.listed),
                why=reason, likeness=part.likeness // 10,
            )
        )  # fmt: skip
    if hit.asked_over:
        lines.append(line["asked_over"].format(words=", ".join(hit.asked_over)))
    if hit.listed_over:
        lines.append(line["listed_over"].format(words=", ".join(hit.listed_over)))
    told = (factor(name, by, words) for name, by in hit.factors)
    return [*lines, *filter(None, told)]


def meaning(asked: str, hit: Told, words: Sentences) -> str:
    """Return how many people who are on no list reach this score, as a sentence.

    "" for the same document: no name was compared.
    """
    if not hit.parts:
        return ""
    count, line = innocents(asked, hit.score), words["line"]
    return line["most_innocents"] if count is None else line["innocents"].format(count=count)


def _tells(name: str, by: float) -> bool:
    return name not in ("as_written", "whole_spelling") and abs(by - 1) >= 0.005


def factor(name: str, by: float, words: Sentences) -> str:
    """Return what a factor did to the score as a sentence, "" for one that tells nothing."""
    if not _tells(name, by):
        return ""
    change = round(100 * (by - 1))
    way = words["line"]["up"] if change > 0 else words["line"]["down"]
    return way.format(what=words["part"][name], change=abs(change))
