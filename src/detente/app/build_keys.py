"""The wiring of keys: which key of a vault a card means. With app/build the door of the vaults."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from detente.app import desks, founding
from detente.app.config import Config
from detente.app.meeting import Meeting
from detente.app.system import SystemEntropy
from detente.core.errors import OurFault
from detente.core.keys import Opener, Signer
from detente.core.party import Card
from detente.core.trust import Chain
from detente.node.seat import Seat
from detente.office.writing import KeysAtWork
from detente.paths.tls import HATCH, TlsContext
from detente.vault.box import SmallBox
from detente.vault.certificate import TlsIdentity
from detente.vault.file import FileVault
from detente.vault.keys import KeySeed, new_seed
from detente.vault.persons import PersonKeys, opener_of

# For who makes cards, and for who keeps the keys of desks.
__all__ = ["FileVault", "KeySeed", "PersonKeys", "SmallBox", "new_seed", "opener_of"]

SEAL_ID: Final = founding.SEAL_ID
HOUSE_ID: Final = "house"  # id of the key that opens our own home records beside a desk's
_DESK: Final = "desk-"
HATCH_KEY: Final = "hatch"  # id of the key that a half shows the other on a line


def node_vault(settings: Config, passphrase: bytes) -> FileVault:
    """Open the node's vault. Raises OurFault: vault.*."""
    return FileVault.open(settings.folder / "node" / "vault", passphrase)


def office_vault(settings: Config, passphrase: bytes) -> FileVault:
    """Open the office's vault. Raises OurFault: vault.*."""
    return FileVault.open(settings.folder / "office" / "vault", passphrase)


def key_of(vault: FileVault, public: bytes) -> str:
    """Return the id of a key that a card names. Raises OurFault("vault.no_key")."""
    found = vault.find(public)
    if found is None:
        raise OurFault(
            "vault.no_key",
            f"{vault!r} lacks a key that our newest card names",
            "restore the vault from its backup, or make a card with new keys: detente card new",
        )
    return found


def put_keys(vault: FileVault, seat: Seat, own: Chain) -> Seat:
    """Return the seat of our newest card with its keys, and those of earlier cards still here.

    seat gives all that is not a key. Raises OurFault("vault.no_key") for a key of the newest card.
    """
    past: list[Seat] = []
    for earlier in own.cards[:-1]:
        with suppress(OurFault):  # a key that was purged signs nothing any more
            past.append(_keyed(vault, seat, earlier, own))
    return _keyed(vault, seat, own.newest, own, tuple(past))


def _keyed(
    vault: FileVault, seat: Seat, card: Card, own: Chain, past: tuple[Seat, ...] = ()
) -> Seat:
    signer_id, node = next(iter(card.desks["node"].signers.items()))
    return replace(
        seat,
        card=card,
        log=vault.signer(key_of(vault, card.log)),
        cosign=vault.signer(key_of(vault, card.cosign)),
        log_pq=vault.context_signer(key_of(vault, card.mldsa44)),
        signer=vault.signer(key_of(vault, node.ed25519)),
        signer_id=signer_id,
        opener=_opener(vault, card.node_hpke),
        past=past,
        own=own,
    )


def _opener(vault: FileVault, public: bytes) -> Opener | None:
    found = vault.find(public)
    return None if found is None else vault.opener(found)


def tls_contexts(vault: FileVault, own: Chain) -> dict[int, TlsContext]:
    """Return what to show on lines, by the serial of the card that has its pin.

    Raises OurFault("vault.no_key") if there is nothing for the newest card.
    """
    shown = {}
    for key_id in vault.ids():
        if key_id.partition(".")[0] == "tls":
            identity = vault.tls_identity(key_id)
            shown[identity.pin] = identity
    found = {}
    for card in own.cards:
        for pin in card.pins:
            if pin in shown and card.serial not in found:
                found[card.serial] = TlsContext(shown[pin].certificate, shown[pin].key)
    if own.newest.serial not in found:
        raise OurFault(
            "vault.no_key",
            f"{vault!r} lacks the TLS key that our newest card names",
            "restore the vault from its backup, or make a new card: detente card new --rotate tls",
        )
    return found


def hatch_identity(vault: FileVault) -> TlsIdentity | None:
    """Return the newest hatch key of a half; None if it has none."""
    own = [each for each in vault.ids() if each.partition(".")[0] == HATCH_KEY]
    return vault.tls_identity(max(own, key=age)) if own else None


def hatch_context(vault: FileVault) -> TlsContext | None:
    """Return what this half shows at the hatch; None if it has no key for it."""
    found = hatch_identity(vault)
    return None if found is None else TlsContext(found.certificate, found.key, HATCH)


def office_hatch(settings: Config, passphrase: bytes) -> TlsContext:
    """Return what the office shows its node on a line. Raises OurFault: vault.*."""
    found = hatch_context(office_vault(settings, passphrase))
    if found is None:
        raise OurFault(
            "vault.no_key",
            "the office's vault has no key for the hatch",
            "make one: detente hatch offer -o FILE",
        )
    return found


