"""What a conflict shows to a third party, and what it does not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary
from tests.support import makers, outcomes

from detente.core import canon, checkpoint, conflict, epoch, limits, postquantum, tree
from detente.core.conflict import Conflict
from detente.core.epoch import Close, LogKeys
from detente.core.trust import Chain

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
CHAINS = {each.name: Chain((each.card,)) for each in (A, B)}
LIFE = bytes(range(32))
LINK = makers.origin(A, B).rpartition("/")[2]
ORIGIN = checkpoint.origin_of(A.name, LINK)
LEAVES = [tree.leaf_hash(bytes([i])) for i in range(5)]
ROOTS = makers.roots_of(LEAVES)
READ = makers.reader_of(LEAVES)
HELD = checkpoint.sign(A.log, ORIGIN, 5, ROOTS[5])
OTHER = b"x" * 32


def about(**members: object) -> Conflict:
    """A conflict over the log of five records."""
    whole: Mapping[str, Any] = {"held": HELD, **members}
    return Conflict("E_FORK", "two histories", ORIGIN, **whole)


def shown(given: Conflict) -> conflict.Proven:
    assert conflict.read(conflict.write(given)) == given
    return conflict.judge(given, CHAINS)


def below(size: int, root: bytes = OTHER) -> Conflict:
    """The owner signed another root for a smaller size; the proof of ours is there."""
    path = tuple(tree.prove_consistency(size, 5, READ))
    stated = checkpoint.sign(A.log, ORIGIN, size, root)
    return about(stated=stated, prefix=ROOTS[size], path=path)


def test_two_roots_of_one_size_show_a_fork() -> None:
    found = shown(about(stated=checkpoint.sign(A.log, ORIGIN, 5, OTHER)))
    assert (found.kind, found.who, found.origin, found.sizes) == ("forked", A.name, ORIGIN, (5, 5))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_another_beginning_shows_a_fork(size: int) -> None:
    assert shown(below(size)).sizes == (5, size)
    assert shown(below(size)).kind == "forked"


def test_a_beginning_that_is_ours_shows_nothing() -> None:
    assert shown(below(3, ROOTS[3])).kind == ""
    assert shown(about(stated=HELD)).kind == ""


def test_a_proof_that_does_not_lead_to_what_is_held_shows_nothing() -> None:
    good = below(3)
    assert shown(replace(good, path=())).kind == ""
    assert shown(replace(good, prefix=b"y" * 32)).kind == ""
    assert shown(replace(good, prefix=None)).kind == ""
    above = checkpoint.sign(A.log, ORIGIN, 6, OTHER)
    assert shown(replace(good, stated=above)).kind == ""


def test_a_state_that_its_owner_did_not_sign_shows_nothing() -> None:
    assert shown(about(stated=checkpoint.sign(B.log, ORIGIN, 5, OTHER))).kind == ""
    held = checkpoint.sign(B.log, ORIGIN, 5, ROOTS[5])
    stated = checkpoint.sign(A.log, ORIGIN, 5, OTHER)
    assert shown(about(held=held, stated=stated)).kind == ""
    assert shown(about(held=None, stated=stated)).sizes == (0, 0)


def test_line_2_over_another_history_shows_a_fork() -> None:
    leg = postquantum.sign(A.log_pq, ORIGIN, ORIGIN, (5, OTHER), makers.NOW)
    assert shown(about(leg=leg)).kind == "forked"
    strange = postquantum.sign(B.log_pq, ORIGIN, ORIGIN, (5, OTHER), makers.NOW)
    assert shown(about(leg=strange)).kind == ""


def test_a_receipt_for_what_was_not_shows_that_one_of_two_did_it() -> None:
    given = checkpoint.cosign(B.cosign, ORIGIN, 5, OTHER, makers.NOW)
    found = shown(about(stated_receipt=given))
    assert (found.kind, found.who) == ("receipt", None)
    ours = checkpoint.cosign(B.cosign, ORIGIN, 5, ROOTS[5], makers.NOW)
    assert shown(about(stated_receipt=ours)).kind == ""
    own = checkpoint.cosign(A.cosign, ORIGIN, 5, OTHER, makers.NOW)
    assert shown(about(stated_receipt=own)).kind == ""


def noted(size: int, *signers: makers.Party, closes: bool = True) -> bytes:
    ends = [Close(ORIGIN, size, OTHER)] if closes else []
    note = epoch.make(LINK, 1, ends, epoch.RESTORE if closes else epoch.EMERGENCY, None, LIFE)
    for each in signers:
        note = epoch.sign(note, LogKeys(each.name, each.log, each.log_pq))
    return note.note


def test_an_owner_who_would_end_its_log_earlier_took_back() -> None:
    found = shown(about(note=noted(4, A)))
    assert (found.kind, found.who, found.sizes) == ("took_back", A.name, (5, 4))
    assert shown(about(note=noted(5, A))).kind == ""


def test_a_receiver_who_would_end_below_its_receipt_took_back() -> None:
    receipt = checkpoint.cosign(B.cosign, ORIGIN, 5, ROOTS[5], makers.NOW)
    found = shown(about(held_receipt=receipt, note=noted(4, B)))
    assert (found.kind, found.who, found.sizes) == ("took_back", B.name, (5, 4))
    assert shown(about(note=noted(4, B))).kind == "", "without its receipt"
    missing = shown(about(held_receipt=receipt, note=other_log()))
    assert (missing.kind, missing.sizes) == ("took_back", (5, 0)), "the log is not named at all"


def other_log() -> bytes:
    note = epoch.make(
        LINK, 1, [Close(f"{B.name}/detente/{LINK}", 0, OTHER)], epoch.RESTORE, None, LIFE
    )
    return epoch.sign(note, LogKeys(B.name, B.log, B.log_pq)).note


def test_a_note_of_both_or_of_nobody_or_of_an_emergency_takes_nothing_back() -> None:
    assert shown(about(note=noted(4, A, B))).kind == ""
    assert shown(about(note=noted(0, A, closes=False))).kind == ""


def test_the_cards_of_the_owner_must_be_there() -> None:
    assert outcomes.fault_of(conflict.judge, about(), {B.name: CHAINS[B.name]}) == "E_SIG"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "x"}, {"origin": "x"}, {"code": 1}, {"held": 1}, {"held": {"size": -1}},
        {"held": {"size": True}}, {"path": {}}, {"path": ["AAAA"]}, {"prefix": "AAAA"},
        {"stated_receipt": 1}, {"stated_leg": 1}, {"note": 1}, {"path": [""] * 127},
    ],
)  # fmt: skip
def test_another_form_is_refused(wrong: dict[str, Any]) -> None:
    value: dict[str, Any] = canon.decode_object(conflict.write(about()), limits.MAX_CONFLICT)
    value.update(wrong)
    assert outcomes.fault_of(conflict.read, canon.encode(value)) == "E_CANON"


def test_a_newer_form_is_told_apart() -> None:
    value: dict[str, Any] = canon.decode_object(conflict.write(about()), limits.MAX_CONFLICT)
    value["v"] = 2
    assert outcomes.fault_of(conflict.read, canon.encode(value)) == "E_VERSION"


def test_a_file_may_be_as_large_as_its_limit_and_no_larger() -> None:
    spare = limits.MAX_CONFLICT - len(conflict.write(about()))
    entries = bytes(spare // 4 * 3)
    what = "two histories" + "x" * (spare - spare // 4 * 4)
    whole = conflict.write(replace(about(), entries=entries, what=what))
    assert len(whole) == limits.MAX_CONFLICT
    assert conflict.read(whole).entries == entries
    longer = conflict.write(replace(about(), entries=entries, what=what + "x"))
    assert outcomes.fault_of(conflict.read, longer) == "E_SIZE"


@given(binary(max_size=200))
def test_no_bytes_are_more_than_a_fault(data: bytes) -> None:
    assert outcomes.fault_of(conflict.read, data) in ("E_CANON", "E_SIZE", "E_VERSION")
