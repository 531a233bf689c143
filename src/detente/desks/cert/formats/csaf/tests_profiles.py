"""Mandatory tests of the profiles, chosen by a document's category: 6.1.27.1 to 6.1.27.11."""

from collections.abc import Iterator
from typing import Final

from detente.desks.cert.formats.csaf.finding import Finding
from detente.desks.cert.formats.csaf.products import NOT_AFFECTED, Tree, in_status, vulnerabilities
from detente.desks.cert.formats.csaf.shape import shown
from detente.desks.cert.formats.csaf.walk import Node, node, nodes, text, texts

_INFORMS: Final = ("csaf_security_incident_response", "csaf_informational_advisory")
_ADVISES: Final = ("csaf_security_advisory", "csaf_vex")
_TELLS: Final = frozenset({"description", "details", "general", "summary"})
_VEX: Final = ("fixed", "known_affected", "known_not_affected", "under_investigation")


def profiles(tree: Tree) -> Iterator[Finding]:
    """Give what a document lacks of the profile that its category names."""
    category = text(tree.document, "/document/category")
    if category in _INFORMS:
        yield from _informs(tree.document, category)
    if category in _ADVISES:
        yield from _advises(tree.document, category)
    if category == "csaf_vex":
        for path, one in vulnerabilities(tree.document):
            yield from _vex(tree, path, one)


def _informs(document: Node, category: str) -> Iterator[Finding]:
    if not _TELLS & set(texts(document, "/document/notes[]/category")):
        yield Finding(
            "6.1.27.1", "/document/notes", "no note describes what it is about",
            "add a note of the category description, details, general or summary",
        )  # fmt: skip
    # A reference without a category is external: the schema's default.
    if not any(
        text(one, "category") in ("", "external")
        for _, one in nodes(document, "/document/references[]")
    ):
        yield Finding(
            "6.1.27.2", "/document/references", "no reference leads to another source",
            "add a reference of the category external",
        )  # fmt: skip
    if category == "csaf_informational_advisory" and "vulnerabilities" in document:
        yield Finding(
            "6.1.27.3", "/vulnerabilities", "an informational advisory tells no vulnerabilities",
            "take them out, or choose the category csaf_security_advisory",
        )  # fmt: skip


def _advises(document: Node, category: str) -> Iterator[Finding]:
    for test, name in (("6.1.27.4", "product_tree"), ("6.1.27.11", "vulnerabilities")):
        if name not in document:
            yield Finding(test, f"/{name}", f"is missing, and {category} needs it", f"add {name}")
    for path, one in vulnerabilities(document):
        if "notes" not in one:
            yield Finding(
                "6.1.27.5", f"{path}/notes", "no note tells what the vulnerability is", "add a note"
            )
        if category == "csaf_security_advisory" and "product_status" not in one:
            yield Finding(
                "6.1.27.6",
                f"{path}/product_status",
                "is missing",
                "say which products are affected",
            )


def _vex(tree: Tree, path: str, one: Node) -> Iterator[Finding]:
    if not node(one.get("product_status")).keys() & set(_VEX):
        yield Finding(
            "6.1.27.7", f"{path}/product_status", f"has none of {', '.join(_VEX)}", "add one"
        )
    if not one.keys() & {"cve", "ids"}:
        yield Finding("6.1.27.8", path, "has neither cve nor ids", "add the vulnerability's number")
    explained: set[str] = set()
    for _, item in nodes(one, "flags[]"):
        explained |= tree.of(item)
    for _, item in nodes(one, "threats[]"):
        if text(item, "category") == "impact":
            explained |= tree.of(item)
    for product, at in in_status(one, NOT_AFFECTED).items():
        if product not in explained:
            yield Finding(
                "6.1.27.9", f"{path}/{at}", f"nothing says why {shown(product)} is not affected",
                "add a flag, or a threat of the category impact, for it",
            )  # fmt: skip
    acted: set[str] = set()
    for _, item in nodes(one, "remediations[]"):
        acted |= tree.of(item)
    for product, at in in_status(one, ("known_affected",)).items():
        if product not in acted:
            yield Finding(
                "6.1.27.10", f"{path}/{at}", f"nothing says what to do about {shown(product)}",
                "add a remediation for it",
            )  # fmt: skip
