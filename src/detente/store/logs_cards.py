"""Cards and anchors on disk: a part of the node's transaction."""

import sqlite3
from typing import Final

from detente.core.checkpoint import Checkpoint
from detente.core.moment import Moment
from detente.node.card_ports import Anchor, KeptCard

CARDS: Final = """
create table card (party text not null, serial integer not null, note blob not null,
  at integer not null, primary key (party, serial)) without rowid;
create table anchor (origin text not null, size integer not null, serial integer not null,
  hash blob not null, root blob not null, line1 blob not null, at integer not null,
  primary key (origin, size)) without rowid;
"""


class SqliteCardTx:
    """Mixed into the transaction; `_db` is its connection."""

    _db: sqlite3.Connection

    def keep_card(self, party: str, serial: int, kept: KeptCard) -> None:
        """Keep a card; one of that serial that is there stays."""
        self._db.execute(
            "insert or ignore into card values (?,?,?,?)", (party, serial, kept.note, kept.at.ms)
        )

    def kept_cards(self, party: str) -> list[KeptCard]:
        """Return what is kept of a party's cards, by serial."""
        rows = self._db.execute("select note, at from card where party=? order by serial", (party,))
        return [KeptCard(note, Moment(at)) for note, at in rows]

    def put_anchor(self, origin: str, anchor: Anchor) -> None:
        """Keep where a card took over."""
        head = anchor.head
        self._db.execute(
            "insert into anchor values (?,?,?,?,?,?,?)",
            (
                origin, head.size, anchor.serial, anchor.hash, head.root, head.signature,
                anchor.at.ms,
            ),
        )  # fmt: skip

    def anchors(self, origin: str) -> list[Anchor]:
        """Return the anchors of a log by size."""
        rows = self._db.execute(
            "select serial, hash, size, root, line1, at from anchor where origin=? order by size",
            (origin,),
        )
        return [
            Anchor(serial, found, Checkpoint(size, root, line1), Moment(at))
            for serial, found, size, root, line1, at in rows
        ]

    def replace_number(self, key: bytes, value: bytes) -> None:
        """Replace what stands under a number."""
        self._db.execute("update number set value=? where key=?", (value, key))
