"""A record: a header that says what it is, and signatures over it and its body.

Normative: spec/record.md 2 (header) and 4 (signatures).
"""

import re
from base64 import b32encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core import canon, inner, keys, limits, names
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import DeskKeys

PRECEDENCES: Final = names.PRECEDENCES
MARKINGS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # TLP 2.0, rising
AUTHOR: Final = 1
RELEASER: Final = 2
ALG_ED25519: Final = 1
NO_MATTER: Final = "0" * 32  # of what belongs to no matter: openings, deliveries
MID_TEXT: Final = 20  # characters of a mid's short form

_KIND = re.compile(r"[a-z]+(?:\.[a-z_]+){1,3}")
_CAVEAT = re.compile(r"[A-Z0-9 /:-]{1,32}")
_MATTER = re.compile(r"[0-9a-f]{32}")
_SERIES = re.compile(r"[0-9a-f]{8}")
_MEMBERS = frozenset(
    {
        "v", "kind", "from", "to", "prec", "tlp", "caveats", "matter", "s", "n", "reply_to",
        "deadline", "created", "commit", "ck", "size", "att",
    }
)  # fmt: skip
_MEMBERS_EXT = _MEMBERS | {"ext"}
_KNOWN_EXT = {"unreleased": limits.MAX_EXT_REASON, "unaudited": limits.MAX_EXT_REASON,
              "exercise": limits.MAX_EXERCISE}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a header says of one attachment: hash of its manifest, bytes, chunks."""

    aid: bytes
    size: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Header:
    """All that a node may know of a record. Times are the author's claims."""

    kind: str
    from_: str
    to: tuple[str, ...]
    prec: str
    tlp: str
    matter: str
    s: str
    n: int
    created: Moment
    commit: bytes
    ck: bytes
    size: int
    caveats: tuple[str, ...] = ()
    reply_to: bytes | None = None
    deadline: Moment | None = None
    att: tuple[Attachment, ...] = ()
    ext: Mapping[str, Json] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the body is in clear: receipts and the nodes' own records (spec/record.md 6)."""
        return self.ck == inner.OPEN_CK


def mid_of(header: bytes) -> bytes:
    """Return the record's identity: the hash of its header."""
    return sha256(header).digest()


def mid_text(mid: bytes) -> str:
    """Return the 20 characters by which people name a record."""
    return b32encode(mid).decode().lower()[:MID_TEXT]


def write_header(header: Header) -> bytes:
    """Return the canonical bytes of a header; `read_header` is its pair and the judge."""
    value: dict[str, Json] = {
        "v": 1,
        "kind": header.kind,
        "from": header.from_,
        "to": list(header.to),
        "prec": header.prec,
        "tlp": header.tlp,
        "caveats": list(header.caveats),
        "matter": header.matter,
        "s": header.s,
        "n": header.n,
        "reply_to": None if header.reply_to is None else canon.to_base64(header.reply_to),
        "deadline": None if header.deadline is None else str(header.deadline),
        "created": str(header.created),
        "commit": canon.to_base64(header.commit),
        "ck": canon.to_base64(header.ck),
        "size": header.size,
        "att": [
            {"aid": canon.to_base64(one.aid), "size": one.size, "chunks": one.chunks}
            for one in header.att
        ],
    }
    if header.ext is not None:
        value["ext"] = dict(header.ext)
    return canon.encode(value)


def _bad(what: str) -> TheirFault:
    return TheirFault("E_HEADER", f"header: {what}", "write it as spec/record.md 2 says")


def _text(value: dict[str, Json], name: str) -> str:
    found = value[name]
    if not isinstance(found, str):
        raise _bad(f"{name} is no text")
    return found


def _one_of(value: dict[str, Json], name: str, allowed: Collection[str]) -> str:
    found = _text(value, name)
    if found not in allowed:
        raise _bad(f"{name} {found[:20]!r} is none of {', '.join(allowed)}")
    return found


def _like(value: dict[str, Json], name: str, form: re.Pattern[str]) -> str:
    found = value[name]
    if not isinstance(found, str) or not form.fullmatch(found):
        raise _bad(f"{name} has the wrong form: {str(found)[:50]!r}")
    return found


def _count(value: dict[str, Json], name: str, most: int) -> int:
    found = value[name]
    if type(found) is not int or not 0 <= found <= most:
        raise _bad(f"{name} is no number from 0 to {most}")
    return found


def _row(value: dict[str, Json], name: str, most: int, form: re.Pattern[str]) -> tuple[str, ...]:
    found = value[name]
    if not isinstance(found, list) or len(found) > most:
        raise _bad(f"{name} is no list of at most {most}")
    if not found:
        return ()
    texts = [each for each in found if isinstance(each, str) and form.fullmatch(each)]
    if len(texts) != len(found):
        raise _bad(f"{name} has an entry of the wrong form")
    if len(texts) > 1 and sorted(set(texts)) != texts:
        raise _bad(f"{name} is not sorted, or an entry stands twice")
    return tuple(texts)


