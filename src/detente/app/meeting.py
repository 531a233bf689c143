"""The cards in a party's folder, and meeting another party. Source: spec/party.md 2.5.

party/     card, peers/<name>/: their card, this side's nonce, theirs, and whether a person compared
node/      vault, store, sockets of the node
office/    vault, store, socket of the office, people
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detente.app import handed, pins
from detente.app.digits import read_groups
from detente.app.system import SystemEntropy, write_private
from detente.core import names, party, trust
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.core.party import Card, Invite
from detente.core.trust import Chain
from detente.node import succession


@dataclass(frozen=True, slots=True)
class Peer:
    """A party that we invited or whose invitation we have."""

    name: str
    our_nonce: bytes
    their_nonce: bytes | None
    chain: Chain | None
    confirmed_at: str | None
    coming: Chain | None = None  # cards under new root keys, to be compared again
    next_confirmed_at: str | None = None
    forked: tuple[bytes, bytes] | None = None  # two cards that exclude each other
    roots: tuple[bytes, bytes] | None = None  # fp60 that the link was made with, ours and theirs

    @property
    def card(self) -> Card | None:
        """The newest card that was handed in."""
        return self.chain.newest if self.chain else None

    def state(self) -> str:
        """Say how far the meeting has come."""
        if self.card is None:
            return "invited"
        if self.coming is not None:
            return "root compared" if self.next_confirmed_at else "root changed"
        return "confirmed" if self.confirmed_at else "not compared"


def check_name(name: str) -> None:
    """Raise OurFault("form.party") unless this may be a party's name."""
    if not names.is_party(name):
        raise OurFault(
            "form.party",
            f"{name[:80]!r} is no party name",
            "use a-z, 0-9, '.' and '-': aurelia.gov",
        )


