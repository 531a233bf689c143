"""Metrics of CVSS 2.0, 3.0 and 3.1 as data: names in JSON, letters in vectors, words, weights.

Source: FIRST, "A Complete Guide to the Common Vulnerability Scoring System Version 2.0";
"Common Vulnerability Scoring System v3.0" and "v3.1: Specification Document".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from detente.desks.cert.formats.csaf.shape import Group, Number, Shape, Word

Weights = Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its letters in a vector, its member in JSON, its words and weights by letter.

    A base metric must stand in every vector; of others a missing one says "not defined".
    """

    short: str
    name: str
    words: Mapping[str, str]
    weights: Weights
    base: bool = False


def _metric(short: str, name: str, values: str, *, base: bool = False) -> Metric:
    # values: `letter word weight`, parted by commas; a weight - where the formula asks elsewhere.
    rows = [each.split() for each in values.split(",")]
    weights = {row[0]: None if row[2] == "-" else Decimal(row[2]) for row in rows}
    return Metric(short, name, {row[0]: row[1] for row in rows}, weights, base)


_CIA_2: Final = "N NONE 0, P PARTIAL 0.275, C COMPLETE 0.660"
_REQUIRED_2: Final = "L LOW 0.5, M MEDIUM 1, H HIGH 1.51, ND NOT_DEFINED 1"
METRICS_2: Final = (
    _metric(
        "AV", "accessVector", "L LOCAL 0.395, A ADJACENT_NETWORK 0.646, N NETWORK 1", base=True
    ),
    _metric("AC", "accessComplexity", "H HIGH 0.35, M MEDIUM 0.61, L LOW 0.71", base=True),
    _metric("Au", "authentication", "M MULTIPLE 0.45, S SINGLE 0.56, N NONE 0.704", base=True),
    _metric("C", "confidentialityImpact", _CIA_2, base=True),
    _metric("I", "integrityImpact", _CIA_2, base=True),
    _metric("A", "availabilityImpact", _CIA_2, base=True),
    _metric(
        "E", "exploitability",
        "U UNPROVEN 0.85, POC PROOF_OF_CONCEPT 0.9, F FUNCTIONAL 0.95, H HIGH 1, ND NOT_DEFINED 1",
    ),
    _metric(
        "RL", "remediationLevel",
        "OF OFFICIAL_FIX 0.87, TF TEMPORARY_FIX 0.9, W WORKAROUND 0.95, U UNAVAILABLE 1,"
        "ND NOT_DEFINED 1",
    ),
    _metric(
        "RC", "reportConfidence",
        "UC UNCONFIRMED 0.9, UR UNCORROBORATED 0.95, C CONFIRMED 1, ND NOT_DEFINED 1",
    ),
    _metric(
        "CDP", "collateralDamagePotential",
        "N NONE 0, L LOW 0.1, LM LOW_MEDIUM 0.3, MH MEDIUM_HIGH 0.4, H HIGH 0.5, ND NOT_DEFINED 0",
    ),
    _metric(
        "TD", "targetDistribution",
        "N NONE 0, L LOW 0.25, M MEDIUM 0.75, H HIGH 1, ND NOT_DEFINED 1",
    ),
    _metric("CR", "confidentialityRequirement", _REQUIRED_2),
    _metric("IR", "integrityRequirement", _REQUIRED_2),
    _metric("AR", "availabilityRequirement", _REQUIRED_2),
)  # fmt: skip

