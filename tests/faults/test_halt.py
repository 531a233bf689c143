"""A log that does not fit: the link halts, both sides are told, the evidence is kept.

Each test has a node of its own, for a halt is for good.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.faults import runs
from tests.faults.conftest import Place
from tests.faults.hostile import Hostile, Line
from tests.faults.runs import Running, detente

from detente.app.system import now
from detente.core import checkpoint
from detente.core.checkpoint import Checkpoint, Cosignature
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
    line.send(frames.record(0, party.letter(GOOD), 1))


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


HALTS: Final[dict[str, tuple[str, Callable[[Hostile, Line], None]]]] = {
    "a root that the records do not give": ("E_ROOT", wrong_root),
    "a head that nobody signed": ("E_CP_SIG", forged_head),
    "two signed histories": ("E_FORK", two_histories),
    "another record at a place that is taken": ("E_SEQ_CONFLICT", another_record),
    "a receipt for another history": ("E_COSIGN", receipt_of_another_history),
    "a receipt that nobody signed": ("E_COSIGN", receipt_that_nobody_signed),
    "another history after a new start": ("E_FORK", another_history_at_hello),
}


@pytest.mark.parametrize("name", HALTS)
def test_a_log_that_does_not_fit_halts_the_link_and_keeps_the_evidence(
    name: str, node: tuple[Running, Hostile]
) -> None:
    code, break_it = HALTS[name]
    victim, party = node
    party.mute = True
    line = party.meet()
    good = party.letter(GOOD)
    party.tell(line, [good])
    break_it(party, line)
    runs.until(lambda: victim.state("cordia.gov") == "HALTED")
    (row,) = [row for row in victim.node("GET", "/v1/links") if row["party"] == "cordia.gov"]
    assert row["why"].startswith(f"{code}: ")
    assert row["received"] == len(party.log) == 2, "what was receipted stays, nothing is added"
    said = detente("link", "list", "--at", victim.folder)
    assert "halted: proof of conflict kept" in said.out
    assert code in said.out
    found = detente("doctor", "--json", "--at", victim.folder)
    assert any(code in each["what"] for each in found.document["findings"])
    base = sqlite3.connect(f"file:{victim.folder / 'node' / 'node.sqlite'}?mode=ro", uri=True)
    assert base.execute("select count(*) from evidence").fetchone() == (1,)
    base.close()
    again = party.line()
    again.send(party.hello())
    assert again.refusal().text.startswith(f"{code}: ")
    assert again.refusal().letter == "H"
