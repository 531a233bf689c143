"""Which cards an office believes: those under root keys whose fingerprint people compared.

A node hands its office the cards of all parties. A node that was taken over could hand in others,
so the office keeps by itself what people typed. Source: spec/party.md 2.3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from detente.core import trust
from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card
from detente.core.trust import Chain
from detente.node.ports import PeerCard

# Fingerprints by party, as people compared them; None where nothing is judged (tests, worlds).
Pins = Callable[[], Mapping[str, Sequence[str]] | None]


def not_judged() -> None:
    """Believe every card that the node hands in."""


@dataclass(frozen=True, slots=True)
class Believed:
    """The chains that hold: ours, and those of peers; and by party why another is refused."""

    own: Chain
    chains: Mapping[str, Chain]
    refused: Mapping[str, str]

    @property
    def peers(self) -> dict[str, Card]:
        """The newest cards of peers, by party."""
        return {name: chain.newest for name, chain in self.chains.items() if name != self.own.name}


def believe(given: Sequence[PeerCard], pins: Mapping[str, Sequence[str]] | None) -> Believed:
    """Judge the cards of a node, its own first.

    Raises OurFault("card.not_ours") if the node's own cards cannot be read, or are not under the
    root keys that this office was made with: then nothing it says can be relied on.
    """
    try:
        own = trust.read_chain(given[0].note if given else b"")
    except TheirFault as fault:
        raise OurFault(
            "card.not_ours", f"the node's own card cannot be read: {fault.what}",
            "do not work here; look at the node: detente check, on its machine",
        ) from None  # fmt: skip
    if pins is not None and own.newest.fingerprint not in pins.get(own.name, ()):
        raise OurFault(
            "card.not_ours",
            f"the node's own card of {own.name} is under root keys that this office does not know",
            "do not work here; if the root was changed: detente card pin, as the office's user",
        )
    chains, refused = {own.name: own}, {}
    for each in given[1:]:
        try:
            chain = trust.read_chain(each.note)
        except TheirFault as fault:
            refused[each.party] = f"its cards cannot be read: {fault.what}"
            continue
        why = _why_not(chain, each.party, pins)
        if why:
            refused[each.party] = why
        else:
            chains[each.party] = chain
    return Believed(own, chains, refused)


def _why_not(chain: Chain, party: str, pins: Mapping[str, Sequence[str]] | None) -> str:
    if chain.name != party:
        return f"the node gave cards of {chain.name} for it"
    if pins is None or chain.newest.fingerprint in pins.get(party, ()):
        return ""
    if party in pins:
        return "the node has cards under other root keys than those that were compared here"
    return f"nobody compared its fingerprint at this office: detente card pin {party}"
