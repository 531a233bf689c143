"""A matter as a whole: what the two desks' counts say of the records of one file."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest
from tests.proofs import LINK, A, B, C, header

from detente.core import matter, talk
from detente.core.matter import Fate, MatterShown
from detente.core.receipt import FULL, Shown

ONE, OTHER = f"cert@{A}", f"cert@{B}"
OURS, THEIRS = f"{A}/detente/{LINK}", f"{B}/detente/{LINK}"


def shown(
    name: str,
    index: int,
    *,
    by: str = A,
    kind: str = "cert.bundle",
    reply_to: Shown | None = None,
    text: bytes | None = None,
    to: Sequence[str] = (),
    receiver: str = "",
    n: int | None = None,
) -> Shown:
    owner, other = (A, B) if by == A else (B, A)
    said = header(
        kind=kind,
        from_=f"cert@{owner}",
        to=tuple(to) or (f"cert@{other}",),
        n=index if n is None else n,
        s="aaaaaaaa" if by == A else "bbbbbbbb",
        reply_to=reply_to.mid if reply_to else None,
    )
    return Shown(
        mid=sha256(name.encode()).digest(),
        header=said,
        origin=f"{owner}/detente/{LINK}",
        index=index,
        size=99,
        root=bytes(32),
        owner=owner,
        receiver=receiver or other,
        stored_at=1,
        author="s-01",
        releaser=None,
        strength=FULL,
        text=text,
        unknown_lines=(),
        not_shown=(),
    )


def digest(
    name: str, index: int, records: Sequence[Shown], *, by: str = A, ours: int = 9, theirs: int = 9
) -> Shown:
    said = [talk.said(one.mid, one.header) for one in records]
    text = talk.write(talk.digest(said, {OURS: ours, THEIRS: theirs}))
    return shown(name, index, by=by, kind=talk.DIGEST_KIND, text=text)


BUNDLE = shown("bundle", 1)
ANSWER = shown("answer", 1, by=B, kind="cert.answer", reply_to=BUNDLE)
BACK = shown("back", 2, kind="cert.withdraw", reply_to=BUNDLE)
READ = shown("read", 2, by=B, kind="sys.read", reply_to=BUNDLE)
ALL = (BUNDLE, ANSWER, BACK)
ASK, REPLY = digest("ask", 9, ALL), digest("reply", 9, ALL, by=B)


def fates(found: MatterShown) -> list[str]:
    return [found.fates[one.mid].later for one in ALL if one.mid in found.fates]


def test_complete_is_what_both_desks_counted_and_the_file_holds() -> None:
    found = matter.judge([*ALL, READ, ASK, REPLY])
    assert found.complete
    assert found.as_of == ((OURS, 9), (THEIRS, 9))
    assert fates(found) == ["withdrawn", "stands", "stands"]
    assert found.fates[BUNDLE.mid] == Fate("withdrawn", (BACK.mid,))
    assert READ.mid not in found.fates
    assert [(one.desk, one.found, one.agrees) for one in found.digests] == [
        (ONE, 3, True),
        (OTHER, 3, True),
    ]


@pytest.mark.parametrize("left_out", range(5))
def test_whatever_is_left_out_it_is_not_complete(left_out: int) -> None:
    records = [*ALL, ASK, REPLY]
    del records[left_out]
    found = matter.judge(records)
    assert not found.complete
    assert found.as_of == ()
    # Only what a record in the file itself takes back is known to be taken back.
    known = {"withdrawn", "not_shown"} if left_out not in (0, 2) else {"not_shown"}
    assert set(fates(found)) == known


def test_a_withdrawal_that_both_counted_and_that_is_not_there_is_missed() -> None:
    found = matter.judge([BUNDLE, ANSWER, ASK, REPLY])
    assert [(one.digest.count, one.found) for one in found.digests] == [(3, 2), (3, 2)]
    assert fates(found) == ["not_shown", "not_shown"]


def test_a_record_above_the_sizes_is_later_than_what_is_complete() -> None:
    after = shown("after", 10)
    found = matter.judge([*ALL, after, ASK, REPLY])
    assert found.complete
    assert found.fates[after.mid].later == "not_shown"
    assert found.fates[ANSWER.mid].later == "stands"


def test_the_newest_digest_of_a_desk_counts_and_the_lesser_size_of_both() -> None:
    old = digest("old", 3, (BUNDLE,), ours=2, theirs=1)
    for order in ([old, ASK], [ASK, old]):
        assert matter.judge([*ALL, *order, REPLY]).complete
    newer = digest("newer", 12, ALL, ours=12, theirs=10)
    found = matter.judge([*ALL, newer, REPLY])
    assert found.complete
    assert found.as_of == ((OURS, 9), (THEIRS, 9))


def test_a_digest_without_its_text_or_of_other_parties_logs_is_none() -> None:
    blind = replace(REPLY, text=None)
    assert not matter.judge([*ALL, ASK, blind]).complete
    broken = replace(REPLY, text=b"{}")
    assert not matter.judge([*ALL, ASK, broken]).complete
    said = [talk.said(one.mid, one.header) for one in ALL]
    logs = {OURS: 9, THEIRS: 9, f"{C}/detente/{LINK}": 1}
    foreign = replace(REPLY, text=talk.write(talk.digest(said, logs)))
    assert not matter.judge([*ALL, ASK, foreign]).complete


def test_every_pair_of_desks_must_have_said_so() -> None:
    second = shown("second", 3, to=(OTHER, f"other@{B}"))
    more = (*ALL, second)
    found = matter.judge([*more, digest("d", 9, more), digest("e", 9, more, by=B)])
    assert not found.complete
    assert found.fates[second.mid].later == "not_shown"


def test_what_the_addressee_refused_was_not_said() -> None:
    bad = shown("bad", 3)
    reject = shown("reject", 3, by=B, kind="sys.reject", reply_to=bad)
    found = matter.judge([*ALL, bad, reject, ASK, REPLY])
    assert found.complete
    assert found.fates[bad.mid] == Fate("rejected", (reject.mid,))
    own = shown("own", 4, kind="sys.reject", reply_to=bad)
    assert not matter.judge([*ALL, bad, own, ASK, REPLY]).complete


def test_a_file_of_receipts_alone_is_of_nothing() -> None:
    assert not matter.judge([READ, ASK, REPLY]).complete


def test_two_records_of_one_number_are_named() -> None:
    twin = shown("twin", 7, n=1)
    assert matter.judge([BUNDLE, twin]).twins == ((BUNDLE.mid, twin.mid),)
    assert matter.judge(ALL).twins == ()
