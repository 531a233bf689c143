"""Mandatory tests about products and their groups: 6.1.1 to 6.1.6, 6.1.13, 6.1.25, 6.1.31."""

import re
from collections.abc import Iterator
from typing import Final

from detente.desks.cert.formats.csaf import tags
from detente.desks.cert.formats.csaf.finding import Finding
from detente.desks.cert.formats.csaf.products import (
    AFFECTED,
    FIXED,
    NOT_AFFECTED,
    UNKNOWN,
    Tree,
    in_status,
    vulnerabilities,
)
from detente.desks.cert.formats.csaf.shape import shown
from detente.desks.cert.formats.csaf.walk import nodes, text, texts, words

_CAMPS: Final = (
    ("affected", AFFECTED),
    ("not affected", NOT_AFFECTED),
    ("fixed", FIXED),
    ("under investigation", UNKNOWN),
)
# What makes of a version a range: 6.1.31 of the standard.
_RANGE: Final = re.compile(
    r"[<>]=?|(?<!\S)(?:after|all|before|earlier|later|prior|versions)(?!\S)", re.IGNORECASE
)


def ids(tree: Tree) -> Iterator[Finding]:
    """6.1.1 to 6.1.5: ids of products and groups stand once, and are defined where they are used."""
    yield from _doubled("6.1.2", "product", tree.defined)
    known = {one for _, one in tree.defined}
    for path, one in tree.named:
        if one not in known:
            yield Finding(
                "6.1.1", path, f"names product {shown(one)}, which the product tree does not define",
                "define the product, or take the id out",
            )  # fmt: skip
    yield from _circles(tree)
    groups = [
        (f"{path}/group_id", text(one, "group_id"))
        for path, one in nodes(tree.document, "/product_tree/product_groups[]")
    ]
    yield from _doubled("6.1.5", "group", groups)
    for path, one in tree.groups_named:
        if one not in tree.groups:
            yield Finding(
                "6.1.4", path, f"names group {shown(one)}, which the product tree does not define",
                "define the group, or take the id out",
            )  # fmt: skip


def _doubled(test: str, what: str, found: object) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    assert isinstance(found, tuple | list)
    for path, one in found:
        first = seen.setdefault(one, path)
        if first != path:
            said = f"defines {what} {shown(one)} again, after {first}"
            yield Finding(test, path, said, "give each its own id")


def _circles(tree: Tree) -> Iterator[Finding]:
    # 6.1.3. Each product of a relationship leads to two others; a walk in rounds needs no stack.
    ways: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for path, one in nodes(tree.document, "/product_tree/relationships[]"):
        own = text(one, "full_product_name/product_id")
        paths.setdefault(own, path)
        ends = ("product_reference", "relates_to_product_reference")
        ways.setdefault(own, []).extend(text(one, end) for end in ends)
    # What leads nowhere is taken away until nothing more can be: only circles remain.
    waits = {own: sum(end in ways for end in ends) for own, ends in ways.items()}
    into: dict[str, list[str]] = {}
    for own, named in ways.items():
        for end in named:
            if end in ways:
                into.setdefault(end, []).append(own)
    free = [own for own, count in waits.items() if not count]
    while free:
        done = free.pop()
        for own in into.get(done, ()):
            waits[own] -= 1
            if not waits[own]:
                free.append(own)
        del waits[done]
    for own in sorted(waits, key=lambda one: paths[one]):
        yield Finding(
            "6.1.3", f"{paths[own]}/full_product_name/product_id",
            f"product {shown(own)} is defined by way of itself",
            "let the relationship lead to products that are defined without it",
        )  # fmt: skip


def contradictions(tree: Tree) -> Iterator[Finding]:
    """6.1.6: no product is in two contradicting groups of statuses of one vulnerability."""
    for path, one in vulnerabilities(tree.document):
        camp_of: dict[str, str] = {}
        for camp, statuses in _CAMPS:
            for product, at in in_status(one, statuses).items():
                first = camp_of.setdefault(product, camp)
                if first != camp:
                    yield Finding(
                        "6.1.6", f"{path}/{at}", f"product {shown(product)} is {first} and {camp}",
                        "leave it in one of the two",
                    )  # fmt: skip


def helpers(tree: Tree) -> Iterator[Finding]:
    """6.1.13 and 6.1.25: package URLs are whole, and no file has two hashes of one algorithm."""
    for path, one in tree.full_names:
        inner = "product_identification_helper"
        for at, purl in words(one, f"{inner}/purl"):
            wrong = tags.wrong_purl(purl)
            if wrong:
                yield Finding(
                    "6.1.13", f"{path}{at}", f"the package URL {shown(purl)} {wrong}",
                    "write it as pkg:type/namespace/name@version",
                )  # fmt: skip
        for at, file in nodes(one, f"{inner}/hashes[]"):
            seen: set[str] = set()
            for place, algorithm in enumerate(texts(file, "file_hashes[]/algorithm")):
                if algorithm in seen:
                    yield Finding(
                        "6.1.25", f"{path}{at}/file_hashes/{place}",
                        f"a second hash of {shown(algorithm)} for one file", "keep the right one",
                    )  # fmt: skip
                seen.add(algorithm)


def ranges(tree: Tree) -> Iterator[Finding]:
    """6.1.31: a branch that says it is a version is not a range."""
    for path, one, _ in tree.branches:
        name = text(one, "name")
        found = _RANGE.search(name)
        if text(one, "category") == "product_version" and found:
            yield Finding(
                "6.1.31", f"{path}/name", f"{shown(name)} is a range ({found[0]!r}), not a version",
                "name one version, or give the branch the category product_version_range",
            )  # fmt: skip
