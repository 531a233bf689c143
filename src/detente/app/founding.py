"""What a new party begins with: its folder, its keys, its first card, its settings."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span

CARD_LIFE: Final = Span.of(days=730)
NODE_KEYS: Final[Mapping[str, str]] = {
    "log": "ed25519",
    "cosign": "ed25519",
    "log-mldsa44": "mldsa44",
    "tls": "ed25519",
    "node-hpke": "xwing",
    "n-01": "ed25519",
}
SEAL_ID: Final = "people-seal"  # seals secrets of people in the office's store
SIGNERS: Final = tuple(f"s-{number:02d}" for number in range(1, 7))  # the operator's, and spares
MACHINE: Final = "m-01"  # signs what the office says by itself
FIRST_DESKS: Final = ("cert",)
_OFFICE_KEYS: Final[Mapping[str, str]] = {
    SEAL_ID: "xwing",
    MACHINE: "ed25519",
    **dict.fromkeys(SIGNERS, "ed25519"),
}
ROOT_KEYS: Final[Mapping[str, str]] = {"root-ed25519": "ed25519", "root-mldsa65": "mldsa65"}


def office_keys(desks: Sequence[str]) -> dict[str, str]:
    """Return the keys of an office that opens these desks: their kinds by id."""
    return {**{f"desk-{each}": "xwing" for each in desks}, **_OFFICE_KEYS}


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a new card says of keys, raw bytes by key id, and the TLS pin."""

    keys: Mapping[str, bytes]
    pin: bytes


def card_members(
    name: str, found: PublicKeys, listen: list[str], display: str, now: Moment,
    desks: Sequence[str] = FIRST_DESKS,
) -> dict[str, Json]:  # fmt: skip
    """Return the members of a party's first card; at each of the desks the same keys sign."""

    def text(key_id: str) -> str:
        return canon.to_base64(found.keys[key_id])

    def person(signer_id: str) -> Json:
        roles: list[Json] = ["answer", "author", "read", "release"]
        return {"id": signer_id, "ed25519": text(signer_id), "roles": roles}

    machine: Json = {"id": MACHINE, "ed25519": text(MACHINE), "roles": ["author"]}

    def desk(each: str) -> Json:
        signers: list[Json] = [machine, *map(person, SIGNERS)]
        return {"name": each, "hpke": text(f"desk-{each}"), "signers": signers}

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
            *map(desk, desks),
            {
                "name": "node",
                "hpke": text("node-hpke"),
                "signers": [{"id": "n-01", "ed25519": text("n-01"), "roles": ["author"]}],
            },
        ],
        "revoked": [],
    }


def settings_text(
    name: str, listen: list[str], files: Mapping[str, str],
    sections: Mapping[str, Mapping[str, str]] | None = None,
) -> str:  # fmt: skip
    """Return a new party's detente.toml; sections are more texts by section and key."""
    rows = [
        "# Settings of this party; every key is explained in docs/settings.md.",
        "[party]",
        f"name = {json.dumps(name)}",
        "",
        "[link]",
        f"listen = {json.dumps(listen)}",
    ]
    for section, members in {**(sections or {}), "vault": files}.items():
        if members:
            rows += ["", f"[{section}]"]
            rows += [f"{key} = {json.dumps(value)}" for key, value in members.items()]
    return "\n".join(rows) + "\n"


def new_folder(folder: Path, parts: Sequence[str] = ("party", "node", "office")) -> None:
    """Make a party's folder with these parts. Raises OurFault("init.exists") if something is there."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OurFault("init.exists", f"{folder} is there and not empty", "choose a new folder")
    try:
        for each in (folder, *(folder / part for part in parts)):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
            each.chmod(0o700)
    except OSError as error:
        raise OurFault(
            "file.unwritable", f"{folder}: {error.strerror}", "choose another folder"
        ) from None


def discard(folder: Path) -> None:
    """Take away what a failed `init` began."""
    shutil.rmtree(folder, ignore_errors=True)