def _ext(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict) or not value:
        raise _bad("ext is no object, or empty")
    canon.check(value)
    for name, found in value.items():
        if name.startswith("x_"):
            continue
        if name not in _KNOWN_EXT:
            raise TheirFault(
                "E_EXT", f"extension {name!r} must be understood and is not", "upgrade this side"
            )
        if not isinstance(found, str) or not 1 <= len(found) <= _KNOWN_EXT[name]:
            raise _bad(f"ext.{name} is no text of 1 to {_KNOWN_EXT[name]} characters")
    return value


def _attachment(value: Json) -> Attachment:
    if not isinstance(value, dict) or value.keys() != {"aid", "size", "chunks"}:
        raise _bad("an entry of att has other members than aid, size, chunks")
    most = limits.MAX_ATT_SIZE // limits.CHUNK
    return Attachment(
        canon.from_base64(_text(value, "aid"), 32),
        _count(value, "size", limits.MAX_ATT_SIZE + 16 * most),
        _count(value, "chunks", most),
    )


def read_header(data: bytes) -> Header:
    """Return what the bytes of a header say.

    Raises TheirFault: E_SIZE above 8,192 bytes or for a text above 262,144, E_CANON for other
    bytes than canonical ones, E_VERSION for a newer header, E_HEADER for a member that is missing,
    unknown or of the wrong form, E_EXT for an extension that must be understood and is not.
    Source: spec/record.md 2.
    """
    value = canon.parse(data, limits.MAX_HEADER)
    try:
        return _read_header(value)
    except TheirFault:
        canon.check(value)  # bytes that are not canonical are called so, whatever else is wrong
        raise


def _read_header(value: Json) -> Header:
    # Every member is looked at, so a value that passes is canonical in names and numbers too.
    if not isinstance(value, dict):
        raise TheirFault("E_CANON", "a header is an object", "write it as spec/record.md 2 says")
    if value.get("v") is True or value.get("v") != 1:  # True == 1
        raise TheirFault("E_VERSION", "a header of a newer form", "upgrade this side")
    if value.keys() != _MEMBERS and value.keys() != _MEMBERS_EXT:
        odd = sorted(value.keys() - {"ext"} ^ _MEMBERS)
        raise _bad(f"members missing or unknown: {', '.join(odd)[:200]}")
    kind = _like(value, "kind", _KIND)
    if len(kind) > limits.MAX_KIND:
        raise _bad(f"kind is longer than {limits.MAX_KIND}")
    att = value["att"]
    if not isinstance(att, list) or len(att) > limits.MAX_ATT:
        raise _bad(f"att is no list of at most {limits.MAX_ATT}")
    to = _row(value, "to", limits.MAX_TO, names.ADDRESS)
    if not to:
        raise _bad("to names nobody")
    size = _count(value, "size", limits.MAX_INTEGER)
    if size > limits.MAX_BODY:
        raise TheirFault("E_SIZE", f"a text of {size} bytes", f"send at most {limits.MAX_BODY}")
    reply_to, deadline = value["reply_to"], value["deadline"]
    return Header(
        kind=kind,
        from_=_like(value, "from", names.ADDRESS),
        to=to,
        prec=_one_of(value, "prec", PRECEDENCES),
        tlp=_one_of(value, "tlp", MARKINGS),
        matter=_like(value, "matter", _MATTER),
        s=_like(value, "s", _SERIES),
        n=_count(value, "n", limits.MAX_INTEGER),
        created=Moment.parse(_text(value, "created")),
        commit=canon.from_base64(_text(value, "commit"), 32),
        ck=canon.from_base64(_text(value, "ck"), 32),
        size=size,
        caveats=_row(value, "caveats", limits.MAX_CAVEATS, _CAVEAT),
        reply_to=None if reply_to is None else canon.from_base64(_text(value, "reply_to"), 32),
        deadline=None if deadline is None else Moment.parse(_text(value, "deadline")),
        att=tuple(map(_attachment, att)),
        ext=_ext(value["ext"]) if "ext" in value else None,
    )


@dataclass(frozen=True, slots=True)
class Signature:
    """One entry of the signatures block."""

    role: int
    id: str
    signature: bytes
    alg: int = ALG_ED25519


def write_signatures(signatures: Collection[Signature]) -> bytes:
    """Return the block: a count, then each entry with its length (spec/record.md 4)."""
    assert 1 <= len(signatures) <= limits.MAX_SIGS, "one to four signatures"
    block = bytearray([len(signatures)])
    for one in signatures:
        name = one.id.encode()
        entry = bytes([one.alg, one.role, len(name)]) + name + one.signature
        block += len(entry).to_bytes(2, "big") + entry
    return bytes(block)


