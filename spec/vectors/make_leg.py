#!/usr/bin/env python3
"""Make the frames of the second leg: `python spec/vectors/make_leg.py`, which writes `leg/`.

Independent of src/detente. The signatures are those of `first/pqlines.txt`: ML-DSA-44 is hedged,
so they cannot be made again, only checked.
"""

import json
import struct
from base64 import b64decode
from pathlib import Path

HERE = Path(__file__).parent
FRAMES = {"pqsig.frame": (0x13, 0), "pqcosign.frame": (0x14, 1)}  # type, and row of pqlines.txt
SIZE = 5


def main() -> None:
    """Write both frames."""
    said = json.loads((HERE / "first" / "vectors.json").read_text())
    root = bytes.fromhex(said["tree"]["roots"][str(SIZE)])
    rows = (HERE / "first" / "pqlines.txt").read_text().splitlines()
    folder = HERE / "leg"
    folder.mkdir(exist_ok=True)
    for name, (kind, row) in FRAMES.items():
        line = b64decode(rows[row].split(" ")[2])[4:]  # without the key id: u64 time, signature
        payload = struct.pack(">Q32s", SIZE, root) + line
        head = struct.pack(">IBBH", len(payload) + 4, kind, 0x80, 0)
        (folder / name).write_bytes(head + payload)


if __name__ == "__main__":
    main()
