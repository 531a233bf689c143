#!/usr/bin/env python3
"""Make the second set of vectors: `python spec/vectors/make_more.py`, which writes `second/`.

Independent of src/detente. Private seeds are H("detente test vector " + label), labels beginning
"second "; for tests only. What a library makes with fresh randomness (HPKE seals, the ML-DSA-65
line of a card) is kept from the files when they are there, so a second run changes no byte.
"""

import hashlib
import io
import json
import struct
import zipfile
from base64 import b32encode, b64decode, b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

A, B = "aurelia.gov", "borealis.gov"
TIME = 1_795_392_600  # of the cosignatures: 2026-11-23T00:10:00Z
SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
RECORD = 0x10
Obj = dict[str, Any]


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def seed(label: str) -> bytes:
    """Return the 32 bytes of a label of this set."""
    return sha(b"detente test vector second " + label.encode())


def ed25519(label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed(label))


def public(label: str) -> bytes:
    return ed25519(label).public_key().public_bytes_raw()


def root_pq(name: str) -> MLDSA65PrivateKey:
    return MLDSA65PrivateKey.from_seed_bytes(seed(f"{name} root mldsa65"))


def log_pq(name: str) -> MLDSA44PrivateKey:
    return MLDSA44PrivateKey.from_seed_bytes(seed(f"{name} log mldsa44"))


def desk_key(label: str) -> tuple[hpke.MLKEM768X25519PrivateKey, bytes]:
    """Return a desk's private key and its 1,216 public bytes (protocol 1.1: SHAKE256 of a seed)."""
    wide = hashlib.shake_256(seed(label)).digest(96)
    kem, curve = (
        MLKEM768PrivateKey.from_seed_bytes(wide[:64]),
        X25519PrivateKey.from_private_bytes(wide[64:]),
    )
    shown = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return hpke.MLKEM768X25519PrivateKey(kem, curve), shown


# ---- notes and cards ------------------------------------------------------------------------------


def line(name: str, kind: bytes, key: bytes, signature: bytes) -> str:
    """Return one signature line of a C2SP note."""
    key_id = sha(name.encode(), b"\n", kind, key)[:4]
    return f"— {name} {b64(key_id + signature)}\n"


def card_object(name: str, address: str) -> Obj:
    """Return a card that a link can use: desk `node` has its own key and the signer n-01."""

    def signer(desk: str, who: str, *roles: str) -> Obj:
        return {
            "id": who,
            "ed25519": b64(public(f"{name} {desk} signer {who}")),
            "roles": list(roles),
        }

    cert, node = (desk_key(f"{name} desk {desk}")[1] for desk in ("cert", "node"))
    people = [
        signer("cert", "m-01", "author"),
        signer("cert", "s-01", "author", "read", "answer"),
        signer("cert", "s-02", "release"),
    ]
    return {
        "v": 1, "type": "detente-card", "name": name, "display": {"en": name[:-4].title()},
        "serial": 1, "prev": None, "created": "2026-11-01T00:00:00.000Z",
        "expires": "2028-11-01T00:00:00.000Z", "revoked": [],
        "root": {
            "ed25519": b64(public(f"{name} root ed25519")),
            "mldsa65": b64(root_pq(name).public_key().public_bytes_raw()),
        },
        "log": {
            "ed25519": b64(public(f"{name} log ed25519")),
            "cosign_ed25519": b64(public(f"{name} cosign ed25519")),
            "mldsa44": b64(log_pq(name).public_key().public_bytes_raw()),
        },
        "node": {
            "spki_sha256": [b64(seed(f"{name} spki"))], "hpke": b64(node),
            "endpoints": [{"id": "primary", "addr": f"tcp://{address}:7440"}],
        },
        "desks": [
            {"name": "cert", "hpke": b64(cert), "signers": people},
            {"name": "node", "hpke": b64(node), "signers": [signer("node", "n-01", "author")]},
        ],
    }  # fmt: skip


