"""What the roof asks of cards on all links: pins, sizes for a revocation, and what is wrong.

Normative: spec/party.md 2.4.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from detente.core.moment import Moment
from detente.link import session
from detente.node.books import Books
from detente.node.ports import Told, Tx


class Sizes(NamedTuple):
    """Where the next card of ours takes over on a link.

    own: the size of our log with that card's record; peer: what we receipted of the peer's log.
    """

    own: int
    peer: int


class RootWait(NamedTuple):
    """A change of root keys that waits on a link. serial: of the first card under the new ones.

    ours: it is our change, else theirs. compared: a person compared it, over there or here.
    """

    party: str
    serial: int
    ours: bool
    compared: bool


def root_waits(links: Iterable[Books]) -> list[RootWait]:
    """Return the changes of root keys that some link has not taken up yet."""
    found = []
    for link in links:
        waiting, party = link.waiting_roots, link.terms.peer.name
        if waiting.ours is not None:
            compared = link.session.peer_compared == waiting.ours.hash
            found.append(RootWait(party, waiting.ours.serial, ours=True, compared=compared))
        if waiting.theirs is not None:
            found.append(RootWait(party, waiting.theirs.serial, ours=False, compared=True))
    return found


def pins(links: Iterable[Books], now: Moment) -> dict[bytes, str]:
    """Return party names by the TLS pins that count now."""
    return {pin: link.terms.peer.name for link in links for pin in link.cards.theirs.pins(now)}


def sizes(links: Mapping[str, Books]) -> dict[str, Sizes]:
    """Return for each link where a card that is made now takes over."""
    found = {}
    for link in links.values():
        opening = 0 if link.out.size else 1
        cards = link.cards.ours.chain.newest.serial - link.cards.ours.told
        found[link.terms.link_id] = Sizes(link.out.size + opening + cards + 1, link.inn.receipted)
    return found


def shown(link: Books) -> tuple[int, ...]:
    """Return the serials of our cards that may be shown to a peer: what it surely has, the newest."""
    known = link.cards.ours.known(link.out.receipted)
    return tuple(dict.fromkeys((known, link.cards.ours.chain.newest.serial)))


def told(links: Iterable[Books], tx: Tx) -> list[Told]:
    """Return how far each peer has our cards."""
    found = []
    for link in links:
        line = link.cards.ours
        known, at = line.known(link.out.receipted), None
        if known == line.base:
            opened = tx.checkpoint_at(link.out.origin, 1)  # the opening named it
            at = opened[1].time if opened else None
        for anchor in line.anchors:
            if anchor.serial == known:
                receipted = tx.checkpoint_at(link.out.origin, anchor.head.size)
                at = receipted[1].time if receipted else None
        # A card that waits for an epoch is told by it: until then the keys before it are needed.
        coming = link.waiting_roots.ours
        due = coming.serial if coming is not None else line.told
        found.append(Told(link.terms.peer.name, due, known, at))
    return found


def problems(links: Iterable[Books]) -> dict[str, str]:
    """Return by party what a person must mend about cards, in words."""
    found = {}
    for link in links:
        cards, newest = link.cards, link.cards.theirs.chain.newest
        said = link.session.peer_serial
        if cards.problem:
            found[newest.name] = cards.problem
        elif said > newest.serial and link.session.state == session.LIVE:
            found[newest.name] = (
                f"they say they have card {said}, and {newest.serial} is known here"
            )
    return found
