#!/usr/bin/env python3
"""Check a Détente proof or evidence file: one page, one dependency, none of the project's code.

    verify_minimal.py FILE --card A.card --card B.card [--plaintext P] [--accept-fast] [--json]

Needs Python 3.11 and `cryptography` 50. Opens no socket and reads no clock. What it trusts are the
cards given: compare their fingerprints (printed) with the parties, not with whoever sent FILE.
Written from spec/ alone, as a second opinion: where it and `detente verify` differ, one is wrong.

Steps, named when they fail: 0 the file's structure, 1 both cards, 2 header and mid, 3 entry and
leaf, 4 inclusion, 5 the owner's lines (1, 2), 6 the receiver's lines (3, 4), 7 author and releaser,
8 plaintext and salt, 9 strength: FULL is lines 1 to 4, FAST is lines 1 and 3.
Exit codes: 0 valid, 1 not valid, 2 usage or unreadable, 3 valid but FAST only.
"""
# To be read whole: no room for the formatter. Small numbers are the formats'; `need` says why.
# fmt: off
# ruff: noqa: PLR2004, PT018

import argparse
import hashlib
import json
import re
import struct
import sys
import zlib
from base64 import b32encode, b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA65PublicKey

MAX_HEADER, MAX_BODY, MAX_CARD, MAX_PROOF = 8_192, 262_144, 65_536, 131_072  # bytes
MAX_LINES, MAX_PATH, MAX_TREE, MAX_SIGS, MAX_INTEGER = 16, 63, 2**48, 4, 2**53 - 1
MAX_FILE, MAX_RECORDS = 512 * 2**20, 10_000  # of an evidence file
ED25519, COSIGN, MLDSA44, MLDSA65 = b"\x01", b"\x04", b"\x06", b"\xffdetente.mldsa65/v1"
NOT_SHOWN = "that a person read it", "that a clock was right", "that the link id is theirs"
NODE_KINDS, RECORD = {"sys.link_open", "sys.card", "sys.revoke_agree"}, b"detente/v1/record"
Obj = dict[str, Any]
Note = tuple[bytes, dict[tuple[str, bytes], bytes]]  # text, signature by name and key id

class Invalid(Exception):
    """The file proves nothing: the step that failed, the protocol's code for it, and why."""

    def __init__(self, step: int, code: str, why: str) -> None:
        self.step, self.code, self.why, self.record = step, code, why, ""
def need(holds: object, step: int, code: str, why: str) -> None:
    if not holds:
        raise Invalid(step, code, why)
def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
def from64(text: str | bytes, size: int | None = None) -> bytes:
    data = b64decode(text, validate=True)
    same = b64encode(data) == (text.encode() if isinstance(text, str) else text)
    if not same or size not in {None, len(data)}:
        raise ValueError
    return data
# ---- JSON and the shapes of its values -----------------------------------------------------------
def to_json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def in_profile(value: object, depth: int = 1) -> bool:
    """Say whether a value keeps to depth 8, plain names, and integers that every reader has."""
    if isinstance(value, dict | list):
        names, inside = (value, value.values()) if isinstance(value, dict) else ((), value)
        return (depth <= 8 and all(re.fullmatch("[a-z0-9_]{1,32}", name) for name in names)
                and all(in_profile(one, depth + 1) for one in inside))
    return abs(value) <= MAX_INTEGER if isinstance(value, int) else not isinstance(value, float)

def from_json(data: bytes, step: int, what: str, size_max: int) -> Any:  # noqa: ANN401  the border
    need(len(data) <= size_max, step, "E_SIZE", f"{what} is above {size_max} bytes")
    try:  # writing anew also finds names that stand twice, white space and needless escapes
        value = json.loads(data.decode())
        same = in_profile(value) and to_json(value) == data
    except (ValueError, RecursionError):
        same = False
    need(same, step, "E_CANON", f"{what} is not canonical JSON")
    return value

