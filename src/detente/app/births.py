"""Whether this start found the data that the last one left: incarnation file, store, journal.

The incarnation stands in the store and in a file that no backup holds. Normative: spec/link.md 5.6.
"""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.app import system
from detente.app.system import SystemEntropy
from detente.link.hello import Heads
from detente.node.ports import Store

NAME: Final = "incarnation"
_NEW: Final = b"new"  # written by init: no store was made beside it yet
RESTORED: Final = "this side was restored from a backup"
LOST: Final = "this side lost its store"
EACH_START: Final = "this side opens a new epoch at each start"


@dataclass(frozen=True, slots=True)
class Birth:
    """The incarnation of this run, and why it is a new one; "" if it is the old one."""

    incarnation: bytes
    restored: str


def begin(folder: Path) -> None:
    """Write the file of a party that was just made."""
    system.write_private(folder / NAME, _NEW)


def renewed(why: str) -> Birth:
    """Return a new incarnation for a node that was restored."""
    return Birth(SystemEntropy().draw(16), why)


def find(folder: Path, store: Store, *, after_start: bool) -> Birth:
    """Return which incarnation this start is. Nothing is written before `keep`."""
    file = folder / NAME
    said = file.read_bytes() if file.exists() else b""
    with store.begin() as tx:
        noted = tx.note(NAME)
    if noted is None:
        return renewed("" if said == _NEW else LOST)
    if said not in (noted.hex().encode(), _NEW):
        return renewed(RESTORED)
    return renewed(EACH_START) if after_start else Birth(noted, "")


def keep(folder: Path, store: Store, birth: Birth) -> None:
    """Write it in both places, once every link is marked: until then the next start finds out."""
    with store.begin() as tx:
        if tx.note(NAME) != birth.incarnation:
            tx.set_note(NAME, birth.incarnation)
    said = birth.incarnation.hex().encode()
    file = folder / NAME
    if not file.exists() or file.read_bytes() != said:
        system.write_private(file, said)


class Journal:
    """The sizes that were signed, receipted and had receipts for, in a file of their own."""

    AHEAD: Final = "the receipt journal is ahead of this side's store"

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: Mapping[str, object] | None = None

    def is_ahead(self, heads: Mapping[str, Heads], known: Container[str]) -> bool:
        """Say whether the file knows of more than the store. A file that is none knows nothing.

        heads: by link id of the newest epochs. known: the link ids of all epochs in the store.
        """
        try:
            rows = json.loads(self._file.read_bytes())["links"]
            said = [(row["link_id"], int(row["out"]), int(row["in"])) for row in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return False
        for link_id, out, incoming in said:
            held = heads.get(link_id)
            if link_id not in known:
                return True
            if held is not None and (held.out_size < out or held.in_size < incoming):
                return True
        return False

    def keep(self, heads: Mapping[str, Heads]) -> None:
        """Write what stands now, if it changed. Raises OurFault("file.unwritable")."""
        if heads == self._kept:
            return
        rows = [_row(link_id, each) for link_id, each in sorted(heads.items())]
        data = json.dumps({"v": 1, "type": "detente-journal", "links": rows}, indent=1)
        system.write_private(self._file, data.encode() + b"\n")
        self._kept = dict(heads)


def _row(link_id: str, heads: Heads) -> dict[str, object]:
    row: dict[str, object] = {"link_id": link_id, "out": heads.out_size, "in": heads.in_size}
    for name, head in (("out", heads.out), ("in", heads.in_)):
        if head is not None:
            row[f"{name}_head"] = [head.size, head.root.hex(), head.signature.hex()]
    for name, given in (("out", heads.out_receipt), ("in", heads.in_receipt)):
        if given is not None:
            row[f"{name}_receipt"] = [
                given.size, given.root.hex(), given.time, given.signature.hex(),
            ]  # fmt: skip
    return row
