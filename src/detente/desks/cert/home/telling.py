"""What of the things found a constituent may be told, and what it is told: the check and the table.

Source: FIRST, Traffic Light Protocol 2.0. AMBER goes to an organisation's clients who need to know:
whose system it is does. AMBER+STRICT stays in the organisation, RED with the people named. What nobody
here can read a marking of is released to nobody.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Literal, NamedTuple

from detente.core.moment import Moment
from detente.desks.cert import advisory, embargo, index, linking, paging
from detente.desks.cert.formats import describing, lists, marking, members, spots
from detente.desks.cert.formats.members import Object
from detente.desks.cert.home import register, whose
from detente.desks.cert.home.matching import Asset, Matcher
from detente.desks.cert.incident.folds import CASES, STORY
from detente.office.drafting import MARKINGS
from detente.office.fields import Value, Values
from detente.office.reader import Reader, every
from detente.office.tables import Row

Why = Literal["", "gone", "withdrawn", "unknown", "red", "strict", "pap", "embargo", "before"]
OPEN_MAX: Final = 10_000  # looked at for one list
HEADS: Final = ("found", "what", "value", "tlp", "name", "description", "id", "version", "record")
_SAID_MAX: Final = 500  # characters of a description
_PAGE: Final = 500


class Line(NamedTuple):
    """One version of an object that was found at a constituent's. why: why it is not told, "" if it may be.

    values: as they were written; mid: of the record that brought it, b"" for one that is gone.
    """

    version: str
    at: Moment
    id: str
    modified: str
    type: str
    title: str
    said: str
    values: tuple[str, ...]
    tlp: str
    mid: bytes
    from_: str
    why: Why
    sightings: int = 0


def open_places(look: Reader, key: str, count: int) -> list[str]:
    """Return the places of what a constituent has still to be told, at most `count`."""
    found = prefixed(look, f"o {key}\t")
    return sorted(str(row["said"]) for row in islice(found, count))


def found_places(look: Reader, key: str, count: int) -> list[str]:
    """Return the places of what was found at a constituent's, the newest first, each version once."""
    seen: dict[str, str] = {}
    for row in islice(prefixed(look, f"f {key}\t"), OPEN_MAX):
        place = str(row["place"])
        seen.setdefault(place.rpartition("\t")[2], place)
        if len(seen) >= count:
            break
    return list(seen.values())


def told(look: Reader, key: str, version: str) -> bytes | None:
    """Return the telling by which a constituent was told a version; None for none."""
    row = look.get(whose.WHOSE, f"t {key}\t{version}")
    return None if row is None else bytes.fromhex(str(row["said"]))


