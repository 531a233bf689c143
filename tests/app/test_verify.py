"""`detente verify`: what it answers, with which code, in which words."""

import ast
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.proofs import (
    ORIGIN,
    ROOT,
    SALT,
    TEXT,
    A,
    B,
    C,
    Ed,
    card,
    case,
    chains,
    first_vectors,
    good,
    head_of,
    header,
    kept_of,
)

from detente.app.verify import proof
from detente.app.verify.proof import Verdict
from detente.core import checkpoint, evidence, limits, signed, tree, whole
from detente.core.envelope import join_entry
from detente.core.evidence import Disclosed


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with both cards, a FULL and a FAST proof, the text and an evidence file."""
    for name in (A, B):
        (tmp_path / f"{name}.card").write_bytes(card(name).note)
    (tmp_path / "full.tlog-proof").write_bytes(good().data)
    (tmp_path / "fast.tlog-proof").write_bytes(good(full=False).data)
    (tmp_path / "notice.txt").write_bytes(TEXT)
    second = case(kept_of(header(n=1)), 1, 5, full=False).data
    whole = evidence.write(
        [Disclosed(good().data, TEXT, SALT), Disclosed(second)],
        chains().values(),
        header().matter,
        "a\x1b[2Jscan\u202e",
    )
    (tmp_path / "whole.evidence").write_bytes(whole)
    return tmp_path


def run(
    desk: Path, name: str, plaintext: str | None = None, *, accept_fast: bool = False
) -> Verdict:
    cards = [desk / f"{A}.card", desk / f"{B}.card"]
    text = None if plaintext is None else desk / plaintext
    return proof.run(desk / name, cards, text, accept_fast=accept_fast)


def refused(verdict: Verdict, exit_code: int, code: str) -> Mapping[str, object]:
    document = verdict.document
    assert (verdict.exit_code, document["code"], document["valid"]) == (exit_code, code, False)
    assert (document["strength"], document["accepted"], document["records"]) == (None, False, [])
    assert verdict.lines[0].startswith("NOT VALID" if exit_code == 1 else "UNREADABLE")
    assert code in verdict.lines[0]
    json.dumps(document)
    return document


def test_the_vector_proof_is_valid_and_full(request: pytest.FixtureRequest, desk: Path) -> None:
    folder = first_vectors(request)
    values = json.loads((folder / "vectors.json").read_text())
    (desk / "p").write_text(values["record"]["plaintext"])
    cards = [folder / f"{A}.card", folder / f"{B}.card"]
    verdict = proof.run(folder / "record1.tlog-proof", cards, desk / "p", accept_fast=False)
    assert (verdict.exit_code, verdict.document["strength"]) == (proof.VALID, "FULL")
    assert verdict.document["fingerprints"] == {
        name: values["parties"][name]["fingerprint"] for name in (A, B)
    }


def test_a_full_proof_is_told_in_these_words(desk: Path) -> None:
    verdict = run(desk, "full.tlog-proof", "notice.txt")
    assert verdict.exit_code == proof.VALID
    mid = verdict.document["records"][0]["short"]  # type: ignore[index,call-overload]  # a record's object
    assert verdict.lines == (
        f"VALID (FULL)  {A} said this (record {mid}, n 4,812, author s-01, releaser s-02)",
        (
            f"              cert.notice, PRIORITY, TLP:AMBER, from cert@{A} to cert@{B};"
            " its text holds, 29 bytes"
        ),
        (
            f"              {B} had it by 2026-11-21 23:10:04 UTC"
            " (their signature and post-quantum signature over size 5)"
        ),
        "              later state not shown: it may have been withdrawn or corrected",
        (
            "              Not shown by this file: that a person read it; that a clock was right;"
            " that the link id belongs to these two parties."
        ),
        f"card of {A}: {card(A).fingerprint}",
        f"card of {B}: {card(B).fingerprint}",
    )


def test_the_document_says_the_same_to_machines(desk: Path) -> None:
    document = json.loads(json.dumps(run(desk, "full.tlog-proof", "notice.txt").document))
    (one,) = document["records"]
    assert (document["valid"], document["accepted"], document["strength"]) == (True, True, "FULL")
    assert (one["owner"], one["receiver"], one["author"], one["releaser"]) == (A, B, "s-01", "s-02")
    assert (one["origin"], one["index"], one["size"]) == (ORIGIN, 2, 5)
    assert (one["text"], one["stored_at"]) == (TEXT.decode(), "2026-11-21 23:10:04 UTC")
    assert (one["n"], one["kind"], one["ext"]) == (4812, "cert.notice", None)


def test_fast_alone_is_exit_3_unless_it_is_accepted(desk: Path) -> None:
    verdict = run(desk, "fast.tlog-proof")
    assert (verdict.exit_code, verdict.document["accepted"]) == (proof.FAST_ONLY, False)
    assert verdict.lines[0].startswith("VALID (FAST)  ")
    assert "(their signature over size 5)" in verdict.lines[2]
    assert "--accept-fast" in verdict.lines[-1]
    accepted = run(desk, "fast.tlog-proof", accept_fast=True)
    assert (accepted.exit_code, accepted.document["accepted"]) == (proof.VALID, True)
    assert "--accept-fast" not in accepted.lines[-1]


def test_an_evidence_file_tells_each_record_and_then_the_whole(desk: Path) -> None:
    verdict = run(desk, "whole.evidence")
    assert (verdict.exit_code, verdict.document["strength"]) == (proof.FAST_ONLY, "FAST")
    assert len(verdict.document["records"]) == 2  # type: ignore[arg-type]  # a list
    text = "\n".join(verdict.lines)
    assert "VALID (FULL)  " in text
    assert "VALID (FAST)  2 records in this file" in text
    assert f"all of matter {header().matter}" in text
    assert evidence.NOT_COMPLETE in text


def test_a_strangers_words_cannot_steer_a_terminal(desk: Path) -> None:
    text = "\n".join(run(desk, "whole.evidence").lines)
    assert "about: a\\u001b[2Jscan\\u202e" in text


def test_marks_unknown_lines_and_years_beyond_ours_are_told(desk: Path) -> None:
    said = header(prec="FLASH", ext={"unreleased": "no\tdeputy", "x_note": 7})
    made = case(kept_of(said, [(1, "s-01", "")]))
    far = 2**62
    head, root = made.head, made.head.checkpoint.root
    message = b"cosignature/v1\ntime %d\n" % far + checkpoint.text_of(ORIGIN, 5, root)
    signature = Ed(f"{B} cosign ed25519").sign(message)
    cosignature = checkpoint.Cosignature(5, root, far, signature)
    stranger = Ed(f"{C} cosign ed25519")
    line = checkpoint.receipt_line(cosignature, C, stranger.public)
    head = replace(head, cosignature=cosignature, witnesses=(line,))
    (desk / "odd.tlog-proof").write_bytes(replace(made, head=head).data)
    verdict = run(desk, "odd.tlog-proof")
    text = "\n".join(verdict.lines)
    assert verdict.exit_code == proof.VALID
    assert "released by nobody" in text
    assert "no text was given" in text
    assert f"{B} had it by {far} s after 1970" in text
    assert "marked UNRELEASED: no\\u0009deputy" in text
    assert "marked X_NOTE: 7" in text
    assert f"a line of an unknown key, not counted: {C}/detente" in text
    assert "release rule of this kind not judged" in text


def test_a_changed_text_is_not_valid_and_the_step_is_named(desk: Path) -> None:
    (desk / "notice.txt").write_bytes(TEXT.upper())
    document = refused(run(desk, "full.tlog-proof", "notice.txt"), 1, "proof.invalid")
    assert (document["step"], document["because"]) == (8, "E_COMMIT")
    assert str(document["why"]).startswith("step 8: ")


def test_a_changed_evidence_file_is_not_valid(desk: Path) -> None:
    path = desk / "whole.evidence"
    path.write_bytes(path.read_bytes() + b"\0")
    document = refused(run(desk, "whole.evidence"), 1, "proof.invalid")
    assert str(document["why"]).startswith("step 0: the file's structure")


def test_a_file_that_is_no_proof_is_unreadable(desk: Path) -> None:
    document = refused(run(desk, "notice.txt"), 2, "proof.shape")
    assert document["step"] is None


@pytest.mark.parametrize("name", ["absent", "."])
def test_a_file_that_cannot_be_read_is_said_so(desk: Path, name: str) -> None:
    refused(run(desk, name), 2, "file.unreadable")


def test_a_text_beside_an_evidence_file_is_a_mistake(desk: Path) -> None:
    refused(run(desk, "whole.evidence", "notice.txt"), 2, "file.shape")


def test_a_text_longer_than_any_record_is_a_mistake(desk: Path) -> None:
    (desk / "long").write_bytes(bytes(limits.MAX_BODY))
    refused(run(desk, "full.tlog-proof", "long"), 1, "proof.invalid")
    (desk / "long").write_bytes(bytes(limits.MAX_BODY + 1))
    refused(run(desk, "full.tlog-proof", "long"), 2, "file.shape")


def test_a_card_that_is_none_is_refused_by_name(desk: Path) -> None:
    (desk / f"{B}.card").write_bytes(TEXT)
    document = refused(run(desk, "full.tlog-proof"), 2, "card.bad")
    assert f"{B}.card" in str(document["why"])


def test_a_card_file_longer_than_any_chain_is_refused(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_CHAIN", len(card(A).note) - 1)
    refused(run(desk, "full.tlog-proof"), 2, "card.size")


def test_one_card_or_two_of_one_party_are_not_enough(desk: Path) -> None:
    one = desk / f"{A}.card"
    for cards in ([], [one], [one, one]):
        verdict = proof.run(desk / "full.tlog-proof", cards, None, accept_fast=False)
        refused(verdict, 2, "proof.cards")


def test_cards_of_others_than_the_proof_is_between_are_not_enough(desk: Path) -> None:
    (desk / f"{C}.card").write_bytes(card(C).note)
    cards = [desk / f"{C}.card", desk / f"{B}.card"]
    verdict = proof.run(desk / "full.tlog-proof", cards, None, accept_fast=False)
    document = refused(verdict, 2, "proof.cards")
    assert set(document["fingerprints"]) == {B, C}  # type: ignore[call-overload]  # an object


ROOMS = (
    "printed",
    "verify/proof",
    "verify/conflict",
    "verify/log",
    "verify/matter",
    "verify/audit",
)


@pytest.mark.parametrize("room", ROOMS)
def test_the_checker_imports_nothing_of_ours_but_core(room: str) -> None:
    source = ast.parse((ROOT / "src" / "detente" / "app" / f"{room}.py").read_text())
    found = [node for node in ast.walk(source) if isinstance(node, ast.ImportFrom)]
    ours = [one for one in found if one.module and one.module.startswith("detente")]
    assert ours
    outside = [one for one in ours if not (one.module or "").startswith("detente.core")]
    rooms = {name.rpartition("/")[2] for name in ROOMS}
    assert {name.name for one in outside for name in one.names} <= rooms


def test_a_whole_log_is_checked_and_told(desk: Path) -> None:
    entries = [join_entry(*[bytes([at]) * 32] * 4) for at in range(5)]
    grown = tree.Range()
    for each in entries:
        grown.append(tree.leaf_hash(each))
    head = head_of(5, grown.root())
    note = signed.write(head.note.text, head.note.lines)
    data = b"".join(whole.write(ORIGIN, 5, [note], entries))
    (desk / "a.log").write_bytes(data)
    found = run(desk, "a.log")
    assert found.exit_code == proof.VALID
    log = found.document["log"]
    assert isinstance(log, dict)
    assert (log["origin"], log["size"], log["heads"]) == (ORIGIN, 5, 1)
    assert found.lines[0] == f"VALID (FULL)  the whole log {ORIGIN}, 5 records"
    (desk / "b.log").write_bytes(data[:-1])
    assert run(desk, "b.log").exit_code == proof.INVALID
    (desk / "c.log").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert run(desk, "c.log").document["step"] == 4
