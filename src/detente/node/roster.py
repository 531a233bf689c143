"""The node's own records: the opening of each link and of the home log. Open bodies.

Normative: spec/kinds/sys.md.
"""

from base64 import b32encode
from hashlib import sha256
from typing import Final

from detente.core import canon, envelope, inner, limits, record
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.core.record import Header, Signature
from detente.node.seat import LinkTerms, Seat

LINK_OPEN: Final = "sys.link_open"
HOME_OPEN: Final = "sys.home_open"
_NO_SEALS: Final = bytes(1)


def new_home_origin(seat: Seat) -> str:
    """Return the name of a fresh home log."""
    tail = b32encode(seat.entropy.draw(10)).decode().lower()
    return f"{seat.party}/detente/home-{tail}"


def _own_record(
    seat: Seat, kind: str, to: str, value: Json, now: Moment, prec: str = "ROUTINE"
) -> bytes:
    salt = seat.entropy.draw(inner.SALT_SIZE)
    text = canon.encode(value)
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


def _opening(terms: LinkTerms, own: Card) -> dict[str, Json]:
    return {
        "v": 1,
        "link_id": terms.link_id,
        "nonce": canon.to_base64(terms.nonce),
        "cards": _card_rows(own, terms.peer),
        "epoch": None,
    }


def link_open(seat: Seat, terms: LinkTerms, now: Moment) -> bytes:
    """Return leaf 0 of our log on a link: which cards and which nonce made it."""
    to = f"node@{terms.peer.name}"
    # It waits like any record, and a FLASH handed in before the first path would overtake it.
    return _own_record(seat, LINK_OPEN, to, _opening(terms, seat.card), now, "FLASH")


def home_open(seat: Seat, old: Json, now: Moment) -> bytes:
    """Return leaf 0 of a home log; `old` is the head of one that was lost, or null."""
    return _own_record(seat, HOME_OPEN, seat.desk, {"v": 1, "old": old}, now)


def compare_opening(seat: Seat, terms: LinkTerms, envelope_bytes: bytes) -> str:
    """Return in words how the peer's opening of the link differs from ours; "" if it does not."""
    try:
        parts = envelope.split(envelope_bytes)
        header = record.read_header(parts.header)
        if header.kind != LINK_OPEN or header.from_ != f"node@{terms.peer.name}":
            return f"their log begins with {header.kind}, not with {LINK_OPEN}"
        text = inner.unpack(parts.body, header.size, header.commit)[1]
        stated = canon.decode_object(text, limits.MAX_BODY)
    except TheirFault as fault:
        return f"the opening of their log cannot be read: {fault.what}"
    ours = _opening(terms, seat.card)
    odd = [name for name, value in ours.items() if stated.get(name) != value]
    return f"the two sides opened the link with different {', '.join(odd)}" if odd else ""
