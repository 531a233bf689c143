"""What a verified file shows of a matter as a whole, for people and machines. Source: spec/log.md 7.5."""

from typing import Final

from detente.core import matter, record, talk
from detente.core.canon import Json
from detente.core.matter import MatterShown
from detente.core.receipt import Shown

_INDENT: Final = " " * 14
_LATER: Final = {
    talk.STANDS: "stands as of the sizes below",
    talk.WITHDRAWN: "WITHDRAWN by its own desk, in whole or in part",
    talk.CORRECTED: "CORRECTED by its own desk, in whole or in part",
    matter.REJECTED: "REJECTED by its addressee",
    matter.NOT_SHOWN: "later state not shown: it may have been withdrawn or corrected",
}


def fate(one: Shown, shown: MatterShown) -> dict[str, Json]:
    """Return what became of a record: `later` and `later_by`; both null for a receipt."""
    found = shown.fates.get(one.mid)
    if found is None:
        return {"later": None, "later_by": []}
    return {"later": found.later, "later_by": [mid.hex() for mid in found.by]}


def document(shown: MatterShown) -> dict[str, Json]:
    """Return what holds for the file as a whole."""
    return {
        "complete": shown.complete,
        "as_of": [{"origin": origin, "size": size} for origin, size in shown.as_of],
        "digests": [
            {
                "desk": one.desk,
                "other": one.other,
                "mid": one.mid.hex(),
                "count": one.digest.count,
                "mids": one.digest.mids.hex(),
                "state": one.digest.state.hex(),
                "logs": [{"origin": name, "size": size} for name, size in one.digest.logs],
                "found": one.found,
                "agrees": one.agrees,
            }
            for one in shown.digests
        ],
        "equivocations": [[first.hex(), second.hex()] for first, second in shown.twins],
    }


def fate_lines(one: Shown, shown: MatterShown) -> list[str]:
    """Return the line that says what became of a record; none for a receipt."""
    found = shown.fates.get(one.mid)
    if found is None:
        return []
    by = f": record {', '.join(map(record.mid_text, found.by))}" if found.by else ""
    return [f"{_INDENT}{_LATER[found.later]}{by}"]


def lines(shown: MatterShown) -> list[str]:
    """Return the lines of the whole: complete as of which sizes, or what is not the same."""
    found = [
        f"{_INDENT}EQUIVOCATION: records {record.mid_text(first)} and {record.mid_text(second)}"
        " were both signed under one number by one desk"
        for first, second in shown.twins
    ]
    if shown.complete:
        sizes = ", ".join(f"{origin} {size:,}" for origin, size in shown.as_of)
        found.append(f"{_INDENT}COMPLETE as of these sizes, by the count of both: {sizes}")
    found += [
        f"{_INDENT}not the same: {one.desk} counts {one.digest.count:,} records with {one.other},"
        f" this file holds {one.found:,} below the same sizes"
        for one in shown.digests
        if not one.agrees
    ]
    return found
