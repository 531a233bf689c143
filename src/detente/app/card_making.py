"""Making the next card of a party: new keys into the vaults, the root's signatures, and the files.

Only here the root keys are used after `init`. The running node is told to move nothing while a card
that takes keys back is made, so that the sizes on it are right. Source: spec/party.md 2.4.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from detente.app import build, build_keys, client, founding, system
from detente.app.config import Config
from detente.app.meeting import Meeting
from detente.core import draft as drafts
from detente.core import party
from detente.core.canon import Json
from detente.core.draft import Draft
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.core.party import Card
from detente.core.trust import Chain

Secret = Callable[[str], bytes]  # the passphrase of root, node or office
NODE_ROLES: Final = ("log", "cosign", "mldsa44", "tls")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to change. Keys are named tls, log, cosign, mldsa44, DESK, or DESK/SIGNER."""

    rotate: Sequence[str] = ()
    revoke: Sequence[str] = ()
    reason: str = ""
    endpoints: Sequence[tuple[str, str]] = ()
    display: Sequence[tuple[str, str]] = ()
    add: Sequence[tuple[str, str, tuple[str, ...]]] = ()
    drop: Sequence[str] = ()
    desks: Sequence[str] = ()
    life: Span = field(default=founding.CARD_LIFE)


class Maker:
    """Makes one card. `secret` gives passphrases when they are needed, and not before."""

    def __init__(self, settings: Config, root: Path, secret: Secret) -> None:
        self._settings, self._secret = settings, secret
        self._meeting = Meeting(settings.folder)
        self._root = build_keys.FileVault.open(root, secret("root"))
        self._vaults: dict[str, build_keys.FileVault] = {}
        self.chain = self._meeting.chain()
        self._check_root()

    def _check_root(self) -> None:
        own, given = self.chain.newest, self._root.public("root-ed25519")
        if any(card.root_ed25519 == given for card in self.chain.roots[:-1]):
            raise OurFault(
                "card.not_ours",
                f"these root keys of {own.name} were given up with card {self.chain.turns[-1].serial}",
                "give the folder of the new root keys: --root FOLDER",
            )
        if given != own.root_ed25519:
            raise OurFault(
                "card.not_ours",
                f"these root keys are not those of {own.name}",
                "give the folder that was made with this party: --root FOLDER",
            )

    def _vault(self, half: str) -> build_keys.FileVault:
        if half not in self._vaults:
            opened = build_keys.node_vault if half == "node" else build_keys.office_vault
            self._vaults[half] = opened(self._settings, self._secret(half))
        return self._vaults[half]

    def make(self, wish: Wish, now: Moment) -> Card:
        """Return our next card, durable in the party's folder with all its keys.

        Raises OurFault: vault.*, card.*, form.*, file.unwritable. Nothing then has changed but
        keys that no card names.
        """
        card = self.chain.newest
        draft = Draft(card, now, now + wish.life)
        gone = (*wish.drop, *wish.revoke)
        lost = [_hash_of(card, each) for each in gone]
        for each in dict.fromkeys((*wish.rotate, *wish.revoke)):
            self._renew(draft, card, each)
        for desk in wish.desks:
            key_id = f"desk-{desk}"
            draft.add_desk(desk, self._new_key("office", key_id, "xwing", card.serial + 1))
        for desk, signer, roles in wish.add:
            key = self._new_key("office", signer, "ed25519", card.serial + 1)
            draft.add_signer(desk, signer, key, roles)
        for each in wish.drop:
            draft.drop_signer(*_signer(each))
        if wish.endpoints:
            draft.endpoints(wish.endpoints)
        for language, text in wish.display:
            draft.display(language, text)
        with self._held(needed=bool(lost)) as sizes:
            for role, key in lost:
                draft.revoke(key, role, _sizes_for(role, sizes), wish.reason, now)
            made = self.sign(draft)
            self._meeting.keep_chain(Chain((*self.chain.cards, made)))
        return made

    def sign(self, draft: Draft) -> Card:
        """Return the card under the root's signatures."""
        return _sign(draft.members, self._root)

    def void(self, now: Moment) -> Card:
        """Return a card that takes back every key; it is kept nowhere."""
        return _sign(drafts.void(self.chain.newest, now, now + founding.CARD_LIFE), self._root)

    def new_root(self, folder: Path, now: Moment) -> Card:
        """Make new root keys in a folder, and our card under them, kept until peers compared it.

        Raises OurFault: card.root_waits while a peer has not taken up the last such card; vault.*,
        file.unwritable.
        """
        waiting = self._meeting.next_own()
        if waiting is not None:
            raise OurFault(
                "card.root_waits",
                f"card {waiting.serial} is under new root keys that not every peer has taken up",
                "finish that change first: detente doctor says who is missing",
            )
        entropy = system.SystemEntropy()
        seeds = {
            key_id: build_keys.new_seed(kind, entropy)  # type: ignore[arg-type]
            for key_id, kind in founding.ROOT_KEYS.items()
        }
        fresh = build_keys.FileVault.create(folder, self._secret("new root"), seeds, entropy)
        draft = Draft(self.chain.newest, now, now + founding.CARD_LIFE)
        draft.root(fresh.public("root-ed25519"), fresh.public("root-mldsa65"))
        card = _sign(draft.members, fresh)
        self._meeting.keep_next_own(card)
        return card

    # Keys.

    def _renew(self, draft: Draft, card: Card, name: str) -> None:
        serial = card.serial + 1
        desk, _, signer = name.partition("/")
        half = "node" if name in NODE_ROLES or desk == "node" else "office"
        if name == "tls":
            self._new_key("node", "tls", "ed25519", serial)
            draft.pins([self._vault("node").tls_identity(f"tls.{serial}").pin])
        elif name in drafts.LOG_KEYS:
            kind = "mldsa44" if name == "mldsa44" else "ed25519"
            key_id = "log-mldsa44" if name == "mldsa44" else name
            draft.log_key(name, self._new_key("node", key_id, kind, serial))
        elif signer:
            draft.signer_key(desk, signer, self._new_key(half, signer, "ed25519", serial))
        else:
            key_id = "node-hpke" if desk == "node" else f"desk-{desk}"
            _hash_of(card, name)  # says if there is no such desk, before a key is made
            self._check_ours(desk)
            draft.desk_key(desk, self._new_key(half, key_id, "xwing", serial))

    def _check_ours(self, desk: str) -> None:
        # A new key would stand in the vault, and open there what its people alone may read.
        held = build_keys.person_keys(self._settings).key_ids()
        if desk in {build_keys.desk_of(each) for each in held}:
            raise OurFault(
                "desk.entrusted",
                f"the keys of the desk {desk} are with its people",
                f"have a supervisor of it hand them back, make the card, and entrust the desk again:"
                f" detente desk hand-back {desk}",
            )

    def _new_key(self, half: str, name: str, kind: str, serial: int) -> bytes:
        vault, key_id = self._vault(half), f"{name}.{serial}"
        if key_id not in vault.ids():  # one may be there of a card that was never made
            entropy = system.SystemEntropy()
            vault.add(key_id, build_keys.new_seed(kind, entropy), entropy)  # type: ignore[arg-type]
        return vault.public(key_id)

    # Sizes.

    @contextmanager
    def _held(self, *, needed: bool) -> Iterator[dict[str, dict[str, int]]]:
        if not needed:
            yield {}
            return
        asked = client.node(self._settings.folder)
        try:
            sizes = asked.ask("POST", "/v1/cards/hold")["sizes"]
        except OurFault as fault:
            if fault.code != "run.not_running":
                raise
            yield self._read_sizes()
            return
        try:
            yield sizes
        except BaseException:
            asked.ask("POST", "/v1/reload")
            raise

    def _read_sizes(self) -> dict[str, dict[str, int]]:
        lock = system.Lock(self._settings.folder / "node" / "lock")
        parts = build.build_node(self._settings, self._secret("node"), system.now())
        sizes = parts.node.hold()
        parts.store.close()
        lock.release()
        return {link: {"own": each.own, "peer": each.peer} for link, each in sizes.items()}


