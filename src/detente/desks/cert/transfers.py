"""Wholes that came or went in parts: which parts are here, which were read, which the peer has.

A part counts by what it says of itself and by the matter and party that it stands in: parts of two
sendings of one file are never mixed. Whole is what has every number once, each read, and as many
objects as were said; all else is shown as what it lacks.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from detente.core import names
from detente.core.moment import Moment
from detente.desks.cert import folds, kinds
from detente.office.attached import ATTACHED
from detente.office.desk import Fold, Look, Opened
from detente.office.drafting import MARKINGS
from detente.office.enclosed import FILES
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    Flag,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.tables import Row, Rows, Table

State = Literal["arriving", "whole", "sending", "delivered", "odd", "taking_back", "acknowledged"]
_BACK: Final = ("taking_back", "acknowledged")
_PARTS_MAX: Final = 4 * 64  # of one whole that are looked at; a peer may say a number twice

PARTS: Final = Table(
    name="cert_parts",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("whole", Text(200)),  # matter, party and hash of the whole
        Field("from", Text(96)),
        Field("to", Desks()),
        kinds.ABOUT,
        Field("tlp", OneOf(*MARKINGS)),
        Field("kept_at", When()),
        Field("ours", Flag()),
        Field("aid", Digest()),  # of its file
        *kinds.PART_OF.fields,
    ),
    find_by=(("whole",),),
)
WHOLES: Final = Table(  # its key puts the latest first
    name="cert_wholes",
    key="place",
    columns=(Field("place", Text(220)), Field("whole", Text(200)), Field("mid", Mid())),
    find_by=(("whole",),),
)


def fold_part(rows: Rows, opened: Opened) -> None:
    """Keep what a part says of itself; its file may be still to come."""
    part, files = opened.body.get("part"), opened.body.parts(FILES.name)
    if not isinstance(part, Values) or not files:
        return
    before, kept_at = rows.get(opened.mid), opened.kept_at
    if before is not None:
        kept_at = min(Values(before).moment("kept_at"), kept_at)
    rows.put(
        {
            **part,
            "mid": opened.mid,
            "whole": _whole(opened, part),
            "from": opened.from_,
            "to": opened.to,
            "about": opened.body["about"],
            "tlp": opened.tlp,
            "kept_at": kept_at,
            "ours": opened.ours,
            "aid": files[0]["aid"],
        }
    )


def fold_whole(rows: Rows, opened: Opened) -> None:
    """Give a whole its place in the list, by when the first of its parts was kept."""
    part = opened.body.get("part")
    if not isinstance(part, Values) or not opened.body.parts(FILES.name):
        return
    whole = _whole(opened, part)
    place = folds.newest_place(opened.kept_at, opened.mid)
    for row in rows.find({"whole": whole}, None, 1):
        before = Values(row).text("place")
        if before >= place:  # an earlier part stands for it
            return
        rows.drop(before)
    rows.put({"place": place, "whole": whole, "mid": opened.mid})


def _whole(opened: Opened, part: Values) -> str:
    return f"{opened.matter} {opened.party} {part.data('sha256').hex()}"


def read_wholes(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return wholes, the latest first, and how far each of them is."""
    rows = look.find(WHOLES, {}, None, values.whole("count", 50))
    return tuple(_line(of_whole(look, Values(row).text("whole")), look) for row in rows)


