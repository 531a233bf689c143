"""A file too large for one record at the command line: handed in, judged with progress, shown, sent."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from detente.app import client
from detente.app.face import Out, say, teller
from detente.app.verbs.file import hand_in
from detente.core import limits
from detente.core.errors import OurFault

_MIB: Final = limits.KIB**2
_MAX: Final = limits.MAX_BUNDLE_PARTS * limits.MAX_BUNDLE
_LOST: Final = "stage.lost"
_TRIES: Final = 3  # after an office that was started again


def is_large(name: str) -> bool:
    """Say whether a file is above what one record carries; a pipe is read as any small one.

    Raises OurFault("form.size") above what may go at all.
    """
    try:
        size = 0 if name == "-" else Path(name).stat().st_size
    except OSError:
        return False  # whoever reads it says what is wrong
    if size > _MAX:
        what = f"{name}: {size} bytes where {_MAX} are allowed"
        raise OurFault("form.size", what, "split the bundle")
    return size > limits.MAX_BUNDLE


def send(
    office: client.Client,
    act: str,
    name: str,
    sent: Mapping[str, object],
    out: Out,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """Send a file in as many records as it takes; return the answer of the last step.

    dry_run: stop when all was judged. The same wish is named in each try, so that nothing is sent
    twice. Raises the faults of the office: then nothing of it left.
    """
    wish = secrets.token_hex(16)
    for left in reversed(range(_TRIES)):
        try:
            return _send(office, act, name, sent, out, wish, dry_run=dry_run)
        except OurFault as fault:
            if fault.code != _LOST or not left:
                raise
    raise AssertionError("the last try returns or raises")


def _send(
    office: client.Client,
    act: str,
    name: str,
    sent: Mapping[str, object],
    out: Out,
    wish: str,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    tell = teller("large.progress", _MIB, silent=out.is_silent)
    handle = hand_in(office, name)
    path = f"/api/v1/{act}/large"
    body = {**sent, "file": handle}
    found: dict[str, Any] = office.ask("POST", path, body, wish=wish)
    told = False
    while found["phase"] != "sent":
        found = office.ask("POST", f"{path}/{handle}", {"go": told and not dry_run})
        if found["phase"] == "reading":
            tell(say("large.reading"), found["done"], found["size"])
        elif not told:
            tell(say("large.reading"), found["size"], found["size"])
            for line in lines_of(found):
                out.talk(line)
            told = True
            if dry_run:
                return found
        elif found["phase"] == "cutting":
            out.talk(say("large.cutting", part=found["part"], parts=found["parts"]))
    return found


def lines_of(found: Mapping[str, Any]) -> list[str]:
    """Return what is in a large file, for people: sums, and the first of what is odd."""
    rows = []
    for each in found["told"]:
        first = "; ".join(each["first"])
        rows.append(say(f"large.{each['name']}", count=each["count"], of=each["of"], first=first))
    return [*rows, say("large.parts", parts=found["parts"])]
