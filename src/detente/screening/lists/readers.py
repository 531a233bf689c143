"""One door for every form of list: bytes as they came, and out of them entries and what is odd.

Nothing is half-read silently: what cannot be read is told with its line and reason, and the other
entries of the file are still given. A file that ends too early is given as far as it goes, and told.
"""

import codecs
import csv
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

from detente.core.errors import OurFault
from detente.screening import columns, dates
from detente.screening.listed import PERSON, Alias, Listed, schema_of
from detente.screening.lists import country, europe, ofac, rows, tree, un
from detente.screening.lists.book import (
    EU_XML,
    FTM,
    MAPPED,
    READERS,
    SDN_CSV,
    SDN_XML,
    UK_XML,
    UN_XML,
)
from detente.screening.parts import PARTS_MAX, split
from detente.screening.text import is_unread

T = TypeVar("T")
FIELDS: Final = ("id", "schema", "name", "aliases", "weak_aliases", "births", "countries", "ids")
UNPACKED_MAX: Final = 1 << 30  # bytes of one list, unpacked
NAME_LONGEST: Final = 2_000  # characters of one name; the engine looks at the first 512
ID_LONGEST: Final = 200
CELL_MAX: Final = 1 << 20  # characters of one cell of a CSV file
ODD_MAX: Final = 10_000  # oddities that are told one by one; beyond it they are counted
GZIP: Final = b"\x1f\x8b"
MERGED: Final = "yes"
TAB: Final = "tab"  # as a delimiter: a form has no other way to write it
_SDN_END: Final = b"\x1a"
_PEEK: Final = 4_096
_CHUNK: Final = 1 << 16
_DECLARED: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)"
)
_WINDOWS: Final = "detente-windows-1252"
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")  # letters of two bytes
_FORBIDDEN: Final = tuple(bytes([n]) for n in range(32) if n not in (9, 10, 13))
_DATED: Final = re.compile(
    rb"dateGenerated\s*=\s*[\"'](\d{4}-\d\d-\d\d)|generationDate\s*=\s*[\"'](\d{4}-\d\d-\d\d)"
    rb"|<DateGenerated>(\d{4}-\d\d-\d\d)"
)
_PUBLISHED: Final = re.compile(rb"<Publish_Date>\s*(\d\d)/(\d\d)/(\d{4})")
_UK_DATED: Final = re.compile(rb"<DateGenerated>(\d\d)/(\d\d)/(\d{4})")
_XML: Final[Mapping[str, tuple[frozenset[str], Callable[[tree.Node, str], Listed]]]] = {
    SDN_XML: (ofac.TAGS, ofac.of_entry),
    UN_XML: (un.TAGS, un.of_entry),
    EU_XML: (europe.EU_TAGS, europe.of_eu_entry),
    UK_XML: (europe.UK_TAGS, europe.of_uk_entry),
}


class Odd(NamedTuple):
    """What is odd in a file. line: where. lost: the whole entry was not read, else only a detail."""

    line: int
    entry: str
    why: str
    lost: bool = True


class Read(NamedTuple):
    """What a file says. cut: why it was read only in part, "" if to its end. dated: its own date.

    ended: it says itself that nobody is on the list any more.
    """

    listed: list[Listed]
    odd: list[Odd]
    cut: str
    dated: str
    ended: bool = False


def unpack(data: bytes) -> tuple[bytes, str]:
    """Return (what is inside, why it ends early) of a file that may be gzip; "" if it does not.

    Raises OurFault list.unreadable: over UNPACKED_MAX unpacked.
    """
    if not data.startswith(GZIP):
        return data, ""
    found, cut = bytearray(), ""
    try:
        while data:
            part = zlib.decompressobj(wbits=31)
            found += part.decompress(data, UNPACKED_MAX + 1 - len(found))
            if len(found) > UNPACKED_MAX:
                what = f"over {UNPACKED_MAX:,} bytes unpacked"
                raise OurFault("list.unreadable", what, "split the list")
            if not part.eof:
                cut = "the packed file ends too early"
                break
            data = part.unused_data
    except zlib.error as error:
        cut = f"the packed file is damaged: {error}"
    return bytes(found), cut


