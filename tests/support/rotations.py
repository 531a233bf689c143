"""Parties that change their keys, and the cards that say so."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import mldsa
from tests.support import makers, nodes
from tests.support.makers import LabelContextSigner, LabelOpener, LabelSigner, Party, text

from detente.core import canon
from detente.core.canon import Json
from detente.core.party import Card, sign_card
from detente.core.trust import Chain
from detente.node.seat import LinkTerms, Seat

ALL = frozenset({"log", "cosign", "mldsa44", "tls", "node", "n-01", "cert", "s-01"})


def mark(public: bytes, role: str, sizes: Mapping[str, int]) -> dict[str, Json]:
    """One revocation."""
    return {
        "key": text(sha256(public).digest()),
        "role": role,
        "sizes": dict(sizes),
        "reason": "a test",
        "at": "2026-11-22T00:00:00.000Z",
    }


def members(card: Card) -> dict[str, Any]:
    """The members of the card after this one, nothing changed yet."""
    value: dict[str, Any] = canon.decode_object(card.text[:-1], 65_536)
    return {**value, "serial": card.serial + 1, "prev": text(card.hash)}


def resigned(party: Party, value: dict[str, Any]) -> Card:
    """A card of these members under the party's root."""
    return sign_card(value, party.root, party.root_pq)


def rotate(
    party: Party,
    what: Sequence[str] | frozenset[str] = ALL,
    revoked: Sequence[dict[str, Json]] = (),
    **over: object,
) -> Party:
    """The party with new keys and the next card. `over` replaces members."""
    value = members(party.card)
    new = f" {value['serial']}"
    made: dict[str, Any] = {}
    log, node = value["log"], value["node"]
    if "log" in what:
        made["log"] = LabelSigner(f"{party.name} log ed25519{new}")
        log["ed25519"] = text(made["log"].public)
    if "cosign" in what:
        made["cosign"] = LabelSigner(f"{party.name} cosign ed25519{new}")
        log["cosign_ed25519"] = text(made["cosign"].public)
    if "mldsa44" in what:
        label = f"{party.name} log mldsa44{new}"
        made["log_pq"] = LabelContextSigner(label, mldsa.MLDSA44PrivateKey)
        log["mldsa44"] = text(made["log_pq"].public)
    if "tls" in what:
        node["spki_sha256"] = [text(sha256(makers.seed(f"{party.name} spki{new}")).digest())]
    openers, signers = dict(party.openers), dict(party.signers)
    for desk in value["desks"]:
        if desk["name"] in what:
            opener = openers[desk["name"]] = LabelOpener(f"{party.name} desk {desk['name']}{new}")
            desk["hpke"] = text(opener.public)
            if desk["name"] == "node":
                node["hpke"] = desk["hpke"]
        for person in desk["signers"]:
            if person["id"] in what:
                signer = LabelSigner(f"{party.name} signer {person['id']}{new}")
                signers[person["id"]] = signer
                person["ed25519"] = text(signer.public)
    value["revoked"] = [*value["revoked"], *revoked]
    card = resigned(party, {**value, **over})
    return replace(party, card=card, openers=openers, signers=signers, **made)


def seat_after(*parties: Party) -> Seat:
    """The seat of a party that had these keys one after another."""
    seats = [nodes.seat_of(each) for each in parties]
    own = Chain(tuple(each.card for each in parties))
    return replace(seats[-1], past=tuple(seats[:-1]), own=own)


def with_cards(terms: LinkTerms, *cards: Card) -> LinkTerms:
    """Terms that know these cards of the peer."""
    chain = Chain(cards)
    return replace(terms, peer=chain.newest, cards=chain)


def new_root(party: Party, number: int = 2, **over: object) -> Party:
    """The party with other root keys, and the card under them after its card."""
    name = party.name
    root = LabelSigner(f"{name} root ed25519 {number}")
    root_pq = LabelContextSigner(f"{name} root mldsa65 {number}", mldsa.MLDSA65PrivateKey)
    keys = {"ed25519": text(root.public), "mldsa65": text(root_pq.public)}
    fresh = replace(party, root=root, root_pq=root_pq)
    card = resigned(fresh, {**members(party.card), "root": keys, **over})
    return replace(fresh, card=card)