def _bad_signatures(what: str) -> TheirFault:
    return TheirFault("E_SIG", f"signatures: {what}", "sign it as spec/record.md 4 says")


def read_signatures(block: bytes) -> tuple[Signature, ...]:
    """Return the entries of a signatures block. Raises TheirFault("E_SIG") for another form."""
    if not block or not 1 <= block[0] <= limits.MAX_SIGS:
        raise _bad_signatures(f"their count is not 1 to {limits.MAX_SIGS}")
    found, at = [], 1
    for _ in range(block[0]):
        size = int.from_bytes(block[at : at + 2], "big")
        entry = block[at + 2 : at + 2 + size]
        at += 2 + size
        if len(entry) != size or size < 4:  # noqa: PLR2004  alg, role, length, one character
            raise _bad_signatures("an entry is cut")
        alg, role, length = entry[0], entry[1], entry[2]
        if alg != ALG_ED25519 or not length or len(entry) != 3 + length + keys.ED25519_SIGNATURE:
            raise _bad_signatures("an entry is of another suite or length")
        try:
            name = entry[3 : 3 + length].decode("ascii")
        except UnicodeDecodeError:
            raise _bad_signatures("an id is not ASCII") from None
        found.append(Signature(role, name, entry[3 + length :], alg))
    if at != len(block):
        raise _bad_signatures("bytes after the last entry")
    return tuple(found)


def statement(role: int, mid: bytes, body_hash: bytes) -> bytes:
    """Return what a signer of a record signs (spec/record.md 4)."""
    return b"detente/v1/record\n" + bytes([role]) + mid + body_hash


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signed a record, as ids of the sending desk's card."""

    author: str
    releaser: str | None


def needs_release(header: Header, second_person: Collection[str]) -> bool:
    """Say whether two people must sign: the kinds named, and FLASH outside receipts."""
    return asks_two(header.prec, header.kind, second_person)


def asks_two(prec: str, kind: str, second_person: Collection[str]) -> bool:
    """Say the same of a record that is not made yet (spec/record.md 4.2)."""
    urgent = prec == "FLASH" and not kind.startswith(("ack.", "sys."))
    return urgent or kind in second_person


def _role_needed(kind: str, role: int) -> str:
    if role != AUTHOR:
        return "release"
    if kind == "sys.read":
        return "read"
    return "answer" if kind.startswith("ack.") else "author"


def check_rules(
    header: Header,
    signatures: Collection[Signature],
    desk: DeskKeys,
    second_person: Collection[str],
) -> Signers:
    """Return who signed, by everything that needs no arithmetic on keys.

    desk is the sending desk on the sender's card; second_person names kinds that two people sign.
    Raises TheirFault: E_SIG for a missing, doubled, unknown or unentitled signer, for an open body
    where none belongs, and for a node's kind from a desk or a desk's from a node; E_RELEASE where
    two different people must sign and do not.
    Source: spec/record.md 4 and 6.
    """
    if header.is_open != (header.kind in inner.OPEN_KINDS):
        raise _bad_signatures(f"{header.kind} with the wrong sort of body")
    if (names.desk_of(header.from_) == names.NODE_DESK) != (header.kind in inner.NODE_KINDS):
        raise _bad_signatures(f"{header.kind} from {header.from_}")
    seen: dict[int, Signature] = {}
    for one in signatures:
        if one.role not in (AUTHOR, RELEASER) or one.role in seen:
            raise _bad_signatures("a role that has no place here, or twice")
        person = desk.signers.get(one.id)
        if person is None or _role_needed(header.kind, one.role) not in person.roles:
            raise _bad_signatures(f"{one.id[:64]!r} may not sign this for {header.from_}")
        seen[one.role] = one
    if AUTHOR not in seen:
        raise _bad_signatures("no author")
    author, releaser = seen[AUTHOR], seen.get(RELEASER)
    alone = releaser is None or (
        releaser.id == author.id
        or desk.signers[releaser.id].ed25519 == desk.signers[author.id].ed25519
    )
    if alone and needs_release(header, second_person) and not _may_go_unreleased(header):
        raise TheirFault(
            "E_RELEASE", "two different people must sign this", "have a second person release it"
        )
    return Signers(author.id, releaser.id if releaser else None)


def _may_go_unreleased(header: Header) -> bool:
    urgent = header.prec == "FLASH" or header.kind.startswith("hotline.")
    return urgent and header.ext is not None and "unreleased" in header.ext


def check_signatures(
    signatures: Collection[Signature], mid: bytes, body_hash: bytes, desk: DeskKeys
) -> None:
    """Raise TheirFault("E_SIG") unless each signature holds. Ids were judged by `check_rules`."""
    for one in signatures:
        key = desk.signers[one.id].ed25519
        if not keys.ed25519_holds(key, one.signature, statement(one.role, mid, body_hash)):
            raise _bad_signatures(f"that of {one.id[:64]!r} does not hold")
