"""State of a matter: a function of the set of records, whatever order they come in."""

import json
import random
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import DrawFn, composite, integers, lists, randoms, sampled_from
from tests.proofs import LINK, ROOT, A, B, header

from detente.core import canon, limits, talk
from detente.core.errors import TheirFault
from detente.core.talk import Digest, Said, Standing

ONE, OTHER = f"cert@{A}", f"cert@{B}"
LOGS = {f"{A}/detente/{LINK}": 7, f"{B}/detente/{LINK}": 5}


def mid(name: str) -> bytes:
    return sha256(name.encode()).digest()


def record(
    name: str,
    *,
    kind: str = "cert.bundle",
    from_: str = ONE,
    n: int = 1,
    s: str = "aaaaaaaa",
    reply_to: str = "",
) -> Said:
    to = (OTHER,) if from_ == ONE else (ONE,)
    return Said(mid(name), kind, from_, to, s, n, mid(reply_to) if reply_to else None)


@composite
def talks(draw: DrawFn) -> list[Said]:
    """Any set of records: replies point backward as hashes must, numbers are as they like."""
    found: list[Said] = []
    for number in range(draw(integers(0, 14))):
        earlier = [f"r{i}" for i in range(number)]
        found.append(
            record(
                f"r{number}",
                kind=draw(
                    sampled_from(["cert.bundle", "cert.withdraw", "x.correct", "cert.answer"])
                ),
                from_=draw(sampled_from([ONE, OTHER])),
                s=draw(sampled_from(["aaaaaaaa", "bbbbbbbb"])),
                n=draw(integers(0, 5)),
                reply_to=draw(sampled_from(["", *earlier, "not held"])),
            )
        )
    return found


