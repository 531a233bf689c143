"""A sheet becomes a PDF, in a process of its own that holds nothing else and ends."""

import json
import subprocess
import sys
from importlib import util
from pathlib import Path
from typing import Final

from detente.app.paper.sheet import Sheet, document
from detente.core import limits
from detente.core.errors import OurFault

SHEET_MAX: Final = 1_024 * limits.KIB  # bytes of what is set
SECONDS_MAX: Final = 10.0
_CHILD: Final = Path(__file__).with_name("child.py")
_WORLD: Final = {"RAYON_NUM_THREADS": "2"}  # else a thread for each core, beyond what a unit allows
_LENGTH: Final = 8  # bytes before each picture


def pdf(sheet: Sheet) -> bytes:
    """Return a sheet as PDF, the same bytes for the same sheet.

    Raises OurFault: paper.missing, paper.large.
    """
    return _ask(sheet, 0)


def pictures(sheet: Sheet, ppi: int = 110) -> list[bytes]:
    """Return the pages of a sheet as PNG. Raises as `pdf`."""
    data, found = _ask(sheet, ppi), []
    while data:
        size = int.from_bytes(data[:_LENGTH], "big")
        found.append(data[_LENGTH : _LENGTH + size])
        data = data[_LENGTH + size :]
    return found


def need() -> None:
    """Raise OurFault("paper.missing") unless what sets papers is installed."""
    if util.find_spec("typst") is None:
        raise OurFault(
            "paper.missing",
            "typst, which sets papers, is not installed",
            "install it beside Détente: pip install 'detente[paper]', then ask again",
        )


def _ask(sheet: Sheet, ppi: int) -> bytes:
    need()
    told = {"sheet": document(sheet), "made": max(sheet.made.ms, 0) // 1000, "ppi": ppi}
    data = json.dumps(told, ensure_ascii=False).encode()
    if len(data) > SHEET_MAX:
        raise too_large(f"{len(data)} bytes of text where {SHEET_MAX} are allowed")
    try:
        done = subprocess.run(
            [sys.executable, "-I", _CHILD], input=data, capture_output=True,
            timeout=SECONDS_MAX, check=False, env=_WORLD,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise too_large(f"it was not set within {SECONDS_MAX:.0f} s") from None
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise too_large("setting it took more time or memory than it may")
    assert done.returncode == 0, f"a sheet can always be set: {done.stderr[-400:]!r}"
    return done.stdout


def too_large(what: str) -> OurFault:
    """Return the fault of a paper that would be too large."""
    return OurFault("paper.large", what, "read it on its page, or take the evidence file")
