"""The messages of an attachment, byte for byte as the vectors say."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from detente.core import limits, manifest
from detente.core.attachment import FileKey
from detente.link import frames_stage
from detente.link.frames_stage import ATTACHMENT, PART_0, Chunk, Offer, Want

FILE = Path(__file__).resolve().parents[2] / "spec/vectors/stage/vectors.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text())
FRAMES: dict[str, Any] = VECTORS["frames"]


def test_a_file_travels_as_the_vectors_say() -> None:
    data = bytes(i % 251 for i in range(150_000))
    key, count = FileKey(bytes.fromhex(VECTORS["file_key"])), 3
    rows = [
        key.seal(i, data[i * limits.CHUNK : (i + 1) * limits.CHUNK], last=i == 2) for i in range(3)
    ]
    hashes = [manifest.hash_of(each) for each in rows]
    aid = manifest.aid_of(hashes)
    assert [each.hex() for each in hashes] == VECTORS["manifest"]
    assert aid.hex() == VECTORS["aid"]
    offer = Offer(aid, ATTACHMENT, VECTORS["att"]["size"], count)
    assert frames_stage.offer(offer, 0).hex() == FRAMES["OFFER"]
    assert frames_stage.want(Want(aid, PART_0, 1), 0).hex() == FRAMES["WANT_manifest"]
    part = Chunk(aid, PART_0, b"".join(hashes))
    assert frames_stage.chunk(part, 0).hex() == FRAMES["CHUNK_manifest"]
    assert frames_stage.want(Want(aid, 0, count), 0).hex() == FRAMES["WANT_chunks"]
    sent = [frames_stage.chunk(Chunk(aid, i, row), 0) for i, row in enumerate(rows)]
    assert [len(each) for each in sent] == FRAMES["CHUNK_len"]
    assert [sha256(each).hexdigest() for each in sent] == FRAMES["CHUNK_sha256"]
    assert frames_stage.want(Want(aid, 0, 0), 0).hex() == FRAMES["WANT_none"]