def fits(value: object, shape: object, *, more: bool = False) -> bool:
    """Say whether a JSON value has a shape; `more`: members that it does not name may stand."""
    # Shapes: a value, pattern, range, predicate, (either, or), [of, least, most], {"optional?": of}
    if isinstance(shape, dict):
        wanted = {name.rstrip("?"): one for name, one in shape.items()}
        return (isinstance(value, dict) and (more or value.keys() <= wanted.keys())
                and all(name[-1] == "?" or name in value for name in shape)
                and all(fits(value[n], s, more=more) for n, s in wanted.items() if n in value))
    if isinstance(shape, list):
        return (isinstance(value, list) and shape[1] <= len(value) <= shape[2]
                and all(fits(one, shape[0], more=more) for one in value))
    if isinstance(shape, tuple):
        return any(fits(value, one, more=more) for one in shape)
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    if isinstance(shape, range):
        return type(value) is int and value in shape
    return shape(value) if callable(shape) else type(value) is type(shape) and value == shape
def is64(value: object, size: int | None = None) -> bool:
    try:
        return isinstance(value, str | bytes) and from64(value, size) is not None
    except ValueError:
        return False
def is_time(value: object) -> bool:
    form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{3}Z"
    try:
        return bool(fits(value, re.compile(form)) and datetime.fromisoformat(str(value)))
    except ValueError:
        return False
def is_map(name: str, of: object) -> object:
    return lambda value: isinstance(value, dict) and all(
        re.fullmatch(name, n) and fits(v, of) for n, v in value.items())

COUNT, TEXT, HEX64 = range(MAX_INTEGER + 1), re.compile("(?s:.*)"), re.compile("[0-9a-f]{64}")
KEY, KEY44, KEY65, DESK_KEY = (partial(is64, size=n) for n in (32, 1312, 1952, 1216))
PARTY_NAME = "[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?"
PARTY, ADDRESS = re.compile(PARTY_NAME), re.compile("[a-z][a-z0-9-]{0,31}@" + PARTY_NAME)
ORIGIN = re.compile(f"({PARTY_NAME})/detente/[a-z2-7]{{16}}")
ROLE = re.compile("author|release|read|answer")
SIGNER = {"id": re.compile("[!-~]+"), "ed25519": KEY, "mldsa65?": KEY65, "roles": [ROLE, 0, 4]}
DESK = {"name": re.compile("[a-z][a-z0-9-]{0,31}"), "hpke": DESK_KEY, "signers": [SIGNER, 0, 1024]}
SIZE, ATT = range(MAX_BODY + 1), {"aid": KEY, "size": COUNT, "chunks": range(1, 65_537)}
REVOKED = {"key": KEY, "role": re.compile("log|cosign|mldsa44|tls|desk|signer"), "at": is_time,
           "sizes": is_map("[a-z2-7]{16}", COUNT), "reason": TEXT}
CARD = {
    "v": 1, "type": "detente-card", "suite?": 1, "name": PARTY, "serial": range(1, MAX_INTEGER + 1),
    "display": is_map("[a-z]{2,3}(_[a-z0-9]{2,8})*", TEXT), "prev": (None, KEY),
    "created": is_time, "expires": is_time, "root": {"ed25519": KEY, "mldsa65": KEY65},
    "log": {"ed25519": KEY, "cosign_ed25519": KEY, "mldsa44": KEY44},
    "node": {"spki_sha256": [KEY, 1, 4], "hpke": DESK_KEY, "endpoints": [{}, 0, 16]},
    "desks": [DESK, 0, 64], "revoked": [REVOKED, 0, 4096]}
HEADER = {
    "v": 1, "kind": re.compile(r"(?=.{1,48}\Z)[a-z]+(\.[a-z_]+){1,3}"), "from": ADDRESS,
    "to": [ADDRESS, 1, 16], "prec": re.compile("ROUTINE|PRIORITY|IMMEDIATE|FLASH"),
    "tlp": re.compile(r"CLEAR|GREEN|AMBER(\+STRICT)?|RED"), "matter": re.compile("[0-9a-f]{32}"),
    "caveats": [re.compile("[A-Z0-9 /:-]{1,32}"), 0, 8], "ext?": is_map(".*", lambda _any: True),
    "s": re.compile("[0-9a-f]{8}"), "n": COUNT, "reply_to": (None, KEY), "created": is_time,
    "deadline": (None, is_time), "commit": KEY, "ck": KEY, "size": SIZE, "att": [ATT, 0, 64]}
