"""The CERT desk from act to look: what Aurelia does, what Borealis sees, and the other way."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.desks.cert.advisories import changed, encoded
from tests.desks.cert.constituents import CASE, WATER

from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.desks.cert.desk import DESK
from detente.office import courses, house
from detente.office.desk import Act, Look, Opened
from detente.office.drafting import Draft
from detente.office.fields import Value, Values, mid_text
from detente.office.ports import ShelfTx
from detente.office.reader import TableReader
from detente.office.tables import Row, Table
from detente.store.memory import MemoryRows

SAMPLE = Path(__file__).parents[3] / "src/detente/app/samples/c2-indicators.json"
LARGE = SAMPLE.with_name("poisonivy.json")
NOW = Moment.parse("2026-03-01T10:00:00.000Z")
FIRST = "identity--f690c992-8e7d-4b9a-9303-3312616c0220"
SECOND = "malware--fdd60b30-b67c-41e3-b0b9-f01faf20d111"
TO = ("cert@borealis.gov",)
COMMON = {"prec": "ROUTINE"}


class Side:
    """One party's desk: its tables, and the way of a draft into both parties' tables."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tables: dict[str, MemoryRows] = {}
        self.said = 0  # how many records it made

    def rows(self, table: Table) -> MemoryRows:
        return self.tables.setdefault(table.name, MemoryRows(table))

    def acts(self, name: str, now: Moment = NOW, /, **values: Value) -> tuple[Draft, ...]:
        act = next(act for act in DESK.acts if act.name == name)
        return act.build(Values({**COMMON, **values}), TableReader(self.rows), now)

    def act(self, name: str, now: Moment = NOW, /, **values: Value) -> Draft:
        (draft,) = self.acts(name, now, **values)
        return draft

    def look(self, name: str, now: Moment = NOW, /, **values: Value) -> tuple[Row, ...]:
        look = next(look for look in DESK.looks if look.name == name)
        return look.read(TableReader(self.rows), Values(values), now)

    def fold(self, opened: Opened) -> None:
        """What an office does with a record: its desk's tables, and the house's of courses."""
        DESK.fold(self.rows, opened)
        told = {name: getattr(opened, name) for name in Opened.__slots__}
        row = {each.name: told[each.name] for each in house.RECORDS.columns if each.name in told}
        more: dict[str, Value] = {"from": opened.from_, "desk": "cert", "size": 1, "known": True}
        self.rows(house.RECORDS).put({**row, **more})
        tx = cast("ShelfTx", self)
        courses.note_body(tx, opened, DESK)
        courses.settle(tx, self.name, opened.matter, {"cert": DESK})


def say(author: Side, draft: Draft, *sides: Side, at: Moment = NOW) -> bytes:
    plaintext = draft.kind.write(draft.body)
    body = DESK.read(draft.kind.name, plaintext)
    assert isinstance(body, Values)
    assert draft.body == body
    author.said += 1
    mid = hashlib.sha256(plaintext + author.name.encode() + str(draft.created).encode()).digest()
    for side in sides:
        side.fold(
            Opened(
                mid=mid,
                kind=draft.kind.name,
                from_=f"cert@{author.name}",
                to=draft.to,
                matter=draft.matter or "0" * 32,
                s="00000000",
                n=author.said,
                reply_to=draft.reply_to,
                prec=draft.prec,
                tlp=draft.tlp,
                created=draft.created,
                kept_at=at,
                deadline=draft.deadline,
                ours=side is author,
                origin="",
                place=0,
                author="s-1",
                releaser=None,
                ext={},
                body=body,
            ),
        )
    return mid


@pytest.fixture
def sides() -> tuple[Side, Side]:
    return Side("aurelia.gov"), Side("borealis.gov")


def send(author: Side, now: Moment = NOW, **more: Value) -> Draft:
    values: dict[str, Value] = {
        "file": SAMPLE.read_bytes(),
        "to": ("cert@borealis.gov",),
        "about": "C2 indicators",
        "tlp": "AMBER",
        **more,
    }
    return author.act("cert/send", now, **values)


def states(side: Side, now: Moment = NOW) -> list[Value]:
    return [row["state"] for row in side.look("cert/list", now)]


def code_of(act: object) -> str:
    assert callable(act)
    with pytest.raises(OurFault) as refused:
        act()
    return refused.value.code


