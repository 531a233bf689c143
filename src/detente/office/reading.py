"""Opening records: what the node kept becomes what folds get. One of two rooms that may open.

A record that cannot be opened or breaks a rule is refused here, answered, and kept; it never
blocks the log. Normative: spec/record.md 2 to 6.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from detente.core import body, envelope, inner, names, record
from detente.core.envelope import Parts
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.core.record import Header, Signers
from detente.node.ports import Kept
from detente.office.desk import Desk, Opened
from detente.office.fields import Values
from detente.office.kind import Newer
from detente.office.kinds import HOUSE
from detente.office.writing import Book, KeysAtWork, Written


@dataclass(frozen=True, slots=True)
class Taken:
    """A record of our desks: its header, who signed, salt and text, and its body if we know it.

    body is None for a kind that no desk here declares, or of a newer version: kept and shown so.
    """

    mid: bytes
    header: Header
    signers: Signers
    salt: bytes
    text: bytes
    body: Values | None
    desk: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that is not acceptable: to be answered, if its header could be read."""

    mid: bytes
    header: Header | None
    fault: TheirFault


def take(
    kept: Kept,
    owner: str,
    book: Book,
    keys: KeysAtWork,
    desks: Mapping[str, Desk],
    second_person: Collection[str],
) -> Taken | Refusal | None:
    """Return the record opened and checked; a refusal; or None if none of our desks is meant.

    owner is the party that writes the log it stands in.
    """
    mid, header = b"", None
    try:
        parts = envelope.split(kept.envelope)
        mid = record.mid_of(parts.header)
        header = record.read_header(parts.header)
        desk = _our_desk(header, owner, book, keys)
        if desk is None:
            return None
        signers = _check_signers(header, mid, parts, owner, book, second_person)
        _check_no_attachments(header)
        salt, text = _open(header, mid, parts, desk, book, keys)
        body_values = read_body(header.kind, text, desks.get(desk))
    except TheirFault as fault:
        return Refusal(mid, header, fault)
    ours = owner == book.card.name
    return Taken(mid, header, signers, salt, text, body_values, desk, ours)


def _check_no_attachments(header: Header) -> None:
    if header.att:
        raise TheirFault(
            "E_ATT", "attachments are not fetched in this version", "send it in the record"
        )


def _our_desk(header: Header, owner: str, book: Book, keys: KeysAtWork) -> str | None:
    if names.party_of(header.from_) != owner:
        raise TheirFault(
            "E_SIG", f"{header.from_} in the log of {owner}", "send it over the link of its author"
        )
    own = book.card.name
    if owner == own:
        meant = [names.desk_of(header.from_)]
    else:
        meant = [names.desk_of(each) for each in header.to if names.party_of(each) == own]
        # Another office of ours may open a desk that this one does not; one on no card, nobody.
        if not any(desk in book.card.desks for desk in meant):
            raise TheirFault(
                "E_DESK",
                f"none of {', '.join(header.to)[:200]} is a desk of {own}",
                "address a desk of the newest card",
            )
    return next((desk for desk in meant if desk in keys.openers), None)


def _check_signers(
    header: Header,
    mid: bytes,
    parts: Parts,
    owner: str,
    book: Book,
    second_person: Collection[str],
) -> Signers:
    card = book.card if owner == book.card.name else book.peers.get(owner)
    desk = card.desks.get(names.desk_of(header.from_)) if card else None
    if desk is None:
        raise TheirFault("E_DESK", f"{header.from_} is on no card", "issue a card that names it")
    signatures = record.read_signatures(parts.sigs)
    signers = record.check_rules(header, signatures, desk, second_person)
    record.check_signatures(signatures, mid, sha256(parts.body).digest(), desk)
    return signers


def _open(
    header: Header, mid: bytes, parts: Parts, desk: str, book: Book, keys: KeysAtWork
) -> tuple[bytes, bytes]:
    if header.is_open:
        return inner.unpack(parts.body, header.size, header.commit)
    opener, address = keys.openers[desk], f"{desk}@{book.card.name}"
    seals = envelope.read_seals(parts.seals)
    for seal in seals:
        if seal.address not in header.to and seal.address != header.from_:
            raise TheirFault("E_DESK", f"a seal for {seal.address}", "seal for addressees only")
    for seal in seals:
        if seal.address == address:
            if seal.key_id != book.card.desks[desk].key_id:
                raise TheirFault("E_DESK", f"{address} has another key now", "seal it again")
            said = (header.ck, header.size, header.commit)
            return body.open_body(parts.body, seal.sealed, opener, mid, said)
    raise TheirFault("E_DESK", f"no seal for {address}", "seal for every desk addressed")


def read_body(kind: str, text: bytes, desk: Desk | None) -> Values | None:
    """Return a body by its kind; None for a kind or version not known here.

    Raises TheirFault as Kind.read does.
    """
    if kind in HOUSE:
        found = HOUSE[kind].read(text)
    elif desk is not None and kind in desk.kind_named:
        found = desk.read(kind, text)
    else:
        return None
    return None if isinstance(found, Newer) else found


def mid_of(envelope_bytes: bytes) -> bytes:
    """Return the identity of the record in an envelope of our own log."""
    return record.mid_of(envelope.split(envelope_bytes).header)


def from_written(written: Written, desk: Desk | None) -> Taken:
    """Return what `take` would give for a record that this office has just made itself."""
    header = written.header
    return Taken(
        mid=written.mid,
        header=header,
        signers=Signers(written.author, None),
        salt=b"",
        text=written.text,
        body=written.body or read_body(header.kind, written.text, desk),
        desk=names.desk_of(header.from_),
        ours=True,
    )


def to_opened(taken: Taken, origin: str, place: int, kept_at: Moment) -> Opened:
    """Return the record as folds get it; its body must be known."""
    header = taken.header
    assert taken.body is not None, "folds get what the desk can read"
    return Opened(
        mid=taken.mid,
        kind=header.kind,
        from_=header.from_,
        to=header.to,
        matter=header.matter,
        s=header.s,
        n=header.n,
        reply_to=header.reply_to,
        prec=header.prec,
        tlp=header.tlp,
        created=header.created,
        kept_at=kept_at,
        deadline=header.deadline,
        ours=taken.ours,
        origin=origin,
        place=place,
        author=taken.signers.author,
        releaser=taken.signers.releaser,
        ext=dict(header.ext or {}),
        body=taken.body,
    )


def unreadable(mid: bytes) -> OurFault:
    """Return the fault of a record that is held and cannot be shown."""
    return OurFault(
        "office.unreadable",
        f"record {record.mid_text(mid)} is of a kind or version this office does not know",
        "upgrade this side to read it; it is kept",
    )
