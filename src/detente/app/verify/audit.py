"""Check the file of a home log, as an auditor has it. Normative: spec/log.md 12."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detente.app import printed
from detente.core import audit
from detente.core.audit import AuditShown
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.trust import Chain

_BEGIN: Final = 64  # bytes that tell what it is
_WORDS: Final = {
    audit.CHANGED: "CHANGED", audit.GAP: "GAP", audit.NOT_OURS: "NOT THEIRS",
}  # fmt: skip


def is_audit(file: Path) -> bool:
    """Say whether a file begins as a home log's; False as well if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return audit.is_audit(opened.read(_BEGIN))
    except OSError:
        return False


def check(file: Path, chains: Mapping[str, Chain]) -> tuple[bool, dict[str, Json], list[str]]:
    """Return whether it holds, a document and lines. Raises OurFault as core.audit.check."""
    try:
        with file.open("rb") as opened:
            shown = audit.check(opened, chains)
    except OSError as fault:
        raise OurFault(
            "file.unreadable", f"{file}: {fault.strerror or fault}", "check the disk"
        ) from fault
    good = shown.verdict == audit.VALID
    return good, _document(shown, valid=good), _lines(shown)


def _document(shown: AuditShown, *, valid: bool) -> dict[str, Json]:
    return {
        "valid": valid,
        "verdict": shown.verdict,
        "why": shown.why,
        "origin": shown.origin,
        "owner": shown.owner,
        "size": shown.size,
        "disclosed": shown.disclosed,
        "heads": [{"party": who, "size": size, "word": word} for who, size, word in shown.heads],
    }


def _lines(shown: AuditShown) -> list[str]:
    if shown.verdict != audit.VALID:
        return [f"{_WORDS[shown.verdict]}  {printed.plain(shown.why)}"]
    held = [each for each in shown.heads if each[2] == "same"]
    found = [
        f"VALID  the home log {shown.origin}, {shown.size:,} entries, {shown.disclosed:,} to be read",
        f"       {shown.owner} signed its head",
        *(f"       {who} gave a receipt for its head of size {size:,}" for who, size, _ in held),
    ]
    unknown = len(shown.heads) - len(held)
    if unknown:
        found.append(f"       {unknown} heads not judged: give the cards of who holds them")
    if not held:
        found.append("       nobody else's receipt is in it: its owner alone vouches for it")
    return found