def lines(look: Reader, who: Values, places: Sequence[str]) -> list[Line]:
    """Return what stands at places, checked for a constituent, in their order."""
    held = embargo.standing(look)
    mine = _Mine(who)
    found = []
    for place in places:
        row = look.get(whose.WHOSE, place)
        if row is None:
            continue
        _, _, moment, version = place.split("\t")
        at = Moment(int(moment, 16) // 1_000)
        if row["said"]:
            mid = bytes.fromhex(str(row["said"]))
            line = _advisory(look, mine, version, at, mid, held) or _record(
                look, mine, version, at, mid
            )
        else:
            line = _object(look, mine, version, at, int(moment, 16), held)
        if not line.why and "since" in who and at < who.moment("since"):
            line = line._replace(why="before")
        found.append(line)
    return found


def table(found: Sequence[Line]) -> str:
    """Return lines as the table that a constituent gets: values as they are, for its machines."""
    return lists.write(
        HEADS,
        [
            (
                str(line.at), line.type, " ".join(line.values), f"TLP:{line.tlp}", line.title, line.said,
                line.id, line.modified, line.mid.hex()[:16],
            )
            for line in found
        ],
    )  # fmt: skip


def prefixed(look: Reader, start: str) -> Iterator[Row]:
    """Yield rows of WHOSE whose keys begin so, in their order."""
    place = start
    while True:
        found = look.find(whose.WHOSE, {}, place, _PAGE)
        for row in found:
            place = str(row["place"])
            if not place.startswith(start):
                return
            yield row
        if len(found) < _PAGE:
            return


def waiting(look: Reader, count: int) -> Iterator[tuple[str, str]]:
    """Yield the keys of constituents to whom something is to be told, each with one place of it."""
    after = "o "
    for _ in range(count):
        rows = look.find(whose.WHOSE, {}, after, 1)
        if not rows or not str(rows[0]["place"]).startswith("o "):
            return
        key = str(rows[0]["place"])[2:].partition("\t")[0]
        yield key, str(rows[0]["said"])
        after = f"o {key}\t\x7f"


def with_named(look: Reader, one: Object) -> list[Object]:
    """Return an object, and after it those that it speaks of: a sighting has no address of its own."""
    objects = [one]
    for ref in spots.named(one):
        rows = paging.versions(look, ref)[:1]
        objects += [parsed(each) for each in paging.raws(look, rows)]
    return objects


def parsed(data: bytes) -> Object:
    """Return a kept object, read."""
    found = json.loads(data)
    assert isinstance(found, dict), "it was read before it was kept"
    return found


class _Mine:
    """Which of an object's values are a constituent's."""

    def __init__(self, who: Values) -> None:

        self._matcher = Matcher(Asset(form, "") for form in register.forms(who))

    def of(self, found: Sequence[spots.Spot]) -> tuple[str, ...]:
        """Return the values among these that are."""
        return tuple(dict.fromkeys(each.value for each in found if self._matcher.whose(each.form)))


def _object(
    look: Reader, mine: _Mine, version: str, at: Moment, raw: int, held: embargo.Held
) -> Line:
    kept = look.get(index.RAWS, raw)
    one = json.loads(kept["bytes"]) if kept and isinstance(kept["bytes"], bytes) else None
    if not isinstance(one, dict):
        return Line(version, at, "", "", "", "", "", (), MARKINGS[-1], b"", "", "gone")
    identity = str(one.get("id"))
    rows: list[Row] = [
        dict(row)
        for row in index.said(look, identity)
        if not row.flag("clash")
        and version in (whose.version_of(one, b""), whose.version_of(one, _sha(row)))
    ]
    if not rows:
        return Line(version, at, identity, "", "", "", "", (), MARKINGS[-1], b"", "", "gone")
    first = rows[0]
    tlp = max((str(row["tlp"]) for row in rows), key=MARKINGS.index)
    objects = with_named(look, one)
    seen = dict(spots.of_objects(objects)).get(0, ())
    marks = marking.Book.of(_definitions(look, one)).object(one)
    gone = all(state == "withdrawn" for state in paging.stands(look, rows))
    why = _why(tlp, marks, gone=gone, embargoed=held.holds(objects))
    return Line(
        version, at, identity, str(first["version"]), str(one.get("type")),
        describing.title_of(one)[:200], _one_line(members.text(one, "description")),
        mine.of(seen), tlp, _mid(first), str(first["from"]), why, _sightings(look, identity),
    )  # fmt: skip


def _sha(row: Mapping[str, Value]) -> bytes:
    found = row["sha256"]
    assert isinstance(found, bytes)
    return found


def _mid(row: Row) -> bytes:
    found = row["mid"]
    assert isinstance(found, bytes)
    return found


def _definitions(look: Reader, one: Object) -> list[Object]:
    refs = one.get("object_marking_refs")
    found: list[Object] = []
    for ref in refs if isinstance(refs, list) else ():
        rows = paging.versions(look, str(ref))[:1]
        found += [parsed(each) for each in paging.raws(look, rows)]
    return found


def _sightings(look: Reader, identity: str) -> int:
    return sum(1 for _, one in linking.saying(look, identity, 100) if one.get("type") == "sighting")


def _why(tlp: str, marks: marking.Marks, *, gone: bool, embargoed: bool) -> Why:
    if embargoed:
        return "embargo"
    if gone:
        return "withdrawn"
    if marks.unknown:
        return "unknown"
    if tlp == "RED":
        return "red"
    if tlp == "AMBER+STRICT":
        return "strict"
    return "pap" if marks.pap == "RED" else ""


def _record(look: Reader, mine: _Mine, version: str, at: Moment, mid: bytes) -> Line:
    row = look.get(CASES, mid) or look.get(STORY, mid)
    if row is None:
        return Line(version, at, "", "", "", "", "", (), MARKINGS[-1], mid, "", "gone")
    told_ = Values(row)
    # What follows a report stands under the marking of the report.
    opening = Values(look.get(CASES, told_["of"]) or {}) if "of" in told_ else told_
    tlp = opening.text("tlp", "RED")
    title = opening.text("about")
    text = "\n".join((told_.text("about"), told_.text("text")))
    why = _why(tlp, marking.Marks(), gone=False, embargoed=False)
    return Line(
        version, at, "", "", told_.text("what"), title[:200], "", mine.of(spots.in_text(text)),
        tlp, mid, told_.text("from"), why,
    )  # fmt: skip


def _advisory(
    look: Reader, mine: _Mine, version: str, at: Moment, mid: bytes, held: embargo.Held
) -> Line | None:
    row, kept = look.get(advisory.ADVISORIES, mid), look.get(advisory.TEXTS, mid)
    if row is None or kept is None:
        return None
    said, text = Values(row), Values(kept).text("advisory")
    tlp = max(_markings(look, said, text), key=MARKINGS.index)
    why = _why(tlp, marking.Marks(), gone=False, embargoed=held.holds_text(text))
    return Line(
        version, at, "", said.text("version"), "advisory", said.text("about"), said.text("id"),
        mine.of(whose.of_advisory(text)), tlp, mid, said.text("from"), why,
    )  # fmt: skip


def _markings(look: Reader, said: Values, text: str) -> Iterator[str]:
    """Yield the markings of every record that brought the same bytes: the strictest holds."""
    yield said.text("tlp")
    where = {"id": said["id"], "version": said["version"]}
    for row in every(look, advisory.ADVISORIES, where):
        other = look.get(advisory.TEXTS, row.data("mid"))
        if other is not None and other["advisory"] == text:
            yield row.text("tlp")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_SAID_MAX]
