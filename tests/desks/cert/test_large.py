"""Bundles too large for one record: judged whole, cut, sent together, seen as one at both ends."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from tests.desks.cert.constituents import CASE, CVE
from tests.desks.cert.test_cert import NOW
from tests.desks.cert.test_cert import Side as CertSide
from tests.desks.cert.test_index import indicator
from tests.office.test_files import inspect
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Crash, Net, Side
from tests.support.outcomes import fault_of

from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.desks.cert import clashing, folds, index, kinds, transfers
from detente.desks.cert.desk import DESK
from detente.desks.cert.formats import marking, stix, stream, strict, survey
from detente.office import house
from detente.office.desk import Opened
from detente.office.fields import Value, Values
from detente.office.kind import Kind
from detente.office.large import State

HEAD = '{"type":"bundle","id":"bundle--6a1f2f1c-8b1e-4c5e-9c6e-3f4f6a1f2f1c","objects":'


COMMON: dict[str, Value] = {"prec": "ROUTINE"}
PART = 20  # objects of a part, so that tests are quick


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "OBJECTS_MAX", PART)


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def whole_of(objects: Sequence[Mapping[str, object]]) -> bytes:
    return f"{HEAD}{json.dumps(objects, indent=1)}}}".encode()


def padded(count: int, size: int = 0) -> list[dict[str, object]]:
    return [indicator(at, description="x" * size) for at in range(count)]


def begin(side: Side, to: Side, data: bytes, request: str = "", **more: Value) -> str:
    now = side.net.now
    handle = side.office.files.take("big.json", data, now)
    given: dict[str, Value] = {"to": (to.address,), "about": "big", "tlp": "AMBER", **COMMON}
    values = Values({**given, **more})
    act = side.office.find_act("cert/send")
    side.office.large.begin(PERSON, act, values, handle, now, request)
    return handle


def step_on(side: Side, handle: str, *, go: bool = True, upto: str = "sent") -> State:
    while True:
        state = side.office.large.step(PERSON, handle, side.net.now, go=go)
        if state.phase == upto:
            return state


def send(side: Side, to: Side, data: bytes) -> State:
    return step_on(side, begin(side, to, data))


def line(side: Side) -> Values:
    _, [row] = side.office.look(PERSON, "cert/transfers", Values({}), side.net.now)
    return Values(row)


def texts(side: Side) -> list[bytes]:
    return [row.text("bundle").encode() for row in side.rows(folds.TEXTS)]


def raws(side: Side) -> set[bytes]:
    return {row.data("bytes") for row in side.rows(index.RAWS)}


def test_a_bundle_of_many_objects_goes_in_parts_and_is_one_whole_at_both_ends(net: Net) -> None:
    a, b = net.sides
    objects = padded(PART + 5)
    state = send(a, b, whole_of(objects))
    assert state.outcome is not None
    assert len(state.outcome.mids) == 2
    net.turn()
    assert (line(b).text("state"), line(b).whole("here")) == ("arriving", 0)
    assert line(a).text("state") == "sending"
    inspect(net)
    for side, state_ in ((a, "delivered"), (b, "whole")):
        row = line(side)
        assert (row.text("state"), row.whole("here"), row.whole("parts")) == (state_, 2, 2)
        assert (row.whole("count"), "missing" in row) == (len(objects), False)
        assert raws(side) == {
            json.dumps(one, indent=1).replace("\n", "\n ").encode() for one in objects
        }
        _, listed = side.office.look(PERSON, "cert/list", Values({}), net.now)
        assert len(listed) == 1, "one row for the whole"
    _, parts = b.office.look(PERSON, "cert/transfer", Values({"mid": line(b)["mid"]}), net.now)
    assert [(row["number"], row["own"], row["state"]) for row in parts] == [
        (1, 20, "read"), (2, 5, "read"),
    ]  # fmt: skip
    [act] = [row for row in a.rows(house.ACTS) if row.text("act") == "cert/send"]
    assert act["mids"] == state.outcome.mids, "one entry, before the first left"


def test_who_looks_before_sending_sees_sums_and_nothing_left(net: Net) -> None:
    a, b = net.sides
    objects = padded(5)
    objects[3]["created"] = objects[3]["modified"] = "2999-01-01T00:00:00.000Z"
    handle = begin(a, b, whole_of(objects))
    state = step_on(a, handle, go=False, upto="ready")
    assert a.office.large.step(PERSON, handle, net.now, go=False).phase == "ready"
    told = {(each.name, each.of): each for each in state.large.told}
    assert told["objects", ""].count == 5
    assert told["type", "indicator"].count == 5
    assert told["warnings", ""].count == 2
    assert told["warnings", ""].first[0].startswith("objects[3].created")
    assert a.of_kind("cert.bundle_file", ours=True) == []
    a.office.large.drop(PERSON, handle)
    assert fault_of(lambda: a.office.large.step(PERSON, handle, net.now, go=True)) == "stage.lost"


def flawed(at: int, **change: object) -> list[dict[str, object]]:
    objects = padded(600)
    objects[at] |= change
    return objects


@pytest.mark.parametrize(
    ("objects", "code", "told"),
    [
        (flawed(555, pattern="[nonsense"), "stix.standard", "1 faults: objects[555].pattern"),
        (flawed(577, id="indicator--x"), "stix.shape", "object 577"),
        ([*padded(600), indicator(7)], "stix.shape", "object 600 (indicator--"),
        (flawed(599, object_marking_refs=[marking.definition_of("RED")["id"]]), "cert.marking", "TLP:RED"),
        (flawed(9, object_marking_refs=["marking-definition--" + "1" * 8 + "-1111-4111-8111-111111111111"]),
         "cert.marking", "TLP:RED"),
    ],
)  # fmt: skip
def test_what_is_wrong_anywhere_in_it_lets_nothing_of_it_leave(
    net: Net, objects: list[dict[str, object]], code: str, told: str
) -> None:
    a, b = net.sides
    handle = begin(a, b, whole_of(objects))
    with pytest.raises(OurFault) as refused:
        step_on(a, handle)
    assert refused.value.code == code
    assert told in refused.value.what
    net.turn()
    assert b.rows(house.RECORDS) == []
    assert fault_of(lambda: a.office.large.step(PERSON, handle, net.now, go=True)) == "stage.lost"


def test_a_crash_at_any_step_sends_all_or_nothing_and_asking_again_sends_once() -> None:
    data = whole_of(padded(PART + 1))
    steps = 0
    for blow_at in (1, 2, 3, 4, 6, 8, 11, 14, 17, 20, 24):
        net = Net(AURELIA, BOREALIS)
        a, b = net.sides
        handle = begin(a, b, data, request="w1")
        step_on(a, handle, go=False, upto="ready")
        a.fuse.steps, a.fuse.blow_at = 0, blow_at
        try:
            step_on(a, handle)
        except Crash:
            steps += 1
        a.fuse.blow_at = -1
        a.restart()
        net.turn()
        inspect(net)
        assert len(b.rows(transfers.PARTS)) in (0, 2), "all or nothing"
        step_on(a, begin(a, b, data, request="w1"))
        net.turn()
        inspect(net)
        assert (line(b).text("state"), line(a).text("state")) == ("whole", "delivered")
        assert len(b.rows(transfers.PARTS)) == 2, "once"
    assert steps > 5


def test_a_part_that_is_on_its_way_is_named_until_it_came(net: Net) -> None:
    a, b = net.sides
    send(a, b, whole_of(padded(2 * PART + 1)))
    net.turn()
    mids = [row.data("mid") for row in a.rows(transfers.PARTS)]
    assert len(mids) == 3
    middle = next(row for row in a.rows(transfers.PARTS) if row["number"] == 2)
    with a.shelf.inner.begin() as tx:
        tx.rows(transfers.PARTS).drop(middle["mid"])
    assert line(a).text("missing") == "2"
    _, rows = a.office.look(PERSON, "cert/transfer", Values({"mid": line(a)["mid"]}), net.now)
    assert [row["state"] for row in rows] == ["sent", "missing", "sent"]
    assert transfers.ranges([1, 2, 3, 7, 9, 10]) == "1-3, 7, 9-10"


def test_ours_that_contradicts_is_refused_and_kept_once(net: Net) -> None:
    a, b = net.sides
    first = padded(3)
    a.act("cert/send", file=whole_of(first), to=(b.address,), about="first")
    net.turn()
    second = [*first[:1], {**first[1], "name": "otherwise"}, *padded(9)[3:]]
    for _ in range(2):
        handle = begin(a, b, whole_of(second))
        with pytest.raises(OurFault) as refused:
            step_on(a, handle)
        assert refused.value.code == "cert.conflict"
        assert "1 objects: objects[1]" in refused.value.what
    third = [{**first[2], "name": "again otherwise"}]
    small = lambda: a.act("cert/send", file=whole_of(third), to=(b.address,), about="x")  # noqa: E731
    assert fault_of(small) == "cert.conflict"
    net.turn()
    _, rows = a.office.look(PERSON, "cert/conflicts", Values({}), net.now)
    assert {row["id"] for row in rows} == {first[1]["id"], first[2]["id"]}
    assert len(rows) == 2, "the second try left nothing new"
    mid = next(row["mid"] for row in rows if row["id"] == first[1]["id"])
    _, [text] = a.office.look(PERSON, "cert/conflict_export", Values({"mid": mid}), net.now)
    assert json.loads(str(text["object"])) == second[1]
    _, said = a.office.look(PERSON, "cert/object", Values({"id": str(first[1]["id"])}), net.now)
    assert [row["state"] for row in said] == ["valid", "refused"]
    assert b.rows(clashing.CONFLICTS) == []
    a.office.rebuild(net.now)
    assert len(a.rows(clashing.CONFLICTS)) == 2


def test_of_many_that_contradict_so_many_are_kept(net: Net) -> None:
    a, b = net.sides
    first = padded(limits.MAX_CONFLICTS_KEPT + 1)
    a.act("cert/send", file=whole_of(first), to=(b.address,), about="first")
    other = [{**one, "name": "otherwise"} for one in first]
    assert fault_of(
        lambda: a.act("cert/send", file=whole_of(other), to=(b.address,), about="x")
    ) == ("cert.conflict")
    net.turn()
    assert len(a.rows(clashing.CONFLICTS)) == limits.MAX_CONFLICTS_KEPT


@pytest.mark.parametrize("extra", [0, 1])
def test_of_an_object_above_the_limit_the_hash_is_kept(net: Net, extra: int) -> None:
    a, b = net.sides
    first = indicator(1, description="")
    a.act("cert/send", file=whole_of([first]), to=(b.address,), about="first")
    bare = len(json.dumps({**first, "name": "y"}, ensure_ascii=False, separators=(",", ":")))
    room = limits.MAX_CONFLICT_TEXT - bare + extra
    other = {**first, "name": "y", "description": "x" * room}
    assert fault_of(
        lambda: a.act("cert/send", file=whole_of([other]), to=(b.address,), about="x")
    ) == ("cert.conflict")
    net.turn()
    [row] = a.rows(clashing.CONFLICTS)
    assert ("object" in row) is (extra == 0)


# How a whole is cut.


def surveyed(data: bytes, count_max: int = 2_000, piece: int = 50_000) -> survey.Survey:
    found = survey.Survey(count_max)
    for at in range(0, len(data), piece):
        found.feed(data[at : at + piece])
    found.end()
    return found


def flaw_of(data: bytes, count_max: int = 2_000, size_max: int = limits.MAX_BUNDLE) -> str:
    with pytest.raises(strict.Found) as refused:
        surveyed(data, count_max).pieces(size_max)
    return f"{refused.value.flaw.code} {refused.value.flaw.what}"


def parts_of(data: bytes, count_max: int, size_max: int = limits.MAX_BUNDLE) -> list[bytes]:
    found = surveyed(data, count_max)
    pieces = found.pieces(size_max)
    spans = [[found.span(at) for at in (*each.again, *each.own)] for each in pieces]
    return [stream.bundle([data[slice(*span)] for span in each]) for each in spans]


def relation(
    number: int, one: Mapping[str, object], other: Mapping[str, object]
) -> dict[str, object]:
    made = indicator(number)
    times = {name: made[name] for name in ("spec_version", "created", "modified")}
    ends = {"source_ref": one["id"], "target_ref": other["id"]}
    identity = str(made["id"]).replace("indicator", "relationship")
    return {
        "type": "relationship",
        "id": identity,
        **times,
        "relationship_type": "related-to",
        **ends,
    }


def ids(data: bytes) -> list[str]:
    return [ref.id for ref in stix.read(data).objects]


def test_parts_keep_the_order_and_the_limits() -> None:
    objects = padded(1_000, 100)
    found = parts_of(whole_of(objects), 64, 30_000)
    assert all(len(each) <= 30_000 for each in found)
    assert [one for each in found for one in ids(each)] == [one["id"] for one in objects]
    assert max(len(ids(each)) for each in found) <= 64


def test_what_speaks_of_others_goes_after_them_where_the_file_turns_it_round() -> None:
    objects = padded(6)
    ties = [relation(100 + at, *pair) for at, pair in enumerate(pairwise(objects))]
    right = [*objects, *ties]
    assert [one for each in parts_of(whole_of(right), 4) for one in ids(each)] == [
        one["id"] for one in right
    ]
    turned = [*ties, *objects]
    assert surveyed(whole_of(turned)).is_turned
    assert [one for each in parts_of(whole_of(turned), 4) for one in ids(each)] == [
        one["id"] for one in right
    ]


def test_each_part_has_the_markings_that_its_objects_need() -> None:
    word = {
        **marking.definition_of("RED"),
        "id": "marking-definition--" + "1" * 8 + "-1111-4111-8111-111111111111",
    }
    marked = [{**one, "object_marking_refs": [word["id"]]} for one in padded(6)]
    found = parts_of(whole_of([*marked[:3], *padded(9)[6:], word, *marked[3:]]), 4)
    levels = [stix.read(each).tlp for each in found]
    assert levels == [
        "RED" if any(one in ids(each) for one in map(str, (m["id"] for m in marked))) else ""
        for each in found
    ]
    assert sum(word["id"] in ids(each) for each in found) > 1
    assert {one for each in found for one in ids(each)} == {
        word["id"], *(one["id"] for one in marked), *(one["id"] for one in padded(9)[6:]),
    }  # fmt: skip


def test_a_statement_is_a_marking_that_everybody_can_read(net: Net) -> None:
    word = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--11111111-1111-4111-8111-111111111111",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": "Copyright of somebody"},
    }
    marked = [{**one, "object_marking_refs": [word["id"]]} for one in padded(PART)]
    assert surveyed(whole_of([*marked, word])).tlp == ""
    a, b = net.sides
    a.act("cert/arrange", to=(b.address,), about="all", upto="GREEN", way="person", ends=False)
    net.turn()
    assert send(a, b, whole_of([*marked, word])).phase == "sent"


def test_what_no_arrangement_lets_go_is_counted_and_named(net: Net) -> None:
    a, b = net.sides
    a.act("cert/arrange", to=(b.address,), about="x", type=("malware",), upto="RED", way="person",
          ends=False)  # fmt: skip
    net.turn()
    handle = begin(a, b, whole_of(padded(PART + 1)))
    with pytest.raises(OurFault) as refused:
        step_on(a, handle)
    assert refused.value.code == "cert.arrangement"
    assert "21 of 21 objects may not go to borealis.gov" in refused.value.what
    assert "(type) and 20 like it" in refused.value.what


def test_objects_that_name_each_other_in_a_circle_are_read_once_each() -> None:
    objects = padded(4)
    ring = [relation(100 + at, objects[at], objects[(at + 1) % 4]) for at in range(4)]
    markings = [
        {
            **marking.definition_of("GREEN"),
            "id": f"marking-definition--{d * 8}-1111-4111-8111-111111111111",
        }
        for d in "12"
    ]
    for one, other in ((0, 1), (1, 0)):
        markings[one]["object_marking_refs"] = [markings[other]["id"], markings[one]["id"]]
    objects[0]["object_marking_refs"] = [markings[0]["id"]]
    found = parts_of(whole_of([*ring, *objects, *markings]), 4)
    for each in found:
        assert len(set(ids(each))) == len(ids(each))
        if objects[0]["id"] in ids(each):
            assert {one["id"] for one in markings} <= set(ids(each))
    assert len({one for each in found for one in ids(each)}) == 10


def test_a_whole_makes_no_more_parts_than_may_be() -> None:
    large = padded(limits.MAX_BUNDLE_PARTS + 1, 400)
    size = len(stream.bundle([json.dumps(large[-1], indent=1).replace("\n", "\n ").encode()]))
    assert len(parts_of(whole_of(large[:-1]), 2_000, size)) == limits.MAX_BUNDLE_PARTS
    assert "MAX_BUNDLE_PARTS" in flaw_of(whole_of(large), 2_000, size)


@pytest.mark.parametrize("extra", [0, 1])
def test_a_whole_has_no_more_objects_than_its_parts_may_have(extra: int) -> None:
    data = whole_of(padded(2 * limits.MAX_BUNDLE_PARTS + extra))
    if extra:
        assert flaw_of(data, 2) == "stix.count more than 128 objects"
    else:
        assert len(parts_of(data, 2)) == limits.MAX_BUNDLE_PARTS


@pytest.mark.parametrize("extra", [0, 1])
def test_a_whole_has_no_more_bytes_than_its_parts(
    extra: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = whole_of(padded(3))
    monkeypatch.setattr(survey, "SIZE_MAX", len(data) - extra)
    if extra:
        assert flaw_of(data).startswith("stix.size more than")
    else:
        assert surveyed(data).count == 3


def test_a_large_bundle_is_imported_for_ourselves_under_its_own_marking(net: Net) -> None:
    a, _ = net.sides
    red = marking.definition_of("RED")["id"]
    objects = [{**one, "object_marking_refs": [red]} for one in padded(PART + 1)]
    now = net.now
    handle = a.office.files.take("big.json", whole_of(objects), now)
    act = a.office.find_act("cert/import")
    a.office.large.begin(PERSON, act, Values({"tlp": "GREEN", **COMMON}), handle, now)
    step_on(a, handle)
    net.turn()
    inspect(net)
    row = line(a)
    assert (row.text("state"), row.text("tlp"), row.text("about")) == (
        "delivered",
        "RED",
        "21 objects",
    )
    assert len(raws(a)) == len(objects)


@pytest.mark.parametrize("extra", [0, 1])
def test_as_many_definitions_as_may_be(extra: int) -> None:
    word = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "created": "2026-01-01T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": "x"},
    }
    made = [{**word, "id": f"marking-definition--{at:08x}-1111-4111-8111-111111111111"}
            for at in range(limits.MAX_STREAM_DEFINITIONS + extra)]  # fmt: skip
    if extra:
        assert "definitions of markings" in flaw_of(whole_of(made))
    else:
        assert len(parts_of(whole_of(made), 2_000)) == 1


@pytest.mark.parametrize("extra", [0, 1])
def test_as_many_ways_of_marking_as_may_be(extra: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_STREAM_MARKS", 20)
    made = [{**one, "sectors": [f"s{at}"]} for at, one in enumerate(padded(20 + extra))]
    if extra:
        assert "ways in which type" in flaw_of(whole_of(made))
    else:
        assert len(surveyed(whole_of(made)).counts) == 20


@pytest.mark.parametrize(("room", "turned"), [(1, True), (0, False)])
def test_names_are_followed_as_far_as_the_limit(
    room: int, turned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_STREAM_REFS", room)
    one, other = padded(2)
    data = whole_of([one, relation(9, one, other), other])
    assert surveyed(data).is_turned is turned


@pytest.mark.parametrize("extra", [0, 1])
def test_what_stands_around_the_list_has_its_limit(extra: int) -> None:
    data = whole_of(padded(1))
    start = len(HEAD) + 1 + 2  # the head, and the brackets that close
    words = f'"x":"{"y" * (limits.MAX_STREAM_OUTSIDE - start - 7 + extra)}",'
    data = b"{" + words.encode() + data[1:]
    if extra:
        assert "stand around the list" in flaw_of(data)
    else:
        assert surveyed(data).count == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"type":"x","objects":[{"a":1}]}', "stix.shape object 0 has type none"),
        (HEAD.replace("bundle", "bundel", 1).encode() + b"[]}", "stix.shape the file has type"),
        (HEAD.encode() + b"[]}", "stix.shape the bundle has no objects"),
        (b'{"type":"bundle","id":"bundle--x","objects":[]}', "stix.shape the bundle has id"),
        (HEAD.encode() + b'[{"a":tru}]}', "stix.json object 0, from byte"),
        (HEAD.encode() + b'[{"a":"\xff"}]}', "stix.json object 0, from byte"),
        (HEAD.encode() + b"[" + b'{"a":' * 60 + b"1" + b"}" * 60 + b"]}", "stix.depth object 0, from byte"),
        (HEAD.encode() + b'[{"a":1,"a":2}]}', "stix.json object 0, from byte"),
        (HEAD.encode() + b'[],"objects":[]}', "stix.json the list of objects stands twice"),
    ],
)  # fmt: skip
def test_a_large_file_that_is_no_bundle_is_told_with_its_place(data: bytes, told: str) -> None:
    assert told in flaw_of(data)


# What a peer says of parts.


def part_body(number: int, parts: int = 3, **more: Value) -> Values:
    file = Values({"name": "b.json", "aid": b"a" * 32, "size": 9, "key": b"k" * 32})
    part: dict[str, Value] = {
        "number": number, "parts": parts, "own": 1, "sha256": b"w" * 32, "size": 99, "count": 3,
        "bundle": "bundle--6a1f2f1c-8b1e-4c5e-9c6e-3f4f6a1f2f1c", **more,
    }  # fmt: skip
    body: dict[str, Value] = {"sha256": b"h" * 32, "count": 2, "about": "odd", "files": (file,)}
    return Values({**body, "part": Values(part)})


@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        (kinds.BUNDLE_FILE, part_body(1), ""),
        (kinds.BUNDLE_FILE, part_body(2), "part 2 of 3"),
        (kinds.PART, part_body(1), "part 1 of 3"),
        (kinds.PART, part_body(2), ""),
        (kinds.PART, part_body(3), ""),
        (kinds.PART, part_body(4), "part 4 of 3"),
        (kinds.PART, part_body(2, own=3), "more of the whole than objects"),
        (kinds.PART, part_body(2).without("files"), "no file encloses the bundle"),
    ],
)
def test_a_part_says_a_number_that_may_be(kind: Kind, body: Values, wrong: str) -> None:
    text = kind.write(body)
    if not wrong:
        assert isinstance(DESK.read(kind.name, text), Values)
        return
    with pytest.raises(TheirFault, match=f"E_CANON.*{wrong}"):
        DESK.read(kind.name, text)


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "whole"),
        ({"number": 1}, "odd"),
        ({"size": 98}, "odd"),
        ({"count": 4}, "odd"),
        ({"own": 2}, "odd"),
    ],
)
def test_parts_that_contradict_each_other_are_odd_and_never_whole(
    more: dict[str, Value], state: str
) -> None:
    side = CertSide("borealis.gov")
    for number in (1, 2):
        body = part_body(number, 2, count=2)
        if number == 2:
            part = body["part"]
            assert isinstance(part, Values)
            body = body.with_(part=part.with_(**more))
        mid = bytes([number]) * 32
        opened = Opened(
            mid=mid, kind="cert.part" if number > 1 else "cert.bundle_file", s="0" * 8, n=number,
            from_="cert@aurelia.gov", to=("cert@borealis.gov",), matter="1" * 32, reply_to=None,
            prec="ROUTINE", tlp="GREEN", created=NOW, kept_at=NOW, deadline=None, ours=False,
            origin="", place=0, author="s-1", releaser=None, ext={}, body=body,
        )  # fmt: skip
        side.fold(opened)
        folds.fold_bundle(side.rows(folds.BUNDLES), opened)  # its file was read
    [line_] = side.look("cert/transfers", count=50)
    assert line_["state"] == state


def test_an_embargo_keeps_a_large_bundle_here_too(net: Net) -> None:
    one, other = net.sides
    day = net.now + Span.of(days=30)
    given: dict[str, Value] = {**CASE, "to": (other.address,), "release": day, "tlp": "RED"}
    one.office.act(PERSON, "cert/vulnerability_open", Values({**COMMON, **given}), net.now)
    objects = padded(PART * 2)
    objects[PART + 1]["description"] = f"Uses {CVE}"
    with pytest.raises(OurFault) as refused:
        send(one, other, whole_of(objects))
    assert (refused.value.code, refused.value.what[:10]) == ("cert.embargo", "1 objects ")
