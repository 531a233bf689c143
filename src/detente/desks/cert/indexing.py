"""How what comes and what is taken back goes into the index: the folds that write its tables."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from detente.core import limits
from detente.desks.cert import folds, index, kinds, spells
from detente.desks.cert.formats import marking, stix, values
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.spells import Saying, added
from detente.office.desk import Fold, Joint, Numbered, Opened
from detente.office.drafting import MARKINGS
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.tables import Row, Rows, Table

_RowsOf = Callable[[Table], Rows]


def fold_index(rows: _RowsOf, opened: Opened) -> None:
    """Take in what a record says, or takes back."""
    if opened.kind == kinds.WITHDRAW.name:
        folds.fold_withdraw(rows(folds.WITHDRAWALS), opened)
        _take_back(rows, opened)
        return
    folds.fold_bundle(rows(folds.BUNDLES), opened)
    entries = list(_entries(opened))
    known = [
        rows(table).get(each["added"])
        for each in entries[:1]
        for table in (index.INDEX, index.AGAIN)
    ]
    if any(known):
        return  # the same record, from another log
    by_id: dict[Value, list[Saying]] = {}
    for each in entries:
        by_id.setdefault(each["oid"], []).append(each)
    look = TableReader(rows)
    is_late = bool(look.find(folds.WITHDRAWALS, {"of": opened.mid}, None, 1))
    fresh: list[Saying] = []
    held = look.held(index.INDEX, "oid", list(by_id))
    for oid, own in by_id.items():
        where = {"oid": oid}
        before = look.find(index.INDEX, where, None, limits.MAX_VERSIONS) if oid in held else ()
        if not before and not is_late and len({each["sha256"] for each in own}) == 1:
            fresh += _alone(own)
        elif is_late or not _add(rows, before, own):
            _judge(rows, oid, own)
    rows(index.INDEX).put_many(fresh)


def fold_raws(rows: Rows, opened: Opened) -> None:
    """Keep the bytes of each object."""
    bundle = index.bundle_of(opened.body)
    rows.put_many(
        [
            {"raw": opened.added + place, "bytes": bundle.text[span.start : span.end].encode()}
            for place, span in enumerate(bundle.spans)
        ]
    )


def fold_values(rows: Rows, opened: Opened) -> None:
    """Keep under each value which object holds it."""
    rows.put_many(
        [
            {"place": index.value_place(form, opened.added + place)}
            for place, one in enumerate(index.objects(opened))
            for form in values.values_of(one)
        ]
    )


def count(opened: Opened) -> int:
    """Return how many numbers a bundle takes: one for each object in each lane."""
    return len(opened.body.parts("objects")) * len(
        index.lanes_of(opened.ours, opened.party, opened.to)
    )


def count_taken(opened: Opened) -> int:
    """Return how many numbers a withdrawal takes: one for each row that it may end."""
    return kinds.OBJECTS_MAX * len(index.lanes_of(opened.ours, opened.party, opened.to))


def _entries(opened: Opened) -> Iterator[Saying]:
    bundle = index.bundle_of(opened.body)
    defined = marking.definitions(bundle.whole)
    base: dict[str, Value] = {"mid": opened.mid, "from": opened.from_, "party": opened.party}
    base |= {"taken": None, "clash": False, "gone": False, "last": False, "shown": 0}
    many = len(bundle.objects)
    read = [
        _read(opened, one, ref, defined)
        for one, ref in zip(bundle.whole, bundle.objects, strict=True)
    ]
    for at, lane in enumerate(index.lanes_of(opened.ours, opened.party, opened.to)):
        for place, each in enumerate(read):
            raw = opened.added + place
            number = raw + at * many
            yield {
                **base, **each, "lane": lane, "place": place, "raw": raw, "added": number, "by": number,
            }  # fmt: skip


def _read(
    opened: Opened, one: dict[str, Json], ref: stix.Ref, defined: dict[str, str]
) -> dict[str, Value]:
    level = marking.level_of(one, defined)
    return {
        "id": ref.id,
        "oid": index.oid_of(ref.id),
        "type": str(one["type"]),
        "version": ref.modified or str(opened.created),
        "edition": stix.edition_of(one, ref.sha256),
        "spec_version": str(one.get("spec_version", "2.1")),
        "sha256": ref.sha256,
        "tlp": max(level or MARKINGS[0], opened.tlp, key=MARKINGS.index),
        "revoked": one.get("revoked") is True,
    }


def _alone(own: Sequence[Saying]) -> Sequence[Saying]:
    """Say of rows of an id that was never said before what they are: one edition in some lanes."""
    for at, row in enumerate(own):
        row["last"] = True
        if row["tlp"] != "RED":
            row["shown"] = spells.ONLY if at else spells.ALONE
    return own


def _add(rows: _RowsOf, before: Sequence[Row], own: Sequence[Saying]) -> bool:
    """Put sayings that came after all rows of their id; return False where all is to be judged."""
    if added(own[0]) <= max(map(added, before), default=0):
        return False
    after, again = [*map(dict, before)], list[Saying]()
    for new in own:
        same = [row for row in after if row["edition"] == new["edition"] and row["taken"] is None]
        mine = [row for row in same if index.is_same(row, new)]
        if mine and (mine[-1]["gone"] or mine[-1]["by"] > new["added"]):  # type: ignore[operator]
            return False
        contents = list(dict.fromkeys(row["sha256"] for row in same))
        is_one_more = new["sha256"] not in contents and len(contents) >= limits.MAX_CLASHES
        if mine or is_one_more or len(after) >= limits.MAX_VERSIONS:
            again.append(new)
        else:
            after.append({**new, "clash": bool(contents) and contents[0] != new["sha256"]})
    if len(after) > len(before):
        spells.mark(after)
        _put(rows(index.INDEX), before, after)
    rows(index.AGAIN).put_many(again)
    return True


def _judge(rows: _RowsOf, oid: Value, own: Sequence[Saying]) -> None:
    """Look again at all that was ever said of an id."""
    look = TableReader(rows)
    before = look.find(index.INDEX, {"oid": oid}, None, index.ALL_ROWS)
    repeats = look.find(index.AGAIN, {"oid": oid}, None, index.ALL_ROWS)
    known = [dict(row) for row in (*before, *repeats) if row["taken"] is None]
    stand, again = spells.judge([*known, *own], index.Takings(look).of)
    _put(rows(index.INDEX), before, stand)
    _put(rows(index.AGAIN), repeats, again)


def _put(rows: Rows, before: Sequence[Row], after: Sequence[Row]) -> None:
    old = {row["added"]: row for row in before}
    for key in old.keys() - {row["added"] for row in after}:
        rows.drop(key)
    rows.put_many([row for row in after if row != old.get(row["added"])])


def _take_back(rows: _RowsOf, opened: Opened) -> None:
    look = TableReader(rows)
    found = look.get(folds.BUNDLES, opened.body["of"])
    if found is None or found["party"] != opened.party:
        return  # a stranger's changes nothing; and of what comes later `spells` will know
    taking = index.Takings(look)
    said = [
        row for row in index.sayings_of(look, Values(found)) if taking.of(dict(row)) is not None
    ]
    for oid in dict.fromkeys(row["oid"] for row in said):
        _judge(rows, oid, ())


NUMBERED: Final = (Numbered(kinds.BUNDLE, count), Numbered(kinds.WITHDRAW, count_taken))
ALL: Final = (
    Joint(
        (folds.BUNDLES, folds.WITHDRAWALS, index.INDEX, index.AGAIN),
        (kinds.BUNDLE, kinds.WITHDRAW),
        fold_index,
    ),
    Fold(index.RAWS, (kinds.BUNDLE,), fold_raws),
    Fold(index.VALUES, (kinds.BUNDLE,), fold_values),
)
