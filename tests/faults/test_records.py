"""Records of a peer that break a rule: refused with a code, kept, and never in anyone's way.

A peer with real keys sends each bad record with a good one behind it, over real TLS.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from tests.faults import runs
from tests.faults.hostile import Hostile, Line
from tests.faults.runs import Running

from detente.core import canon, envelope, record
from detente.desks.cert import kinds
from detente.link import frames
from detente.office.fields import Values, mid_text

GOOD: Final = kinds.ANSWER.write(Values({"to": bytes(32), "verdict": "useful"}))
Make = Callable[[Hostile], bytes]


def header(**changes: Any) -> Make:  # noqa: ANN401  members of a header
    return lambda party: party.letter(GOOD, **changes)


def without(name: str) -> Make:
    def make(party: Hostile) -> bytes:
        value, content = party.draft(GOOD)
        del value[name]
        return party.finish(canon.encode(value), content)

    return make


def written(change: Callable[[bytes], bytes]) -> Make:
    """A record whose header stands in other bytes."""

    def make(party: Hostile) -> bytes:
        value, content = party.draft(GOOD)
        head = change(canon.encode(value))
        assert head != canon.encode(value)
        return party.finish(head, content)

    return make


def member(text: bytes) -> Make:
    """A record with one more member at the front of its header."""
    return written(lambda head: b"{" + text + b"," + head[1:])


def text(data: bytes) -> Make:
    return lambda party: party.letter(data)


def finished(**how: Any) -> Make:  # noqa: ANN401  arguments of Hostile.finish
    def make(party: Hostile) -> bytes:
        value, content = party.draft(GOOD)
        return party.finish(canon.encode(value), content, **how)

    return make


def parts(change: Callable[[envelope.Parts], envelope.Parts]) -> Make:
    """A record altered after it was signed."""
    return lambda party: envelope.encode(change(envelope.split(party.letter(GOOD))))


def lying(**changes: Any) -> Make:  # noqa: ANN401  members of a header
    """A record whose header says of its body what is not so."""

    def make(party: Hostile) -> bytes:
        value, content = party.draft(GOOD)
        return party.finish(canon.encode(value | changes), content)

    return make


def stray(party: Hostile) -> bytes:
    split = envelope.split(party.letter(GOOD))
    seals = envelope.read_seals(split.seals)
    more = envelope.Seal("cert@aurelia.gov", bytes(8), bytes(1168))
    return envelope.encode(split._replace(seals=envelope.write_seals([more, *seals])))


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


DEEP: Final = b'"a":' + b"[" * 4_000 + b"]" * 4_000
REFUSED: Final[Mapping[str, tuple[str, Make]]] = {
    "a header with white space": ("E_CANON", written(lambda head: head.replace(b",", b", ", 1))),
    "a header with a member twice": ("E_CANON", member(b'"att":[]')),
    "a header with NaN": ("E_CANON", written(lambda head: head.replace(b'"n":', b'"n":NaN,"o":'))),
    "a header with 1.0": ("E_CANON", written(lambda head: head.replace(b'"v":1', b'"v":1.0'))),
    "a header that is deeply nested": ("E_CANON", member(DEEP[:6_000])),
    "a header that is cut": ("E_CANON", written(lambda head: head[:-1])),
    "a header that is no text": ("E_CANON", written(lambda head: head.replace(b"cert", b"\xff"))),
    "a header that is empty": ("E_CANON", written(lambda _head: b"")),
    "a header without a member": ("E_HEADER", without("prec")),
    "a header with an unknown member": ("E_HEADER", header(secret=1)),
    "a header of a newer form": ("E_VERSION", header(v=2)),
    "a time that is none": ("E_HEADER", header(created="2026-13-41T25:61:61.000Z")),
    "an extension that must be understood": ("E_EXT", header(ext={"nonpaper": True})),
    "a signature that does not hold": ("E_SIG", parts(lambda p: p._replace(sigs=flipped(p.sigs)))),
    "a signature by another person's key": ("E_SIG", finished(signer="m-01")),
    "a signer on no card": ("E_SIG", finished(author="s-77")),
    "a body that was swapped": ("E_SIG", parts(lambda p: p._replace(body=flipped(p.body)))),
    "an author of a third party": ("E_SIG", header(**{"from": "cert@aurelia.gov"})),
    "an author of the receiver": ("E_SIG", header(**{"from": "cert@borealis.gov"})),
    "a sender's desk on no card": ("E_DESK", header(**{"from": "war@cordia.gov"})),
    "a desk that is not there": ("E_DESK", header(to=["legal@borealis.gov"])),
    "none of ours addressed": ("E_DESK", header(to=["cert@aurelia.gov"])),
    "a seal to a key of the past": ("E_DESK", finished(key_id=bytes(8))),
    "no seal for the desk": ("E_DESK", finished(seals=False)),
    "seals that are misshapen": ("E_DESK", parts(lambda p: p._replace(seals=b"\x05\x05"))),
    "a seal for someone else": ("E_DESK", stray),
    "a seal that does not open": ("E_COMMIT", parts(lambda p: p._replace(seals=flipped(p.seals)))),
    "another content key": ("E_COMMIT", lying(ck=canon.to_base64(bytes(range(32))))),
    "another text": ("E_COMMIT", lying(commit=canon.to_base64(bytes(32)))),
    "another length": ("E_COMMIT", lying(size=len(GOOD) - 1)),
    "a text longer than any": ("E_SIZE", lying(size=262_145)),
    "FLASH signed by one": ("E_RELEASE", header(prec="FLASH")),
    "an attachment": (
        "E_ATT",
        header(att=[{"aid": canon.to_base64(bytes(32)), "chunks": 1, "size": 20}]),
    ),
    "a body that is no JSON": ("E_CANON", text(b"hello")),
    "a body with NaN": ("E_CANON", text(b'{"v":NaN}')),
    "a body with a member twice": ("E_CANON", text(GOOD[:-1] + b',"v":1}')),
    "a body that is deeply nested": ("E_CANON", text(b"[" * 100_000)),
    "a body with an unknown member": ("E_CANON", text(GOOD.replace(b'"v"', b'"u":1,"v"'))),
    "a body of version 0": ("E_CANON", text(b'{"v":0}')),
}
UNANSWERABLE: Final = (  # nobody is known to answer to, or it would be someone else
    *(name for name, (code, _) in REFUSED.items() if code == "E_CANON" and "header" in name),
    *(name for name, (code, _) in REFUSED.items() if code in ("E_HEADER", "E_VERSION", "E_EXT")),
    "a text longer than any",
    "an author of a third party",
    "an author of the receiver",
    "a sender's desk on no card",
)
LATE: Final = "9999-12-31T23:59:59.999Z"
EARLY: Final = "0001-01-01T00:00:00.000Z"
NEWER: Final = GOOD.replace(b'"v":1', b'"v":2').replace(b'"to"', b'"seen_by":["x"],"to"')
TAKEN: Final[Mapping[str, tuple[bool, Make]]] = {
    "created in the future": (True, header(created=LATE, deadline=LATE)),
    "created in the past": (True, header(created=EARLY, deadline=EARLY)),
    "a kind of a newer peer": (False, lambda party: party.letter(b"\xff\x00", kind="grain.price")),
    "a newer version of a kind": (False, text(NEWER)),
    "an extension that may be ignored": (True, header(ext={"x_colour": "blue"})),
}


@dataclass
class Told:
    """What was sent, and what became of it."""

    line: Line
    bad: dict[str, bytes]
    after: dict[str, bytes]
    taken: dict[str, bytes]
    rows: dict[str, dict[str, Any]]
    refused: dict[int, dict[str, Any]]


def mid(data: bytes) -> bytes:
    return record.mid_of(envelope.split(data).header)


def rows_by_id(victim: Running) -> dict[str, dict[str, Any]]:
    return {row["mid"]: row for row in victim.office("GET", "/api/v1/record")}


@pytest.fixture(scope="module")
def told(hostile: Hostile, victim: Running, honest: Running) -> Told:
    line = hostile.meet()
    bad, after = {}, {}
    for name, (_, make) in REFUSED.items():
        bad[name], after[name] = make(hostile), hostile.letter(GOOD)
        hostile.tell(line, [bad[name], after[name]])
    taken = {name: make(hostile) for name, (_, make) in TAKEN.items()}
    hostile.tell(line, list(taken.values()))
    last = mid_text(mid(list(taken.values())[-1]))
    runs.until(lambda: last in rows_by_id(victim))
    rows = rows_by_id(victim)
    answered = {mid(bad[name]) for name in bad if name not in UNANSWERABLE}
    line.until(lambda: answered <= hostile.answers().keys())
    refused = {row["place"]: row for row in victim.office("GET", "/api/v1/refused")}
    return Told(line, bad, after, taken, rows, refused)


def place_of(hostile: Hostile, data: bytes) -> int:
    return hostile.log.index(data)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_record_is_refused_with_its_code_and_kept(
    name: str, told: Told, hostile: Hostile
) -> None:
    row = told.refused[place_of(hostile, told.bad[name])]
    assert row["code"] == REFUSED[name][0]
    assert row["what"]
    assert row["remedy"]
    assert row["id"] == record.mid_text(mid(told.bad[name]))


@pytest.mark.parametrize("name", REFUSED)
def test_the_good_record_behind_a_bad_one_is_delivered(name: str, told: Told) -> None:
    assert told.rows[mid_text(mid(told.after[name]))]["known"] is True


def test_every_bad_record_is_receipted_and_nothing_halts(told: Told, hostile: Hostile) -> None:
    assert hostile.receipt is not None
    assert hostile.receipt.size == len(hostile.log)
    assert hostile.receipt.root == hostile.range.root()


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in UNANSWERABLE])
def test_the_author_is_told_code_and_remedy(name: str, told: Told, hostile: Hostile) -> None:
    answer = hostile.answers()[mid(told.bad[name])]
    assert answer["code"] == REFUSED[name][0]
    assert answer["remedy"]


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_a_record_whose_author_is_not_known_for_sure_is_not_answered(
    name: str, told: Told, hostile: Hostile
) -> None:
    assert mid(told.bad[name]) not in hostile.answers()


def test_a_third_party_hears_nothing_of_a_record_in_its_name(told: Told, honest: Running) -> None:
    assert [
        row for row in honest.office("GET", "/api/v1/record") if row["kind"] == "sys.reject"
    ] == []


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_odd_but_no_fault_is_delivered_and_shown_for_what_it_is(
    name: str, told: Told
) -> None:
    row = told.rows[mid_text(mid(told.taken[name]))]
    assert row["known"] is TAKEN[name][0]


def test_a_time_in_the_future_is_shown_and_orders_nothing(told: Told) -> None:
    row = told.rows[mid_text(mid(told.taken["created in the future"]))]
    assert row["created"] == LATE
    assert row["kept_at"] < LATE


@pytest.mark.parametrize("name", [name for name in TAKEN if not TAKEN[name][0]])
def test_a_record_of_a_newer_peer_is_shown_as_such(name: str, told: Told, victim: Running) -> None:
    short = record.mid_text(mid(told.taken[name]))
    said = runs.detente("record", "read", short, "--at", victim.folder)
    assert said.code == 0, said.err
    assert "newer than we read, or of a kind unknown here" in said.out


def test_a_record_sent_again_at_another_place_counts_once(
    told: Told, hostile: Hostile, victim: Running
) -> None:
    again = told.after["FLASH signed by one"]
    before = victim.office("GET", "/api/v1/record"), victim.office("GET", "/api/v1/refused")
    mark = hostile.letter(GOOD)
    hostile.tell(hostile.meet(), [again, mark])
    runs.until(lambda: mid_text(mid(mark)) in rows_by_id(victim))
    rows = [
        row for row in victim.office("GET", "/api/v1/record") if row["mid"] != mid_text(mid(mark))
    ]
    ours = [row for row in rows if row["ours"] is False]
    assert ours == [row for row in before[0] if row["ours"] is False]
    assert victim.office("GET", "/api/v1/refused") == before[1]


def test_a_record_sent_again_at_its_place_is_answered_with_the_same_receipt(
    told: Told, hostile: Hostile
) -> None:
    assert hostile.receipt is not None
    given, line = hostile.receipt, hostile.meet()
    line.send(frames.record(1, hostile.log[1], 1))
    line.until(lambda: any(each.type == frames.COSIGN for each in line.messages))
    found = next(each for each in line.messages if each.type == frames.COSIGN)
    assert frames.read_cosign(found.payload) == given


def test_doctor_shows_refused_records_with_code_and_remedy(told: Told, victim: Running) -> None:
    said = runs.detente("doctor", "--json", "--at", victim.folder)
    assert said.code == 1
    shown = [row["what"] for row in said.document["findings"]]
    for row in told.refused.values():
        assert any(row["id"] in each and row["code"] in each for each in shown), row


def test_a_rebuild_comes_to_the_same_rows_and_refuses_nothing_twice(
    told: Told, hostile: Hostile, victim: Running
) -> None:
    def shown() -> tuple[object, set[str]]:
        rows = rows_by_id(victim).values()
        kept = {row["mid"] for row in rows if row["kind"] != "sys.delivered"}
        return victim.office("GET", "/api/v1/refused"), kept

    before = shown()
    victim.office("POST", "/api/v1/rebuild")
    assert shown() == before
    line = hostile.meet()
    mark = hostile.letter(b"", kind="grain.price", prec="IMMEDIATE")
    hostile.tell(line, [mark])
    runs.until(lambda: mid_text(mid(mark)) in rows_by_id(victim))
    assert shown()[1] - before[1] == {mid_text(mid(mark))}