def sign_card(card: Obj) -> bytes:
    """Return the card's note with both root lines."""
    text, signer = canonical(card) + b"\n", f"{card['name']}/detente/card"
    root = f"{card['name']} root ed25519"
    pq = root_pq(card["name"])
    key65, sig65 = pq.public_key().public_bytes_raw(), pq.sign(text, context=b"detente/v1/card")
    lines = line(signer, b"\x01", public(root), ed25519(root).sign(text))
    lines += line(signer, b"\xffdetente.mldsa65/v1", key65, sig65)
    return text + b"\n" + lines.encode()


def fingerprint(name: str) -> bytes:
    """Return the 60 bytes of protocol 2.3."""
    keys = public(f"{name} root ed25519") + root_pq(name).public_key().public_bytes_raw()
    return hashlib.sha512(f"detente/v1/fingerprint\n{name}\n".encode() + keys).digest()[:60]


def link_of(invite_a: bytes, invite_b: bytes) -> Obj:
    """Return nonce and link id from both invites' nonces (protocol 2.5)."""
    sides = sorted([(fingerprint(A), invite_a, A), (fingerprint(B), invite_b, B)])
    (low, low_nonce, low_name), (high, high_nonce, _name) = sides
    nonce = sha(b"detente/v1/nonce\n", low_nonce, high_nonce)[:16]
    digest = sha(b"detente/v1/link\n", low, high, nonce)
    return {
        "invite_nonces": {A: invite_a.hex(), B: invite_b.hex()},
        "fingerprint60": {A: fingerprint(A).hex(), B: fingerprint(B).hex()},
        "lower": low_name,
        "nonce": nonce.hex(),
        "link_hash": digest.hex(),
        "link_id": b32encode(digest).decode().lower()[:16],
    }


# ---- records --------------------------------------------------------------------------------------


