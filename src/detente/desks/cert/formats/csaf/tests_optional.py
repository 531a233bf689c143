"""Optional tests: 6.2.1 to 6.2.20. What they find makes no document invalid."""

import re
from collections.abc import Iterator
from typing import Final

from detente.desks.cert.formats.csaf import cvss, tags
from detente.desks.cert.formats.csaf.advisory import ADVISORY
from detente.desks.cert.formats.csaf.finding import Finding
from detente.desks.cert.formats.csaf.products import (
    AFFECTED,
    FIXED,
    UNKNOWN,
    Tree,
    in_status,
    vulnerabilities,
)
from detente.desks.cert.formats.csaf.shape import shown
from detente.desks.cert.formats.csaf.tests_tracking import history
from detente.desks.cert.formats.csaf.versions import instant
from detente.desks.cert.formats.csaf.walk import Node, node, nodes, text, texts
from detente.desks.cert.formats.jcs import Json

_NOT_IN_NAMES: Final = re.compile(r"[^+\-a-z0-9]+")
_WEAK: Final = (("6.2.8", "md5"), ("6.2.9", "sha1"))
_CVE: Final = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")


def file_name(document: Node) -> str:
    """Return the name that a document's file must have (5.1)."""
    return _NOT_IN_NAMES.sub("_", text(document, "/document/tracking/id").lower()) + ".json"


def optional(tree: Tree) -> Iterator[Finding]:
    """Give what the optional tests find."""
    yield from _products(tree)
    for path, one in vulnerabilities(tree.document):
        yield from _vulnerability(tree, path, one)
    yield from _tracking(tree.document)
    yield from _document(tree.document)
    yield from _unsorted("", tree.document)
    for path in ADVISORY.unknown("", tree.document):
        yield Finding("6.2.20", path, "the standard knows no such member", "take it out")


def _products(tree: Tree) -> Iterator[Finding]:
    used = {one for _, one in tree.named}
    is_informational = text(tree.document, "/document/category") == "csaf_informational_advisory"
    for path, product in tree.defined:
        if product not in used and not is_informational:
            yield Finding(
                "6.2.1", path, f"product {shown(product)} is defined and never used", "take it out"
            )
    for path, one in tree.full_names:
        if "product_identification_helper" not in one:
            yield Finding(
                "6.2.16", path, "nothing helps a program to find the product",
                "add product_identification_helper: a CPE, a package URL or a hash",
            )  # fmt: skip
        for at, file in nodes(one, "product_identification_helper/hashes[]"):
            algorithms = {
                each.lower().replace("-", "") for each in texts(file, "file_hashes[]/algorithm")
            }
            for test, weak in _WEAK:
                if algorithms == {weak}:
                    yield Finding(
                        test, f"{path}{at}", f"{weak.upper()} is the only hash", "add SHA-256"
                    )
    for path, one, _ in tree.branches:
        name = text(one, "name")
        if text(one, "category") == "product_version_range" and not tags.VERS.fullmatch(name):
            yield Finding(
                "6.2.18", f"{path}/name", f"the range {shown(name)} is not written as vers:",
                "write it as vers:npm/>=1.2|<2",
            )  # fmt: skip


def _vulnerability(tree: Tree, path: str, one: Node) -> Iterator[Finding]:
    acted: set[str] = set()
    for _, item in nodes(one, "remediations[]"):
        acted |= tree.of(item)
    for product, at in in_status(one, (*AFFECTED, *UNKNOWN)).items():
        if product not in acted:
            yield Finding(
                "6.2.2", f"{path}/{at}", f"no remediation for {shown(product)}", "add one"
            )
    scored = set(texts(one, "scores[]/products[]"))
    for product, at in in_status(one, AFFECTED).items():
        if product not in scored:
            yield Finding("6.2.3", f"{path}/{at}", f"no score for {shown(product)}", "add one")
    yield from _scores_of_fixed(path, one)
    for at, item in nodes(one, "involvements[]"):
        if "date" not in item:
            yield Finding("6.2.7", f"{path}{at}", "an involvement without a date", "add its date")
    for place, number in enumerate(texts(one, "ids[]/text")):
        if _CVE.fullmatch(number):
            yield Finding(
                "6.2.17", f"{path}/ids/{place}", f"{number} is a CVE number", "put it into cve"
            )