def read(
    reader: str,
    data: bytes,
    source: str,
    more: Mapping[str, bytes] | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Read:
    """Return what a file says. more: further files of `sdn.csv`: alt, add. mapping: of `mapped.csv`.

    Raises OurFault: list.reader for a reader or mapping that is none; list.unreadable.
    """
    if reader not in READERS:
        raise OurFault("list.reader", f"no reader {reader[:40]!r}", f"one of: {', '.join(READERS)}")
    whole, cut = unpack(data)
    others = {name: unpack(each) for name, each in (more or {}).items()}
    cut = next((f"the file {name}: {why}" for name, (_, why) in others.items() if why), cut)
    found, ended = _Found(source), False
    if reader in _XML:
        cut = _xml(found, reader, whole) or cut
    elif reader == SDN_CSV:
        texts = {name: each for name, (each, _) in others.items()}
        cut = _sdn_csv(found, whole, texts) or cut
    elif reader == MAPPED:
        check_mapping(reader, mapping or {})
        _mapped(found, whole, mapping or {})
    elif reader == FTM:
        found.take_all(rows.of_ftm(whole.split(b"\n"), source))
    else:
        lines = whole.split(b"\n")
        found.take_all(rows.of_own(lines))
        head = rows.head_of_own(lines[0])
        ended = head is not None and not head.entities and not found.odd and not cut
    return Read(found.listed, found.odd, cut, dated(whole), ended)


def dated(data: bytes) -> str:
    """Return the date that a file gives itself, "" for none."""
    head = data[:_PEEK]
    match = _DATED.search(head)
    if match:
        return next(g for g in match.groups() if g).decode()
    match = _PUBLISHED.search(head)
    if match:
        month, day, year = (g.decode() for g in match.groups())
        return f"{year}-{month}-{day}"
    match = _UK_DATED.search(head)
    return "-".join(g.decode() for g in reversed(match.groups())) if match else ""


class _Found:
    """What is found: sound entries go through, of the others is told why not."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.listed: list[Listed] = []
        self.odd: list[Odd] = []

    def tell(self, line: int, entry: str, why: str, *, lost: bool = True) -> None:
        self.odd.append(Odd(line, entry[:ID_LONGEST], why[:300], lost))

    def take(self, one: Listed, line: int) -> None:
        """Keep an entry without what is no name; tell what was left out."""
        if not one.id.strip("- ") or one.id.endswith("-") or len(one.id) > ID_LONGEST:
            self.tell(line, one.id, "it has no id of its own")
            return
        long = [n for n, _ in one.all_names() if len(n) > NAME_LONGEST]
        for name in long:
            why = f"a name of {len(name)} characters, where {NAME_LONGEST} are read"
            self.tell(line, one.id, why, lost=False)
        person = schema_of(one.schema) == PERSON
        for name, _ in one.all_names():
            many = name.count(" ") >= PARTS_MAX and name not in long
            if many and split(name, person=person).cut:
                why = f"of a name of more than {PARTS_MAX} words the first are compared"
                self.tell(line, one.id, why, lost=False)
        names = tuple(n for n in one.names if n.strip() and n not in long)
        aliases = tuple(a for a in one.aliases if a.name.strip() and a.name not in long)
        if not names and aliases:
            names, aliases = (aliases[0].name,), aliases[1:]
        if not names:
            self.tell(line, one.id, "it has no name")
            return
        if all(map(is_unread, (*names, *(a.name for a in aliases)))):
            why = "all its names are in scripts that are compared letter by letter alone"
            self.tell(line, one.id, why, lost=False)
        for birth in one.births:
            if not dates.read(birth):
                self.tell(line, one.id, f"no date of birth: {birth[:60]!r}", lost=False)
        for place in one.countries:
            if country.code(place) is None:
                self.tell(line, one.id, f"no country: {place[:60]!r}", lost=False)
        kept = (one.id, schema_of(one.schema) or one.schema, names, aliases)
        places = country.codes(one.countries)
        self.listed.append(
            Listed(*kept, one.births, places, one.ids, one.programs, one.source or self.source)
        )

    def take_all(self, given: Iterable[Listed | rows.Unread]) -> None:
        for line, one in enumerate(given, 1):
            if isinstance(one, Listed):
                self.take(one, line)
            else:
                self.tell(one.line, "", one.why)


def _xml(found: _Found, reader: str, data: bytes) -> str:
    tags, of_entry = _XML[reader]
    data, spoiled = _spoiled(data)
    chunks = (data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK))
    try:
        for node in tree.read(chunks, tags, patient=True):
            if node.fault:
                found.tell(node.line, "", node.fault)
                continue
            try:
                found.take(of_entry(node, found.source), node.line)
            except (KeyError, ValueError, TypeError) as error:
                found.tell(node.line, "", rows.another_form(error))
    except OurFault as fault:
        return fault.what
    return spoiled


def _spoiled(data: bytes) -> tuple[bytes, str]:
    """Return a file as its parser can read it, and what is to be told of that.

    Mirrors damage lists: control characters that XML forbids are read as spaces, and in a file that
    says to be UTF-8 what is not is read as Windows-1252.
    """
    if data.startswith(_WIDE):
        return data, ""
    told = []
    count = sum(map(data.count, _FORBIDDEN))
    if count:
        table = bytes(0x20 if bytes([n]) in _FORBIDDEN else n for n in range(256))
        data = data.translate(table)
        told.append(f"{count} control characters stood in it, read as spaces")
    encoding = _DECLARED.match(data[:_PEEK])
    if encoding is None or encoding[1].lower() in (b"utf-8", b"utf8"):
        try:
            data.decode()
        except UnicodeDecodeError as error:
            told.append(f"it is not UTF-8 from byte {error.start:,} on, read as Windows-1252 there")
            data = data.decode(errors=_WINDOWS).encode()
    return data, "; ".join(told)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError), "it is asked for nothing else"
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_WINDOWS, _as_windows)


def _text(found: _Found, data: bytes, encoding: str = "utf-8") -> Iterator[str]:
    """Give the lines of a text, with their ends; of a line in another encoding it is told."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True), 1):
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError:
            found.tell(number, "", f"it is not {encoding}")


def _rows(
    found: _Found, lines: Iterable[str], delimiter: str = ","
) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(CELL_MAX)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found.tell(reader.line_num, "", str(error))
            continue
        yield reader.line_num, row


def _sdn_csv(found: _Found, data: bytes, more: Mapping[str, bytes]) -> str:
    names, places = (
        [row for _, row in _rows(found, _text(found, more.get(name, b"")))]
        for name in ("alt", "add")
    )
    known_names, known_places = ofac.names_of(names), ofac.places_of(places)
    for line, row in _rows(found, _text(found, data)):
        if row and row[0].strip() == _SDN_END.decode():
            continue
        if not row:
            continue
        if not ofac.is_row(row):
            found.tell(line, row[0], "no number and name at its front")
            continue
        found.take(ofac.of_row(row, known_names, known_places, found.source), line)
    for name, each in (("sdn", data), *more.items()):
        if not each.rstrip(b"\r\n").endswith(_SDN_END):
            return f"the file {name}: it does not end with the mark 0x1A"
    return ""


def check_mapping(reader: str, mapping: Mapping[str, str]) -> None:
    """Raise OurFault("list.reader") unless a file can be read so: before anything of it is read."""
    if reader != MAPPED:
        if mapping:
            what = f"a mapping was given, and {reader} reads none"
            raise OurFault("list.reader", what, "read the file as mapped.csv, or leave it out")
        return
    unknown = sorted(set(mapping) - {*FIELDS, "encoding", "delimiter", "merge"})
    if unknown or not mapping.get("id") or not mapping.get("name"):
        what = (
            f"the mapping names {unknown[0][:60]!r}, which is no field"
            if unknown
            else "the mapping names no id, no name"
        )
        raise OurFault("list.reader", what, f"map id and name, and of: {', '.join(FIELDS)}")
    if mapping.get("merge", MERGED) != MERGED:
        what = f"the mapping says merge={mapping['merge'][:40]!r}"
        raise OurFault("list.reader", what, "write merge=yes, or leave it out")
    _dialect(mapping)


def _dialect(mapping: Mapping[str, str]) -> tuple[str, str]:
    encoding, delimiter = mapping.get("encoding", "utf-8"), mapping.get("delimiter", ",")
    delimiter = "\t" if delimiter == TAB else delimiter
    try:
        "".encode(encoding)
        csv.reader([], delimiter=delimiter)
    except (LookupError, TypeError, ValueError):
        what = f"encoding {encoding[:40]!r}, delimiter {delimiter[:8]!r}"
        raise OurFault("list.reader", what, "name an encoding, and one character") from None
    return encoding, delimiter


def _mapped(found: _Found, data: bytes, mapping: Mapping[str, str]) -> None:
    encoding, delimiter = _dialect(mapping)
    table = _rows(found, _text(found, data, encoding), delimiter)
    _, head = next(table, (0, []))
    ours = {name: column for name, column in mapping.items() if name in FIELDS}
    absent = [
        each for theirs in ours.values() if (each := columns.absent(theirs, head)) is not None
    ]
    if absent:
        found.tell(1, "", f"the file has no column {absent[0][:60]!r}")
        return
    whole: dict[str, tuple[int, Listed]] = {}
    for line, row in table:
        if not any(cell.strip() for cell in row):
            continue
        one = rows.of_cells(dict(zip(head, row, strict=False)), ours, found.source)
        if one is None:
            found.tell(line, "", "no id or no name")
        elif "merge" not in mapping:
            found.take(one, line)
        else:
            first, known = whole.get(one.id, (line, None))
            whole[one.id] = (first, one if known is None else _merged(known, one))
    for line, one in whole.values():
        found.take(one, line)


def _merged(one: Listed, other: Listed) -> Listed:
    """Return two rows of one entity as one: what only the later one says is added."""
    names = tuple(Alias(n) for n in other.names if n not in one.names)

    def both(first: tuple[T, ...], more: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(dict.fromkeys((*first, *more)))

    return Listed(
        one.id, one.schema, one.names, both(one.aliases, (*names, *other.aliases)),
        both(one.births, other.births), both(one.countries, other.countries),
        both(one.ids, other.ids), both(one.programs, other.programs), one.source,
    )  # fmt: skip
