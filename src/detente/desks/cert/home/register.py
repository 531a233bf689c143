"""Constituents: one checked at a time, or a table of them, read and written.

A table is CSV with a line of heads: key, name, sector, function, network, domain, asn, product, mail,
means, language, since, until, note. Several of one sort stand in one cell with blanks between them,
functions and products with `|`. What is wrong is told by its line, and nothing of such a table is taken.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from ipaddress import ip_network
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.formats import lists, spots, wares
from detente.desks.cert.home import kinds
from detente.office.fields import Value, Values, check_values, members_of

HEADS: Final = tuple(field.name for field in kinds.WHO)
TOLD: Final = 20  # lines that one refusal names
LEAST: Final = {4: 8, 6: 16}  # bits: nobody's network is wider
_FIELDS: Final = members_of(kinds.WHO)
_SIGNS: Final = {"function": "|", "product": "|"}
_DEFAULTS: Final[dict[str, Value]] = {"means": "csv", "language": "en"}


class Line(NamedTuple):
    """A line of a table, and the constituent in it or what is wrong with it."""

    number: int
    who: Values | None
    wrong: str = ""


def checked(values: Values) -> Values:
    """Return a constituent in the one form in which equal ones are equal.

    Raises OurFault("cert.constituent") with what is wrong; "form.*" for values of another form.
    """
    try:
        given = check_values(_FIELDS, values)
        made = given.with_(
            network=_each(given.texts("network"), _network),
            domain=_each(given.texts("domain"), _domain),
            asn=_numbers(given.get("asn")),
            product=_each(given.texts("product"), _product),
        )
    except ValueError as error:
        raise _refused(str(error)) from None
    if made.text("means") == "mail" and "mail" not in made:
        raise _refused("it is told by mail, and has no mail address")
    if "since" in made and "until" in made and made.moment("until") <= made.moment("since"):
        raise _refused("it ends before it begins")
    return Values({name: value for name, value in made.items() if value not in (None, ())})


def forms(who: Values) -> tuple[str, ...]:
    """Return the forms (formats/spots) of all that is a constituent's, each once."""
    found = [
        *(spots.of_host(each) for each in who.texts("network")),
        *(spots.of_domain(each) for each in who.texts("domain")),
        *(spots.of_as(str(each)) for each in _whole(who, "asn")),
        *(wares.of_written(each) for each in who.texts("product")),
    ]
    return tuple(dict.fromkeys(each for each in found if each))


@lru_cache(maxsize=1)  # who imports one has it read for the check and for each table it is kept in
def read(text: str) -> tuple[Line, ...]:
    """Return the lines of a table. Raises OurFault("cert.constituents") for what is no such table."""
    plain = text.removeprefix("\ufeff")
    sign = ";" if plain.partition("\n")[0].count(";") > plain.partition("\n")[0].count(",") else ","
    rows = csv.reader(io.StringIO(plain, newline=""), delimiter=sign, strict=True)
    try:
        heads = [cell.strip().lower() for cell in next(rows, [])]
        if not {"key", "name"} <= set(heads) or len(set(heads)) != len(heads):
            raise _refused("line 1 names no key and name, or one head twice")
        unknown = sorted(set(heads) - set(HEADS))
        if unknown:
            raise _refused(f"line 1: no column is called {unknown[0][:80]!r}")
        return tuple(_lines(rows, heads))
    except csv.Error as error:
        raise _refused(f"line {rows.line_num}: {error}") from None


def taken(text: str) -> tuple[Values, ...]:
    """Return the constituents of a table that is right in every line.

    Raises OurFault("cert.constituents") with the first TOLD lines that are not, and why.
    """
    found = read(text)
    wrong = [f"line {line.number}: {line.wrong}" for line in found if line.wrong]
    if wrong:
        more = f"; and {len(wrong) - TOLD} more" if len(wrong) > TOLD else ""
        raise _refused("; ".join(wrong[:TOLD]) + more)
    if not found:
        raise _refused("it names no constituent")
    return tuple(line.who for line in found if line.who is not None)


