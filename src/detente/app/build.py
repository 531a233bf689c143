"""The wiring: the one place that names a store, a path, a vault and a clock."""

import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.app import config, desks, meeting, people, system
from detente.app.config import Config
from detente.app.meeting import Meeting, PublicKeys
from detente.app.system import SystemEntropy
from detente.core import party
from detente.core.moment import Moment
from detente.core.party import Card, sign_card
from detente.node.node import Node
from detente.node.seat import LinkTerms, Seat
from detente.office.office import Office
from detente.office.ports import Shelf
from detente.office.writing import KeysAtWork
from detente.paths.hatch import NEWS_FRAME, FrameReader, HatchClient, answer
from detente.paths.tcp import Address, PathClosed, accept, dial, listen, parse_address
from detente.paths.tls import TlsConnection, TlsContext
from detente.paths.unix import GROUP, OWN, connect_unix, listen_unix, peer_user
from detente.store.logs import SqliteLogs
from detente.store.shelf import SqliteShelf
from detente.vault.file import FileVault
from detente.vault.keys import new_seed

__all__ = [
    "GROUP", "NEWS_FRAME", "OWN", "Address", "FrameReader", "HatchClient", "PathClosed",
    "TlsConnection", "TlsContext", "accept", "answer", "connect_unix", "dial", "listen",
    "listen_unix", "parse_address",
]  # fmt: skip

INCARNATION: Final = "incarnation"  # a file outside the backup set, and a note in the store
NODE_ID: Final = "n-01"


@dataclass(frozen=True, slots=True)
class Passphrases:
    """Three secrets for three vaults."""

    node: bytes
    office: bytes
    root: bytes


def make_party(
    folder: Path, root: Path, name: str, listen_at: Sequence[str], secrets: Passphrases,
    files: Mapping[str, str], operator: int | None = None,
) -> Card:  # fmt: skip
    """Make a party: folder, vaults, keys, card, settings. All of it or nothing.

    root is where the root keys go: a removable disk, never needed to run. files are settings of
    the vault section. operator is the system user who will work at the desks, else who runs this.
    Raises OurFault: form.party, init.exists, path.address_bad, vault.*.
    """
    meeting.check_name(name)
    for each in listen_at:
        parse_address(each)
    meeting.new_folder(folder)
    try:
        user = os.getuid() if operator is None else operator
        return _make_party(folder, root, name, list(listen_at), secrets, files, user)
    except BaseException:
        meeting.discard(folder)
        raise


def _make_party(
    folder: Path, root: Path, name: str, listen_at: list[str], secrets: Passphrases,
    files: Mapping[str, str], operator: int,
) -> Card:  # fmt: skip
    entropy = SystemEntropy()
    public: dict[str, bytes] = {}
    vaults = {}
    for place, passphrase, kinds in (
        (folder / "node" / "vault", secrets.node, meeting.NODE_KEYS),
        (folder / "office" / "vault", secrets.office, meeting.OFFICE_KEYS),
        (root, secrets.root, meeting.ROOT_KEYS),
    ):
        seeds = {key_id: new_seed(kind, entropy) for key_id, kind in kinds.items()}  # type: ignore[arg-type]
        vault = vaults[place] = FileVault.create(place, passphrase, seeds, entropy)
        public |= {key_id: vault.public(key_id) for key_id in kinds}
    tls = vaults[folder / "node" / "vault"].tls_identity("tls")
    display = name.partition(".")[0].capitalize()
    members = meeting.card_members(
        name, PublicKeys(public, tls.pin), listen_at, display, system.now()
    )
    roots = vaults[root]
    card = sign_card(members, roots.signer("root-ed25519"), roots.context_signer("root-mldsa65"))
    Meeting(folder).keep_card(card)
    system.write_private(folder / "office" / "people.json", people.first(operator))
    text = meeting.settings_text(name, listen_at, files)
    system.write_private(folder / config.FILE_NAME, text.encode())
    return card


