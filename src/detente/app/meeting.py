"""A party's folder: making it, and meeting another party. Source: spec/party.md 2.5.

party/     card, peers/<name>/: their card, this side's nonce, theirs, and whether a person compared
node/      vault, store, sockets of the node
office/    vault, store, socket of the office, people
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.app.system import SystemEntropy, write_private
from detente.core import canon, names, party
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.core.party import Card, Invite

CARD_LIFE: Final = Span.of(days=730)
NODE_KEYS: Final[Mapping[str, str]] = {
    "log": "ed25519",
    "cosign": "ed25519",
    "log-mldsa44": "mldsa44",
    "tls": "ed25519",
    "node-hpke": "xwing",
    "n-01": "ed25519",
}
OFFICE_KEYS: Final[Mapping[str, str]] = {
    "desk-cert": "xwing",
    "m-01": "ed25519",
    "s-01": "ed25519",
}
ROOT_KEYS: Final[Mapping[str, str]] = {"root-ed25519": "ed25519", "root-mldsa65": "mldsa65"}
GROUPS: Final = 12


@dataclass(frozen=True, slots=True)
class Peer:
    """A party that we invited or whose invitation we have."""

    name: str
    our_nonce: bytes
    their_nonce: bytes | None
    card: Card | None
    confirmed_at: str | None

    def state(self) -> str:
        """Say how far the meeting has come."""
        if self.card is None:
            return "invited"
        return "confirmed" if self.confirmed_at else "not compared"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a new card says of keys, raw bytes by key id, and the TLS pin."""

    keys: Mapping[str, bytes]
    pin: bytes


def check_name(name: str) -> None:
    """Raise OurFault("form.party") unless this may be a party's name."""
    if not names.is_party(name):
        raise OurFault(
            "form.party",
            f"{name[:80]!r} is no party name",
            "use a-z, 0-9, '.' and '-': aurelia.gov",
        )


def card_members(
    name: str, found: PublicKeys, listen: list[str], display: str, now: Moment
) -> dict[str, Json]:
    """Return the members of a party's first card."""

    def text(key_id: str) -> str:
        return canon.to_base64(found.keys[key_id])

    every: list[Json] = ["answer", "author", "read", "release"]
    return {
        "v": 1,
        "type": "detente-card",
        "name": name,
        "display": {"en": display},
        "serial": 1,
        "prev": None,
        "created": str(now),
        "expires": str(now + CARD_LIFE),
        "root": {"ed25519": text("root-ed25519"), "mldsa65": text("root-mldsa65")},
        "log": {
            "ed25519": text("log"),
            "cosign_ed25519": text("cosign"),
            "mldsa44": text("log-mldsa44"),
        },
        "node": {
            "spki_sha256": [canon.to_base64(found.pin)],
            "hpke": text("node-hpke"),
            "endpoints": [
                {"id": f"path-{number}", "addr": each} for number, each in enumerate(listen, 1)
            ],
        },
        "desks": [
            {
                "name": "cert",
                "hpke": text("desk-cert"),
                "signers": [
                    {"id": "m-01", "ed25519": text("m-01"), "roles": ["author"]},
                    {"id": "s-01", "ed25519": text("s-01"), "roles": every},
                ],
            },
            {
                "name": "node",
                "hpke": text("node-hpke"),
                "signers": [{"id": "n-01", "ed25519": text("n-01"), "roles": ["author"]}],
            },
        ],
        "revoked": [],
    }


def settings_text(name: str, listen: list[str], files: Mapping[str, str]) -> str:
    """Return a new party's detente.toml."""
    rows = [
        "# Settings of this party; every key is explained in docs/settings.md.",
        "[party]",
        f"name = {json.dumps(name)}",
        "",
        "[link]",
        f"listen = {json.dumps(listen)}",
    ]
    if files:
        rows += ["", "[vault]", *(f"{key} = {json.dumps(value)}" for key, value in files.items())]
    return "\n".join(rows) + "\n"


class Meeting:
    """The party/ folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "party"

    def card(self) -> Card:
        """Return our own card. Raises OurFault: config.missing, card.bad."""
        return _card(self._folder / "card")

    def peers(self) -> list[Peer]:
        """Return all parties known here, by name."""
        folder = self._folder / "peers"
        if not folder.is_dir():
            return []
        return [self._peer(each.name) for each in sorted(folder.iterdir()) if each.is_dir()]

    def _peer(self, name: str) -> Peer:
        folder = self._folder / "peers" / name
        file, theirs = folder / "state.json", folder / "card"
        card = _card(theirs) if theirs.exists() else None
        try:
            state: dict[str, Any] = json.loads(_read(file))
            nonce = state["their_nonce"]
            return Peer(
                name,
                bytes.fromhex(state["our_nonce"]),
                bytes.fromhex(nonce) if nonce else None,
                card,
                state["confirmed_at"],
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
        if peer.card is not None:
            write_private(folder / "card", peer.card.note)
        state = {
            "our_nonce": peer.our_nonce.hex(),
            "their_nonce": peer.their_nonce.hex() if peer.their_nonce else None,
            "confirmed_at": peer.confirmed_at,
        }
        write_private(folder / "state.json", json.dumps(state).encode())

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
        peer = Peer(name, nonce, found.nonce, found.card, known.confirmed_at)
        self._keep(peer)
        return peer

    def confirm(self, name: str, digits: str, now: Moment) -> Peer:
        """Note that a person compared the fingerprint by telephone.

        digits: the 60 digits as heard, in any grouping. Raises OurFault: party.unknown,
        party.no_card, form.digits, party.digits (which groups differ; never the right ones).
        """
        peer = self.find(name)
        if peer.card is None:
            raise OurFault(
                "party.no_card",
                f"no card of {name} yet",
                "add its invitation: detente party add FILE",
            )
        typed = "".join(digits.split())
        if len(typed) != GROUPS * 5 or not typed.isascii() or not typed.isdecimal():
            raise OurFault(
                "form.digits",
                f"{len(typed)} characters where 60 digits are due",
                "type all twelve groups",
            )
        due = peer.card.fingerprint.split()
        heard = [typed[i : i + 5] for i in range(0, 60, 5)]
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
        confirmed = Peer(name, peer.our_nonce, peer.their_nonce, peer.card, str(now))
        self._keep(confirmed)
        return confirmed

    def keep_card(self, card: Card) -> None:
        """Write our own card."""
        write_private(self._folder / "card", card.note)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise OurFault(
            "config.missing",
            f"{file}: {error.strerror}",
            "is this a party's folder? give --at FOLDER",
        ) from None


def _card(file: Path) -> Card:
    # One that stands in our own folder was good when it was put there.
    try:
        return party.read_card(_read(file))
    except TheirFault as fault:
        remedy = "restore the party's folder from a backup"
        if fault.code == "E_VERSION":
            remedy = "run the newer detente, or restore a backup of this version"
        raise OurFault("card.bad", f"{file}: {fault.what}", remedy) from None


def new_folder(folder: Path) -> None:
    """Make a party's folder. Raises OurFault("init.exists") if something is there."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OurFault("init.exists", f"{folder} is there and not empty", "choose a new folder")
    try:
        for each in (folder, folder / "party", folder / "node", folder / "office"):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
            each.chmod(0o700)
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{folder}: {error.strerror}", "choose another folder"
        ) from None


def discard(folder: Path) -> None:
    """Take away what a failed `init` began."""
    shutil.rmtree(folder, ignore_errors=True)