_AV_3: Final = "N NETWORK 0.85, A ADJACENT_NETWORK 0.62, L LOCAL 0.55, P PHYSICAL 0.2"
_AC_3: Final = "L LOW 0.77, H HIGH 0.44"
_PR_3: Final = "N NONE 0.85, L LOW 0.62, H HIGH 0.27"  # other weights where the scope changes
_UI_3: Final = "N NONE 0.85, R REQUIRED 0.62"
_S_3: Final = "U UNCHANGED -, C CHANGED -"
_CIA_3: Final = "N NONE 0, L LOW 0.22, H HIGH 0.56"
_REQUIRED_3: Final = "L LOW 0.5, M MEDIUM 1, H HIGH 1.5, X NOT_DEFINED 1"
_LIKE_BASE: Final = ", X NOT_DEFINED -"
METRICS_3: Final = (
    _metric("AV", "attackVector", _AV_3, base=True),
    _metric("AC", "attackComplexity", _AC_3, base=True),
    _metric("PR", "privilegesRequired", _PR_3, base=True),
    _metric("UI", "userInteraction", _UI_3, base=True),
    _metric("S", "scope", _S_3, base=True),
    _metric("C", "confidentialityImpact", _CIA_3, base=True),
    _metric("I", "integrityImpact", _CIA_3, base=True),
    _metric("A", "availabilityImpact", _CIA_3, base=True),
    _metric(
        "E", "exploitCodeMaturity",
        "U UNPROVEN 0.91, P PROOF_OF_CONCEPT 0.94, F FUNCTIONAL 0.97, H HIGH 1, X NOT_DEFINED 1",
    ),
    _metric(
        "RL", "remediationLevel",
        "O OFFICIAL_FIX 0.95, T TEMPORARY_FIX 0.96, W WORKAROUND 0.97, U UNAVAILABLE 1,"
        "X NOT_DEFINED 1",
    ),
    _metric(
        "RC", "reportConfidence",
        "U UNKNOWN 0.92, R REASONABLE 0.96, C CONFIRMED 1, X NOT_DEFINED 1",
    ),
    _metric("CR", "confidentialityRequirement", _REQUIRED_3),
    _metric("IR", "integrityRequirement", _REQUIRED_3),
    _metric("AR", "availabilityRequirement", _REQUIRED_3),
    _metric("MAV", "modifiedAttackVector", _AV_3 + _LIKE_BASE),
    _metric("MAC", "modifiedAttackComplexity", _AC_3 + _LIKE_BASE),
    _metric("MPR", "modifiedPrivilegesRequired", _PR_3 + _LIKE_BASE),
    _metric("MUI", "modifiedUserInteraction", _UI_3 + _LIKE_BASE),
    _metric("MS", "modifiedScope", _S_3 + _LIKE_BASE),
    _metric("MC", "modifiedConfidentialityImpact", _CIA_3 + _LIKE_BASE),
    _metric("MI", "modifiedIntegrityImpact", _CIA_3 + _LIKE_BASE),
    _metric("MA", "modifiedAvailabilityImpact", _CIA_3 + _LIKE_BASE),
)  # fmt: skip

SEVERITIES: Final = ("NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_SCORE: Final = Number(0, 10)


def _words(metrics: tuple[Metric, ...]) -> dict[str, Shape]:
    return {each.name: Word(tuple(each.words.values())) for each in metrics}


V2: Final = Group(
    due={
        "version": Word(("2.0",)),
        "vectorString": Word(form=re.compile(r"[A-Za-z:/]{1,120}"), said="a vector of CVSS 2.0"),
        "baseScore": _SCORE,
    },
    may={"temporalScore": _SCORE, "environmentalScore": _SCORE, **_words(METRICS_2)},
)
V3: Final = Group(
    due={
        "version": Word(("3.0", "3.1")),
        "vectorString": Word(
            form=re.compile(r"CVSS:3\.[01]/[A-Z:/]{1,200}"), said="a vector of CVSS 3.0 or 3.1"
        ),
        "baseScore": _SCORE,
        "baseSeverity": Word(SEVERITIES),
    },
    may={
        "temporalScore": _SCORE,
        "temporalSeverity": Word(SEVERITIES),
        "environmentalScore": _SCORE,
        "environmentalSeverity": Word(SEVERITIES),
        **_words(METRICS_3),
    },
)
