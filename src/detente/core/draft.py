"""The next card of a party, member by member, from the one before it. Normative: spec/party.md 2.4.

Members that this version does not know are carried over as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from detente.core import canon, limits, names
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.core.party import Card

LOG_KEYS: Final[Mapping[str, str]] = {
    "log": "ed25519",
    "cosign": "cosign_ed25519",
    "mldsa44": "mldsa44",
}  # the role of a key, and its member on the card
VOID_REASON: Final = "void: every key is taken back"


class Draft:
    """Members of a card that is not signed yet."""

    def __init__(self, card: Card, now: Moment, expires: Moment) -> None:
        """Begin with the members of `card`, the next serial, and its hash as `prev`."""
        members: dict[str, Any] = canon.decode_object(card.text[:-1], limits.MAX_CARD)
        self._members = members | {
            "serial": card.serial + 1,
            "prev": canon.to_base64(card.hash),
            "created": str(now),
            "expires": str(expires),
        }

    @property
    def members(self) -> dict[str, Json]:
        """The members as they are now, to be signed."""
        return self._members

    def log_key(self, role: str, public: bytes) -> None:
        """Set the key of role log, cosign or mldsa44."""
        self._members["log"][LOG_KEYS[role]] = canon.to_base64(public)

    def pins(self, pins: Sequence[bytes]) -> None:
        """Set the TLS pins: SHA-256 of SPKI, 32 bytes each."""
        self._members["node"]["spki_sha256"] = [canon.to_base64(pin) for pin in pins]

    def root(self, ed25519: bytes, mldsa65: bytes) -> None:
        """Set other root keys: people must compare fingerprints again."""
        self._members["root"] = {
            "ed25519": canon.to_base64(ed25519),
            "mldsa65": canon.to_base64(mldsa65),
        }

    def endpoints(self, found: Iterable[tuple[str, str]]) -> None:
        """Set the ways to the node, as (id, address)."""
        self._members["node"]["endpoints"] = [{"id": name, "addr": at} for name, at in found]

    def display(self, language: str, text: str) -> None:
        """Set the name shown to people in one language."""
        self._members["display"][language] = text

    def _desk(self, name: str) -> dict[str, Any]:
        for desk in self._members["desks"]:
            if desk["name"] == name:
                found: dict[str, Any] = desk
                return found
        raise OurFault(
            "card.no_part", f"the card has no desk {name[:40]!r}", "see: detente party show"
        )

    def desk_key(self, name: str, hpke: bytes) -> None:
        """Set the key that bodies for a desk are sealed to; the node's own stands in two places."""
        self._desk(name)["hpke"] = canon.to_base64(hpke)
        if name == names.NODE_DESK:
            self._members["node"]["hpke"] = canon.to_base64(hpke)

    def signer_key(self, desk: str, signer: str, public: bytes) -> None:
        """Set the key of a signer. Raises OurFault("card.no_part")."""
        self._signer(desk, signer)["ed25519"] = canon.to_base64(public)

    def add_desk(self, name: str, hpke: bytes) -> None:
        """Add a desk with its key; whoever signs at another desk signs there too, but the node's.

        Raises OurFault("card.no_part") if it stands there already.
        """
        desks = self._members["desks"]
        if any(desk["name"] == name for desk in desks):
            what = f"the card has a desk {name} already"
            raise OurFault("card.no_part", what, "see: detente party show")
        signers: dict[str, Any] = {}
        for desk in desks:
            if desk["name"] != names.NODE_DESK:
                signers |= {
                    each["id"]: each for each in desk["signers"] if each["id"] not in signers
                }
        rows = [dict(each) for each in signers.values()]
        desks.append({"name": name, "hpke": canon.to_base64(hpke), "signers": rows})

    def add_signer(self, desk: str, signer: str, public: bytes, roles: Sequence[str]) -> None:
        """Add a signer with roles. Raises OurFault("card.no_part") if the id is taken."""
        people = self._desk(desk)["signers"]
        if any(person["id"] == signer for person in people):
            raise OurFault(
                "card.no_part", f"{signer} is a signer of {desk} already", "choose another id"
            )
        row = {"id": signer, "ed25519": canon.to_base64(public), "roles": sorted(roles)}
        people.append(row)

    def drop_signer(self, desk: str, signer: str) -> None:
        """Take a signer away. What it signed stays signed unless its key is revoked too."""
        person = self._signer(desk, signer)
        self._desk(desk)["signers"].remove(person)

    def _signer(self, desk: str, signer: str) -> dict[str, Any]:
        for person in self._desk(desk)["signers"]:
            if person["id"] == signer:
                found: dict[str, Any] = person
                return found
        raise OurFault(
            "card.no_part", f"{signer[:64]!r} is no signer of {desk}", "see: detente party show"
        )

    def revoke(
        self, key: bytes, role: str, sizes: Mapping[str, int], reason: str, at: Moment
    ) -> None:
        """Take a key back above these sizes of logs, by link id. key: H(public key), or the pin."""
        self._members["revoked"].append(
            {
                "key": canon.to_base64(key),
                "role": role,
                "sizes": dict(sizes),
                "reason": reason,
                "at": str(at),
            }
        )


def void(card: Card, now: Moment, expires: Moment) -> dict[str, Json]:
    """Return the members of a card that takes back every key that this one names."""
    draft = Draft(card, now, expires)
    taken = [("log", card.log), ("cosign", card.cosign), ("mldsa44", card.mldsa44)]
    for desk in card.desks.values():
        taken.append(("desk", desk.hpke))
        taken += [("signer", person.ed25519) for person in desk.signers.values()]
    for role, public in taken:
        draft.revoke(sha256(public).digest(), role, {}, VOID_REASON, now)
    for pin in card.pins:
        draft.revoke(pin, "tls", {}, VOID_REASON, now)
    return draft.members