EXT_MAX = {"unreleased": 200, "unaudited": 200, "exercise": 64}  # characters
EXTRA = {"header": is64, "sigs": is64, "seals": is64, "body": is64, "salt?": KEY}
MANIFEST = {
    "v": 1, "type": "detente-evidence", "matter": (None, re.compile("[0-9a-f]{32}")),
    "about": (None, re.compile("(?s:.{0,200})")),
    "logs": [{"origin": ORIGIN, "size": COUNT}, 1, MAX_RECORDS],
    "files": [{"name": TEXT, "sha256": HEX64}, 1, 65_000]}
# ---- signatures, notes and cards -----------------------------------------------------------------
def verified(kind: bytes, key: bytes, sig: bytes, message: bytes, context: bytes = b"") -> bool:
    try:
        if kind == MLDSA44:
            MLDSA44PublicKey.from_public_bytes(key).verify(sig, message)
        elif kind == MLDSA65:
            MLDSA65PublicKey.from_public_bytes(key).verify(sig, message, context=context)
        else:
            Ed25519PublicKey.from_public_bytes(key).verify(sig, message)
    except (InvalidSignature, ValueError):
        return False
    return True
def key_id(name: str, kind: bytes, key: bytes) -> bytes:
    return sha(name.encode(), b"\n", kind, key)[:4]

def read_note(data: bytes, step: int) -> Note:
    text, gap, tail = data.partition(b"\n\n")
    need(gap and tail.endswith(b"\n"), step, "E_CANON", "no signed note, or its end is missing")
    lines = tail[:-1].split(b"\n")
    need(len(lines) <= MAX_LINES, step, "E_LIMIT", f"more than {MAX_LINES} signature lines")
    found: dict[tuple[str, bytes], bytes] = {}
    for line in lines:
        form = re.fullmatch("\u2014 ([^ +]+) ([^ ]{8,})", line.decode(errors="surrogateescape"))
        well = form and form[1].isprintable() and is64(form[2])
        name, sig = (form[1], from64(form[2])) if form and well else ("", b"")
        need(len(sig) > 4, step, "E_CANON", "a signature line is malformed")
        need((name, sig[:4]) not in found, step or 5, "E_CP_SIG", f"two lines of one key: {name}")
        found[name, sig[:4]] = sig[4:]
    return text + b"\n", found

@dataclass(frozen=True)
class Party:
    """A party as its card, or its cards in ascending order, says. `data` is the file."""

    name: str
    data: bytes
    cards: tuple[Obj, ...]

    def desks(self, name: str) -> list[Obj]:
        """Return the desk of that name on each card that has it."""
        return [desk for card in self.cards for desk in card["desks"] if desk["name"] == name]

    def stands(self, key: bytes, link_id: str, size: int) -> bool:
        """Say whether no card revokes a key for a tree of this size."""
        marks = (one for card in self.cards for one in card["revoked"])
        at = [m["sizes"].get(link_id, 0) for m in marks if from64(m["key"]) == sha(key)]
        return size <= min(at, default=MAX_TREE)

    def fingerprint(self) -> str:
        """Return the 60 digits that people compare."""
        keys = b"".join(from64(self.cards[-1]["root"][alg]) for alg in ("ed25519", "mldsa65"))
        whole = hashlib.sha512(f"detente/v1/fingerprint\n{self.name}\n".encode() + keys).digest()
        parts = (int.from_bytes(whole[i : i + 5], "big") % 100_000 for i in range(0, 60, 5))
        return " ".join(f"{part:05}" for part in parts)