class Meeting:
    """The party/ folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "party"

    def card(self) -> Card:
        """Return our own newest card. Raises OurFault: config.missing, card.bad."""
        return self.chain().newest

    def chain(self) -> Chain:
        """Return our own cards. Raises OurFault: config.missing, card.bad."""
        file = self._folder / "chain"
        return _chain(file if file.exists() else self._folder / "card")

    def peers(self) -> list[Peer]:
        """Return all parties known here, by name."""
        folder = self._folder / "peers"
        if not folder.is_dir():
            return []
        return [self._peer(each.name) for each in sorted(folder.iterdir()) if each.is_dir()]

    def _peer(self, name: str) -> Peer:
        folder = self._folder / "peers" / name
        file, theirs = folder / "state.json", folder / "chain"
        if not theirs.exists():
            theirs = folder / "card"
        chain = _chain(theirs) if theirs.exists() else None
        other = folder / "next.card"
        coming = _chain(other) if other.exists() else None
        if coming and chain and chain.newest.serial >= coming.newest.serial:
            coming = None  # a crash came before the file was taken away
        try:
            state: dict[str, Any] = json.loads(_read(file))
            nonce = state["their_nonce"]
            return Peer(
                name,
                bytes.fromhex(state["our_nonce"]),
                bytes.fromhex(nonce) if nonce else None,
                chain,
                state["confirmed_at"],
                coming,
                state.get("next_confirmed_at") if coming else None,
                _forked(folder / "forked.cards"),
                _roots(state.get("roots")),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise OurFault(
                "config.bad", f"{file}: {error}", "restore the party's folder from a backup"
            ) from None

    def find(self, name: str) -> Peer:
        """Return one peer. Raises OurFault("party.unknown")."""
        check_name(name)
        if not (self._folder / "peers" / name).is_dir():
            raise OurFault(
                "party.unknown",
                f"{name} is not known here",
                f"begin with: detente party invite {name}",
            )
        return self._peer(name)

    def _keep(self, peer: Peer) -> None:
        folder = self._folder / "peers" / peer.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if peer.chain is not None:
            write_private(folder / "chain", peer.chain.data)
            write_private(folder / "card", peer.chain.newest.note)
        if peer.coming is not None:
            write_private(folder / "next.card", peer.coming.data)
        state = {
            "our_nonce": peer.our_nonce.hex(),
            "their_nonce": peer.their_nonce.hex() if peer.their_nonce else None,
            "confirmed_at": peer.confirmed_at,
            "next_confirmed_at": peer.next_confirmed_at,
            "roots": [each.hex() for each in peer.roots] if peer.roots else None,
        }
        write_private(folder / "state.json", json.dumps(state).encode())
        if peer.coming is None:
            (folder / "next.card").unlink(missing_ok=True)

    def invite(self, name: str) -> bytes:
        """Return the invitation for a party: our card and this side's nonce for it, remembered.

        Raises OurFault: form.party, party.self.
        """
        check_name(name)
        card = self.card()
        if name == card.name:
            raise OurFault("party.self", "that is this party itself", "name the other party")
        return party.write_invite(Invite(name, self._nonce_for(name), card))

    def _nonce_for(self, name: str) -> bytes:
        if (self._folder / "peers" / name).is_dir():
            return self._peer(name).our_nonce
        nonce = SystemEntropy().draw(party.NONCE_SIZE)
        self._keep(Peer(name, nonce, None, None, None))
        return nonce

    def add(self, data: bytes) -> Peer:
        """Take a party's invitation: card checked, state "not compared" until a person compares.

        Raises TheirFault as `read_invite` and `check_for_link`; OurFault: party.not_for_us, party.changed.
        """
        found, own = party.read_invite(data), self.card()
        name = found.card.name
        if found.peer != own.name:
            raise OurFault(
                "party.not_for_us",
                f"this invitation of {name} is for {found.peer}",
                f"ask {name} for one made with: detente party invite {own.name}",
            )
        party.check_for_link(found.card)
        nonce = self._nonce_for(name)
        known = self._peer(name)
        if known.card is not None and known.card.fp60 != found.card.fp60:
            raise OurFault(
                "party.changed",
                f"{name} has other root keys than the card held here",
                "do not go on; call them by a number you knew before, and tell security",
            )
        if known.confirmed_at and known.their_nonce != found.nonce:
            raise OurFault(
                "party.changed",
                f"the link with {name} is confirmed and this invitation would make another",
                "keep the link; use the first invitation",
            )
        chain = Chain((found.card,))
        if known.chain is not None:
            chain = handed.joined(known.chain, chain)
        peer = replace(known, our_nonce=nonce, their_nonce=found.nonce, chain=chain)
        self._keep(peer)
        return peer

    def confirm(self, name: str, typed: str, now: Moment) -> Peer:
        """Note that a person compared the fingerprint by telephone.

        typed: the 60 digits as heard, in any grouping. Raises OurFault: party.unknown,
        party.no_card, form.digits, party.digits (which groups differ; never the right ones).
        """
        peer = self.find(name)
        if peer.card is None:
            raise OurFault(
                "party.no_card",
                f"no card of {name} yet",
                "add its invitation: detente party add FILE",
            )
        heard = read_groups(typed)
        due = (peer.coming.newest if peer.coming else peer.card).fingerprint.split()
        wrong = [
            i for i, (one, other) in enumerate(zip(heard, due, strict=True), 1) if one != other
        ]
        if len(wrong) > 2:  # noqa: PLR2004  two may be misheard; three are another key
            raise OurFault(
                "party.digits",
                f"{len(wrong)} of 12 groups differ: this is not their key",
                "do not go on; tell security",
            )
        if wrong:
            which = " and ".join(str(each) for each in wrong)
            raise OurFault(
                "party.digits", f"group {which} differs", "ask for it again and type all"
            )
        changed = peer.coming is not None
        pins.keep(self._folder.parent, name, " ".join(due), also=changed)
        if changed:
            confirmed = replace(peer, next_confirmed_at=str(now))
        else:
            made = peer.roots or (self.card().fp60, peer.card.fp60)
            confirmed = replace(peer, confirmed_at=str(now), roots=made)
        self._keep(confirmed)
        return confirmed

    def keep_card(self, card: Card) -> None:
        """Write our own first card."""
        write_private(self._folder / "card", card.note)

    def keep_chain(self, chain: Chain) -> None:
        """Write our own cards: the chain rules, and the newest stands beside it for people."""
        write_private(self._folder / "chain", chain.data)
        write_private(self._folder / "card", chain.newest.note)

    def next_own(self) -> Card | None:
        """Return our card under new root keys, while it waits for a peer."""
        file = self._folder / "next.card"
        return _chain(file).newest if file.exists() else None

    def keep_next_own(self, card: Card) -> None:
        """Write our card under new root keys: it waits from now on, and our chain goes on with it."""
        write_private(self._folder / "next.card", card.note)
        self.settle_next_own()

    def settle_next_own(self) -> None:
        """Let our chain go on with the card that waits, if a crash came between."""
        card, chain = self.next_own(), self.chain()
        if card is not None and card.prev == chain.newest.hash:
            self.keep_chain(Chain((*chain.cards, card)))

    def forget_next_own(self) -> None:
        """Note that every peer has taken up our new root keys."""
        (self._folder / "next.card").unlink(missing_ok=True)

    def take_cards(
        self, name: str, more: Chain, held: Chain | None = None, *, instead: bool = False
    ) -> Peer:
        """Join cards of a peer that were handed in; `held` is what the node knows beside ours.

        Cards under other root keys are kept apart, until people have compared fingerprints; instead:
        they take the place of others that were compared. Raises OurFault: party.unknown,
        party.no_card, and as handed.take; CardFork with both kept.
        """
        peer = self.find(name)
        if peer.chain is None:
            raise OurFault(
                "party.no_card",
                f"no card of {name} yet",
                "add its invitation: detente party add FILE",
            )
        try:
            chain = handed.merged(peer.chain, held) if held is not None else peer.chain
            known = handed.Held(chain, peer.coming, bool(peer.next_confirmed_at))
            found = handed.take(known, more, instead=instead)
        except succession.CardFork as fork:
            data = b"\n".join(fork.cards)
            write_private(self._folder / "peers" / name / "forked.cards", data)
            raise
        when = peer.next_confirmed_at if found.compared else None
        peer = replace(peer, chain=found.chain, coming=found.coming, next_confirmed_at=when)
        if not peer.confirmed_at:  # there is no line yet that could go on under the old ones
            peer = _gone_over(peer)
        self._keep(peer)
        return peer

    def adopt_root(self, name: str) -> Peer:
        """Go on with a peer's cards under its new root keys: an epoch stands on both sides.

        Raises OurFault("party.no_card") if none wait that people compared.
        """
        peer = self.find(name)
        if peer.coming is None or not peer.next_confirmed_at:
            raise OurFault(
                "party.no_card",
                f"no new root of {name} was compared",
                f"detente party confirm {name}",
            )
        fresh = replace(
            _gone_over(peer), confirmed_at=peer.next_confirmed_at, next_confirmed_at=None
        )
        self._keep(fresh)
        return fresh


def _gone_over(peer: Peer) -> Peer:
    if peer.coming is None or peer.chain is None:
        return peer
    return replace(peer, chain=Chain((*peer.chain.cards, *peer.coming.cards)), coming=None)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OurFault(
            "config.missing",
            f"{file}: {error.strerror}",
            "is this a party's folder? give --at FOLDER",
        ) from None


def _roots(told: list[str] | None) -> tuple[bytes, bytes] | None:
    if told is None:
        return None
    ours, theirs = map(bytes.fromhex, told)
    return ours, theirs


def _forked(file: Path) -> tuple[bytes, bytes] | None:
    if not file.exists():
        return None
    one, _, other = _read(file).partition(b"\n\n{")
    return one + b"\n", b"{" + other


def _chain(file: Path) -> Chain:
    # One that stands in our own folder was good when it was put there.
    try:
        return trust.read_chain(_read(file))
    except TheirFault as fault:
        remedy = "restore the party's folder from a backup"
        if fault.code == "E_VERSION":
            remedy = "run the newer detente, or restore a backup of this version"
        raise OurFault("card.bad", f"{file}: {fault.what}", remedy) from None