def test_a_file_becomes_one_bundle_with_its_bytes_and_comes_out_the_same(
    sides: tuple[Side, Side],
) -> None:
    aurelia, borealis = sides
    draft = send(aurelia, file=LARGE.read_bytes(), within=Span.of(hours=24), asks="Seen it?")
    assert draft.deadline == NOW + Span.of(hours=24)
    assert (draft.to, draft.tlp, draft.matter) == (("cert@borealis.gov",), "AMBER", None)
    mid = say(aurelia, draft, aurelia, borealis)
    (row,) = borealis.look("cert/export", mid=mid)
    assert str(row["bundle"]).encode() == LARGE.read_bytes()
    assert len(borealis.look("cert/objects", mid=mid)) == 155
    assert (
        borealis.look("cert/objects", mid=mid)[0]["id"]
        == json.loads(LARGE.read_bytes())["objects"][0]["id"]
    )


def test_a_bundle_over_the_limit_is_refused_with_limit_and_size() -> None:
    aurelia = Side("aurelia.gov")
    fill = limits.MAX_BODY - send(aurelia).kind.size_bytes(send(aurelia).body)
    exact = SAMPLE.read_bytes() + b" " * fill
    assert (
        len(send(aurelia, file=exact).kind.write(send(aurelia, file=exact).body)) == limits.MAX_BODY
    )
    # One byte more, and it goes as a file of its record.
    assert send(aurelia, file=exact).kind.name == "cert.bundle"
    large = send(aurelia, file=exact + b" ")
    assert large.kind.name == "cert.bundle_file"
    assert [(each.name, each.data) for each in large.enclose] == [("bundle.json", exact + b" ")]
    most = exact + b" " * (limits.MAX_BUNDLE - len(exact))
    assert len(send(aurelia, file=most).enclose[0].data) == limits.MAX_BUNDLE
    with pytest.raises(OurFault) as refused:
        send(aurelia, file=most + b" ")
    assert refused.value.code == "cert.bundle_size"
    assert f"{limits.MAX_BUNDLE + 1} bytes" in refused.value.what
    assert str(limits.MAX_BUNDLE) in refused.value.what


def test_more_objects_than_can_be_answered_are_refused() -> None:
    aurelia = Side("aurelia.gov")
    value = json.loads(SAMPLE.read_bytes())
    one = next(each for each in value["objects"] if each["type"] == "indicator")
    value["objects"] = [
        {**one, "id": f"indicator--00000000-0000-4000-8000-{n:012}"} for n in range(2_001)
    ]
    with pytest.raises(OurFault) as refused:
        send(aurelia, file=json.dumps(value).encode())
    assert (refused.value.code, "2001 objects" in refused.value.what) == ("cert.bundle_size", True)


def test_a_marking_weaker_than_that_of_the_bundle_is_refused() -> None:
    red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
    whole = json.loads(SAMPLE.read_bytes())
    whole["objects"][1]["object_marking_refs"] = [red]
    data = json.dumps(whole).encode()
    assert code_of(lambda: send(Side("a.gov"), file=data, tlp="AMBER+STRICT")) == "cert.marking"
    assert send(Side("a.gov"), file=data, tlp="RED").tlp == "RED"


def test_a_file_that_is_no_bundle_is_refused_before_anything_is_made() -> None:
    assert code_of(lambda: send(Side("a.gov"), file=b"{}")) == "stix.shape"


def test_an_answer_goes_to_the_sender_in_the_matter_and_under_its_marking(
    sides: tuple[Side, Side],
) -> None:
    aurelia, borealis = sides
    draft = send(aurelia, within=Span.of(hours=2))
    mid = say(aurelia, draft, aurelia, borealis)
    assert states(aurelia) == states(borealis) == ["open"]
    late = NOW + Span.of(hours=2)
    assert states(aurelia, late) == ["open"]
    assert states(aurelia, late + Span(1)) == ["overdue"]
    answer = borealis.act("cert/answer", mid=mid, verdict="known", text="Since May")
    assert (answer.to, answer.reply_to, answer.tlp) == (("cert@aurelia.gov",), mid, "AMBER")
    assert answer.matter == "0" * 32
    said = say(borealis, answer, aurelia, borealis)
    assert states(aurelia, late + Span(1)) == ["answered"]
    story = aurelia.look("cert/show", mid=mid)
    assert [(row["what"], row["text"], row["mid"]) for row in story] == [
        ("bundle", "C2 indicators", mid),
        ("known", "Since May", said),
    ]


