"""Check the file of a whole log: no entry left out, changed or moved. Normative: spec/log.md 8."""

from collections.abc import Mapping
from pathlib import Path

from detente.app import printed
from detente.core import whole
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.trust import Chain
from detente.core.whole import WholeShown


def is_log(file: Path) -> bool:
    """Say whether a file begins as a whole log; False as well if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(whole.MAGIC)) == whole.MAGIC
    except OSError:
        return False


def check(file: Path, chains: Mapping[str, Chain]) -> WholeShown:
    """Return what the file shows. Raises OurFault: file.unreadable, and as core.whole.check."""
    try:
        with file.open("rb") as opened:
            return whole.check(opened, chains)
    except OSError as fault:
        raise OurFault(
            "file.unreadable", f"{file}: {fault.strerror or fault}", "check the disk"
        ) from fault


def document(shown: WholeShown) -> dict[str, Json]:
    """Return it for machines; times are seconds since 1970 as text, as in proofs."""
    return {
        "origin": shown.origin,
        "owner": shown.owner,
        "receiver": shown.receiver,
        "size": shown.size,
        "root": shown.root.hex(),
        "heads": shown.heads,
        "first_at_seconds": str(shown.first_at),
        "stored_at_seconds": str(shown.stored_at),
        "unknown_lines": list(shown.unknown_lines),
    }


def lines(shown: WholeShown) -> list[str]:
    """Return it for people."""

    def row(text: str) -> str:
        return f"{' ' * 14}{text}"

    since, until = printed.said(shown.first_at), printed.said(shown.stored_at)
    return [
        f"VALID ({shown.strength})  the whole log {shown.origin}, {shown.size:,} records",
        row(f"{shown.owner} signed it, and {shown.receiver} had all of it by {until}"),
        row(f"{shown.heads:,} signed states agree, the oldest receipted {since}"),
        row(f"root {shown.root.hex()}"),
        *(
            row(f"a line of an unknown key, not counted: {printed.plain(each)}")
            for each in shown.unknown_lines
        ),
    ]
