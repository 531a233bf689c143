"""A party's card: its keys, desks and people, signed by its root keys; and the first meeting.

Normative: spec/party.md (card, fingerprint, invitation, link id).
"""

import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, sha512
from typing import Final

from detente.core import canon, keys, limits, names, signed
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.keys import ContextSigner, Signer
from detente.core.moment import Moment

SUITE: Final = 1  # the default suite (spec/party.md 2.2); 2 is reserved for approved algorithms
CARD_CONTEXT: Final = b"detente/v1/card"
ROLES: Final = frozenset({"author", "release", "read", "answer"})
NONCE_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Person:
    """A signer of a desk: pseudonymous id, key, and what the party lets it sign."""

    id: str
    ed25519: bytes
    roles: frozenset[str]


@lru_cache(maxsize=1_024)
def key_id_of(hpke: bytes) -> bytes:
    """Return the 8 bytes that a seal names a desk's key by."""
    return sha256(hpke).digest()[:8]


@dataclass(frozen=True, slots=True)
class DeskKeys:
    """One desk on a card: the key bodies are sealed to, and its signers by id."""

    name: str
    hpke: bytes
    signers: Mapping[str, Person]

    @property
    def key_id(self) -> bytes:
        """The 8 bytes that a seal names this key by."""
        return key_id_of(self.hpke)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to a node: id of the path and address, `tcp://198.51.100.7:7440`."""

    id: str
    addr: str


@dataclass(frozen=True, slots=True)
class Revoked:
    """A key that no longer counts: its hash, its role, and from which log sizes on it is void."""

    key: bytes
    role: str
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Card:
    """A checked card. `note` is the file's bytes, `text` what the root keys signed."""

    note: bytes
    text: bytes
    name: str
    display: Mapping[str, str]
    serial: int
    prev: bytes | None
    created: Moment
    expires: Moment
    root_ed25519: bytes
    root_mldsa65: bytes
    log: bytes
    cosign: bytes
    mldsa44: bytes
    pins: tuple[bytes, ...]
    node_hpke: bytes
    endpoints: tuple[Endpoint, ...]
    desks: Mapping[str, DeskKeys]
    revoked: tuple[Revoked, ...]

    @property
    def hash(self) -> bytes:
        """H(card text): what `prev` of the next card and a link opening name."""
        return sha256(self.text).digest()

    @property
    def fp60(self) -> bytes:
        """The 60 bytes behind the fingerprint; the order of fingerprints is their order."""
        return sha512(
            b"detente/v1/fingerprint\n"
            + self.name.encode()
            + b"\n"
            + self.root_ed25519
            + self.root_mldsa65
        ).digest()[:60]

    @property
    def fingerprint(self) -> str:
        """Twelve groups of five digits, to be read aloud (spec/party.md 2.3)."""
        raw = self.fp60
        groups = (int.from_bytes(raw[i : i + 5], "big") % 100_000 for i in range(0, 60, 5))
        return " ".join(f"{group:05d}" for group in groups)


class _Reader:
    """Typed reading of one JSON object; every miss is E_CANON and names the member."""

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, dict):
            raise _refuse(f"{where} is no object")
        self._value, self._where = value, where

    def text(self, name: str, length_max: int = 256) -> str:
        value = self._value.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= length_max:
            raise _refuse(f"{self._where}.{name} is no text of 1 to {length_max} characters")
        return value

    def like(self, name: str, length_max: int, form: re.Pattern[str]) -> str:
        value = self.text(name, length_max)
        if not form.fullmatch(value):
            raise _refuse(f"{self._where}.{name} has another form than {form.pattern}")
        return value

    def number(self, name: str) -> int:
        value = self._value.get(name)
        if type(value) is not int or value < 0:
            raise _refuse(f"{self._where}.{name} is no count")
        return value

    def key(self, name: str, size: int) -> bytes:
        return canon.from_base64(self.text(name, 8_192), size)

    def rows(self, name: str, count_max: int) -> list[Json]:
        value = self._value.get(name)
        if not isinstance(value, list) or len(value) > count_max:
            raise _refuse(f"{self._where}.{name} is no list of at most {count_max}")
        return value

    def inner(self, name: str) -> "_Reader":
        return _Reader(self._value.get(name), f"{self._where}.{name}")

    def mapping(self, name: str) -> dict[str, Json]:
        value = self._value.get(name)
        if not isinstance(value, dict):
            raise _refuse(f"{self._where}.{name} is no object")
        return value


def _refuse(what: str) -> TheirFault:
    return TheirFault("E_CANON", f"card: {what}", "ask the party for its card again")


