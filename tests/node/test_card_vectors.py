"""The vectors of a change of cards: a chain of two, the record that carries the second, its keys."""

import json
from pathlib import Path
from typing import Any

import pytest

from detente.core import checkpoint, envelope, record, trust
from detente.core.checkpoint import Checkpoint
from detente.core.tree import leaf_hash
from detente.core.trust import Chain
from detente.node import succession
from detente.node.succession import Line

FOLDER = Path(__file__).parents[2] / "spec" / "vectors" / "second"
VALUES: dict[str, Any] = json.loads((FOLDER / "cards.json").read_text(encoding="utf-8"))
CHAIN = trust.read_chain((FOLDER / "aurelia.gov.cards").read_bytes())
ENVELOPE = (FOLDER / "card.envelope").read_bytes()
LINK = VALUES["link_id"]


def test_the_chain_holds_two_cards_that_follow_each_other() -> None:
    one, two = CHAIN.cards
    assert (one.serial, two.serial, two.prev) == (1, 2, one.hash)
    assert two.hash.hex() == VALUES["card_hash"]
    assert one.note == (FOLDER / "aurelia.gov.card").read_bytes()


def test_a_revoked_key_stands_up_to_its_size_and_no_further() -> None:
    one, two = CHAIN.cards
    assert CHAIN.log_keys(LINK, 3) == (two.log, one.log)
    assert CHAIN.log_keys(LINK, 4) == (two.log,)
    assert CHAIN.log_keys("a" * 16, 1) == (two.log,)
    assert len(CHAIN.people("cert", "s-01", LINK, 3)) == 2
    assert len(CHAIN.people("cert", "s-01", LINK, 4)) == 1


def test_the_record_carries_the_second_card_to_who_holds_the_first() -> None:
    line = Line(Chain(CHAIN.cards[:1]), LINK, 1)
    news = succession.take(line, ENVELOPE, "node@borealis.gov", 2)
    assert news.problem == ""
    assert news.line.chain.data == CHAIN.data
    parts = envelope.split(ENVELOPE)
    assert record.mid_of(parts.header).hex() == VALUES["mid"]
    assert leaf_hash(envelope.entry_of(parts)).hex() == VALUES["leaf"]


@pytest.mark.parametrize(("size", "serial"), [(3, 0), (5, 1)])
def test_each_checkpoint_is_under_the_card_in_force(size: int, serial: int) -> None:
    said = VALUES["checkpoints"][str(size)]
    _, _, root = checkpoint.read_text(said["text"].encode())
    head = Checkpoint(size, root, bytes.fromhex(said["line1"]))
    for at, card in enumerate(CHAIN.cards):
        assert checkpoint.is_signed(head, VALUES["origin"], card.log) is (at == serial)
