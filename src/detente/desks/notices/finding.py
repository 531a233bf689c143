"""What acts and pages look up: formats by digest, the next number, what was said to a notice."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.notices import folds
from detente.desks.notices.formats import reading, shipped
from detente.desks.notices.formats.declared import Format
from detente.office.fields import Values
from detente.office.reader import Reader, every

NUMBER_MAX = 999_999


def notice_at(look: Reader, mid: bytes) -> Values:
    """Return a notice. Raises OurFault("notices.unknown")."""
    row = look.get(folds.NOTICES, mid)
    if row is None:
        raise OurFault("notices.unknown", "no notice has this id", "look at notices list")
    return Values(row)


def said_to(look: Reader, mid: bytes, what: str = "") -> list[Values]:
    """Return what was said to a notice, the first first by its author's clock."""
    found = [row for row in every(look, folds.SAID, {"of": mid}) if not what or row["what"] == what]
    return sorted(found, key=lambda row: (row.moment("created"), row.data("mid")))


def own_formats(look: Reader) -> list[tuple[Values, Format]]:
    """Return formats that parties added, ours and theirs; one that cannot be read is left out."""
    found = []
    for row in every(look, folds.FORMATS, {}):
        try:
            found.append((row, reading.read(row.text("file").encode())))
        except OurFault:
            continue
    return found


def by_digest(look: Reader, digest: bytes) -> Format | None:
    """Return the format that has this digest; None if neither the program nor a party told it."""
    known = shipped.by_digest().get(digest)
    if known is not None:
        return known
    file = file_of(look, digest)
    if file is None:
        return None
    try:
        return reading.read(file.encode())
    except OurFault:
        return None


def file_of(look: Reader, digest: bytes) -> str | None:
    """Return the file of a format that a party added, by its digest; None for any other."""
    files = (row.text("file") for row in every(look, folds.FORMATS, {}))
    return next((each for each in files if sha256(each.encode()).digest() == digest), None)


def to_write(look: Reader, code: str, to: str) -> Format:
    """Return the format in which a notice to a desk is written: both sides hold it.

    Raises OurFault: notices.no_format; notices.format_differs if that desk said that it holds
    another version, or was never told a format that does not ship.
    """
    own = [(row, each) for row, each in own_formats(look) if each.code == code]
    told = [pair for pair in own if to in pair[0].texts("to") or pair[0]["from"] == to]
    known = shipped.shipped().get(code)
    if known is None and own and not told:
        raise OurFault(
            "notices.format_differs", f"{to} was never told the format {code}",
            "tell them first: detente notices adopt FILE --to PARTY",
        )  # fmt: skip
    if told:
        known = max(told, key=lambda pair: (pair[0].moment("created"), pair[0].data("mid")))[1]
    if known is None:
        codes = [*shipped.shipped(), *sorted({each.code for _, each in own})]
        raise OurFault("notices.no_format", f"no format {code[:16]!r}", f"use {', '.join(codes)}")
    theirs = holds(look, to).get(code)
    former = shipped.by_digest().get(theirs) if theirs is not None and not told else None
    if former is not None and former.code == code:
        return former  # what that desk holds: its program is older than ours
    if not told and theirs is not None and theirs != known.digest:
        raise OurFault(
            "notices.format_differs", f"{to} holds another version of {code}",
            "bring both programs to one version; detente notices formats shows both",
        )  # fmt: skip
    return known


def holds(look: Reader, desk: str) -> dict[str, bytes]:
    """Return digests by code as a desk last told; empty while it told none."""
    rows = list(every(look, folds.HELD, {"from": desk}))
    if not rows:
        return {}
    last = max(rows, key=lambda row: (row.moment("created"), row.data("mid")))
    return {each.text("format"): each.data("digest") for each in last.parts("formats")}


def next_number(look: Reader, from_: str, to: str, year: int) -> int:
    """Return the number after the highest one, found by halving: there may be many."""
    low, high = 0, NUMBER_MAX  # a number above `low` is not known yet, none above `high`
    while low < high:
        middle = (low + high) // 2
        if _is_above(look, from_, to, year, middle):
            low = middle + 1
        else:
            high = middle
    if low >= NUMBER_MAX:
        raise OurFault("notices.number", "no number is left this year", "tell the other side")
    return low + 1


def _is_above(look: Reader, from_: str, to: str, year: int, number: int) -> bool:
    after = folds.number_place(from_, to, year, number) + "~"
    found = look.find(folds.NUMBERS, {}, after, 1)
    return bool(found) and Values(found[0]).text("place").startswith(folds.series(from_, to, year))


@dataclass(frozen=True, slots=True)
class Current:
    """One value of a notice as it stands: corrected by whom, and against which other correction."""

    name: str
    place: int
    text: str
    first: str
    disputed: bool


def current(notice: Values, corrections: Sequence[Values]) -> list[Current]:
    """Return the values of a notice with its corrections, in the order of their authors' clock.

    Two corrections that go on from the same one and say otherwise of a field contradict: the later
    stands, and both are shown.
    """
    first = _texts(notice)
    now, disputed = dict(first), set[str]()
    for number, one in enumerate(corrections):
        changed = _texts(one)
        for other in corrections[:number]:
            if one.get("after") == other.get("after"):
                theirs = _texts(other)
                disputed |= {n for n in changed.keys() & theirs.keys() if changed[n] != theirs[n]}
        now |= changed
    return [
        Current(
            name,
            place,
            text,
            (first.get(name, ())[place - 1 : place] or ("",))[0],
            name in disputed,
        )
        for name, texts in now.items()
        for place, text in enumerate(texts, 1)
    ]


def _texts(row: Values) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in row.parts("value"):
        found[each.text("name")] = (*found.get(each.text("name"), ()), each.text("text"))
    return found


def delay_s(row: Values) -> int:
    """Return by how many seconds our clock at keeping was after the sender's at writing; may be below 0."""
    kept, created = row.moment("kept_at"), row.moment("created")
    return (kept.ms - created.ms) // 1000


def marked_alike(look: Reader, notice: Values) -> tuple[list[Values], list[Values]]:
    """Return what was said to a notice with its mark of an exercise, and what with another."""
    said, mark = said_to(look, notice.data("mid")), notice.get("exercise")
    odd = [each for each in said if each.get("exercise") != mark]
    return [each for each in said if each.get("exercise") == mark], odd


def replies(look: Reader, mid: bytes) -> list[Values]:
    """Return the replies to a notice, the first first by their authors' clock."""
    found = every(look, folds.NOTICES, {"of": mid})
    return sorted(found, key=lambda row: (row.moment("created"), row.data("mid")))


def read_at(look: Reader, notice: Values) -> tuple[Moment, Moment] | None:
    """Return when the other side kept a notice and when it first acknowledged it, by its own clock.

    A receipt with another mark than the notice's counts for nothing: a drill settles nothing real.
    """
    said, _ = marked_alike(look, notice)
    receipts = [each for each in said if each["what"] == "receipt"]
    return (receipts[0].moment("kept"), receipts[0].moment("created")) if receipts else None