def _read_signer(value: Json, where: str) -> Person:
    row = _Reader(value, where)
    roles = row.rows("roles", len(ROLES))
    if not roles or not all(isinstance(role, str) and role in ROLES for role in roles):
        raise _refuse(f"{where}.roles names a role that is none")
    return Person(
        row.like("id", 64, names.SIGNER),
        row.key("ed25519", keys.ED25519_PUBLIC),
        frozenset(role for role in roles if isinstance(role, str)),
    )


def _read_desk(value: Json, where: str) -> DeskKeys:
    row = _Reader(value, where)
    name = row.like("name", 32, names.DESK)
    people = [
        _read_signer(each, f"{where}.signers[{i}]")
        for i, each in enumerate(row.rows("signers", limits.MAX_SIGNERS))
    ]
    signers = {person.id: person for person in people}
    if len(signers) != len(people):
        raise _refuse(f"{where}.signers names one id twice")
    return DeskKeys(name, row.key("hpke", keys.HPKE_PUBLIC), signers)


def _read_revoked(value: Json, where: str) -> Revoked:
    row = _Reader(value, where)
    sizes = {}
    for link_id, size in row.mapping("sizes").items():
        if type(size) is not int or size < 0:
            raise _refuse(f"{where}.sizes.{link_id} is no size")
        sizes[link_id] = size
    return Revoked(row.key("key", 32), row.text("role", 16), sizes)


def read_card(note: bytes) -> Card:
    """Return the card whose two root signatures hold.

    Unknown members are kept in `text` and ignored. Raises TheirFault: E_SIZE above 64 KiB, E_CANON
    for bytes of another form, E_VERSION for a card or suite that is newer, E_SIG when the Ed25519
    or the ML-DSA-65 signature of the root keys on the card does not hold: both must.
    Source: spec/party.md 2.2.
    """
    outer = signed.read(note, limits.MAX_CARD)
    if not outer.text.endswith(b"}\n"):
        raise _refuse("its text is no line of JSON")
    value = canon.decode_object(outer.text[:-1], limits.MAX_CARD)
    top = _Reader(value, "card")
    if top.text("type") != "detente-card":
        raise _refuse("this file is no party card")
    if not _is_one(value.get("v")) or not _is_one(value.get("suite", SUITE)):
        raise TheirFault("E_VERSION", "a card of a newer form or suite", "upgrade this side")
    if not names.is_party(value.get("name")):
        raise _refuse("name is no party name")
    display = top.mapping("display")
    root, log, node = top.inner("root"), top.inner("log"), top.inner("node")
    desks = [
        _read_desk(each, f"desks[{i}]")
        for i, each in enumerate(top.rows("desks", limits.MAX_DESKS))
    ]
    by_name = {desk.name: desk for desk in desks}
    if len(by_name) != len(desks):
        raise _refuse("one desk stands twice")
    prev = None if value.get("prev", "") is None else top.key("prev", 32)
    if (top.number("serial") == 1) != (prev is None) or top.number("serial") == 0:
        raise _refuse("serial 1 has no predecessor, every other has one")
    card = Card(
        note=note,
        text=outer.text,
        name=top.text("name"),
        display={k: v for k, v in display.items() if isinstance(v, str)},
        serial=top.number("serial"),
        prev=prev,
        created=Moment.parse(top.text("created")),
        expires=Moment.parse(top.text("expires")),
        root_ed25519=root.key("ed25519", keys.ED25519_PUBLIC),
        root_mldsa65=root.key("mldsa65", keys.MLDSA65_PUBLIC),
        log=log.key("ed25519", keys.ED25519_PUBLIC),
        cosign=log.key("cosign_ed25519", keys.ED25519_PUBLIC),
        mldsa44=log.key("mldsa44", keys.MLDSA44_PUBLIC),
        pins=_read_pins(node),
        node_hpke=node.key("hpke", keys.HPKE_PUBLIC),
        endpoints=tuple(
            _read_endpoint(each, f"node.endpoints[{i}]")
            for i, each in enumerate(node.rows("endpoints", limits.MAX_ENDPOINTS))
        ),
        desks=by_name,
        revoked=tuple(
            _read_revoked(each, f"revoked[{i}]")
            for i, each in enumerate(top.rows("revoked", 1_024))
        ),
    )
    _check_distinct(card)
    _check_root_signatures(card, outer)
    return card


def _check_distinct(card: Card) -> None:
    # A key that signs two kinds of statement could be made to say one by asking for the other.
    if len({card.root_ed25519, card.log, card.cosign}) != 3:  # noqa: PLR2004  root, log, cosign
        raise _refuse("root, log and cosign keys are not distinct")


def check_for_link(card: Card) -> None:
    """Raise TheirFault("E_CANON") unless the card can be used on a link.

    It lists a desk `node` whose key is the node's and whose only signer is an author `n-…`.
    Source: spec/party.md 2.2.
    """
    desk = card.desks.get(names.NODE_DESK)
    if desk is None:
        raise _refuse(f"it lists no desk {names.NODE_DESK}, so no link can be opened with it")
    if desk.hpke != card.node_hpke:
        raise _refuse("the key of its desk node is not that of its node")
    people = list(desk.signers.values())
    if len(people) != 1 or not people[0].id.startswith("n-") or people[0].roles != {"author"}:
        raise _refuse("its desk node has other signers than one author n-…")