Parties = dict[str, Party]
def read_card(note: bytes, before: tuple[Obj, bytes] | None) -> tuple[Obj, bytes]:
    """Return a card and its text; `before`: those of the one it follows, whatever root."""
    need(len(note) <= MAX_CARD, 1, "E_SIZE", f"a card is above {MAX_CARD} bytes")
    text, lines = read_note(note, 1)
    card: Obj = from_json(text[:-1], 1, "the card", MAX_CARD)
    need(fits(card, CARD, more=True), 1, "E_HEADER", "a card's member is missing or malformed")
    name, log, root = card["name"], card["log"], card["root"]
    for ids in ([d["name"] for d in card["desks"]], [log["ed25519"], log["cosign_ed25519"]],
                *([s["id"] for s in d["signers"]] for d in card["desks"])):
        need(len(set(ids)) == len(ids), 1, "E_HEADER", "a desk, a signer or a log key stands twice")
    follows = (card["serial"] == 1) == (card["prev"] is None)
    if before:
        follows = (name, card["serial"], from64(card["prev"] or "")) == (
            before[0]["name"], before[0]["serial"] + 1, sha(before[1]))
    need(follows, 1, "E_CARD_FORK", "serial and prev do not follow the card before")
    signer, algs = f"{name}/detente/card", ((ED25519, "ed25519"), (MLDSA65, "mldsa65"))
    for kind, member, key in ((k, m, from64(root[m])) for k, m in algs):
        sig = lines.get((signer, key_id(signer, kind, key)), b"")
        good = verified(kind, key, sig, text, b"detente/v1/card")
        need(good, 1, "E_SIG", f"{name}'s card: no good {member} signature of its root")
    return card, text

def read_party(data: bytes) -> Party:
    chain: list[tuple[Obj, bytes]] = []
    for note in re.split(rb"(?<=\n)(?=\{)", data):
        chain.append(read_card(note, chain[-1] if chain else None))
    return Party(chain[-1][0]["name"], data, tuple(card for card, _text in chain))
# ---- one record's proof --------------------------------------------------------------------------
def read_header(data: bytes) -> Obj:
    header: Obj = from_json(data, 2, "the header", MAX_HEADER)
    need(fits(header, HEADER), 2, "E_HEADER", "a member is missing, unknown or malformed")
    need(header["to"] == sorted(set(header["to"])), 2, "E_HEADER", "`to` is not sorted, each once")
    need(header["caveats"] == sorted(header["caveats"]), 2, "E_HEADER", "`caveats` is not sorted")
    for one in header["att"]:  # chunks of 65,552 bytes, the last may be shorter
        need(0 < one["size"] - (one["chunks"] - 1) * 65_552 <= 65_552, 2, "E_ATT", "sizes of `att`")
    for n, v in header.get("ext", {}).items():
        known = n[:2] == "x_" or (isinstance(v, str) and 0 < len(v) <= EXT_MAX.get(n, 0))
        need(known, 2, "E_EXT", f"`ext` has {n} in a form that this version does not know")
    return header