def padme(size: int) -> int:
    """Return the padded length of protocol 3.2."""
    size = max(256, size)
    high = size.bit_length() - 1
    step = 1 << (high - high.bit_length())
    return -(-size // step) * step


def inner_of(salt: bytes, text: bytes) -> bytes:
    raw = salt + struct.pack(">I", len(text)) + text
    return raw.ljust(padme(len(raw)), b"\0")


def sign_record(
    owner: str, mid: bytes, body: bytes, who: Sequence[tuple[int, str]], desk: str = "cert"
) -> bytes:
    """Return a signatures block by (role, id), Ed25519 alone."""
    block = bytes([len(who)])
    for role, name in who:
        key = ed25519(f"{owner} {desk} signer {name}")
        sig = key.sign(b"detente/v1/record\n" + bytes([role]) + mid + sha(body))
        one = bytes([1, role, len(name)]) + name.encode() + sig
        block += struct.pack(">H", len(one)) + one
    return block


def header_of(sender: str, receiver: str, label: str, salt: bytes, text: bytes, **more: Any) -> Obj:  # noqa: ANN401
    """Return a header; `more` replaces members. ck is that of an open body unless told."""
    return {
        "v": 1, "kind": "cyber.notice", "from": f"cert@{sender}", "to": [f"cert@{receiver}"],
        "prec": "ROUTINE", "tlp": "AMBER", "caveats": [], "matter": seed("matter")[:16].hex(),
        "s": seed(f"series {label}")[:4].hex(), "n": 1, "reply_to": None, "deadline": None,
        "created": "2026-11-23T00:09:30.000Z", "commit": b64(sha(salt, text)), "ck": b64(bytes(32)),
        "size": len(text), "att": [],
    } | more  # fmt: skip


def envelope_of(header: bytes, sigs: bytes, seals: bytes, body: bytes) -> bytes:
    parts = (struct.pack(">I", len(part)) + part for part in (header, sigs, seals, body))
    return b"DTR1" + b"".join(parts)


def seals_of(mid: bytes, content_key: bytes, desks: Sequence[str]) -> bytes:
    """Return a seals block for desk addresses of this set (fresh HPKE randomness)."""
    block = bytes([len(desks)])
    for address in desks:
        desk, _at, party = address.partition("@")
        private, shown = desk_key(f"{party} desk {desk}")
        sealed = SUITE.encrypt(content_key, private.public_key(), info=b"detente/v1/seal\n" + mid)
        head = bytes([1, len(address)]) + address.encode() + sha(shown)[:8]
        block += head + struct.pack(">H", len(sealed)) + sealed
    return block


# ---- logs and files -------------------------------------------------------------------------------


def root_of(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\x01", root_of(leaves[:half]), root_of(leaves[half:]))


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the inclusion path from the leaf upward (RFC 6962, 2.1.1)."""
    if len(leaves) == 1:
        return []
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < half:
        return [*path_of(leaves[:half], index), root_of(leaves[half:])]
    return [*path_of(leaves[half:], index - half), root_of(leaves[:half])]


def checkpoint(owner: str, link_id: str, size: int, root: bytes) -> bytes:
    """Return the text of a checkpoint."""
    return f"{owner}/detente/{link_id}\n{size}\n{b64(root)}\n".encode()


def lines_of(text: bytes, receiver: str, numbers: str = "13", time: int = TIME) -> list[str]:
    """Return lines of a checkpoint by number: 1, 2 of its owner, 3, 4 of the receiver."""
    origin, size, root = text.decode().split("\n")[:3]
    owner, made = origin.split("/")[0], {}
    for number, name, party in ((2, origin, owner), (4, f"{receiver}/detente", receiver)):
        if str(number) in numbers:
            span = struct.pack(">QQ", 0, int(size)) + b64decode(root)
            names = (bytes([len(n)]) + n.encode() for n in (name, origin))
            message = next(names) + struct.pack(">Q", time) + next(names) + span
            sig = log_pq(party).sign(b"subtree/v1\n\x00" + message)
            key = log_pq(party).public_key().public_bytes_raw()
            made[number] = line(name, b"\x06", key, struct.pack(">Q", time) + sig)
    log, cosign = f"{owner} log ed25519", f"{receiver} cosign ed25519"
    made[1] = line(origin, b"\x01", public(log), ed25519(log).sign(text))
    sig = ed25519(cosign).sign(f"cosignature/v1\ntime {time}\n".encode() + text)
    name = f"{receiver}/detente"
    made[3] = line(name, b"\x04", public(cosign), struct.pack(">Q", time) + sig)
    return [made[int(number)] for number in numbers]


def entry_of(mid: bytes, sigs: bytes, seals: bytes, body: bytes) -> bytes:
    return b"detente/v1/leaf\n" + mid + sha(sigs) + sha(seals) + sha(body)


def proof_of(
    extra: Obj, index: int, path: Sequence[bytes], text: bytes, lines: Sequence[str]
) -> bytes:
    """Return a `.tlog-proof`."""
    head = ["c2sp.org/tlog-proof@v1", f"extra {b64(canonical(extra))}", f"index {index}"]
    rows = [*head, *map(b64, path), "", ""]
    return "\n".join(rows).encode() + text + b"\n" + "".join(lines).encode()


def extra_of(header: bytes, sigs: bytes, seals: bytes, body: bytes, salt: bytes | None) -> Obj:
    parts = {"header": header, "sigs": sigs, "seals": sha(seals), "body": sha(body)}
    if salt is not None:
        parts["salt"] = salt
    return {name: b64(part) for name, part in parts.items()}


def zip_of(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return an evidence file's ZIP: stored, 1980, mode 0600."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        for name, data in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o600 << 16
            made.writestr(info, data)
    return file.getvalue()


def evidence_of(
    matter: str | None, about: str | None, logs: dict[str, int], members: dict[str, bytes]
) -> bytes:
    """Return an `.evidence` file; logs: size by origin."""
    files = [{"name": n, "sha256": sha(members[n]).hex()} for n in sorted(members)]
    manifest = {
        "v": 1, "type": "detente-evidence", "matter": matter, "about": about, "files": files,
        "logs": [{"origin": origin, "size": logs[origin]} for origin in sorted(logs)],
    }  # fmt: skip
    return zip_of([("manifest.json", canonical(manifest)), *sorted(members.items())])


# ---- the set --------------------------------------------------------------------------------------


def kept(place: Path, make: Callable[[], bytes]) -> bytes:
    """Return the file's bytes, made now if it is not there: for what is not reproducible."""
    if not place.exists():
        place.write_bytes(make())
    return place.read_bytes()


def flash(folder: Path) -> tuple[Obj, dict[str, bytes]]:
    """Return a FLASH of two persons, sealed: its values and its parts."""
    salt, key = seed("salt flash"), seed("content key flash")
    text = canonical(
        {"text": "Borealis: your relay 198.51.100.9 opens our grid controllers. Call."}
    )
    header = canonical(
        header_of(A, B, "flash", salt, text, prec="FLASH", ck=b64(sha(b"detente/v1/ck\n", key)))
    )
    mid = sha(header)
    inner = inner_of(salt, text)
    body = ChaCha20Poly1305(key).encrypt(bytes(12), inner, mid)
    sigs = sign_record(A, mid, body, [(1, "s-01"), (2, "s-02")])
    seals = kept(folder / "flash.seals", lambda: seals_of(mid, key, [f"cert@{B}", f"cert@{A}"]))
    parts = {"header": header, "sigs": sigs, "seals": seals, "body": body, "salt": salt}
    return {"plaintext": text.decode(), "content_key": key.hex()}, parts


def delivered(link_id: str) -> tuple[Obj, dict[str, bytes]]:
    """Return an open-body receipt by the desk's unattended signer: its values and its parts."""
    salt = seed("salt delivered")
    text = canonical({"link_id": link_id, "upto": 3, "not": []})
    header = canonical(
        header_of(
            B, A, "delivered", salt, text,
            kind="sys.delivered", matter="0" * 32, tlp="CLEAR", created="2026-11-23T00:10:01.000Z",
        )
    )  # fmt: skip
    body = inner_of(salt, text)
    sigs = sign_record(B, sha(header), body, [(1, "m-01")])
    parts = {"header": header, "sigs": sigs, "seals": b"\0", "body": body, "salt": salt}
    return {"plaintext": text.decode()}, parts


def logged(name: str, owner: str, other: str, link_id: str, known: tuple[Obj, dict[str, bytes]],
           index: int, size: int, time: int) -> tuple[Obj, dict[str, bytes], bytes]:  # fmt: skip
    """Return all values of a record in a log whose other leaves are bare hashes, and its files."""
    values, parts = known
    header, sigs, seals, body = (parts[part] for part in ("header", "sigs", "seals", "body"))
    mid = sha(header)
    entry = entry_of(mid, sigs, seals, body)
    leaves = [sha(b"\x00", f"second leaf {owner} {n}".encode()) for n in range(size)]
    leaves[index] = sha(b"\x00", entry)
    root, path = root_of(leaves), path_of(leaves, index)
    text = checkpoint(owner, link_id, size, root)
    lines = lines_of(text, other, time=time)
    extra = extra_of(header, sigs, seals, body, parts["salt"])
    proof = proof_of(extra, index, path, text, lines)
    envelope = envelope_of(header, sigs, seals, body)
    values |= {
        "salt": parts["salt"].hex(), "commit": sha(parts["salt"], values["plaintext"].encode()).hex(),
        "header": header.decode(), "mid": mid.hex(), "body_len": len(body),
        "body_sha256": sha(body).hex(), "sigs": sigs.hex(), "sigs_sha256": sha(sigs).hex(),
        "seals_sha256": sha(seals).hex(), "envelope_len": len(envelope),
        "envelope_sha256": sha(envelope).hex(), "entry": entry.hex(), "leaf": leaves[index].hex(),
        "index": index, "leaves": [leaf.hex() for leaf in leaves], "root": root.hex(),
        "path": [one.hex() for one in path], "checkpoint": text.decode(), "line1": lines[0],
        "line3": lines[1], "time": time,
    }  # fmt: skip
    return values, {f"{name}.tlog-proof": proof, f"{name}.envelope": envelope}, mid


def frame(kind: int, payload: bytes, rank: int = 0) -> bytes:
    """Return a message that fits one frame; bit 7 is set on all types but RECORD."""
    flags = rank | (0 if kind == RECORD else 0x80)
    return struct.pack(">IBBH", len(payload) + 4, kind, flags, rank) + payload


def head_of(owner: str, link_id: str, envelope: bytes) -> tuple[bytes, bytes, bytes]:
    """Return root, text and line 1 of a log that holds this one record."""
    at, parts = 4, []
    for _ in range(4):
        size = int.from_bytes(envelope[at : at + 4], "big")
        parts.append(envelope[at + 4 : at + 4 + size])
        at += 4 + size
    header, sigs, seals, body = parts
    root = sha(b"\x00", entry_of(sha(header), sigs, seals, body))
    text = checkpoint(owner, link_id, 1, root)
    return root, text, ed25519(f"{owner} log ed25519").sign(text)


def courier(folder: Path, link_id: str, card: bytes, out: bytes, into: bytes) -> tuple[Obj, bytes]:
    """Return values and bytes of a file from A to B: one record of A's, a receipt for one of B's."""
    key, nonce = seed("courier key"), seed("courier nonce")[:16]
    root, _text, line1 = head_of(A, link_id, out)
    in_root, in_text, in_line1 = head_of(B, link_id, into)
    said = f"cosignature/v1\ntime {TIME}\n".encode() + in_text
    line3 = struct.pack(">Q", TIME) + ed25519(f"{A} cosign ed25519").sign(said)
    message = b"detente/v1/carried\n" + link_id.encode() + b"\n" + key
    nothing = {"size": 0, "root": b64(sha()), "line3": None}
    hello = canonical(
        {
            "versions": [1], "party": A, "card_serial": 1,
            "card_hash": b64(sha(card.split(b"\n")[0] + b"\n")), "link_id": link_id,
            "incarnation": b64(seed(f"{A} incarnation")[:16]), "nonce": b64(nonce), "echo": None,
            "path": "courier", "features": [], "limits": {}, "clock": TIME * 1000,
            "carried": b64(ed25519(f"{A} node signer n-01").sign(message)),
            "out": {"size": 1, "root": b64(root), "line1": b64(line1), "got": nothing},
            "in": {"size": 1, "root": b64(in_root), "line1": b64(in_line1), "line3": b64(line3)},
        }
    )  # fmt: skip
    content = frame(0x01, hello)
    content += frame(0x12, struct.pack(">Q", 1) + in_root + line3)
    content += frame(RECORD, struct.pack(">QB", 0, 0) + out, 4)
    content += frame(0x11, struct.pack(">Q", 1) + root + line1, 4)
    node, _public = desk_key(f"{B} desk node")
    info = b"detente/v1/courier\n" + link_id.encode()
    sealed = kept(
        folder / "courier.sealed", lambda: SUITE.encrypt(key, node.public_key(), info=info)
    )
    chunk = ChaCha20Poly1305(key).encrypt(
        struct.pack(">QI", 0, 1), content, b"detente/v1/courier\n"
    )
    file = b"DTB1" + struct.pack(">H", len(sealed)) + sealed + chunk
    digits = [int.from_bytes(sha(file)[i : i + 5], "big") % 100_000 for i in range(0, 20, 5)]
    values = {
        "key": key.hex(), "nonce": nonce.hex(), "hello": hello.decode(), "content_len": len(content),
        "content_sha256": sha(content).hex(), "size": len(file), "sha256": sha(file).hex(),
        "digits": " ".join(f"{group:05}" for group in digits), "root": root.hex(),
    }  # fmt: skip
    return values, file


def next_epoch(folder: Path, link: Obj, heads: dict[str, tuple[int, str]]) -> tuple[Obj, bytes]:
    """Return an epoch note that ends both logs of the set, under both parties' four lines."""
    close = [
        {"origin": f"{n}/detente/{link['link_id']}", "size": size, "root": b64(bytes.fromhex(root))}
        for n, (size, root) in sorted(heads.items())
    ]
    first, second = (
        seed(f"{n} incarnation")[:16] for n in (link["lower"], *({A, B} - {link["lower"]}))
    )
    life = sha(b"detente/v1/life\n", first, second)
    text = canonical({
        "v": 1, "type": "detente-epoch", "link_id": link["link_id"], "epoch": 1, "close": close,
        "reason": "restore", "evidence": None, "life": b64(life),
    }) + b"\n"  # fmt: skip

    def sign() -> bytes:
        lines = ""
        for name in (link["lower"], *({A, B} - {link["lower"]})):
            signer, log, pq = f"{name}/detente/epoch", f"{name} log ed25519", log_pq(name)
            lines += line(signer, b"\x01", public(log), ed25519(log).sign(text))
            signature = pq.sign(text, context=b"detente/v1/epoch")
            key = pq.public_key().public_bytes_raw()
            lines += line(signer, b"\xffdetente.mldsa44/v1", key, signature)
        return text + b"\n" + lines.encode()

    note = kept(folder / "one.epoch", sign)
    low, high = sorted((fingerprint(A), fingerprint(B)))
    digest = sha(b"detente/v1/link\n", low, high, sha(text)[:16])
    said = {
        "text_sha256": sha(text).hex(),
        "nonce": sha(text)[:16].hex(),
        "link_id": b32encode(digest).decode().lower()[:16],
    }
    return said, note


def make(folder: Path) -> None:
    """Write the whole set into a folder."""
    folder.mkdir(exist_ok=True)
    cards = {}
    for name, address in ((A, "198.51.100.17"), (B, "203.0.113.17")):
        object_ = card_object(name, address)
        cards[name] = kept(folder / f"{name}.card", lambda o=object_: sign_card(o))  # type: ignore[misc]  # bound now
    invites = [seed(f"invite nonce {name}")[:16] for name in (A, B)]
    link = link_of(invites[0], invites[1])
    link_id = link["link_id"]
    out, files_out, mid_out = logged("flash", A, B, link_id, flash(folder), 1, 3, TIME)
    back, files_back, mid_back = logged(
        "delivered", B, A, link_id, delivered(link_id), 2, 4, TIME + 2
    )
    members = {f"cards/{name}.card": cards[name] for name in (A, B)}
    members[f"records/{mid_out.hex()}.tlog-proof"] = files_out["flash.tlog-proof"]
    members[f"records/{mid_back.hex()}.tlog-proof"] = files_back["delivered.tlog-proof"]
    text = bytes.fromhex(out["salt"]) + out["plaintext"].encode()
    members[f"records/{mid_out.hex()}.plain"] = text
    logs = {f"{A}/detente/{link_id}": 3, f"{B}/detente/{link_id}": 4}
    file = evidence_of(seed("matter")[:16].hex(), "Two records, one each way", logs, members)
    carried, carried_file = courier(
        folder, link_id, cards[A], files_out["flash.envelope"], files_back["delivered.envelope"]
    )
    heads = {A: (3, out["root"]), B: (4, back["root"])}
    epoch, epoch_note = next_epoch(folder, link, heads)
    note = 'every private seed is SHA-256("detente test vector second " + label)'
    values = {
        "note": note,
        "cards": {n: {"sha256": sha(c).hex(), "text_sha256": sha(c.split(b"\n")[0] + b"\n").hex(),
                      "fingerprint": " ".join(
                          f"{int.from_bytes(fingerprint(n)[i : i + 5], 'big') % 100_000:05}"
                          for i in range(0, 60, 5))} for n, c in cards.items()},
        "link": link, "flash": out, "delivered": back, "courier": carried,
        "epoch": epoch,
        "evidence": {"sha256": sha(file).hex(), "size": len(file)},
    }  # fmt: skip
    made = {
        **files_out,
        **files_back,
        "two.evidence": file,
        "one.courier": carried_file,
        "one.epoch": epoch_note,
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    told = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (folder / "vectors.json").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    make(Path(__file__).parent / "second")
