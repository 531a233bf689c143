"""The wiring of a party's own lists and runs: where they stand."""

from pathlib import Path

from detente.store.screening.run_shelf import (
    CUSTOMERS,
    PROGRESS,
    RESULTS,
    SHOWN,
    TABLE,
    RunShelf,
)
from detente.store.screening.shelf import ListShelf

__all__ = [
    "CUSTOMERS", "PROGRESS", "RESULTS", "SHOWN", "TABLE", "ListShelf", "RunShelf", "runs_of",
    "shelf_of",
]  # fmt: skip


def shelf_of(folder: Path) -> ListShelf:
    """Return the lists of a party's folder. Raises OurFault: store.*."""
    return ListShelf(folder / "office" / "screening")


def runs_of(shelf: ListShelf) -> RunShelf:
    """Return the runs that stand beside lists. Raises OurFault: store.*."""
    return RunShelf(shelf.folder / "runs")