def root_above(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    if size == 1 or not path:
        return leaf if size == 1 and not path else None
    half = 1 << ((size - 1).bit_length() - 1)  # the left side's leaves: RFC 6962, 2.1
    right = index >= half
    below = root_above(leaf, index - half * right, size - half if right else half, path[:-1])
    return below and sha(b"\x01", *((path[-1], below) if right else (below, path[-1])))

def signed_line(kind: bytes, name: str, sig: bytes, text: bytes) -> tuple[int, bytes, bytes]:
    time = int.from_bytes(sig[:8], "big")
    if kind == ED25519:
        return 0, text, sig
    if kind == COSIGN:
        return time, f"cosignature/v1\ntime {time}\n".encode() + text, sig[8:]
    origin, size, root, _end = text.split(b"\n")
    head, log = (bytes([len(one)]) + one for one in (name.encode(), origin))
    message = b"subtree/v1\n\x00" + head + sig[:8] + log + struct.pack(">QQ", 0, int(size))
    return time, message + from64(root), sig[8:]

def check_lines(note: Note, parties: Parties, origin: str,
                size: int) -> tuple[dict[str, dict[int, int]], list[str]]:
    """Return each party's good lines (number: time), and the lines that are not counted."""
    known: dict[tuple[str, bytes], tuple[Party, int, bytes, bytes]] = {}
    for party in parties.values():
        name = f"{party.name}/detente"
        rows = [(3, name, COSIGN, "cosign_ed25519"), (4, name, MLDSA44, "mldsa44")]
        if origin.startswith(name + "/"):
            rows += [(1, origin, ED25519, "ed25519"), (2, origin, MLDSA44, "mldsa44")]
        for number, signer, kind, member in rows:
            for key in (from64(card["log"][member]) for card in party.cards):
                if party.stands(key, origin[-16:], size):
                    known[signer, key_id(signer, kind, key)] = (party, number, kind, key)
    good: dict[str, dict[int, int]] = {name: {} for name in parties}
    unknown: list[str] = []
    for (name, short), sig in note[1].items():
        if (name, short) not in known:
            unknown.append(f"{name} {short.hex()}")
            continue
        party, number, kind, key = known[name, short]
        time, message, raw = signed_line(kind, name, sig, note[0])
        step, why = 5 if number < 3 else 6, f"line {number} of {name} is wrong"
        need(verified(kind, key, raw, message), step, "E_CP_SIG", why)
        good[party.name][number] = min(time, good[party.name].get(number, time))
    return good, unknown

def split_sigs(block: bytes) -> list[tuple[int, int, str, bytes]]:
    entries, rest = [], block[1:]
    while rest:
        size = int.from_bytes(rest[:2])
        alg, role, id_size = (*rest[2:5], 0, 0, 0)[:3]
        who, sig, rest = rest[5 : 5 + id_size], rest[5 + id_size : 2 + size], rest[2 + size :]
        well = len(sig) == size - 3 - id_size == {1: 64, 2: 64 + 3309}.get(alg) and who.isascii()
        need(well, 7, "E_SIG", "an entry of the signatures block is malformed")
        entries.append((alg, role, who.decode(), sig))
    well = block[:1] == bytes([len(entries) & 255]) and 1 <= len(entries) <= MAX_SIGS
    need(well, 7, "E_SIG", f"not 1 to {MAX_SIGS} signatures, or another number said")
    return entries

def check_people(header: Obj, what: bytes, block: bytes, owner: Party,
                 at: tuple[str, int]) -> tuple[str, list[str], bool]:
    """Return the author, the releasers, and whether two persons signed; `at`: link id and size."""
    kind, (desk, _at, party) = header["kind"], header["from"].partition("@")
    need(party == owner.name, 7, "E_SIG", "`from` is no desk of the log's owner")
    need(desk != "node" or kind in NODE_KINDS, 7, "E_SIG", f"a node may not say {kind}")
    usual = "answer" if kind.startswith("ack.") else "read" if kind == "sys.read" else "author"
    people: dict[tuple[int, str], bytes] = {}
    for alg, role, who, sig in split_sigs(block):
        need(role in {1, 2} and (role, who) not in people, 7, "E_SIG", f"{who!a} as role {role}")
        message = RECORD + b"\n" + bytes([role]) + what
        for one in (signer for d in owner.desks(desk) for signer in d["signers"]):
            may = one["id"] == who and (usual if role == 1 else "release") in one["roles"]
            key, key65 = from64(one["ed25519"]), from64(one.get("mldsa65", ""))
            good = may and owner.stands(key, *at) and verified(ED25519, key, sig[:64], message)
            if good and (alg == 1 or verified(MLDSA65, key65, sig[64:], message, RECORD)):
                people[role, who] = key
        need((role, who) in people, 7, "E_SIG", f"{who!a}, role {role}: no such signature")
    authors, releasers = ([who for role, who in people if role == r] for r in (1, 2))
    need(len(authors) == 1, 7, "E_SIG", "not exactly one author")
    two = any(r != authors[0] and people[2, r] != people[1, authors[0]] for r in releasers)
    exempt = kind.startswith(("ack.", "sys.")) or "unreleased" in header.get("ext", {})
    need(two or exempt or header["prec"] != "FLASH", 7, "E_RELEASE", "FLASH of one person alone")
    return authors[0], releasers, two

def check_proof(data: bytes, parties: Parties, text: bytes | None, salt: bytes | None) -> Obj:
    need(len(data) <= MAX_PROOF, 0, "E_LIMIT", f"the proof is above {MAX_PROOF} bytes")
    head, _gap, note_bytes = data.partition(b"\n\n")
    magic, extra_line, index_line, *hashes = [*head.split(b"\n"), b"", b""]
    place, hashes = re.fullmatch(rb"index (0|[1-9][0-9]{0,14})", index_line), hashes[:-2]
    need(len(hashes) <= MAX_PATH, 0, "E_LIMIT", f"a path of more than {MAX_PATH} hashes")
    well = magic == b"c2sp.org/tlog-proof@v1" and extra_line[:6] == b"extra " and place and is64(
        extra_line[6:]) and all(is64(one, 32) for one in hashes)
    need(well, 0, "E_CANON", "no tlog-proof@v1 file, or a line is not strict base64 of its length")
    extra = from_json(from64(extra_line[6:]), 0, "the line `extra`", MAX_PROOF)
    need(fits(extra, EXTRA), 0, "E_CANON", "`extra` has not its members, each base64")
    note = read_note(note_bytes, 0)
    form = re.fullmatch(rb"([ -~]+)\n([1-9][0-9]{0,14})\n([ -~]{44})\n", note[0])
    owned = form and is64(form[3], 32) and ORIGIN.fullmatch(form[1].decode())
    need(owned, 0, "E_CANON", "no checkpoint of a link's log")
    assert form and owned and place  # as `need` has found
    origin, size, root, index = owned[0], int(form[2]), from64(form[3]), int(place[1])
    need(owned[1] in parties, 1, "E_SIG", f"no card given of {owned[1]}, the owner of the log")
    owner = parties[owned[1]]
    raw, sigs, seals, body = (from64(extra[n]) for n in ("header", "sigs", "seals", "body"))
    header, mid = read_header(raw), sha(raw)
    entry = b"detente/v1/leaf\n" + mid + sha(sigs) + seals + body
    need(len(seals) == len(body) == 32, 3, "E_CANON", "H(seals) and H(body) have 32 bytes")
    need(index < size <= MAX_TREE, 4, "E_ROOT", f"index {index} is outside a tree of {size}")
    leads = root_above(sha(b"\x00", entry), index, size, list(map(from64, hashes))) == root
    need(leads, 4, "E_ROOT", "the path does not lead from this record to the root")
    good, unknown = check_lines(note, parties, origin, size)
    need(1 in good[owner.name], 5, "E_CP_SIG", f"line 1 is missing: no head of {owner.name}")
    receivers = [parties[name] for name in good if name != owner.name and 3 in good[name]]
    need(len(receivers) == 1, 6, "E_CP_SIG", f"line 3 is of {len(receivers)} parties known here")
    receiver, to = receivers[0], (one.partition("@") for one in header["to"])
    asked = any(name == receiver.name and receiver.desks(desk) for desk, _at, name in to)
    need(asked, 6, "E_DESK", f"`to` names no desk of {receiver.name}: a receipt of nothing")
    people = check_people(header, mid + body, sigs, owner, (origin[-16:], index + 1))
    if text is not None:
        told = from64(extra.get("salt", "")) or salt or b""
        need(told and salt in {None, told}, 8, "E_COMMIT", "no salt to the text, or two")
        need(len(text) == header["size"], 8, "E_SIZE", f"{len(text)} bytes, not {header['size']}")
        need(sha(told, text) == from64(header["commit"]), 8, "E_COMMIT", "another text was sent")
    at = min(good[receiver.name][3], 253_402_300_799)  # the year 9999 ends
    full, ext = 2 in good[owner.name] and 4 in good[receiver.name], header.get("ext", {})
    return {n: header[n] for n in ("kind", "from", "to", "prec", "tlp", "matter", "created")} | {
        "mid": mid.hex(), "short": b32encode(mid).decode().lower()[:20], "origin": origin,
        "index": index, "size": size, "root": root.hex(), "receiver": receiver.name,
        "stored_at": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        "author": people[0], "releasers": people[1],
        "releaser": next(iter(people[1]), None), **{mark: ext.get(mark) for mark in EXT_MAX},
        "text": text is not None, "unknown_lines": unknown,
        "digest": f": {text!a}, not compared" if text and header["kind"] == "matter.digest" else "",
        "strength": "FULL" if full else "FAST", "judged": people[2] or header["kind"][:4] == "sys."}
# ---- several: an evidence file -------------------------------------------------------------------
def to_zip(members: list[tuple[bytes, bytes]]) -> bytes:
    body, directory = bytearray(), bytearray()
    for name, data in members:
        facts = (20, 0, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(name), 0)
        central = (0x02014B50, 20 | 3 << 8, *facts, 0, 0, 0, 0o600 << 16, len(body))
        directory += struct.pack("<IHHHHHHIIIHHHHHII", *central) + name
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, *facts) + name + data
    end = (0x06054B50, 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory + struct.pack("<IHHHHIIH", *end))

