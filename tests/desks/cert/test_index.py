"""The index of objects: the same rows in every order, pages that lose and double nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert import acts, finding, index, kinds, paging, spells
from detente.desks.cert.desk import DESK
from detente.desks.cert.formats import stix
from detente.office.desk import Opened
from detente.office.fields import Value, Values
from detente.office.offering import Wanted
from detente.office.reader import TableReader
from detente.office.tables import Row, Table
from detente.store.memory import MemoryRows

HOME = "aurelia.gov"
BORN = "2026-01-01T00:00:00.000Z"
LATER = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.5Z")


def indicator(number: int, modified: str = BORN, **more: object) -> dict[str, object]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number:08x}-0000-4000-8000-000000000000",
        "created": BORN,
        "modified": modified,
        "pattern": f"[ipv4-addr:value = '198.51.100.{number}']",
        "pattern_type": "stix",
        "valid_from": BORN,
        **more,
    }


def address(number: int, **more: object) -> dict[str, object]:
    identity = f"ipv4-addr--{number:08x}-0000-5000-8000-000000000000"
    return {"type": "ipv4-addr", "id": identity, "value": f"203.0.113.{number}", **more}


@dataclass
class Desk:
    """Aurelia's desk: its tables, and the numbers as the office gives them."""

    def __post_init__(self) -> None:
        self.tables: dict[str, MemoryRows] = {}
        self.look = TableReader(self.rows)

    def rows(self, table: Table) -> MemoryRows:
        return self.tables.setdefault(table.name, MemoryRows(table))

    def fold(self, *records: Opened) -> "Desk":
        for each in records:
            DESK.fold(self.rows, each)
        return self

    def all(self, table: Table = index.INDEX) -> list[Row]:
        return list(self.rows(table).find({}, None, 100_000))

    def page(
        self, lane: str = "", *, after: int = 0, count: int = 100, **asked: Sequence[str]
    ) -> list[Row]:
        wanted = Wanted(**{name: frozenset(each) for name, each in asked.items()})
        return list(paging.page(self.look, lane, wanted, after, count).rows)

    def whole(self) -> tuple[list[Row], list[Row]]:
        return self.all(), self.all(index.AGAIN)


def record(
    number: int,
    *objects: dict[str, object],
    by: str = "borealis.gov",
    to: tuple[str, ...] = (HOME,),
    tlp: str = "GREEN",
    space: str = "",
) -> Opened:
    separator = f",{space}"
    listed = separator.join(json.dumps(each) for each in objects)
    head = '{"type":"bundle","id":"bundle--44af6c39-c09b-49c5-9de2-394224b04982","objects":['
    bundle = stix.examine(f"{head}{listed}]}}".encode())
    assert isinstance(bundle, stix.Bundle), bundle
    body: dict[str, Value] = {
        "bundle": bundle.text,
        "objects": tuple(acts.object_of(ref) for ref in bundle.objects),
        "about": "a",
    }
    return Opened(
        mid=number.to_bytes(32, "big"),
        kind=kinds.BUNDLE.name,
        from_=f"cert@{by}",
        to=tuple(f"cert@{each}" for each in sorted(to)),
        matter="0" * 32,
        s="00000000",
        n=number,
        reply_to=None,
        prec="ROUTINE",
        tlp=tlp,
        created=Moment.parse("2026-02-01T00:00:00.000Z"),
        kept_at=Moment(number),
        deadline=None,
        ours=by == HOME,
        origin="",
        place=0,
        author="s-1",
        releaser=None,
        ext={},
        body=Values(body),
        added=number * 1_000,
    )


OBJECTS = st.one_of(
    st.builds(
        indicator,
        st.integers(1, 2),
        st.sampled_from(LATER),
        name=st.sampled_from(["a", "b"]),
    ),
    st.builds(address, st.integers(1, 2), x_note=st.sampled_from(["a", "b"])),
)


