"""What of an object stands: a pure function of who said it when, and who took what back when.

A *saying* is one object of one record in one lane. Of equal sayings (same lane, edition and content)
those that overlap are one *spell*: it begins with the first and ends when each was taken back. A spell
has one row, under the number of its first saying; a later spell has a row of its own. Where a peer
takes back what stood last, or we do, a row more tells it: `taken`. See index for who keeps them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert.formats import stix
from detente.office.fields import Value
from detente.office.offering import FROM_LANE
from detente.office.tables import Row

# What programs see a row as, in its lane and in all lanes together; what is marked RED: as nothing.
LANE, FIRST, LAST, ALL, ALL_FIRST, ALL_LAST = 1, 2, 4, 8, 16, 32
ONLY: Final = LANE | FIRST | LAST
ALONE: Final = ONLY | ALL | ALL_FIRST | ALL_LAST
Saying = dict[str, Value]


class Taking(NamedTuple):
    """A withdrawal. number: of the row that tells it of a saying; end: its own, from when it counts."""

    end: int
    number: int
    at: Moment


@dataclass
class _Spell:
    row: Saying
    members: list[Saying]
    end: int | None
    taking: Taking | None  # the one that ended it
    by: int  # the saying that stands for it


def judge(
    sayings: Iterable[Saying], taking: Callable[[Saying], Taking | None]
) -> tuple[list[Saying], list[Saying]]:
    """Return the rows of one id, at most MAX_VERSIONS, and the sayings that have none of their own.

    taking: the first withdrawal of a saying by the party that said it.
    """
    contents: dict[Value, list[Value]] = {}
    groups: dict[tuple[Value, ...], list[Saying]] = {}
    again: list[Saying] = []
    for row in sorted(sayings, key=added):
        known = contents.setdefault(row["edition"], [])
        if row["sha256"] not in known:
            known.append(row["sha256"])
        if known.index(row["sha256"]) < limits.MAX_CLASHES:
            groups.setdefault((row["lane"], row["edition"], row["sha256"]), []).append(row)
        else:
            again.append(row)
    spells: list[_Spell] = []
    clashes: list[Saying] = []
    for (_, edition, content), own in groups.items():
        if content == contents[edition][0]:
            spells += _spells(own, taking)
        else:
            clashes.append(own[0])
            again += own[1:]
    again += [each for spell in spells for each in spell.members[1:]]
    rows = [_row(each.row, by=each.by, gone=each.end is not None) for each in spells]
    rows += [_row(each, clash=True) for each in clashes]
    rows = sorted([*rows, *_told(spells)], key=added)
    again += [each for each in rows[limits.MAX_VERSIONS :] if each["taken"] is None]
    mark(rows[: limits.MAX_VERSIONS])
    return rows[: limits.MAX_VERSIONS], [_row(each) for each in again]


def _spells(own: Sequence[Saying], taking: Callable[[Saying], Taking | None]) -> list[_Spell]:
    found: list[_Spell] = []
    for row in own:
        taken = taking(row)
        # One that was taken back before it was read never stood.
        end = None if taken is None else max(taken.end, added(row))
        now = found[-1] if found else None
        if now is None or (now.end is not None and now.end <= added(row)):
            found.append(_Spell(row, [row], end, taken, added(row)))
            continue
        now.members.append(row)
        if now.end is not None and (end is None or end > now.end):
            now.end, now.taking = end, taken
            now.by = added(row)
    return found


def _told(spells: Sequence[_Spell]) -> list[Saying]:
    """Return the rows that tell of withdrawals: of what was the last of its lane, and stood."""
    ended = [each for each in spells if each.end is not None and each.end > added(each.row)]
    made: list[Saying] = []
    for spell in sorted(ended, key=lambda each: each.end or 0):
        row, taken = spell.row, spell.taking
        assert taken is not None, "it ended"
        shown = str(taken.at)
        told = stix.instant_of(shown)
        if (
            row["tlp"] == "RED"
            or not plain(row)
            or row["type"] == stix.MARKING
            or told <= plain(row)
        ):
            continue
        beside = [each.row for each in spells if added(each.row) < (spell.end or 0)] + made
        lane = [each for each in beside if each["lane"] == row["lane"] and each["tlp"] != "RED"]
        if any(plain(each) > plain(row) for each in lane):
            continue
        last = next(each for each in spell.members if added(each) == spell.by)
        made.append(
            {
                **_row({**last, "version": shown, "edition": told, "revoked": True}),
                "added": taken.number, "by": spell.by, "taken": taken.at,
            }
        )  # fmt: skip
    return made


def _row(saying: Saying, *, by: int = 0, gone: bool = False, clash: bool = False) -> Saying:
    more = {"by": by or saying["added"], "gone": gone, "clash": clash}
    return {**saying, **more, "taken": None, "last": False, "shown": 0}


def mark(rows: Sequence[Saying]) -> None:
    """Say of each row of one id whether it is the last of its lane, and what programs see it as."""
    heads: dict[Value, Saying] = {}
    for row in sorted(rows, key=rank):
        row["last"], row["shown"] = False, 0
        if not row["clash"] and row["taken"] is None:
            heads[row["lane"]] = row
    for row in heads.values():
        row["last"] = True
    seen = [row for row in rows if not row["clash"] and row["tlp"] != "RED"]
    for lane in dict.fromkeys(str(row["lane"]) for row in seen):
        tells = lane.startswith(FROM_LANE)
        own = [row for row in seen if row["lane"] == lane and (tells or row["taken"] is None)]
        _show(own, LANE, FIRST, LAST)
    every = [row for row in seen if row["taken"] is None or not _stands_elsewhere(row, seen)]
    _show(every, ALL, ALL_FIRST, ALL_LAST)


def _show(rows: Sequence[Saying], one: int, first: int, last: int) -> None:
    # A version that was taken back keeps its place: an older one does not come back as the last.
    editions = {plain(row) for row in rows}
    stands: dict[str, Saying] = {}
    for row in sorted(rows, key=added):
        if not row["gone"]:
            stands.setdefault(plain(row), row)
    for edition, row in stands.items():
        flags = one | first * (edition == min(editions)) | last * (edition == max(editions))
        shown = row["shown"]
        assert isinstance(shown, int)
        row["shown"] = shown | flags


def _stands_elsewhere(told: Saying, rows: Sequence[Saying]) -> bool:
    """Say whether what a withdrawal took back is still said, or a later version, in another lane."""
    own = [
        plain(row)
        for row in rows
        if row["lane"] == told["lane"] and row["taken"] is None and added(row) < added(told)
    ]
    what = max(own, default="")
    return any(
        row["lane"] != told["lane"]
        and not row["gone"]
        and row["taken"] is None
        and plain(row) >= what
        for row in rows
    )


def rank(row: Row) -> tuple[str, int]:
    """Return what sorts the editions of one id, the latest last."""
    return plain(row), added(row)


def plain(row: Row) -> str:
    """Return the instant of a row's version; "" for what has none."""
    edition = row["edition"]
    assert isinstance(edition, str)
    return "" if edition.startswith("#") else edition


def added(row: Row) -> int:
    """Return the number of a row."""
    found = row["added"]
    assert isinstance(found, int)
    return found
