#!/usr/bin/env python3
"""Make the vectors of what travels beside a log: `python spec/vectors/make_stage.py`.

Independent of src/detente. The file is `bytes(i mod 251)`, i below 150,000; its key is
H("detente test vector stage file key"). Frames are on channel 0, bulk.
"""

import json
import struct
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

CHUNK, FRAGMENT = 65_536, 16_384
MORE = 0x40
OFFER, WANT, CHUNK_TYPE = 0x20, 0x21, 0x22


def frames(kind: int, payload: bytes) -> bytes:
    """Return one message in fragments of 16 KiB, on channel 0, without the control bit."""
    rows = []
    for at in range(0, len(payload), FRAGMENT):
        part = payload[at : at + FRAGMENT]
        flags = MORE if at + FRAGMENT < len(payload) else 0
        rows.append(struct.pack(">IBBH", len(part) + 4, kind, flags, 0) + part)
    return b"".join(rows)


def head(leaves: list[bytes]) -> bytes:
    """Return the RFC 6962 tree head over these leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + head(leaves[:split]) + head(leaves[split:])).digest()


def courier(aid: bytes, size: int, manifest: list[bytes], sent: list[bytes]) -> dict[str, object]:
    """Return what a courier file holds of the attachment, and of one that goes on at its last chunk.

    answer: what the reader of the second, and of no other, says that it lacks.
    """
    begins = frames(OFFER, aid + struct.pack(">BQI", 1, size, len(sent)))
    begins += frames(CHUNK_TYPE, aid + struct.pack(">I", 0xFFFFFFFF) + b"".join(manifest))
    whole, last = begins + b"".join(sent), begins + sent[-1]
    return {
        "whole_len": len(whole),
        "whole_sha256": sha256(whole).hexdigest(),
        "last_len": len(last),
        "last_sha256": sha256(last).hexdigest(),
        "answer": frames(WANT, aid + struct.pack(">II", 0, len(sent) - 1)).hex(),
    }


def make(folder: Path) -> None:
    """Write the set."""
    folder.mkdir(exist_ok=True)
    data = bytes(i % 251 for i in range(150_000))
    key = sha256(b"detente test vector stage file key").digest()
    count = -(-len(data) // CHUNK)
    aead = ChaCha20Poly1305(key)
    chunks = [
        aead.encrypt(
            struct.pack(">QI", i, int(i == count - 1)),
            data[i * CHUNK : (i + 1) * CHUNK],
            b"detente/v1/att\n",
        )
        for i in range(count)
    ]
    manifest = [sha256(b"\x00" + each).digest() for each in chunks]
    aid, size = head(manifest), sum(map(len, chunks))
    sent = [frames(CHUNK_TYPE, aid + struct.pack(">I", i) + each) for i, each in enumerate(chunks)]
    values = {
        "file_key": key.hex(),
        "chunk_len": [len(each) for each in chunks],
        "chunk_sha256": [sha256(each).hexdigest() for each in chunks],
        "manifest": [each.hex() for each in manifest],
        "aid": aid.hex(),
        "att": {"aid": b64encode(aid).decode(), "chunks": count, "size": size},
        "files": {
            "aid": b64encode(aid).decode(),
            "key": b64encode(key).decode(),
            "name": "report.bin",
            "size": len(data),
        },
        "frames": {
            "OFFER": frames(OFFER, aid + struct.pack(">BQI", 1, size, count)).hex(),
            "WANT_manifest": frames(WANT, aid + struct.pack(">II", 0xFFFFFFFF, 1)).hex(),
            "CHUNK_manifest": frames(
                CHUNK_TYPE, aid + struct.pack(">I", 0xFFFFFFFF) + b"".join(manifest)
            ).hex(),
            "WANT_chunks": frames(WANT, aid + struct.pack(">II", 0, count)).hex(),
            "CHUNK_len": [len(each) for each in sent],
            "CHUNK_sha256": [sha256(each).hexdigest() for each in sent],
            "WANT_none": frames(WANT, aid + struct.pack(">II", 0, 0)).hex(),
        },
        "courier": courier(aid, size, manifest, sent),
    }
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (folder / "vectors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    make(Path(__file__).parent / "stage")
