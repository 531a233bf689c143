"""A log that does not fit: the link halts, both sides are told, the evidence is kept.

Each test has a node of its own, for a halt is for good.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from tests.faults import runs
from tests.faults.conftest import Place
from tests.faults.hostile import Hostile, Line
from tests.faults.runs import Running, detente

from detente.app.system import now
from detente.core import checkpoint, envelope, keys, postquantum
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.postquantum import PqSignature
from detente.desks.cert import kinds
from detente.link import frames
from detente.office.fields import Values

GOOD: Final = kinds.ANSWER.write(Values({"to": bytes(32), "verdict": "useful"}))


@pytest.fixture
def node(made: Place, tmp_path: Path) -> Iterator[tuple[Running, Hostile]]:
    place = made.copied(tmp_path)
    with runs.running(place.borealis, "--only", "node") as found:
        runs.until(lambda: runs._answers(place.borealis / "node" / "admin.sock", "/v1/links"))
        party = Hostile(place.cordia, place.borealis, place.port)
        yield found, party
        party.close()


def wrong_root(party: Hostile, line: Line) -> None:
    size = len(party.log)
    head = party.sign(size + 1, bytes(32))
    line.send(frames.record(size, party.letter(GOOD), 1) + frames.checkpoint(head))


def forged_head(party: Hostile, line: Line) -> None:
    size = len(party.log)
    head = Checkpoint(size + 1, bytes(32), bytes(64))
    line.send(frames.record(size, party.letter(GOOD), 1) + frames.checkpoint(head))


def two_histories(party: Hostile, line: Line) -> None:
    line.send(frames.checkpoint(party.sign(1, bytes(32))))


def another_record(party: Hostile, line: Line) -> None:
    other = party.letter(GOOD)
    head = party.sign(1, envelope.leaf_of(other))  # of one record the root is its leaf
    line.send(frames.record(0, other, 1) + frames.checkpoint(head))


def receipt_of_another_history(party: Hostile, line: Line) -> None:
    line.until(lambda: party.heard)
    origin = party.terms.in_origin
    line.send(frames.cosign(checkpoint.cosign(party.cosigner, origin, 1, bytes(32), now())))


def receipt_that_nobody_signed(party: Hostile, line: Line) -> None:
    line.until(lambda: party.heard)
    line.send(frames.cosign(Cosignature(1, party.in_range.root(), 1, bytes(64))))


def another_history_at_hello(party: Hostile, line: Line) -> None:
    line.close()
    party.head = party.sign(len(party.log), bytes(32))
    party.line().send(party.hello())


def line_2_that_nobody_signed(party: Hostile, line: Line) -> None:
    forged = PqSignature(len(party.log), party.range.root(), 1, bytes(keys.MLDSA44_SIGNATURE))
    line.send(frames.pqsig(forged))


def line_2_over_another_history(party: Hostile, line: Line) -> None:
    origin, state = party.origin, (len(party.log), bytes(32))
    line.send(frames.pqsig(postquantum.sign(party.log_pq, origin, origin, state, now())))


def line_4_that_nobody_signed(party: Hostile, line: Line) -> None:
    line.until(lambda: party.heard)
    origin, root = party.terms.in_origin, party.in_range.root()
    line.send(frames.cosign(checkpoint.cosign(party.cosigner, origin, 1, root, now())))
    line.until(lambda: any(each.type == frames.PQSIG for each in line.messages))
    line.send(frames.pqcosign(PqSignature(1, root, 1, bytes(keys.MLDSA44_SIGNATURE))))


FORKED: Final = "forked"
# What the file of evidence shows to a third party, if it shows anything.
HALTS: Final[dict[str, tuple[str, str | None, Callable[[Hostile, Line], None]]]] = {
    "a root that the records do not give": ("E_ROOT", None, wrong_root),
    "a head that nobody signed": ("E_CP_SIG", None, forged_head),
    "two signed histories": ("E_FORK", FORKED, two_histories),
    "another record under a signed head": ("E_SEQ_CONFLICT", FORKED, another_record),
    "a receipt for another history": ("E_COSIGN", "receipt", receipt_of_another_history),
    "a receipt that nobody signed": ("E_COSIGN", None, receipt_that_nobody_signed),
    "a line 2 that nobody signed": ("E_CP_SIG", None, line_2_that_nobody_signed),
    "a line 2 over another history": ("E_FORK", FORKED, line_2_over_another_history),
    "a line 4 that nobody signed": ("E_COSIGN", None, line_4_that_nobody_signed),
    "another history after a new start": ("E_FORK", FORKED, another_history_at_hello),
}


def row_of(victim: Running) -> dict[str, Any]:
    """The victim's link with the hostile party."""
    (row,) = [row for row in victim.node("GET", "/v1/links") if row["party"] == "cordia.gov"]
    found: dict[str, Any] = row
    return found


