"""What the office itself keeps of people's comparing: fingerprints by party, in office/pins.json.

The node hands the office the cards of all parties; a node that was taken over must not be able to
hand in others. A party may have two while its root changes.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from detente.app.system import write_private
from detente.core.errors import OurFault


def file_of(folder: Path) -> Path:
    """Return where a party's office keeps them."""
    return folder / "office" / "pins.json"


def can_keep(folder: Path) -> bool:
    """Say whether this system user writes in the office's folder."""
    return os.access(file_of(folder).parent, os.W_OK | os.X_OK)


def read(folder: Path) -> Mapping[str, Sequence[str]] | None:
    """Return fingerprints by party; None if this office never kept any.

    Raises OurFault("config.bad").
    """
    file = file_of(folder)
    try:
        rows = json.loads(file.read_bytes())
        return {str(name): [str(each) for each in found] for name, found in rows.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise OurFault("config.bad", f"{file}: {error}", "restore it from a backup") from None


def forget(folder: Path, former: Mapping[str, Sequence[str]]) -> None:
    """Take away fingerprints that parties gave up for newer ones. Raises as `keep`."""
    known = read(folder) or {}
    left = {
        name: [each for each in found if each not in former.get(name, ())]
        for name, found in known.items()
    }
    if left != known:
        write_private(file_of(folder), json.dumps(left, indent=1).encode())


def keep(folder: Path, name: str, fingerprint: str, *, also: bool = False) -> bool:
    """Keep a fingerprint that people compared; `also` beside the one before. False: not our folder.

    Raises OurFault: config.bad, file.unwritable.
    """
    if not file_of(folder).parent.is_dir():
        return False  # the office is on another machine
    try:
        known = dict(read(folder) or {})
        before = [each for each in known.get(name, ()) if each != fingerprint] if also else []
        known[name] = [*before, fingerprint]
        write_private(file_of(folder), json.dumps(known, indent=1).encode())
    except OurFault as fault:
        if "ermission denied" in fault.what:
            return False
        raise
    return True
