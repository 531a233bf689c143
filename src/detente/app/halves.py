"""Which halves of a party stand in a folder, and the files that two machines exchange.

A file holds public things alone. Whoever takes one types the check digits that the maker's screen
shows, so that nobody on the way puts another in its place. Source: docs/operate/arrangements.md.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detente.app.system import write_private
from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault

HALVES: Final = ("node", "office")
GROUPS: Final = 6  # of check digits: 30 digits, 99 bits
_SIZE: Final = 5
_DOMAIN: Final = b"detente/v1/half\n"


def here(folder: Path) -> tuple[str, ...]:
    """Return which halves stand in a party's folder; none where this user may not look."""
    return tuple(half for half in HALVES if os.path.isdir(folder / half))  # noqa: PTH112


def need(folder: Path, half: str) -> None:
    """Raise OurFault("run.elsewhere") if this half is on another machine."""
    found = here(folder)
    if found and half not in found:
        raise elsewhere(half)


def elsewhere(half: str) -> OurFault:
    """Return the fault of a half that stands on another machine."""
    return OurFault(
        "run.elsewhere",
        f"the {half} of this party is on another machine",
        f"do this on the machine of the {half}",
    )


@dataclass(frozen=True, slots=True)
class Half:
    """What one half tells the other. pin: SHA-256 of the SPKI of its hatch key.

    address: where a node's hatch listens. keys: public keys for the first card, raw bytes by key
    id, and `tls` the pin for peers; listen: where peers reach the node. desks, card: an office's.
    """

    half: str
    party: str
    pin: bytes
    address: str = ""
    desks: tuple[str, ...] = ()
    keys: Mapping[str, bytes] = field(default_factory=dict)
    listen: tuple[str, ...] = ()
    card: bytes = b""


def write(half: Half) -> bytes:
    """Return the file of a half: one line of canonical JSON."""
    members: dict[str, Json] = {
        "v": 1,
        "type": "detente-half",
        "half": half.half,
        "party": half.party,
        "pin": canon.to_base64(half.pin),
        "address": half.address,
        "desks": list(half.desks),
        "keys": [{"id": name, "public": canon.to_base64(each)} for name, each in half.keys.items()],
        "listen": list(half.listen),
        "card": half.card.decode(),
    }
    return canon.encode(members) + b"\n"


def read(data: bytes) -> Half:
    """Read the file of a half. Raises OurFault("hatch.file")."""
    try:
        said: Any = canon.decode_object(data.rstrip(b"\n"), limits.MAX_HATCH_FILE)
        which = HALVES[HALVES.index(said["half"])]
        {(1, "detente-half"): None}[said["v"], said["type"]]
        return Half(
            which,
            str(said["party"]),
            canon.from_base64(said["pin"]),
            str(said["address"]),
            tuple(map(str, said["desks"])),
            {str(each["id"]): canon.from_base64(each["public"]) for each in said["keys"]},
            tuple(map(str, said["listen"])),
            said["card"].encode(),
        )
    except (Fault, ValueError, KeyError, TypeError, AttributeError):
        raise OurFault(
            "hatch.file", "this is no file of the other half", "make it there: detente hatch offer"
        ) from None


def digits_of(data: bytes) -> str:
    """Return the check digits of a file: six groups of five."""
    found = hashlib.sha512(_DOMAIN + data).digest()
    return " ".join(
        f"{int.from_bytes(found[i * 5 : i * 5 + 5]) % 100_000:05d}" for i in range(GROUPS)
    )


def check(data: bytes, typed: str) -> None:
    """Raise OurFault("hatch.digits") unless these are the check digits of a file."""
    if "".join(typed.split()) != digits_of(data).replace(" ", ""):
        raise OurFault(
            "hatch.digits",
            "the digits are not those of this file",
            "type what the other machine showed; if they are, the file was changed on its way",
        )


# The office's side: which key its node shows.


def node_file(folder: Path) -> Path:
    """Return where an office keeps the pin of its node's hatch."""
    return folder / "office" / "node.json"


def keep_node(folder: Path, pin: bytes) -> None:
    """Keep the pin of the node. Raises OurFault("file.unwritable")."""
    write_private(node_file(folder), json.dumps({"pin": pin.hex()}).encode())


def node_pin(folder: Path) -> bytes:
    """Return the pin of the node. Raises OurFault("config.bad")."""
    file = node_file(folder)
    try:
        return bytes.fromhex(json.loads(file.read_bytes())["pin"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OurFault(
            "config.bad", f"{file}: {error}", "take the node's file: detente hatch join FILE"
        ) from None