def conflict_of(victim: Running, place: Path) -> bytes:
    """The proof of the conflict, as an operator takes it out."""
    file = place / f"conflict-{len(list(place.iterdir()))}.json"
    said = detente("evidence", "conflict", "cordia.gov", "-o", file, "--at", victim.folder)
    assert said.code == 0, said.err
    return file.read_bytes()


def shown(data: bytes, party: Hostile, place: Path) -> dict[str, Any]:
    """What anybody sees who has the file and the cards of both."""
    cards: list[str | Path] = []
    for card in (party.card, party.peer):
        (place / f"{card.name}.card").write_bytes(card.note)
        cards += ["--card", place / f"{card.name}.card"]
    (place / "given.json").write_bytes(data)
    said = detente("verify", place / "given.json", *cards, "--json")
    assert said.code == (0 if said.document["conflict"] else 1)
    found: dict[str, Any] = said.document
    return found


@pytest.mark.parametrize("name", HALTS)
def test_a_log_that_does_not_fit_halts_the_link_and_keeps_the_evidence(
    name: str, node: tuple[Running, Hostile], tmp_path: Path
) -> None:
    code, kind, break_it = HALTS[name]
    victim, party = node
    party.mute = True
    line = party.meet()
    good = party.letter(GOOD)
    party.tell(line, [good])
    break_it(party, line)
    runs.until(lambda: victim.state("cordia.gov") == "HALTED")
    row = row_of(victim)
    assert row["why"].startswith(f"{code}: ")
    assert row["received"] == len(party.log) == 2, "what was receipted stays, nothing is added"
    said = detente("link", "list", "--at", victim.folder)
    assert "halted: proof of conflict kept" in said.out
    assert code in said.out
    found = detente("doctor", "--json", "--at", victim.folder)
    assert any(code in each["what"] for each in found.document["findings"])
    kept = evidence_kept(victim)
    assert kept == [conflict_of(victim, tmp_path)]
    proof = shown(kept[0], party, tmp_path)
    who = "cordia.gov" if kind == FORKED else None
    assert (proof["code"], proof["kind"], proof["who"]) == (code, kind, who)
    again = party.line()
    again.send(party.hello())
    assert again.refusal().text.startswith(f"{code}: ")
    assert again.refusal().letter == "H"
    # Whoever signs no emergency leaves the link as it is, whatever the victim proposes.
    assert victim.state("cordia.gov") == "HALTED"
    assert (evidence_kept(victim), row_of(victim)["received"]) == (kept, 2)


def evidence_kept(victim: Running) -> list[bytes]:
    file = victim.folder / "node" / "node.sqlite"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
        return [data for (data,) in base.execute("select data from evidence")]


def test_an_emergency_that_both_sign_keeps_the_statement_and_the_evidence(
    node: tuple[Running, Hostile], tmp_path: Path
) -> None:
    victim, party = node
    line = party.meet()
    party.tell(line, [party.letter(GOOD)])
    two_histories(party, line)
    assert line.refusal().text.startswith("E_FORK: ")
    why, kept, before = row_of(victim)["why"], conflict_of(victim, tmp_path), party.terms.link_id
    note = party.agree(line)
    assert (note.link_id, note.close, note.reason) == (before, (), "emergency")
    party.meet()
    runs.until(lambda: victim.state("cordia.gov") == "DISPUTED")
    row = row_of(victim)
    assert (row["why"], row["received"]) == (why, 1), "the new log holds its opening"
    said = detente("link", "list", "--at", victim.folder)
    assert "urgent traffic only, the earlier log is disputed" in said.out
    found = detente("doctor", "--json", "--at", victim.folder)
    assert any("E_FORK" in each["what"] for each in found.document["findings"])
    assert evidence_kept(victim) == [kept] == [conflict_of(victim, tmp_path)]
    assert shown(kept, party, tmp_path)["kind"] == FORKED
    # What two persons will compare is the log before the emergency, as it was.
    (_, theirs) = victim.node("GET", "/v1/epoch/cordia.gov")["logs"]
    assert (theirs["origin"], theirs["size"]) == (f"cordia.gov/detente/{before}", 2)


def test_another_record_that_nothing_signed_confirms_closes_the_path_only(
    node: tuple[Running, Hostile],
) -> None:
    victim, party = node
    line = party.meet()
    party.tell(line, [party.letter(GOOD)])
    line.send(frames.record(0, party.letter(GOOD), 1))
    said = line.refusal()
    assert said.text.startswith("E_SEQ_CONFLICT: ")
    assert said.letter == "C"
    assert line.closed()
    party.tell(party.meet(), [party.letter(GOOD)])
    assert (row_of(victim)["state"], row_of(victim)["received"]) == ("LIVE", 3)
    assert evidence_kept(victim) == []
