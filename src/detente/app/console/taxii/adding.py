"""Objects that a program hands in: judged, compared with what is held, sent as records of its person."""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.app.console.taxii.status import Status
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.office.drafting import MARKINGS
from detente.office.offered import Collection
from detente.office.offering import EVERYONE, TO, Judged, Shown
from detente.office.office import Office
from detente.office.people import Person

CONFLICT: Final = (
    "another content is held under this id and version: it stays; give yours a later `modified`"
)
WITHDRAWN: Final = "this version was withdrawn: give it a later `modified`"
WAITS: Final = "a second person has to release it"
UNDER_WAY: Final = "it is under way as a file of its record"
STRICT: Final = "TLP:AMBER+STRICT goes to one party at a time: hand it in for each"
_MARKING: Final = "marking-definition--"
_OF_OBJECTS: Final = ("cert", "stix")  # what faults of objects begin with
Entry = tuple[int, str, Judged]  # place in the envelope, text, what was said of it


def add(
    office: Office,
    person: Person,
    collection: Collection,
    texts: Sequence[str],
    status: Status,
    now: Moment,
) -> None:
    """Send what may be sent, and let the status say so of each object.

    Raises what office.act raises while nothing was sent; later it is told of each object.
    """
    judged, whole = office.offered.offering.judge(texts)
    waiting: list[Entry] = []
    fresh: dict[tuple[str, str], bytes] = {}
    lanes = _lanes(office, person, collection)
    known = office.offered.known(lanes, (one.id for one in judged if not one.wrong))
    for place, (text, one) in enumerate(zip(texts, judged, strict=True)):
        wrong = one.wrong or _unfit(collection, one)
        key = one.id, one.instant
        if wrong:
            status.refuse(one, place, wrong)
        elif key in fresh:
            _compare(status, one, place, fresh[key])
        else:
            held, wrong = _held(known[one.id], one)
            if wrong:
                status.refuse(one, place, wrong)
                continue
            fresh[key] = one.sha256
            if held:
                status.take(one, place, "it is held already")
            else:
                waiting.append((place, text, one))
    marks = {
        one.id: text for text, one in zip(texts, judged, strict=True) if one.id.startswith(_MARKING)
    }
    for some in _batches(office, waiting):
        as_judged = whole if len(some) == len(texts) else None
        _send(office, person, collection, some, marks, status, now, as_judged)


def _lanes(office: Office, person: Person, collection: Collection) -> list[str]:
    """Return all of them, then every one in which what is handed in will stand."""
    if collection.alias != EVERYONE:
        return ["", collection.lane]
    every = office.offered.collections(person)
    return ["", *(each.lane for each in every if each.party and each.alias.startswith(TO))]


def _unfit(collection: Collection, one: Judged) -> str:
    return STRICT if collection.alias == EVERYONE and one.tlp == "AMBER+STRICT" else ""


def _compare(status: Status, one: Judged, place: int, before: bytes) -> None:
    if one.sha256 == before:
        status.take(one, place, "it stands in this envelope before")
    else:
        status.refuse(one, place, CONFLICT)


def _held(known: Sequence[Sequence[Shown]], one: Judged) -> tuple[bool, str]:
    """Return whether an object is held where it should go, and why it may not go there."""
    same = [[row for row in rows if row.instant == one.instant] for rows in known]
    if any(row.sha256 != one.sha256 for rows in same for row in rows):
        return False, CONFLICT
    stands = [any(not row.gone for row in rows) for rows in same[1:]]
    if any(row.gone for rows in same[1:] for row in rows) and not all(stands):
        return False, WITHDRAWN
    return all(stands), ""


def _batches(office: Office, entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return entries as they go into records: each as many as its body holds."""
    offering = office.offered.offering
    found: list[list[Entry]] = []
    size = 0
    for each in entries:
        own = len(each[1].encode("utf-8", "replace")) + offering.row_max
        if not found or size + own > offering.size_max or len(found[-1]) == offering.count_max:
            found.append([])
            size = 0
        found[-1].append(each)
        size += own
    return found


def _send(
    office: Office,
    person: Person,
    collection: Collection,
    some: Sequence[Entry],
    marks: Mapping[str, str],
    status: Status,
    now: Moment,
    whole: bytes | None = None,
) -> None:
    offered = office.offered
    tlp = max((one.tlp for _, _, one in some), key=MARKINGS.index)
    own = [text for _, text, _ in some]
    # A bundle is read alone: what marks its objects goes with them, held already or not.
    there = {one.id for _, _, one in some}
    beside = [
        text for id_, text in marks.items() if id_ not in there and any(id_ in each for each in own)
    ]
    to = offered.addresses(collection)
    wish = offered.offering.send([*beside, *own], to, tlp, None if beside else whole)
    try:
        outcome = office.act(person, wish.act, wish.values, now)
    except (OurFault, TheirFault) as fault:
        is_theirs = fault.code.partition(".")[0] in _OF_OBJECTS
        if is_theirs and len(some) > 1:  # one of them: the others shall go
            half = len(some) // 2
            for part in (some[:half], some[half:]):
                _send(office, person, collection, part, marks, status, now)
            return
        if not is_theirs and not status.successes:
            raise
        for place, _, one in some:
            status.refuse(one, place, f"{fault.code}: {fault.what}; {fault.remedy}"[:500])
        return
    size = sum(len(text) for _, text, _ in some)
    waits = WAITS if outcome.waiting or outcome.held else ""
    waits = waits or (UNDER_WAY if size > offered.offering.size_max else "")
    for place, _, one in some:
        if waits:
            status.wait(one, place, waits)
        else:
            status.take(one, place)
