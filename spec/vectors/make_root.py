#!/usr/bin/env python3
"""Make the vectors of a change of root keys: `python spec/vectors/make_root.py`, which writes `root/`.

Independent of src/detente; stands on make_more.py and on `second/`. Aurelia's card 2 is under the
root keys of the labels with ` 2` after them; the epoch note that takes it up follows that set's note.
"""

import json
from base64 import b32encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from make_more import (
    A,
    B,
    b64,
    canonical,
    card_object,
    ed25519,
    fingerprint,
    frame,
    kept,
    line,
    log_pq,
    public,
    seed,
    sha,
)

STATUS = 0x32
ORDER = sorted((A, B), key=fingerprint)  # the lower fingerprint first


def root_card(first: bytes) -> bytes:
    """Return the text of card 2: all keys of card 1 but those of the root."""
    members = card_object(A, "198.51.100.17")
    text = first.split(b"\n")[0] + b"\n"
    keys = {"ed25519": b64(public(f"{A} root ed25519 2")), "mldsa65": b64(_pq_public())}
    return canonical({**members, "serial": 2, "prev": b64(sha(text)), "root": keys}) + b"\n"


def _pq() -> MLDSA65PrivateKey:
    return MLDSA65PrivateKey.from_seed_bytes(seed(f"{A} root mldsa65 2"))


def _pq_public() -> bytes:
    return _pq().public_key().public_bytes_raw()


def sign_card(text: bytes) -> bytes:
    """Return the note under the new root keys alone."""
    signer, root = f"{A}/detente/card", f"{A} root ed25519 2"
    lines = line(signer, b"\x01", public(root), ed25519(root).sign(text))
    lines += line(
        signer,
        b"\xffdetente.mldsa65/v1",
        _pq_public(),
        _pq().sign(text, context=b"detente/v1/card"),
    )
    return text + b"\n" + lines.encode()


def sign_epoch(text: bytes) -> bytes:
    """Return the note with both parties' four lines."""
    lines = ""
    for name in ORDER:
        signer, log, pq = f"{name}/detente/epoch", f"{name} log ed25519", log_pq(name)
        lines += line(signer, b"\x01", public(log), ed25519(log).sign(text))
        signature = pq.sign(text, context=b"detente/v1/epoch")
        shown = pq.public_key().public_bytes_raw()
        lines += line(signer, b"\xffdetente.mldsa44/v1", shown, signature)
    return text + b"\n" + lines.encode()


def status(**more: object) -> bytes:
    """Return STATUS of a node that stores, with nobody at a desk."""
    return frame(STATUS, canonical({"attended": [], "read_only": False, **more}))


def make(second: Path, folder: Path) -> None:
    """Write the chain over both roots, what each side states, and the note."""
    folder.mkdir(exist_ok=True)
    before = json.loads((second / "vectors.json").read_text())["epoch"]
    first = (second / f"{A}.card").read_bytes()
    text = root_card(first)
    kept(folder / f"{A}.cards", lambda: first + sign_card(text))
    link_id, empty = before["link_id"], b64(sha())
    incarnations = (seed(f"{name} incarnation")[:16] for name in ORDER)
    note: dict[str, Any] = {
        "v": 1, "type": "detente-epoch", "link_id": link_id, "epoch": 2, "reason": "root",
        "close": [
            {"origin": f"{name}/detente/{link_id}", "size": 0, "root": empty} for name in sorted((A, B))
        ],
        "evidence": b64(sha(text)), "life": b64(sha(b"detente/v1/life\n", *incarnations)),
    }  # fmt: skip
    said = canonical(note) + b"\n"
    kept(folder / "root.epoch", lambda: sign_epoch(said))
    frames = {
        "owner.frame": status(next_root=b64(sha(text))),
        "peer.frame": status(root_compared=b64(sha(text))),
    }
    for name, data in frames.items():
        (folder / name).write_bytes(data)
    # The fingerprints stay those of the meeting, though aurelia has another one now.
    digest = sha(b"detente/v1/link\n", *map(fingerprint, ORDER), sha(said)[:16])
    values = {
        "card_hash": sha(text).hex(),
        "text_sha256": sha(said).hex(),
        "link_id": b32encode(digest).decode().lower()[:16],
    }
    told = json.dumps(values, indent=1, sort_keys=True) + "\n"
    (folder / "vectors.json").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    HERE = Path(__file__).parent
    make(HERE / "second", HERE / "root")
