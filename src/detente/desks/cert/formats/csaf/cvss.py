"""Scores of CVSS 2.0, 3.0 and 3.1 from their vectors, in decimal numbers: no rounding by chance.

Source: the guides named in cvss_shape.py; equations of 2.0 section 3.2, 3.0 section 8, 3.1 section 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Final

from detente.desks.cert.formats.csaf.cvss_shape import METRICS_2, METRICS_3, SEVERITIES, Metric

_TENTH: Final = Decimal("0.1")
_TEN: Final = Decimal(10)
_ONE: Final = Decimal(1)
_PRIVILEGES_IN_CHANGED_SCOPE: Final = {"L": Decimal("0.68"), "H": Decimal("0.50")}
_UPPER: Final = ((Decimal(0), 0), (Decimal("3.9"), 1), (Decimal("6.9"), 2), (Decimal("8.9"), 3))


@dataclass(frozen=True, slots=True)
class Scores:
    """The three scores of a vector."""

    base: Decimal
    temporal: Decimal
    environmental: Decimal


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector that was read: letters by metric, those not defined included.

    given: metrics that stand in its text.
    """

    version: str
    letters: Mapping[str, str]
    given: frozenset[str]

    def word(self, metric: Metric) -> str:
        """Return the word that JSON has for what the vector says of a metric."""
        return metric.words[self.letters[metric.short]]

    def completed(self, words: Mapping[str, object]) -> "Vector":
        """Return it with what its text leaves open filled in from members of JSON, by name."""
        letters = dict(self.letters)
        for metric in metrics_of(self.version):
            if metric.short not in self.given:
                found = (
                    each for each, word in metric.words.items() if word == words.get(metric.name)
                )
                letters[metric.short] = next(found, letters[metric.short])
        return Vector(self.version, letters, self.given)


def metrics_of(version: str) -> tuple[Metric, ...]:
    """Return the metrics of "2.0", "3.0" or "3.1"."""
    return METRICS_2 if version == "2.0" else METRICS_3


def read(text: str, version: str) -> Vector | str:
    """Return the vector that a text of a version says, or what is wrong with it."""
    prefix = "" if version == "2.0" else f"CVSS:{version}/"
    if not text.startswith(prefix):
        return f"does not begin with {prefix}"
    metrics = {each.short: each for each in metrics_of(version)}
    letters: dict[str, str] = {}
    for part in text[len(prefix) :].split("/"):
        short, _, letter = part.partition(":")
        metric = metrics.get(short)
        if metric is None or letter not in metric.words:
            return f"has {part[:20]!r}, which CVSS {version} does not know"
        if short in letters:
            return f"says {short} twice"
        letters[short] = letter
    lacking = [each.short for each in metrics.values() if each.base and each.short not in letters]
    if lacking:
        return f"lacks {', '.join(lacking)}"
    undefined = "ND" if version == "2.0" else "X"
    whole = {short: letters.get(short, undefined) for short in metrics}
    return Vector(version, whole, frozenset(letters))


def scores(vector: Vector) -> Scores:
    """Return the scores of a vector."""
    return _scores_2(vector) if vector.version == "2.0" else _scores_3(vector)


def severity(score: Decimal) -> str:
    """Return the word for a score of CVSS 3 (3.1 section 5)."""
    place = next((place for upper, place in _UPPER if score <= upper), len(SEVERITIES) - 1)
    return SEVERITIES[place]


def _scores_2(vector: Vector) -> Scores:
    weight = {
        each.short: each.weights[vector.letters[each.short]] or Decimal(0) for each in METRICS_2
    }

    def impact(confidence: Decimal, integrity: Decimal, availability: Decimal) -> Decimal:
        rest = _ONE
        for short, factor in (("C", confidence), ("I", integrity), ("A", availability)):
            rest *= _ONE - weight[short] * factor
        return Decimal("10.41") * (_ONE - rest)

    def base(found: Decimal) -> Decimal:
        ease = Decimal(20) * weight["AV"] * weight["AC"] * weight["Au"]
        factor = Decimal("1.176") if found else Decimal(0)
        sum_ = Decimal("0.6") * found + Decimal("0.4") * ease - Decimal("1.5")
        return _nearest(max(sum_ * factor, Decimal(0)))

    def temporal(found: Decimal) -> Decimal:
        return _nearest(found * weight["E"] * weight["RL"] * weight["RC"])

    plain = base(impact(_ONE, _ONE, _ONE))
    adjusted = temporal(base(min(_TEN, impact(weight["CR"], weight["IR"], weight["AR"]))))
    spread = (adjusted + (_TEN - adjusted) * weight["CDP"]) * weight["TD"]
    return Scores(plain, temporal(plain), _nearest(spread))


