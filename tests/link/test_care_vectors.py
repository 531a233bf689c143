"""The vectors of a purge and of lost rows, byte for byte."""

import json
from pathlib import Path
from typing import Any

from detente.core import envelope, purged
from detente.link import frames, rows

VECTORS = Path(__file__).parents[2] / "spec" / "vectors"
CARE: dict[str, Any] = json.loads((VECTORS / "care" / "vectors.json").read_text())


def test_what_a_purge_leaves_is_the_vector() -> None:
    whole = (VECTORS / "first" / "envelope1.bin").read_bytes()
    rest = (VECTORS / "care" / "purged1.bin").read_bytes()
    assert purged.strip(whole) == rest
    assert len(rest) == CARE["purged1"]["size"]
    entry = bytes.fromhex(CARE["purged1"]["entry"])
    assert purged.entry_of(rest) == entry == envelope.entry_of(envelope.split(whole))


def test_the_frames_of_a_lost_row_are_the_vectors() -> None:
    given = CARE["row_req"]
    assert rows._frame(frames.ROW_REQ, given["log"], given["seq"]).hex() == given["frame"]
    given = CARE["row"]
    row = bytes.fromhex(given["envelope"])
    assert rows._frame(frames.ROW, given["log"], given["seq"], row).hex() == given["frame"]
    [message] = frames.Reader().feed(bytes.fromhex(given["frame"]))
    assert rows._read(message.payload) == (given["log"], given["seq"], row)
