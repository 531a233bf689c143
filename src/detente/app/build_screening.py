"""The wiring of a party's own lists: where they stand."""

from pathlib import Path

from detente.store.screening.shelf import ListShelf

__all__ = ["ListShelf", "shelf_of"]


def shelf_of(folder: Path) -> ListShelf:
    """Return the lists of a party's folder. Raises OurFault: store.*."""
    return ListShelf(folder / "office" / "screening")
