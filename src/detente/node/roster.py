"""The node's own records: the openings of links and of the home log, and new cards. Open bodies.

Normative: spec/kinds/sys.md.
"""

from base64 import b32encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final

from detente.core import canon, envelope, inner, limits, names, record
from detente.core.canon import Json
from detente.core.epoch import Epoch
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.core.record import Header, Signature
from detente.core.trust import Chain
from detente.node import succession
from detente.node.ledger import Ledger
from detente.node.seat import LinkTerms, Seat

LINK_OPEN: Final = "sys.link_open"
HOME_OPEN: Final = "sys.home_open"
PURGE: Final = "sys.purge"
_NO_SEALS: Final = bytes(1)
_LINE: Final = ("origin", "line", "pq")
Lines = Mapping[str, tuple[bytes, bytes]]
NO_LINES: Final[Lines] = {}


def new_home_origin(seat: Seat) -> str:
    """Return the name of a fresh home log."""
    tail = b32encode(seat.entropy.draw(10)).decode().lower()
    return f"{seat.party}/detente/home-{tail}"


def head_of(ledger: Ledger) -> Json:
    """Return the head of a log as a record names it."""
    return {"origin": ledger.origin, "size": ledger.size, "root": canon.to_base64(ledger.root)}


def _own_record(
    seat: Seat, kind: str, to: str, value: Json, now: Moment, prec: str = "ROUTINE"
) -> bytes:
    return _own_text(seat, kind, to, canon.encode(value), now, prec)


def _own_text(seat: Seat, kind: str, to: str, text: bytes, now: Moment, prec: str) -> bytes:
    salt = seat.entropy.draw(inner.SALT_SIZE)
    header = record.write_header(
        Header(
            kind=kind,
            from_=seat.desk,
            to=(to,),
            prec=prec,
            tlp="CLEAR",
            matter=record.NO_MATTER,
            s=seat.entropy.draw(4).hex(),
            n=1,
            created=now,
            commit=inner.commitment(salt, text),
            ck=inner.OPEN_CK,
            size=len(text),
        )
    )
    body = inner.pack(salt, text)
    message = record.statement(record.AUTHOR, record.mid_of(header), sha256(body).digest())
    signature = Signature(record.AUTHOR, seat.signer_id, seat.signer.sign(message))
    return envelope.encode(
        envelope.Parts(header, record.write_signatures([signature]), _NO_SEALS, body)
    )


def _card_rows(one: Card, other: Card) -> list[Json]:
    both = sorted((one, other), key=lambda card: card.name)
    return [{"party": card.name, "hash": canon.to_base64(card.hash)} for card in both]


def _epoch(note: Epoch | None, lines: Lines) -> Json:
    if note is None:
        return None
    return {
        "note": canon.to_base64(note.note),
        "lines": [
            {
                "origin": origin,
                "line": canon.to_base64(lines[origin][0]),
                "pq": canon.to_base64(lines[origin][1]),
            }
            for origin in sorted(lines)
        ],
    }


def _opening(terms: LinkTerms, own: Card, lines: Lines) -> dict[str, Json]:
    return {
        "v": 1,
        "link_id": terms.link_id,
        "nonce": canon.to_base64(terms.nonce),
        "cards": _card_rows(own, terms.peer),
        "epoch": _epoch(terms.epoch, lines),
    }


def link_open(seat: Seat, terms: LinkTerms, now: Moment, lines: Lines = NO_LINES) -> bytes:
    """Return leaf 0 of our log on a link: which cards and which nonce or epoch note made it.

    lines: by log that the note closes, our signatures over its closing head: of our own line 1 (64
    bytes) and line 2, of the peer's lines 3 and 4, all but line 1 behind 8 bytes of time.
    """
    to = f"node@{terms.peer.name}"
    # It waits like any record, and a FLASH handed in before the first path would overtake it.
    return _own_record(seat, LINK_OPEN, to, _opening(terms, seat.card, lines), now, "FLASH")


def home_open(seat: Seat, old: Json, now: Moment) -> bytes:
    """Return leaf 0 of a home log; `old` is the head of one that was lost, or null."""
    return _own_record(seat, HOME_OPEN, seat.desk, {"v": 1, "old": old}, now)


