"""What became of objects that were handed in, as TAXII tells it. Source: TAXII 2.1, 4.3.1."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from detente.core.canon import Json
from detente.office.offering import Judged


@dataclass(slots=True)
class Status:
    """Counts itself: each object is in one of three lists."""

    id: str
    at: str
    successes: list[Json] = field(default_factory=list)
    failures: list[Json] = field(default_factory=list)
    pendings: list[Json] = field(default_factory=list)

    @property
    def fresh(self) -> int:
        """How many objects were not held before."""
        return sum(
            "message" not in each for each in self.successes if isinstance(each, dict)
        ) + len(self.pendings)

    def take(self, one: Judged, place: int, message: str = "") -> None:
        """Say that an object is held."""
        self.successes.append(_detail(one, place, message))

    def refuse(self, one: Judged, place: int, message: str) -> None:
        """Say why an object is not."""
        self.failures.append(_detail(one, place, message))

    def wait(self, one: Judged, place: int, message: str) -> None:
        """Say that it is not decided."""
        self.pendings.append(_detail(one, place, message))

    def document(self) -> dict[str, Json]:
        """Return the resource."""
        counts = [len(self.successes), len(self.failures), len(self.pendings)]
        found: dict[str, Json] = {
            "id": self.id,
            "status": "pending" if self.pendings else "complete",
            "request_timestamp": self.at,
            "total_count": sum(counts),
        }
        for name, rows in (
            ("success", self.successes), ("failure", self.failures), ("pending", self.pendings),
        ):  # fmt: skip
            found[f"{name}_count"] = len(rows)
            if rows:
                found["successes" if name == "success" else f"{name}s"] = rows
        return found


def settled(told: dict[str, Json], is_held: Sequence[bool]) -> dict[str, Json]:
    """Return a status of which some that waited are held now; is_held: in the order of its pendings."""
    waiting, done = told.get("pendings"), told.get("successes")
    rows = waiting if isinstance(waiting, list) else []
    held = [row for row, each in zip(rows, is_held, strict=True) if each]
    left: list[Json] = [row for row, each in zip(rows, is_held, strict=True) if not each]
    before = done if isinstance(done, list) else []
    found = {k: v for k, v in told.items() if k not in ("pendings", "successes")}
    found |= {"status": "pending" if left else "complete", "pending_count": len(left)}
    found["success_count"] = len(before) + len(held)
    found |= {"successes": [*before, *held]} if before or held else {}
    return found | ({"pendings": left} if left else {})


def _detail(one: Judged, place: int, message: str) -> Json:
    found: dict[str, Json] = {"id": one.id or f"object {place}", "version": one.version}
    return {**found, "message": message} if message else found