def read_parts(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return each part of the whole that a record is of; one that did not come has no record."""
    row = look.get(PARTS, values["mid"])
    if row is None:
        return ()
    found = of_whole(look, Values(row).text("whole"))
    rows: list[Row] = [
        {
            "number": each.whole("number"),
            "state": back_of(look, each) or part_state(look, each),
            "own": each.whole("own"),
            "kept_at": each["kept_at"],
            "mid": each["mid"],
        }
        for each in found
    ]
    rows += [
        {"number": number, "state": "missing", "own": None, "kept_at": None, "mid": None}
        for number in missing(found)
    ]
    return tuple(sorted(rows, key=lambda each: Values(each).whole("number")))


def of_whole(look: Reader, whole: str) -> list[Values]:
    """Return the parts of a whole that are here, by their numbers."""
    rows = [Values(row) for row in look.find(PARTS, {"whole": whole}, None, _PARTS_MAX)]
    return sorted(rows, key=lambda row: (row.whole("number"), row.data("mid")))


def _line(parts: Sequence[Values], look: Reader) -> Row:
    first = parts[0]
    states = [part_state(look, each) for each in parts]
    backs = [each for each in (back_of(look, part) for part in parts) if each]
    row: dict[str, Value] = {
        name: first[name]
        for name in ("mid", "from", "to", "tlp", "about", "count", "size", "sha256", "bundle")
    }
    done = ("read",) if not first.flag("ours") else ("delivered",)
    return {
        **row,
        "kept_at": min(each.moment("kept_at") for each in parts),
        "state": _back(parts, backs) or _state(parts, states),
        "back": len(backs) or None,
        "acknowledged": sum(each == "acknowledged" for each in backs) if backs else None,
        "parts": first["parts"],
        "here": sum(state in done for state in states),
        "missing": ranges(missing(parts)) or None,
    }


def _state(parts: Sequence[Values], states: Sequence[str]) -> State:
    first = parts[0]
    numbers = [each.whole("number") for each in parts]
    same = ("parts", "bundle", "size", "count")
    if len(set(numbers)) < len(numbers) or any(
        each[name] != first[name] for each in parts for name in same
    ):
        return "odd"
    ours = first.flag("ours")
    if len(numbers) < first.whole("parts") or any(
        state != ("delivered" if ours else "read") for state in states
    ):
        return "sending" if ours else "arriving"
    if sum(each.whole("own") for each in parts) != first.whole("count"):
        return "odd"
    return "delivered" if ours else "whole"


def _back(parts: Sequence[Values], backs: Sequence[str]) -> State | None:
    if len(backs) < max(len(parts), parts[0].whole("parts")):
        return None
    return "acknowledged" if all(each == "acknowledged" for each in backs) else "taking_back"


def back_of(look: Reader, part: Values) -> Literal["", "taking_back", "acknowledged"]:
    """Say whether its author took back all of a part, and who got it said what became of it.

    Theirs is acknowledged when we said so; ours when each addressee did.
    """
    party = names.party_of(part.text("from"))
    rows = every(look, folds.WITHDRAWALS, {"of": part["mid"], "party": party})
    taken = [row for row in rows if row.flag("all") or row.flag("part")]
    if not taken:
        return ""
    said = [row for one in taken for row in every(look, folds.WITHDRAWN, {"of": one["mid"]})]
    if part.flag("ours"):
        others = set(part.texts("to")) - {part.text("from")}
        done = others <= {row.text("from") for row in said}
    else:
        done = any(row.flag("ours") for row in said)
    return "acknowledged" if done else "taking_back"


def part_state(look: Reader, part: Values) -> str:
    """Say how far one part is: its record, its file read, or, of ours, every addressee has the file."""
    mid = part.data("mid")
    if part.flag("ours"):
        rows = every(look, ATTACHED, {"of": mid})
        said = {row.text("from") for row in rows if row["aid"] == part["aid"]}
        others = set(part.texts("to")) - {part.text("from")}
        return "delivered" if others <= said else "sent"
    return "read" if look.get(folds.BUNDLES, mid) is not None else "arriving"


def missing(parts: Sequence[Values]) -> list[int]:
    """Return the numbers of which no part is here."""
    here = {each.whole("number") for each in parts}
    return [number for number in range(1, parts[0].whole("parts") + 1) if number not in here]


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers as people write them: 4, 9-12."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in found)


WHOLE: Final = Look(
    name="cert/transfers",
    fields=(Field("count", Whole(1, 500), default=50),),
    read=read_wholes,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        Field("to", Desks()),
        Field("tlp", OneOf(*MARKINGS)),
        Field("state", OneOf("arriving", "whole", "sending", "delivered", "odd", *_BACK)),
        Field("here", Whole()),
        Field("parts", Whole()),
        Field("missing", Text(300), required=False),
        Field("back", Whole(), required=False),
        Field("acknowledged", Whole(), required=False),
        Field("count", Whole()),
        Field("size", Whole()),
        Field("bundle", Text(44)),
        Field("sha256", Digest()),
        kinds.ABOUT,
    ),
    example="--count 20",
)
PART: Final = Look(
    name="cert/transfer",
    fields=(Field("mid", Mid(), bare=True),),
    read=read_parts,
    columns=(
        Field("number", Whole()),
        Field("state", OneOf("missing", "arriving", "read", "sent", "delivered", *_BACK)),
        Field("own", Whole(), required=False),
        Field("kept_at", When(), required=False),
        Field("mid", Mid(), required=False),
    ),
    example="k3q7zb",
)
_KINDS: Final = (kinds.BUNDLE_FILE, kinds.PART)
FOLDS: Final = (Fold(PARTS, _KINDS, fold_part), Fold(WHOLES, _KINDS, fold_whole))
LOOKS: Final = (WHOLE, PART)