def make_hatch_key(settings: Config, half: str, passphrase: bytes, *, fresh: bool) -> bytes:
    """Return the pin of a half's hatch key; makes it if there is none, or another. Raises vault.*."""
    vault = FileVault.open(settings.folder / half / "vault", passphrase)
    found = hatch_identity(vault)
    if found is None or fresh:
        own = [age(each) for each in vault.ids() if each.partition(".")[0] == HATCH_KEY]
        entropy = SystemEntropy()
        vault.add(f"{HATCH_KEY}.{max(own, default=0) + 1}", new_seed("ed25519", entropy), entropy)
        found = hatch_identity(vault)
    assert found is not None, "it was just made"
    return found.pin


def open_office(settings: Config, passphrase: bytes) -> tuple[KeysAtWork, FileVault]:
    """Open the office's vault: its keys, and what holds them. Raises OurFault: vault.*.

    A vault of an older version gets the key that seals people's secrets now. Where a desk's keys were
    being given to its people when the office died, that is finished.
    """
    vault, entropy = office_vault(settings, passphrase), SystemEntropy()
    if SEAL_ID not in vault.ids():
        vault.add(SEAL_ID, new_seed("xwing", entropy), entropy)
    wrapped = person_keys(settings).key_ids()
    entrusted = {desk_of(each) for each in wrapped}
    for desk in entrusted:
        keys = desk_keys(vault, desk)
        if set(keys) <= set(wrapped):
            for key_id in keys:
                vault.give_up(key_id)
    return _keys_of(vault, entrusted, _desks_said(settings, vault)), vault


def _desks_said(settings: Config, vault: FileVault) -> Collection[str]:
    """Return the desks on our card; where this system user may not read it, those of the vault."""
    try:
        return Meeting(settings.folder).card().desks
    except OSError:  # of two system users the node's alone has the cards
        return [desk_of(each) for each in vault.ids() if desk_of(each)] or founding.FIRST_DESKS


def person_keys(settings: Config) -> PersonKeys:
    """Return the keys of desks that their people open."""
    return PersonKeys(settings.folder / "office" / "persons")


def desk_of(key_id: str) -> str:
    """Return the desk of an opening key's id, "" for other keys."""
    name = key_id.partition(".")[0]
    return name.removeprefix(_DESK) if name.startswith(_DESK) else ""


def desk_keys(vault: FileVault, desk: str) -> tuple[str, ...]:
    """Return the ids of a desk's opening keys in a vault, the oldest first."""
    return tuple(sorted((each for each in vault.ids() if desk_of(each) == desk), key=age))


def _keys_of(vault: FileVault, entrusted: Collection[str], said: Collection[str]) -> KeysAtWork:
    openers: dict[str, list[Opener]] = {}
    attended: dict[str, tuple[Opener, ...]] = {}
    for desk in (each.name for each in desks.DESKS):
        found = desk_keys(vault, desk)
        if found:
            openers[desk] = [vault.opener(each) for each in found]
        elif desk in entrusted:
            attended[desk] = ()
        elif desk in said:
            vault.opener(f"{_DESK}{desk}")  # says which key is missing
    signers: dict[str, list[Signer]] = {}
    for key_id in sorted(vault.ids(), key=age):
        name = key_id.partition(".")[0]
        if name.startswith(("s-", "m-")):
            signers.setdefault(name, []).append(vault.signer(key_id))
    house = vault.opener(HOUSE_ID) if HOUSE_ID in vault.ids() else None
    return replace(KeysAtWork.of(openers, signers), attended=attended, house=house)


def office_key_files(settings: Config) -> frozenset[str]:
    """Return the names of the office's key files: others than before mean another card."""
    folder = settings.folder / "office" / "vault"
    return frozenset(each.name for each in folder.glob("[!.]*.json"))


def age(key_id: str) -> int:
    """Return the serial of the card that brought a key: its id ends in it, but the first."""
    tail = key_id.rpartition(".")[2]
    return int(tail) if tail.isdecimal() else 1


def check_vaults(settings: Config, secrets: Mapping[str, bytes]) -> None:
    """Open the vault of each half and forget it: a wrong passphrase is said before anything starts."""
    for half, secret in secrets.items():
        FileVault.open(settings.folder / half / "vault", secret)


def purge_old(
    settings: Config, half: str, passphrase: bytes, *, only_look: bool
) -> tuple[str, ...]:
    """Take away keys that our newest card does not name; return their ids. Raises OurFault: vault.*."""
    card = Meeting(settings.folder).card()
    vault = FileVault.open(settings.folder / half / "vault", passphrase)
    named = {card.log, card.cosign, card.mldsa44, card.node_hpke}
    for desk in card.desks.values():
        named |= {desk.hpke, *(each.ed25519 for each in desk.signers.values())}
    old = []
    hatch = hatch_identity(vault)
    for key_id in vault.ids():
        if key_id.partition(".")[0] == HATCH_KEY:  # no card names it
            if hatch and vault.tls_identity(key_id).pin != hatch.pin:
                old.append(key_id)
            continue
        is_tls = key_id.partition(".")[0] == "tls"
        if key_id in (SEAL_ID, HOUSE_ID):
            continue  # of no card: they seal what stands in the office's store and its home log
        if is_tls and vault.tls_identity(key_id).pin in card.pins:
            continue
        if vault.public(key_id) not in named and age(key_id) <= card.serial:
            old.append(key_id)
    for key_id in () if only_look else old:
        vault.remove(key_id)
    return tuple(old)


def change_passphrase(folder: Path, old: bytes, new: bytes) -> None:
    """Seal every key of a vault under another passphrase. Raises OurFault: vault.*."""
    FileVault.open(folder, old).change_passphrase(new, SystemEntropy())