@given(records=talks(), chance=randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state(
    records: list[Said], chance: random.Random
) -> None:
    other = [*records, *records[:3]]
    chance.shuffle(other)
    assert talk.order(other) == talk.order(records)
    assert talk.state(other) == talk.state(records)
    assert talk.digest(other, LOGS) == talk.digest(records, LOGS)


@given(records=talks())
def test_each_record_stands_once_and_after_what_it_replies_to(records: list[Said]) -> None:
    placed = [one.mid for one in talk.order(records)]
    assert sorted(placed) == sorted(one.mid for one in records)
    for one in records:
        if one.reply_to in placed:
            assert placed.index(one.mid) > placed.index(one.reply_to or b"")


@given(numbers=lists(integers(0, 50), unique=True, max_size=20))
def test_a_series_stands_by_its_numbers(numbers: list[int]) -> None:
    records = [record(f"x{n}", n=n) for n in numbers]
    assert [one.n for one in talk.order(records)] == sorted(numbers)


@given(records=talks(), lost=integers(min_value=0))
def test_another_set_of_records_has_another_digest(records: list[Said], lost: int) -> None:
    if records:
        fewer = [one for i, one in enumerate(records) if i != lost % len(records)]
        assert not talk.digest(fewer, LOGS).agrees(talk.digest(records, LOGS))


def test_for_people_ranks_go_before_mids_and_never_before_replies() -> None:
    first, second = record("a"), record("b", s="bbbbbbbb", from_=OTHER)
    answer = record("c", s="cccccccc", reply_to="b")
    ranks = {second.mid: 1, first.mid: 2, answer.mid: 0}
    assert talk.order([first, second, answer], ranks) == (second, answer, first)


def test_where_numbers_contradict_replies_the_reply_counts() -> None:
    late, early = record("late", n=2), record("early", n=1, reply_to="late")
    assert talk.order([early, late]) == talk.order([late, early]) == (late, early)


def test_a_record_is_withdrawn_or_corrected_by_its_own_desk_only() -> None:
    bundle, answer = record("bundle"), record("answer", from_=OTHER, reply_to="bundle")
    back = record("back", kind="cert.withdraw", n=2, reply_to="bundle")
    mend = record("mend", kind="x.correct", n=3, reply_to="bundle")
    stranger = record("stranger", kind="cert.withdraw", from_=OTHER, n=9, reply_to="bundle")
    found = talk.standings([bundle, answer, mend, stranger])
    assert found[bundle.mid] == Standing("corrected", (mend.mid,))
    assert found[answer.mid] == found[mend.mid] == Standing("stands", ())
    found = talk.standings([bundle, mend, back, stranger])
    assert found[bundle.mid] == Standing("withdrawn", tuple(sorted((back.mid, mend.mid))))


def test_a_withdrawal_of_what_is_not_held_or_named_changes_nothing() -> None:
    lone = record("lone", kind="cert.withdraw", reply_to="elsewhere")
    bare = record("bare", kind="cert.withdraw", n=2)
    assert {one.state for one in talk.standings([lone, bare]).values()} == {"stands"}


def test_receipts_and_digests_are_not_said_and_others_desks_are_not_between() -> None:
    said = talk.said(mid("x"), header())
    assert (said.kind, said.from_, said.to) == (header().kind, ONE, header().to)
    assert talk.is_between(said, ONE, OTHER)
    assert talk.is_between(said, OTHER, ONE)
    assert not talk.is_between(said, ONE, f"other@{B}")
    assert not talk.is_between(said, f"other@{A}", OTHER)
    for kind in ("sys.read", "matter.digest", "office.act"):
        assert not talk.is_between(said._replace(kind=kind), ONE, OTHER)


def test_the_state_reads_as_the_specification_says() -> None:
    bundle = record("bundle")
    back = record("back", kind="cert.withdraw", n=2, reply_to="bundle")
    assert canon.parse(talk.state([back, bundle]), 10**6) == [
        {
            "by": [canon.to_base64(back.mid)],
            "kind": "cert.bundle",
            "mid": canon.to_base64(bundle.mid),
            "state": "withdrawn",
        },
        {"by": [], "kind": "cert.withdraw", "mid": canon.to_base64(back.mid), "state": "stands"},
    ]
    digest = talk.digest([back, bundle], LOGS)
    assert digest.mids == sha256(b"".join(sorted((back.mid, bundle.mid)))).digest()
    assert digest.state == sha256(talk.state([bundle, back])).digest()


@given(records=talks())
def test_a_digest_reads_back(records: list[Said]) -> None:
    for with_mids in (False, True):
        made = talk.digest(records, LOGS, with_mids=with_mids)
        assert talk.read(talk.write(made)) == made


def body(**members: object) -> bytes:
    value = {**canon.decode_object(talk.write(talk.digest([], LOGS)), 10**6), **members}
    return canon.encode({name: one for name, one in value.items() if one != "absent"})  # type: ignore[misc]


ORIGINS = sorted(f"{A}/detente/{i:a>16}".replace("0", "a").replace("1", "b") for i in ("2", "3"))


@pytest.mark.parametrize(
    "members",
    [
        {"v": 2},
        {"v": True},
        {"count": -1},
        {"count": "1"},
        {"mids": 5},
        {"state": "absent"},
        {"more": 1},
        {"logs": []},
        {"logs": [{"origin": ORIGINS[0]}]},
        {"logs": [{"origin": ORIGINS[0], "size": -1}]},
        {"logs": [{"origin": 5, "size": 1}]},
        {"logs": [5]},
        {"logs": "x"},
        {"logs": [{"origin": "no log", "size": 1}]},
        {"logs": [{"origin": one, "size": 1} for one in reversed(ORIGINS)]},
        {"logs": [{"origin": ORIGINS[0], "size": 1}] * 2},
        {"held": 5},
        {"held": [canon.to_base64(bytes(32))] * 2},
        {"held": ["x"]},
        {"held": None},
    ],
)
def test_another_form_is_refused(members: dict[str, object]) -> None:
    with pytest.raises(TheirFault, match="E_CANON"):
        talk.read(body(**members))


def logs(count: int) -> Digest:
    names = sorted(
        f"{A}/detente/{number:016b}".replace("0", "c").replace("1", "b") for number in range(count)
    )
    digest = talk.digest([], LOGS)
    return Digest(digest.count, digest.mids, digest.state, tuple((name, 1) for name in names))


def test_limits_hold_at_their_edge() -> None:
    assert talk.read(talk.write(logs(limits.MAX_DIGEST_LOGS)))
    with pytest.raises(TheirFault, match="E_CANON"):
        talk.read(talk.write(logs(limits.MAX_DIGEST_LOGS + 1)))
    held = [number.to_bytes(32) for number in range(limits.MAX_DIGEST_MIDS + 1)]
    records = [Said(one, "cert.bundle", ONE, (OTHER,), "a" * 8, 1, None) for one in held]
    whole = talk.digest(records, LOGS, with_mids=True)
    assert whole.count == len(held)
    assert whole.held == tuple(held[:-1])
    text = talk.write(whole)
    assert len(text) <= limits.MAX_BODY
    assert talk.read(text) == whole
    over = Digest(whole.count, whole.mids, whole.state, whole.logs, tuple(held))
    with pytest.raises(TheirFault, match="E_CANON"):
        talk.read(talk.write(over))


VECTORS = json.loads((ROOT / "spec" / "vectors" / "matter" / "talk.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS.values(), ids=list(VECTORS))
def test_the_bytes_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    records = [
        Said(
            bytes.fromhex(one["mid"]), one["kind"], one["from"], tuple(one["to"]), one["s"],
            one["n"], bytes.fromhex(one["reply_to"]) if one["reply_to"] else None,
        )
        for one in case["records"]
    ]  # fmt: skip
    names = {bytes.fromhex(one["mid"]): one["name"] for one in case["records"]}
    counted = [one for one in records if talk.is_between(one, ONE, OTHER)]
    assert [names[one.mid] for one in talk.order(counted)] == case["order"]
    assert talk.state(counted) == case["state"].encode()
    assert talk.write(talk.digest(counted, LOGS)) == case["digest"].encode()
    assert talk.write(talk.digest(counted, LOGS, with_mids=True)) == case["digest_held"].encode()
