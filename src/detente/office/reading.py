"""Opening records: what the node kept becomes what folds get. One of two rooms that may open.

A record that cannot be opened or breaks a rule is refused here, answered, and kept; it never
blocks the log. Normative: spec/record.md 2 to 6.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from detente.core import body, canon, envelope, inner, limits, names, purged, record, signing, talk
from detente.core.checkpoint import split_origin
from detente.core.envelope import Parts
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.core.record import Header, Signature, Signers
from detente.core.signing import Signed
from detente.node.ports import Kept
from detente.office import enclosing
from detente.office.desk import Desk, Opened
from detente.office.fields import Values
from detente.office.kind import Newer
from detente.office.kinds import HOUSE
from detente.office.writing import Book, KeysAtWork, Written


@dataclass(frozen=True, slots=True)
class Taken:
    """A record of our desks: its header, who signed, salt and text, and its body if we know it.

    body is None for a kind that no desk here declares, or of a newer version: kept and shown so.
    shut: its desk is closed, so that header and signatures are all that was looked at.
    """

    mid: bytes
    header: Header
    signers: Signers
    salt: bytes
    text: bytes
    body: Values | None
    desk: str
    ours: bool
    purged: bool = False  # its text went after its term: body None, salt and text empty
    shut: bool = False  # body None, salt and text empty


class _Shut(Exception):
    """Sealed to a key that the people of the desk have not opened."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that is not acceptable: to be answered, if its header could be read.

    is_signed: its author's signature was checked and holds.
    """

    mid: bytes
    header: Header | None
    fault: TheirFault
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """A record that a desk opened before, in a copy that it cannot open: received is received.

    is_signed: its author signed this copy too, so that its place proves it.
    """

    mid: bytes
    header: Header
    desk: str
    is_signed: bool


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
    mid, header, is_signed = b"", None, False
    if not kept.envelope:
        return None  # its peer had purged it before this node was restored: nothing is known
    if purged.is_stripped(kept.envelope):
        return _take_rest(kept, owner, book, keys, second_person)
    try:
        parts = envelope.split(kept.envelope)
        mid = record.mid_of(parts.header)
        header = record.read_header(parts.header)
        desk = _our_desk(header, owner, book, keys)
        if desk is None:
            return None
        body_hash = sha256(parts.body).digest()
        said = record.read_signatures(parts.sigs)
        signers = _check_signers(kept, header, mid, said, body_hash, owner, book, second_person)
        is_signed = True
        salt, text = _open(header, mid, parts, desk, book, keys)
        body_values = read_body(header.kind, text, desks.get(desk))
        if body_values is not None:  # an unknown kind may name its files in its own way
            enclosing.check(header, body_values)
    except _Shut:
        assert header is not None, "it names the desk"
        assert desk is not None, "it is the one that is closed"
        ours = owner == book.card.name
        return Taken(mid, header, signers, b"", b"", None, desk, ours, shut=True)
    except TheirFault as fault:
        return Refusal(mid, header, fault, is_signed)
    ours = owner == book.card.name
    return Taken(mid, header, signers, salt, text, body_values, desk, ours)


def take_waiting(
    envelope_bytes: bytes, book: Book, keys: KeysAtWork, desks: Mapping[str, Desk]
) -> Taken:
    """Return a record of ours that waits for a second person, opened from its own bytes.

    Everything is checked that its addressees will check, but the second signature. Raises
    TheirFault as `take` refuses; OurFault("office.desk_closed").
    """
    parts = envelope.split(envelope_bytes)
    header, mid = record.read_header(parts.header), record.mid_of(parts.header)
    own, name = book.card.name, names.desk_of(header.from_)
    desk, chain = _our_desk(header, own, book, keys), book.chain(own)
    if desk is None or chain is None:
        raise TheirFault("E_DESK", f"{header.from_} is not opened here", "see the open vault")
    keys.check_open(desk)
    body_hash = sha256(parts.body).digest()
    said = record.read_signatures(parts.sigs)
    signing.desk_that_signed(chain, name, said, Signed(mid, body_hash, "", 0))
    salt, text = _open(header, mid, parts, desk, book, keys)
    body_values = read_body(header.kind, text, desks.get(desk))
    if body_values is not None:
        enclosing.check(header, body_values)
    author = next(one.id for one in said if one.role == record.AUTHOR)
    return Taken(mid, header, Signers(author, None), salt, text, body_values, desk, ours=True)


def _take_rest(
    kept: Kept, owner: str, book: Book, keys: KeysAtWork, second_person: Collection[str]
) -> Taken | Refusal | None:
    mid, header = b"", None
    try:
        rest = purged.read(kept.envelope)
        mid = record.mid_of(rest.header)
        header = record.read_header(rest.header)
        desk = _our_desk(header, owner, book, keys)
        if desk is None:
            return None
        said = record.read_signatures(rest.sigs)
        signers = _check_signers(
            kept, header, mid, said, rest.body_hash, owner, book, second_person
        )
    except TheirFault as fault:
        return Refusal(mid, header, fault)
    ours = owner == book.card.name
    return Taken(mid, header, signers, b"", b"", None, desk, ours, purged=True)


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
    return next((desk for desk in meant if keys.serves(desk)), None)


def _check_signers(
    kept: Kept,
    header: Header,
    mid: bytes,
    signatures: tuple[Signature, ...],
    body_hash: bytes,
    owner: str,
    book: Book,
    second_person: Collection[str],
) -> Signers:
    chain, desk_name = book.chain(owner), names.desk_of(header.from_)
    if chain is None or not chain.has_desk(desk_name):
        raise TheirFault("E_DESK", f"{header.from_} is on no card", "issue a card that names it")
    said = Signed(mid, body_hash, *_place(kept, ours=owner == book.card.name))
    # Rules first: who may not sign at all is told so, whatever its signature.
    record.check_rules(
        header, signatures, chain.desk(desk_name, said.link_id, said.size), second_person
    )
    desk = signing.desk_that_signed(chain, desk_name, signatures, said)
    signers = record.check_rules(header, signatures, desk, second_person)
    if len({one.id for one in signatures}) < len(signatures):  # one id, perhaps by two keys
        record.check_signatures(signatures, mid, body_hash, desk)
    return signers


def _place(kept: Kept, *, ours: bool) -> tuple[str, int]:
    # Of a peer's record, where it stands decides whether a key was revoked before it. What we wrote
    # ourselves stays what it was, whichever keys we took back since.
    return ("", 0) if ours else (split_origin(kept.origin)[1], kept.seq + 1)


def _open(
    header: Header, mid: bytes, parts: Parts, desk: str, book: Book, keys: KeysAtWork
) -> tuple[bytes, bytes]:
    if header.is_open:
        return inner.unpack(parts.body, header.size, header.commit)
    address = f"{desk}@{book.card.name}"
    seals = envelope.read_seals(parts.seals)
    for seal in seals:
        if seal.address not in header.to and seal.address != header.from_:
            raise TheirFault("E_DESK", f"a seal for {seal.address}", "seal for addressees only")
    own = [seal for seal in seals if seal.address == address]
    if not own:
        raise TheirFault("E_DESK", f"no seal for {address}", "seal for every desk addressed")
    # Of a home record there may be two: the desk's, then the house's.
    for seal in own if header.from_ == address else own[:1]:
        opener = keys.opener(seal.key_id)
        if opener is None and seal.key_id == book.card.desks[desk].key_id:
            opener = keys.newest(desk)
        if opener is not None:
            said = (header.ck, header.size, header.commit)
            return body.open_body(parts.body, seal.sealed, opener, mid, said)
    if keys.is_closed(desk):
        raise _Shut
    raise TheirFault("E_DESK", f"{address} has another key now", "seal it again")


def read_body(kind: str, text: bytes, desk: Desk | None) -> Values | None:
    """Return a body by its kind; None for a kind or version not known here.

    Raises TheirFault as Kind.read does.
    """
    if kind in HOUSE:
        found = HOUSE[kind].read(text)
        if kind == talk.DIGEST_KIND and isinstance(found, Values):
            talk.read(text)  # its logs and mids have an order too
    elif desk is not None and kind in desk.kind_named:
        found = desk.read(kind, text)
    else:
        return None
    return None if isinstance(found, Newer) else found


def mid_of(envelope_bytes: bytes) -> bytes:
    """Return the identity of the record in an envelope of our own log, or in what is left of it."""
    return record.mid_of(purged.rest_of(envelope_bytes).header)


def ends_purge(envelope_bytes: bytes) -> bool:
    """Say whether a record of our home log says that texts went and none is going any more."""
    parts = envelope.split(envelope_bytes)
    if b"sys.purge" not in parts.header:  # most of a home log; a header is dear to read
        return False
    header = record.read_header(parts.header)
    if header.kind != "sys.purge":
        return False
    text = inner.unpack(parts.body, header.size, header.commit)[1]
    said = canon.decode_object(text, limits.MAX_BODY)
    return said.get("ended") is True and said.get("records") != 0


def purge_of(envelope_bytes: bytes) -> tuple[Moment, str, str, str]:
    """Return what a purge took: before when, and of which desk, matter and kind, "" for all.

    Raises TheirFault for a record that is no purge.
    """
    parts = envelope.split(envelope_bytes)
    header = record.read_header(parts.header)
    text = inner.unpack(parts.body, header.size, header.commit)[1]
    said = canon.decode_object(text, limits.MAX_BODY)
    desk, matter, kind = (str(said.get(name) or "") for name in ("desk", "matter", "kind"))
    return Moment.parse(str(said.get("before"))), desk, matter, kind


def from_written(written: Written, desk: Desk | None) -> Taken:
    """Return what `take` would give for a record that this office has just made itself."""
    header = written.header
    return Taken(
        mid=written.mid,
        header=header,
        signers=Signers(written.author, written.releaser),
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


def gone(mid: bytes) -> OurFault:
    """Return the fault of a record whose text went after its term."""
    return OurFault(
        "office.purged",
        f"the text of record {record.mid_text(mid)} was taken away after its term",
        "what proves it stays: detente evidence export; ask the other side for its copy",
    )
