"""The wiring: the one place that names a store, a path, a vault and a clock."""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from detente.app import (
    agreed,
    births,
    build_keys,
    build_policy,
    config,
    desks,
    founding,
    meeting,
    people,
    people_rules,
    pins,
    system,
)
from detente.app.births import Journal
from detente.app.build_keys import (
    SmallBox,
    check_vaults,
    office_hatch,
    office_key_files,
)
from detente.app.config import Config
from detente.app.founding import PublicKeys
from detente.app.meeting import Meeting
from detente.app.system import SystemEntropy
from detente.core import party, trust
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import Card, sign_card
from detente.core.trust import Chain
from detente.node.cards import kept_chain
from detente.node.node import Node
from detente.node.seat import LinkTerms, Seat
from detente.office.believing import Pins
from detente.office.front_door import SignIn
from detente.office.office import Office
from detente.office.ports import Shelf
from detente.office.signin import Tell
from detente.office.writing import KeysAtWork
from detente.paths.hatch import NEWS_FRAME, FrameReader, HatchClient
from detente.paths.hatch_line import TlsLine
from detente.paths.hatch_side import answer
from detente.paths.lent import close as close_lent
from detente.paths.lent import send as send_lent
from detente.paths.tcp import (
    NO_ANSWER,
    NO_HANDSHAKE,
    Address,
    PathClosed,
    accept,
    dial,
    listen,
    parse_address,
)
from detente.paths.tls import TlsConnection, TlsContext
from detente.paths.unix import GROUP, OWN, connect_unix, listen_unix, peer_user
from detente.store.blobs import FileBlobs
from detente.store.logs import SqliteLogs
from detente.store.shelf import SqliteShelf
from detente.vault.file import FileVault
from detente.vault.keys import new_seed

__all__ = [
    "GROUP",
    "NEWS_FRAME",
    "NO_ANSWER",
    "NO_HANDSHAKE",
    "OWN",
    "Address",
    "FrameReader",
    "HatchClient",
    "PathClosed",
    "Socket",
    "TlsConnection",
    "TlsContext",
    "TlsLine",
    "accept",
    "answer",
    "check_vaults",
    "close_lent",
    "connect_unix",
    "dial",
    "listen",
    "listen_unix",
    "office_hatch",
    "office_key_files",
    "parse_address",
    "send_lent",
]  # fmt: skip

NODE_ID: Final = "n-01"
Socket = socket.socket


@dataclass(frozen=True, slots=True)
class Passphrases:
    """Three secrets for three vaults."""

    node: bytes
    office: bytes
    root: bytes


def make_party(
    folder: Path, root: Path, name: str, listen_at: Sequence[str], secrets: Passphrases,
    files: Mapping[str, str], operator: int | None = None,
    console: Mapping[str, str] | None = None, desks: Sequence[str] = founding.FIRST_DESKS,
) -> Card:  # fmt: skip
    """Make a party: folder, vaults, keys, card with these desks, settings. All of it or nothing.

    root is where the root keys go: a removable disk, never needed to run. files are settings of
    the vault section, console those of its own; None for no console. operator is the system user
    who will work at the desks, else who runs this.
    Raises OurFault: form.party, init.exists, path.address_bad, vault.*.
    """
    meeting.check_name(name)
    for each in listen_at:
        parse_address(each)
    founding.new_folder(folder)
    try:
        user = os.getuid() if operator is None else operator
        return _make_party(
            folder, root, name, list(listen_at), secrets, files, user, console or {}, desks
        )
    except BaseException:
        founding.discard(folder)
        raise


