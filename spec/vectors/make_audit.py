"""Write audit/head.json: bodies of sys.audit_head (kinds/sys.md 9). Uses nothing of src/."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

ORIGIN = "aurelia.gov/detente/home-ghyyj26akes3ehc5"


def root(entries: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, the slow way."""
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return sha256(b"\1" + root(entries[:half]) + root(entries[half:])).digest()


def entry(number: int) -> bytes:
    """Any 144 bytes stand for an entry here."""
    return sha256(b"detente audit vector %d" % number).digest() * 4 + bytes(16)


def main() -> None:
    """Write the file."""
    heads = []
    for size in (1, 2, 3, 7, 8):
        made = root([entry(each) for each in range(size)])
        body = {"origin": ORIGIN, "root": b64encode(made).decode(), "size": size, "v": 1}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        heads.append({"size": size, "root": made.hex(), "text": text})
    bad = [
        {"why": "a root of 31 bytes", "text": heads[0]["text"].replace(b64encode(bytes.fromhex(heads[0]["root"])).decode(), b64encode(bytes(31)).decode())},
        {"why": "a member too many", "text": heads[0]["text"].replace('"v":1', '"v":1,"x":1')},
        {"why": "no size", "text": heads[0]["text"].replace(',"size":1', "")},
        {"why": "a size as text", "text": heads[0]["text"].replace('"size":1', '"size":"1"')},
    ]  # fmt: skip
    told = {
        "origin": ORIGIN,
        "entries": [entry(each).hex() for each in range(8)],
        "heads": heads,
        "bad": bad,
    }
    place = Path(__file__).parent / "audit" / "head.json"
    place.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
