"""What people see and settle of histories that do not fit. Normative: spec/link.md 5.7."""

from collections.abc import Sequence

from detente.core.epoch import Close
from detente.core.errors import OurFault
from detente.node import history
from detente.node.books import Books
from detente.node.ports import Store


class Disputes:
    """The part of a node that people ask when a link is halted or disputed."""

    _links: dict[str, Books]
    _store: Store

    def conflict(self, party: str) -> bytes:
        """Return the newest evidence against a history of the link with a party.

        Raises OurFault: "link.none", "proof.unknown" if there is none.
        """
        link = self.link_with(party)
        with self._store.begin() as tx:
            digest = history.mark(tx, history.CONFLICT, link.name)
            found = tx.evidence(digest) if digest else None
        if found is None:
            raise OurFault(
                "proof.unknown", f"no conflict with {party} is kept", "see: detente link list"
            )
        return found

    def ends(self, party: str, sizes: Sequence[int]) -> list[Close]:
        """Return size and root of both disputed logs, ours first: what two persons compare.

        sizes: look at the beginnings of these lengths; empty for all. Raises OurFault: "link.none",
        "epoch.differs" for a size that is not held.
        """
        link = self.link_with(party)
        pair = link.history.disputed or link.now
        found = []
        with self._store.begin() as tx:
            for place, log in enumerate((pair.out, pair.inn)):
                size = sizes[place] if sizes else log.size
                if not 0 <= size <= log.size:
                    raise OurFault(
                        "epoch.differs", f"{log.origin} has {log.size} records here, not {size}",
                        "choose a smaller size",
                    )  # fmt: skip
                found.append(Close(log.origin, size, log.root_at(tx, size)))
        return found

    def link_with(self, party: str) -> Books:
        """Return the link with a party. Raises OurFault("link.none")."""
        for link in self._links.values():
            if link.terms.peer.name == party:
                return link
        raise OurFault(
            "link.none", f"no confirmed link with {party[:80]}", "see: detente link list"
        )
