"""The home log as a file that anybody can check without this office. Source: spec/log.md 12.

It says what auditors may read: entries of the kinds of the trail. Of all others, and of entries
whose desk is closed, only the hashes stand in it; who works here and their passwords never do.
"""

from collections.abc import Iterator
from typing import Final

from detente.core import audit, checkpoint, limits, purged, signed
from detente.core.audit import Given, Row
from detente.core.errors import OurFault
from detente.node.ports import Level
from detente.office import home_kinds, house, kinds
from detente.office.fields import Values
from detente.office.reading import Taken
from detente.office.register import Register

ENTRIES_MAX: Final = 100_000  # of one file
_STEP: Final = 256
_BYTES: Final = 2**20
_SHOWN: Final = frozenset(kind.name for kind in home_kinds.ALL)


def write(register: Register) -> bytes:
    """Return the file of our home log as far as its head is signed.

    Raises OurFault: proof.unknown where entries are not shown to this office; form.count.
    """
    register.see_levels()
    level = next((each for each in register.levels.values() if each.state == "home"), None)
    if level is None:
        raise OurFault("proof.unknown", "the node shows no home log", "see: detente log list")
    note = register.hatch.head(level.origin)
    size = checkpoint.read_text(signed.read(note, limits.MAX_PROOF).text)[1]
    if size > ENTRIES_MAX:
        raise OurFault(
            "form.count", f"{size} entries where {ENTRIES_MAX} fit into one file",
            "save the whole log: detente log export",
        )  # fmt: skip
    return b"".join(audit.write(note, _rows(register, level, size), _given(register)))


def _rows(register: Register, level: Level, size: int) -> Iterator[Row]:
    at = 0
    while at < size:
        kept = register.since(level.origin, at, min(_STEP, size - at), _BYTES)
        for each in kept:
            if each.seq != at or not each.envelope:
                break
            taken = register.take(each)
            shown = isinstance(taken, Taken) and taken.header.kind in _SHOWN and taken.salt
            yield Row(
                purged.entry_of(each.envelope), _parts(each.envelope, taken) if shown else None
            )
            at += 1
        else:
            if kept:
                continue
        raise OurFault(
            "proof.unknown", f"entry {at} of the home log is not shown to this office",
            "ask the office that has all desks of this party",
        )  # fmt: skip


def _parts(kept: bytes, taken: object) -> tuple[bytes, bytes, bytes, bytes]:
    assert isinstance(taken, Taken), "only what was opened is disclosed"
    rest = purged.rest_of(kept)
    return rest.header, rest.sigs, taken.salt, taken.text


def _given(register: Register) -> Iterator[Given]:
    with register.shelf.begin() as tx:
        rows = [
            Values(row)
            for row in tx.rows(house.RECORDS).find({}, None, ENTRIES_MAX)
            if row["kind"] == kinds.AUDIT_HEAD.name and row["ours"]
        ]
    for row in rows:
        place = register.receipted_place(row)
        if place is not None:
            taken = register.open(row)
            if taken.salt:
                yield Given(register.hatch.prove(*place), taken.text, taken.salt)
