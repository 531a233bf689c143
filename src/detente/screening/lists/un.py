"""The consolidated list of the UN Security Council."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from detente.screening.listed import (
    ORGANIZATION,
    ORIGINAL,
    PERSON,
    STRONG,
    WEAK,
    Alias,
    Listed,
    Paper,
)
from detente.screening.lists import country, tree

_NAMES: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_PARTED: Final = re.compile(r"[;/؛]| - ")
TAGS: Final = frozenset({"INDIVIDUAL", "ENTITY"})


def of_xml(chunks: Iterable[bytes], source: str) -> Iterator[Listed]:
    """Give the entries of a CONSOLIDATED_LIST file. Raises OurFault list.damaged.

    The id is the reference number (QDi.001): DATAID changes between issues.
    """
    for entry in tree.read(chunks, TAGS):
        yield of_entry(entry, source)


def of_entry(entry: tree.Node, source: str) -> Listed:
    """Return what one entry says."""
    name = " ".join(part for tag in _NAMES if (part := " ".join(entry.get(tag).split())))
    number = entry.get("REFERENCE_NUMBER") or entry.get("DATAID")
    kind = PERSON if entry.tag == "INDIVIDUAL" else ORGANIZATION
    return Listed(
        f"un-{number}", kind, (name,), tuple(_aliases(entry)), tuple(_births(entry)),
        country.codes(_countries(entry)),
        tuple(
            Paper(d.get("NUMBER"), d.get("TYPE_OF_DOCUMENT"), country.code(d.get("ISSUING_COUNTRY")))
            for d in entry.all("INDIVIDUAL_DOCUMENT")
            if d.get("NUMBER")
        ),
        tuple(t for t in (entry.get("UN_LIST_TYPE"), number) if t), source,
    )  # fmt: skip


def _aliases(entry: tree.Node) -> Iterator[Alias]:
    for tag in ("INDIVIDUAL_ALIAS", "ENTITY_ALIAS"):
        for alias in entry.all(tag):
            quality = alias.get("QUALITY")
            for name in alias.get("ALIAS_NAME").split(";"):
                if name.strip():
                    yield Alias(
                        name.strip(), WEAK if quality.lower() == "low" else STRONG, quality or "aka"
                    )
    for name in _PARTED.split(entry.get("NAME_ORIGINAL_SCRIPT")):
        if name.strip():
            yield Alias(name.strip(), ORIGINAL, "original")


def _births(entry: tree.Node) -> Iterator[str]:
    for birth in entry.all("INDIVIDUAL_DATE_OF_BIRTH"):
        if birth.get("FROM_YEAR"):
            yield f"{birth.get('FROM_YEAR')}-{birth.get('TO_YEAR') or birth.get('FROM_YEAR')}"
        elif birth.get("DATE") or birth.get("YEAR"):
            yield birth.get("DATE")[:10] or birth.get("YEAR")


def _countries(entry: tree.Node) -> list[str]:
    found = [v.text.strip() for n in entry.all("NATIONALITY") for v in n.all("VALUE")]
    for tag in ("INDIVIDUAL_ADDRESS", "ENTITY_ADDRESS"):
        found += [a.get("COUNTRY") for a in entry.all(tag)]
    return found
