"""Making a party on two machines: each makes its own half, and two files go between them.

The node's machine makes its keys and a file of their public halves. The officer's machine makes the
office, signs the card with the root keys, and makes a file back. No private key ever travels.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from detente.app import births, build, build_keys, config, founding, halves, people, pins, system
from detente.app.founding import PublicKeys
from detente.app.halves import Half
from detente.app.meeting import Meeting, check_name
from detente.app.system import SystemEntropy
from detente.core import party
from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card, sign_card

_HATCH: Final[Mapping[str, str]] = {f"{build_keys.HATCH_KEY}.1": "ed25519"}
T = TypeVar("T")
_TLS_PIN: Final = "tls_pin"  # among a node's keys


@dataclass(frozen=True, slots=True)
class Secret:
    """The passphrase of one vault, and the setting that names its file."""

    passphrase: bytes
    files: Mapping[str, str]


def make_node(folder: Path, name: str, listen: Sequence[str], hatch: str, secret: Secret) -> bytes:
    """Make the node's half; return the file for the officer's machine.

    hatch: where the office will reach it. Raises OurFault: form.party, init.exists,
    path.address_bad, vault.*, file.unwritable.
    """
    check_name(name)
    for each in (*listen, hatch):
        build.parse_address(each)

    def make() -> bytes:
        vault = _vault(
            folder / "node" / "vault", secret.passphrase, {**founding.NODE_KEYS, **_HATCH}
        )
        births.begin(folder / "node")
        sections = {"node": {"hatch_listen": hatch}}
        _settings(folder, name, listen, secret, sections)
        shown = build_keys.hatch_identity(vault)
        assert shown is not None, "it was made with the vault"
        keys = {each: vault.public(each) for each in founding.NODE_KEYS}
        keys[_TLS_PIN] = vault.tls_identity("tls").pin
        return halves.write(
            Half("node", name, shown.pin, address=hatch, keys=keys, listen=tuple(listen))
        )

    return _whole(folder, ("party", "node"), make)


def make_office(
    folder: Path, root: Path, node: Half, secret: Secret, root_secret: bytes,
    operator: int | None = None, console: Mapping[str, str] | None = None,
    desks: Sequence[str] = founding.FIRST_DESKS,
) -> tuple[Card, bytes]:  # fmt: skip
    """Make the office's half and the root keys; return the card, and the file for the node.

    node: what the node's machine made. console: its settings, None for no console. Raises OurFault: hatch.file, init.exists, vault.*,
    file.unwritable.
    """
    if node.half != "node" or not set(founding.NODE_KEYS) | {_TLS_PIN} <= set(node.keys):
        raise OurFault(
            "hatch.file", "this is not the file of a new node", "make it: detente init --half node"
        )
    check_name(node.party)
    build.parse_address(node.address)

    def make() -> tuple[Card, bytes]:
        office_keys = founding.office_keys(desks)
        own = {**office_keys, **_HATCH}
        vault = _vault(folder / "office" / "vault", secret.passphrase, own)
        public = {each: vault.public(each) for each in office_keys} | dict(node.keys)
        roots = _vault(root, root_secret, founding.ROOT_KEYS)
        public |= {each: roots.public(each) for each in founding.ROOT_KEYS}
        display = node.party.partition(".")[0].capitalize()
        members = founding.card_members(
            node.party, PublicKeys(public, node.keys[_TLS_PIN]), list(node.listen), display,
            system.now(), desks,
        )  # fmt: skip
        card = sign_card(
            members, roots.signer("root-ed25519"), roots.context_signer("root-mldsa65")
        )
        Meeting(folder).keep_card(card)
        user = os.getuid() if operator is None else operator
        system.write_private(folder / "office" / "people.json", people.first(user, desks))
        pins.keep(folder, node.party, card.fingerprint)
        halves.keep_node(folder, node.pin)
        sections = {"office": {"node": node.address}, "console": console or {}}
        _settings(folder, node.party, (), secret, sections)
        shown = build_keys.hatch_identity(vault)
        assert shown is not None, "it was made with the vault"
        served = tuple(each for each in sorted(card.desks) if each != "node")
        return card, halves.write(
            Half("office", node.party, shown.pin, desks=served, card=card.note)
        )

    return _whole(folder, ("party", "office"), make)


def take_card(folder: Path, half: Half) -> Card:
    """Take an office's card at its new node. Raises OurFault: hatch.file, init.exists."""
    try:
        card = party.read_card(half.card)
    except TheirFault as fault:
        raise OurFault("hatch.file", f"its card: {fault.what}", "make the file again") from None
    if card.name != half.party:
        raise OurFault("hatch.file", f"its card is of {card.name}", "make the file again")
    Meeting(folder).keep_card(card)
    return card


def has_card(folder: Path) -> bool:
    """Say whether the party has its first card yet."""
    return (folder / "party" / "card").exists()


def _vault(place: Path, passphrase: bytes, kinds: Mapping[str, str]) -> build_keys.FileVault:
    entropy = SystemEntropy()
    seeds = {each: build_keys.new_seed(kind, entropy) for each, kind in kinds.items()}  # type: ignore[arg-type]
    return build_keys.FileVault.create(place, passphrase, seeds, entropy)


def _settings(
    folder: Path, name: str, listen: Sequence[str], secret: Secret,
    sections: Mapping[str, Mapping[str, str]],
) -> None:  # fmt: skip
    text = founding.settings_text(name, list(listen), secret.files, sections)
    system.write_private(folder / config.FILE_NAME, text.encode())


def _whole(folder: Path, parts: tuple[str, ...], make: Callable[[], T]) -> T:
    founding.new_folder(folder, parts)
    try:
        return make()
    except BaseException:
        founding.discard(folder)
        raise
