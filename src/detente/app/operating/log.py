"""`detente log export`: a whole log of a link as one file, for whoever checks that all is there.

Normative: spec/log.md 8.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from detente.app import build_care, piecewise
from detente.app.config import Config
from detente.app.operating.check import cards_of
from detente.core import checkpoint, limits, postquantum, signed, whole
from detente.core.errors import OurFault
from detente.core.party import Card
from detente.node.audit import Said

_ROWS: Final = 4_096


def run(settings: Config, origin: str, file: Path) -> int:
    """Write the file; return how many records the log has in it.

    Raises OurFault: "proof.unknown" for no log of a link here, "proof.not_yet" while the other side
    has receipted none of it, store.*, file.unwritable.
    """
    reader = build_care.SqliteReader(settings.folder / "node" / "node.sqlite")
    try:
        held = cards_of(settings, reader)
        notes, size = notes_of(reader, origin, [*held.own, *held.peers])
        piecewise.write(file, whole.write(origin, size, notes, _entries(reader, origin, size)))
    finally:
        reader.close()
    return size


def notes_of(
    reader: build_care.SqliteReader, origin: str, cards: Sequence[Card]
) -> tuple[list[bytes], int]:
    """Return the signed states that go into the file, oldest first, and the size of the newest.

    The newest is the newest under four lines; while there is none, under lines 1 and 3.
    """
    if origin not in reader.origins():
        raise OurFault("proof.unknown", f"no log {origin[:100]} here", "see: detente log list")
    held = reader.statements(origin, 0, reader.head(origin).size)
    receipted = [said for said in held if said.receipt is not None]
    full = [said for said in receipted if said.owner_pq and said.receiver_pq]
    states = full or receipted
    if not states:
        raise OurFault(
            "proof.not_yet", "the other side has receipted none of this log", "wait until it has"
        )
    step = -(-len(states) // limits.MAX_LOG_HEADS)
    chosen = states[::-1][::step][::-1]
    return [_note(said, origin, cards) for said in chosen], chosen[-1].checkpoint.size


def _note(said: Said, origin: str, cards: Sequence[Card]) -> bytes:
    head, receipt = said.checkpoint, said.receipt
    assert receipt is not None, "it was chosen for it"
    rows = []
    for card in cards:
        name = checkpoint.cosigner_of(card.name)
        if checkpoint.is_signed(head, origin, card.log):
            rows.append(checkpoint.owner_line(head, origin, card.log))
        if checkpoint.is_cosigned(receipt, origin, card.cosign):
            rows.append(checkpoint.receipt_line(receipt, card.name, card.cosign))
        for leg, signer in ((said.owner_pq, origin), (said.receiver_pq, name)):
            if leg and postquantum.holds(leg, signer, origin, card.mldsa44):
                rows.append(postquantum.line(leg, signer, card.mldsa44))
    unique = {(line.name, line.key_id): line for line in rows}
    return signed.write(checkpoint.text_of(origin, head.size, head.root), unique.values())


def _entries(reader: build_care.SqliteReader, origin: str, size: int) -> Iterator[bytes]:
    for start in range(0, size, _ROWS):
        yield b"".join(reader.entries(origin, start, min(_ROWS, size - start)))