def _sign(members: dict[str, Json], root: build_keys.FileVault) -> Card:
    return party.sign_card(
        members, root.signer("root-ed25519"), root.context_signer("root-mldsa65")
    )


def _signer(name: str) -> tuple[str, str]:
    desk, _, signer = name.partition("/")
    if not signer:
        raise OurFault(
            "form.choice", f"{name[:80]} names no signer", "write DESK/SIGNER: cert/s-01"
        )
    return desk, signer


def _hash_of(card: Card, name: str) -> tuple[str, bytes]:
    """Return role and hash of a key of a card. Raises OurFault("card.no_part")."""
    if name == "tls":
        return "tls", card.pins[0]
    if name in drafts.LOG_KEYS:
        public = {"log": card.log, "cosign": card.cosign, "mldsa44": card.mldsa44}[name]
        return name, sha256(public).digest()
    desk_name, _, signer = name.partition("/")
    desk = card.desks.get(desk_name)
    if desk is None or (signer and signer not in desk.signers):
        raise OurFault(
            "card.no_part",
            f"{name[:80]!r} is no key of our card",
            "name tls, log, cosign, mldsa44, a desk, or DESK/SIGNER: see detente party show",
        )
    if signer:
        return "signer", sha256(desk.signers[signer].ed25519).digest()
    return "desk", sha256(desk.hpke).digest()


def _sizes_for(role: str, sizes: dict[str, dict[str, int]]) -> dict[str, int]:
    # Receipts stand in the peer's log; the post-quantum key signs in both.
    pick: Callable[[dict[str, int]], int] = {
        "cosign": lambda each: each["peer"],
        "mldsa44": lambda each: max(each["own"], each["peer"]),
    }.get(role, lambda each: each["own"])
    return {link: pick(each) for link, each in sizes.items()}
