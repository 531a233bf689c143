"""Cards of a peer that were handed in: which join those held, and which begin under new root keys.

Those under new root keys are kept apart until people have compared them and an epoch of the link
follows. Source: spec/party.md 2.4 and 2.6.
"""

from collections.abc import Sequence
from typing import NamedTuple

from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card
from detente.core.trust import Chain, same_root
from detente.node import succession


class Held(NamedTuple):
    """A peer's cards: those that count, and those under new root keys that wait, compared or not."""

    chain: Chain
    coming: Chain | None = None
    compared: bool = False


def take(held: Held, more: Chain, *, instead: bool = False) -> Held:
    """Return what is held after cards were handed in.

    instead: those under new root keys take the place of others that were compared. Raises CardFork;
    OurFault: card.missing for a gap, card.bad for cards that do not follow, card.root_waits where
    others under new root keys were compared.
    """
    newest = held.chain.newest
    new = [card.serial > newest.serial and not same_root(card, newest) for card in more.cards]
    at = new.index(True) if True in new else len(new)
    same, turned = more.cards[:at], more.cards[at:]
    _check_roots(held.chain, more.cards)
    chain = joined(held.chain, Chain(same)) if same else held.chain
    coming, compared = held.coming, held.compared
    if coming is not None and chain.newest.serial >= coming.cards[0].serial:
        if compared:
            raise _given_up(chain.newest, coming.cards[0])
        coming = None  # nobody compared them, and those held by now exclude them
    held = Held(chain, coming, compared)
    return _turned(held, Chain(turned), instead=instead) if turned else held


def _turned(held: Held, fresh: Chain, *, instead: bool) -> Held:
    chain, first = held.chain, fresh.cards[0]
    if first.serial > chain.newest.serial + 1:
        raise _missing(chain, first)
    if fresh.turns or first.prev != chain.newest.hash:
        raise OurFault(
            "card.bad",
            f"card {first.serial} of {first.name} is under new root keys and does not follow"
            f" card {chain.newest.serial}",
            "ask for the chain file and compare cards by telephone: detente card export --chain",
        )
    before = held.coming
    if before is None or before.cards[0].hash != first.hash:
        if before is not None and held.compared and not instead:
            raise OurFault(
                "card.root_waits",
                f"other new root keys of {first.name} were compared and wait for the line",
                "call them; if these are the right ones: detente card import --instead FILE",
            )
        return Held(chain, fresh)
    return Held(chain, joined(before, fresh), held.compared)


def _check_roots(chain: Chain, cards: Sequence[Card]) -> None:
    former = chain.roots[:-1]
    for card in cards:
        known = chain.card(card.serial)
        is_known = known is not None and known.hash == card.hash
        is_new = card.serial >= chain.cards[0].serial and not is_known
        if is_new and any(same_root(card, each) for each in former):
            raise _given_up(card, chain.turns[-1])


def _given_up(card: Card, newer: Card) -> OurFault:
    return OurFault(
        "card.bad",
        f"card {card.serial} of {card.name} is under root keys that it gave up with card {newer.serial}",
        "do not use it; call them by a number you knew before",
    )


def merged(one: Chain, other: Chain) -> Chain:
    """Return two chains that were both taken before as one. Raises as `joined`."""
    base, more = sorted((one, other), key=lambda each: len(each.turns), reverse=True)
    return joined(base, more)


def joined(held: Chain, more: Chain) -> Chain:
    """Return two chains as one. Raises CardFork; OurFault: card.missing for a gap, card.bad."""
    if more.cards[0].serial > held.newest.serial + 1:
        raise _missing(held, more.cards[0])
    try:
        return succession.join(held, more)
    except succession.CardFork:
        raise
    except TheirFault as fault:
        raise OurFault("card.bad", fault.what, fault.remedy) from None


def _missing(held: Chain, card: Card) -> OurFault:
    first, last = held.newest.serial + 1, card.serial - 1
    return OurFault(
        "card.missing",
        f"of {held.name} the cards {first} to {last} are missing before card {last + 1}",
        "ask for the chain file: detente card export --chain",
    )
