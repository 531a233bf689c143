"""Makes the vectors of care/: what a purge leaves, and the frames of a lost row.

Uses nothing of src/detente. Run: python3 spec/vectors/make_care.py
"""

import json
import struct
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
FROM = HERE / "first" / "envelope1.bin"
ROW_REQ, ROW = 0x44, 0x45


def split(envelope: bytes) -> list[bytes]:
    """Return header, signatures, seals and body."""
    parts, at = [], 4
    for _ in range(4):
        (size,) = struct.unpack_from(">I", envelope, at)
        parts.append(envelope[at + 4 : at + 4 + size])
        at += 4 + size
    return parts


def frame(kind: int, payload: bytes) -> str:
    """Return one frame of no precedence on channel 0, bit 7 clear."""
    return (struct.pack(">IBBH", len(payload) + 4, kind, 0, 0) + payload).hex()


def main() -> None:
    """Write care/purged1.bin and care/vectors.json."""
    header, sigs, seals, body = split(FROM.read_bytes())
    hashes = [sha256(part).digest() for part in (header, sigs, seals, body)]
    rest = b"DTP1" + struct.pack(">I", len(header)) + header
    rest += struct.pack(">I", len(sigs)) + sigs + hashes[2] + hashes[3]
    (HERE / "care").mkdir(exist_ok=True)
    (HERE / "care" / "purged1.bin").write_bytes(rest)
    found = {
        "about": "what a purge leaves of first/envelope1.bin, and the frames of one lost row",
        "purged1": {
            "size": len(rest),
            "entry": (b"detente/v1/leaf\n" + b"".join(hashes)).hex(),
        },
        "row_req": {"log": 0, "seq": 258, "frame": frame(ROW_REQ, struct.pack(">BQ", 0, 258))},
        "row": {
            "log": 1,
            "seq": 258,
            "envelope": b"DTR1".hex(),
            "frame": frame(ROW, struct.pack(">BQ", 1, 258) + b"DTR1"),
        },
    }
    text = json.dumps(found, indent=1) + "\n"
    (HERE / "care" / "vectors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
