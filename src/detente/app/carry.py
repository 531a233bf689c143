"""Courier files over the admin's socket: a file goes out or comes in by pieces, one at a time.

No piece is larger than PIECE, so a file of any size passes without being held, and paths go on
between two of them. An import sends its file twice: to look through, then to take in.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from detente.app import system
from detente.app.http import Reply, Request
from detente.app.node.admin import Route, Routes
from detente.app.node.ground import Ground
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.node.arriving import Incoming

PIECE: Final = limits.KIB**2  # bytes of one answer, and of one request at most


class Carry:
    """One export and one import at a time; a newer one takes the place of the older."""

    def __init__(self) -> None:
        self._numbers = 0
        self._out_id = self._in_id = ""
        self._pieces: Iterator[bytes] = iter(())
        self._rest = bytearray()
        self._job: Incoming | None = None

    def routes(self) -> Routes:
        """Return the pages (docs/api.md)."""
        found = {
            ("POST", ("v1", "carry", "export")): self.write,
            ("GET", ("v1", "carry", "export", "*")): self.more,
            ("POST", ("v1", "carry", "import")): self.read,
            ("POST", ("v1", "carry", "import", "*", "look")): self.look,
            ("POST", ("v1", "carry", "import", "*", "take")): self.take,
        }
        return {page: _storing(route) for page, route in found.items()}

    def _next_id(self) -> str:
        self._numbers += 1
        return str(self._numbers)

    def write(self, ground: Ground, request: Request) -> Reply:
        """Write a file for a party; answer what it holds. Its bytes are asked for after that."""
        asked = request.json()
        peer, most = asked.get("party"), asked.get("max_size", limits.MAX_COURIER)
        if not isinstance(peer, str):
            raise OurFault("form.missing", "no party is named", "name the party the file is for")
        if type(most) is not int:
            raise OurFault("form.usage", "max_size is no number", "give it in bytes")
        found = ground.node.courier.write(peer, system.now(), most)
        self._out_id, self._pieces, self._rest = self._next_id(), found.pieces, bytearray()
        told = {name: _json(value) for name, value in asdict(found.manifest).items()}
        return Reply({"id": self._out_id, **told})

    def more(self, _ground: Ground, request: Request) -> Reply:
        """Answer the next bytes of the file; none after its end."""
        if request.path[-1] != self._out_id:
            raise _gone()
        for piece in self._pieces:
            self._rest += piece
            if len(self._rest) >= PIECE:
                break
        data = bytes(self._rest[:PIECE])
        del self._rest[:PIECE]
        return Reply(data=data)

    def read(self, ground: Ground, _request: Request) -> Reply:
        """Begin to read a file; one that was begun before is given up."""
        if self._job is not None:
            self._job.drop(system.now())
        self._job, self._in_id = Incoming(ground.node.courier), self._next_id()
        return Reply({"id": self._in_id})

    def _at(self, request: Request) -> Incoming:
        if self._job is None or request.path[3] != self._in_id:
            raise _gone()
        return self._job

    def look(self, _ground: Ground, request: Request) -> Reply:
        """Look at the next bytes; without bytes, the file ends here: answer what it holds."""
        job = self._at(request)
        if request.body:
            job.look(request.body)
            return Reply({"size": job.size})
        found = job.looked()
        return Reply(
            {
                "party": found.greeting.party,
                "link_id": found.greeting.link_id,
                "first": found.first,
                "records": found.records,
                "urgent": found.urgent,
                "receipt": found.receipt,
                "attached": found.attached,
            }
        )

    def take(self, _ground: Ground, request: Request) -> Reply:
        """Take in the next bytes; without bytes, the file ends here: answer what it brought."""
        job = self._at(request)
        if request.body:
            job.take(request.body, system.now())
            return Reply({"size": job.size})
        found = job.taken(system.now())
        self._job = None
        return Reply({name: _json(value) for name, value in asdict(found).items()})


def _gone() -> OurFault:
    return OurFault(
        "carry.gone", "another file took the place of this one, or the node began anew", "try again"
    )


def _json(value: str | int | tuple[str, ...]) -> Json:
    return [*value] if isinstance(value, tuple) else value


def _storing(route: Route) -> Route:
    def run(ground: Ground, request: Request) -> Reply:
        ground.touch()
        try:
            return route(ground, request)
        finally:
            ground.see_store()

    return run
