"""The product tree of an advisory: which products it defines, which it names, which groups."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from detente.desks.cert.formats.csaf.walk import (
    At,
    Node,
    each,
    many,
    node,
    nodes,
    text,
    texts,
    words,
)

AFFECTED: Final = ("first_affected", "known_affected", "last_affected")
FIXED: Final = ("first_fixed", "fixed")
UNKNOWN: Final = ("under_investigation",)
NOT_AFFECTED: Final = ("known_not_affected",)

_NAMED: Final = (
    "/product_tree/product_groups[]/product_ids[]",
    "/product_tree/relationships[]/product_reference",
    "/product_tree/relationships[]/relates_to_product_reference",
    *(
        f"/vulnerabilities[]/product_status/{status}[]"
        for status in (
            "first_affected", "first_fixed", "fixed", "known_affected", "known_not_affected",
            "last_affected", "recommended", "under_investigation",
        )
    ),
    "/vulnerabilities[]/flags[]/product_ids[]",
    "/vulnerabilities[]/remediations[]/product_ids[]",
    "/vulnerabilities[]/scores[]/products[]",
    "/vulnerabilities[]/threats[]/product_ids[]",
)  # fmt: skip
_GROUPS_NAMED: Final = (
    "/vulnerabilities[]/flags[]/group_ids[]",
    "/vulnerabilities[]/remediations[]/group_ids[]",
    "/vulnerabilities[]/threats[]/group_ids[]",
)


class Tree:
    """A document's products; each part is worked out once, when it is asked for."""

    def __init__(self, document: Node) -> None:
        self.document = document

    @cached_property
    def branches(self) -> tuple[tuple[str, Node, tuple[Node, ...]], ...]:
        """Every branch: its path, itself, and the branches above it from the root."""
        return tuple(
            _branches("/product_tree/branches", node(self.document.get("product_tree")), ())
        )

    @cached_property
    def full_names(self) -> tuple[tuple[str, Node], ...]:
        """Every full product name, wherever one is defined."""
        found = [
            (f"{path}/product", node(one["product"]))
            for path, one, _ in self.branches
            if "product" in one
        ]
        found += nodes(self.document, "/product_tree/full_product_names[]")
        found += nodes(self.document, "/product_tree/relationships[]/full_product_name")
        return tuple(found)

    @cached_property
    def defined(self) -> tuple[tuple[str, str], ...]:
        """Every definition of a product id: its path and the id."""
        return tuple(
            (f"{path}/product_id", text(one, "product_id")) for path, one in self.full_names
        )

    @cached_property
    def name_of(self) -> dict[str, str]:
        """Names of products by id."""
        return {text(one, "product_id"): text(one, "name") for _, one in self.full_names}

    @cached_property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Every place where a product id is used."""
        return tuple(at for pattern in _NAMED for at in words(self.document, pattern))

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Products of each group."""
        return {
            text(one, "group_id"): tuple(texts(one, "product_ids[]"))
            for _, one in nodes(self.document, "/product_tree/product_groups[]")
        }

    @cached_property
    def groups_named(self) -> tuple[tuple[str, str], ...]:
        """Every place where a group's id is used."""
        return tuple(at for pattern in _GROUPS_NAMED for at in words(self.document, pattern))

    def of(self, item: Node) -> frozenset[str]:
        """Return the products that a flag, remediation or threat is about, groups resolved."""
        found = set(texts(item, "product_ids[]"))
        for group in texts(item, "group_ids[]"):
            found.update(self.groups.get(group, ()))
        return frozenset(found)


def in_status(vulnerability: Node, statuses: tuple[str, ...]) -> dict[str, str]:
    """Return products of some statuses, each with the path inside the vulnerability, in order."""
    status = node(vulnerability.get("product_status"))
    found: dict[str, str] = {}
    for name in statuses:
        for place, one in enumerate(many(status.get(name))):
            if isinstance(one, str):
                found.setdefault(one, f"product_status/{name}/{place}")
    return found


def vulnerabilities(document: Node) -> Iterator[tuple[str, Node]]:
    """Give each vulnerability and its path."""
    return nodes(document, "/vulnerabilities[]")


def scores(document: Node, version: str) -> Iterator[At]:
    """Give each score of `cvss_v2` or `cvss_v3`."""
    return each(document, f"/vulnerabilities[]/scores[]/{version}")


def _branches(
    path: str, above: Node, way: tuple[Node, ...]
) -> Iterator[tuple[str, Node, tuple[Node, ...]]]:
    for place, one in enumerate(many(above.get("branches"))):
        branch, at = node(one), f"{path}/{place}"
        yield at, branch, way
        yield from _branches(f"{at}/branches", branch, (*way, branch))
