"""The check of an advisory: shape, then all 43 mandatory tests, then the optional and informative.

Two informative tests ask a server (6.3.6, 6.3.7) and one a dictionary (6.3.8): they are not made.
Source: CSAF 2.0 (OASIS Standard, 2022-11-18), section 6.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from detente.core import limits
from detente.desks.cert.formats.csaf import (
    reading,
    tests_informative,
    tests_optional,
    tests_products,
    tests_profiles,
    tests_tracking,
    tests_vulnerabilities,
)
from detente.desks.cert.formats.csaf.advisory import ADVISORY
from detente.desks.cert.formats.csaf.finding import Finding, Level
from detente.desks.cert.formats.csaf.products import Tree
from detente.desks.cert.formats.csaf.walk import Node

_CVSS: Final = ("/cvss_v2", "/cvss_v3")


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and what was found. is_cut: there was more than MAX_CSAF_FINDINGS."""

    document: Node
    findings: tuple[Finding, ...]
    is_cut: bool

    @property
    def is_valid(self) -> bool:
        """Say whether it is a valid CSAF 2.0 document: no error, whatever else was found."""
        return not any(one.level is Level.ERROR for one in self.findings)


def examine(data: bytes) -> Report:
    """Read and check an advisory. Raises OurFault("csaf.json"): no JSON object, or over a bound."""
    document = reading.read(data)
    found = tuple(islice(findings(document), limits.MAX_CSAF_FINDINGS + 1))
    return Report(
        document, found[: limits.MAX_CSAF_FINDINGS], len(found) > limits.MAX_CSAF_FINDINGS
    )


def findings(document: Node) -> Iterator[Finding]:
    """Give what every test finds. Where the shape is wrong, only the shape is told."""
    wrong = list(islice(_shape(document), limits.MAX_CSAF_FINDINGS + 1))
    if wrong:
        return iter(wrong)
    tree = Tree(document)
    return chain(
        tests_products.ids(tree),
        tests_products.contradictions(tree),
        tests_products.helpers(tree),
        tests_products.ranges(tree),
        tests_vulnerabilities.scores(document),
        tests_vulnerabilities.names(document),
        tests_vulnerabilities.involvements(document),
        tests_vulnerabilities.references(tree),
        tests_tracking.tracking(document),
        tests_tracking.languages(document),
        tests_tracking.category(document),
        tests_profiles.profiles(tree),
        tests_optional.optional(tree),
        tests_informative.informative(tree),
    )


def _shape(document: Node) -> Iterator[Finding]:
    for path, what in ADVISORY.wrong("", document):
        # A score's shape is a mandatory test of its own (6.1.8).
        test = "6.1.8" if any(f"{name}/" in f"{path}/" for name in _CVSS) else "schema"
        yield Finding(test, path or "/", what, "write it as section 3 of the standard says")