def _scores_3(vector: Vector) -> Scores:
    letters = vector.letters
    by_short = {each.short: each for each in METRICS_3}

    def weight(short: str) -> Decimal:
        return by_short[short].weights[letters[short]] or Decimal(0)

    def modified(short: str) -> str:
        letter = letters[f"M{short}"]
        return letters[short] if letter == "X" else letter

    def said(short: str, letter: str, *, is_changed: bool) -> Decimal:
        if short == "PR" and is_changed and letter in _PRIVILEGES_IN_CHANGED_SCOPE:
            return _PRIVILEGES_IN_CHANGED_SCOPE[letter]
        return by_short[short].weights[letter] or Decimal(0)

    def ease(letter_of: Mapping[str, str], *, is_changed: bool) -> Decimal:
        found = Decimal("8.22")
        for short in ("AV", "AC", "PR", "UI"):
            found *= said(short, letter_of[short], is_changed=is_changed)
        return found

    def join(impact: Decimal, found: Decimal, *, is_changed: bool) -> Decimal:
        if impact <= 0:
            return Decimal("0.0")
        factor = Decimal("1.08") if is_changed else _ONE
        return _round_up(min(factor * (impact + found), _TEN), vector.version)

    def rest(of: Mapping[str, str], asked: Mapping[str, Decimal]) -> Decimal:
        left = _ONE
        for short in "CIA":
            left *= _ONE - said(short, of[short], is_changed=False) * asked[short]
        return _ONE - left

    is_changed = letters["S"] == "C"
    flat = dict.fromkeys("CIA", _ONE)
    found = join(
        _impact_3(rest(letters, flat), is_changed=is_changed),
        ease(letters, is_changed=is_changed),
        is_changed=is_changed,
    )
    factor = weight("E") * weight("RL") * weight("RC")
    temporal = _round_up(found * factor, vector.version)

    changed = {short: modified(short) for short in ("AV", "AC", "PR", "UI", "S", "C", "I", "A")}
    is_changed = changed["S"] == "C"
    asked = {short: weight(f"{short}R") for short in "CIA"}
    missed = min(rest(changed, asked), Decimal("0.915"))
    impact = _modified_impact_3(missed, vector.version, is_changed=is_changed)
    inner = join(impact, ease(changed, is_changed=is_changed), is_changed=is_changed)
    return Scores(found, temporal, _round_up(inner * factor, vector.version))


def _impact_3(missed: Decimal, *, is_changed: bool) -> Decimal:
    if not is_changed:
        return Decimal("6.42") * missed
    bend = (missed - Decimal("0.02")) ** 15
    return Decimal("7.52") * (missed - Decimal("0.029")) - Decimal("3.25") * bend


def _modified_impact_3(missed: Decimal, version: str, *, is_changed: bool) -> Decimal:
    if not is_changed or version == "3.0":
        return _impact_3(missed, is_changed=is_changed)
    bend = (missed * Decimal("0.9731") - Decimal("0.02")) ** 13
    return Decimal("7.52") * (missed - Decimal("0.029")) - Decimal("3.25") * bend


def _nearest(value: Decimal) -> Decimal:
    return value.quantize(_TENTH, ROUND_HALF_UP)


def _round_up(value: Decimal, version: str) -> Decimal:
    if version == "3.1":  # 3.1 appendix A: what binary numbers add beyond the fifth place is noise
        value = value.quantize(Decimal("0.00001"), ROUND_HALF_UP)
    return value.quantize(_TENTH, ROUND_CEILING)
