"""What a page reads of an address or a form by itself: ids and days."""

import re
from typing import Final

from detente.app.console.ask import Ask
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.fields import When

_MID: Final = re.compile(r"[0-9a-f]{64}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MATTER: Final = re.compile(r"[0-9a-f]{32}")


def mid_of(ask: Ask) -> bytes:
    """Return the record that a path names in full. Raises OurFault("form.mid")."""
    written = ask.parts["mid"]
    if not _MID.fullmatch(written):
        raise OurFault("form.mid", f"{written[:80]!r} names no record", "follow a link of a list")
    return bytes.fromhex(written)


def matter_of(ask: Ask) -> str:
    """Return the matter that a path names in full. Raises OurFault("form.mid")."""
    written = ask.parts["matter"]
    if not _MATTER.fullmatch(written):
        raise OurFault("form.mid", f"{written[:80]!r} names no matter", "follow a link of a list")
    return written


def moment_of(written: str) -> Moment | None:
    """Return the moment, or the beginning of the day, that a person wrote; None for nothing.

    Raises OurFault("form.*").
    """
    if not written:
        return None
    if _DAY.fullmatch(written):
        written += "T00:00:00.000Z"
    found = When().read("since", written)
    assert isinstance(found, Moment), "that is what it reads as"
    return found
