"""Proof files: made, read, and each step that can fail named."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists, none, sampled_from
from tests.proofs import (
    AT,
    LINK,
    ORIGIN,
    SALT,
    TEXT,
    A,
    B,
    C,
    Case,
    Ed,
    card,
    case,
    chains,
    first_vectors,
    good,
    head_of,
    header,
    kept_of,
    key_mark,
    later,
    modern_line,
)

from detente.core import canon, checkpoint, envelope, inner, limits, receipt, signed, trust
from detente.core.errors import OurFault
from detente.core.receipt import Kept, StepFailed
from detente.core.trust import Chain


def failure(
    data: bytes,
    plaintext: bytes | None = TEXT,
    given_chains: Mapping[str, Chain] | None = None,
    salt: bytes | None = None,
) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        receipt.check(data, given_chains or chains(), plaintext, salt)
    fault = caught.value
    assert fault.code == "proof.invalid"
    assert fault.what.startswith(f"step {fault.step}: ")
    return fault


def with_lines(made: Case, *lines: signed.Line) -> bytes:
    """The proof with other signature lines on the same checkpoint."""
    front = made.data.rpartition(b"\n\n")[0] + b"\n\n"
    return front + "".join(map(signed.write_line, lines)).encode()


# ---- what holds ----------------------------------------------------------------------------------


def test_the_vector_proof_is_full_and_is_made_again_from_its_parts(
    request: pytest.FixtureRequest,
) -> None:
    folder = Path(first_vectors(request))
    data, values = (folder / "record1.tlog-proof").read_bytes(), folder / "vectors.json"
    plaintext = json.loads(values.read_text())["record"]["plaintext"].encode()
    given_chains = {
        name: trust.read_chain((folder / f"{name}.card").read_bytes()) for name in (A, B)
    }
    shown = receipt.check(data, given_chains, plaintext)
    assert (shown.strength, shown.author, shown.releaser) == ("FULL", "s-01", "s-02")
    assert (shown.index, shown.size, shown.stored_at) == (0, 5, 1795391999)
    assert shown.mid.hex() == "99d5ac1ed9396f07d09ccd2c99ca420c2d6f92ca80a3829b2bf885bdd3d62f41"

    kept = Kept.of(envelope.split((folder / "envelope1.bin").read_bytes()))
    proof = receipt.read(data)
    line_1, line_2, line_3, line_4 = proof.note.lines
    time, signature = checkpoint.split_time(line_3)
    head = receipt.Head(
        origin=proof.origin,
        checkpoint=checkpoint.Checkpoint(proof.size, proof.root, line_1.signature),
        log_key=given_chains[A].newest.log,
        receiver=B,
        cosignature=checkpoint.Cosignature(proof.size, proof.root, time, signature),
        cosign_key=given_chains[B].newest.cosign,
    )
    full = replace(head, line_2=line_2, line_4=line_4)
    assert receipt.make(kept, 0, proof.path, full, proof.salt) == data
    fast = receipt.make(kept, 0, proof.path, head, proof.salt)
    assert receipt.check(fast, given_chains, plaintext).strength == "FAST"


def test_a_good_proof_shows_who_what_when_and_what_not() -> None:
    shown = receipt.check(good().data, chains(), TEXT)
    assert (shown.owner, shown.receiver, shown.author, shown.releaser) == (A, B, "s-01", "s-02")
    assert (shown.origin, shown.index, shown.size) == (ORIGIN, 2, 5)
    assert (shown.header, shown.text, shown.stored_at) == (header(), TEXT, AT.seconds)
    assert (shown.strength, shown.unknown_lines) == ("FULL", ())
    assert shown.not_shown == receipt.NOT_SHOWN


@pytest.mark.parametrize("lines", [(), ("line_2",), ("line_4",)])
def test_without_both_modern_lines_a_proof_is_fast(lines: Sequence[str]) -> None:
    head = replace(good(full=False).head, **{name: getattr(good().head, name) for name in lines})
    shown = receipt.check(replace(good(), head=head).data, chains(), TEXT)
    assert shown.strength == "FAST"


def test_the_order_of_lines_is_free() -> None:
    lines = receipt.read(good().data).note.lines
    assert receipt.check(with_lines(good(), *lines[::-1]), chains(), TEXT).strength == "FULL"


def test_a_proof_without_text_or_salt_still_shows_that_it_was_stored() -> None:
    shown = receipt.check(replace(good(), salt=None).data, chains())
    assert (shown.strength, shown.text) == ("FULL", None)


def test_a_salt_beside_the_file_serves_as_well() -> None:
    data = replace(good(), salt=None).data
    assert receipt.check(data, chains(), TEXT, SALT).text == TEXT


def test_a_line_of_an_unknown_key_is_named_and_counts_for_nothing() -> None:
    cosign = Ed(f"{C} cosign ed25519")
    stranger = checkpoint.cosign(cosign, ORIGIN, 5, good().head.checkpoint.root, AT)
    line = checkpoint.receipt_line(stranger, C, cosign.public)
    data = replace(good(), head=replace(good().head, witnesses=(line,))).data
    shown = receipt.check(data, chains(), TEXT)
    assert shown.unknown_lines == (f"{C}/detente {line.key_id.hex()}",)
    assert (shown.strength, shown.receiver) == ("FULL", B)


def test_a_kind_released_by_one_person_says_that_its_rule_was_not_judged() -> None:
    made = case(kept_of(header(), [(1, "s-01", "")]))
    shown = receipt.check(made.data, chains(), TEXT)
    assert (shown.releaser, shown.not_shown[-1]) == (None, receipt.RULE_UNKNOWN)


def test_a_nodes_own_record_needs_no_release() -> None:
    said = header(kind="sys.delivered", ck=inner.OPEN_CK)
    shown = receipt.check(case(kept_of(said, [(1, "s-01", "")])).data, chains(), TEXT)
    assert shown.not_shown == receipt.NOT_SHOWN


def test_of_two_receipts_under_an_old_and_a_new_key_the_earlier_says_when() -> None:
    newer, root = later(card(B), keys=" 2"), good().head.checkpoint.root
    cosign = Ed(f"{B} cosign ed25519 2")
    for seconds in (-5, 5):
        receipt_2 = checkpoint.cosign(
            cosign, ORIGIN, 5, root, replace(AT, ms=AT.ms + seconds * 1000)
        )
        line = checkpoint.receipt_line(receipt_2, B, cosign.public)
        data = replace(good(), head=replace(good().head, witnesses=(line,))).data
        both = {A: chains()[A], B: Chain((card(B), newer))}
        shown = receipt.check(data, both, TEXT)
        assert shown.stored_at == AT.seconds + min(0, seconds)


def log_key_revoked_at(size: int) -> Mapping[str, Chain]:
    mark = key_mark(card(A).log, "log", {LINK: size})
    return {A: Chain((card(A), later(card(A), keys=" 2", revoked=[mark]))), B: chains()[B]}


def signer_revoked_at(size: int) -> Mapping[str, Chain]:
    mark = key_mark(Ed(f"{A} signer s-01").public, "signer", {LINK: size})
    return {A: Chain((card(A), later(card(A), people_keys=" 2", revoked=[mark]))), B: chains()[B]}


def test_a_log_key_counts_up_to_the_size_at_which_it_was_revoked() -> None:
    assert receipt.check(good().data, log_key_revoked_at(5), TEXT).strength == "FULL"
    assert failure(good().data, given_chains=log_key_revoked_at(4)).step == 5


def test_a_signer_with_a_new_key_under_the_old_id_still_proves_old_and_new_records() -> None:
    newer = later(card(A), people_keys=" 2")
    both = {A: Chain((card(A), newer)), B: chains()[B]}
    people = [(1, "s-01", " 2"), (2, "s-02", " 2")]
    for made in (good(), case(kept_of(header(), people))):
        assert receipt.check(made.data, both, TEXT).author == "s-01"


def test_a_signers_key_counts_for_records_below_the_size_at_which_it_was_revoked() -> None:
    assert receipt.check(good().data, signer_revoked_at(3), TEXT).index == 2
    assert failure(good().data, given_chains=signer_revoked_at(2)).step == 7


# ---- step 0: the file ----------------------------------------------------------------------------


def change(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


def with_extra(value: object) -> bytes:
    rows = good().data.split(b"\n")
    text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    rows[1] = b"extra " + canon.to_base64(text).encode()
    return b"\n".join(rows)


def extra() -> dict[str, object]:
    row = good().data.split(b"\n")[1].removeprefix(b"extra ").decode()
    value: dict[str, object] = json.loads(canon.from_base64(row))
    return value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"c2sp.org/tlog-proof@v1\n",
        change(good().data, b"@v1", b"@v2"),
        change(good().data, b"\nextra ", b"\nExtra "),
        change(good().data, b"\nextra ", b"\n"),
        change(good().data, b"\nextra ", "\nextra é".encode()),
        change(good().data, b"\nindex 2", b"\nindex two"),
        change(good().data, b"\nindex 2", b"\nindex 02"),
        change(good().data, b"\nindex 2", b"\nindex 1000000000000000"),
        change(good().data, b"\nindex 2", "\nindex \u0662".encode()),
        change(good().data, b"\nindex 2\n", b"\nindex 2\nAAAA\n"),
        change(good().data, ORIGIN.encode() + b"\n5", ORIGIN.encode() + b"\n05"),
        change(good().data, ORIGIN.encode() + b"\n5", b"aurelia.gov/elsewhere\n5"),
        good().data + b"\n",
        good().data[:-1],
        with_extra([]),
        with_extra({}),
        with_extra(extra() | {"more": ""}),
        with_extra(extra() | {"salt": None}),
        with_extra(extra() | {"salt": canon.to_base64(SALT[:31])}),
        with_extra(extra() | {"seals": canon.to_base64(SALT[:31])}),
        with_extra(extra() | {"header": "!"}),
    ],
)
def test_bytes_of_another_form_fail_step_0(data: bytes) -> None:
    fault = failure(data)
    assert fault.what.startswith("step 0: the file's structure: ")


def test_two_lines_of_one_key_fail_step_0() -> None:
    lines = receipt.read(good().data).note.lines
    assert failure(with_lines(good(), *lines, lines[0])).step == 0


def test_a_path_at_the_limit_is_read_and_one_above_is_not() -> None:
    path = (bytes(32),) * limits.MAX_PATH
    assert receipt.read(replace(good(), path=path).data).path == path
    assert failure(replace(good(), path=(*path, bytes(32))).data).step == 0


def test_a_file_at_the_limit_is_read_and_one_above_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    data = good().data
    monkeypatch.setattr(limits, "MAX_PROOF", len(data))
    assert receipt.read(data).index == 2
    monkeypatch.setattr(limits, "MAX_PROOF", len(data) - 1)
    with pytest.raises(StepFailed) as caught:
        receipt.read(data)
    assert (caught.value.step, caught.value.because) == (0, "E_LIMIT")


@given(binary(max_size=400))
def test_no_bytes_of_a_stranger_are_a_proof_or_another_failure(data: bytes) -> None:
    with pytest.raises(StepFailed):
        receipt.read(receipt.MAGIC + b"\n" + data)


@given(
    header_bytes=binary(max_size=40),
    sigs=binary(max_size=40),
    index=integers(0, limits.MAX_TREE - 1),
    path=lists(binary(min_size=32, max_size=32), max_size=6),
    salt=none() | binary(min_size=32, max_size=32),
    full=sampled_from([True, False]),
)
def test_what_is_made_reads_as_what_it_was_made_of(
    header_bytes: bytes,
    sigs: bytes,
    index: int,
    path: list[bytes],
    salt: bytes | None,
    full: bool,
) -> None:
    kept = Kept(header_bytes, sigs, bytes(32), bytes([1]) * 32)
    data = receipt.make(kept, index, tuple(path), good(full=full).head, salt)
    proof = receipt.read(data)
    assert (proof.kept, proof.index, proof.path, proof.salt) == (kept, index, tuple(path), salt)
    assert (proof.owner, proof.link_id, proof.size) == (A, LINK, 5)
    assert proof.note == good(full=full).head.note


# ---- steps 1 to 8 --------------------------------------------------------------------------------


def test_without_the_owners_card_nothing_can_be_said() -> None:
    with pytest.raises(OurFault) as caught:
        receipt.check(good().data, {B: chains()[B]}, TEXT)
    assert caught.value.code == "proof.cards"


def test_a_header_that_is_none_fails_step_2() -> None:
    fault = failure(case(good().kept._replace(header=b'{"v":2}')).data)
    assert (fault.step, fault.because) == (2, "E_VERSION")


@pytest.mark.parametrize("part", ["sigs", "seals_hash", "body_hash"])
def test_a_changed_part_is_not_in_the_log_step_4(part: str) -> None:
    value = getattr(good().kept, part)
    kept = good().kept._replace(**{part: bytes([value[0] ^ 1]) + value[1:]})
    fault = failure(replace(good(), kept=kept).data)
    assert (fault.step, fault.because) == (4, "E_ROOT")
    assert "not in aurelia.gov's log of size 5" in fault.what


@pytest.mark.parametrize("index", [0, 1, 3, 4, 5, 9])
def test_another_place_fails_step_4(index: int) -> None:
    assert failure(replace(good(), index=index).data).step == 4


def test_a_checkpoint_without_the_owners_line_fails_step_5() -> None:
    fault = failure(with_lines(good(), *receipt.read(good().data).note.lines[1:]))
    assert (fault.step, fault.because) == (5, "E_CP_SIG")


@pytest.mark.parametrize(("number", "step"), [(1, 5), (2, 5), (3, 6), (4, 6)])
@pytest.mark.parametrize("at", [-1, 8])
def test_a_known_key_with_a_bad_signature_is_never_overlooked(
    number: int, step: int, at: int
) -> None:
    lines = list(receipt.read(good().data).note.lines)
    bad = bytearray(lines[number - 1].signature)
    bad[at] ^= 1
    lines[number - 1] = replace(lines[number - 1], signature=bytes(bad))
    fault = failure(with_lines(good(), *lines))
    assert (fault.step, fault.because) == (step, "E_CP_SIG" if step == 5 else "E_COSIGN")
    assert f"line {number}" in fault.what


@pytest.mark.parametrize("number", [2, 3, 4])
def test_a_line_too_short_for_its_time_does_not_hold(number: int) -> None:
    lines = list(receipt.read(good().data).note.lines)
    lines[number - 1] = replace(lines[number - 1], signature=bytes(8))
    assert failure(with_lines(good(), *lines)).step == (5 if number == 2 else 6)


def test_without_a_receipt_step_6_fails() -> None:
    lines = receipt.read(good().data).note.lines
    fault = failure(with_lines(good(), *lines[:2], lines[3]))
    assert (fault.step, fault.because) == (6, "E_COSIGN")


def test_the_owner_cannot_give_its_own_receipt() -> None:
    made = case(kept_of(header(to=(f"cert@{A}",))), receiver=A)
    assert failure(made.data).step == 6


def test_receipts_of_two_parties_leave_open_whose_it_is() -> None:
    cosign, root = Ed(f"{C} cosign ed25519"), good().head.checkpoint.root
    line = checkpoint.receipt_line(checkpoint.cosign(cosign, ORIGIN, 5, root, AT), C, cosign.public)
    data = replace(good(), head=replace(good().head, witnesses=(line,))).data
    three = {**chains(), C: Chain((card(C),))}
    assert failure(data, given_chains=three).step == 6


@pytest.mark.parametrize("to", [f"cert@{C}", f"naval@{B}"])
def test_a_receipt_says_nothing_about_a_record_for_others(to: str) -> None:
    fault = failure(case(kept_of(header(to=(to,)))).data)
    assert (fault.step, fault.because) == (6, "E_DESK")


def test_a_record_from_another_party_than_the_logs_owner_fails_step_7() -> None:
    fault = failure(case(kept_of(header(from_=f"cert@{B}"), sender=B)).data)
    assert (fault.step, fault.because) == (7, "E_SIG")


@pytest.mark.parametrize(
    ("signers", "because"),
    [
        ([(1, "s-09", "")], "E_SIG"),  # nobody's id
        ([(1, "s-01", " 2")], "E_SIG"),  # another key
        ([(1, "s-02", "")], "E_SIG"),  # not entitled to write
        ([(1, "s-01", ""), (2, "s-01", "")], "E_SIG"),  # not entitled to release
        ([(2, "s-02", "")], "E_SIG"),  # no author
        ([(1, "s-01", ""), (3, "s-02", "")], "E_SIG"),  # a relayer where none belongs
    ],
)
def test_signatures_that_the_card_does_not_bear_out_fail_step_7(
    signers: Sequence[tuple[int, str, str]], because: str
) -> None:
    fault = failure(case(kept_of(header(), signers)).data)
    assert (fault.step, fault.because) == (7, because)


def test_one_id_that_signs_with_two_keys_is_not_two_people() -> None:
    newer = later(
        card(A), people={"s-01": ("author", "release"), "s-02": ("release",)}, people_keys=" 2"
    )
    both = {A: Chain((card(A), newer)), B: chains()[B]}
    made = case(kept_of(header(), [(1, "s-01", ""), (2, "s-01", " 2")]))
    assert failure(made.data, given_chains=both).step == 7


def test_a_signatures_block_that_is_none_fails_step_7() -> None:
    assert failure(case(good().kept._replace(sigs=b"\x00")).data).step == 7


def test_a_record_from_a_desk_of_no_card_fails_step_7() -> None:
    fault = failure(case(kept_of(header(from_=f"naval@{A}"))).data)
    assert (fault.step, fault.because) == (7, "E_SIG")


@pytest.mark.parametrize(
    ("desk", "kind"),
    [("node", "cert.notice"), ("node", "sys.delivered"), ("cert", "sys.link_open")],
)
def test_what_nodes_say_and_what_desks_say_is_kept_apart_in_step_7(desk: str, kind: str) -> None:
    ck = inner.OPEN_CK if kind.startswith("sys.") else bytes(32)[:-1] + b"\1"
    said = header(from_=f"{desk}@{A}", kind=kind, ck=ck)
    fault = failure(case(kept_of(said, [(1, "s-01", "")])).data)
    assert (fault.step, fault.because) == (7, "E_SIG")


def test_a_nodes_link_opening_is_shown() -> None:
    said = header(from_=f"node@{A}", to=(f"node@{B}",), kind="sys.link_open", ck=inner.OPEN_CK)
    shown = receipt.check(case(kept_of(said, [(1, "s-01", "")])).data, chains(), TEXT)
    assert shown.header.kind == "sys.link_open"


def test_a_flash_released_by_nobody_fails_step_7() -> None:
    fault = failure(case(kept_of(header(prec="FLASH"), [(1, "s-01", "")])).data)
    assert (fault.step, fault.because) == (7, "E_RELEASE")


@pytest.mark.parametrize(
    ("text", "salt_in", "salt_beside", "because"),
    [
        (TEXT, None, None, "E_COMMIT"),
        (TEXT, SALT, SALT[::-1], "E_COMMIT"),
        (TEXT, SALT[::-1], None, "E_COMMIT"),
        (TEXT + b" ", SALT, None, "E_SIZE"),
        (TEXT.upper(), SALT, None, "E_COMMIT"),
        (b"", SALT, None, "E_SIZE"),
    ],
)
def test_a_text_that_is_not_the_one_sent_fails_step_8(
    text: bytes, salt_in: bytes | None, salt_beside: bytes | None, because: str
) -> None:
    fault = failure(replace(good(), salt=salt_in).data, text, salt=salt_beside)
    assert (fault.step, fault.because) == (8, because)


def outcome(data: bytes) -> str:
    try:
        return receipt.check(data, chains(), TEXT).strength
    except OurFault as fault:
        return fault.code


@pytest.mark.parametrize("full", [True, False])
def test_no_changed_byte_leaves_a_proof_as_strong_as_it_was(full: bool) -> None:
    # A changed name or key id of line 2 or 4 makes it a line of an unknown key: FAST, never FULL.
    data = good(full=full).data
    outcomes = set()
    for at in range(len(data)):
        bad = bytearray(data)
        bad[at] ^= 1 << at % 8
        outcomes.add(outcome(bytes(bad)))
    weaker = {"FAST"} if full else set()
    assert outcomes == {"proof.invalid", "proof.cards"} | weaker


def test_a_modern_line_of_the_wrong_name_is_unknown_and_does_not_make_full() -> None:
    line = modern_line(f"{B}/detente", B, good().head)
    wrong = replace(line, name=ORIGIN)
    data = replace(good(), head=replace(good().head, line_2=None, line_4=None, witnesses=(wrong,)))
    shown = receipt.check(data.data, chains(), TEXT)
    assert (shown.strength, len(shown.unknown_lines)) == ("FAST", 1)


def test_a_failure_inside_a_file_keeps_its_step_and_names_its_place() -> None:
    fault = StepFailed(4, "not there", "E_ROOT").inside("record ab")
    assert (fault.step, fault.what) == (4, "step 4: record ab: not there")
    assert fault.because == "E_ROOT"


def test_kept_of_parts_hashes_what_may_be_purged() -> None:
    parts = envelope.Parts(b"h", b"s", b"seals", b"body")
    kept = Kept.of(parts)
    assert kept.seals_hash == sha256(b"seals").digest()
    assert kept.body_hash == sha256(b"body").digest()
    assert kept.leaf == envelope.leaf_of(envelope.encode(parts))


def test_a_head_is_of_one_state() -> None:
    head = head_of(5, bytes(32), full=False)
    other = replace(head, cosignature=replace(head.cosignature, size=6))
    with pytest.raises(AssertionError):
        _ = other.note
