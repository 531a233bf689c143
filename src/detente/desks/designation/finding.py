"""What acts and pages look up: a designation, where it stands with a peer, and what was said to it."""

from collections.abc import Iterator, Sequence
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.designation import folds, kinds, rules
from detente.office.fields import Values
from detente.office.reader import Reader, every
from detente.office.stands import COURSES

_COURSES_MAX: Final = 64
NO_STATE: Final = "said"  # a record that opened no course here


def designation_at(look: Reader, mid: bytes) -> Values:
    """Return a designation by the id of its proposal. Raises OurFault("designation.unknown")."""
    row = look.get(folds.DESIGNATIONS, mid)
    if row is None:
        raise OurFault(
            "designation.unknown", "no designation has this id", "look at designation list"
        )
    return Values(row)


def said_at(look: Reader, mid: bytes, *whats: str) -> Values:
    """Return a record that was said, of one of these kinds. Raises OurFault("designation.unknown")."""
    row = look.get(folds.SAID, mid)
    if row is None or row["what"] not in whats:
        raise OurFault(
            "designation.unknown",
            f"no {' or '.join(whats)} has this id",
            "look at designation list",
        )
    return Values(row)


def said_to(look: Reader, row: Values, what: str = "") -> list[Values]:
    """Return what its two sides said to a record, the first first by its author's clock.

    What somebody else says to it counts for nothing and is shown as a record alone.
    """
    sides = (row["from"], *row.texts("to"))
    found = [
        each
        for each in every(look, folds.SAID, {"of": row["mid"]})
        if each["from"] in sides and what in ("", each["what"])
    ]
    return sorted(found, key=lambda each: (each.moment("created"), each.data("mid")))


def last(said: Sequence[Values]) -> Values | None:
    """Return the last of what one desk said, by its numbers: clocks are set back, and go ahead."""
    begun: dict[str, Moment] = {}
    for each in said:
        at = each.moment("created")
        begun[each.text("series")] = min(begun.get(each.text("series"), at), at)
    places = [(begun[each.text("series")], each.text("series"), each.whole("n")) for each in said]
    return said[places.index(max(places))] if said else None


def peer_of(row: Values) -> str:
    """Return the desk on the other side of a record."""
    return row.texts("to")[0] if row.flag("ours") else row.text("from")


def course(look: Reader, mid: bytes) -> Values:
    """Return where a record's course stands; without a state of its own while there is none."""
    rows = look.find(COURSES, {"mid": mid}, None, _COURSES_MAX)
    return Values(rows[0]) if rows else Values({"state": NO_STATE, "by": mid, "ended": False})


def state(look: Reader, mid: bytes) -> str:
    """Return the state of a record's course."""
    return course(look, mid).text("state")


def identity(look: Reader, row: Values) -> Values:
    """Return whom a designation means by now: as proposed, or as its author last amended it."""
    amended = [each for each in said_to(look, row, "amendment") if each["from"] == row["from"]]
    return members(last(amended) or row)


def members(row: Values) -> Values:
    """Return the identity that stands in a row."""
    return Values({each.name: row.get(each.name) for each in kinds.IDENTITY})


def adoption(look: Reader, row: Values) -> Values | None:
    """Return the adoption by which a designation is in force at its addressee; None if none is."""
    if state(look, row.data("mid")) not in rules.IN_FORCE:
        return None
    ours = not row.flag("ours")  # we apply what is theirs, and they what is ours
    return last([each for each in said_to(look, row, "adoption") if each.flag("ours") == ours])


def in_force(look: Reader, party: str = "") -> Iterator[tuple[Values, Values]]:
    """Give what we apply of peers' designations: each with our adoption of it."""
    where = {"party": party} if party else {}
    for row in every(look, folds.DESIGNATIONS, where):
        made = None if row.flag("ours") else adoption(look, row)
        if made is not None:
            yield row, made


def was_applied(look: Reader, party: str) -> bool:
    """Say whether we ever applied a designation of a party's, in force or not."""
    return any(
        not row.flag("ours") and each.flag("ours")
        for row in every(look, folds.DESIGNATIONS, {"party": party})
        for each in said_to(look, row, "adoption")
    )


def reasons(look: Reader, row: Values) -> list[tuple[Values, Values]]:
    """Return every part of the reasons of a designation's author, each with its record."""
    records = [row, *said_to(look, row, "reasons")]
    return [
        (record, part)
        for record in records
        if record["from"] == row["from"]
        for part in record.parts("reasons")
    ]


def same_number(look: Reader, row: Values) -> list[Values]:
    """Return a designation and the others of its author under its number: one for each peer told."""
    return [each for each in by_number(look, row.text("number")) if each["from"] == row["from"]]


def by_number(look: Reader, number: str) -> list[Values]:
    """Return every designation under a number, whoever gave it."""
    return list(every(look, folds.DESIGNATIONS, {"number": number}))


def review_due(look: Reader, row: Values) -> Moment | None:
    """Return when its author is to review a designation: as last said."""
    said = [each for each in said_to(look, row, "review") if each["from"] == row["from"]]
    told = last(said) or row
    return told.moment("review") if "review" in told else None
