"""Lists of OFAC: SDN and consolidated, as XML (sdnList) and as the older CSV files."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Final

from detente.screening.listed import (
    AIRCRAFT,
    ORGANIZATION,
    PERSON,
    STRONG,
    VESSEL,
    WEAK,
    Alias,
    Listed,
    Paper,
)
from detente.screening.lists import country, tree

_KIND: Final = {
    "individual": PERSON,
    "entity": ORGANIZATION,
    "vessel": VESSEL,
    "aircraft": AIRCRAFT,
}
_EMPTY: Final = "-0-"
_QUOTED: Final = re.compile(r"a\.k\.a\. ['\u2018]([^'\u2019]{2,80})['\u2019]")
_BORN: Final = re.compile(r"\bDOB (?:circa )?([^;.]{4,30})")
_NATION: Final = re.compile(r"\b(?:nationality|citizen) ([A-Z][A-Za-z' ,]{2,40}?)(?=[;.(]|$)")
_PAPER: Final = re.compile(
    r"\b(Passport|National ID No\.|Tax ID No\.|Registration (?:ID|Number)|Vessel Registration Identification IMO|"
    r"MMSI|C\.U\.I\.T\.|R\.F\.C\.|Cedula No\.|D-U-N-S Number) ([A-Z0-9][A-Z0-9./-]{3,40})"
)
TAGS: Final = frozenset({"sdnEntry"})


def of_xml(chunks: Iterable[bytes], source: str) -> Iterator[Listed]:
    """Give the entries of an sdnList file. Raises OurFault list.damaged."""
    for entry in tree.read(chunks, TAGS):
        yield of_entry(entry, source)


def of_entry(entry: tree.Node, source: str) -> Listed:
    """Return what one entry says."""
    kind = _KIND.get(entry.get("sdnType").lower(), ORGANIZATION)
    papers = [
        Paper(i.get("idNumber"), i.get("idType"), country.code(i.get("idCountry")))
        for i in entry.all("id")
        if i.get("idNumber")
    ]
    vessel = next(entry.all("vesselInfo"), None)
    if vessel is not None and vessel.get("callSign"):
        papers.append(Paper(vessel.get("callSign"), "call sign"))
    nations = [
        n.get("country")
        for tag in ("nationality", "citizenship", "address")
        for n in entry.all(tag)
    ]
    return Listed(
        f"ofac-{entry.get('uid')}", kind, (_natural(entry.get("firstName"), entry.get("lastName")),),
        tuple(
            Alias(_natural(a.get("firstName"), a.get("lastName")), WEAK if a.get("category") == "weak" else STRONG, a.get("type"))
            for a in entry.all("aka")
            if a.get("lastName") or a.get("firstName")
        ),
        tuple(b.get("dateOfBirth") for b in entry.all("dateOfBirthItem") if b.get("dateOfBirth")),
        country.codes(nations), tuple(papers),
        tuple(p.text.strip() for p in entry.all("program")), source,
    )  # fmt: skip


def _natural(first: str, last: str) -> str:
    return f"{first} {last}".strip()


def of_csv(
    sdn: Iterable[str], source: str, alt: Iterable[str] = (), add: Iterable[str] = ()
) -> Iterator[Listed]:
    """Give the entries of sdn.csv, with alt.csv (names) and add.csv (addresses) if they are given.

    Lines without a number at the front (the closing 0x1A) are passed over.
    """
    names, places = names_of(csv.reader(alt)), places_of(csv.reader(add))
    for row in csv.reader(sdn):
        if is_row(row):
            yield of_row(row, names, places, source)


def is_row(row: list[str]) -> bool:
    """Whether a row of sdn.csv names somebody."""
    return len(row) > 3 and row[0].strip().isdigit() and bool(_full(row[1]))


def names_of(rows: Iterable[list[str]]) -> dict[str, list[Alias]]:
    """Return the further names of alt.csv by number."""
    names: dict[str, list[Alias]] = {}
    for row in rows:
        if len(row) > 3 and row[0].strip().isdigit():
            alias = Alias(_turned(_full(row[3])), STRONG, row[2].strip())
            names.setdefault(row[0].strip(), []).append(alias)
    return names


def places_of(rows: Iterable[list[str]]) -> dict[str, list[str]]:
    """Return the countries of add.csv by number."""
    places: dict[str, list[str]] = {}
    for row in rows:
        if len(row) > 4 and row[0].strip().isdigit():
            places.setdefault(row[0].strip(), []).append(_full(row[4]))
    return places


def _full(cell: str) -> str:
    text = cell.strip()
    return "" if text == _EMPTY else text


def _turned(name: str) -> str:
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma else name


def of_row(
    row: list[str], names: dict[str, list[Alias]], places: dict[str, list[str]], source: str
) -> Listed:
    """Return what a row of sdn.csv says."""
    row = [_full(cell) for cell in row]
    number, name, kind = row[0], row[1], _KIND.get(row[2].lower(), ORGANIZATION)
    remarks = row[11] if len(row) > 11 else ""
    person = kind == PERSON
    aliases = list(names.get(number, ()))
    aliases += [Alias(found, WEAK, "aka") for found in _QUOTED.findall(remarks)]
    papers = [Paper(value.rstrip("."), kind_) for kind_, value in _PAPER.findall(remarks)]
    if len(row) > 5 and row[5]:
        papers.append(Paper(row[5], "call sign"))
    return Listed(
        f"ofac-{number}", kind, (_turned(name) if person else name,),
        tuple(aliases),
        tuple(text.strip() for text in _BORN.findall(remarks)),
        country.codes([*_NATION.findall(remarks), *places.get(number, ())]), tuple(papers),
        tuple(row[3].replace("[", "").split("] ")) if row[3] else (), source,
    )  # fmt: skip
