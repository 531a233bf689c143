"""What the admin asks a node's process, as a table of routes.

Routes of another file stand there as its `ROUTES`; `node_process` joins the tables.
"""

from collections.abc import Callable, Mapping
from typing import Final

from detente.app.http import Reply, Request
from detente.app.node.ground import Ground
from detente.core.canon import Json
from detente.core.errors import OurFault

Route = Callable[[Ground, Request], Reply]
Routes = Mapping[tuple[str, tuple[str, ...]], Route]  # by (method, path); "*" is any one part

RELOAD_EXIT: Final = 75  # asks whoever started the node to start it again


class AdminRoom:
    """Answers requests by the routes it was given."""

    def __init__(self, ground: Ground, routes: Routes) -> None:
        self._ground, self._routes = ground, routes

    def handle(self, request: Request) -> Reply:
        """Answer one request. Raises OurFault: http.no_page, and what the route raises."""
        for (method, path), route in self._routes.items():
            if method == request.method and _fits(path, request.path):
                return route(self._ground, request)
        raise OurFault("http.no_page", "/".join(request.path), "see docs/api.md")

    def tick(self, moment: float) -> None:
        """Go on after a card that was begun and not made."""
        ground = self._ground
        if ground.held_until and moment >= ground.held_until:
            ground.log.write("warn", "run.reload", "a new card was begun and not made")
            ground.exit_code = RELOAD_EXIT
            ground.loop.stop()


def _fits(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(pattern) == len(path) and all(
        want in ("*", have) for want, have in zip(pattern, path, strict=True)
    )


def links(ground: Ground, _request: Request) -> Reply:
    """Return every link with its state and levels."""
    return Reply(links_shown(ground))


def reload(ground: Ground, _request: Request) -> Reply:
    """End the process so that it is started again with what its folder says now."""
    ground.exit_code = RELOAD_EXIT
    ground.loop.stop()
    return Reply({"reload": True})


def links_shown(ground: Ground) -> list[Json]:
    """Return every link as the admin reads it (docs/api.md)."""
    found: list[Json] = []
    for name, out, incoming in ground.node.at_work():
        file_out, file_in = ground.node.courier.last(name)
        found.append(
            {
                "party": out.peer,
                "link_id": out.link_id,
                "state": out.state,
                "why": out.why,
                "since": str(out.since),
                "sent": out.size,
                "stored": out.receipted,
                "waiting": out.waiting,
                "received": incoming.size,
                "file_out": str(file_out) if file_out else None,
                "file_in": str(file_in) if file_in else None,
                "confirmed": out.confirmed,
                "late": out.late,
                "received_confirmed": incoming.confirmed,
                "received_late": incoming.late,
                "path_fault": _path_fault(ground, out.peer),
                "attended": list(out.attended),
                "unattended": list(out.unattended),
                "paths": ground.paths_of(name),
            }
        )
    return found


def _path_fault(ground: Ground, party: str) -> str | None:
    name = f"path {party}/"
    return next((why for where, why in ground.faults.items() if where.startswith(name)), None)


ROUTES: Final[Routes] = {
    ("GET", ("v1", "links")): links,
    ("POST", ("v1", "reload")): reload,
}
