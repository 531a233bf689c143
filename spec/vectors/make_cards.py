#!/usr/bin/env python3
"""Make the vectors of a change of cards: `python spec/vectors/make_cards.py`, which adds to `second/`.

Independent of src/detente; stands on make_more.py. Aurelia's card 2 has new log and people's keys
and takes the old ones back at the size that holds the card's own record.
"""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from make_more import (
    A,
    B,
    b64,
    canonical,
    card_object,
    checkpoint,
    ed25519,
    entry_of,
    envelope_of,
    header_of,
    inner_of,
    kept,
    public,
    root_of,
    seed,
    sha,
    sign_card,
    sign_record,
)

PLACE = 2  # the card's record is entry 2; its checkpoint has size 3


def second_card(first: bytes, link_id: str) -> dict[str, Any]:
    """Return the members of card 2."""
    card = card_object(A, "198.51.100.17")
    text = first.split(b"\n")[0] + b"\n"
    signers = card["desks"][0]["signers"]
    old = {"log": card["log"]["ed25519"], "signer": signers[1]["ed25519"]}
    signers[1]["ed25519"] = b64(public(f"{A} cert signer s-01 2"))
    card["log"]["ed25519"] = b64(public(f"{A} log ed25519 2"))
    revoked = [
        {
            "key": b64(sha(_bytes(key))), "role": role, "sizes": {link_id: PLACE + 1},
            "reason": "a vector", "at": "2026-11-23T00:09:00.000Z",
        }
        for role, key in old.items()
    ]  # fmt: skip
    return {**card, "serial": 2, "prev": b64(sha(text)), "revoked": revoked}


def _bytes(text: str) -> bytes:
    return b64decode(text)


def make(folder: Path) -> None:
    """Write the chain, the record that carries card 2, and what both log keys signed."""
    link_id = json.loads((folder / "vectors.json").read_text())["link"]["link_id"]
    first = (folder / f"{A}.card").read_bytes()
    members = second_card(first, link_id)
    chain = kept(folder / f"{A}.cards", lambda: first + sign_card(members))
    note = chain[len(first) :]
    salt = seed("salt card")
    text = canonical({"v": 1, "card": b64encode(note).decode()})
    header = canonical(
        header_of(
            A, B, "card", salt, text, kind="sys.card", prec="FLASH", tlp="CLEAR", matter="0" * 32,
            **{"from": f"node@{A}", "to": [f"node@{B}"]},
        )
    )  # fmt: skip
    body = inner_of(salt, text)
    sigs = sign_record(A, sha(header), body, [(1, "n-01")], "node")
    envelope, seals = envelope_of(header, sigs, b"\0", body), b"\0"
    entry = entry_of(sha(header), sigs, seals, body)
    leaves = [sha(b"\0", f"second leaf {A} {n}".encode()) for n in range(5)]
    leaves[PLACE] = sha(b"\0", entry)
    heads = {}
    for size, label in ((PLACE + 1, f"{A} log ed25519"), (5, f"{A} log ed25519 2")):
        said = checkpoint(A, link_id, size, root_of(leaves[:size]))
        heads[str(size)] = {
            "text": said.decode(), "label": label, "line1": ed25519(label).sign(said).hex()
        }  # fmt: skip
    values = {
        "link_id": link_id, "origin": f"{A}/detente/{link_id}", "place": PLACE,
        "mid": sha(header).hex(), "leaf": leaves[PLACE].hex(), "card_hash": sha(
            note.split(b"\n")[0] + b"\n"
        ).hex(),
        "checkpoints": heads, "revoked": members["revoked"],
        "note": "a checkpoint of size 3 is under card 1's log key, one of size 5 under card 2's",
    }  # fmt: skip
    (folder / "card.envelope").write_bytes(envelope)
    told = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (folder / "cards.json").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    make(Path(__file__).parent / "second")
