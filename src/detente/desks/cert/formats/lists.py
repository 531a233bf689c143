"""Lists of indicators as people send them: one a line, or a table with commas, semicolons or tabs.

What a value is, is found by looking at it, whatever a column says; a line that holds none is told with
its number. Tables are RFC 4180. Written cells never begin as a formula of a spreadsheet does.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats import observed
from detente.desks.cert.formats.defang import refang

SIZE_MAX: Final = limits.MAX_LIST  # bytes
LINES_MAX: Final = limits.MAX_LIST_LINES
CELL_MAX: Final = limits.MAX_LIST_CELL  # characters
_SIGNS: Final = ",;\t|"
_LOOKED: Final = 40  # lines that decide which sign parts the cells
_COMMENTS: Final = ("#", "//", "--")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_HEADS: Final = {  # by the words that stand over columns, in two languages
    "value": (
        "value",
        "indicator",
        "ioc",
        "observable",
        "artifact",
        "data",
        "значение",
        "индикатор",
    ),
    "type": ("type", "ioc_type", "indicator_type", "category", "тип"),
    "comment": ("comment", "description", "note", "notes", "info", "комментарий", "описание"),
    "tlp": ("tlp", "marking"),
    "seen": ("first_seen", "date", "timestamp", "seen", "дата"),
}
_KINDS: Final = ("ip", "ipv4", "ipv6", "domain", "hostname", "url", "md5", "sha1", "sha256", "sha512",
                 "hash", "email", "cve", "dst_ip", "src_ip", "host", "fqdn", "адрес", "домен")  # fmt: skip
COLUMNS: Final = tuple(_HEADS)


class Found(NamedTuple):
    """One indicator: the line it stands in, what it is (observed.PATHS), and what is said of it."""

    line: int
    sort: str
    value: str
    comment: str = ""
    tlp: str = ""
    seen: str = ""


class Wrong(NamedTuple):
    """A line that holds no indicator, and why."""

    line: int
    what: str


@dataclass(frozen=True)
class Listed:
    """What a file holds. encoding: how its bytes were read; sign: what parts cells, "" for none."""

    found: tuple[Found, ...]
    wrong: tuple[Wrong, ...]
    encoding: str
    sign: str


def read(data: bytes, columns: Mapping[str, str] | None = None) -> Listed:
    """Return the indicators of a file, each once.

    columns: which column (its head, or its number from 1) holds value, type, comment, tlp or seen;
    else the first line is looked at. Raises OurFault: exchange.size, exchange.list for a file that is
    no text, or for a column that is not there.
    """
    if len(data) > SIZE_MAX:
        raise _size(f"{len(data)} bytes where {SIZE_MAX} are allowed")
    text, encoding = _decode(data)
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        raise _size(f"{len(lines)} lines where {LINES_MAX} are allowed")
    sign = _sign_of(lines)
    seen: dict[tuple[str, str], Found] = {}
    wrong: list[Wrong] = []
    for each in _rows(lines, sign, columns or {}):
        if isinstance(each, Wrong):
            wrong.append(each)
        else:
            seen.setdefault((each.sort, each.value), each)
    return Listed(tuple(seen.values()), tuple(wrong), encoding, sign)


def write(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as RFC 4180 has it, in which no cell is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe goes before it."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _decode(data: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded(data, encoding), encoding
    if b"\0" in data:
        raise OurFault("exchange.list", "a NUL stands in it: no text", "give a text file")
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        # Three letters of the upper half in a row are a word in Cyrillic; else it is Latin.
        cyrillic = re.search(rb"[\xc0-\xff]{3}", data) is not None
        encoding = "cp1251" if cyrillic else "cp1252"
        return _decoded(data, encoding), encoding


def _decoded(data: bytes, encoding: str) -> str:
    return data.decode(encoding, "replace")


def _sign_of(lines: Sequence[str]) -> str:
    looked = [line for line in lines if line.strip() and not line.lstrip().startswith(_COMMENTS)]
    counts = {sign: [_cells_of(line, sign) for line in looked[:_LOOKED]] for sign in _SIGNS}
    held = {
        sign: sum(1 for count in each if count == max(each)) * max(each)
        for sign, each in counts.items()
        if each and max(each) > 1 and sum(1 for count in each if count > 1) * 2 > len(each)
    }
    return max(held, key=lambda sign: held[sign], default="")


def _cells_of(line: str, sign: str) -> int:
    return (
        line.count(sign) + 1
        if '"' not in line
        else len(next(csv.reader([line], delimiter=sign), []))
    )


def _rows(lines: Sequence[str], sign: str, columns: Mapping[str, str]) -> Iterator[Found | Wrong]:
    places: dict[str, int] | None = None
    for number, cells in _cells(lines, sign):
        if isinstance(cells, str):
            yield Wrong(number, cells)
            continue
        if places is None:
            places = _places(cells, columns)
            if _is_head(cells, columns):
                continue
        yield from _row(number, cells, places, strict_head=bool(columns.get("value")))


def _cells(lines: Sequence[str], sign: str) -> Iterator[tuple[int, list[str] | str]]:
    if not sign:
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.lstrip().startswith(_COMMENTS):
                yield number, _bare(line)
        return
    whole = ("" if line.lstrip().startswith(_COMMENTS) else f"{line}\n" for line in lines)
    reader = csv.reader(whole, delimiter=sign)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, str(error)
            continue
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [as_written(cell.strip()) for cell in cells]


def as_written(cell: str) -> str:
    """Return a cell without the apostrophe that `harmless` put before it."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell


