"""The vectors of a change of root keys: the chain over both, what both sides state, and the note."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from detente.core import epoch, party, trust
from detente.core.trust import Chain
from detente.link import frames
from detente.node import roots

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
FOLDER = VECTORS / "root"
VALUES: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))
CHAIN = trust.read_chain((FOLDER / "aurelia.gov.cards").read_bytes())
OTHER = trust.read_chain((VECTORS / "second" / "borealis.gov.card").read_bytes())
NOTE = epoch.read((FOLDER / "root.epoch").read_bytes())


def test_the_chain_passes_to_other_root_keys_and_to_no_other_log_keys() -> None:
    one, two = CHAIN.cards
    assert one.note == (VECTORS / "second" / "aurelia.gov.card").read_bytes()
    assert (CHAIN.turns, two.prev, two.hash.hex()) == ((two,), one.hash, VALUES["card_hash"])
    assert one.fp60 != two.fp60
    assert (one.log, one.cosign, one.mldsa44, one.pins) == (
        two.log, two.cosign, two.mldsa44, two.pins,
    )  # fmt: skip


def test_the_note_names_the_card_and_both_signed_it() -> None:
    assert (NOTE.reason, NOTE.evidence) == (epoch.ROOT, CHAIN.newest.hash)
    assert sha256(NOTE.text).hexdigest() == VALUES["text_sha256"]
    for chain in (Chain(CHAIN.cards[:1]), OTHER):
        assert epoch.is_signed_by(NOTE, chain)
    made = epoch.make(NOTE.link_id, 2, NOTE.close, epoch.ROOT, NOTE.evidence, NOTE.life)
    assert made.text == NOTE.text


def test_the_card_counts_by_the_note_and_the_link_id_stands_on_the_first_fingerprints() -> None:
    first = CHAIN.cards[0].fp60
    assert roots.in_force(CHAIN, first, []) == Chain(CHAIN.cards[:1])
    assert roots.in_force(CHAIN, first, [NOTE]) == CHAIN
    assert party.link_id_of((first, OTHER.newest.fp60), NOTE.nonce) == VALUES["link_id"]


def test_both_statements_are_these_bytes() -> None:
    digest = CHAIN.newest.hash
    owner, peer = ((FOLDER / f"{name}.frame").read_bytes() for name in ("owner", "peer"))
    assert owner == frames.status(attended=(), read_only=False, next_root=digest)
    assert peer == frames.status(attended=(), read_only=False, root_compared=digest)
    assert frames.read_hash(owner[8:], "next_root") == digest
    assert frames.read_hash(owner[8:], "root_compared") == b""
