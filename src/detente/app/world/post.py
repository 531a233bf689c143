"""The couriers of a world: files that are lost, doubled, altered, and read late or in part.

A file that came lies on its reader's table until it was read whole; a machine that falls while it
reads finds it there again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from detente.app.world.chance import Faults, Timeline
from detente.app.world.epochs import must
from detente.app.world.machines import Machines, PowerFailed, Site
from detente.app.world.party import terms
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.arriving import Incoming
from detente.node.node import Node

_EVERY: Final = (2_000, 9_000)  # ms between two files of one party for another
_ROAD: Final = (200, 4_000)
_LATE: Final = (20_000, 60_000)
_AGAIN: Final = (500, 3_000)  # until a file is read that could not be
_TRIES: Final = 12
_PARTS: Final = 3


@dataclass(slots=True)
class File:
    """One file on its way. Whether it was altered, only the world knows."""

    author: str
    reader: str
    data: bytes
    epoch: str  # of its author's logs, when it was written
    is_altered: bool = False
    tries: int = 0


class Post:
    """All couriers of a world."""

    def __init__(self, machines: Machines, line: Timeline, faults: Faults, dice: Random) -> None:
        self._machines, self._line, self._faults, self._dice = machines, line, faults, dice

    def keep_carrying(self, author: str, reader: str) -> None:
        """Let a party write a file for another every few seconds, and somebody take it there."""
        site = self._machines.sites[author]
        node = site.node
        if node is not None and node.read_only is None:
            self._machines.do(site, lambda: self._write(site, node, reader))
        again = self._dice.randrange(*_EVERY)
        self._line.after(again, lambda: self.keep_carrying(author, reader))

    def _write(self, site: Site, node: Node, reader: str) -> None:
        written = node.courier.write(reader, self._machines.now(site))
        data = b"".join(written.pieces)
        shown = written.manifest
        must(len(data) == shown.size, f"a file of {site.name} has another size than it says")
        self._line.tell(f"{site.name} writes a file for {reader}: {shown.records} records")
        epoch = self._machines.epoch_of(site.name, terms(site.name, reader).link_id)
        self._send(File(site.name, reader, data, epoch))

    def _send(self, file: File) -> None:
        if self._faults.hits("file_lost"):
            self._line.tell(f"a file of {file.author} is lost")
            return
        copies = 1 + self._faults.hits("file_doubled")
        for _ in range(copies):
            road = _LATE if self._faults.hits("file_late") else _ROAD
            copy = self._altered(file) if self._faults.hits("file_altered") else file
            self._line.after(self._dice.randrange(*road), lambda copy=copy: self._arrive(copy))  # type: ignore[misc]

    def _altered(self, file: File) -> File:
        data = bytearray(file.data)
        data[self._dice.randrange(len(data))] ^= 1 << self._dice.randrange(8)
        if not self._dice.randrange(3):
            del data[self._dice.randrange(len(data)) :]
        return File(file.author, file.reader, bytes(data), file.epoch, is_altered=True)

    # Reading.

    def _arrive(self, file: File) -> None:
        site = self._machines.sites[file.reader]
        node = site.node
        if node is None or node.read_only is not None:
            self._read_later(file)
            return
        done: list[bool] = []
        self._machines.do(site, lambda: done.append(self._read(site, node, file)))
        if not done and not file.is_altered:
            # The machine fell, or its disk failed; the file lies there still.
            self._line.tell(f"{site.name} did not read a file of {file.author} to its end")
        if not (done and done[0]) and not file.is_altered:
            self._read_later(file)

    def _read_later(self, file: File) -> None:
        file.tries += 1
        if file.tries <= _TRIES:
            self._line.after(self._dice.randrange(*_AGAIN), lambda: self._arrive(file))

    def _read(self, site: Site, node: Node, file: File) -> bool:
        # Whether the file was read whole and nothing of it is left.
        job, now = Incoming(node.courier), self._machines.now(site)
        before = [(level.origin, level.size) for level in node.levels()]
        try:
            return self._take(job, self._parts(file.data), now, file)
        except OurFault as fault:
            if fault.code.startswith("store."):
                raise
            if fault.code in self._refusals(file):
                self._line.tell(f"{site.name} refuses a file of {file.author}: {fault.code}")
                job.drop(now)
                return True
            must(file.is_altered, f"{site.name} refused a file of {file.author}: {fault}")
            after = [(level.origin, level.size) for level in node.levels()]
            must(after == before, "nothing of an altered file is taken in")
            return False
        except TheirFault as fault:
            must(
                node.read_only is not None or self._machines.has_liars,
                f"a file of {file.author} broke the protocol at {site.name}: {fault}",
            )
            job.drop(now)
            return False

    def _refusals(self, file: File) -> tuple[str, ...]:
        if not self._machines.has_losses:
            return ()
        link = terms(file.reader, file.author).link_id
        is_of_now = self._machines.epoch_of(file.reader, link) == file.epoch
        # Of another epoch; or what came before it is lost here.
        return ("carry.gap",) if is_of_now else ("carry.other", "carry.gap")

    def _take(self, job: Incoming, parts: Sequence[bytes], now: Moment, file: File) -> bool:
        for part in parts:
            job.look(part)
        job.looked()
        must(not file.is_altered, "an altered file was taken for a good one")
        for number, part in enumerate(parts):
            if number and self._faults.hits("import_given_up"):
                self._line.tell(f"{file.reader} gives a file of {file.author} up in the midst")
                job.drop(now)
                return False
            if number and self._faults.hits("import_cut"):
                raise PowerFailed("import_cut")
            job.take(part, now)
        found = job.taken(now)
        self._line.tell(
            f"{file.reader} has read a file of {file.author}:"
            f" {found.new} new, {found.known} known, {found.left} left"
        )
        return not found.left

    def _parts(self, data: bytes) -> list[bytes]:
        cuts = sorted(self._dice.randrange(len(data) + 1) for _ in range(_PARTS - 1))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
