"""Which keys of offices on other machines a node lets in, and for which desks: node/offices.json.

The operator writes it by command; a running node reads it again when it has changed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from detente.app.system import write_private
from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment

PIN_SIZE = 32


@dataclass(frozen=True, slots=True)
class Allowed:
    """One key: SHA-256 of its SPKI, the desks of whoever has it, and since when."""

    pin: bytes
    desks: tuple[str, ...]
    since: str

    @property
    def office(self) -> str:
        """What names an office whichever of its keys it shows: its desks."""
        return ",".join(self.desks)


def file_of(folder: Path) -> Path:
    """Return where a party's node keeps them."""
    return folder / "node" / "offices.json"


def read(folder: Path) -> tuple[Allowed, ...]:
    """Return all keys that are let in. Raises OurFault("config.bad")."""
    file = file_of(folder)
    try:
        rows = json.loads(file.read_bytes())
        return tuple(
            Allowed(read_pin(row["pin"]), tuple(map(str, row["desks"])), str(row["since"]))
            for row in rows
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, OurFault) as error:
        raise OurFault("config.bad", f"{file}: {error}", "restore it from a backup") from None


def read_pin(text: str) -> bytes:
    """Return a pin written in hex. Raises OurFault("form.choice")."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != PIN_SIZE:
        raise OurFault(
            "form.choice", f"{text[:80]!r} is no key", "give the 64 letters of: detente hatch list"
        )
    return found


def allow(folder: Path, pin: bytes, desks: tuple[str, ...], now: Moment) -> None:
    """Let a key in, for these desks. A desk is of one office: its keys have the same desks.

    Raises OurFault: hatch.desk_taken, form.count, config.bad, file.unwritable.
    """
    desks = tuple(sorted(set(desks)))
    others = [each for each in read(folder) if each.pin != pin]
    for each in others:
        both = set(desks) & set(each.desks)
        if both and each.desks != desks:
            raise OurFault(
                "hatch.desk_taken",
                f"desk {min(both)} is of the office with key {each.pin.hex()[:16]}…",
                f"take that key away first: detente hatch revoke {each.pin.hex()}",
            )
    if len(others) >= limits.MAX_HATCH_KEYS:
        raise OurFault(
            "form.count", f"{limits.MAX_HATCH_KEYS} keys are let in already",
            "take away those not in use: detente hatch revoke",
        )  # fmt: skip
    _write(folder, (*others, Allowed(pin, desks, str(now))))


def revoke(folder: Path, pin: bytes) -> None:
    """Let a key in no more. Raises OurFault("form.choice") if it was not; and as `allow`."""
    known = read(folder)
    left = tuple(each for each in known if each.pin != pin)
    if left == known:
        raise OurFault("form.choice", f"no key {pin.hex()}", "see: detente hatch list")
    _write(folder, left)


def _write(folder: Path, rows: tuple[Allowed, ...]) -> None:
    told = [{"pin": each.pin.hex(), "desks": each.desks, "since": each.since} for each in rows]
    write_private(file_of(folder), json.dumps(told, indent=1).encode())
