"""Routes as data: a method, a pattern of path, who may come, and the function that answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from detente.app.console.ask import Answer, Ask, Later
from detente.app.console.site import Site

ANYONE: Final = "anyone"
PERSON: Final = "person"
WORKER: Final = "worker"  # who works at a desk, administers or audits: not who only oversees
ANY: Final = "*"
Handler = Callable[[Site, Ask], Answer | Later]


@dataclass(frozen=True, slots=True)
class Route:
    """What stands at a path such as `links/{party}`; {name...} at its end stands for all the rest.

    needs: "anyone", "person" (signed in), "worker", or a role of the house such as "administrator".
    when_locked: also for a session that is locked after a pause: such a page shows no body.
    """

    method: str
    pattern: str
    handler: Handler
    needs: str = WORKER
    when_locked: bool = False

    @property
    def segments(self) -> tuple[str, ...]:
        """Return the pattern's parts."""
        return tuple(self.pattern.split("/")) if self.pattern else ()

    def parts(self, path: tuple[str, ...]) -> Mapping[str, str] | None:
        """Return what the names of the pattern stand for in a path, None if it does not fit."""
        segments = self.segments
        rest = segments[-1] if segments and segments[-1].endswith("...}") else ""
        if rest:
            cut = len(segments) - 1
            if len(path) < cut:
                return None
            segments, path, tail = segments[:-1], path[:cut], path[cut:]
        if len(segments) != len(path):
            return None
        found = {rest[1:-4]: "/".join(tail)} if rest else {}
        for segment, written in zip(segments, path, strict=True):
            if segment.startswith("{"):
                found[segment[1:-1]] = written
            elif segment != written:
                return None
        return found


class Table:
    """All routes. A fixed segment goes before a name, whatever their order."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=_openness)
        seen = set()
        for each in self._routes:
            what = (each.method, each.pattern)
            assert what not in seen, f"two routes at {what}"
            seen.add(what)

    def match(self, method: str, path: tuple[str, ...]) -> tuple[Route, Mapping[str, str]] | None:
        """Return the route of a request and what its names stand for, None if there is none.

        HEAD asks what GET does; ANY stands for every method.
        """
        method = "GET" if method == "HEAD" else method
        for each in self._routes:
            if each.method in (method, ANY):
                parts = each.parts(path)
                if parts is not None:
                    return each, parts
        return None

    def methods(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Return the methods that a path has, sorted; empty for a path that is none."""
        return tuple(sorted({each.method for each in self._routes if each.parts(path) is not None}))


def _openness(route: Route) -> tuple[int, ...]:
    return tuple(
        2 if each.endswith("...}") else int(each.startswith("{")) for each in route.segments
    )
