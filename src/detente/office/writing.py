"""Making records: number, seal, sign. One of two rooms that may seal a body.

Normative: spec/record.md 2 to 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from detente.core import body, envelope, inner, names, record
from detente.core.canon import Json
from detente.core.envelope import Parts, Seal
from detente.core.errors import OurFault
from detente.core.keys import Entropy, Opener, Signer
from detente.core.moment import Moment
from detente.core.party import Card, DeskKeys
from detente.core.record import Header, Signature
from detente.office.fields import Values

SERIES_KEPT = 4_096  # matters with a series in memory; an older one simply starts a new series


@dataclass(frozen=True, slots=True)
class KeysAtWork:
    """Keys whose owners are at work: openers by desk, signers by id."""

    openers: Mapping[str, Opener]
    signers: Mapping[str, Signer]


@dataclass(frozen=True, slots=True)
class Letter:
    """A record about to be made. text is the plaintext of its body, 262,144 bytes at most.

    body is the same as values, where they are at hand.
    """

    kind: str
    desk: str
    to: tuple[str, ...]
    text: bytes
    created: Moment
    matter: str
    prec: str
    tlp: str
    body: Values | None = None
    is_open: bool = False
    reply_to: bytes | None = None
    deadline: Moment | None = None
    ext: Mapping[str, Json] | None = None
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A finished record: identity, author, header, text, and the envelope that the node takes."""

    mid: bytes
    author: str
    header: Header
    text: bytes
    body: Values | None
    envelope: bytes


@dataclass(slots=True)
class Book:
    """What writing needs to know: our card, the cards of confirmed peers, and running numbers."""

    card: Card
    peers: Mapping[str, Card]
    entropy: Entropy
    _series: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def desk(self, address: str) -> DeskKeys:
        """Return a desk's keys. Raises OurFault: office.no_party, office.no_desk."""
        desk, party = names.split(address)
        card = self.card if party == self.card.name else self.peers.get(party)
        if card is None:
            raise OurFault(
                "office.no_party",
                f"no confirmed link with {party}",
                f"see how far the meeting is: detente party list; then: detente party confirm {party}",
            )
        if desk not in card.desks:
            raise OurFault(
                "office.no_desk",
                f"{party} has no desk {desk} on its card",
                f"choose one of: {', '.join(sorted(card.desks))}",
            )
        return card.desks[desk]

    def number(self, desk: str, matter: str) -> tuple[str, int]:
        """Return series and number for the next record of a desk in a matter.

        A series is random and new at each start, so no crash or restore can use a number twice.
        """
        known = self._series.get((desk, matter))
        if known is None:
            while len(self._series) >= SERIES_KEPT:
                del self._series[next(iter(self._series))]
            known = (self.entropy.draw(4).hex(), 0)
        series, last = known
        self._series[desk, matter] = (series, last + 1)
        return series, last + 1


def write(letter: Letter, author: str, book: Book, keys: KeysAtWork) -> Written:
    """Return the record, sealed to each desk addressed and to our own, and signed.

    author is the signer's id on our card. Raises OurFault: office.no_party, office.no_desk,
    office.no_key; TheirFault("E_SIZE") for too long a text.
    """
    signer = keys.signers.get(author)
    if signer is None:
        raise OurFault("office.no_key", f"the key of {author} is not open", "open the vault")
    own = f"{letter.desk}@{book.card.name}"
    series, number = book.number(letter.desk, letter.matter)
    content = body.prepare(letter.text, book.entropy)
    header = Header(
        kind=letter.kind,
        from_=own,
        to=tuple(sorted(set(letter.to))),
        prec=letter.prec,
        tlp=letter.tlp,
        matter=letter.matter,
        s=series,
        n=number,
        created=letter.created,
        commit=content.commit,
        ck=inner.OPEN_CK if letter.is_open else content.ck,
        size=content.size,
        reply_to=letter.reply_to,
        deadline=letter.deadline,
        ext=letter.ext,
        caveats=letter.caveats,
    )
    head = record.write_header(header)
    mid = record.mid_of(head)
    sealed_body = content.inside if letter.is_open else body.close(content, mid)
    seals = [] if letter.is_open else _seals(content.key, header, own, mid, book)
    message = record.statement(record.AUTHOR, mid, sha256(sealed_body).digest())
    sigs = record.write_signatures([Signature(record.AUTHOR, author, signer.sign(message))])
    parts = Parts(head, sigs, envelope.write_seals(seals), sealed_body)
    return Written(mid, author, header, letter.text, letter.body, envelope.encode(parts))


def _seals(key: bytes, header: Header, own: str, mid: bytes, book: Book) -> list[Seal]:
    found = []
    for address in dict.fromkeys((*header.to, own)):
        desk = book.desk(address)
        found.append(Seal(address, desk.key_id, body.seal_key(key, desk.hpke, mid)))
    return found
