"""Informative tests that need neither a network nor a dictionary: 6.3.1 to 6.3.5, 6.3.9 to 6.3.11."""

import re
from collections.abc import Iterator
from typing import Final

from detente.desks.cert.formats.csaf.finding import Finding
from detente.desks.cert.formats.csaf.products import Tree, vulnerabilities
from detente.desks.cert.formats.csaf.shape import shown
from detente.desks.cert.formats.csaf.walk import Node, nodes, text, words

_HASH_MIN: Final = 64  # hexadecimal digits
_WAY: Final = ("vendor", "product_name", "product_version")
_LETTER_V: Final = re.compile(r"[vV][0-9].*")


def informative(tree: Tree) -> Iterator[Finding]:
    """Give what the informative tests find."""
    for path, one in vulnerabilities(tree.document):
        yield from _vulnerability(path, one)
    for path, one in tree.full_names:
        for at, value in words(one, "product_identification_helper/hashes[]/file_hashes[]/value"):
            if len(value) < _HASH_MIN:
                yield Finding("6.3.5", f"{path}{at}", "a short hash", "give SHA-256 or longer")
    yield from _branches(tree)


def _vulnerability(path: str, one: Node) -> Iterator[Finding]:
    for at, score in nodes(one, "scores[]"):
        if "cvss_v2" in score and "cvss_v3" not in score:
            yield Finding("6.3.1", f"{path}{at}", "only a score of CVSS 2.0", "add one of CVSS 3.1")
        if text(score, "cvss_v3/version") == "3.0":
            yield Finding(
                "6.3.2",
                f"{path}{at}/cvss_v3/version",
                "a score of CVSS 3.0",
                "score it by CVSS 3.1",
            )
    if "cve" not in one:
        yield Finding("6.3.3", f"{path}/cve", "no CVE number", "ask for one and add it")
    if "cwe" not in one:
        yield Finding("6.3.4", f"{path}/cwe", "no weakness named", "add the CWE")


def _branches(tree: Tree) -> Iterator[Finding]:
    for path, one, above in tree.branches:
        category, name = text(one, "category"), text(one, "name")
        if "product" in one and not _is_way([text(each, "category") for each in (*above, one)]):
            yield Finding(
                "6.3.9",
                path,
                f"the way to it is not {', '.join(_WAY)}",
                "put it under such branches",
            )
        if category == "product_version_range":
            yield Finding(
                "6.3.10", f"{path}/category", f"{shown(name)} is a range of versions",
                "name each version, so that programs can compare them",
            )  # fmt: skip
        if category == "product_version" and _LETTER_V.fullmatch(name):
            yield Finding(
                "6.3.11", f"{path}/name", f"{shown(name)} begins with a letter that says version",
                "leave the letter out",
            )  # fmt: skip


def _is_way(categories: list[str]) -> bool:
    left = iter(categories)
    return all(any(each == wanted for each in left) for wanted in _WAY)