def _scores_of_fixed(path: str, one: Node) -> Iterator[Finding]:
    fixed = in_status(one, FIXED)
    for at, score in nodes(one, "scores[]"):
        named = [each for each in texts(score, "products[]") if each in fixed]
        for name in ("cvss_v2", "cvss_v3"):
            if named and name in score and _environmental(node(score[name])):
                yield Finding(
                    "6.2.19", f"{path}{at}/{name}", f"{shown(named[0])} is fixed and has a score",
                    "say in the vector that nothing is left: MC:N/MI:N/MA:N, or TD:N in 2.0",
                )  # fmt: skip


def _environmental(said: Node) -> bool:
    given = said.get("environmentalScore")
    if isinstance(given, int | float):
        return bool(given)
    vector = cvss.read(text(said, "vectorString"), text(said, "version"))
    return isinstance(vector, str) or bool(cvss.scores(vector.completed(said)).environmental)


def _tracking(document: Node) -> Iterator[Finding]:
    revisions = history(document)
    for one in revisions:
        if one.version.build:
            yield Finding(
                "6.2.4", one.path, f"{one.number} has build metadata", "leave out what follows +"
            )
    at = [one.at for one in revisions]
    for test, name, edge, word in (
        ("6.2.5", "initial_release_date", min(at), "oldest"),
        ("6.2.6", "current_release_date", max(at), "newest"),
    ):
        if instant(text(document, f"/document/tracking/{name}")) < edge:
            yield Finding(
                test, f"/document/tracking/{name}", f"lies before the {word} revision",
                "correct one of the two dates",
            )  # fmt: skip


def _document(document: Node) -> Iterator[Finding]:
    if not text(document, "/document/distribution/tlp/label"):
        yield Finding(
            "6.2.10", "/document/distribution/tlp/label", "nothing says who may see it",
            "add a TLP label",
        )  # fmt: skip
    name = file_name(document)
    own = [
        text(one, "url")
        for _, one in nodes(document, "/document/references[]")
        if text(one, "category") == "self"
    ]
    if not any(url.startswith("https://") and url.endswith(f"/{name}") for url in own):
        yield Finding(
            "6.2.11", "/document/references", "no reference says where this document stands",
            f"add one of the category self, by https, that ends with /{name}",
        )  # fmt: skip
    if not text(document, "/document/lang"):
        yield Finding("6.2.12", "/document/lang", "nothing says its language", "add lang")
    for which in ("lang", "source_lang"):
        tag = text(document, f"/document/{which}")
        if tag.lower() == "i-default":
            yield Finding("6.2.15", f"/document/{which}", "is i-default", "name the language")
        elif tag and tags.is_private(tag):
            yield Finding(
                "6.2.14", f"/document/{which}", f"{shown(tag)} is for private use",
                "use a code of the registry",
            )  # fmt: skip


def _unsorted(path: str, value: Json) -> Iterator[Finding]:
    # Told once, where it first is: sorting the whole file mends all.
    stack: list[tuple[str, Json]] = [(path, value)]
    while stack:
        at, one = stack.pop()
        if isinstance(one, dict):
            names = list(one)
            if names != sorted(names):
                yield Finding(
                    "6.2.13", at or "/", "members do not stand in alphabetical order",
                    "sort the members of all objects",
                )  # fmt: skip
                return
            stack += [(f"{at}/{name}", inner) for name, inner in one.items()]
        elif isinstance(one, list):
            stack += [(f"{at}/{place}", inner) for place, inner in enumerate(one)]
