"""`detente check`: every log of a node judged from its file, while it runs or not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from detente.app import build_care
from detente.app.config import Config
from detente.app.meeting import Meeting
from detente.core.errors import OurFault
from detente.core.party import Card, read_card
from detente.node import audit, audit_blobs
from detente.node.audit import Keys, Report
from detente.node.audit_blobs import BlobReport

HOME: Final = "/detente/home-"
FILES: Final = "attachments"  # what progress calls them
Progress = Callable[[str, int, int], None]


class Cards(NamedTuple):
    """Cards whose keys count: all that we issued, and all that peers did, newest or not."""

    own: Sequence[Card]
    peers: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Judged:
    """One log: what the check found, or the fault that ended it."""

    origin: str
    report: Report | None
    fault: OurFault | None = None

    @property
    def well(self) -> bool:
        """Whether all of it was read and nothing is wrong."""
        return self.report is not None and self.report.well


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: each log, each attachment."""

    logs: Sequence[Judged]
    files: Sequence[BlobReport]

    @property
    def well(self) -> bool:
        """Whether all of it was read and nothing is wrong."""
        return all(each.well for each in self.logs) and not self.bad_files

    @property
    def bad_files(self) -> list[BlobReport]:
        """The attachments that are not right."""
        return [each for each in self.files if not each.well]


def run(settings: Config, progress: Progress) -> Found:
    """Return what is wrong in each log and attachment.

    Raises OurFault: store.*, card.bad, path.permission.
    """
    reader = build_care.SqliteReader(settings.folder / "node" / "node.sqlite")
    try:
        cards = cards_of(settings, reader)
        logs = [_one(reader, origin, cards, progress) for origin in reader.origins()]
        tell = partial(progress, FILES)
        return Found(logs, list(audit_blobs.check(reader, tell)))
    finally:
        reader.close()


def _one(reader: build_care.SqliteReader, origin: str, cards: Cards, progress: Progress) -> Judged:
    try:
        found = audit.check(
            reader, origin, _keys(origin, cards), lambda done, of: progress(origin, done, of)
        )
    except OurFault as fault:
        return Judged(origin, None, fault)
    return Judged(origin, found)


def cards_of(settings: Config, reader: build_care.SqliteReader) -> Cards:
    """Return every card held of ourselves, and of peers: by hand in the folder, else in the store."""
    meet = Meeting(settings.folder)
    peers: list[Card] = []
    for peer in meet.peers():
        known = {} if peer.chain is None else {card.hash: card for card in peer.chain.cards}
        known |= {card.hash: card for card in map(read_card, reader.cards(peer.name))}
        peers += known.values()
    return Cards(meet.chain().cards, peers)


def _keys(origin: str, cards: Cards) -> Keys:
    """Return whose signatures count: a log of ours is receipted by a peer, a peer's by us."""
    own, peers = cards
    owner = origin.partition("/detente/")[0]
    ours = owner == own[0].name
    owners = own if ours else [each for each in peers if each.name == owner]
    receivers = () if HOME in origin else peers if ours else own
    return Keys(
        [each.log for each in owners], [each.cosign for each in receivers],
        [each.mldsa44 for each in owners], [(each.name, each.mldsa44) for each in receivers],
    )  # fmt: skip
