"""Products in forms that compare: by vendor and name, by CPE 2.3, by package URL. Versions do not count.

- `p by waterworks|pump controller`: a vendor's product; of a CPE its vendor and product.
- `p any pump controller`: a product by its name alone.
- `p pkg pypi/requests`: a package URL without version, qualifiers and subpath.

Words are letters and digits in small letters with one blank between: spellings differ in the rest.
Ranges of versions are written in words as often as not; whether one is affected a person says.

Sources: NISTIR 7695 (CPE 2.3), package-url/purl-spec, CSAF 2.0 section 3.2.2, STIX 2.1 section 6.14.
"""

import re
from collections.abc import Iterator
from typing import Final

from detente.desks.cert.formats.csaf import products
from detente.desks.cert.formats.csaf.walk import Node, text
from detente.desks.cert.formats.members import Object

Named = tuple[str, str]  # a product as it was written, and its form
OF_ADVISORY_MAX: Final = 4_096  # forms of one advisory that are looked at
_SHOWN: Final = 200  # characters of a product
_WORD: Final = re.compile(r"[^\W_]+")
_ESCAPED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_PARTS: Final = re.compile(r"(?<!\\):")
_PURL_PARTS: Final = 2  # a type and a name
_CPE: Final = "cpe:2.3:"
_CPE_URI: Final = "cpe:/"
_PURL: Final = "pkg:"
_NONE: Final = ("", "*", "-")  # any, and none, in a CPE


def of_written(value: str) -> str:
    """Return the form of a product as a person wrote it; "" for what names none.

    value: a CPE 2.3, a package URL, `Vendor: Product` or a name alone.
    """
    plain = value.strip()
    if plain.lower().startswith((_CPE, _CPE_URI)):
        return next(_of_cpe(plain), "")
    if plain.lower().startswith(_PURL):
        return _of_purl(plain)
    vendor, sign, name = plain.partition(": ")
    found = _by(vendor, name) if sign else [f"p any {_words(plain)}" if _words(plain) else ""]
    return next(iter(found), "")


def of_object(one: Object) -> Iterator[Named]:
    """Yield the products that a STIX software object names."""
    if one.get("type") == "software":
        yield from _spots(_text(one, "vendor"), _text(one, "name"))
        yield from _helped(_text(one, "cpe"), "")


def of_advisory(document: Node) -> tuple[Named, ...]:
    """Return the products of an advisory in CSAF, each form once.

    What it says of nothing but that it is not affected is left out.
    """
    tree = products.Tree(document)
    spared = _spared(document)
    ways = {id(branch.get("product")): (*way, branch) for _, branch, way in tree.branches}
    found: dict[str, Named] = {}
    for _, full in tree.full_names:
        if text(full, "product_id") in spared:
            continue
        for spot in _of_full(full, ways.get(id(full), ())):
            found.setdefault(spot[1], spot)
        if len(found) >= OF_ADVISORY_MAX:
            break
    return tuple(found.values())[:OF_ADVISORY_MAX]


def _of_full(full: Node, way: tuple[Node, ...]) -> Iterator[Named]:
    named = {str(each.get("category")): str(each.get("name")) for each in way}
    if "product_name" in named:
        yield from _spots(named.get("vendor", ""), named["product_name"])
    yield from _spots(named.get("vendor", ""), text(full, "name"))
    helper = "/product_identification_helper"
    yield from _helped(text(full, f"{helper}/cpe"), text(full, f"{helper}/purl"))


def _spared(document: Node) -> frozenset[str]:
    named = (*products.AFFECTED, *products.FIXED, *products.UNKNOWN, "recommended")
    spared: set[str] = set()
    others: set[str] = set()
    for _, one in products.vulnerabilities(document):
        spared |= products.in_status(one, products.NOT_AFFECTED).keys()
        others |= products.in_status(one, named).keys()
    return frozenset(spared - others)


def _spots(vendor: str, name: str) -> Iterator[Named]:
    shown = (f"{vendor}: {name}" if vendor else name)[:_SHOWN]
    for form in _by(vendor, name) if vendor else [f"p any {_words(name)}" if _words(name) else ""]:
        if form:
            yield shown, form


def _helped(cpe: str, purl: str) -> Iterator[Named]:
    for form in _of_cpe(cpe):
        yield cpe[:_SHOWN], form
    if form := _of_purl(purl):
        yield purl[:_SHOWN], form


def _of_cpe(value: str) -> Iterator[str]:
    low = value.strip().lower()
    if low.startswith(_CPE):
        parts = [re.sub(r"\\(.)", r"\1", each) for each in _PARTS.split(low[len(_CPE) :])]
    elif low.startswith(_CPE_URI):
        parts = [_plain(each) for each in low[len(_CPE_URI) :].split(":")]
    else:
        return
    if len(parts) > 2 and parts[1] not in _NONE and parts[2] not in _NONE:  # noqa: PLR2004  part, vendor, product
        yield from _by(parts[1], parts[2])


def _of_purl(value: str) -> str:
    if not value.lower().startswith(_PURL):
        return ""
    plain = value[len(_PURL) :].partition("#")[0].partition("?")[0].strip("/")
    way, _, name = plain.rpartition("/")
    name = name.partition("@")[0]
    parts = [_plain(each).lower() for each in (*way.split("/"), name)]
    whole = "/".join(parts)
    is_one = len(parts) >= _PURL_PARTS and all(parts) and whole.isprintable()
    return f"p pkg {whole[:_SHOWN]}" if is_one else ""


def _by(vendor: str, name: str) -> list[str]:
    maker, thing = _words(vendor), _words(name)
    if not thing:
        return []
    return [f"p by {maker}|{thing}", f"p any {thing}"] if maker else [f"p any {thing}"]


def _plain(value: str) -> str:
    found = _ESCAPED.sub(lambda each: bytes([int(each[1], 16)]), value.encode())
    return found.decode(errors="replace")


def _words(value: str) -> str:
    return " ".join(_WORD.findall(value.casefold()))[:_SHOWN]


def _text(one: Object, name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""