def _is_one(value: Json) -> bool:
    return value == 1 and value is not True


def _read_pins(node: _Reader) -> tuple[bytes, ...]:
    rows = node.rows("spki_sha256", limits.MAX_PINS)
    pins = tuple(canon.from_base64(row, 32) for row in rows if isinstance(row, str))
    if not rows or len(pins) != len(rows):
        raise _refuse("node.spki_sha256 is no list of hashes")
    return pins


def _read_endpoint(value: Json, where: str) -> Endpoint:
    row = _Reader(value, where)
    return Endpoint(row.like("id", 32, names.SIGNER), row.text("addr", 256))


def signing_name(party: str) -> str:
    """Return the name under which a party signs its card."""
    return f"{party}/detente/card"


def _check_root_signatures(card: Card, note: signed.Note) -> None:
    name = signing_name(card.name)
    classic = note.find(name, signed.key_id(name, signed.ED25519, card.root_ed25519))
    modern = note.find(name, signed.key_id(name, signed.CARD_MLDSA65, card.root_mldsa65))
    if (
        classic is None
        or modern is None
        or not keys.ed25519_holds(card.root_ed25519, classic.signature, card.text)
        or not keys.mldsa_holds(card.root_mldsa65, modern.signature, card.text, CARD_CONTEXT)
    ):
        raise TheirFault(
            "E_SIG",
            f"the root signatures on the card of {card.name} do not both hold",
            "do not use this card; ask the party for it again",
        )


def sign_card(value: dict[str, Json], root: Signer, root_pq: ContextSigner) -> Card:
    """Return the card of these members under both root signatures; raises as `read_card`."""
    text = canon.encode(value) + b"\n"
    name = signing_name(str(value.get("name")))
    lines = (
        signed.Line(name, signed.key_id(name, signed.ED25519, root.public), root.sign(text)),
        signed.Line(
            name,
            signed.key_id(name, signed.CARD_MLDSA65, root_pq.public),
            root_pq.sign(text, CARD_CONTEXT),
        ),
    )
    return read_card(signed.write(text, lines))


def link_nonce(ours: Card, our_nonce: bytes, theirs: Card, their_nonce: bytes) -> bytes:
    """Return the 16 bytes that both invitations give together (spec/party.md 2.5)."""
    return nonce_of((ours.fp60, theirs.fp60), (our_nonce, their_nonce))


def nonce_of(roots: tuple[bytes, bytes], nonces: tuple[bytes, bytes]) -> bytes:
    """Return the 16 bytes that two nonces give together, each with its party's fp60."""
    first, second = nonces if roots[0] < roots[1] else reversed(nonces)
    return sha256(b"detente/v1/nonce\n" + first + second).digest()[:NONCE_SIZE]


def link_id(one: Card, other: Card, nonce: bytes) -> str:
    """Return the 16 characters that name the link of two parties (spec/party.md 2.5)."""
    return link_id_of((one.fp60, other.fp60), nonce)


def link_id_of(roots: tuple[bytes, bytes], nonce: bytes) -> str:
    """Return the name of a link whose parties have these fp60, in any order."""
    low, high = sorted(roots)
    value = sha256(b"detente/v1/link\n" + low + high + nonce).digest()
    return b32encode(value).decode().lower()[:16]


@dataclass(frozen=True, slots=True)
class Invite:
    """What one party hands the other: for whom, this side's nonce, and its own card."""

    peer: str
    nonce: bytes
    card: Card


def write_invite(invite: Invite) -> bytes:
    """Return the file: one line of canonical JSON, an empty line, the card's note."""
    line = canon.encode(
        {
            "v": 1,
            "type": "detente-invite",
            "peer": invite.peer,
            "nonce": canon.to_base64(invite.nonce),
        }
    )
    return line + b"\n\n" + invite.card.note


def read_invite(data: bytes) -> Invite:
    """Read an invitation. Raises TheirFault as `read_card`, and E_CANON for another form."""
    if len(data) > limits.MAX_INVITE:
        raise TheirFault("E_SIZE", "larger than an invitation may be", "ask for it again")
    line, gap, note = data.partition(b"\n\n")
    top = _Reader(canon.decode(line, 1_024) if gap else None, "invitation")
    if top.text("type") != "detente-invite" or top.number("v") != 1:
        raise _refuse("this file is no invitation")
    if not names.is_party(top.text("peer")):
        raise _refuse("invitation.peer is no party name")
    return Invite(top.text("peer"), top.key("nonce", NONCE_SIZE), read_card(note))