def from_zip(data: bytes) -> list[tuple[bytes, bytes]]:
    members, at = list[tuple[bytes, bytes]](), 0
    while data[at : at + 4] == b"PK\x03\x04" and len(data) >= at + 30:
        need(len(members) < 65_000, 0, "E_LIMIT", "too many members")
        size, name_size = struct.unpack_from("<IH", data, at + 22)
        start = at + 30 + name_size
        members.append((data[at + 30 : start], data[start : start + size]))
        at = start + size
    need(members and to_zip(members) == data, 0, "E_CANON", "not the one ZIP of its members")
    return members

def check_evidence(data: bytes, parties: Parties) -> list[Obj]:
    need(len(data) <= MAX_FILE, 0, "E_LIMIT", f"the file is above {MAX_FILE} bytes")
    (first, manifest_bytes), *rest = ((n.decode("latin-1"), body) for n, body in from_zip(data))
    held = dict(rest)
    pattern = f"cards/({PARTY_NAME})\\.card|(records/([0-9a-f]{{64}}))\\.(plain|tlog-proof)"
    found = [re.fullmatch(pattern, name) for name, _body in rest]
    well = first == "manifest.json" and rest == sorted(held.items()) and all(found)
    need(well, 0, "E_CANON", "not manifest.json, then cards and records, sorted, each once")
    manifest = from_json(manifest_bytes, 0, "manifest.json", MAX_FILE)
    need(fits(manifest, MANIFEST), 0, "E_CANON", "manifest.json has not its members")
    files = [{"name": name, "sha256": sha(body).hex()} for name, body in rest]
    need(manifest["files"] == files, 0, "E_CANON", "manifest.json lists other files or hashes")
    proofs, texts = ([m[2] for m in found if m and m[4] == e] for e in ("tlog-proof", "plain"))
    need(0 < len(proofs) <= MAX_RECORDS, 0, "E_LIMIT", f"not 1 to {MAX_RECORDS} records")
    need(set(texts) <= set(proofs), 0, "E_CANON", "a text without its proof")
    used = {m[1]: parties.get(m[1]) for m in found if m and m[1]}
    cut = partial(re.sub, rb"(?<=\n)(?=\{)|\A|\Z", b"\0")  # so that only whole cards are found
    inside = {n: p for n, p in used.items() if p and cut(held[f"cards/{n}.card"]) in cut(p.data)}
    need(inside.keys() == used.keys(), 1, "E_CARD_FORK", "a card inside is none of those given")
    records: list[Obj] = []
    for name in proofs:
        plain = held.get(f"{name}.plain")
        try:
            need(plain is None or len(plain) >= 32, 8, "E_COMMIT", "a text without its salt")
            told = (None, None) if plain is None else (plain[32:], plain[:32])
            record = check_proof(held[f"{name}.tlog-proof"], inside, *told)
            need(record["mid"] == name[8:], 2, "E_CANON", "the member's name is not the mid")
            apart = record["matter"] == "0" * 32 and record["kind"][:4] == "sys."
            same = apart or manifest["matter"] in {None, record["matter"]}
            need(same, 0, "E_HEADER", "the record is of another matter")
        except Invalid as fault:
            fault.record = name[8:]
            raise
        records.append(record)
    sizes = dict(sorted((one["origin"], one["size"]) for one in records))  # the largest stays
    logs = [{"origin": origin, "size": size} for origin, size in sizes.items()]
    need(manifest["logs"] == logs, 0, "E_CANON", "manifest.json lists other logs or sizes")
    return records
