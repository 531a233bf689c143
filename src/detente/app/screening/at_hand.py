"""What list versions say of an entity, and since when: the entries last asked for are kept at hand."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from detente.app.build_screening import ListShelf
from detente.app.screening import jobs
from detente.core.errors import OurFault
from detente.screening.listed import Listed
from detente.screening.lists.book import Book

if TYPE_CHECKING:
    from detente.app.screening.history import Histories, Seen

LISTED_OPEN: Final = 8  # versions whose entries are kept at hand


class AtHand:
    """Entries of list versions, {list: hash}, by the id of a hit: the list, and the list's own id."""

    def __init__(self, shelf: ListShelf) -> None:
        self._shelf = shelf
        self._listed: dict[str, dict[str, Listed]] = {}  # by hash of entries
        self._histories: Histories | None = None

    def listed(self, entity: str, lists: Mapping[str, str]) -> Listed:
        """Return what list versions say of an entity. Raises OurFault("list.unknown")."""
        from detente.screening.lists import prepare  # noqa: PLC0415  numpy comes with the first question

        name, _, own = entity.partition(jobs.OURS)
        entries = lists.get(name, "")
        if entries and entries not in self._listed:
            data = self._shelf.entries.kept(entries)
            found = {one.id: one for one in prepare.listed_of(data)} if data is not None else {}
            while len(self._listed) >= LISTED_OPEN:
                self._listed.pop(next(iter(self._listed)))
            self._listed[entries] = found
        one = self._listed.get(entries, {}).get(own)
        if one is None:
            what = f"no version here has {entity[:80]!r}"
            raise OurFault("list.unknown", what, "restore the backup that has the version")
        return one

    def seen(self, book: Book, entity: str, lists: Mapping[str, str]) -> "Seen":
        """Return since when an entity is on its list, and when it last changed there."""
        from detente.app.screening.history import Histories  # noqa: PLC0415  numpy comes with it

        if self._histories is None:
            self._histories = Histories(self._shelf.told.kept, self._shelf.entries.kept)
        name, _, own = entity.partition(jobs.OURS)
        return self._histories.of(book, name, lists.get(name, ""), own)
