"""What `detente verify` says of a file that proves a conflict. Stands on core alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detente.core import conflict
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.trust import Chain

_SAID: Final[Mapping[str, str]] = {
    conflict.FORKED: "{who} signed two histories of one log, {origin}: its states at sizes {first} and"
    " {second} cannot both be",
    conflict.TOOK_BACK: "{who} signed the end of {origin} at {second}, below the {first} records that"
    " it had signed or receipted",
    conflict.RECEIPT: "there is a receipt for a state of {origin} at {second} that the owner's own"
    " state at {first} excludes: either the owner signed two histories, or the receiver signed for"
    " what it never had; this file does not show which",
}
NOTHING: Final = (
    "this file shows nothing to a third party: no two signatures in it exclude each other"
)


def is_conflict(file: Path) -> bool:
    """Say whether a file begins as one; False as well if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(conflict.MAGIC)) == conflict.MAGIC
    except OSError:
        return False


def check(data: bytes, chains: Mapping[str, Chain]) -> tuple[int, dict[str, Json], list[str]]:
    """Return exit code (0 it shows a conflict, 1 it shows none), document and lines.

    Raises OurFault("proof.shape") for a file of another form.
    """
    try:
        given = conflict.read(data)
        found = conflict.judge(given, chains)
    except TheirFault as fault:
        raise OurFault("proof.shape", fault.what, fault.remedy) from fault
    document: dict[str, Json] = {
        "conflict": bool(found.kind),
        "kind": found.kind or None,
        "who": found.who,
        "origin": found.origin,
        "sizes": list(found.sizes),
        "code": given.code,
    }
    if not found.kind:
        return 1, document, [f"NOT SHOWN     {NOTHING}"]
    first, second = found.sizes
    text = _SAID[found.kind]
    places = {"who": found.who, "origin": found.origin, "first": first, "second": second}
    for name, value in places.items():
        text = text.replace("{" + name + "}", str(value))
    return 0, document, [f"CONFLICT      {text}"]
