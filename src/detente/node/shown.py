"""What the roof and people are shown of a node's links, paths and cards. Nothing here moves a log."""

from collections.abc import Mapping
from dataclasses import replace

from detente.core.moment import Moment
from detente.link.hello import Heads
from detente.link.session import PathState
from detente.node import card_view
from detente.node.books import Books
from detente.node.card_view import RootWait
from detente.node.ports import PathSeen, Store, Told
from detente.node.seat import LinkTerms


class Shown:
    """The part of a node that is looked at: how its links and cards stand."""

    _links: dict[str, Books]
    _store: Store

    def rows_waiting(self) -> int:
        """Return how many rows were asked for and did not come yet."""
        return sum(link.session.rows_waiting for link in self._links.values())

    def clocks(self) -> dict[str, int]:
        """Return how many ms each peer's clock was ahead of ours when it last said."""
        found = {link_id: link.session.peer_clock_ms for link_id, link in self._links.items()}
        return {link_id: ms for link_id, ms in found.items() if ms is not None}

    def oldest_waiting(self) -> Mapping[str, Moment]:
        """Return since when the oldest record waits for each link, by link id."""
        with self._store.begin() as tx:
            return tx.oldest_queued()

    @property
    def restored(self) -> bool:
        """Whether a link of this node may append nothing before a new epoch."""
        return any(link.frozen for link in self._links.values())

    def heads(self) -> dict[str, Heads]:
        """Return what is durable here of both logs of each link, by link id of its epoch."""
        return {link.terms.link_id: link.session.heads for link in self._links.values()}

    def epochs(self) -> frozenset[str]:
        """Return the link ids of all epochs of all links."""
        return frozenset(each for link in self._links.values() for each in link.history.link_ids)

    def epoch_of(self, name: str) -> str:
        """Return the link id of the newest epoch of a link; `name` is its first one."""
        return self._links[name].terms.link_id

    def paths(self) -> list[PathSeen]:
        """Return every path to every peer, by the cards of both, and any other that carries."""
        return [each for link in self._links.values() for each in link.paths_seen()]

    def conns(self, link_id: str) -> list[PathState]:
        """Return every connection of a link as it is now."""
        return self._links[link_id].session.paths()

    def terms(self) -> dict[str, LinkTerms]:
        """Return the confirmed links by party, under their names, with the cards as they are now."""
        # What waits for a link, and its paths, outlive the epoch and its link id.
        return {
            link.terms.peer.name: replace(link.terms, link_id=link.name)
            for link in self._links.values()
        }

    # Cards.

    def pins(self, now: Moment) -> dict[bytes, str]:
        """Return party names by the TLS pins that count now."""
        return card_view.pins(self._links.values(), now)

    def shown_cards(self, link_id: str) -> tuple[int, ...]:
        """Return the serials of our cards whose TLS key a peer may know, the surest first."""
        return card_view.shown(self._links[link_id])

    def told(self) -> list[Told]:
        """Return how far each peer has our cards."""
        with self._store.begin() as tx:
            return card_view.told(self._links.values(), tx)

    def root_waits(self) -> list[RootWait]:
        """Return the changes of root keys that some link has not taken up yet."""
        return card_view.root_waits(self._links.values())

    def card_problems(self) -> dict[str, str]:
        """Return by party what a person must mend about cards."""
        return card_view.problems(self._links.values())
