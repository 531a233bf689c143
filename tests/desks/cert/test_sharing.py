"""Arrangements, warning lists and files of other tools, from act to look; and through an office."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.desks.cert.test_cert import NOW, Side, say
from tests.office.test_files import inspect
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net
from tests.support.offices import Side as Party

from detente.app import faces
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.cert import acts, folds, kinds, warned
from detente.desks.cert.desk import DESK
from detente.desks.cert.formats import lists, marking
from detente.desks.cert.formats.misp import reading
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.ready import ready
from detente.office.tables import Row
from detente.ui import body

TO = ("cert@borealis.gov",)
EVENT = Path(__file__).parent / "misp" / "pymisp_57c4445b-c548-4654-af0b-4be3950d210f.json"
LIST = b"ioc,comment,tlp\nhxxp://bad[.]evil/a,gate,\n9.9.9.9,,RED\n"
RESOLVERS = {"name": "Public DNS", "version": 3, "type": "cidr", "list": ["9.9.9.9", "8.8.8.8"]}


def do(side: Side, name: str, at: Moment = NOW, /, **values: Value) -> Draft:
    """Build an act with its defaults filled in, as an office does."""
    act = next(act for act in DESK.acts if act.name == name)
    whole = ready(act, Values(values), lambda _: ())
    (draft,) = act.build(whole, TableReader(side.rows), at)
    return draft


def file(value: object) -> bytes:
    return json.dumps(value).encode()


def code_of(step: object) -> str:
    assert callable(step)
    with pytest.raises(OurFault) as refused:
        step()
    return refused.value.code


def arrange(one: Side, *others: Side, now: Moment = NOW, **values: Value) -> bytes:
    draft = do(one, "cert/arrange", now, to=TO, about="Indicators", **values)
    return say(one, draft, one, *others, at=now)


@pytest.fixture
def one() -> Side:
    return Side("aurelia.gov")


@pytest.fixture
def other() -> Side:
    return Side("borealis.gov")


def keep(side: Side, draft: Draft) -> bytes:
    """Fold what a side says to itself: the office writes its own address."""
    return say(side, replace(draft, to=(f"cert@{side.name}",)), side)


def held(side: Side, data: bytes = LIST, **values: Value) -> bytes:
    return keep(side, do(side, "cert/import", file=data, **values))


def test_a_list_becomes_a_bundle_that_stays_here_with_the_file_and_a_report(one: Side) -> None:
    draft = do(one, "cert/import", file=LIST, tlp="GREEN")
    assert (draft.to, draft.tlp, draft.body["about"]) == ((), "RED", "2 indicators")
    original, report = draft.enclose
    assert (original.name, original.data) == ("original.csv", LIST)
    rows = report.data.decode().split("\r\n")
    assert rows[:3] == ["item,became,how,why", "line 2,http://bad.evil/a,whole,url",
                        "line 3,9.9.9.9,whole,ipv4"]  # fmt: skip


def test_what_goes_to_others_takes_no_original_with_it(one: Side) -> None:
    draft = do(one, "cert/import", file=LIST, to=TO, about="A wave")
    assert (draft.to, draft.enclose, draft.body["about"]) == (TO, (), "A wave")


def test_an_event_is_imported_under_its_own_name_and_exported_as_it_came(one: Side) -> None:
    mid = held(one, EVENT.read_bytes())
    bundle = Values(one.rows(folds.BUNDLES).get(mid) or {})
    assert bundle["about"] == "Ransomware - Xorist"
    (row,) = one.look("cert/export", mid=mid, format="misp")
    assert json.loads(str(row["bundle"])) == json.loads(EVENT.read_bytes())
    (row,) = one.look("cert/export", mid=mid, format="csv")
    found = [(each.sort, each.value) for each in lists.read(str(row["bundle"]).encode()).found]
    assert ("md5", "0749bae92ca336a02c83d126e04ec628") in found
    (row,) = one.look("cert/export", mid=mid)
    assert str(row["bundle"]) == reading.read(EVENT.read_bytes()).bundle


def test_a_column_of_a_table_may_be_named(one: Side) -> None:
    column = (Values({"name": "value", "head": "2"}),)
    draft = do(one, "cert/import", file=b"who,where\nbad.evil,worse.evil\n", column=column)
    assert "worse.evil" in draft.body.text("bundle")
    assert "bad.evil'" not in draft.body.text("bundle")


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"no indicator\n", "exchange.unknown"), (b" ", "exchange.unknown"), (b"{}", "exchange.unknown"),
     (b'{"type": "bundle"}', "stix.shape"), (b"[{", "exchange.json"), (b"a\0b", "exchange.list")],
)  # fmt: skip
def test_a_file_that_cannot_be_read_makes_nothing(one: Side, data: bytes, code: str) -> None:
    assert code_of(lambda: do(one, "cert/import", file=data)) == code


def test_a_bundle_whose_text_is_not_here_cannot_be_shared(one: Side) -> None:
    mid = held(one)
    one.rows(folds.TEXTS).drop(mid)
    assert code_of(lambda: do(one, "cert/share", mid=mid, to=TO)) == "cert.no_text"


def test_an_arrangement_is_held_by_both_and_the_newest_stands(one: Side, other: Side) -> None:
    arrange(one, other, upto="GREEN")
    later = NOW + Span.of(hours=1)
    arrange(one, other, now=later, upto="RED", type=("indicator", "tool"), sector=("energy",))
    for side in (one, other):
        rows = side.look("cert/arrangements", later)
        assert [(row["party"], row["to"], row["upto"], row["state"]) for row in rows] == [
            ("aurelia.gov", "borealis.gov", "RED", "stands"),
            ("aurelia.gov", "borealis.gov", "GREEN", "replaced"),
        ]
        assert side.look("cert/arrangements", party="cordia.gov") == ()
    ended = later + Span.of(hours=1)
    arrange(one, other, now=ended, ends=True)
    assert [row["state"] for row in one.look("cert/arrangements", ended)] == [
        "ended", "replaced", "replaced"
    ]  # fmt: skip


def test_what_an_arrangement_does_not_let_go_does_not_go(one: Side) -> None:
    mid = held(one, tlp="GREEN")
    shared: dict[str, Value] = {"mid": mid, "to": TO, "despite": True}
    assert do(one, "cert/share", **shared).body.text("bundle") == folds_text(one, mid)
    arrange(one, upto="AMBER")
    assert code_of(lambda: do(one, "cert/share", **shared)) == "cert.arrangement"
    assert code_of(lambda: do(one, "cert/import", file=LIST, to=TO)) == "cert.arrangement"
    whole = folds_text(one, mid).encode()
    assert code_of(
        lambda: do(one, "cert/send", file=whole, to=TO, about="x", tlp="RED", despite=True)
    ) == "cert.arrangement"  # fmt: skip
    part = json.loads(do(one, "cert/share", **shared, part=True).body.text("bundle"))
    names = [each.get("name") for each in part["objects"] if each["type"] == "indicator"]
    assert names == ["http://bad.evil/a"]
    states = [(row["state"], row["why"]) for row in one.look("cert/check", mid=mid, to=TO)]
    assert states == [("goes", None), ("goes", None), ("goes", None), ("stays", "tlp")]
    arrange(one, now=NOW + Span.of(hours=1), upto="AMBER", type=("tool",))
    assert code_of(lambda: do(one, "cert/share", **shared, part=True)) == "cert.arrangement"


def folds_text(side: Side, mid: bytes) -> str:
    return Values(side.rows(folds.TEXTS).get(mid) or {}).text("bundle")


def test_the_arrangement_of_another_with_us_binds_them_and_not_us(one: Side, other: Side) -> None:
    mid = held(other, tlp="GREEN")
    arrange(one, other, upto="CLEAR")
    back = do(other, "cert/share", mid=mid, to=("cert@aurelia.gov",), despite=True)
    assert back.to == ("cert@aurelia.gov",)


def test_after_its_day_nothing_goes_by_an_arrangement(one: Side) -> None:
    mid = held(one)
    arrange(one, upto="RED", until=NOW)
    late = NOW + Span(1)
    assert (
        code_of(lambda: do(one, "cert/share", late, mid=mid, to=TO, despite=True))
        == "cert.arrangement"
    )
    assert do(one, "cert/share", mid=mid, to=TO, despite=True).to == TO


STRICT: dict[str, Value] = {"upto": "GREEN", "type": ("indicator",)}
WIDE: dict[str, Value] = {"upto": "RED"}


def goes(one: Side) -> bool:
    rows = one.look("cert/check", mid=held(one, b"bad.evil\n", tlp="AMBER"), to=TO)
    (row,) = [row for row in rows if str(row["id"]).startswith("indicator--")]
    assert row["state"] == ("stays" if row["why"] else "goes")
    return not row["why"]


@pytest.mark.parametrize(
    ("terms", "may"),
    [
        ((WIDE, STRICT), False),
        ((WIDE, {"type": ("report",)}), False),
        (({"type": ("indicator",)}, {"type": ("report",)}), False),  # nothing in common: nothing
        ((STRICT, {"upto": "RED", "ends": True}), False),  # no arrangement is the wider
        ((WIDE, {"upto": "RED", "until": Moment(NOW.ms - 1)}), False),
        ((WIDE, {"upto": "AMBER"}), True),
    ],
)
@pytest.mark.parametrize("way", [1, -1])
def test_of_arrangements_of_one_moment_each_binds(
    one: Side, terms: tuple[dict[str, Value], ...], way: int, *, may: bool
) -> None:
    arrange(one, now=Moment(NOW.ms - 1), upto="CLEAR")  # replaced by both
    for each in terms[::way]:
        arrange(one, now=NOW, **each)
    assert goes(one) is may
    states = [row["state"] for row in one.look("cert/arrangements")]
    assert states[2] == "replaced"
    assert "replaced" not in states[:2]


def test_a_later_arrangement_replaces_all_of_one_moment(one: Side) -> None:
    for each in (WIDE, STRICT):
        arrange(one, now=NOW, **each)
    arrange(one, now=NOW + Span(1), **WIDE)
    assert goes(one)
    states = [row["state"] for row in one.look("cert/arrangements")]
    assert states == ["stands", "replaced", "replaced"]


def test_a_marking_that_nobody_can_read_is_released_to_nobody(one: Side) -> None:
    tool = {"type": "tool", "spec_version": "2.1", "id": "tool--00000000-0000-4000-8000-000000000001",
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "name": "t",
            "object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000002"]}  # fmt: skip
    whole = {
        "type": "bundle",
        "id": "bundle--00000000-0000-4000-8000-000000000003",
        "objects": [tool],
    }
    assert code_of(
        lambda: do(one, "cert/send", file=file(whole), to=TO, about="x", tlp="RED")
    ) == "cert.arrangement"  # fmt: skip
    assert do(one, "cert/import", file=file(whole)).tlp == "RED"


def test_a_relationship_stays_with_its_end(one: Side) -> None:
    red = marking.definition_of("RED")
    same = {"spec_version": "2.1", "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z"}  # fmt: skip
    ids = {
        kind: f"{kind}--00000000-0000-4000-8000-000000000001"
        for kind in ("tool", "identity", "relationship")
    }
    objects = [
        red,
        {**same, "type": "tool", "id": ids["tool"], "name": "t", "object_marking_refs": [red["id"]]},
        {**same, "type": "identity", "id": ids["identity"], "name": "i"},
        {**same, "type": "relationship", "id": ids["relationship"], "relationship_type": "uses",
         "source_ref": ids["identity"], "target_ref": ids["tool"]},
    ]  # fmt: skip
    mid = held(
        one,
        file({"type": "bundle", "id": ids["tool"].replace("tool", "bundle"), "objects": objects}),
    )
    arrange(one, upto="AMBER")
    assert [row["why"] for row in one.look("cert/check", mid=mid, to=TO)] == [
        None,
        "tlp",
        None,
        "end",
    ]


def test_a_value_on_a_loaded_list_asks_for_a_word(one: Side) -> None:
    mid = held(one, b"9.9.9.9\nbad.evil\n")
    assert do(one, "cert/share", mid=mid, to=TO).to == TO
    keep(one, do(one, "cert/warn", file=file(RESOLVERS)))
    whole = folds_text(one, mid).encode()
    for name, values in (
        ("cert/share", {"mid": mid}),
        ("cert/import", {"file": b"9.9.9.9\n"}),
        ("cert/send", {"file": whole, "about": "x"}),
    ):
        given: dict[str, Value] = {**values, "to": TO}  # type: ignore[dict-item]
        with pytest.raises(OurFault, match=r"9\[\.\]9\[\.\]9\[\.\]9 \(Public DNS\)") as refused:
            do(one, name, **given)
        assert refused.value.code == "cert.warned"
        assert do(one, name, **given, despite=True).to == TO
    rows = one.look("cert/check", mid=mid, to=TO)
    assert [(row["state"], row["lists"]) for row in rows] == [
        ("goes", None), ("warned", "9[.]9[.]9[.]9: Public DNS"), ("goes", None)
    ]  # fmt: skip
    part = do(one, "cert/share", mid=mid, to=TO, part=True).body.text("bundle")
    assert "bad.evil" in part
    assert "9.9.9.9" not in part


def test_our_own_few_lists_ask_where_indicators_are_made(one: Side) -> None:
    assert code_of(lambda: do(one, "cert/import", file=b"10.0.0.1\n", to=TO)) == "cert.warned"
    mid = held(one, b"10.0.0.1\n")
    whole = folds_text(one, mid).encode()
    assert do(one, "cert/send", file=whole, to=TO, about="x").to == TO


def test_the_newest_list_of_a_name_stands_and_an_empty_one_ends_it(one: Side) -> None:
    newer = do(one, "cert/warn", NOW + Span(5), file=file({**RESOLVERS, "version": 4, "list": []}))
    older = do(one, "cert/warn", file=file(RESOLVERS))
    for order in ((newer, older), (older, newer)):
        side = Side("aurelia.gov")
        for draft in order:
            keep(side, draft)
        loaded = [row for row in side.look("cert/warnings") if row["name"] == "Public DNS"]
        assert [(row["version"], row["count"]) for row in loaded] == [(4, 0)]
        mid = held(side, b"9.9.9.9\n")
        assert (
            warned.hits(TableReader(side.rows), acts.objects_of(folds_text(side, mid).encode()))
            == ()
        )


@pytest.mark.parametrize("sort", ["substring", "regex", "hostname", "string"])
def test_lists_of_every_sort_are_asked(one: Side, sort: str) -> None:
    entry = "^www\\.cdn" if sort == "regex" else "cdn" if sort == "substring" else "www.cdn.example"
    keep(one, do(one, "cert/warn", file=file({"name": "CDN", "type": sort, "list": [entry]})))
    mid = held(one, b"www.cdn.example\n")
    hits = warned.hits(
        TableReader(one.rows), acts.objects_of(folds_text(one, mid).encode()), own=False
    )
    assert [(hit.value, hit.list) for hit in hits] == [("www.cdn.example", "CDN")]


def test_a_strangers_list_is_none_of_ours(one: Side, other: Side) -> None:
    draft = do(other, "cert/warn", file=file(RESOLVERS))
    say(other, replace(draft, to=("cert@aurelia.gov",)), one)
    assert [row["name"] for row in one.look("cert/warnings") if row["name"] == "Public DNS"] == []


def test_a_feed_holds_bundles_up_to_its_marking(one: Side) -> None:
    mids = (held(one, EVENT.read_bytes()), held(one, b"bad.evil\n", about="A wave", tlp="GREEN"))
    files = {str(row["name"]): row["text"] for row in one.look("cert/feed", mid=mids, upto="GREEN")}
    assert len(json.loads(str(files["manifest.json"]))) == 2
    red = held(one)
    assert code_of(lambda: one.look("cert/feed", mid=(red,), upto="GREEN")) == "cert.marking"


def cert_tables(side: Party) -> dict[str, list[Row]]:
    return {name: rows for name, rows in side.tables().items() if name.startswith("cert_")}


def test_many_texts_of_a_row_are_drawn_as_people_write_them() -> None:
    cell = body.cell(kinds.TERMS[0], ("indicator", "tool"), "cert", faces.words(), "en")
    assert (cell.how, cell.shown) == ("code", "indicator, tool")


def rows_of(side: Party, look: str, **values: Value) -> list[Values]:
    _, rows = side.office.look(PERSON, look, Values(values), side.net.now)
    return [Values(row) for row in rows]


@pytest.mark.parametrize("many", [3, 400])
def test_an_office_keeps_imports_and_lists_at_home_and_refolds_them(many: int) -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    entries = ["9.9.9.9", *(f"{n:0900}" for n in range(1, many))]
    listed = file({**RESOLVERS, "type": "string", "list": entries})
    assert (len(listed) > limits.MAX_BODY) is (many > 3)
    a.act("cert/warn", "", file=listed)
    mid = a.act("cert/import", "", file=LIST, tlp="GREEN")
    net.settle()
    inspect(net)
    before = cert_tables(a)
    assert [row["count"] for row in rows_of(a, "cert/warnings") if row["name"] == "Public DNS"] == [
        many
    ]
    (row,) = rows_of(a, "cert/list")
    assert (row.data("mid"), row["state"]) == (mid, "kept")
    assert rows_of(b, "cert/list") == []
    a.office.rebuild(net.now)
    inspect(net)
    assert cert_tables(a) == before
    with pytest.raises(OurFault, match=r"cert\.warned"):
        a.act("cert/share", "", mid=mid, to=(b.address,), part=False)
    sent = a.act("cert/share", "", mid=mid, to=(b.address,), part=True)
    net.settle()
    inspect(net)
    (row,) = rows_of(b, "cert/list")
    assert row.data("mid") == sent
    assert "bad.evil" in rows_of(b, "cert/export", mid=sent)[0].text("bundle")