def _make_party(
    folder: Path, root: Path, name: str, listen_at: list[str], secrets: Passphrases,
    files: Mapping[str, str], operator: int, console: Mapping[str, str], desks: Sequence[str],
) -> Card:  # fmt: skip
    entropy = SystemEntropy()
    public: dict[str, bytes] = {}
    vaults = {}
    for place, passphrase, kinds in (
        (folder / "node" / "vault", secrets.node, founding.NODE_KEYS),
        (folder / "office" / "vault", secrets.office, founding.office_keys(desks)),
        (root, secrets.root, founding.ROOT_KEYS),
    ):
        seeds = {key_id: new_seed(kind, entropy) for key_id, kind in kinds.items()}  # type: ignore[arg-type]
        vault = vaults[place] = FileVault.create(place, passphrase, seeds, entropy)
        public |= {key_id: vault.public(key_id) for key_id in kinds}
    tls = vaults[folder / "node" / "vault"].tls_identity("tls")
    display = name.partition(".")[0].capitalize()
    members = founding.card_members(
        name, PublicKeys(public, tls.pin), listen_at, display, system.now(), desks
    )
    roots = vaults[root]
    card = sign_card(members, roots.signer("root-ed25519"), roots.context_signer("root-mldsa65"))
    births.begin(folder / "node")
    Meeting(folder).keep_card(card)
    system.write_private(folder / "office" / "people.json", people.first(operator, desks))
    pins.keep(folder, name, card.fingerprint)
    text = founding.settings_text(name, listen_at, files, {"console": console})
    system.write_private(folder / config.FILE_NAME, text.encode())
    return card


@dataclass(slots=True)
class NodeParts:
    """A node with what its process needs beside it."""

    node: Node
    store: SqliteLogs
    tls: Mapping[int, TlsContext]  # by the serial of the card of ours whose pin it shows
    links: tuple[LinkTerms, ...]
    classic_ok: frozenset[str]
    journal: Journal
    card: Card
    hatch: TlsContext | None = None  # what offices on other machines are shown

    def tls_for(self, serial: int) -> TlsContext:
        """Return what to show to who has this card of ours; the newest if that key is gone."""
        return self.tls.get(serial) or self.tls[max(self.tls)]


def build_node(settings: Config, passphrase: bytes, now: Moment) -> NodeParts:
    """Open vault and store and make the node. Raises OurFault: vault.*, store.*, config.*."""
    folder = settings.folder / "node"
    vault = build_keys.node_vault(settings, passphrase)
    meet = Meeting(settings.folder)
    meet.settle_next_own()
    own = meet.chain()
    store = SqliteLogs(folder / "node.sqlite", FileBlobs(folder / "staged"))
    journal = Journal(Path(settings.path("node.journal")))
    birth = births.find(folder, store, after_start=settings.flag("node.epoch_after_start"))
    seat = Seat(
        card=own.newest,
        log=vault.signer(build_keys.key_of(vault, own.newest.log)),
        cosign=vault.signer(build_keys.key_of(vault, own.newest.cosign)),
        log_pq=vault.context_signer(build_keys.key_of(vault, own.newest.mldsa44)),
        signer=vault.signer(NODE_ID),  # those of the card come with it
        signer_id=NODE_ID,
        entropy=SystemEntropy(),
        incarnation=birth.incarnation,
        restored=birth.restored,
        # What an office on another machine hands in is checked, whatever it is.
        check_at_submit=settings.flag("node.check_at_submit")
        or bool(settings.text("node.hatch_listen")),
        second_person=desks.SECOND_PERSON,
        opener=vault.opener(build_keys.key_of(vault, own.newest.node_hpke)),
        shows=frozenset(settings.texts("watch.show_attendance")),
    )
    by_file = settings.texts("link.courier")
    rates = agreed.rates(settings.texts("link.rates"))
    links = tuple(
        replace(terms_of(own, peer, by_file), rates=rates.get(peer.name, {}))
        for peer in meet.peers()
        if peer.confirmed_at
    )
    seat = build_keys.put_keys(vault, seat, own)
    node = Node(seat, links, store, now)
    if not seat.restored and journal.is_ahead(node.heads(), node.epochs()):
        birth = births.renewed(Journal.AHEAD)
        seat = replace(seat, incarnation=birth.incarnation, restored=birth.restored)
        node = Node(seat, links, store, now)
    births.keep(folder, store, birth)
    follow_roots(settings.folder, node)
    store.hold_room()
    return NodeParts(
        node,
        store,
        build_keys.tls_contexts(vault, own),
        links,
        agreed.classic(settings.texts("link.classic_ok")),
        journal,
        own.newest,
        build_keys.hatch_context(vault),
    )