# ---- what is shown, and the command --------------------------------------------------------------
def judge(data: bytes, cards: list[bytes], text: bytes | None = None, *, many: bool = False) -> Obj:
    answer: Obj = dict.fromkeys(("strength", "step", "code", "why", "record"))
    answer |= {"valid": False, "records": [], "not_shown": [], "fingerprints": {}}
    try:
        parties = {party.name: party for party in map(read_party, cards)}
        answer["fingerprints"] = {name: party.fingerprint() for name, party in parties.items()}
        need(len(parties) == len(cards), 1, "E_CARD_FORK", "two cards of one party")
        found = check_evidence(data, parties) if many else [check_proof(data, parties, text, None)]
    except Invalid as fault:
        why = fault.why if fault.step else f"the file's structure: {fault.why}"
        return answer | vars(fault) | {"step": str(fault.step), "why": why}
    heads = {(one["origin"], one["size"], one["root"]) for one in found}
    kinds = sorted({one["kind"] for one in found if not one["judged"]})
    hidden = [*NOT_SHOWN, *(f"release rule of this kind not judged: {kind}" for kind in kinds)]
    hidden += ["that these are all the records of the matter"] * many
    if len(heads) > len({head[:2] for head in heads}):
        hidden += ["that there was one log: two heads of one size stand in this file"]
    strength = "FULL" if all(one["strength"] == "FULL" for one in found) else "FAST"
    return answer | {"valid": True, "strength": strength, "records": found, "not_shown": hidden}