def test_an_answer_by_one_who_was_not_asked_does_not_count(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    cordia = Side("cordia.gov")
    mid = say(aurelia, send(aurelia), aurelia, borealis, cordia)
    say(cordia, cordia.act("cert/answer", mid=mid, verdict="useful"), aurelia)
    assert states(aurelia) == ["open"]


def test_objects_are_taken_back_one_by_one_and_then_all(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    mid = say(aurelia, send(aurelia), aurelia, borealis)
    one = aurelia.act("cert/withdraw", mid=mid, object=(Values({"id": FIRST}),), reason="false")
    assert (one.to, one.reply_to) == (("cert@borealis.gov",), mid)
    say(aurelia, one, aurelia, borealis)
    assert states(borealis) == ["partly_withdrawn"]
    gone = [
        row["id"] for row in borealis.look("cert/objects", mid=mid) if row["state"] == "withdrawn"
    ]
    assert gone == [FIRST]
    say(aurelia, aurelia.act("cert/withdraw", mid=mid, all=True, reason="legal"), aurelia, borealis)
    assert states(borealis) == ["withdrawn"]


def test_a_withdrawal_names_one_version_or_every_version(sides: tuple[Side, Side]) -> None:
    aurelia, _ = sides
    mid = say(aurelia, send(aurelia), aurelia)
    first = next(row for row in aurelia.look("cert/objects", mid=mid) if row["id"] == FIRST)
    right = Values({"id": FIRST, "modified": first["modified"]})
    wrong = Values({"id": FIRST, "modified": "2020-01-01T00:00:00Z"})
    assert aurelia.act("cert/withdraw", mid=mid, object=(right,), reason="false").body.parts(
        "objects"
    ) == (right,)
    refused = lambda: aurelia.act("cert/withdraw", mid=mid, object=(wrong,), reason="false")  # noqa: E731
    assert code_of(refused) == "cert.no_object"


def test_a_withdrawal_by_another_than_the_author_changes_nothing(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    cordia = Side("cordia.gov")
    mid = say(aurelia, send(aurelia), aurelia, borealis)
    say(aurelia, send(aurelia), cordia)  # as if it were the author
    forged = Draft(
        kind=DESK.kind_named["cert.withdraw"],
        to=("cert@borealis.gov",),
        body=Values({"of": mid, "all": True, "reason": "legal"}),
        created=NOW,
    )
    said = say(cordia, forged, borealis)
    assert states(borealis) == ["open"]
    assert {row["state"] for row in borealis.look("cert/objects", mid=mid)} == {"stands"}
    assert [row["what"] for row in borealis.look("cert/show", mid=mid)] == ["bundle", "not_author"]
    assert code_of(lambda: borealis.act("cert/acknowledge", mid=said)) == "cert.not_author"


def test_an_acknowledgement_says_what_was_done_with_each_object(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    mid = say(aurelia, send(aurelia), aurelia, borealis)
    absent = "tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
    draft = aurelia.act(
        "cert/withdraw",
        mid=mid,
        reason="false",
        object=(Values({"id": FIRST}), Values({"id": SECOND})),
    )
    more = (*draft.body.parts("objects"), Values({"id": absent}))
    said = say(
        aurelia,
        Draft(
            kind=draft.kind, to=draft.to, body=draft.body.with_(objects=more),
            created=NOW, tlp="RED", matter="1" * 32,
        ),
        aurelia,
        borealis,
    )  # fmt: skip
    kept = (Values({"id": SECOND, "because": "court order"}),)
    answer = borealis.act("cert/acknowledge", mid=said, kept=kept)
    assert (answer.to, answer.reply_to, answer.matter) == (("cert@aurelia.gov",), said, "1" * 32)
    assert answer.tlp == "RED"
    assert [(one["id"], one["state"], one.get("because")) for one in answer.body.parts("done")] == [
        (FIRST, "removed", None),
        (SECOND, "kept", "court order"),
        (absent, "not_held", None),
    ]
    say(borealis, answer, aurelia, borealis)
    story = aurelia.look("cert/show", mid=mid)
    assert ("acknowledged", "removed 1, not_held 1, kept 1") in [
        (row["what"], row["text"]) for row in story
    ]
    stranger = (Values({"id": absent, "because": "x"}),)
    assert (
        code_of(lambda: borealis.act("cert/acknowledge", mid=said, kept=stranger))
        == "cert.no_object"
    )


def test_an_acknowledgement_of_all_names_every_object(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    mid = say(aurelia, send(aurelia), aurelia, borealis)
    said = say(aurelia, aurelia.act("cert/withdraw", mid=mid, all=True, reason="legal"), borealis)
    done = borealis.act("cert/acknowledge", mid=said).body.parts("done")
    assert [one["state"] for one in done] == ["removed"] * 8


def test_what_is_not_ours_to_do_is_refused(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    mid = say(aurelia, send(aurelia), aurelia, borealis)
    theirs = say(borealis, send(borealis, to=("cert@aurelia.gov",)), aurelia, borealis)
    none = b"n" * 32
    newer = say(aurelia, send(aurelia, about="corrected"), aurelia, borealis)
    draft = aurelia.act("cert/withdraw", mid=mid, all=True, reason="legal", replaced_by=newer)
    taken = say(aurelia, draft, aurelia, borealis)
    expected: list[tuple[Side, str, dict[str, Value], str]] = [
        (aurelia, "answer", {"mid": mid, "verdict": "known"}, "cert.ours"),
        (aurelia, "answer", {"mid": none, "verdict": "known"}, "cert.unknown_record"),
        (borealis, "withdraw", {"mid": mid, "all": True, "reason": "legal"}, "cert.not_ours"),
        (aurelia, "withdraw", {"mid": mid, "reason": "legal"}, "cert.objects"),
        (
            aurelia,
            "withdraw",
            {"mid": mid, "all": True, "object": (Values({"id": FIRST}),), "reason": "legal"},
            "cert.objects",
        ),
        (
            aurelia,
            "withdraw",
            {"mid": mid, "all": True, "reason": "legal", "replaced_by": theirs},
            "cert.not_ours",
        ),
        (
            aurelia,
            "withdraw",
            {"mid": mid, "all": True, "reason": "legal", "replaced_by": mid},
            "cert.objects",
        ),
        (
            aurelia,
            "withdraw",
            {"mid": mid, "all": True, "reason": "legal", "replaced_by": none},
            "cert.unknown_record",
        ),
        (aurelia, "acknowledge", {"mid": taken}, "cert.ours"),
        (borealis, "acknowledge", {"mid": mid}, "cert.unknown_record"),
    ]
    found = [
        code_of(lambda side=side, act=act, values=values: side.act(f"cert/{act}", **values))
        for side, act, values, _ in expected
    ]
    assert found == [code for *_, code in expected]


def test_the_list_starts_with_the_latest_and_goes_on_after_any_bundle(
    sides: tuple[Side, Side],
) -> None:
    aurelia, borealis = sides
    mids = [
        say(aurelia, send(aurelia, NOW + Span(n)), borealis, at=NOW + Span(n)) for n in (2, 5, 3)
    ]
    theirs = say(borealis, send(borealis), borealis, at=NOW + Span(4))
    order = [mids[1], theirs, mids[2], mids[0]]
    assert [row["mid"] for row in borealis.look("cert/list")] == order
    assert [row["mid"] for row in borealis.look("cert/list", after=theirs, count=1)] == [mids[2]]
    own = [row["mid"] for row in borealis.look("cert/list", NOW, **{"from": "borealis.gov"})]
    assert own == [theirs]


def test_a_record_of_two_logs_is_kept_as_of_the_earlier(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    for at in (Span(5), Span(2), Span(9)):
        mid = say(aurelia, send(aurelia), borealis, at=NOW + at)
    assert [(row["mid"], row["kept_at"]) for row in borealis.look("cert/list")] == [
        (mid, NOW + Span(2))
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": "{}"},
        {"objects": (Values({"id": FIRST, "sha256": b"x" * 32}),)},
    ],
)
def test_a_strangers_bundle_must_be_stix_and_hold_what_it_says(change: dict[str, Value]) -> None:
    draft = send(Side("aurelia.gov"))
    body = draft.kind.write(draft.body.with_(**change))
    with pytest.raises(TheirFault) as refused:
        DESK.read(draft.kind.name, body)
    assert refused.value.code == "E_CANON"


@pytest.mark.parametrize("objects", [None, (Values({"id": FIRST}),)])
def test_a_strangers_withdrawal_names_objects_or_all(objects: Value) -> None:
    kind = DESK.kind_named["cert.withdraw"]
    body = Values(
        {"of": b"x" * 32, "all": objects is not None, "reason": "legal", "objects": objects}
    )
    with pytest.raises(TheirFault) as refused:
        DESK.read(kind.name, kind.write(body))
    assert refused.value.code == "E_CANON"


def test_every_row_of_a_look_has_its_columns_and_no_more(sides: tuple[Side, Side]) -> None:
    aurelia, borealis = sides
    mid = say(aurelia, send(aurelia), aurelia, borealis)
    say(borealis, borealis.act("cert/answer", mid=mid, verdict="useful"), aurelia)
    taken = say(
        aurelia, aurelia.act("cert/withdraw", mid=mid, all=True, reason="legal"), aurelia, borealis
    )
    say(borealis, borealis.act("cert/acknowledge", mid=taken), aurelia)
    file = encoded(changed())
    told = say(aurelia, aurelia.act("cert/advise", file=file, to=TO, tlp="CLEAR"), aurelia)
    ping = say(aurelia, aurelia.act("cert/ping", to=TO, about="Test", tlp="GREEN"), aurelia)
    opened = {**CASE, "tlp": "RED", "to": TO}
    case = say(aurelia, aurelia.act("cert/vulnerability_open", **opened), aurelia)
    of_its_own: dict[str, Value] = {
        "cert/advisory": told,
        "cert/advisory_export": told,
        "cert/advisory_owners": told,
        "cert/case": ping,
        "cert/vulnerability": case,
        "cert/vulnerability_known": case,
        "cert/vulnerability_dates": case,
    }
    network: dict[str, Value] = {"network": ("198.51.100.0/24",), "domain": None}
    for key in ("water", "town"):
        who = Values({**WATER, **network, "key": key})
        add = next(act for act in DESK.acts if act.name == "cert/constituent_add")
        (entry,) = add.build(who, TableReader(aurelia.rows), NOW)
        own = replace(entry, to=("cert@aurelia.gov",))
        say(aurelia, own, aurelia)
    given: dict[str, Value] = {
        "key": "water", "token": b"1" * 32, "mid": mid, "to": ("cert@borealis.gov",), "id": FIRST, "value": "198.51.100.3",
    }  # fmt: skip
    for look in DESK.looks:
        values = {each.name: given[each.name] for each in look.fields if each.name in given}
        if look.name == "cert/feed":
            values = {"mid": (mid,), "upto": "AMBER"}
        if look.name in of_its_own:
            values = {"mid": of_its_own[look.name]}
        for row in aurelia.look(look.name, NOW, **values):
            assert set(row) == {column.name for column in look.columns}
            for column in look.columns:
                value = row[column.name]
                assert value is None or column.flaw(value) is None
                assert value is not None or not column.required


def test_every_act_and_look_is_named_under_the_desk() -> None:
    verbs: tuple[Act | Look, ...] = (*DESK.acts, *DESK.looks)
    assert {verb.name.partition("/")[0] for verb in verbs} == {"cert"}


def altered(**more: object) -> bytes:
    whole = json.loads(SAMPLE.read_bytes())
    whole["objects"][0].update(more)
    return json.dumps(whole).encode()


def test_a_bundle_that_breaks_the_standard_is_not_sent_and_its_places_are_named(
    sides: tuple[Side, Side],
) -> None:
    with pytest.raises(OurFault, match=r"stix\.standard") as refused:
        send(sides[0], file=altered(confidence=200, revoked="no"))
    assert "objects[0].confidence: 200 is above 100" in str(refused.value)
    assert "objects[0].revoked" in str(refused.value)
    many = {f"X-{at}": at for at in range(9)}
    with pytest.raises(OurFault, match="and 4 more"):
        send(sides[0], file=altered(**many))


def test_another_content_under_the_same_id_and_time_is_not_sent_and_the_first_is_named(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    mid = say(a, send(a), a, b)
    say(a, send(a), a, b)  # the same again is no contradiction
    with pytest.raises(OurFault, match=r"cert\.conflict") as refused:
        send(b, file=altered(name="other"), to=("cert@aurelia.gov",))
    assert mid_text(mid) in str(refused.value)
    assert "objects[0]" in str(refused.value)
    later = altered(name="other", modified="2026-02-01T00:00:00.000Z")
    assert send(b, file=later, to=("cert@aurelia.gov",)).kind.name == "cert.bundle"