@dataclass(slots=True)
class NodeParts:
    """A node with what its process needs beside it."""

    node: Node
    store: SqliteLogs
    tls: TlsContext
    links: tuple[LinkTerms, ...]


def build_node(settings: Config, passphrase: bytes, now: Moment) -> NodeParts:
    """Open vault and store and make the node. Raises OurFault: vault.*, store.*, config.*."""
    folder = settings.folder / "node"
    vault = FileVault.open(folder / "vault", passphrase)
    meet = Meeting(settings.folder)
    card = meet.card()
    store = SqliteLogs(folder / "node.sqlite")
    incarnation, restored = _incarnation(folder, store)
    seat = Seat(
        card=card,
        log=vault.signer("log"),
        cosign=vault.signer("cosign"),
        signer=vault.signer(NODE_ID),
        signer_id=NODE_ID,
        entropy=SystemEntropy(),
        incarnation=incarnation,
        restored=restored,
        check_at_submit=settings.flag("node.check_at_submit"),
        second_person=desks.SECOND_PERSON,
    )
    links = tuple(_terms(card, peer) for peer in meet.peers() if peer.confirmed_at)
    identity = vault.tls_identity("tls")
    return NodeParts(
        Node(seat, links, store, now),
        store,
        TlsContext(identity.certificate, identity.key),
        links,
    )


def _terms(card: Card, peer: meeting.Peer) -> LinkTerms:
    assert peer.card is not None
    assert peer.their_nonce is not None, "a confirmed peer has both"
    nonce = party.link_nonce(card, peer.our_nonce, peer.card, peer.their_nonce)
    return LinkTerms(peer.card, party.link_id(card, peer.card, nonce), nonce)


def _incarnation(folder: Path, store: SqliteLogs) -> tuple[bytes, bool]:
    # Two places: a backup restores the one in the store and not the file (spec/link.md 5).
    file = folder / INCARNATION
    with store.begin() as tx:
        noted = tx.note(INCARNATION)
        if noted is None:
            noted = SystemEntropy().draw(16)
            tx.set_note(INCARNATION, noted)
            system.write_private(file, noted.hex().encode())
    if not file.exists():
        return noted, True
    return noted, file.read_bytes() != noted.hex().encode()


def open_office_keys(settings: Config, passphrase: bytes) -> KeysAtWork:
    """Open the office's vault. Raises OurFault: vault.*."""
    vault = FileVault.open(settings.folder / "office" / "vault", passphrase)
    return KeysAtWork(
        openers={desk.name: vault.opener(f"desk-{desk.name}") for desk in desks.DESKS},
        signers={
            key_id: vault.signer(key_id)
            for key_id in vault.ids()
            if key_id.startswith(("s-", "m-"))
        },
    )


def check_vaults(settings: Config, node_secret: bytes, office_secret: bytes) -> None:
    """Open both vaults and forget them: a wrong passphrase is said before anything starts."""
    FileVault.open(settings.folder / "node" / "vault", node_secret)
    FileVault.open(settings.folder / "office" / "vault", office_secret)


def open_shelf(settings: Config) -> SqliteShelf:
    """Open the office's store. Raises OurFault: store.*."""
    return SqliteShelf(settings.folder / "office" / "office.sqlite")


def build_office(keys: KeysAtWork, shelf: Shelf, hatch: HatchClient) -> Office:
    """Make the office over its node; asks the node for the cards."""
    return Office(desks.DESKS, hatch, shelf, keys, SystemEntropy())


def office_user(settings: Config) -> int:
    """Return the system user of the office: its setting, else who runs this.

    Raises OurFault("config.bad").
    """
    told = settings.text("node.office_user")
    return system.user_number(told, "node.office_user") if told else os.getuid()


def user_of(sock: socket.socket) -> int:
    """Return the system user at the other end of a Unix socket."""
    return peer_user(sock)[1]


def pins_of(links: Sequence[LinkTerms]) -> dict[bytes, str]:
    """Return party names by TLS pin."""
    return {pin: each.peer.name for each in links for pin in each.peer.pins}