def editions(objects: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return what one bundle may hold together."""
    found = {(one["id"], stix.instant_of(str(one.get("modified")))): one for one in objects}
    return list(found.values())


@st.composite
def histories(draw: st.DrawFn) -> list[Opened]:
    made: list[Opened] = []
    for number in range(1, draw(st.integers(1, 7)) + 1):
        said = [each for each in made if each.kind == kinds.BUNDLE.name]
        if said and draw(st.integers(0, 2)) == 0:
            of = draw(st.sampled_from(said))
            by = draw(st.sampled_from([of.party, of.party, "cordia.gov"]))
            made.append(withdrawal(number, of, by=by, whole=draw(st.booleans())))
            continue
        by = draw(st.sampled_from([HOME, "borealis.gov", "cordia.gov"]))
        objects = editions(draw(st.lists(OBJECTS, min_size=1, max_size=3)))
        to = draw(st.sampled_from([(HOME,), ("borealis.gov",), ("borealis.gov", "cordia.gov")]))
        tlp = draw(st.sampled_from(["GREEN", "GREEN", "RED"]))
        made.append(record(number, *objects, by=by, to=to if by == HOME else (HOME,), tlp=tlp))
    return made


@given(history=histories(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_records_give_the_same_rows_in_every_order_and_each_saying_has_one(
    history: list[Opened], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(history), max_size=3))
    desk = Desk().fold(*data.draw(st.permutations([*history, *again])))
    assert desk.whole() == Desk().fold(*history).whole()
    rows, repeats = desk.whole()
    said = sum(
        len(each.body.parts("objects")) * (len(each.to) if each.ours else 1)
        for each in history
        if each.kind == kinds.BUNDLE.name
    )
    assert said == len([row for row in (*rows, *repeats) if row["taken"] is None])


@given(history=histories())
@settings(max_examples=60, deadline=None)
def test_what_stands_and_what_programs_see_follow_the_rules(history: list[Opened]) -> None:
    rows = Desk().fold(*history).all()
    for identity in {row["id"] for row in rows}:
        own = [row for row in rows if row["id"] == identity]
        check_contents(own)
        for lane in {str(row["lane"]) for row in own}:
            check_lane([row for row in own if row["lane"] == lane], lane)
        shown = [row for row in own if flags(row) & spells.ALL]
        assert len({spells.plain(row) for row in shown}) == len(shown), "each version once"
        assert len([row for row in own if flags(row) & spells.ALL_LAST]) <= 1


def flags(row: Row) -> int:
    found = row["shown"]
    assert isinstance(found, int)
    return found


def check_contents(rows: list[Row]) -> None:
    for edition in {row["edition"] for row in rows}:
        group = [row for row in rows if row["edition"] == edition and row["taken"] is None]
        assert all(row["clash"] == (row["sha256"] != group[0]["sha256"]) for row in group)


def check_lane(rows: list[Row], lane: str) -> None:
    open_ = [row for row in rows if not row["clash"]]
    said = [row for row in open_ if row["taken"] is None]
    latest = max(said, key=spells.rank) if said else None
    assert [row for row in rows if row["last"]] == ([latest] if latest else [])
    for row in rows:
        if row["clash"] or row["gone"] or row["tlp"] == "RED":
            assert not flags(row)
    shown = [row for row in rows if flags(row) & spells.LANE]
    assert len({spells.plain(row) for row in shown}) == len(shown), "each version once"
    stood = {
        spells.plain(row)
        for row in open_
        if row["tlp"] != "RED" and (row["taken"] is None or lane.startswith("from "))
    }
    for row in shown:
        assert bool(flags(row) & spells.LAST) == (spells.plain(row) == max(stood))
        assert bool(flags(row) & spells.FIRST) == (spells.plain(row) == min(stood))


@given(history=histories(), count=st.integers(1, 3), data=st.data())
@settings(max_examples=40, deadline=None)
def test_pages_together_hold_each_version_once_and_what_comes_later_is_on_a_later_page(
    history: list[Opened], count: int, data: st.DataObject
) -> None:
    said = [each for each in history if each.kind == kinds.BUNDLE.name]
    cut = data.draw(st.integers(0, len(said)))
    lane = data.draw(st.sampled_from(["", "from borealis.gov", "to borealis.gov"]))
    desk, after, found = Desk().fold(*said[:cut]), 0, list[Row]()
    wanted, rest = Wanted(versions=frozenset({"all"})), said[cut:]
    while True:
        page = paging.page(desk.look, lane, wanted, after, count)
        assert len(page.rows) <= count
        found += page.rows
        after = page.after
        if not page.more and not rest:
            break
        desk.fold(*rest[:1])
        rest = rest[1:]
    whole = paging.page(desk.look, lane, wanted, 0, 1_000).rows
    assert [row["added"] for row in found] == [row["added"] for row in whole]
    one = spells.LANE if lane else spells.ALL
    assert list(whole) == [
        row for row in desk.all() if flags(row) & one and lane in ("", row["lane"])
    ]


def test_bytes_are_those_of_the_bundle_whatever_stands_between() -> None:
    odd = indicator(1, x_number=75.50, x_text="é\u2028")
    desk = Desk().fold(record(1, odd, address(2), space=" \n\t "))
    rows = desk.page()
    assert paging.raws(desk.look, rows) == [json.dumps(each).encode() for each in (odd, address(2))]
    assert paging.raws(desk.look, rows[::-1])[1] == json.dumps(odd).encode()


def ids(rows: list[Row]) -> list[str]:
    return [str(row["id"])[:18] + str(row["version"]) for row in rows]


def test_filters_are_or_inside_and_and_across() -> None:
    first, second = indicator(1), indicator(2, LATER[1])
    desk = Desk().fold(record(1, first, second, address(3)), record(2, indicator(1, LATER[2])))
    assert len(desk.page()) == 3
    assert ids(desk.page(types=("indicator",))) == [
        f"indicator--0000000{LATER[1]}",
        f"indicator--0000000{LATER[2]}",
    ]
    assert len(desk.page(types=("indicator", "ipv4-addr"), ids=(str(first["id"]),))) == 1
    assert len(desk.page(versions=("all",))) == 4
    assert ids(desk.page(versions=("first",), ids=(str(first["id"]),))) == [
        f"indicator--0000000{BORN}"
    ]
    assert len(desk.page(versions=(stix.instant_of(BORN),))) == 1
    assert len(desk.page("from borealis.gov", types=("ipv4-addr", "tool"))) == 1
    assert desk.page("from cordia.gov") == []
    assert [row["version"] for row in desk.page(types=("ipv4-addr",))] == [
        "2026-02-01T00:00:00.000Z"
    ]


def test_what_is_marked_red_is_held_and_shown_to_no_program() -> None:
    red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
    desk = Desk().fold(
        record(1, indicator(1), indicator(2, object_marking_refs=[red])),
        record(2, indicator(3), tlp="AMBER"),
    )
    assert [row["tlp"] for row in desk.page()] == ["GREEN", "AMBER"]
    assert [row["tlp"] for row in desk.all()] == ["GREEN", "RED", "AMBER"]


def test_a_page_looks_at_so_many_rows_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "SCANNED_MAX", 3)
    desk = Desk().fold(record(1, *(indicator(number) for number in range(1, 6)), address(9)))
    wanted, after, seen = Wanted(types=frozenset({"ipv4-addr"})), 0, 0
    for _ in range(3):
        page = paging.page(desk.look, "", wanted, after, 10)
        after, seen = page.after, seen + len(page.rows)
    assert (seen, page.more) == (1, False)


def test_a_contradiction_is_kept_as_evidence_and_never_shown_as_the_object() -> None:
    one, other = indicator(1, name="one"), indicator(1, name="other")
    desk = Desk().fold(record(1, one), record(2, other, by="cordia.gov"))
    (row,) = desk.page(versions=("all",))
    assert paging.raws(desk.look, [row]) == [json.dumps(one).encode()]
    clashes = paging.clashes(desk.look, str(one["id"]))
    assert paging.raws(desk.look, clashes) == [json.dumps(other).encode()]
    assert paging.stands(desk.look, [row, *clashes]) == ["valid", "disputed"]


def test_of_many_contradictions_so_many_are_kept() -> None:
    made = [record(at, indicator(1, name=str(at))) for at in range(1, limits.MAX_CLASHES + 3)]
    kept = [row["added"] for row in Desk().fold(*made).all()]
    assert kept == [at * 1_000 for at in range(1, limits.MAX_CLASHES + 1)]
    assert [row["added"] for row in Desk().fold(*made[::-1]).all()] == kept


def withdrawal(number: int, of: Opened, *, by: str = "borealis.gov", whole: bool = True) -> Opened:
    given = record(number, indicator(1), by=by)
    body = Values({"of": of.mid, "all": whole, "reason": "false"})
    if not whole:
        body = body.with_(objects=(Values({"id": str(indicator(1)["id"])}),))
    fields = {name: getattr(given, name) for name in Opened.__slots__}
    return Opened(**{**fields, "kind": kinds.WITHDRAW.name, "body": body})


def test_an_object_is_withdrawn_when_its_author_took_back_each_record_that_says_it() -> None:
    first, again = record(1, indicator(1), indicator(2)), record(2, indicator(1))
    desk = Desk().fold(first, again, withdrawal(3, first, by="cordia.gov"))
    rows = desk.all()
    assert paging.stands(desk.look, rows) == ["valid", "valid"]
    desk.fold(withdrawal(4, first))
    assert paging.stands(desk.look, desk.all()[:2]) == ["valid", "withdrawn"]
    desk.fold(withdrawal(5, again, whole=False))
    assert paging.stands(desk.look, desk.all()[:2]) == ["withdrawn", "withdrawn"]
    assert paging.stands(desk.look, desk.all(index.AGAIN)) == ["withdrawn"]


def test_objects_are_found_by_a_value_they_hold_defanged_or_not() -> None:
    net = address(7, value="198.51.100.0/24")
    desk = Desk().fold(record(1, indicator(1), net), record(2, indicator(2)))

    def found(text: str) -> list[Value]:
        return [row["added"] for row in finding.find_value(desk.look, text, 10)]

    assert found("198.51.100.1") == [1_000, 1_001]
    assert found(" 198[.]51[.]100.2 ") == [2_000, 1_001]
    assert found("198.51.100.0/24") == [1_001]
    assert found("198.51.101.1") == found("nothing") == found(" ") == []
    assert len(finding.find_value(desk.look, "198.51.100.1", 1)) == 1


def test_a_value_that_many_hold_is_found_in_order_from_a_number_on() -> None:
    same = {"pattern": "[domain-name:value = 'Evil.Example.']"}
    desk = Desk().fold(*(record(at, indicator(at % 200, **same)) for at in range(1, 151)))
    rows = finding.find_value(desk.look, "evil.example", 1_000)
    assert [row["added"] for row in rows] == [at * 1_000 for at in range(1, 151)]
    rest = finding.find_value(desk.look, "evil.example", 1_000, after=149_000)
    assert [row["added"] for row in rest] == [150_000]


def test_every_place_of_an_object_stays_known_though_it_has_one_row() -> None:
    desk = Desk().fold(record(1, indicator(1)), record(2, indicator(1)))
    assert len(desk.all()) == 1
    said = index.said(desk.look, str(indicator(1)["id"]))
    assert [row.data("mid")[-1] for row in said] == [1, 2]
    assert paging.stands(desk.look, desk.all(index.AGAIN)) == ["valid"]


def saying(number: int) -> spells.Saying:
    edition = f"2026-01-01T00:00:00.{number:06}"
    return {
        "added": number, "oid": b"o", "edition": edition, "sha256": b"%d" % number, "tlp": "GREEN",
        "lane": "from borealis.gov", "type": "indicator",
    }  # fmt: skip


def test_of_one_id_so_many_rows_stand_and_what_comes_later_stays_in_its_record() -> None:
    sayings = [saying(at) for at in range(1, limits.MAX_VERSIONS + 2)]
    for said, more in ((sayings[:-1], 0), (sayings, 1)):
        rows, again = spells.judge(said, lambda _row: None)
        assert (len(rows), len(again)) == (limits.MAX_VERSIONS, more)
        assert [row["added"] for row in rows if row["last"]] == [limits.MAX_VERSIONS]


def test_one_by_one_no_more_rows_stand_than_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_VERSIONS", 3)
    made = [record(at, indicator(1, f"2026-01-{at:02}T00:00:00.000Z")) for at in range(1, 6)]
    desk = Desk().fold(*made)
    assert [row["added"] for row in desk.all()] == [1_000, 2_000, 3_000]
    assert [row["added"] for row in desk.all(index.AGAIN)] == [4_000, 5_000]
    assert Desk().fold(*made[::-1]).whole() == desk.whole()
    assert [row["added"] for row in desk.page()] == [3_000]


def told(rows: list[Row]) -> list[tuple[int, bool]]:
    return [(int(str(row["added"])), row["taken"] is not None) for row in rows]


def test_what_a_peer_takes_back_is_a_row_of_its_own_once_nobody_says_it_any_more() -> None:
    first, again = record(1, indicator(1)), record(2, indicator(1))
    desk = Desk().fold(first, again, withdrawal(3, first))
    (row,) = desk.page()
    assert (row["added"], paging.standing(desk.look, row)["mid"]) == (1_000, again.mid)
    desk.fold(withdrawal(4, again))
    assert told(desk.page("from borealis.gov")) == told(desk.page()) == [(4_000, True)]
    (data,) = paging.raws(desk.look, desk.page())
    assert json.loads(data) == {
        **indicator(1), "revoked": True, "modified": "2026-02-01T00:00:00.000Z",
    }  # fmt: skip
    assert desk.page(after=4_000) == []


def test_what_another_party_still_says_is_not_told_as_taken_back_in_all() -> None:
    first, other = record(1, indicator(1)), record(2, indicator(1), by="cordia.gov")
    desk = Desk().fold(first, other, withdrawal(3, first))
    assert told(desk.page("from borealis.gov")) == [(3_000, True)]
    assert told(desk.page()) == [(2_000, False)]
    desk.fold(withdrawal(4, other, by="cordia.gov"))
    assert [each[1] for each in told(desk.page())] == [True]


def test_what_is_said_anew_after_it_was_taken_back_comes_anew() -> None:
    first, later = record(1, indicator(1)), record(3, indicator(1))
    desk = Desk().fold(first, withdrawal(2, first), later)
    assert told(desk.page(versions=("all",))) == [(2_000, True), (3_000, False)]


def test_a_bundle_that_is_read_after_its_withdrawal_never_stands() -> None:
    first = record(3, indicator(1))
    desk = Desk().fold(withdrawal(2, first), first)
    assert desk.page(versions=("all",)) == []
    assert paging.stands(desk.look, desk.all()) == ["withdrawn"]
