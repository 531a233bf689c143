"""Makes the vectors of standing/: two STATUS frames, and the bodies of the three answers.

Uses nothing of src/detente. Run: python3 spec/vectors/make_standing.py
"""

import json
import struct
from base64 import b64encode
from pathlib import Path

HERE = Path(__file__).parent
STATUS, CONTROL = 0x32, 0x80
OF = bytes(range(32))


def canonical(value: object) -> bytes:
    """Return a canonical object: these have members in ASCII only."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def status(value: object) -> dict[str, object]:
    """Return a STATUS as values and as its frame."""
    payload = canonical(value)
    head = struct.pack(">IBBH", len(payload) + 4, STATUS, CONTROL, 0)
    return {"value": value, "frame": (head + payload).hex()}


def body(**members: object) -> dict[str, object]:
    """Return a body of an answer as its bytes and their text."""
    return {"text": canonical({**members, "of": b64encode(OF).decode(), "v": 1}).decode()}


def main() -> None:
    """Write standing/vectors.json."""
    until = "2026-11-23T10:00:00.000Z"
    found = {
        "about": "STATUS with and without desks that nobody sits at; bodies of kinds/ack.md",
        "status": status({"attended": ["hotline"], "read_only": False, "unattended": ["crisis"]}),
        "status_plain": status({"attended": [], "read_only": True}),
        "of": OF.hex(),
        "ack.action": body(),
        "ack.hold": body(until=until, reason="waiting for a court"),
        "ack.declined": body(reason="not within our remit"),
    }
    (HERE / "standing").mkdir(exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (HERE / "standing" / "vectors.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