def purge(seat: Seat, order: dict[str, Json], now: Moment) -> bytes:
    """Return the home record of a purge: what was ordered, or with `ended` what came of it."""
    return _own_record(seat, PURGE, seat.desk, {"v": 1, **order}, now)


def new_card(seat: Seat, peer: str, card: Card, now: Moment) -> bytes:
    """Return the record that carries our next card to a peer; signed under the card before it."""
    # FLASH: whatever waits behind it is signed with the new keys.
    text = succession.body_of(card)
    return _own_text(seat, succession.KIND, f"{names.NODE_DESK}@{peer}", text, now, "FLASH")


def opened_under(chain: Chain, envelope_bytes: bytes) -> int:
    """Return the serial of the party's card that the opening of its log names."""
    try:
        parts = envelope.split(envelope_bytes)
        header = record.read_header(parts.header)
        text = inner.unpack(parts.body, header.size, header.commit)[1]
        rows = canon.decode_object(text, limits.MAX_BODY).get("cards")
    except TheirFault:
        rows = None
    return succession.opened_under(chain, [found for _, found in _stated_cards(rows)])


def _stated_cards(rows: Json) -> list[tuple[Json, bytes]]:
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("hash"), str):
            with suppress(TheirFault):
                found.append((row.get("party"), canon.from_base64(str(row["hash"]), 32)))
    return found


def _same_cards(stated: Json, chains: Sequence[Chain]) -> bool:
    # Each side names the newest card that it knew, and the other may have a newer one by now.
    found = _stated_cards(stated)
    due = sorted(chains, key=lambda chain: chain.name)
    return (
        isinstance(stated, list)
        and [party for party, _ in found] == [chain.name for chain in due]
        and len(stated) == len(due)
        and all(
            any(card.hash == said for card in chain.cards)
            for (_, said), chain in zip(found, due, strict=True)
        )
    )


def _read_opening(terms: LinkTerms, envelope_bytes: bytes) -> dict[str, Json] | str:
    try:
        parts = envelope.split(envelope_bytes)
        header = record.read_header(parts.header)
        if header.kind != LINK_OPEN or header.from_ != f"node@{terms.peer.name}":
            return f"their log begins with {header.kind}, not with {LINK_OPEN}"
        text = inner.unpack(parts.body, header.size, header.commit)[1]
        return canon.decode_object(text, limits.MAX_BODY)
    except TheirFault as fault:
        return f"the opening of their log cannot be read: {fault.what}"


def compare_opening(seat: Seat, terms: LinkTerms, envelope_bytes: bytes) -> str:
    """Return in words how the peer's opening of the link differs from ours; "" if it does not."""
    stated = _read_opening(terms, envelope_bytes)
    if isinstance(stated, str):
        return stated
    ours = _opening(terms, seat.card, NO_LINES)
    odd = [name for name in ours if name != "epoch" and stated.get(name) != ours[name]]
    if "cards" in odd and _same_cards(stated.get("cards"), (seat.chain, terms.chain)):
        odd.remove("cards")
    known = stated.get("epoch")
    note = known.get("note") if isinstance(known, dict) else known
    if note != (None if terms.epoch is None else canon.to_base64(terms.epoch.note)):
        odd.append("epoch")
    return f"the two sides opened the link with different {', '.join(odd)}" if odd else ""


def closing_lines(terms: LinkTerms, envelope_bytes: bytes) -> Lines:
    """Return the peer's signatures over closing heads from its leaf 0, by log; unjudged."""
    stated = _read_opening(terms, envelope_bytes)
    known = None if isinstance(stated, str) else stated.get("epoch")
    lines = known.get("lines") if isinstance(known, dict) else None
    found: dict[str, tuple[bytes, bytes]] = {}
    for row in lines if isinstance(lines, list) else ():
        told = [row.get(name) for name in _LINE] if isinstance(row, dict) else []
        texts = [each for each in told if isinstance(each, str)]
        if len(texts) == len(_LINE):
            with suppress(TheirFault):
                found[texts[0]] = canon.from_base64(texts[1]), canon.from_base64(texts[2])
    return found
