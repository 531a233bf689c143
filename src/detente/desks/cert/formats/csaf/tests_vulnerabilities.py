"""Mandatory tests about vulnerabilities: 6.1.7 to 6.1.11, 6.1.23, 6.1.24, 6.1.29, 6.1.32, 6.1.33."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from detente.desks.cert.formats.csaf import cvss
from detente.desks.cert.formats.csaf.advisory import JUSTIFICATIONS
from detente.desks.cert.formats.csaf.cwe_names import VERSION, by_number
from detente.desks.cert.formats.csaf.finding import Finding
from detente.desks.cert.formats.csaf.products import Tree, vulnerabilities
from detente.desks.cert.formats.csaf.shape import shown
from detente.desks.cert.formats.csaf.versions import Instant, instant
from detente.desks.cert.formats.csaf.walk import Node, node, nodes, text, texts

SCORES: Final = ("cvss_v2", "cvss_v3")
_KINDS: Final = ("base", "temporal", "environmental")


def scores(document: Node) -> Iterator[Finding]:
    """6.1.7 to 6.1.10: one score a version and product; vectors read; figures and words agree."""
    for path, one in vulnerabilities(document):
        seen: dict[tuple[str, str], str] = {}
        for at, score in nodes(one, "scores[]"):
            for name in SCORES:
                if name not in score:
                    continue
                here = f"{path}{at}/{name}"
                said = node(score[name])
                for product in texts(score, "products[]"):
                    version = text(said, "version")
                    first = seen.setdefault((product, version), here)
                    if first != here:
                        yield Finding(
                            "6.1.7", here,
                            f"a second score of CVSS {version} for product {shown(product)}",
                            "keep one score of a version for each product",
                        )  # fmt: skip
                yield from _score(here, said)


def _score(path: str, said: Node) -> Iterator[Finding]:
    version = text(said, "version")
    vector = cvss.read(text(said, "vectorString"), version)
    if isinstance(vector, str):
        yield Finding(
            "6.1.8", f"{path}/vectorString", f"the vector {vector}", "write the vector anew"
        )
        return
    for metric in cvss.metrics_of(version):
        word = said.get(metric.name)
        is_said = word is not None and metric.short in vector.given
        if is_said and word != vector.word(metric):
            yield Finding(
                "6.1.10", f"{path}/{metric.name}",
                f"is {shown(word)}, while the vector says {vector.word(metric)}",
                "correct the vector or the member",
            )  # fmt: skip
    found = cvss.scores(vector.completed(said))
    for kind, score in zip(_KINDS, (found.base, found.temporal, found.environmental), strict=True):
        given = said.get(f"{kind}Score")
        if isinstance(given, int | float) and Decimal(str(given)) != score:
            yield Finding(
                "6.1.9", f"{path}/{kind}Score", f"is {given}, while the vector gives {score}",
                "correct the vector or the score",
            )  # fmt: skip
        word = said.get(f"{kind}Severity")
        if word is not None and word != cvss.severity(score):
            yield Finding(
                "6.1.9", f"{path}/{kind}Severity",
                f"is {shown(word)}, while a score of {score} is {cvss.severity(score)}",
                "correct the severity",
            )  # fmt: skip


def names(document: Node) -> Iterator[Finding]:
    """6.1.11 and 6.1.23: weaknesses have their names; a CVE stands for one vulnerability."""
    seen: dict[str, str] = {}
    for path, one in vulnerabilities(document):
        cve = text(one, "cve")
        if cve and seen.setdefault(cve, path) != path:
            yield Finding(
                "6.1.23", f"{path}/cve", f"{cve} stands at {seen[cve]} too",
                "put the two together, or correct one of the numbers",
            )  # fmt: skip
        if "cwe" in one:
            number, name = text(one, "cwe/id"), text(one, "cwe/name")
            known = by_number().get(number, ())
            if not known:
                yield Finding(
                    "6.1.11", f"{path}/cwe/id", f"no weakness has the id {number} (CWE {VERSION})",
                    "correct the id; categories and views are no weaknesses",
                )  # fmt: skip
            elif name not in known:
                yield Finding(
                    "6.1.11", f"{path}/cwe/name", f"is {shown(name)}, while {number} is"
                    f" {shown(known[0])}"[:200], "write the name as CWE does",
                )  # fmt: skip


def involvements(document: Node) -> Iterator[Finding]:
    """6.1.24: a party is involved once at one time."""
    for path, one in vulnerabilities(document):
        seen: set[tuple[str, Instant]] = set()
        for at, item in nodes(one, "involvements[]"):
            if "date" not in item:
                continue
            key = text(item, "party"), instant(text(item, "date"))
            if key in seen:
                yield Finding(
                    "6.1.24", f"{path}{at}", f"party {key[0]} stands here again at the same time",
                    "keep one of the two, or correct a date",
                )  # fmt: skip
            seen.add(key)


def references(tree: Tree) -> Iterator[Finding]:
    """6.1.29, 6.1.32 and 6.1.33: remediations and flags say for which products; one reason each."""
    for path, one in vulnerabilities(tree.document):
        for test, name in (("6.1.29", "remediations"), ("6.1.32", "flags")):
            for at, item in nodes(one, f"{name}[]"):
                if not item.keys() & {"product_ids", "group_ids"}:
                    yield Finding(
                        test, f"{path}{at}", "says neither for which products nor for which groups",
                        "add product_ids or group_ids",
                    )  # fmt: skip
        seen: dict[str, str] = {}
        for at, item in nodes(one, "flags[]"):
            if text(item, "label") not in JUSTIFICATIONS:
                continue
            for product in sorted(tree.of(item)):
                if seen.setdefault(product, at) != at:
                    yield Finding(
                        "6.1.33", f"{path}{at}", f"product {shown(product)} has a reason already at"
                        f" {path}{seen[product]}", "leave it one flag",
                    )  # fmt: skip