def tell(answer: Obj) -> list[str]:
    lines = [f"card of {name}: {digits}" for name, digits in answer["fingerprints"].items()]
    for one in answer["records"]:
        lines += [
            f"record {one['mid']}, short {one['short']}, matter {one['matter']}",
            f"  {one['kind']} {one['prec']} {one['tlp']}, {one['from']} to {' '.join(one['to'])}",
            f"  author {one['author']}, released by {', '.join(one['releasers']) or 'nobody'}",
            f"  record {one['index']} of the first {one['size']} in {one['origin']}",
            f"  {one['receiver']} says: stored, {one['stored_at']}; {one['strength']}",
            *[f"  the text given is the text sent{one['digest']}"] * one["text"],
            *(f"  {mark.upper()}: {one[mark]!a}" for mark in EXT_MAX if one[mark]),
            *(f"  line of an unknown key, not counted: {u!a}" for u in one["unknown_lines"])]
    lines += [f"not shown: {one}" for one in answer["not_shown"]]
    if answer["valid"]:
        return [*lines, f"step 9: valid, {answer['strength']}"]
    whose = f"record {answer['record']}: step" if answer["record"] else "step"
    return [*lines, f"{whose} {answer['step']}: {answer['why']} ({answer['code']})"]

def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check a proof or evidence file offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--card", type=Path, action="append", required=True, help="of each party")
    parser.add_argument("--plaintext", type=Path, help="the text of the one record of a proof")
    for name, about in ("--accept-fast", "FAST is enough: exit 0"), ("--json", "one JSON document"):
        parser.add_argument(name, action="store_true", help=about)
    options = parser.parse_args(argv)
    try:
        data, *cards = (place.read_bytes() for place in (options.file, *options.card))
        text = options.plaintext.read_bytes() if options.plaintext else None
    except OSError as fault:
        parser.error(str(fault))
    many = options.file.suffix == ".evidence" or data[:2] == b"PK"
    if len(cards) < 2 or (many and text is not None):
        parser.error("give the cards of both parties, and --plaintext to a proof only")
    answer = judge(data, cards, text, many=many)
    sys.stdout.write((json.dumps(answer) if options.json else "\n".join(tell(answer))) + "\n")
    enough = answer["strength"] == "FULL" or options.accept_fast
    return 1 if not answer["valid"] else 0 if enough else 3

if __name__ == "__main__":
    sys.exit(main())