def write(held: Sequence[Values]) -> str:
    """Return constituents as a table that `read` gives back."""
    rows = [[_cell(who, name) for name in HEADS] for who in held]
    return lists.write(HEADS, rows)


def _lines(rows: Iterator[list[str]], heads: Sequence[str]) -> Iterator[Line]:
    seen: dict[str, int] = {}
    count = 0
    for cells in rows:
        number = rows.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > limits.MAX_CONSTITUENTS:
            raise _refused(f"more than {limits.MAX_CONSTITUENTS} lines (MAX_CONSTITUENTS)")
        line = _line(number, cells, heads)
        if line.who is not None:
            key = line.who.text("key")
            if key in seen:
                line = Line(number, None, f"{key} stands in line {seen[key]} already")
            seen.setdefault(key, number)
        yield line


def _line(number: int, cells: Sequence[str], heads: Sequence[str]) -> Line:
    if len(cells) > len(heads):
        return Line(number, None, f"{len(cells)} cells under {len(heads)} heads")
    try:
        pairs = zip(heads, cells, strict=False)
        values = {name: _value(name, lists.as_written(cell.strip())) for name, cell in pairs}
        given = {name: value for name, value in values.items() if value is not None}
        return Line(number, checked(Values({**_DEFAULTS, **given})))
    except OurFault as fault:
        return Line(number, None, fault.what)


def _value(name: str, cell: str) -> Value:
    field = _FIELDS[name]
    if not cell:
        return None
    if not field.many:
        return field.read([cell])
    sign = _SIGNS.get(name)
    parts = cell.split(sign) if sign else cell.replace(";", " ").replace(",", " ").split()
    return field.read([part.strip().removeprefix("AS") if name == "asn" else part.strip() for part in parts])  # fmt: skip


def _cell(who: Values, name: str) -> str:
    field, value = _FIELDS[name], who.get(name)
    if value is None:
        return ""
    many = value if isinstance(value, tuple) else (value,)
    shown = [field.type.show(each) for each in many]
    return _SIGNS.get(name, " ").join(shown)


def _network(text: str) -> str:
    try:
        net = ip_network(text.strip())
    except ValueError:
        loose = spots.network(text)
        more = "" if loose is None else f"; perhaps {loose} is meant"
        raise ValueError(f"{text[:60]} is no network{more}") from None
    if net.prefixlen < LEAST[net.version]:
        raise ValueError(f"network {net} is wider than /{LEAST[net.version]}")
    if spots.is_common(net):
        raise ValueError(f"network {net} is private, shared or reserved: many have it at once")
    return str(net)


def _domain(text: str) -> str:
    name = spots.domain(text)
    if not name:
        raise ValueError(f"{text[:80]} is no domain of two labels or more")
    return name


def _product(text: str) -> str:
    plain = " ".join(text.split())
    if not wares.of_written(plain):
        raise ValueError(
            f"{text[:80]} names no product: Vendor: Product, a CPE 2.3, or a package URL"
        )
    return plain


def _numbers(given: Value) -> Value:
    numbers = (
        tuple(each for each in given if isinstance(each, int)) if isinstance(given, tuple) else ()
    )
    for each in numbers:
        if not spots.of_as(f"{each}"):
            raise ValueError(f"AS{each} is private or reserved: many have it at once")
    return tuple(dict.fromkeys(numbers))


def _each(texts: Sequence[str], one: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one(text) for text in texts))


def _whole(who: Values, name: str) -> tuple[Value, ...]:
    value = who.get(name)
    return value if isinstance(value, tuple) else ()


def ends(who: Values, now: Moment) -> bool:
    """Return whether a constituent is one no more."""
    return "until" in who and now >= who.moment("until")


def _refused(what: str) -> OurFault:
    return OurFault("cert.constituent", what[:2_000], "correct it; see docs/cert/constituents.md")
