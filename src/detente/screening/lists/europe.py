"""The EU's financial sanctions file and the UK sanctions list, from their published forms."""

from collections.abc import Iterable, Iterator
from typing import Final

from detente.screening.listed import (
    ORGANIZATION,
    ORIGINAL,
    PERSON,
    STRONG,
    VESSEL,
    WEAK,
    Alias,
    Listed,
    Paper,
)
from detente.screening.lists import country, tree
from detente.screening.text import LATIN, script_of

_UK_KIND: Final = {"individual": PERSON, "entity": ORGANIZATION, "ship": VESSEL}
_UK_PAPERS: Final = {
    "PassportNumber": "passport", "NationalIdentifierNumber": "national id", "IMONumber": "imo",
    "BusinessRegistrationNumber": "registration",
}  # fmt: skip
EU_TAGS: Final = frozenset({"sanctionEntity"})
UK_TAGS: Final = frozenset({"Designation"})


def of_eu_xml(chunks: Iterable[bytes], source: str) -> Iterator[Listed]:
    """Give the entries of the export xmlFullSanctionsList 1.1. Raises OurFault list.damaged."""
    for entry in tree.read(chunks, EU_TAGS):
        yield of_eu_entry(entry, source)


def of_eu_entry(entry: tree.Node, source: str) -> Listed:
    """Return what one entry says."""
    kinds = [s.attributes.get("code", "") for s in entry.all("subjectType")]
    names = [a for a in entry.all("nameAlias") if a.attributes.get("wholeName", "").strip()]
    first, rest = names[:1], names[1:]
    return Listed(
        f"eu-{entry.attributes.get('euReferenceNumber') or entry.attributes.get('logicalId', '')}",
        PERSON if "person" in kinds else ORGANIZATION,
        tuple(a.attributes["wholeName"].strip() for a in first),
        tuple(_eu_alias(a) for a in rest),
        tuple(b for b in (_eu_birth(x.attributes) for x in entry.all("birthdate")) if b),
        country.codes([
            x.attributes.get("countryIso2Code", "")
            for tag in ("citizenship", "address")
            for x in entry.all(tag)
            if x.attributes.get("countryIso2Code", "00") != "00"
        ]),
        tuple(
            Paper(x.attributes["number"], x.attributes.get("identificationTypeCode", ""), country.code(x.attributes.get("countryIso2Code", "")))
            for x in entry.all("identification")
            if x.attributes.get("number")
        ),
        tuple(dict.fromkeys(r.attributes.get("programme", "") for r in entry.all("regulation"))),
        source,
    )  # fmt: skip


def _eu_alias(alias: tree.Node) -> Alias:
    name = alias.attributes["wholeName"].strip()
    if alias.attributes.get("strong", "true").lower() == "false":
        return Alias(name, WEAK)
    return Alias(name, STRONG if script_of(name) == LATIN else ORIGINAL)


def _eu_birth(found: dict[str, str]) -> str:
    first, last = found.get("yearRangeFrom", ""), found.get("yearRangeTo", "")
    if first and last:
        return f"{first}-{last}"
    return found.get("birthdate", "") or found.get("year", "")


def of_uk_xml(chunks: Iterable[bytes], source: str) -> Iterator[Listed]:
    """Give the entries of the UK sanctions list (Designations). Raises OurFault list.damaged."""
    for entry in tree.read(chunks, UK_TAGS):
        yield of_uk_entry(entry, source)


def of_uk_entry(entry: tree.Node, source: str) -> Listed:
    """Return what one entry says."""
    primary, aliases = [], []
    for name in entry.all("Name"):
        whole = " ".join(name.get(f"Name{i}") for i in range(1, 7) if name.get(f"Name{i}"))
        if whole and name.get("NameType").lower() == "primary name":
            primary.append(whole)
        elif whole:
            aliases.append(Alias(whole, STRONG, name.get("NameType") or "aka"))
    native = [
        Alias(x.text.strip(), ORIGINAL, "original")
        for x in entry.all("NameNonLatinScript")
        if x.text.strip()
    ]
    kind = _UK_KIND.get(entry.get("IndividualEntityShip").lower(), ORGANIZATION)
    return Listed(
        f"uk-{entry.get('UniqueID')}", kind, tuple(primary[:1]),
        (*(Alias(n) for n in primary[1:]), *aliases, *native),
        tuple(d.text.strip() for d in entry.all("DOB") if d.text.strip()),
        country.codes([
            x.text.strip()
            for tag in ("Nationality", "AddressCountry")
            for x in entry.all(tag)
        ]),
        tuple(
            Paper(x.text.strip(), kind_)
            for tag, kind_ in _UK_PAPERS.items()
            for x in entry.all(tag)
            if x.text.strip() and not x.children
        ),
        tuple(dict.fromkeys(t for t in (entry.get("RegimeName"),) if t)), source,
    )  # fmt: skip
