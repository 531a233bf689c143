from dataclasses import replace
from typing import Any

import pytest
from tests.support import makers, outcomes

from detente.core import checkpoint, keys, lines, postquantum, signed
from detente.core.lines import State
from detente.core.moment import Moment
from detente.core.postquantum import Confirmed
from detente.core.trust import Chain

AURELIA, BOREALIS = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
ORIGIN = makers.origin(AURELIA, BOREALIS)
GIVER = checkpoint.cosigner_of(BOREALIS.name)
ROOT = bytes(range(32))
STATE = (7, ROOT)
LINE_2 = postquantum.sign(AURELIA.log_pq, ORIGIN, ORIGIN, STATE, makers.NOW)
LINE_4 = postquantum.sign(BOREALIS.log_pq, GIVER, ORIGIN, STATE, makers.NOW)
CHANGES: list[dict[str, Any]] = [
    {"size": 8},
    {"root": bytes(32)},
    {"time": LINE_2.time + 1},
    {"time": 2**63},
    {"signature": bytes(keys.MLDSA44_SIGNATURE)},
    {"signature": b""},
]


def test_each_side_signs_under_its_own_name_with_its_one_key() -> None:
    postquantum.check_owner(LINE_2, ORIGIN, AURELIA.card.mldsa44)
    postquantum.check_receiver(LINE_4, ORIGIN, BOREALIS.name, BOREALIS.card.mldsa44)
    for each in (LINE_2, LINE_4):
        assert (each.size, each.root, each.time) == (7, ROOT, makers.NOW.seconds)
        assert len(each.signature) == keys.MLDSA44_SIGNATURE


@pytest.mark.parametrize("change", CHANGES)
def test_a_second_leg_that_was_changed_does_not_hold(change: dict[str, Any]) -> None:
    ours, theirs = replace(LINE_2, **change), replace(LINE_4, **change)
    owner = outcomes.fault_of(postquantum.check_owner, ours, ORIGIN, AURELIA.card.mldsa44)
    key, giver = BOREALIS.card.mldsa44, BOREALIS.name
    receiver = outcomes.fault_of(postquantum.check_receiver, theirs, ORIGIN, giver, key)
    assert (owner, receiver) == ("E_CP_SIG", "E_COSIGN")


def test_line_2_is_no_line_4_and_the_other_way_round() -> None:
    # One key serves both: the name that is signed parts them.
    mixed = postquantum.sign(BOREALIS.log_pq, ORIGIN, ORIGIN, STATE, makers.NOW)
    key, giver = BOREALIS.card.mldsa44, BOREALIS.name
    assert outcomes.fault_of(postquantum.check_receiver, mixed, ORIGIN, giver, key) == "E_COSIGN"
    assert outcomes.fault_of(postquantum.check_owner, LINE_4, ORIGIN, key) == "E_CP_SIG"


def test_the_lines_are_those_that_a_verifier_counts() -> None:
    head = checkpoint.sign(AURELIA.log, ORIGIN, *STATE)
    receipt = checkpoint.cosign(BOREALIS.cosign, ORIGIN, *STATE, makers.NOW)
    rows = (
        checkpoint.owner_line(head, ORIGIN, AURELIA.card.log),
        postquantum.line(LINE_2, ORIGIN, AURELIA.card.mldsa44),
        checkpoint.receipt_line(receipt, BOREALIS.name, BOREALIS.card.cosign),
        postquantum.line(LINE_4, GIVER, BOREALIS.card.mldsa44),
    )
    chains = {each.name: Chain((each.card,)) for each in (AURELIA, BOREALIS)}
    note = signed.Note(checkpoint.text_of(ORIGIN, *STATE), rows)
    judged = lines.judge(note, State(ORIGIN, *STATE), chains)
    assert set(judged.times) == {(AURELIA.name, 1), (AURELIA.name, 2), (BOREALIS.name, 3),
                                 (BOREALIS.name, 4)}  # fmt: skip
    assert judged.unknown == ()
    assert Confirmed(head, receipt, LINE_2, LINE_4).size == 7


def test_a_clock_before_1970_signs_zero() -> None:
    early = postquantum.sign(AURELIA.log_pq, ORIGIN, ORIGIN, STATE, Moment(-5_000))
    assert early.time == 0
    postquantum.check_owner(early, ORIGIN, AURELIA.card.mldsa44)


def test_a_time_that_no_note_can_carry_does_not_hold_though_it_is_signed() -> None:
    for seconds, due in ((2**63 - 1, True), (2**63, False)):
        late = postquantum.sign(AURELIA.log_pq, ORIGIN, ORIGIN, STATE, Moment(seconds * 1_000))
        assert postquantum.holds(late, ORIGIN, ORIGIN, AURELIA.card.mldsa44) is due