def terms_of(own: Chain, peer: meeting.Peer, by_file: Sequence[str] = ()) -> LinkTerms:
    """Return the link of a confirmed peer; by_file names the parties reached by courier."""
    assert peer.chain is not None
    assert peer.their_nonce is not None, "a confirmed peer has both"
    chain = peer.chain
    roots = peer.roots or (own.cards[0].fp60, chain.cards[0].fp60)
    if peer.coming is not None and peer.next_confirmed_at:
        chain = Chain((*chain.cards, *peer.coming.cards))
    nonce = party.nonce_of(roots, (peer.our_nonce, peer.their_nonce))
    return LinkTerms(
        chain.newest, party.link_id_of(roots, nonce), nonce, cards=chain, forked=peer.forked,
        by_file=peer.name in by_file, roots=roots,
    )  # fmt: skip


def follow_roots(folder: Path, node: Node) -> None:
    """Let the party's folder follow the changes of root keys that epochs took up.

    Raises OurFault: config.*, card.bad, file.unwritable.
    """
    meet, links = Meeting(folder), node.terms()
    for peer in meet.peers():
        if peer.coming is None or not peer.next_confirmed_at or peer.name not in links:
            continue
        first = peer.coming.cards[0]
        if links[peer.name].chain.card(first.serial) == first:
            meet.adopt_root(peer.name)
    if not any(wait.ours for wait in node.root_waits()):
        meet.forget_next_own()


def open_shelf(settings: Config) -> SqliteShelf:
    """Open the office's store. Raises OurFault: store.*."""
    shelf = SqliteShelf(settings.folder / "office" / "office.sqlite")
    shelf.hold_room()
    return shelf


def build_office(settings: Config, keys: KeysAtWork, shelf: Shelf, hatch: HatchClient) -> Office:
    """Make the office over its node; asks the node for the cards, and judges them by its pins.

    An office of a version that kept no pins keeps, once, what its node says now; one whose node is
    on another machine never does.
    """
    folder = settings.folder
    judge: Pins = lambda: pins.read(folder)  # noqa: E731  one of two
    if settings.text("office.node"):
        judge = lambda: pins.read(folder) or {}  # noqa: E731  as above
    elif pins.read(folder) is None:
        for each in hatch.cards():
            with suppress(TheirFault):  # of a card that cannot be read nothing was compared
                pins.keep(folder, each.party, trust.read_chain(each.note).newest.fingerprint)
    return Office(
        [each for each in desks.DESKS if keys.serves(each.name)], hatch, shelf, keys, SystemEntropy(), judge,
        policy=build_policy.of(settings),
        founders=people.read(folder / "office" / people.FILE_NAME),
        odd=hatch.odd,
    )  # fmt: skip


def build_sign_in(
    settings: Config, office: Callable[[], Office], shelf: Shelf, box: SmallBox, tell: Tell
) -> SignIn:
    """Make the door of an office. Raises OurFault("config.bad")."""
    told = people_rules.rules(settings)
    return SignIn(shelf, lambda: office().people, box, SystemEntropy(), told, tell)


def stored_chain(folder: Path, name: str) -> Chain | None:
    """Return what a node that does not run keeps of a party's cards; None for nothing.

    Raises OurFault: run.locked, store.*.
    """
    lock = system.Lock(folder / "node" / "lock")
    store = SqliteLogs(folder / "node" / "node.sqlite")
    try:
        with store.begin() as tx:
            return kept_chain(tx, name)
    finally:
        store.close()
        lock.release()


def office_user(settings: Config) -> int:
    """Return the system user of the office: its setting, else who runs this.

    Raises OurFault("config.bad").
    """
    told = settings.text("node.office_user")
    return system.user_number(told, "node.office_user") if told else os.getuid()


def user_of(sock: socket.socket) -> int:
    """Return the system user at the other end of a Unix socket."""
    return peer_user(sock)[1]