def _bare(line: str) -> list[str]:
    """Return a line's value, and what is said after a blank and a sign of comment."""
    value, _, comment = re.sub(r"\s+(?:#|//)\s*", "\0", line.strip(), count=1).partition("\0")
    return [value.strip().rstrip(",;"), comment]


def _is_head(cells: Sequence[str], columns: Mapping[str, str]) -> bool:
    if any(not name.isdigit() for name in columns.values()):
        return True
    words = [_word(cell) for cell in cells]
    known = {name for names in _HEADS.values() for name in names} | set(_KINDS)
    return any(word in known for word in words) and not any(_sort(cell)[0] for cell in cells)


def _places(cells: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    words = [_word(cell) for cell in cells]
    found: dict[str, int] = {}
    for name, given in columns.items():
        at = int(given) - 1 if given.isdigit() else _at(words, given.strip().lower())
        if name not in COLUMNS or not 0 <= at < len(cells):
            what = f"no column {given} for {name}"
            raise OurFault("exchange.list", what, f"the columns are {', '.join(cells)[:200]}")
        found[name] = at
    if _is_head(cells, columns):
        for name, names in _HEADS.items():
            at = next((at for at, word in enumerate(words) if word in names), -1)
            if at >= 0:
                found.setdefault(name, at)
    return found


def _at(words: Sequence[str], name: str) -> int:
    return words.index(name) if name in words else -1


def _word(cell: str) -> str:
    return cell.strip().strip("\ufeff\"'").lower().replace(" ", "_")


def _row(
    number: int, cells: Sequence[str], places: Mapping[str, int], *, strict_head: bool
) -> Iterator[Found | Wrong]:
    said = {name: cells[at] for name, at in places.items() if at < len(cells)}
    if any(len(cell) > CELL_MAX for cell in cells):
        yield Wrong(number, f"a cell of more than {CELL_MAX} characters")
        return
    looked = [said["value"]] if "value" in said else list(cells)
    hits = [(sort, value) for sort, value in map(_sort, looked) if sort]
    if not hits and not strict_head and "value" in said:
        hits = [(sort, value) for sort, value in map(_sort, cells) if sort]
    if not hits:
        yield Wrong(number, f"no indicator in {looked[0][:80]!r}")
    rest = cells[1] if len(cells) == 2 and "value" not in said and _sort(cells[0])[0] else ""  # noqa: PLR2004
    for sort, value in hits:
        comment = said.get("comment", rest)
        tlp = said.get("tlp", "").upper().removeprefix("TLP:")
        yield Found(number, sort, value, comment[:1_000], tlp, said.get("seen", ""))


def _sort(cell: str) -> tuple[str, str]:
    value = refang(cell.strip().strip("'\"<>"))
    sort = observed.sort_of(value)
    return sort, observed.plain(sort, value) if sort else ""


def _size(what: str) -> OurFault:
    return OurFault("exchange.size", what, "split the file")
